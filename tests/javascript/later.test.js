import assert from "node:assert/strict";
import { test } from "node:test";

import { afterFirstPicture, PATIENCE, rareLetters } from "../../dashboard/ui/frame/later.js";

/** @param {{ ends?: number, paints?: boolean }} how */
function world({ ends = 0, paints = true }) {
  const told = { time: 0, painted: 0 };
  return {
    told,
    ended: () => told.time >= ends,
    painted: () => new Promise((done) => {
      if (!paints) return;
      told.painted = told.time;
      done(undefined);
    }),
    wait: async (/** @type {number} */ milliseconds) => {
      await new Promise((done) => setImmediate(done));
      told.time += milliseconds;
    },
    now: () => told.time,
  };
}

test("a large script waits for the end of the run, then for the paint", async () => {
  const seen = world({ ends: 300 });
  await afterFirstPicture(seen);
  assert.equal(seen.told.painted, 300);
});

test("it does not wait for a run that takes long", async () => {
  const seen = world({ ends: Infinity });
  await afterFirstPicture(seen);
  assert.equal(seen.told.painted, PATIENCE);
});

test("a window that paints nothing gets it all the same", async () => {
  const seen = world({ paints: false });
  await afterFirstPicture(seen);
  assert.equal(seen.told.painted, 0);
  assert.ok(seen.told.time > 0);
});

test("both weights of the rare letters are asked for, and one that cannot be had holds nothing up", async () => {
  /** @type {string[]} */
  const asked = [];
  await rareLetters({
    load: async (font) => {
      asked.push(font);
      if (font.startsWith("700")) throw new Error("gone");
      return [];
    },
  });
  assert.deepEqual(asked, ['400 12px "County Sans SC"', '700 12px "County Sans SC"']);
});
