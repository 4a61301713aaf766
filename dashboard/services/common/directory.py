"""Who is who in the county: communities, towns, institutions. Every page reads the same directory."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from dashboard.analysis.naming import distinct, without_shared
from dashboard.language import marked, translate
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.query import run_query

_NAMED_INSTITUTIONS = 3


@dataclass(frozen=True)
class Community:
    """A community as filters and charts name it; ``position`` (from 0, in display order) fixes its colour."""

    code: str
    name: str
    short_name: str
    position: int


@dataclass(frozen=True, eq=False)
class Directory:
    """The dimensions that pages name and group by. Shared between sessions: read, never edit.

    ``communities`` is indexed by community_code in display order (name, short_name, position from 0: the fixed colour);
    ``towns`` by town_code; ``institutions`` by institution_code, inside and outside the county. Names are labels: two equal ones carry
    what tells them apart (community, town or code), long short names are without what all share.
    ``county_name`` is empty when the county did not supply it.
    """

    county_name: str
    communities: pd.DataFrame
    towns: pd.DataFrame
    institutions: pd.DataFrame

    @cached_property
    def ordered(self) -> tuple[Community, ...]:
        """The communities in display order."""
        rows = self.communities.reset_index()[["community_code", "name", "short_name", "position"]]
        return tuple(
            Community(str(code), str(name), str(short), int(place)) for code, name, short, place in rows.itertuples(index=False, name=None)
        )

    @property
    def inside(self) -> pd.DataFrame:
        """The rows of ``institutions`` in the county, in their order."""
        return self.institutions[self.institutions["in_county"]]

    def community_name(self, code: str) -> str:
        """Return the short name of a community, or its code when unknown."""
        return str(self.communities["short_name"].get(code, code))


_COMMUNITY_ENDINGS = ("紧密型县域医共体", "医疗共同体", "医共体")


def _named(rows: pd.DataFrame, areas: tuple[str, ...], *details: pd.Series, endings: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return ``rows`` with labels instead of names: no two are equal, the short ones are without what all of them share."""
    short = without_shared(rows["short_name"], areas, endings)
    return rows.assign(name=distinct(rows["name"], *details), short_name=distinct(short, *details))


def _named_institutions(rows: pd.DataFrame, areas: tuple[str, ...], *details: pd.Series) -> pd.DataFrame:
    """Return the institutions with labels; only those in the county lose what the names in the county share."""
    inside = rows["in_county"]
    short = pd.concat([without_shared(rows.loc[inside, "short_name"], areas), rows.loc[~inside, "short_name"].astype(str)])
    return rows.assign(name=distinct(rows["name"], *details), short_name=distinct(short.reindex(rows.index), *details))


@cached(max_entries=4)
def directory(database: ReportingDatabase) -> Directory:
    """Return the directory of ``database``. Raises ``QueryError`` when it cannot be read."""
    county = run_query(database, "directory/county")
    communities = run_query(database, "directory/communities")
    communities = communities.assign(position=range(len(communities))).set_index("community_code")
    towns = run_query(database, "directory/towns").set_index("town_code")
    institutions = run_query(database, "directory/institutions")
    institutions = institutions.astype({"in_county": bool, "in_province": bool, "in_alliance": bool}).set_index("institution_code")
    areas = () if county.empty else (str(county["name"].iloc[0]), str(county["short_name"].iloc[0]))
    communities = _named(communities, areas, endings=_COMMUNITY_ENDINGS)
    whose = communities["short_name"]
    towns = towns.assign(name=distinct(without_shared(towns["name"], areas), towns["community_code"].map(whose)))
    at = (institutions["community_code"].map(whose), institutions["town_code"].map(towns["name"]))
    return Directory(
        county_name="" if county.empty else str(county["short_name"].iloc[0]),
        communities=communities,
        towns=towns,
        institutions=_named_institutions(institutions, areas, *at),
    )


def may_see(database: ReportingDatabase, unit: str) -> bool:
    """Tell whether the reader may see all of ``unit``: an institution, a community, or anything else, which is the county's."""
    scope, who = database.scope, directory(database)
    if unit in who.institutions.index:
        return scope.holds_institution(unit, who.institutions["community_code"][unit])
    return scope.holds_community(unit) if unit in who.communities.index else scope.every_row


def scope_words(database: ReportingDatabase, language: str = "zh") -> str:
    """Return ``scope_names`` as a page says them: "数据范围：一院、二院 · 3 家机构"; empty for the whole county."""
    names = scope_names(database, language)
    return translate(marked("数据范围：{names}"), language, names=names) if names else ""


def scope_names(database: ReportingDatabase, language: str = "zh") -> str:
    """Return whose rows the reader of ``database`` sees, empty for the whole county.

    Every page and report of a narrower scope says it.
    """
    if database.scope.every_row:
        return ""
    scope, who = database.scope, directory(database)
    parts = []
    if scope.communities is not None:
        names = [who.community_name(each.code) for each in who.ordered if each.code in scope.communities]
        parts.append("、".join(names) if language == "zh" else ", ".join(names))
    if scope.institutions is not None:
        names = [str(who.institutions["short_name"].get(code, code)) for code in sorted(scope.institutions)]
        few = len(names) <= _NAMED_INSTITUTIONS
        listed = ("、" if language == "zh" else ", ").join(names)
        parts.append(listed if few else translate(marked("{count} 家机构"), language, count=len(names)))
    return " · ".join(part for part in parts if part) or "—"
