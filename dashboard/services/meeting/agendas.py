"""Meeting agendas: what is shown and decided, in which order. Saved as versions in the workspace, nothing is ever overwritten.

Other pages hand in items with ``submit`` (drawn by ``ui/frame/submit.py``); reports read an agenda with ``read_agenda``.
"""

import datetime
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dashboard.language import marked
from dashboard.services.common.addresses import PageAddress, parse_address
from dashboard.services.common.clock import today
from dashboard.workspace import ConflictError, Kind, Version, Workspace, WorkspaceError
from dashboard.workspace.content import clean_line

ItemKind = Literal["page", "scenarios", "scheme", "text"]
MOST_ITEMS = 60
MOST_SCENARIOS = 4
LONGEST_TITLE = 120
LONGEST_NOTE = 1000
LONGEST_TEXT = 8000
_SUBMIT_ATTEMPTS = 5

KIND_NAMES = {
    "page": marked("页面"),
    "scenarios": marked("推演方案对比"),
    "scheme": marked("评价结果"),
    "text": marked("文字"),
}


class MeetingError(WorkspaceError):
    """An agenda, an item or a decision that cannot be taken as it is; nothing was written."""


def _new_id() -> str:
    return uuid.uuid4().hex[:12]


class AgendaItem(BaseModel):
    """One item of an agenda. Make one with ``page_item``, ``scenarios_item``, ``scheme_item`` or ``text_item``.

    Of ``address`` (a page with its filters), ``scenario_ids`` (saved insurance scenarios, up to four), ``document_id`` (a frozen result,
    a saved scheme, or ``file:<name>`` for a delivered scheme) and ``text`` (Markdown, no HTML) the one of its kind is filled; scenarios
    and schemes may carry an ``address`` too, for the filters that they are shown under. ``item_id`` stays the same through all versions:
    decisions refer to it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: str = Field(default_factory=_new_id, pattern=r"^[a-z0-9]{6,32}$")
    kind: ItemKind
    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    note: str = Field(default="", max_length=LONGEST_NOTE)
    address: str = ""
    scenario_ids: tuple[str, ...] = Field(default=(), max_length=MOST_SCENARIOS)
    document_id: str = Field(default="", max_length=100)
    text: str = Field(default="", max_length=LONGEST_TEXT)

    @model_validator(mode="after")
    def _content_of_its_kind(self) -> "AgendaItem":
        filled = {"page": self.address, "scenarios": self.scenario_ids, "scheme": self.document_id, "text": self.text.strip()}
        others = [content for kind, content in filled.items() if kind not in (self.kind, "page")]
        if not filled[self.kind] or any(others) or (self.kind == "text" and self.address):
            raise ValueError("content does not fit the kind")
        if len(set(self.scenario_ids)) != len(self.scenario_ids):
            raise ValueError("a scenario twice")
        return self

    def page(self) -> PageAddress:
        """Return page and filters of an item that has an ``address``.

        Raises ``AddressError`` for a page that this version of the product does not have.
        """
        return parse_address(self.address)


class Agenda(BaseModel):
    """What a meeting goes through."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    date: datetime.date
    items: tuple[AgendaItem, ...] = Field(default=(), max_length=MOST_ITEMS)

    @model_validator(mode="after")
    def _items_are_told_apart(self) -> "Agenda":
        if len({item.item_id for item in self.items}) != len(self.items):
            raise ValueError("two items of one id")
        return self

    def item(self, item_id: str) -> AgendaItem | None:
        """Return the item with ``item_id``, None when it is no longer there."""
        return next((item for item in self.items if item.item_id == item_id), None)


@dataclass(frozen=True)
class SavedAgenda:
    """An agenda as it lies in the workspace: version ``version`` of the document ``agenda_id``."""

    agenda_id: str
    version: int
    author: str | None
    created_at: datetime.datetime
    agenda: Agenda


def _item(kind: ItemKind, title: str, note: str, **content: object) -> AgendaItem:
    try:
        return AgendaItem(kind=kind, title=clean_line(title), note=note.strip(), **content)
    except ValidationError as error:
        raise _not_acceptable(error) from error


def _not_acceptable(error: ValidationError) -> MeetingError:
    fields = {str(part) for problem in error.errors() for part in problem["loc"]}
    if "title" in fields:
        return MeetingError(marked("标题是空的或过长（最多 {most} 字）"), marked("请修改标题"), most=LONGEST_TITLE)
    if "items" in fields:
        return MeetingError(marked("议程最多 {most} 项"), marked("请分成两次会议，或删去一些议题"), most=MOST_ITEMS)
    if "note" in fields or "text" in fields:
        return MeetingError(marked("文字过长（正文最多 {text} 字，说明最多 {note} 字）"), marked("请缩短后重试，填写的内容仍在本页"),
                            text=LONGEST_TEXT, note=LONGEST_NOTE)  # fmt: skip
    return MeetingError(marked("议题内容不完整"), marked("请选择页面、1 至 {most} 个方案、一个评价方案，或填写正文"), most=MOST_SCENARIOS)


