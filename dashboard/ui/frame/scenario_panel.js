// The coefficient panel: sliders with a mark at the baseline, numeric entry, reset, rationale. All texts are set as text, never as HTML.
// Python sends the state, the panel answers with one edit: {id, value} | {id, reset} | {id, rationale} | {resetAll} | {preset},
// each with its serial, and with {done} unless a hand goes on; the drawing that follows takes it, and brings back what the panel shows now
// (kit/hand.js). {rest} says that the hand has let go.

/** @import { Component } from "../kit/make.js" */
import { copied } from "../kit/clipboard.js";
import { Hand, hearAnswers } from "../kit/hand.js";
import { button, focused, make, own } from "../kit/make.js";
import { clean, placeOf, wordOf } from "../kit/sliders.js";
import { differs, seen, stored, storedList } from "./values.js";

/** @typedef {{ value: number | number[], base: number | number[], text: string, rationale: string }} Now */
/** @typedef {Record<string, unknown>} Edit */
/**
 * @typedef {object} Item
 * @property {string} id
 * @property {string} label
 * @property {"number" | "list" | "switch"} kind
 * @property {number} lower
 * @property {number} upper
 * @property {number} fine step of the slider
 * @property {number} offset
 * @property {number} scale
 * @property {string} suffix
 * @property {string} ladder the words of its steps: a key of `ladders`
 * @property {boolean} main
 * @property {boolean} verify
 * @property {string} source
 * @property {string} help
 * @property {string} range
 * @property {[string, string]} ends
 * @property {string} baseText
 */
/** @typedef {{ label: string, items: Item[] }} Group */
/**
 * What edits change; it comes with the panel and with every drawing that follows it.
 * @typedef {object} Moving
 * @property {string} key
 * @property {string} answer the serial of the edit that is in it
 * @property {Record<string, Now>} values
 * @property {string[]} idle coefficients that do nothing under these values
 * @property {string[]} on the presets that the values equal
 * @property {string} count
 * @property {number} changed
 */
/**
 * @typedef {object} Data
 * @property {Group[]} groups
 * @property {Record<string, string[]>} ladders the words of each step, from the lower end on
 * @property {{ id: string, label: string, help: string }[]} presets
 * @property {Record<string, string>} texts
 * @property {Moving} now
 * @property {string} signature
 */
/** @typedef {{ item: Item, row: HTMLElement, back: HTMLButtonElement, rationale: HTMLInputElement | null, apply: (now: Now) => void }} Row */
/**
 * @typedef {object} Shared
 * @property {Record<string, string>} texts
 * @property {Record<string, string[]>} ladders
 * @property {(edit: Edit, about?: string) => void} send tells what was done; it is done
 * @property {(edit: Edit, about: string) => void} move tells where the hand is; it goes on
 * @property {() => void} rest says that the hand has let go
 * @property {string} held the coefficient whose slider is under the hand
 */

/** @param {number | number[]} value */
const single = (value) => (Array.isArray(value) ? value[0] : value);

/**
 * @param {Item} item
 * @param {Shared} shared
 * @returns {Row}
 */
function rowOf(item, shared) {
  const { texts } = shared;
  const row = make("div", "row");
  const head = make("div", "head");
  const mark = make("span", "mark", "●");
  mark.title = texts.changed;
  const label = make("label", "label", item.label);
  label.title = item.help;
  const input = make("input");
  input.setAttribute("aria-label", `${item.label} ${item.range}`);
  input.title = item.range;
  const back = button("reset", "↺", () => shared.send({ id: item.id, reset: true }, item.id));
  back.title = texts.resetOne;
  back.setAttribute("aria-label", `${texts.resetOne} ${item.label}`);
  head.append(mark, label);
  if (item.verify) {
    const badge = make("span", "verify", texts.verify);
    badge.title = item.source;
    head.append(badge);
  }
  const entry = make("span", "entry");
  entry.append(input, make("span", "suffix", item.suffix));
  head.append(entry, back);
  row.append(head);
  const control = { switch: switchOf, list: listOf, number: sliderOf }[item.kind];
  return { item, row, back, rationale: null, apply: control(item, row, label, input, shared) };
}

