// The signs of buttons that say no words.

import { shape } from "./make.js";

/** @type {Record<string, string[]>} */
const LINES = {
  details: ["M8 1.6a6.4 6.4 0 1 1 0 12.8a6.4 6.4 0 0 1 0-12.8z", "M8 7.2v4", "M8 4.6v1.2"],
  notes: ["M2.4 2.4h11.2v8.4H6.2l-3.8 3z"],
};

/**
 * Returns the sign called `name`: `details` (what there is to say) or `notes` (what people have said).
 * @param {string} name
 */
export function sign(name) {
  const svg = shape("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 1.4 });
  svg.append(...(LINES[name] ?? []).map((line) => shape("path", { d: line, "stroke-linejoin": "round" })));
  return svg;
}
