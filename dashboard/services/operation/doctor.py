"""A look at the machine and the product's state, one line a finding; and an archive of it for support, without data and secrets."""

import datetime
import json
import os
import platform
import shutil
import socket
import stat
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from importlib import metadata as packages
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from dashboard import __version__
from dashboard.errors import DatabaseError, ProductError
from dashboard.formatting import COUNTY_TIME, moment
from dashboard.language import marked
from dashboard.saving import plain_engine
from dashboard.services.operation.backup import backups_in
from dashboard.settings import LOCAL_DATA, PROJECT, settings
from dashboard.store.checks import NOTICE, OK, PROBLEM, CheckResult, check_database
from dashboard.store.engine import database_url, duckdb_file, reporting_engine
from dashboard.store.importing.previous import existing_columns
from dashboard.store.schema import meta_load
from dashboard.store.versions import SCHEMA_VERSION, schema_version
from dashboard.workspace import open_workspace
from dashboard.workspace.engine import database_url as workspace_url
from dashboard.workspace.engine import sqlite_file

_GIB = 2**30
_LEAST_FREE, _LITTLE_FREE = 1 * _GIB, 5 * _GIB
_COPIES = 3
"""Free room in sizes of the embedded database: a load builds a new one beside the old, a backup is a copy more."""
_CLOCK_SECONDS = 60
_BACKUP_DAYS = (2, 8)
_DATA_MONTHS = 3
_MAIN = ("streamlit", "pandas", "pyarrow", "duckdb", "duckdb-engine", "SQLAlchemy", "psycopg", "plotly", "scipy")
_OPEN = frozenset(
    {
        "address", "port", "sign_in", "database_seconds", "open_to_all", "idle_minutes", "session_hours", "four_eyes", "smtp_port",
        "smtp_security", "boundary_coordinate_system", "log_format",
    }
)  # fmt: skip
"""Settings whose values may stand in an archive; of the others only whether they are set."""


def examine() -> list[CheckResult]:
    """Return everything worth saying; each part stands for itself, so that one that fails hides no other."""
    parts: tuple[Callable[[], Iterator[CheckResult]], ...] = (
        _versions, _disk, _clock, _permissions, _fonts, _port, _reporting, _workspace, _backup, _age,
    )  # fmt: skip
    found: list[CheckResult] = []
    for part in parts:
        try:
            found += list(part())
        except ProductError as error:
            found.append(CheckResult(PROBLEM, "", error=error))
        except OSError as error:
            found.append(CheckResult(PROBLEM, marked("没有查成：{reason}"), {"reason": error.strerror or type(error).__name__}))
    return found


def _versions() -> Iterator[CheckResult]:
    yield CheckResult(OK, marked("程序 {version}，报表库结构 {schema}"), {"version": __version__, "schema": SCHEMA_VERSION})
    details: dict[str, object] = {"python": platform.python_version(), "machine": platform.machine(), "libc": " ".join(platform.libc_ver())}
    yield CheckResult(OK, marked("Python {python}，{machine}，{libc}"), details)
    yield CheckResult(OK, " · ".join(f"{name} {packages.version(name)}" for name in _MAIN))


def _folders() -> dict[Path, int]:
    """Return the folders that are written to, with the size in bytes of the embedded database that lies there."""
    file, work = duckdb_file(settings().reporting_database_url), sqlite_file(workspace_url(settings().workspace_database_url))
    folders = {LOCAL_DATA: 0, settings().backup_folder: 0}
    if work is not None:
        folders[work.parent] = 0
    if file is not None:
        folders[file.resolve().parent] = file.stat().st_size if file.exists() else 0
    return folders


def _disk() -> Iterator[CheckResult]:
    seen: set[int] = set()
    for folder, size in sorted(_folders().items(), key=lambda item: -item[1]):
        there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        if there.stat().st_dev in seen:
            continue
        seen.add(there.stat().st_dev)
        free = shutil.disk_usage(there).free
        level = PROBLEM if free < max(_LEAST_FREE, size) else NOTICE if free < max(_LITTLE_FREE, _COPIES * size) else OK
        yield CheckResult(level, marked("磁盘剩余 {free} GB（{folder}）"), {"free": f"{free / _GIB:,.1f}", "folder": folder.name})


def _clock() -> Iterator[CheckResult]:
    now = moment(datetime.datetime.now(datetime.UTC), seconds=True)
    yield CheckResult(OK, marked("本机时间 {now}（北京时间）"), {"now": now})
    address = database_url(settings().reporting_database_url)
    if address.get_backend_name() != "postgresql":
        return
    engine = plain_engine(address)
    try:
        with engine.connect() as connection:
            seconds = abs(float(connection.execute(text("SELECT EXTRACT(EPOCH FROM clock_timestamp())")).scalar_one()) - time.time())
    except SQLAlchemyError:
        return  # whether the database answers is said elsewhere
    finally:
        engine.dispose()
    level = PROBLEM if seconds > _CLOCK_SECONDS else OK
    yield CheckResult(level, marked("与数据库服务器的时钟相差 {seconds} 秒"), {"seconds": f"{seconds:.0f}"})


