"""Putting staged rows into the reporting database: a new DuckDB file that replaces the live one, or one transaction on a server."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    Engine,
    FromClause,
    MetaData,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from dashboard.store.engine import database_url, writing_engine
from dashboard.store.importing.columns import period_column, primary_key
from dashboard.store.importing.counties import fill_only_county, owner, with_county
from dashboard.store.importing.findings import FileReport
from dashboard.store.importing.package import Scope
from dashboard.store.importing.previous import Period, Previous, database_failed
from dashboard.store.importing.publishing import publish
from dashboard.store.importing.records import LoadRecord, arriving, came_with, pairs_of, write_arrivals, write_records
from dashboard.store.importing.staging import Staging, script
from dashboard.store.importing.undo import begin_keeping, keep_file, keep_rows
from dashboard.store.schema import CODE, meta_report, meta_schema, metadata
from dashboard.store.versions import write_version

# DuckDB's own exceptions come through unwrapped where the driver is used directly.
DATABASE_FAULTS = (SQLAlchemyError, duckdb.Error, psycopg.Error)


@dataclass(frozen=True)
class Job:
    """One load that has passed every check: what to put where."""

    staging: Staging
    tables: tuple[Table, ...]
    replaced: Mapping[str, Sequence[Period]]
    record: LoadRecord
    progress: Callable[[Table], None]
    scope: Scope = "month"
    county: str | None = None
    """Of several counties the one whose rows the load replaces; None: there is one, or none is named."""
    only: str | None = None
    """The county of the rows that do not say it."""

    @property
    def claim_months(self) -> Sequence[Period]:
        """The months whose claim aggregate must be made again."""
        return self.replaced.get("fact_claim", ())

    def with_replaced_counts(self, counts: Mapping[str, int]) -> LoadRecord:
        """Return the record with the number of rows each table lost; it stands at the first file of the table."""
        left = dict(counts)
        files: list[FileReport] = [replace(file, replaced=left.pop(file.table, 0)) for file in self.record.files]
        return replace(self.record, files=tuple(files))


def _self_reference(table: Table) -> str | None:
    """Return the column by which a table refers to itself (a station's parent), or None."""
    return next((column.name for column in table.columns for key in column.foreign_keys if key.column.table is table), None)


def gone(job: Job, table: Table) -> ColumnElement[bool]:
    """Return which rows of a server's fact ``table`` a load takes away, once its arrivals stand in ``meta_report``."""
    replaced: ColumnElement[bool] = table.c[table.info["period"]].in_(list(job.replaced[table.name]))
    if job.county is not None:
        replaced = and_(replaced, owner(table, table, metadata.tables) == job.county)
    if job.scope != "reporter":
        return replaced
    return and_(replaced, came_with(table, job.record.load_id))


# DuckDB ----------------------------------------------------------------------------------------------------------------


def write_duckdb(job: Job, live: Path, folder: Path, previous: Previous) -> LoadRecord:
    """Build the new database in ``folder`` and move it onto ``live`` in one step; readers keep the old file until they reopen.

    Raises ``DatabaseError`` with the live file untouched.
    """
    new = folder / "reporting.duckdb"
    record = build_duckdb(job, new, live, previous)
    try:
        keep_file(live, job.record.load_id - 1)
        publish(new, live)
    except OSError as error:
        raise database_failed(error, live.name) from error
    return record


def build_duckdb(job: Job, new: Path, live: Path, previous: Previous) -> LoadRecord:
    """Build the database that ``live`` would become as the file ``new``. Raises ``DatabaseError``."""
    url = f"duckdb:///{new}"
    try:
        create(url)
        counts = _fill(job, new, live if previous.columns else None, previous)
        record = job.with_replaced_counts(counts)
        engine = writing_engine(url)
        with engine.begin() as connection:
            write_records(connection, record, job.claim_months)
        with engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))
        engine.dispose()
    except (*DATABASE_FAULTS, OSError) as error:
        raise database_failed(error, live.name) from error
    return record


def create(url: str) -> None:
    """Make the tables of this version in a new DuckDB file."""
    Path(database_url(url).database or "").write_bytes(_empty_file())
    engine = writing_engine(url)
    with engine.begin() as connection:
        write_version(connection)
    engine.dispose()


