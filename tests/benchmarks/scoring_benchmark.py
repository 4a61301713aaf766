"""Time the scores and print JSON: ``python -m tests.benchmarks.scoring_benchmark``."""

import json
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from dashboard.analysis.scoring import composite, entropy_weights, leave_one_out, rank_intervals, rank_sum_ratio, topsis
from dashboard.catalogue.scheme import Scheme

COUNTIES, COMMUNITIES, INDICATORS, DRAWS, REPEATS = 90, 5, 30, 10_000, 5


def benchmark_scheme() -> Scheme:
    """A scheme of thirty equally weighted indicators in six dimensions."""
    dimensions = [{"id": f"d{number}", "name": "维度", "name_en": "Dimension"} for number in range(6)]
    indicators = [
        {"id": f"i{number}", "name": "指标", "name_en": "Indicator", "dimension": f"d{number % 6}", "weight": 100 / INDICATORS}
        for number in range(INDICATORS)
    ]
    bands = [{"name": "良", "name_en": "Good", "minimum": 60}, {"name": "差", "name_en": "Poor", "minimum": 0}]
    return Scheme.model_validate(
        {"id": "benchmark", "version": "1", "name": "基准", "name_en": "Benchmark", "valid_from": "2025-01-01", "source": "none"}
        | {"grade": "INFER", "normalisation": "minmax", "dimensions": dimensions, "indicators": indicators, "bands": bands}
    )


def milliseconds(work: Callable[[], object]) -> dict[str, float]:
    """Return the best and the worst of a few runs."""
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return {"best_ms": round(min(taken), 2), "worst_ms": round(max(taken), 2)}


def main() -> None:
    """Print one JSON object: what was run and how long it took."""
    scheme = benchmark_scheme()
    random = np.random.default_rng(1)
    province = pd.DataFrame(random.uniform(1, 100, (COUNTIES * COMMUNITIES, INDICATORS)), columns=list(scheme.weights))
    county = province.iloc[:COMMUNITIES]
    groups = pd.Series(np.repeat(np.arange(COUNTIES), COMMUNITIES))
    weights, directions = list(scheme.weights.values()), np.ones(INDICATORS)
    results = {
        "rank_intervals 90 counties x 5 x 30, 10,000 draws, by county": milliseconds(
            lambda: rank_intervals(province, weights, DRAWS, groups=groups)
        ),
        "rank_intervals 450 units in one ranking": milliseconds(lambda: rank_intervals(province, weights, DRAWS)),
        "rank_intervals 90 separate calls": milliseconds(
            lambda: [rank_intervals(part, weights, DRAWS) for _, part in province.groupby(groups)]
        ),
        "one county: composite": milliseconds(lambda: composite(scheme, county)),
        "one county: composite and 10,000 draws": milliseconds(
            lambda: rank_intervals(composite(scheme, county).scores, scheme.weights, DRAWS)
        ),
        "one county: leave one out": milliseconds(lambda: leave_one_out(scheme, county)),
        "450 units: composite": milliseconds(lambda: composite(scheme, province)),
        "450 units: entropy, TOPSIS and RSR": milliseconds(
            lambda: (topsis(province, entropy_weights(province), directions), rank_sum_ratio(province, directions))
        ),
    }
    print(json.dumps({"benchmark": "scoring", "draws": DRAWS, "results": results}, indent=2))


if __name__ == "__main__":
    main()
