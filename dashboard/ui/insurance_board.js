// The result board: number cards, drawings of plain marks, and tables. Python decides everything, this draws it.
// Every text is set as text, never as HTML. Marks: x as share of the plot width (0 to 1) plus dx pixels, y in pixels.

const SVG = "http://www.w3.org/2000/svg";
const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const shape = (tag, attributes) => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

function drawn(mark, at, width) {
  const x = at(mark.x) + (mark.dx || 0);
  if (mark.m === "rect") {
    const end = at(mark.x2);
    return shape("rect", { x: Math.min(x, end), y: mark.y, width: Math.max(Math.abs(end - x), 1), height: mark.h, fill: mark.c,
      "fill-opacity": mark.o ?? 1, rx: mark.r ?? 2 });
  }
  if (mark.m === "line") {
    return shape("line", { x1: x, y1: mark.y, x2: at(mark.x2 ?? mark.x) + (mark.dx || 0), y2: mark.y2 ?? mark.y, stroke: mark.c,
      "stroke-width": mark.w ?? 1, ...(mark.dash ? { "stroke-dasharray": mark.dash } : {}) });
  }
  if (mark.m === "circle") {
    return shape("circle", { cx: x, cy: mark.y, r: mark.r ?? 5, fill: mark.f, stroke: mark.c, "stroke-width": 2 });
  }
  const node = shape("text", { x: Math.min(Math.max(x, 0), width), y: mark.y, fill: mark.c, "text-anchor": mark.a || "start",
    "font-size": mark.s ?? 12.5, "font-weight": mark.b ? 700 : 400 });
  node.textContent = mark.t;
  return node;
}

function drawing(root, data) {
  const width = Math.max(root.clientWidth, 120);
  const svg = shape("svg", { width, height: data.height, role: "img", "aria-label": data.alt });
  const inner = width - data.left - data.right;
  const at = (share) => data.left + share * inner;
  for (const mark of data.marks) {
    const node = drawn(mark, at, width);
    if (mark.title) {
      const title = shape("title", {});
      title.textContent = mark.title;
      node.append(title);
    }
    svg.append(node);
  }
  root.replaceChildren(svg);
  // Only what is on the page can be measured: texts with a limit are cut after it, whole in their title.
  data.marks.forEach((mark, at_) => { if (mark.max) fitted(svg.children[at_], mark.max + (mark.wide || 0) * inner); });
}

function fitted(node, limit) {
  const whole = node.textContent;
  for (let length = whole.length - 1; length > 1 && node.getComputedTextLength() > limit; length -= 1) {
    node.textContent = `${whole.slice(0, length).trimEnd()}…`;
  }
  if (node.textContent !== whole) {
    const title = shape("title", {});
    title.textContent = whole;
    node.append(title);
  }
}

// A name that opens its definition below itself.
function opener(name, label, pairs, hint) {
  const about = make("div", "about");
  about.popover = "auto";
  about.append(make("strong", "", label));
  for (const [head, text] of pairs) {
    const line = make("p", "");
    line.append(make("b", "", head), document.createTextNode(` ${text}`));
    about.append(line);
  }
  name.popoverTargetElement = about;
  name.title = hint;
  about.addEventListener("toggle", () => {
    const place = name.getBoundingClientRect();
    about.style.left = `${Math.max(8, Math.min(place.left, window.innerWidth - 340))}px`;
    about.style.top = `${place.bottom + 4}px`;
  });
  return about;
}

function cards(root, data) {
  const row = make("div", "cards");
  for (const card of data.cards) {
    const box = make("div", "card");
    const name = make("button", "name", card.label);
    name.type = "button";
    box.append(name, make("div", "value", card.value));
    for (const part of card.below) box.append(make("div", `below ${part.state}`, part.text));
    row.append(box, opener(name, card.label, card.definition, data.open));
  }
  root.replaceChildren(row);
}

function lines(root, data) {
  root.replaceChildren(...data.lines.map((line) => make("p", "line", line)));
}

