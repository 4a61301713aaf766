"""Speed of the what-if models on a made-up county, printed as JSON: ``python -m tests.benchmarks.whatif_benchmark``.

Figures to reach (issue 6): the chain for a county ≤ 10 ms, 5,000 Monte Carlo runs ≤ 1 s, tornado ≤ 100 ms, 450 communities ≤ 10 times
the time of one county, a scenario document ≤ 20 kB. Nothing here fails on a slow machine: the numbers are for reading.
"""

import json
import platform
import statistics
import time
from collections.abc import Callable

from dashboard.catalogue.coefficients import load_coefficients
from dashboard.whatif.goal_seek import goal_seek
from dashboard.whatif.optimise import optimise
from dashboard.whatif.outcome import Outcome
from dashboard.whatif.scenario import Scenario, run
from dashboard.whatif.sensitivity import global_sensitivity, tornado
from dashboard.whatif.uncertainty import monte_carlo
from tests.unit.whatif_county import county


def milliseconds(action: Callable[[], object], repeats: int) -> dict[str, float]:
    """Return median and best time of ``action`` after one warm-up."""
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1000)
    return {"median_ms": round(statistics.median(times), 2), "best_ms": round(min(times), 2)}


def every_table(outcome: Outcome) -> tuple[object, ...]:
    """Ask for all tables of an outcome: what a page that shows everything pays."""
    return (
        outcome.units,
        outcome.communities,
        outcome.months,
        outcome.kinds,
        outcome.indicators,
        outcome.community_indicators,
        outcome.hospitals,
    )


def main() -> None:
    """Measure and print."""
    values = {name: coefficient.values[-1].value for name, coefficient in load_coefficients().coefficients.items()}
    full = Scenario(id="x", name="全部系数", data_version="12", coefficients=values, rationale=dict.fromkeys(values, "理由说明" * 10))
    scenario = Scenario(id="s", name="基线", data_version="12", coefficients={"recapture_rate": 0.1, "capitation_share": 0.5})
    five, many = county(5), county(450)
    one = milliseconds(lambda: run(scenario, five), 50)
    ninety = milliseconds(lambda: run(scenario, many), 20)
    figures = {
        "python": platform.python_version(),
        "chain_5_communities": one,
        "chain_450_communities": ninety,
        "ratio_450_to_5": round(ninety["median_ms"] / one["median_ms"], 2),
        "chain_and_every_table_5": milliseconds(lambda: every_table(run(scenario, five)), 20),
        "chain_and_every_table_450": milliseconds(lambda: every_table(run(scenario, many)), 5),
        "monte_carlo_5000": milliseconds(lambda: monte_carlo(scenario, five), 5),
        "tornado": milliseconds(lambda: tornado(scenario, five), 10),
        "goal_seek": milliseconds(lambda: goal_seek(scenario, five, "extra_growth", "nobody_overspends"), 10),
        "goal_seek_with_interval": milliseconds(lambda: goal_seek(scenario, five, "extra_growth", "nobody_overspends", interval=True), 3),
        "optimiser": milliseconds(lambda: optimise(scenario, five), 10),
        "global_sensitivity_6_by_256": milliseconds(
            lambda: global_sensitivity(
                scenario, five, ["a_volume", "a_price", "case_cost_growth", "visit_growth", "recapture_rate", "shift_outpatient"]
            ),
            3,
        ),
        "document_bytes_everything_changed": len(full.model_dump_json().encode()),
    }
    print(json.dumps(figures, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
