// Small figures: what each is, its value, and a word to it; one may open what is behind it. Texts are set as text, never as HTML.

/** @import { Component } from "./make.js" */
import { button, focused, make, own } from "./make.js";

/** @typedef {{ name: string, value: string, beside: string, opens: string }} Fact `opens`: what is told of a click, empty where none is heard */
/** @typedef {{ head: string, facts: Fact[] }} Group */
/** @typedef {{ groups: Group[], columns: number, form: "below" | "beside" }} Data `form`: where the word stands */

/**
 * @param {Fact} fact
 * @param {(what: string) => void} open
 */
function drawn(fact, open) {
  const name = make("span", "name", fact.name);
  const value = make("b", "", fact.value);
  const box = make("div", "fact");
  if (fact.opens) {
    const opens = button("opens", "", () => open(fact.opens));
    opens.dataset.part = fact.opens;
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
  const holder = focused(root);
  const held = holder instanceof HTMLElement ? holder.dataset.part : undefined;
  root.style.setProperty("--columns", String(data.columns));
  root.classList.toggle("row", data.form === "beside");
  const groups = data.groups.map(({ head, facts }) => {
    const group = make("div", "group");
    if (head) group.append(make("b", "top", head));
    group.append(...facts.map((fact) => drawn(fact, (what) => setTriggerValue("opened", what))));
    return group;
  });
  root.replaceChildren(...groups);
  const again = held === undefined ? null : root.querySelector(`[data-part="${held}"]`);
  if (again instanceof HTMLElement) again.focus();
}
