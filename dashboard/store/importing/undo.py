"""Taking back the last load: the embedded database keeps the files that loads replaced, PostgreSQL the rows.

What is taken back stays on record: the undoing is a load of its own with the next number, so no number ever means two states of the data.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    String,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import SQLAlchemyError

from dashboard.analysis.approval import UNASKED, Signed
from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.settings import settings
from dashboard.store.engine import database_url, duckdb_file, reporting_engine, writing_engine
from dashboard.store.importing.columns import period_column, primary_key
from dashboard.store.importing.counties import owner, signed_by
from dashboard.store.importing.previous import Period, database_failed, rows_of
from dashboard.store.importing.publishing import publish
from dashboard.store.importing.records import LoadRecord, came_with, write_records
from dashboard.store.importing.touched import between_files, on_server, refuse_locked, register_rows
from dashboard.store.importing.workfolder import server_lock, single_load, work_folder
from dashboard.store.schema import dim_county, meta_finding, meta_load, meta_load_file, meta_load_left_out, meta_report, metadata
from dashboard.store.versions import SCHEMA_VERSION, schema_version

_OF_UNDOING = MetaData()
undo_row = Table(
    "undo_row",
    _OF_UNDOING,
    Column("load_id", BigInteger, nullable=False, index=True, comment="批次：这一批载入替换了这一行"),
    Column("table_name", String(64), nullable=False, comment="表"),
    Column("content", JSONB, nullable=False, comment="替换前的整行"),
    comment="撤回用：最近几批载入替换的行",
)
UNDONE = "undo"
"""How the record of an undoing begins in place of a file's checksum; what it takes back is the load before it."""


def is_undoing(checksums: pd.Series) -> pd.Series:
    """Return which of the checksums of loads are those of an undoing."""
    return checksums.str.startswith(f"{UNDONE}-")


def taken_back(loads: pd.DataFrame) -> set[int]:
    """Return the numbers of the loads that were taken back; ``loads`` has load_id and checksum."""
    return {int(load) - 1 for load in loads.loc[is_undoing(loads["checksum"]), "load_id"]}


@dataclass(frozen=True)
class Undoable:
    """The last load, and whether it can be taken back; ``why`` says why not (a message id)."""

    load_id: int
    package: str
    possible: bool
    why: str = ""


def _nothing_kept(load_id: int, package: str) -> Undoable:
    return Undoable(load_id, package, possible=False, why=marked("这一批以前的数据没有留存：第一次载入，或早于本功能，或已清理"))


# The embedded database --------------------------------------------------------------------------------------------------


def _kept_folder(live: Path) -> Path:
    return live.with_name(f"{live.name}.kept")


def _kept_files(live: Path) -> dict[int, Path]:
    folder = _kept_folder(live)
    return {int(file.stem): file for file in folder.glob("*.duckdb") if file.stem.isdigit()} if folder.is_dir() else {}


def keep_file(live: Path, load_id: int) -> None:
    """Keep the file that lies at ``live`` as the state of load ``load_id``; the oldest go. Raises OSError.

    It is a second name of the same file where the disk allows: keeping costs nothing until the next load replaces it.
    """
    most = settings().kept_loads
    if not live.exists() or load_id < 1 or not most:
        return
    folder = _kept_folder(live)
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{load_id}.duckdb"
    target.unlink(missing_ok=True)
    try:
        os.link(live, target)
    except OSError:
        shutil.copy2(live, target)
    for old in sorted(_kept_files(live))[:-most]:
        _kept_files(live)[old].unlink(missing_ok=True)


def _fits(live: Path, load_id: int) -> bool:
    """Tell whether the state before load ``load_id`` is kept, in the structure of this program."""
    earlier = [number for number in _kept_files(live) if number < load_id]
    if not earlier:
        return False
    engine = reporting_engine(f"duckdb:///{_kept_files(live)[max(earlier)]}")
    try:
        return schema_version(engine) == SCHEMA_VERSION
    finally:
        engine.dispose()


def _refuse_locked_in_file(live: Path, before: Path, load_id: int, signed: Signed) -> None:
    now, then = reporting_engine(f"duckdb:///{live}"), reporting_engine(f"duckdb:///{before}")
    try:
        with now.connect() as there, then.connect() as kept:
            own = signed_by(signed, there, load_id)
            touched = between_files(there, kept) if own.units else {}
            refuse_locked(touched, partial(register_rows, (there, kept)), own)
    finally:
        now.dispose()
        then.dispose()


