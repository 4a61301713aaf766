"""The workspace: one versioned store for everything that people write.

Each act that changes a content adds a version: saving a draft, approving it, freezing it for a period. No version ever changes.
Who writes says which version they had seen (``based_on``); when somebody was faster they are told, and nothing is written.
"""

import datetime
import re
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Connection, Engine, insert, select, update

from dashboard import __version__
from dashboard.language import marked
from dashboard.settings import settings
from dashboard.workspace import rows
from dashboard.workspace.accounts import Accounts
from dashboard.workspace.acting import author_named, require
from dashboard.workspace.approvals import Approvals
from dashboard.workspace.audience import owning, require_change, require_share
from dashboard.workspace.audit import AuditTrail, write_entry
from dashboard.workspace.content import checksum, clean_name, clean_period, clean_person, clean_reason, encoded
from dashboard.workspace.deliveries import Deliveries
from dashboard.workspace.engine import database_url, insert_or, transaction, workspace_engine
from dashboard.workspace.errors import ConflictError, MissingDocumentError, WorkspaceError
from dashboard.workspace.migration import migrate
from dashboard.workspace.records import APPROVED_BEFORE_FROZEN, Action, Audience, Document, Kind, Status, Version, VersionInfo
from dashboard.workspace.schema import document, document_version
from dashboard.workspace.sessions import Sessions

_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LARGEST_VERSION = 2**31 - 1


@dataclass(frozen=True)
class _Writing:
    """A version about to be added on top of version ``based_on`` (0: the first)."""

    based_on: int
    content: str
    author: str | None
    reason: str
    data_version: int | None
    status: Status = Status.DRAFT
    period: str | None = None

    @property
    def action(self) -> Action:
        """What the audit trail calls it."""
        if self.status is Status.DRAFT:
            return Action.SAVE if self.based_on else Action.CREATE
        return Action.APPROVE if self.status is Status.APPROVED else Action.FREEZE

    def values(self) -> dict[str, Any]:
        """Return the columns that it decides."""
        return asdict(self) | {"version": self.based_on + 1, "checksum": checksum(self.content)}

    def is_already(self, newest: VersionInfo) -> bool:
        """Tell whether ``newest`` is this very writing: a button pressed twice, an answer lost on its way."""
        values = self.values()
        return all(values[name] == getattr(newest, name) for name in values if name != "content")


@dataclass(frozen=True)
class KeptResult:
    """A result to be kept with a freezing: its own document's identifier and name, its content, the data that it was made on."""

    document_id: str
    name: str
    content: Mapping[str, JsonValue]
    data_version: int | None


