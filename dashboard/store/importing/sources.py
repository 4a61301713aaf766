"""Where a county's own reporting database lies and what is asked of it: one YAML file a source, one SELECT a table of the contract.

What is asked is proved to be one SELECT before anything connects (``store/scoping.py``), and the session is read-only: a source can
be read and nothing else. The password stands in the environment, never in the file, in a message or in a log.
"""

import datetime
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings.sources import read_env_file
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from dashboard.catalogue.loader import read_entry
from dashboard.catalogue.models import Entry, Text
from dashboard.errors import CatalogueError, PackageError
from dashboard.language import marked
from dashboard.settings import PROJECT, settings
from dashboard.store.importing.columns import table_names
from dashboard.store.importing.package import Scope
from dashboard.store.query import query_binds
from dashboard.store.schema import metadata
from dashboard.store.scoping import one_select

BINDS = frozenset({"start", "end", "month"})
"""What a SELECT may ask by: the first day of the month, the first day of the next one, and the month as ``2025-10``."""
DRIVERS: Mapping[str, tuple[str, str]] = {
    "postgresql": ("postgresql+psycopg", "postgres"),
    "mysql": ("mysql+pymysql", "mysql"),
    "mariadb": ("mariadb+pymysql", "mysql"),
    "sqlite": ("sqlite", "sqlite"),
}
"""By kind of database: the driver that can be held to reading, and how sqlglot calls its SQL."""
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_REMEDY = marked("请改正来源文件，写法见 docs/importing.md")


class SourceFile(Entry):
    """What a source file may say. ``url`` carries no password; ``secret`` names the environment variable that holds it."""

    title: Text
    url: Text
    secret: Text | None = None
    data_kind: Literal["county", "demonstration"] = "county"
    coordinate_system: Literal["WGS-84", "CGCS2000", "GCJ-02"] = "WGS-84"
    scope: Scope | None = None
    statement_seconds: int = Field(default=600, ge=1, le=7200)
    tables: Mapping[str, Text] = Field(min_length=1)


@dataclass(frozen=True)
class Source:
    """A source that was read and proved: ``tables`` by the name of the contract, ``dialect`` as sqlglot calls it."""

    name: str
    file: SourceFile
    url: URL
    dialect: str
    tables: Mapping[str, str]

    def url_with_secret(self) -> URL:
        """Return the address with its password. Raises ``PackageError`` when the variable is not set."""
        if self.file.secret is None:
            return self.url
        secret = os.environ.get(self.file.secret) or _env_file().get(self.file.secret)
        if not secret:
            raise PackageError(
                marked("没有这个来源的密码：环境变量 {variable} 没有设置"), marked("请设置后再试；密码不要写在来源文件里"),
                where=self.name, variable=self.file.secret,
            )  # fmt: skip
        return self.url.set(password=secret)


@cache
def _env_file() -> Mapping[str, str | None]:
    file = PROJECT / ".env"
    return read_env_file(file, case_sensitive=True) if file.is_file() else {}


def month_binds(month: datetime.date) -> dict[str, object]:
    """Return what the SELECTs may ask by for the ``month`` of this first day."""
    following = datetime.date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return {"start": month, "end": following, "month": f"{month:%Y-%m}"}


def source_names(folder: Path | None = None) -> list[str]:
    """Return the names of the sources there are."""
    return sorted(file.stem for file in (folder or settings().sources_folder).glob("*.yaml"))


def read_source(name: str, folder: Path | None = None) -> Source:
    """Return the source ``name``. Raises ``CatalogueError`` for a wrong file, ``PackageError`` when there is none of this name."""
    place = folder or settings().sources_folder
    names = source_names(place)
    if name not in names:
        raise PackageError(
            marked("没有这个数据来源；现有：{names}"), marked("请在来源文件夹放入 名称.yaml，写法见 docs/importing.md"),
            where=name, names="、".join(names) or "—",
        )  # fmt: skip
    file = read_entry(SourceFile, place / f"{name}.yaml")
    where = f"{name}.yaml"
    url, dialect = _checked_url(file, where)
    tables = {}
    for given, statement in file.tables.items():
        table = metadata.tables.get(given) if given in metadata.tables else table_names().get(given)
        if table is None or not table.info.get("file"):
            raise CatalogueError(marked("“{table}”不是数据包里的表"), _REMEDY, where=where, table=given)
        if one_select(statement, dialect) is None:
            raise CatalogueError(marked("“{table}”的语句不是一条只读的 SELECT，没有执行"), _REMEDY, where=where, table=given)
        unknown = sorted(query_binds(statement) - BINDS)
        if unknown:
            raise CatalogueError(
                marked("“{table}”的语句用了不认识的参数 {names}；可用的是 :start、:end、:month"), _REMEDY,
                where=where, table=given, names="、".join(unknown),
            )  # fmt: skip
        tables[table.name] = statement
    return Source(name, file, url, dialect, tables)


def _checked_url(file: SourceFile, where: str) -> tuple[URL, str]:
    """Return the address bound to its driver, and its dialect. What is wrong is said without the address: it may hold a password."""
    try:
        url = make_url(file.url)
    except ArgumentError:
        # Without the cause, which quotes the address.
        raise CatalogueError(marked("来源的地址 url 无法识别"), _REMEDY, where=where) from None
    if url.password is not None or any("pass" in key.lower() for key in url.query):
        raise CatalogueError(
            marked("来源的地址里写了密码"), marked("请从 url 删去密码，放进环境变量，并在 secret 写这个变量的名字"), where=where
        )
    if file.secret is not None and not _VARIABLE.fullmatch(file.secret):
        raise CatalogueError(marked("secret 应是环境变量的名字(大写字母、数字、下划线)，不是密码本身"), _REMEDY, where=where)
    known = DRIVERS.get(url.get_backend_name())
    if known is None:
        raise CatalogueError(
            marked("不支持这种数据库的来源；可用：{names}"), marked("请改用视图所在的支持的数据库，或导出为数据包"),
            where=where, names="、".join(DRIVERS),
        )  # fmt: skip
    driver, dialect = known
    return url.set(drivername=driver), dialect
