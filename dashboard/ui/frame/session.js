// Who is signed in and the way out. While the page is open it asks every few seconds whether the session still lives: one that was ended
// elsewhere leaves the screen within seconds, in every tab, and the way back to this very address is kept.

/** @import { Component } from "../kit/make.js" */
import { button, make, own } from "../kit/make.js";

const EVERY_MILLISECONDS = 3000;
/** @type {number | undefined} */
let watch;
let leaving = false;

/** @param {string} told @param {string} lang */
function leave(told, lang) {
  const back = window.location.pathname + window.location.search;
  window.location.replace(`/sign-in?next=${encodeURIComponent(back)}&told=${told}&lang=${lang}`);
}

/** @param {string} lang */
async function signOut(lang) {
  leaving = true; // the way out is the answer's, which may lead by the provider
  try {
    const answer = await fetch("/sign-out", { method: "POST", headers: { accept: "application/json" } });
    const { go } = await answer.json();
    window.location.assign(go.startsWith("/sign-in") ? `${go}&lang=${lang}` : go);
  } catch {
    leaving = false; // the server is away: press again when it is back
  }
}

/** @param {string} lang */
async function look(lang) {
  try {
    const answer = await fetch("/sign-in/state", { cache: "no-store" });
    if (answer.status !== 401 || leaving) return;
    const { told } = await answer.json();
    if (leaving) return;
    leaving = true;
    leave(told || "out", lang);
  } catch {
    // The server is away: the page says so by itself.
  }
}

/**
 * @param {Component<{ name: string, role: string, out: string, change: string, changeLabel: string, lang: string, quiet: boolean }>} component
 */
export default function (component) {
  const { data, parentElement } = component;
  const root = own(parentElement, ".session");
  root.replaceChildren();
  if (!data.quiet) {
    const line = make("div", "line");
    line.append(make("span", "name", data.name), button("", data.out, () => void signOut(data.lang)));
    const below = make("div", "line");
    below.append(make("span", "role", data.role));
    if (data.change) {
      const change = make("a", "", data.changeLabel);
      change.href = data.change;
      change.target = "_self";
      below.append(change);
    }
    root.append(line, below);
  }
  window.clearInterval(watch);
  watch = window.setInterval(() => void look(data.lang), EVERY_MILLISECONDS);
  return () => window.clearInterval(watch);
}
