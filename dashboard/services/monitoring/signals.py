"""What the rules of ``monitoring.yaml`` are held against: the monthly series of every rule and unit, as far as they may be judged."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.alerts import behind_the_others, under_reference
from dashboard.analysis.contracts import expected_share
from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.analysis.points import cycle_points, per_hundred
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.contracts import contract_settings
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.monitoring import MonitoringRule, monitoring_plan, monitoring_rules
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.indicators import SIDES
from dashboard.services.common.reporting import reports_due
from dashboard.services.monitoring.counted import (
    costs,
    counted,
    dearer,
    excess,
    history_of,
    peer_scores,
    peers_of,
    surveyed,
    unusual,
)
from dashboard.services.monitoring.history import YEAR, Grids, History, histories, key_of
from dashboard.services.overview.fund import fund_progress
from dashboard.store.codes import INTEGRITY_KIND, POINTS_KIND
from dashboard.store.query import run_query


@dataclass(frozen=True, eq=False)
class Place:
    """What one watched unit is called, whose it is, what opens behind it, and of which scheme it is ("" for all)."""

    name: str
    community: str
    institution: str = ""
    scheme: str = ""


@dataclass(frozen=True, eq=False)
class Signals:
    """The series of one rule. All frames: months (index, ascending) × units (columns).

    ``values`` is what the limits of the rule are in (see ``MonitoringRule``); missing where the month is incomplete, stands on too little,
    or is not judged yet in the year. ``effect`` is how much the month is off the limit that ends the alert (last year's value for
    growth), in the unit of the rule's effect, never below 0. ``fewest``: the fewest people or cases that the month stands on, where it
    counts any. ``low``, ``high``: the interval of a projection, in the unit of ``values``. ``told``: what readers are told where ``values``
    is a judgement about it (per 100, per cent). ``peers``: standard deviations from the peers in their funnel, positive on the bad side.
    """

    values: pd.DataFrame
    effect: pd.DataFrame
    places: Mapping[str, Place]
    fewest: pd.DataFrame | None = None
    low: pd.DataFrame | None = None
    high: pd.DataFrame | None = None
    told: pd.DataFrame | None = None
    peers: pd.DataFrame | None = None


def signals(database: ReportingDatabase, month: datetime.date) -> dict[str, Signals]:
    """Return the series of every rule but the projected ones over the months of its history that end with ``month``.

    Raises:
        QueryError: the database cannot answer.
    """
    rules, read = monitoring_rules(), histories(database, month)
    months = pd.date_range(end=pd.Timestamp(month), periods=monitoring_plan().history_months, freq="MS", unit="us")
    known = _places(database)
    found = {}
    for name, rule in rules.items():
        if rule.kind == "silence":
            found[name] = _silence(database, months, known)
        elif rule.kind == "reference":
            found[name] = _reference(database, months, known)
        elif rule.kind == "dear":
            found[name] = _dear(database, rule, read[key_of(rule)], months, known)
        elif rule.kind == "incidents":
            found[name] = _incidents(database, months, known)
        elif rule.with_funnel:
            found[name] = _counted(database, rule, months, known)
        elif rule.source:
            found[name] = _shares(database, rule, months, known)
        elif rule.kind == "points":
            found[name] = points_signals(database, months, known)
        elif rule.kind != "overspend":
            found[name] = _signals(rule, read[key_of(rule)], months, _watched(database, rule), known)
    return found


def projections(database: ReportingDatabase, month: datetime.date) -> dict[str, Signals]:
    """Return the series of the rules that project: the few months that end with ``month``, each as it was projected then.

    Raises:
        QueryError: the database cannot answer.
    """
    months = pd.date_range(end=pd.Timestamp(month), periods=monitoring_plan().projected_months, freq="MS", unit="us")
    return {name: _overspend(database, months) for name, rule in monitoring_rules().items() if rule.kind == "overspend"}


def _places(database: ReportingDatabase) -> dict[str, Place]:
    """Return every institution and community; a community is its own."""
    who = directory(database)
    inside = who.institutions
    homes = inside["community_code"].fillna("").astype(str)
    found = {
        str(code): Place(str(name), str(home), str(code)) for (code, name), home in zip(inside["short_name"].items(), homes, strict=True)
    }
    return found | {str(code): Place(str(name), str(code)) for code, name in who.communities["short_name"].items()}


def _watched(database: ReportingDatabase, rule: MonitoringRule) -> pd.Index:
    who = directory(database)
    if rule.level == "community":
        return who.communities.index
    return who.inside.index[who.inside["tier"].isin(rule.tiers)] if rule.tiers else who.inside.index


def _grid(frame: pd.DataFrame, months: pd.DatetimeIndex, units: pd.Index) -> pd.DataFrame:
    return frame.reindex(index=months, columns=units)


def _signals(rule: MonitoringRule, history: History, months: pd.DatetimeIndex, watched: pd.Index, places: Mapping[str, Place]) -> Signals:
    assert rule.indicator is not None
    read = history.get(rule.indicator)
    if read is None:
        nothing = pd.DataFrame(index=months, columns=watched[:0], dtype="float64")
        return Signals(nothing, nothing, places)
    units = watched[watched.isin(read.value.columns)]
    shown, effect = _gap(read, months, units) if rule.kind == "gap" else _against_limit(rule, history, months, units)
    judged = pd.DataFrame(True, index=months, columns=units)
    if rule.base:
        judged &= _grid(history[rule.base.indicator].denominator, months, units) >= rule.base.least
    judged = judged.mul(months.month >= rule.from_month, axis=0)
    known = shown.where(judged.astype(bool)).dropna(axis=1, how="all")
    return Signals(known, effect[known.columns].where(known.notna()), places, _fewest(rule, read, months, known.columns))


def _against_limit(rule: MonitoringRule, history: History, months: pd.DatetimeIndex, units: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what the limits of ``rule`` are in, and how much each month is off the limit that ends the alert."""
    assert rule.indicator is not None
    entry, read = load_catalogue().indicator(rule.indicator), history[rule.indicator]
    counted = rule.component == "numerator"
    complete = (read.numerator if counted else read.value).where(read.whole)
    value = _grid(complete, months, units)
    volume: pd.DataFrame | float = 1.0 if counted else _grid(read.denominator, months, units)
    multiplier = 1.0 if counted else entry.multiplier
    limit: pd.DataFrame | float = rule.off
    shown = value
    if rule.kind == "growth":
        earlier = _grid(complete, months - pd.DateOffset(years=1), units).set_axis(months)
        limit = earlier.where(earlier > 0)
        shown = 100 * (value / limit - 1)
    elif rule.kind == "pace":
        due = pd.Series([expected_share(when.month, contract_settings().curve or None) for when in months], index=months)
        shown = value.div(multiplier * due, axis=0)
        limit = pd.DataFrame(dict.fromkeys(units, rule.off * multiplier * due), index=months)
    if rule.base and rule.base.times_effect:
        volume = volume * _grid(history[rule.base.indicator].denominator, months, units)
    sign = 1 if rule.side == "above" else -1
    off = (sign * (value - limit)).clip(lower=0)
    return shown, (off > 0).astype("float64") if rule.effect == "communities" else off / multiplier * volume


