import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/node_modules/**"] },
  js.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: { globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "complexity": ["error", 12],
      "curly": ["error", "multi-line"],
      "eqeqeq": "error",
      "max-len": ["error", { code: 150, ignoreStrings: true }],
      "no-implicit-globals": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
      // A number becomes a word on the server, in one place (dashboard/formatting.py); texts never become HTML, nor code.
      "no-restricted-properties": ["error",
        ...["toFixed", "toPrecision", "toExponential", "toLocaleString", "toLocaleDateString", "toLocaleTimeString"]
          .map((property) => ({ property, message: "the server sends the words of a number" })),
        ...["innerHTML", "insertAdjacentHTML", "outerHTML"].map((property) => ({ property, message: "set texts as text" })),
      ],
      "no-restricted-globals": ["error", { name: "Intl", message: "the server sends the words of a number" }],
      "no-eval": "error",
      "no-implied-eval": "error",
    },
  },
  { files: ["tests/javascript/*.js"], languageOptions: { globals: globals.node } },
];
