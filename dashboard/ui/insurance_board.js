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
    return shape("rect", { x: Math.min(x, end), y: mark.y, width: Math.max(Math.abs(end - x), mark.least || 0), height: mark.h, fill: mark.c,
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

function cards(root, data) {
  const row = make("div", "cards");
  for (const card of data.cards) {
    const box = make("div", "card");
    const name = make("button", "name", card.label);
    name.type = "button";
    const about = make("div", "about");
    about.popover = "auto";
    about.append(make("strong", "", card.label));
    for (const [label, text] of card.definition) {
      const line = make("p", "");
      line.append(make("b", "", label), document.createTextNode(` ${text}`));
      about.append(line);
    }
    name.popoverTargetElement = about;
    name.title = data.open;
    about.addEventListener("toggle", () => {
      const place = name.getBoundingClientRect();
      about.style.left = `${Math.min(place.left, window.innerWidth - 340)}px`;
      about.style.top = `${place.bottom + 4}px`;
    });
    box.append(name, make("div", "value", card.value));
    for (const part of card.below) box.append(make("div", `below ${part.state}`, part.text));
    row.append(box, about);
  }
  root.replaceChildren(row);
}

function table(root, data) {
  const grid = make("table", "");
  grid.setAttribute("aria-label", data.alt);
  const head = make("tr", "");
  data.columns.forEach((column, at) => {
    const cell = make("th", at === data.current ? "now" : "", column);
    cell.scope = "col";
    head.append(cell);
  });
  const thead = make("thead", "");
  thead.append(head);
  const body = make("tbody", "");
  for (const line of data.rows) {
    const row = make("tr", "");
    line.forEach((cell, at) => {
      const node = make(at ? "td" : "th", [cell.state || "", at === data.current ? "now" : ""].join(" ").trim(), cell.text);
      if (!at) node.scope = "row";
      if (cell.title) node.title = cell.title;
      row.append(node);
    });
    body.append(row);
  }
  grid.append(thead, body);
  root.replaceChildren(grid);
}

const KINDS = { drawing, cards, table };
const watched = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".board");
  root.style.setProperty("--good", data.colours.good);
  root.style.setProperty("--bad", data.colours.bad);
  root.style.setProperty("--warning", data.colours.warning);
  root.style.setProperty("--muted", data.colours.muted);
  root.style.setProperty("--card", data.colours.card);
  root.style.setProperty("--line", data.colours.border);
  KINDS[data.kind](root, data);
  const state = watched.get(root) || {};
  state.data = data;
  if (!state.observer) {
    state.width = root.clientWidth;
    state.observer = new ResizeObserver(() => {
      if (state.data.kind === "drawing" && Math.abs(root.clientWidth - state.width) > 1) {
        state.width = root.clientWidth;
        drawing(root, state.data);
      }
    });
    state.observer.observe(root);
  }
  watched.set(root, state);
}
