import assert from "node:assert/strict";
import { test } from "node:test";

import { namesTheme, withTheme } from "../../dashboard/ui/kit/address.js";
import { copied } from "../../dashboard/ui/kit/clipboard.js";
import { attributesOf, clear, cutToFit, inward, longestWord, moved, scale, stands, tagOf } from "../../dashboard/ui/kit/marks.js";
import { pageRule } from "../../dashboard/ui/kit/paper.js";
import { meant, placed, stepped } from "../../dashboard/ui/kit/spots.js";
import { stepOf } from "../../dashboard/ui/meeting/step.js";

test("a theme takes the place of the one before and leaves everything else in the address alone", () => {
  const address = "http://county/insurance?embed_options=light_theme&embed_options=show_padding&community=C1#here";
  const dark = withTheme(address, "dark_theme");
  assert.deepEqual(dark.searchParams.getAll("embed_options"), ["show_padding", "dark_theme"]);
  assert.equal(dark.searchParams.get("community"), "C1");
  assert.equal(dark.hash, "#here");
  assert.equal(withTheme(dark.href, "dark_theme").href, dark.href);
  assert.equal(namesTheme(address), true);
  assert.equal(namesTheme("http://county/?embed_options=show_padding&note=light_theme"), false);
});

test("a link is copied, by the old way where the browser refuses the new one", async () => {
  /** @type {string[]} */
  const told = [];
  await copied("http://county/?a=1", async (text) => void told.push(`new ${text}`), (text) => void told.push(`old ${text}`));
  await copied("http://county/?a=2", () => Promise.reject(new Error("refused")), (text) => void told.push(`old ${text}`));
  // Not served over https: the browser has no clipboard at all, and asking for it throws at once.
  await copied("http://county/?a=3", () => { throw new TypeError("undefined"); }, (text) => void told.push(`old ${text}`));
  assert.deepEqual(told, ["new http://county/?a=1", "old http://county/?a=2", "old http://county/?a=3"]);
});

test("a share of the plot stands between its margins", () => {
  const at = scale(500, 100, 50);
  assert.deepEqual([0, 0.5, 1].map(at), [100, 275, 450]);
});

test("marks are placed in pixels: a bar either way and never thinner than one, a text never outside", () => {
  const at = scale(200, 0, 0);
  const bar = /** @type {const} */ ({ m: "rect", y: 4, h: 10, c: "red" });
  assert.deepEqual(attributesOf({ ...bar, x: 0.5, x2: 0.25 }, at, 200), { x: 50, y: 4, width: 50, height: 10, fill: "red", "fill-opacity": 1, rx: 2 });
  assert.equal(attributesOf({ ...bar, x: 0.5, x2: 0.5 }, at, 200).width, 1);
  const line = attributesOf({ m: "line", x: 0, y: 1, c: "red", dash: "2 2" }, at, 200);
  assert.deepEqual([line.x1, line.x2, line.y1, line.y2, line["stroke-dasharray"]], [0, 0, 1, 1, "2 2"]);
  assert.equal(attributesOf({ m: "circle", x: 0.5, y: 1, c: "red", f: "blue" }, at, 200).cx, 100);
  assert.equal(attributesOf({ m: "text", x: 1, dx: 30, y: 1, c: "red", t: "long" }, at, 200).x, 200);
  assert.equal(attributesOf({ m: "text", x: 0, dx: -30, y: 1, c: "red", t: "long" }, at, 200).x, 0);
});

test("a text is cut to what fits, between letters and not within one", () => {
  const upTo = (/** @type {number} */ letters) => (/** @type {string} */ text) => [...text].length <= letters;
  assert.equal(cutToFit("余杭区第一人民医院", upTo(20)), "余杭区第一人民医院");
  assert.equal(cutToFit("余杭区第一人民医院", upTo(5)), "余杭区第…");
  assert.equal(cutToFit("𠮷野家医院", upTo(3)), "𠮷野…");
  assert.equal(cutToFit("two words", upTo(5)), "two…");
  assert.equal(cutToFit("余杭", upTo(0)), "余…");
});

test("keys of a presenter turn pages, and leave alone whoever types", () => {
  const free = { open: false, used: false, pagesFree: true };
  const press = (/** @type {string} */ key, also = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...also });
  const steps = ["PageDown", "PageUp", "ArrowRight", "ArrowLeft", "Home", "End", "a", "toString"].map((key) => stepOf(press(key), free));
  assert.deepEqual(steps, ["next", "previous", "next", "previous", "first", "last", null, null]);
  for (const also of [{ ctrlKey: true }, { altKey: true }, { metaKey: true }, { shiftKey: true }]) assert.equal(stepOf(press("End", also), free), null);
  assert.equal(stepOf(press("PageDown"), { ...free, open: true }), null);
  const slider = { open: false, used: true, pagesFree: true };
  assert.equal(stepOf(press("PageDown"), slider), "next");
  assert.equal(stepOf(press("ArrowRight"), slider), null);
  assert.equal(stepOf(press("PageDown"), { ...slider, pagesFree: false }), null);
});

test("a heading's longest Latin word decides how large it may be, Chinese breaks anywhere", () => {
  assert.equal(longestWord(["Operating performance", "Health of residents"]), "performance".length);
  assert.equal(longestWord(["运行绩效", "居民健康 (人)"]), 1);
  assert.equal(longestWord([]), 1);
});

