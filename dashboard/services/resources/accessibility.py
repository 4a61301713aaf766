"""可及性: how much supply people can reach from where they live, by two-step floating catchment, and what one more site would change."""

import datetime
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dashboard.analysis.accessibility import distance_minutes, floating_catchment, share_without_access
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.resources.supply import RESOURCES, Basis, ResourceBook, resource_book
from dashboard.store.codes import PRIMARY_KINDS
from dashboard.store.query import run_query

Method = Literal["plain", "gaussian"]
DETOUR = 1.3
"""Road length ÷ straight length: an assumption of this product [OWN]."""
NEW_SITE = "new_site"


@dataclass(frozen=True, eq=False)
class Travel:
    """Ways from towns to institutions in long form; ``estimated`` when they come from straight distances and a speed."""

    ways: pd.DataFrame
    estimated: bool
    speed_kmh: float


@dataclass(frozen=True)
class NewSite:
    """A site that does not exist: its town and how many units it has."""

    town: str
    units: float


@dataclass(frozen=True, eq=False)
class Access:
    """What the towns can reach, per ``RESOURCES[resource].per`` residents.

    ``towns`` is indexed by town_code: name, community, population, access, nearest (minutes to the nearest site; missing when none can
    be travelled to). ``sites`` is indexed by institution_code: name, community, supply, longitude, latitude. ``unplaced`` is supply at
    sites that no way leads to.
    """

    resource: str
    threshold: float
    travel: Travel
    towns: pd.DataFrame
    sites: pd.DataFrame
    without: float
    unplaced: float

    @property
    def mean(self) -> float:
        """The mean over residents."""
        known = self.towns.dropna(subset=["population", "access"])
        people = known["population"].sum()
        return float((known["access"] * known["population"]).sum() / people) if people > 0 else float("nan")


def site_places(book: ResourceBook) -> pd.DataFrame:
    """Return longitude and latitude (degrees, WGS-84) by institution; one without coordinates stands at its town's centre."""
    places = book.sites[["longitude", "latitude"]].astype("float64")
    towns = book.directory.towns[["longitude", "latitude"]].astype("float64").reindex(book.sites["town_code"])
    centres = towns.set_axis(places.index)
    whole = places.notna().all(axis=1)
    return places.where(whole, centres)


@cached(max_entries=16, needs_county=True)
def travel(database: ReportingDatabase, month: datetime.date, speed_kmh: float) -> Travel:
    """Return the county's own travel times, or where it supplied none an estimate from straight distance × detour ÷ speed."""
    supplied = run_query(database, "resources/travel_time")
    if len(supplied):
        return Travel(supplied, estimated=False, speed_kmh=speed_kmh)
    book = resource_book(database, month)
    origins = book.directory.towns[["longitude", "latitude"]].astype("float64")
    return Travel(distance_minutes(origins, site_places(book), speed_kmh, DETOUR), estimated=True, speed_kmh=speed_kmh)


def new_site_ways(book: ResourceBook, ways: Travel, town: str) -> pd.DataFrame:
    """Return origin (town), destination (``NEW_SITE``) and minutes of the ways to a new site in ``town``.

    To its centre, or with supplied times as to the nearest site that stands in the town.

    Nobody has measured a way to a place that does not exist; without a site in the town only its own people reach the new one.
    """
    if ways.estimated:
        towns = book.directory.towns[["longitude", "latitude"]].astype("float64")
        centre = towns.loc[[town]].set_axis([NEW_SITE])
        return distance_minutes(towns, centre, ways.speed_kmh, DETOUR)[["origin", "destination", "minutes"]]
    inside = book.sites.index[book.sites["town_code"] == town]
    near = ways.ways[ways.ways["destination"].isin(inside)].groupby("origin", as_index=False)["minutes"].min()
    own = pd.DataFrame({"origin": [town], "minutes": [0.0]})
    return pd.concat([near[near["origin"] != town], own], ignore_index=True).assign(destination=NEW_SITE)


@cached(max_entries=128, needs_county=True)
def access(
    database: ReportingDatabase,
    month: datetime.date,
    resource: str,
    threshold: float,
    method: Method,
    speed_kmh: float,
    basis: Basis = Basis.LOCATED,
    added: NewSite | None = None,
) -> Access:
    """Return what every town can reach of ``resource``.

    Args:
        database: the reporting database.
        month: the month at which supply is counted.
        resource: a key of ``RESOURCES``.
        threshold: greatest travel time in minutes.
        method: "plain" 2SFCA, or "gaussian" with distance decay.
        speed_kmh: assumed speed where the county supplied no travel times.
        basis: ``Basis.PRIMARY`` counts primary institutions only, anything else all of them.
        added: a site to add, for a what-if.
    """
    book = resource_book(database, month)
    return access_of(book, book.of_year()[resource], travel(database, month, speed_kmh), resource, threshold, method, basis, added)


def access_of(
    book: ResourceBook,
    supply: pd.Series,
    ways: Travel,
    resource: str,
    threshold: float,
    method: Method,
    basis: Basis = Basis.LOCATED,
    added: NewSite | None = None,
) -> Access:
    """Return ``access`` for a ``supply`` by institution that may differ from the reported one."""
    counted = book.sites["kind"].isin(PRIMARY_KINDS) if basis is Basis.PRIMARY else pd.Series(True, index=book.sites.index)
    given = supply[counted & (supply > 0)]
    table = ways.ways[["origin", "destination", "minutes"]]
    if added is not None:
        given = pd.concat([given, pd.Series({NEW_SITE: float(added.units)})])
        table = pd.concat([table, new_site_ways(book, ways, added.town)], ignore_index=True)
    table = table[table["destination"].isin(given.index)]
    residents = book.residents()
    decay: Literal["gaussian"] | None = "gaussian" if method == "gaussian" else None
    reached = floating_catchment(given, residents, table, threshold, decay) * RESOURCES[resource].per
    towns = book.directory.towns
    frame = pd.DataFrame(
        {
            "name": towns["name"],
            "community": towns["community_code"],
            "population": residents,
            "access": reached,
            "nearest": table.groupby("origin")["minutes"].min().reindex(towns.index),
        }
    )
    placed = table.dropna(subset=["minutes"])["destination"].unique()
    sites = pd.concat(
        [book.sites["short_name"].rename("name"), book.sites["community_code"].rename("community"), site_places(book)], axis=1
    ).reindex(given.index.drop(NEW_SITE, errors="ignore"))
    sites["supply"] = given.reindex(sites.index)
    return Access(
        resource=resource,
        threshold=threshold,
        travel=ways,
        towns=frame,
        sites=sites,
        without=share_without_access(frame["access"], frame["population"]),
        unplaced=float(given[~given.index.isin(placed)].sum()),
    )