def _permissions() -> Iterator[CheckResult]:
    refused = [folder for folder in _folders() if folder.exists() and not os.access(folder, os.W_OK | os.X_OK)]
    for folder in refused:
        yield CheckResult(PROBLEM, marked("文件夹 {folder} 不可写"), {"folder": folder.name})
    if not refused:
        yield CheckResult(OK, marked("数据文件夹可写"))
    private = [
        PROJECT / ".env",
        sqlite_file(workspace_url(settings().workspace_database_url)),
        duckdb_file(settings().reporting_database_url),
    ]
    for file in private:
        if file is not None and file.exists() and file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            yield CheckResult(NOTICE, marked("{file} 本机所有账号都能读，建议 chmod o-rwx"), {"file": file.name})


def _fonts() -> Iterator[CheckResult]:
    missing = [
        name
        for name in ("regular", "bold", "regular-rare", "bold-rare")
        if not (PROJECT / f"dashboard/static/fonts/county-sans-sc-{name}.woff2").is_file()
    ]
    if missing:
        yield CheckResult(PROBLEM, marked("缺少页面字体：{names}"), {"names": "、".join(missing)})
    else:
        yield CheckResult(OK, marked("页面字体齐全"))


def _port() -> Iterator[CheckResult]:
    address, port = settings().address, settings().port
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.settimeout(1)
        taken = probe.connect_ex(("127.0.0.1" if address in ("0.0.0.0", "") else address, port)) == 0  # noqa: S104
    message = marked("端口 {port} 有服务在应答") if taken else marked("端口 {port} 没有服务在应答")
    yield CheckResult(OK if taken else NOTICE, message, {"port": port})


def _reporting() -> Iterator[CheckResult]:
    yield from (each for each in check_database(settings().reporting_database_url) if each.level == PROBLEM)
    engine = reporting_engine(settings().reporting_database_url)
    try:
        yield CheckResult(OK, marked("报表库可以打开，结构 {version}"), {"version": schema_version(engine)})
    finally:
        engine.dispose()


def _workspace() -> Iterator[CheckResult]:
    workspace = open_workspace(settings().workspace_database_url)
    workspace.check()
    yield CheckResult(OK, marked("工作库可以打开"))


def _backup() -> Iterator[CheckResult]:
    newest = next(iter(backups_in(settings().backup_folder)), None)
    if newest is None:
        yield CheckResult(PROBLEM, marked("还没有备份：python -m dashboard backup"))
        return
    days = (datetime.datetime.now(datetime.UTC) - newest.made_at).days
    level = PROBLEM if days >= _BACKUP_DAYS[1] else NOTICE if days >= _BACKUP_DAYS[0] else OK
    details = {"name": newest.folder.name, "days": days, "size": f"{newest.size / 1e6:,.0f}"}
    yield CheckResult(level, marked("最近的备份 {name}，{days} 天前，{size} MB"), details)


def _age() -> Iterator[CheckResult]:
    engine = reporting_engine(settings().reporting_database_url)
    try:
        with engine.connect() as connection:
            newest = connection.execute(select(meta_load).order_by(meta_load.c.load_id.desc()).limit(1)).mappings().first()
    except SQLAlchemyError as error:
        raise DatabaseError(marked("数据库连接不上"), marked("请检查数据库地址、账号和网络")) from error
    finally:
        engine.dispose()
    if newest is None or newest["data_through"] is None:
        return  # that nothing was loaded is said above
    today, through = datetime.datetime.now(COUNTY_TIME).date(), newest["data_through"]
    months = (today.year - through.year) * 12 + today.month - through.month
    level = NOTICE if months > _DATA_MONTHS else OK
    yield CheckResult(level, marked("数据截至 {through}，距今 {months} 个月"), {"through": f"{through:%Y-%m}", "months": months})
    if newest["loaded_at"] > datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(seconds=_CLOCK_SECONDS):
        yield CheckResult(PROBLEM, marked("最近一次载入的时间在将来：本机时钟可能被拨回"))


# The archive -----------------------------------------------------------------------------------------------------------


def write_archive(file: Path, results: list[CheckResult]) -> None:
    """Write what support needs into a zip: findings, versions, names of settings, structure. No rows, names, addresses or secrets.

    Raises ``DatabaseError`` when it cannot be written.
    """
    said = [{"level": each.level, "text": each.text("zh"), "english": each.text("en")} for each in results]
    installed = sorted(f"{each.metadata['Name']}=={each.version}" for each in packages.distributions())
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("doctor.json", json.dumps(said, ensure_ascii=False, indent=1))
            archive.writestr("versions.txt", "\n".join([f"dashboard {__version__}", sys.version, platform.platform(), *installed]) + "\n")
            archive.writestr("settings.txt", "\n".join(_settings()) + "\n")
            archive.writestr("structure.txt", "\n".join(_structure()) + "\n")
        file.chmod(0o600)
    except OSError as error:
        raise DatabaseError(marked("诊断包写不进去"), marked("请检查磁盘空间和权限，或换一个位置"), where=file.name) from error


def _settings() -> Iterator[str]:
    chosen = settings()
    for name, described in type(chosen).model_fields.items():
        value = getattr(chosen, name)
        if name in _OPEN:
            yield f"{name} = {value}"
        elif name.endswith("_database_url"):
            yield f"{name} = {str(value).partition(':')[0]}://…"
        else:
            yield f"{name}: {'default' if value == described.default else 'set'}"


def _structure() -> Iterator[str]:
    try:
        engine = reporting_engine(settings().reporting_database_url)
        try:
            for table, columns in sorted(existing_columns(engine).items()):
                yield f"{table}: {', '.join(sorted(columns))}"
        finally:
            engine.dispose()
    except ProductError as error:
        yield error.what("en")
