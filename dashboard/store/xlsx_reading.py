"""XLSX files row by row: formulas and error cells become findings, dates and numbers become the text a CSV would hold."""

import datetime
import zipfile
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from dashboard.store.columns import normal_name
from dashboard.store.csv_reading import UnreadableFileError
from dashboard.store.findings import Finding, Findings, visible
from dashboard.store.package import PackageFile, check_workbook
from dashboard.store.reading import Chunk, Header, chunk_of_rows, read_header
from dashboard.store.schema import label

_ROWS = 20_000
_ROW_LIMIT = 1_048_576
_WIDTH_LIMIT = 500
_FAULTS = (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, OSError, TypeError, EOFError, IndexError)
_DICTIONARY_SHEETS = ("字典", "说明")


def _unreadable(file: PackageFile) -> UnreadableFileError:
    return UnreadableFileError(Finding("not_workbook", file.name, table=file.table))


def _sheet(book: Workbook, file: PackageFile) -> Worksheet:
    """Return the sheet named after the table, otherwise the first that is not the dictionary."""
    wanted = {normal_name(file.table.name), normal_name(label(file.table))}
    named = [sheet for sheet in book.worksheets if normal_name(sheet.title) in wanted]
    others = [sheet for sheet in book.worksheets if sheet.title not in _DICTIONARY_SHEETS]
    candidates = named or others
    if not candidates:
        raise _unreadable(file)
    return candidates[0]


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


class _Rows:
    """The rows of a sheet as text, with the findings of cells that hold no value."""

    def __init__(self, file: PackageFile, header: Header, findings: Findings) -> None:
        self._file = file
        self._findings = findings
        self._header = header
        self._names = {position: name for name, position in header.positions.items()}

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
        if rule is None:
            return cell_text(cell.value)
        column = self._names.get(position)
        shown = visible(f"{cell.coordinate}: {cell.value}")
        self._findings.add(Finding(rule, self._file.name, line, column, shown, self._file.table))
        return None


def read_xlsx(file: PackageFile, findings: Findings) -> Iterator[tuple[Header, Chunk]]:
    """Yield the rows of ``file`` in chunks, each with the header. Raises ``UnreadableFileError`` or ``PackageError``."""
    try:
        check_workbook(file)
        book = load_workbook(file.path, read_only=True, data_only=False, keep_links=False)
    except _FAULTS as error:
        raise _unreadable(file) from error
    try:
        yield from _read_sheet(_sheet(book, file), file, findings)
    except _FAULTS as error:
        raise _unreadable(file) from error
    finally:
        book.close()


def _read_sheet(sheet: Worksheet, file: PackageFile, findings: Findings) -> Iterator[tuple[Header, Chunk]]:
    # The stated dimension may be a lie that pads every row to 16,384 cells.
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    records = enumerate(sheet.iter_rows(), start=1)
    first = next(records, (1, ()))[1]
    titles = [cell_text(cell.value) or "" for cell in first]
    while titles and not titles[-1].strip():
        titles.pop()
    if not titles or len(titles) > _WIDTH_LIMIT:
        raise UnreadableFileError(Finding("empty_file" if not titles else "not_workbook", file.name, 1, table=file.table))
    header = read_header(file, titles, 1, findings)
    if header is None:
        return
    reader = _Rows(file, header, findings)
    rows: list[Sequence[str | None]] = []
    lines: list[int] = []
    for line, cells in records:
        if line > _ROW_LIMIT:
            raise _unreadable(file)
        texts = reader.texts(cells, line)
        if texts is not None:
            rows.append(texts)
            lines.append(line)
        if len(rows) == _ROWS:
            yield header, chunk_of_rows(rows, lines, header.width, line / max(sheet.max_row or line, line))
            rows, lines = [], []
    if rows:
        yield header, chunk_of_rows(rows, lines, header.width, 1.0)
