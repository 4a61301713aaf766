"""Print as JSON what each section of 费用与质量 costs the server: ``python -m tests.benchmarks.quality_benchmark``.

Cold and warm as in ``page_runs``, on the database of REPORTING_DATABASE_URL. The formulas alone also run over 100 hospitals, 800 disease
groups and 36 months.

``false_stories`` draws counties in which every hospital is like all others and asks the page's own comparisons of them: how often they call
something high that is not, beside what the page states.
"""

import datetime
import json
import time
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from dashboard.analysis.case_mix import ACTION_CHANCE, WARNING_CHANCE, mean_change, relative_spread, standardised, unit_indices
from dashboard.analysis.periods import Grain, Period
from dashboard.services.common.database import EMPTY, ReportingDatabase
from dashboard.services.quality import care, cells, checks, costs, departments, drg
from dashboard.ui.quality.page import SECTIONS
from tests.benchmarks.page_runs import page_runs

EVENTS = (
    "deaths", "readmissions", "infections", "low_ratio_cases", "high_ratio_cases", "above_line_cases", "split_stays",
)  # fmt: skip


def large_county() -> dict[str, int]:
    """Return the milliseconds of the formulas over 100 hospitals × 800 groups × 36 months."""
    rng = np.random.default_rng(1)
    index = pd.MultiIndex.from_product([range(100), range(800), range(36)], names=["unit", "group", "month"])
    cells = index.to_frame(index=False).assign(cases=rng.integers(0, 30, len(index)).astype(float))
    cells = cells.assign(cost=cells["cases"] * rng.uniform(3e3, 4e4, len(cells)), days=cells["cases"] * 7.0, deaths=0.0)
    cells = cells.assign(weight=0.5 + cells["group"] / 400, low_risk=cells["group"] < 200)
    means = cells.groupby("group")[["cost", "days", "cases"]].sum()
    reference = pd.DataFrame({"mean_cost": means["cost"] / means["cases"], "mean_days": means["days"] / means["cases"]}).reset_index()
    sides = [
        part.groupby("group")[["cases", "cost"]].sum().assign(mean=lambda sums: sums["cost"] / sums["cases"]).reset_index()
        for part in (cells[cells["month"] < 12], cells[cells["month"] >= 24])
    ]
    steps = {
        "indices": lambda: unit_indices(cells, reference),
        "standardised": lambda: standardised(cells, "cost"),
        "spread": lambda: relative_spread(cells),
        "change": lambda: mean_change(*sides),
    }
    result = {}
    for name, step in steps.items():
        start = time.perf_counter()
        step()
        result[f"{name}_ms"] = round((time.perf_counter() - start) * 1000)
    return result


def _plain_county(seed: int) -> dict[str, pd.DataFrame]:
    """Return claims, discharges, groups and hospitals of a county without a story: chance alone, and slightly different patients."""
    rng = np.random.default_rng(seed)
    units, groups, months = 12, 40, 24
    share = rng.dirichlet(np.full(groups, 2.0))
    mix = np.array([rng.dirichlet(share * 400) for _ in range(units)])
    size = rng.uniform(150, 900, units)
    index = pd.MultiIndex.from_product([range(units), range(groups), range(months)], names=["place", "number", "time"])
    rows = index.to_frame(index=False)
    place, number = rows["place"].to_numpy(), rows["number"].to_numpy()
    cases = rng.poisson(size[place] * mix[place, number]).astype(float)
    mean = rng.uniform(3_000, 30_000, groups)[number]
    cost = cases * mean * np.clip(1 + rng.normal(size=len(rows)) * 0.6 / np.sqrt(np.maximum(cases, 1)), 0.1, None)
    month = pd.date_range("2024-01-01", periods=months, freq="MS")[rows["time"]]
    unit, group = [f"H{each:02}" for each in place], [f"G{each:02}" for each in number]
    base = pd.DataFrame({"unit": unit, "group": group, "month": month, "cases": cases})
    risk = rng.uniform(0.005, 0.06, (len(EVENTS), groups))
    events = {name: rng.binomial(cases.astype(int), risk[row][number]).astype(float) for row, name in enumerate(EVENTS)}
    department = [f"D{each % 5}" for each in number]
    codes = [f"G{each:02}" for each in range(groups)]
    return {
        "claim_rows": base.assign(cost=cost, points=cases * mean / 100)[cases > 0],
        "discharge_rows": base.assign(department=department, bed_days=cases * 7, cost=cost, **events)[cases > 0],
        "disease_groups": pd.DataFrame(
            {"name": codes, "mdc": "M", "core": [f"K{each // 2}" for each in range(groups)], "weight": 0.5 + np.arange(groups) / 20,
             "primary_capable": np.arange(groups) % 4 == 0, "county_capable": True, "low_risk": np.arange(groups) % 3 == 0},
            index=pd.Index(codes, name="group"),
        ),
        "peers": pd.DataFrame(
            {"short_name": sorted(set(unit)), "community_code": "C1", "position": 0},
            index=pd.Index(sorted(set(unit)), name="institution_code"),
        ),
    }  # fmt: skip


def false_stories(counties: int = 60) -> dict[str, float]:
    """Return how often the page calls something high on counties without a story, and what it states."""
    scope = cells.Scope(Period(Grain.ROLLING_12, datetime.date(2025, 12, 1)))
    compared = beyond = surely = with_any = 0
    for seed in range(counties):
        frames = _plain_county(seed)
        answers: dict[str, object] = {name: (lambda *_asked, _frame=frame: _frame) for name, frame in frames.items()}
        answers["shown_units"] = answers["peers"]
        answers["offered"] = lambda *_asked: frozenset({cells.CLAIMS, cells.DISCHARGES})
        answers["department_names"] = lambda *_asked: pd.Series({f"D{each}": f"D{each}" for each in range(5)})
        with ExitStack() as patched:
            for module in (cells, costs, care, departments, drg, checks):
                for name, answer in answers.items():
                    if hasattr(module, name):
                        patched.enter_context(mock.patch.object(module, name, answer))
            found = checks.checks(ReportingDatabase(None, EMPTY, url=f"simulated-{seed}"), scope)  # type: ignore[arg-type]
        compared, beyond, surely = compared + found.count, beyond + found.beyond, surely + found.surely_beyond
        with_any += found.surely_beyond > 0
    return {
        "counties": counties,
        "comparisons_a_county": round(compared / counties, 1),
        "above_95_percent": round(beyond / compared, 4),
        "above_95_percent_stated": WARNING_CHANCE,
        "above_99_8_percent": round(surely / compared, 5),
        "above_99_8_percent_stated": ACTION_CHANCE,
        "counties_with_any_above_99_8": round(with_any / counties, 3),
        "counties_with_any_stated": round(1 - (1 - ACTION_CHANCE) ** (compared / counties), 3),
    }


if __name__ == "__main__":
    asked = {code: {"quality": code, "grain": "rolling12"} for code in SECTIONS.labels}
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[:2]
    print(
        json.dumps(
            {"load_average": load, "large_county": large_county(), "false_stories": false_stories(), **page_runs("quality", asked)},
            indent=2,
            ensure_ascii=False,
        )
    )
