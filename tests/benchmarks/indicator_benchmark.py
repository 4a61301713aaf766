"""Print as JSON how long indicators take on the database of REPORTING_DATABASE_URL: ``python tests/benchmarks/indicator_benchmark.py``."""

import json
import statistics
import time
from collections.abc import Callable, Sequence

from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Level
from dashboard.services.common import indicators
from dashboard.services.common.database import ReportingDatabase, open_database

HEADLINES = ("B01", "B02", "G02", "F01", "C01", "F04a")
LEVELS: tuple[Level, ...] = ("county", "community", "institution", "town")
ROUNDS = 5


def seconds(question: Callable[[], object]) -> dict[str, float]:
    """Return the first and the median time of ``question``, asked without any cache."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        question()
        times.append(time.perf_counter() - start)
    return {"first": round(times[0], 3), "median": round(statistics.median(times), 3)}


def measured(database: ReportingDatabase) -> dict[str, object]:
    """Return the times of the questions that pages ask."""
    last = database.version.data_through or Period.parse("2025-10").last
    everything = tuple(load_catalogue().indicators)
    asked = indicators.uncached_values

    def ask(level: Level, periods: Sequence[Period], names: Sequence[str]) -> dict[str, float]:
        return seconds(lambda: asked(database, level, tuple(periods), tuple(names), None, None))

    month, year = Period(Grain.MONTH, last), Period(Grain.ROLLING_12, last)
    changes = (month, month.previous(), month.last_year())
    window = [Period(Grain.MONTH, day) for day in Period(Grain.ROLLING_12, last).months]
    long_window = [Period(Grain.MONTH, shift_months(last, -step)) for step in range(48)]
    return {
        "indicators": len(everything),
        "catalogue_seconds": seconds(lambda: load_catalogue.__wrapped__()),
        "all_indicators_one_month": {level: ask(level, [month], everything) for level in LEVELS},
        "all_indicators_rolling_12": {level: ask(level, [year], everything) for level in LEVELS},
        "all_indicators_changes_county": ask("county", changes, everything),
        "all_indicators_changes_community": ask("community", changes, everything),
        "series_6_indicators_12_months": ask("county", window, HEADLINES),
        "series_6_indicators_48_months": ask("county", long_window, HEADLINES),
    }


if __name__ == "__main__":
    print(json.dumps(measured(open_database()), indent=2, ensure_ascii=False))
