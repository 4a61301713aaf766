"""Time the heavy analyses and print JSON: ``python -m tests.benchmarks.analysis_benchmark`` (seconds, median of three; memory in MiB)."""

import json
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from dashboard.analysis.accessibility import floating_catchment
from dashboard.analysis.allocation import minimise_unmet_need
from dashboard.analysis.efficiency import dea, malmquist
from dashboard.analysis.equity import gini, theil
from dashboard.analysis.forecast import forecast_months

RANDOM = np.random.default_rng(2024)
REPEATS = 3


def seconds(task: Callable[[], object]) -> float:
    """Return the median time of ``REPEATS`` runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return round(statistics.median(times), 3)


def institutions(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return three inputs (beds, physicians, nurses) and two outputs (visits, discharges) that hang together as real ones do."""
    beds = RANDOM.lognormal(4, 0.8, count)
    staff = np.column_stack([beds, beds * RANDOM.uniform(0.3, 0.9, count), beds * RANDOM.uniform(0.4, 1.2, count)])
    patients = np.column_stack([staff[:, 1] * RANDOM.lognormal(6, 0.4, count), beds**0.95 * RANDOM.lognormal(3, 0.3, count)])
    return staff, patients


def catchment_task(places: int, sites: int, threshold: float) -> Callable[[], object]:
    """Return the Gaussian 2SFCA of a full travel table of text codes."""
    origins, destinations = [f"P{place:05d}" for place in range(places)], [f"S{site:04d}" for site in range(sites)]
    travel = pd.DataFrame(
        {
            "origin": np.repeat(origins, sites),
            "destination": np.tile(destinations, places),
            "minutes": RANDOM.uniform(0, 120, places * sites),
        }
    )
    supply = pd.Series(RANDOM.integers(5, 500, sites), index=destinations)
    demand = pd.Series(RANDOM.integers(100, 50_000, places), index=origins)
    return lambda: floating_catchment(supply, demand, travel, threshold, "gaussian")


def main() -> None:
    """Run every figure and print them."""
    staff, patients = institutions(1000)
    small_staff, small_patients = institutions(100)
    months = 1000 + 100 * np.sin(np.arange(60) * np.pi / 6) + RANDOM.normal(0, 20, 60)
    zones = RANDOM.lognormal(3, 1, (2, 1000))
    groups = RANDOM.integers(0, 20, 1000)
    figures = {
        "dea_variable_1000_units_s": seconds(lambda: dea(staff, patients)),
        "dea_constant_1000_units_s": seconds(lambda: dea(staff, patients, "constant")),
        "dea_variable_100_units_s": seconds(lambda: dea(small_staff, small_patients)),
        "malmquist_100_units_s": seconds(lambda: malmquist(small_staff, small_patients, small_staff * 0.9, small_patients)),
        "catchment_5000x500_30_minutes_s": seconds(catchment_task(5000, 500, 30)),
        "catchment_5000x500_all_pairs_s": seconds(catchment_task(5000, 500, 120)),
        "forecast_60_months_with_backtest_s": seconds(lambda: forecast_months(months)),
        "gini_and_theil_1000_zones_s": seconds(lambda: (gini(zones[0], zones[1]), theil(zones[0], zones[1], groups))),
        "allocation_1000_places_s": seconds(lambda: minimise_unmet_need(zones[0] * 2, zones[0], zones[1], 1000.0)),
    }
    figures["peak_memory_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
