// The address into the clipboard, with the old way for pages that are not served over https.

import { make } from "./make.js";

/** @param {string} text */
function selected(text) {
  const area = make("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/**
 * Copies `text`: by `write`, or by `otherwise` where the browser has no clipboard for this page or refuses it.
 * @param {string} text
 * @param {(text: string) => Promise<void>} [write]
 * @param {(text: string) => void} [otherwise]
 */
export async function copied(text, write = (each) => navigator.clipboard.writeText(each), otherwise = selected) {
  try {
    await write(text);
  } catch {
    otherwise(text);
  }
}
