// A name that opens its definition below itself. Texts are set as text, never as HTML.

import { make } from "./make.js";

const WIDE = 340;
const EDGE = 8;

/** @typedef {{ title: string, grade: string, pairs: [string, string][] }} About what there is to say of a number; a pair without a head is a text */

/** @param {About} about */
function told({ title, grade, pairs }) {
  const part = make("section");
  part.append(make("strong", "", title));
  if (grade) part.append(make("span", "grade", grade));
  for (const [head, text] of pairs) {
    const line = make("p");
    if (head) line.append(make("b", "", head), " ");
    line.append(text);
    part.append(line);
  }
  return part;
}

/**
 * Makes `name` open a surface with all there is to say; returns the surface, which stands beside it.
 * @param {HTMLButtonElement} name
 * @param {About[]} abouts
 * @param {string} hint
 */
export function opener(name, abouts, hint) {
  const about = make("div", "about");
  about.popover = "auto";
  about.append(...abouts.map(told));
  name.popoverTargetElement = about;
  name.title = hint;
  about.addEventListener("toggle", () => {
    const place = name.getBoundingClientRect();
    about.style.left = `${Math.max(EDGE, Math.min(place.left, window.innerWidth - WIDE))}px`;
    about.style.top = `${Math.max(EDGE, Math.min(place.bottom + 4, window.innerHeight - about.offsetHeight - EDGE))}px`;
  });
  return about;
}
