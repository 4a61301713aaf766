"""Engines of the workspace database: a SQLite file (default) or PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from dashboard.connecting import server_engine
from dashboard.errors import DatabaseError
from dashboard.language import marked

_WAIT_SECONDS = 8
"""How long a write waits for another one to end; a reader who saves is told within ten seconds."""
_WRITES = "workspace_writes"


def database_url(url: str | URL) -> URL:
    """Return ``url`` parsed, with PostgreSQL bound to psycopg 3.

    Raises ``DatabaseError`` for anything but a SQLite file or PostgreSQL: in memory a county's work would be lost.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _wrong_address() from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    in_memory = parsed.database in (None, "", ":memory:") or str(parsed.database).startswith("file:")
    if parsed.get_backend_name() not in ("sqlite", "postgresql") or (parsed.get_backend_name() == "sqlite" and in_memory):
        raise _wrong_address()
    return parsed


def _wrong_address() -> DatabaseError:
    return DatabaseError(
        marked("工作数据库地址无法使用"),
        marked("请检查环境变量 WORKSPACE_DATABASE_URL 的写法，例如 sqlite:///文件 或 postgresql://主机/库名"),
    )


def sqlite_file(url: URL) -> Path | None:
    """Return the file behind a SQLite URL, None for PostgreSQL."""
    return Path(str(url.database)).absolute() if url.get_backend_name() == "sqlite" else None


def workspace_engine(url: URL, *, foreign_keys: bool = True, create: bool = False) -> Engine:
    """Return an engine; use it through ``transaction``.

    On SQLite each transaction opens the file anew, so a backup put in its place is seen at once, and a file that
    went missing is an error rather than a new empty one (unless ``create``). ``foreign_keys`` off is for migrations,
    which may have to copy a table.
    """
    file = sqlite_file(url)
    if file is None:
        return server_engine(url)

    def connected() -> sqlite3.Connection:
        address = f"{file.as_uri()}?mode={'rwc' if create else 'rw'}"
        connection = sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        return connection

    engine = create_engine("sqlite://", creator=connected, poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Take SQLite's write lock before the first read of a writing transaction, so that what was read stays true."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


def insert_or(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT of the database's own dialect, which knows what to do ``on_conflict``."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


@contextmanager
def transaction(engine: Engine, *, writes: bool) -> Iterator[Connection]:
    """Give a connection in one transaction: committed whole at the end, rolled back whole by any error.

    Raises ``DatabaseError`` when the database is missing, unreachable, busy for eight seconds, or refuses.
    """
    try:
        with engine.connect().execution_options(**{_WRITES: writes}) as connection, connection.begin():
            yield connection
    except (SQLAlchemyError, OverflowError) as error:  # SQLite's driver overflows by itself on a number no column can hold
        raise DatabaseError(
            marked("工作数据库没有回答，本次没有保存任何内容"),
            marked("请确认工作数据库的文件或服务器可用，然后重试；填写的内容仍在本页"),
        ) from error
