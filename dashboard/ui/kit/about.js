// A name that opens its definition below itself. Texts are set as text, never as HTML.

import { make } from "./make.js";

const WIDE = 340;
const EDGE = 8;

/**
 * Makes `name` open a surface with `title`, how well it is sourced, and the pairs (head, text); returns the surface, which stands beside it.
 * @param {HTMLButtonElement} name
 * @param {string} title
 * @param {[string, string][]} pairs a pair without a head is a paragraph
 * @param {string} hint
 * @param {string} [grade]
 */
export function opener(name, title, pairs, hint, grade) {
  const about = make("div", "about");
  about.popover = "auto";
  about.append(make("strong", "", title));
  if (grade) about.append(make("span", "grade", grade));
  for (const [head, text] of pairs) {
    const line = make("p");
    if (head) line.append(make("b", "", head), " ");
    line.append(text);
    about.append(line);
  }
  name.popoverTargetElement = about;
  name.title = hint;
  about.addEventListener("toggle", () => {
    const place = name.getBoundingClientRect();
    about.style.left = `${Math.max(EDGE, Math.min(place.left, window.innerWidth - WIDE))}px`;
    about.style.top = `${Math.max(EDGE, Math.min(place.bottom + 4, window.innerHeight - about.offsetHeight - EDGE))}px`;
  });
  return about;
}
