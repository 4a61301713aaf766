// The head of a card: the finding, the small print, and a button for each part that opens below it. Texts are set as text, never as HTML.

/** @import { Component } from "./make.js" */
import { button, focused, make, own, shape } from "./make.js";

/** @typedef {{ name: string, words: string, count: number, open: boolean }} Part what opens below the head, and how many there are in it */
/** @typedef {{ title: string, aside: string, parts: Part[] }} Data */

/** @type {Record<string, string[]>} */
const SIGNS = {
  details: ["M8 1.6a6.4 6.4 0 1 1 0 12.8a6.4 6.4 0 0 1 0-12.8z", "M8 7.2v4", "M8 4.6v1.2"],
  notes: ["M2.4 2.4h11.2v8.4H6.2l-3.8 3z"],
};

/** @param {string} name */
function sign(name) {
  const svg = shape("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 1.4 });
  svg.append(...(SIGNS[name] ?? []).map((line) => shape("path", { d: line, "stroke-linejoin": "round" })));
  return svg;
}

/**
 * @param {Part} part
 * @param {(name: string) => void} open
 */
function opens(part, open) {
  const made = button(part.name, "", () => open(part.name));
  made.append(sign(part.name));
  if (part.count) made.append(make("span", "count", String(part.count)));
  made.title = part.words;
  made.setAttribute("aria-label", part.count ? `${part.words} ${part.count}` : part.words);
  made.setAttribute("aria-expanded", String(part.open));
  return made;
}

/** @param {Component<Data>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".head");
  const holder = focused(root);
  const held = holder instanceof HTMLButtonElement ? holder.className : "";
  const words = make("div", "words");
  if (data.title) words.append(make("h5", "", data.title));
  if (data.aside) words.append(make("span", "aside", data.aside));
  const parts = make("div", "parts");
  parts.append(...data.parts.map((part) => opens(part, (name) => setTriggerValue("opened", name))));
  root.replaceChildren(words, parts);
  const again = held ? root.querySelector(`button.${held}`) : null;
  if (again instanceof HTMLElement) again.focus();
}
