// What a drawing of many marks tells where a pointer or the arrow keys stand: one stop of the tab key for the whole picture.

import { make, shape } from "./make.js";

/**
 * A place of a drawing that tells its lines: x as shares of the plot, y in pixels. `pick` is what a click on it tells.
 * @typedef {{ x: number, x2: number, y: number, y2: number, t: string[], pick?: string }} Spot
 */
/** @typedef {(share: number) => number} Scale */

/** How many pixels beside a mark still mean it. */
const REACH = 14;
const BESIDE = 12;
const EDGE = 8;

/** @param {Spot} spot @param {Scale} at @returns {[number, number, number, number]} left, right, top, bottom */
function boxOf(spot, at) {
  const [one, other] = [at(spot.x), at(spot.x2)];
  return [Math.min(one, other), Math.max(one, other), spot.y, spot.y2];
}

/**
 * Returns the number of the spot that a pointer at (x, y) means: the one whose middle is nearest among those it touches; -1 for none.
 * @param {Spot[]} spots
 * @param {Scale} at
 * @param {number} x
 * @param {number} y
 */
export function meant(spots, at, x, y) {
  let found = -1;
  let best = [REACH, Infinity];
  spots.forEach((spot, place) => {
    const [left, right, top, bottom] = boxOf(spot, at);
    const away = Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
    const middle = Math.hypot((left + right) / 2 - x, (top + bottom) / 2 - y);
    if (away > best[0] || (away === best[0] && middle >= best[1])) return;
    found = place;
    best = [away, middle];
  });
  return found;
}

/** @type {Record<string, (place: number, last: number) => number>} */
const STEPS = {
  ArrowRight: (place, last) => Math.min(place + 1, last),
  ArrowDown: (place, last) => Math.min(place + 1, last),
  ArrowLeft: (place) => Math.max(place - 1, 0),
  ArrowUp: (place) => Math.max(place - 1, 0),
  Home: () => 0,
  End: (_place, last) => last,
};

/**
 * Returns which of `count` spots a key leads to from number `place` (-1: none yet); null for any other key.
 * @param {string} key
 * @param {number} place
 * @param {number} count
 */
export function stepped(key, place, count) {
  const step = STEPS[key];
  return step === undefined ? null : step(place, count - 1);
}

/**
 * Returns where a label stands beside a point, inside the window.
 * @param {{ x: number, y: number }} point
 * @param {{ width: number, height: number }} label
 * @param {{ width: number, height: number }} room
 */
export function placed(point, label, room) {
  const right = point.x + BESIDE + label.width + EDGE <= room.width;
  const x = right ? point.x + BESIDE : Math.max(EDGE, point.x - BESIDE - label.width);
  const y = Math.min(Math.max(EDGE, point.y - label.height / 2), room.height - label.height - EDGE);
  return { x, y };
}

/**
 * Lets `svg` tell its spots; returns the label, which stands beside it in the page.
 * @param {SVGElement} svg
 * @param {Spot[]} spots
 * @param {Scale} at
 * @param {(name: string) => void} pick
 */
export function telling(svg, spots, at, pick) {
  const label = make("div", "tip");
  label.popover = "manual";
  label.setAttribute("role", "status");
  const ring = shape("rect", { class: "ring", fill: "none", rx: 3, visibility: "hidden" });
  svg.append(ring);
  svg.setAttribute("tabindex", "0");
  let told = -1;

  const hide = () => {
    told = -1;
    window.removeEventListener("scroll", hide, true);
    ring.setAttribute("visibility", "hidden");
    if (label.matches(":popover-open")) label.hidePopover();
  };

  /** @param {number} place @param {{ x: number, y: number }} point */
  const tell = (place, point) => {
    if (told !== place) label.replaceChildren(...spots[place].t.map((line) => make("p", "", line)));
    told = place;
    window.addEventListener("scroll", hide, { capture: true, passive: true }); // only while something is told: drawings come and go
    if (!label.matches(":popover-open")) label.showPopover();
    const { x, y } = placed(point, label.getBoundingClientRect(), { width: window.innerWidth, height: window.innerHeight });
    label.style.left = `${x}px`;
    label.style.top = `${y}px`;
  };

  /** @param {MouseEvent} event */
  const under = (event) => {
    const frame = svg.getBoundingClientRect();
    return meant(spots, at, event.clientX - frame.left, event.clientY - frame.top);
  };

  svg.addEventListener("pointermove", (event) => {
    const place = under(event);
    svg.style.cursor = spots[place]?.pick ? "pointer" : "";
    ring.setAttribute("visibility", "hidden");
    if (place < 0) hide();
    else tell(place, { x: event.clientX, y: event.clientY });
  });
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("blur", hide);
  svg.addEventListener("click", (event) => {
    const chosen = spots[under(event)]?.pick;
    if (chosen) pick(chosen);
  });
  svg.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    if ((event.key === "Enter" || event.key === " ") && spots[told]?.pick) {
      event.preventDefault();
      pick(spots[told].pick ?? "");
      return;
    }
    const place = stepped(event.key, told, spots.length);
    if (place === null) return;
    event.preventDefault();
    const [left, right, top, bottom] = boxOf(spots[place], at);
    for (const [name, value] of Object.entries({ x: left - 5, y: top - 5, width: right - left + 10, height: bottom - top + 10, visibility: "visible" })) {
      ring.setAttribute(name, String(value));
    }
    const frame = svg.getBoundingClientRect();
    tell(place, { x: frame.left + right, y: frame.top + (top + bottom) / 2 });
  });
  return label;
}
