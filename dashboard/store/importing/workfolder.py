"""A private folder for the temporary files of one load, and the lock that keeps a second load out.

Both rest on ``flock``: the kernel drops it when the process ends, however it ends, so a killed load never blocks the next one.
The next load removes what a killed one left behind.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import DatabaseError
from dashboard.language import marked

_PREFIX = ".dashboard-load-"
_LOCK = "lock"
_ADVISORY_LOCK = 0x6469_7073_6C6F_6164


def _locked(path: Path) -> IO[str] | None:
    """Return ``path`` opened and locked, or None when somebody else holds it.

    Whoever may write the folder may lock: the file is made so, and one that another account made otherwise need only be readable.
    """
    try:
        handle = path.open("a+", encoding="utf-8")
        if os.fstat(handle.fileno()).st_uid == os.geteuid():
            writers = path.parent.stat().st_mode & 0o022
            path.chmod(0o600 | writers | writers << 1)
    except PermissionError:
        handle = path.open(encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def _remove_left_over(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            if not (folder / _LOCK).exists():
                continue
            handle = _locked(folder / _LOCK)
        except OSError:
            # Another account's; it is theirs to remove.
            continue
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
        raise _not_writable(parent) from error
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
    except PermissionError as error:
        if path.exists():
            remedy = marked("没有载入正在进行时，请管理员或那个账号删除这个文件")
            raise DatabaseError(marked("另一个账号留下的锁文件本账号打不开"), remedy, where=path.name) from error
        raise _not_writable(path.parent) from error
    except OSError as error:
        raise _not_writable(path.parent) from error
    if handle is None:
        raise load_running(database.name)
    try:
        yield
    finally:
        handle.close()


def _not_writable(folder: Path) -> DatabaseError:
    return DatabaseError(marked("数据文件夹不可写"), marked("请检查磁盘空间和文件夹权限"), where=folder.name)


def load_running(name: str) -> DatabaseError:
    """Return the error that refuses a second load of the database ``name``."""
    return DatabaseError(marked("另一个载入正在进行"), marked("请等它结束后再试"), where=name)


@contextmanager
def server_lock(engine: Engine) -> Iterator[None]:
    """Hold PostgreSQL's advisory lock for the whole load; it goes with the connection, however that ends.

    Raises ``DatabaseError`` for a server of any other kind: it can be published to and read, not loaded into.
    """
    if engine.dialect.name != "postgresql":
        raise DatabaseError(
            marked("不能载入到这种数据库"),
            marked("请载入到内置数据库或 PostgreSQL，再用 python -m dashboard publish 发布到这里"),
            where=engine.dialect.name,
        )
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        raise DatabaseError(marked("数据库连接不上"), marked("请检查数据库地址、账号和网络"), where=engine.url.database or "") from error
    with connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_LOCK}).scalar_one():
            raise load_running(engine.url.database or "")
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