class Workspace:
    """An open workspace database. One serves all threads of a process; every call is one short transaction.

    All calls raise ``DatabaseError`` when the database cannot be reached or read. Those that write raise ``WorkspaceError`` for what
    may not be written, ``MissingDocumentError`` for an unknown document, ``ConflictError`` when ``based_on`` is no longer the
    newest version; nothing is changed then. Each leaves its entry in ``audit`` in the same transaction.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.audit = AuditTrail(engine)
        self.accounts = Accounts(engine)
        self.sessions = Sessions(engine)
        self.deliveries = Deliveries(engine)
        self.approvals = Approvals(engine)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def check(self) -> None:
        """Read from the database. Raises ``DatabaseError`` when it cannot be."""
        with transaction(self._engine, writes=False) as connection:
            connection.execute(select(document.c.document_id).limit(1)).first()

    def create(
        self,
        kind: Kind,
        name: str,
        content: Mapping[str, JsonValue],
        *,
        author: str | None,
        reason: str = "",
        data_version: int | None = None,
        document_id: str | None = None,
    ) -> Version:
        """Write a new document and return its version 1, a draft.

        ``author`` None means not signed in; ``data_version`` is the load id that the content was made on. A caller may give the
        ``document_id`` (small letters, digits, - and _): for a setting there is only one of, or so that a button pressed twice writes
        once. Raises ``ConflictError`` when another document has it.
        """
        writing = _Writing(0, encoded(content), clean_person(author_named(author)), clean_reason(reason, required=False), data_version)
        identifier = uuid.uuid4().hex if document_id is None else document_id
        with self._writing(identifier) as connection:
            return _create(connection, kind, clean_name(name), identifier, writing, copied_from=None)

    def save(
        self,
        document_id: str,
        content: Mapping[str, JsonValue],
        *,
        based_on: int,
        author: str | None,
        reason: str = "",
        data_version: int | None = None,
    ) -> Version:
        """Write a new draft version on top of version ``based_on``. Over an approved or frozen version a reason is required."""
        text, person = encoded(content), clean_person(author_named(author))
        with self._writing(document_id) as connection:
            found = _open_document(connection, document_id)
            over_what_holds = found.newest.version == based_on and found.newest.status is not Status.DRAFT
            why = clean_reason(reason, required=over_what_holds)
            return _append(connection, found, _Writing(based_on, text, person, why, data_version))

    def approve(self, document_id: str, *, based_on: int, author: str | None, reason: str) -> Version:
        """Approve the newest draft as it is: a new version with its content."""
        return self._advance(document_id, based_on, author, reason, Status.APPROVED, None)

    def freeze(self, document_id: str, *, based_on: int, period: str, author: str | None, reason: str) -> Version:
        """Freeze the newest version for ``period``: a new version with its content that stays what was decided.

        A scheme must be approved first. What is frozen may be frozen for another period; a correction is saved, (approved) and
        frozen again, and ``frozen`` then gives the correction while the earlier one stays readable.
        """
        code = clean_period(period)
        if code is None:
            raise WorkspaceError(marked("没有说明冻结的期间"), marked("请选择期间"))
        return self._advance(document_id, based_on, author, reason, Status.FROZEN, code)

    def freeze_with_result(
        self, document_id: str, *, based_on: int, period: str, author: str | None, reason: str, result: KeptResult
    ) -> tuple[Version, Version]:
        """Freeze the newest version for ``period`` and keep ``result`` frozen for it too, both or neither; return the two versions.

        ``result`` becomes a document of kind 评价结果, or the next version of the one that has its identifier: a correction. Frozen
        twice by the same press of a button, it is written once. Raises as ``freeze``.
        """
        code, person, why = clean_period(period), clean_person(author_named(author)), clean_reason(reason, required=True)
        if code is None:
            raise WorkspaceError(marked("没有说明冻结的期间"), marked("请选择期间"))
        text, name = encoded(result.content), clean_name(result.name)
        _known(result.document_id)
        with self._writing(document_id, "freeze") as connection:
            before = rows.locked_document(connection, document_id).newest.version
            frozen = _advanced(connection, document_id, based_on, _Step(person, why, Status.FROZEN, code))
            if frozen.version == before:  # was frozen already by this very call
                return frozen, rows.one_version(connection, result.document_id, None)
            draft = _Writing(0, text, person, why, result.data_version)
            try:
                kept = _open_document(connection, result.document_id)
            except MissingDocumentError:
                first = _create(connection, Kind.RESULT, name, result.document_id, draft, copied_from=None)
            else:
                first = _append(connection, kept, replace(draft, based_on=kept.newest.version))
            decided = replace(draft, based_on=first.version, status=Status.FROZEN, period=code)
            return frozen, _add(connection, Kind.RESULT, first.name, result.document_id, decided)

    def duplicate(self, document_id: str, name: str, *, author: str | None, reason: str = "", version: int | None = None) -> Version:
        """Write a new document with the content of a version (default: the newest); it remembers where it came from."""
        person, why, new_name = clean_person(author_named(author)), clean_reason(reason, required=False), clean_name(name)
        with self._writing(document_id) as connection:
            source = rows.one_version(connection, document_id, _number(version))
            writing = _Writing(0, encoded(source.content), person, why, source.data_version)
            origin = (source.document_id, source.version)
            return _create(connection, source.kind, new_name, uuid.uuid4().hex, writing, copied_from=origin)

    def rename(self, document_id: str, name: str, *, actor: str | None) -> Document:
        """Give a document another name; the audit trail keeps the old one."""
        new_name = clean_name(name)
        with self._writing(document_id) as connection:
            found = rows.locked_document(connection, document_id)
            require_change(found)
            connection.execute(update(document).where(document.c.document_id == document_id).values(name=new_name))
            write_entry(
                connection, Action.RENAME, document_id, actor, {"kind": found.kind, "from": found.name, "to": new_name} | _of_county(found)
            )
        return replace(found, name=new_name, newest=replace(found.newest, name=new_name))

    def share(self, document_id: str, audience: Audience, *, actor: str | None) -> Document:
        """Say who may read a document; the audit trail keeps who could before.

        Raises ``WorkspaceError`` for who sees less than its owner, for a kind of which the services say who reads it, and where it
        would be nobody's: only its owner keeps a document to themselves.
        """
        with self._writing(document_id) as connection:
            found = rows.locked_document(connection, document_id)
            require_share(found, audience)
            if found.audience is not audience:
                connection.execute(update(document).where(document.c.document_id == document_id).values(audience=audience.value))
                details: dict[str, JsonValue] = {"kind": found.kind, "name": found.name, "from": found.audience, "to": audience}
                details |= _of_county(found)
                write_entry(connection, Action.SHARE, document_id, actor, details)
        return replace(found, audience=audience)

    def archive(self, document_id: str, *, actor: str | None) -> Document:
        """Take a document out of the lists; nothing is deleted. Archiving twice changes nothing."""
        return self._put_away(document_id, Action.ARCHIVE, datetime.datetime.now(datetime.UTC), actor)

    def restore(self, document_id: str, *, actor: str | None) -> Document:
        """Put an archived document back into the lists."""
        return self._put_away(document_id, Action.RESTORE, None, actor)

    def document(self, document_id: str) -> Document:
        """Return a document with its newest version's facts."""
        with self._reading(document_id) as connection:
            return rows.one_document(connection, document_id)

    def latest(self, document_id: str) -> Version:
        """Return the newest version with its content."""
        with self._reading(document_id) as connection:
            return rows.one_version(connection, document_id, None)

    def version(self, document_id: str, number: int) -> Version:
        """Return version ``number`` with its content."""
        with self._reading(document_id) as connection:
            return rows.one_version(connection, document_id, _number(number))

    def versions(self, document_id: str) -> tuple[VersionInfo, ...]:
        """Return every version without its content, newest first."""
        with self._reading(document_id) as connection:
            found = rows.infos(connection, document_id)
        if not found:
            raise MissingDocumentError
        return found

    def list_documents(self, kind: Kind, *, include_archived: bool = False) -> tuple[Document, ...]:
        """Return the documents of a kind without contents, the last written first."""
        with transaction(self._engine, writes=False) as connection:
            return rows.documents(connection, kind, include_archived=include_archived)

    def list_latest(self, kind: Kind, *, include_archived: bool = False) -> tuple[Version, ...]:
        """Return the newest version of each document of a kind with contents, the last written first."""
        with transaction(self._engine, writes=False) as connection:
            return rows.newest_versions(connection, kind, include_archived=include_archived)

    def frozen(self, kind: Kind, period: str) -> tuple[Version, ...]:
        """Return of each document of a kind what is in force for ``period``: its newest version frozen for it, archived or not."""
        code = clean_period(period)
        with transaction(self._engine, writes=False) as connection:
            return rows.frozen_versions(connection, kind, code) if code else ()

    def _reading(self, document_id: str) -> AbstractContextManager[Connection]:
        _known(document_id)
        return transaction(self._engine, writes=False)

    def _writing(self, document_id: str, act: str = "write") -> AbstractContextManager[Connection]:
        require(act)
        _known(document_id)
        return transaction(self._engine, writes=True)

    def _advance(self, document_id: str, based_on: int, author: str | None, reason: str, status: Status, period: str | None) -> Version:
        step = _Step(clean_person(author_named(author)), clean_reason(reason, required=True), status, period)
        with self._writing(document_id, "approve" if status is Status.APPROVED else "freeze") as connection:
            return _advanced(connection, document_id, based_on, step)

    def _put_away(self, document_id: str, action: Action, moment: datetime.datetime | None, actor: str | None) -> Document:
        with self._writing(document_id) as connection:
            found = rows.locked_document(connection, document_id)
            require_change(found)
            if (found.archived_at is None) == (moment is None):
                return found
            connection.execute(update(document).where(document.c.document_id == document_id).values(archived_at=moment))
            write_entry(connection, action, document_id, actor, {"kind": found.kind, "name": found.name} | _of_county(found))
        return replace(found, archived_at=moment)


