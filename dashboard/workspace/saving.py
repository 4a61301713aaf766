"""The workspace database saved while people write, and put back."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.saving import Saved, dump_postgresql, other_kind, require_rows, restore_postgresql, sha256_of
from dashboard.settings import settings
from dashboard.workspace.engine import database_url, sqlite_file
from dashboard.workspace.migration import migrate
from dashboard.workspace.schema import VERSION_TABLE, metadata

NAME = "workspace"


def _tables() -> list[str]:
    return [*metadata.tables, VERSION_TABLE]


def save_workspace(url: str, folder: Path) -> Saved:
    """Write the workspace at ``url`` into ``folder`` as it is at one moment; people go on writing. Raises ``DatabaseError``."""
    address = database_url(url)
    revision = migrate(url)
    file = sqlite_file(address)
    if file is not None:
        target = folder / "workspace.sqlite"
        rows = _copy_sqlite(file, target)
        return Saved(NAME, "sqlite", target.name, target.stat().st_size, sha256_of(target), revision, rows)
    target = folder / "workspace.pgdump"
    rows = dump_postgresql(address, target, _tables(), functions=True)
    return Saved(NAME, "postgresql", target.name, target.stat().st_size, sha256_of(target), revision, rows)


def _copy_sqlite(source: Path, target: Path) -> dict[str, int]:
    """Copy by SQLite's own online backup inside one read transaction; return the rows of each table in it."""
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=30, isolation_level=None)) as read,
            closing(sqlite3.connect(target, isolation_level=None)) as write,
        ):
            target.chmod(0o600)
            read.execute("BEGIN")
            rows = _count_sqlite(read)
            read.backup(write)
            read.execute("ROLLBACK")
            write.execute("PRAGMA journal_mode = DELETE")
        with target.open("rb") as stream:
            os.fsync(stream.fileno())
        _check_sqlite(target, rows)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(
            marked("工作数据库没有备份成"), marked("请检查磁盘空间和权限；原来的数据没有改动"), where=source.name
        ) from error
    return rows


def _count_sqlite(connection: sqlite3.Connection) -> dict[str, int]:
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in sorted(there & set(_tables()))}  # noqa: S608


def _check_sqlite(file: Path, wanted: dict[str, int]) -> None:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("integrity check")
        require_rows(_count_sqlite(connection), wanted, file.name)


def restore_workspace(saved: Saved, folder: Path, *, upgrade: bool = True) -> None:
    """Put a saved workspace in the place of that of the settings; ``upgrade`` brings it to this program's revision.

    Stop the server first: what is written meanwhile is lost. A file that was there is kept beside itself as ``….before-restore``.
    Raises ``DatabaseError`` with the old workspace in its place.
    """
    address = database_url(settings().workspace_database_url)
    source, file = folder / saved.file, sqlite_file(address)
    if (file is None) != (saved.kind == "postgresql"):
        raise other_kind(saved.kind)
    if file is None:
        restore_postgresql(address, source, _tables(), saved.rows)
    else:
        _place(source, file, dict(saved.rows))
    if upgrade:
        migrate()


def _place(source: Path, file: Path, wanted: dict[str, int]) -> None:
    incoming, kept = file.with_name(f"{file.name}.part"), file.with_name(f"{file.stem}.before-restore{file.suffix}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        incoming.unlink(missing_ok=True)
        _copy_sqlite(source.absolute(), incoming)
        _check_sqlite(incoming, wanted)
        if file.exists():
            # The copy takes along what still stands in the write-ahead log.
            kept.unlink(missing_ok=True)
            _copy_sqlite(file, kept)
            incoming.chmod(file.stat().st_mode & 0o777)
        incoming.replace(file)
        for suffix in ("-wal", "-shm"):
            file.with_name(f"{file.name}{suffix}").unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(marked("工作数据库没有恢复成"), marked("请检查磁盘空间和权限；原来的数据没有改动"), where=file.name) from error
