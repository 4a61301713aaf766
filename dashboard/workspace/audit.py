"""The audit trail: who did, or was refused, what when from where. Only ever added to, kept at least 190 days.

Each entry carries the SHA-256 of the hash before it and its own content: an entry that is changed, taken out or put in between breaks
the chain there. What a chain cannot tell by itself is that its newest entries were cut off; for that ``verify`` names its head, which
a county writes down elsewhere.
"""

import datetime
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, text

from dashboard import __version__
from dashboard.language import marked
from dashboard.workspace.acting import acting
from dashboard.workspace.content import PERSON_LIMIT, SUBJECT_LIMIT, clean_line, encoded
from dashboard.workspace.engine import transaction
from dashboard.workspace.errors import WorkspaceError
from dashboard.workspace.records import Action, AuditEntry, Outcome
from dashboard.workspace.schema import audit_entry

KEPT_DAYS = 190
"""The law's six months can be 184 days."""
KEPT_DAYS_USUALLY = 400
_DETAILS_LIMIT = 8 * 1024
_ADDRESS_LIMIT = 64
_LOCK_KEY = 0x41_55_44_54
_CHAINED = ("actor", "action", "subject", "details", "app_version", "account", "address", "result")


def _hash(previous: str, row: Mapping[str, object], at: datetime.datetime) -> str:
    content = {"at": at.astimezone(datetime.UTC).isoformat(timespec="microseconds"), **{name: row[name] for name in _CHAINED}}
    line = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _one_at_a_time(connection: Connection) -> None:
    """Let nobody else add an entry before this transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def write_entry(
    connection: Connection,
    action: Action,
    subject: str,
    actor: str | None,
    details: Mapping[str, JsonValue],
    *,
    result: Outcome = Outcome.DONE,
    account: str | None = None,
    address: str | None = None,
) -> None:
    """Add an entry in the transaction of ``connection``, so that an act and its trace are written together or not at all.

    Who is signed in stands in it whatever ``actor`` says; ``account`` and ``address`` are for acts of somebody who is not (yet).
    Too long an actor or subject is cut: what was done must not fail for the length of a file's name.
    """
    person = acting()
    at = _now()
    row = {
        "actor": clean_line((person.name if person else actor) or "")[:PERSON_LIMIT] or None,
        "action": action.value,
        "subject": clean_line(subject)[:SUBJECT_LIMIT],
        "details": encoded(details, _DETAILS_LIMIT),
        "app_version": __version__,
        "account": clean_line((person.account if person else account) or "")[:PERSON_LIMIT] or None,
        "address": clean_line((person.address if person else address) or "")[:_ADDRESS_LIMIT] or None,
        "result": result.value,
    }
    _one_at_a_time(connection)
    last = select(audit_entry.c.hash).order_by(audit_entry.c.entry_id.desc()).limit(1)
    previous = connection.execute(last).scalar() or ""
    connection.execute(insert(audit_entry).values(**row, at=at, previous_hash=previous, hash=_hash(previous, row, at)))


@dataclass(frozen=True)
class Chain:
    """What a look at the whole chain found.

    ``entries`` were read; ``head`` is the hash of the newest (empty: there is none) and ``head_id`` its number; ``broken_at`` is the
    number of the first entry that does not follow from the one before, None when all do.
    """

    entries: int
    head: str
    head_id: int | None
    broken_at: int | None


class AuditTrail:
    """The audit trail of one workspace database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(
        self,
        action: Action,
        subject: str,
        *,
        actor: str | None = None,
        details: Mapping[str, JsonValue] | None = None,
        result: Outcome = Outcome.DONE,
        account: str | None = None,
        address: str | None = None,
    ) -> None:
        """Record an act that the workspace does not do itself: an export, a load, a refusal.

        ``subject`` names the page, file or package, ``actor`` who (None: not signed in), ``details`` a small JSON object such as
        filters. Raises ``WorkspaceError`` when the details are over 8 kB, ``DatabaseError`` when it cannot be written.
        """
        with transaction(self._engine, writes=True) as connection:
            write_entry(connection, action, subject, actor, details or {}, result=result, account=account, address=address)

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
        return tuple(_entry(row) for row in rows)

    def verify(self) -> Chain:
        """Read the whole trail and say whether each entry follows from the one before.

        The oldest entry that a purge has left may follow from one that is gone, if an entry of the purge says so.
        """
        statement = select(audit_entry).order_by(audit_entry.c.entry_id)
        previous, head_id, count, broken = "", None, 0, None
        with transaction(self._engine, writes=False) as connection:
            purged = _purged_heads(connection)
            for row in connection.execution_options(yield_per=1000).execute(statement).mappings():
                count += 1
                start = row["previous_hash"] if count == 1 and row["previous_hash"] in purged else previous
                if broken is None and (row["previous_hash"] != start or row["hash"] != _hash(start, dict(row), row["at"])):
                    broken = row["entry_id"]
                previous, head_id = row["hash"] or "", row["entry_id"]
        return Chain(count, previous, head_id, broken)

    def holds(self, head: str) -> bool:
        """Tell whether an entry with this hash, written down earlier, is still there."""
        with transaction(self._engine, writes=False) as connection:
            return connection.execute(select(audit_entry.c.entry_id).where(audit_entry.c.hash == head)).first() is not None

    def purge(self, *, older_than_days: int = KEPT_DAYS_USUALLY, actor: str | None = None) -> int:
        """Delete entries older than that many whole days (UTC), note it in the trail, and return how many went.

        Only a run of the oldest entries goes, so that the chain stays whole. Raises ``WorkspaceError`` below 190 days; the database
        itself refuses too.
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
        with transaction(self._engine, writes=True) as connection:
            _one_at_a_time(connection)
            kept = select(audit_entry.c.entry_id).where(audit_entry.c.at >= before).order_by(audit_entry.c.entry_id).limit(1)
            first_kept = connection.execute(kept).scalar()
            old = audit_entry.c.at < before if first_kept is None else audit_entry.c.entry_id < first_kept
            last = connection.execute(select(audit_entry.c.hash).where(old).order_by(audit_entry.c.entry_id.desc()).limit(1)).scalar()
            gone = connection.execute(delete(audit_entry).where(old)).rowcount
            details: dict[str, JsonValue] = {"before": before.isoformat(), "entries": gone, "last_hash": last or ""}
            write_entry(connection, Action.PURGE, "audit_entry", actor, details)
        return gone


def _purged_heads(connection: Connection) -> set[str]:
    """Return the hashes of the entries that purges have deleted last."""
    rows = connection.execute(select(audit_entry.c.details).where(audit_entry.c.action == Action.PURGE.value))
    return {str(json.loads(details).get("last_hash", "")) for (details,) in rows}


def _entry(row: RowMapping) -> AuditEntry:
    shown = {name: row[name] for name in AuditEntry.__dataclass_fields__}
    return AuditEntry(**{**shown, "details": json.loads(row["details"])})
