"""Who is who in the county: communities, towns, institutions. Every page reads the same directory."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from dashboard.services.cache import cached
from dashboard.services.database import ReportingDatabase
from dashboard.store.query import run_query


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
    ``towns`` by town_code; ``institutions`` by institution_code, inside and outside the county.
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
        """The institutions in the county."""
        return self.institutions[self.institutions["in_county"]]

    def community_name(self, code: str) -> str:
        """Return the short name of a community, or its code when unknown."""
        return str(self.communities["short_name"].get(code, code))


@cached(max_entries=4)
def directory(database: ReportingDatabase) -> Directory:
    """Return the directory of ``database``. Raises ``QueryError`` when it cannot be read."""
    county = run_query(database.engine, "directory/county")
    communities = run_query(database.engine, "directory/communities")
    institutions = run_query(database.engine, "directory/institutions")
    return Directory(
        county_name="" if county.empty else str(county["short_name"].iloc[0]),
        communities=communities.assign(position=range(len(communities))).set_index("community_code"),
        towns=run_query(database.engine, "directory/towns").set_index("town_code"),
        institutions=institutions.astype({"in_county": bool, "in_province": bool, "in_alliance": bool}).set_index("institution_code"),
    )
