"""Print as JSON what each view of 床位与设备 costs the server: ``python -m tests.benchmarks.utilisation_benchmark``.

Cold is a process with imports and database ready and every answer still to be computed, one view at a time; warm is the same view again.
Measured through Streamlit's AppTest on the database of REPORTING_DATABASE_URL: the whole script, without network and browser.
"""

import json
import statistics
import time
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.settings import PROJECT
from dashboard.ui.frame.warm import warm
from dashboard.ui.utilisation.page import SECTIONS

ROUNDS = 9
PAGE = str(Path("..") / "pages" / "utilisation.py")


def _seconds(app: AppTest) -> tuple[float, float]:
    """Return wall time and processor time of one run; on a busy machine only the second tells what the page costs."""
    wall, processor = time.perf_counter(), time.process_time()
    app.run()
    elapsed = time.perf_counter() - wall, time.process_time() - processor
    assert not app.error, app.error
    return elapsed


def _opened(view: str) -> AppTest:
    """Return the app ready to run the page with this view and the last twelve months."""
    app = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=120)
    app.query_params["use"] = view
    app.query_params["grain"] = "rolling12"
    return app.switch_page(PAGE)


def measured() -> dict[str, dict[str, int]]:
    """Return cold and warm times of every view in milliseconds."""
    warm()
    _opened("beds").run()
    result = {}
    for view in SECTIONS.labels:
        st.cache_resource.clear()
        st.cache_data.clear()
        app = _opened(view)
        cold = _seconds(app)
        runs = [_seconds(app) for _ in range(ROUNDS)]
        wall, processor = ([run[which] * 1000 for run in runs] for which in (0, 1))
        result[view] = {
            "cold_ms": round(cold[0] * 1000),
            "cold_processor_ms": round(cold[1] * 1000),
            "warm_median_ms": round(statistics.median(wall)),
            "warm_processor_ms": round(statistics.median(processor)),
        }
    return result


if __name__ == "__main__":
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[:2]
    print(json.dumps({"load_average": load, **measured()}, indent=2, ensure_ascii=False))
