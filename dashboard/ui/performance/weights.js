// Weight sliders: one per dimension, its indicators behind it. All texts are set as text, never as HTML.
// Python sends the state with the number of the edit it answers; the panel sends {kind, id, value, drag, serial}, and {rest} when the
// hand has let go. While a slider is dragged the ranking follows (kit/hand.js).

/** @import { Component } from "../kit/make.js" */
import { Hand, hearAnswers } from "../kit/hand.js";
import { button, focused, make, own } from "../kit/make.js";
import { placeOf, wordOf } from "../kit/sliders.js";

/** @typedef {"dimension" | "indicator"} Kind */
/** @typedef {{ kind: Kind, id: string, value: number, drag: string } | { kind: "restore" }} Edit */
/**
 * @typedef {object} Item
 * @property {string} id
 * @property {string} label
 * @property {string} help
 * @property {number} value
 * @property {number | null} base as saved; null for what is new
 * @property {string} was its words
 * @property {number} max
 * @property {number} step
 * @property {"whole" | "tenths"} ladder which words it is shown in
 * @property {boolean} fixed
 */
/** @typedef {Item & { items: Item[] }} Group */
/**
 * What edits change; it comes with the panel and with every ranking that follows it.
 * @typedef {object} Moving
 * @property {string} key
 * @property {string} answer
 * @property {Group[]} groups
 * @property {Record<string, { step: number, words: string[] }>} ladders
 * @property {boolean} edited
 * @property {string} state
 */
/** @typedef {{ now: Moving, signature: string, texts: Record<string, string> }} Data */
/**
 * @typedef {object} Row
 * @property {HTMLElement} line
 * @property {HTMLInputElement} slider
 * @property {HTMLInputElement} entry
 * @property {HTMLElement} fill
 * @property {HTMLElement} tick
 * @property {Item} item
 * @property {string} told
 */

class Panel {
  /**
   * @param {HTMLElement} root
   * @param {Data} data
   */
  constructor(root, data) {
    this.signature = data.signature;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.drag = 0;
    /** @type {Row | null} */
    this.dragging = null;
    this.trigger = (/** @type {unknown} */ _edit) => {};
    /** @type {Hand<Edit>} */
    this.hand = new Hand(data.now.key, (edit) => this.trigger(edit));
    this.ladders = data.now.ladders;
    this.state = make("span", "state");
    this.restore = button("restore", data.texts.restore, () => {
      this.hand.put({ kind: "restore" });
      this.hand.rest();
    });
    const foot = make("div", "foot");
    foot.append(this.state, this.restore);
    root.replaceChildren(...data.now.groups.map((group) => this.group(group, data.texts)), foot);
    hearAnswers(data.now.key, (/** @type {Moving} */ now) => this.update(now), () => root.isConnected && panels.get(root) === this);
  }

  /**
   * @param {Group} group
   * @param {Record<string, string>} texts
   */
  group(group, texts) {
    const box = make("div", "group");
    const head = this.row(group, "dimension", texts);
    const toggle = button("toggle", group.items.length > 1 ? "▶" : "", () => {});
    head.prepend(toggle);
    box.append(head);
    if (group.items.length > 1) box.append(this.opened(toggle, group, texts));
    else toggle.disabled = true;
    return box;
  }

  /**
   * @param {HTMLButtonElement} toggle
   * @param {Group} group
   * @param {Record<string, string>} texts
   */
  opened(toggle, group, texts) {
    const items = make("div", "items");
    items.hidden = true;
    items.append(...group.items.map((item) => this.row(item, "indicator", texts)));
    const words = `${group.label} ${texts.items} ${group.items.length}`;
    toggle.title = words;
    toggle.setAttribute("aria-label", words);
    toggle.setAttribute("aria-expanded", "false");
    toggle.onclick = () => {
      items.hidden = !items.hidden;
      toggle.textContent = items.hidden ? "▶" : "▼";
      toggle.setAttribute("aria-expanded", String(!items.hidden));
    };
    return items;
  }

