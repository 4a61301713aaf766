"""What a meeting decided, per agenda item: recorded once, revised by adding versions, never overwritten."""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.language import marked
from dashboard.services.meeting.agendas import MeetingError
from dashboard.workspace import Kind, Version, Workspace
from dashboard.workspace.content import NAME_LIMIT, clean_line

LONGEST_DECISION = 2000
LONGEST_LINE = 300
MOST_ADOPTED = 4


class State(StrEnum):
    """How far a decision has come. ``RECORDED``: nobody and no date was named, there is nothing to follow up."""

    OVERDUE = "overdue"
    OPEN = "open"
    DONE = "done"
    RECORDED = "recorded"


STATE_NAMES = {
    State.OVERDUE: marked("已逾期"),
    State.OPEN: marked("进行中"),
    State.DONE: marked("已完成"),
    State.RECORDED: marked("已记录"),
}
FIELD_NAMES = {
    "decision": marked("决定"),
    "reason": marked("理由"),
    "adopted": marked("采用的方案版本"),
    "responsible": marked("责任人"),
    "due": marked("期限"),
    "votes": marked("表决"),
    "attendance": marked("出席"),
    "done": marked("是否完成"),
    "progress": marked("进展"),
}


class Adopted(BaseModel):
    """The exact version of a scenario or scheme that was adopted, with its name at that time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    document_id: str = Field(min_length=1, max_length=100)
    version: int = Field(ge=0)
    name: str = Field(max_length=NAME_LIMIT)


class Decision(BaseModel):
    """A decision as it was written down. Which meeting and item it belongs to is kept in words too: those may change or go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agenda_id: str = Field(min_length=1, max_length=64)
    item_id: str = Field(min_length=1, max_length=32)
    agenda_title: str
    agenda_date: datetime.date
    item_title: str
    decision: str = Field(min_length=1, max_length=LONGEST_DECISION)
    reason: str = Field(default="", max_length=LONGEST_DECISION)
    adopted: tuple[Adopted, ...] = Field(default=(), max_length=MOST_ADOPTED)
    responsible: str = Field(default="", max_length=LONGEST_LINE)
    due: datetime.date | None = None
    votes: str = Field(default="", max_length=LONGEST_LINE)
    attendance: str = Field(default="", max_length=LONGEST_DECISION)
    done: bool = False
    progress: str = Field(default="", max_length=LONGEST_DECISION)

    def state(self, today: datetime.date) -> State:
        """Return how far it has come on ``today``; due today is not overdue."""
        if self.done:
            return State.DONE
        if self.due is not None and self.due < today:
            return State.OVERDUE
        return State.OPEN if self.responsible or self.due else State.RECORDED


@dataclass(frozen=True)
class SavedDecision:
    """A revision of a decision: version ``version`` of the document ``decision_id``; ``why`` says why it was revised."""

    decision_id: str
    version: int
    author: str | None
    created_at: datetime.datetime
    why: str
    decision: Decision


def decision_of(**fields: object) -> Decision:
    """Return a decision. Raises ``MeetingError`` when the decision is empty or a field is too long."""
    try:
        return Decision(**{name: value.strip() if isinstance(value, str) else value for name, value in fields.items()})
    except ValidationError as error:
        if any(problem["loc"] == ("decision",) and problem["type"] == "string_too_short" for problem in error.errors()):
            raise MeetingError(marked("没有填写决定"), marked("请写明决定的内容；填写的内容仍在本页")) from error
        raise MeetingError(
            marked("决定记录有一栏过长或不完整"),
            marked("决定、理由、出席、进展各最多 {long} 字，责任人、表决各最多 {line} 字；填写的内容仍在本页"),
            long=LONGEST_DECISION,
            line=LONGEST_LINE,
        ) from error


def _saved(version: Version) -> SavedDecision:
    try:
        decision = Decision.model_validate(version.content)
    except ValidationError as error:
        raise MeetingError(
            marked("这份决定不能读取，可能由更新的程序写成"), marked("请升级程序，或打开较早的一版"), where=version.name
        ) from error
    return SavedDecision(version.document_id, version.version, version.author, version.created_at, version.reason, decision)


def record_decision(
    workspace: Workspace, decision: Decision, *, author: str | None, over: SavedDecision | None = None, why: str = ""
) -> SavedDecision:
    """Record ``decision``, or a revision of ``over``; the earlier text stays readable for ever.

    Raises:
        MeetingError: a revision without ``why``.
        ConflictError: somebody revised it meanwhile; nothing is written.
    """
    content = decision.model_dump(mode="json")
    if over is None:
        name = clean_line(f"{decision.item_title}：{decision.decision}")[:NAME_LIMIT]
        return _saved(workspace.create(Kind.DECISION, name, content, author=author))
    if not why.strip():
        raise MeetingError(marked("没有说明为何修改"), marked("决定只增不改：请写明修改的原因，原文会保留"))
    return _saved(workspace.save(over.decision_id, content, based_on=over.version, author=author, reason=why))


def list_decisions(workspace: Workspace, *, agenda_id: str | None = None) -> tuple[SavedDecision, ...]:
    """Return the newest revision of every decision, of one agenda where given, the latest written first. Raises ``DatabaseError``."""
    found = []
    for version in workspace.list_latest(Kind.DECISION):
        try:
            saved = _saved(version)
        except MeetingError:
            continue
        if agenda_id in (None, saved.decision.agenda_id):
            found.append(saved)
    return tuple(found)


def decision_history(workspace: Workspace, decision_id: str) -> tuple[SavedDecision, ...]:
    """Return every revision of a decision, the newest first. Raises ``MissingDocumentError``."""
    return tuple(_saved(workspace.version(decision_id, info.version)) for info in workspace.versions(decision_id))


def changed_fields(before: Decision, after: Decision) -> tuple[str, ...]:
    """Return the names of the fields that a revision changed, in the order of ``FIELD_NAMES``."""
    return tuple(name for name in FIELD_NAMES if getattr(before, name) != getattr(after, name))
