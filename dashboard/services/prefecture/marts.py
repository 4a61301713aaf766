"""The marts: what counties are compared by, computed county by county with the very calls that their own pages ask.

A load changes the marts of the counties that it brought: all their months, since a stock of last year or a late correction reaches further
than the month that was loaded. A few seconds a county. A database of one county has no marts and needs none.
"""

import datetime
import logging
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pandas as pd

from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.prefecture import prefecture_settings
from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.counties import all_counties
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.filters import filter_options
from dashboard.services.common.indicators import county_measures
from dashboard.services.overview.fund import fund_progress
from dashboard.services.prefecture.answer import ALL_SCHEMES, RESIDENTS, everywhere
from dashboard.settings import settings
from dashboard.store.codes import INSURANCE_SCHEME
from dashboard.store.engine import retire
from dashboard.store.importing.loader import LoadReport
from dashboard.store.importing.marts import write_marts
from dashboard.store.query import run_query
from dashboard.store.schema import mart_county_fund, mart_county_measure

logger = logging.getLogger("dashboard")
Progress = Callable[[str, int, int], None]
"""Hears the name of the county that is done, how many are, and of how many."""


class MartsError(ProductError):
    """The marts could not be made of what a load, or the taking back of one, has changed; its cause says why."""

    def __init__(self, cause: ProductError) -> None:
        super().__init__(
            marked("数据已经改好，但各县并排比较的汇总没有做成"),
            marked("请运行 python -m dashboard marts 重做；在这之前“全市各县”页仍是以前的数"),
        )
        self.__cause__ = cause


def _nobody(_name: str, _done: int, _of: int) -> None:
    """Hear nothing."""


def make_marts(url: str, codes: Iterable[str] | None = None, progress: Progress = _nobody) -> int:
    """Make the marts of the database at ``url`` anew; return for how many counties.

    Args:
        url: of the reporting database.
        codes: only these counties, those that a load has changed; None for all.
        progress: is told after each county.

    Returns:
        0 in a database of one county, which needs no marts.

    Raises:
        DatabaseError: there is no database, or it cannot be written. QueryError: it cannot answer.
    """
    database = open_database(url)
    try:
        names = {county.code: county.short_name for county in all_counties(database)}
        if len(names) < 2:
            return 0
        wanted = None if codes is None else set(codes)
        chosen = [code for code in names if wanted is None or code in wanted]
        measures, funds = [], []
        for done, code in enumerate(chosen, start=1):
            own = database.under(replace(database.scope, county=code))
            measures.append(measure_rows(own, code))
            funds.append(fund_rows(own, code))
            progress(names[code], done, len(chosen))
    finally:
        retire(database.engine)
    if chosen:
        frames = {mart_county_measure.name: _together(measures), mart_county_fund.name: _together(funds)}
        write_marts(url, frames, chosen)
    return len(chosen)


def refresh_marts(url: str, load_id: int, progress: Progress = _nobody) -> int:
    """Make the marts anew of the counties that the load ``load_id`` changed, and of those that have none yet; return for how many.

    A load of several counties changes them all. Raises as ``make_marts``.
    """
    database = open_database(url)
    try:
        whole = everywhere(database)
        codes = {county.code for county in all_counties(database)}
        if len(codes) < 2:
            return 0
        loaded = set(run_query(whole, "prefecture/load", load_id=load_id)["county_code"].dropna())
        made = set(run_query(whole, "prefecture/made")["county_code"])
    finally:
        retire(database.engine)
    return make_marts(url, (loaded | (codes - made)) if loaded else None, progress)


def marts_left(load_id: int) -> MartsError | None:
    """Make the marts anew that the load ``load_id`` changed; return why they could not be made, None when they are.

    A load, and the taking back of one, stands whether they are or not.
    """
    try:
        refresh_marts(settings().reporting_database_url, load_id)
    except ProductError as error:
        logger.error("Marts after load %d: %s", load_id, error.text())
        return MartsError(error)
    return None


def marts_after(report: LoadReport) -> LoadReport:
    """Make the marts anew that a load has changed; return its report, with why they could not be made (``unfinished``).

    A load that put nothing in changes none.
    """
    if report.unchanged or not report.accepted or report.load_id is None:
        return report
    return replace(report, unfinished=marts_left(report.load_id))


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    known = [frame for frame in frames if len(frame)]
    return pd.concat(known, ignore_index=True) if known else frames[0]


def mart_measures() -> tuple[str, ...]:
    """Return the measures that the compared indicators are divided from, and the residents."""
    catalogue = load_catalogue()
    used = {name for entry in catalogue.chosen(prefecture_settings().indicators) for name, _years in entry.measures}
    return tuple(sorted({name for name in used if catalogue.measures[name].time != "calendar"} | {RESIDENTS}))


def measure_rows(database: ReportingDatabase, code: str) -> pd.DataFrame:
    """Return the rows of ``mart_county_measure`` of the county ``code``, the one in view of ``database``: all months, schemes."""
    months, names = sorted(filter_options(database).months), mart_measures()
    frames = [
        county_measures(database, names, months, scheme).assign(scheme=scheme or ALL_SCHEMES)
        for scheme in (None, *INSURANCE_SCHEME)
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True).assign(county_code=code)


def fund_rows(database: ReportingDatabase, code: str) -> pd.DataFrame:
    """Return the rows of ``mart_county_fund`` of the county ``code``: the newest months of the settings, each scheme and all.

    A month of a year without a budget, or without claims, has no row.
    """
    rows = []
    for month in sorted(filter_options(database).months)[-prefecture_settings().fund_months :]:
        for scheme in (None, *INSURANCE_SCHEME):
            row = _fund_row(database, month, scheme)
            if row is not None:
                rows.append(row | {"county_code": code, "month": month, "scheme": scheme or ALL_SCHEMES})
    return pd.DataFrame(rows, columns=[column.name for column in mart_county_fund.columns])


def _fund_row(database: ReportingDatabase, month: datetime.date, scheme: str | None) -> dict[str, object] | None:
    answer = fund_progress(database, Period(Grain.MONTH, month), scheme)
    county = answer.county
    if county is None:
        return None
    ends = (county.year_end.total, county.year_end.low, county.year_end.high) if county.year_end else (math.nan,) * 3
    names = ("year_end", "year_end_low", "year_end_high")
    known: dict[str, object] = {"year": answer.year, "budget": county.budget, "spent": county.spent, "through": county.through}
    return known | dict(zip(names, ends, strict=True))