def _undo_file(live: Path, last: Undoable, words: str, signed: Signed) -> int:
    kept = _kept_files(live)
    before = max(number for number in kept if number < last.load_id)
    _refuse_locked_in_file(live, kept[before], last.load_id, signed)
    with work_folder(live.absolute().parent) as folder:
        new = folder / "reporting.duckdb"
        shutil.copyfile(kept[before], new)
        old, engine = reporting_engine(f"duckdb:///{live}"), writing_engine(f"duckdb:///{new}")
        try:
            with old.connect() as there, engine.begin() as connection:
                for table in (meta_load, meta_load_file, meta_load_left_out, meta_finding):
                    rows = there.execute(select(table).where(table.c.load_id > before)).mappings().all()
                    if rows:
                        connection.execute(insert(table), [dict(row) for row in rows])
                write_records(connection, _record(connection, before, last, words), ())
            with engine.connect() as connection:
                connection.execute(text("CHECKPOINT"))
        finally:
            old.dispose()
            engine.dispose()
        keep_file(live, last.load_id)
        publish(new, live)
    return last.load_id + 1


def _record(connection: Connection, before: int, last: Undoable, words: str) -> LoadRecord:
    kind = connection.execute(select(meta_load.c.data_kind).where(meta_load.c.load_id == before)).scalar() or "county"
    county = connection.execute(select(meta_load.c.county_code).where(meta_load.c.load_id == last.load_id)).scalar()
    return LoadRecord(last.load_id + 1, words, f"{UNDONE}-{last.load_id}".ljust(64, "0"), kind, (), (), 0, county=county)


# PostgreSQL -------------------------------------------------------------------------------------------------------------


def can_keep(connection: Connection) -> bool:
    """Return whether this server can keep replaced rows."""
    return connection.dialect.name == "postgresql" and settings().kept_loads > 0


def begin_keeping(connection: Connection, load_id: int, facts: Sequence[str], dimensions: Sequence[Table]) -> None:
    """Keep the arrivals and the dimensions as they are before load ``load_id`` writes them; the oldest loads go."""
    if not can_keep(connection):
        return
    _OF_UNDOING.create_all(connection)
    connection.execute(delete(undo_row).where(undo_row.c.load_id <= load_id - settings().kept_loads))
    if load_id > 1:  # a load that replaces nothing can be taken back too
        connection.execute(insert(undo_row).values(load_id=load_id, table_name="", content={}))
    keep_rows(connection, load_id, meta_report, meta_report.c.table_name.in_(list(facts)))
    for table in dimensions:
        keep_rows(connection, load_id, table, literal(True))


def keep_rows(connection: Connection, load_id: int, table: Table, where: object) -> None:
    """Keep the rows of ``table`` that are about to go."""
    if not can_keep(connection):
        return
    rows = select(literal(load_id), literal(table.name), func.to_jsonb(literal_column(table.name))).select_from(table).where(where)  # type: ignore[arg-type]
    connection.execute(insert(undo_row).from_select(["load_id", "table_name", "content"], rows))


def _refuse_locked_rows(connection: Connection, load_id: int, signed: Signed) -> None:
    def registers(table: Table) -> Iterator[Mapping[str, object]]:
        yield from register_rows((connection,), table)
        rows = select(undo_row.c.content).where(undo_row.c.load_id == load_id, undo_row.c.table_name == table.name)
        yield from connection.execute(rows).scalars()

    own = signed_by(signed, connection, load_id)
    touched = on_server(connection, load_id, undo_row) if own.units else {}
    refuse_locked(touched, registers, own)


def _undo_rows(connection: Connection, last: Undoable, before: int, words: str) -> int:
    loaded = set(connection.execute(select(meta_load_file.c.table_name).where(meta_load_file.c.load_id == last.load_id)).scalars())
    tables = [table for table in metadata.sorted_tables if table.name in loaded]
    claims: Sequence[Period] = ()
    for table in reversed(tables):
        if period_column(table) is not None:
            months = _take_away(connection, table, last.load_id)
            claims = months if table.name == "fact_claim" else claims
    for table in tables:
        if period_column(table) is None:
            _put_dimension_back(connection, table, last.load_id)
    for table in tables:
        if period_column(table) is not None:
            _put_back(connection, table, last.load_id)
    for table in reversed(tables):
        if period_column(table) is None:
            connection.execute(delete(table).where(~exists().where(*_kept_twin(table, last.load_id)).correlate(table)))
    connection.execute(delete(meta_report).where(meta_report.c.last_load_id == last.load_id))
    _put_back(connection, meta_report, last.load_id, " ON CONFLICT DO NOTHING")
    connection.execute(delete(undo_row).where(undo_row.c.load_id == last.load_id))
    write_records(connection, _record(connection, before, last, words), claims)
    return last.load_id + 1


