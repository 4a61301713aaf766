// How a mark of a drawing is placed: pure, so that it can be tested without a browser.
// Marks: x as share of the plot width (0 to 1) plus dx pixels, y in pixels.

/**
 * A mark as `Drawing` (board.py) sends it.
 * @typedef {object} Mark
 * @property {"rect" | "line" | "circle" | "text" | "path" | "marker"} m
 * @property {number} x
 * @property {number} y
 * @property {string} c colour
 * @property {number} [x2]
 * @property {number} [y2]
 * @property {number} [h] height
 * @property {number} [o] opacity
 * @property {number} [r] radius
 * @property {number} [w] line width
 * @property {string} [dash]
 * @property {string} [f] fill
 * @property {number} [dx] pixels to the right
 * @property {number} [dy] pixels down, of a text
 * @property {string} [t] text
 * @property {string} [a] anchor
 * @property {number} [s] letter height
 * @property {boolean} [b] bold
 * @property {number[]} [p] points of a path, x and y in turn
 * @property {boolean} [z] whether a path is closed
 * @property {string} [e] colour of a rectangle's edge, or of one around a text that covers what would run through it
 * @property {string} [pick] what a click on it tells
 * @property {string} [title]
 * @property {number} [in] pixels of a rectangle's width that stay free
 * @property {string} [hatch] colour of slanted lines over a rectangle
 * @property {number} [long] pixels that a line is longer than its ends say
 * @property {boolean} [arrow] whether a line ends in an arrow
 * @property {string} [q] symbol of a marker
 * @property {string} [row] texts of one row that would touch are thinned
 * @property {number} [turned] degrees that a text is turned by
 * @property {number} [fits] share of the plot that a text must fit into to be drawn
 * @property {number} [spills] share of the plot that a text must not fit into to be drawn
 * @property {number} [max] pixels after which a text is cut
 * @property {number} [wide] share of the plot that its limit grows by
 */

/** @typedef {(share: number) => number} Scale where a share of the plot stands, in pixels */
/** @typedef {Record<string, string | number>} Attributes */

/** @param {Mark} mark @returns {Attributes} */
const dashed = (mark) => (mark.dash ? { "stroke-dasharray": mark.dash } : {});

const HEAD = 7;

/** @param {number} x @param {number} y @param {number} x2 @param {number} y2 */
function arrow(x, y, x2, y2) {
  const angle = Math.atan2(y2 - y, x2 - x);
  const side = (/** @type {number} */ turn) => `${x2 - HEAD * Math.cos(angle + turn)} ${y2 - HEAD * Math.sin(angle + turn)}`;
  return `M${x} ${y}L${x2} ${y2}M${side(0.5)}L${x2} ${y2}L${side(-0.5)}`;
}

/** @param {[number, number][]} corners */
const around = (corners) => `M${corners.map((each) => each.join(" ")).join("L")}Z`;

/**
 * The symbols of a point of a chart, as large as Plotly's of the same radius.
 * @type {Record<string, (x: number, y: number, r: number) => string>}
 */
const SYMBOLS = {
  circle: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
  square: (x, y, r) => around([[x - r, y - r], [x + r, y - r], [x + r, y + r], [x - r, y + r]]),
  diamond: (x, y, r) => around([[x, y - 1.3 * r], [x + 1.3 * r, y], [x, y + 1.3 * r], [x - 1.3 * r, y]]),
  cross: (x, y, r) => plus(x, y, r, 0.4 * r),
  x: (x, y, r) => around(turned(x, y, r)),
  line: (x, y, r) => `M${x} ${y - 1.4 * r}L${x} ${y + 1.4 * r}`,
};

/** @param {number} x @param {number} y @param {number} r @param {number} w */
function plus(x, y, r, w) {
  return around([
    [x - w, y - r], [x + w, y - r], [x + w, y - w], [x + r, y - w], [x + r, y + w], [x + w, y + w],
    [x + w, y + r], [x - w, y + r], [x - w, y + w], [x - r, y + w], [x - r, y - w], [x - w, y - w],
  ]);
}

