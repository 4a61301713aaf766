"""Engines of the reporting database: DuckDB file (default), PostgreSQL, a server of MySQL's protocol, or any other SQLAlchemy URL.

The app opens it read-only; only the import writes (``loader.py``).
"""

import threading
from pathlib import Path
from weakref import WeakKeyDictionary

import duckdb
from duckdb_engine import ConnectionWrapper
from sqlalchemy import Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from dashboard.connecting import mysql_engine, prompt_arguments, server_engine
from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.settings import settings
from dashboard.store.laid_rows import LaidRows

_DUCKDB_CONFIG: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "1GB", "threads": 2}
_POOL_SECONDS = 5
_NAME = "reporting"


def database_url(url: str | URL) -> URL:
    """Return ``url`` parsed, with its driver: psycopg 3, PyMySQL. Raises ``DatabaseError`` for a malformed one."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError(
            marked("数据库地址无法识别"),
            marked("请检查环境变量 REPORTING_DATABASE_URL 的写法，例如 duckdb:///文件 或 postgresql://主机/库名"),
        ) from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("mysql", "mariadb"):
        parsed = parsed.set(drivername=f"{parsed.drivername}+pymysql")
    return parsed


def duckdb_file(url: str | URL) -> Path | None:
    """Return the file behind a DuckDB URL, or None for any other database."""
    parsed = database_url(url)
    if parsed.get_backend_name() != "duckdb" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


class _AttachedFile:
    """A DuckDB of its own, in memory, to which the file is attached read-only.

    DuckDB keeps one instance for each file name in a process and hands it to whoever opens that name, also after another file has
    taken it. An instance of its own for each engine shares nothing: it reads the file that lay there when it was opened.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._instance: duckdb.DuckDBPyConnection | None = None
        self._closed = False
        self.laid = LaidRows()

    def connect(self) -> ConnectionWrapper:
        with self._lock:
            if self._closed:
                raise duckdb.ConnectionException("this file has been replaced by a newer load")
            if self._instance is None:
                self._instance = self._opened()
            connection = self._instance.cursor()
        connection.execute(f"USE {_NAME}")
        return ConnectionWrapper(connection)

    def _opened(self) -> duckdb.DuckDBPyConnection:
        instance = duckdb.connect(":memory:", config=_DUCKDB_CONFIG | {"temp_directory": f"{self._file}.tmp"})
        try:
            path = str(self._file).replace("'", "''")
            instance.execute(f"ATTACH '{path}' AS {_NAME} (READ_ONLY)")
        except duckdb.Error:
            instance.close()
            raise
        return instance

    def let_go(self, *, for_good: bool = False) -> None:
        with self._lock:
            self._closed = self._closed or for_good
            instance, self._instance = self._instance, None
            self.laid = LaidRows()
        if instance is not None:
            instance.close()


_attached: "WeakKeyDictionary[Engine, _AttachedFile]" = WeakKeyDictionary()


def _file_engine(url: URL, file: Path) -> Engine:
    attached = _AttachedFile(file)
    engine = create_engine(url, creator=attached.connect, poolclass=QueuePool, pool_timeout=_POOL_SECONDS)
    event.listen(engine, "engine_disposed", lambda _engine: attached.let_go())
    _attached[engine] = attached
    return engine


def laid_rows(engine: Engine) -> LaidRows | None:
    """Return where rows of scopes are laid out beside the file that ``engine`` reads; None where it is no such file."""
    attached = _attached.get(engine)
    return None if attached is None else attached.laid


def retire(engine: Engine) -> None:
    """Close ``engine`` for good: what is being read is read to its end, a new question is an error."""
    attached = _attached.get(engine)
    if attached is not None:
        attached.let_go(for_good=True)
    engine.dispose()


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
        return _file_engine(parsed, file)
    if parsed.drivername == "postgresql+psycopg":
        return server_engine(parsed, options="-c default_transaction_read_only=on")
    if parsed.drivername in ("mysql+pymysql", "mariadb+pymysql"):
        return mysql_engine(parsed)
    if parsed.get_backend_name() == "duckdb":
        return create_engine(parsed)
    try:
        return create_engine(parsed, pool_pre_ping=True, pool_timeout=_POOL_SECONDS)
    except (NoSuchModuleError, ImportError) as error:
        raise DatabaseError(
            marked("没有安装这种数据库的驱动"), marked("请按 docs/engines.md 安装后再试"), where=parsed.get_backend_name()
        ) from error


def writing_engine(url: str | URL) -> Engine:
    """Return an engine that may write: for the import and for tests only."""
    parsed = database_url(url)
    if parsed.get_backend_name() == "duckdb":
        return create_engine(parsed, connect_args={"config": dict(_DUCKDB_CONFIG)})
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, connect_args=prompt_arguments(settings().database_seconds))
    return create_engine(parsed)