@cache
def _empty_file() -> bytes:
    """Return a DuckDB file with the tables of this version, made once: making them takes longer than a small package's rows."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.duckdb"
        engine = writing_engine(f"duckdb:///{file}")
        with engine.begin() as connection:
            connection.exec_driver_sql(duckdb_tables())
        engine.dispose()
        return file.read_bytes()


@cache
def duckdb_tables(*, comments: bool = True) -> str:
    """Return the script that makes the tables of this version in DuckDB.

    ``comments``: with what each column means, which takes DuckDB longer than the tables.
    """
    return script(metadata, comments=comments)


def attach(connection: Connection, file: Path, name: str, *, read_only: bool) -> None:
    """Attach a DuckDB file to a DuckDB connection under ``name``."""
    path = str(file).replace("'", "''")
    connection.execute(text(f"ATTACH '{path}' AS {name} ({'READ_ONLY' if read_only else 'READ_WRITE'})"))


@cache
def in_schema(name: str) -> Mapping[str, Table]:
    """Return the tables of the contract as they are called in an attached database."""
    attached = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(attached, schema=name)
    return {table.name: table for table in attached.tables.values()}


def _fill(job: Job, new: Path, old: Path | None, previous: Previous) -> dict[str, int]:
    """Fill the new file table by table; return how many old rows of each table were replaced."""
    connection = job.staging.connection
    attach(connection, new, "target", read_only=False)
    if old is not None:
        attach(connection, old, "previous", read_only=True)
    targets, olds = in_schema("target"), in_schema("previous")
    counts: dict[str, int] = {}
    for table in metadata.sorted_tables:
        if table is meta_schema:
            continue
        if table.name in job.staging.merged:
            copy_rows(connection, job.staging.merged[table.name], targets[table.name], [column.name for column in table.columns])
            continue
        if previous.columns.get(table.name):
            counts[table.name] = _keep(connection, job, olds[table.name], targets[table.name], previous)
        if table in job.tables:
            job.progress(table)
            _insert_staged(connection, job.staging.staged[table.name], targets[table.name])
        connection.commit()
    if previous.columns and meta_report.name not in previous.columns:
        before = [table for name, table in metadata.tables.items() if table.info.get("reporter") and previous.columns.get(name)]
        write_arrivals(connection, targets[meta_report.name], _pairs(before, olds), None, None)
        connection.commit()
    now = [table for table in job.tables if table.info.get("reporter")]
    write_arrivals(connection, targets[meta_report.name], _pairs(now, job.staging.staged), job.record.load_id, job.record.loaded_at)
    connection.commit()
    connection.execute(text("CHECKPOINT target"))  # which the staging area's connection does not do by itself when it lets go
    connection.commit()
    connection.execute(text("DETACH target"))
    if old is not None:
        connection.execute(text("DETACH previous"))
    return counts


def _pairs(tables: Sequence[Table], sources: Mapping[str, Table]) -> list[Select]:
    return [arriving(table, pairs_of(sources[table.name], table).subquery()) for table in tables]


def _keep(connection: Connection, job: Job, old: Table, target: Table, previous: Previous) -> int:
    """Copy the rows of periods that the package does not replace; return how many were left behind."""
    names = [column.name for column in target.columns if column.name in previous.columns[target.name]]
    rows, names = with_county(old, target, names, job.only)
    statement = select(*(rows.c[name] for name in names))
    source = target.info.get("aggregate_of", target.name)
    periods = job.replaced.get(source, ())
    left = 0
    if periods:
        info = metadata.tables[source].info
        period = rows.c[info["period"]]
        gone: ColumnElement[bool] = period.in_(list(periods))
        if job.scope == "reporter" and source == target.name:
            staged = job.staging.staged[source]
            gone = exists().where(staged.c[info["reporter"]] == rows.c[info["reporter"]], staged.c[info["period"]] == period)
        if job.county is not None and source == target.name:
            gone = and_(gone, owner(rows, metadata.tables[source], job.staging.merged).is_not_distinct_from(job.county))
        left = int(connection.execute(select(func.count()).select_from(rows).where(gone)).scalar_one())
        statement = statement.where(~gone)
    connection.execute(insert(target).from_select(names, statement))
    return left


def _insert_staged(connection: Connection, staged: Table, target: Table) -> None:
    names = [column.name for column in target.columns]
    connection.execute(insert(target).from_select(names, select(*(staged.c[name] for name in names))))


def copy_rows(connection: Connection, source: FromClause, target: Table, names: list[str]) -> None:
    """Insert the columns ``names``; a table that refers to itself level by level, because a row is checked against rows already there."""
    rows = select(*(source.c[name] for name in names))
    parent = _self_reference(metadata.tables[target.name])
    if parent is None or parent not in names:
        connection.execute(insert(target).from_select(names, rows))
        connection.commit()
        return
    key = primary_key(metadata.tables[target.name])[0]
    connection.execute(insert(target).from_select(names, rows.where(source.c[parent].is_(None))))
    connection.commit()
    there, above = target.alias("there"), target.alias("above")
    level = rows.where(
        ~exists().where(there.c[key] == source.c[key]).correlate(source), exists().where(above.c[key] == source.c[parent]).correlate(source)
    )
    while connection.execute(insert(target).from_select(names, level)).rowcount:
        connection.commit()
    connection.commit()


# Servers ---------------------------------------------------------------------------------------------------------------


def write_server(job: Job, engine: Engine) -> LoadRecord:
    """Load into a PostgreSQL of this program's structure in one transaction: it commits whole, and readers see the old data until then.

    Raises ``DatabaseError`` with nothing changed.
    """
    try:
        with engine.begin() as connection:
            write_version(connection)
            dimensions = [table for table in job.tables if period_column(table) is None]
            begin_keeping(connection, job.record.load_id, list(job.replaced), dimensions)
            for name in job.replaced:
                _arrive(connection, job, metadata.tables[name])
            counts = {name: _take_away(connection, job, metadata.tables[name]) for name in job.replaced}
            for table in job.tables:
                job.progress(table)
                if period_column(table) is None:
                    _upsert(connection, job.staging, table)
                else:
                    _append(connection, job.staging, table)
            record = job.with_replaced_counts(counts)
            fill_only_county(connection)
            write_records(connection, record, job.claim_months)
    except DATABASE_FAULTS as error:
        raise database_failed(error, database_url(engine.url).database or "") from error
    return record


def _arrive(connection: Connection, job: Job, table: Table) -> None:
    """Put who reports for when in the package into a table of this transaction, and keep the arrival."""
    pairs = Table(
        f"arriving_{table.name}", MetaData(), Column("reporter", CODE), Column("period", Date), prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )  # fmt: skip
    pairs.create(connection)
    rows = job.staging.connection.execute(pairs_of(job.staging.staged[table.name], table)).mappings().all()
    connection.execute(insert(pairs), [dict(row) for row in rows])
    write_arrivals(connection, meta_report, [arriving(table, pairs)], job.record.load_id, job.record.loaded_at)


def _take_away(connection: Connection, job: Job, table: Table) -> int:
    rows = gone(job, table)
    keep_rows(connection, job.record.load_id, table, rows)
    return connection.execute(delete(table).where(rows)).rowcount


def _append(connection: Connection, staging: Staging, table: Table) -> None:
    names = [column.name for column in table.columns]
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    raw: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    with raw.cursor() as cursor, cursor.copy(statement) as stream:
        for batch in staging.batches(table, names):
            sink = pa.BufferOutputStream()
            pyarrow.csv.write_csv(batch, sink, options)
            stream.write(sink.getvalue().to_pybytes())


def _upsert(connection: Connection, staging: Staging, table: Table) -> None:
    """Insert new rows of a dimension, parents before children, then update the others."""
    names = [column.name for column in table.columns]
    keys = primary_key(table)
    parent = _self_reference(table)
    rows = [row for batch in staging.batches(table, names) for row in batch.to_pylist()]
    there = {tuple(row) for row in connection.execute(select(*(table.c[key] for key in keys)))}
    new = [row for row in rows if tuple(row[key] for key in keys) not in there]
    known = {row[0] for row in there}
    while new:
        level = [row for row in new if parent is None or row[parent] is None or row[parent] in known]
        connection.execute(insert(table), level)
        known |= {row[keys[0]] for row in level}
        new = [row for row in new if row[keys[0]] not in known] if parent is not None else []
    others = [name for name in names if name not in keys]
    for row in rows:
        if tuple(row[key] for key in keys) in there and others:
            same = and_(*(table.c[key] == row[key] for key in keys))
            connection.execute(update(table).where(same).values({name: row[name] for name in others}))
