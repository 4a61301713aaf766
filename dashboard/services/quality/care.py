"""Section 质量: the three axes with intervals, institutions and wards against what their patients would lead to expect, rare events."""

import datetime
import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import norm

from dashboard.analysis.case_mix import (
    ACTION_Z,
    WARNING_Z,
    DaysBetween,
    days_between,
    ratio_limits,
    ratio_overdispersion,
    spread_over_months,
    standardised,
)
from dashboard.analysis.control_charts import INSUFFICIENT, ControlChart, byar_interval, p_chart, u_chart, wilson_interval
from dashboard.analysis.noise import FALSE_CLAIMS, proportion_error
from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.small_counts import Guard, People, open_order
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Level
from dashboard.language import marked
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.indicators import FEW, indicator_series, indicator_values, values_of
from dashboard.services.quality.cells import (
    DISCHARGES,
    HISTORY_MONTHS,
    Scope,
    department_names,
    discharges_in,
    offered,
    peers,
    shown_units,
)
from dashboard.services.quality.costs import Compared, curve_sizes, funnel_curve, judged

Judgement = Literal["better", "worse", "noise", "unknown"]
AXES = {
    "diagnosis": ("E10", "E11"),
    "treatment": ("E12a", "E12b", "E12c", "E04", "E15", "E05", "E06b", "E17"),
    "suffering": ("E13a", "E13b", "E13c", "E16", "E09", "E18"),
}
AXIS_NAMES = {"diagnosis": marked("诊断准确"), "treatment": marked("治疗有效"), "suffering": marked("痛苦最小")}
OF_DISCHARGES = {"E15": "readmissions", "E13a": "infections", "E12c": "deaths"}
"""Indicators whose events are also known by ward and disease group: these are held against an expectation by disease."""
RATES = frozenset({"E13a", "E13b", "E13c", "E09"})
"""Events per exposure, which may exceed it or have no cases behind it: Byar's interval and u charts. The others are shares of cases."""
WITHOUT_LIMITS = frozenset({"E09"})
"""Sums of doses, no counted events: no interval by chance."""
RARE = ("E13b", "E13c", "E04")
LEAST_EXPECTED = 5.0
"""Fewer expected events are not held against limits."""
OUTCOMES = Guard(
    (People("cases"), People("observed", part_of="cases")),
    dict.fromkeys(("expected", "ratio", "lower", "upper", "rate"), ("cases", "observed")),
)


WARDS = Guard(
    (People("cases", within=(("unit_name",),)), People("observed", within=(("unit_name",),))),
    dict.fromkeys(("expected", "ratio", "lower", "upper", "rate"), ("cases", "observed")),
)
"""Wards; what an institution has of both is shown beside them."""
READINGS = Guard(
    (People("numerator", totalled=False), People("numerator_before", totalled=False)),
    {"value": ("numerator",), "lower": ("numerator",), "upper": ("numerator",), "before": ("numerator_before",)},
)
"""The three axes: different events of different denominators, whose sum is shown nowhere."""
RARE_A_MONTH = 1.5
"""More events a month than this are not rare: spread over the month, their intervals would only mirror the calendar."""


def is_rate(name: str) -> bool:
    """Return whether the indicator counts events per exposure rather than a share of cases."""
    return name in RATES


def good_when_high(name: str) -> bool:
    """Return whether the indicator is a share of cases that should be high."""
    return not is_rate(name) and load_catalogue().indicator(name).direction == "higher"


