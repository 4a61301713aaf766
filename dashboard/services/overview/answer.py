"""The Overview's answer: headline numbers, community × dimension strip, fund, referrals, beds."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.indicators import any_sided
from dashboard.analysis.periods import Period
from dashboard.analysis.small_counts import Guard, People
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.analysis.targets import Standing, standing
from dashboard.analysis.utilisation import against_peers, bed_indicators, pabon_lasso, without_few
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator, Level, Target
from dashboard.catalogue.overview import overview_plan
from dashboard.language import marked, translate
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import Community, directory
from dashboard.services.common.filters import Filters
from dashboard.services.common.indicators import changes_and_series, indicator_changes
from dashboard.services.common.peers import peer_groups
from dashboard.services.common.reporting import EVERYTHING, Reported, indicator_tables, own_date, reported
from dashboard.services.overview.fund import FundAnswer, fund_progress
from dashboard.states import INCOMPLETE, PROVISIONAL, State, state_of
from dashboard.store.query import run_query

SPARKLINE_MONTHS = 13
SENT = Guard((People("up"), People("down"), People("lateral"), People("out")), {"down_per_up": ("up", "down")})
"""Referrals by community; the county's total of each direction is shown beside them."""
CENTRES = Guard((People("reports"), People("before")), {"change": ("reports", "before")})
RECOGNISED = Guard(
    (People("answered", totalled=False), People("recognised", part_of="answered", totalled=False)), {"share": ("recognised", "answered")}
)
DAYS_PER_YEAR = 365


@dataclass(frozen=True)
class Reading:
    """One indicator of one unit in one period, with what it is held against. Values in the indicator's unit, NaN when missing.

    ``target`` is the default target, or the reference value where nobody set one. Changes against the period before and
    the same months of last year are in ``change_unit``: "pt" (percentage points) or "%". ``missing`` names the tables that
    a missing value lacks; ``reported`` how many of the reports it is made of came.
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
    reported: Reported = EVERYTHING
    through: datetime.date | None = None
    """The month that its data reach, where that is before the period's last."""
    every_scheme: bool = False
    """Whether one insurance scheme was asked for and the value counts all of them, because its sources do not tell them apart."""

    @property
    def incomplete(self) -> bool:
        """Whether the value is made of a part of what was due."""
        return not math.isnan(self.value) and (self.status == "incomplete" or not self.reported.complete)

    @property
    def provisional(self) -> bool:
        """Whether the value is made of months that are not approved yet."""
        return not math.isnan(self.value) and self.reported.provisional

    @property
    def marks(self) -> str:
        """The signs beside the value: of reports that are missing, of months that are not approved."""
        return (INCOMPLETE if self.incomplete else "") + (PROVISIONAL if self.provisional else "")

    @property
    def state(self) -> State:
        """How the value stands; unknown where it is missing, or where more than the tolerated part of its reports is."""
        held_back = _held_back(self.incomplete, self.reported)
        return state_of(self.standing, known=not math.isnan(self.value) and not held_back)

    @property
    def has_target(self) -> bool:
        """Whether it counts among the targets met or missed: it has a value and a target, not only a published figure beside it."""
        return self.standing is not Standing.NONE and self.target is not None and self.target.kind == "target"


def _held_back(incomplete: bool, reported: Reported) -> bool:
    """Tell whether a value lacks more than the tolerated part of its reports: it is then neither judged nor compared."""
    return incomplete and not (reported.due and reported.trusted)


@dataclass(frozen=True)
class Headline:
    """A reading with its monthly series, oldest first: (first day of month, value in its unit)."""

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
    before: float
    change: float


@dataclass(frozen=True)
class SharedServices:
    """The shared centres by volume, and how many results were recognised instead of repeated."""

    centres: tuple[SharedCentre, ...]
    recognised: int
    repeated: int


@dataclass(frozen=True)
class BedPoint:
    """One institution's bed use: occupancy in %, turnover per year, average open beds; turnover and stay NaN where ``few`` were discharged.

    ``occupancy_index`` and ``turnover_index`` are multiples of the median of its own kind in the county, ``sector`` the Pabon Lasso sector
    I–IV by these medians; NaN and "" where too few of its kind are there to compare with.
    """

    institution: str
    name: str
    community: str
    position: int
    occupancy: float
    turnover: float
    alos: float
    beds: float
    occupancy_index: float
    turnover_index: float
    sector: str
    few: bool


@dataclass(frozen=True)
class BedPicture:
    """The institutions with beds."""

    points: tuple[BedPoint, ...]

    @property
    def compared(self) -> tuple[BedPoint, ...]:
        """Those that have others of their kind to be compared with."""
        return tuple(point for point in self.points if point.sector)

    @property
    def idle(self) -> int:
        """How many are used less than the median of their own kind, in occupancy and in turnover."""
        return sum(point.sector == "I" for point in self.points)

    @property
    def left_out(self) -> int:
        """How many are in no sector because few were discharged, or because that would follow from what is shown."""
        return sum(point.few for point in self.points)


