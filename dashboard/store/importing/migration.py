"""The structure of the reporting database brought to this program's: only ever added to, never a row lost.

``SCHEMA_VERSION`` stands in the database (``meta_schema``). One of an older program gets what it lacks (tables, columns, checks,
indexes) by ``python -m dashboard migrate`` or with the next load; one of a newer program is refused. DuckDB cannot alter a check, so its
file is built anew beside the old one and takes its place in one step; PostgreSQL is altered in one transaction.

Whoever changes ``schema.py`` raises ``SCHEMA_VERSION`` and puts down what ``python -m dashboard.store.importing.migration`` prints.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import CheckConstraint, Column, Connection, Engine, Table, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import AddConstraint, CreateColumn, SetColumnComment

from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.store.engine import database_url, duckdb_file, reporting_engine, writing_engine
from dashboard.store.importing.counties import fill_only_county, with_county
from dashboard.store.importing.previous import Previous, missing_columns
from dashboard.store.importing.records import arriving, pairs_of, refresh_claim_aggregate, write_arrivals
from dashboard.store.importing.workfolder import server_lock, single_load, work_folder
from dashboard.store.importing.writing import DATABASE_FAULTS, attach, copy_rows, create, in_schema, publish
from dashboard.store.schema import agg_claim_month, fact_claim, meta_report, meta_schema, metadata
from dashboard.store.versions import SCHEMA_VERSION, refuse_newer, schema_version, write_version

_NAMED = 5


@dataclass(frozen=True)
class Migrated:
    """What was done: the versions before and after, and what was added (``table`` or ``table.column``)."""

    before: int
    after: int
    added: tuple[str, ...]


def migrate_reporting(url: str) -> Migrated | None:
    """Bring the structure of the reporting database at ``url`` to this program's; None when there is no database yet.

    Does nothing where nothing is to be done. Raises ``DatabaseError`` with nothing changed: for a database of a newer program, for one
    that lacks what cannot be made up, for one whose rows break a rule of this version, while a load runs.
    """
    address = database_url(url)
    file = duckdb_file(address)
    if file is not None:
        if not file.exists():
            return None
        live = file.resolve()
        with single_load(live), work_folder(live.parent) as folder:
            engine = reporting_engine(address)
            try:
                plan = _plan(engine)
            finally:
                engine.dispose()
            if plan is not None:
                _rebuild(live, folder, plan)
            return _told(plan)
    engine = writing_engine(address)
    try:
        if engine.dialect.name != "postgresql" and _plan(engine) is None:
            return None  # published by this program: nothing is to be done, and nothing could be
        with server_lock(engine):
            return _told(upgrade_server(engine))
    finally:
        engine.dispose()


@dataclass(frozen=True)
class _Plan:
    version: int
    previous: Previous
    missing: tuple[str, ...]
    county: str | None


def _told(plan: _Plan | None) -> Migrated:
    return Migrated(plan.version if plan else SCHEMA_VERSION, SCHEMA_VERSION, plan.missing if plan else ())


def _plan(engine: Engine) -> _Plan | None:
    """Return what is to be done, None for nothing. Raises ``DatabaseError`` where it cannot be done."""
    refuse_newer(engine)
    version, previous = schema_version(engine), Previous(engine)
    missing = tuple(missing_columns(previous.columns)) if previous.columns else ()
    if not missing and version == SCHEMA_VERSION:
        return None
    lacking = [item for item in missing if "." in item and not _can_be_made_up(engine, item)]
    if lacking:
        raise DatabaseError(
            marked("旧的数据库缺少必填的 {columns}，程序补不出来"),
            marked("数据没有改动；请用本版本的模板重新载入数据包到一个新的数据库"),
            columns="、".join(lacking[:_NAMED]),
        )
    return _Plan(version, previous, missing, previous.only_county())


def _can_be_made_up(engine: Engine, item: str) -> bool:
    """Tell whether a missing column can be added: it may be empty, has a default, is computed, or its table holds no row."""
    table = metadata.tables[item.partition(".")[0]]
    column = table.c[item.partition(".")[2]]
    if column.nullable or column.server_default is not None or table.info.get("aggregate_of"):
        return True
    with engine.connect() as connection:
        return not connection.execute(select(func.count()).select_from(table)).scalar_one()


def _lacks(plan: _Plan, table: Table) -> bool:
    return not plan.previous.has(table)


def _fill_what_is_computed(connection: Connection, plan: _Plan) -> None:
    """Fill the tables that the program makes from others, where the old database had none of them."""
    if _lacks(plan, agg_claim_month) and plan.previous.columns.get(fact_claim.name):
        months = list(connection.execute(select(fact_claim.c.month).distinct()).scalars())
        refresh_claim_aggregate(connection, months)
    if meta_report.name not in plan.previous.columns:
        reported = [table for name, table in metadata.tables.items() if table.info.get("reporter") and plan.previous.columns.get(name)]
        write_arrivals(connection, meta_report, [arriving(table, pairs_of(table, table).subquery()) for table in reported], None, None)


# DuckDB ----------------------------------------------------------------------------------------------------------------


def _rebuild(live: Path, folder: Path, plan: _Plan) -> None:
    new = folder / "reporting.duckdb"
    try:
        create(f"duckdb:///{new}")
        mover = writing_engine(f"duckdb:///{folder / 'mover.duckdb'}")
        with mover.connect() as connection:
            attach(connection, new, "target", read_only=False)
            attach(connection, live, "previous", read_only=True)
            targets, olds = in_schema("target"), in_schema("previous")
            for table in metadata.sorted_tables:
                known = plan.previous.columns.get(table.name, set())
                names = [column.name for column in table.columns if column.name in known]
                computed = table is meta_schema or (table is agg_claim_month and _lacks(plan, table))
                if names and not computed:
                    source, names = with_county(olds[table.name], table, names, plan.county)
                    copy_rows(connection, source, targets[table.name], names)
                    connection.commit()
            connection.execute(text("DETACH target"))
            connection.execute(text("DETACH previous"))
        mover.dispose()
        engine = writing_engine(f"duckdb:///{new}")
        with engine.begin() as connection:
            _fill_what_is_computed(connection, plan)
        with engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))
        engine.dispose()
        publish(new, live)
    except (*DATABASE_FAULTS, OSError) as error:
        raise _failed(error) from error


def _failed(error: Exception) -> DatabaseError:
    if "onstraint" in str(error) or isinstance(error, IntegrityError):
        return DatabaseError(
            marked("原有数据不符合本版本的规则，数据库没有升级"), marked("数据没有改动；请用原来的程序版本打开，并把情况告诉维护人员")
        )
    return DatabaseError(marked("数据库没有升级成"), marked("数据没有改动；请检查数据库连接、磁盘空间和权限后重试"))


# Servers ---------------------------------------------------------------------------------------------------------------


def refuse_what_cannot_be_upgraded(engine: Engine) -> None:
    """Raise ``DatabaseError`` where a load could not bring the structure of a server to this program's; nothing is written."""
    _plan(engine)


