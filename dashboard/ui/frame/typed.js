// What somebody was typing while the server went away is put back when it is there again: a server that was restarted knows nothing of it,
// and draws its fields empty. Nothing leaves the page, nothing is stored in the browser: only this window remembers, until it is closed.

const FIELDS = "textarea, input[type='text']";
/** How long a field may take to appear again: somebody has to open its dialog or menu first. */
const KEPT_MILLISECONDS = 600_000;
/** A click so soon after the server is back is not about fields that it has drawn anew. */
const SETTLE_MILLISECONDS = 3000;
const STEP_MILLISECONDS = 150;
/** When a field that was left has surely handed its value on. */
const TAKEN_MILLISECONDS = 1500;
/** A field that has only just been drawn does not listen yet: it would show what it is given and not know of it. Nor while the page runs. */
const DRAWN_MILLISECONDS = 400;
const RUNNING = '[data-testid="stApp"]:not([data-test-script-state="notRunning"])';

/** @typedef {HTMLTextAreaElement | HTMLInputElement} Field */
/** @typedef {{ typed: Map<string, string>, pending: Map<string, string>, back: number, watching: MutationObserver | undefined }} Memory */

/** Fields that have been filled already, with what. @type {WeakMap<Field, string>} */
const filled = new WeakMap();

/** @returns {Memory} */
function memory() {
  const holder = /** @type {{ countyTyped?: Memory }} */ (/** @type {unknown} */ (window));
  if (!holder.countyTyped) {
    holder.countyTyped = { typed: new Map(), pending: new Map(), back: 0, watching: undefined };
    document.addEventListener("input", note, true);
    document.addEventListener("click", settled, true);
  }
  return holder.countyTyped;
}

/**
 * Where a field stands: the page and the key that the server gave it; none for a field without a key.
 * @param {Element} field
 * @returns {string | undefined}
 */
function place(field) {
  const key = [...(field.closest("[class*='st-key-']")?.classList ?? [])].find((name) => name.startsWith("st-key-"));
  return key && `${window.location.pathname} ${key}`;
}

/** @returns {[string, Field][]} */
function fields() {
  /** @type {[string, Field][]} */
  const found = [];
  for (const field of document.querySelectorAll(FIELDS)) {
    const where = place(field);
    if (where && (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) found.push([where, field]);
  }
  return found;
}

/** @param {Event} event */
function note(event) {
  const field = event.target;
  if (!event.isTrusted || !(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) || !field.matches(FIELDS)) return;
  const where = place(field);
  if (!where) return;
  memory().typed.set(where, field.value);
  memory().pending.delete(where);
}

/**
 * What stands in its field when somebody presses something has been put back, and may be saved and emptied now.
 * @param {Event} event
 */
function settled(event) {
  const { pending, back } = memory();
  if (!event.isTrusted || !pending.size || Date.now() - back < SETTLE_MILLISECONDS) return;
  for (const [where, field] of fields()) if (pending.get(where) === field.value) pending.delete(where);
}

/**
 * @param {Field} field
 * @param {string} value
 */
function enter(field, value) {
  // React looks at the prototype's setter to notice a value that nobody typed.
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value")?.set?.call(field, value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/**
 * A field may show the old text while what it would hand on is the server's empty one: so it is emptied first and filled then.
 * @param {Field} field
 * @param {string} value
 */
function fill(field, value) {
  enter(field, "");
  window.setTimeout(() => {
    enter(field, value);
    // It hands its value on when it is left, once it has drawn what was typed.
    window.setTimeout(() => {
      field.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
      window.setTimeout(() => field.setAttribute("data-put-back", ""), TAKEN_MILLISECONDS);
    }, STEP_MILLISECONDS);
  }, STEP_MILLISECONDS);
}

function putBack() {
  const kept = memory();
  if (Date.now() - kept.back > KEPT_MILLISECONDS) kept.pending.clear();
  for (const [where, field] of fields()) {
    const value = kept.pending.get(where);
    if (value === undefined || document.activeElement === field || filled.get(field) === value) continue;
    filled.set(field, value);
    fill(field, value);
  }
  if (!kept.pending.size) {
    kept.watching?.disconnect();
    kept.watching = undefined;
  }
}

/** Begins to remember what is typed. */
export function remember() {
  memory();
}

/** Keeps what stands typed in the fields now: the server is away. */
export function keep() {
  const kept = memory();
  kept.back = Number.POSITIVE_INFINITY;
  for (const [where, field] of fields()) if (field.value && kept.typed.get(where) === field.value) kept.pending.set(where, field.value);
}

/** Puts what was kept back into its fields, now and as they appear: the server is there again. */
export function giveBack() {
  const kept = memory();
  if (!kept.pending.size || kept.watching) return;
  kept.back = Date.now();
  /** @type {number | undefined} */
  let waiting;
  const wait = () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => (document.querySelector(RUNNING) ? wait() : putBack()), DRAWN_MILLISECONDS);
  };
  kept.watching = new MutationObserver(wait);
  kept.watching.observe(document.body, { childList: true, subtree: true });
}
