"""Text cells to typed values: fast through Arrow when a column is regular, otherwise value by distinct value with a rule for each fault."""

import datetime
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dashboard.store.importing.columns import INVISIBLE, Field, Kind, normal_name

Mask = NDArray[np.bool_]

# As Excel shows a number in scientific notation: its other digits are not in the text. Programs write 1e5 or 1.2E5, with all of them.
_SHORTENED = re.compile(r"^[+-]?\d(?:\.\d+)?E[+-]\d{2,3}$")
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
_MONTH = re.compile(r"^(\d{4})(?:[-/.](\d{1,2})|(\d{2})|年(\d{1,2})月份?)$")
# Excel turns 2025.10 into the number 2025.1, and a date without its format into a count of days (45931 is 2025-10-01).
_MONTH_AS_NUMBER = re.compile(r"^\d{4}\.\d$")
_DATE_SERIAL = re.compile(r"^[3-5]\d{4}(?:\.\d+)?$")
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_CHANGED_CODE = re.compile(
    r"^(?:\d+\.\d+[eE][+-]?\d+|\d+[eE][+-]\d+|\d{1,2}月\d{1,2}日|\d{4}年\d{1,2}月(?:\d{1,2}日)?"
    rf"|\d{{1,2}}-(?:{_MONTHS})(?:-\d{{2,4}})?|(?:{_MONTHS})-\d{{2}}|\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}(?: [\d:]+)?|#[A-Z/0?!]+)$"
)
_TEXT_FORMULA = re.compile(r'^="([^"]*)"$')
_DAY = re.compile(r"^(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))(?:[ T]0?0:00(?::00(?:\.0+)?)?)?$")
# Is 2025-4 the fourth quarter or April?
_QUARTER_UNCLEAR = re.compile(r"^\d{4}[-/.]\d$")
_QUARTER = re.compile(r"^(\d{4})(?:[-/]?[Qq]([1-4])|年第?([1-4一二三四])季度)$")
_YEAR = re.compile(r"^(\d{4})(?:\.0+|年|年度)?$")
_CHINESE_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4}
_TRUE = frozenset({"是", "true", "1", "yes", "y"})
_FALSE = frozenset({"否", "false", "0", "no", "n"})
_CONTROL = rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f{INVISIBLE}]"
_ENDS = "".join(chr(code) for code in range(0x10000) if re.match(rf"[{INVISIBLE}]", chr(code)))
_COUNT_LIMIT = 10**15
_COUNT_DIGITS = 15
_NOISE_PLACES = 4
_SPACES = " \t\r\n"


class CellError(Exception):
    """A cell that breaks ``rule``."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True)
class Converted:
    """Typed values of a column (null where empty or wrong) and, by rule, the rows that could not be converted; ``notes`` only warn."""

    values: pa.Array
    faults: dict[str, Mask] = field(default_factory=dict)
    notes: dict[str, Mask] = field(default_factory=dict)

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
    number = int(match[2] or match[3] or match[4])
    return datetime.date(int(match[1]), number, 1) if 1 <= number <= 12 and int(match[1]) else None


def _check_changed(text: str) -> None:
    """Raise ``CellError`` for a period or day that Excel has turned into a number: it would be another one that is valid too."""
    if _MONTH_AS_NUMBER.match(text):
        raise CellError("month_as_number")
    if _DATE_SERIAL.match(text):
        raise CellError("date_serial")


def parse_month(text: str, _: Field) -> datetime.date:
    """Return a month as its first day."""
    _check_changed(text)
    day = _month(text) or _day(text)
    if day is None:
        raise CellError("type_month")
    if day.day != 1:
        raise CellError("not_first_day")
    return day


def parse_quarter(text: str, _: Field) -> datetime.date:
    """Return a quarter as its first day."""
    if _QUARTER_UNCLEAR.match(text):
        raise CellError("quarter_unclear")
    _check_changed(text)
    if match := _QUARTER.match(text):
        if match[1] == "0000":
            raise CellError("type_quarter")
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
    _check_changed(text)
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
    if _SHORTENED.match(text):
        raise CellError("number_shortened")
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
    if (number and number.adjusted() >= _COUNT_DIGITS) or abs(number) >= _COUNT_LIMIT:
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
    number = _number(text, "type_float")
    if number and number.adjusted() >= _COUNT_DIGITS:
        raise CellError("too_large")
    return float(number)


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
    if item.kind not in (Kind.INTEGER, Kind.DECIMAL) or pc.any(pc.match_substring(cells, "E")).as_py():
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
    """Return text cells without blanks and invisible characters around them, null where nothing is left."""
    stripped = pc.utf8_trim_whitespace(cells)
    if not pc.all(pc.string_is_ascii(stripped)).as_py():
        stripped = pc.utf8_trim_whitespace(pc.utf8_trim(stripped, characters=_ENDS))
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


def _clean_code(text: str) -> str:
    """Return a code as it is meant: no blanks or invisible characters around it, full-width forms folded, Excel's text marks off."""
    folded = unicodedata.normalize("NFKC", text).strip(f"{_ENDS}{_SPACES}")
    if match := _TEXT_FORMULA.match(folded):
        folded = match[1].strip()
    return folded.removeprefix("'")


def _code_fault(code: str) -> str | None:
    if _CHANGED_CODE.match(code):
        return "code_changed"
    return "control_character" if re.search(_CONTROL, code) else None


def convert_codes(cells: pa.Array) -> Converted:
    """Return untrimmed ``cells`` as codes of the county's own: cleaned with a note, refused where Excel has made another value of them."""
    encoded = cells.dictionary_encode()
    texts: list[str | None] = []
    places: dict[str, list[int]] = {}
    for position, text in enumerate(encoded.dictionary.to_pylist()):
        code = _clean_code(text)
        rule = _code_fault(code) or ("code_cleaned" if code and code != text.strip(_SPACES) else None)
        if rule is not None:
            places.setdefault(rule, []).append(position)
        texts.append(code if code and rule in (None, "code_cleaned") else None)
    indices = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    masks = {rule: np.isin(indices, positions) for rule, positions in places.items()}
    notes = {rule: masks.pop(rule) for rule in ("code_cleaned",) if rule in masks}
    return Converted(pa.array(texts, pa.string()).take(encoded.indices), masks, notes)


def default_cells(item: Field, size: int) -> Converted:
    """Return the values of an optional column that a file leaves out."""
    return convert(pa.nulls(size, pa.string()), item)
