// What the cockpit decides by the clock: which scene comes next, when to reload, whether the server is silent. Pure; times in milliseconds.

/** @typedef {{ good: boolean, checked: string, kept: string, at: number }} Pulse words of the server and when they arrived here */

/**
 * Returns the scene after `current`; the first where `current` is none of them, "" where there is none.
 * @param {string[]} ids
 * @param {string} current
 */
export function nextScene(ids, current) {
  return ids.length ? ids[(ids.indexOf(current) + 1) % ids.length] : "";
}

/**
 * Returns the scene to show: the one that stands as long as it is there, else the one asked for, else the first.
 * @param {string[]} ids
 * @param {string} current
 * @param {string} start
 */
export function sceneToShow(ids, current, start) {
  if (ids.includes(current)) return current;
  return ids.includes(start) ? start : ids[0] ?? "";
}

/**
 * Returns what is emphasised after `count` moves among `steps`: 0 shows all alike, then one after the other.
 * @param {number} count
 * @param {number} steps
 */
export function emphasis(count, steps) {
  return steps > 0 ? count % (steps + 1) : 0;
}

/**
 * Returns how long the pulse may be silent when it is asked for every `seconds`.
 * @param {number} seconds
 */
export function patience(seconds) {
  return Math.max(3 * seconds, 20) * 1000;
}

/**
 * Returns whether the connection counts as broken: two failed looks at the server, a silent pulse, or one that says so.
 * @param {Pulse | undefined} pulse
 * @param {number} failures
 * @param {number} now
 * @param {number} longest
 */
export function broken(pulse, failures, now, longest) {
  return failures > 1 || (pulse !== undefined && (now - pulse.at > longest || !pulse.good));
}

/**
 * Returns the parts of the status line.
 * @param {Pulse | undefined} pulse
 * @param {boolean} interrupted
 * @param {boolean} drawn whether there is a picture that is kept
 * @param {{ interrupted: string, loaded: string, connecting: string }} texts
 */
export function statusParts(pulse, interrupted, drawn, texts) {
  if (interrupted) return [texts.interrupted, drawn ? pulse?.kept ?? "" : ""].filter(Boolean);
  return pulse ? [texts.loaded, pulse.checked].filter(Boolean) : [texts.connecting];
}

/**
 * Returns whether a reload may happen: not more often than once in `pause`, whatever goes wrong after it.
 * @param {number} last
 * @param {number} now
 * @param {number} pause
 */
export function mayReload(last, now, pause) {
  return now - last >= pause;
}

/**
 * Returns the next moment at which a clock here shows `time` ("04:00"), later than `now`.
 * @param {string} time
 * @param {number} now
 */
export function nextMoment(time, now) {
  const [hours, minutes] = time.split(":").map(Number);
  const due = new Date(now);
  due.setHours(hours, minutes, 0, 0);
  if (due.getTime() <= now) due.setDate(due.getDate() + 1);
  return due.getTime();
}
