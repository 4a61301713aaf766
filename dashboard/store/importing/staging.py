"""The staging area of one load: a private DuckDB file that holds the package's typed rows with their file and line.

Rows are kept there without constraints, so that every breach across rows and tables can be found before anything is written.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    create_mock_engine,
    insert,
    select,
    table,
)
from sqlalchemy import column as named_column

from dashboard.store.importing.validation import ChunkResult
from dashboard.store.schema import package_tables

FILE = "source_file"
LINE = "source_line"
_CONFIG = {"memory_limit": "900MB", "threads": 2, "preserve_insertion_order": False}
_BATCH = 100_000


def _staged(name: str, source: Table, metadata: MetaData, *, located: bool) -> Table:
    columns = [Column(column.name, column.type) for column in source.columns]
    place = [Column(FILE, Integer), Column(LINE, BigInteger)] if located else []
    return Table(name, metadata, *columns, *place)


def insert_columns(connection: Connection, target: Table, rows: pa.Table) -> None:
    """Insert ``rows``, whose columns are named as those of ``target``, whole columns at a time; for DuckDB, which is slow row by row."""
    names = list(rows.column_names)
    raw = connection.connection.driver_connection
    raw.register("incoming", rows)  # type: ignore[union-attr]
    incoming = table("incoming", *(named_column(name) for name in names))
    connection.execute(insert(target).from_select(names, select(*incoming.columns)))
    raw.unregister("incoming")  # type: ignore[union-attr]


def script(metadata: MetaData, *, comments: bool = True) -> str:
    """Return what makes the tables of ``metadata`` in DuckDB, as one script: sent one by one its statements take twice as long."""
    statements: list[str] = []
    dialect = create_engine("duckdb://").dialect  # with its driver: without one percent signs would be doubled
    engine = create_mock_engine("duckdb://", lambda made, *_arguments, **_named: statements.append(str(made.compile(dialect=dialect))))
    engine.dialect.supports_comments = comments
    metadata.create_all(engine, checkfirst=False)
    return ";\n".join(statements)


@dataclass(frozen=True)
class _Tables:
    """The tables of a staging area, and the script that makes them."""

    staged: Mapping[str, Table]
    merged: Mapping[str, Table]
    script: str


@cache
def _tables() -> _Tables:
    """Return the same tables for every load: saying them in SQL takes longer than a small package's rows."""
    metadata = MetaData()
    staged = {source.name: _staged(f"staged_{source.name}", source, metadata, located=True) for source in package_tables()}
    dimensions = [source for source in package_tables() if "period" not in source.info]
    merged = {source.name: _staged(f"merged_{source.name}", source, metadata, located=False) for source in dimensions}
    return _Tables(staged, merged, script(metadata))


class Staging:
    """Typed rows of a package: ``staged[table]`` holds the file rows, ``merged[table]`` a dimension as it will be."""

    def __init__(self, file: Path) -> None:
        self.engine: Engine = create_engine(f"duckdb:///{file}", connect_args={"config": dict(_CONFIG)})
        tables = _tables()
        self.staged, self.merged = tables.staged, tables.merged
        self.connection: Connection = self.engine.connect()
        # Nobody reads the file once the load has ended: what lies in its log need not be put in order then.
        self.connection.exec_driver_sql("PRAGMA disable_checkpoint_on_shutdown")
        self.connection.exec_driver_sql(tables.script)
        self.connection.commit()

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()
        self.engine.dispose()

    def append(self, source: Table, rows: ChunkResult, file: int) -> None:
        """Add typed rows of ``source`` that came from file number ``file``."""
        size = len(rows.lines)
        columns = rows.values | {
            FILE: pa.array([file], pa.int32()).take(pa.nulls(size, pa.int32()).fill_null(0)),
            LINE: pa.array(rows.lines),
        }
        self._insert(self.staged[source.name], pa.table(columns))

    def put(self, target: Table, rows: list[dict[str, object]]) -> None:
        """Add rows of a database to the staging table ``target``."""
        if rows:
            arrays = {column.name: [row[column.name] for row in rows] for column in target.columns}
            self._insert(target, pa.table({name: pa.array(values) for name, values in arrays.items()}))

    def _insert(self, target: Table, rows: pa.Table) -> None:
        insert_columns(self.connection, target, rows)
        self.connection.commit()

    def batches(self, source: Table, names: Iterable[str]) -> Iterator[pa.RecordBatch]:
        """Yield the staged rows of ``source`` in batches of bounded size."""
        statement = select(*(self.staged[source.name].columns[name] for name in names))
        raw = self.connection.connection.driver_connection
        text = str(statement.compile(self.engine))
        yield from raw.sql(text).to_arrow_reader(_BATCH)  # type: ignore[union-attr]
