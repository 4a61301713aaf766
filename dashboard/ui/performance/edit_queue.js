// Edits of a slider on their way to the server: one at a time, and of those that wait only the newest.

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
    /** @type {Edit | null} */
    this.waiting = null;
  }

  /** Whether the hand is ahead of the answer. */
  get ahead() {
    return this.waiting !== null || this.sent !== null;
  }

  /** @param {Edit} edit */
  put(edit) {
    this.waiting = edit;
    if (!this.sent || this.now() - this.sent.at > PATIENCE) this.flush();
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
    if (this.waiting === null) return;
    const edit = this.waiting;
    this.waiting = null;
    this.count += 1;
    this.sent = { serial: `${this.session}-${this.count}`, at: this.now() };
    this.send({ ...edit, serial: this.sent.serial });
  }
}
