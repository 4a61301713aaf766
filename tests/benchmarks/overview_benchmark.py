"""Print as JSON what a run of the Overview costs the server: ``python -m tests.benchmarks.overview_benchmark``.

Cold is a new process with its imports and database ready and every answer still to be computed; warm is the same page again.
Measured through Streamlit's AppTest on the database of REPORTING_DATABASE_URL: the whole script, without network and browser.
The ratio to the bare shell (an empty page in the same run) tells a slow machine from a slow page.
"""

import json
import statistics
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from dashboard.services.common.cache import forget_answers
from dashboard.settings import PROJECT
from dashboard.ui.frame.warm import warm

ROUNDS = 15


def _seconds(app: AppTest) -> float:
    start = time.perf_counter()
    app.run()
    elapsed = time.perf_counter() - start
    assert not app.error, app.error
    return elapsed


def measured() -> dict[str, object]:
    """Return cold and warm times in milliseconds, and warm as a ratio to an empty page."""
    warm().wait()
    forget_answers()
    app = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60)
    cold = _seconds(app)
    runs = sorted(_seconds(app) for _ in range(ROUNDS))
    empty = AppTest.from_string("import streamlit as st\nst.title('empty')", default_timeout=60)
    empty.run()
    bare = statistics.median(_seconds(empty) for _ in range(ROUNDS))
    return {
        "cold_ms": round(cold * 1000),
        "warm_median_ms": round(statistics.median(runs) * 1000),
        "warm_worst_ms": round(runs[-1] * 1000),
        "warm_to_empty_page": round(statistics.median(runs) / bare, 1),
        "load_average": Path("/proc/loadavg").read_text(encoding="ascii").split()[:2],
    }


if __name__ == "__main__":
    print(json.dumps(measured(), indent=2, ensure_ascii=False))
