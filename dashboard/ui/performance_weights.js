// Weight sliders: one per dimension, its indicators behind it. All texts are set as text, never as HTML.
// Python sends the state with the number of the edit it answers; the panel sends {kind, id, value, drag, serial}.
// While a slider is dragged the next edit waits until the last one was answered, and only the newest is sent.

const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const PATIENCE = 1500;

class Panel {
  constructor(root, data) {
    this.rows = new Map();
    this.signature = data.signature;
    this.serial = 0;
    this.drag = 0;
    this.dragging = null;
    this.sent = null;
    this.waiting = null;
    this.build(root, data);
  }

  send(edit) {
    this.waiting = edit;
    if (!this.sent || performance.now() - this.sent.at > PATIENCE) this.flush();
  }

  flush() {
    const edit = this.waiting;
    this.waiting = null;
    if (!edit) return;
    this.serial += 1;
    this.sent = { serial: this.serial, at: performance.now() };
    this.trigger({ ...edit, serial: `${this.session}-${this.serial}` });
  }

  build(root, data) {
    this.session = Math.random().toString(36).slice(2, 8);
    root.replaceChildren();
    for (const group of data.groups) {
      const box = make("div", "group");
      const head = this.row(group, "dimension", data.texts);
      const toggle = make("button", "toggle", group.items.length > 1 ? "▶" : "");
      toggle.type = "button";
      head.prepend(toggle);
      box.append(head);
      if (group.items.length > 1) box.append(this.opened(toggle, group, data.texts));
      else toggle.disabled = true;
      root.append(box);
    }
    this.foot = make("div", "foot");
    this.state = make("span", "state");
    this.restore = make("button", "restore", data.texts.restore);
    this.restore.type = "button";
    this.restore.onclick = () => this.send({ kind: "restore" });
    this.foot.append(this.state, this.restore);
    root.append(this.foot);
  }

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
    const row = { line, slider, entry, fill, tick, kind, max: item.max, decimals: 0 };
    const moved = (value) => {
      this.show(row, value);
      // A released slider tells its last value a second time.
      const told = `${value}-${this.drag}`;
      if (row.told === told) return;
      row.told = told;
      this.send({ kind, id: item.id, value, drag: `${this.session}-${this.drag}` });
    };
    const begin = () => { if (this.dragging !== row) { this.dragging = row; this.drag += 1; } };
    const end = () => { this.dragging = null; };
    slider.addEventListener("pointerdown", begin);
    slider.addEventListener("focus", begin);
    slider.addEventListener("blur", end);
    slider.oninput = () => { if (this.dragging !== row) begin(); moved(Number(slider.value)); };
    slider.onchange = () => moved(Number(slider.value));
    entry.onchange = () => {
      this.drag += 1;
      const value = Number(entry.value);
      if (entry.value !== "" && Number.isFinite(value)) moved(Math.min(Math.max(value, 0), row.max));
      else this.show(row, Number(slider.value));
    };
    this.rows.set(`${kind}:${item.id}`, row);
    return line;
  }

  show(row, value) {
    row.fill.style.width = `${row.max > 0 ? Math.min(100, (100 * value) / row.max) : 0}%`;
    if (row.entry !== row.entry.getRootNode().activeElement) row.entry.value = value.toFixed(row.decimals);
    row.slider.setAttribute("aria-valuetext", value.toFixed(row.decimals));
  }

  apply(item, kind, data) {
    const row = this.rows.get(`${kind}:${item.id}`);
    row.max = item.max;
    row.decimals = item.decimals;
    Object.assign(row.slider, { min: 0, max: item.max, step: item.step, disabled: item.fixed });
    Object.assign(row.entry, { min: 0, max: item.max, step: item.step, disabled: item.fixed });
    row.line.classList.toggle("changed", item.base !== null && Math.abs(item.base - item.value) > 1e-6);
    row.tick.style.display = item.base === null ? "none" : "";
    if (item.base !== null) {
      row.tick.style.left = `${item.max > 0 ? Math.min(100, (100 * item.base) / item.max) : 0}%`;
      row.tick.title = `${data.texts.was} ${item.base.toFixed(item.decimals)}`;
    }
    // The hand that holds a slider is ahead of the answer.
    if (this.dragging === row && (this.waiting || this.sent)) return;
    row.slider.value = item.value;
    this.show(row, item.value);
  }

  update(data, trigger) {
    this.trigger = trigger;
    const own = this.sent && data.answer === `${this.session}-${this.sent.serial}`;
    if (own) {
      this.sent = null;
      if (this.waiting) this.flush();
    }
    for (const group of data.groups) {
      this.apply(group, "dimension", data);
      if (group.items.length > 1) for (const item of group.items) this.apply(item, "indicator", data);
    }
    this.state.textContent = data.texts.state;
    this.restore.disabled = !data.edited;
  }
}

const panels = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".weights");
  let panel = panels.get(root);
  if (!panel || panel.signature !== data.signature) {
    panel = new Panel(root, data);
    panels.set(root, panel);
  }
  panel.update(data, (edit) => setTriggerValue("edit", edit));
}
