// Stands before a large script of the framework (ui/frame/files.py): the chart library takes the browser a second to evaluate, in one piece,
// and would do so before the cards and tables are drawn that came with the same run. So the light part of the page is painted first.

/** Milliseconds after which a large script no longer waits for the end of a long run. */
export const PATIENCE = 1500;
const STEP = 20;
const FRAMES = 600;

/** @typedef {{ ended: () => boolean, painted: () => Promise<unknown>, wait: (milliseconds: number) => Promise<unknown>, now: () => number }} World */

/** @type {World} */
const browser = {
  ended: () => document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]') !== null,
  painted: () => new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done)); // behind the frame that is painted next
  }),
  wait: (milliseconds) => new Promise((done) => {
    setTimeout(done, milliseconds);
  }),
  now: () => performance.now(),
};

/**
 * Resolves when the run that is under way has ended and what it drew is painted.
 * @param {World} [world]
 */
export async function afterFirstPicture({ ended, painted, wait, now } = browser) {
  const start = now();
  while (!ended() && now() - start < PATIENCE) await wait(STEP);
  await Promise.race([painted(), wait(FRAMES)]); // a hidden window paints nothing
}

const RARE = "\u584D"; // a letter of the second file: asking for one fetches all; escaped, as no text of ours shows it

/**
 * Resolves when the rare letters of our font are there, or cannot be had. A page's text changes its letters when their font arrives; a map
 * draws its labels once, and a letter whose font is still on its way would stay blank.
 * @param {Pick<FontFaceSet, "load">} [fonts]
 */
export async function rareLetters(fonts = document.fonts) {
  await Promise.allSettled([400, 700].map((weight) => fonts.load(`${weight} 12px "County Sans SC"`, RARE)));
}
