"""Print as JSON what a scope costs an interaction: ``python -m tests.benchmarks.scope_benchmark``.

The county filtered to one community is asked for by a reader of the county and by a reader whose scope is that community, in turn and
uncached: some indicators, every indicator, the beds, the overview. ``first`` is the very first answer under a scope, which lays its rows
out; and how long the gate takes to read every query file once. Times are those of the processor, medians in milliseconds: on a machine
that does other work as well they say more than the clock.
"""

import json
import statistics
import time
from collections.abc import Callable

from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.catalogue.loader import load_catalogue
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.directory import directory
from dashboard.services.common.filters import Filters, filter_options
from dashboard.services.common.indicators import uncached_values
from dashboard.services.overview.answer import overview
from dashboard.store.query import QUERIES, run_query
from dashboard.store.scope import Scope
from dashboard.store.scoping import query_text, read_query

ROUNDS = 15
FEW = ("B01", "C01", "A01", "B08")

Question = Callable[[ReportingDatabase, Period], object]


def _milliseconds(answer: Callable[[], object]) -> float:
    start = time.process_time()
    answer()
    return (time.process_time() - start) * 1000


def _compared(county: ReportingDatabase, scoped: ReportingDatabase, period: Period, question: Question) -> dict[str, float]:
    """Ask both in turn, each month once: what is cached of one month answers no other."""
    times: dict[str, list[float]] = {"county": [], "scoped": []}
    for step in range(ROUNDS):
        month = Period(Grain.MONTH, shift_months(period.last, -step))
        for name, reader in (("county", county), ("scoped", scoped)):
            times[name].append(_milliseconds(lambda reader=reader, month=month: question(reader, month)))  # type: ignore[misc]
    medians = {name: statistics.median(found[1:]) for name, found in times.items()}
    return {
        **{f"{name}_ms": round(value, 1) for name, value in medians.items()},
        "first_scoped_ms": round(times["scoped"][0], 1),
        "ratio": round(medians["scoped"] / medians["county"], 2),
    }


def measured() -> dict[str, object]:
    """Return medians in milliseconds of the processor and, by question, the scoped reader's share of the county reader's."""
    database = open_database()
    filters = filter_options(database).default()
    assert filters is not None
    community = filter_options(database).communities[0].code
    scoped = database.under(Scope(frozenset({community}), None, None, 1))
    for reader in (database, scoped):
        directory(reader)

    def values(indicators: tuple[str, ...], level: str) -> Question:
        return lambda reader, month: uncached_values(reader, level, (month,), indicators, community, None)  # type: ignore[arg-type]

    questions: dict[str, Question] = {
        **{f"few_indicators_{level}": values(FEW, level) for level in ("county", "community", "institution")},
        "every_indicator_community": values(tuple(load_catalogue().indicators), "community"),
        "bed_use": lambda reader, month: run_query(reader, "overview/bed_use", first_month=month.first, last_month=month.last),
        "overview": lambda reader, month: overview(reader, Filters(month, community=community)),
    }
    names = [str(file.relative_to(QUERIES).with_suffix("")) for file in QUERIES.rglob("*.sql")]
    return {
        **{name: _compared(database, scoped, filters.period, question) for name, question in questions.items()},
        "all_queries_read_once_ms": round(_milliseconds(lambda: [read_query(name, query_text(name)) for name in names]), 1),
        "queries": len(names),
    }


if __name__ == "__main__":
    print(json.dumps(measured(), indent=2, ensure_ascii=False))
