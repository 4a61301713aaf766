"""The cockpit's answer: what the Overview, the scores, the flow map and the shared centres say, for the county and each community.

No figure is made here that a page does not have too. The last good answer is kept by the process, so that a cockpit can go on showing it
while the database is away.
"""

import datetime
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from dashboard.analysis.approval import UNASKED, Signed
from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.suppression import ON_EXPORT, suppressed, suppressed_list
from dashboard.catalogue.cockpit import CockpitPlan, cockpit_plan, plan_of
from dashboard.catalogue.performance import delivered_schemes
from dashboard.catalogue.scheme import Scheme
from dashboard.errors import CatalogueError, DatabaseError, ProductError
from dashboard.newest import keep_newest
from dashboard.services.common.boundaries import Boundaries, BoundaryError, town_boundaries
from dashboard.services.common.cache import cached, current_database
from dashboard.services.common.clock import today
from dashboard.services.common.counties import county_view, in_view
from dashboard.services.common.database import DataVersion, ReportingDatabase
from dashboard.services.common.directory import Community, directory
from dashboard.services.common.filters import Filters, filter_options
from dashboard.services.common.workspace import current_workspace
from dashboard.services.contracts.care import Chain, chains
from dashboard.services.contracts.coverage import Contracts, contracts
from dashboard.services.meeting.decisions import State
from dashboard.services.meeting.followups import follow_ups
from dashboard.services.monitoring.attention import Matter, attention
from dashboard.services.monitoring.handling import NOTHING, handled_now
from dashboard.services.overview.answer import Headline, Overview, ReferralBalance, headlines, overview
from dashboard.services.overview.fund import FundProgress
from dashboard.services.performance.answer import dimension_shares, movement, needed_ids, number_at, rank, score_inputs
from dashboard.services.quality.cells import CLAIMS, DISCHARGES, QUALITY, offered
from dashboard.services.quality.cells import Scope as QualityScope
from dashboard.services.quality.checks import Checks, checks
from dashboard.services.quality.costs import CHANGES, changes
from dashboard.services.referrals.flows import Places, Question, View, flows, places
from dashboard.services.referrals.map import Selection, flow_map
from dashboard.services.resources.centres import SharedCentres, shared_centres
from dashboard.services.resources.workforce import Sinking, sinking
from dashboard.settings import settings
from dashboard.store.scope import Scope
from dashboard.workspace import MissingDocumentError
from dashboard.workspace.county import in_county

SETTING = "kiosk"  # the document's name in workspaces that exist
"""The workspace document (kind ``setting``) that stands in for ``cockpit.yaml``."""
BALANCE = ("up", "down", "out")
"""The directions that a cockpit counts: those between equals are few, and hiding them would hide the others with them."""


@dataclass(frozen=True)
class ScoreRow:
    """One community's score: 0–100, its rank, how many ranks it rose (NaN unknown), and its share of full score by dimension.

    ``trusted``: whether its ``completeness`` (0 to 1) reaches what the scheme asks.
    """

    community: str
    name: str
    position: int
    total: float
    rank: float
    move: float
    shares: tuple[float, ...]
    trusted: bool = True
    completeness: float = 1.0


@dataclass(frozen=True, eq=False)
class Scores:
    """The communities from first to last under ``scheme``."""

    scheme: Scheme
    rows: tuple[ScoreRow, ...]

    def of(self, community: str) -> ScoreRow | None:
        """Return the row of one community."""
        return next((row for row in self.rows if row.community == community), None)


@dataclass(frozen=True, eq=False)
class CockpitFlows:
    """The referrals of the period on the map.

    ``arcs``: as ``services.referrals.map`` makes them, hidden by the one limit of the cockpit (``ON_EXPORT``). ``outside``: cases by place
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


QUALITY_CARDS = ("D02", "E01", "E15", "E13a", "E05")


@dataclass(frozen=True, eq=False)
class QualityPicture:
    """What care costs and how good it is, over the twelve months of ``period``.

    ``changes``: why the cost of a case changed at each hospital, hidden by the limit of the cockpit; empty without claims of both years.
    ``checks``: what stands out among all comparisons. ``headlines``: of the cockpit's own period.
    """

    period: Period
    headlines: tuple[Headline, ...]
    changes: pd.DataFrame
    checks: Checks


@dataclass(frozen=True)
class Overdue:
    """A decision or an action past its date: what, who, and by how many days."""

    what: str
    responsible: str
    days: int


@dataclass(frozen=True, eq=False)
class CommunityCockpit:
    """What the scene of one community shows besides its share of the county's answers."""

    community: Community
    headlines: tuple[Headline, ...]
    fund: FundProgress | None
    overview: Overview
    attention: tuple[Matter, ...]


