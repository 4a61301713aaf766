"""Supply year by year: what each institution has, what that is for towns, communities and the county, and how far from the norms.

Which institutions a town's figure counts is the reader's choice (``Basis``), because a lead hospital stands in one town and
serves a whole community.
"""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import pandas as pd

from dashboard.analysis.gaps import rate_gap, shared_by_population, site_gap
from dashboard.analysis.periods import month_start, shift_months
from dashboard.analysis.sequences import ratio
from dashboard.catalogue.norms import Norm
from dashboard.language import marked
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import Directory, directory
from dashboard.store.codes import CENTRE_KINDS, PRIMARY_KINDS
from dashboard.store.query import run_query

YEARS_SHOWN = 6
POPULATION_AGE_YEARS = 2
BED_AGE_MONTHS = 3
STAFF_AGE_MONTHS = 12
Level = Literal["county", "community", "town", "institution"]


class Basis(StrEnum):
    """Which institutions a town's figure counts."""

    LOCATED = "located"
    PRIMARY = "primary"
    SHARED = "shared"


BASES = {
    Basis.SHARED: marked("医院按人口分摊到所服务的镇街"),
    Basis.LOCATED: marked("全部机构，按所在镇街"),
    Basis.PRIMARY: marked("只计基层机构"),
}


@dataclass(frozen=True)
class Resource:
    """A kind of resource: how it is called, counted and told per residents.

    ``indicator`` is the catalogue's definition of the same rate; without one ``formula`` says how it is counted.
    """

    id: str
    name: str
    unit: str
    per: int
    decimals: int
    table: str
    formula: str
    indicator: str = ""


RESOURCES = {
    entry.id: entry
    for entry in (
        Resource("beds", marked("床位"), marked("张"), 1000, 2, "fact_bed", marked("截止月实际开放总床日数 ÷ 当月天数"), "A01"),
        Resource(
            "physicians", marked("执业（助理）医师"), marked("人"), 1000, 2, "fact_workforce",
            marked("执业医师、执业助理医师，含全科，最近一个季度"), "A02",
        ),
        Resource("nurses", marked("注册护士"), marked("人"), 1000, 2, "fact_workforce", marked("注册护士，最近一个季度"), "A03"),
        Resource(
            "gps_qualified", marked("全科医生（合格）"), marked("人"), 10000, 2, "fact_workforce",
            marked("注册全科医师加取得全科合格证者，不重复计"), "A04",
        ),
        Resource("gps_registered", marked("全科医生（注册）"), marked("人"), 10000, 2, "fact_workforce", marked("只计注册全科医师"),
                 "A04a"),
        Resource(
            "gps_certified", marked("全科医生（仅取得合格证）"), marked("人"), 10000, 2, "fact_workforce",
            marked("只计取得全科合格证、尚未注册者"),
        ),
        Resource("public_health", marked("公共卫生人员"), marked("人"), 10000, 2, "fact_workforce", marked("公共卫生人员，最近一个季度")),
        Resource(
            "equipment", marked("万元以上设备"), marked("台"), 10000, 1, "dim_equipment",
            marked("截止月在用的万元以上设备台数（购置后、报废前）"), "A07a",
        ),
        Resource("large_equipment", marked("大型医用设备"), marked("台"), 100000, 2, "dim_equipment",
                 marked("设备类别标为大型医用设备的在用台数")),
        Resource("ct", marked("CT"), marked("台"), 100000, 2, "dim_equipment", marked("设备类别为 CT 的在用台数")),
        Resource("centres", marked("乡镇卫生院/社区卫生服务中心"), marked("所"), 100000, 2, "dim_institution", marked("截止月开业的中心")),
        Resource("stations", marked("社区卫生服务站/村卫生室"), marked("个"), 10000, 2, "dim_institution", marked("截止月开业的站点")),
    )
}  # fmt: skip
GP_DEFINITIONS = ("gps_qualified", "gps_registered", "gps_certified")
_STAFF = {
    "physicians": ("physician", "gp_registered", "gp_certified", "assistant_physician"),
    "nurses": ("nurse",),
    "gps_qualified": ("gp_registered", "gp_certified"),
    "gps_registered": ("gp_registered",),
    "gps_certified": ("gp_certified",),
    "public_health": ("public_health",),
}


