"""The Overview's answer: headline numbers, community × dimension strip, fund, referrals, beds, what needs attention."""

import math
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.periods import Period
from dashboard.analysis.targets import Standing, standing
from dashboard.analysis.utilisation import bed_indicators, pabon_lasso
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator, Level, Target
from dashboard.catalogue.overview import overview_plan
from dashboard.services.attention import Attention, attention
from dashboard.services.cache import cached
from dashboard.services.database import ReportingDatabase
from dashboard.services.directory import directory
from dashboard.services.filters import Filters
from dashboard.services.fund import FundAnswer, fund_progress
from dashboard.services.indicators import indicator_changes, indicator_series
from dashboard.store.query import run_query

SPARKLINE_MONTHS = 13
DAYS_PER_YEAR = 365


@dataclass(frozen=True)
class Reading:
    """One indicator of one unit in one period, with what it is held against. Values in the indicator's unit, NaN when missing.

    ``target`` is the default target, or the reference value where nobody set one. Changes against the period before and
    the same months of last year are in ``change_unit``: "pt" (percentage points) or "%". ``missing`` names the tables that
    a missing value lacks.
    """

    indicator: Indicator
    target: Target | None
    value: float
    status: str
    missing: str
    standing: Standing
    change_previous: float
    change_last_year: float
    change_unit: str
    numerator: float
    denominator: float


@dataclass(frozen=True)
class Headline:
    """A reading with its monthly series, oldest first: (first day of month, value)."""

    reading: Reading
    series: tuple[tuple[pd.Timestamp, float], ...]


@dataclass(frozen=True)
class StripRow:
    """One community's readings, in the order of the dimensions."""

    community: str
    name: str
    position: int
    cells: tuple[Reading, ...]


@dataclass(frozen=True)
class ReferralBalance:
    """Referrals sent by one community: up, down, lateral, out of the county; cases."""

    community: str
    name: str
    position: int
    up: int
    down: int
    lateral: int
    out: int

    @property
    def down_per_up(self) -> float:
        """Down-referrals per up-referral; NaN without any."""
        return self.down / self.up if self.up else math.nan


@dataclass(frozen=True)
class SharedCentre:
    """What one kind of shared centre reported; ``change`` is relative to the same months of last year, NaN without them."""

    centre: str
    reports: int
    change: float


@dataclass(frozen=True)
class SharedServices:
    """The shared centres by volume, and how many results were recognised instead of repeated."""

    centres: tuple[SharedCentre, ...]
    recognised: int
    repeated: int


@dataclass(frozen=True)
class BedPoint:
    """One institution's bed use: occupancy in %, turnover per year, average open beds, Pabon Lasso sector I–IV."""

    institution: str
    name: str
    community: str
    position: int
    occupancy: float
    turnover: float
    alos: float
    beds: float
    sector: str


@dataclass(frozen=True)
class BedPicture:
    """The institutions with beds, and the means that part the sectors."""

    points: tuple[BedPoint, ...]
    occupancy_line: float
    turnover_line: float


def _readings(
    database: ReportingDatabase, level: Level, period: Period, indicators: tuple[str, ...], **filters: str | None
) -> pd.DataFrame:
    values = indicator_changes(database, level=level, period=period, indicators=indicators, **filters)
    return values.set_index(["indicator", "unit"])


def _reading(name: str, row: pd.Series) -> Reading:
    catalogue = load_catalogue()
    indicator = catalogue.indicator(name)
    benchmark = indicator.target or indicator.reference
    target = catalogue.targets[benchmark] if benchmark else None
    return Reading(
        indicator=indicator,
        target=target,
        value=float(row["value"]),
        status=str(row["status"]),
        missing=str(row["missing"] or ""),
        standing=standing(float(row["value"]), target, overview_plan().near_share),
        change_previous=float(row["change_previous"]),
        change_last_year=float(row["change_last_year"]),
        change_unit=str(row["change_unit"]),
        numerator=float(row["numerator"]),
        denominator=float(row["denominator"]),
    )


@cached()
def headlines(
    database: ReportingDatabase, period: Period, community: str | None = None, scheme: str | None = None, indicators: tuple[str, ...] = ()
) -> tuple[Headline, ...]:
    """Return the headline numbers of the county, or of one community, with thirteen months of history each.

    ``indicators`` are those of another page; without any it is the Overview's.
    """
    names = indicators or overview_plan().headlines
    level: Level = "community" if community else "county"
    readings = _readings(database, level, period, names, community=community, scheme=scheme)
    history = indicator_series(database, names, level=level, last=period, months=SPARKLINE_MONTHS, community=community, scheme=scheme)
    answer = []
    for name in names:
        points = history[history["indicator"] == name]
        series = tuple(zip(points["month"], points["value"].astype(float), strict=True))
        answer.append(Headline(_reading(name, readings.loc[name].iloc[0]), series))
    return tuple(answer)


