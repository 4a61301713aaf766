"""公平性: is a resource spread over the towns as people and land are? Lorenz, Gini, Theil, agglomeration, over the years."""

import datetime
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.equity import FORMS, Theil, agglomeration, gini, lorenz, theil
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.resources.supply import Basis, in_community, resource_book, unit_amounts


@dataclass(frozen=True, eq=False)
class Equity:
    """How one resource is spread over the towns in the newest year, and its indices over the years.

    ``towns`` is indexed by town_code: name, community, population, area, amount, hrad, pad, hrad_to_pad, hrad_minus_pad.
    ``by_population`` and ``by_area`` are Lorenz curves. ``theil_t`` is weighted by population, ``theil_l`` by the resource. ``years``
    has a row per year: year, gini_population, gini_area, theil_t, theil_l and their between and within parts.
    """

    resource: str
    towns: pd.DataFrame
    by_population: pd.DataFrame
    by_area: pd.DataFrame
    theil_t: Theil
    theil_l: Theil
    years: pd.DataFrame

    @property
    def newest(self) -> pd.Series:
        """The indices of the newest year, by the columns of ``years``."""
        return self.years.iloc[-1]


@cached(max_entries=64, needs_county=True)
def equity(database: ReportingDatabase, month: datetime.date, resource: str, basis: Basis, community: str | None = None) -> Equity:
    """Return how ``resource`` is spread over the towns of the county, or of one community, counted by ``basis``."""
    book = resource_book(database, month)
    area = book.directory.towns["area_km2"].astype("float64")
    frames = {year: in_community(unit_amounts(book, "town", basis, year), community) for year in book.years}
    rows = [{"year": year, **_indices(frame[resource], frame, area)} for year, frame in frames.items()]
    towns = frames[book.year]
    amount, people, land = towns[resource], towns["population"], area.reindex(towns.index)
    told = towns[["name", "community", "population"]].assign(area=land, amount=amount)
    return Equity(
        resource=resource,
        towns=pd.concat([told, agglomeration(amount, people, land)], axis=1),
        by_population=lorenz(amount, people),
        by_area=lorenz(amount, land),
        theil_t=theil(amount, people, towns["community"], weight="population"),
        theil_l=theil(amount, people, towns["community"], weight="resource"),
        years=pd.DataFrame(rows),
    )


def _indices(amount: pd.Series, towns: pd.DataFrame, area: pd.Series) -> dict[str, float]:
    people, groups = towns["population"], towns["community"]
    told = {"gini_population": gini(amount, people), "gini_area": gini(amount, area.reindex(towns.index))}
    for weight, form in FORMS.items():
        index = theil(amount, people, groups, weight=weight)
        name = f"theil_{form.lower()}"
        told |= {name: index.total, f"{name}_between": index.between, f"{name}_within": index.within}
    return told
