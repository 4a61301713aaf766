"""Text cells to typed values: fast through Arrow when a column is regular, otherwise value by distinct value with a rule for each fault."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dashboard.store.columns import Field, Kind, normal_name

Mask = NDArray[np.bool_]

_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
_MONTH = re.compile(r"^(\d{4})(?:[-/.]?(\d{1,2})|年(\d{1,2})月)$")
_DAY = re.compile(r"^(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))(?:[ T]00:00(?::00(?:\.0+)?)?)?$")
_QUARTER = re.compile(r"^(\d{4})(?:[-/]?[Qq]([1-4])|年第?([1-4一二三四])季度)$")
_YEAR = re.compile(r"^(\d{4})(?:\.0+|年|年度)?$")
_CHINESE_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4}
_TRUE = frozenset({"是", "true", "1", "yes", "y"})
_FALSE = frozenset({"否", "false", "0", "no", "n"})
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_COUNT_LIMIT = 10**15
_NOISE_PLACES = 4


class CellError(Exception):
    """A cell that breaks ``rule``."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True)
class Converted:
    """Typed values of a column (null where empty or wrong) and, by rule, the rows that could not be converted."""

    values: pa.Array
    faults: dict[str, Mask] = field(default_factory=dict)

    def wrong(self, size: int) -> Mask:
        """Return which rows could not be converted."""
        mask = np.zeros(size, dtype=bool)
        for rows in self.faults.values():
            mask |= rows
        return mask


def _day(text: str) -> datetime.date | None:
    match = _DAY.match(text)
    if match is None:
        return None
    year, _, *parts = match.groups()
    month, day = (int(part) for part in parts if part is not None)
    try:
        return datetime.date(int(year), month, day)
    except ValueError:
        return None


def _month(text: str) -> datetime.date | None:
    match = _MONTH.match(text)
    if match is None:
        return None
    number = int(match[2] or match[3])
    return datetime.date(int(match[1]), number, 1) if 1 <= number <= 12 and int(match[1]) else None


def parse_month(text: str, _: Field) -> datetime.date:
    """Return a month as its first day."""
    day = _month(text) or _day(text)
    if day is None:
        raise CellError("type_month")
    if day.day != 1:
        raise CellError("not_first_day")
    return day


def parse_quarter(text: str, _: Field) -> datetime.date:
    """Return a quarter as its first day."""
    if match := _QUARTER.match(text):
        number = match[2] or match[3]
        return datetime.date(int(match[1]), 3 * (_CHINESE_DIGITS.get(number) or int(number)) - 2, 1)
    day = _month(text) or _day(text)
    if day is None:
        raise CellError("type_quarter")
    if day.day != 1 or day.month % 3 != 1:
        raise CellError("not_quarter_start")
    return day


def parse_date(text: str, _: Field) -> datetime.date:
    """Return a calendar day."""
    day = _day(text)
    if day is None:
        raise CellError("type_date")
    return day


def parse_year(text: str, _: Field) -> int:
    """Return a year."""
    match = _YEAR.match(text)
    if match is None:
        raise CellError("type_year")
    return int(match[1])


def parse_boolean(text: str, _: Field) -> bool:
    """Return 是/否, true/false or 1/0 as a truth value."""
    folded = normal_name(text)
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise CellError("type_boolean")


