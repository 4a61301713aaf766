"""What an engine must be told before it can read the published files: tables of Spark, StarRocks and ClickHouse, made from the schema."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import pyarrow as pa
from sqlalchemy import Table

from dashboard.store.publication.reading import arrow_type, order_of, period_of
from dashboard.store.schema import metadata

YEAR = "period_year"
"""The column that the folders of a table with a period carry: Hive's way of writing a partition."""
_SPARK: Mapping[pa.DataType, str] = {
    pa.timestamp("us"): "TIMESTAMP_NTZ", pa.date32(): "DATE", pa.bool_(): "BOOLEAN", pa.int64(): "BIGINT", pa.int32(): "INT",
    pa.float64(): "DOUBLE", pa.string(): "STRING",
}  # fmt: skip
_STARROCKS: Mapping[pa.DataType, str] = {**_SPARK, pa.timestamp("us"): "DATETIME"}
_CLICKHOUSE: Mapping[pa.DataType, str] = {
    pa.timestamp("us"): "DateTime64(6)", pa.date32(): "Date32", pa.bool_(): "Bool", pa.int64(): "Int64", pa.int32(): "Int32",
    pa.float64(): "Float64", pa.string(): "String",
}  # fmt: skip


def _called(of: pa.DataType, names: Mapping[pa.DataType, str], decimal: str) -> str:
    return f"{decimal}({of.precision}, {of.scale})" if pa.types.is_decimal(of) else names[of]


def _files(location: str, table: Table) -> str:
    inside = f"{YEAR}=*/" if period_of(table) else ""
    return f"{location}/{table.name}/{inside}*.parquet".replace("'", "''")


def _spark(table: Table, location: str) -> str:
    columns = [f"{column.name} {_called(arrow_type(column.type), _SPARK, 'DECIMAL')}" for column in table.columns]
    period = period_of(table)
    where = f"{location}/{table.name}".replace("'", "''")
    parts = [f"DROP TABLE IF EXISTS {table.name};"]
    made = f"CREATE TABLE {table.name} ({', '.join(columns + ([f'{YEAR} INT'] if period else []))}) USING parquet"
    parts.append(f"{made}{f' PARTITIONED BY ({YEAR})' if period else ''} LOCATION '{where}';")
    if period:
        # Without it a table of several folders has no rows.
        parts.append(f"MSCK REPAIR TABLE {table.name};")
    return "\n".join(parts)


def _starrocks(table: Table, location: str) -> str:
    """A table with its key in front, as StarRocks wants it, filled from the files."""
    keys = [column.name for column in order_of(table)]
    ordered = [*keys, *(column.name for column in table.columns if column.name not in keys)]
    columns = []
    for name in ordered:
        column = table.c[name]
        kind = arrow_type(column.type)
        called = f"VARCHAR({(getattr(column.type, 'length', None) or 65533 // 3) * 3})" if pa.types.is_string(kind) else None
        columns.append(f"{name} {called or _called(kind, _STARROCKS, 'DECIMAL')}{'' if column.nullable else ' NOT NULL'}")
    made = f"CREATE TABLE {table.name} ({', '.join(columns)}) DUPLICATE KEY({', '.join(keys)}) DISTRIBUTED BY HASH({keys[-1]});"
    source = f"FILES('path' = '{_files(location, table)}', 'format' = 'parquet')"
    return "\n".join([f"DROP TABLE IF EXISTS {table.name};", made, _filled(table, ordered, source)])


def _clickhouse(table: Table, location: str) -> str:
    """A table in the order of the files, filled from them; they lie where the server may read (``user_files``), which it calls a path."""
    location = location.removeprefix("file://")
    columns = []
    for column in table.columns:
        called = _called(arrow_type(column.type), _CLICKHOUSE, "Decimal")
        columns.append(f"{column.name} {f'Nullable({called})' if column.nullable else called}")
    keys = ", ".join(f"ifNull({column.name}, '')" if column.nullable else column.name for column in order_of(table))
    period = period_of(table)
    year = "" if period is None else f" PARTITION BY {period if period == 'year' else f'toYear({period})'}"
    made = f"CREATE TABLE {table.name} ({', '.join(columns)}) ENGINE = MergeTree{year} ORDER BY ({keys});"
    filled = _filled(table, [column.name for column in table.columns], f"file('{_files(location, table)}', 'Parquet')")
    return "\n".join([f"DROP TABLE IF EXISTS {table.name};", made, filled])


def _filled(table: Table, names: Sequence[str], source: str) -> str:
    columns = ", ".join(names)
    return f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {source};"  # noqa: S608 names of the schema


_ENGINES: Mapping[str, Callable[[Table, str], str]] = {"spark": _spark, "starrocks": _starrocks, "clickhouse": _clickhouse}
ENGINES = tuple(_ENGINES)


def definitions(engine: str, location: str, filled: Iterable[str]) -> str:
    """Return the SQL by which ``engine`` (of ``ENGINES``) comes to read the files under ``location``, one statement after the other.

    ``location`` is the address of the published folder as that engine reaches it; ``filled`` names the tables that have any row:
    of the others only the table itself is made, for there is no file to read.
    """
    with_rows = frozenset(filled)
    parts = []
    for table in metadata.sorted_tables:
        text = _ENGINES[engine](table, location)
        lines = text.split("\n")
        parts.append(text if table.name in with_rows or engine == "spark" else "\n".join(lines[:2]))
    return "\n".join([f"-- Made by python -m dashboard publish; tables of the reporting database for {engine}.", *parts, ""])
