"""Connections to a server (PostgreSQL, or one that speaks MySQL's protocol) that answer in time or not at all.

A server that is stopped, overloaded or behind a cut line must cost a reader seconds, not minutes. Four limits stand together: for
connecting, for one statement (asked of the server and watched from here: a stopped process answers no time-out of its own), for what
TCP leaves unacknowledged, and for waiting in the pool. A server that has just kept somebody waiting is not asked again for a few
seconds, so that a page with a dozen questions waits once and not a dozen times.
"""

import threading
import time
from typing import Any, TypeVar

import psycopg
import pymysql
from psycopg.abc import PQGen
from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.engine import URL, ExceptionContext

from dashboard.settings import settings

_Result = TypeVar("_Result")

CONNECT_SECONDS = 4
"""How long connecting, or the sign of life of a connection that was kept, may take."""
_REST_SECONDS = 3.0
"""How long a server that kept somebody waiting is left alone."""
_POLL_SECONDS = 0.1


class _Waits:
    """Which servers kept somebody waiting just now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def note(self, server: str) -> None:
        with self._lock:
            self._until[server] = time.monotonic() + _REST_SECONDS

    def refuse_if_resting(self, server: str, error: type[Exception] = psycopg.OperationalError) -> None:
        with self._lock:
            resting = self._until.get(server, 0.0) > time.monotonic()
        if resting:
            raise error("the server did not answer a moment ago and is not asked again yet")


_waits = _Waits()


class PromptConnection(psycopg.Connection[Any]):
    """A connection on which no wait is longer than ``patience`` seconds; one that is ends the connection."""

    patience: float = CONNECT_SECONDS
    server: str = ""

    def wait(self, gen: PQGen[_Result], interval: float = _POLL_SECONDS, timeout: float | None = None) -> _Result:
        """Consume ``gen``. Raises ``psycopg.OperationalError`` when the server does not answer in time."""
        begun = time.monotonic()
        limit = self.patience if timeout is None else min(timeout, self.patience)
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if time.monotonic() - begun >= limit:
                _waits.note(self.server)
                self.pgconn.finish()
            raise


def _server_of(url: URL) -> str:
    return f"{url.host or url.query.get('host', '')}:{url.port or ''}"


def prompt_arguments(seconds: int) -> dict[str, int]:
    """Return how psycopg connects in time, and gives up a PostgreSQL whose machine is silent for ``seconds``.

    A statement may take as long as it likes.
    """
    return {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives": 1,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": seconds * 1000,
    }


def server_engine(url: URL, *, options: str = "", seconds: int | None = None) -> Engine:
    """Return an engine of the PostgreSQL at ``url`` whose every answer comes in time or is an error.

    Args:
        url: with the driver ``postgresql+psycopg``.
        options: settings of the session, as PostgreSQL's command line takes them.
        seconds: limit of one statement; default: the setting ``database_seconds``.
    """
    limit = settings().database_seconds if seconds is None else seconds
    server = _server_of(url)
    engine = create_engine(
        url,
        pool_timeout=CONNECT_SECONDS,
        connect_args={
            **prompt_arguments(limit),
            "options": f"-c statement_timeout={limit}s {options}".rstrip(),
        },
    )

    def connect(_dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]) -> PromptConnection:
        _waits.refuse_if_resting(server)
        begun = time.monotonic()
        try:
            connection = PromptConnection.connect(*arguments, **named)
        except psycopg.OperationalError:
            if time.monotonic() - begun >= CONNECT_SECONDS - 1:
                _waits.note(server)
            raise
        connection.server, connection.patience = server, limit + 1
        return connection

    def check(connection: PromptConnection, _record: object, _proxy: object) -> None:
        """Ask for a sign of life before a kept connection is used; without one none of the pool's is used."""
        _waits.refuse_if_resting(server)
        connection.patience = CONNECT_SECONDS
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except psycopg.Error as error:
            raise exc.InvalidatePoolError from error
        connection.patience = limit + 1

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkout", check)
    return engine


# MySQL's protocol ------------------------------------------------------------------------------------------------------

_UNKNOWN_VARIABLE = 1193


def read_only_session(connection: "pymysql.Connection[Any]", seconds: int) -> None:
    """Let a session of a server that speaks MySQL's protocol only read, and no statement of it take longer than ``seconds``."""
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        # MariaDB counts seconds, MySQL milliseconds, each under a name of its own.
        cursor.execute("SELECT VERSION()")
        maria = "mariadb" in str((cursor.fetchone() or ("",))[0]).lower()
        cursor.execute(f"SET SESSION max_statement_time = {seconds}" if maria else f"SET SESSION max_execution_time = {seconds * 1000}")


def mysql_engine(url: URL, *, seconds: int | None = None) -> Engine:
    """Return an engine of the server at ``url`` that can only read, and whose every answer comes in time or is an error.

    Args:
        url: with a driver of PyMySQL.
        seconds: limit of one statement; default: the setting ``database_seconds``.
    """
    limit = settings().database_seconds if seconds is None else seconds
    server = _server_of(url)
    engine = create_engine(
        url,
        pool_timeout=CONNECT_SECONDS,
        connect_args={"connect_timeout": CONNECT_SECONDS, "read_timeout": limit + 1, "write_timeout": limit + 1, "charset": "utf8mb4"},
    )

    def connect(_dialect: object, _record: object, arguments: list[Any], named: dict[str, Any]) -> "pymysql.Connection[Any]":
        _waits.refuse_if_resting(server, pymysql.OperationalError)
        begun = time.monotonic()
        try:
            connection = pymysql.connect(*arguments, **named)
            read_only_session(connection, limit)
            with connection.cursor() as cursor:
                # Codes are told apart by every character, as everywhere else; a quotient keeps more than four digits.
                cursor.execute("SET NAMES utf8mb4 COLLATE utf8mb4_bin")
                _set_if_known(cursor, "SET SESSION div_precision_increment = 12")
        except pymysql.OperationalError:
            if time.monotonic() - begun >= CONNECT_SECONDS - 1:
                _waits.note(server)
            raise
        return connection

    def check(connection: "pymysql.Connection[Any]", _record: object, _proxy: object) -> None:
        """Ask for a sign of life before a kept connection is used; without one none of the pool's is used."""
        _waits.refuse_if_resting(server, pymysql.OperationalError)
        patience, connection._read_timeout = connection._read_timeout, CONNECT_SECONDS
        begun = time.monotonic()
        try:
            connection.ping(reconnect=False)
        except (pymysql.Error, OSError) as error:
            # A server that has put an idle connection away says so at once: it is there, and is asked again.
            if time.monotonic() - begun >= CONNECT_SECONDS - 1:
                _waits.note(server)
            raise exc.InvalidatePoolError from error
        connection._read_timeout = patience

    def note(context: ExceptionContext) -> None:
        if "timed out" in str(context.original_exception):
            _waits.note(server)

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkout", check)
    event.listen(engine, "handle_error", note)
    return engine


def _set_if_known(cursor: "pymysql.cursors.Cursor", statement: str) -> None:
    """Set what MySQL and MariaDB know and another server of their protocol may not."""
    try:
        cursor.execute(statement)
    except pymysql.OperationalError as error:
        if error.args[0] != _UNKNOWN_VARIABLE:
            raise
