"""The audit trail: who (or nobody signed in) did what when. Only ever added to, kept at least 180 days."""

import datetime
import json
from collections.abc import Mapping

from pydantic import JsonValue
from sqlalchemy import Connection, Engine, delete, insert, select

from dashboard import __version__
from dashboard.language import marked
from dashboard.workspace.content import PERSON_LIMIT, SUBJECT_LIMIT, clean_line, encoded
from dashboard.workspace.engine import transaction
from dashboard.workspace.errors import WorkspaceError
from dashboard.workspace.records import Action, AuditEntry
from dashboard.workspace.schema import audit_entry

KEPT_DAYS = 180
_DETAILS_LIMIT = 8 * 1024


def write_entry(connection: Connection, action: Action, subject: str, actor: str | None, details: Mapping[str, JsonValue]) -> None:
    """Add an entry in the transaction of ``connection``, so that an act and its trace are written together or not at all.

    Too long an actor or subject is cut: what was done must not fail for the length of a file's name.
    """
    connection.execute(
        insert(audit_entry).values(
            at=datetime.datetime.now(datetime.UTC),
            actor=clean_line(actor or "")[:PERSON_LIMIT] or None,
            action=action.value,
            subject=clean_line(subject)[:SUBJECT_LIMIT],
            details=encoded(details, _DETAILS_LIMIT),
            app_version=__version__,
        )
    )


class AuditTrail:
    """The audit trail of one workspace database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, action: Action, subject: str, *, actor: str | None = None, details: Mapping[str, JsonValue] | None = None) -> None:
        """Record an act that the workspace does not do itself: an export, a load.

        ``subject`` names the page, file or package, ``actor`` who (None: not signed in), ``details`` a small JSON object such as
        filters. Raises ``WorkspaceError`` when the details are over 8 kB, ``DatabaseError`` when it cannot be written.
        """
        with transaction(self._engine, writes=True) as connection:
            write_entry(connection, action, subject, actor, details or {})

    def entries(
        self,
        *,
        since: datetime.datetime | None = None,
        until: datetime.datetime | None = None,
        action: Action | None = None,
        subject: str | None = None,
        limit: int = 1000,
    ) -> tuple[AuditEntry, ...]:
        """Return the newest ``limit`` entries, newest first, of [since, until), one action, one subject where given."""
        statement = select(audit_entry).order_by(audit_entry.c.at.desc(), audit_entry.c.entry_id.desc()).limit(limit)
        if since is not None:
            statement = statement.where(audit_entry.c.at >= since)
        if until is not None:
            statement = statement.where(audit_entry.c.at < until)
        if action is not None:
            statement = statement.where(audit_entry.c.action == action.value)
        if subject is not None:
            statement = statement.where(audit_entry.c.subject == clean_line(subject)[:SUBJECT_LIMIT])
        with transaction(self._engine, writes=False) as connection:
            rows = connection.execute(statement).mappings().all()
        return tuple(AuditEntry(**{**row, "details": json.loads(row["details"])}) for row in rows)

    def purge(self, *, older_than_days: int, actor: str | None = None) -> int:
        """Delete entries older than that many whole days (UTC), note it in the trail, and return how many went.

        Raises ``WorkspaceError`` below 180 days; the database itself refuses too.
        """
        if older_than_days < KEPT_DAYS:
            raise WorkspaceError(
                marked("操作记录至少保存 {kept} 天，不能清理 {asked} 天以前的"),
                marked("请填写 {kept} 或更多的天数"),
                kept=KEPT_DAYS,
                asked=older_than_days,
            )
        today = datetime.datetime.now(datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            before = today - datetime.timedelta(days=older_than_days)
        except OverflowError:
            return 0
        old = audit_entry.c.at < before
        with transaction(self._engine, writes=True) as connection:
            gone = connection.execute(delete(audit_entry).where(old)).rowcount
            write_entry(connection, Action.PURGE, "audit_entry", actor, {"before": before.isoformat(), "entries": gone})
        return gone