def _take_away(connection: Connection, table: Table, load_id: int) -> Sequence[Period]:
    """Delete what a load has put into a fact table: whoever arrived with it; return the periods."""
    periods = connection.execute(
        select(meta_report.c.period).where(meta_report.c.table_name == table.name, meta_report.c.last_load_id == load_id).distinct()
    ).scalars()
    found = list(periods)
    came = came_with(table, load_id)
    county = connection.execute(select(meta_load.c.county_code).where(meta_load.c.load_id == load_id)).scalar()
    if county is not None and rows_of(connection, dim_county) > 1:  # claims of another may lie at the same hospital, of the same month
        came = and_(came, owner(table, table, metadata.tables) == county)
    connection.execute(delete(table).where(came))
    return found


def _put_back(connection: Connection, table: Table, load_id: int, ending: str = "") -> None:
    statement = (
        f"INSERT INTO {table.name} SELECT (jsonb_populate_record(NULL::{table.name}, content)).* FROM undo_row "  # noqa: S608 our own names
        f"WHERE load_id = :load_id AND table_name = :name{ending}"
    )
    connection.execute(text(statement), {"load_id": load_id, "name": table.name})


def _put_dimension_back(connection: Connection, table: Table, load_id: int) -> None:
    others = [column.name for column in table.columns if not column.primary_key]
    if not others:
        return
    columns = ", ".join(f"{name} = kept.{name}" for name in others)
    keys = " AND ".join(f"{table.name}.{key} = kept.{key}" for key in primary_key(table))
    statement = (
        f"UPDATE {table.name} SET {columns} FROM (SELECT (jsonb_populate_record(NULL::{table.name}, content)).* FROM undo_row "  # noqa: S608
        f"WHERE load_id = :load_id AND table_name = :name) AS kept WHERE {keys}"
    )
    connection.execute(text(statement), {"load_id": load_id, "name": table.name})


def _kept_twin(table: Table, load_id: int) -> list:
    same = [undo_row.c.content[key].astext == func.cast(table.c[key], String) for key in primary_key(table)]
    return [undo_row.c.load_id == load_id, undo_row.c.table_name == table.name, *same]


# Either -----------------------------------------------------------------------------------------------------------------


def last_load(url: str) -> Undoable | None:
    """Return the last load of the database at ``url`` and whether it can be taken back; None without any. Raises ``DatabaseError``."""
    live = duckdb_file(database_url(url))
    engine = reporting_engine(url)
    try:
        with engine.connect() as connection:
            newest = connection.execute(
                select(meta_load.c.load_id, meta_load.c.package).order_by(meta_load.c.load_id.desc()).limit(1)
            ).first()
            if newest is None:
                return None
            if live is not None:
                possible = _fits(live.resolve(), newest.load_id)
            else:
                possible = engine.dialect.name == "postgresql" and _keeps(connection, newest.load_id)
    except SQLAlchemyError as error:
        raise database_failed(error) from error
    finally:
        engine.dispose()
    return Undoable(newest.load_id, newest.package, possible=True) if possible else _nothing_kept(newest.load_id, newest.package)


def _keeps(connection: Connection, load_id: int) -> bool:
    if connection.execute(text("SELECT to_regclass('undo_row')")).scalar() is None:
        return False
    return (
        connection.execute(select(undo_row.c.load_id).where(undo_row.c.load_id == load_id, undo_row.c.table_name == "").limit(1)).first()
        is not None
    )


def undo_last_load(url: str, expected: int, words: str, signed: Signed = UNASKED) -> int:
    """Take the last load back and return the number of the load that records it; ``words`` is what that one is called.

    ``expected`` is the number of the load that somebody decided to take back: another one that came meanwhile is not.
    ``signed`` says which months are approved and so locked: a load that touched one stays, as such a load would be refused. Whoever
    takes back for a county asks for it, as for a load.
    Raises ``DatabaseError`` when it cannot be taken back; nothing is changed then.
    """
    parsed = database_url(url)
    live = duckdb_file(parsed)
    if live is not None:
        live = live.resolve()
        with single_load(live):
            try:
                return _undo_file(live, _decided(url, expected), words, signed)
            except (OSError, SQLAlchemyError) as error:
                raise database_failed(error, live.name) from error
    engine = writing_engine(parsed)
    try:
        with server_lock(engine), engine.begin() as connection:
            last = _decided(url, expected)
            before = connection.execute(select(func.max(meta_load.c.load_id)).where(meta_load.c.load_id < last.load_id)).scalar() or 0
            _refuse_locked_rows(connection, last.load_id, signed)
            return _undo_rows(connection, last, before, words)
    except SQLAlchemyError as error:
        raise database_failed(error) from error
    finally:
        engine.dispose()


def _decided(url: str, expected: int) -> Undoable:
    last = last_load(url)
    if last is None or last.load_id != expected:
        raise DatabaseError(marked("最近一批已经不是您看到的那一批，没有撤回"), marked("请刷新后再决定"))
    if not last.possible:
        raise DatabaseError(last.why, marked("请用更正的数据包重新载入"))
    return last
