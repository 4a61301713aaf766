"""The audit trail as people read it: who did what to which content when."""

import datetime
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from dashboard.errors import ProductError
from dashboard.formatting import COUNTY_TIME
from dashboard.newest import keep_newest
from dashboard.services.common.workspace import current_workspace
from dashboard.workspace import Action, AuditEntry, Kind, Outcome, Workspace
from dashboard.workspace.county import EVERY_COUNTY, county_in_view, in_county

logger = logging.getLogger("dashboard")

MOST_ENTRIES = 2000
_KNOCK_SECONDS = 60.0
_MOST_KNOCKS = 10_000
_knocks: dict[tuple[str | None, ...], float] = {}
_knocks_lock = threading.Lock()


def first_in_a_minute(*knock: str | None) -> bool:
    """Tell whether this ``knock`` (what, and who or from where) is the first of its kind within a minute, and remember it.

    Whoever knocks a thousand times does not fill the trail, nor this process: of more kinds than it remembers the oldest goes.
    """
    now = time.monotonic()
    with _knocks_lock:
        if _knocks.get(knock, -_KNOCK_SECONDS) + _KNOCK_SECONDS > now:
            return False
        keep_newest(_knocks, knock, now, _MOST_KNOCKS)
    return True


def forget_knocks() -> None:
    """Forget who has knocked: for tests, which all come from one address."""
    with _knocks_lock:
        _knocks.clear()


def record_export(file_name: str, *, actor: str | None, details: Mapping[str, JsonValue]) -> None:
    """Note that ``file_name`` was taken out of the product; ``details`` say what it shows (title, filters, data version).

    Where there are several counties, the one in view stands beside them.
    An export goes on when the workspace cannot be written; the server's log then says that its trace is missing.
    """
    county = county_in_view().written
    _record(Action.EXPORT, file_name, actor, {**details, "county": county} if county else details)


def record_load(package: str, *, actor: str | None, details: Mapping[str, JsonValue]) -> None:
    """Note that ``package`` was loaded; a load that has happened is not undone because its trace could not be written."""
    _record(Action.LOAD, package, actor, details)


def record_undo(package: str, *, actor: str | None, details: Mapping[str, JsonValue]) -> None:
    """Note that the load of ``package`` was taken back; as with a load, what has happened stays though its trace could not be written."""
    _record(Action.UNDO_LOAD, package, actor, details)


def record_refusal(
    subject: str,
    session_id: str | None,
    address: str | None,
    details: Mapping[str, JsonValue] | None = None,
    *,
    account_id: str | None = None,
) -> None:
    """Note that something was refused: a page, a file, a link outside of what somebody may see.

    Who it was refused to is the holder of the session (ended ones too), or ``account_id``. The same refusal to the same one, or to the
    same address where nobody is known, is noted once a minute; ``subject`` must come from a list of bounded length, never from a guess.
    """
    if not first_in_a_minute(subject, session_id or account_id or address):
        return
    try:
        workspace = current_workspace()
        found = workspace.sessions.find([session_id]).get(session_id) if session_id else None
        whose = found.account_id if found else account_id
        account = workspace.accounts.find(whose) if whose else None
        workspace.audit.record(
            Action.OPEN, subject, actor=account.name if account else None, details=details, result=Outcome.REFUSED,
            account=account.account_id if account else None, address=address,
        )  # fmt: skip
    except ProductError as error:
        logger.error("No audit entry for the refusal of %s: %s", subject, error.text())


def record_reading(subject: str, details: Mapping[str, JsonValue]) -> None:
    """Note that the audit trail itself was read; ``details`` say which part."""
    _record(Action.READ_AUDIT, subject, None, details)


def record_data_reading(subject: str, details: Mapping[str, JsonValue]) -> None:
    """Note that the record of loads and findings was read."""
    _record(Action.READ_DATA, subject, None, details)


def _record(action: Action, subject: str, actor: str | None, details: Mapping[str, JsonValue]) -> None:
    try:
        current_workspace().audit.record(action, subject, actor=actor, details=details)
    except ProductError as error:
        logger.error("No audit entry for %s %s: %s", action.value, subject, error.text())


@dataclass(frozen=True)
class Act:
    """One entry of the trail.

    ``kind`` is what it was done to, None for whatever is no document; ``name`` is what people call it; ``details`` are pairs of the
    entry's own word and its text.
    """

    at: datetime.datetime
    actor: str | None
    account: str | None
    address: str | None
    action: Action
    refused: bool
    kind: Kind | None
    name: str
    details: tuple[tuple[str, str], ...]


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), COUNTY_TIME)


def _kind(entry: AuditEntry) -> Kind | None:
    text = entry.details.get("kind")
    return Kind(str(text)) if text in set(Kind) else None


def _details(entry: AuditEntry) -> tuple[tuple[str, str], ...]:
    """Return what else the entry says (its version, the filters of an export), without what its other columns show."""
    shown = ("kind", "name", "title")
    return tuple((name, str(value)) for name, value in entry.details.items() if name not in shown and value not in (None, ""))


def _act(entry: AuditEntry, names: dict[str, str]) -> Act:
    named = entry.details.get("name") or entry.details.get("title")
    name = str(named or names.get(entry.subject) or entry.subject)
    refused = entry.result == Outcome.REFUSED
    return Act(entry.at, entry.actor, entry.account, entry.address, entry.action, refused, _kind(entry), name, _details(entry))


def acts(
    workspace: Workspace,
    *,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    action: Action | None = None,
    words: str = "",
) -> tuple[Act, ...]:
    """Return the newest acts, newest first, at most ``MOST_ENTRIES`` before ``words`` is looked for.

    Args:
        workspace: where the trail lies.
        first: the first day, as a calendar in China shows it.
        last: the last day, included.
        action: only this action.
        words: only acts whose person, name or details contain this text, small and capital letters alike.

    Raises:
        DatabaseError: the workspace cannot be read.
    """
    since = _midnight(first) if first else None
    until = _midnight(last + datetime.timedelta(days=1)) if last else None
    entries = workspace.audit.entries(since=since, until=until, action=action, limit=MOST_ENTRIES)
    with in_county(EVERY_COUNTY):  # the trail is of the whole database
        names = {document.document_id: document.name for kind in Kind for document in workspace.list_documents(kind, include_archived=True)}
    found = [_act(entry, names) for entry in entries]
    wanted = words.strip().casefold()
    return tuple(act for act in found if wanted in _searched(act))


def _searched(act: Act) -> str:
    parts = [act.actor or "", act.account or "", act.address or "", act.name, *(text for _, text in act.details)]
    return " ".join(parts).casefold()
