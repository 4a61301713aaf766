// The coefficient panel: sliders with a mark at the baseline, numeric entry, reset, rationale. All texts are set as text, never as HTML.
// Python sends the state, the panel answers with one edit: {id, value} | {id, reset} | {id, rationale} | {resetAll} | {preset}.

const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

const shown = (item, value) => (value - item.offset) * item.scale;
const stored = (item, text) => Number((Number(text) / item.scale + item.offset).toFixed(10));
const same = (left, right) => Math.abs(left - right) < 1e-9;
const words = (item, value) => {
  const number = shown(item, value);
  const text = Math.abs(number).toFixed(item.decimals);
  const sign = number < 0 && Number(text) !== 0 ? "−" : item.signed && Number(text) !== 0 ? "+" : "";
  return sign + text + item.suffix;
};

function numberRow(item, send, texts) {
  const row = make("div", "row");
  const head = make("div", "head");
  const mark = make("span", "mark", "●");
  mark.title = texts.changed;
  const label = make("label", "label", item.label);
  const input = document.createElement("input");
  const back = make("button", "reset", "↺");
  back.type = "button";
  back.title = texts.resetOne;
  back.setAttribute("aria-label", `${texts.resetOne} ${item.label}`);
  back.onclick = () => send({ id: item.id, reset: true });
  head.append(mark, label);
  if (item.verify) {
    const badge = make("span", "verify", texts.verify);
    badge.title = item.source;
    head.append(badge);
  }
  label.title = item.help;
  row.append(head);
  const entry = make("span", "entry");
  entry.append(input, make("span", "suffix", item.suffix));
  head.append(entry, back);
  input.setAttribute("aria-label", `${item.label} ${item.range}`);
  input.title = item.range;
  const update = { row, back, rationale: null };
  if (item.kind === "switch") {
    input.type = "checkbox";
    input.id = `switch_${item.id}`;
    label.htmlFor = input.id;
    input.onchange = () => send({ id: item.id, value: input.checked ? 1 : 0 });
    update.apply = (now) => { input.checked = now.value > 0.5; };
  } else if (item.kind === "list") {
    input.type = "text";
    input.className = "list";
    input.onchange = () => {
      const parts = input.value.split(/[,，:：;；\s]+/).filter((part) => part !== "");
      send({ id: item.id, value: parts.map((part) => stored(item, part)) });
    };
    update.apply = (now) => { input.value = now.value.map((part) => Number(shown(item, part).toFixed(4))).join(" : "); };
  } else {
    sliderRow(item, row, input, send, update);
  }
  update.set = (now) => {
    const changed = Array.isArray(now.value) ? now.value.some((part, at) => !same(part, now.base[at])) : !same(now.value, now.base);
    row.classList.toggle("changed", changed);
    back.disabled = !changed;
    update.apply(now);
    rationaleField(item, now, changed, update, send, texts);
  };
  return update;
}

function sliderRow(item, row, input, send, update) {
  const track = make("div", "track");
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = item.lower; slider.max = item.upper; slider.step = item.fine;
  slider.setAttribute("aria-label", item.label);
  const fill = make("span", "fill");
  const tick = make("span", "tick");
  tick.title = `${item.baseText}`;
  const ends = make("span", "ends");
  ends.append(make("span", "", item.ends[0]), make("span", "", item.ends[1]));
  track.append(make("span", "rail"), fill, tick, slider, ends);
  row.append(track);
  input.type = "number";
  input.min = shown(item, item.lower); input.max = shown(item, item.upper); input.step = item.fine * item.scale;
  const place = (value) => `${(100 * (value - item.lower)) / (item.upper - item.lower || 1)}%`;
  const draw = (value) => {
    input.value = shown(item, value).toFixed(item.decimals);
    fill.style.width = place(value);
    slider.setAttribute("aria-valuetext", words(item, value));
  };
  slider.oninput = () => draw(Number(slider.value));
  slider.onchange = () => send({ id: item.id, value: Number(Number(slider.value).toFixed(10)) });
  input.onchange = () => send({ id: item.id, value: input.value === "" ? null : stored(item, input.value) });
  update.apply = (now) => {
    tick.style.left = place(now.base);
    slider.value = now.value;
    draw(now.value);
  };
}

function rationaleField(item, now, changed, update, send, texts) {
  if (!changed) {
    if (update.rationale) { update.rationale.remove(); update.rationale = null; }
    return;
  }
  if (!update.rationale) {
    const field = document.createElement("input");
    field.type = "text";
    field.className = "rationale";
    field.maxLength = 500;
    field.placeholder = texts.rationale;
    field.setAttribute("aria-label", `${texts.rationale} ${item.label}`);
    field.onchange = () => send({ id: item.id, rationale: field.value });
    update.rationale = field;
    update.row.append(field);
  }
  if (update.rationale.getRootNode().activeElement !== update.rationale) update.rationale.value = now.rationale || "";
}

function build(root, data, send) {
  root.replaceChildren();
  const rows = new Map();
  const top = make("div", "top");
  const count = make("span", "count");
  const all = make("button", "link", data.texts.resetAll);
  all.type = "button";
  all.onclick = () => send({ resetAll: true });
  const copy = make("button", "link", data.texts.copy);
  copy.type = "button";
  copy.onclick = () => copied(copy, data.texts);
  top.append(count, all, copy);
  const presets = make("div", "presets");
  presets.setAttribute("role", "group");
  presets.setAttribute("aria-label", data.texts.presets);
  const buttons = data.presets.map((preset) => {
    const button = make("button", "preset", preset.label);
    button.type = "button";
    button.title = preset.help;
    button.onclick = () => send({ preset: preset.id });
    presets.append(button);
    return button;
  });
  root.append(top, presets);
  for (const group of data.groups) {
    const box = make("section", "group");
    box.append(make("h4", "", group.label));
    const more = make("details", "more");
    const summary = make("summary", "");
    more.append(summary);
    for (const item of group.items) {
      const row = numberRow(item, send, data.texts);
      rows.set(item.id, row);
      (item.main ? box : more).append(row.row);
    }
    if (more.children.length > 1) box.append(more);
    root.append(box);
    group.summary = summary;
    group.more = more;
  }
  return { rows, count, all, buttons, groups: data.groups, signature: data.signature };
}

async function copied(button, texts) {
  const address = window.location.href;
  try {
    await navigator.clipboard.writeText(address);
  } catch {
    const area = document.createElement("textarea");
    area.value = address;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = texts.copied;
  setTimeout(() => { button.textContent = texts.copy; }, 2000);
}

const built = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".panel");
  let state = built.get(root);
  const send = (edit) => setTriggerValue("edit", edit);
  if (!state || state.signature !== data.signature) {
    state = build(root, data, (edit) => state.send(edit));
    built.set(root, state);
  }
  state.send = send;
  for (const [id, now] of Object.entries(data.values)) state.rows.get(id)?.set(now);
  state.count.textContent = data.texts.count;
  state.all.disabled = data.changed === 0;
  state.buttons.forEach((button, at) => button.classList.toggle("on", data.presets[at].on));
  for (const group of state.groups) {
    const hidden = group.items.filter((item) => !item.main);
    const moved = hidden.filter((item) => state.rows.get(item.id).row.classList.contains("changed")).length;
    group.summary.textContent = `${data.texts.more} ${hidden.length}` + (moved ? ` · ● ${moved}` : "");
  }
}
