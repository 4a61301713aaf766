"""Outcomes month by month and the calendar of events: what both kinds of study are made from."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.indicators import Status, grows_with_period
from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.reform import Family, enough_months
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator, Level
from dashboard.catalogue.reform import reform_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.indicators import indicator_series
from dashboard.store.query import run_query


@dataclass(frozen=True, eq=False)
class Outcome:
    """An indicator of one area month by month, complete months only.

    ``months`` has one row per month from the first with data: month (first day), value (unit of the indicator), numerator, denominator;
    all missing in a month that is incomplete, hidden or without data (``silent`` of them after the first).
    """

    indicator: Indicator
    months: pd.DataFrame
    silent: int
    difference: bool = False
    """Whether the values are distances to the other communities; numerator and denominator are then missing."""

    @property
    def family(self) -> Family:
        """Shares of people or cases are fitted with their denominators, everything else by least squares."""
        if self.difference:
            return "gaussian"
        known = self.months.dropna()
        share = self.indicator.unit in ("%", "‰") and not grows_with_period(self.indicator, load_catalogue().measures)
        counted = len(known) > 0 and (known["numerator"] >= 0).all() and (known["numerator"] <= known["denominator"]).all()
        scaled = np.allclose(
            known["value"], self.indicator.multiplier * known["numerator"] / known["denominator"].where(known["denominator"] > 0)
        )
        return "quasi_binomial" if share and counted and scaled else "gaussian"


def outcome_of(
    database: ReportingDatabase, name: str, last: datetime.date, community: str | None = None, *, against_others: bool = False
) -> Outcome:
    """Return the indicator ``name`` of the county or of one community up to the month ``last``.

    ``against_others`` gives the distance of the community's value to that of all the others together, from summed sides.
    """
    level: Level = "community" if community else "county"
    rows = _series(database, name, level, last)
    if community is None:
        return _outcome(name, rows)
    own = _outcome(name, rows[rows["unit"] == community])
    if not against_others:
        return own
    known = rows[(rows["unit"] != community) & (rows["status"] == Status.OK)]
    sides = known.groupby("month")[["numerator", "denominator"]].sum().astype("float64")
    whole = sides[known.groupby("month").size() == rows.loc[rows["unit"] != community, "unit"].nunique()]
    others = own.indicator.multiplier * whole["numerator"] / whole["denominator"].where(whole["denominator"] > 0)
    values = own.months["value"] - own.months["month"].map(others)
    table = own.months.assign(value=values, numerator=np.nan, denominator=np.nan)
    known_months = values.notna().to_numpy()
    table = table.iloc[int(known_months.argmax()) :] if known_months.any() else table.iloc[:0]
    return Outcome(own.indicator, table.reset_index(drop=True), int(table["value"].isna().sum()), difference=True)


@cached(max_entries=32)
def _series(database: ReportingDatabase, name: str, level: Level, last: datetime.date) -> pd.DataFrame:
    return indicator_series(
        database, (name,), level=level, last=Period(Grain.MONTH, last), months=reform_settings().months, smallest=ON_SCREEN
    )


def _outcome(name: str, rows: pd.DataFrame) -> Outcome:
    figures = ["value", "numerator", "denominator"]
    table = rows[["month", "status", *figures]].sort_values("month").reset_index(drop=True)
    table[figures] = table[figures].astype("float64")
    table.loc[table["status"] != Status.OK, figures] = np.nan
    known = table["value"].notna().to_numpy()
    kept = table.iloc[int(known.argmax()) :] if known.any() else table.iloc[:0]
    kept = kept.drop(columns="status").reset_index(drop=True)
    return Outcome(load_catalogue().indicator(name), kept, int(kept["value"].isna().sum()))


@dataclass(frozen=True, eq=False)
class Panel:
    """An indicator of many units month by month: unit, unit_name, month, value, first (month in which it was reached, or missing)."""

    indicator: Indicator
    rows: pd.DataFrame
    closed: tuple[str, ...]
    """Names of the units that do not report through to the end: they are left out, so that the composition is fixed."""


@cached(max_entries=16)
def panel_of(
    database: ReportingDatabase, name: str, last: datetime.date, level: Level, starts: tuple[tuple[str, datetime.date], ...]
) -> Panel:
    """Return the indicator of every unit of ``level``; ``starts`` are the units that a reform reached and the days on which it did."""
    rows = _series(database, name, level, last)
    rows = rows.assign(value=rows["value"].astype("float64").where(rows["status"] == Status.OK))
    known = rows.dropna(subset=["value"])
    columns = ["unit", "unit_name", "month", "value", "first"]
    if known.empty:
        return Panel(load_catalogue().indicator(name), known.assign(first=pd.Series(dtype="datetime64[us]"))[columns], ())
    first, end = known["month"].min(), known["month"].max()
    span = (end.year - first.year) * 12 + end.month - first.month + 1
    counts = known.groupby("unit")["month"].agg(["count", "max"])
    whole = counts.index[(counts["count"] >= 0.9 * span) & (counts["max"] == end)]
    names = rows.drop_duplicates("unit").set_index("unit")["unit_name"]
    begun = {unit: pd.Timestamp(day).to_period("M").to_timestamp() for unit, day in starts}
    kept = known[known["unit"].isin(whole)]
    kept = kept.assign(first=pd.to_datetime(kept["unit"].map(begun)).astype(kept["month"].dtype))
    left = tuple(str(names[unit]) for unit in counts.index.difference(whole))
    return Panel(load_catalogue().indicator(name), kept[columns].reset_index(drop=True), left)


@cached(max_entries=4)
def events(database: ReportingDatabase) -> pd.DataFrame:
    """Return the county's calendar of events in order of date.

    Returns:
        event_code, reform_code, title, kind, starts_on, ends_on, community_code, institution_code, source, and where (name of the community
        or institution, empty for the whole county).
    """
    rows = run_query(database, "reform/events")
    about = directory(database)
    places = (
        rows["institution_code"].map(about.institutions["short_name"]).fillna(rows["community_code"].map(about.communities["short_name"]))
    )
    return rows.assign(where=places.fillna("").astype(str))


def reform_start(database: ReportingDatabase, community: str | None, months: Sequence[datetime.date]) -> datetime.date | None:
    """Return the first month of the newest reform of the calendar about an area that leaves enough months to estimate it; None without one.

    A community's own reforms come before those of the whole county; reforms of single institutions are no question about an area.

    Args:
        database: of the county whose calendar it is.
        community: the area's code, None for the county.
        months: what may be asked about, newest first, without the first month of the series.
    """
    rows = events(database)
    rows = rows[(rows["kind"] == "reform") & rows["institution_code"].isna()]
    offered = {month for place, month in enumerate(months) if enough_months(len(months) - place, place + 1).estimate}
    starts = rows.assign(month=pd.to_datetime(rows["starts_on"]).dt.to_period("M").dt.start_time.dt.date)
    starts = starts[starts["month"].isin(offered)]
    own, whole = starts[starts["community_code"].eq(community or "")], starts[starts["community_code"].isna()]
    found = own if len(own) else whole
    return None if found.empty else max(found["month"])


def reforms(database: ReportingDatabase) -> dict[str, pd.DataFrame]:
    """Return the reforms that reached single communities or institutions: by their code, the events of each."""
    rows = events(database)
    local = rows[
        (rows["kind"] == "reform") & rows["reform_code"].notna() & (rows["community_code"].notna() | rows["institution_code"].notna())
    ]
    return {str(code): part for code, part in local.groupby("reform_code")}
