"""调配推演: what a move of beds, people or a device would change, and where a budget would do most."""

import datetime
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.allocation import Allocation, Infeasible, minimise_unmet_need
from dashboard.analysis.equity import gini
from dashboard.analysis.gaps import fairest_split
from dashboard.catalogue.norms import Norm
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.resources.accessibility import Access, Method, access_of, travel
from dashboard.services.resources.supply import Basis, ResourceBook, in_community, rate, resource_book, town_amounts, unit_amounts

THRESHOLD_MINUTES = 30.0
SPEED_KMH = 40.0


@dataclass(frozen=True)
class Move:
    """``units`` of ``resource`` from one institution to another."""

    resource: str
    sender: str
    receiver: str
    units: float


@dataclass(frozen=True, eq=False)
class Picture:
    """How a resource stands: towns (name, community, population, amount, rate), Gini by population, accessibility."""

    towns: pd.DataFrame
    gini: float
    access: Access


@dataclass(frozen=True, eq=False)
class MoveAnswer:
    """The county before and after a move; ``available`` is what the sender has, in units of the resource."""

    before: Picture
    after: Picture
    available: float


def _picture(
    database: ReportingDatabase, book: ResourceBook, amounts: pd.DataFrame, resource: str, basis: Basis, method: Method
) -> Picture:
    towns = unit_amounts(book, "town", basis)
    towns[resource] = town_amounts(book, basis, amounts=amounts[[resource]])[resource]
    told = towns[["name", "community", "population"]].assign(amount=towns[resource], rate=rate(towns, resource))
    ways = travel(database, book.month, SPEED_KMH)
    counted = Basis.PRIMARY if basis is Basis.PRIMARY else Basis.LOCATED
    reach = access_of(book, amounts[resource], ways, resource, THRESHOLD_MINUTES, method, counted)
    return Picture(told, gini(told["amount"], told["population"]), reach)


def moved(amounts: pd.Series, sender: str, receiver: str, units: float) -> pd.Series:
    """Return ``amounts`` (by institution, in their order) after ``units`` went from ``sender``, as far as it has any, to ``receiver``."""
    given = min(units, float(amounts[sender]))
    changed = amounts.copy()
    changed[sender] -= given
    changed[receiver] += given
    return changed


@cached(max_entries=64, needs_county=True)
def move_answer(database: ReportingDatabase, month: datetime.date, move: Move, basis: Basis, method: Method = "gaussian") -> MoveAnswer:
    """Return what ``move`` changes in density, Gini and accessibility (30 minutes, 40 km/h where times are estimated)."""
    book = resource_book(database, month)
    amounts = book.of_year()
    changed = amounts.assign(**{move.resource: moved(amounts[move.resource], move.sender, move.receiver, move.units)})
    return MoveAnswer(
        before=_picture(database, book, amounts, move.resource, basis, method),
        after=_picture(database, book, changed, move.resource, basis, method),
        available=float(amounts[move.resource][move.sender]),
    )


def holders(book: ResourceBook, resource: str) -> pd.DataFrame:
    """Return name, community and amount by institution of hospitals, centres and whoever else has some of ``resource``; largest first."""
    amount = book.of_year()[resource]
    kept = book.sites[(amount.reindex(book.sites.index) > 0) | (book.sites["kind"] != "station")]
    told = kept[["short_name", "community_code"]].set_axis(["name", "community"], axis=1).assign(amount=amount.reindex(kept.index))
    return told.sort_values("amount", ascending=False, kind="stable")


@dataclass(frozen=True, eq=False)
class Plan:
    """A suggested allocation: ``towns`` has name, community, population, supply, need, before and after (unmet need) and added.

    ``result`` is the optimum with its binding limits. A unit costs the same in every town, so many allocations reach it; ``added`` is the
    one among them that leaves the worst-supplied town best supplied.
    """

    towns: pd.DataFrame
    result: Allocation | Infeasible


@cached(max_entries=64, needs_county=True)
def allocation_plan(
    database: ReportingDatabase,
    month: datetime.date,
    norm: Norm,
    basis: Basis,
    unit_cost: float,
    budget: float,
    fewest: float,
    most: float | None,
    community: str | None = None,
) -> Plan:
    """Return where to add units of ``norm.resource`` so that the least need by ``norm`` stays unmet.

    Args:
        database: the reporting database.
        month: the month at which supply is counted.
        norm: a norm of form ``rate``; the need of a town is its value × residents.
        basis: which institutions count as a town's supply.
        unit_cost: yuan per unit.
        budget: yuan.
        fewest: fewest units that every town gets.
        most: most units that a town may get; None for no limit.
        community: only the towns of this community.
    """
    book = resource_book(database, month)
    units = in_community(unit_amounts(book, "town", basis), community)
    need = units["population"] * (norm.value or 0.0) / (norm.per or 1)
    supply = units[norm.resource]
    result = minimise_unmet_need(need, supply, unit_cost, budget, (fewest, most))
    towns = units[["name", "community", "population"]].assign(supply=supply, need=need, before=(need - supply).clip(lower=0.0))
    if isinstance(result, Allocation):
        useful = towns["before"].clip(lower=fewest, upper=most)
        added = fairest_split(need, supply, float(result.allocation.sum()), fewest, useful)
        towns = towns.assign(added=added, after=(towns["before"] - added).clip(lower=0.0))
    return Plan(towns, result)