function table(root, data) {
  const grid = make("table", "");
  grid.setAttribute("aria-label", data.alt);
  const head = make("tr", "");
  data.columns.forEach((column, at) => {
    const cell = make("th", at === data.current ? "now" : "", data.choices[at] ? undefined : column);
    cell.scope = "col";
    if (data.choices[at]) cell.append(headButton(data, column, data.choices[at]));
    head.append(cell);
  });
  const thead = make("thead", "");
  thead.append(head);
  const body = make("tbody", "");
  for (const line of data.rows) {
    const row = make("tr", "");
    line.forEach((given, at) => {
      const cell = typeof given === "string" ? { text: given } : given;
      const node = make(at ? "td" : "th", [cell.state || "", at === data.current ? "now" : ""].join(" ").trim(), cell.text);
      if (!at) node.scope = "row";
      if (cell.title) node.title = cell.title;
      if (cell.note) node.append(make("small", "", cell.note));
      row.append(node);
    });
    body.append(row);
  }
  grid.append(thead, body);
  root.replaceChildren(grid);
}

function headButton(data, column, name) {
  const button = make("button", data.chosen === name ? "choice on" : "choice", column);
  button.type = "button";
  button.title = data.choose;
  button.setAttribute("aria-pressed", String(data.chosen === name));
  button.onclick = () => data.pick(name);
  return button;
}

// Cards and titled blocks. What has not changed since the last time is left as it stands.
function board(root, data, state) {
  state.parts ||= new Map();
  const shared = { open: data.open, choose: data.choose, pick: data.pick };
  const order = data.blocks.map((block) => block.key).join();
  if (state.order !== order) {
    state.order = order;
    state.parts.clear();
    root.replaceChildren();
    const head = make("div", "head");
    const grid = make("div", "grid");
    root.append(head, grid);
    state.parts.set("", { body: head });
    for (const block of data.blocks) {
      const box = make("section", block.wide ? "block wide" : "block");
      const top = make("div", "top");
      const body = make("div", "body");
      box.append(top, body);
      grid.append(box);
      state.parts.set(block.key, { top, body });
    }
  }
  const head = state.parts.get("");
  const words = JSON.stringify(data.head);
  if (head.words !== words) { head.words = words; cards(head.body, { ...data.head, ...shared }); }
  for (const block of data.blocks) {
    const part = state.parts.get(block.key);
    const title = JSON.stringify([block.title, block.aside, block.about]);
    if (part.title !== title) { part.title = title; titled(part.top, block, data.open); }
    const content = JSON.stringify(block.content);
    if (part.words !== content) { part.words = content; part.data = { ...block.content, ...shared }; KINDS[block.content.kind](part.body, part.data); }
  }
}

function titled(top, block, hint) {
  const title = make("h5", "", block.title);
  top.replaceChildren(title, make("span", "aside", block.aside));
  if (block.about.length) {
    const button = make("button", "info", "ⓘ");
    button.type = "button";
    button.setAttribute("aria-label", `${block.title} ${hint}`);
    title.append(button);
    top.append(opener(button, block.title, block.about, hint));
  }
  top.hidden = !block.title;
}

const KINDS = { drawing, cards, lines, table, board };
const watched = new WeakMap();

function widthChanged(root, state) {
  if (Math.abs(root.clientWidth - state.width) <= 1) return;
  state.width = root.clientWidth;
  const drawn = state.data.kind === "board" ? [...state.parts.values()] : [{ body: root, data: state.data }];
  for (const part of drawn) if (part.data?.kind === "drawing") drawing(part.body, part.data);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".board");
  const state = watched.get(root) || {};
  watched.set(root, state);
  const colours = JSON.stringify(data.colours);
  if (state.colours !== colours) {
    state.colours = colours;
    for (const [name, colour] of Object.entries(data.colours)) root.style.setProperty(`--${name}`, colour);
  }
  state.data = { ...data, pick: (name) => setTriggerValue("pick", name) };
  KINDS[data.kind](root, state.data, state);
  if (!state.observer) {
    state.width = root.clientWidth;
    state.observer = new ResizeObserver(() => widthChanged(root, state));
    state.observer.observe(root);
  }
}
