"""The reporting database saved while pages read it and loads replace it, and put back."""

from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.saving import Saved, copy_checked, counted, dump_postgresql, other_kind, require_rows, restore_postgresql, sha256_of
from dashboard.settings import settings
from dashboard.store.engine import database_url, duckdb_file, reporting_engine
from dashboard.store.importing.migration import migrate_reporting
from dashboard.store.importing.previous import existing_columns
from dashboard.store.importing.workfolder import single_load, work_folder
from dashboard.store.importing.writing import publish
from dashboard.store.schema import metadata
from dashboard.store.versions import schema_version

NAME = "reporting"


def save_reporting(url: str, folder: Path) -> Saved | None:
    """Write the reporting database at ``url`` into ``folder``; None for an engine that brings means of its own.

    DuckDB and PostgreSQL are saved. A DuckDB file is never written in place: what is copied is one load, whole. Raises ``DatabaseError``.
    """
    address = database_url(url)
    file = duckdb_file(address)
    if file is not None:
        return _save_file(file, folder)
    if address.get_backend_name() != "postgresql":
        return None
    target = folder / "reporting.pgdump"
    rows = dump_postgresql(address, target, list(metadata.tables))
    return Saved(NAME, "postgresql", target.name, target.stat().st_size, sha256_of(target), str(_version(url)), rows)


def _save_file(file: Path, folder: Path) -> Saved:
    target = folder / "reporting.duckdb"
    try:
        checksum = copy_checked(file, target)
    except FileNotFoundError as error:
        raise DatabaseError(marked("还没有报表数据库"), marked("请先载入数据：python -m dashboard load 数据包"), where=file.name) from error
    except OSError as error:
        raise DatabaseError(marked("报表数据库没有备份成"), marked("请检查磁盘空间和权限；原来的数据没有改动"), where=file.name) from error
    rows, version = _looked_at(target)
    return Saved(NAME, "duckdb", target.name, target.stat().st_size, checksum, str(version), rows)


def _looked_at(file: Path) -> tuple[dict[str, int], int]:
    """Open a copy as a reader would: its rows by table and the version of its structure."""
    url = f"duckdb:///{file.absolute()}"
    engine = reporting_engine(url)
    try:
        names = existing_columns(engine)
        with engine.connect() as connection:
            return counted(connection, names), schema_version(engine)
    except SQLAlchemyError as error:
        raise DatabaseError(marked("报表数据库打不开"), marked("文件应是本程序生成的数据库"), where=file.name) from error
    finally:
        engine.dispose()


def _version(url: str) -> int:
    engine = reporting_engine(url)
    try:
        return schema_version(engine)
    finally:
        engine.dispose()


def restore_reporting(saved: Saved, folder: Path, *, upgrade: bool = True) -> None:
    """Put a saved reporting database in the place of that of the settings; readers go on meanwhile.

    ``upgrade`` brings it to this program's structure. A file that was there is kept beside itself as ``….before-restore``.
    Raises ``DatabaseError`` with the old data in its place.
    """
    target = settings().reporting_database_url
    address = database_url(target)
    file = duckdb_file(address)
    if (file is None) == (saved.kind == "duckdb"):
        raise other_kind(saved.kind)
    if file is None:
        restore_postgresql(address, folder / saved.file, list(metadata.tables), saved.rows)
    else:
        live = file.resolve()
        with single_load(live), work_folder(live.parent) as scratch:
            _place(folder / saved.file, live, scratch / "reporting.duckdb", saved)
    if upgrade:
        migrate_reporting(target)


def _place(source: Path, live: Path, incoming: Path, saved: Saved) -> None:
    try:
        if copy_checked(source, incoming) != saved.sha256:
            raise DatabaseError(marked("备份与它的校验值不符"), marked("请换一份备份；原来的数据没有改动"), where=source.name)
        require_rows(_looked_at(incoming)[0], saved.rows, source.name)
        if live.exists():
            copy_checked(live, live.with_name(f"{live.stem}.before-restore{live.suffix}"))
        publish(incoming, live)
    except OSError as error:
        raise DatabaseError(marked("报表数据库没有恢复成"), marked("请检查磁盘空间和权限；原来的数据没有改动"), where=live.name) from error
