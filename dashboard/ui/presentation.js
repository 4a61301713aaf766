// Next and previous by the keys that presenters send. Whoever types or moves a slider is left alone: arrows act only where they mean
// nothing else; page keys act on a slider and a closed select box too, so that a remote control goes on after the what-if was moved.

const STEPS = { PageDown: "next", PageUp: "previous", ArrowRight: "next", ArrowLeft: "previous", Home: "first", End: "last" };
const PAGED = new Set(["PageDown", "PageUp"]);
const USED = "input, textarea, select, canvas, [contenteditable='true'], [role='radio'], [role='tab'], [role='slider'], [role='option'], [role='grid']";
const FREE_FOR_PAGES = "input[type='range'], input[type='checkbox'], input[type='radio'], [role='radio'], [role='tab'], [role='slider'], canvas,"
  + " input[role='combobox']:not([aria-expanded='true'])";

const OPEN = "[data-testid='stDialog'], [data-testid='stPopoverBody']";

let listening = null;

function stepOf(event) {
  const step = STEPS[event.key];
  if (!step || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return null;
  if (document.querySelector(OPEN)) return null; // what is being written there must not go
  const target = event.composedPath()[0];
  const used = target instanceof Element ? target.closest(USED) : null;
  if (used && !(PAGED.has(event.key) && used.matches(FREE_FOR_PAGES))) return null;
  return step;
}

export default function (component) {
  const { setTriggerValue } = component;
  if (listening) document.removeEventListener("keydown", listening, true);
  const pressed = (event) => {
    const step = stepOf(event);
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
