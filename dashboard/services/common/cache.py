"""The one cache layer, and the one place outside ``ui`` that touches Streamlit.

Answers are cached by the data version of the database that they were computed from, so a new load is seen by the next rerun
without any clearing, and what a run computes that began before the load is never shown as the new load's. The contents of the
reader's scope are part of every key by construction (never a role's name, which may mean other rows tomorrow), so that nobody is
handed what was computed for another's rows.
"""

import hashlib
import inspect
import itertools
import logging
import math
import pickle
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

import streamlit as st
from sqlalchemy import Engine

from dashboard.analysis.approval import UNASKED
from dashboard.errors import ProductError
from dashboard.services.common.approvals import signed_now
from dashboard.services.common.database import DataVersion, ReportingDatabase, data_version, file_stamp, open_database
from dashboard.settings import settings
from dashboard.store.engine import duckdb_file, reporting_engine, retire
from dashboard.store.query import require_county
from dashboard.store.scope import Scope

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

_VERSION_SECONDS = 5.0
_FAILURE_SECONDS = 3.0
_OLDER_KEPT = 4
_ANSWER_SECONDS = 24 * 3600
# A county of fifteen communities has some twenty scopes; what a part of the county is answered is smaller than what the county is.
_SCOPES_AT_ONCE = 20
_PART_ENTRIES = 256
_NAMES = 65_536
_DERIVED = 16


# Caches are declared when modules are imported, which a server does before it runs (``warm``) and the command line without one. Streamlit
# warns of it each time; there is nothing to heed: the caches lie in memory either way.
logging.getLogger("streamlit.runtime.caching.cache_data_api").addFilter(lambda record: "No runtime found" not in record.getMessage())

_lock = threading.Lock()
_numbers = itertools.count()
_files: dict[str, ReportingDatabase] = {}
_replaced: dict[str, deque[ReportingDatabase]] = {}
_servers: dict[str, Engine] = {}
_asked: dict[str, "_Asked"] = {}


def current_database(scope: Scope) -> ReportingDatabase:
    """Return the reporting database of the settings as it is now, for a reader of ``scope``; reopened when a load has replaced it.

    Raises ``DatabaseError`` or ``QueryError`` as ``open_database`` does.
    """
    url = settings().reporting_database_url
    database = _current_server(url) if duckdb_file(url) is None else _current_file(url)
    return database.under(scope).with_signed(signed_now())


def _current_file(url: str) -> ReportingDatabase:
    """Return the embedded database that lies at ``url`` now.

    The stamp is taken under the lock that also changes what is held: a run that began before a load cannot put the older file back.
    A run that goes on with the older one reads it to its end; of those only the newest few stay open.
    """
    with _lock:
        held = _files.get(url)
        if held is not None and held.stamp == file_stamp(url):
            return held
        database = open_database(url)
        _files[url] = database
        older = _replaced.setdefault(url, deque())
        if held is not None:
            older.append(held)
        while len(older) > _OLDER_KEPT:
            retire(older.popleft().engine)
        return database


@dataclass
class _Asked:
    """One question for the newest load of a server, its answer shared by all who ask meanwhile and for a few seconds after."""

    future: Future[DataVersion] = field(default_factory=Future)
    until: float = math.inf


def _current_server(url: str) -> ReportingDatabase:
    """Return the database of a server with its newest load, asked for at most every few seconds, and by one at a time.

    A server that does not answer keeps one reader waiting, not every reader one after another.
    """
    with _lock:
        if url not in _servers:
            _servers[url] = reporting_engine(url)
        engine, asked = _servers[url], _asked.get(url)
        mine = asked is None or time.monotonic() > asked.until
        if asked is None or mine:
            asked = _asked[url] = _Asked()
    if mine:
        _ask(engine, asked)
    return ReportingDatabase(engine=engine, version=asked.future.result(), url=url)


def _ask(engine: Engine, asked: _Asked) -> None:
    try:
        asked.future.set_result(data_version(engine))
        asked.until = time.monotonic() + _VERSION_SECONDS
    except ProductError as error:
        asked.future.set_exception(error)
        asked.until = time.monotonic() + _FAILURE_SECONDS
    finally:
        if not asked.future.done():  # a fault of ours: those who wait must not wait for ever
            asked.future.cancel()
            asked.until = 0.0


def _key(argument: object) -> object:
    return getattr(argument, "cache_key", argument)


@lru_cache(maxsize=_NAMES)
def _name(_asked: tuple) -> str:
    """Return a name of its own for each thing asked: Streamlit would take a key apart piece by piece with every look-up."""
    return str(next(_numbers))


_made_of_answers: list[OrderedDict] = []
_handed_out: dict[int, tuple[weakref.ref, int]] = {}
"""By identity what this layer holds and hands out, with a number that nothing else bears."""


