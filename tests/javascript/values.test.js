import assert from "node:assert/strict";
import { test } from "node:test";

import { differs, seen, stored, storedList } from "../../dashboard/ui/frame/values.js";
import { clean, placeOf, wordOf } from "../../dashboard/ui/kit/sliders.js";

const percent = { offset: 0, scale: 100 };
const above = { offset: 1, scale: 100 }; // 1.03 is seen as 3 %

test("what is typed is stored without the noise of binary numbers and seen again as typed", () => {
  for (const typed of ["12.3", "-0.7", "0.1", "33.3", "0"]) {
    for (const item of [percent, above]) assert.equal(seen(item, stored(item, typed) ?? Number.NaN), Number(typed));
  }
  assert.equal(stored(percent, "12.3"), 0.123);
  assert.equal(stored(above, "3"), 1.03);
});

test("an empty field is nothing, no zero; what is no number stays none", () => {
  assert.equal(stored(percent, ""), null);
  assert.equal(stored(percent, "  "), null);
  assert.equal(stored(percent, "twelve"), Number.NaN);
});

test("a list may be parted by any usual sign, Chinese ones too", () => {
  const plain = { offset: 0, scale: 1 };
  for (const typed of ["5 : 3 : 2", "5,3,2", "5，3，2", "5：3：2", " 5;3；2 "]) assert.deepEqual(storedList(plain, typed), [5, 3, 2]);
  assert.deepEqual(storedList(plain, ""), []);
});

test("a value differs from its base by more than noise, a list by any part or by its length", () => {
  assert.equal(differs(0.1 + 0.2, 0.3), false);
  assert.equal(differs(0.3, 0.301), true);
  assert.equal(differs([1, 2], [1, 2]), false);
  assert.equal(differs([1, 2], [1, 3]), true);
  assert.equal(differs([1, 2], [1]), true);
});

test("a handle stands between its ends and never beyond; a span of nothing is at the left", () => {
  assert.equal(placeOf(5, 0, 20), "25%");
  assert.equal(placeOf(-0.05, -0.1, 0.1), "25%");
  assert.equal(placeOf(30, 0, 20), "100%");
  assert.equal(placeOf(-1, 0, 20), "0%");
  assert.equal(placeOf(3, 3, 3), "0%");
});

test("a slider shows the server's word for its step, the nearest one between two, the last one beyond", () => {
  const words = ["-0.2", "-0.1", "0.0", "0.1", "0.2"];
  assert.deepEqual([-0.002, -0.001, 0, 0.001, 0.002].map((value) => wordOf(words, value, -0.002, 0.001)), words);
  assert.equal(wordOf(words, 0.0012, -0.002, 0.001), "0.1");
  assert.equal(wordOf(words, 9, -0.002, 0.001), "0.2");
  assert.equal(wordOf(words, -9, -0.002, 0.001), "-0.2");
  assert.equal(wordOf([], 1, 0, 1), "");
  assert.equal(clean(0.1 + 0.2), 0.3);
});