@dataclass(frozen=True, eq=False)
class ResourceBook:
    """What there is, by institution and year. Shared between sessions: read, never edit.

    ``years`` runs to the year of ``month``; a year before is told at its December, the last one at ``month``. ``amounts`` is indexed by
    (year, institution_code) with one column per resource, 0 where an institution reports none, and missing everywhere in a year
    without any report. ``population`` has towns as rows and years as columns. ``sites`` are the institutions in the county.
    """

    month: datetime.date
    years: tuple[int, ...]
    amounts: pd.DataFrame
    population: pd.DataFrame
    sites: pd.DataFrame
    directory: Directory

    @property
    def year(self) -> int:
        """The newest year."""
        return self.years[-1]

    def of_year(self, year: int | None = None) -> pd.DataFrame:
        """Return the amounts of one year (default: the newest): institution × resource, each in the resource's own unit."""
        rows = self.amounts.index.get_level_values("year") == (self.year if year is None else year)
        return self.amounts[rows].droplevel("year")

    def has(self, resource: str, year: int | None = None) -> bool:
        """Whether anybody reports ``resource`` in the year."""
        return bool(self.of_year(year)[resource].notna().any())

    def residents(self, year: int | None = None) -> pd.Series:
        """Return the residents (people) by town of one year (default: the newest)."""
        return self.population[self.year if year is None else year]


def reference_month(year: int, last: datetime.date) -> datetime.date:
    """Return the month at which ``year`` is told: its December, or ``last`` in the newest year."""
    return last if year == last.year else month_start(year, 12)


@cached(max_entries=8, needs_county=True)
def resource_book(database: ReportingDatabase, month: datetime.date) -> ResourceBook:
    """Return what every institution has, year by year up to ``month``. Raises ``QueryError`` when the database cannot answer."""
    people = directory(database)
    sites = run_query(database, "resources/sites").set_index("institution_code")
    labels = people.institutions[["name", "short_name"]].reindex(sites.index)
    sites = sites.assign(name=labels["name"].fillna(sites["name"]), short_name=labels["short_name"].fillna(sites["short_name"]))
    residents = run_query(database, "resources/population", last_year=month.year)
    first = max(int(residents["year"].min()), month.year - YEARS_SHOWN + 1) if len(residents) else month.year
    years = tuple(range(first, month.year + 1))
    references = {year: reference_month(year, month) for year in years}
    parts = [
        _beds(database, references, sites),
        _staff(database, references, sites),
        _equipment(database, references, sites),
        _places(references, sites),
    ]
    return ResourceBook(month, years, pd.concat(parts, axis=1), _population(residents, people.towns.index, years), sites, people)


def _population(rows: pd.DataFrame, towns: pd.Index, years: Sequence[int]) -> pd.DataFrame:
    """Return residents by town and year; a year without a return takes the newest of the two years before."""
    wide = rows.pivot(index="town_code", columns="year", values="resident").astype("float64")
    span = range(years[0] - POPULATION_AGE_YEARS, years[-1] + 1)
    return wide.reindex(index=towns, columns=span).ffill(axis=1, limit=POPULATION_AGE_YEARS)[list(years)]


def _open(sites: pd.DataFrame, last: datetime.date) -> pd.Series:
    """Return which institutions are still there at the end of the month ``last``."""
    return ~(pd.to_datetime(sites["closed_on"]) < pd.Timestamp(shift_months(last, 1)))


