"""The wall screen's answer: what the Overview, the scores, the flow map and the shared centres say, for the county and each community.

No figure is made here that a page does not have too. The last good answer is kept by the process, so that a wall can go on showing it
while the database is away.
"""

import datetime
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.suppression import ON_EXPORT, suppressed, suppressed_list
from dashboard.catalogue.kiosk import KioskPlan, kiosk_plan, plan_of
from dashboard.catalogue.performance import delivered_schemes
from dashboard.catalogue.scheme import Scheme
from dashboard.errors import CatalogueError, DatabaseError, ProductError
from dashboard.services.boundaries import Boundaries, BoundaryError, town_boundaries
from dashboard.services.cache import cached, current_database
from dashboard.services.database import DataVersion, ReportingDatabase
from dashboard.services.directory import Community, directory
from dashboard.services.filters import Filters, filter_options
from dashboard.services.fund import FundProgress
from dashboard.services.overview import Headline, Overview, ReferralBalance, headlines, overview
from dashboard.services.performance import dimension_shares, movement, needed_ids, number_at, rank, score_inputs
from dashboard.services.referrals import Places, Question, View, flows, places
from dashboard.services.referrals_map import Selection, flow_map
from dashboard.services.resources_centres import SharedCentres, shared_centres
from dashboard.services.resources_people import Sinking, sinking
from dashboard.services.workspace import current_workspace
from dashboard.settings import settings
from dashboard.workspace import MissingDocumentError

SETTING = "kiosk"
"""The workspace document (kind ``setting``) that stands in for ``kiosk.yaml``."""
BALANCE = ("up", "down", "out")
"""The directions that a wall counts: those between equals are few, and hiding them would hide the others with them."""


@dataclass(frozen=True)
class ScoreRow:
    """One community's score: 0–100, its rank, how many ranks it rose (NaN unknown), and its share of full score by dimension."""

    community: str
    name: str
    position: int
    total: float
    rank: float
    move: float
    shares: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Scores:
    """The communities from first to last under ``scheme``."""

    scheme: Scheme
    rows: tuple[ScoreRow, ...]

    def of(self, community: str) -> ScoreRow | None:
        """Return the row of one community."""
        return next((row for row in self.rows if row.community == community), None)


@dataclass(frozen=True, eq=False)
class WallFlows:
    """The referrals of the period on the map.

    ``arcs``: as ``services.referrals_map`` makes them, only those that a wall may show (10 cases and more). ``outside``: cases by place
    beyond the county, NaN where they must be hidden. ``belongs``: the community of each place, "" without one.
    """

    places: Places
    boundaries: Boundaries
    arcs: pd.DataFrame
    outside: pd.Series
    belongs: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Balance:
    """Referrals sent, by community and direction, with the county's totals; NaN where a small count must be hidden."""

    rows: tuple[ReferralBalance, ...]
    cases: pd.DataFrame
    totals: pd.Series

    def of(self, community: str = "") -> dict[str, float]:
        """Return cases by direction of one community, or of the county; nothing for an unknown one."""
        if community and community not in self.cases.index:
            return {}
        if not community:
            return {name: float(self.totals[name]) for name in BALANCE}
        return {name: number_at(self.cases, community, name) for name in BALANCE}


@dataclass(frozen=True, eq=False)
class CommunityWall:
    """What the scene of one community shows besides its share of the county's answers."""

    community: Community
    headlines: tuple[Headline, ...]
    fund: FundProgress | None
    overview: Overview


@dataclass(frozen=True, eq=False)
class Wall:
    """Everything that the wall shows of one data version and period; parts are None or empty where the county lacks the data."""

    version: DataVersion
    county: str
    period: Period
    overview: Overview
    communities: tuple[CommunityWall, ...]
    scores: Scores | None
    flows: WallFlows | None
    flows_trouble: ProductError | None
    balance: Balance | None
    centres: SharedCentres | None
    sinking: Sinking


@dataclass(frozen=True, eq=False)
class Seen:
    """A wall as it was last good. ``wall`` is None while nothing is loaded; ``interruption`` says why it is not of now."""

    wall: Wall | None
    at: datetime.datetime
    interruption: ProductError | None = None


# The plan in force -------------------------------------------------------------------------------------------------------


def plan_in_force() -> tuple[KioskPlan, ProductError | None]:
    """Return the county's own plan, else that of ``kiosk.yaml``; with the reason when its own cannot be used."""
    try:
        version = current_workspace().latest(SETTING)
        return plan_of(version.content, f"workspace · {SETTING}"), None
    except MissingDocumentError:
        return kiosk_plan(), None
    except (DatabaseError, CatalogueError) as error:
        return kiosk_plan(), error


