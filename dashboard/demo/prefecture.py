"""A demonstration prefecture: the demonstration county again and again under other codes and names, each of its own size and course.

Rows are made by the database from the rows of the county that is there, table by table: 96 counties are some hundred million claims. The
rules follow the schema: what refers to a community, a town, an institution or a device of the county gets the new county's code of it, what
is counted or paid is scaled. Institutions outside are shared. Fractions of counts are rounded up or down by a number made of the row, so
that a small county keeps its sums and the same prefecture is made each time.

The story: the county at ``OUTFLOW`` loses patients month by month in its last year, the last one has not reported the newest month.
"""

import datetime
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from sqlalchemy import BigInteger, Column, Connection, Integer, Table, bindparam, text

from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.store.codes import PRIMARY_KINDS
from dashboard.store.engine import duckdb_file, writing_engine
from dashboard.store.importing.publishing import publish
from dashboard.store.importing.workfolder import single_load, work_folder
from dashboard.store.schema import agg_claim_month, dim_county, meta_freshness, meta_report, metadata

MOST = 96
OUTFLOW = 2
"""Place of the county with the outflow, from 0, the demonstration county itself."""
_FIRST = ("东", "西", "青", "禾", "白", "沙", "望", "柳", "竹", "清", "远", "平", "澄", "映", "汀", "岚")
_SECOND = ("澜", "渡", "坪", "砚", "棠", "岫")
_OWN = ("dim_community", "dim_town", "dim_institution", "dim_equipment")
"""The registers whose codes are a county's own."""
_MARK = "~"
"""What parts a code of the demonstration county from the number of a made county."""
_STEP_EAST, _STEP_NORTH = 0.85, 0.6
"""Degrees between neighbouring counties."""
_FALL, _MONTHS = 0.09, 12
"""By how much more of its patients the county with the outflow sends away with each month of its last year."""

_AWAY = "SELECT institution_code FROM dim_institution WHERE NOT in_county"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class County:
    """One made county: its codes end in ``suffix``; the factors multiply what the demonstration county has."""

    place: int
    code: str
    suffix: str
    name: str
    size: float
    outside: float
    primary: float
    contracted: float
    budget: float
    east: float
    north: float
    falls: bool