def page_item(title: str, address: str, *, note: str = "", hosts: Collection[str] = ()) -> AgendaItem:
    """Return an item that shows a page under the filters of ``address``, a link of this product (see ``parse_address``).

    Raises:
        AddressError: the link leads nowhere in this product. MeetingError: the title is empty or something is too long.
    """
    return _item("page", title, note, address=parse_address(address, hosts=hosts).text())


def scenarios_item(title: str, scenario_ids: Sequence[str], *, note: str = "", address: str = "") -> AgendaItem:
    """Return an item that compares up to four saved insurance scenarios, by document id, under the filters of ``address``.

    Raises ``MeetingError``, ``AddressError``.
    """
    return _item("scenarios", title, note, scenario_ids=tuple(scenario_ids), address=_canonical(address))


def scheme_item(title: str, document_id: str, *, note: str = "", address: str = "") -> AgendaItem:
    """Return an item that shows the ranking of a frozen result or of a scheme (``SchemeChoice.key``) under the filters of ``address``.

    Raises ``MeetingError``, ``AddressError``.
    """
    return _item("scheme", title, note, document_id=document_id, address=_canonical(address))


def _canonical(address: str) -> str:
    return parse_address(address).text() if address else ""


def text_item(title: str, text: str, *, note: str = "") -> AgendaItem:
    """Return an item of free text in Markdown. Raises ``MeetingError``."""
    return _item("text", title, note, text=text)


def agenda_of(title: str, date: datetime.date, items: Sequence[AgendaItem] = ()) -> Agenda:
    """Return an agenda. Raises ``MeetingError`` for an empty or long title, or too many items."""
    try:
        return Agenda(title=clean_line(title), date=date, items=tuple(items))
    except ValidationError as error:
        raise _not_acceptable(error) from error


def _saved(version: Version) -> SavedAgenda:
    try:
        agenda = Agenda.model_validate(version.content)
    except ValidationError as error:
        raise MeetingError(
            marked("这份议程不能读取，可能由更新的程序写成"), marked("请升级程序，或打开较早的一版"), where=version.name
        ) from error
    return SavedAgenda(version.document_id, version.version, version.author, version.created_at, agenda)


def list_agendas(workspace: Workspace, *, archived: bool = False) -> tuple[SavedAgenda, ...]:
    """Return the agendas, the latest meeting first; with ``archived`` only those put away. What cannot be read is left out.

    Raises ``DatabaseError``.
    """
    kept = {document.document_id for document in workspace.list_documents(Kind.AGENDA)}
    found = []
    for version in workspace.list_latest(Kind.AGENDA, include_archived=archived):
        if (version.document_id in kept) == archived:
            continue
        try:
            found.append(_saved(version))
        except MeetingError:
            continue
    return tuple(sorted(found, key=lambda each: (each.agenda.date, each.created_at), reverse=True))


def read_agenda(workspace: Workspace, agenda_id: str, version: int | None = None) -> SavedAgenda:
    """Return an agenda, its newest version by default.

    Raises:
        MissingDocumentError: there is none, for instance behind a link that was edited by hand.
        MeetingError: it was written by a newer program.
    """
    found = workspace.latest(agenda_id) if version is None else workspace.version(agenda_id, version)
    if found.kind is not Kind.AGENDA:
        raise MeetingError(marked("这份内容不是会议议程"), marked("请从列表中重新选择"))
    return _saved(found)


def save_agenda(
    workspace: Workspace, agenda: Agenda, *, author: str | None, over: SavedAgenda | None = None, reason: str = ""
) -> SavedAgenda:
    """Save ``agenda`` as a new document, or as the next version of ``over``, the version that the writer had on screen.

    Raises:
        ConflictError: somebody saved meanwhile, nothing is written; see ``merge_agendas``.
        WorkspaceError: the title is not acceptable.
    """
    content = agenda.model_dump(mode="json")
    if over is None:
        return _saved(workspace.create(Kind.AGENDA, agenda.title, content, author=author, reason=reason))
    saved = _saved(workspace.save(over.agenda_id, content, based_on=over.version, author=author, reason=reason))
    if agenda.title != over.agenda.title:
        workspace.rename(over.agenda_id, agenda.title, actor=author)
    return saved


def submit(
    workspace: Workspace, item: AgendaItem, *, agenda_id: str | None, author: str | None, title: str = "", date: datetime.date | None = None
) -> SavedAgenda:
    """Append ``item`` to the agenda ``agenda_id``; None makes a new agenda of ``title`` and ``date`` (default: today).

    Somebody who edits the same agenda meanwhile is no obstacle: appending to the newest version loses nothing of theirs. An item that
    is there already (a button pressed twice) is not added again.

    Raises:
        MeetingError: the agenda is full, or the new title is not acceptable. MissingDocumentError: no such agenda.
    """
    if agenda_id is None:
        return save_agenda(workspace, agenda_of(title, date or today(), [item]), author=author)
    for attempt in range(_SUBMIT_ATTEMPTS):
        newest = read_agenda(workspace, agenda_id)
        if newest.agenda.item(item.item_id):
            return newest
        longer = agenda_of(newest.agenda.title, newest.agenda.date, [*newest.agenda.items, item])
        try:
            return save_agenda(workspace, longer, author=author, over=newest)
        except ConflictError:
            if attempt == _SUBMIT_ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")