# The parts ---------------------------------------------------------------------------------------------------------------


def _scores(database: ReportingDatabase, period: Period) -> Scores | None:
    """Return what the performance page shows on a first visit; None when nobody can be scored."""
    scheme = next(iter(delivered_schemes().values()))
    ranking = rank(scheme, score_inputs(database, period, needed_ids(scheme)))
    if ranking is None or not ranking.order:
        return None
    shares, moved = dimension_shares(ranking.current), movement(ranking)
    rows = tuple(
        ScoreRow(
            community=unit,
            name=str(ranking.inputs.names[unit]),
            position=int(ranking.inputs.positions[unit]),
            total=float(ranking.current.total[unit]),
            rank=float(ranking.current.rank[unit]),
            move=float(moved[unit]),
            shares=tuple(number_at(shares, unit, dimension.id) for dimension in scheme.dimensions),
        )
        for unit in ranking.order
    )
    return Scores(scheme, rows)


def _flows(database: ReportingDatabase, period: Period) -> WallFlows | None:
    """Return the referrals on the map; None without any. Raises ``BoundaryError``."""
    question = Question(View.REFERRALS, period)
    rows = flows(database, question)
    if rows.empty:
        return None
    where = places(database)
    arcs = flow_map(database, question, Selection("institution")).arcs
    beyond = rows[rows["direction"] == "out"].groupby("destination_drawn")["cases"].sum()
    hidden, _total = suppressed_list(beyond, ON_EXPORT)
    return WallFlows(
        places=where,
        boundaries=town_boundaries(database),
        arcs=arcs[arcs["cases"] >= ON_EXPORT].reset_index(drop=True),
        outside=beyond.astype(float).mask(hidden),
        belongs={place: str(row["community"]) for place, row in where.rows.items()},
    )


def _balance(rows: tuple[ReferralBalance, ...]) -> Balance | None:
    if not rows:
        return None
    cases = pd.DataFrame([[getattr(row, name) for name in BALANCE] for row in rows], index=[row.community for row in rows], columns=BALANCE)
    cells, _rows, columns, _all = suppressed(cases, ON_EXPORT)
    return Balance(rows, cases.astype(float).mask(cells), cases.sum().astype(float).mask(columns))


def _community(database: ReportingDatabase, whole: Overview, community: Community, period: Period) -> CommunityWall:
    cards = headlines(database, period, community.code, None)
    fund = next((row for row in whole.fund.communities if row.community == community.code), None)
    own = replace(
        whole,
        headlines=cards,
        fund=replace(whole.fund, county=fund),
        attention=tuple(item for item in whole.attention if item.community == community.code),
    )
    return CommunityWall(community, cards, fund, own)


@cached(max_entries=4)
def wall_of(database: ReportingDatabase, grain: str = Grain.MONTH) -> Wall | None:
    """Return the wall of the newest month of ``database``, None when it holds no month. Raises ``QueryError``."""
    default = filter_options(database).default()
    if default is None:
        return None
    period = Period(Grain(grain), default.period.last)
    whole = overview(database, Filters(period))
    trouble = None
    try:
        picture = _flows(database, period)
    except BoundaryError as error:
        picture, trouble = None, error
    who = directory(database)
    return Wall(
        version=database.version,
        county=who.county_name,
        period=period,
        overview=whole,
        communities=tuple(_community(database, whole, each, period) for each in who.ordered),
        scores=_scores(database, period),
        flows=picture,
        flows_trouble=trouble,
        balance=_balance(whole.referrals),
        centres=shared_centres(database, period),
        sinking=sinking(database, period),
    )


# The last good one -------------------------------------------------------------------------------------------------------

_lock = threading.Lock()
_kept: dict[tuple[str, str], Seen] = {}


def current_wall(grain: str) -> Seen:
    """Return the wall as the data is now; while the database is away the last good one with the reason.

    Raises:
        ProductError: there is no database and never was one since the process started.
    """
    key = (settings().reporting_database_url, grain)
    try:
        seen = Seen(wall_of(current_database(), grain), datetime.datetime.now(datetime.UTC))
    except ProductError as error:
        with _lock:
            kept = _kept.get(key)
        if kept is None:
            raise
        return replace(kept, interruption=error)
    with _lock:
        _kept[key] = seen
    return seen
