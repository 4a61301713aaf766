"""Slider release to repainted results of both what-if pages in headless Chromium, as JSON.

    python -m tests.benchmarks.slider_benchmark [--page insurance|fiscal] [--server http://127.0.0.1:8501] [--peer /tmp/peers]

``--peer`` names the folder into which ``tests/benchmarks/peers/requirements.txt`` was installed: the same insurance model with the same
blocks as a plain Dash page is then measured in the same run (issue 23: the product takes ≤ 0.9 of its time).

Figures to reach on two cores, from the slider's change event to the painted board (cards, charts, tornado and scenario table are one
component, drawn together): insurance p50 ≤ 150 ms, p95 ≤ 300 ms (issue 6); fiscal p50 ≤ 100 ms, p95 ≤ 200 ms (issue 17). A busy machine is
slower: the load is printed with the figures.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.server import Visit, is_healthy, launched, running_app
from tests.loopback import free_port

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
_WATCH_PEER = """
(slider) => {
  const seen = window.__peer = { start: 0, last: null };
  const changed = () => requestAnimationFrame(() => { seen.last = performance.now(); });
  const all = { childList: true, subtree: true, attributes: true, characterData: true };
  new MutationObserver(changed).observe(document.querySelector('#board'), all);
  slider.addEventListener('input', () => Object.assign(seen, { start: performance.now(), last: null }), true);
  slider.focus();
}
"""
_PEER_RESTS = "() => window.__peer.last !== null && performance.now() - window.__peer.last > 300"
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
    return summary(before, times)


def peer_releases(page: Page, count: int) -> list[float]:
    """Return the same for the peer page, whose blocks are drawn one after the other: until the last of them is painted."""
    page.wait_for_selector("#scenarios td")
    page.wait_for_timeout(1500)
    slider = page.locator("#slider input, input#slider").first
    slider.evaluate(_WATCH_PEER)
    found = []
    for number in range(count):
        slider.press("ArrowRight" if number % 20 < 10 else "ArrowLeft")
        page.wait_for_function(_PEER_RESTS, timeout=20_000)
        found.append(float(page.evaluate("() => window.__peer.last - window.__peer.start")))
    return found


def summary(before: float, times: list[float]) -> dict[str, Any]:
    """Return p50 and p95 of ``times`` with the load of the machine ``before`` and now."""
    return {
        "load_before": round(before, 1),
        "load_after": round(os.getloadavg()[0], 1),
        "releases": len(times),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": percentile(times, 0.95),
    }


@contextmanager
def running_peer(folder: str) -> Iterator[str]:
    """Start the peer page with what lies in ``folder``, in a process that has imported nothing of ours yet, and yield its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.peers.insurance_dash", "--port", str(port)],
        env={**os.environ, "PYTHONPATH": folder}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        while not is_healthy(address):
            if process.poll() is not None:
                raise RuntimeError(f"the peer page did not start; is Dash in {folder}?")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def peer_measured(browser: Browser, folder: str, count: int) -> dict[str, Any]:
    """Start the peer page with what lies in ``folder`` and measure it."""
    before = os.getloadavg()[0]
    with running_peer(folder) as address:
        page = Visit(browser).page
        page.goto(address)
        return summary(before, peer_releases(page, count))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure slider release to repainted results.")
    parser.add_argument("--page", choices=list(BOARDS), help="one page; without it both")
    parser.add_argument("--server", help="address of a running app; without it one is started")
    parser.add_argument("--releases", type=int, default=40)
    parser.add_argument("--peer", help="folder with Dash; the peer page is then measured too")
    options = parser.parse_args()
    with nullcontext(options.server) if options.server else running_app() as address, sync_playwright() as playwright:
        browser = launched(playwright)
        names = [options.page] if options.page else list(BOARDS)
        found = {name: measured(Visit(browser), address, name, options.releases) for name in names}
        if options.peer:
            found["peer"] = peer_measured(browser, options.peer, options.releases)
        print(json.dumps(found, indent=2))
        browser.close()


if __name__ == "__main__":
    main()
