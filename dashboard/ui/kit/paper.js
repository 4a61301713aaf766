// The size of a printed page: as wide as the window, in the proportions of A4 and A3 across. Charts and boards are drawn for the window and
// are not drawn again for paper: on a narrower page they would lie upon each other and end at its edge. The printer fits the page on its
// paper, a file keeps it as it is.

const ACROSS = Math.SQRT2;

/**
 * Returns the rule for pages as wide as a window of `width` pixels.
 * @param {number} width
 */
export function pageRule(width) {
  return `@page { size: ${width}px ${Math.round(width / ACROSS)}px; margin: 0; }`;
}

/** @type {HTMLStyleElement | undefined} */
let rule;

/** Keeps pages as wide as the window; to be called as often as one likes. */
export function keepPagesWide() {
  if (rule) return;
  const own = document.createElement("style");
  const follow = () => { own.textContent = pageRule(window.innerWidth); };
  window.addEventListener("resize", follow);
  follow();
  document.head.append(own);
  rule = own;
}
