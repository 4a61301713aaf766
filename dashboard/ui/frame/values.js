// What a reader types into the coefficient panel and what is stored: pure.

import { clean } from "../kit/sliders.js";

/** @typedef {{ offset: number, scale: number }} Display a reader sees (value − offset) · scale */

/**
 * Returns what a reader sees of a stored value.
 * @param {Display} item
 * @param {number} value
 */
export function seen(item, value) {
  return clean((value - item.offset) * item.scale);
}

/**
 * Returns the value of what a reader typed; null for an empty field. What is no number stays none (NaN): the server says so.
 * @param {Display} item
 * @param {string} typed
 */
export function stored(item, typed) {
  return typed.trim() === "" ? null : clean(Number(typed) / item.scale + item.offset);
}

/**
 * Returns the values of a list typed with any of the usual signs between its parts.
 * @param {Display} item
 * @param {string} typed
 */
export function storedList(item, typed) {
  return typed.split(/[,，:：;；\s]+/).filter((part) => part !== "").map((part) => stored(item, part));
}

/**
 * Returns whether a value (or any part of a list) differs from the baseline's.
 * @param {number | number[]} value
 * @param {number | number[]} base
 */
export function differs(value, base) {
  const [left, right] = [value, base].map((each) => (Array.isArray(each) ? each : [each]));
  return left.length !== right.length || left.some((part, at) => Math.abs(part - right[at]) >= 1e-9);
}
