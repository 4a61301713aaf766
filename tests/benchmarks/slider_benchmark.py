"""Slider release to repainted results of both what-if pages in headless Chromium, as JSON.

    python -m tests.benchmarks.slider_benchmark [--page insurance|fiscal] [--server http://127.0.0.1:8501] [--releases 40]

Figures to reach on two cores, from the slider's change event to the painted board (cards, charts, tornado and scenario table are one
component, drawn together): insurance p50 ≤ 150 ms, p95 ≤ 300 ms (issue 6); fiscal p50 ≤ 100 ms, p95 ≤ 200 ms (issue 17). A busy machine is
slower: the load is printed with the figures.
"""

import argparse
import json
import os
import statistics
from contextlib import nullcontext
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser.server import Visit, launched, running_app

_WATCH = """
() => {
  const boards = () => [...document.querySelectorAll('[class*="st-key-board_"]')].map((holder) => {
    const find = (node) => { for (const child of node.querySelectorAll('*')) if (child.shadowRoot) return child.shadowRoot; return null; };
    return { key: [...holder.classList].find((name) => name.startsWith('st-key-board_')).slice(13), root: find(holder) };
  }).filter((board) => board.root);
  window.__painted = {};
  window.__started = 0;
  for (const board of boards()) {
    new MutationObserver(() => {
      requestAnimationFrame(() => { window.__painted[board.key] = performance.now() - window.__started; });
    }).observe(board.root, { childList: true, subtree: true });
  }
  return boards().map((board) => board.key);
}
"""
_START = """
(slider) => {
  slider.addEventListener('change', () => { window.__painted = {}; window.__started = performance.now(); }, true);
  slider.focus();
}
"""
BOARDS = {"insurance": "results", "fiscal": "fiscal"}
"""By page the board that a slider repaints."""


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of the values do not pass."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def releases(page: Page, board: str, count: int) -> list[float]:
    """Move the first slider ``count`` times, wait each time until ``board`` is painted, return the milliseconds."""
    page.wait_for_selector(f'[class*="st-key-board_{board}"]')
    page.wait_for_timeout(1500)
    page.evaluate(_WATCH)
    slider = page.locator('input[type="range"]').first
    slider.evaluate(_START)
    found = []
    for number in range(count):
        slider.press("ArrowRight" if number % 20 < 10 else "ArrowLeft")
        page.wait_for_function(f"() => {json.dumps(board)} in window.__painted", timeout=20_000)
        page.wait_for_timeout(250)
        found.append(float(page.evaluate(f"() => window.__painted[{json.dumps(board)}]")))
    return found


def measured(visit: Visit, address: str, name: str, count: int) -> dict[str, Any]:
    """Return p50 and p95 of one page with the load of the machine."""
    before = os.getloadavg()[0]
    times = releases(visit.open(f"{address}/{name}"), BOARDS[name], count)
    return {
        "load_before": round(before, 1),
        "load_after": round(os.getloadavg()[0], 1),
        "releases": len(times),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": percentile(times, 0.95),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure slider release to repainted results.")
    parser.add_argument("--page", choices=list(BOARDS), help="one page; without it both")
    parser.add_argument("--server", help="address of a running app; without it one is started")
    parser.add_argument("--releases", type=int, default=40)
    options = parser.parse_args()
    with nullcontext(options.server) if options.server else running_app() as address, sync_playwright() as playwright:
        browser = launched(playwright)
        names = [options.page] if options.page else list(BOARDS)
        print(json.dumps({name: measured(Visit(browser), address, name, options.releases) for name in names}, indent=2))
        browser.close()


if __name__ == "__main__":
    main()
