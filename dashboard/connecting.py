"""Connections to a PostgreSQL that answer in time or not at all.

A server that is stopped, overloaded or behind a cut line must cost a reader seconds, not minutes. Four limits stand together: for
connecting, for one statement (asked of the server and watched from here: a stopped process answers no time-out of its own), for what
TCP leaves unacknowledged, and for waiting in the pool. A server that has just kept somebody waiting is not asked again for a few
seconds, so that a page with a dozen questions waits once and not a dozen times.
"""

import threading
import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Engine, create_engine, event, exc
from sqlalchemy.engine import URL

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

    def refuse_if_resting(self, server: str) -> None:
        with self._lock:
            resting = self._until.get(server, 0.0) > time.monotonic()
        if resting:
            raise psycopg.OperationalError("the server did not answer a moment ago and is not asked again yet")


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
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={limit}s {options}".rstrip(),
            "keepalives": 1,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": limit * 1000,
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