@dataclass(frozen=True, eq=False)
class Cockpit:
    """Everything that the cockpit shows of one data version and period; parts are None or empty where the county lacks the data."""

    version: DataVersion
    county: str
    period: Period
    overview: Overview
    attention: tuple[Matter, ...]
    communities: tuple[CommunityCockpit, ...]
    scores: Scores | None
    flows: CockpitFlows | None
    flows_trouble: ProductError | None
    balance: Balance | None
    centres: SharedCentres | None
    sinking: Sinking
    quality: QualityPicture | None
    contracts: Contracts | None
    chains: tuple[Chain, ...]
    overdue: tuple[Overdue, ...] = ()
    signed: Signed = UNASKED


@dataclass(frozen=True, eq=False)
class Seen:
    """A cockpit as it was last good. ``cockpit`` is None while nothing is loaded; ``interruption`` says why it is not of now."""

    cockpit: Cockpit | None
    at: datetime.datetime
    interruption: ProductError | None = None


# The plan in force -------------------------------------------------------------------------------------------------------


def plan_in_force() -> tuple[CockpitPlan, ProductError | None]:
    """Return the county's own plan, else that of ``cockpit.yaml``; with the reason when its own cannot be used."""
    try:
        version = current_workspace().latest(SETTING)
        return plan_of(version.content, f"workspace · {SETTING}"), None
    except MissingDocumentError:
        return cockpit_plan(), None
    except (DatabaseError, CatalogueError) as error:
        return cockpit_plan(), error


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
            trusted=bool(ranking.current.trusted[unit]),
            completeness=float(ranking.current.completeness[unit]),
        )
        for unit in ranking.order
    )
    return Scores(scheme, rows)


def _flows(database: ReportingDatabase, period: Period) -> CockpitFlows | None:
    """Return the referrals on the map; None without any. Raises ``BoundaryError``."""
    question = Question(View.REFERRALS, period)
    rows = flows(database, question)
    if rows.empty:
        return None
    where = places(database)
    arcs = flow_map(database, question, Selection("institution"), smallest=ON_EXPORT).arcs
    beyond = rows[rows["direction"] == "out"].groupby("destination_drawn")["cases"].sum()
    hidden, _total = suppressed_list(beyond, ON_EXPORT)
    return CockpitFlows(
        places=where,
        boundaries=town_boundaries(database),
        arcs=arcs,
        outside=beyond.astype(float).mask(hidden),
        belongs={place: str(row["community"]) for place, row in where.rows.items()},
    )


def _balance(rows: tuple[ReferralBalance, ...]) -> Balance | None:
    if not rows:
        return None
    cases = pd.DataFrame([[getattr(row, name) for name in BALANCE] for row in rows], index=[row.community for row in rows], columns=BALANCE)
    cells, _rows, columns, _all = suppressed(cases, ON_EXPORT)
    return Balance(rows, cases.astype(float).mask(cells), cases.sum().astype(float).mask(columns))


def _quality(database: ReportingDatabase, period: Period) -> QualityPicture | None:
    """Return what the quality page says of the hospitals, of twelve months: one month's cases are too few; None without its data."""
    if not offered(database) & {CLAIMS, DISCHARGES, QUALITY}:
        return None
    scope = QualityScope(Period(Grain.ROLLING_12, period.last))
    table = changes(database, scope)
    shown = CHANGES.hide(table, ON_EXPORT).frame if len(table) else table
    return QualityPicture(
        scope.period,
        headlines(database, period, None, None, QUALITY_CARDS, smallest=ON_EXPORT),
        shown[shown["total"].notna()],
        checks(database, scope),
    )