def made_counties(count: int) -> list[County]:
    """Return the counties beside the demonstration county of a prefecture of ``count``; the same each time."""
    names = [f"{first}{second}县" for second, first in product(_SECOND, _FIRST)]
    across = int(np.ceil(np.sqrt(count)))
    found = []
    for place in range(1, count):
        draw = np.random.Generator(np.random.PCG64(20_260_000 + place))
        found.append(
            County(
                place=place,
                code=f"99{place:04d}",
                suffix=f"{_MARK}{place:02d}",
                name=names[place - 1],
                size=float(np.clip(draw.lognormal(np.log(0.4), 0.55), 0.12, 1.1)),
                outside=float(draw.lognormal(0, 0.07)),
                primary=float(draw.lognormal(0, 0.05)),
                contracted=float(np.clip(draw.normal(0.985, 0.02), 0.9, 1.0)),
                budget=float(draw.normal(1.0, 0.012)),
                east=_STEP_EAST * (place % across) + float(draw.uniform(-0.12, 0.12)),
                north=_STEP_NORTH * (place // across) + float(draw.uniform(-0.08, 0.08)),
                falls=place == OUTFLOW,
            )
        )
    return found


def multiply(url: str, count: int, progress: Progress) -> None:
    """Make a prefecture of ``count`` counties of the database at ``url``, which holds the demonstration county alone; whole or not at all.

    ``progress`` hears name, number and count of the counties as they are made.

    Raises:
        ValueError: fewer than 2 or more than ``MOST``.
        DatabaseError: no embedded database, more than one county in it, or a load is running.
    """
    if not 2 <= count <= MOST:
        raise ValueError(f"2 to {MOST} counties")
    live = duckdb_file(url)
    if live is None or not live.exists():
        raise DatabaseError(marked("演示市只能生成在内置数据库里"), marked("请把 REPORTING_DATABASE_URL 设为 duckdb:///文件"))
    live = live.resolve()
    with single_load(live), work_folder(live.parent) as folder:
        new = folder / "reporting.duckdb"
        shutil.copyfile(live, new)
        _fill(new, live.name, made_counties(count), progress)
        publish(new, live)


def _fill(file: Path, name: str, counties: list[County], progress: Progress) -> None:
    engine = writing_engine(f"duckdb:///{file}")
    try:
        with engine.connect() as connection:
            codes = [str(code) for (code,) in connection.execute(dim_county.select().with_only_columns(dim_county.c.county_code))]
            if len(codes) != 1:
                raise DatabaseError(
                    marked("库里不是只有一个演示县，不能生成演示市"), marked("请先在新的库里运行 python -m dashboard demo"), where=name
                )
            newest = connection.execute(text("SELECT MAX(month) FROM fact_claim")).scalar_one()
            for county in counties:
                for table in metadata.sorted_tables:
                    _copy(connection, table, county, codes[0], newest)
                if county is counties[-1]:
                    _forget_newest(connection, county, newest)
                _aggregate(connection, county)
                connection.commit()
                progress(county.name, county.place, len(counties))
            _count_rows(connection)
            connection.execute(text("UPDATE meta_load SET county_code = NULL"))  # what was loaded is no longer one county's
            connection.commit()
            connection.execute(text("CHECKPOINT"))
    finally:
        engine.dispose()


def _own_register(column: Column) -> str | None:
    """Return the register whose codes ``column`` holds, None for any other column."""
    if column.table.name in _OWN and column.primary_key:
        return column.table.name
    named = next((key.column.table.name for key in column.foreign_keys if key.column.table.name in _OWN), None)
    if named is None and column.table is meta_report and column.name == "reporter":
        return "dim_institution"
    return named


def _copies(table: Table) -> bool:
    """Tell whether the rows of ``table`` belong to a county and are told apart by its codes."""
    made = table is agg_claim_month or table.name.startswith(("mart_", "meta_"))
    told_apart = any(_own_register(column) for column in table.primary_key.columns)
    return table in (dim_county, meta_report) or (told_apart and not made)


def _copy(connection: Connection, table: Table, county: County, origin: str, newest: datetime.date) -> None:
    if not _copies(table):
        return
    names = [column.name for column in table.columns]
    values = ", ".join(f"{_value(column, county)} AS {column.name}" for column in table.columns)
    own = {column.name: _own_register(column) for column in table.columns if _own_register(column)}
    # What was made for another county before is not copied again, nor what is told apart by nobody but institutions outside.
    conditions = [f"COALESCE(t.{name}, '') NOT LIKE '%{_MARK}__'" for name in own] or ["t.county_code = :origin"]
    if own and set(own.values()) == {"dim_institution"}:
        conditions.append(f"NOT ({' AND '.join(f't.{name} IN ({_AWAY})' for name in own if table.c[name].primary_key)})")
    parent = next((column.name for column in table.columns for key in column.foreign_keys if key.column.table is table), None)
    # DuckDB finds the row that another refers to only when it stood there before the statement: parents first.
    for step in (f"t.{parent} IS NULL", f"t.{parent} IS NOT NULL") if parent else ("TRUE",):
        where = " AND ".join([*conditions, step])
        order = " ORDER BY t.month" if "month" in names else ""
        rows = f"SELECT {values} FROM {table.name} t WHERE {where}{order}"  # noqa: S608
        _insert(connection, f"INSERT INTO {table.name} ({', '.join(names)}) {rows}", origin, newest)


def _insert(connection: Connection, statement: str, origin: str, newest: datetime.date) -> None:
    known = {"origin": origin, "newest": newest, "kinds": list(PRIMARY_KINDS)}
    used = {key: value for key, value in known.items() if f":{key}" in statement}
    lists = [bindparam("kinds", expanding=True)] if "kinds" in used else []
    connection.execute(text(statement).bindparams(*lists), used)


def _value(column: Column, county: County) -> str:
    """Return the SQL of what a made county has in ``column``; ``t`` is the row of the demonstration county."""
    name = f"t.{column.name}"
    register = _own_register(column)
    if column.name == "county_code":
        return f"'{county.code}'"
    if register == "dim_institution" and column.table.name != "dim_institution":
        return f"CASE WHEN {name} IN ({_AWAY}) THEN {name} ELSE {name} || '{county.suffix}' END"
    if register is not None:
        return f"{name} || '{county.suffix}'"
    if column.name in ("name", "short_name") and column.table.name in ("dim_county", *_OWN):
        return _called(column, county)
    if column.name in ("longitude", "latitude"):
        return f"{name} + {county.east if column.name == 'longitude' else county.north}"
    if column.info.get("measure") and column.table.name.startswith("fact_"):
        return _scaled(column, county)
    return name


def _called(column: Column, county: County) -> str:
    """Return what things of a made county are called: nothing bears the name of a place that there is."""
    short = county.name.removesuffix("县")
    match column.table.name:
        case "dim_county":
            return f"'{county.name}'"
        case "dim_town":
            return f"'{short}' || t.town_code || '镇'"
        case "dim_institution":
            hospital = f"REPLACE(t.{column.name}, '余杭区', '{county.name}')"
            return f"CASE WHEN t.kind IN :kinds THEN '{short}' || t.institution_code || '站' ELSE {hospital} END"
        case "dim_equipment":
            return f"t.{column.name}"
        case _:
            return f"REPLACE(t.{column.name}, '余杭区', '{county.name}')"


def _scaled(column: Column, county: County) -> str:
    """Return a measure in the size of the county; parts stay parts, since all columns of a row are rounded by one number."""
    factor = f"{county.size} * {_course(column, county)}"
    if not isinstance(column.type, BigInteger | Integer):
        return f"ROUND(CAST(t.{column.name} AS DOUBLE) * {factor}, 2)"
    keys = ", ".join(f"t.{key.name}" for key in column.table.primary_key.columns)
    return f"CAST(FLOOR(CAST(t.{column.name} AS DOUBLE) * {factor} + (hash({keys}, {county.place}) % 1000003) / 1000003.0) AS BIGINT)"


def _course(column: Column, county: County) -> str:
    """Return by what a county differs from the demonstration county besides its size, as SQL."""
    match column.table.name, column.name:
        case "fact_claim", _:
            outside = str(county.outside)
            if county.falls:
                back = "GREATEST(0, 12 - DATE_DIFF('month', t.month, CAST(:newest AS DATE)))"
                outside = f"{county.outside} * (1 + {_FALL} * {back})"
            return f"CASE WHEN t.institution_code IN ({_AWAY}) THEN {outside} ELSE 1 END"
        case "fact_outpatient", _:
            near = "t.institution_code IN (SELECT institution_code FROM dim_institution WHERE kind IN :kinds)"
            return f"CASE WHEN {near} THEN {county.primary} ELSE 1 END"
        case "fact_contract", "contracted" | "fulfilled" | "renewed":
            return str(county.contracted)
        case "fact_fund_budget", _:
            return str(county.budget)
        case _:
            return "1"


def _forget_newest(connection: Connection, county: County, newest: datetime.date) -> None:
    """Take the newest month of the county away again, from every table of months."""
    for table in metadata.sorted_tables:
        own = next((column.name for column in table.columns if _own_register(column)), None)
        if table.name.startswith("fact_") and own is not None and table.info.get("period") == "month":
            connection.execute(
                text(f"DELETE FROM {table.name} WHERE month >= :newest AND {own} LIKE :ending"),  # noqa: S608
                {"newest": newest, "ending": f"%{county.suffix}"},
            )
    connection.execute(
        text("DELETE FROM meta_report WHERE period >= :newest AND reporter LIKE :ending"), {"newest": newest, "ending": f"%{county.suffix}"}
    )


def _aggregate(connection: Connection, county: County) -> None:
    """Add the claims of the county without their disease groups, as a load does."""
    names = [column.name for column in agg_claim_month.columns]
    sums = ("encounters", "total_cost", "eligible_cost", "fund_paid", "patient_paid", "drg_points")
    keys = [name for name in names if name not in sums]
    chosen = ", ".join([f"SUM({name})" if name in sums else name for name in names])
    rows = f"SELECT {chosen} FROM fact_claim WHERE town_code LIKE :ending GROUP BY {', '.join(keys)} ORDER BY month"  # noqa: S608
    connection.execute(text(f"INSERT INTO agg_claim_month ({', '.join(names)}) {rows}"), {"ending": f"%{county.suffix}"})


def _count_rows(connection: Connection) -> None:
    for (name,) in connection.execute(meta_freshness.select().with_only_columns(meta_freshness.c.table_name)).all():
        rows = connection.execute(text(f"SELECT COUNT(*) FROM {name}")).scalar_one()  # noqa: S608
        connection.execute(meta_freshness.update().where(meta_freshness.c.table_name == name).values(row_count=rows))
