"""XLSX files sheet by sheet: formulas and error cells become findings, dates and numbers become the text a CSV would hold."""

import datetime
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from xml.etree.ElementTree import ParseError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from openpyxl import load_workbook
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils.cell import get_column_letter
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from dashboard.store.importing.columns import fields, header_names, normal_name
from dashboard.store.importing.csv_reading import UnreadableFileError
from dashboard.store.importing.findings import Finding, Findings, visible
from dashboard.store.importing.package import PackageFile, check_workbook, workbook_too_large
from dashboard.store.importing.reading import HEADER_ROWS, Chunk, Header, find_header, known_columns, open_header
from dashboard.store.importing.sheet_cells import Cells, EndlessRowError, read_cells
from dashboard.store.schema import label

_ROW_LIMIT = 1_048_576
_WIDTH_LIMIT = 500
FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    lzma.LZMAError,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    OSError,
    TypeError,
    EOFError,
    IndexError,
)
# Numbers of the built-in formats that mean dates in a Chinese Excel.
_CHINESE_DATES = (*range(27, 37), *range(50, 59))
# Zeros that the cell only shows, and scientific notation, which stands for digits that are hidden or lost.
_SHOWN_OTHERWISE = re.compile(r"^0\d|^00|[Ee][+-]")
# Excel keeps fifteen digits of a number.
_EXACT_DIGITS = 1e14
# A number whose text in the file is the text that a CSV would hold.
_PLAIN = r"^-?(?:0|[1-9][0-9]{0,13})(?:\.[0-9]{0,13}[1-9])?$"
_PLAIN_LENGTH = 16
# A control character within a text (ECMA-376 22.9.2.19); other letters are never written so.
_ESCAPED = re.compile(r"_x00([01][0-9A-Fa-f])_")
_DICTIONARY_SHEETS = ("字典", "说明")


def _unreadable(file: PackageFile) -> UnreadableFileError:
    return UnreadableFileError(Finding("not_workbook", file.name, table=file.table))


def _unescaped(text: str) -> str:
    """Return a text of a workbook with its control characters, and single newlines for the ends of its lines."""
    if "_x00" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("\r\n", "\n").replace("\r", "\n")


