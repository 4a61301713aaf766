// Small figures: what each is, its value, and a word to it; one may open what is behind it. Texts are set as text, never as HTML.

/** @import { Component } from "./make.js" */
import { button, make, own, redraw } from "./make.js";

/** @typedef {{ name: string, value: string, beside: string, opens: number | null }} Fact `opens`: what a click tells, null where none is heard */
/** @typedef {{ head: string, facts: Fact[] }} Group */
/** @typedef {{ groups: Group[], columns: number, form: "grid" | "lists" }} Data */

/**
 * @param {Fact} fact
 * @param {(what: number) => void} open
 */
function drawn(fact, open) {
  const name = make("span", "name", fact.name);
  const value = make("b", "", fact.value);
  const box = make("div", "fact");
  const place = fact.opens;
  if (place !== null) {
    const opens = button("opens quiet", "", () => open(place));
    opens.dataset.part = String(place);
    opens.append(name, " ", value);
    box.append(opens);
  } else box.append(name, value);
  if (fact.beside) box.append(make("span", "beside", fact.beside));
  return box;
}

/** @param {Component<Data>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".facts");
  root.style.setProperty("--columns", String(data.columns));
  root.classList.toggle("row", data.form === "lists");
  const groups = data.groups.map(({ head, facts }) => {
    const group = make("div", "group");
    if (head) group.append(make("b", "top", head));
    group.append(...facts.map((fact) => drawn(fact, (what) => setTriggerValue("opened", what))));
    return group;
  });
  redraw(root, ...groups);
}
