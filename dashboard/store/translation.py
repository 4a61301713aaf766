"""One query text for many engines: what DuckDB and PostgreSQL run as it stands is written anew for the others, once, when it is loaded.

The files of ``queries/`` hold the text that DuckDB runs; PostgreSQL, and what is made of it, reads the same. For MySQL's protocol, Spark,
StarRocks, Doris and ClickHouse the gate's text, its scope already put in (``scoping.py``), is translated by sqlglot: there is no second
set of files. What an engine calls a flag, a date or a count when it answers is not what the schema calls it; ``result_kinds`` says what
each column of an answer is, worked out from the schema, so that every engine's frame has the types of DuckDB's (``query.normalised``).
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache

import sqlglot
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Float, Integer, Numeric
from sqlalchemy.types import TypeEngine
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from dashboard.store.schema import metadata

CANONICAL = "postgres"
"""How sqlglot calls the SQL of the query files."""
TARGETS: Mapping[str, str] = {
    "mysql": "mysql",
    "mariadb": "mysql",
    "hive": "spark",
    "spark": "spark",
    "starrocks": "starrocks",
    "doris": "doris",
    "clickhouse": "clickhouse",
}
"""SQLAlchemy's name of an engine, and how sqlglot calls the SQL that it speaks. What is not named here runs the file's own text."""
_KEPT = 1024


class Kind(StrEnum):
    """What a column of an answer holds."""

    DATE = "date"
    FLAG = "flag"
    NUMBER = "number"
    COUNT = "count"
    TEXT = "text"


_TYPES: tuple[tuple[type[TypeEngine], str], ...] = (
    (DateTime, "TIMESTAMP"),
    (Date, "DATE"),
    (Boolean, "BOOLEAN"),
    (BigInteger, "BIGINT"),
    (Integer, "INT"),
    (Float, "DOUBLE"),
    (Numeric, "DECIMAL"),
)
_DATES = (exp.DType.DATE, exp.DType.TIMESTAMP)
_NUMBERS = (exp.DType.DECIMAL, exp.DType.DOUBLE)
_COUNTS = (exp.DType.BIGINT, exp.DType.INT)


def is_translated(dialect: str) -> bool:
    """Return whether an engine that SQLAlchemy calls ``dialect`` gets another text than the file's."""
    return dialect in TARGETS


@lru_cache(maxsize=_KEPT)
def sql_for(text: str, dialect: str) -> str:
    """Return the query ``text`` as ``dialect`` (a key of ``TARGETS``) reads it; its own text for every other engine.

    Named binds stay named. ``text`` has passed the gate, and its scope is in it: nothing is looked for here.
    """
    target = TARGETS.get(dialect)
    if target is None:
        return text
    tree = sqlglot.parse_one(text, dialect=CANONICAL)
    for bind in list(tree.find_all(exp.Placeholder)):
        # sqlglot would write the target's own kind of bind; SQLAlchemy does that, and knows its driver.
        bind.replace(exp.Var(this=f":{bind.name}"))
    small = Dialect.get_or_raise(target).NULL_ORDERING == "nulls_are_small"
    for ordered in [ordered for window in tree.find_all(exp.Window) for ordered in window.find_all(exp.Ordered)]:
        # Windows go by the month, which is never missing, and MySQL cannot say inside of one where what is missing stands.
        ordered.set("nulls_first", small and not ordered.args.get("desc"))
    if target == "clickhouse":
        _name_every_column(tree)
    return tree.sql(dialect=target, comments=False)


def _name_every_column(tree: exp.Expr) -> None:
    """Give each column of each SELECT its name: ClickHouse calls ``f.month`` that, point and all, where two tables have a ``month``."""
    for select in tree.find_all(exp.Select):
        named = [exp.alias_(each, each.name) if isinstance(each, exp.Column) and each.table else each for each in select.expressions]
        select.set("expressions", named)


@cache
def _schema() -> MappingSchema:
    tables: dict[str, object] = {
        name: {column.name: _type(column.type) for column in table.columns} for name, table in metadata.tables.items()
    }
    tables["columns"] = dict.fromkeys(("table_schema", "table_name", "column_name"), "VARCHAR")  # of information_schema
    return MappingSchema(tables, dialect=CANONICAL)


def _type(of: TypeEngine) -> str:
    return next((name for kind, name in _TYPES if isinstance(of, kind)), "VARCHAR")


@lru_cache(maxsize=_KEPT)
def result_kinds(text: str) -> Mapping[str, Kind]:
    """Return what each column of the answer to the query ``text`` (a file's own, without a scope) holds, in their order."""
    tree = qualify(sqlglot.parse_one(text, dialect=CANONICAL), schema=_schema(), dialect=CANONICAL, validate_qualify_columns=False)
    annotated = annotate_types(tree, schema=_schema(), dialect=CANONICAL)
    assert isinstance(annotated, exp.Query)  # the gate let nothing else in
    return {column.alias_or_name: _kind(column) for column in annotated.selects}


def _kind(column: exp.Expr) -> Kind:
    if column.is_type(*_DATES):
        return Kind.DATE
    if column.is_type(exp.DType.BOOLEAN):
        return Kind.FLAG
    # DuckDB adds up whole numbers into something wider, which pandas takes for a number with decimals.
    if column.is_type(*_NUMBERS) or (column.is_type(*_COUNTS) and column.unalias().find(exp.Sum) is not None):
        return Kind.NUMBER
    return Kind.COUNT if column.is_type(*_COUNTS) else Kind.TEXT