/** @param {number} x @param {number} y @param {number} r @returns {[number, number][]} */
function turned(x, y, r) {
  const [w, l] = [0.4 * r, 1.1 * r];
  /** @type {[number, number][]} */
  const upright = [[-w, -l], [w, -l], [w, -w], [l, -w], [l, w], [w, w], [w, l], [-w, l], [-w, w], [-l, w], [-l, -w], [-w, -w]];
  return upright.map(([across, down]) => [x + (across - down) * Math.SQRT1_2, y + (across + down) * Math.SQRT1_2]);
}

/**
 * Returns the SVG element that `mark` is drawn as.
 * @param {Mark} mark
 * @returns {"rect" | "line" | "circle" | "text" | "path"}
 */
export function tagOf(mark) {
  return mark.m === "marker" || (mark.m === "line" && mark.arrow) ? "path" : mark.m;
}

/** @type {Record<Mark["m"], (mark: Mark, x: number, at: Scale, width: number) => Attributes>} */
const KINDS = {
  rect(mark, x, at) {
    const end = at(mark.x2 ?? mark.x);
    const free = mark.in ?? 0;
    return {
      x: Math.min(x, end) + free / 2, y: mark.y, width: Math.max(Math.abs(end - x) - free, 1), height: mark.h ?? 0, fill: mark.c,
      "fill-opacity": mark.o ?? 1, rx: mark.r ?? 2, ...(mark.e ? { stroke: mark.e, "stroke-width": 1.5 } : {}),
    };
  },
  line(mark, x, at) {
    const end = { x2: at(mark.x2 ?? mark.x) + (mark.dx ?? 0) + (mark.long ?? 0), y2: mark.y2 ?? mark.y };
    /** @type {Attributes} */
    const look = { stroke: mark.c, "stroke-width": mark.w ?? 1, ...(mark.o ? { "stroke-opacity": mark.o } : {}), ...dashed(mark) };
    if (mark.arrow) return { d: arrow(x, mark.y, end.x2, end.y2), fill: "none", ...look };
    return { x1: x, y1: mark.y, ...end, ...look };
  },
  marker(mark, x) {
    /** @type {Attributes} */
    const edge = mark.w ? { stroke: mark.c, "stroke-width": mark.w } : {};
    /** @type {Attributes} */
    const look = { fill: mark.f ?? "none", ...edge, ...(mark.o ? { opacity: mark.o } : {}) };
    return { d: SYMBOLS[mark.q ?? "circle"](x, mark.y, mark.r ?? 3), ...look };
  },
  circle(mark, x) {
    return { cx: x, cy: mark.y, r: mark.r ?? 5, fill: mark.f ?? "none", stroke: mark.c, "stroke-width": 2, ...dashed(mark) };
  },
  path(mark, _x, at) {
    const points = mark.p ?? [];
    const corners = points.flatMap((share, place) => (place % 2 ? [] : [`${Math.round(10 * at(share)) / 10} ${points[place + 1]}`]));
    const look = { fill: mark.f ?? "none", stroke: mark.c, "stroke-width": mark.w ?? 1.5, "stroke-linejoin": "round", ...dashed(mark) };
    return { d: `M${corners.join("L")}${mark.z ? "Z" : ""}`, ...look };
  },
  text(mark, x, _at, width) {
    return {
      x: Math.min(Math.max(x, 0), width), y: mark.y + (mark.dy ?? 0), fill: mark.c, "text-anchor": mark.a ?? "start", "font-size": mark.s ?? 12.5,
      "font-weight": mark.b ? 700 : 400, ...(mark.turned ? { transform: `rotate(${mark.turned} ${x} ${mark.y})` } : {}),
      ...(mark.e ? { stroke: mark.e, "stroke-width": 4, "stroke-linejoin": "round", "paint-order": "stroke" } : {}),
    };
  },
};

