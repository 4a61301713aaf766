// The head of a card: the finding, the small print, and a button for each part that opens below it. Texts are set as text, never as HTML.

/** @import { Component } from "./make.js" */
import { button, focused, make, own, shape } from "./make.js";

/** @typedef {{ name: string, words: string, count: number }} Part what opens below the head, and how many there are in it */
/** @typedef {{ title: string, aside: string, parts: Part[], open: string[] }} Data */

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
 * @param {Set<string>} open
 * @param {() => void} tell
 */
function opens(part, open, tell) {
  const made = button(part.name, "", () => {
    if (!open.delete(part.name)) open.add(part.name);
    made.setAttribute("aria-expanded", String(open.has(part.name)));
    tell();
  });
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
  const holder = focused(root);
  const held = holder instanceof HTMLButtonElement ? holder.className : "";
  const words = make("div", "words");
  if (data.title) words.append(make("h5", "", data.title));
  if (data.aside) words.append(make("span", "aside", data.aside));
  const parts = make("div", "parts");
  parts.append(...data.parts.map((part) => opens(part, open, tell)));
  root.replaceChildren(words, parts);
  const again = held ? root.querySelector(`button.${held}`) : null;
  if (again instanceof HTMLElement) again.focus();
}
