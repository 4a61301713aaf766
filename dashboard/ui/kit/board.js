// The result board: number cards, drawings of plain marks, and tables. Python decides everything, this draws it.
// Every text is set as text, never as HTML.

/** @import { Follow } from "./hand.js" */
/** @import { Component } from "./make.js" */
/** @import { Mark } from "./marks.js" */
/** @import { Spot } from "./spots.js" */
import { opener } from "./about.js";
import { answerPanel, takeEdits } from "./hand.js";
import { button, focused, make, own, shape } from "./make.js";
import { attributesOf, clear, cutToFit, grown, moved, scale, stands, tagOf } from "./marks.js";
import { telling } from "./spots.js";

/** @typedef {(name: string) => void} Pick */
/** @typedef {{ open: string, choose: string, pick: Pick, family: string }} Shared words, ear and fonts that all parts use */
/**
 * @typedef {object} Drawing
 * @property {"drawing"} kind
 * @property {number} height
 * @property {number} left
 * @property {number} right
 * @property {string} alt
 * @property {number} [nominal]
 * @property {Mark[]} marks
 * @property {Spot[]} [spots]
 * @property {{ entries: Entry[], columns: number }} [legend]
 */
/**
 * A name of a legend with its sample: a surface (`f`), or a line (`w`) and a point (`q`) on it.
 * @typedef {{ t: string, s: number, f?: string, c?: string, w?: number, dash?: string, q?: string, fill?: string, r?: number }} Entry
 */
/** @typedef {{ label: string, value: string, below: { text: string, state: string }[], definition: [string, string][] }} Card */
/** @typedef {{ kind: "cards", cards: Card[] }} Cards */
/** @typedef {{ kind: "lines", lines: string[] }} Lines */
/** @typedef {string | { text: string, state: string, title: string, note: string }} Cell */
/**
 * @typedef {object} Table
 * @property {"table"} kind
 * @property {string[]} columns
 * @property {Cell[][]} rows
 * @property {string} alt
 * @property {number} current
 * @property {string[]} choices
 * @property {string} chosen
 */
/** @typedef {Drawing | Cards | Lines | Table} Content */
/** @typedef {{ key: string, title: string, aside: string, wide: boolean, about: [string, string][], content: Content }} Block */
/** @typedef {{ kind: "board", head: Cards, blocks: Block[] }} Board */
/** @typedef {{ body: HTMLElement, top: HTMLElement, words: string, title: string, content: Content | null }} Part */
/**
 * What one board remembers between two runs of the page.
 * @typedef {object} State
 * @property {Map<string, Part>} parts
 * @property {string} order
 * @property {string} colours
 * @property {string} family
 * @property {number} width
 * @property {ResizeObserver | null} observer
 * @property {string} follows the panel whose edits it takes
 * @property {(edit: unknown) => void} tell
 * @property {Pick} pick
 */

/** @type {CanvasRenderingContext2D | null} */
let pen = null;

/**
 * Returns how wide `text` is in the letters of `mark`. A canvas measures it: asking the page would make it lay itself out for every try.
 * @param {string} text
 * @param {Mark} mark
 * @param {string} family the fonts of the page
 */
function wide(text, mark, family) {
  pen ??= document.createElement("canvas").getContext("2d");
  if (pen) pen.font = `${mark.b ? 700 : 400} ${mark.s ?? 12.5}px ${family}`;
  return pen?.measureText(text).width ?? 0;
}

/**
 * Returns the text of a mark, cut after its limit.
 * @param {Mark} mark
 * @param {number} limit in pixels
 * @param {string} family the fonts of the page
 */
function fitted(mark, limit, family) {
  return cutToFit(mark.t ?? "", (text) => wide(text, mark, family) <= limit);
}

/**
 * Makes a mark a button that tells its `pick`.
 * @param {SVGElement} node
 * @param {Mark} mark
 * @param {Pick} pick
 */
