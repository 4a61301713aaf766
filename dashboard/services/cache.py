"""The one cache layer, and the one place outside ``ui`` that touches Streamlit.

Answers are cached by the data version of the database, so a new load is seen by the next rerun without any clearing.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

import streamlit as st
from sqlalchemy import Engine, QueuePool

from dashboard.services.database import DataVersion, ReportingDatabase, data_version, file_stamp, open_database
from dashboard.settings import settings

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

_SERVER_VERSION_SECONDS = 5
_LETTING_GO_SECONDS = 30
_ANSWER_SECONDS = 24 * 3600


_engines: dict[str, Engine] = {}


@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda database: database.engine.dispose())
def _opened(url: str, stamp: tuple[int, int]) -> ReportingDatabase:
    if url in _engines:
        _let_go(_engines.pop(url))
    database = open_database(url)
    _engines[url] = database.engine
    return database


def _let_go(engine: Engine) -> None:
    """Close every connection of ``engine``, those in use as soon as they come back.

    DuckDB hands out a file that was replaced as long as this process holds one connection to it, to new engines too.
    """
    deadline = time.monotonic() + _LETTING_GO_SECONDS
    while cast(QueuePool, engine.pool).checkedout() and time.monotonic() < deadline:
        time.sleep(0.02)
    engine.dispose()


@st.cache_data(ttl=_SERVER_VERSION_SECONDS, max_entries=4, show_spinner=False)
def _server_version(url: str, _database: ReportingDatabase) -> DataVersion:
    return data_version(_database.engine)


def current_database() -> ReportingDatabase:
    """Return the reporting database of the settings as it is now, reopened when a load has replaced it.

    Raises ``DatabaseError`` or ``QueryError`` as ``open_database`` does.
    """
    url = settings().reporting_database_url
    stamp = file_stamp(url)
    database = _opened(url, stamp)
    if stamp != (0, 0):
        return database
    return ReportingDatabase(engine=database.engine, version=_server_version(url, database), url=url)


def cached(max_entries: int = 64) -> Callable[[Callable[Parameters, Answer]], Callable[Parameters, Answer]]:
    """Cache a service function ``f(database, *hashable arguments)`` by data version and arguments.

    The answer is shared between sessions and must be treated as read-only (frozen dataclasses, frames nobody edits).
    """

    def decorate(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
        def uncached(
            name: str, url: str, load_id: int, stamp: tuple[int, int], arguments: tuple, named: tuple, _database: ReportingDatabase
        ) -> Answer:
            return function(_database, *arguments, **dict(named))  # type: ignore[arg-type]

        # Streamlit knows a cache by its function's name and source: nested functions of one name would share one cache, and one
        # of another size would throw away what the others hold.
        uncached.__qualname__ = f"{function.__module__}.{function.__qualname__}"
        answer = st.cache_resource(ttl=_ANSWER_SECONDS, max_entries=max_entries, show_spinner=False)(uncached)

        @wraps(function)
        def wrapper(database: ReportingDatabase, *arguments: object, **named: object) -> Answer:
            return answer(
                f"{function.__module__}.{function.__qualname__}",
                database.url,
                database.version.load_id,
                file_stamp(database.url),
                arguments,
                tuple(sorted(named.items())),
                database,
            )

        return wrapper  # type: ignore[return-value]

    return decorate
