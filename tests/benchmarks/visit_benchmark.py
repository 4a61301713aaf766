"""What a reader waits for on every page in headless Chromium, as JSON with the load of the machine.

    python -m tests.benchmarks.visit_benchmark [--page performance …] [--server http://127.0.0.1:8501] [--times 3] [--mbit 20]

By page three ways to come: ``cold`` (a browser that was never here), ``warm`` (a reader's own browser, which was here before: the
program's files, and what it has compiled of them, lie on its disk) and ``switch`` (a click in the navigation of an open page).
Milliseconds are medians, from the start of the navigation or from the click: ``first_message`` of the socket, ``first_picture`` (a chart,
map, board, strip or table of the page is painted) and ``settled`` (the last change of the page). Beside them what came: ``messages`` and
their ``bytes`` on the socket, ``elements`` among them, ``nodes`` of the page when it is done, ``files`` and ``file_bytes`` over the
network. ``--mbit`` slows the network down to that many Mbit/s.

Figures to reach on two quiet cores (issue 23): first picture ≤ 1,000 ms cold and ≤ 700 warm, settled ≤ 1,600, switch ≤ 350.
"""

import argparse
import base64
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.topics import PAGES
from dashboard.topics import Page as Topic
from tests.browser.server import Visit, launched, launched_on, processor_seconds, running_app

_WATCH = """
(() => {
  const seen = window.__visit = { start: 0, message: null, picture: null, change: null, frames: [] };
  const words = '[class*="st-key-head_"], [class*="st-key-foot_"], [class*="st-key-attention_"], [class*="st-key-facts_"]';
  const drawn = (host) => host.shadowRoot && !host.closest(words) && host.shadowRoot.querySelector('svg > *, table td, .card');
  const found = () => {
    const main = document.querySelector('[data-testid="stMain"]');
    if (!main || main.querySelector('[data-stale="true"]')) return false;
    if (main.querySelector('svg.main-svg, canvas, [data-testid="stTable"], .stHtml svg, .stHtml table')) return true;
    return [...main.querySelectorAll('[data-testid^="stBidi"]')].some(drawn);
  };
  const look = () => {
    if (seen.message !== null && found()) requestAnimationFrame(() => { seen.picture = performance.now() - seen.start; });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.__again = () => {
    Object.assign(seen, { start: performance.now(), message: null, picture: null, change: null, frames: [] });
    requestAnimationFrame(look);
  };
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        seen.message ??= performance.now() - seen.start;
        seen.frames.push(data);
      });
    }
  };
  document.addEventListener('DOMContentLoaded', () => {
    const changes = new MutationObserver(() => { seen.change = performance.now() - seen.start; });
    changes.observe(document.body, { childList: true, subtree: true });
  });
})();
"""
_FRAMES = """async () => Promise.all(window.__visit.frames.map(async (frame) => {
  const bytes = new Uint8Array(frame instanceof Blob ? await frame.arrayBuffer() : frame);
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}))"""
_FILES = """() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
  .filter((each) => each.transferSize > 0).map((each) => each.transferSize)"""
_PATIENCE = 150_000
_REST = 0.1


def _counted(page: Page) -> dict[str, int]:
    """Return what came over the socket of a page; it is read when the page is done, so that counting takes none of the time."""
    found = {"messages": 0, "elements": 0, "bytes": 0}
    for frame in page.evaluate(_FRAMES):
        content = base64.b64decode(frame)
        message = ForwardMsg()
        message.ParseFromString(content)
        found["messages"] += 1
        found["bytes"] += len(content)
        found["elements"] += message.WhichOneof("type") == "delta" and message.delta.WhichOneof("type") == "new_element"
    return found


def _told(visit: Visit) -> dict[str, float]:
    visit.settle()
    seen = visit.page.evaluate("() => window.__visit")
    files = visit.page.evaluate(_FILES)
    nodes = visit.page.evaluate("() => document.querySelectorAll('*').length")
    times = {"first_message": seen["message"], "first_picture": seen["picture"], "settled": seen["change"]}
    return {name: value for name, value in times.items() if value} | _counted(visit.page) | {
        "nodes": nodes, "files": len(files), "file_bytes": sum(files),
    }  # fmt: skip


