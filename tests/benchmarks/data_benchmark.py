"""Print as JSON what the grid of reports costs for 300 institutions × 36 months × 20 tables: ``python -m tests.benchmarks.data_benchmark``.

``answer`` is what a new load or approval costs once (states, four dimensions, history); ``warm`` is what every rerun pays: the figure.
"""

import json
import time

import numpy as np
import pandas as pd

from dashboard.analysis.approval import UNASKED
from dashboard.services.data import reports as service
from dashboard.services.data.approval import ApprovedOn
from dashboard.ui.data.grid import grid_figure

INSTITUTIONS, MONTHS, TABLES = 300, 36, 20


def _rows() -> pd.DataFrame:
    months = pd.date_range("2022-11-01", periods=MONTHS, freq="MS")
    codes = [f"I{number:03d}" for number in range(INSTITUTIONS)]
    index = pd.MultiIndex.from_product(
        [[f"t{number}" for number in range(TABLES)], codes, months], names=["table_name", "reporter", "month"]
    )
    rows = index.to_frame(index=False)
    random = np.random.default_rng(1)
    due = rows["month"] + pd.DateOffset(months=1) + pd.Timedelta(days=9)
    came = random.random(len(rows)) < 0.97
    first = (due + pd.to_timedelta(random.integers(-9, 4, len(rows)), unit="D")).where(came)
    return rows.assign(
        due_on=due,
        came=came,
        first_on=first,
        last_on=first,
        last_load_id=1.0,
        name=rows["reporter"],
        community_code="A",
        parts=[()] * len(rows),
    )


def main() -> None:
    """Measure."""
    rows = _rows()
    months = tuple(month.date() for month in sorted(rows["month"].unique(), reverse=True))
    judged = pd.DataFrame({"load_id": [1], "kind": ["correctness"], "newest": [True], "checked": [100], "failed": [1]})
    start = time.perf_counter()
    cells = service._with_approval(service._cells(rows, ApprovedOn({})), UNASKED, months)
    by_month = service._by_month(rows, UNASKED)
    answer = service.Reports(
        cells, months, by_month, service._four(rows), service._trend(rows, judged), service._by_reporter(rows), {}
    )  # fmt: skip
    middle = time.perf_counter()
    figure = grid_figure(answer, {})
    figure.to_json()
    end = time.perf_counter()
    print(json.dumps({"answer_ms": round((middle - start) * 1000), "warm_ms": round((end - middle) * 1000), "reports": len(rows)}))


if __name__ == "__main__":
    main()