test("what hangs over an edge moves in as far as it hangs over; what is longer than its place begins at its beginning", () => {
  assert.equal(inward(-12, 40, 0, 100), 12);
  assert.equal(inward(70, 130, 0, 100), -30);
  assert.equal(inward(10, 90, 0, 100), 0);
  assert.equal(inward(20, 180, 0, 100), -20);
  assert.equal(inward(-20, 180, 0, 100), 20);
});

test("a printed page is as wide as the window and lies across", () => {
  assert.equal(pageRule(1366), "@page { size: 1366px 966px; margin: 0; }");
});

test("points of a chart are paths around their middle, an arrow ends in a head, a text may read upwards", () => {
  const at = scale(100, 0, 0);
  const point = /** @type {const} */ ({ m: "marker", x: 0.5, y: 20, c: "red", f: "blue", r: 4 });
  assert.equal(tagOf(point), "path");
  assert.equal(attributesOf({ ...point, q: "square" }, at, 100).d, "M46 16L54 16L54 24L46 24Z");
  for (const q of ["circle", "diamond", "cross", "x"]) assert.match(String(attributesOf({ ...point, q }, at, 100).d), /^M[\d.-]+ [\d.-]+.*Z$/);
  assert.equal(attributesOf({ ...point, q: "line", r: 5 }, at, 100).d, "M50 13L50 27");
  assert.equal(attributesOf(point, at, 100).stroke, undefined);
  assert.equal(attributesOf({ ...point, w: 1.5, o: 0.7 }, at, 100)["stroke-width"], 1.5);
  const line = /** @type {const} */ ({ m: "line", x: 0, y: 0, x2: 1, y2: 0, c: "red", arrow: true });
  assert.equal(tagOf(line), "path");
  assert.match(String(attributesOf(line, at, 100).d), /^M0 0L100 0M/);
  assert.equal(attributesOf({ m: "text", x: 0.5, y: 9, c: "red", t: "次", turned: -90 }, at, 100).transform, "rotate(-90 50 9)");
  assert.equal(attributesOf({ m: "rect", x: 0, x2: 0.5, y: 0, h: 5, c: "red", in: 4 }, at, 100).width, 46);
});

test("a text may have an edge that covers what would run through it, below its letters", () => {
  const at = scale(100, 0, 0);
  const plain = attributesOf({ m: "text", x: 0, y: 1, c: "red", t: "5.0" }, at, 100);
  const covered = attributesOf({ m: "text", x: 0, y: 1, c: "red", t: "5.0", e: "white" }, at, 100);
  assert.equal("stroke" in plain, false);
  assert.deepEqual([covered.stroke, covered["paint-order"], covered.fill], ["white", "stroke", "red"]);
});

test("a text stands in its bar where it fits, else beside it, and one without a bar always", () => {
  const wide = (/** @type {number} */ pixels) => () => pixels;
  assert.deepEqual([34, 35].map((pixels) => stands({ fits: 0.2 }, wide(pixels), 200)), [true, false]);
  assert.deepEqual([34, 35].map((pixels) => stands({ spills: 0.2 }, wide(pixels), 200)), [false, true]);
  assert.equal(stands({}, wide(999), 200), true);
});

test("a text that would hang over an edge of its picture moves inwards, a turned one stays", () => {
  assert.equal(moved({ a: "middle" }, 195, 30, 200), -10);
  assert.equal(moved({ a: "end" }, 20, 30, 200), 10);
  assert.equal(moved({ a: "start" }, 100, 30, 200), 0);
  assert.equal(moved({ a: "middle", turned: -90 }, 195, 30, 200), 0);
});

test("texts of a row stay clear of each other", () => {
  const texts = [[0, 40], [44, 80], [60, 100]].map(([left, right]) => ({ left, right }));
  assert.deepEqual(clear(texts, 8), [true, false, true]);
  assert.deepEqual(clear([], 8), []);
});

test("a pointer means the mark it touches, else the nearest within reach", () => {
  const at = scale(200, 0, 0);
  const bar = { x: 0, x2: 0.5, y: 10, y2: 30, t: ["bar"] };
  const point = { x: 0.25, x2: 0.25, y: 20, y2: 20, t: ["point"] };
  assert.equal(meant([bar, point], at, 90, 20), 0);
  assert.equal(meant([bar, point], at, 50, 20), 0); // the first of two that are as near
  assert.equal(meant([point], at, 58, 26), 0);
  assert.equal(meant([point], at, 80, 20), -1);
  assert.equal(meant([{ ...point, x: 0.2, x2: 0.2 }, point], at, 48, 20), 1);
  assert.equal(meant([{ ...bar, x: 0.5, x2: 0 }], at, 90, 20), 0); // a bar to the left
});

test("arrow keys walk over the marks, other keys are left alone", () => {
  assert.deepEqual(["ArrowRight", "ArrowLeft", "Home", "End", "a"].map((key) => stepped(key, -1, 3)), [0, 0, 0, 2, null]);
  assert.equal(stepped("ArrowDown", 2, 3), 2);
  assert.equal(stepped("ArrowUp", 2, 3), 1);
});

test("a label stands inside the window", () => {
  const room = { width: 300, height: 200 };
  const label = { width: 100, height: 40 };
  assert.deepEqual(placed({ x: 20, y: 100 }, label, room), { x: 32, y: 80 });
  assert.deepEqual(placed({ x: 290, y: 199 }, label, room), { x: 178, y: 152 });
  assert.deepEqual(placed({ x: 5, y: 2 }, { width: 310, height: 40 }, room), { x: 8, y: 8 });
});