/**
 * Returns the attributes of the SVG element that `mark` is drawn as in a picture `width` pixels wide.
 * @param {Mark} mark
 * @param {Scale} at
 * @param {number} width
 * @returns {Attributes}
 */
export function attributesOf(mark, at, width) {
  return KINDS[mark.m](mark, at(mark.x) + (mark.dx ?? 0), at, width);
}

/**
 * Returns `mark` in a picture whose heights are `tall` times those it was laid out with.
 * @param {Mark} mark
 * @param {number} tall
 * @returns {Mark}
 */
export function grown(mark, tall) {
  const taller = { ...mark, y: mark.y * tall };
  if (mark.y2 !== undefined) taller.y2 = mark.y2 * tall;
  if (mark.h !== undefined) taller.h = mark.h * tall;
  if (mark.p) taller.p = mark.p.map((each, place) => (place % 2 ? each * tall : each));
  return taller;
}

/**
 * Returns where a share of the plot stands in a picture `width` pixels wide.
 * @param {number} width
 * @param {number} left
 * @param {number} right
 * @returns {Scale}
 */
export function scale(width, left, right) {
  return (share) => left + share * (width - left - right);
}

/**
 * Returns the longest beginning of `whole` that `fits`, with "…"; `whole` itself where it fits, never fewer than one letter.
 * @param {string} whole
 * @param {(text: string) => boolean} fits
 */
export function cutToFit(whole, fits) {
  if (fits(whole)) return whole;
  const letters = [...whole];
  for (let length = letters.length - 1; length > 1; length -= 1) {
    const text = `${letters.slice(0, length).join("").trimEnd()}…`;
    if (fits(text)) return text;
  }
  return `${letters[0]}…`;
}

/**
 * Returns how far what reaches from `start` to `end` must move to lie between `low` and `high`; what is longer begins at `low`.
 * @param {number} start
 * @param {number} end
 * @param {number} low
 * @param {number} high
 */
export function inward(start, end, low, high) {
  if (start < low) return low - start;
  return end > high ? Math.max(high - end, low - start) : 0;
}

/** @type {Record<string, number>} */
const BEFORE = { middle: 0.5, end: 1 };

/**
 * Returns how far a text that is written from `x` must move to stay inside a picture `width` pixels wide.
 * @param {Pick<Mark, "a" | "turned">} mark
 * @param {number} x
 * @param {number} wide how many pixels the text takes
 * @param {number} width
 */
export function moved(mark, x, wide, width) {
  if (mark.turned) return 0;
  const start = x - wide * (BEFORE[mark.a ?? ""] ?? 0);
  return inward(start, start + wide, 0, width);
}

/** Pixels that stay free at both ends of a text inside a bar. */
const INSIDE = 3;

/**
 * Tells whether a text that stands in a bar, or beside it where the bar is too short, stands there.
 * @param {Pick<Mark, "fits" | "spills">} mark
 * @param {() => number} wide how many pixels the text takes
 * @param {number} plot how many pixels wide the plot is
 */
export function stands(mark, wide, plot) {
  if (mark.fits) return wide() + 2 * INSIDE <= mark.fits * plot;
  return !mark.spills || wide() + 2 * INSIDE > mark.spills * plot;
}

/**
 * Tells of each text of a row, from left to right, whether it stands clear of the last one that stays.
 * @param {{ left: number, right: number }[]} texts
 * @param {number} gap pixels between two of them
 */
export function clear(texts, gap) {
  let edge = -Infinity;
  return texts.map(({ left, right }) => {
    const free = left >= edge + gap;
    if (free) edge = right;
    return free;
  });
}

/**
 * Returns how many letters the longest Latin word of `texts` has, 1 at least: Chinese breaks between any two characters.
 * @param {string[]} texts
 */
export function longestWord(texts) {
  return Math.max(1, ...texts.flatMap((text) => text.match(/[\p{Script=Latin}\d-]+/gu) ?? []).map((word) => word.length));
}