function pressable(node, mark, pick) {
  const name = mark.pick ?? "";
  for (const [attribute, value] of Object.entries({ role: "button", tabindex: "0", "aria-label": mark.title ?? name, class: "pick", "data-pick": name })) {
    node.setAttribute(attribute, value);
  }
  node.addEventListener("click", () => pick(name));
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    pick(name);
  });
}

/**
 * Returns one mark as a node, with the whole text in its title where it had to be shortened.
 * @param {Mark} mark
 * @param {(share: number) => number} at
 * @param {number} width
 * @param {{ family: string, pick: Pick }} shared
 */
function marked(mark, at, width, { family, pick }) {
  const text = mark.max ? fitted(mark, mark.max + (mark.wide ?? 0) * (at(1) - at(0)), family) : mark.t;
  const place = attributesOf(mark, at, width);
  if (mark.m === "text") place.x = Number(place.x) + moved(mark, Number(place.x), wide(text ?? "", mark, family), width);
  const node = shape(tagOf(mark), place, text);
  if (mark.title) node.append(shape("title", {}, mark.title));
  if (text !== mark.t) node.append(shape("title", {}, mark.t));
  if (mark.pick) pressable(node, mark, pick);
  return node;
}

const TEXT_GAP = 8;

/**
 * Returns the marks without those texts of a row that would touch the one before.
 * @param {Mark[]} marks
 * @param {(share: number) => number} at
 * @param {string} family
 */
function thinned(marks, at, family) {
  const row = marks.filter((mark) => mark.row);
  const free = clear(row.map((mark) => {
    const half = wide(mark.t ?? "", mark, family) / 2;
    return { left: at(mark.x) - half, right: at(mark.x) + half };
  }), TEXT_GAP);
  const left = new Set(row.filter((_mark, place) => !free[place]));
  return marks.filter((mark) => !left.has(mark));
}

/**
 * Draws the slanted lines over a rectangle: the same rectangle filled with a pattern, of which a picture has one for each colour.
 * @param {SVGElement} svg
 * @param {Mark} mark
 * @param {(share: number) => number} at
 * @param {number} width
 */
