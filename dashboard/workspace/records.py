"""What the workspace hands out: frozen records and the fixed words they use. Times are UTC with their zone."""

import datetime
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import JsonValue

from dashboard.language import marked


class Kind(StrEnum):
    """What a document is about. A new kind is a line here; it needs no migration."""

    SCENARIO = "scenario"
    SCHEME = "scheme"
    INDICATOR = "indicator"
    RESULT = "result"
    ASSESSMENT = "assessment"
    AGENDA = "agenda"
    DECISION = "decision"
    NOTE = "note"
    SETTING = "setting"


class Status(StrEnum):
    """How far a version has come: draft → approved → frozen for a period."""

    DRAFT = "draft"
    APPROVED = "approved"
    FROZEN = "frozen"


class Action(StrEnum):
    """What the audit trail knows. The workspace writes its own; exports and loads are recorded by who does them."""

    CREATE = "create"
    SAVE = "save"
    APPROVE = "approve"
    FREEZE = "freeze"
    RENAME = "rename"
    ARCHIVE = "archive"
    RESTORE = "restore"
    EXPORT = "export"
    LOAD = "load"
    PURGE = "purge"


KIND_LABELS = {
    Kind.SCENARIO: marked("推演方案"),
    Kind.SCHEME: marked("评分方案"),
    Kind.INDICATOR: marked("自定义指标"),
    Kind.RESULT: marked("评价结果"),
    Kind.ASSESSMENT: marked("评判记录"),
    Kind.AGENDA: marked("会议议程"),
    Kind.DECISION: marked("会议决定"),
    Kind.NOTE: marked("批注"),
    Kind.SETTING: marked("设置"),
}
STATUS_LABELS = {Status.DRAFT: marked("草稿"), Status.APPROVED: marked("已批准"), Status.FROZEN: marked("已冻结")}
ACTION_LABELS = {
    Action.CREATE: marked("新建"),
    Action.SAVE: marked("保存"),
    Action.APPROVE: marked("批准"),
    Action.FREEZE: marked("冻结"),
    Action.RENAME: marked("改名"),
    Action.ARCHIVE: marked("归档"),
    Action.RESTORE: marked("恢复"),
    Action.EXPORT: marked("导出"),
    Action.LOAD: marked("载入数据"),
    Action.PURGE: marked("清理操作记录"),
}
APPROVED_BEFORE_FROZEN = frozenset({Kind.SCHEME})
"""Kinds that must be approved before they are frozen; the others may be frozen as they are."""


@dataclass(frozen=True)
class VersionInfo:
    """One version of a document without its content. It never changes once written; ``name`` is the document's present name.

    ``author`` None means not signed in. ``data_version`` is the load id of the reporting database that the content was made
    on, ``period`` what a frozen version holds for, ``based_on`` the version that its writer had seen (0 for the first).
    """

    document_id: str
    kind: Kind
    name: str
    version: int
    based_on: int
    status: Status
    period: str | None
    author: str | None
    reason: str
    data_version: int | None
    app_version: str
    created_at: datetime.datetime
    checksum: str


@dataclass(frozen=True)
class Version(VersionInfo):
    """One version with its content; each read gives a copy of its own."""

    content: dict[str, JsonValue] = field(hash=False)


@dataclass(frozen=True)
class Document:
    """A document with what its newest version says; ``copied_from`` is (document id, version) of the original of a copy."""

    document_id: str
    kind: Kind
    name: str
    created_at: datetime.datetime
    archived_at: datetime.datetime | None
    copied_from: tuple[str, int] | None
    newest: VersionInfo


@dataclass(frozen=True)
class AuditEntry:
    """Who did what when. ``actor`` None means not signed in; ``subject`` names a document, a page, a package or a file."""

    entry_id: int
    at: datetime.datetime
    actor: str | None
    action: Action
    subject: str
    details: dict[str, JsonValue] = field(hash=False)
    app_version: str
