// The texts of a chart stay inside it. Plotly writes a label beside its mark, and the title of an axis in the axis' middle, wherever that
// ends: at the edge of a narrow chart they would be cut. What hangs over an edge moves inwards, as far as it hangs over.

import { inward } from "./marks.js";

/** @typedef {HTMLElement & { on?: (event: string, act: () => void) => void }} Chart */

const CHARTS = ".js-plotly-plot";
/** What the pointer shows finds its place by itself. */
const TEXTS = "svg.main-svg g:not(.hoverlayer) > text, svg.main-svg g:not(.hoverlayer) > g > text";
/** @type {WeakSet<Chart>} */
const followed = new WeakSet();
/** @type {MutationObserver | undefined} */
let watching;

/** @param {Chart} chart */
function fit(chart) {
  const picture = chart.querySelector("svg.main-svg");
  if (!picture) return;
  /** @type {SVGTextElement[]} */
  const texts = [...chart.querySelectorAll(TEXTS)].filter((text) => text instanceof SVGTextElement);
  for (const text of texts) if (text.style.translate) text.style.translate = "";
  const edge = picture.getBoundingClientRect();
  // All is measured before anything moves: a measure after a change makes the browser lay out the page again.
  const moves = texts.map((text) => {
    const box = text.getBoundingClientRect();
    if (!box.width) return [0, 0];
    return [inward(box.left, box.right, edge.left, edge.right), inward(box.top, box.bottom, edge.top, edge.bottom)];
  });
  texts.forEach((text, place) => {
    const [across, down] = moves[place] ?? [0, 0];
    if (Math.abs(across ?? 0) >= 1 || Math.abs(down ?? 0) >= 1) text.style.translate = `${across}px ${down}px`;
  });
}

function followNew() {
  for (const each of document.querySelectorAll(CHARTS)) {
    const chart = /** @type {Chart} */ (each);
    if (followed.has(chart) || !chart.on) continue;
    followed.add(chart);
    chart.on("plotly_afterplot", () => fit(chart));
    fit(chart);
  }
}

/** Keeps the texts of every chart of the page inside it, now and whenever one is drawn; to be called as often as one likes. */
export function keepTextsInside() {
  if (watching) return;
  let asked = false;
  watching = new MutationObserver(() => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      followNew();
    });
  });
  watching.observe(document.body, { childList: true, subtree: true });
  followNew();
  document.fonts.ready.then(() => document.querySelectorAll(CHARTS).forEach((chart) => fit(/** @type {Chart} */ (chart))));
}
