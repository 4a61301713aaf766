import assert from "node:assert/strict";
import { test } from "node:test";

import { broken, emphasis, mayReload, nextMoment, nextScene, patience, sceneToShow, statusParts } from "../../dashboard/ui/cockpit/watch.js";

const texts = { interrupted: "cut", loaded: "loaded 11-01", connecting: "connecting" };
const pulse = { good: true, checked: "checked 08:00", kept: "of 07:00", at: 1000 };

test("scenes turn in their order and begin again; one that vanished goes on with the first", () => {
  assert.deepEqual(["a", "b", "c", "gone"].map((id) => nextScene(["a", "b", "c"], id)), ["b", "c", "a", "a"]);
  assert.equal(nextScene([], "a"), "");
});

test("the scene that stands stays, else the one of the address, else the first", () => {
  assert.equal(sceneToShow(["a", "b"], "b", "a"), "b");
  assert.equal(sceneToShow(["a", "b"], "gone", "b"), "b");
  assert.equal(sceneToShow(["a", "b"], "", "nowhere"), "a");
  assert.equal(sceneToShow([], "a", "a"), "");
});

test("the emphasis goes from all through every step back to all", () => {
  assert.deepEqual([0, 1, 2, 3, 4].map((count) => emphasis(count, 3)), [0, 1, 2, 3, 0]);
  assert.equal(emphasis(5, 0), 0);
  assert.equal(emphasis(5, Number.NaN), 0);
});

test("a pulse may be silent for three beats, never less than twenty seconds", () => {
  assert.equal(patience(2), 20_000);
  assert.equal(patience(30), 90_000);
});

test("the connection is broken by two failed looks, a silent pulse or one that says so", () => {
  assert.equal(broken(pulse, 0, 21_000, 20_000), false);
  assert.equal(broken(undefined, 1, 21_000, 20_000), false);
  assert.equal(broken(pulse, 2, 1000, 20_000), true);
  assert.equal(broken(pulse, 0, 21_001, 20_000), true);
  assert.equal(broken({ ...pulse, good: false }, 0, 1000, 20_000), true);
});

test("the status line says what is known, in the server's words", () => {
  assert.deepEqual(statusParts(undefined, false, true, texts), ["connecting"]);
  assert.deepEqual(statusParts(pulse, false, true, texts), ["loaded 11-01", "checked 08:00"]);
  assert.deepEqual(statusParts(pulse, false, true, { ...texts, loaded: "" }), ["checked 08:00"]);
  assert.deepEqual(statusParts(pulse, true, true, texts), ["cut", "of 07:00"]);
  assert.deepEqual(statusParts(pulse, true, false, texts), ["cut"]);
  assert.deepEqual(statusParts(undefined, true, true, texts), ["cut"]);
});

test("after a reload the next one waits, whatever goes wrong; one without a pause does not", () => {
  assert.equal(mayReload(0, 5_000_000, 300_000), true);
  assert.equal(mayReload(1000, 300_999, 300_000), false);
  assert.equal(mayReload(1000, 301_000, 300_000), true);
  assert.equal(mayReload(1000, 1000, 0), true);
});

test("the daily reload is the next time the clock shows it, tomorrow when it has just passed", () => {
  const four = new Date(2026, 0, 31, 4, 0).getTime();
  assert.equal(nextMoment("04:00", four - 1), four);
  assert.equal(nextMoment("04:00", four), new Date(2026, 1, 1, 4, 0).getTime());
  assert.equal(nextMoment("23:59", new Date(2026, 11, 31, 23, 59, 30).getTime()), new Date(2027, 0, 1, 23, 59).getTime());
});
