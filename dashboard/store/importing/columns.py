"""What a file column may look like: its kind, whether it is required, its limits and names; all read from the schema."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Float, Integer, Numeric, String, Table

from dashboard.store.schema import label, package_tables


class Kind(StrEnum):
    """How the text of a cell becomes a value."""

    MONTH = "month"
    QUARTER = "quarter"
    DATE = "date"
    YEAR = "year"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    CODE = "code"
    TEXT = "text"


@dataclass(frozen=True)
class Limits:
    """The range that the check constraints of the schema allow; ``exclusive`` leaves the minimum itself out."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False


@dataclass(frozen=True)
class Field:
    """One column of a file as the import sees it."""

    column: Column
    kind: Kind
    required: bool
    nullable: bool
    default: object
    limits: Limits
    codes: Mapping[str, str]
    length: int | None

    @property
    def name(self) -> str:
        """The column name in the database."""
        return self.column.name

    @property
    def is_key(self) -> bool:
        """Whether the column holds a code of the county's own: a key or a reference."""
        return self.kind is Kind.TEXT and bool(self.column.primary_key or self.column.foreign_keys)

    @property
    def label(self) -> str:
        """The Chinese label."""
        return label(self.column)


# What no reader sees: C1 controls, and what Unicode lists as default-ignorable (soft hyphen, fillers, zero-width characters, direction
# marks, variation selectors, byte order mark, tags), as code points: they are no text of ours.
_UNSEEN = (
    *((0x80, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0xE0000, 0xE0FFF)),
)
INVISIBLE = "".join(f"{chr(first)}-{chr(last)}" for first, last in _UNSEEN)
"""The same inside the brackets of a regular expression."""
_BLANKS = re.compile(rf"[\s{INVISIBLE}]+")
_AT_LEAST = re.compile(r"^(\w+) (>=|>) (-?\d+(?:\.\d+)?)$")
_BETWEEN = re.compile(r"^(\w+) BETWEEN (-?\d+(?:\.\d+)?) AND (-?\d+(?:\.\d+)?)$")
_DIFFERENT = re.compile(r"^(\w+) <> (\w+)$")


def normal_name(text: str) -> str:
    """Return ``text`` as names are compared: full-width forms folded; blanks and invisible characters dropped; case ignored."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def conditions(table: Table) -> list[str]:
    """Return the check constraints of ``table`` and of its columns, as the schema states them."""
    constraints = [*table.constraints, *(item for column in table.columns for item in column.constraints)]
    return [str(item.sqltext) for item in constraints if isinstance(item, CheckConstraint)]


def _limits(table: Table) -> dict[str, Limits]:
    found: dict[str, Limits] = {}
    for condition in conditions(table):
        if match := _AT_LEAST.match(condition):
            found[match[1]] = Limits(minimum=float(match[3]), exclusive=match[2] == ">")
        elif match := _BETWEEN.match(condition):
            found[match[1]] = Limits(minimum=float(match[2]), maximum=float(match[3]))
    return found


def different_columns(table: Table) -> list[tuple[str, str]]:
    """Return the pairs of columns of ``table`` that must differ (a referral to itself)."""
    return [(match[1], match[2]) for condition in conditions(table) if (match := _DIFFERENT.match(condition))]


def _kind(column: Column, table: Table) -> Kind:
    period = table.info.get("period")
    kinds: list[tuple[type | tuple[type, ...], Kind]] = [
        (Boolean, Kind.BOOLEAN),
        (Float, Kind.FLOAT),
        (Numeric, Kind.DECIMAL),
        ((Integer, BigInteger), Kind.INTEGER),
    ]
    if isinstance(column.type, Date):
        return Kind(column.name) if column.name == period else Kind.DATE
    if column.name == period:
        return Kind.YEAR
    if column.info.get("codes"):
        return Kind.CODE
    return next((kind for types, kind in kinds if isinstance(column.type, types)), Kind.TEXT)


def _code_names(column: Column) -> dict[str, str]:
    """Return every accepted spelling of a coded column with its code: the code itself and the Chinese label."""
    codes = column.info.get("codes") or {}
    return {normal_name(names.zh): code for code, names in codes.items()} | {normal_name(code): code for code in codes}


@cache
def fields(table: Table) -> Mapping[str, Field]:
    """Return the file columns of ``table`` by column name, in the order of the schema."""
    limits = _limits(table)
    found = {}
    for column in table.columns:
        default = column.info.get("default")
        found[column.name] = Field(
            column=column,
            kind=_kind(column, table),
            required=not column.nullable and default is None,
            nullable=bool(column.nullable),
            default=default,
            limits=limits.get(column.name, Limits()),
            codes=_code_names(column),
            length=column.type.length if isinstance(column.type, String) else None,
        )
    return found


@cache
def header_names(table: Table) -> Mapping[str, str]:
    """Return every accepted header of ``table`` with its column name."""
    by_label = {normal_name(field.label): name for name, field in fields(table).items()}
    return by_label | {normal_name(name): name for name in fields(table)}


@cache
def table_names() -> Mapping[str, Table]:
    """Return every accepted file name (without suffix) with its table."""
    by_label = {normal_name(label(table)): table for table in package_tables()}
    return by_label | {table.name: table for table in package_tables()}


def primary_key(table: Table) -> tuple[str, ...]:
    """Return the names of the key columns of ``table``."""
    return tuple(column.name for column in table.primary_key.columns)


def period_column(table: Table) -> str | None:
    """Return the column whose values a correction replaces, or None for a dimension."""
    return table.info.get("period")