/**
 * @param {Item} item
 * @param {HTMLElement} _row
 * @param {HTMLLabelElement} label
 * @param {HTMLInputElement} input
 * @param {Shared} shared
 */
function switchOf(item, _row, label, input, shared) {
  input.type = "checkbox";
  input.id = `switch_${item.id}`;
  label.htmlFor = input.id;
  input.onchange = () => shared.send({ id: item.id, value: input.checked ? 1 : 0 }, item.id);
  return (/** @type {Now} */ now) => { input.checked = single(now.value) > 0.5; };
}

/**
 * @param {Item} item
 * @param {HTMLElement} _row
 * @param {HTMLLabelElement} _label
 * @param {HTMLInputElement} input
 * @param {Shared} shared
 */
function listOf(item, _row, _label, input, shared) {
  input.type = "text";
  input.className = "list";
  input.onchange = () => shared.send({ id: item.id, value: storedList(item, input.value) }, item.id);
  return (/** @type {Now} */ now) => { input.value = now.text; };
}

/**
 * @param {Item} item
 * @param {HTMLElement} row
 * @param {HTMLLabelElement} _label
 * @param {HTMLInputElement} input
 * @param {Shared} shared
 */
function sliderOf(item, row, _label, input, shared) {
  const slider = make("input");
  Object.assign(slider, { type: "range", min: item.lower, max: item.upper, step: item.fine });
  slider.setAttribute("aria-label", item.label);
  const track = make("div", "track");
  const fill = make("span", "fill");
  const tick = make("span", "tick");
  tick.title = item.baseText;
  const ends = make("span", "ends");
  ends.append(make("span", "", item.ends[0]), make("span", "", item.ends[1]));
  track.append(make("span", "rail"), fill, tick, slider, ends);
  row.append(track);
  Object.assign(input, { type: "number", min: seen(item, item.lower), max: seen(item, item.upper), step: clean(item.fine * item.scale) });
  const draw = (/** @type {number} */ value, /** @type {string} */ text) => {
    input.value = text;
    fill.style.width = placeOf(value, item.lower, item.upper);
    slider.setAttribute("aria-valuetext", text + item.suffix);
  };
  /** @type {number | null} */
  let told = null;
  slider.oninput = () => {
    told = clean(Number(slider.value));
    draw(Number(slider.value), wordOf(shared.ladders[item.ladder], Number(slider.value), item.lower, item.fine));
    shared.move({ id: item.id, value: told }, item.id);
  };
  slider.onchange = () => {
    const value = clean(Number(slider.value));
    if (told === value) shared.rest();
    else shared.send({ id: item.id, value }, item.id);
    told = null;
  };
  input.onchange = () => shared.send({ id: item.id, value: stored(item, input.value) }, item.id);
  return (/** @type {Now} */ now) => {
    tick.style.left = placeOf(single(now.base), item.lower, item.upper);
    slider.value = String(single(now.value));
    draw(single(now.value), now.text);
  };
}

/**
 * @param {Row} row
 * @param {Now} now
 * @param {Shared} shared
 */
function renewed(row, now, shared) {
  const changed = differs(now.value, now.base);
  row.row.classList.toggle("changed", changed);
  row.back.disabled = !changed;
  row.apply(now);
  rationaleField(row, now, changed, shared);
}

/**
 * @param {Row} row
 * @param {Now} now
 * @param {boolean} changed
 * @param {Shared} shared
 */
function rationaleField(row, now, changed, shared) {
  const { texts } = shared;
  if (!changed) {
    row.rationale?.remove();
    row.rationale = null;
    return;
  }
  if (!row.rationale) {
    const field = make("input", "rationale");
    field.type = "text";
    field.maxLength = 500;
    field.placeholder = texts.rationale;
    field.setAttribute("aria-label", `${texts.rationale} ${row.item.label}`);
    field.onchange = () => shared.send({ id: row.item.id, rationale: field.value }, `${row.item.id} rationale`);
    row.rationale = field;
    row.row.append(field);
  }
  if (focused(row.rationale) !== row.rationale) row.rationale.value = now.rationale;
}

/** @param {Record<string, string>} texts */
function copyButton(texts) {
  const copy = button("link", texts.copy, () => {
    void copied(window.location.href).then(() => {
      copy.textContent = texts.copied;
      setTimeout(() => { copy.textContent = texts.copy; }, 2000);
    });
  });
  return copy;
}