@cached()
def dimension_strip(database: ReportingDatabase, period: Period, scheme: str | None = None) -> tuple[StripRow, ...]:
    """Return every community's standing in every dimension of the Overview, communities in display order."""
    plan = overview_plan()
    names = tuple(dimension.indicator for dimension in plan.dimensions)
    communities = directory(database).ordered
    if not communities:
        return ()
    readings = dict(_readings(database, "community", period, names, scheme=scheme).iterrows())
    return tuple(
        StripRow(
            community=each.code,
            name=each.short_name,
            position=each.position,
            cells=tuple(_reading(name, readings[(name, each.code)]) for name in names),
        )
        for each in communities
    )


@cached()
def referral_balance(database: ReportingDatabase, period: Period) -> tuple[ReferralBalance, ...]:
    """Return the referrals that each community sent in ``period``, in display order; empty without referral returns."""
    rows = run_query(database.engine, "overview/referral_balance", first_month=period.first, last_month=period.last)
    cases = rows.pivot_table(index="community_code", columns="direction", values="cases", aggfunc="sum", fill_value=0)
    cases = cases.reindex(columns=["up", "down", "lateral", "out"], fill_value=0)
    return tuple(
        ReferralBalance(
            community=each.code,
            name=each.short_name,
            position=each.position,
            up=int(cases["up"][each.code]),
            down=int(cases["down"][each.code]),
            lateral=int(cases["lateral"][each.code]),
            out=int(cases["out"][each.code]),
        )
        for each in directory(database).ordered
        if each.code in cases.index
    )


@cached()
def bed_picture(database: ReportingDatabase, period: Period, community: str | None = None) -> BedPicture | None:
    """Return the bed use of every institution with open beds in ``period``; None when there is none.

    Turnover is scaled to a year so that a month and a year can be compared with the same eyes.
    """
    rows = run_query(database.engine, "overview/bed_use", first_month=period.first, last_month=period.last)
    sums = rows.drop(columns="month").groupby("institution_code").sum(min_count=1)
    sums = sums[sums["open_bed_days"] > 0]
    institutions = directory(database).institutions.loc[sums.index]
    if community:
        sums = sums[institutions["community_code"] == community]
    if sums.empty:
        return None
    beds = bed_indicators(sums.assign(days=period.days))
    beds["turnover"] *= DAYS_PER_YEAR / period.days
    sectors = pabon_lasso(beds["occupancy"], beds["turnover"])
    community_codes = institutions["community_code"].fillna("").astype(str)
    positions = community_codes.map(directory(database).communities["position"]).fillna(-1).astype(int)
    points = tuple(
        BedPoint(
            institution=code,
            name=str(institutions["short_name"][code]),
            community=str(community_codes[code]),
            position=int(positions[code]),
            occupancy=float(beds["occupancy"][code]),
            turnover=float(beds["turnover"][code]),
            alos=float(beds["alos"][code]),
            beds=float(sums["open_bed_days"][code] / period.days),
            sector=str(sectors[code]),
        )
        for code in beds.index.astype(str)
    )
    return BedPicture(points, float(sectors.attrs["occupancy_line"]), float(sectors.attrs["turnover_line"]))


@cached()
def shared_services(database: ReportingDatabase, period: Period) -> SharedServices:
    """Return what the shared centres did in ``period``, largest first; no centres without returns."""
    current, before = (
        run_query(database.engine, "overview/shared_services", first_month=span.first, last_month=span.last).set_index("centre").fillna(0)
        for span in (period, period.last_year())
    )
    last_year = before["reports"].reindex(current.index)
    change = current["reports"] / last_year.where(last_year > 0) - 1
    ordered = current.sort_values("reports", ascending=False, kind="stable")
    return SharedServices(
        centres=tuple(SharedCentre(str(code), int(ordered["reports"][code]), float(change[code])) for code in ordered.index.astype(str)),
        recognised=int(current["recognised_results"].sum()),
        repeated=int(current["repeated_results"].sum()),
    )


@dataclass(frozen=True)
class Overview:
    """Everything that the Overview shows; each part is empty or None where the county does not supply its data."""

    headlines: tuple[Headline, ...]
    strip: tuple[StripRow, ...]
    fund: FundAnswer
    referrals: tuple[ReferralBalance, ...]
    beds: BedPicture | None
    shared: SharedServices
    attention: tuple[Attention, ...]


def overview(database: ReportingDatabase, filters: Filters) -> Overview:
    """Return the Overview's answer for ``filters``; its parts are cached one by one. Raises ``QueryError``."""
    period, community, scheme = filters.period, filters.community, filters.scheme_code
    return Overview(
        headlines=headlines(database, period, community, scheme),
        strip=dimension_strip(database, period, scheme),
        fund=fund_progress(database, period, scheme),
        referrals=referral_balance(database, period),
        beds=bed_picture(database, period, community),
        shared=shared_services(database, period),
        attention=attention(database, period, community),
    )
