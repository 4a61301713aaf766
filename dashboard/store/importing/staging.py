"""The staging area of one load: a private DuckDB file that holds the package's typed rows with their file and line.

Rows are kept there without constraints, so that every breach across rows and tables can be found before anything is written.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, MetaData, Table, create_engine, insert, select, table
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


class Staging:
    """Typed rows of a package: ``staged[table]`` holds the file rows, ``merged[table]`` a dimension as it will be."""

    def __init__(self, file: Path) -> None:
        self.engine: Engine = create_engine(f"duckdb:///{file}", connect_args={"config": dict(_CONFIG)})
        self.metadata = MetaData()
        self.staged = {source.name: _staged(f"staged_{source.name}", source, self.metadata, located=True) for source in package_tables()}
        dimensions = [source for source in package_tables() if "period" not in source.info]
        self.merged = {source.name: _staged(f"merged_{source.name}", source, self.metadata, located=False) for source in dimensions}
        self.metadata.create_all(self.engine)
        self.connection: Connection = self.engine.connect()

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
