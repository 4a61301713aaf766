"""XLSX files row by row: formulas and error cells become findings, dates and numbers become the text a CSV would hold."""

import datetime
import itertools
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from dashboard.store.importing.columns import fields, normal_name
from dashboard.store.importing.csv_reading import UnreadableFileError
from dashboard.store.importing.findings import Finding, Findings, visible
from dashboard.store.importing.package import PackageFile, check_workbook
from dashboard.store.importing.reading import (
    HEADER_ROWS,
    Chunk,
    Header,
    chunk_of_rows,
    find_header,
    known_columns,
    note_skipped,
    read_header,
)
from dashboard.store.schema import label

_ROWS = 20_000
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
_DICTIONARY_SHEETS = ("字典", "说明")


def _unreadable(file: PackageFile) -> UnreadableFileError:
    return UnreadableFileError(Finding("not_workbook", file.name, table=file.table))


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


class _Rows:
    """The rows of a sheet as text, with the findings of cells that hold no value."""

    def __init__(self, file: PackageFile, header: Header, findings: Findings) -> None:
        self._file = file
        self._findings = findings
        self._header = header
        self._names = {position: name for name, position in header.positions.items()}
        self._codes = {position for name, position in header.positions.items() if fields(file.table)[name].is_key}

    def texts(self, cells: Sequence[Cell | MergedCell], line: int) -> list[str | None] | None:
        """Return the row as text, None when it is empty or too wide."""
        texts = [self._text(cell, line, position) for position, cell in enumerate(cells)]
        while len(texts) > self._header.width and texts[-1] is None:
            texts.pop()
        if all(text is None for text in texts):
            return None
        if len(texts) > self._header.width:
            details = {"found": len(texts), "expected": self._header.width}
            self._findings.add(Finding("field_count", self._file.name, line, table=self._file.table, details=details))
            return None
        return texts + [None] * (self._header.width - len(texts))

    def _text(self, cell: Cell | MergedCell, line: int, position: int) -> str | None:
        rule = {"f": "formula", "e": "cell_error"}.get(cell.data_type)
        if rule is None and position in self._codes and _is_changed_code(cell):
            rule = "code_changed"
        if rule is None:
            return cell_text(cell.value)
        column = self._names.get(position)
        shown = visible(f"{cell.coordinate}: {cell.value}")
        self._findings.add(Finding(rule, self._file.name, line, column, shown, self._file.table))
        return None


def _is_changed_code(cell: Cell | MergedCell) -> bool:
    """Return whether Excel keeps another code than the county typed: a date, a fraction, a rounded long number, zeros only shown."""
    value = cell.value
    if isinstance(value, bool | datetime.date | datetime.time | datetime.timedelta):
        return True
    if not isinstance(value, int | float):
        return False
    shown_otherwise = bool(_SHOWN_OTHERWISE.search(cell.number_format or ""))
    return abs(value) >= _EXACT_DIGITS or value != int(value) or shown_otherwise


def read_xlsx(file: PackageFile, findings: Findings) -> Iterator[tuple[Header, Chunk]]:
    """Yield the rows of every sheet of ``file`` that holds the table, in chunks, each with its header.

    A sheet with something in it that is not read is named. Raises ``UnreadableFileError`` or ``PackageError``.
    """
    try:
        check_workbook(file)
        book = load_workbook(file.path, read_only=True, data_only=False, keep_links=False)
        _know_chinese_dates(book)
    except FAULTS as error:
        raise _unreadable(file) from error
    try:
        sheets = _sheets(book, file, findings)
        for sheet in sheets:
            source = replace(file, name=f"{file.name}［{visible(sheet.sheet.title)}］") if len(sheets) > 1 else file
            yield from _read_sheet(sheet, source, findings)
    except FAULTS as error:
        raise _unreadable(file) from error
    finally:
        book.close()


def _know_chinese_dates(book: Workbook) -> None:
    """Let the date formats of Chinese Excel and WPS that have a number but no code in the file count as dates (ECMA-376 18.8.30)."""
    dates: set[int] = book._date_formats  # type: ignore[attr-defined]
    dates |= {position for position, style in enumerate(book._cell_styles) if style.numFmtId in _CHINESE_DATES}  # type: ignore[attr-defined]


def _first_rows(sheet: Worksheet, file: PackageFile) -> _Sheet:
    # The stated dimension may be a lie that pads every row to 16,384 cells.
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    rows = itertools.islice(sheet.iter_rows(), HEADER_ROWS)
    records = [[cell_text(cell.value) or "" for cell in cells] for cells in rows]
    header = find_header(file.table, records)
    return _Sheet(sheet, records, header, 0 if header is None else known_columns(file.table, records[header]))


def _sheets(book: Workbook, file: PackageFile, findings: Findings) -> list[_Sheet]:
    """Return the sheets to be read: all visible ones with headers of the table, otherwise the one named after it or the first."""
    sheets = [_first_rows(sheet, file) for sheet in book.worksheets if sheet.title not in _DICTIONARY_SHEETS]
    if not sheets:
        raise _unreadable(file)
    required = sum(item.required for item in fields(file.table).values())
    fitting = [sheet for sheet in sheets if sheet.known >= max(1, min(2, required))]
    chosen = [sheet for sheet in fitting if not sheet.hidden] or fitting
    if not chosen:
        wanted = {normal_name(file.table.name), normal_name(label(file.table))}
        chosen = [sheet for sheet in sheets if normal_name(sheet.sheet.title) in wanted][:1] or sheets[:1]
    for sheet in sheets:
        if sheet not in chosen and sheet.header is not None:
            findings.add(Finding("sheet_not_read", file.name, value=visible(sheet.sheet.title), table=file.table))
    return chosen


def _read_sheet(chosen: _Sheet, file: PackageFile, findings: Findings) -> Iterator[tuple[Header, Chunk]]:
    sheet, place = chosen.sheet, chosen.header
    if place is None:
        raise UnreadableFileError(Finding("empty_file", file.name, 1, table=file.table))
    titles = chosen.records[place]
    while titles and not titles[-1]:
        titles.pop()
    if len(titles) > _WIDTH_LIMIT:
        raise UnreadableFileError(Finding("not_workbook", file.name, place + 1, table=file.table))
    header = read_header(file, titles, place + 1, findings)
    if header is None:
        return
    header.sheet = sheet.title
    note_skipped(file, chosen.records[:place], place + 1, findings)
    reader = _Rows(file, header, findings)
    rows: list[Sequence[str | None]] = []
    lines: list[int] = []
    records = sheet.iter_rows(min_row=place + 2)
    for line, cells in enumerate(records, start=place + 2):
        if line > _ROW_LIMIT:
            raise _unreadable(file)
        texts = reader.texts(cells, line)
        if texts is not None:
            rows.append(texts)
            lines.append(line)
        if len(rows) == _ROWS:
            yield header, chunk_of_rows(rows, lines, header.width, line / max(sheet.max_row or line, line))
            rows, lines = [], []
    yield header, chunk_of_rows(rows, lines, header.width, 1.0)
