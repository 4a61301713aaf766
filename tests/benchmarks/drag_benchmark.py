"""A slider under a moving hand in headless Chromium, as JSON with the load of the machine.

    python -m tests.benchmarks.drag_benchmark [--page insurance …] [--server http://127.0.0.1:8501] [--moves 300] [--releases 20]

By page ``drag``: the slider is moved once a frame, ``repaints_a_second`` of the board meanwhile, ``edits`` sent, ``late_edits`` sent after
the hand rests (more than two would be a backlog), ``lag_ms`` from the last move to the last repaint, and how the page's ``nodes`` grew.
``release``: single steps, medians of the way of one edit: ``told`` (the edit is sent),
``painted`` (the board is), ``settled`` (the last message of the run is there), with ``messages`` and ``bytes`` of a run.

Figures to reach on two quiet cores (issue 23): ≥ 8 repaints a second, no backlog; painted p50 ≤ 70 ms, p95 ≤ 100 ms.
"""

import argparse
import json
import os
import statistics
from contextlib import nullcontext
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.slider_benchmark import percentile
from tests.browser.server import Visit, launched, running_app

SLIDERS = {
    "insurance": ("board_results", '.st-key-insurance_panel input[type="range"]'),
    "fiscal": ("board_fiscal", '.st-key-fiscal_panel input[type="range"]'),
    "performance": ("board_performance_ranking", "#dimension_visits"),
}
"""By page the place whose drawing follows, and the slider that is moved."""
_SOCKET = """
(() => {
  const told = window.__told = { sent: [], got: [] };
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', (event) => {
        told.got.push({ at: performance.now(), bytes: event.data.byteLength ?? event.data.size ?? 0 });
      });
    }
    send(data) { told.sent.push(performance.now()); return super.send(data); }
  };
})();
"""
_WATCH = """
(place) => {
  const hosts = [...document.querySelectorAll(`[class*="st-key-${place}"] *`)].filter((node) => node.shadowRoot);
  window.__painted = [];
  let asked = false;
  const changed = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; window.__painted.push(performance.now()); });
  };
  for (const host of hosts) new MutationObserver(changed).observe(host.shadowRoot, { childList: true, subtree: true });
  return hosts.length;
}
"""
_DRAG = """
([slider, moves]) => new Promise((done) => {
  Object.assign(window.__told, { sent: [], got: [] });
  window.__painted = [];
  const lower = Number(slider.min), step = Number(slider.step), steps = Math.max(2, Math.round((Number(slider.max) - lower) / step));
  const start = performance.now();
  slider.focus();
  slider.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, composed: true }));
  let move = 0;
  const next = () => {
    const at = move % (2 * steps);
    slider.value = String(lower + step * (at < steps ? at : 2 * steps - at));
    slider.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    move += 1;
    if (move < moves) requestAnimationFrame(next);
    else {
      slider.dispatchEvent(new Event('change', { bubbles: true, composed: true }));
      done({ start, end: performance.now() });
    }
  };
  next();
})
"""
_STEP = """
(slider) => {
  Object.assign(window.__told, { sent: [], got: [] });
  window.__painted = [];
  slider.addEventListener('change', () => { window.__started = performance.now(); }, { capture: true, once: true });
}
"""
_SEEN = "() => ({ painted: window.__painted, sent: window.__told.sent, got: window.__told.got.map(({ at, bytes }) => [at, bytes]) })"


def dragged(visit: Visit, selector: str, moves: int) -> dict[str, float]:
    """Move the slider ``moves`` times, once a frame, and tell what followed."""
    page = visit.page
    slider = page.locator(selector).first
    before = page.evaluate("() => document.querySelectorAll('*').length")
    hand = page.evaluate(_DRAG, [slider.element_handle(), moves])
    visit.settle()
    seen = page.evaluate(_SEEN)
    seconds = (hand["end"] - hand["start"]) / 1000
    meanwhile = [at for at in seen["painted"] if at <= hand["end"]]
    return {
        "seconds": round(seconds, 1),
        "repaints_a_second": round(len(meanwhile) / seconds, 1),
        "edits": len(seen["sent"]),
        "late_edits": sum(at > hand["end"] for at in seen["sent"]),
        "lag_ms": round(max(seen["painted"], default=hand["end"]) - hand["end"]),
        "bytes": sum(size for _at, size in seen["got"]),
        "nodes_grown": page.evaluate("() => document.querySelectorAll('*').length") - before,
    }


def stepped(visit: Visit, selector: str, count: int) -> dict[str, float]:
    """Release the slider ``count`` times one step further, and tell the way of an edit in medians."""
    page = visit.page
    slider = page.locator(selector).first
    slider.focus()
    ways: dict[str, list[float]] = {name: [] for name in ("told", "painted", "settled", "messages", "bytes")}
    for number in range(count):
        slider.evaluate(_STEP)
        slider.press("ArrowRight" if number % 20 < 10 else "ArrowLeft")
        page.wait_for_function("() => window.__painted.length > 0", timeout=30_000)
        visit.settle()
        start, seen = page.evaluate("() => window.__started"), page.evaluate(_SEEN)
        ways["told"].append(seen["sent"][0] - start)
        ways["painted"].append(seen["painted"][0] - start)
        ways["settled"].append(seen["got"][-1][0] - start)
        ways["messages"].append(len(seen["got"]))
        ways["bytes"].append(sum(size for _at, size in seen["got"]))
    return {name: round(statistics.median(values)) for name, values in ways.items()} | {"painted_p95": percentile(ways["painted"], 0.95)}


def measured(page: Page, visit: Visit, name: str, moves: int, releases: int) -> dict[str, Any]:
    """Return both parts for one page."""
    place, selector = SLIDERS[name]
    if not page.evaluate(_WATCH, place):
        raise RuntimeError(f"nothing to watch on {name}")
    return {"release": stepped(visit, selector, releases), "drag": dragged(visit, selector, moves)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what follows a slider under a moving hand.")
    parser.add_argument("--page", nargs="*", choices=list(SLIDERS), default=list(SLIDERS))
    parser.add_argument("--server", help="address of a running app; without it one is started")
    parser.add_argument("--moves", type=int, default=300)
    parser.add_argument("--releases", type=int, default=20)
    options = parser.parse_args()
    found: dict[str, Any] = {"load_before": round(os.getloadavg()[0], 1)}
    with nullcontext(options.server) if options.server else running_app() as address, sync_playwright() as playwright:
        browser = launched(playwright)
        for name in options.page:
            visit = Visit(browser)
            visit.page.add_init_script(_SOCKET)
            page = visit.open(f"{address}/{name}")
            found[name] = measured(page, visit, name, options.moves, options.releases)
            visit.close()
        browser.close()
    print(json.dumps(found | {"load_after": round(os.getloadavg()[0], 1)}, indent=2))


if __name__ == "__main__":
    main()
