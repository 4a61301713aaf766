// The headline numbers of a page side by side, each with its definition, target, changes and last months. Texts are set as text, never as HTML.

/** @import { About } from "./about.js" */
/** @import { Component } from "./make.js" */
import { opener } from "./about.js";
import { button, make, own, redraw, shape } from "./make.js";

/** @typedef {{ text: string, tone: string }} Said a text, and the state that it tells: good, bad, warning, unknown or none */
/**
 * @typedef {object} Card
 * @property {string} indicator what stands behind the number, empty where that cannot be opened
 * @property {string} label
 * @property {string} value
 * @property {Said | null} target
 * @property {string[]} changes
 * @property {{ text: string, strong: boolean }[]} below
 * @property {{ source: string, height: number, alt: string } | null} picture
 * @property {About} about
 */
/** @typedef {{ cards: Card[], slim: boolean, open: string, behind: string, colours: Record<string, string> }} Data */
/** @typedef {{ data: Data, ask: (indicator: string) => void }} Shared */

/** A list under a magnifying glass. */
function glass() {
  const svg = shape("svg", { viewBox: "0 0 16 16", width: 15, height: 15, "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 1.5 });
  svg.append(shape("path", { d: "M1.5 3.5h8M1.5 7.5h4M1.5 11.5h4" }), shape("circle", { cx: 10, cy: 9, r: 3.2 }), shape("path", { d: "M12.4 11.4l2.4 2.4" }));
  return svg;
}

function chevron() {
  const svg = shape("svg", { viewBox: "0 0 10 10", width: 9, height: 9, "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 1.6 });
  svg.append(shape("path", { d: "M1.5 3.2L5 6.8L8.5 3.2" }));
  return svg;
}

/**
 * The name, which opens the definition, and what is opened.
 * @param {Card} card
 * @param {number} place
 * @param {Shared} shared
 */
function named(card, place, { data }) {
  const name = make("button", "name quiet", card.label);
  name.type = "button";
  name.append(chevron());
  name.dataset.part = `name-${place}`;
  return [name, opener(name, [card.about], data.open)];
}

/**
 * The button that opens the institutions and months behind the number; none where there are none.
 * @param {Card} card
 * @param {number} place
 * @param {Shared} shared
 */
function behind(card, place, { data, ask }) {
  if (!card.indicator) return [];
  const opens = button("behind quiet", "", () => ask(card.indicator));
  opens.append(glass());
  opens.title = data.behind;
  opens.setAttribute("aria-label", `${card.label} ${data.behind}`);
  opens.dataset.part = `behind-${place}`;
  return [opens];
}

/** @param {Card} card */
function picture({ picture: drawn }) {
  if (!drawn) return [];
  const image = make("img");
  Object.assign(image, { src: drawn.source, alt: drawn.alt });
  image.style.height = `${drawn.height}px`;
  return [image];
}

/** @param {string} className @param {(Node | string)[]} parts */
function row(className, ...parts) {
  const box = make("div", className);
  box.append(...parts);
  return box;
}

/** @param {Said | null} said @param {string} className */
const told = (said, className) => (said ? [make("span", `${className} ${said.tone}`, said.text)] : []);

/** @param {Card} card */
const below = (card) => card.below.map(({ text, strong }) => make("div", strong ? "small strong" : "small", text));

/**
 * @param {Card} card
 * @param {number} place
 * @param {Shared} shared
 */
function wide(card, place, shared) {
  return [
    row("top", row("title", ...named(card, place, shared), ...behind(card, place, shared)), ...told(card.target, "badge")),
    row("middle", make("div", "value", card.value), row("changes", ...card.changes.map((change) => make("div", "", change)))),
    ...below(card),
    ...picture(card),
  ];
}

/**
 * Of eight in a row: target, change and glass below the number.
 * @param {Card} card
 * @param {number} place
 * @param {Shared} shared
 */
function slim(card, place, shared) {
  const lines = row("lines", ...told(card.target, "small"), ...card.changes.map((change) => make("div", "small", change)), ...below(card));
  return [
    row("title", ...named(card, place, shared)),
    row("number", make("div", "value", card.value), ...picture(card)),
    row("foot", lines, ...behind(card, place, shared)),
  ];
}

/** @param {Component<Data>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".headlines");
  for (const [name, colour] of Object.entries(data.colours)) root.style.setProperty(`--${name}`, colour);
  const shared = { data, ask: (/** @type {string} */ indicator) => setTriggerValue("behind", indicator) };
  const grid = make("div", data.slim ? "grid slim" : "grid");
  grid.style.setProperty("--count", String(data.cards.length));
  data.cards.forEach((card, place) => grid.append(row("card", ...(data.slim ? slim : wide)(card, place, shared))));
  redraw(root, grid);
}
