"""Section DRG: breadth, output and difficulty, cost and time indices, groups by gain and loss, and supervision as questions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.case_mix import (
    ACTION_Z,
    WARNING_Z,
    coding_shift,
    mean_limits,
    ratio_overdispersion,
    standardised,
    unit_indices,
)
from dashboard.analysis.control_charts import winsorised_factor
from dashboard.analysis.periods import Period
from dashboard.analysis.small_counts import Guard, People
from dashboard.language import marked
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.quality.care import against_limits
from dashboard.services.quality.cells import (
    CLAIMS,
    DISCHARGES,
    Scope,
    claim_rows,
    claims_in,
    cost_spread,
    discharge_rows,
    discharges_in,
    disease_groups,
    offered,
    outside_rows,
    peers,
    same_months,
    shown_units,
    with_weights,
    within,
)
from dashboard.services.quality.costs import LEAST_CASES

INDICES = Guard(
    (People("cases"), People("low_risk_cases", part_of="cases", totalled=False), People("low_risk_deaths", part_of="low_risk_cases")),
    {"low_risk_mortality": ("low_risk_cases", "low_risk_deaths")}
    | dict.fromkeys(("groups", "weight", "cmi", "cost_index", "cost_high", "time_index", "mix", "coding"), ("cases",)),
)
MONTHS = Guard((People("cases", totalled=False),), {"weight": ("cases",), "cmi": ("cases",)})
GROUPS = Guard(
    (
        People("cases"),
        People("gain_cases", part_of="cases", totalled=False),
        People("outside_cases"),
        People("low_ratio_cases", totalled=False),
        People("high_ratio_cases", totalled=False),
    ),
    {
        "outside_share": ("cases", "outside_cases"),
        "mean": ("cases",),
        **dict.fromkeys(("gain", "gain_per_case", "gain_money", "points"), ("cases", "gain_cases")),
        "low_ratio": ("low_ratio_cases",),
        "high_ratio": ("high_ratio_cases",),
    },
)
UNITS = Guard(
    (People("cases"), People("gain_cases", part_of="cases"), People("low_ratio_cases"), People("high_ratio_cases")),
    {"mean": ("cases",), "gain_per_case": ("cases", "gain_cases"), "low_ratio": ("low_ratio_cases",), "high_ratio": ("high_ratio_cases",)},
)
"""One disease group at each institution; its whole stands in the table of groups."""
SIGNALS = Guard(
    (People("cases", totalled=False), People("observed", part_of="cases", totalled=False)),
    dict.fromkeys(("expected", "ratio", "lower", "upper"), ("observed",)),
)
_SETTLED = ("points", "points_before", "points_compared", "growth", "cost", "due", "gain", "cost_money", "due_money", "gain_money")
CLEARING = Guard((People("cases"),), dict.fromkeys(_SETTLED, ("cases",)))
QUESTIONS = {
    "coding": marked("同一核心病组内重症组占比上升：病人更重，还是编码更重？请抽查病案。"),
    "low_ratio": marked("低倍率病例偏多：诊断或操作编码是否偏重，住院指征是否充分？"),
    "high_ratio": marked("高倍率病例偏多：是危重病人多，还是检查用药控制不够？"),
    "above_line": marked("刚过低倍率线的病例偏多：费用是否为过线而凑？"),
    "split_stays": marked("15天内同组再入院偏多：是否分解住院？"),
    "primary_capable": marked("基层可诊治病组占比偏高：能否下转基层？"),
}
NAMES = {
    "coding": marked("组内编码上移"),
    "low_ratio": marked("低倍率"),
    "high_ratio": marked("高倍率"),
    "above_line": marked("刚过低倍率线"),
    "split_stays": marked("疑似分解住院"),
    "primary_capable": marked("基层可治住院"),
}
_OF_DISCHARGES = {
    "low_ratio": "low_ratio_cases",
    "high_ratio": "high_ratio_cases",
    "above_line": "above_line_cases",
    "split_stays": "split_stays",
}


def _reference(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    known = rows[rows[column].notna()]
    sums = known.groupby("group")[["cases", column]].sum()
    return (sums[column] / sums["cases"].where(sums["cases"] > 0)).rename(f"mean_{column}").to_frame()


def _unit_indices(database: ReportingDatabase, scope: Scope, period: Period) -> pd.DataFrame:
    """Return the indices of all peers in ``period``: cost and weight from claims, days and deaths from wards; empty without both."""
    every = peers(database, scope.peers).index
    tables, has = [], offered(database)
    if CLAIMS in has:
        rows = with_weights(database, claims_in(database, scope, every, period))
        tables.append(_indices_of(rows.assign(days=np.nan, deaths=np.nan), rows, "cost"))
    if DISCHARGES in has:
        rows = with_weights(database, discharges_in(database, scope, every, period)).rename(columns={"bed_days": "days"})
        tables.append(_indices_of(rows.assign(cost=np.nan), rows, "days"))
    if not tables:
        return pd.DataFrame()
    first = tables[0]
    for table in tables[1:]:
        first = (
            first.combine_first(table)
            if first.empty
            else first.assign(
                **{
                    name: table[name].reindex(first.index)
                    for name in ("time_index", "low_risk_cases", "low_risk_deaths", "low_risk_mortality")
                }
            )
        )
    return first


def _indices_of(rows: pd.DataFrame, reference: pd.DataFrame, column: str) -> pd.DataFrame:
    means = _reference(reference, column).reindex(columns=["mean_cost", "mean_days"]).rename_axis("group").reset_index()
    return unit_indices(rows, means)


@dataclass(frozen=True, eq=False)
class IndexPicture:
    """The institutions by difficulty and cost.

    ``units``: index unit; name, position, cases, groups, weight, cmi, cost_index, time_index, low_risk_cases, low_risk_deaths,
    low_risk_mortality (ratio), cost_high (up to where the cost index lies by chance, 95 %), cmi_before, cost_index_before (last year),
    mix, coding (parts of the change of CMI), z (of coding). ``told``: the same as it may be shown on screen. ``cmi``: of all peers
    together. ``by_claims``: whether cases are settled ones.
    """

    units: pd.DataFrame
    told: pd.DataFrame
    cmi: float
    by_claims: bool


@cached(needs_county=True)
def index_picture(database: ReportingDatabase, scope: Scope) -> IndexPicture | None:
    """Return breadth, output, difficulty and indices of each institution; None where neither claims nor wards know disease groups."""
    now = _unit_indices(database, scope, scope.period)
    if now.empty or not now["weight"].sum() > 0:
        return None
    before = _unit_indices(database, scope, scope.period.last_year()).reindex(columns=["cmi", "cost_index"])
    by_claims = CLAIMS in offered(database) and bool(now["cost_index"].notna().any())
    every = peers(database, scope.peers)
    table = every[["short_name", "position"]].rename(columns={"short_name": "name"}).join(now, how="inner")
    table = table.join(before.add_suffix("_before")).join(_coding(database, scope, table.index))
    reach = pd.Series(np.nan, index=table.index)
    if by_claims:
        spread = cost_spread(database, scope.period.last, scope.scheme, scope.peers)
        reach = mean_limits(table["cases"], spread, WARNING_Z)["upper"] - 1
    table = table.assign(cost_high=table["cost_index"] + reach)
    cmi = float(table["weight"].sum() / table["cases"].sum())
    shown = table[table.index.isin(shown_units(database, scope).index)]
    return None if shown.empty else IndexPicture(shown, INDICES.hide(shown).frame, cmi, by_claims)


def _grouped_rows(database: ReportingDatabase, scope: Scope) -> pd.DataFrame:
    """Return unit, group, month, cases of the better known source: claims, else wards."""
    if CLAIMS in offered(database):
        return claim_rows(database, scope.period.last, scope.scheme)
    return discharge_rows(database, scope.period.last)


def _coding(database: ReportingDatabase, scope: Scope, units: pd.Index) -> pd.DataFrame:
    """Return by unit the parts of the change of its CMI: mix, coding, error, z; missing without both years."""
    rows = _grouped_rows(database, scope)
    sides = same_months(within(rows, scope.period, units), within(rows, scope.period.last_year(), units))
    sums = [with_weights(database, side).groupby(["unit", "group", "core", "weight"])["cases"].sum().reset_index() for side in sides]
    found = {}
    for unit in units:
        now, before = (side[side["unit"].eq(unit)] for side in sums)
        if now["cases"].sum() >= LEAST_CASES and before["cases"].sum() >= LEAST_CASES:
            shift = coding_shift(before, now)
            found[unit] = (shift.mix, shift.coding, shift.error, shift.z)
    return pd.DataFrame.from_dict(found, orient="index", columns=["mix", "coding", "error", "z"], dtype="float64").reindex(units)


@cached()
def cmi_months(database: ReportingDatabase, scope: Scope, unit: str | None = None) -> pd.DataFrame:
    """Return month by month cases, weight and cmi of one institution or of all shown; index month, three years."""
    units = pd.Index([unit]) if unit else shown_units(database, scope).index
    rows = with_weights(database, _grouped_rows(database, scope))
    rows = rows[rows["unit"].isin(units) & rows["weight"].notna()]
    sums = pd.DataFrame({"cases": rows["cases"], "weight": rows["cases"] * rows["weight"]}).groupby(rows["month"]).sum()
    if sums.empty:
        return sums.assign(cmi=np.nan)
    sums = sums.reindex(pd.date_range(sums.index.min(), pd.Timestamp(scope.period.last), freq="MS"))
    return sums.assign(cmi=sums["weight"] / sums["cases"])


@dataclass(frozen=True, eq=False)
class GroupTable:
    """Disease groups of the institutions shown.

    ``groups``: index group, the largest loss first; name, cases, mean, gain_cases (those with points), points, gain (yuan: their points ×
    point value − their cost; adds up to 0 over the county's institutions), gain_per_case, outside_cases, outside_share (of the insured's
    cases), county_capable, low_ratio_cases, high_ratio_cases and low_ratio, high_ratio (shares of cases; missing without wards).
    ``told``: the same as it may be shown on screen. ``point_value``: yuan a point, estimated: all cost of the county's cases with points ÷
    all their points; NaN without points.
    """

    groups: pd.DataFrame
    told: pd.DataFrame
    point_value: float


@cached(needs_county=True)
def group_table(database: ReportingDatabase, scope: Scope, unit: str | None = None) -> GroupTable | None:
    """Return what the disease groups bring and cost in one institution or all shown; None without claims."""
    every = claims_in(database, scope)
    value = point_value(every)
    rows = every[every["unit"].isin([unit] if unit else shown_units(database, scope).index)]
    if rows.empty:
        return None
    inside = every.groupby("group")["cases"].sum()
    table = _gains(rows, "group", value).join(disease_groups(database)[["name", "county_capable"]], how="inner")
    away = outside_rows(database, scope.period, scope.scheme)["cases"].reindex(table.index).fillna(0.0)
    table = table.assign(
        outside_cases=away,
        outside_share=away / (away + inside.reindex(table.index)),
        **_ratio_shares(database, scope, rows["unit"].unique(), table.index),
    )
    table = table.sort_values("gain", kind="stable", na_position="last")
    return GroupTable(table, GROUPS.hide(table).frame, value)


def _pointed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["points"].notna()]


def _gains(rows: pd.DataFrame, by: str, value: float) -> pd.DataFrame:
    """Return by group or unit cases and mean of all cases, and of those with points gain_cases, points, gain and gain_per_case."""
    sums = rows.groupby(by)[["cases", "cost"]].sum()
    settled = _pointed(rows).groupby(by)[["cases", "cost", "points"]].sum().reindex(sums.index)
    gain = settled["points"] * value - settled["cost"]
    return pd.DataFrame(
        {
            "cases": sums["cases"],
            "mean": sums["cost"] / sums["cases"].where(sums["cases"] > 0),
            "gain_cases": settled["cases"],
            "points": settled["points"],
            "gain": gain,
            "gain_per_case": gain / settled["cases"].where(settled["cases"] > 0),
        }
    )


def point_value(rows: pd.DataFrame) -> float:
    """Return yuan a point so that points pay for exactly the cost of the cases that have them (closed pool, domain 3.4)."""
    known = _pointed(rows)
    return float(known["cost"].sum() / known["points"].sum()) if known["points"].sum() > 0 else float("nan")


def _ratio_shares(database: ReportingDatabase, scope: Scope, units: np.ndarray, groups: pd.Index) -> dict[str, pd.Series]:
    missing = pd.Series(np.nan, index=groups)
    if DISCHARGES not in offered(database):
        return dict.fromkeys(("low_ratio", "high_ratio", "low_ratio_cases", "high_ratio_cases"), missing)
    rows = discharges_in(database, scope, pd.Index(units))
    sums = rows.groupby("group")[["cases", "low_ratio_cases", "high_ratio_cases"]].sum(min_count=1).reindex(groups)
    cases = sums["cases"].where(sums["cases"] > 0)
    counts = {name: sums[name] for name in ("low_ratio_cases", "high_ratio_cases")}
    return {"low_ratio": sums["low_ratio_cases"] / cases, "high_ratio": sums["high_ratio_cases"] / cases, **counts}


@cached(needs_county=True)
def group_units(database: ReportingDatabase, scope: Scope, group: str) -> pd.DataFrame:
    """Return one disease group at each institution: index unit; name, then as in ``GroupTable`` from cases to gain_per_case and ratios."""
    every = claims_in(database, scope)
    units = shown_units(database, scope)[["short_name"]].rename(columns={"short_name": "name"})
    table = units.join(_gains(every[every["group"].eq(group)], "unit", point_value(every)), how="inner")
    names = ("low_ratio_cases", "high_ratio_cases")
    if DISCHARGES not in offered(database):
        return table.assign(**dict.fromkeys((*names, "low_ratio", "high_ratio"), np.nan))
    rows = discharges_in(database, scope, units.index)
    events = rows[rows["group"].eq(group)].groupby("unit")[["cases", *names]].sum(min_count=1).reindex(table.index)
    base = events["cases"].where(events["cases"] > 0)
    shares = {name.removesuffix("_cases"): events[name] / base for name in names}
    return table.assign(**{name: events[name] for name in names}, **shares)


# Supervision --------------------------------------------------------------------------------------------------------------


@cached(needs_county=True)
def signals(database: ReportingDatabase, scope: Scope) -> pd.DataFrame:
    """Return every question of the running supervision, one row a signal and institution.

    Returns:
        code (of ``QUESTIONS``), unit, name, cases, observed, expected, ratio, lower, upper (95 %), level and side as in
        ``Compared``; for "coding" observed and expected are CMI points (change inside core groups, 0 expected) and ratio is missing.
        Those beyond their limits on the high side come first; low ones and those within chance follow.
    """
    every = peers(database, scope.peers)
    tables = []
    picture = index_picture(database, scope)
    if picture is not None:
        units = picture.units[picture.units["z"].notna()]
        level = np.select([units["z"].abs() > ACTION_Z, units["z"].abs() > WARNING_Z], ["action", "warning"], "")
        reach = WARNING_Z * units["error"]
        tables.append(
            pd.DataFrame(
                {
                    "code": "coding",
                    "unit": units.index,
                    "cases": units["cases"],
                    "observed": units["coding"],
                    "expected": 0.0,
                    "ratio": np.nan,
                    "lower": units["coding"] - reach,
                    "upper": units["coding"] + reach,
                    "level": level,
                    "side": np.where(units["coding"] > 0, "high", "low"),
                }
            )
        )
    if DISCHARGES in offered(database):
        rows = discharges_in(database, scope, every.index)
        tables += [_signal(code, standardised(rows, column)) for code, column in _OF_DISCHARGES.items()]
    if CLAIMS in offered(database):
        rows = claims_in(database, scope, every.index)
        capable = rows["group"].map(disease_groups(database)["primary_capable"]).eq(True)
        tables.append(_signal("primary_capable", standardised(rows.assign(group="", capable=rows["cases"].where(capable, 0.0)), "capable")))
    if not tables:
        return pd.DataFrame()
    found = pd.concat(tables, ignore_index=True)
    found = found[found["unit"].isin(shown_units(database, scope).index)]
    if found.empty:
        return pd.DataFrame()
    found = found.assign(name=found["unit"].map(every["short_name"]))
    order = found["level"].map({"action": 0, "warning": 1, "": 2, "few": 3}) + 4 * found["side"].eq("low")
    return found.assign(order=order).sort_values(["order", "code"], kind="stable").drop(columns="order").reset_index(drop=True)


def _signal(code: str, table: pd.DataFrame) -> pd.DataFrame:
    factor = ratio_overdispersion(table["observed"], table["expected"])
    if code == "primary_capable":  # what a hospital is there for, not what happens to its cases: differences are the rule
        factor = winsorised_factor((table["observed"] - table["expected"]) / np.sqrt(table["expected"].where(table["expected"] > 0)))
    return against_limits(table, factor).assign(code=code, unit=table.index)


@cached(needs_county=True)
def clearing(database: ReportingDatabase, scope: Scope) -> pd.DataFrame:
    """Return what points would settle.

    Index unit, the largest loss first; name, cases, points, points_compared and points_before (the months that both years have, this year
    and last), growth (ratio of these), cost, due (points × point value), gain (due − cost). Of the rows that have points only; empty
    without any.
    """
    rows = _pointed(claim_rows(database, scope.period.last, scope.scheme))
    value = point_value(within(rows, scope.period))
    if not value > 0:
        return pd.DataFrame()
    every = peers(database, scope.peers)
    now, before = same_months(within(rows, scope.period, every.index), within(rows, scope.period.last_year(), every.index))
    whole = within(rows, scope.period, every.index)
    sums = whole.groupby("unit")[["cases", "cost", "points"]].sum()
    table = every[["short_name"]].rename(columns={"short_name": "name"}).join(sums, how="inner")
    compared, earlier = (side.groupby("unit")["points"].sum().reindex(table.index) for side in (now, before))
    table = table.assign(
        points_compared=compared,
        points_before=earlier,
        growth=compared / earlier.where(earlier > 0) - 1,
        due=table["points"] * value,
        gain=table["points"] * value - table["cost"],
    )
    return table[table.index.isin(shown_units(database, scope).index)].sort_values("gain", kind="stable")


@cached(needs_county=True)
def points_growth(database: ReportingDatabase, scope: Scope) -> float:
    """Return by how much the points of ``clearing`` that may be shown grew over the months that both years have; NaN without any."""
    table = CLEARING.hide(clearing(database, scope)).frame
    before = float(table["points_before"].sum())
    return float(table["points_compared"].sum()) / before - 1 if before > 0 else float("nan")