@dataclass(frozen=True)
class _Step:
    """A decision about the newest version: who decides, why, what it becomes and for which period."""

    author: str | None
    reason: str
    status: Status
    period: str | None


def _advanced(connection: Connection, document_id: str, based_on: int, step: _Step) -> Version:
    """Write the newest version once more with the status of ``step``."""
    found = _open_document(connection, document_id)
    source = rows.one_version(connection, document_id, None)
    if source.version == based_on:
        _check_step(found, step.status, step.period)
        _check_four_eyes(source, step)
    writing = _Writing(based_on, encoded(source.content), step.author, step.reason, source.data_version, step.status, step.period)
    return _append(connection, found, writing)


def _known(document_id: str) -> None:
    """Raise ``MissingDocumentError`` for what cannot be an identifier: it came from a link."""
    if not _IDENTIFIER.fullmatch(document_id):
        raise MissingDocumentError


def _number(version: int | None) -> int | None:
    if version is not None and not 1 <= version <= _LARGEST_VERSION:
        raise MissingDocumentError
    return version


def _open_document(connection: Connection, document_id: str) -> Document:
    found = rows.locked_document(connection, document_id)
    require_change(found)
    if found.archived_at is not None:
        raise WorkspaceError(
            marked("这份内容已归档，不能再修改"), marked("请先恢复，或另存为新的一份；填写的内容仍在本页"), where=found.name
        )
    return found