def _readings(
    database: ReportingDatabase, level: Level, period: Period, indicators: tuple[str, ...], smallest: int, **filters: str | None
) -> pd.DataFrame:
    values = indicator_changes(database, level=level, period=period, indicators=indicators, smallest=smallest, **filters)
    return values.set_index(["indicator", "unit"])


def _reading(
    database: ReportingDatabase, name: str, row: pd.Series, period: Period, where: tuple[Level, str], through: datetime.date | None,
    scheme: str | None,
) -> Reading:  # fmt: skip
    """Return one reading; ``where`` are level and unit. What too few reported, now or in the period compared with, tells no change."""
    catalogue = load_catalogue()
    indicator = catalogue.indicator(name)
    complete = reported(database, indicator, *where, period)
    incomplete = str(row["status"]) == "incomplete" or not complete.complete
    changes = {which: float(row[f"change_{which}"]) for which in ("previous", "last_year")}
    for which, other in (("previous", period.previous()), ("last_year", period.last_year())):
        if _held_back(incomplete, complete) or (
            row[f"{which}_status"] == "incomplete" and _held_back(True, reported(database, indicator, *where, other))
        ):
            changes[which] = math.nan
    benchmark = indicator.target or indicator.reference
    target = catalogue.targets[benchmark] if benchmark else None
    return Reading(
        indicator=indicator,
        target=target,
        value=float(row["value"]),
        status=str(row["status"]),
        missing=str(row["missing"] or ""),
        standing=standing(float(row["value"]), target, overview_plan().near_share),
        change_previous=changes["previous"],
        change_last_year=changes["last_year"],
        change_unit=str(row["change_unit"]),
        numerator=float(row["numerator"]),
        denominator=float(row["denominator"]),
        reported=complete,
        through=through,
        every_scheme=scheme is not None and not any_sided(indicator, catalogue.measures, catalogue.cubes),
    )


def _own(database: ReportingDatabase, name: str, period: Period) -> datetime.date | None:
    return own_date(database, indicator_tables(load_catalogue().indicator(name)), period.last)


@cached(marks=True)
def headlines(
    database: ReportingDatabase,
    period: Period,
    community: str | None = None,
    scheme: str | None = None,
    indicators: tuple[str, ...] = (),
    smallest: int = ON_SCREEN,
) -> tuple[Headline, ...]:
    """Return the headline numbers of the county, or of one community, with thirteen months of history each.

    ``indicators`` are those of another page; without any it is the Overview's. What stands on fewer than ``smallest`` people or cases is
    hidden: ``ON_SCREEN``, or ``ON_EXPORT`` for reports and the cockpit.
    """
    names = indicators or overview_plan().headlines
    level: Level = "community" if community else "county"
    changes, history = changes_and_series(
        database, names, level=level, period=period, months=SPARKLINE_MONTHS, community=community, scheme=scheme, smallest=smallest
    )
    readings = changes.set_index(["indicator", "unit"])
    answer = []
    for name in names:
        points = history[history["indicator"] == name]
        series = tuple(zip(points["month"], points["value"].astype(float), strict=True))
        where = level, community or "county"
        reading = _reading(database, name, readings.loc[name].iloc[0], period, where, _own(database, name, period), scheme)
        answer.append(Headline(reading, series))
    return tuple(answer)


@cached(marks=True)
def dimension_strip(
    database: ReportingDatabase, period: Period, scheme: str | None = None, smallest: int = ON_SCREEN
) -> tuple[StripRow, ...]:
    """Return every community's standing in every dimension of the Overview, communities in display order; hidden as ``headlines``."""
    plan = overview_plan()
    names = tuple(dimension.indicator for dimension in plan.dimensions)
    communities = directory(database).ordered
    if not communities:
        return ()
    readings = dict(_readings(database, "community", period, names, smallest, scheme=scheme).iterrows())
    through = {name: _own(database, name, period) for name in names}
    return tuple(
        StripRow(
            community=each.code,
            name=each.short_name,
            position=each.position,
            cells=tuple(
                _reading(database, name, readings[(name, each.code)], period, ("community", each.code), through[name], scheme)
                for name in names
            ),
        )
        for each in communities
    )


@cached()
def referral_balance(database: ReportingDatabase, period: Period) -> tuple[ReferralBalance, ...]:
    """Return the referrals that each community sent in ``period``, in display order; empty without referral returns.

    Senders of no community come last, so that the rows add up to what the catalogue's B08 counts.
    """
    rows = run_query(database, "overview/referral_balance", first_month=period.first, last_month=period.last)
    rows["community_code"] = rows["community_code"].fillna("")
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
        for each in (*directory(database).ordered, Community("", marked("未入医共体"), translate(marked("未入医共体")), -1))
        if each.code in cases.index
    )


