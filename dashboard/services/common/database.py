"""The reporting database as the services see it: an engine, the load it stands on and what its reader may see."""

import datetime
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from dashboard.analysis.approval import UNASKED, Signed
from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.settings import settings
from dashboard.store.engine import duckdb_file, reporting_engine, retire
from dashboard.store.query import Whole, run_query
from dashboard.store.scope import COUNTY, Scope
from dashboard.store.versions import refuse_newer

_ATTEMPTS = 5


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
    """A read-only engine with the data version it was opened at, for one reader. Services take one as their first argument."""

    engine: Engine
    version: DataVersion
    url: str
    stamp: tuple[int, int] = (0, 0)
    """``file_stamp`` of the embedded file that the engine reads."""
    scope: Scope = COUNTY
    """What may be seen of it: every query runs behind its rules, every cache keys on its contents."""
    signed: Signed = UNASKED
    """Which months are approved: what marks figures as provisional. Only answers that say so key their cache on it (``marks``)."""

    def under(self, scope: Scope) -> "ReportingDatabase":
        """Return this database as a reader of ``scope`` sees it."""
        return self if scope == self.scope else replace(self, scope=scope)

    def with_signed(self, signed: Signed) -> "ReportingDatabase":
        """Return this database as it is while these months are approved."""
        return self if signed == self.signed else replace(self, signed=signed)


def open_database(url: str | None = None) -> ReportingDatabase:
    """Open the reporting database at ``url`` (default: the settings) read-only, for a reader of the whole county.

    A load that lands while the file is being opened is noticed by its stamp, and the file is opened again: what is returned reads
    the very file that bears its stamp.

    Raises ``DatabaseError`` when there is no database, ``QueryError`` when it cannot be reached or has another schema.
    """
    target = url or settings().reporting_database_url
    for _attempt in range(_ATTEMPTS):
        stamp = file_stamp(target)
        engine = reporting_engine(target)
        refuse_newer(engine)
        version = data_version(engine)
        if file_stamp(target) == stamp:
            return ReportingDatabase(engine=engine, version=version, url=target, stamp=stamp)
        retire(engine)
    raise DatabaseError(marked("报表数据库正在被反复替换"), marked("请等载入结束后刷新重试"))


def data_version(engine: Engine) -> DataVersion:
    """Return the newest load of the database behind ``engine``; ``EMPTY`` when nothing was loaded."""
    frame = run_query(Whole(engine), "meta/data_version")
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
    """Return what changes when the embedded file is replaced or written: (inode, time of change). (0, 0) for a server.

    The time is that of the inode, which no copying tool can set back.
    """
    file = duckdb_file(url)
    if file is None or not file.exists():
        return (0, 0)
    status = file.stat()
    return (status.st_ino, status.st_ctime_ns)
