// Edits on their way to the server: one at a time, and of those about the same thing only the newest waits.

/** Milliseconds after which an edit that was not answered no longer holds the next one back. */
export const PATIENCE = 1500;

/**
 * Sends edits one by one. `send` gets each with its serial, `now` is a clock in milliseconds.
 * @template {object} Edit
 */
export class EditQueue {
  /**
   * @param {string} session tells this browser's edits from another's
   * @param {(edit: Edit & { serial: string }) => void} send
   * @param {() => number} now
   */
  constructor(session, send, now) {
    this.session = session;
    this.send = send;
    this.now = now;
    this.count = 0;
    /** @type {{ serial: string, at: number } | null} */
    this.sent = null;
    /** @type {Map<string, Edit>} */
    this.waiting = new Map();
  }

  /** Whether the hand is ahead of the answer. */
  get ahead() {
    return this.waiting.size > 0 || this.sent !== null;
  }

  /**
   * @param {Edit} edit
   * @param {string} [about] what it is about; without it about everything, and whatever waits is dropped
   */
  put(edit, about = "") {
    if (about === "") this.waiting.clear();
    this.waiting.delete(about);
    this.waiting.set(about, edit);
    this.hurry();
  }

  /** Lets the next edit go when none is on its way, or the one that is was not answered for too long. */
  hurry() {
    if (this.sent && this.now() - this.sent.at <= PATIENCE) return;
    this.sent = null;
    this.flush();
  }

  /**
   * The server has taken in the edit with this serial; another's, or an older one, changes nothing.
   * @param {string} serial
   */
  answered(serial) {
    if (this.sent?.serial !== serial) return;
    this.sent = null;
    this.flush();
  }

  flush() {
    const [next] = this.waiting;
    if (next === undefined) return;
    const [about, edit] = next;
    this.waiting.delete(about);
    this.count += 1;
    this.sent = { serial: `${this.session}-${this.count}`, at: this.now() };
    this.send({ ...edit, serial: this.sent.serial });
  }
}
