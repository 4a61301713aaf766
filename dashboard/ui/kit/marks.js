// How a mark of a drawing is placed: pure, so that it can be tested without a browser.
// Marks: x as share of the plot width (0 to 1) plus dx pixels, y in pixels.

/**
 * A mark as `Drawing` (board.py) sends it.
 * @typedef {object} Mark
 * @property {"rect" | "line" | "circle" | "text" | "path"} m
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
 * @property {string} [e] colour of a rectangle's edge
 * @property {string} [pick] what a click on it tells
 * @property {string} [title]
 * @property {number} [max] pixels after which a text is cut
 * @property {number} [wide] share of the plot that its limit grows by
 */

/** @typedef {(share: number) => number} Scale where a share of the plot stands, in pixels */
/** @typedef {Record<string, string | number>} Attributes */

/** @param {Mark} mark @returns {Attributes} */
const dashed = (mark) => (mark.dash ? { "stroke-dasharray": mark.dash } : {});

/** @type {Record<Mark["m"], (mark: Mark, x: number, at: Scale, width: number) => Attributes>} */
const KINDS = {
  rect(mark, x, at) {
    const end = at(mark.x2 ?? mark.x);
    return {
      x: Math.min(x, end), y: mark.y, width: Math.max(Math.abs(end - x), 1), height: mark.h ?? 0, fill: mark.c,
      "fill-opacity": mark.o ?? 1, rx: mark.r ?? 2, ...(mark.e ? { stroke: mark.e, "stroke-width": 1.5 } : {}),
    };
  },
  line(mark, x, at) {
    const end = { x2: at(mark.x2 ?? mark.x) + (mark.dx ?? 0), y2: mark.y2 ?? mark.y };
    return { x1: x, y1: mark.y, ...end, stroke: mark.c, "stroke-width": mark.w ?? 1, ...dashed(mark) };
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
      "font-weight": mark.b ? 700 : 400,
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
 * Returns how many letters the longest Latin word of `texts` has, 1 at least: Chinese breaks between any two characters.
 * @param {string[]} texts
 */
export function longestWord(texts) {
  return Math.max(1, ...texts.flatMap((text) => text.match(/[\p{Script=Latin}\d-]+/gu) ?? []).map((word) => word.length));
}