def _number(text: str, rule: str) -> Decimal:
    """Return a number; thousands separators only where every group has three digits."""
    if "," in text:
        if not _THOUSANDS.match(text):
            raise CellError(rule)
        text = text.replace(",", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise CellError(rule) from None
    if not number.is_finite() or "_" in text:
        raise CellError(rule)
    return number


def parse_integer(text: str, _: Field) -> int:
    """Return a whole number; ``12.0`` is one."""
    number = _number(text, "type_integer")
    if abs(number) >= _COUNT_LIMIT:
        raise CellError("too_large")
    if number != number.to_integral_value():
        raise CellError("type_integer")
    return int(number)


def parse_decimal(text: str, item: Field) -> Decimal:
    """Return an exact decimal with the places of the column; the noise of binary fractions (0.30000000000000004) is rounded away."""
    precision, scale = item.column.type.precision, item.column.type.scale  # type: ignore[attr-defined]
    number = _number(text, "type_decimal")
    if number and number.adjusted() >= precision - scale:
        raise CellError("too_large")
    rounded = round(number, scale)
    if abs(number - rounded) > Decimal(1).scaleb(-scale - _NOISE_PLACES):
        raise CellError("decimal_places")
    return rounded


def parse_float(text: str, _: Field) -> float:
    """Return a coordinate."""
    return float(_number(text, "type_float"))


def parse_code(text: str, item: Field) -> str:
    """Return the code that a code or Chinese label means; an unknown text comes back as it is, for the code check to report."""
    return item.codes.get(normal_name(text), text)


_PARSERS: dict[Kind, Callable[[str, Field], object]] = {
    Kind.MONTH: parse_month,
    Kind.QUARTER: parse_quarter,
    Kind.DATE: parse_date,
    Kind.YEAR: parse_year,
    Kind.INTEGER: parse_integer,
    Kind.DECIMAL: parse_decimal,
    Kind.FLOAT: parse_float,
    Kind.BOOLEAN: parse_boolean,
    Kind.CODE: parse_code,
}


def arrow_type(item: Field) -> pa.DataType:
    """Return the Arrow type of a typed column."""
    if item.kind is Kind.DECIMAL:
        return pa.decimal128(item.column.type.precision, item.column.type.scale)  # type: ignore[attr-defined]
    dates = (Kind.MONTH, Kind.QUARTER, Kind.DATE)
    if item.kind in dates:
        return pa.date32()
    simple = {Kind.YEAR: pa.int64(), Kind.INTEGER: pa.int64(), Kind.FLOAT: pa.float64(), Kind.BOOLEAN: pa.bool_()}
    return simple.get(item.kind, pa.string())


def _direct(cells: pa.Array, item: Field) -> pa.Array | None:
    """Return a regular number column cast at once, or None when its cells must be looked at one by one."""
    if item.kind not in (Kind.INTEGER, Kind.DECIMAL):
        return None
    try:
        values = pc.cast(cells, arrow_type(item))
    except pa.ArrowInvalid:
        return None
    if item.kind is Kind.DECIMAL:
        return values
    # Arrow reads 0x10 as sixteen, and a count beyond the limit is nonsense: leave both to the parser.
    if pc.any(pc.match_substring(cells, "x", ignore_case=True)).as_py():
        return None
    largest = pc.max(values).as_py()
    return values if largest is None or largest < _COUNT_LIMIT else None


def _by_distinct(cells: pa.Array, item: Field) -> Converted:
    encoded = cells.dictionary_encode()
    parse = _PARSERS[item.kind]
    parsed: list[object] = []
    broken: dict[str, list[int]] = {}
    for position, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            parsed.append(parse(text, item))
        except CellError as error:
            parsed.append(None)
            broken.setdefault(error.rule, []).append(position)
    values = pa.array(parsed, arrow_type(item)).take(encoded.indices)
    indices = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return Converted(values, {rule: np.isin(indices, positions) for rule, positions in broken.items()})


def trimmed(cells: pa.Array) -> pa.Array:
    """Return text cells without blanks around them, null where nothing is left."""
    stripped = pc.utf8_trim_whitespace(cells)
    empty = pc.equal(pc.binary_length(stripped), 0)
    return pc.if_else(empty, pa.scalar(None, pa.string()), stripped) if pc.any(empty).as_py() else stripped


def _text(cells: pa.Array) -> Converted:
    control = pc.fill_null(pc.match_substring_regex(cells, _CONTROL), False)
    if not pc.any(control).as_py():
        return Converted(cells)
    mask = control.to_numpy(zero_copy_only=False)
    return Converted(pc.if_else(control, pa.scalar(None, pa.string()), cells), {"control_character": mask})


def convert(cells: pa.Array, item: Field) -> Converted:
    """Return trimmed text ``cells`` as values of the column ``item``; an empty cell of a column with a default gets the default."""
    if item.kind is Kind.TEXT:
        converted = _text(cells)
    else:
        direct = _direct(cells, item)
        converted = Converted(direct) if direct is not None else _by_distinct(cells, item)
    if item.default is None or not cells.null_count:
        return converted
    default = Decimal(str(item.default)) if item.kind is Kind.DECIMAL else item.default
    return Converted(pc.if_else(pc.is_null(cells), pa.scalar(default, arrow_type(item)), converted.values), converted.faults)


def default_cells(item: Field, size: int) -> Converted:
    """Return the values of an optional column that a file leaves out."""
    return convert(pa.nulls(size, pa.string()), item)
