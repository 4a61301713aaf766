"""Print as JSON how fast 转诊流向 is: ``python -m tests.benchmarks.referrals_benchmark``.

On the database of REPORTING_DATABASE_URL: server time of the page, cold (nothing cached) and warm, in seconds of wall clock and of
CPU; bytes of the map; in Chromium from a click on a filter to the changed map. On a county made here with 12,000 flows: from the
click that asks for 10,000 arcs to their picture. Times in the browser are from the release of the mouse to the presentation of
the frame with the map's last drawing, as Chromium's own trace tells them: no picture is taken meanwhile, which would cost what is measured.
"""

import json
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Page, sync_playwright
from streamlit.testing.v1 import AppTest

from dashboard.settings import PROJECT, settings
from dashboard.store.importing.loader import load_package
from tests.browser.server import Visit, launched, running_app

ROUNDS = 5
TOWNS, HOSPITALS = 100, 120
WIDTH, HEIGHT = 1920, 1080


def _seconds(action: Callable[[], object]) -> dict[str, float]:
    wall, work = time.perf_counter(), time.process_time()
    action()
    return {"wall": round(time.perf_counter() - wall, 3), "cpu": round(time.process_time() - work, 3)}


def server_time(view: str) -> dict[str, object]:
    """Return the server's seconds for the page with ``view``, first and then again, and the bytes of its map."""
    app = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=120)
    app.query_params["grain"], app.query_params["flow"] = "ytd", view
    app.run()  # the Overview: imports and what every page shares
    cold = _seconds(lambda: app.switch_page(str(Path("..") / "pages" / "referrals.py")).run())
    warm = [_seconds(app.run) for _round in range(ROUNDS)]
    medians = {name: round(statistics.median(each[name] for each in warm), 3) for name in ("wall", "cpu")}
    return {"cold": cold, "warm_median": medians, "map_bytes": len(app.get("deck_gl_json_chart")[0].proto.json.encode())}


class Trace:
    """Chromium's own trace of its frames: when the mouse was released, when the map was drawn, when that drawing was on the screen."""

    _MARKS = """(() => {
        for (const name of ["drawArraysInstanced", "drawElementsInstanced"]) {
            const draw = WebGL2RenderingContext.prototype[name];
            WebGL2RenderingContext.prototype[name] = function (...given) {
                performance.mark("map-drawn");
                return draw.apply(this, given);
            };
        }
        document.addEventListener("pointerup", () => performance.mark("released"), true);
    })()"""
    _CATEGORIES = ("blink.user_timing", "cc", "benchmark")

    def __init__(self, page: Page) -> None:
        browser = page.context.browser
        if browser is None:
            raise RuntimeError("the page has no browser of its own")
        self._page, self._events, self._ended = page, list[dict[str, Any]](), False
        page.context.add_init_script(self._MARKS)
        self._wire = browser.new_browser_cdp_session()
        self._wire.on("Tracing.dataCollected", lambda part: self._events.extend(part["value"]))
        self._wire.on("Tracing.tracingComplete", lambda _part: setattr(self, "_ended", True))

    def until_shown(self, click: Callable[[], object], watched_seconds: float = 4) -> float:
        """Return the seconds from the release of the mouse in ``click`` until the map's last drawing stood on the screen."""
        self._events.clear()
        self._ended = False
        self._wire.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": {"includedCategories": list(self._CATEGORIES)}})
        self._page.wait_for_timeout(200)
        click()
        self._page.wait_for_timeout(1000 * watched_seconds)
        self._wire.send("Tracing.end")
        while not self._ended:
            self._page.wait_for_timeout(50)
        released = min(event["ts"] for event in self._events if event["name"] == "released")
        drawn = max(event["ts"] for event in self._events if event["name"] == "map-drawn")
        if drawn < released:
            raise RuntimeError("the map was not drawn again")
        # The first frame under way when the map was drawn that was shown whole: the map is in it.
        shown = min(end for begin, end in self._frames() if begin <= drawn <= end)
        return round((shown - released) / 1e6, 3)

    def _frames(self) -> list[tuple[int, int]]:
        """Return begin and presentation (microseconds) of every frame that was shown with what the page had drawn for it."""
        begun: dict[tuple[int, str], int] = {}
        frames = []
        for event in sorted((each for each in self._events if each["name"] == "PipelineReporter"), key=lambda each: each["ts"]):
            key = (event["pid"], event["id2"]["local"])
            if event["ph"] == "e":
                if key in begun:
                    frames.append((begun.pop(key), event["ts"]))
            elif event["args"]["frame_reporter"]["state"] == "STATE_PRESENTED_ALL":
                begun[key] = event["ts"]
        return frames


