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
    HELP_PLAN = "help_plan"
    REFORM_QUESTION = "reform_question"
    SUBSCRIPTION = "subscription"
    MONITORING_ACTION = "monitoring_action"
    ALERT_HANDLING = "alert_handling"
    IMPORT_PROFILE = "import_profile"
    SUBMISSION = "submission"
    MONTH_ASSESSMENT = "month_assessment"
    BULLETIN = "bulletin"
    PUBLICATION = "publication"


class Audience(StrEnum):
    """Who may read a document: who wrote it, those who may see the writer's communities, or everybody who is signed in."""

    OWN = "own"
    COMMUNITY = "community"
    COUNTY = "county"


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
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    OPEN = "open"
    READ_AUDIT = "read_audit"
    UNDO_LOAD = "undo_load"
    ADD_ACCOUNT = "add_account"
    DISABLE = "disable"
    PASSWORD = "password"  # noqa: S105
    ASK_GRANT = "ask_grant"
    GRANT = "grant"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"
    TOKEN = "token"  # noqa: S105
    APPROVE_DATA = "approve_data"
    ACCEPT_DATA = "accept_data"
    RETURN_DATA = "return_data"
    WITHDRAW_DATA = "withdraw_data"
    UNLOCK_DATA = "unlock_data"
    READ_DATA = "read_data"
    SHARE = "share"


class Outcome(StrEnum):
    """What came of an act."""

    DONE = "done"
    REFUSED = "refused"


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
    Kind.HELP_PLAN: marked("帮扶计划"),
    Kind.REFORM_QUESTION: marked("改革效果问题"),
    Kind.SUBSCRIPTION: marked("报告订阅"),
    Kind.MONITORING_ACTION: marked("监测行动"),
    Kind.ALERT_HANDLING: marked("预警处置"),
    Kind.IMPORT_PROFILE: marked("映射方案"),
    Kind.SUBMISSION: marked("数据报送"),
    Kind.MONTH_ASSESSMENT: marked("月评估"),
    Kind.BULLETIN: marked("季通报"),
    Kind.PUBLICATION: marked("发布记录"),
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
    Action.SIGN_IN: marked("登录"),
    Action.SIGN_OUT: marked("退出"),
    Action.OPEN: marked("打开"),
    Action.READ_AUDIT: marked("查阅操作记录"),
    Action.UNDO_LOAD: marked("撤回载入"),
    Action.ADD_ACCOUNT: marked("新增账号"),
    Action.DISABLE: marked("停用账号"),
    Action.PASSWORD: marked("设置密码"),
    Action.ASK_GRANT: marked("申请授权"),
    Action.GRANT: marked("授权"),
    Action.WITHDRAW: marked("撤回申请"),
    Action.REVOKE: marked("撤销"),
    Action.TOKEN: marked("发放令牌"),
    Action.APPROVE_DATA: marked("审定数据"),
    Action.ACCEPT_DATA: marked("接受审定"),
    Action.RETURN_DATA: marked("退回审定"),
    Action.WITHDRAW_DATA: marked("撤销审定"),
    Action.UNLOCK_DATA: marked("解锁数据"),
    Action.READ_DATA: marked("查阅载入记录"),
    Action.SHARE: marked("改谁能看"),
}
OUTCOME_LABELS = {Outcome.DONE: marked("完成"), Outcome.REFUSED: marked("被拒绝")}
FOR_SOME = frozenset({Kind.SCENARIO, Kind.SCHEME, Kind.RESULT, Kind.AGENDA, Kind.DECISION, Kind.NOTE})
"""Kinds with an audience; of the others services say who reads them (settings, reports, actions about units)."""
OF_ITS_SCOPE = FOR_SOME - {Kind.AGENDA, Kind.NOTE}
"""Kinds that only those change who see all that their owner does; to an agenda others hand in, a note they answer."""
OF_ALL_COUNTIES = frozenset({Kind.INDICATOR, Kind.SETTING, Kind.IMPORT_PROFILE})
"""Kinds that all counties of a database share: definitions and settings. Of every other kind each county has its own."""
APPROVED_BEFORE_FROZEN = frozenset({Kind.SCHEME, Kind.MONTH_ASSESSMENT, Kind.BULLETIN})
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
    """A document with what its newest version says; ``copied_from`` is (document id, version) of the original of a copy.

    ``owner`` is an account, None: written without sign-in; ``communities`` are the owner's, None: the whole county. ``county`` is the
    code of the county that it is of; None: written while there was one, or of all.
    """

    document_id: str
    kind: Kind
    name: str
    created_at: datetime.datetime
    archived_at: datetime.datetime | None
    copied_from: tuple[str, int] | None
    owner: str | None
    audience: Audience
    communities: frozenset[str] | None
    county: str | None
    newest: VersionInfo


@dataclass(frozen=True)
class AuditEntry:
    """Who did, or was refused, what when from where.

    ``actor`` and ``account`` None mean not signed in; ``subject`` names a document, a page, a package, a file or an account.
    """

    entry_id: int
    at: datetime.datetime
    actor: str | None
    action: Action
    subject: str
    details: dict[str, JsonValue] = field(hash=False)
    app_version: str
    account: str | None = None
    address: str | None = None
    result: str = Outcome.DONE.value
