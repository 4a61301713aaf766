"""Difference in differences: units that a reform reached against those it did not, or not yet."""

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.reform import group_time_effects, permutation_p, reassignment_p, unit_effects
from dashboard.catalogue.models import Indicator, Level
from dashboard.catalogue.reform import reform_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.reform.outcomes import panel_of, reforms


@dataclass(frozen=True, eq=False)
class DifferenceAnswer:
    """Effects of one reform on one outcome, in the unit of the indicator.

    Attributes:
        indicator: the outcome.
        by_event_time: months since the start → effect; negative months are before it (−1 is the base and 0).
        overall: mean from the start on; NaN when nobody is left to compare with.
        p_value: share of starting dates dealt out anew (or of units, when one alone was reached) with an effect at least as large.
        smallest_p: the smallest that could come out.
        treated, controls: units reached, and never reached (or not yet), that are compared.
        largest_before: largest effect in size before the start: what the picture would show without any reform.
        units: name, effect (as if each had been reached at the first start), reached (bool); the permutation in one picture.
        left_out: units without all months.
    """

    indicator: Indicator
    by_event_time: dict[int, float]
    overall: float
    p_value: float
    smallest_p: float
    treated: int
    controls: int
    largest_before: float
    units: pd.DataFrame
    left_out: tuple[str, ...]


def level_of(rows: pd.DataFrame) -> Level:
    """Return at which level a reform reached its units: institutions, or communities."""
    return "institution" if rows["institution_code"].notna().any() else "community"


@cached(max_entries=32)
def difference_answer(database: ReportingDatabase, reform: str, outcome: str, last: datetime.date) -> DifferenceAnswer | None:
    """Return the effect of the reform with this code; None when it is unknown, or the outcome has no figures of its units."""
    known = reforms(database).get(reform)
    if known is None:
        return None
    level = level_of(known)
    column = f"{level}_code"
    starts = tuple(
        (str(unit), pd.Timestamp(day).date()) for unit, day in zip(known[column], known["starts_on"], strict=True) if pd.notna(unit)
    )
    panel = panel_of(database, outcome, last, level, starts)
    rows = panel.rows
    if level == "institution":  # hospitals and stations are no controls for centres: units of the kinds that were reached
        rows = _alike(database, rows, {unit for unit, _day in starts})
    reached = rows.dropna(subset=["first"])["unit"].nunique()
    others = rows["unit"].nunique() - reached
    if not reached or not others:
        return None
    names = {"unit": "unit", "time": "month", "outcome": "value", "first_treated": "first"}
    effects = group_time_effects(rows, **names)  # type: ignore[arg-type]
    by_event = effects.by_event_time
    first = rows["first"].min()
    single = unit_effects(rows, unit="unit", time="month", outcome="value", start=first)
    if reached == 1:
        treated = rows.dropna(subset=["first"])["unit"].iloc[0]
        p_value, smallest = permutation_p(single, treated), 1 / len(single)
    else:
        draws = reform_settings().draws
        p_value, smallest = reassignment_p(rows, **names, draws=draws), 1 / (draws + 1)  # type: ignore[arg-type]
    labels = rows.drop_duplicates("unit").set_index("unit")
    units = pd.DataFrame(
        {"name": labels["unit_name"].reindex(single.index), "effect": single, "reached": labels["first"].reindex(single.index).notna()}
    )
    before = [abs(effect) for event, effect in by_event.items() if event < -1 and not np.isnan(effect)]
    return DifferenceAnswer(
        panel.indicator, by_event, effects.overall, p_value, smallest, reached, others, max(before, default=np.nan),
        units.sort_values("effect", ascending=False, kind="stable"), panel.closed,
    )  # fmt: skip


def _alike(database: ReportingDatabase, rows: pd.DataFrame, reached: set[str]) -> pd.DataFrame:
    kinds = directory(database).institutions["kind"]
    wanted = set(kinds.reindex(list(reached)).dropna())
    return rows[rows["unit"].map(kinds).isin(wanted)]
