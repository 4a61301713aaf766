// Says in the reader's words that the server does not answer. Streamlit keeps asking by itself and writes on the page how it stands; its own
// dialog about it, English and over everything, is hidden by the style sheet and closed here, so that the page below can still be read.

/** @import { Component } from "../kit/make.js" */
import { keepTextsInside } from "../kit/inside.js";
import { make, own } from "../kit/make.js";
import { keepPagesWide } from "../kit/paper.js";
import { giveBack, keep, remember } from "./typed.js";

const STATE = "data-test-connection-state";
// A dialog of ours holds a block of the page's elements, one of Streamlit's own does not.
const FOREIGN = "[data-testid='stDialog']:not(:has([data-testid='stVerticalBlock']))";
/** A moment's interruption, such as a gateway makes, is no news. */
const PATIENCE_MILLISECONDS = 1500;
/** @type {(() => void) | undefined} */
let leave;

/**
 * Calls `changed` with whether the server is away, now and whenever that changes; returns what ends it.
 * @param {Element} app
 * @param {(away: boolean) => void} changed
 */
function follow(app, changed) {
  /** @type {number | undefined} */
  let waiting;
  const look = () => {
    window.clearTimeout(waiting);
    if (app.getAttribute(STATE) === "CONNECTED") changed(false);
    else waiting = window.setTimeout(() => changed(true), PATIENCE_MILLISECONDS);
  };
  const state = new MutationObserver(look);
  state.observe(app, { attributeFilter: [STATE] });
  const dialogs = new MutationObserver(() => {
    if (app.getAttribute(STATE) === "CONNECTED") return;
    for (const close of document.querySelectorAll(`${FOREIGN} button[aria-label='Close']`)) if (close instanceof HTMLElement) close.click();
  });
  dialogs.observe(document.body, { childList: true });
  look();
  return () => {
    window.clearTimeout(waiting);
    state.disconnect();
    dialogs.disconnect();
  };
}

/** @param {Component<{ words: string, remedy: string }>} component */
export default function (component) {
  const { data, parentElement } = component;
  const root = own(parentElement, ".connection");
  const app = document.querySelector("[data-testid='stApp']");
  leave?.();
  // Here, as this script alone is on every page.
  keepTextsInside();
  keepPagesWide();
  if (!app) return;
  remember();
  leave = follow(app, (away) => {
    if (away) keep();
    else giveBack();
    root.replaceChildren(...(away ? [make("strong", "", data.words), make("span", "", data.remedy)] : []));
    root.hidden = !away;
  });
  return leave;
}
