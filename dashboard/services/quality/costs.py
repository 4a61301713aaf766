"""Section 费用: why the cost of a case changed, who is dear for the same diseases, what a disease costs where, what bills are made of."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from dashboard.analysis.case_mix import (
    ACTION_Z,
    WARNING_Z,
    MeanChange,
    mean_change,
    mean_limits,
    mean_overdispersion,
    standardised,
    within_by_item,
)
from dashboard.analysis.control_charts import ControlChart, control_chart
from dashboard.analysis.periods import Period
from dashboard.analysis.small_counts import Guard, People
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.quality.cells import (
    FINANCE,
    Scope,
    claim_rows,
    claims_in,
    cost_spread,
    disease_groups,
    item_rows,
    offered,
    outside_rows,
    peers,
    same_months,
    shown_units,
    within,
)

By = Literal["institution", "community", "scheme", "mdc", "group"]
CHANGES = Guard(
    (People("cases"), People("cases_before")),
    dict.fromkeys(("before", "after", "mix", "within", "total", "growth"), ("cases", "cases_before")),
)
"""Units with the change of their mean; what is made of few cases is no mean to show."""
COMPARED = Guard((People("cases"),), dict.fromkeys(("observed", "expected", "ratio", "lower", "upper"), ("cases",)))
MONTHS = Guard((People("cases", totalled=False),), {"ratio": ("cases",)})
"""Months of one institution."""
PRICES = Guard((People("cases"),), dict.fromkeys(("mean", "lower", "upper", "share_of_mean"), ("cases",)))
FEWEST_PEERS = 2
"""One alone is its own expectation."""
LEAST_CASES = 50
"""Fewer cases are not held against limits: their mean is one dear patient."""
SCHEMES = ("employee", "resident")
CONTRIBUTIONS = ("mdc", "group")
"""What divides the cases of every unit: its rows are contributions that add up to the whole change, not changes of their own."""


@dataclass(frozen=True, eq=False)
class CostChange:
    """Why the settled cost of a case changed against the same months of last year.

    ``items``: the within part by cost item (yuan a case), adding up to ``change.within``; empty without finance of both years.
    ``cases``, ``cases_before``: cases behind the means.
    """

    change: MeanChange
    items: pd.Series
    cases: float
    cases_before: float


@cached(max_entries=16)
def _sides(database: ReportingDatabase, period: Period, scheme: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return unit, group, cases, cost of ``period`` and of last year, every unit over the months that it reported in both."""
    rows = claim_rows(database, period.last, scheme)
    sides = same_months(within(rows, period), within(rows, period.last_year()))
    now, before = (side.groupby(["unit", "group"])[["cases", "cost"]].sum().reset_index() for side in sides)
    return now, before


