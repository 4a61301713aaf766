// Next and previous by the keys that presenters send.

/** @import { Component } from "../kit/make.js" */
import { stepOf } from "./step.js";

const USED = "input, textarea, select, canvas, [contenteditable='true'], [role='radio'], [role='tab'], [role='slider'], [role='option'], [role='grid']";
const FREE_FOR_PAGES = "input[type='range'], input[type='checkbox'], input[type='radio'], [role='radio'], [role='tab'], [role='slider'], canvas,"
  + " input[role='combobox']:not([aria-expanded='true'])";
const OPEN = "[data-testid='stDialog'], [data-testid='stPopoverBody']";

/** @type {((event: KeyboardEvent) => void) | null} */
let listening = null;

/** @param {KeyboardEvent} event */
function placeOf(event) {
  const target = event.composedPath()[0];
  const used = target instanceof Element ? target.closest(USED) : null;
  return { open: document.querySelector(OPEN) !== null, used: used !== null, pagesFree: used?.matches(FREE_FOR_PAGES) ?? true };
}

/** @param {Component<unknown>} component */
export default function (component) {
  const { setTriggerValue } = component;
  if (listening) document.removeEventListener("keydown", listening, true);
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const step = stepOf(event, placeOf(event));
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    setTriggerValue("step", step);
  };
  listening = pressed;
  document.addEventListener("keydown", pressed, true);
  return () => {
    document.removeEventListener("keydown", pressed, true);
    if (listening === pressed) listening = null;
  };
}
