"""Departments: how many cases, how heavy, what they cost for the same diseases, how long they take, and why their mean cost changed.

Cost by ward is an optional column of the discharges by group (``total_cost``, all patients): claims and books do not know wards.
"""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from dashboard.analysis.case_mix import (
    ACTION_Z,
    WARNING_Z,
    mean_change,
    mean_limits,
    mean_overdispersion,
    relative_spread,
    standardised,
    standardised_within,
    unit_indices,
)
from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.small_counts import Guard, People
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.quality.cells import (
    DISCHARGES,
    Scope,
    department_names,
    discharges_in,
    offered,
    peers,
    same_months,
    shown_units,
    with_weights,
)
from dashboard.services.quality.costs import LEAST_CASES, CostChange, change_row, judged, ordered_changes

_MADE_OF_CASES = (
    "groups", "weight", "cmi", "mean", "observed", "expected", "ratio", "own_ratio", "lower", "upper", "time_index",
)  # fmt: skip
DEPARTMENTS = Guard((People("cases", within=(("unit_name",),)),), dict.fromkeys(_MADE_OF_CASES, ("cases",)))
"""Departments of institutions; what an institution has is shown beside them."""


@cached(max_entries=4)
def knows_ward_costs(database: ReportingDatabase, scope: Scope) -> bool:
    """Return whether any ward of the peers told what its discharges of the period cost."""
    return DISCHARGES in offered(database) and bool(
        discharges_in(database, scope, peers(database, scope.peers).index)["cost"].notna().any()
    )


