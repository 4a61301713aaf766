"""Slider release to repainted results of the insurance what-if in headless Chromium, as JSON.

    python -m tests.benchmarks.insurance_benchmark [--server http://127.0.0.1:8501] [--releases 40]

Figures to reach (issue 6): p50 ≤ 150 ms, p95 ≤ 300 ms on two cores, from the slider's change event to the painted result: cards, waterfall,
dumbbell, reasons, tornado and scenario table, which are one component and drawn together. A busy machine is slower: the load is printed
with the figures.
"""

import argparse
import json
import os
import statistics
from contextlib import nullcontext
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser.server import CHROMIUM, Visit, running_app

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
BOARDS = ("results",)


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of the values do not pass."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def releases(page: Page, count: int) -> list[dict[str, float]]:
    """Move the first slider ``count`` times, wait until everything is painted, return the milliseconds of each board."""
    page.wait_for_selector('[class*="st-key-board_results"]')
    page.wait_for_timeout(1500)
    page.evaluate(_WATCH)
    slider = page.locator('input[type="range"]').first
    slider.evaluate(_START)
    found = []
    for number in range(count):
        slider.press("ArrowRight" if number % 20 < 10 else "ArrowLeft")
        page.wait_for_function(f"() => {json.dumps(BOARDS)}.every((key) => key in window.__painted)", timeout=20_000)
        page.wait_for_timeout(250)
        found.append(dict(page.evaluate("() => window.__painted")))
    return found


def summary(times: list[dict[str, float]]) -> dict[str, Any]:
    """Return p50 and p95 of each board."""
    series = {name: [each[name] for each in times] for name in BOARDS}
    return {name: {"p50_ms": round(statistics.median(values), 1), "p95_ms": percentile(values, 0.95)} for name, values in series.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure slider release to repainted results.")
    parser.add_argument("--server", help="address of a running app; without it one is started")
    parser.add_argument("--releases", type=int, default=40)
    options = parser.parse_args()
    with nullcontext(options.server) if options.server else running_app() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        visit = Visit(browser)
        before = os.getloadavg()[0]
        times = releases(visit.open(f"{address}/insurance"), options.releases)
        print(
            json.dumps(
                {"load_before": round(before, 1), "load_after": round(os.getloadavg()[0], 1), "releases": len(times), **summary(times)},
                indent=2,
            )
        )
        browser.close()


if __name__ == "__main__":
    main()