def upgrade_server(engine: Engine) -> _Plan | None:
    """Alter the tables of a server in one transaction; the caller holds the load lock. Raises ``DatabaseError``."""
    plan = _plan(engine)
    if plan is None:
        return None
    try:
        with engine.begin() as connection:
            if _lacks(plan, agg_claim_month) and plan.previous.columns.get(agg_claim_month.name):
                agg_claim_month.drop(connection)
            metadata.create_all(connection)
            for item in plan.missing:
                owner, _, name = item.partition(".")
                if name and owner != agg_claim_month.name:
                    _add_column(connection, metadata.tables[owner], metadata.tables[owner].c[name])
            for owner in plan.previous.columns:
                _renew_rules(connection, metadata.tables[owner])
            for table in metadata.tables.values():
                for index in table.indexes:
                    index.create(connection, checkfirst=True)
            fill_only_county(connection)
            _fill_what_is_computed(connection, plan)
            write_version(connection)
    except DATABASE_FAULTS as error:
        raise _failed(error) from error
    return plan


def _add_column(connection: Connection, table: Table, column: Column) -> None:
    described = CreateColumn(column).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {described}".replace("%", "%%"))
    if column.comment:
        connection.execute(SetColumnComment(column))
    for key in table.foreign_key_constraints:
        if key.columns.contains_column(column):
            connection.execute(AddConstraint(key, isolate_from_table=False))


def _renew_rules(connection: Connection, table: Table) -> None:
    """Put this version's checks in the place of the old ones, and let columns be empty that may be now."""
    old = connection.execute(
        text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = to_regclass(:name) AND conname LIKE 'ck\\_%'"),
        {"name": table.name},
    ).scalars()
    required = set(
        connection.execute(
            text(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_schema = current_schema() AND table_name = :name AND is_nullable = 'NO'"
            ),
            {"name": table.name},
        ).scalars()
    )
    changes = [f'DROP CONSTRAINT "{name}"' for name in old]
    changes += [f'ALTER COLUMN "{column.name}" DROP NOT NULL' for column in table.columns if column.nullable and column.name in required]
    if changes:
        connection.execute(text(f'ALTER TABLE "{table.name}" {", ".join(changes)}'))
    named = connection.dialect.identifier_preparer.format_constraint
    added = ", ".join(f"ADD CONSTRAINT {named(rule)} CHECK ({rule.sqltext})" for rule in _checks(table))
    if added:
        connection.exec_driver_sql(f'ALTER TABLE "{table.name}" {added}')


def _checks(table: Table) -> list[CheckConstraint]:
    rules = {*table.constraints, *(rule for column in table.columns for rule in column.constraints)}
    return sorted((rule for rule in rules if isinstance(rule, CheckConstraint)), key=lambda rule: str(rule.name))


# The version -----------------------------------------------------------------------------------------------------------


def fingerprint() -> str:
    """Return what changes when ``schema.py`` does: columns, types, what may be empty, defaults, checks and keys; not the words."""
    return hashlib.sha256("\n".join(_lines()).encode()).hexdigest()[:16]


def _lines() -> Iterable[str]:
    for name in sorted(metadata.tables):
        table = metadata.tables[name]
        for column in sorted(table.columns, key=lambda each: each.name):
            default = getattr(column.server_default, "arg", "")
            targets = sorted(key.target_fullname for key in column.foreign_keys)
            yield f"{name}.{column.name} {column.type!r} {column.nullable} {column.primary_key} {default} {targets}"
        for rule in _checks(table):
            yield f"{name} {rule.name} {rule.sqltext}"


if __name__ == "__main__":
    print(fingerprint())
