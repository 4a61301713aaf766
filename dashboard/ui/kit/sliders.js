// A slider's arithmetic: where its handle stands and which of the server's words it shows. No number becomes a text here.

/**
 * Returns where `value` stands between two ends, as a CSS percentage; an empty span has its place at the left.
 * @param {number} value
 * @param {number} lower
 * @param {number} upper
 */
export function placeOf(value, lower, upper) {
  const share = upper > lower ? (value - lower) / (upper - lower) : 0;
  return `${100 * Math.min(Math.max(share, 0), 1)}%`;
}

/**
 * Returns the word for `value` among `words`, which begin at `lower` and go on by `step`.
 * @param {string[]} words
 * @param {number} value
 * @param {number} lower
 * @param {number} step
 */
export function wordOf(words, value, lower, step) {
  const at = Math.round((value - lower) / step);
  return words[Math.min(Math.max(at, 0), words.length - 1)] ?? "";
}

/**
 * Returns `value` without the noise of its binary form: 0.30000000000000004 becomes 0.3.
 * @param {number} value
 */
export function clean(value) {
  return Math.round(value * 1e10) / 1e10;
}
