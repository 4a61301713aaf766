"""Where uploaded files lie until they are checked and loaded: a private folder on disk for each session, bounded, gone when done with.

A file is written under a name of its own while it arrives and gets its name when it is whole: a line that breaks leaves nothing. The
folder is known by a token that only the page of its session was told.
"""

import secrets
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from dashboard.errors import PackageError
from dashboard.language import marked
from dashboard.services.common.clock import today
from dashboard.settings import settings
from dashboard.store.importing.findings import visible

_PREFIX = "dashboard-upload-"
_IDLE_SECONDS = 4 * 3600
_LEFT_OVER_SECONDS = 24 * 3600
_MOST_FILES = 200
_NAME_BYTES = 200
_SUFFIXES = (".csv", ".xlsx", ".zip", ".yaml")

_lock = threading.Lock()
_open: dict[str, "Inbox"] = {}


@dataclass
class Inbox:
    """The folder of one session; ``session`` is the number of who is signed in, None where nobody is."""

    token: str
    session: str | None
    folder: Path
    name: str
    used: float = field(default_factory=time.monotonic)

    @property
    def uploaded(self) -> Path:
        """Where whole files lie; a load of several is called by the folder's name."""
        return self.folder / self.name

    def files(self) -> list[tuple[str, int]]:
        """Return names and sizes in bytes of the files that are whole."""
        return sorted((path.name, path.stat().st_size) for path in self.uploaded.iterdir())

    def source(self) -> Path:
        """Return what is to be loaded: the one zip, or the folder."""
        files = [self.uploaded / name for name, _size in self.files()]
        return files[0] if len(files) == 1 and files[0].suffix.lower() == ".zip" else self.uploaded

    def put(self, name: str, content: bytes) -> None:
        """Add a whole file. Raises ``PackageError`` for what is not taken."""
        with Arriving(self, name) as arriving:
            arriving.write(content)

    def remove(self, name: str) -> None:
        """Take a file out."""
        (self.uploaded / PurePosixPath(name).name).unlink(missing_ok=True)

    def scratch(self) -> Path:
        """Return a new empty folder for what is made of the files."""
        return Path(tempfile.mkdtemp(prefix="made-", dir=self.folder))

    def close(self) -> None:
        """Forget the folder and all in it."""
        with _lock:
            _open.pop(self.token, None)
        shutil.rmtree(self.folder, ignore_errors=True)


def refused(what: str, name: str, remedy: str, **details: object) -> PackageError:
    """Return why an uploaded file is not taken."""
    return PackageError(what, remedy, where=visible(name), **details)


class Arriving:
    """A file on its way into an inbox: written in pieces, named when whole, gone when the line breaks. A context manager."""

    def __init__(self, inbox: Inbox, name: str) -> None:
        self._inbox = inbox
        self._name = _clean_name(name)
        others = [size for other, size in inbox.files() if other != self._name]
        if len(others) >= _MOST_FILES:
            raise refused(marked("文件太多，最多 {limit} 个"), name, marked("请压缩成一个 zip"), limit=_MOST_FILES)
        self._room = settings().upload_megabytes * 2**20 - sum(others)
        self._part = inbox.folder / f"arriving-{secrets.token_hex(8)}"
        self._sink: BinaryIO | None = None
        self._whole = False

    def __enter__(self) -> "Arriving":
        self._sink = self._part.open("wb")
        return self

    def write(self, block: bytes) -> None:
        """Write the next piece. Raises ``PackageError`` when the session's room is used up."""
        assert self._sink is not None
        self._room -= len(block)
        if self._room < 0:
            raise refused(
                marked("上传超过了每次会话的上限 {limit} MB"), self._name, marked("请分几次载入，或用命令行：python -m dashboard load"),
                limit=settings().upload_megabytes,
            )  # fmt: skip
        self._sink.write(block)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._sink is not None
        self._sink.close()
        if kind is None:
            self._part.replace(self._inbox.uploaded / self._name)
            self._inbox.used = time.monotonic()
        else:
            self._part.unlink(missing_ok=True)


def _clean_name(name: str) -> str:
    clean = PurePosixPath(name.replace("\\", "/")).name
    if not clean or clean.startswith(".") or not clean.isprintable() or len(clean.encode(errors="replace")) > _NAME_BYTES:
        raise refused(marked("文件名不能用"), name, marked("请改成普通的文件名，不超过 60 个汉字"))
    if PurePosixPath(clean).suffix.lower() not in _SUFFIXES:
        raise refused(marked("文件类型不支持：只接受 CSV、XLSX、zip 和 package.yaml"), name, marked("旧的 XLS 请另存为 XLSX"))
    return clean


def open_inbox(session: str | None) -> Inbox:
    """Return a new inbox; those that nobody has used for hours are removed, and what an ended process left."""
    now = time.monotonic()
    with _lock:
        old = [each for each in _open.values() if now - each.used > _IDLE_SECONDS]
    for each in old:
        each.close()
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    inbox = Inbox(secrets.token_urlsafe(24), session, folder, f"{today():%Y-%m-%d} 上传")
    inbox.uploaded.mkdir()
    with _lock:
        _open[inbox.token] = inbox
    return inbox


def _sweep() -> None:
    """Remove folders that another, ended process left behind."""
    with _lock:
        mine = {each.folder for each in _open.values()}
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if folder not in mine and time.time() - folder.stat().st_mtime > _LEFT_OVER_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def find_inbox(token: str, session: str | None) -> Inbox | None:
    """Return the inbox of ``token`` when it is this session's; None for any other."""
    with _lock:
        found = _open.get(token)
    return found if found is not None and found.session == session else None
