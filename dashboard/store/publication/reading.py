"""The tables of one moment, read in the order in which they are written, as Arrow."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Engine,
    Float,
    Integer,
    Numeric,
    String,
    Table,
    extract,
    func,
    literal_column,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeEngine

from dashboard.connecting import mysql_engine
from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.saving import plain_engine
from dashboard.store.engine import database_url, reporting_engine
from dashboard.store.importing.previous import existing_columns, missing_columns
from dashboard.store.row_security import declare
from dashboard.store.schema import metadata
from dashboard.store.scope import COUNTY

COUNTY_CODE = "county_code"
ROWS_AT_ONCE = 50_000
_STATEMENT_SECONDS = 3600


def period_of(table: Table) -> str | None:
    """Return the column that says when a row was, None for a dimension or a record of loads; an aggregate has that of its facts."""
    owner = table.info.get("aggregate_of")
    found: str | None = (metadata.tables[owner] if owner else table).info.get("period")
    return found


def order_of(table: Table) -> tuple[Column, ...]:
    """Return by which columns the rows of ``table`` lie: county (of facts that say it), period, who reports, what else tells them apart."""
    county = COUNTY_CODE if period_of(table) and COUNTY_CODE in table.c else None
    first = [name for name in (county, period_of(table), table.info.get("reporter")) if name]
    keys = [column.name for column in table.primary_key.columns]
    if not keys:
        keys = [column.name for column in table.columns if isinstance(column.type, (String, Date)) and not column.nullable]
    return tuple(table.c[name] for name in dict.fromkeys([*first, *keys]))


def _laid(table: Table) -> Iterator[ColumnElement]:
    """Yield what the rows of ``table`` are read by: ``order_of`` within each year, so that one county's rows of a year lie together."""
    period = period_of(table)
    if period is not None and isinstance(table.c[period].type, Date):
        yield extract("year", table.c[period])
    elif period is not None:
        yield table.c[period]
    for column in order_of(table):
        # Engines differ in where they put what is missing.
        yield func.coalesce(column, literal_column("''")) if column.name == COUNTY_CODE else column


def arrow_type(of: TypeEngine) -> pa.DataType:
    """Return a column's type of the schema as Arrow calls it."""
    if isinstance(of, Numeric) and not isinstance(of, Float):
        return pa.decimal128(of.precision or 18, of.scale or 0)
    kinds: Sequence[tuple[type[TypeEngine], pa.DataType]] = (
        (DateTime, pa.timestamp("us")),
        (Date, pa.date32()),
        (Boolean, pa.bool_()),
        (BigInteger, pa.int64()),
        (Integer, pa.int32()),
        (Float, pa.float64()),
    )
    return next((arrow for kind, arrow in kinds if isinstance(of, kind)), pa.string())


def arrow_schema(table: Table) -> pa.Schema:
    """Return the columns of ``table`` as Arrow calls them."""
    return pa.schema([pa.field(column.name, arrow_type(column.type), nullable=bool(column.nullable)) for column in table.columns])


def _source(url: URL) -> Engine:
    """Return an engine that may read for an hour: nobody waits for a page."""
    if url.get_backend_name() == "postgresql":
        return plain_engine(url)
    if url.get_backend_name() in ("mysql", "mariadb"):
        return mysql_engine(url, seconds=_STATEMENT_SECONDS)
    return reporting_engine(url)


@contextmanager
def one_moment(url: str) -> Iterator[Connection]:
    """Yield a connection to the reporting database at ``url`` that sees all of its tables as they are now, whatever is loaded meanwhile.

    Raises ``DatabaseError`` when it is not there, does not answer, or has not this program's structure.
    """
    engine = _source(database_url(url))
    try:
        missing = missing_columns(existing_columns(engine))
        if missing:
            raise DatabaseError(
                marked("报表数据库的结构与本程序版本不一致，没有发布"), marked("请先运行 python -m dashboard migrate"), where=missing[0]
            )
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            declare(connection, COUNTY)
            yield connection
    except SQLAlchemyError as error:
        raise DatabaseError(
            marked("没有发布成：数据库没有回答或不接受"), marked("请检查两边的地址、账号、权限和磁盘空间后重试；原来的数据没有改动")
        ) from error
    finally:
        engine.dispose()


def batches(connection: Connection, table: Table) -> Generator[pa.RecordBatch, None, None]:
    """Yield the rows of ``table`` by year in their order (``order_of``), some ten thousand at a time, in the types of ``arrow_schema``."""
    statement, schema = select(table).order_by(*_laid(table)), arrow_schema(table)
    if connection.dialect.name == "duckdb":
        raw = connection.connection.driver_connection
        # Left unread it would hold the connection: whoever stops in between closes what this yields from.
        with raw.sql(str(statement.compile(connection.engine))).to_arrow_reader(ROWS_AT_ONCE) as reader:  # type: ignore[union-attr]
            for batch in reader:
                if batch.num_rows:
                    yield from pa.Table.from_batches([batch]).cast(schema).to_batches()
        return
    result = connection.execution_options(stream_results=True).execute(statement)
    for rows in result.mappings().partitions(ROWS_AT_ONCE):
        yield pa.RecordBatch.from_pylist([dict(row) for row in rows], schema)
