// A hand on the sliders of a panel, and the drawing that follows it.
//
// Streamlit ends no run of a page for the next one, so what follows the hand must be small: the drawing is a fragment of its own, and
// the panel's edits go through it. Its answer brings back what the panel shows. When the hand rests, the panel itself
// asks for the whole part of the page. Both live in shadow trees of their own and meet at the document.

import { EditQueue } from "./edit_queue.js";

/** Milliseconds without a movement after which the hand rests. */
export const REST = 120;

/** @typedef {{ key: string, answer: string }} Follow what a drawing carries for the panel named `key`, and what else the panel shows */
/** @typedef {{ addEventListener: EventTarget["addEventListener"], removeEventListener: EventTarget["removeEventListener"],
 *              dispatchEvent: EventTarget["dispatchEvent"] }} Place */

/**
 * Lets `take` have the edits of the panel `key` as long as `alive` says so; the drawing calls this once.
 * @param {string} key
 * @param {(edit: unknown) => void} take
 * @param {() => boolean} alive
 * @param {Place} [place]
 */
export function takeEdits(key, take, alive, place = document) {
  const heard = (/** @type {Event} */ event) => {
    if (!alive()) {
      place.removeEventListener(`edit-${key}`, heard);
      return;
    }
    event.preventDefault();
    take(/** @type {CustomEvent} */ (event).detail);
  };
  place.addEventListener(`edit-${key}`, heard);
}

/**
 * Tells the panel what came with a drawing.
 * @param {Follow} follow
 * @param {Place} [place]
 */
export function answerPanel(follow, place = document) {
  place.dispatchEvent(new CustomEvent(`answer-${follow.key}`, { detail: follow }));
}

/**
 * Lets `hear` have what comes with the drawing of the panel `key` as long as `alive` says so; the panel calls this once.
 * @template {Follow} Told
 * @param {string} key
 * @param {(follow: Told) => void} hear
 * @param {() => boolean} alive
 * @param {Place} [place]
 */
export function hearAnswers(key, hear, alive, place = document) {
  const heard = (/** @type {Event} */ event) => {
    if (alive()) hear(/** @type {CustomEvent} */ (event).detail);
    else place.removeEventListener(`answer-${key}`, heard);
  };
  place.addEventListener(`answer-${key}`, heard);
}

/**
 * Sends what a hand does: to the drawing while there is one, else to the panel's own part of the page.
 * @template {object} Edit
 */
export class Hand {
  /**
   * @param {string} key the panel
   * @param {(edit: (Edit & { serial: string }) | { rest: true }) => void} tell runs the panel's own part of the page
   * @param {{ now?: () => number, later?: (act: () => void, milliseconds: number) => void, place?: Place }} [world]
   */
  constructor(key, tell, { now = () => performance.now(), later = (act, wait) => { setTimeout(act, wait); }, place = document } = {}) {
    this.tell = tell;
    this.later = later;
    this.now = now;
    this.moved = -Infinity;
    this.rests = false;
    this.whole = false;
    this.session = Math.random().toString(36).slice(2, 8);
    /** @type {EditQueue<Edit>} */
    this.queue = new EditQueue(
      this.session,
      (edit) => {
        const event = new CustomEvent(`edit-${key}`, { detail: edit, cancelable: true });
        place.dispatchEvent(event);
        this.whole = !event.defaultPrevented;
        if (this.whole) this.tell(edit);
      },
      now,
    );
  }

  /** Whether the hand is ahead of the answer. */
  get ahead() {
    return this.queue.ahead;
  }

  /**
   * @param {Edit} edit
   * @param {string} [about] see `EditQueue.put`
   */
  put(edit, about) {
    this.moved = this.now();
    this.queue.put(edit, about);
  }

  /** The hand has let go: when all is answered the whole follows. */
  rest() {
    if (this.rests) return;
    this.rests = true;
    this.later(() => this.look(), REST);
  }

  look() {
    this.queue.hurry();
    if (this.queue.ahead || this.now() - this.moved < REST) {
      this.later(() => this.look(), REST);
      return;
    }
    this.rests = false;
    if (!this.whole) this.tell({ rest: true });
  }

  /** @param {string} serial the edit that the server has taken in */
  answered(serial) {
    this.queue.answered(serial);
  }
}