def _latest(rows: pd.DataFrame, time: str, last: datetime.date, months: int) -> pd.DataFrame:
    """Return each institution's newest rows in the ``months`` months up to ``last``."""
    first = pd.Timestamp(shift_months(last, 1 - months))
    near = rows[(rows[time] >= first) & (rows[time] <= pd.Timestamp(last))]
    return near[near[time] == near.groupby("institution_code")[time].transform("max")]


def _by_year(tables: dict[int, pd.DataFrame], index: pd.Index) -> pd.DataFrame:
    """Return the tables on every institution: 0 where one reports nothing, missing in a column that nobody reports."""
    full = {year: table.reindex(index).fillna(0.0 if len(table) else np.nan) for year, table in tables.items()}
    return pd.concat(full, names=["year", "institution_code"]).astype("float64")


def _beds(database: ReportingDatabase, references: dict[int, datetime.date], sites: pd.DataFrame) -> pd.DataFrame:
    months = sorted({shift_months(last, -step) for last in references.values() for step in range(BED_AGE_MONTHS)})
    rows = run_query(database, "resources/beds", months=months)
    rows["beds"] = rows["open_bed_days"] / rows["month"].dt.days_in_month if len(rows) else np.nan
    tables = {}
    for year, last in references.items():
        newest = _latest(rows, "month", last, BED_AGE_MONTHS)
        # The bed-days of the closing month were there; an older month of a closed institution is not carried into a later one.
        kept = newest["institution_code"].map(_open(sites, last)).astype(bool) | (newest["month"] == pd.Timestamp(last))
        tables[year] = newest[kept].set_index("institution_code")[["beds"]]
    return _by_year(tables, sites.index)


def _staff(database: ReportingDatabase, references: dict[int, datetime.date], sites: pd.DataFrame) -> pd.DataFrame:
    months = {shift_months(last, -step) for last in references.values() for step in range(STAFF_AGE_MONTHS)}
    quarters = sorted(month for month in months if month.month in (1, 4, 7, 10))
    rows = run_query(database, "resources/workforce", quarters=quarters)
    tables = {}
    for year, last in references.items():
        newest = _latest(rows, "quarter", last, STAFF_AGE_MONTHS)
        newest = newest[newest["institution_code"].map(_open(sites, last)).astype(bool)]
        heads = newest.pivot_table(index="institution_code", columns="category", values="headcount", aggfunc="sum", fill_value=0)
        tables[year] = pd.DataFrame({name: heads.reindex(columns=list(kinds)).sum(axis=1) for name, kinds in _STAFF.items()})
    return _by_year(tables, sites.index)


def _equipment(database: ReportingDatabase, references: dict[int, datetime.date], sites: pd.DataFrame) -> pd.DataFrame:
    rows = run_query(database, "resources/equipment")
    pieces = pd.DataFrame(
        {
            "institution_code": rows["institution_code"],
            "equipment": rows["pieces"],
            "large_equipment": rows["pieces"].where(rows["is_large"].astype(bool), 0),
            "ct": rows["pieces"].where(rows["type_name"].astype(str).str.upper() == "CT", 0),
        }
    )
    tables = {}
    for year, last in references.items():
        end = pd.Timestamp(shift_months(last, 1))
        in_use = ~(rows["purchased_on"] >= end).astype(bool) & ~(rows["retired_on"] < end).astype(bool)
        in_use &= rows["institution_code"].map(_open(sites, last)).astype(bool)
        tables[year] = pieces[in_use].groupby("institution_code").sum()
    return _by_year(tables, sites.index)


def _places(references: dict[int, datetime.date], sites: pd.DataFrame) -> pd.DataFrame:
    kinds = {"centres": list(CENTRE_KINDS), "stations": ["station"]}
    tables = {}
    for year, last in references.items():
        end = pd.Timestamp(shift_months(last, 1))
        is_open = ~(pd.to_datetime(sites["opened_on"]) >= end) & _open(sites, last)
        tables[year] = pd.DataFrame({name: (sites["kind"].isin(kind) & is_open).astype("float64") for name, kind in kinds.items()})
    return _by_year(tables, sites.index)


