"""What a page costs the server: whole script runs of the app in this process, without network and browser.

``first`` is the first reader of the page after the server has made itself ready (``warm.py``), as it also does after every load;
``cold`` has imports and the database ready and every answer still to be computed; ``warm`` is the median of further runs. Processor
time stands beside the wall's: on a busy machine only it tells what the page costs.
"""

import statistics
import time
from collections.abc import Mapping
from pathlib import Path

from streamlit.testing.v1 import AppTest

from dashboard.services.common.cache import forget_answers
from dashboard.settings import PROJECT
from dashboard.ui.frame.warm import warm

ROUNDS = 9


def _opened(page: str, query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    return app.switch_page(str(Path("..") / "pages" / f"{page}.py"))


def _milliseconds(app: AppTest) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    app.run()
    elapsed = (time.perf_counter() - wall) * 1000, (time.process_time() - processor) * 1000
    assert not app.error, app.error
    return elapsed


def page_seconds(page: str) -> float:
    """Return the seconds of one run of ``page`` for a reader who has just come."""
    return round(_milliseconds(_opened(page, {}))[0] / 1000, 3)


def page_runs(page: str, asked: Mapping[str, dict[str, str]]) -> dict[str, dict[str, int]]:
    """Return milliseconds of ``page`` by name of what is ``asked`` of it, the parameters of its address; ``first`` of the page without any.

    The database is that of the settings (REPORTING_DATABASE_URL).
    """
    warm().wait()
    first = _milliseconds(_opened(page, {}))
    result = {"first": {"wall_ms": round(first[0]), "processor_ms": round(first[1])}}
    for name, query in asked.items():
        forget_answers()
        app = _opened(page, query)
        cold = _milliseconds(app)
        warm_wall, warm_processor = zip(*(_milliseconds(app) for _ in range(ROUNDS)), strict=True)
        result[name] = {
            "cold_ms": round(cold[0]),
            "cold_processor_ms": round(cold[1]),
            "warm_median_ms": round(statistics.median(warm_wall)),
            "warm_processor_ms": round(statistics.median(warm_processor)),
        }
    return result
