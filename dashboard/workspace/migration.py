"""Bring a workspace database to this program's revision: nothing but the migrations ever changes its structure."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.settings import settings
from dashboard.workspace.engine import database_url, sqlite_file, transaction, workspace_engine
from dashboard.workspace.schema import VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_KEY = 0x57_4F_52_4B
_one_at_a_time = threading.Lock()  # alembic.op is one object for the whole process


def migrate(url: str | None = None, *, migrations: Path = MIGRATIONS) -> str:
    """Create or upgrade the workspace database at ``url`` (default: the settings) and return its revision.

    Does nothing when it is up to date; safe when several processes start at once; whole or not at all. A SQLite file that has
    content is copied beside itself before an upgrade (``workspace.0001.sqlite`` is the file as revision 0001 left it).
    ``migrations`` is the folder of the migrations (another one only in tests).

    Raises ``DatabaseError`` when the database cannot be reached or written, or was made by a newer program.
    """
    address = database_url(url or settings().workspace_database_url)
    script = ScriptDirectory(str(migrations))
    _make_folder(address)
    engine = workspace_engine(address, foreign_keys=False, create=True)
    try:
        with transaction(engine, writes=False) as connection:
            if _checked_revision(connection, script) == script.get_current_head():
                return str(script.get_current_head())
        with _one_at_a_time:
            _use_write_ahead_log(address)
            with transaction(engine, writes=True) as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
                _upgrade(connection, script, address)
    finally:
        engine.dispose()
    return str(script.get_current_head())


def _upgrade(connection: Connection, script: ScriptDirectory, address: URL) -> None:
    """Upgrade inside the transaction of ``connection``, which holds the lock. Another process may have been faster."""
    revision = _checked_revision(connection, script)
    if revision == script.get_current_head():
        return
    if revision is not None:
        _keep_copy(address, revision)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", script.dir.replace("%", "%%"))
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise DatabaseError(marked("工作数据库升级后引用不完整，已全部撤回"), marked("数据没有改动；请把数据库文件和程序版本告诉维护人员"))


def _checked_revision(connection: Connection, script: ScriptDirectory) -> str | None:
    """Return the revision of the database, None for an empty one. Raises ``DatabaseError`` for one this program does not know."""
    heads = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()
    if not heads:
        return None
    try:
        script.get_revisions(heads)
    except CommandError as error:
        raise DatabaseError(
            marked("工作数据库来自更新版本的程序，本程序不能打开"),
            marked("请升级程序后再启动；数据没有改动"),
            where=", ".join(heads),
        ) from error
    return heads[0]


def _make_folder(address: URL) -> None:
    file = sqlite_file(address)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            marked("不能建立工作数据库所在的文件夹"),
            marked("请检查磁盘和权限，或用 WORKSPACE_DATABASE_URL 指定别处"),
            where=file.parent.name,
        ) from error


def _use_write_ahead_log(address: URL) -> None:
    """Let readers go on while somebody writes. The setting stays in the file; where a disk cannot, SQLite keeps its old way."""
    file = sqlite_file(address)
    if file is None:
        return
    try:
        with closing(sqlite3.connect(file, timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        raise _unusable(file) from error


def _keep_copy(address: URL, revision: str) -> None:
    """Copy a SQLite file as it is before its upgrade; a server's backups are its administrator's."""
    file = sqlite_file(address)
    if file is None:
        return
    target = file.with_name(f"{file.stem}.{revision}{file.suffix}")
    unfinished = target.with_name(f"{target.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(file, timeout=30)) as connection:
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        unfinished.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(file) from error


def _unusable(file: Path) -> DatabaseError:
    return DatabaseError(
        marked("工作数据库文件不能使用"), marked("请检查磁盘空间、权限，以及它是否真是工作数据库；数据没有改动"), where=file.name
    )
