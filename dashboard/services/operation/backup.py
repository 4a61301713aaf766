"""Backups of both databases: written while they are used, verified after writing, so many kept.

One backup is one folder ``YYYYMMDD-HHMMSS`` (the county's time) with a file a database and ``manifest.json``, written last: a folder
without one is not a backup. It has the mode 0700: what is in it is as confidential as the databases.
"""

import datetime
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from dashboard import __version__
from dashboard.errors import DatabaseError
from dashboard.formatting import moment
from dashboard.language import marked
from dashboard.saving import Saved, sha256_of
from dashboard.settings import settings
from dashboard.store import saving as reporting
from dashboard.workspace import saving as workspace

MANIFEST = "manifest.json"
FORMAT = 1
_UNFINISHED = ".part"


@dataclass(frozen=True)
class Backup:
    """A finished backup: its folder, when it was made (UTC), by which program, and what it holds."""

    folder: Path
    made_at: datetime.datetime
    program: str
    databases: tuple[Saved, ...]
    not_saved: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """All bytes."""
        return sum(each.size for each in self.databases)


def _named(made_at: datetime.datetime) -> str:
    return moment(made_at, seconds=True).replace("-", "").replace(":", "").replace(" ", "-")


def make_backup(parent: Path, keep: int | None = None) -> Backup:
    """Write both databases of the settings into a new folder in ``parent``; then leave only the ``keep`` newest there (None: all).

    Older ones are removed only after the new one was read again and found right. Raises ``DatabaseError`` with nothing left behind.
    """
    made_at = datetime.datetime.now(datetime.UTC)
    name = _named(made_at)
    unfinished = parent / f"{name}{_UNFINISHED}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
    except OSError as error:
        raise _no_place(parent) from error
    try:
        saved = reporting.save_reporting(settings().reporting_database_url, unfinished)
        databases = tuple(each for each in (saved, workspace.save_workspace(settings().workspace_database_url, unfinished)) if each)
        not_saved = () if saved else (reporting.NAME,)
        made = Backup(parent / name, made_at, __version__, databases, not_saved)
        _write_manifest(unfinished, made)
        verify_backup(unfinished)
        unfinished.rename(made.folder)
    except OSError as error:
        raise _no_place(parent) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    if keep is not None:
        for each in backups_in(parent)[max(keep, 1) :]:
            shutil.rmtree(each.folder, ignore_errors=True)
    return made


def _no_place(parent: Path) -> DatabaseError:
    return DatabaseError(marked("备份写不进这个文件夹"), marked("请检查磁盘空间和权限，或换一个文件夹"), where=parent.name)


def _write_manifest(folder: Path, made: Backup) -> None:
    content = {
        "format": FORMAT,
        "made_at": made.made_at.isoformat(),
        "program": made.program,
        "databases": [asdict(each) for each in made.databases],
        "not_saved": list(made.not_saved),
    }
    file = folder / MANIFEST
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    file.chmod(0o600)


def read_backup(folder: Path) -> Backup:
    """Return what the backup in ``folder`` says of itself. Raises ``DatabaseError`` when it is none, or of a newer program."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if int(content["format"]) > FORMAT:
            raise DatabaseError(marked("备份来自更新版本的程序"), marked("请用那个版本的程序恢复"), where=folder.name)
        databases = tuple(Saved(**each) for each in content["databases"])
        made_at = datetime.datetime.fromisoformat(content["made_at"])
        safe = all(Path(each.file).name == each.file for each in databases)
        if not safe:
            raise ValueError("a file outside of the folder")
        return Backup(folder, made_at, str(content["program"]), databases, tuple(content["not_saved"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatabaseError(
            marked("这个文件夹不是完整的备份"), marked("请给出 backup 建立的文件夹(里面有 manifest.json)"), where=folder.name
        ) from error


def verify_backup(folder: Path) -> Backup:
    """Read every file of a backup again and compare it with its checksum. Raises ``DatabaseError``."""
    found = read_backup(folder)
    for each in found.databases:
        file = folder / each.file
        if not file.is_file() or file.stat().st_size != each.size or sha256_of(file) != each.sha256:
            raise DatabaseError(marked("备份与它的校验值不符"), marked("请换一份备份；原来的数据没有改动"), where=each.file)
    return found


def backups_in(parent: Path) -> tuple[Backup, ...]:
    """Return the finished backups in ``parent``, newest first; what is none is passed over."""
    found = []
    for folder in parent.iterdir() if parent.is_dir() else ():
        if folder.is_dir() and not folder.name.endswith(_UNFINISHED) and (folder / MANIFEST).is_file():
            try:
                found.append(read_backup(folder))
            except DatabaseError:
                continue
    return tuple(sorted(found, key=lambda each: each.made_at, reverse=True))


def chosen_backup(folder: Path) -> Backup:
    """Return the backup in ``folder``, or the newest of those in it; verified. Raises ``DatabaseError``."""
    if (folder / MANIFEST).is_file():
        return verify_backup(folder)
    newest = backups_in(folder)
    if not newest:
        raise DatabaseError(marked("文件夹里没有备份"), marked("请给出 backup 建立的文件夹"), where=folder.name)
    return verify_backup(newest[0].folder)


def restore_backup(backup: Backup, names: frozenset[str], *, upgrade: bool = True) -> tuple[str, ...]:
    """Put the databases ``names`` of a verified backup in the place of those of the settings; return which were.

    ``upgrade`` brings them to this program's structure; off, they are as saved, for the program that saved them.
    Stop the web server first: what people write to the workspace meanwhile is lost. Raises ``DatabaseError``.
    """
    done = []
    for saved in backup.databases:
        if saved.database not in names:
            continue
        restore = reporting.restore_reporting if saved.database == reporting.NAME else workspace.restore_workspace
        restore(saved, backup.folder, upgrade=upgrade)
        done.append(saved.database)
    return tuple(done)
