// The head of a card: the finding, the small print, and a button for each part that opens below it. Texts are set as text, never as HTML.

/** @import { Component } from "./make.js" */
import { button, make, own, redraw } from "./make.js";
import { sign } from "./signs.js";

/** @typedef {{ name: string, words: string, count: number }} Part what opens below the head, and how many there are in it */
/** @typedef {{ title: string, aside: string, parts: Part[], open: string[] }} Data */

/**
 * @param {Part} part
 * @param {Set<string>} open
 * @param {() => void} tell
 */
function opens(part, open, tell) {
  const made = button(`${part.name} quiet`, "", () => {
    if (!open.delete(part.name)) open.add(part.name);
    made.setAttribute("aria-expanded", String(open.has(part.name)));
    tell();
  });
  made.dataset.part = part.name;
  made.append(sign(part.name));
  if (part.count) made.append(make("span", "count", String(part.count)));
  made.title = part.words;
  made.setAttribute("aria-label", part.count ? `${part.words} ${part.count}` : part.words);
  made.setAttribute("aria-expanded", String(open.has(part.name)));
  return made;
}

/** @param {Component<Data>} component */
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = own(parentElement, ".head");
  // A server that was restarted learns what is open from here.
  const open = new Set(root.dataset.open?.split(" ").filter(Boolean) ?? data.open);
  const tell = () => {
    root.dataset.open = [...open].join(" ");
    setStateValue("open", [...open]);
  };
  const words = make("div", "words");
  if (data.title) words.append(make("h5", "", data.title));
  if (data.aside) words.append(make("span", "aside", data.aside));
  const parts = make("div", "parts");
  parts.append(...data.parts.map((part) => opens(part, open, tell)));
  redraw(root, words, parts);
}
