"""Putting staged rows into the reporting database: a new DuckDB file that replaces the live one, or one transaction on a server."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql
from sqlalchemy import Connection, Engine, MetaData, Table, and_, delete, exists, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.store.columns import period_column, primary_key
from dashboard.store.engine import database_url, writing_engine
from dashboard.store.previous import Period, Previous, database_failed, missing_columns
from dashboard.store.records import FileReport, LoadRecord, write_records
from dashboard.store.schema import metadata
from dashboard.store.staging import Staging

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


# DuckDB ----------------------------------------------------------------------------------------------------------------


def write_duckdb(job: Job, live: Path, folder: Path, previous: Previous) -> LoadRecord:
    """Build the new database in ``folder`` and move it onto ``live`` in one step; readers keep the old file until they reopen.

    Raises ``DatabaseError`` with the live file untouched.
    """
    new = folder / "reporting.duckdb"
    url = f"duckdb:///{new}"
    try:
        _create(url)
        counts = _fill(job, new, live if previous.columns else None, previous)
        record = job.with_replaced_counts(counts)
        engine = writing_engine(url)
        with engine.begin() as connection:
            write_records(connection, record, job.claim_months)
        with engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))
        engine.dispose()
        _publish(new, live)
    except (*DATABASE_FAULTS, OSError) as error:
        raise database_failed(error, live.name) from error
    return record


def _create(url: str) -> None:
    engine = writing_engine(url)
    metadata.create_all(engine)
    engine.dispose()


def _publish(new: Path, live: Path) -> None:
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(live)
    # A write-ahead log beside the old file belongs to the old file.
    live.with_name(f"{live.name}.wal").unlink(missing_ok=True)
    folder = os.open(live.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _attach(connection: Connection, file: Path, name: str, *, read_only: bool) -> None:
    path = str(file).replace("'", "''")
    connection.execute(text(f"ATTACH '{path}' AS {name} ({'READ_ONLY' if read_only else 'READ_WRITE'})"))


def _in_schema(name: str) -> Mapping[str, Table]:
    """Return the tables of the contract as they are called in an attached database."""
    attached = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(attached, schema=name)
    return {table.name: table for table in attached.tables.values()}


def _fill(job: Job, new: Path, old: Path | None, previous: Previous) -> dict[str, int]:
    """Fill the new file table by table; return how many old rows of each table were replaced."""
    connection = job.staging.connection
    _attach(connection, new, "target", read_only=False)
    if old is not None:
        _attach(connection, old, "previous", read_only=True)
    targets, olds = _in_schema("target"), _in_schema("previous")
    counts: dict[str, int] = {}
    for table in metadata.sorted_tables:
        if table.name in job.staging.merged:
            _insert_merged(connection, job.staging.merged[table.name], targets[table.name])
            continue
        if previous.columns.get(table.name):
            counts[table.name] = _keep(connection, job, olds[table.name], targets[table.name], previous)
        if table in job.tables:
            job.progress(table)
            _insert_staged(connection, job.staging.staged[table.name], targets[table.name])
        connection.commit()
    connection.execute(text("DETACH target"))
    if old is not None:
        connection.execute(text("DETACH previous"))
    return counts


def _keep(connection: Connection, job: Job, old: Table, target: Table, previous: Previous) -> int:
    """Copy the rows of periods that the package does not replace; return how many were left behind."""
    names = [column.name for column in target.columns if column.name in previous.columns[target.name]]
    statement = select(*(old.c[name] for name in names))
    source = target.info.get("aggregate_of", target.name)
    periods = job.replaced.get(source, ())
    left = 0
    if periods:
        period = old.c[metadata.tables[source].info["period"]]
        left = int(connection.execute(select(func.count()).select_from(old).where(period.in_(list(periods)))).scalar_one())
        statement = statement.where(period.not_in(list(periods)))
    connection.execute(insert(target).from_select(names, statement))
    return left


def _insert_staged(connection: Connection, staged: Table, target: Table) -> None:
    names = [column.name for column in target.columns]
    connection.execute(insert(target).from_select(names, select(*(staged.c[name] for name in names))))


def _insert_merged(connection: Connection, merged: Table, target: Table) -> None:
    """Insert a dimension; a table that refers to itself level by level, because a row is checked against rows already there."""
    names = [column.name for column in target.columns]
    rows = select(*(merged.c[name] for name in names))
    parent = _self_reference(metadata.tables[target.name])
    if parent is None:
        connection.execute(insert(target).from_select(names, rows))
        connection.commit()
        return
    key = primary_key(metadata.tables[target.name])[0]
    connection.execute(insert(target).from_select(names, rows.where(merged.c[parent].is_(None))))
    connection.commit()
    there, above = target.alias("there"), target.alias("above")
    level = rows.where(
        ~exists().where(there.c[key] == merged.c[key]).correlate(merged), exists().where(above.c[key] == merged.c[parent]).correlate(merged)
    )
    while connection.execute(insert(target).from_select(names, level)).rowcount:
        connection.commit()
    connection.commit()


# Servers ---------------------------------------------------------------------------------------------------------------


def write_server(job: Job, engine: Engine, previous: Previous, *, copy: bool = True) -> LoadRecord:
    """Load in one transaction: readers see the old data until it commits, and it commits whole or not at all.

    ``copy`` uses PostgreSQL's COPY where the server is one. Raises ``DatabaseError`` with nothing changed.
    """
    missing = [item for item in missing_columns(previous.columns) if "." in item]
    if missing:
        raise DatabaseError(
            marked("数据库结构与本程序版本不一致，缺少 {columns}"),
            marked("请先升级数据库结构"),
            columns="、".join(missing[:5]),
        )
    by_copy = copy and engine.dialect.name == "postgresql"
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            counts = {name: _delete_periods(connection, metadata.tables[name], periods) for name, periods in job.replaced.items()}
            for table in job.tables:
                job.progress(table)
                if period_column(table) is None:
                    _upsert(connection, job.staging, table)
                else:
                    _append(connection, job.staging, table, by_copy=by_copy)
            record = job.with_replaced_counts(counts)
            write_records(connection, record, job.claim_months)
    except DATABASE_FAULTS as error:
        raise database_failed(error, database_url(engine.url).database or "") from error
    return record


def _delete_periods(connection: Connection, table: Table, periods: Sequence[Period]) -> int:
    return connection.execute(delete(table).where(table.c[table.info["period"]].in_(list(periods)))).rowcount


def _append(connection: Connection, staging: Staging, table: Table, *, by_copy: bool) -> None:
    names = [column.name for column in table.columns]
    batches = staging.batches(table, names)
    if not by_copy:
        for batch in batches:
            connection.execute(insert(table), batch.to_pylist())
        return
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    raw: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    with raw.cursor() as cursor, cursor.copy(statement) as stream:
        for batch in batches:
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
