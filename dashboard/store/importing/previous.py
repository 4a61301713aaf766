"""The database as it is before a load: what a package is checked against and what an unchanged package is recognised by."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, func, literal_column, select
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import DatabaseError, QueryError
from dashboard.language import marked
from dashboard.store.importing.counties import first_loads, owner
from dashboard.store.query import Whole, run_query
from dashboard.store.schema import dim_county, meta_load, metadata

Period = datetime.date | int


def existing_columns(engine: Engine) -> dict[str, set[str]]:
    """Return the columns of each table of the contract that the database has. Raises ``QueryError``."""
    if engine.dialect.name == "hive":
        return _asked_one_by_one(engine)
    frame = run_query(Whole(engine), "importing/database_columns")
    found: dict[str, set[str]] = defaultdict(set)
    for name, column in zip(frame["table_name"], frame["column_name"], strict=True):
        if name in metadata.tables:
            found[name].add(column)
    return dict(found)


def _asked_one_by_one(engine: Engine) -> dict[str, set[str]]:
    """Return the same from Spark, which has no catalogue to ask: a table that is not there is refused."""
    run_query(Whole(engine), "meta/data_version")
    found = {}
    with engine.connect() as connection:
        for name, table in metadata.tables.items():
            with suppress(SQLAlchemyError):
                found[name] = set(connection.execute(select(literal_column("*")).select_from(table).limit(0)).keys())
    return found


def missing_columns(existing: dict[str, set[str]]) -> list[str]:
    """Return ``table.column`` (or ``table``) of everything in the contract that the database lacks."""
    missing = []
    for name, table in metadata.tables.items():
        if name not in existing:
            missing.append(name)
        else:
            missing += [f"{name}.{column.name}" for column in table.columns if column.name not in existing[name]]
    return missing


def database_failed(error: Exception, where: str = "") -> DatabaseError:
    """Return the error for a database that broke off: nothing was changed."""
    failure = DatabaseError(
        marked("数据库没有完成这次载入，原有数据保持不变"),
        marked("请检查数据库连接、磁盘空间和权限后重试；结构不一致时先运行 python -m dashboard check"),
        where=where,
    )
    failure.__cause__ = error
    return failure


class Previous:
    """Read-only view of the database before the load; empty when there is none yet. Raises ``DatabaseError``."""

    def __init__(self, engine: Engine | None) -> None:
        self._engine = engine
        try:
            self.columns = existing_columns(engine) if engine is not None else {}
        except QueryError as error:
            raise DatabaseError(marked("报表数据库打不开"), marked("请检查数据库地址、账号和权限；文件应是本程序生成的数据库")) from error

    def has(self, table: Table) -> bool:
        """Return whether the database has the whole ``table``."""
        return {column.name for column in table.columns} <= self.columns.get(table.name, set())

    def _run(self, statement: Select) -> list[dict[str, object]]:
        if self._engine is None:
            return []
        try:
            with self._engine.connect() as connection:
                return [dict(row) for row in connection.execute(statement).mappings()]
        except SQLAlchemyError as error:
            raise database_failed(error) from error

    def rows(self, table: Table) -> list[dict[str, object]]:
        """Return all rows of a dimension; a column that an older database lacks holds its default."""
        known = self.columns.get(table.name)
        if not known:
            return []
        lacking = {column.name: column.info.get("default") for column in table.columns if column.name not in known}
        return [lacking | row for row in self._run(select(*(column for column in table.columns if column.name in known)))]

    def batches(self, statement: Select, size: int) -> Iterator[list[dict[str, object]]]:
        """Yield the rows of ``statement``, ``size`` at a time."""
        if self._engine is None:
            return
        try:
            with self._engine.connect().execution_options(stream_results=True) as connection:
                for rows in connection.execute(statement).mappings().partitions(size):
                    yield [dict(row) for row in rows]
        except SQLAlchemyError as error:
            raise database_failed(error) from error

    def only_county(self) -> str | None:
        """Return the code of the one county that the database holds; None where it names none, or several."""
        codes = [str(row["county_code"]) for row in self.rows(dim_county)]
        return codes[0] if len(codes) == 1 else None

    def first_loads(self) -> dict[str, int | None]:
        """Return the counties that the database holds, each with the number of its oldest load; None where none is known as its own."""
        loads: list[tuple[int, str | None]] = []
        if {"load_id", "county_code"} <= self.columns.get(meta_load.name, set()):
            loads = [
                (int(str(row["load_id"])), str(row["county_code"]))
                for row in self._run(select(meta_load.c.load_id, meta_load.c.county_code))
            ]
        return first_loads((str(row["county_code"]) for row in self.rows(dim_county)), loads)

    def newest_load(self) -> tuple[int, str]:
        """Return (load id, package checksum) of the newest load; (0, "") when there is none."""
        if not {"load_id", "checksum"} <= self.columns.get(meta_load.name, set()):
            return 0, ""
        newest = select(meta_load.c.load_id, meta_load.c.checksum).order_by(meta_load.c.load_id.desc()).limit(1)
        found = self._run(newest)
        return (int(str(found[0]["load_id"])), str(found[0]["checksum"])) if found else (0, "")

    def reporters(self, table: Table, periods: Iterable[Period], county: str | None = None) -> set[tuple[str, Period]]:
        """Return who reports ``table`` in ``periods``; of several counties, in the rows of ``county``."""
        reporter, period = table.info["reporter"], table.info["period"]
        wanted = list(periods)
        if not {reporter, period} <= self.columns.get(table.name, set()):
            return set()
        columns = table.columns
        statement = select(columns[reporter], columns[period]).where(columns[period].in_(wanted), *_of(county, table)).distinct()
        return {(str(row[reporter]), row[period]) for row in self._run(statement)}  # type: ignore[misc]

    def replaced(
        self, table: Table, column: str, periods: Iterable[Period], among: set[tuple[str, Period]] | None, county: str | None = None
    ) -> set[tuple[str, Period]]:
        """Return (``column``, period) of the rows of ``periods`` that a load replaces: all, or those of the reporters ``among``.

        Of several counties, the rows of ``county``.
        """
        reporter, period = table.info["reporter"], table.info["period"]
        if not {reporter, period, column} <= self.columns.get(table.name, set()):
            return set()
        columns = table.columns
        asked = select(columns[column].label("who"), columns[reporter].label("reporter"), columns[period].label("period"))
        rows = self._run(asked.where(columns[period].in_(list(periods)), *_of(county, table)).distinct())
        return {(str(row["who"]), row["period"]) for row in rows if among is None or (str(row["reporter"]), row["period"]) in among}  # type: ignore[misc]

    def series(self, table: Table, measures: list[str], without: Iterable[Period]) -> pd.DataFrame:
        """Return the sums of ``measures`` by reporter and period, the periods ``without`` left out."""
        names = ["reporter", "period", *measures]
        if not {table.info["reporter"], table.info["period"], *measures} <= self.columns.get(table.name, set()):
            return pd.DataFrame(columns=names)
        columns = table.columns
        reporter, period = columns[table.info["reporter"]], columns[table.info["period"]]
        sums = [func.sum(columns[name]).label(name) for name in measures]
        statement = (
            select(reporter.label("reporter"), period.label("period"), *sums).where(period.not_in(list(without))).group_by(reporter, period)
        )
        return pd.DataFrame(self._run(statement), columns=names)


def _of(county: str | None, table: Table) -> tuple[ColumnElement[bool], ...]:
    return () if county is None else (owner(table, table, metadata.tables) == county,)


def rows_of(connection: Connection, table: Table) -> int:
    """Return how many rows ``table`` has."""
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
