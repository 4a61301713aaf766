"""An accelerated day of the cockpit: ``python -m tests.benchmarks.cockpit_soak --minutes 15 --folder SCRATCH``. Prints one JSON object.

A real browser shows the cockpit of a copy of the settings' database; scenes turn every few seconds. In turn, again and again: a new load is
swapped in, the database is moved away and put back, the server is stopped and started. Memory is read before each event: server RSS;
in the browser the JavaScript heap after a collection, the DOM nodes, and the RSS of its renderer processes. Not one of ``*_benchmark.py``:
it takes a quarter of an hour.
"""

import argparse
import contextlib
import datetime
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from dashboard.settings import settings
from dashboard.store.engine import duckdb_file, writing_engine
from dashboard.store.schema import meta_load
from tests.browser.cockpit_page import Server, cockpit_state, wait_for, write_plan
from tests.browser.server import Visit, launched, process_of

_TURN_SECONDS, _CHECK_SECONDS = 3, 2
_PAUSE_SECONDS = 20
_AWAY_SECONDS = 15
_KIB_PER_MIB = 1024


def _rss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / _KIB_PER_MIB, 1)
    return 0.0


def _parents() -> dict[int, int]:
    """Return the parent of every process."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    return parents


def _renderers_mib() -> float:
    """Return the memory of the renderer processes of this run's own Chromium."""
    parents, total = _parents(), 0.0
    for pid in parents:
        above = pid
        while above in parents and above != os.getpid():
            above = parents[above]
        with contextlib.suppress(OSError):
            if above == os.getpid() and b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes():
                total += _rss_mib(pid)
    return round(total, 1)


class Soak:
    """One run: the server, the page, and what was measured."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.file = folder / "reporting.duckdb"
        source = duckdb_file(settings().reporting_database_url)
        assert source is not None
        shutil.copy(source, self.file)
        workspace = f"sqlite:///{folder / 'workspace.sqlite'}"
        write_plan(workspace, seconds=_TURN_SECONDS, check_seconds=_CHECK_SECONDS)
        self.server = Server(f"duckdb:///{self.file}", workspace, folder / "server.log")
        self.visit = Visit(browser, width=1920, height=1080, theme="dark")
        self.samples: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.loads = 1

    @property
    def page(self) -> Page:
        return self.visit.page

    def sample(self) -> None:
        """Read the memory of server and browser."""
        tool = self.visit.context.new_cdp_session(self.page)
        tool.send("HeapProfiler.collectGarbage")
        tool.send("Performance.enable")
        metrics = {metric["name"]: metric["value"] for metric in tool.send("Performance.getMetrics")["metrics"]}
        tool.detach()
        self.samples.append(
            {
                "minute": round((time.monotonic() - self.started) / 60, 1),
                "server_mib": _rss_mib(process_of(self.server.address)),
                "heap_mib": round(metrics["JSHeapUsedSize"] / 2**20, 1),
                "nodes": int(metrics["Nodes"]),
                "renderers_mib": _renderers_mib(),
                "restarts": sum(event["event"] == "server restarted" for event in self.events),
            }
        )

    def _event(self, name: str, act: Callable[[], None]) -> None:
        start = time.monotonic()
        act()
        self.events.append({"event": name, "recovered_seconds": round(time.monotonic() - start, 1)})
        print(self.samples[-1], self.events[-1], file=sys.stderr, flush=True)

    def new_load(self) -> None:
        """Swap in a copy of the file with a load more; wait until the cockpit says its time."""
        self.loads += 1
        copy = self.file.with_name("next.duckdb")
        shutil.copy(self.file, copy)
        engine = writing_engine(f"duckdb:///{copy}")
        loaded = datetime.datetime(2026, 1, 1 + self.loads % 28, 12, self.loads % 60, tzinfo=datetime.UTC).replace(tzinfo=None)
        with engine.begin() as connection:
            newest = connection.execute(select(meta_load).order_by(meta_load.c.load_id.desc()).limit(1)).mappings().one()
            connection.execute(meta_load.insert(), {**newest, "load_id": newest["load_id"] + 1, "loaded_at": loaded})
        engine.dispose()
        copy.replace(self.file)
        words = f"01-{1 + self.loads % 28:02d}"
        wait_for(self.page, lambda state: words in state["status"] and not state["interrupted"], 300)

    def database_away(self) -> None:
        """Move the file away, see the cockpit say so, put it back, see it recover."""
        aside = self.file.with_name("aside.duckdb")
        self.file.rename(aside)
        wait_for(self.page, lambda state: state["interrupted"], 180)
        self.page.wait_for_timeout(1000 * _AWAY_SECONDS)
        assert cockpit_state(self.page)["scene"]
        aside.rename(self.file)
        wait_for(self.page, lambda state: not state["interrupted"], 180)

    def restart(self) -> None:
        """Stop the server, see the cockpit say so, start it, see it recover by itself."""
        self.server.stop()
        wait_for(self.page, lambda state: state["interrupted"], 180)
        self.server.start()
        wait_for(self.page, lambda state: bool(state["scene"]) and not state["interrupted"] and ":" in state["status"], 300)

    def run(self, minutes: float) -> None:
        """Go through the events until the time is up."""
        self.server.start()
        self.visit.open(f"{self.server.address}/cockpit")
        wait_for(self.page, lambda state: bool(state["scene"]))
        self.started = time.monotonic()
        acts = (("new load", self.new_load), ("database away", self.database_away), ("new load", self.new_load),
                ("server restarted", self.restart))  # fmt: skip
        turn = 0
        while time.monotonic() - self.started < 60 * minutes:
            self.page.wait_for_timeout(1000 * _PAUSE_SECONDS)
            self.sample()
            self._event(*acts[turn % len(acts)])
            turn += 1
        self.page.wait_for_timeout(1000 * _PAUSE_SECONDS)
        self.sample()

    def figures(self) -> dict[str, Any]:
        """Return what the run showed."""
        seconds = {name: [event["recovered_seconds"] for event in self.events if event["event"] == name] for name in
                   ("new load", "database away", "server restarted")}  # fmt: skip
        return {
            "minutes": self.samples[-1]["minute"],
            "scene_turns": round(self.samples[-1]["minute"] * 60 / _TURN_SECONDS),
            "events": {name: {"times": len(each), "median_seconds": statistics.median(each)} for name, each in seconds.items() if each},
            "outside_requests": len(self.visit.outside),
            "samples": self.samples,
            "load_average": Path("/proc/loadavg").read_text(encoding="ascii").split()[:3],
        }


def main() -> None:
    """Run and print the figures."""
    parser = argparse.ArgumentParser(description="Accelerated soak of the cockpit.")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--folder", type=Path, required=True, help="empty scratch folder")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        soak = Soak(options.folder, browser)
        try:
            soak.run(options.minutes)
        finally:
            soak.server.stop()
            print(json.dumps(soak.figures() if soak.samples else {}, indent=2, ensure_ascii=False))
        browser.close()


if __name__ == "__main__":
    main()
