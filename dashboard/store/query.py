"""The query runner: one SELECT per file of ``queries/``, only ``:named`` binds, one normalised frame back."""

import datetime
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, TextClause, bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import QueryError
from dashboard.language import marked

QUERIES = Path(__file__).resolve().parent.parent.parent / "queries"
_BIND = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")


@cache
def query_text(name: str) -> str:
    """Return the SQL of ``queries/<name>.sql`` (``name`` like ``"overview/budget"``)."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def query_binds(sql: str) -> set[str]:
    """Return the names of the ``:named`` binds of ``sql``, comments left out."""
    return set(_BIND.findall(re.sub(r"--[^\n]*", "", sql)))


def _statement(name: str, parameters: dict[str, object]) -> TextClause:
    statement = text(query_text(name))
    lists = [key for key, value in parameters.items() if isinstance(value, (list, tuple, set, frozenset))]
    return statement.bindparams(*(bindparam(key, expanding=True) for key in lists)) if lists else statement


def run_query(engine: Engine, name: str, **parameters: object) -> pd.DataFrame:
    """Return the rows of ``queries/<name>.sql`` as a frame with the same types on every database.

    Dates come back as ``datetime64[us]`` without zone, exact decimals and sums of counts as float64. A list, tuple or set parameter
    expands for ``IN :name``. Raises ``QueryError`` when the database cannot answer.
    """
    bound: dict[str, Any] = {key: list(value) if isinstance(value, (set, frozenset, tuple)) else value for key, value in parameters.items()}
    try:
        with engine.connect() as connection:
            frame = _fetch(connection, _statement(name, parameters), bound)
    except SQLAlchemyError as error:
        raise QueryError(
            marked("数据库没有回答这个查询"),
            marked("请确认数据库可以连接、结构与本程序版本一致：python -m dashboard check"),
            where=name,
        ) from error
    return normalised(frame)


def _fetch(connection: Connection, statement: TextClause, bound: dict[str, Any]) -> pd.DataFrame:
    if connection.dialect.name != "duckdb":
        return pd.read_sql_query(statement, connection, params=bound)
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
