"""Who is asking: the one place that says so, for pages, downloads and the read API.

The gate before the server (``ui/frame/door.py``) holds the sessions. It stamps what it lets through with the session's number, under a
key of this process, and takes such a header from everybody else. A page that runs without the gate has no stamp: nobody is signed in.
"""

import datetime
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.catalogue.roles import Act, Role, roles
from dashboard.services.common.clock import today
from dashboard.services.common.workspace import current_workspace
from dashboard.settings import settings
from dashboard.store.scope import COUNTY, Scope
from dashboard.workspace import Workspace
from dashboard.workspace.accounts import Account, Grant
from dashboard.workspace.acting import Person
from dashboard.workspace.sessions import Session

STAMP_HEADER = "x-dashboard-session"
_KEY = secrets.token_bytes(32)
_REMEMBERED_SECONDS = 1.0
_MOST_REMEMBERED = 10_000
_WRITTEN_EVERY = datetime.timedelta(seconds=30)

OPEN_ROLE = Role(
    name="未登录",
    name_en="Not signed in",
    reach="county",
    pages=("business", "cockpit"),
    sections="every",
    acts=("write", "approve", "freeze", "audit", "load"),
)
"""What everybody may where ``SIGN_IN=none``."""


@dataclass(frozen=True)
class Identity:
    """Who is asking.

    ``subject`` is the account, ``name`` what others read, ``role`` a code of ``roles.yaml`` (empty: none is granted), ``scope`` what may
    be seen. ``session`` is the number of the session, None for a token. Where sign-in is off there is one identity, ``EVERYBODY``.
    """

    subject: str
    name: str
    role: str
    scope: Scope
    signed_in: bool
    session: str | None
    device: bool

    @property
    def rights(self) -> Role | None:
        """What the role may; None for somebody who is signed in and has been granted nothing."""
        return roles().get(self.role) if self.signed_in else OPEN_ROLE

    def opens(self, right: str) -> bool:
        """Tell whether pages of this kind (``roles.yaml``: business, people, audit, cockpit) open."""
        return self.rights is not None and (right in self.rights.pages or (right == "cockpit" and "business" in self.rights.pages))

    def may(self, act: Act) -> bool:
        """Tell whether this ``act`` is allowed."""
        return self.rights is not None and act in self.rights.acts

    def person(self, address: str | None, communities: frozenset[str] | None) -> Person | None:
        """Return who acts, as the workspace writes it, with the ``communities`` of the scope (``reach.py``); None where sign-in is off."""
        acts = frozenset(self.rights.acts) if self.rights else frozenset()
        return Person(self.name, self.subject, address, acts, communities) if self.signed_in else None


EVERYBODY = Identity("", "", "", COUNTY, signed_in=False, session=None, device=False)


def stamp(session_id: str) -> str:
    """Return the header's value for a request of this session."""
    return f"{session_id}.{_signature(session_id)}"


def _signature(session_id: str) -> str:
    return hmac.new(_KEY, session_id.encode(), hashlib.sha256).hexdigest()


def stamped(text: str) -> str | None:
    """Return the number of the session that a header's value names, None for one that this process's gate has not written."""
    session_id, _dot, signature = text.partition(".")
    return session_id if hmac.compare_digest(signature.encode(), _signature(session_id).encode()) else None


def identity_of(headers: Mapping[str, str]) -> Identity | None:
    """Return who asks with these headers (names in small letters), None for nobody.

    Raises ``DatabaseError`` when the workspace cannot be read: then nobody is let in.
    """
    if settings().sign_in == "none":
        return EVERYBODY
    session_id = stamped(headers.get(STAMP_HEADER, ""))
    found = living_session(session_id) if session_id else None
    if found is None:
        return None
    with _lock:
        known = _identities.get(found.session_id)
    if known is None or time.monotonic() >= known[1]:
        identity = _identity(current_workspace(), found.account_id, session=found.session_id, device=found.device)
        known = (identity, time.monotonic() + _REMEMBERED_SECONDS)
        with _lock:
            _identities[found.session_id] = known
    return known[0]


def find_token(workspace: Workspace, token: str) -> Identity | None:
    """Return whom an API token stands for, None when it opens nothing: unknown, expired, revoked, or that of a cockpit device.

    Raises ``DatabaseError`` when the workspace cannot be read.
    """
    found = workspace.accounts.use_token(token)
    identity = None if found is None else _identity(workspace, found.account_id, session=None, device=False)
    rights = identity.rights if identity else None
    return identity if rights is not None and not rights.device else None


def identity_for(workspace: Workspace, account_id: str) -> Identity | None:
    """Return what an account is now without a session, for work done on its behalf; None for one unknown or disabled."""
    return _identity(workspace, account_id, session=None, device=False)


