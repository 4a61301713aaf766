"""Mapping profiles: how a foreign file becomes tables of the contract. What a profile may say; ``mapping.py`` does it.

A profile is data: one that ships stands in ``data/profiles/*.yaml``, one made in the browser in the workspace; both are this model.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from dashboard.catalogue.loader import read_entry, validated
from dashboard.catalogue.models import Entry, Text
from dashboard.errors import CatalogueError
from dashboard.language import marked
from dashboard.settings import PROJECT
from dashboard.store.importing.columns import fields
from dashboard.store.importing.package import Scope
from dashboard.store.schema import metadata

PROFILES = PROJECT / "data" / "profiles"
_REMEDY = marked("请改正映射方案，写法见 docs/importing.md")


class Condition(Entry):
    """Rows whose ``column`` is one of ``equals`` or wholly matches the regular expression ``matches``; ``blank``: is empty."""

    column: Text
    equals: tuple[str, ...] = ()
    matches: str | None = None
    blank: bool = False


class Mapped(Entry):
    """How a column of the contract is made: from which column, or which when that is empty; times ``unit``; by ``codes``.

    ``names``: what stands there are names of the register (of institutions, departments, accounts …) and become their codes.
    """

    source: Text = Field(alias="from")
    otherwise: Text | None = None
    unit: float | None = None
    codes: Mapping[str, str] = Field(default_factory=dict)
    names: bool = False


class PeriodRule(Entry):
    """Where the period stands: in the name of the file, in a cell ("B2") or in a column.

    ``pattern`` is a regular expression with groups ``year`` and ``month`` (or ``quarter``); without one the text is taken as it is.
    """

    source: Literal["file", "cell", "column"] = Field(alias="from")
    place: Text | None = None
    pattern: str | None = None


class Unpivot(Entry):
    """Wide to long: each of ``columns`` (source column → value of ``into``) gives a row whose number goes into ``values``.

    ``months`` instead: source columns that match the expression are months; its group is the number of the month of the file's year.
    ``minus``: other columns that a column includes ("其中"), taken off it.
    """

    into: Text
    values: Text
    columns: Mapping[str, str] = Field(default_factory=dict)
    months: str | None = None
    minus: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    unit: float | None = None


class Part(Entry):
    """One way from files to one table. ``file`` is a pattern of names ("*收支月报*.xlsx").

    ``columns`` by column of the contract; ``constants`` stand in every row; ``skip`` and ``keep`` choose rows; ``ignored`` are columns
    of the source that are known and not wanted (any other new one is told). ``add_up``: rows of one key are one row, their measures
    added. ``distinct``: of rows of one key the first counts. ``spread``: a quarter's counts are spread over its months by days.
    ``adds``: brings columns to rows that another part made, by their key. ``optional``: its file may be missing.
    """

    file: Text
    table: Text
    sheet: Text | None = None
    columns: Mapping[str, Mapped] = Field(default_factory=dict)
    constants: Mapping[str, str | int | float | bool] = Field(default_factory=dict)
    period: PeriodRule | None = None
    unpivot: Unpivot | None = None
    skip: tuple[Condition, ...] = ()
    keep: tuple[Condition, ...] = ()
    ignored: tuple[str, ...] = ()
    add_up: bool = False
    distinct: bool = False
    spread: bool = False
    adds: bool = False
    optional: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns of the source that it cannot do without."""
        named = [name for each in self.columns.values() for name in (each.source, each.otherwise) if name]
        named += [condition.column for condition in (*self.skip, *self.keep)]
        if self.period is not None and self.period.source == "column" and self.period.place:
            named.append(self.period.place)
        if self.unpivot is not None:
            named += [*self.unpivot.columns, *(name for names in self.unpivot.minus.values() for name in names)]
        return tuple(dict.fromkeys(named))

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns of the contract that it fills."""
        made = [*self.columns, *self.constants]
        if self.period is not None and (period := metadata.tables[self.table].info.get("period")):
            made.append(period)
        if self.unpivot is not None:
            made += [self.unpivot.into, self.unpivot.values]
        return tuple(dict.fromkeys(made))


class Profile(Entry):
    """A profile: its parts, and ``rows`` that stand in no file (a department that a foreign county does not have)."""

    title: Text
    version: int = Field(default=1, ge=1)
    note: str = ""
    package: Text | None = None
    data_kind: Literal["county", "demonstration"] = "county"
    coordinate_system: Literal["WGS-84", "CGCS2000", "GCJ-02"] = "WGS-84"
    scope: Scope | None = None
    parts: tuple[Part, ...] = Field(min_length=1)
    rows: Mapping[str, tuple[Mapping[str, str | int | float | bool], ...]] = Field(default_factory=dict)


def checked(profile: Profile, where: str) -> Profile:
    """Return ``profile`` when what it fills is there to be filled. Raises ``CatalogueError`` naming table and column."""
    for table, columns in [(part.table, part.targets if part.table in metadata.tables else ()) for part in profile.parts] + [
        (table, tuple({name for row in rows for name in row})) for table, rows in profile.rows.items()
    ]:
        if table not in metadata.tables or not metadata.tables[table].info.get("file"):
            raise CatalogueError(marked("“{table}”不是数据包里的表"), _REMEDY, where=where, table=table)
        unknown = [name for name in columns if name not in fields(metadata.tables[table])]
        if unknown:
            raise CatalogueError(marked("“{table}”没有这些列：{columns}"), _REMEDY, where=where, table=table, columns="、".join(unknown))
    return profile


def read_profile(file: Path) -> Profile:
    """Return the profile in ``file``. Raises ``CatalogueError`` naming field and reason."""
    return checked(read_entry(Profile, file), file.name)


def profile_of(content: object, where: str) -> Profile:
    """Return a profile that was kept as JSON. Raises ``CatalogueError`` naming field and reason."""
    return checked(validated(Profile, content, where=where), where)


def shipped_profiles(folder: Path = PROFILES) -> dict[str, Profile]:
    """Return the profiles that ship, by name."""
    return {file.stem: read_profile(file) for file in sorted(folder.glob("*.yaml"))}