@cached(max_entries=16)
def _incomes(database: ReportingDatabase, period: Period) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return unit, item, amount of inpatient income as ``_sides`` does; none without finance."""
    if FINANCE not in offered(database):
        nothing = pd.DataFrame({"unit": pd.Series(dtype="str"), "item": pd.Series(dtype="str"), "amount": pd.Series(dtype="float64")})
        return nothing, nothing
    rows = item_rows(database, period.last)
    rows = rows[rows["setting"].eq("inpatient")]
    sides = same_months(within(rows, period), within(rows, period.last_year()))
    now, before = (side.groupby(["unit", "item"])["amount"].sum().reset_index() for side in sides)
    return now, before


def _of(units: pd.Index, sides: tuple[pd.DataFrame, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    now, before = (side[side["unit"].isin(units)] for side in sides)
    return now, before


def _means(rows: pd.DataFrame) -> pd.DataFrame:
    sums = rows.groupby("group")[["cases", "cost"]].sum()
    return sums.assign(mean=sums["cost"] / sums["cases"].where(sums["cases"] > 0)).reset_index()


def _items(incomes: tuple[pd.DataFrame, pd.DataFrame], change: MeanChange) -> pd.Series:
    """Return the within part by item, from inpatient income of the same months in both years."""
    now, before = (side.groupby("item")["amount"].sum() for side in incomes)
    items = now.index.union(before.index)
    if not now.sum() > 0 or not before.sum() > 0:
        return pd.Series(dtype="float64")
    amounts = [{str(item): float(side.get(item, 0.0)) for item in items} for side in (before, now)]
    return within_by_item(change, *amounts)


def _change(database: ReportingDatabase, scope: Scope, units: pd.Index) -> CostChange | None:
    now, before = _of(units, _sides(database, scope.period, scope.scheme))
    if not now["cases"].sum() > 0 or not before["cases"].sum() > 0:
        return None
    change = mean_change(_means(before), _means(now))
    items = _items(_of(units, _incomes(database, scope.period)), change)
    return CostChange(change, items, float(now["cases"].sum()), float(before["cases"].sum()))


@cached()
def cost_change(database: ReportingDatabase, scope: Scope, unit: str | None = None) -> CostChange | None:
    """Return why the cost of a case of the units shown together, or of one, changed; None without cases in both years."""
    return _change(database, scope, pd.Index([unit]) if unit else shown_units(database, scope).index)


@cached()
def too_few(database: ReportingDatabase, scope: Scope, unit: str | None = None, smallest: int = ON_SCREEN) -> bool:
    """Return whether the change of one institution, or of all shown, stands on too few cases to be told (``CHANGES``)."""
    if unit is None:
        found = cost_change(database, scope)
        counts = pd.DataFrame({"cases": [found.cases], "cases_before": [found.cases_before]}) if found else pd.DataFrame()
        return bool(len(counts)) and bool(CHANGES.hide(counts, smallest).hidden.any(axis=None))
    hidden = CHANGES.hide(changes(database, scope), smallest).hidden
    return unit in hidden.index and bool(hidden.loc[unit].any())


@cached()
def changes(database: ReportingDatabase, scope: Scope, by: By = "institution") -> pd.DataFrame:
    """Return the change of the mean by unit.

    Returns:
        Index code (largest change first): name, cases, cases_before, before, after, mix, within, total (yuan a case), growth
        (ratio), item (the item that adds most to within, empty without finance). By "mdc" and "group" mix, within and total
        are what the row adds to the change of all (they sum up to it), and before and after its own means. By "community" only
        those that the reader sees whole.
    """
    if by in CONTRIBUTIONS:
        return _contributions(database, scope, by)
    if by == "scheme":
        return _by_scheme(database, scope)
    units = shown_units(database, scope)
    if by == "community":
        known = directory(database).communities
        members = units.groupby("community_code").groups
        whole = [code for code in known.index if code in members and database.scope.holds_community(str(code))]
        named = [(code, known["short_name"][code], members[code]) for code in whole]
    else:
        named = [(code, name, pd.Index([code])) for code, name in units["short_name"].items()]
    rows: dict[Hashable, dict[str, object]] = {}
    for code, name, chosen in named:
        found = _change(database, scope, chosen)
        if found is not None:
            rows[code] = change_row(str(name), found)
    return ordered_changes(rows)


def change_row(name: str, found: CostChange) -> dict[str, object]:
    """Return the row of ``changes`` of one unit; its item is the one that adds most to the within part, empty where none is known."""
    change = found.change
    return {
        "name": name,
        "cases": found.cases,
        "cases_before": found.cases_before,
        "before": change.before,
        "after": change.after,
        "mix": change.mix,
        "within": change.within,
        "total": change.total,
        "growth": change.total / change.before if change.before else np.nan,
        "item": str(found.items.idxmax()) if len(found.items) else "",
    }


def ordered_changes(rows: Mapping[Hashable, Mapping[str, object]]) -> pd.DataFrame:
    """Return the columns of ``changes`` by unit, largest change first."""
    columns = ["name", "cases", "cases_before", "before", "after", "mix", "within", "total", "growth", "item"]
    table = pd.DataFrame(list(rows.values()), columns=columns, index=pd.Index(list(rows), tupleize_cols=False))
    return table.sort_values("total", ascending=False, kind="stable")


def _by_scheme(database: ReportingDatabase, scope: Scope) -> pd.DataFrame:
    rows: dict[Hashable, dict[str, object]] = {}
    for scheme in SCHEMES if scope.scheme is None else (scope.scheme,):
        found = cost_change(database, replace(scope, scheme=scheme))
        if found is not None:
            rows[scheme] = change_row(scheme, found) | {"item": ""}  # the books do not know schemes
    return ordered_changes(rows)


def _contributions(database: ReportingDatabase, scope: Scope, by: By) -> pd.DataFrame:
    now, before = _of(shown_units(database, scope).index, _sides(database, scope.period, scope.scheme))
    found = cost_change(database, scope)
    if found is None:
        return ordered_changes({})
    groups = disease_groups(database)
    label = groups[by] if by == "mdc" else pd.Series(groups.index, index=groups.index)
    parts = found.change.by_group[["mix", "within"]].groupby(label.reindex(found.change.by_group.index).to_numpy()).sum()
    rows: dict[Hashable, dict[str, object]] = {}
    for code, part in parts.iterrows():
        sums = [side[side["group"].map(label).eq(str(code))][["cases", "cost"]].sum() for side in (now, before)]
        means = [side["cost"] / side["cases"] if side["cases"] else np.nan for side in sums]
        rows[str(code)] = {
            "name": str(groups["name"].get(code, code)),
            "cases": sums[0]["cases"],
            "cases_before": sums[1]["cases"],
            "before": means[1],
            "after": means[0],
            "mix": part["mix"],
            "within": part["within"],
            "total": part["mix"] + part["within"],
            "growth": means[0] / means[1] - 1,
            "item": "",
        }
    return ordered_changes(rows)


@dataclass(frozen=True, eq=False)
class Compared:
    """Units held against what their case mix would make of them at the means of all their peers.

    ``units``: index code; name, position, cases, observed, expected, ratio, lower and upper (95 % interval), level ("" within chance,
    "warning" beyond 95 %, "action" beyond 99.8 %, "few" too little to judge, or nobody to be held against), side
    ("high", "low"). ``base``: what the width goes by (cases, or expected events), ``curve``: size, low_95, high_95, low_998, high_998 for
    drawing. ``overdispersion``: variance factor that widens the limits; 1 = chance alone.
    """

    units: pd.DataFrame
    curve: pd.DataFrame
    base: str
    overdispersion: float
    standardised: bool = True

    def shown(self, guard: Guard) -> pd.DataFrame:
        """Return the units whose counts may be shown on screen."""
        told = guard.hide(self.units).frame
        return told[told["ratio"].notna()]


CURVE_POINTS = 60


def curve_sizes(sizes: pd.Series) -> pd.Series:
    """Return sizes along the axis of a funnel, evenly on a logarithmic scale."""
    low, high = max(float(sizes.min()) * 0.7, 0.3), float(sizes.max()) * 1.4
    return pd.Series(np.geomspace(low, max(high, low * 2), CURVE_POINTS))


def judged(units: pd.DataFrame, warning: pd.DataFrame, action: pd.DataFrame, enough: pd.Series) -> pd.DataFrame:
    """Return ``units`` with level and side by both pairs of limits.

    Not judged (level "few") are those without ``enough`` behind them, without limits or ratio, and one that has no peer beside it.
    """
    known = units["ratio"].notna() & warning.notna().all(axis=1) & action.notna().all(axis=1)
    enough = enough & known & (known.sum() >= FEWEST_PEERS)
    beyond = [(units["ratio"] < limits["lower"]) | (units["ratio"] > limits["upper"]) for limits in (warning, action)]
    level = np.select([~enough, beyond[1], beyond[0]], ["few", "action", "warning"], "")
    return units.assign(level=level, side=np.where(units["ratio"] > 1, "high", "low"))


@cached(needs_county=True)
def cost_funnel(database: ReportingDatabase, scope: Scope) -> Compared | None:
    """Return each unit's cost against that of the same diseases at the means of all its peers in the county; None without claims."""
    every = peers(database, scope.peers)
    cells = claims_in(database, scope, every.index)
    if cells.empty:
        return None
    table = standardised(cells, "cost")
    spread = cost_spread(database, scope.period.last, scope.scheme, scope.peers)
    factor = mean_overdispersion(table["ratio"], table["cases"], spread)
    reach = WARNING_Z * spread / np.sqrt(table["cases"])
    table = table.assign(lower=table["ratio"] - reach, upper=table["ratio"] + reach)
    limits = {z: mean_limits(table["cases"], spread, z, factor) for z in (WARNING_Z, ACTION_Z)}
    table = judged(table, limits[WARNING_Z], limits[ACTION_Z], table["cases"] >= LEAST_CASES)
    units = every[["short_name", "position"]].rename(columns={"short_name": "name"}).join(table, how="inner")
    units = units[units.index.isin(shown_units(database, scope).index)]
    if units.empty:
        return None
    sizes = curve_sizes(units["cases"])
    narrow, wide = (mean_limits(sizes, spread, z, factor) for z in (WARNING_Z, ACTION_Z))
    return Compared(units, funnel_curve(sizes, narrow, wide), "cases", factor)


