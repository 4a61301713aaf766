// The heat strip: unit × dimension, every cell a button that opens what stands behind it. Texts are set as text, never as HTML.

/** @import { Component } from "../kit/make.js" */
import { longestWord } from "../kit/marks.js";
import { button, make, own, redraw } from "../kit/make.js";

/** @typedef {{ text: string, level: number | null, sign: string, title: string, on: boolean }} Cell */
/**
 * @typedef {object} Data
 * @property {string} alt
 * @property {{ id: string, label: string }[]} columns
 * @property {{ id: string, name: string, cells: Cell[] }[]} rows
 * @property {string[]} fills
 * @property {string} muted
 */

/**
 * @param {"col" | "row"} scope
 * @param {string} words
 */
function heading(scope, words) {
  const cell = make("th", "", words);
  cell.scope = scope;
  cell.title = words;
  return cell;
}

/** @param {Component<Data>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".strip");
  data.fills.forEach((fill, level) => root.style.setProperty(`--level${level}`, fill));
  root.style.setProperty("--muted", data.muted);
  root.style.setProperty("--columns", String(data.columns.length));
  root.style.setProperty("--longest", String(longestWord(data.columns.map((column) => column.label))));
  const table = make("table");
  table.setAttribute("aria-label", data.alt);
  const head = make("tr");
  head.append(make("td"), ...data.columns.map((column) => heading("col", column.label)));
  const thead = make("thead");
  thead.append(head);
  const body = make("tbody");
  data.rows.forEach((line, row) => {
    const shown = make("tr");
    shown.append(heading("row", line.name));
    line.cells.forEach((cell, column) => {
      const press = () => setTriggerValue("cell", { unit: line.id, dimension: data.columns[column].id });
      const choice = button(cell.level === null ? "empty" : `level${cell.level}`, "", press);
      choice.title = cell.title;
      choice.setAttribute("aria-label", `${line.name} ${cell.title}`);
      choice.setAttribute("aria-pressed", String(cell.on));
      choice.dataset.part = `${row}-${column}`;
      choice.append(make("span", "", cell.text), make("small", "", cell.sign));
      const box = make("td");
      box.append(choice);
      shown.append(box);
    });
    body.append(shown);
  });
  table.append(thead, body);
  redraw(root, table);
}
