"""The reporting database as the services see it: an engine and the load it stands on."""

import datetime
from dataclasses import dataclass

from sqlalchemy import Engine

from dashboard.settings import settings
from dashboard.store.engine import duckdb_file, reporting_engine
from dashboard.store.query import run_query


@dataclass(frozen=True)
class DataVersion:
    """The newest load of a database: what answers are cached by and what every page and export states."""

    load_id: int
    package: str
    demonstration: bool
    data_through: datetime.date | None
    loaded_at: datetime.datetime | None


EMPTY = DataVersion(load_id=0, package="", demonstration=False, data_through=None, loaded_at=None)


@dataclass(frozen=True, eq=False)
class ReportingDatabase:
    """A read-only engine with the data version it was opened at. Services take one as their first argument."""

    engine: Engine
    version: DataVersion
    url: str


def open_database(url: str | None = None) -> ReportingDatabase:
    """Open the reporting database at ``url`` (default: the settings) read-only.

    Raises ``DatabaseError`` when there is no database, ``QueryError`` when it cannot be reached or has another schema.
    """
    target = url or settings().reporting_database_url
    engine = reporting_engine(target)
    return ReportingDatabase(engine=engine, version=data_version(engine), url=target)


def data_version(engine: Engine) -> DataVersion:
    """Return the newest load of the database behind ``engine``; ``EMPTY`` when nothing was loaded."""
    frame = run_query(engine, "meta/data_version")
    if frame.empty:
        return EMPTY
    row = frame.iloc[0]
    return DataVersion(
        load_id=int(row["load_id"]),
        package=str(row["package"]),
        demonstration=row["data_kind"] == "demonstration",
        data_through=None if row["data_through"] is None else row["data_through"].date(),
        loaded_at=row["loaded_at"].to_pydatetime(),
    )


def file_stamp(url: str) -> tuple[int, int]:
    """Return what changes when a load replaces the embedded file: (inode, time of change). (0, 0) for a server."""
    file = duckdb_file(url)
    if file is None or not file.exists():
        return (0, 0)
    status = file.stat()
    return (status.st_ino, status.st_mtime_ns)