def _identity(workspace: Workspace, account_id: str, *, session: str | None, device: bool) -> Identity | None:
    standing = workspace.accounts.standing(account_id, today())
    if standing is None:
        return None
    account, grant, version = standing
    return _granted(account, grant, version, session=session, device=device)


def _granted(account: Account, grant: Grant | None, version: int, *, session: str | None, device: bool) -> Identity:
    role = roles().get(grant.role) if grant else None
    if grant is None or role is None or role.reach == "nothing":
        nothing: frozenset[str] = frozenset()
        scope = Scope(nothing, nothing, nothing, version)
        return Identity(account.account_id, account.name, grant.role if grant and role else "", scope, True, session, device)
    sections = None if role.sections == "every" and grant.sections is None else frozenset(grant.sections or ())
    communities, institutions = _codes(grant.communities), _codes(grant.institutions)
    scope = Scope(communities, institutions, sections, version)
    if (communities, institutions, sections) == (None, None, None):
        scope = COUNTY  # nothing is kept back, under any policy: shares what is cached for the county
    return Identity(account.account_id, account.name, grant.role, scope, True, session, device)


def _codes(codes: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if codes is None else frozenset(codes)


# Sessions of this process ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Remembered:
    session: Session | None
    until: float


_lock = threading.Lock()
_remembered: dict[str, _Remembered] = {}
_identities: dict[str, tuple[Identity | None, float]] = {}
_seen: dict[str, datetime.datetime] = {}
_written: dict[str, datetime.datetime] = {}


def idle() -> datetime.timedelta:
    """Return how long a session may rest."""
    return datetime.timedelta(minutes=settings().idle_minutes)


def living_session(session_id: str) -> Session | None:
    """Return the session of this number while it lives; asked of the database at most once a second."""
    with _lock:
        known = _remembered.get(session_id)
    if known is None or time.monotonic() >= known.until:
        found = current_workspace().sessions.find([session_id]).get(session_id)
        _remember(session_id, found)
    else:
        found = known.session
    return found if found is not None and _state(found) is None else None


def ending_of(session_id: str) -> str:
    """Return how a session has ended: out, idle, over or revoked; empty for one that there never was."""
    found = current_workspace().sessions.find([session_id]).get(session_id)
    return "" if found is None else _state(found) or ""


def _remember(session_id: str, found: Session | None) -> None:
    with _lock:
        if len(_remembered) >= _MOST_REMEMBERED:
            for kept in (_remembered, _identities, _seen, _written):
                kept.clear()
        _remembered[session_id] = _Remembered(found, time.monotonic() + _REMEMBERED_SECONDS)


def _state(found: Session) -> str | None:
    now = datetime.datetime.now(datetime.UTC)
    with _lock:
        used = _seen.get(found.session_id)
    if used is not None and used > found.seen_at and found.ended_at is None and now < found.ends_at:
        return "idle" if not found.device and now - used >= idle() else None
    return found.state(now, idle())


def note_use(session_id: str) -> None:
    """Note that somebody just did something in a session; ``sweep`` writes it down."""
    with _lock:
        _seen[session_id] = datetime.datetime.now(datetime.UTC)


def sweep(session_ids: set[str]) -> dict[str, str]:
    """Write down when sessions were used, end what rested too long, and return how those of ``session_ids`` that ended have.

    Raises ``DatabaseError`` when the workspace cannot be reached.
    """
    sessions = current_workspace().sessions
    _write_uses()
    found = sessions.find(session_ids)
    ended = {}
    for session_id in session_ids:
        one = found.get(session_id)
        _remember(session_id, one)
        state = "revoked" if one is None else _state(one)
        if state is not None:
            ended[session_id] = state
            if one is not None and one.ended_at is None:
                sessions.end(session_id, state)
            forget(session_id)
    return ended


def _write_uses() -> None:
    with _lock:
        early = datetime.datetime.min.replace(tzinfo=datetime.UTC)
        due = {each: moment for each, moment in _seen.items() if moment - _written.get(each, early) >= _WRITTEN_EVERY}
    current_workspace().sessions.touch(due)
    with _lock:
        _written.update(due)


def end_session(session_id: str, ending: str, *, actor: str | None = None, address: str | None = None) -> Session | None:
    """End a session at once and return it as it was; None when it had ended already."""
    ended = current_workspace().sessions.end(session_id, ending, actor=actor, address=address)
    forget(session_id)
    return ended


def forget(session_id: str | None = None) -> None:
    """Let the next question about a session, or about any, ask the database: something has just changed."""
    with _lock:
        if session_id is None:
            _remembered.clear()
            _identities.clear()
        else:
            for kept in (_remembered, _identities, _seen, _written):
                kept.pop(session_id, None)