def funnel_curve(sizes: pd.Series, narrow: pd.DataFrame, wide: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of a funnel by size."""
    lines = {"low_95": narrow["lower"], "high_95": narrow["upper"], "low_998": wide["lower"], "high_998": wide["upper"]}
    return pd.DataFrame({"size": sizes, **lines})


@cached(needs_county=True)
def cost_months(database: ReportingDatabase, scope: Scope, unit: str) -> ControlChart | None:
    """Return month by month a unit's cost against the same diseases at its peers in the same month, as a control chart.

    The month's own means leave out what raises everybody's cost. Months of too few cases to be shown are missing.
    """
    rows = claim_rows(database, scope.period.last, scope.scheme)
    rows = rows[rows["unit"].isin(peers(database, scope.peers).index)]
    sums = rows.groupby(["group", "month"])[["cases", "cost"]].transform("sum")
    rows = rows.assign(expected=rows["cases"] * sums["cost"] / sums["cases"].where(sums["cases"] > 0))
    own = rows[rows["unit"].eq(unit)]
    if own.empty:
        return None
    expected = own["expected"]
    months = pd.DataFrame({"cases": own["cases"], "cost": own["cost"], "expected": expected}).groupby(own["month"]).sum()
    months = months.reindex(pd.date_range(months.index.min(), pd.Timestamp(scope.period.last), freq="MS"))
    shown = MONTHS.hide(months.assign(ratio=months["cost"] / months["expected"].where(months["expected"] > 0))).frame
    return control_chart(shown["ratio"])


@cached(needs_county=True)
def dearest_groups(database: ReportingDatabase, scope: Scope) -> pd.DataFrame:
    """Return the groups by what their dearer units cost above the mean of all: index group; name, cases, units, excess (yuan)."""
    cells = claims_in(database, scope, peers(database, scope.peers).index)
    pairs = cells.groupby(["group", "unit"])[["cases", "cost"]].sum().reset_index()
    mean = pairs.groupby("group")["cost"].transform("sum") / pairs.groupby("group")["cases"].transform("sum")
    over = (pairs["cost"] - pairs["cases"] * mean).clip(lower=0.0)
    table = pairs.assign(over=over).groupby("group").agg(cases=("cases", "sum"), units=("unit", "nunique"), excess=("over", "sum"))
    table = table[(table["units"] > 1) & (table["cases"] >= LEAST_CASES)]
    names = disease_groups(database)["name"].reindex(table.index)
    return table.assign(name=names).sort_values("excess", ascending=False, kind="stable")


@cached(needs_county=True)
def group_prices(database: ReportingDatabase, scope: Scope, group: str) -> pd.DataFrame:
    """Return what one disease costs at each of the peers: index unit; name, position, cases, mean, lower, upper (95 %), share_of_mean.

    Dearest first; the last row, "outside", is what the county's insured cost outside the county.
    """
    every = peers(database, scope.peers)
    cells = claims_in(database, scope, every.index)
    sums = cells[cells["group"].eq(group)].groupby("unit")[["cases", "cost"]].sum()
    whole = sums["cost"].sum() / sums["cases"].sum() if len(sums) else np.nan
    table = every[["short_name", "position"]].rename(columns={"short_name": "name"}).join(sums, how="inner")
    outside = outside_rows(database, scope.period, scope.scheme)
    away = outside[outside.index == group].assign(name="", position=-1)
    table = pd.concat([table, away.set_index(pd.Index(["outside"] * len(away)))[["name", "position", "cases", "cost"]]])
    mean = table["cost"] / table["cases"]
    reach = WARNING_Z * cost_spread(database, scope.period.last, scope.scheme, scope.peers) / np.sqrt(table["cases"])
    table = table.assign(mean=mean, lower=mean * (1 - reach), upper=mean * (1 + reach), share_of_mean=mean / whole)
    inside = table.drop("outside", errors="ignore").sort_values("mean", ascending=False, kind="stable")
    return pd.concat([inside, table.loc[table.index == "outside"]])


ITEMS = ("drug", "herbal", "consumable", "examination", "laboratory", "service", "other")


@cached()
def item_shares(database: ReportingDatabase, scope: Scope, setting: Literal["inpatient", "outpatient"] = "inpatient") -> pd.DataFrame:
    """Return what bills are made of, by unit and all together.

    Index unit ("" all together, first); name, revenue (yuan), each of ``ITEMS`` as a ratio of the whole period and change_<item>,
    over the months that were reported in both years (missing without any). Every other account counts as "other", so that the shares
    add up to 1.
    """
    units = shown_units(database, scope)
    rows = item_rows(database, scope.period.last)
    rows = rows[rows["setting"].eq(setting)]
    rows = rows.assign(item=rows["item"].where(rows["item"].isin(ITEMS), "other"))
    whole = within(rows, scope.period, units.index)
    now, before = (_item_shares(side) for side in same_months(whole, within(rows, scope.period.last_year(), units.index)))
    change = (now - before).add_prefix("change_")
    revenue = whole.groupby("unit")["amount"].sum()
    found = _item_shares(whole).join(change).assign(revenue=pd.concat([pd.Series({"": revenue.sum()}), revenue]))
    return found[found["revenue"] > 0].assign(name=lambda table: units["short_name"].reindex(table.index).fillna(""))


def _item_shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each of ``ITEMS`` by unit, and of all together (index "")."""
    sums = rows.groupby(["unit", "item"])["amount"].sum().unstack(fill_value=0).reindex(columns=list(ITEMS), fill_value=0.0)
    table = pd.concat([sums.sum().to_frame("").T, sums])
    return table.div(table.sum(axis=1).where(lambda whole: whole > 0), axis=0)
