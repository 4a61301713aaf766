"""Print as JSON how fast 转诊流向 is: ``python -m tests.benchmarks.referrals_benchmark``.

On the database of REPORTING_DATABASE_URL: server time of the page, cold (nothing cached) and warm, in seconds of wall clock and of
CPU; bytes of the map; in Chromium from a click on a filter to the changed map. On a county made here with 12,000 flows: from the
click that asks for 10,000 arcs to their picture. A picture is taken about every 0.1 s: no time is exact below that.
"""

import hashlib
import json
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Page, sync_playwright
from streamlit.testing.v1 import AppTest

from dashboard.settings import PROJECT, settings
from dashboard.store.loader import load_package
from tests.browser.server import CHROMIUM, Visit, running_app

ROUNDS = 5
TOWNS, HOSPITALS = 100, 120
MAP = '[data-testid="stDeckGlJsonChart"]'


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


def _picture(page: Page) -> str:
    box = page.locator(MAP).bounding_box()
    clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]} if box else None
    return hashlib.sha256(page.screenshot(clip=clip)).hexdigest()  # type: ignore[arg-type]


def _until_changed(page: Page, click: Callable[[], object]) -> float:
    """Return the seconds from ``click`` to the last change of the map's picture (still for half a second)."""
    before = _picture(page)
    start = time.perf_counter()
    click()
    seen, changed = before, 0.0
    while time.perf_counter() - start < 20 and not (changed and time.perf_counter() - start - changed > 0.5):
        now = _picture(page)
        if now != seen:
            seen, changed = now, time.perf_counter() - start
    return round(changed, 2)


def _choose(page: Page, key: str, label: str) -> Callable[[], object]:
    page.locator(f".st-key-{key} [data-testid='stSelectbox'] input").click()
    option = page.get_by_role("option", name=label)
    option.wait_for()
    return option.click


def browser_times(url: str | None, key: str, labels: list[str], query: str) -> list[float]:
    """Return for each of ``labels``, chosen one after the other in the select box ``key``, the seconds to the changed map."""
    with running_app(url) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        visit = Visit(browser, width=1920, height=1080)
        page = visit.open(f"{address}/referrals?{query}")
        page.wait_for_timeout(4000)
        times = [_until_changed(page, _choose(page, key, label)) for label in labels]
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