def _community(database: ReportingDatabase, whole: Overview, community: Community, period: Period) -> CommunityCockpit:
    cards = headlines(database, period, community.code, None, smallest=ON_EXPORT)
    fund = next((row for row in whole.fund.communities if row.community == community.code), None)
    units = whole.fund.schemes_of(community.code)
    own = replace(
        whole,
        headlines=cards,
        fund=replace(whole.fund, county=fund, units=units),
    )
    return CommunityCockpit(community, cards, fund, own, attention(database, period, community.code))


@cached(max_entries=4, needs_county=True, marks=True)
def cockpit_of(database: ReportingDatabase, grain: str = Grain.MONTH) -> Cockpit | None:
    """Return the cockpit of the newest month of ``database``, None when it holds no month. Raises ``QueryError``."""
    default = filter_options(database).default()
    if default is None:
        return None
    period = Period(Grain(grain), default.period.last)
    whole = overview(database, Filters(period), ON_EXPORT)
    trouble = None
    try:
        picture = _flows(database, period)
    except BoundaryError as error:
        picture, trouble = None, error
    who = directory(database)
    return Cockpit(
        version=database.version,
        county=who.county_name,
        period=period,
        overview=whole,
        attention=attention(database, period),
        communities=tuple(_community(database, whole, each, period) for each in who.ordered),
        scores=_scores(database, period),
        flows=picture,
        flows_trouble=trouble,
        balance=_balance(whole.referrals),
        centres=shared_centres(database, period),
        sinking=sinking(database, period),
        quality=_quality(database, period),
        contracts=contracts(database, period.last),
        chains=chains(database, period.last),
        signed=database.signed,
    )


# The last good one -------------------------------------------------------------------------------------------------------


_Matters = tuple[Matter, ...]


@lru_cache(maxsize=8)
def _telling(cockpit: Cockpit, overdue: tuple[Overdue, ...], matters: _Matters, own: tuple[_Matters, ...]) -> Cockpit:
    """Return the cockpit with what is overdue now, and without the alerts that people put off or closed.

    What people write changes while the data stay, and the scenes of both are kept.
    """
    communities = tuple(replace(each, attention=its) for each, its in zip(cockpit.communities, own, strict=True))
    return replace(cockpit, overdue=overdue, attention=matters, communities=communities)


def _told(database: ReportingDatabase, cockpit: Cockpit) -> Cockpit:
    overdue, handled = _overdue(database), handled_now()
    if not overdue and handled == NOTHING:
        return cockpit
    own = tuple(attention(database, cockpit.period, each.community.code, handled=handled) for each in cockpit.communities)
    return _telling(cockpit, overdue, attention(database, cockpit.period, handled=handled), own)


def _overdue(database: ReportingDatabase) -> tuple[Overdue, ...]:
    """Return decisions and actions past their date, the latest first; none while the workspace is away: the wall goes on."""
    try:
        rows = follow_ups(current_workspace(), today(), database).rows
    except DatabaseError:
        return ()
    return tuple(Overdue(row.what, row.responsible, -row.days) for row in rows if row.state is State.OVERDUE and row.days is not None)


_lock = threading.Lock()
_MOST_KEPT = 32
_kept: dict[tuple[str, str, Scope], Seen] = {}


def current_cockpit(grain: str, scope: Scope) -> Seen:
    """Return the cockpit as the data is now for a reader of ``scope``; while the database is away the last good one with the reason.

    Raises:
        ProductError: there is no database and never was one since the process started.
    """
    key = (settings().reporting_database_url, grain, scope)
    try:
        database = in_view(current_database(scope), scope.county or "")
        cockpit = cockpit_of(database, grain)
        with in_county(county_view(database)):
            told = None if cockpit is None else _told(database, cockpit)
        seen = Seen(told, datetime.datetime.now(datetime.UTC))
    except ProductError as error:
        with _lock:
            kept = _kept.get(key)
        if kept is None:
            raise
        return replace(kept, interruption=error)
    with _lock:
        for older in [each for each in _kept if each != key and _same_reach(each, key)]:
            del _kept[older]  # nothing of an older policy is ever shown again
        keep_newest(_kept, key, seen, _MOST_KEPT)
    return seen


def _same_reach(one: tuple[str, str, Scope], other: tuple[str, str, Scope]) -> bool:
    """Tell whether two keys differ by the version of the policy alone."""
    return (*one[:2], replace(one[2], policy_version=0)) == (*other[:2], replace(other[2], policy_version=0))
