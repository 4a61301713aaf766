"""Beds of the page 床位与设备: figures of the whole selection, of institutions and departments, trend and calendar.

A selection is the institutions in the county that the filters keep: one community or all, lead hospitals, primary institutions or all.
Sums come first, rates after; a sum is missing where one of its months lacks the figure. Days count only months that were reported, so an
institution with a missing month is not made to look idle.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.control_charts import ControlChart, control_chart, signal
from dashboard.analysis.naming import distinct
from dashboard.analysis.periods import Period, shift_months
from dashboard.analysis.utilisation import bed_indicators, months_in_a_row, without_few
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.filters import Level, of_level
from dashboard.store.query import run_query

SUMS = ("approved_bed_days", "open_bed_days", "occupied_bed_days", "discharges", "discharged_bed_days")
RATES = ("occupancy", "approved_occupancy", "turnover", "alos", "bed_working_days", "turnover_interval")
CATALOGUE_IDS = {
    "occupancy": "C01",
    "approved_occupancy": "C02",
    "turnover": "C03",
    "bed_working_days": "C04",
    "alos": "C05",
    "turnover_interval": "C06",
}
DAYS_PER_YEAR = 365


@dataclass(frozen=True, eq=False)
class BedUse:
    """The institutions of the selection with beds in the period, and all of them together.

    ``institutions``: indexed by institution_code, in display order: name, community, position (of the community, -1 without), kind, tier,
    months, missing_months, the sums, ``open_beds`` and ``approved_beds`` (averages), the rates (occupancies in per cent), ``signal``
    (mark of the control chart of occupancy at the last month), ``few_discharged`` (whether discharges, and the rates that tell them, are
    hidden as few or as following from what is shown), ``full_months`` and ``idle_months`` in a row up to the last month.
    ``total``, ``previous``, ``last_year``: sums and rates of all; None without beds.
    """

    institutions: pd.DataFrame
    total: pd.Series
    previous: pd.Series | None
    last_year: pd.Series | None


@dataclass(frozen=True, eq=False)
class BedTrend:
    """A rate month by month with its control chart; the index is the months, ``missing`` how many due reporters each month lacks."""

    chart: ControlChart
    missing: pd.Series


def selected_institutions(database: ReportingDatabase, community: str | None, level: Level) -> pd.DataFrame:
    """Return the rows of ``Directory.institutions`` in the county that the filters keep, with position: their community's, -1 without."""
    known = directory(database)
    inside = known.inside
    positions = inside["community_code"].map(known.communities["position"])
    inside = inside.assign(position=positions.fillna(-1).astype("int64"))
    if community:
        inside = inside[inside["community_code"].eq(community)]
    return of_level(inside, level)


@cached(max_entries=4)
def bed_months(database: ReportingDatabase) -> pd.DataFrame:
    """Return institution_code, month, approved_beds, the bed-days and discharges of ``SUMS``, and days; by institution and month."""
    return with_days(run_query(database, "utilisation/bed_months"))


def with_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` (month, approved_beds …) in their order with days of the month and approved_bed_days; figures as floats."""
    numbers = [name for name in ("approved_beds", *SUMS) if name in rows.columns]
    days = rows["month"].dt.days_in_month
    table = rows.astype(dict.fromkeys(numbers, "float64"))
    return table.assign(days=days.astype("float64"), approved_bed_days=table["approved_beds"] * days)


def bed_sums(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return by ``key`` the sums of ``SUMS`` over ``rows`` (one row per key and month), days and months (their number)."""
    sums = rows.groupby(key)[[*SUMS, "days"]].sum(skipna=False)
    return sums.assign(months=rows.groupby(key)["month"].nunique())


def with_rates(sums: pd.DataFrame) -> pd.DataFrame:
    """Return the sums with open_beds and approved_beds (average beds) and ``RATES``: per cent, times a year, days."""
    beds = bed_indicators(sums)
    days = sums["days"].where(sums["days"] > 0)
    averages = {"open_beds": sums["open_bed_days"] / days, "approved_beds": sums["approved_bed_days"] / days}
    return sums.assign(**averages, **{name: beds[name] for name in RATES})


def total_by_month(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` of several institutions added up: one row per month, indexed by it, with the days of the month."""
    sums = rows.groupby("month")[list(SUMS)].sum(skipna=False)
    return sums.assign(days=pd.DatetimeIndex(sums.index).days_in_month.astype("float64"))


def in_period(rows: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Return the rows whose month lies in ``period``, in their order."""
    return rows[rows["month"].between(pd.Timestamp(period.first), pd.Timestamp(period.last))]


def _total(rows: pd.DataFrame, period: Period) -> pd.Series | None:
    months = total_by_month(in_period(rows, period))
    months = months[months["open_bed_days"] > 0]
    if months.empty:
        return None
    return with_rates(without_few(months.sum(skipna=False).to_frame().T)).iloc[0]


def _rows_of(database: ReportingDatabase, community: str | None, level: Level, institution: str | None = None) -> pd.DataFrame:
    rows = bed_months(database)
    codes = [institution] if institution else selected_institutions(database, community, level).index
    return rows[rows["institution_code"].isin(codes)]


