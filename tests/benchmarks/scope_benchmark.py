"""Print as JSON what a scope costs an interaction: ``python -m tests.benchmarks.scope_benchmark``.

The first answers of a page are computed uncached for the whole county, and again for the county filtered to one community by a reader of
the county and by a reader whose scope is that community; and how long the gate takes to read every query file once.
"""

import json
import statistics
import time
from collections.abc import Callable

from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.filters import filter_options
from dashboard.services.common.indicators import uncached_values
from dashboard.store.query import QUERIES, run_query
from dashboard.store.scope import Scope
from dashboard.store.scoping import query_text, read_query

ROUNDS = 9
INDICATORS = ("B01", "C01", "A01", "B08")


def _milliseconds(answer: Callable[[], object]) -> float:
    answer()
    runs = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        answer()
        runs.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(runs), 1)


def measured() -> dict[str, object]:
    """Return medians in milliseconds."""
    database = open_database()
    filters = filter_options(database).default()
    assert filters is not None
    community = filter_options(database).communities[0].code
    scoped = database.under(Scope(frozenset({community}), None, None, 1))

    def values(reader: ReportingDatabase) -> object:
        return uncached_values(reader, "community", (filters.period,), INDICATORS, community, None)

    def beds(reader: ReportingDatabase) -> object:
        return run_query(reader, "overview/bed_use", first_month=filters.period.first, last_month=filters.period.last)

    names = [str(file.relative_to(QUERIES).with_suffix("")) for file in QUERIES.rglob("*.sql")]
    return {
        "indicators_county_reader_ms": _milliseconds(lambda: values(database)),
        "indicators_scoped_reader_ms": _milliseconds(lambda: values(scoped)),
        "bed_use_county_reader_ms": _milliseconds(lambda: beds(database)),
        "bed_use_scoped_reader_ms": _milliseconds(lambda: beds(scoped)),
        "all_queries_read_once_ms": _milliseconds(lambda: [read_query(name, query_text(name)) for name in names]),
        "queries": len(names),
    }


if __name__ == "__main__":
    print(json.dumps(measured(), indent=2, ensure_ascii=False))