def _choose(page: Page, key: str, label: str) -> Callable[[], object]:
    page.locator(f".st-key-{key} [data-testid='stSelectbox'] input").click()
    option = page.get_by_role("option", name=label)
    option.wait_for()
    page.wait_for_timeout(400)  # the list has opened
    return option.click


def browser_times(url: str | None, key: str, labels: list[str], query: str) -> list[float]:
    """Return for each of ``labels``, chosen one after the other in the select box ``key``, the seconds to the changed map."""
    with running_app(url) as address, sync_playwright() as playwright:
        browser = launched(playwright)
        visit = Visit(browser, width=WIDTH, height=HEIGHT)
        trace = Trace(visit.page)
        page = visit.open(f"{address}/referrals?{query}")
        page.wait_for_timeout(4000)
        times = [trace.until_shown(_choose(page, key, label)) for label in labels]
        browser.close()
    return times


def large_county(folder: Path) -> str:
    """Write a county of 100 towns and 120 hospitals with a flow between each of them; return its URL."""
    random = np.random.default_rng(7)
    towns = pd.DataFrame({"town_code": [f"T{n:03}" for n in range(TOWNS)], "name": [f"镇{n}" for n in range(TOWNS)]})
    hospitals = pd.DataFrame({"institution_code": [f"H{n:03}" for n in range(HOSPITALS)], "name": [f"医院{n}" for n in range(HOSPITALS)]})
    for table in (towns, hospitals):
        table["longitude"], table["latitude"] = random.uniform(119.7, 120.4, len(table)), random.uniform(30.1, 30.6, len(table))
    hospitals = hospitals.assign(kind="general_hospital", in_county=True)
    pairs = pd.MultiIndex.from_product([towns["town_code"], hospitals["institution_code"]], names=["town_code", "institution_code"])
    claims = pairs.to_frame(index=False).assign(
        scheme="resident", service_kind="inpatient", disease_group_code="ALL", month="2025-01-01",
        encounters=random.integers(5, 500, len(pairs)), total_cost=1000, fund_paid=500, patient_paid=500,
    )  # fmt: skip
    groups = pd.DataFrame({"disease_group_code": ["ALL"], "name": ["全部"], "kind": ["medical"]})
    package = folder / "package"
    package.mkdir()
    (package / "package.yaml").write_text("name: large\ndata_kind: county\ncoordinate_system: WGS-84\n", encoding="utf-8")
    for name, table in {"dim_town": towns, "dim_institution": hospitals, "dim_disease_group": groups, "fact_claim": claims}.items():
        table.to_csv(package / f"{name}.csv", index=False)
    url = f"duckdb:///{folder / 'large.duckdb'}"
    report = load_package(package, url)
    if not report.accepted:
        raise RuntimeError(str(report.findings[:3]))
    return url


def main() -> None:
    """Measure everything and print it with the machine's load."""
    logging.disable(logging.WARNING)
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        large = large_county(Path(folder))
        results = {
            "load_before": [round(each, 1) for each in load],
            "cores": os.cpu_count(),
            "server": {view: server_time(view) for view in ("referrals", "claims")},
            "filter_click_to_map_seconds": browser_times(None, "direction", ["下转", "上转", "县域外", "全部方向"], "grain=ytd"),
            "ten_thousand_arcs_seconds": browser_times(large, "arcs", ["最多 10,000 条"], "month=2025-01"),
            "load_after": [round(each, 1) for each in os.getloadavg()],
        }
    results["database"] = settings().reporting_database_url
    print(json.dumps(results, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