def shown_centres(shared: SharedServices, smallest: int = ON_SCREEN) -> pd.DataFrame:
    """Return centre, reports, before (reports a year ago) and change (a share) of every centre as they may be shown, in the order given."""
    names = ["centre", "reports", "before", "change"]
    return CENTRES.hide(pd.DataFrame([[getattr(row, name) for name in names] for row in shared.centres], columns=names), smallest).frame


def shown_recognition(shared: SharedServices, smallest: int = ON_SCREEN) -> tuple[float, float]:
    """Return recognised results and their share of all that were asked for, as they may be shown; NaN for no share."""
    answered = shared.recognised + shared.repeated
    frame = pd.DataFrame({"recognised": [shared.recognised], "answered": [answered], "share": [shared.recognised / (answered or math.nan)]})
    row = RECOGNISED.hide(frame, smallest).frame.iloc[0]
    return float(row["recognised"]), float(row["share"])


def balance_frame(rows: Sequence[ReferralBalance]) -> pd.DataFrame:
    """Return ``rows`` as a frame, a column for each field and down_per_up; its small counts are for ``SENT`` to hide."""
    names = ["community", "name", "up", "down", "lateral", "out", "down_per_up"]
    return pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names)


@cached()
def bed_picture(database: ReportingDatabase, period: Period, community: str | None = None) -> BedPicture | None:
    """Return the bed use of every institution with open beds in ``period``; None when there is none.

    Turnover is scaled to a year so that a month and a year can be compared with the same eyes. Days are those of the months reported. The
    medians are those of the whole county, whatever the filter, so that an institution is called the same everywhere; who may not see the
    whole county is told no index and no sector.
    """
    rows = run_query(database, "overview/bed_use", first_month=period.first, last_month=period.last)
    rows["days"] = rows["month"].dt.days_in_month.astype("float64") if len(rows) else 0.0
    sums = rows.drop(columns="month").groupby("institution_code").sum(min_count=1)
    sums = sums[sums["open_bed_days"] > 0]
    institutions = directory(database).institutions.loc[sums.index]
    known = without_few(sums)
    whole = bed_indicators(known)
    whole["turnover"] *= DAYS_PER_YEAR / sums["days"]
    indices = against_peers(whole[["occupancy", "turnover"]], peer_groups(institutions))
    if not database.scope.every_row:
        indices = indices * math.nan
    if community:
        sums = sums[institutions["community_code"] == community]
    if sums.empty:
        return None
    beds, indices = whole.loc[sums.index], indices.loc[sums.index]
    institutions = institutions.loc[sums.index]
    sectors = pabon_lasso(indices["occupancy"], indices["turnover"], 1.0, 1.0)
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
            beds=float(sums["open_bed_days"][code] / sums["days"][code]),
            occupancy_index=float(indices["occupancy"][code]),
            turnover_index=float(indices["turnover"][code]),
            sector=str(sectors[code]) if sectors.notna()[code] else "",
            few=bool(known["few_discharged"][code]),
        )
        for code in beds.index.astype(str)
    )
    return BedPicture(points)


@cached()
def shared_services(database: ReportingDatabase, period: Period) -> SharedServices:
    """Return what the shared centres did in ``period``, largest first; no centres without returns."""
    current, before = (
        run_query(database, "overview/shared_services", first_month=span.first, last_month=span.last).set_index("centre")
        for span in (period, period.last_year())
    )
    current, before = (frame.assign(reports=frame["reports"].astype("float64")).dropna(subset=["reports"]) for frame in (current, before))
    last_year = before["reports"].reindex(current.index)
    change = current["reports"] / last_year.where(last_year > 0) - 1
    told = current[["recognised_results", "repeated_results"]].astype("float64").dropna()  # both or neither: a missing one is no 0
    ordered = current.sort_values("reports", ascending=False, kind="stable")
    return SharedServices(
        centres=tuple(
            SharedCentre(str(code), int(ordered["reports"][code]), float(last_year.fillna(0.0)[code]), float(change[code]))
            for code in ordered.index.astype(str)
        ),
        recognised=int(told["recognised_results"].sum()),
        repeated=int(told["repeated_results"].sum()),
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


def overview(database: ReportingDatabase, filters: Filters, smallest: int = ON_SCREEN) -> Overview:
    """Return the Overview's answer for ``filters``; its parts are cached one by one. Hidden as ``headlines``. Raises ``QueryError``."""
    period, community, scheme = filters.period, filters.community, filters.scheme_code
    return Overview(
        headlines=headlines(database, period, community, scheme, smallest=smallest),
        strip=dimension_strip(database, period, scheme, smallest),
        fund=fund_progress(database, period, scheme),
        referrals=referral_balance(database, period),
        beds=bed_picture(database, period, community),
        shared=shared_services(database, period),
    )
