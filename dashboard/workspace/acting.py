"""Who acts: the person that a session is signed in as, whatever name the code that writes was given.

The web pages say once how to find out (``ask_by``); whatever runs outside of a page's run, such as a download, carries its person along
(``acting_as``). Nobody means that nobody is signed in: then the name stands that was typed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from dashboard.language import marked
from dashboard.workspace.errors import WorkspaceError


@dataclass(frozen=True)
class Person:
    """Who is signed in: the name that others read, the account, the address it comes from, what its role may do, and whose people it is.

    ``communities`` are those that its scope touches, None: it sees the whole county.
    """

    name: str
    account: str
    address: str | None
    acts: frozenset[str]
    communities: frozenset[str] | None = frozenset()


_carried: ContextVar[Person | None] = ContextVar("acting_person", default=None)
_ask: Callable[[], Person | None] | None = None


def ask_by(function: Callable[[], Person | None]) -> None:
    """Let ``function`` say who acts in the run that calls it."""
    global _ask
    _ask = function


@contextmanager
def acting_as(person: Person | None) -> Iterator[None]:
    """Let ``person`` be who acts inside; None changes nothing."""
    token = _carried.set(person or _carried.get())
    try:
        yield
    finally:
        _carried.reset(token)


def acting() -> Person | None:
    """Return who acts, None when nobody is signed in."""
    carried = _carried.get()
    return carried if carried is not None or _ask is None else _ask()


def author_named(name: str | None) -> str | None:
    """Return whose name is written: that of who is signed in, else ``name``."""
    person = acting()
    return person.name if person else name


def account_acting(account: str | None) -> str | None:
    """Return the account that acts: that of who is signed in, else ``account`` (of the command line)."""
    person = acting()
    return person.account if person else account


def require(act: str) -> None:
    """Raise ``WorkspaceError`` when who is signed in may not do ``act``."""
    person = acting()
    if person is not None and act not in person.acts:
        raise WorkspaceError(marked("您的角色不能做这一步"), marked("请由有权的人来做，或请安全管理员调整授权"))
