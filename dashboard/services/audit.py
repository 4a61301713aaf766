"""The audit trail as people read it: who did what to which content when."""

import datetime
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from dashboard.errors import ProductError
from dashboard.services.clock import CHINA
from dashboard.services.workspace import current_workspace
from dashboard.workspace import Action, AuditEntry, Kind, Workspace

logger = logging.getLogger("dashboard")

MOST_ENTRIES = 2000


def record_export(file_name: str, *, actor: str | None, details: Mapping[str, JsonValue]) -> None:
    """Note that ``file_name`` was taken out of the product; ``details`` say what it shows (title, filters, data version).

    An export goes on when the workspace cannot be written; the server's log then says that its trace is missing.
    """
    _record(Action.EXPORT, file_name, actor, details)


def record_load(package: str, *, actor: str | None, details: Mapping[str, JsonValue]) -> None:
    """Note that ``package`` was loaded; a load that has happened is not undone because its trace could not be written."""
    _record(Action.LOAD, package, actor, details)


def _record(action: Action, subject: str, actor: str | None, details: Mapping[str, JsonValue]) -> None:
    try:
        current_workspace().audit.record(action, subject, actor=actor, details=details)
    except ProductError as error:
        logger.error("No audit entry for %s %s: %s", action.value, subject, error.text())


@dataclass(frozen=True)
class Act:
    """One entry of the trail.

    ``kind`` is what it was done to, None for exports, loads and purges; ``name`` is what people call it; ``details`` are pairs of the
    entry's own word and its text.
    """

    at: datetime.datetime
    actor: str | None
    action: Action
    kind: Kind | None
    name: str
    details: tuple[tuple[str, str], ...]


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), CHINA)


def _kind(entry: AuditEntry) -> Kind | None:
    text = entry.details.get("kind")
    return Kind(str(text)) if text in set(Kind) else None


def _details(entry: AuditEntry) -> tuple[tuple[str, str], ...]:
    """Return what else the entry says (its version, the filters of an export), without what its other columns show."""
    shown = ("kind", "name", "title")
    return tuple((name, str(value)) for name, value in entry.details.items() if name not in shown and value not in (None, ""))


def _act(entry: AuditEntry, names: dict[str, str]) -> Act:
    named = entry.details.get("name") or entry.details.get("title")
    return Act(entry.at, entry.actor, entry.action, _kind(entry), str(named or names.get(entry.subject) or entry.subject), _details(entry))


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
    names = {document.document_id: document.name for kind in Kind for document in workspace.list_documents(kind, include_archived=True)}
    found = [_act(entry, names) for entry in entries]
    wanted = words.strip().casefold()
    return tuple(act for act in found if wanted in " ".join([act.actor or "", act.name, *(text for _, text in act.details)]).casefold())