def monthly_occupancy(rows: pd.DataFrame, last: Period, months: int) -> pd.DataFrame:
    """Return occupancy in per cent, institution × month: the ``months`` months up to the last of ``last``, missing where not reported."""
    table = rows.assign(occupancy=bed_indicators(rows)["occupancy"]).pivot(index="institution_code", columns="month", values="occupancy")
    every = pd.date_range(shift_months(last.last, 1 - months), last.last, freq="MS")
    return table.reindex(columns=every)


def _history_marks(rows: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Return by institution: the mark of the last month, and how many months in a row were full or idle."""
    lines = utilisation_settings()
    occupancy = monthly_occupancy(rows, period, lines.trend_months)
    marks = {
        code: (
            signal(values),
            int(months_in_a_row(values, lines.overfull_occupancy, "above").iloc[-1]),
            int(months_in_a_row(values, lines.idle_occupancy, "below").iloc[-1]),
        )
        for code, values in occupancy.iterrows()
    }
    return pd.DataFrame.from_dict(marks, orient="index", columns=["signal", "full_months", "idle_months"])


@cached()
def bed_use(database: ReportingDatabase, period: Period, community: str | None = None, level: Level = Level.ALL) -> BedUse | None:
    """Return how the beds of the selection were used in ``period``; None when none was open. Raises ``QueryError``."""
    rows = _rows_of(database, community, level)
    current = in_period(rows, period)
    current = current[current["institution_code"].isin(current.loc[current["open_bed_days"] > 0, "institution_code"])]
    total = _total(rows, period)
    if total is None:
        return None
    beds = with_rates(without_few(bed_sums(current, "institution_code")))
    beds["missing_months"] = len(period.months) - beds["months"]
    about = selected_institutions(database, community, level).loc[beds.index]
    beds = beds.assign(
        name=about["short_name"], community=about["community_code"], position=about["position"], kind=about["kind"], tier=about["tier"]
    ).join(_history_marks(rows[rows["institution_code"].isin(beds.index)], period))
    order = beds.assign(last=beds["position"] < 0).sort_values(["last", "position", "open_beds"], ascending=[True, True, False])
    return BedUse(beds.loc[order.index], total, _total(rows, period.previous()), _total(rows, period.last_year()))


@cached()
def department_use(
    database: ReportingDatabase, period: Period, community: str | None = None, level: Level = Level.ALL, institution: str | None = None
) -> pd.DataFrame:
    """Return the departments of one institution, or of the selection added up by department: indexed by department_code.

    Columns: name, kind, institutions (how many have it), months, the sums, few_discharged (see ``BedUse``), open_beds, approved_beds and
    the rates; empty without beds.
    """
    codes = [institution] if institution else list(selected_institutions(database, community, level).index)
    if not codes:
        codes = [""]
    rows = run_query(database, "utilisation/department_months", institutions=codes, first_month=period.first, last_month=period.last)
    if rows.empty:
        return pd.DataFrame()
    about = rows.groupby("department_code").agg(name=("name", "first"), kind=("kind", "first"), institutions=("institutions", "max"))
    about["name"] = distinct(about["name"])
    beds = with_rates(without_few(bed_sums(with_days(rows), "department_code"))).join(about)
    return beds[beds["open_bed_days"] > 0]


@cached()
def bed_trend(
    database: ReportingDatabase,
    rate: str,
    last: Period,
    community: str | None = None,
    level: Level = Level.ALL,
    institution: str | None = None,
) -> BedTrend | None:
    """Return one of ``RATES`` month by month up to ``last`` with its control chart; None without any value.

    Turnover and bed working days are per month and therefore a little lower in February.
    """
    rows = _rows_of(database, community, level, institution)
    months = utilisation_settings().trend_months
    every = pd.date_range(shift_months(last.last, 1 - months), last.last, freq="MS")
    values = with_rates(without_few(total_by_month(rows)))[rate].reindex(every).astype("float64")
    if values.isna().all():
        return None
    reported = rows.pivot(index="institution_code", columns="month", values="days").reindex(columns=every).notna()
    due = reported.cummax(axis=1) & (reported.iloc[:, ::-1].cummax(axis=1).iloc[:, ::-1])
    first = values.first_valid_index()
    return BedTrend(control_chart(values.loc[first:]), (due & ~reported).sum().loc[first:])


@cached()
def bed_calendar(database: ReportingDatabase, last: Period, community: str | None = None, level: Level = Level.ALL) -> pd.DataFrame:
    """Return occupancy in per cent, institution (code, in display order) × month; months without report are missing."""
    rows = _rows_of(database, community, level)
    table = monthly_occupancy(rows, last, utilisation_settings().calendar_months).dropna(how="all")
    positions = selected_institutions(database, community, level)["position"].reindex(table.index)
    beds = rows.groupby("institution_code")["open_bed_days"].mean().reindex(table.index)
    order = np.lexsort((-beds.to_numpy(), positions.replace(-1, np.iinfo("int64").max).to_numpy()))
    return table.iloc[order]


@cached()
def bed_history(
    database: ReportingDatabase, last: Period, community: str | None = None, level: Level = Level.ALL, months: int = 13
) -> pd.DataFrame:
    """Return ``RATES`` of the selection month by month up to ``last``, missing where nobody reported."""
    every = pd.date_range(shift_months(last.last, 1 - months), last.last, freq="MS")
    return with_rates(without_few(total_by_month(_rows_of(database, community, level))))[list(RATES)].reindex(every)
