import assert from "node:assert/strict";
import { test } from "node:test";

import { Hand, REST, answerPanel, hearAnswers, takeEdits } from "../../dashboard/ui/kit/hand.js";
import { PATIENCE } from "../../dashboard/ui/kit/edit_queue.js";

/** A hand with a clock that stands until it is moved, and what it told the panel's own part of the page. */
function hand() {
  const place = new EventTarget();
  /** @type {any[]} */
  const told = [];
  const clock = { now: 0 };
  /** @type {{ at: number, act: () => void }[]} */
  const timers = [];
  /** @type {Hand<{ value: number }>} */
  const own = new Hand("panel", (edit) => told.push(edit), {
    now: () => clock.now,
    later: (act, wait) => { timers.push({ at: clock.now + wait, act }); },
    place,
  });
  const wait = (/** @type {number} */ milliseconds) => {
    const end = clock.now + milliseconds;
    for (;;) {
      timers.sort((left, right) => left.at - right.at);
      if (timers.length === 0 || timers[0].at > end) break;
      const next = timers.shift();
      clock.now = next?.at ?? end;
      next?.act();
    }
    clock.now = end;
  };
  return { own, told, place, wait };
}

/** The same hand with a drawing that takes its edits. */
function drawn() {
  const world = hand();
  /** @type {any[]} */
  const taken = [];
  const life = { alive: true };
  takeEdits("panel", (edit) => taken.push(edit), () => life.alive, world.place);
  return { ...world, taken, life };
}

test("without a drawing every edit runs the panel's own part, which needs no second run at rest", () => {
  const { own, told, wait } = hand();
  own.put({ value: 1 }, "a");
  own.rest();
  own.answered(told[0].serial);
  wait(10 * REST);
  assert.deepEqual(told.map((edit) => edit.value), [1]);
});

test("while the hand moves only the drawing follows, with the newest position after each answer", () => {
  const { own, told, taken, wait } = drawn();
  for (let value = 1; value <= 300; value += 1) {
    own.put({ value }, "a");
    wait(10);
    if (value % 20 === 0) own.answered(taken[taken.length - 1].serial);
  }
  assert.deepEqual(told, []);
  assert.equal(taken.length, 16);
  assert.equal(taken[taken.length - 1].value, 300);
});

test("when it rests and all is answered the whole follows, once", () => {
  const { own, told, taken, wait } = drawn();
  own.put({ value: 1 }, "a");
  own.put({ value: 2 }, "a");
  own.rest();
  own.rest();
  wait(2 * REST);
  assert.deepEqual(told, []);
  own.answered(taken[0].serial);
  own.answered(taken[1].serial);
  wait(2 * REST);
  assert.deepEqual(told, [{ rest: true }]);
  wait(10 * REST);
  assert.equal(told.length, 1);
});

test("a hand that goes on before it has rested is not taken for one that rests", () => {
  const { own, told, taken, wait } = drawn();
  for (let step = 0; step < 5; step += 1) {
    own.put({ value: step }, "a");
    own.rest();
    own.answered(taken[taken.length - 1].serial);
    wait(REST / 2);
  }
  assert.deepEqual(told, []);
  wait(2 * REST);
  assert.deepEqual(told, [{ rest: true }]);
});

test("an answer that never comes does not keep the whole away", () => {
  const { own, told, wait } = drawn();
  own.put({ value: 1 }, "a");
  own.rest();
  wait(PATIENCE);
  assert.deepEqual(told, []);
  wait(PATIENCE);
  assert.deepEqual(told, [{ rest: true }]);
});

test("a drawing that is gone takes nothing more", () => {
  const { own, told, taken, life } = drawn();
  life.alive = false;
  own.put({ value: 1 }, "a");
  assert.deepEqual(taken, []);
  assert.deepEqual(told.map((edit) => edit.value), [1]);
});

test("an answer reaches the panel that it is for, as long as that is there", () => {
  const place = new EventTarget();
  /** @type {string[]} */
  const heard = [];
  const life = { alive: true };
  hearAnswers("panel", (follow) => heard.push(follow.answer), () => life.alive, place);
  answerPanel({ key: "panel", answer: "a-1" }, place);
  answerPanel({ key: "other", answer: "a-2" }, place);
  life.alive = false;
  answerPanel({ key: "panel", answer: "a-3" }, place);
  life.alive = true;
  answerPanel({ key: "panel", answer: "a-4" }, place);
  assert.deepEqual(heard, ["a-1"]);
});