def _gap(read: Grids, months: pd.DatetimeIndex, units: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how many points each unit lies below the county's share, and the cases that are."""
    part, base = (_grid(side.where(read.whole), months, units) for side in (read.numerator, read.denominator))
    below = behind_the_others(part, base)
    return below, (below / 100 * base).clip(lower=0)


def _fewest(rule: MonitoringRule, read: Grids, months: pd.DatetimeIndex, units: pd.Index) -> pd.DataFrame | None:
    if rule.base and rule.base.times_effect:
        return None
    assert rule.indicator is not None
    catalogue = load_catalogue()
    entry = catalogue.indicator(rule.indicator)
    frames = {"numerator": read.numerator, "denominator": read.denominator}
    sides = [_grid(frames[side], months, units) for side in SIDES if entry.counts_people(side, catalogue.measures)]
    if not sides:
        return None
    counted = [side.where(side > 0) for side in sides]
    return counted[0] if len(counted) == 1 else counted[0].where(~(counted[1] < counted[0]) & counted[0].notna(), counted[1])


def _overspend(database: ReportingDatabase, months: pd.DatetimeIndex) -> Signals:
    """Return the projected year end of each scheme of each community, in per cent of its budget, as the months of one year saw it.

    The year is that of the last month; the months before it were of another budget: missing.
    """
    rows, places = [], {}
    for month in months[months.year == months[-1].year]:
        for unit in fund_progress(database, Period(Grain.MONTH, month.date())).units:
            if unit.year_end is None:
                continue
            name = f"{unit.community}·{unit.scheme}"
            places[name] = Place(unit.name, unit.community, scheme=unit.scheme)
            end, budget = unit.year_end, unit.budget / 100
            rows.append((month, name, end.total / budget, max(unit.projected_overspend, 0.0), end.low / budget, end.high / budget))
    told = pd.DataFrame(rows, columns=["month", "unit", "values", "effect", "low", "high"])
    frames = [told.pivot(index="month", columns="unit", values=name) for name in ("values", "effect", "low", "high")]
    values, effect, low, high = (frame.reindex(months).astype("float64") for frame in frames)
    return Signals(values, effect, places, low=low, high=high)


def _reference(database: ReportingDatabase, months: pd.DatetimeIndex, known: Mapping[str, Place]) -> Signals:
    """Return how many points the positive rate of each device over twelve months lies below its reference; missing where by chance."""
    first = shift_months(months[0].date(), 1 - YEAR)
    rows = run_query(database, "monitoring/equipment_positive", first_month=first, last_month=months[-1].date())
    rows["month"] = pd.to_datetime(rows["month"])
    span = pd.date_range(first, months[-1], freq="MS", unit="us")
    grids = [rows.pivot(index="month", columns="equipment_code", values=name).reindex(span) for name in ("positives", "examinations")]
    found, done = (grid.astype("float64").rolling(YEAR, min_periods=1).sum().reindex(months) for grid in grids)
    about = rows.drop_duplicates("equipment_code").set_index("equipment_code")
    values = under_reference(found, done, about["reference"].astype("float64")).dropna(axis=1, how="all")
    places = {}
    for code in values.columns:
        home = known.get(str(about["institution_code"][code]), Place("", ""))
        places[code] = Place(f"{home.name} {about['equipment_name'][code]}", home.community, home.institution)
    fewest = found.where(found > 0).clip(upper=done)[values.columns]
    return Signals(values, done[values.columns].where(values > 0, 0.0).where(values.notna()), places, fewest)


def _counted(database: ReportingDatabase, rule: MonitoringRule, months: pd.DatetimeIndex, places: Mapping[str, Place]) -> Signals:
    """Return what the counts of an optional table say of each institution, by its own history and the funnel of its peers."""
    peers, read = peers_of(database), counted(database, rule, history_of(months))
    scores = peer_scores(rule, read, peers)
    judged = unusual(rule, read, scores) if rule.kind == "unusual" else surveyed(rule, read)
    values = judged.reindex(months).dropna(axis=1, how="all")

    def shown(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.reindex(months)[values.columns].where(values.notna())

    off = excess(rule, read, peers) if rule.kind == "unusual" else (read.whole * rule.bound / 100 - read.part).clip(lower=0)
    return Signals(values, shown(off), places, shown(read.part), told=shown(read.told), peers=shown(scores))


def _dear(
    database: ReportingDatabase, rule: MonitoringRule, history: History, months: pd.DatetimeIndex, places: Mapping[str, Place]
) -> Signals:
    """Return how far the cost per case of each institution lies above its peers in their funnel."""
    assert rule.indicator is not None
    read, peers = history.get(rule.indicator), peers_of(database)
    if read is None:
        nothing = pd.DataFrame(index=months, columns=peers.index[:0], dtype="float64")
        return Signals(nothing, nothing, places)
    found = costs(rule, read)
    scores, more = dearer(found, peers)
    values = scores.reindex(months).dropna(axis=1, how="all")

    def shown(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.reindex(months)[values.columns].where(values.notna())

    return Signals(values, shown(more), places, told=shown(found.told), peers=values)


def _incidents(database: ReportingDatabase, months: pd.DatetimeIndex, places: Mapping[str, Place]) -> Signals:
    """Return how many breaches of integrity or fund rules each institution reported."""
    rows = run_query(
        database, "monitoring/integrity", first_month=months[0].date(), last_month=months[-1].date(), kinds=list(INTEGRITY_KIND)
    )
    rows["month"] = pd.to_datetime(rows["month"]).astype("datetime64[us]")
    cases = rows.pivot(index="month", columns="institution_code", values="cases").reindex(months).astype("float64")
    return Signals(cases, cases, places)


def _shares(database: ReportingDatabase, rule: MonitoringRule, months: pd.DatetimeIndex, places: Mapping[str, Place]) -> Signals:
    """Return the share that an optional table tells of each institution, or its growth under one version of the list."""
    span = pd.date_range(end=months[-1], periods=len(months) + YEAR, freq="MS", unit="us")
    rows = run_query(database, f"monitoring/{rule.source}", first_month=span[0].date(), last_month=span[-1].date())
    rows["month"] = pd.to_datetime(rows["month"]).astype("datetime64[us]")

    def grid(column: str) -> pd.DataFrame:
        return rows.pivot(index="month", columns="institution_code", values=column).reindex(span)

    part, whole = grid("part").astype("float64"), grid("whole").astype("float64")
    value = 100 * part / whole.where((whole > 0) & (whole >= rule.least))
    limit: pd.DataFrame | float = rule.off
    shown = value
    if rule.kind == "share_growth":
        version = grid("version")
        limit = value.shift(YEAR).where(lambda earlier: (earlier > 0) & version.eq(version.shift(YEAR)))
        shown = 100 * (value / limit - 1)
    sign = 1 if rule.side == "above" else -1
    effect = (sign * (value - limit)).clip(lower=0) / 100 * whole
    shown = shown.reindex(months).dropna(axis=1, how="all")
    counts = rule.effect == "cases"
    fewest = part.where(part > 0).clip(upper=whole).reindex(months)[shown.columns] if counts else None
    if fewest is not None:
        shown = shown.mask(fewest < ON_SCREEN)
    return Signals(shown, effect.reindex(months)[shown.columns].where(shown.notna()), places, fewest)


def points_signals(database: ReportingDatabase, months: pd.DatetimeIndex, places: Mapping[str, Place]) -> Signals:
    """Return the points of the running cycle per 100 staff of each institution; ``effect`` is the points themselves.

    A month of which nothing came is not judged: it is no month without points.
    """
    history = pd.date_range(end=months[-1], periods=len(months) + YEAR, freq="MS", unit="us")
    rows = points_rows(database, history[0].date(), history[-1].date())
    monthly = monthly_points(rows, history)
    total = cycle_points(monthly, monitoring_plan().points.cycle_months).where(monthly.notna()).reindex(months)
    value = per_hundred(total, staff_of(database, months).reindex(columns=total.columns)).dropna(axis=1, how="all")
    return Signals(value, total[value.columns], places)


def monthly_points(rows: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the points of ``rows`` (of ``points_rows``), months × institutions; missing where nothing came."""
    return rows.groupby(["month", "institution_code"])["points"].sum(min_count=1).unstack("institution_code").reindex(months)


def points_rows(database: ReportingDatabase, first: datetime.date, last: datetime.date) -> pd.DataFrame:
    """Return points, cases and staff with points by institution, kind and month. Raises ``QueryError``."""
    rows = run_query(database, "monitoring/points", first_month=first, last_month=last, kinds=list(POINTS_KIND))
    rows["month"] = pd.to_datetime(rows["month"]).astype("datetime64[us]")
    return rows.astype({"points": "float64"})


def staff_of(database: ReportingDatabase, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Return staff by month and institution: of the quarter, or of the newest one before it. Raises ``QueryError``."""
    rows = run_query(database, "monitoring/staff", first_month=shift_months(months[0].date(), -YEAR), last_month=months[-1].date())
    rows["quarter"] = pd.to_datetime(rows["quarter"]).astype("datetime64[us]")
    grid = rows.pivot(index="quarter", columns="institution_code", values="staff").astype("float64").sort_index()
    return grid.reindex(grid.index.union(months)).ffill().reindex(months)


def _silence(database: ReportingDatabase, months: pd.DatetimeIndex, places: Mapping[str, Place]) -> Signals:
    """Return how many tables did not come of each institution; a table of which nothing came in a month is nobody's silence."""
    due = reports_due(database, months[0].date(), months[-1].date())
    due = due[due["kind"] != "town"]
    came = due.groupby(["table_name", "month"])["came"].transform("any") if len(due) else due["came"]
    due = due[came.astype(bool)]
    counted = (~due["came"]).groupby([due["month"].astype("datetime64[us]"), due["reporter"]]).sum()
    missing = counted.unstack("reporter").reindex(months).astype("float64") if len(due) else pd.DataFrame(np.nan, index=months, columns=[])
    return Signals(missing, missing, places)
