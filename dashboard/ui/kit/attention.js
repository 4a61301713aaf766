// What needs attention, line by line: the sign of its state, the finding, and what it amounts to. Texts are set as text, never as HTML.

/** @import { Component } from "./make.js" */
import { button, make, own, redraw } from "./make.js";

/** @typedef {{ sign: string, tone: string, title: string, detail: string, opens: boolean }} Line */

/**
 * @param {Line} line
 * @param {number} place
 * @param {(place: number) => void} open
 */
function drawn(line, place, open) {
  const finding = line.opens ? button("finding quiet", "", () => open(place)) : make("div", "finding");
  finding.append(make("span", line.tone, line.sign), " ", make("b", "", line.title));
  finding.dataset.part = String(place);
  const box = make("div", "line");
  box.append(finding, make("div", "detail", line.detail));
  return box;
}

/** @param {Component<{ lines: Line[] }>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".attention");
  redraw(root, ...data.lines.map((line, place) => drawn(line, place, (chosen) => setTriggerValue("opened", chosen))));
}
