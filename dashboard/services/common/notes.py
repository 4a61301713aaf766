"""Notes pinned to a block of a page (批注): what somebody remarked under which filters, open or resolved, visible to all."""

import datetime
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.language import marked
from dashboard.services.common.addresses import AddressError, PageAddress, parse_address
from dashboard.store.scope import Scope
from dashboard.workspace import Kind, Version, Workspace, WorkspaceError
from dashboard.workspace.acting import acting
from dashboard.workspace.content import clean_line

LONGEST_NOTE = 1000
_LONGEST_BLOCK = 100


class NoteError(WorkspaceError):
    """A note that cannot be taken; nothing was written."""


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str = Field(min_length=1)
    block: str = Field(min_length=1, max_length=_LONGEST_BLOCK)
    title: str
    text: str = Field(min_length=1, max_length=LONGEST_NOTE)
    open: bool = True


@dataclass(frozen=True)
class Note:
    """A note on the block ``block`` of the page of ``address``. ``changed_by`` resolved or reopened it last."""

    note_id: str
    version: int
    address: PageAddress
    block: str
    title: str
    text: str
    open: bool
    author: str | None
    created_at: datetime.datetime
    changed_by: str | None
    changed_at: datetime.datetime


def _note(version: Version, author: str | None, created_at: datetime.datetime) -> Note | None:
    try:
        content = _Content.model_validate(version.content)
        address = parse_address(content.address)
    except (ValidationError, AddressError):
        return None
    return Note(
        version.document_id, version.version, address, content.block, content.title, content.text, content.open,
        author, created_at, version.author, version.created_at,
    )  # fmt: skip


def list_notes(workspace: Workspace, scope: Scope) -> tuple[Note, ...]:
    """Return the notes that a reader of ``scope`` may read, the latest touched first; one that cannot be read is left out.

    A note repeats what its block said: who sees a part of the county reads those on views of their communities, and their own.
    Raises ``DatabaseError``.
    """
    person = acting()
    notes = []
    for version in workspace.list_latest(Kind.NOTE):
        note = _note(version, version.author, version.created_at)
        if note is None:
            continue
        own = person is not None and note.author == person.name
        if scope.every_row or own or scope.holds_community(note.address.get("community")):
            notes.append(note)
    return tuple(notes)


def block_notes(workspace: Workspace, page: str, block: str, scope: Scope) -> tuple[Note, ...]:
    """Return the notes on one block, open ones first, then the newest, each with who wrote it and who resolved it."""
    found = [note for note in list_notes(workspace, scope) if (note.address.page, note.block) == (page, block)]
    written = [_with_writer(workspace, note) for note in found]
    return tuple(sorted(written, key=lambda note: (not note.open, -note.created_at.timestamp())))


def _with_writer(workspace: Workspace, note: Note) -> Note:
    if note.version == 1:
        return note
    first = workspace.versions(note.note_id)[-1]
    return replace(note, author=first.author, created_at=first.created_at)


def add_note(
    workspace: Workspace, text: str, *, address: PageAddress, block: str, title: str, author: str | None, data_version: int | None
) -> Note:
    """Pin ``text`` to a block under the filters of ``address``; ``title`` is what the block said then.

    Raises ``NoteError`` when the text is empty or too long.
    """
    try:
        content = _Content(address=address.text(), block=block, title=clean_line(title), text=text.strip())
    except ValidationError as error:
        raise NoteError(
            marked("批注是空的或过长（最多 {most} 字）"), marked("请修改后重试，填写的内容仍在本页"), most=LONGEST_NOTE
        ) from error
    name = clean_line(content.text)[:60] or "—"
    version = workspace.create(Kind.NOTE, name, content.model_dump(mode="json"), author=author, data_version=data_version)
    note = _note(version, version.author, version.created_at)
    assert note is not None
    return note


def set_note_open(workspace: Workspace, note: Note, *, is_open: bool, author: str | None) -> None:
    """Resolve or reopen ``note``. Raises ``ConflictError`` when somebody else did so meanwhile."""
    content = _Content(address=note.address.text(), block=note.block, title=note.title, text=note.text, open=is_open)
    workspace.save(note.note_id, content.model_dump(mode="json"), based_on=note.version, author=author)
