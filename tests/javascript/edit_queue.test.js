import assert from "node:assert/strict";
import { test } from "node:test";

import { EditQueue, PATIENCE } from "../../dashboard/ui/kit/edit_queue.js";

/** A queue with a clock that stands until it is moved, and what it sent. */
function queue() {
  /** @type {{ value: number, serial: string }[]} */
  const sent = [];
  const clock = { now: 0 };
  /** @type {EditQueue<{ value: number }>} */
  const edits = new EditQueue("me", (edit) => sent.push(edit), () => clock.now);
  return { edits, sent, clock };
}

test("the first edit goes at once and carries its serial", () => {
  const { edits, sent } = queue();
  edits.put({ value: 1 });
  assert.deepEqual(sent, [{ value: 1, serial: "me-1" }]);
  assert.equal(edits.ahead, true);
});

test("while one is on its way the newest waits and the others are dropped", () => {
  const { edits, sent } = queue();
  for (const value of [1, 2, 3, 4]) edits.put({ value }, "a");
  assert.deepEqual(sent.map((edit) => edit.value), [1]);
  edits.answered("me-1");
  assert.deepEqual(sent.map((edit) => edit.value), [1, 4]);
  edits.answered("me-2");
  assert.equal(sent.length, 2);
  assert.equal(edits.ahead, false);
});

test("the answer to another's edit, or to an older one, lets nothing go", () => {
  const { edits, sent } = queue();
  edits.put({ value: 1 });
  edits.put({ value: 2 });
  for (const serial of ["", "you-1", "me-0", "me-2"]) edits.answered(serial);
  assert.equal(sent.length, 1);
  edits.answered("me-1");
  edits.answered("me-1");
  assert.deepEqual(sent.map((edit) => edit.value), [1, 2]);
});

test("a lost answer holds the next edit back only so long", () => {
  const { edits, sent, clock } = queue();
  edits.put({ value: 1 });
  clock.now = PATIENCE;
  edits.put({ value: 2 });
  assert.equal(sent.length, 1);
  clock.now = PATIENCE + 1;
  edits.put({ value: 3 });
  assert.deepEqual(sent.map((edit) => edit.value), [1, 3]);
});

test("an edit about something else does not take the place of the one that waits", () => {
  const { edits, sent } = queue();
  edits.put({ value: 1 }, "a");
  edits.put({ value: 2 }, "a");
  edits.put({ value: 3 }, "b");
  edits.put({ value: 4 }, "b");
  for (const serial of ["me-1", "me-2", "me-3"]) edits.answered(serial);
  assert.deepEqual(sent.map((edit) => edit.value), [1, 2, 4]);
});

test("an edit about everything drops all that waits", () => {
  const { edits, sent } = queue();
  edits.put({ value: 1 }, "a");
  edits.put({ value: 2 }, "a");
  edits.put({ value: 3 });
  edits.answered("me-1");
  edits.answered("me-2");
  assert.deepEqual(sent.map((edit) => edit.value), [1, 3]);
});

test("who hurries lets go only what was not answered for too long", () => {
  const { edits, sent, clock } = queue();
  edits.put({ value: 1 }, "a");
  edits.put({ value: 2 }, "a");
  edits.hurry();
  assert.equal(sent.length, 1);
  clock.now = PATIENCE + 1;
  edits.hurry();
  assert.deepEqual(sent.map((edit) => edit.value), [1, 2]);
  clock.now = 3 * PATIENCE;
  edits.hurry();
  assert.equal(edits.ahead, false);
});
