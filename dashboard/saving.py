"""What saving a database and putting it back need, whichever it is: files with their checksums, PostgreSQL's own tools, rows counted.

Nothing is believed that was not read again: a copy counts as made when what stands on the disk has the checksum of what was written.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, func, select, table, text
from sqlalchemy.exc import SQLAlchemyError

from dashboard.connecting import prompt_arguments
from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.settings import settings

_BLOCK = 1 << 20
_TOOL_SECONDS = 6 * 3600
_RELATIONS = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'v', 'm', 'p', 'f')"
)
OUR_FUNCTIONS = "workspace_"
"""How the names of the functions that this product makes begin: a schema may be shared with other programs."""


@dataclass(frozen=True)
class Saved:
    """One database in a backup: ``rows`` counts each table as it was at the moment of the backup, ``size`` is in bytes."""

    database: str
    kind: str
    file: str
    size: int
    sha256: str
    version: str
    rows: Mapping[str, int] = field(default_factory=dict)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of what stands in ``file``."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def copy_checked(source: Path, target: Path) -> str:
    """Copy ``source`` as it is when it is opened, bring it to the disk, read it again; return its SHA-256.

    A file that is replaced meanwhile (as a load does) is copied as it was. Raises ``DatabaseError`` when the copy is not the same.
    """
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as write:
        target.chmod(0o600)
        while block := read.read(_BLOCK):
            digest.update(block)
            write.write(block)
        write.flush()
        os.fsync(write.fileno())
    if sha256_of(target) != digest.hexdigest():
        raise not_the_same(target.name)
    return digest.hexdigest()


def not_the_same(where: str) -> DatabaseError:
    """Return the error for a copy that does not hold what it should."""
    return DatabaseError(marked("写下的与读到的不一致"), marked("磁盘可能有问题，请换一个位置再试；原来的数据没有改动"), where=where)


def counted(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Return the number of rows of each table of ``names``."""
    return {name: int(connection.execute(select(func.count()).select_from(table(name))).scalar_one()) for name in sorted(names)}


def require_rows(found: Mapping[str, int], wanted: Mapping[str, int], where: str) -> None:
    """Raise ``DatabaseError`` when tables hold other numbers of rows than they should."""
    wrong = sorted(name for name in wanted if found.get(name) != wanted[name])
    if wrong:
        raise DatabaseError(
            marked("行数与备份时不一致：{tables}"),
            marked("没有采用，原来的数据没有改动；请换一份备份"),
            where=where,
            tables="、".join(wrong),
        )


def other_kind(kind: str) -> DatabaseError:
    """Return the error for a backup of another kind of database."""
    shown = {"duckdb": "DuckDB", "sqlite": "SQLite"}.get(kind, "PostgreSQL")
    what, remedy = marked("备份是 {kind} 的，不能放进另一种数据库"), marked("请把数据库地址改成同一种，恢复后再换")
    return DatabaseError(what, remedy, kind=shown)


# PostgreSQL --------------------------------------------------------------------------------------------------------------


def _tool(name: str) -> str:
    """Return the path of one of PostgreSQL's own programs: from PATH, or the newest of Debian's folders."""
    found = shutil.which(name)
    if found is None:
        newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
        found = str(newest[-1]) if newest else None
    if found is None:
        raise DatabaseError(
            marked("找不到 PostgreSQL 的程序 {name}"), marked("请安装 PostgreSQL 客户端，版本不低于服务器，并让它在 PATH 里"), name=name
        )
    return found