  /**
   * @param {Item} item
   * @param {Kind} kind
   * @param {Record<string, string>} texts
   */
  row(item, kind, texts) {
    const line = make("div", `row ${kind}`);
    const name = make("label", "name");
    const mark = make("span", "mark", "●");
    mark.title = texts.changed;
    name.append(mark, make("span", "words", item.label));
    name.title = item.help;
    const track = make("span", "track");
    const fill = make("span", "fill");
    const tick = make("span", "tick");
    const slider = make("input", "slider");
    slider.type = "range";
    slider.id = `${kind}_${item.id}`;
    name.htmlFor = slider.id;
    track.append(make("span", "rail"), fill, tick, slider);
    const entry = make("input", "entry");
    entry.type = "number";
    entry.setAttribute("aria-label", item.label);
    line.append(name, track, entry);
    const row = { line, slider, entry, fill, tick, item, told: "" };
    this.listen(row, kind);
    this.rows.set(`${kind}:${item.id}`, row);
    return line;
  }

  /**
   * @param {Row} row
   * @param {Kind} kind
   */
  listen(row, kind) {
    const { slider, entry } = row;
    const moved = (/** @type {number} */ value) => {
      this.show(row, value);
      // A released slider tells its last value a second time.
      const told = `${value}-${this.drag}`;
      if (row.told === told) return;
      row.told = told;
      this.hand.put({ kind, id: row.item.id, value, drag: `${this.hand.session}-${this.drag}` }, `${kind}:${row.item.id}`);
    };
    const begin = () => {
      if (this.dragging === row) return;
      this.dragging = row;
      this.drag += 1;
    };
    slider.addEventListener("pointerdown", begin);
    slider.addEventListener("focus", begin);
    slider.addEventListener("blur", () => { this.dragging = null; });
    slider.oninput = () => {
      begin();
      moved(Number(slider.value));
    };
    slider.onchange = () => {
      moved(Number(slider.value));
      this.hand.rest();
    };
    entry.onchange = () => {
      this.drag += 1;
      const value = Number(entry.value);
      if (entry.value !== "" && Number.isFinite(value)) moved(Math.min(Math.max(value, 0), row.item.max));
      else this.show(row, Number(slider.value));
      this.hand.rest();
    };
  }

  /**
   * @param {Row} row
   * @param {number} value
   */
  show(row, value) {
    const ladder = this.ladders[row.item.ladder];
    const words = wordOf(ladder.words, value, 0, ladder.step);
    row.fill.style.width = placeOf(value, 0, row.item.max);
    if (focused(row.entry) !== row.entry) row.entry.value = words;
    row.slider.setAttribute("aria-valuetext", words);
  }

  /**
   * @param {Item} item
   * @param {Kind} kind
   */
  apply(item, kind) {
    const row = this.rows.get(`${kind}:${item.id}`);
    if (!row) return;
    row.item = item;
    Object.assign(row.slider, { min: 0, max: item.max, step: item.step, disabled: item.fixed });
    Object.assign(row.entry, { min: 0, max: item.max, step: item.step, disabled: item.fixed });
    row.line.classList.toggle("changed", item.base !== null && Math.abs(item.base - item.value) > 1e-6);
    row.tick.style.display = item.base === null ? "none" : "";
    row.tick.style.left = placeOf(item.base ?? 0, 0, item.max);
    row.tick.title = item.was;
    // The hand that holds a slider is ahead of the answer.
    if (this.dragging === row && this.hand.ahead) return;
    row.slider.value = String(item.value);
    this.show(row, item.value);
  }

  /** @param {Moving} now */
  update(now) {
    this.ladders = now.ladders;
    this.hand.answered(now.answer);
    for (const group of now.groups) {
      this.apply(group, "dimension");
      if (group.items.length > 1) for (const item of group.items) this.apply(item, "indicator");
    }
    this.state.textContent = now.state;
    this.restore.disabled = !now.edited;
  }
}

/** @type {WeakMap<HTMLElement, Panel>} */
const panels = new WeakMap();

/** @param {Component<Data>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".weights");
  let panel = panels.get(root);
  if (!panel || panel.signature !== data.signature) {
    panel = new Panel(root, data);
    panels.set(root, panel);
  }
  panel.trigger = (edit) => setTriggerValue("edit", edit);
  panel.update(data.now);
}