def with_interval(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``table`` (index indicator; numerator, denominator) with lower and upper in its unit, 95 %; missing for sums of doses."""
    sides = table[["numerator", "denominator"]].astype("float64")
    rates, doses = table.index.isin(RATES), table.index.isin(WITHOUT_LIMITS)
    shares = sides[~rates & (sides["numerator"] <= sides["denominator"])]
    counted = sides[rates & ~doses]
    byar = byar_interval(counted["numerator"], counted["denominator"])
    wilson = wilson_interval(shares["numerator"], shares["denominator"])
    bounds = pd.concat([byar[["lower", "upper"]], wilson[["lower", "upper"]]]).reindex(table.index)
    scale = pd.Series([load_catalogue().indicator(str(name)).multiplier for name in table.index], table.index)
    return table.assign(lower=bounds["lower"] * scale, upper=bounds["upper"] * scale)


@cached()
def axis_readings(database: ReportingDatabase, scope: Scope) -> pd.DataFrame:
    """Return the three axes of the county, or of one community.

    Returns:
        One row an indicator, in the order of ``AXES``: indicator, axis, status, missing, numerator, denominator, value, lower, upper (in
        its unit), before and numerator_before (last year), judgement against
        last year ("better", "worse", "noise", "unknown"; corrected for the number of
        indicators looked at).
    """
    names = tuple(name for axis in AXES.values() for name in axis)
    level: Level = "community" if scope.community else "county"
    unit = scope.community or "county"
    periods = (scope.period, scope.period.last_year())
    frames = values_of(database, level, periods, load_catalogue().chosen(names), community=scope.community)
    now, before = (frames[period][frames[period]["unit"].eq(unit)].set_index("indicator").reindex(names) for period in periods)
    now = with_interval(now)
    z = float(norm.isf(FALSE_CLAIMS / len(names) / 2))
    rows = []
    for axis, members in AXES.items():
        for name in members:
            row, earlier = now.loc[[name]].iloc[0], before.loc[[name]].iloc[0]
            rows.append(
                {
                    "indicator": name,
                    "axis": axis,
                    **{column: row[column] for column in ("status", "missing", "numerator", "denominator", "value", "lower", "upper")},
                    "before": float(earlier["value"]),
                    "numerator_before": float(earlier["numerator"]),
                    "judgement": _judgement(name, row, earlier, z),
                }
            )
    return pd.DataFrame(rows)


def _error(name: str, row: pd.Series) -> float:
    """Return the standard error of a value by chance among its events, in its unit."""
    events, base = float(row["numerator"]), float(row["denominator"])
    multiplier = load_catalogue().indicator(name).multiplier
    if name in WITHOUT_LIMITS or not base > 0:
        return math.nan
    return multiplier * math.sqrt(events + 1) / base if is_rate(name) else proportion_error(events, base, multiplier)


def _judgement(name: str, now: pd.Series, before: pd.Series, z: float) -> Judgement:
    error = math.hypot(_error(name, now), _error(name, before))
    difference = float(now["value"]) - float(before["value"])
    if math.isnan(error) or math.isnan(difference):
        return "unknown"
    if abs(difference) <= z * error:
        return "noise"
    higher = load_catalogue().indicator(name).direction == "higher"
    return "better" if (difference > 0) == higher else "worse"


@cached(needs_county=True)
def outcome_funnel(database: ReportingDatabase, scope: Scope, name: str) -> Compared | None:
    """Return the institutions with the events of ``name`` against those expected; None where nobody reports them.

    Expected: by disease group at the rates of all peers where wards report by group, else the peers' rate times the denominator. Of a
    share that should be high (matched diagnoses) the events are the cases without it, so that more than expected is always worse.
    """
    every = peers(database, scope.peers)
    if name in OF_DISCHARGES and DISCHARGES in offered(database):
        cells = discharges_in(database, scope, every.index)
        table, by_group = standardised(cells, OF_DISCHARGES[name]), True
    else:
        values = indicator_values(database, level="institution", period=scope.period, indicators=(name,)).set_index("unit")
        known = values[values.index.isin(every.index)][["numerator", "denominator"]].dropna().astype("float64")
        if good_when_high(name):
            known = known.assign(numerator=(known["denominator"] - known["numerator"]).clip(lower=0.0))
        cells = pd.DataFrame(
            {"unit": known.index.to_numpy(), "group": "", "cases": known["denominator"].to_numpy(), "events": known["numerator"].to_numpy()}
        )
        table, by_group = standardised(cells, "events"), False
    if not table["expected"].sum() > 0:
        return None
    factor = ratio_overdispersion(table["observed"], table["expected"])
    found = against_limits(table, factor)
    units = every[["short_name", "position"]].rename(columns={"short_name": "name"}).join(found, how="inner")
    units = units[units.index.isin(shown_units(database, scope).index)]
    if units.empty:
        return None
    sizes = curve_sizes(units["expected"])
    narrow, wide = (ratio_limits(sizes, z, factor) for z in (WARNING_Z, ACTION_Z))
    return Compared(units, funnel_curve(sizes, narrow, wide), "expected", factor, by_group)


def against_limits(table: pd.DataFrame, factor: float) -> pd.DataFrame:
    """Return ``table`` (observed, expected, ratio) with lower, upper (Byar, 95 %), level and side as in ``Compared``.

    ``factor``: what the limits are widened by (``ratio_overdispersion``).
    """
    bounds = byar_interval(table["observed"], table["expected"])
    table = table.assign(lower=bounds["lower"], upper=bounds["upper"])
    narrow, wide = (ratio_limits(table["expected"], z, factor) for z in (WARNING_Z, ACTION_Z))
    return judged(table, narrow, wide, table["expected"] >= LEAST_EXPECTED)


@cached(needs_county=True)
def wards(database: ReportingDatabase, scope: Scope, name: str, unit: str | None = None) -> pd.DataFrame:
    """Return the wards of one institution, or of all, with events against those expected by disease group at the rates of all peers.

    Returns:
        Index (unit, department), the farthest above its expectation first, those with hidden counts last:
        unit_name, name, cases, observed, expected, ratio,
        lower, upper, level, side as in ``Compared``. Empty without a report by ward or of this event.
    """
    every = peers(database, scope.peers)
    if name not in OF_DISCHARGES or DISCHARGES not in offered(database):
        return pd.DataFrame()
    names = department_names(database)
    rows = discharges_in(database, scope, every.index)
    cells = rows.assign(unit=pd.MultiIndex.from_frame(rows[["unit", "department"]]).to_flat_index())
    table = standardised(cells, OF_DISCHARGES[name])
    if table.empty:
        return pd.DataFrame()
    table = against_limits(table, ratio_overdispersion(table["observed"], table["expected"]))
    table.index = pd.MultiIndex.from_tuples(table.index, names=["unit", "department"])
    codes = table.index.get_level_values("unit")
    table = table.assign(
        unit_name=every["short_name"].reindex(codes).to_numpy(),
        name=names.reindex(table.index.get_level_values("department")).to_numpy(),
        far=(table["observed"] - table["expected"]) / np.sqrt(table["expected"]),
    )
    chosen = codes.isin([unit] if unit else shown_units(database, scope).index)
    table = table[chosen]
    hidden = WARDS.hide(table).hidden.any(axis=1)  # the order must not tell what the count does not
    return table.loc[open_order(table["far"], hidden)].drop(columns="far")


@dataclass(frozen=True, eq=False)
class Months:
    """An indicator month by month, in its unit. ``hidden``: months left out of ``chart`` as they stand on too few people to be shown.

    With any of them nothing is judged: the months that are left are those with many events.
    """

    chart: ControlChart
    hidden: int


@cached()
def outcome_months(database: ReportingDatabase, scope: Scope, name: str, unit: str | None = None) -> Months | None:
    """Return ``name`` month by month with the limits of a p or u chart, of the county, a community or one institution.

    None for sums of doses and where no month is known.
    """
    if name in WITHOUT_LIMITS:
        return None
    level: Level = "institution" if unit else "community" if scope.community else "county"
    series = indicator_series(
        database,
        (name,),
        level=level,
        last=scope.period,
        months=HISTORY_MONTHS,
        community=None if unit else scope.community,
        smallest=ON_SCREEN,
    )
    rows = series[series["unit"].eq(unit or scope.community or "county")].set_index("month")
    events, base = rows["numerator"].astype("float64"), rows["denominator"].astype("float64")
    known, hidden = events.notna() & base.notna(), int(rows["status"].eq(FEW).sum())
    if not known.any() and not hidden:
        return None
    chart = (u_chart if is_rate(name) else p_chart)(events.where(known), base.where(known))
    scale = load_catalogue().indicator(name).multiplier
    if hidden:
        chart = replace(chart, marks=chart.marks.mask(chart.marks.notna(), INSUFFICIENT), sufficient=False)
    lines = {line: getattr(chart, line) * scale for line in ("values", "centre", "lower", "upper")}
    return Months(replace(chart, **lines), hidden)


@dataclass(frozen=True, eq=False)
class RareEvents:
    """Days between rare events, over the months that are known without a gap: from the first day of ``since`` to ``until``."""

    chart: DaysBetween
    since: datetime.date
    until: datetime.date


@cached()
def rare_events(database: ReportingDatabase, scope: Scope, name: str) -> RareEvents | None:
    """Return the days between the events of ``name`` over at most three years, of the county or a community; None unless reported and rare.

    Reports know the month only: its events are spread evenly over it. A month that somebody did not report may have had any number: the
    days begin after the last such month, and end with the newest month that is known.
    """
    level: Level = "community" if scope.community else "county"
    series = indicator_series(database, (name,), level=level, last=scope.period, months=HISTORY_MONTHS, community=scope.community)
    rows = series[series["unit"].eq(scope.community or "county")]
    counts = _without_gaps(rows.set_index("month")["numerator"].astype("float64").where(rows["status"].eq("ok").to_numpy()))
    if not counts.mean() <= RARE_A_MONTH:
        return None
    first, last = (counts.index[place].date() for place in (0, -1))
    until = Period(Grain.MONTH, last).end
    return RareEvents(days_between(spread_over_months(counts), until), first, until)


def _without_gaps(counts: pd.Series) -> pd.Series:
    """Return the newest months of ``counts`` that are known one after the other."""
    known = counts.loc[: counts.last_valid_index()] if counts.notna().any() else counts.iloc[:0]
    gaps = known.index[known.isna()]
    return known[known.index > gaps[-1]] if len(gaps) else known