def _hand_out(answer: Answer) -> Answer:
    place = id(answer)
    try:
        if place not in _handed_out:
            _handed_out[place] = (weakref.ref(answer, lambda _gone: _handed_out.pop(place, None)), next(_numbers))
    except TypeError:  # a number, a text, a tuple: told by what it is
        pass
    return answer


def _told_by(argument: object) -> object:
    """Return what tells an argument of ``derived`` from every other one."""
    try:
        hash(argument)
    except TypeError:
        known = _handed_out.get(id(argument))
        return known[1] if known is not None else hashlib.sha256(pickle.dumps(argument, protocol=5)).digest()
    return type(argument), argument


def derived(function: Callable[Parameters, Answer], *, entries: int = _DERIVED) -> Callable[Parameters, Answer]:
    """Keep the last ``entries`` things that ``function`` made of answers: the picture of what has not changed is not drawn anew.

    Arguments count by what they are: an answer of this layer by being the same one, whatever else cannot be compared (a frame of its rows)
    by its content. ``function`` reads nothing but its arguments, and what it returns is read only.
    """
    kept: OrderedDict[tuple, Answer] = OrderedDict()
    lock = threading.Lock()
    _made_of_answers.append(kept)

    @wraps(function)
    def wrapper(*arguments: Parameters.args, **named: Parameters.kwargs) -> Answer:
        key = (*map(_told_by, arguments), *((name, _told_by(each)) for name, each in named.items()))
        with lock:
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
        made = _hand_out(function(*arguments, **named))
        with lock:
            kept[key] = made
            while len(kept) > entries:
                kept.popitem(last=False)
        return made

    return wrapper


def forget_answers() -> None:
    """Forget every answer and what was made of them, as a server that has just started: for measuring, and to let go of everything."""
    st.cache_resource.clear()
    for kept in _made_of_answers:
        kept.clear()


def let_go() -> None:
    """Forget every answer and close what is held open: DuckDB lists every connection that lives until the interpreter ends as a leak."""
    forget_answers()
    with _lock:
        held, servers = [*_files.values(), *itertools.chain.from_iterable(_replaced.values())], list(_servers.values())
        for each in (_files, _replaced, _servers, _asked):
            each.clear()
    for database in held:
        retire(database.engine)
    for engine in servers:
        engine.dispose()


def cached(
    max_entries: int = 64, *, needs_county: bool = False, marks: bool = False
) -> Callable[[Callable[Parameters, Answer]], Callable[Parameters, Answer]]:
    """Cache a service function ``f(database, *hashable arguments)`` by data version, the database's scope and arguments.

    ``max_entries`` is how many answers readers of the whole county keep; those of narrower scopes lie beside them in a cache of their
    own, wide enough for all scopes at once, so that neither throws away the other's; so do those of one county of several.

    ``needs_county``: the answer compares or adds up everybody (a ranking, a frontier, a fair share), so that a part of the county would
    make another number under the same name; a narrower scope is refused in words (``ScopeError``).

    ``marks``: the answer says which of its figures are provisional, so that an approval makes it anew. Every other answer is computed as
    if nobody asked for approvals, and stays what it is when somebody approves.

    An argument that names its own ``cache_key`` is cached by that: it may carry more than what decides the answer. One that is left out is
    the same as its default.

    The answer is shared between sessions of one scope and must be treated as read-only (frozen dataclasses, frames nobody edits).
    """

    def decorate(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
        def cache(part: str, entries: int) -> Callable[..., Answer]:
            def uncached(name: str, _compute: Callable[[], Answer]) -> Answer:
                return _compute()

            # Streamlit knows a cache by its function's name and source: nested functions of one name would share one cache, and one
            # of another size would throw away what the others hold.
            uncached.__qualname__ = f"{function.__module__}.{function.__qualname__}.{part}"
            return st.cache_resource(ttl=_ANSWER_SECONDS, max_entries=entries, show_spinner=False)(uncached)

        whole = cache("whole", max_entries)
        part = cache("part", max(max_entries, min(_SCOPES_AT_ONCE * max_entries, _PART_ENTRIES)))
        parameters = list(inspect.signature(function).parameters.values())[1:]

        @wraps(function)
        def wrapper(database: ReportingDatabase, *arguments: object, **named: object) -> Answer:
            if needs_county:
                require_county(database.scope)
            asked = (*arguments, *(named.get(each.name, each.default) for each in parameters[len(arguments) :]))
            seen = database if marks else database.with_signed(UNASKED)
            scope = database.scope
            unlimited = scope.every_row and scope.sections is None and scope.county is None
            key = (
                database.url,
                database.version,
                database.stamp,
                scope.cache_key,
                tuple(map(_key, asked)),
                seen.signed.cache_key,
            )
            answer = (whole if unlimited else part)(_name(key), lambda: function(seen, *arguments, **named))  # type: ignore[arg-type]
            return _hand_out(answer)

        return wrapper  # type: ignore[return-value]

    return decorate
