"""Where a number comes from, and where a column goes: indicator → measures → query → table and columns → loads → file and checksum."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.monitoring import monitoring_rules
from dashboard.catalogue.scheme import Scheme
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.query import run_query
from dashboard.store.schema import label, metadata
from dashboard.topics import PAGES
from dashboard.workspace import Kind, Status, Version, Workspace


@dataclass(frozen=True)
class Source:
    """One measure of an indicator: its name, the query that sums it, and the table and column that it is read from."""

    measure: str
    name: str
    name_en: str
    query: str
    table: str
    column: str
    column_name: str


@dataclass(frozen=True, eq=False)
class Lineage:
    """The way of one indicator from its formula to the files.

    ``files``: load_id, file, table_name, checksum, row_count and the other columns of a load's files, loaded_at, package.
    """

    indicator: str
    sources: tuple[Source, ...]
    files: pd.DataFrame


def _sources(indicator: str) -> tuple[Source, ...]:
    catalogue = load_catalogue()
    found = []
    for name in sorted({measure for measure, _years in catalogue.indicator(indicator).measures}):
        measure = catalogue.measures[name]
        cube = catalogue.cubes[measure.cube]
        table = cube.tables[0] if cube.tables else ""
        known = table in metadata.tables and measure.column in metadata.tables[table].columns
        told = label(metadata.tables[table].columns[measure.column]) if known else ""
        found.append(Source(name, measure.label("zh"), measure.label("en"), cube.query or "", table, measure.column, told))
    return tuple(found)


@cached(max_entries=64)
def lineage(database: ReportingDatabase, indicator: str) -> Lineage:
    """Return the lineage of ``indicator``. Raises ``CatalogueError`` when there is none of this id."""
    sources = _sources(indicator)
    tables = [source.table for source in sources]
    files = run_query(database, "data/files")
    loads = run_query(database, "data/loads").set_index("load_id")
    own = files[files["table_name"].isin(tables)]
    return Lineage(indicator, sources, own.join(loads[["loaded_at", "package"]], on="load_id").reset_index(drop=True))


def files_of(answer: Lineage, table: str, last: datetime.date) -> pd.DataFrame:
    """Return the files that brought rows of ``table`` for the year up to month ``last``, the newest load first; of a register, all."""
    own = answer.files[answer.files["table_name"] == table]
    first, until = pd.to_datetime(own["first_period"]), pd.to_datetime(own["last_period"])
    year_before = pd.Timestamp(last) - pd.DateOffset(months=11)
    fits = first.isna() | ((first <= pd.Timestamp(last)) & (until >= year_before))
    return (own[fits] if fits.any() else own).sort_values("load_id", ascending=False, kind="stable")


@dataclass(frozen=True)
class Uses:
    """What a column goes into: indicators by id, pages by name, schemes, frozen results and alert rules by what they are called."""

    indicators: tuple[str, ...]
    pages: tuple[str, ...]
    schemes: tuple[str, ...]
    frozen: tuple[str, ...]
    alerts: tuple[str, ...]


def uses(table: str, column: str, schemes: Mapping[str, Scheme], frozen: Sequence[Version] = ()) -> Uses:
    """Return what would change if a column of ``table`` were corrected.

    ``schemes`` by their name; ``frozen`` are the results that were frozen (``KeptResult`` content): those that hold a value of an
    indicator made of the column.
    """
    catalogue = load_catalogue()
    measures = {
        name for name, measure in catalogue.measures.items() if measure.column == column and table in catalogue.cubes[measure.cube].tables
    }
    ids = tuple(each.id for each in catalogue.chosen(None) if measures & {measure for measure, _years in each.measures})
    named = tuple(name for name, scheme in schemes.items() if set(ids) & {each.id for each in scheme.indicators})
    alerts = tuple(code for code, rule in monitoring_rules().items() if rule.indicator in ids)
    pages = tuple(page.title for page in PAGES if ids and table in page.tables)
    return Uses(ids, pages, named, tuple(each.name for each in frozen if set(ids) & _held(each)), alerts)


def _held(result: Version) -> set[str]:
    values = result.content.get("values")
    return {name for cells in values.values() if isinstance(cells, dict) for name in cells} if isinstance(values, dict) else set()


def frozen_results(workspace: Workspace) -> tuple[Version, ...]:
    """Return the results that were frozen last of each scheme and period. Raises ``DatabaseError``."""
    return tuple(each for each in workspace.list_latest(Kind.RESULT) if each.status is Status.FROZEN)
