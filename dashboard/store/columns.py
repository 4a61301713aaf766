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
    def label(self) -> str:
        """The Chinese label."""
        return label(self.column)


_AT_LEAST = re.compile(r"^(\w+) (>=|>) (-?\d+(?:\.\d+)?)$")
_BETWEEN = re.compile(r"^(\w+) BETWEEN (-?\d+(?:\.\d+)?) AND (-?\d+(?:\.\d+)?)$")
_DIFFERENT = re.compile(r"^(\w+) <> (\w+)$")


def normal_name(text: str) -> str:
    """Return ``text`` as names are compared: full-width forms folded, blanks trimmed, case ignored."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def conditions(table: Table) -> list[str]:
    """Return the check constraints of ``table`` and of its columns, as the schema states them."""
    constraints = [*table.constraints, *(item for column in table.columns for item in column.constraints)]
    return [str(item.sqltext) for item in constraints if isinstance(item, CheckConstraint)]


def is_understood(condition: str) -> bool:
    """Return whether the import checks ``condition`` itself, before the database does."""
    by_kind = " IN (" in condition or condition.startswith("EXTRACT(DAY")
    return by_kind or any(pattern.match(condition) for pattern in (_AT_LEAST, _BETWEEN, _DIFFERENT))


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
