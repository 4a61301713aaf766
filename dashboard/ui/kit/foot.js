// The foot of a chart: the switch to the same numbers as a table, and the definitions of them. Texts are set as text, never as HTML.

/** @import { About } from "./about.js" */
/** @import { Component } from "./make.js" */
import { opener } from "./about.js";
import { button, focused, make, own, shape } from "./make.js";

/** @typedef {{ words: string, on: boolean, beside: boolean }} Table `beside`: the chart stays, and the table opens below it */
/** @typedef {{ table: Table | null, words: string, hint: string, abouts: About[] }} Data */

/**
 * @param {Table} table
 * @param {() => void} turn
 */
function turned(table, turn) {
  const made = button("switch", "", turn);
  if (!table.beside) made.setAttribute("role", "switch");
  made.setAttribute(table.beside ? "aria-expanded" : "aria-checked", String(table.on));
  made.append(make("span", "knob"), table.words);
  return made;
}

/** @param {Data} data */
function named(data) {
  const made = make("button", "name");
  made.type = "button";
  const svg = shape("svg", { viewBox: "0 0 16 16", width: 15, height: 15, "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 1.4 });
  svg.append(shape("circle", { cx: 8, cy: 8, r: 6.4 }), shape("path", { d: "M8 7.2v4M8 4.6v1.2" }));
  made.append(svg, data.words);
  return [made, opener(made, data.abouts, data.hint)];
}

/** @param {Component<Data>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".foot");
  const holder = focused(root);
  const held = holder instanceof HTMLButtonElement ? holder.className : "";
  const switches = data.table ? [turned(data.table, () => setTriggerValue("turned", true))] : [];
  root.replaceChildren(...switches, ...(data.abouts.length ? named(data) : []));
  const again = held ? root.querySelector(`.${held}`) : null;
  if (again instanceof HTMLElement) again.focus();
}
