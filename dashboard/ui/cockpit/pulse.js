// The server's pulse: whether it answers and which data it has. The cockpit listens on the window.

/** @import { Component } from "../kit/make.js" */

/** @param {Component<{ good: boolean, checked: string, kept: string }>} component */
export default function (component) {
  window.cockpitPulse = { ...component.data, at: Date.now() };
  window.dispatchEvent(new Event("cockpit-pulse"));
}
