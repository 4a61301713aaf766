"""Monitoring: false alarms of counties without stories, the replay of many rules, and the page's answer cold and warm.

Run: ``python -m tests.benchmarks.monitoring_benchmark`` prints JSON; ``make benchmark`` runs all.
"""

import json
import time
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.alerts import benjamini_hochberg, latest_modified_z, modified_z_chance, replay_table
from dashboard.catalogue.monitoring import monitoring_plan
from tests.benchmarks.page_runs import page_runs

COUNTIES, CHECKS = 200, 127


@dataclass(frozen=True)
class FalseAlarms:
    """Over all simulated counties: the share of checks found, of counties with anything held after the correction, and of new alerts."""

    found_share: float
    stated_chance: float
    counties_with_held: float
    stated_false_share: float
    new_alerts_a_month: float


def quiet_counties(seed: int = 20_251_101, counties: int = COUNTIES, checks: int = CHECKS) -> FalseAlarms:
    """Return what the tests find in counties where nothing happened: independent checks of normal noise over two years.

    ``new_alerts_a_month``: alerts that begin in the last month under a growth rule (on 5 %, off 3 %, two months) where a month scatters
    by 3 %, the noise of a centre of middling size in the demonstration county.
    """
    plan, rng = monitoring_plan(), np.random.default_rng(seed)
    found, held, begun = 0, 0, 0
    for _county in range(counties):
        series = pd.DataFrame(rng.normal(0.0, 3.0, (plan.own_months, checks)))
        p = modified_z_chance(latest_modified_z(series), [plan.own_months] * checks)
        found += int((p < plan.chance).sum())
        held += bool(benjamini_hochberg(p, plan.false_share)["rejected"].any())
        codes = replay_table(series, on=5, off=3, need_on=2, need_off=2)
        begun += int(((codes.iloc[-1] >= 2) & (codes.iloc[-2] < 2)).sum())
    return FalseAlarms(found / counties / checks, plan.chance, held / counties, plan.false_share, begun / counties)


def replay_seconds(months: int = 48, units: int = 300, rules: int = 20) -> float:
    """Return how long the replay of ``rules`` over ``units`` and ``months`` takes."""
    values = pd.DataFrame(np.random.default_rng(3).normal(1.0, 0.05, (months, units)))
    begin = time.perf_counter()
    for _rule in range(rules):
        replay_table(values, on=1.03, off=1.0, need_on=2, need_off=2)
    return time.perf_counter() - begin


def main() -> None:
    """Print the figures as JSON."""
    figures = {"false_alarms": asdict(quiet_counties()), "replay_48x300x20_seconds": round(replay_seconds(), 3)}
    print(json.dumps(figures | {"page": page_runs("monitoring", {"newest month": {}})}, indent=2))


if __name__ == "__main__":
    main()
