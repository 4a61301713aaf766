"""The counties of a database that holds several, and the one in view: pages, exports and the read API show one county at a time.

A database of one county has no choice: nothing here asks anything of it, and no page, address or export says a word of it.
"""

from dataclasses import dataclass, replace

from dashboard.errors import ScopeError
from dashboard.language import marked
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.query import run_query
from dashboard.store.scope import COUNTY


@dataclass(frozen=True)
class County:
    """A county as the choice of counties names it."""

    code: str
    name: str
    short_name: str


@cached(max_entries=4)
def _counties(database: ReportingDatabase) -> tuple[County, ...]:
    rows = run_query(database, "directory/counties")
    return tuple(County(*map(str, row)) for row in rows[["county_code", "name", "short_name"]].itertuples(index=False, name=None))


@cached(max_entries=4)
def _homes(database: ReportingDatabase) -> dict[tuple[str, str], str]:
    rows = run_query(database, "directory/homes").dropna()
    return {(kind, code): county for kind, code, county in rows.itertuples(index=False, name=None)}


def all_counties(database: ReportingDatabase) -> tuple[County, ...]:
    """Return the counties that ``database`` holds in display order, whoever asks. Raises ``QueryError`` when it cannot answer."""
    return _counties(database.under(COUNTY))


def choosable_counties(database: ReportingDatabase) -> tuple[County, ...]:
    """Return the counties that the reader may look at: all of them for who sees the whole county, else those their codes lie in.

    Empty for a database of one county. Raises ``QueryError`` when it cannot answer.
    """
    counties, scope = all_counties(database), database.scope
    if len(counties) <= 1:
        return ()
    if scope.every_row:
        return counties
    homes = _homes(database.under(COUNTY))
    granted = [("community", code) for code in scope.communities or ()] + [("institution", code) for code in scope.institutions or ()]
    theirs = {homes.get(unit) for unit in granted}
    return tuple(county for county in counties if county.code in theirs)


def named_county(database: ReportingDatabase, asked: str) -> County | None:
    """Return the county whose code or short name is ``asked``, whoever may look at it; None where there is none."""
    return next((each for each in all_counties(database) if asked in (each.code, each.short_name)), None)


def in_view(database: ReportingDatabase, asked: str = "") -> ReportingDatabase:
    """Return ``database`` as its reader sees one of its counties; a database of one county as it is.

    ``asked`` is a county's code or short name, as an address carries them. Without one, or with what no county is called, it is the
    first county that the reader may look at; who may look at none sees no row of any.
    Raises ``ScopeError`` for a county that they may not look at, ``QueryError`` when the database cannot answer.
    """
    counties = choosable_counties(database)
    if not counties:
        return database
    named = named_county(database, asked) or counties[0]
    if named not in counties:
        raise ScopeError(
            marked("这个链接要看的“{name}”不在您的数据范围内，没有查询"),
            marked("请从左侧菜单重新打开本页，看您范围内的医共体；需要查看请向安全管理员申请授权"),
            name=named.short_name,
        )
    return database.under(replace(database.scope, county=named.code))
