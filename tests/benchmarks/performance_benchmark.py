"""Time the performance page and print JSON: ``python -m tests.benchmarks.performance_benchmark [--browser]``.

Uses the reporting database of the settings. ``--browser`` moves a weight in Chromium and measures key press to repainted ranking.
"""

import argparse
import json
import os
import time
from collections.abc import Callable

import numpy as np
from playwright.sync_api import sync_playwright

from dashboard.catalogue.performance import delivered_schemes
from dashboard.services.common.database import open_database
from dashboard.services.common.filters import filter_options
from dashboard.services.performance.answer import compare_methods, needed_ids, rank, score_inputs
from tests.benchmarks.scoring_benchmark import milliseconds
from tests.browser.server import Visit, launched, running_app

MOVES = 40
SCHEME = "zhejiang_2018_eight_groups"
# Resolves with the milliseconds from the key press until the drawing of the ranking has changed and was painted.
WATCH = """
() => {
  const drawn = () => {
    const host = [...document.querySelectorAll('[class*="st-key-board_performance_ranking"] *')].find((node) => node.shadowRoot);
    return host?.shadowRoot.querySelector('svg')?.innerHTML;
  };
  const before = drawn();
  window.repainted = new Promise(resolve => {
    const start = performance.now();
    const look = () => {
      const now = drawn();
      if (now && now !== before) requestAnimationFrame(() => resolve(performance.now() - start));
      else if (performance.now() - start > 5000) resolve(null);
      else requestAnimationFrame(look);
    };
    look();
  });
}
"""


def _services() -> dict[str, dict[str, float]]:
    database = open_database()
    default = filter_options(database).default()
    assert default is not None
    scheme = delivered_schemes()[SCHEME]
    start = time.perf_counter()
    inputs = score_inputs(database, default.period, needed_ids(scheme))
    cold = round((time.perf_counter() - start) * 1000, 1)
    ranking = rank(scheme, inputs)
    assert ranking is not None
    steps: dict[str, Callable[[], object]] = {
        "score and rank with 10,000 draws": lambda: rank(scheme, inputs),
        "other methods": lambda: compare_methods(ranking),
    }
    return {"inputs cold": {"best_ms": cold}} | {name: milliseconds(step) for name, step in steps.items()}


def _browser() -> dict[str, object]:
    with running_app() as address, sync_playwright() as playwright:
        browser = launched(playwright)
        opened = []
        for _visit in range(2):  # the first visit of a server computes what the second finds in the cache
            visit = Visit(browser, width=1920, height=1080)
            start = time.perf_counter()
            page = visit.open(f"{address}/performance")
            page.locator("#dimension_visits").wait_for()
            opened.append(round((time.perf_counter() - start) * 1000))
        slider = page.locator("#dimension_visits")
        slider.focus()
        taken = []
        for move in range(MOVES):
            page.evaluate(WATCH)
            page.keyboard.press("ArrowRight" if move % 20 < 10 else "ArrowLeft")
            milliseconds_taken = page.evaluate("() => window.repainted")
            if milliseconds_taken is not None:
                taken.append(float(milliseconds_taken))
            visit.settle()
        browser.close()
    return {
        "first and second visit ms, settled": opened,
        "moves": len(taken),
        "p50_ms": round(float(np.percentile(taken, 50))),
        "p95_ms": round(float(np.percentile(taken, 95))),
    }


def main() -> None:
    """Print one JSON object: what was run and how long it took, with the load of the machine beside it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--browser", action="store_true")
    results: dict[str, object] = dict(_services())
    if parser.parse_args().browser:
        results["weight moved to repainted ranking"] = _browser()
    results["load average"] = os.getloadavg()
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
