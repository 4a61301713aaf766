"""A private folder for the temporary files of one load, and the lock that keeps a second load out.

Both rest on ``flock``: the kernel drops it when the process ends, however it ends, so a killed load never blocks the next one.
The next load removes what a killed one left behind.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dashboard.errors import DatabaseError
from dashboard.language import marked

_PREFIX = ".dashboard-load-"
_LOCK = "lock"


def _locked(path: Path) -> IO[str] | None:
    """Return ``path`` opened and locked, or None when somebody else holds it."""
    handle = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def _remove_left_over(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        if not (folder / _LOCK).exists():
            continue
        handle = _locked(folder / _LOCK)
        if handle is not None:
            shutil.rmtree(folder, ignore_errors=True)
            handle.close()


@contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """Yield a new folder in ``parent`` that is removed at the end; first remove those of killed loads.

    Raises ``DatabaseError`` when ``parent`` cannot be written.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_left_over(parent)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    except OSError as error:
        raise DatabaseError(marked("数据文件夹不可写"), marked("请检查磁盘空间和文件夹权限"), where=parent.name) from error
    handle = _locked(folder / _LOCK)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            handle.close()


@contextmanager
def single_load(database: Path) -> Iterator[None]:
    """Hold the load lock of an embedded database. Raises ``DatabaseError`` when another load holds it."""
    path = database.with_name(f"{database.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _locked(path)
    except OSError as error:
        raise DatabaseError(marked("数据文件夹不可写"), marked("请检查磁盘空间和文件夹权限"), where=path.parent.name) from error
    if handle is None:
        raise load_running(database.name)
    try:
        yield
    finally:
        handle.close()


def load_running(name: str) -> DatabaseError:
    """Return the error that refuses a second load of the database ``name``."""
    return DatabaseError(marked("另一个载入正在进行"), marked("请等它结束后再试"), where=name)
