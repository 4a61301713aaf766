"""The tray: reports that institutions submit, checked, and kept until the data manager takes them over or hands them back."""

import hashlib
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, JsonValue

from dashboard.services.common.identity import Identity
from dashboard.services.common.kept import Kept, keep, list_kept
from dashboard.services.data.inbox import Inbox, open_inbox
from dashboard.services.data.loading import Checked, copy_files
from dashboard.settings import settings
from dashboard.workspace import Kind, Workspace
from dashboard.workspace.content import clean_reason

State = Literal["waiting", "taken", "returned"]


class Submission(BaseModel):
    """What the workspace knows of a submission; its files lie in the folder of submissions under ``place``."""

    place: str
    files: dict[str, str]
    profile: str = ""
    rows: int
    warnings: int
    reporters: tuple[str, ...]
    periods: tuple[str, ...]
    note: str = ""
    state: State = "waiting"
    answer: str = ""
    load_id: int | None = None


@dataclass(frozen=True)
class Tray:
    """What waits, oldest first, and what was settled, newest first."""

    waiting: tuple[Kept[Submission], ...]
    settled: tuple[Kept[Submission], ...]


def _folder(place: str) -> Path:
    return settings().submissions_folder / place


def _checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def submit(workspace: Workspace, inbox: Inbox, checked: Checked, reader: Identity, note: str) -> Kept[Submission]:
    """Put what was checked into the tray. Raises ``WorkspaceError``, ``DatabaseError``; nothing is kept then."""
    place = uuid.uuid4().hex
    copy_files(inbox.uploaded, _folder(place))
    periods = sorted({f"{day:%Y-%m}" for day in checked.difference["period"].dropna()})
    content = Submission(
        place=place,
        files={path.name: _checksum(path) for path in sorted(_folder(place).iterdir())},
        profile=checked.profile,
        rows=checked.report.row_count,
        warnings=checked.report.warning_count,
        reporters=tuple(sorted(set(checked.difference["reporter"].astype(str)))),
        periods=tuple(periods),
        note=clean_reason(note, required=False),
    )
    try:
        return keep(workspace, Kind.SUBMISSION, f"{'、'.join(content.reporters)} {' '.join(periods)}", content, author=reader.name or None)
    except BaseException:
        shutil.rmtree(_folder(place), ignore_errors=True)
        raise


def tray(workspace: Workspace, author: str | None = None) -> Tray:
    """Return the tray, or only what ``author`` put into it. Raises ``DatabaseError``."""
    found = [each for each in list_kept(workspace, Kind.SUBMISSION, Submission) if author is None or _submitted_by(workspace, each, author)]
    waiting = sorted((each for each in found if each.content.state == "waiting"), key=lambda each: each.created_at)
    return Tray(tuple(waiting), tuple(each for each in found if each.content.state != "waiting"))


def _submitted_by(workspace: Workspace, each: Kept[Submission], author: str) -> bool:
    return workspace.version(each.document_id, 1).author == author


def take_over(submission: Kept[Submission], session: str | None) -> Inbox:
    """Return an inbox with the files of a submission, as if the data manager had uploaded them. Raises OSError when they are gone."""
    inbox = open_inbox(session)
    copy_files(_folder(submission.content.place), inbox.uploaded)
    return inbox


def settle(workspace: Workspace, submission: Kept[Submission], reader: Identity, *, load_id: int | None, answer: str = "") -> None:
    """Note that a submission was loaded, or handed back with a word (required then); its files go. Raises ``ConflictError``."""
    state: State = "taken" if load_id is not None else "returned"
    words = clean_reason(answer, required=load_id is None)
    content = submission.content.model_copy(update={"state": state, "answer": words, "load_id": load_id})
    keep(workspace, Kind.SUBMISSION, "", content, author=reader.name or None, over=submission)
    shutil.rmtree(_folder(submission.content.place), ignore_errors=True)


def facts(submission: Kept[Submission]) -> dict[str, JsonValue]:
    """Return what the audit entry of the load says about where it came from."""
    return {"submission": submission.document_id, "submitted_by": submission.author}
