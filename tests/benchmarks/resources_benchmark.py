"""Print as JSON how long the sections of 资源配置 take on the database of REPORTING_DATABASE_URL.

    python -m tests.benchmarks.resources_benchmark

Times are whole script runs of the app (entry point, shell, page) in this process: ``cold`` with empty answer caches and the database
open, ``warm`` the median of further runs.
"""

import json
import statistics
import time
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.settings import PROJECT
from dashboard.ui.frame.warm import warm
from dashboard.ui.resources.page import SECTIONS

ROUNDS = 7


def _run(app: AppTest) -> float:
    start = time.perf_counter()
    app.run()
    return time.perf_counter() - start


def measured(section: str) -> dict[str, float]:
    """Return cold and warm seconds of one section."""
    app = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60)
    app.query_params["section"] = section
    app.run()
    app.switch_page(str(Path("..") / "pages" / "resources.py")).run()
    st.cache_resource.clear()
    cold = _run(app)
    return {"cold": round(cold, 3), "warm": round(statistics.median(_run(app) for _ in range(ROUNDS)), 3)}


if __name__ == "__main__":
    warm()
    print(json.dumps({section: measured(section) for section in SECTIONS.labels}, indent=2))
