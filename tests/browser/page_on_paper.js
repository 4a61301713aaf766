// What paper would not show, or would tear: what scrolls, cards and charts broken over pages, numbers without their name, charts that hang over
// the edge of their card, columns that keep their height when a card in them moves to the next page. Asked while the page is shown as it is printed.
() => {
  const main = document.querySelector('[data-testid="stMain"]');
  const all = (handles) => [...main.querySelectorAll(handles)];
  const seen = (node) => node.getClientRects().length > 0;
  const card = (node) => node.closest('[class*="st-key-card"]');
  const tears = (node) => getComputedStyle(node).breakInside !== "avoid";
  const rolls = (node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowY) && node.scrollHeight > node.clientHeight + 2;
  const hangs = (node) => node.getBoundingClientRect().right > (card(node) ?? main).getBoundingClientRect().right + 2;
  const rolled = all("*").filter((node) => !node.closest('[data-testid="stDataFrame"]') && seen(node) && rolls(node));
  const stretched = (node) => getComputedStyle(node).alignSelf !== "flex-start";
  const words = (node) => `${node.className.baseVal ?? node.className} ${node.textContent.slice(0, 40)}`;
  return {
    below: main.scrollHeight - main.clientHeight <= 1 ? [] : ["what the window does not show"],
    torn: all('[class*="st-key-card"], [data-testid="stPlotlyChart"], [data-testid="stDeckGlJsonChart"]').filter(tears).map(words),
    unnamed: [
      ...all('[class*="st-key-definition"]').filter((node) => card(node) && !seen(node)),
      ...all('[data-testid^="stBidi"]').flatMap((node) => [...(node.shadowRoot ?? node).querySelectorAll(".headlines .name")]).filter((node) => !seen(node)),
    ].map(words),
    rolled: rolled.map(words),
    stretched: all('[data-testid="stColumn"]').filter(stretched).map(words),
    beside: all("svg.main-svg, canvas").filter((node) => seen(node) && hangs(node)).map((node) => words(card(node) ?? node)),
  };
}
