// Reopens the same address in the other theme. The label is set as text, never as HTML.

/** @import { Component } from "../kit/make.js" */
import { namesTheme, withTheme } from "../kit/address.js";
import { own } from "../kit/make.js";

/** @param {Component<{ current: string, other: string, label: string }>} component */
export default function (component) {
  const { data, parentElement } = component;
  const preferred = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark_theme" : "light_theme";
  if (data.current !== preferred && !namesTheme(window.location.href)) {
    window.history.replaceState(window.history.state, "", withTheme(window.location.href, data.current));
  }
  const button = own(parentElement, "button");
  button.textContent = data.label;
  button.onclick = () => window.location.assign(withTheme(window.location.href, data.other));
}
