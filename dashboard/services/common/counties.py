"""The counties of a database that holds several, and the one in view: pages, exports and the read API show one county at a time.

A database of one county has no choice: nothing here asks anything of it, and no page, address or export says a word of it.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.analysis.belonging import first_county, kept_under
from dashboard.errors import ProductError, ScopeError
from dashboard.language import marked
from dashboard.services.common.approvals import signed_now
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.query import run_query
from dashboard.store.scope import COUNTY, Scope
from dashboard.workspace.county import EVERY_COUNTY, CountyView


@dataclass(frozen=True)
class County:
    """A county as the choice of counties names it; ``prefecture`` is what it lies in, empty where nobody says."""

    code: str
    name: str
    short_name: str
    prefecture: str = ""


class CountyError(ProductError):
    """A county that was not named where there are several, or that the database does not hold; nothing was done."""


@dataclass(frozen=True)
class _Held:
    """What a database holds: its counties in display order, and by code of each the numbers of its oldest and newest load.

    ``of_several`` is the newest load that was of no single county. Loads are only asked for where there are several counties.
    """

    counties: tuple[County, ...]
    first: Mapping[str, int | None]
    last: Mapping[str, int]
    of_several: int = 0

    def view(self, scope: Scope) -> CountyView:
        """Return the county that ``scope`` has in view as the workspace knows it (``county_view``)."""
        if len(self.counties) == 1:
            return CountyView(read=kept_under(self.counties[0].code, self.first))
        county = scope.county
        if county is not None and county in self.first:
            return CountyView(county, kept_under(county, self.first))
        return EVERY_COUNTY if scope.every_row or not self.counties else CountyView(read=frozenset())


@cached(max_entries=4)
def _held_by(database: ReportingDatabase) -> _Held:
    named = run_query(database, "directory/counties")[["county_code", "name", "short_name", "prefecture"]].fillna("")
    counties = tuple(County(*map(str, row)) for row in named.itertuples(index=False, name=None))
    first: dict[str, int | None] = {county.code: None for county in counties}
    if len(counties) < 2:
        return _Held(counties, first, {})
    rows = run_query(database, "directory/county_loads")
    own, others = rows.dropna(subset="county_code").set_index("county_code"), rows[rows["county_code"].isna()]
    first |= {str(code): int(number) for code, number in own["first_load"].items() if str(code) in first}
    last = {str(code): int(number) for code, number in own["last_load"].items()}
    return _Held(counties, first, last, int(others["last_load"].max()) if len(others) else 0)


def _held(database: ReportingDatabase) -> _Held:
    return _held_by(database.under(COUNTY))


@cached(max_entries=4)
def _homes(database: ReportingDatabase) -> dict[tuple[str, str], str]:
    rows = run_query(database, "directory/homes").dropna()
    return {(kind, code): county for kind, code, county in rows.itertuples(index=False, name=None)}


def all_counties(database: ReportingDatabase) -> tuple[County, ...]:
    """Return the counties that ``database`` holds in display order, whoever asks. Raises ``QueryError`` when it cannot answer."""
    return _held(database).counties


def whole_name(database: ReportingDatabase) -> str:
    """Return what the whole database is of: its only county, of several the prefecture that they all lie in; else empty.

    Raises ``QueryError`` when it cannot answer.
    """
    counties = all_counties(database)
    names = {county.short_name if len(counties) == 1 else county.prefecture for county in counties}
    return names.pop() if len(names) == 1 else ""


def choosable_counties(database: ReportingDatabase) -> tuple[County, ...]:
    """Return the counties that the reader may look at: all of them for who sees the whole county, else those their codes lie in.

    Empty for a database of one county. Raises ``QueryError`` when it cannot answer.
    """
    return _choosable(_held(database), database)


def _choosable(held: _Held, database: ReportingDatabase) -> tuple[County, ...]:
    counties, scope = held.counties, database.scope
    if len(counties) <= 1:
        return ()
    if scope.every_row:
        return counties
    homes = _homes(database.under(COUNTY))
    granted = [("community", code) for code in scope.communities or ()] + [("institution", code) for code in scope.institutions or ()]
    theirs = {homes.get(unit) for unit in granted}
    return tuple(county for county in counties if county.code in theirs)


def named_county(database: ReportingDatabase, asked: str) -> County | None:
    """Return the county whose code or name is ``asked``, whoever may look at it; None where there is none."""
    return _named(_held(database), asked)


def _named(held: _Held, asked: str) -> County | None:
    return next((each for each in held.counties if asked in (each.code, each.short_name, each.name)), None)


def in_view(database: ReportingDatabase, asked: str = "") -> ReportingDatabase:
    """Return ``database`` as its reader sees one of its counties; a database of one county as it is.

    ``asked`` is a county's code or short name, as an address carries them. Without one, or with what no county is called, it is the
    first county that the reader may look at; who may look at none sees no row of any.
    Raises ``ScopeError`` for a county that they may not look at, ``QueryError`` when the database cannot answer.
    """
    held = _held(database)
    counties = _choosable(held, database)
    if not counties:
        return _as_signed(held, database)
    named = _named(held, asked) or counties[0]
    if named not in counties:
        raise ScopeError(
            marked("这个链接要看的“{name}”不在您的数据范围内，没有查询"),
            marked("请从左侧菜单重新打开本页，看您范围内的医共体；需要查看请向安全管理员申请授权"),
            name=named.short_name,
        )
    return _as_signed(held, database.under(replace(database.scope, county=named.code)))


def _as_signed(held: _Held, database: ReportingDatabase) -> ReportingDatabase:
    """Return ``database`` with what is signed in the county that it has in view."""
    return database.with_signed(database.signed.of(held.view(database.scope).read))


def county_view(database: ReportingDatabase) -> CountyView:
    """Return of which county is what people write with ``database`` before them: the one in view, else the only one.

    While there is one, nothing that is written names it; what names none is the first county's once a second has come (``kept_under``).
    A handle on several counties with none in view is on all of them, but for a reader who may look at none: that one reads of none.
    Raises ``QueryError`` when the database cannot answer.
    """
    return _held(database).view(database.scope)


def unsigned_counties(database: ReportingDatabase, months: Sequence[datetime.date]) -> int | None:
    """Return how many of all counties should have approved any of ``months`` and have not; None where nobody can say.

    Raises ``QueryError`` when the database cannot answer.
    """
    held, signed = _held(database), signed_now()
    if not signed.known:
        return None
    views = (held.view(replace(database.scope, county=county.code)) for county in held.counties)
    return sum(bool(signed.of(view.read).provisional(months)) for view in views)


def newest_load(database: ReportingDatabase) -> int:
    """Return the number of the newest load that can have changed anything of the county in view; of a database of one, its newest.

    Raises ``QueryError`` when the database cannot answer.
    """
    if database.scope.county is None:
        return database.version.load_id
    held = _held(database)
    return max(held.last.get(database.scope.county, 0), held.of_several)


def chosen_county(database: ReportingDatabase, asked: str) -> ReportingDatabase:
    """Return ``database`` with the county in view that a command names by code or name: a command guesses none.

    A database of one county needs none. Raises ``CountyError`` where there are several and none is named, and for one that is not there;
    ``ScopeError`` for one that the reader may not look at, ``QueryError`` when the database cannot answer.
    """
    counties = all_counties(database)
    known = "、".join(f"{each.code} {each.short_name}" for each in counties)
    if asked and named_county(database, asked) is None:
        raise CountyError(marked("库里没有这个县"), marked("可用的有：{known}"), where=asked, known=known)
    if len(counties) > 1 and not asked:
        raise CountyError(
            marked("库里有 {count} 个县，没有说明是哪一个"), marked("请加上 --county，可用的有：{known}"), count=len(counties), known=known
        )
    return in_view(database, asked)


def kept_county(database: ReportingDatabase, code: str | None) -> ReportingDatabase:
    """Return ``database`` with the county in view beside which something was kept; None: the only one, or the one that was first.

    Raises as ``chosen_county``.
    """
    loads = _held(database).first
    return chosen_county(database, code or (first_county(loads) if loads else ""))