def _check_step(found: Document, status: Status, period: str | None) -> None:
    """Raise ``WorkspaceError`` when the newest version may not become ``status``."""
    newest = found.newest
    if status is Status.APPROVED and newest.status is not Status.DRAFT:
        raise WorkspaceError(marked("最新版不是草稿，无需再批准"), marked("如需更正，请先保存新的一版"), where=found.name)
    if status is Status.FROZEN and newest.status is Status.DRAFT and found.kind in APPROVED_BEFORE_FROZEN:
        raise WorkspaceError(marked("最新版还没有批准，不能冻结"), marked("请先批准，再按期间冻结"), where=found.name)
    if status is Status.FROZEN and newest.status is Status.FROZEN and newest.period == period:
        raise WorkspaceError(marked("最新版已按这一期间冻结"), marked("如需更正，请先保存新的一版"), where=found.name)


def _check_four_eyes(source: Version, step: _Step) -> None:
    """Raise ``WorkspaceError`` where the county asks for four eyes and somebody would approve what they wrote."""
    if settings().four_eyes and step.status is Status.APPROVED and (step.author is None or step.author == source.author):
        raise WorkspaceError(marked("自己写的内容不能由自己批准"), marked("请由另一位有批准权的人批准"), where=source.name)


def _create(
    connection: Connection, kind: Kind, name: str, document_id: str, writing: _Writing, *, copied_from: tuple[str, int] | None
) -> Version:
    source, source_version = copied_from or (None, None)
    values = {"document_id": document_id, "kind": kind.value, "name": name, "created_at": datetime.datetime.now(datetime.UTC)}
    values |= owning(kind)
    origin = {"copied_document_id": source, "copied_version": source_version}
    statement = insert_or(connection, document).values(values | origin).on_conflict_do_nothing()
    if connection.execute(statement.returning(document.c.document_id)).first() is not None:
        return _add(connection, kind, name, document_id, writing)
    newest = rows.one_document(connection, document_id).newest
    if (newest.kind, newest.name) == (kind, name) and writing.is_already(newest):
        return rows.one_version(connection, document_id, newest.version)
    raise _conflict(newest)


def _append(connection: Connection, found: Document, writing: _Writing) -> Version:
    newest = found.newest
    if newest.version == writing.based_on:
        return _add(connection, found.kind, found.name, found.document_id, writing)
    if writing.is_already(newest):
        return rows.one_version(connection, found.document_id, newest.version)
    raise _conflict(newest)


def _add(connection: Connection, kind: Kind, name: str, document_id: str, writing: _Writing) -> Version:
    """Write one version and its audit entry, and return it as it can be read from now on."""
    own = {"document_id": document_id, "app_version": __version__, "created_at": datetime.datetime.now(datetime.UTC)}
    connection.execute(insert(document_version).values(writing.values() | own))
    details: dict[str, JsonValue] = {"kind": kind.value, "name": name, "version": writing.based_on + 1}
    if writing.period is not None:
        details["period"] = writing.period
    details |= _of_county(rows.one_document(connection, document_id))
    write_entry(connection, writing.action, document_id, writing.author, details)
    return rows.one_version(connection, document_id, None)


def _of_county(found: Document) -> dict[str, JsonValue]:
    """Return what an audit entry says of the county of a document; nothing while there is one county, and of what all share."""
    return {"county": found.county} if found.county else {}


def _conflict(newest: VersionInfo) -> ConflictError:
    return ConflictError(
        document_id=newest.document_id,
        name=newest.name,
        version=newest.version,
        author=newest.author,
        created_at=newest.created_at,
        reason=newest.reason,
    )


def open_workspace(url: str | None = None) -> Workspace:
    """Open the workspace database at ``url`` (default: the settings), created or upgraded where needed.

    Raises ``DatabaseError`` when it cannot be reached or written, or was made by a newer program.
    """
    address = url or settings().workspace_database_url
    migrate(address)
    return Workspace(workspace_engine(database_url(address)))
