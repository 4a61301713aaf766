// What a reader cannot read on this page: texts cut by their box, drawn outside their card or chart, signs of cells that are not drawn, and a
// page that scrolls sideways.
() => {
  const main = document.querySelector('[data-testid="stMain"]');
  const found = [];
  const shown = (node) => {
    const style = getComputedStyle(node);
    return style.visibility !== "hidden" && style.opacity !== "0" && node.getClientRects().length > 0;
  };
  const own = (node) => [...node.childNodes].filter((child) => child.nodeType === 3).map((child) => child.textContent.trim()).join(" ").trim();
  // What is meant to scroll or to be reached by scrolling is not cut; a screen reader's text is not seen.
  const scrolls = (node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowX);
  const aside = (node) => node.closest('[data-testid="stDataFrame"], [data-testid="stIconMaterial"], [role="tablist"], .sr-only, .visually-hidden, [aria-hidden="true"] > *');
  const readers = (node) => {
    for (let parent = node; parent && parent !== main; parent = parent.parentElement) if (getComputedStyle(parent).clipPath === "inset(50%)") return true;
    return false;
  };
  const clippedBy = (node, box) => {
    for (let parent = node; parent && parent !== main; parent = parent.parentElement ?? parent.getRootNode().host) {
      if (!(parent instanceof Element)) break;
      if (scrolls(parent)) return null;
      const style = getComputedStyle(parent);
      if (style.overflowX === "visible" || style.overflowX === "") continue;
      const edge = parent.getBoundingClientRect();
      if (edge.width < 2) return null; // kept for screen readers
      if (box.right > edge.right + 1.5 || box.left < edge.left - 1.5) return parent;
    }
    return null;
  };
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      const text = own(node);
      if (!text || !shown(node) || aside(node) || readers(node)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (box.width < 1 || node.getBoundingClientRect().width < 2) continue; // the latter is for screen readers
      if (node.ownerSVGElement) {
        const drawing = node.closest("svg.main-svg, svg").getBoundingClientRect();
        if (box.left < drawing.left - 2 || box.right > drawing.right + 2 || box.top < drawing.top - 3 || box.bottom > drawing.bottom + 3)
          found.push(`outside its chart: ${text}`);
        continue;
      }
      if (clippedBy(node, box)) found.push(`cut: ${text}`);
      const card = node.closest('[class*="st-key-card"]');
      if (card) {
        const edge = card.getBoundingClientRect();
        if (box.right > edge.right + 1.5 && !scrolls(card)) found.push(`outside its card: ${text}`);
      }
    }
    for (const sign of root.querySelectorAll("td button > small"))
      if (sign.textContent && !sign.getClientRects().length) found.push(`a cell without its sign: ${sign.parentElement.textContent}`);
    for (const field of root.querySelectorAll("input, textarea"))
      if (shown(field) && field.tagName === "INPUT" && field.scrollWidth > field.clientWidth + 1) found.push(`cut: ${field.value || field.placeholder}`);
  };
  look(main);
  if (main.scrollWidth > main.clientWidth + 1) found.push(`the page scrolls sideways: ${main.scrollWidth} > ${main.clientWidth}`);
  return [...new Set(found)];
}