function hatch(svg, mark, at, width) {
  const name = `hatch-${(mark.hatch ?? "").replace(/\W/g, "")}`;
  if (!svg.querySelector(`#${name}`)) {
    const pattern = shape("pattern", { id: name, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    pattern.append(shape("rect", { width: 1.5, height: 6, fill: mark.hatch ?? "" }));
    svg.append(pattern);
  }
  svg.append(shape("rect", { ...attributesOf(mark, at, width), fill: `url(#${name})`, "fill-opacity": 0.6 }));
}

const SAMPLE = { width: 26, height: 12 };

/** @param {Entry} entry */
function sample(entry) {
  const svg = shape("svg", { ...SAMPLE, "aria-hidden": "true" });
  const [x, y] = [SAMPLE.width / 2, SAMPLE.height / 2];
  if (entry.f) svg.append(shape("rect", { x: x - 6, y: y - 6, width: 12, height: 12, rx: 2, fill: entry.f }));
  const across = (/** @type {number} */ share) => share * SAMPLE.width;
  if (entry.w) {
    /** @type {Mark} */
    const line = { m: "line", x: 0, x2: 1, y, c: entry.c ?? "", w: entry.w, dash: entry.dash };
    svg.append(shape("line", attributesOf(line, across, SAMPLE.width)));
  }
  if (entry.q) {
    /** @type {Mark} */
    const point = { m: "marker", x: 0.5, y, c: entry.c ?? "", f: entry.fill, q: entry.q, r: entry.r, w: 1.5 };
    svg.append(shape("path", attributesOf(point, across, SAMPLE.width)));
  }
  return svg;
}

/** @param {{ entries: Entry[], columns: number }} legend */
function legendOf({ entries, columns }) {
  const list = make("div", "legend");
  if (columns) Object.assign(list.style, { display: "grid", gridTemplateColumns: `repeat(${columns}, max-content)` });
  for (const entry of entries) {
    const name = make("span");
    name.style.fontSize = `${entry.s}px`;
    name.append(sample(entry), entry.t);
    list.append(name);
  }
  return list;
}

/**
 * @param {HTMLElement} root
 * @param {Drawing} data
 * @param {{ family: string, pick: Pick }} shared fonts of the page, and who hears what was clicked
 */
function drawing(root, data, shared) {
  const width = Math.max(root.clientWidth, 120);
  const tall = data.nominal ? (width - data.left - data.right) / data.nominal : 1;
  const role = data.marks.some((mark) => mark.pick) ? "group" : "img";
  const svg = shape("svg", { width, height: data.height * tall, role, "aria-label": data.alt });
  const at = scale(width, data.left, data.right);
  const standing = data.marks.filter((mark) => stands(mark, () => wide(mark.t ?? "", mark, shared.family), at(1) - at(0)));
  for (const mark of thinned(standing, at, shared.family)) {
    svg.append(marked(tall === 1 ? mark : grown(mark, tall), at, width, shared));
    if (mark.hatch) hatch(svg, mark, at, width);
  }
  const holder = focused(root);
  const held = holder?.getAttribute("data-pick"); // who pressed a mark by the keyboard stays on it
  const whole = holder instanceof SVGSVGElement;
  root.replaceChildren(...(data.legend ? [legendOf(data.legend)] : []), svg, ...(data.spots ? [telling(svg, data.spots, at, shared.pick)] : []));
  if (whole) svg.focus();
  const again = held && svg.querySelector(`[data-pick="${CSS.escape(held)}"]`);
  if (again instanceof SVGElement) again.focus();
}

/**
 * @param {HTMLElement} root
 * @param {Cards} data
 * @param {Shared} shared
 */
function cards(root, data, shared) {
  const row = make("div", "cards");
  for (const card of data.cards) {
    const box = make("div", "card");
    const name = make("button", "name", card.label);
    name.type = "button";
    box.append(name, make("div", "value", card.value));
    for (const part of card.below) box.append(make("div", `below ${part.state}`, part.text));
    row.append(box, opener(name, [{ title: card.label, grade: "", pairs: card.definition }], shared.open));
  }
  root.replaceChildren(row);
}

/**
 * @param {Table} data
 * @param {Shared} shared
 */
function headOf(data, shared) {
  const head = make("tr");
  data.columns.forEach((column, at) => {
    const name = data.choices[at];
    const cell = make("th", at === data.current ? "now" : "", name ? undefined : column);
    cell.scope = "col";
    if (name) {
      const choice = button(data.chosen === name ? "choice on" : "choice", column, () => shared.pick(name));
      choice.title = shared.choose;
      choice.setAttribute("aria-pressed", String(data.chosen === name));
      cell.append(choice);
    }
    head.append(cell);
  });
  return head;
}

/**
 * @param {HTMLElement} root
 * @param {Table} data
 * @param {Shared} shared
 */
function table(root, data, shared) {
  const grid = make("table");
  grid.setAttribute("aria-label", data.alt);
  const thead = make("thead");
  thead.append(headOf(data, shared));
  const body = make("tbody");
  for (const line of data.rows) {
    const row = make("tr");
    line.forEach((given, at) => {
      const cell = typeof given === "string" ? { text: given, state: "", title: "", note: "" } : given;
      const node = make(at ? "td" : "th", [cell.state, at === data.current ? "now" : ""].join(" ").trim(), cell.text);
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

/**
 * @param {HTMLElement} root
 * @param {Content} data
 * @param {Shared} shared
 */
function content(root, data, shared) {
  if (data.kind === "drawing") drawing(root, data, shared);
  else if (data.kind === "cards") cards(root, data, shared);
  else if (data.kind === "table") table(root, data, shared);
  else root.replaceChildren(...data.lines.map((line) => make("p", "line", line)));
}

/** @param {HTMLElement} body @param {HTMLElement} top @returns {Part} */
const part = (body, top) => ({ body, top, words: "", title: "", content: null });

/**
 * Draws `data` into `piece` unless it stands there already.
 * @param {Part} piece
 * @param {Content} data
 * @param {Shared} shared
 */
function renewed(piece, data, shared) {
  const words = JSON.stringify(data);
  if (piece.words === words) return;
  piece.words = words;
  piece.content = data;
  content(piece.body, data, shared);
}

/**
 * Cards and titled blocks. What has not changed since the last time is left as it stands.
 * @param {HTMLElement} root
 * @param {Board} data
 * @param {State} state
 * @param {Shared} shared
 */
function board(root, data, state, shared) {
  const order = data.blocks.map((block) => block.key).join();
  if (state.order !== order) {
    state.order = order;
    state.parts.clear();
    const head = make("div", "head");
    const grid = make("div", "grid");
    root.replaceChildren(head, grid);
    state.parts.set("", part(head, head));
    for (const block of data.blocks) {
      const box = make("section", block.wide ? "block wide" : "block");
      const top = make("div", "top");
      const body = make("div", "body");
      box.append(top, body);
      grid.append(box);
      state.parts.set(block.key, part(body, top));
    }
  }
  const head = state.parts.get("");
  if (head) renewed(head, data.head, shared);
  for (const block of data.blocks) {
    const piece = state.parts.get(block.key);
    if (!piece) continue;
    const title = JSON.stringify([block.title, block.aside, block.about]);
    if (piece.title !== title) {
      piece.title = title;
      titled(piece.top, block, shared.open);
    }
    renewed(piece, block.content, shared);
  }
}

/**
 * @param {HTMLElement} top
 * @param {Block} block
 * @param {string} hint
 */
function titled(top, block, hint) {
  const title = make("h5", "", block.title);
  top.replaceChildren(title, make("span", "aside", block.aside));
  if (block.about.length) {
    const info = make("button", "info", "ⓘ");
    info.type = "button";
    info.setAttribute("aria-label", `${block.title} ${hint}`);
    title.append(info);
    top.append(opener(info, [{ title: block.title, grade: "", pairs: block.about }], hint));
  }
  top.hidden = !block.title;
}

/**
 * @param {HTMLElement} root
 * @param {State} state
 */
function widthChanged(root, state) {
  if (Math.abs(root.clientWidth - state.width) <= 1) return;
  state.width = root.clientWidth;
  for (const piece of state.parts.values()) if (piece.content?.kind === "drawing") drawing(piece.body, piece.content, state);
}

/** @type {WeakMap<HTMLElement, State>} */
const watched = new WeakMap();

/**
 * Takes the edits of the panel that the board follows, and tells it what came with the board.
 * @param {HTMLElement} root
 * @param {State} state
 * @param {Follow} follow
 */
function followed(root, state, follow) {
  if (state.follows !== follow.key) {
    state.follows = follow.key;
    takeEdits(follow.key, (edit) => state.tell(edit), () => root.isConnected && state.follows === follow.key);
  }
  answerPanel(follow);
}

/** @typedef {{ colours: Record<string, string>, open: string, choose: string, follow?: Follow }} Around */

/** @param {Component<(Board | Content) & Around>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".board");
  /** @type {State} */
  const state = watched.get(root) ?? {
    parts: new Map(), order: "", colours: "", family: getComputedStyle(root).fontFamily, width: root.clientWidth, observer: null, follows: "",
    tell: () => {}, pick: () => {},
  };
  watched.set(root, state);
  const colours = JSON.stringify(data.colours);
  if (state.colours !== colours) {
    state.colours = colours;
    for (const [name, colour] of Object.entries(data.colours)) root.style.setProperty(`--${name}`, colour);
  }
  state.pick = (name) => setTriggerValue("pick", name);
  const shared = { open: data.open, choose: data.choose, pick: state.pick, family: state.family };
  if (data.kind === "board") {
    board(root, data, state, shared);
  } else {
    state.parts.set("", { ...part(root, root), content: data });
    content(root, data, shared);
  }
  if (!state.observer) {
    state.observer = new ResizeObserver(() => widthChanged(root, state));
    state.observer.observe(root);
  }
  state.tell = (edit) => setTriggerValue("edit", edit);
  if (data.follow) followed(root, state, data.follow);
}