_BEFORE = 3
"""Visits after which a browser has compiled the program's files for good."""


def _visited(
    browser: Browser | None, address: str, entry: Topic, mbit: float | None, context: BrowserContext | None = None
) -> tuple[dict[str, float], Visit]:
    visit = Visit(browser, context=context)
    if mbit is not None:
        network = visit.context.new_cdp_session(visit.page)
        speed = mbit * 1_000_000 / 8
        network.send("Network.enable")
        network.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 5, "downloadThroughput": speed, "uploadThroughput": speed},
        )
    visit.page.add_init_script(_WATCH)
    visit.open(f"{address}{_path(entry)}")
    return _told(visit), visit


def _path(entry: Topic) -> str:
    """Return where a page lies: the first one at the root, where another address would open a window that says so."""
    return "/" if entry is PAGES[0] else f"/{entry.name}"


def _switched(browser: Browser, address: str, entry: Topic) -> dict[str, float] | None:
    """Return what a click in the navigation of another page takes; None where no link leads."""
    visit = Visit(browser)
    visit.page.add_init_script(_WATCH)
    page = visit.open(f"{address}{_path(entry)}")  # the scripts of the page are there, as for a reader who comes back to it
    links = page.get_by_test_id("stSidebarNavLink")
    link = links.filter(has_text=entry.title).first
    if not link.count() or not link.is_visible():
        visit.close()
        return None
    links.filter(has_not_text=entry.title).first.click(timeout=_PATIENCE)
    visit.settle()
    page.evaluate("() => performance.clearResourceTimings()")
    page.evaluate("() => window.__again()")
    link.click(timeout=_PATIENCE)
    told = _told(visit)
    visit.close()
    return told


def rested(address: str) -> None:
    """Wait until a server that was just started has made its answers: its processor rests for a second."""
    while True:
        before = processor_seconds(address)
        time.sleep(1)
        if processor_seconds(address) - before < _REST:
            return


def medians(runs: Sequence[dict[str, float]]) -> dict[str, int]:
    """Return the median of each figure of ``runs``, rounded."""
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: round(statistics.median([run[name] for run in runs if name in run])) for name in names}


def measured(browser: Browser, own: BrowserContext, address: str, entry: Topic, times: int, mbit: float | None) -> dict[str, Any]:
    """Return the three ways to come to one page, each ``times`` times; ``own`` is the reader's browser of ``warm``."""
    cold, warm, switch = [], [], []
    for _time in range(_BEFORE):
        _visited(None, address, entry, None, own)[1].leave()
    for _time in range(times):
        told, visit = _visited(browser, address, entry, mbit)
        cold.append(told)
        visit.close()
        told, again = _visited(None, address, entry, mbit, own)
        warm.append(told)
        again.leave()
        moved = _switched(browser, address, entry)
        if moved:
            switch.append(moved)
    return {"cold": medians(cold), "warm": medians(warm), "switch": medians(switch)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what a reader waits for on every page.")
    names = [page.name for page in PAGES if page.right != "people"]
    parser.add_argument("--page", nargs="*", choices=names, default=names, help="names of pages; without it all")
    parser.add_argument("--server", help="address of a running app; without it one is started")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--mbit", type=float, help="speed of the network")
    options = parser.parse_args()
    app = nullcontext(options.server) if options.server else running_app()
    with tempfile.TemporaryDirectory() as folder, app as address, sync_playwright() as playwright:
        browser, own = launched(playwright), launched_on(playwright, folder)
        if not options.server:
            rested(address)
        before = os.getloadavg()[0]
        asked = [page for page in PAGES if page.name in options.page]
        found = {page.name: measured(browser, own, address, page, options.times, options.mbit) for page in asked}
        load = {"load_before": round(before, 1), "load_after": round(os.getloadavg()[0], 1), "mbit": options.mbit}
        print(json.dumps(load | found, indent=2))
        own.close()
        browser.close()


if __name__ == "__main__":
    main()
