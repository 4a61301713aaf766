"""Which county is in view: whose contents are read, and which one is written beside a new one.

As with who acts (``acting.py``): the web pages say once how to find out (``ask_county_by``); whatever runs outside of a page's run
carries it along (``in_county``). Where nobody says it, everything is read and no county is written, as in a database of one.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, true


@dataclass(frozen=True)
class CountyView:
    """A county as the workspace knows it.

    ``written``: the code that stands beside what is written; None while the database holds one county, whose name need not be said.
    ``read``: the codes whose contents are the county's, None among them for what names no county; None as a whole: everything is.
    """

    written: str | None = None
    read: frozenset[str | None] | None = None

    def holds(self, code: str | None) -> bool:
        """Tell whether what is kept under ``code`` is read."""
        return self.read is None or code in self.read


EVERY_COUNTY = CountyView()
"""No county in view: the whole database."""
_carried: ContextVar[CountyView | None] = ContextVar("county_in_view", default=None)
_ask: Callable[[], CountyView] | None = None


def ask_county_by(function: Callable[[], CountyView]) -> None:
    """Let ``function`` say which county is in view in the run that calls it."""
    global _ask
    _ask = function


@contextmanager
def in_county(view: CountyView) -> Iterator[None]:
    """Let ``view`` be what is in view inside."""
    token = _carried.set(view)
    try:
        yield
    finally:
        _carried.reset(token)


def county_in_view() -> CountyView:
    """Return what is in view, ``EVERY_COUNTY`` where nobody says."""
    carried = _carried.get()
    if carried is not None:
        return carried
    return EVERY_COUNTY if _ask is None else _ask()


def kept_in_view(column: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Return the SQL condition that what ``column`` names the county of is of the county in view."""
    view = county_in_view()
    if view.read is None:
        return true()
    named = column.in_([code for code in view.read if code is not None])
    return or_(named, column.is_(None) if view.holds(None) else false())


def county_identifier(identifier: str) -> str:
    """Return ``identifier``, of which each county has one document, as that of the county in view.

    It stays as it is for the only county and for the one that was there first, whose documents have borne it all along.
    """
    view = county_in_view()
    if view.written is None or view.holds(None):
        return identifier
    return f"{identifier}-{hashlib.sha256(view.written.encode()).hexdigest()[:8]}"  # a code may hold any sign, an identifier may not
