// The foot of a chart: the switch to the same numbers as a table, and the definitions of them. Texts are set as text, never as HTML.

/** @import { About } from "./about.js" */
/** @import { Component } from "./make.js" */
import { opener } from "./about.js";
import { button, make, own, redraw } from "./make.js";
import { sign } from "./signs.js";

/** @typedef {{ words: string, on: boolean, beside: boolean }} Table `beside`: the chart stays, and the table opens below it */
/** @typedef {{ table: Table | null, words: string, hint: string, abouts: About[] }} Data */

/**
 * @param {Table} table
 * @param {() => void} turn
 */
function turned(table, turn) {
  const made = button("switch quiet", "", turn);
  made.dataset.part = "switch";
  if (!table.beside) made.setAttribute("role", "switch");
  made.setAttribute(table.beside ? "aria-expanded" : "aria-checked", String(table.on));
  made.append(make("span", "knob"), table.words);
  return made;
}

/** @param {Data} data */
function named(data) {
  const made = make("button", "name quiet");
  made.type = "button";
  made.dataset.part = "name";
  made.append(sign("details"), data.words);
  return [made, opener(made, data.abouts, data.hint)];
}

/** @param {Component<Data>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".foot");
  const switches = data.table ? [turned(data.table, () => setTriggerValue("turned", true))] : [];
  redraw(root, ...switches, ...(data.abouts.length ? named(data) : []));
}
