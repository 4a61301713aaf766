"""The query runner: one SELECT per file of ``queries/``, only ``:named`` binds, one normalised frame back.

Whoever asks hands over a database with its scope; there is no way to ask without one.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

import pandas as pd
from sqlalchemy import Connection, Engine, TextClause, bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import QueryError, ScopeError
from dashboard.language import marked
from dashboard.store.engine import laid_rows
from dashboard.store.row_security import declare
from dashboard.store.scope import COUNTY, Scope
from dashboard.store.scoping import COMMUNITIES, COUNTY_IN_VIEW, INSTITUTIONS, QUERIES, LaidOut, query_text, scoped_query
from dashboard.store.translation import Kind, is_translated, result_kinds, sql_for

__all__ = ["EVERYTHING", "QUERIES", "Handle", "Whole", "optional_binds", "query_binds", "query_text", "run_query"]

EVERYTHING = "all"
"""What an optional filter is bound to when nothing is asked of it; codes of communities, schemes and groups are never this word."""
_OPTIONAL = re.compile(r"CAST\(:([a-z_][a-z0-9_]*) AS VARCHAR\(64\)\)")
_TEXTS = 2048
_BIND = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")


class Handle(Protocol):
    """A database with what may be seen of it."""

    @property
    def engine(self) -> Engine:
        """Where the rows are."""
        ...

    @property
    def scope(self) -> Scope:
        """Which of them may be seen."""
        ...


@dataclass(frozen=True, eq=False)
class Whole:
    """A database without a reader: for the import, for checks and for the version of the data."""

    engine: Engine
    scope: Scope = COUNTY


@lru_cache(maxsize=_TEXTS)
def query_binds(sql: str) -> frozenset[str]:
    """Return the names of the ``:named`` binds of ``sql``, comments left out."""
    return frozenset(_BIND.findall(re.sub(r"--[^\n]*", "", sql)))


@lru_cache(maxsize=_TEXTS)
def optional_binds(sql: str) -> frozenset[str]:
    """Return the binds of ``sql`` that are optional filters: ``(CAST(:community AS VARCHAR(64)) = 'all' OR … = CAST(:community …))``.

    The cast gives a lone bind its type on PostgreSQL, and is what marks it here.
    """
    return frozenset(_OPTIONAL.findall(re.sub(r"--[^\n]*", "", sql)))


def _bound(name: str, parameters: dict[str, object]) -> dict[str, Any]:
    """Return ``parameters`` as the driver takes them: sets and tuples as lists, an optional filter that asks nothing as ``EVERYTHING``."""
    optional = optional_binds(query_text(name))
    bound: dict[str, Any] = {}
    for key, value in parameters.items():
        if value is None and key in optional:
            bound[key] = EVERYTHING
        else:
            bound[key] = list(value) if isinstance(value, (set, frozenset, tuple)) else value
    return bound


def _lists(bound: Mapping[str, object]) -> frozenset[str]:
    return frozenset(key for key, value in bound.items() if isinstance(value, list))


@lru_cache(maxsize=_TEXTS)
def _statement(sql: str, lists: frozenset[str]) -> TextClause:
    statement = text(sql)
    return statement.bindparams(*(bindparam(key, expanding=True) for key in lists)) if lists else statement


def _scope_binds(sql: str, scope: Scope) -> dict[str, object]:
    """Return the codes of ``scope`` that ``sql`` asks for."""
    codes = {COMMUNITIES: sorted(scope.communities or ()), INSTITUTIONS: sorted(scope.institutions or ()), COUNTY_IN_VIEW: scope.county}
    return {name: codes[name] for name in codes.keys() & query_binds(sql)}


def refuse_community(scope: Scope, community: object) -> None:
    """Raise ``ScopeError`` when ``community`` is a code outside of ``scope``: a filter is not silently answered with nothing."""
    if community in (None, EVERYTHING) or scope.communities is None or community in scope.communities:
        return
    raise ScopeError(
        marked("医共体 {community} 不在您的数据范围内，没有查询"),
        marked("请改选您范围内的医共体；需要查看请向安全管理员申请授权"),
        community=community,
    )


def require_county(scope: Scope) -> None:
    """Raise ``ScopeError`` for a part of the county: what compares or adds up everybody would be another number under the same name."""
    if not scope.every_row:
        raise ScopeError(
            marked("这一项要比较或合计全县，不在您的数据范围内"),
            marked("请查看您的医共体或机构的指标；确需全县结果请向安全管理员申请"),
        )


def run_query(database: Handle, name: str, **parameters: object) -> pd.DataFrame:
    """Return the rows of ``queries/<name>.sql`` that the scope of ``database`` holds, with the same types on every database.

    Dates come back as ``datetime64[us]`` without zone, exact decimals and sums of counts as float64. A list, tuple or set parameter
    expands for ``IN :name``; None for an optional filter (``optional_binds``) asks for everything.

    Raises ``QueryError`` when the database cannot answer, ``ScopeError`` when the filter ``community`` or the query itself asks for
    more than the scope holds.
    """
    scope = database.scope
    refuse_community(scope, parameters.get("community"))
    query, bound, dialect = scoped_query(name), _bound(name, parameters), database.engine.dialect.name
    try:
        sql = query.text_for(scope, _laid_out(database))
        bound |= _scope_binds(sql, scope)
        with database.engine.connect() as connection:
            declare(connection, scope)
            frame = _fetch(connection, _statement(sql_for(sql, dialect), _lists(bound)), bound)
    except SQLAlchemyError as error:
        raise QueryError(
            marked("数据库没有回答这个查询"),
            marked("请确认数据库可以连接、结构与本程序版本一致：python -m dashboard check"),
            where=name,
        ) from error
    return typed(frame, result_kinds(query_text(name))) if is_translated(dialect) else normalised(frame)


def _laid_out(database: Handle) -> LaidOut | None:
    """Return where the rows that the scope of ``database`` holds stand ready; None: nowhere, each query finds them."""
    engine, scope = database.engine, database.scope
    laid = None if scope == COUNTY else laid_rows(engine)
    if laid is None:
        return None

    def run(connection: Connection, sql: str) -> object:
        codes = _scope_binds(sql, scope)
        return connection.execute(_statement(sql, _lists(codes)), codes)

    return lambda table, select: laid.name(engine, table, select, scope, run)


def _fetch(connection: Connection, statement: TextClause, bound: dict[str, Any]) -> pd.DataFrame:
    if connection.dialect.name != "duckdb":
        # Not pandas' own way of asking: its error is none of SQLAlchemy's, and a reader would be told nothing.
        result = connection.execute(statement, bound)
        return pd.DataFrame.from_records(result.fetchall(), columns=list(result.keys()), coerce_float=True)
    # DuckDB hands over whole columns; row by row through Python takes four times as long.
    return connection.execute(statement, bound).cursor.fetch_df()


def normalised(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with dates as ``datetime64[us]`` and decimals as float64, whichever database it came from."""
    for column in frame.columns:
        values = frame[column]
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            frame[column] = values.dt.tz_localize(None).astype("datetime64[us]")
        elif pd.api.types.is_datetime64_any_dtype(values.dtype):
            frame[column] = values.astype("datetime64[us]")
        elif values.dtype == object:
            first = next((value for value in values if value is not None), None)
            if isinstance(first, Decimal):
                frame[column] = values.astype("float64")
            elif isinstance(first, datetime.date):
                frame[column] = pd.to_datetime(values).astype("datetime64[us]")
    return frame


def typed(frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """Return ``frame`` with the names and types that DuckDB would give it: engines hand flags over as 0 and 1, dates and sums as text.

    ``kinds`` says what each column holds, in their order (``translation.result_kinds``).
    """
    frame.columns = pd.Index(list(kinds))
    for column, kind in kinds.items():
        values = frame[column]
        if kind is Kind.DATE:
            moments = pd.to_datetime(values)
            frame[column] = (moments if moments.dt.tz is None else moments.dt.tz_localize(None)).astype("datetime64[us]")
        elif kind is Kind.NUMBER:
            frame[column] = values.astype("float64")
        elif kind is Kind.COUNT:
            frame[column] = values.astype("Int64" if values.hasnans else "int64")
        elif kind is Kind.FLAG and not values.hasnans:
            frame[column] = values.astype("bool")
    return frame