def _run(url: URL, name: str, *arguments: str) -> str:
    """Run one of PostgreSQL's programs and return what it printed; the password goes by the environment, where nobody lists it."""
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    command = [_tool(name), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 our own arguments
            command, env=environment, check=True, capture_output=True, text=True, timeout=_TOOL_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or ""
        failure = DatabaseError(
            marked("PostgreSQL 的程序 {name} 没有完成"), marked("请检查数据库地址、账号、权限和磁盘空间；原来的数据没有改动"), name=name
        )
        failure.add_note(said if isinstance(said, str) else "")
        raise failure from error
    return done.stdout


def _address(url: URL) -> str:
    """Return ``url`` for PostgreSQL's programs, without the password."""
    return url.set(drivername="postgresql", password=None).render_as_string()


def plain_engine(url: URL) -> Engine:
    """Return an engine without the time limits of one that a reader waits for."""
    arguments = prompt_arguments(settings().database_seconds) if url.get_backend_name() == "postgresql" else {}
    return create_engine(url, connect_args=arguments)


def dump_postgresql(url: URL, target: Path, tables: Iterable[str], *, functions: bool = False) -> dict[str, int]:
    """Write ``tables`` of the current schema into PostgreSQL's own archive ``target`` while they are in use; return their rows.

    ``functions`` takes the functions of the schema along, which triggers need. Rows are counted in the very snapshot that is written.
    Raises ``DatabaseError``.
    """
    engine = plain_engine(url)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            schema = str(connection.execute(text("SELECT current_schema()")).scalar_one())
            there = set(connection.execute(text(_RELATIONS)).scalars())
            rows = counted(connection, there & set(tables))
            if functions:
                chosen = ["--schema", _quoted(schema), *(f"--exclude-table={_quoted(schema)}.{_named(name)}" for name in there - set(rows))]
            else:
                chosen = [f"--table={_quoted(schema)}.{_quoted(name)}" for name in rows]
            snapshot = str(connection.execute(text("SELECT pg_export_snapshot()")).scalar_one())
            _run(url, "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}", *chosen, _address(url))
    except SQLAlchemyError as error:
        raise DatabaseError(marked("数据库连接不上"), marked("请检查数据库地址、账号和网络")) from error
    finally:
        engine.dispose()
    target.chmod(0o600)
    _run(url, "pg_restore", "--file=/dev/null", str(target))  # reads it to its end
    return rows


def _is_ours(line: str) -> bool:
    """Tell whether a line of an archive's list may be restored: neither the schema itself nor functions and types of other programs."""
    if " SCHEMA - " in line or "- SCHEMA " in line or " TYPE " in line:
        return False
    return " FUNCTION " not in line or f" {OUR_FUNCTIONS}" in line


def restore_postgresql(url: URL, source: Path, tables: Sequence[str], wanted: Mapping[str, int]) -> None:
    """Put the archive ``source`` in the place of ``tables``, in one transaction: whole, or everything stays as it was.

    The rows are counted before it commits (``wanted`` by table). Rights of roles come back with the tables; the roles must exist.
    Raises ``DatabaseError``.
    """
    with tempfile.TemporaryDirectory(prefix="dashboard-restore-") as scratch:
        listed, script, before, after = (Path(scratch) / name for name in ("list", "script.sql", "before.sql", "after.sql"))
        lines = _run(url, "pg_restore", "--list", str(source)).splitlines()
        listed.write_text("\n".join(line for line in lines if _is_ours(line)), encoding="utf-8")
        _run(url, "pg_restore", "--clean", "--if-exists", "--no-owner", f"--use-list={listed}", f"--file={script}", str(source))
        before.write_text("".join(f"DROP TABLE IF EXISTS {_quoted(name)} CASCADE;\n" for name in tables), encoding="utf-8")
        schema = _current_schema(url)
        after.write_text(f"SET search_path = {_quoted(schema)};\n{_counting(wanted)}", encoding="utf-8")
        files = [part for name in (before, script, after) for part in ("--file", str(name))]
        _run(url, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", *files, _address(url))


def _current_schema(url: URL) -> str:
    engine = plain_engine(url)
    try:
        with engine.connect() as connection:
            return str(connection.execute(text("SELECT current_schema()")).scalar_one())
    except SQLAlchemyError as error:
        raise DatabaseError(marked("数据库连接不上"), marked("请检查数据库地址、账号和网络")) from error
    finally:
        engine.dispose()


def _counting(wanted: Mapping[str, int]) -> str:
    """Return SQL that fails, and with it the whole transaction, when a table has another number of rows than it should."""
    checks = "".join(
        f"IF (SELECT count(*) FROM {_quoted(name)}) <> {int(count)} THEN RAISE EXCEPTION 'rows'; END IF;\n"  # noqa: S608
        for name, count in wanted.items()
    )
    return f"DO $check$ BEGIN\n{checks}END $check$;\n" if checks else ""


def _named(name: str) -> str:
    """Return any name as a pattern of pg_dump that means just it."""
    return '"' + name.replace('"', '""') + '"'


def _quoted(name: str) -> str:
    if not name.replace("_", "").isalnum():
        raise DatabaseError(marked("表名或模式名不能使用"), marked("请使用字母、数字和下划线"), where=name)
    return f'"{name}"'
