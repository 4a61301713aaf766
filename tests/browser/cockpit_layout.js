// What is wrong with the scene that a cockpit shows: texts too small, cut, outside their panel or the screen, panels upon each other, scrolling.
() => {
  const host = [...document.querySelectorAll("*")].find((n) => n.shadowRoot && n.shadowRoot.querySelector(".screen"));
  const cockpit = host.shadowRoot.querySelector(".screen");
  const u = Math.min(innerWidth / (innerWidth / innerHeight >= 2.5 ? 3840 : 1920), innerHeight / 1080);
  const scene = cockpit.querySelector(".scene.on") ;
  const shown = (n) => { const s = getComputedStyle(n); return s.display !== "none" && s.visibility !== "hidden" && n.getClientRects().length; };
  const problems = [];
  let smallest = 1e9;
  for (const part of [cockpit.querySelector(".top"), scene, cockpit.querySelector(".bottom")]) {
    for (const n of part.querySelectorAll("*")) {
      if (!shown(n)) continue;
      const text = [...n.childNodes].filter((c) => c.nodeType === 3 && c.textContent.trim()).map((c) => c.textContent.trim()).join(" ");
      if (!text) continue;
      let size = parseFloat(getComputedStyle(n).fontSize);
      if (n.ownerSVGElement) { const m = n.getScreenCTM(); size *= m.a; }
      if (size < smallest) smallest = size;
      if (size < 26 * u - 0.3) problems.push(`small ${size.toFixed(1)} < ${(26*u).toFixed(1)}: ${text}`);
      const r = n.getBoundingClientRect();
      if (r.left < -1 || r.top < -1 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1) problems.push(`off screen: ${text}`);
      const box = n.closest(".panel");
      if (box) {
        const b = box.getBoundingClientRect();
        const hidden = n.closest(".aside") || n.closest(".legend");
        if (!hidden && (r.left < b.left - 1 || r.right > b.right + 1 || r.bottom > b.bottom + 1)) problems.push(`out of its panel: ${text} ${Math.round(r.right-b.right)} ${Math.round(r.bottom-b.bottom)}`);
        
      }
      // Letters cut at the foot. A line box may be lower than its letters' boxes, by less than a third of them; what has no room at all is
      // left out whole.
      const words = document.createRange();
      words.selectNodeContents(n);
      const ink = words.getBoundingClientRect();
      // What ends in an ellipsis after some lines says so.
      const clamped = getComputedStyle(n).webkitLineClamp !== "none";
      for (let outer = n; outer !== part && !clamped; outer = outer.parentElement) {
        if (getComputedStyle(outer).overflowY === "visible") continue;
        const edge = outer.getBoundingClientRect();
        const seen = edge.bottom - ink.top > 0.5 * size;
        if (seen && ink.bottom - edge.bottom > size / 3) problems.push(`cut at its foot: ${text}`);
      }
      // English words may be longer than their place and end in an ellipsis; Chinese ones fit.
      const shortened = cockpit.lang === "en" && getComputedStyle(n).textOverflow === "ellipsis";
      if (!n.ownerSVGElement && !shortened && n.scrollWidth > n.clientWidth + 2 && n.clientWidth > 0) problems.push(`cut: ${text} ${n.scrollWidth}>${n.clientWidth}`);
    }
  }
  for (const p of scene.querySelectorAll(".panel")) if (shown(p) && (p.scrollHeight > p.clientHeight + 2 || p.scrollWidth > p.clientWidth + 2)) problems.push(`panel overflows ${p.className} ${p.scrollWidth}/${p.clientWidth} ${p.scrollHeight}/${p.clientHeight}`);
  const texts = [...scene.querySelectorAll(".panel")].filter(shown);
  for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
    const a = texts[i].getBoundingClientRect(), b = texts[j].getBoundingClientRect();
    if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2) problems.push(`panels overlap ${texts[i].className} ${texts[j].className}`);
  }
  const [last, status] = [cockpit.querySelector(".dots li:last-child"), cockpit.querySelector(".status")];
  if (last && status.textContent && last.getBoundingClientRect().right > status.getBoundingClientRect().left) problems.push("page dots upon the status");
  const d = document.scrollingElement;
  if (d.scrollHeight > innerHeight || d.scrollWidth > innerWidth) problems.push(`page scrolls ${d.scrollWidth}x${d.scrollHeight}`);
  return { scene: scene.dataset.scene, smallest: smallest / u, problems };
}
