"""Engines of the reporting database: DuckDB file (default), PostgreSQL, or any other SQLAlchemy URL.

The app opens it read-only; only the import writes (``loader.py``).
"""

from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from dashboard.errors import DatabaseError
from dashboard.language import marked

_DUCKDB_CONFIG = {"memory_limit": "1GB", "threads": 2}


def database_url(url: str | URL) -> URL:
    """Return ``url`` parsed, with PostgreSQL bound to psycopg 3. Raises ``DatabaseError`` for a malformed one."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError(
            marked("数据库地址无法识别"),
            marked("请检查环境变量 REPORTING_DATABASE_URL 的写法，例如 duckdb:///文件 或 postgresql://主机/库名"),
        ) from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed


def duckdb_file(url: str | URL) -> Path | None:
    """Return the file behind a DuckDB URL, or None for any other database."""
    parsed = database_url(url)
    if parsed.get_backend_name() != "duckdb" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def reporting_engine(url: str | URL) -> Engine:
    """Return a read-only engine of the reporting database at ``url``.

    Raises ``DatabaseError`` when the embedded file does not exist yet. A server is only contacted by the first query.
    """
    parsed = database_url(url)
    file = duckdb_file(parsed)
    if file is not None:
        if not file.exists():
            raise DatabaseError(
                marked("还没有报表数据库"),
                marked("请先载入数据：python -m dashboard load 数据包，或 python -m dashboard demo 生成演示数据"),
                where=file.name,
            )
        return create_engine(parsed, connect_args={"read_only": True, "config": dict(_DUCKDB_CONFIG)})
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, pool_pre_ping=True, connect_args={"options": "-c default_transaction_read_only=on"})
    return create_engine(parsed, pool_pre_ping=True)


def writing_engine(url: str | URL) -> Engine:
    """Return an engine that may write: for the import and for tests only."""
    parsed = database_url(url)
    if parsed.get_backend_name() == "duckdb":
        return create_engine(parsed, connect_args={"config": dict(_DUCKDB_CONFIG)})
    return create_engine(parsed)