# Units -----------------------------------------------------------------------------------------------------------------


def _is_primary(sites: pd.DataFrame) -> pd.Series:
    return sites["kind"].isin(PRIMARY_KINDS)


def town_amounts(book: ResourceBook, basis: Basis, year: int | None = None, amounts: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the resources of every town under ``basis``; ``amounts`` (by institution) replaces the reported ones in a what-if."""
    given = book.of_year(year) if amounts is None else amounts
    sites, towns = book.sites, book.directory.towns
    primary = _is_primary(sites)
    counted = primary if basis is not Basis.LOCATED else pd.Series(True, index=sites.index)
    result = given[counted].groupby(sites.loc[counted, "town_code"]).sum(min_count=1).reindex(towns.index)
    reported = given.notna().any()
    result = result.fillna(0.0)
    result.loc[:, ~reported] = np.nan
    if basis is Basis.SHARED:
        hospitals = given[~primary]
        for resource in given.columns[reported]:
            shared = shared_by_population(
                hospitals[resource], sites.loc[~primary, "community_code"], book.residents(year), towns["community_code"]
            )
            result[resource] += shared
    return result


def unit_amounts(book: ResourceBook, level: Level, basis: Basis, year: int | None = None) -> pd.DataFrame:
    """Return population and resources by unit of ``level``, in display order.

    A community counts its member institutions and the residents of its towns, the county every institution in it; with
    ``Basis.PRIMARY`` both count primary institutions only. An institution is held against the residents that it serves: a primary
    one those of its town, a lead or member hospital those of its community, any other those of the county.

    Returns:
        Frame indexed by unit code with ``name``, ``community`` (code, missing outside communities), ``population`` and
        one column per resource.
    """
    towns, sites, residents = book.directory.towns, book.sites, book.residents(year)
    if level == "town":
        frame = town_amounts(book, basis, year)
        return _labelled(frame, towns["name"], towns["community_code"], residents)
    given = book.of_year(year)
    kept = given[_is_primary(sites)] if basis is Basis.PRIMARY else given
    if level == "county":
        total = kept.sum(min_count=1).to_frame("county").T
        name = book.directory.county_name
        return _labelled(total, pd.Series({"county": name}), pd.Series({"county": None}), pd.Series({"county": residents.sum(min_count=1)}))
    by_community = residents.groupby(towns["community_code"]).sum(min_count=1)
    if level == "community":
        communities = book.directory.communities
        sums = kept.groupby(sites["community_code"].reindex(kept.index)).sum(min_count=1).reindex(communities.index)
        return _labelled(sums, communities["short_name"], pd.Series(communities.index, index=communities.index), by_community)
    return _labelled(kept, sites["short_name"], sites["community_code"], _served(book, residents, by_community))


def _served(book: ResourceBook, residents: pd.Series, by_community: pd.Series) -> pd.Series:
    sites = book.sites
    county = pd.Series(residents.sum(min_count=1), index=sites.index)
    hospital = sites["community_code"].map(by_community).fillna(county)
    return sites["town_code"].map(residents).where(_is_primary(sites), hospital)


def _labelled(amounts: pd.DataFrame, name: pd.Series, community: pd.Series, population: pd.Series) -> pd.DataFrame:
    index = amounts.index
    labels = pd.DataFrame(
        {"name": name.reindex(index), "community": community.reindex(index), "population": population.reindex(index)}, index=index
    )
    return pd.concat([labels, amounts], axis=1)


def rate(frame: pd.DataFrame, resource: str) -> pd.Series:
    """Return by row of ``frame`` a resource per 1,000, 10,000 or 100,000 residents, as its kind is told; missing without residents."""
    return ratio(frame[resource], frame["population"]) * RESOURCES[resource].per


@dataclass(frozen=True, eq=False)
class Holders:
    """Who has a resource.

    Attributes:
        rows: index institution_code; name, town (names) and a column per year (its text): how many each has at the end of that year, the
            last one at the month asked for. Those with most first, those that never had one left out.
        years: of the book.
        amount, residents: the sum now and those who live in the area; NaN where unknown.
        rate: the one against the other, as the resource's kind is told.
    """

    rows: pd.DataFrame
    years: tuple[int, ...]
    amount: float
    residents: float
    rate: float


@cached(max_entries=32)
def who_has(database: ReportingDatabase, month: datetime.date, resource: str, community: str | None = None, town: str = "") -> Holders:
    """Return who has ``resource`` in the county, in one community or in one town. Raises ``QueryError``."""
    book = resource_book(database, month)
    sites, towns = book.sites, book.directory.towns
    if town:
        sites, towns = sites[sites["town_code"].eq(town)], towns[towns.index == town]
    elif community:
        sites, towns = sites[sites["community_code"].eq(community)], towns[towns["community_code"].eq(community)]
    amounts = book.amounts[resource].unstack("year").reindex(sites.index)
    amounts = amounts[amounts.fillna(0.0).gt(0).any(axis=1)]
    names = pd.DataFrame({"name": sites["short_name"], "town": sites["town_code"].map(towns["name"])})
    rows = names.join(amounts.rename(columns=str), how="inner").sort_values(str(book.year), ascending=False, kind="stable")
    amount, residents = float(rows[str(book.year)].sum()), float(book.residents().reindex(towns.index).sum(min_count=1))
    return Holders(rows, book.years, amount, residents, amount / residents * RESOURCES[resource].per if residents else math.nan)


def in_community(frame: pd.DataFrame, community: str | None) -> pd.DataFrame:
    """Return the rows of the units of one community, in their order; all of them for None."""
    return frame if community is None else frame[frame["community"] == community]


@cached(max_entries=32)
def units_now(database: ReportingDatabase, month: datetime.date, level: Level, basis: Basis) -> pd.DataFrame:
    """Return ``unit_amounts`` of the newest year (its columns and order); shared between sessions: read, never edit."""
    return unit_amounts(resource_book(database, month), level, basis)


@cached(max_entries=64)
def supply(
    database: ReportingDatabase, month: datetime.date, resource: str, level: Level, basis: Basis, community: str | None = None
) -> pd.DataFrame:
    """Return one resource by unit, year by year.

    Returns:
        One row per unit and year: ``unit``, ``name``, ``community``, ``year``, ``population``, ``amount`` and ``rate``.
    """
    book = resource_book(database, month)
    frames = []
    for year in book.years:
        units = in_community(unit_amounts(book, level, basis, year), None if level == "county" else community)
        told = units[["name", "community", "population"]].assign(amount=units[resource], rate=rate(units, resource), year=year)
        frames.append(told.rename_axis("unit").reset_index())
    return pd.concat(frames, ignore_index=True)


@cached(max_entries=64)
def town_gaps(
    database: ReportingDatabase, month: datetime.date, basis: Basis, norms: tuple[Norm, ...], community: str | None = None
) -> dict[str, pd.DataFrame]:
    """Return by resource of ``norms`` the frame of ``against_norm`` of the towns, in their display order."""
    units = in_community(units_now(database, month, "town", basis), community)
    return {norm.resource: against_norm(units, norm) for norm in norms}


def against_norm(units: pd.DataFrame, norm: Norm) -> pd.DataFrame:
    """Return the units (as ``unit_amounts`` gives them) with the columns of ``rate_gap`` or ``site_gap`` for ``norm``."""
    have, people = units[norm.resource], units["population"]
    if norm.form == "rate" and norm.value and norm.per:
        gap = rate_gap(have, people, norm.value, norm.per)
        # A target is a floor: more than it asks for is no excess.
        gap["over"] = gap["over"] if norm.kind == "reference" else 0.0
    else:
        gap = site_gap(have, people, norm.people_low or 1, norm.people_high or 1, each_zone=norm.each_town)
    return pd.concat([units[["name", "community", "population"]].assign(amount=have), gap], axis=1)