def cell_text(value: object) -> str | None:
    """Return a cell value as the text that a CSV would hold; None for an empty cell."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value) or None


# Cells -----------------------------------------------------------------------------------------------------------------


class Values:
    """What the cells of a workbook mean: its shared strings, number formats and way of counting days."""

    def __init__(self, book: Workbook) -> None:
        sheets = book.worksheets
        strings = sheets[0]._shared_strings if sheets else []  # type: ignore[attr-defined]
        self._strings = pa.array([_unescaped(text) or None for text in strings], pa.string())
        self._epoch = book.epoch
        numbers = [style.numFmtId for style in book._cell_styles]  # type: ignore[attr-defined]
        own = book._number_formats  # type: ignore[attr-defined]
        self._formats = [
            BUILTIN_FORMATS.get(number, "General") if number < BUILTIN_FORMATS_MAX_SIZE else own[number - BUILTIN_FORMATS_MAX_SIZE]
            for number in numbers
        ]
        # The date formats of Chinese Excel and WPS have a number but no code in the file (ECMA-376 18.8.30).
        chinese = {place for place, number in enumerate(numbers) if number in _CHINESE_DATES}
        self._dates = set(book._date_formats) | chinese  # type: ignore[attr-defined]
        self._spans = set(book._timedelta_formats)  # type: ignore[attr-defined]

    def texts(self, cells: Cells) -> tuple[pa.Array, NDArray[np.bool_]]:
        """Return the cells as the texts that a CSV would hold, null where empty; and which are errors, their texts being those."""
        kinds = cells.kinds.dictionary_encode()
        names, codes = kinds.dictionary.to_pylist(), kinds.indices.to_numpy()
        texts = cells.values
        errors = np.zeros(len(texts), dtype=np.bool_)
        filled = pc.is_valid(texts).to_numpy(zero_copy_only=False)
        for code, name in enumerate(names):
            places = np.flatnonzero((codes == code) & filled)
            if name == "s":
                texts = _put(texts, places, self._strings.take(texts.take(pa.array(places)).cast(pa.int64())))
            elif name == "n":
                texts = self._numbers(texts, places, cells.styles, errors)
            elif name == "inlineStr" and pc.any(pc.match_substring(texts, "_x00")).as_py():
                inline = [_unescaped(text) or None for text in texts.take(pa.array(places)).to_pylist()]
                texts = _put(texts, places, pa.array(inline, pa.string()))
            elif name == "b":
                texts = _put(texts, places, pa.array(["true" if int(text.as_py()) else "false" for text in texts.take(pa.array(places))]))
            elif name == "d":
                days = [cell_text(from_ISO8601(text.as_py())) for text in texts.take(pa.array(places))]
                texts = _put(texts, places, pa.array(days, pa.string()))
            elif name == "e":
                errors[places] = True
        return texts, errors

    def _numbers(self, texts: pa.Array, places: NDArray[np.int64], styles: NDArray[np.int64], errors: NDArray[np.bool_]) -> pa.Array:
        """Put the numbers at ``places`` as texts; a day that no calendar has is one of the ``errors``."""
        found = texts.take(pa.array(places))
        plain = pc.and_(pc.match_substring_regex(found, _PLAIN), pc.less_equal(pc.utf8_length(found), _PLAIN_LENGTH))
        odd = ~plain.to_numpy(zero_copy_only=False) | np.isin(styles[places], list(self._dates))
        places = places[odd]
        if not len(places):
            return texts
        told, wrong = [], []
        known: dict[tuple[str, int], tuple[str | None, bool]] = {}
        for key in zip(texts.take(pa.array(places)).to_pylist(), styles[places].tolist(), strict=True):
            if key not in known:
                value = self.value(*key)
                known[key] = ("#VALUE!", True) if value is None else (cell_text(value), False)
            told.append(known[key][0])
            wrong.append(known[key][1])
        errors[places] = wrong
        return _put(texts, places, pa.array(told, pa.string()))

    def value(self, text: str, style: int) -> object:
        """Return the number, day or time that a number cell means, as Excel shows it; None for a day that no calendar has."""
        number = float(text) if any(letter in text for letter in ".eE") else int(text)
        if style not in self._dates:
            return number
        try:
            return from_excel(number, self._epoch, timedelta=style in self._spans)
        except (OverflowError, ValueError):
            return None

    def changed_code(self, text: str, style: int) -> object:
        """Return what Excel keeps instead of the code that the county typed: a day, a fraction, a rounded long number, zeros only shown.

        None where the number may well be the code.
        """
        value = self.value(text, style)
        if not isinstance(value, int | float):
            return value
        changed = abs(value) >= _EXACT_DIGITS or value != int(value) or bool(_SHOWN_OTHERWISE.search(self._formats[style]))
        return value if changed else None


def _put(texts: pa.Array, places: NDArray[np.int64], new: pa.Array) -> pa.Array:
    """Return ``texts`` with ``new`` at ``places``."""
    if len(places) == len(texts):
        return new
    mask = np.zeros(len(texts), dtype=np.bool_)
    mask[places] = True
    return pc.replace_with_mask(texts, pa.array(mask), new)


@contextmanager
def open_workbook(file: PackageFile) -> Iterator[Workbook]:
    """Yield the workbook of ``file``, without its cells. Raises ``PackageError`` for one that is too large, one of ``FAULTS`` otherwise."""
    check_workbook(file)
    book = load_workbook(file.path, read_only=True, keep_links=False)
    try:
        yield book
    except EndlessRowError as error:
        raise workbook_too_large(file) from error
    finally:
        book.close()


def sheet_cells(book: Workbook, sheet: Worksheet) -> Iterator[Cells]:
    """Yield the cells of a sheet of ``book`` in blocks of whole rows."""
    archive, path = book._archive, sheet._worksheet_path  # type: ignore[attr-defined]
    with archive.open(path) as source:
        yield from read_cells(source, archive.getinfo(path).file_size)


def text_rows(book: Workbook, values: Values, sheet: Worksheet, most: int | None = None) -> list[list[str]]:
    """Return the rows of a sheet from the first line on as texts ('' where empty; a formula as what it was last worked out to).

    ``most`` ends it after so many lines.
    """
    rows: list[list[str]] = []
    for cells in sheet_cells(book, sheet):
        for line, position, text in zip(
            cells.lines.tolist(), cells.positions.tolist(), values.texts(cells)[0].to_pylist(), strict=True
        ):  # fmt: skip
            if line > (most or _ROW_LIMIT):
                if most is None:
                    raise ValueError("more rows than a sheet has")
                return rows
            rows += [[] for _ in range(line - len(rows))]
            if text is not None:
                rows[-1] += [""] * (position - len(rows[-1])) + [text]
        if most is not None and len(rows) == most:
            return rows
    return rows


# Sheets ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sheet:
    """A sheet to be read: its first rows and which of them is the header."""

    sheet: Worksheet
    records: list[list[str]]
    header: int | None
    known: int

    @property
    def hidden(self) -> bool:
        return self.sheet.sheet_state != "visible"


def read_xlsx(file: PackageFile, findings: Findings) -> Iterator[tuple[Header, Chunk]]:
    """Yield the rows of every sheet of ``file`` that holds the table, in chunks, each with its header.

    A sheet with something in it that is not read is named. Raises ``UnreadableFileError`` or ``PackageError``.
    """
    try:
        with open_workbook(file) as book:
            values = Values(book)
            sheets = _sheets(book, values, file, findings)
            for sheet in sheets:
                source = replace(file, name=f"{file.name}［{visible(sheet.sheet.title)}］") if len(sheets) > 1 else file
                yield from _read_sheet(book, values, sheet, source, findings)
    except FAULTS as error:
        raise _unreadable(file) from error


def _first_rows(book: Workbook, values: Values, sheet: Worksheet, file: PackageFile) -> _Sheet:
    records = text_rows(book, values, sheet, HEADER_ROWS)
    header = find_header(file.table, records)
    return _Sheet(sheet, records, header, 0 if header is None else known_columns(file.table, records[header]))


def _is_whole(file: PackageFile, sheet: _Sheet) -> bool:
    """Return whether a sheet has every column that the table must have."""
    if sheet.header is None:
        return False
    known = header_names(file.table)
    named = {known.get(normal_name(text)) for text in sheet.records[sheet.header]}
    return all(name in named for name, item in fields(file.table).items() if item.required)


def _sheets(book: Workbook, values: Values, file: PackageFile, findings: Findings) -> list[_Sheet]:
    """Return the sheets to be read: all visible ones with headers of the table, otherwise the one named after it or the first."""
    every = [_first_rows(book, values, sheet, file) for sheet in book.worksheets]
    sheets = [sheet for sheet in every if sheet.sheet.title not in _DICTIONARY_SHEETS]
    if not sheets:
        raise _unreadable(file)
    required = sum(item.required for item in fields(file.table).values())
    fitting = [sheet for sheet in sheets if sheet.known >= max(1, min(2, required))]
    chosen = [sheet for sheet in fitting if not sheet.hidden] or fitting
    if not chosen:
        wanted = {normal_name(file.table.name), normal_name(label(file.table))}
        chosen = [sheet for sheet in sheets if normal_name(sheet.sheet.title) in wanted][:1] or sheets[:1]
    for sheet in every:
        explains = sheet.sheet.title in _DICTIONARY_SHEETS and not _is_whole(file, sheet)
        if sheet not in chosen and sheet.header is not None and not explains:
            findings.add(Finding("sheet_not_read", file.name, value=visible(sheet.sheet.title), table=file.table))
    return chosen


def _read_sheet(
    book: Workbook, values: Values, chosen: _Sheet, file: PackageFile, findings: Findings
) -> Iterator[tuple[Header, Chunk]]:  # fmt: skip
    place = chosen.header
    if place is None:
        raise UnreadableFileError(Finding("empty_file", file.name, 1, table=file.table))
    titles = chosen.records[place]
    if len(titles) > _WIDTH_LIMIT:
        raise UnreadableFileError(Finding("not_workbook", file.name, place + 1, table=file.table))
    header = open_header(file, chosen.records, place, place + 1, findings)
    if header is None:
        return
    header.sheet = chosen.sheet.title
    rows = _Rows(file, header, values, findings)
    for cells in sheet_cells(book, chosen.sheet):
        if len(cells.lines) and cells.lines[-1] > _ROW_LIMIT:
            raise _unreadable(file)
        yield header, rows.chunk(cells, place + 1)


class _Rows:
    """The rows of a sheet as columns of text, with the findings of cells that hold no value."""

    def __init__(self, file: PackageFile, header: Header, values: Values, findings: Findings) -> None:
        self._file = file
        self._header = header
        self._values = values
        self._findings = findings
        self._names = {position: name for name, position in header.positions.items()}
        self._codes = [position for name, position in header.positions.items() if fields(file.table)[name].is_key]

    def chunk(self, cells: Cells, below: int) -> Chunk:
        """Return the rows below line ``below`` that are not empty and not too wide."""
        texts, errors = self._values.texts(cells)
        wanted = cells.lines > below
        wrong = self._wrong_cells(cells, texts, errors, wanted)
        there = pc.is_valid(texts).to_numpy(zero_copy_only=False) & wanted & ~wrong
        wide = self._too_wide(cells, there | (wrong & wanted))
        lines = np.setdiff1d(cells.lines[there], wide)
        place = np.searchsorted(lines, cells.lines)
        place[place == len(lines)] = 0
        kept = np.isin(cells.lines, lines)
        columns, broken = [], {}
        for position in range(self._header.width):
            here = cells.positions == position
            index = np.full(len(lines), -1, dtype=np.int64)
            filled = np.flatnonzero(here & there & kept)
            index[place[filled]] = filled
            columns.append(texts.take(pa.array(index, mask=index < 0)))
            spoiled = np.flatnonzero(here & wrong & kept)
            if spoiled.size:
                broken[position] = np.zeros(len(lines), dtype=np.bool_)
                broken[position][place[spoiled]] = True
        return Chunk(columns, lines, cells.fraction, broken)

    def _too_wide(self, cells: Cells, filled: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the lines with something beyond the last column of the header, each a finding."""
        beyond = np.flatnonzero(filled & (cells.positions >= self._header.width))
        lines, first = np.unique(cells.lines[beyond][::-1], return_index=True)
        for line, last in zip(lines.tolist(), cells.positions[beyond][::-1][first].tolist(), strict=True):
            details = {"found": last + 1, "expected": self._header.width}
            self._findings.add(Finding("field_count", self._file.name, line, table=self._file.table, details=details))
        return lines

    def _wrong_cells(
        self, cells: Cells, texts: pa.Array, errors: NDArray[np.bool_], wanted: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:  # fmt: skip
        """Return which cells hold no value: formulas, errors, and codes that Excel has changed; each is a finding."""
        wrong = np.zeros(len(texts), dtype=np.bool_)
        for place, formula in cells.formulas.items():
            if wanted[place]:
                wrong[place] = True
                self._report("formula", cells, place, f"={formula}")
        for place in np.flatnonzero(errors & wanted & ~wrong).tolist():
            wrong[place] = True
            self._report("cell_error", cells, place, texts[place].as_py())
        codes = np.flatnonzero(np.isin(cells.positions, self._codes) & wanted & ~wrong & pc.is_valid(texts).to_numpy(zero_copy_only=False))
        kinds, originals = cells.kinds.take(pa.array(codes)).to_numpy(zero_copy_only=False), cells.values.take(pa.array(codes))
        for place, original in zip(codes[kinds == "n"].tolist(), originals.filter(pa.array(kinds == "n")).to_pylist(), strict=True):
            value = self._values.changed_code(original, int(cells.styles[place]))
            if value is not None:
                wrong[place] = True
                self._report("code_changed", cells, place, value)
        for place in codes[np.isin(kinds, ["b", "d"])].tolist():
            wrong[place] = True
            self._report("code_changed", cells, place, texts[place].as_py())
        return wrong

    def _report(self, rule: str, cells: Cells, place: int, value: object) -> None:
        line, position = int(cells.lines[place]), int(cells.positions[place])
        shown = visible(f"{get_column_letter(position + 1)}{line}: {value}")
        self._findings.add(Finding(rule, self._file.name, line, self._names.get(position), shown, self._file.table))