def _by_ward(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` with institution and department together as their unit."""
    return rows.assign(unit=pd.MultiIndex.from_frame(rows[["unit", "department"]]).to_flat_index())


def _names(database: ReportingDatabase, scope: Scope, wards: pd.Index) -> pd.DataFrame:
    """Return unit_name and name of each of ``wards`` (pairs of institution and department)."""
    institutions, departments = peers(database, scope.peers)["short_name"], department_names(database)
    return pd.DataFrame(
        {"unit_name": [institutions[unit] for unit, _ward in wards], "name": [departments.get(ward, ward) for _unit, ward in wards]},
        index=wards,
    )


@cached(needs_county=True)
def department_table(database: ReportingDatabase, scope: Scope, unit: str | None = None) -> pd.DataFrame:
    """Return the departments of one institution, or of all, against the same diseases at all peers.

    A dear hospital makes all of its wards dear, which the funnel of costs tells already: a ward is judged beside its own institution.

    Returns:
        Index (unit, department), those beyond their limits first, then by own_ratio, what is not judged last: unit_name, name, cases,
        groups, weight, cmi (missing without weights), mean (yuan a case), observed and expected (yuan, at the peers' means), ratio,
        own_ratio (beside its own institution, ``_own_ratio``) with lower and upper (95 %), level and side as in ``costs.Compared``,
        time_index (days against those of the same diseases at the peers). Empty without a report by ward.
    """
    every = peers(database, scope.peers)
    if DISCHARGES not in offered(database):
        return pd.DataFrame()
    cells = _by_ward(with_weights(database, discharges_in(database, scope, every.index))).rename(columns={"bed_days": "days"})
    if not cells["cases"].sum() > 0:
        return pd.DataFrame()
    known = cells[cells["days"].notna()].groupby("group")[["cases", "days"]].sum()
    means = (known["days"] / known["cases"].where(known["cases"] > 0)).rename("mean_days").to_frame().assign(mean_cost=np.nan)
    table = unit_indices(cells, means.rename_axis("group").reset_index())
    costs = _judged_costs(cells, _spread(database, scope, cells))
    table = table.join(costs.drop(columns="cases"))
    table = table.assign(level=table["level"].fillna("few"), side=table["side"].fillna("low"))
    table = table.join(_names(database, scope, table.index))
    table.index = pd.MultiIndex.from_tuples(table.index, names=["unit", "department"])
    chosen = table.index.get_level_values("unit").isin([unit] if unit else shown_units(database, scope).index)
    order = table["level"].map({"action": 0, "warning": 1, "": 2, "few": 3}) + 4 * table["side"].eq("low") * table["level"].ne("few")
    far = table["own_ratio"].where(table["level"].ne("few"))  # what stands on few is not ranked
    ordered = table.assign(order=order, far=far)[chosen].sort_values(["order", "far"], ascending=[True, False], kind="stable")
    return ordered.drop(columns=["order", "far"])


def _own_ratio(cells: pd.DataFrame) -> pd.Series:
    """Return by ward its cost beside its own institution, by groups or by core groups: what lies nearer to 1, and 1 where they disagree.

    Heavier coding moves cases to dearer groups at their old cost: that ward would look cheap, and every other one of its institution dear.
    By core groups alone, sicker patients would look like dear wards.
    """
    placed = cells.assign(institution=cells["unit"].map(lambda ward: ward[0]))
    by_group, by_core = (standardised_within(rows, "cost")["ratio"] for rows in (placed, placed.assign(group=placed["core"])))
    agree = (by_group > 1) == (by_core > 1)
    return by_group.where((by_group - 1).abs() <= (by_core - 1).abs(), by_core).where(agree, 1.0)


def _spread(database: ReportingDatabase, scope: Scope, cells: pd.DataFrame) -> float:
    """Return by how much the cost of one case varies within a ward's group; of the year to its end where the period is one month."""
    own = relative_spread(cells)
    if not np.isnan(own):
        return own
    year = Period(Grain.ROLLING_12, scope.period.last)
    return relative_spread(_by_ward(discharges_in(database, scope, peers(database, scope.peers).index, year)))


def _judged_costs(cells: pd.DataFrame, spread: float) -> pd.DataFrame:
    """Return by ward the columns of ``department_table`` that are made of costs."""
    costs = standardised(cells, "cost")
    costs = costs.assign(mean=costs["observed"] / costs["cases"], own_ratio=_own_ratio(cells).reindex(costs.index))
    factor = mean_overdispersion(costs["own_ratio"], costs["cases"], spread)
    narrow, wide = (mean_limits(costs["cases"], spread, z, factor) for z in (WARNING_Z, ACTION_Z))
    reach = WARNING_Z * spread / np.sqrt(costs["cases"].where(costs["cases"] > 0))
    costs = costs.assign(lower=costs["own_ratio"] - reach, upper=costs["own_ratio"] + reach)
    level = judged(costs.assign(ratio=costs["own_ratio"]), narrow, wide, costs["cases"] >= LEAST_CASES)[["level", "side"]]
    return costs.join(level)


@cached()
def department_changes(database: ReportingDatabase, scope: Scope, unit: str | None = None) -> pd.DataFrame:
    """Return why the mean cost of a discharge changed in each department of one institution, or of all shown.

    Returns:
        Index (unit, department), then the columns of ``costs.changes`` (``item`` empty: books do not know wards). Of all patients; the same
        months in both years only. Empty where no ward told its costs in both years.
    """
    units = pd.Index([unit]) if unit else shown_units(database, scope).index
    if DISCHARGES not in offered(database):
        return ordered_changes({})
    periods = (scope.period, scope.period.last_year())
    both = [_by_ward(discharges_in(database, scope, units, period).dropna(subset=["cost"])) for period in periods]
    now, before = (
        side.groupby(["unit", "group"])[["cases", "cost"]].sum().reset_index(level="group") for side in same_months(both[0], both[1])
    )
    rows: dict[Hashable, dict[str, object]] = {}
    wards = sorted(set(now.index) & set(before.index))
    for ward, names in _names(database, scope, pd.Index(wards, tupleize_cols=False)).iterrows():
        sides = [side.loc[[ward]].assign(mean=lambda rows: rows["cost"] / rows["cases"].where(rows["cases"] > 0)) for side in (before, now)]
        cases_before, cases = (float(side["cases"].sum()) for side in sides)
        if not cases > 0 or not cases_before > 0:
            continue
        found = CostChange(mean_change(*sides), pd.Series(dtype="float64"), cases, cases_before)
        rows[ward] = change_row(f"{names['unit_name']} {names['name']}", found)
    return ordered_changes(rows)
