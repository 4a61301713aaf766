"""A demonstration prefecture: the demonstration county again and again under other codes and names, each of its own size and course.

Rows are made by the database from the rows of the county that is there, table by table: 96 counties are some hundred million claims. The
rules follow the schema: what refers to a community, a town, an institution or a device of the county gets the new county's code of it, what
is counted or paid is scaled. Institutions outside are shared. Fractions of counts are rounded up or down by a number made of the row, so
that a small county keeps its sums and the same prefecture is made each time.

The story: the county at ``OUTFLOW`` loses patients month by month in its last year, the last one has not reported the newest month.
"""

import datetime
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
from dashboard.store.importing.writing import attach
from dashboard.store.schema import agg_claim_month, dim_county, meta_freshness, meta_report, metadata

MOST = 96
OUTFLOW = 2
"""Place of the county with the outflow, from 0, the demonstration county itself."""
_FIRST = ("东", "西", "青", "禾", "白", "沙", "望", "柳", "竹", "清", "远", "平", "澄", "映", "汀", "宁")
_SECOND = ("澜", "渡", "坪", "砚", "棠", "峰")
_OWN = ("dim_community", "dim_town", "dim_institution", "dim_equipment")
"""The registers whose codes are a county's own."""
_MARK = "~"
"""What parts a code of the demonstration county from the number of a made county."""
_STEP_EAST, _STEP_NORTH = 0.85, 0.6
"""Degrees between neighbouring counties."""
_FALL, _MONTHS = 0.09, 12
"""By how much more of its patients the county with the outflow sends away with each month of its last year."""

_AWAY = "SELECT institution_code FROM origin.dim_institution WHERE NOT in_county"

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
    late: bool


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
                late=place == count - 1 and count > OUTFLOW + 1,
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
        _fill(new, live, made_counties(count), progress)
        publish(new, live)


def _fill(file: Path, origin: Path, counties: list[County], progress: Progress) -> None:
    """Build ``file``: the tables of ``origin``, in which each county's rows lie together, and the made counties behind it.

    The tables carry no keys: an index over a hundred million claims does not fit into memory, and nothing but the import needs one.
    """
    engine = writing_engine(f"duckdb:///{file}")
    try:
        with engine.connect() as connection:
            attach(connection, origin, "origin", read_only=True)
            codes = [str(code) for (code,) in connection.execute(text("SELECT county_code FROM origin.dim_county"))]
            if len(codes) != 1:
                remedy = marked("请先在新的库里运行 python -m dashboard demo")
                raise DatabaseError(marked("库里不是只有一个演示县，不能生成演示市"), remedy, where=origin.name)
            newest = connection.execute(text("SELECT MAX(month) FROM origin.fact_claim")).scalar_one()
            for table in metadata.sorted_tables:
                connection.execute(text(f"CREATE TABLE {table.name} AS SELECT * FROM origin.{table.name}"))  # noqa: S608
            for county in counties:
                for table in metadata.sorted_tables:
                    if _copies(table):
                        _copy(connection, table, county, newest)
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


def _copy(connection: Connection, table: Table, county: County, newest: datetime.date) -> None:
    names = [column.name for column in table.columns]
    values = ", ".join(f"{_value(column, county)} AS {column.name}" for column in table.columns)
    own = {column.name: _own_register(column) for column in table.columns if _own_register(column)}
    conditions = ["TRUE"]
    if own and set(own.values()) == {"dim_institution"}:  # nothing that is told apart by nobody but institutions outside
        conditions.append(f"NOT ({' AND '.join(f't.{name} IN ({_AWAY})' for name in own if table.c[name].primary_key)})")
    period = "period" if table is meta_report else "month" if table.info.get("period") == "month" else ""
    if county.late and period:
        conditions.append(f"t.{period} < :newest")
    order = " ORDER BY t.month" if "month" in names else ""
    rows = f"SELECT {values} FROM origin.{table.name} t WHERE {' AND '.join(conditions)}{order}"  # noqa: S608
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) {rows}"
    used = {name: value for name, value in (("newest", newest), ("kinds", list(PRIMARY_KINDS))) if f":{name}" in statement}
    asked = text(statement)
    connection.execute(asked.bindparams(bindparam("kinds", expanding=True)) if "kinds" in used else asked, used)


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
            near = "t.institution_code IN (SELECT institution_code FROM origin.dim_institution WHERE kind IN :kinds)"
            return f"CASE WHEN {near} THEN {county.primary} ELSE 1 END"
        case "fact_contract", "contracted" | "fulfilled" | "renewed":
            return str(county.contracted)
        case "fact_fund_budget", _:
            return str(county.budget)
        case _:
            return "1"


def _aggregate(connection: Connection, county: County) -> None:
    """Add the claims of the county without their disease groups, as a load does."""
    names = [column.name for column in agg_claim_month.columns]
    sums = ("encounters", "total_cost", "eligible_cost", "fund_paid", "patient_paid", "drg_points")
    keys = [name for name in names if name not in sums]
    chosen = ", ".join([f"SUM({name})" if name in sums else name for name in names])
    rows = f"SELECT {chosen} FROM fact_claim WHERE county_code = :code GROUP BY {', '.join(keys)} ORDER BY month"  # noqa: S608
    connection.execute(text(f"INSERT INTO agg_claim_month ({', '.join(names)}) {rows}"), {"code": county.code})


def _count_rows(connection: Connection) -> None:
    for (name,) in connection.execute(meta_freshness.select().with_only_columns(meta_freshness.c.table_name)).all():
        rows = connection.execute(text(f"SELECT COUNT(*) FROM {name}")).scalar_one()  # noqa: S608
        connection.execute(meta_freshness.update().where(meta_freshness.c.table_name == name).values(row_count=rows))