/** @typedef {{ moved: Row[], summary: HTMLElement }} More the rows of a group that are one click away */
/**
 * @typedef {object} State
 * @property {Map<string, Row>} rows
 * @property {HTMLElement} count
 * @property {HTMLButtonElement} all
 * @property {Map<string, HTMLButtonElement>} buttons
 * @property {More[]} groups
 * @property {Shared} shared
 * @property {Hand<Edit>} hand
 * @property {(edit: unknown) => void} tell
 * @property {string} signature
 */

/**
 * @param {HTMLElement} root
 * @param {Data} data
 * @returns {State}
 */
function build(root, data) {
  /** @type {Hand<Edit>} */
  const hand = new Hand(data.now.key, (edit) => state.tell(edit));
  const shared = talking(hand, data);
  const top = make("div", "top");
  const count = make("span", "count");
  const all = button("link", data.texts.resetAll, () => shared.send({ resetAll: true }));
  top.append(count, all, copyButton(data.texts));
  const presets = make("div", "presets");
  presets.setAttribute("role", "group");
  presets.setAttribute("aria-label", data.texts.presets);
  const buttons = new Map();
  for (const preset of data.presets) {
    const choice = button("preset", preset.label, () => shared.send({ preset: preset.id }));
    choice.title = preset.help;
    presets.append(choice);
    buttons.set(preset.id, choice);
  }
  root.replaceChildren(top, presets);
  const rows = new Map();
  const groups = data.groups.map((group) => {
    const box = make("section", "group");
    box.append(make("h4", "", group.label));
    const more = make("details", "more");
    const summary = make("summary");
    more.append(summary);
    const moved = [];
    for (const item of group.items) {
      const row = rowOf(item, shared);
      rows.set(item.id, row);
      (item.main ? box : more).append(row.row);
      if (!item.main) moved.push(row);
    }
    if (moved.length) box.append(more);
    root.append(box);
    return { moved, summary };
  });
  /** @type {State} */
  const state = { rows, count, all, buttons, groups, shared, hand, tell: () => {}, signature: data.signature };
  hearAnswers(data.now.key, (/** @type {Moving} */ now) => update(state, now), () => root.isConnected && built.get(root) === state);
  return state;
}

/**
 * Returns how the rows tell the hand what is done.
 * @param {Hand<Edit>} hand
 * @param {Data} data
 * @returns {Shared}
 */
function talking(hand, data) {
  /** @type {Shared} */
  const shared = {
    texts: data.texts,
    ladders: data.ladders,
    held: "",
    move: (edit, about) => {
      shared.held = about;
      hand.put(edit, about);
    },
    send: (edit, about) => {
      shared.held = "";
      hand.put({ ...edit, done: true }, about);
      hand.rest();
    },
    rest: () => hand.rest(),
  };
  return shared;
}

/**
 * Shows what the server says now.
 * @param {State} state
 * @param {Moving} now
 */
function update(state, now) {
  state.hand.answered(now.answer);
  const idle = new Set(now.idle);
  for (const [id, value] of Object.entries(now.values)) {
    const row = state.rows.get(id);
    if (!row) continue;
    row.row.hidden = idle.has(id);
    // The hand that holds a slider is ahead of the answer.
    if (!(state.hand.ahead && state.shared.held === id)) renewed(row, value, state.shared);
  }
  state.count.textContent = now.count;
  state.all.disabled = now.changed === 0;
  for (const [id, choice] of state.buttons) choice.classList.toggle("on", now.on.includes(id));
  for (const { moved, summary } of state.groups) {
    const shown = moved.filter((row) => !row.row.hidden);
    const changed = shown.filter((row) => row.row.classList.contains("changed")).length;
    summary.textContent = `${state.shared.texts.more} ${shown.length}${changed ? ` · ● ${changed}` : ""}`;
  }
}

/** @type {WeakMap<HTMLElement, State>} */
const built = new WeakMap();

/** @param {Component<Data>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".panel");
  let state = built.get(root);
  if (!state || state.signature !== data.signature) {
    state = build(root, data);
    built.set(root, state);
  }
  state.tell = (edit) => setTriggerValue("edit", edit);
  update(state, data.now);
}
