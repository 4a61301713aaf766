// Which key asks for which step of a presentation: pure.

/** @typedef {"next" | "previous" | "first" | "last"} Step */
/** @typedef {{ key: string, ctrlKey: boolean, altKey: boolean, metaKey: boolean, shiftKey: boolean }} Press */

/** @type {Record<string, Step>} */
const STEPS = { PageDown: "next", PageUp: "previous", ArrowRight: "next", ArrowLeft: "previous", Home: "first", End: "last" };
const PAGED = new Set(["PageDown", "PageUp"]);

/**
 * Returns the step that a key asks for, or null.
 *
 * Whoever types or moves a slider is left alone: arrows act only where they mean nothing else; page keys act on a slider and a closed
 * select box too, so that a remote control goes on after the what-if was moved.
 * @param {Press} press
 * @param {{ open: boolean, used: boolean, pagesFree: boolean }} place whether a dialog is open, the place uses keys itself, and leaves
 *   page keys alone
 * @returns {Step | null}
 */
export function stepOf(press, { open, used, pagesFree }) {
  const step = Object.hasOwn(STEPS, press.key) ? STEPS[press.key] : null;
  if (!step || press.ctrlKey || press.altKey || press.metaKey || press.shiftKey) return null;
  if (open) return null; // what is being written there must not go
  return used && !(PAGED.has(press.key) && pagesFree) ? null : step;
}
