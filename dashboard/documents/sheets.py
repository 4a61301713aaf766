"""The one way a text or a number gets into a cell of a workbook of ours: what begins like a formula stays a text."""

import datetime
import io
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Style = Mapping[str, Any]
"""How a cell looks, in the words of XlsxWriter's formats."""
Value = str | float | int | datetime.date | None

LONGEST_TEXT = 32_767
"""Letters that Excel keeps in a cell."""
_LONGEST_NAME = 31
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NO_NUMBERS = (math.inf, -math.inf)
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


CSV = "text/csv"


def csv_content(frame: pd.DataFrame) -> bytes:
    """Return ``frame`` as CSV that Excel opens in Chinese (UTF-8 with its mark), without its index.

    A text that begins like a formula gets an apostrophe before it: a spreadsheet that opens the file would run it otherwise.
    """
    texts = frame.map(lambda value: f"'{value}" if isinstance(value, str) and value.startswith(_LIKE_A_FORMULA) else value)
    return texts.to_csv(index=False).encode("utf-8-sig")


class Book:
    """A workbook being written, to ``path`` or, without one, to memory (``content``).

    Texts come from a county's files. One that begins with = + - or @ is written as a text and marked as one (``quote_prefix``), so that
    neither opening the file nor editing the cell makes a formula of it; an address never becomes a link.
    """

    def __init__(self, path: Path | None = None, **options: Any) -> None:
        self._buffer = io.BytesIO()
        place = {} if path else {"in_memory": True}
        self.book = xlsxwriter.Workbook(str(path) if path else self._buffer, {**_OPTIONS, **place, **options})
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._names: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.book.close()

    def content(self) -> bytes:
        """Close a workbook in memory and return it; one that is closed already (``with``) is only returned."""
        if not self.book.fileclosed:
            self.book.close()
        return self._buffer.getvalue()

    def sheet(self, name: str) -> Worksheet:
        """Add a sheet: its name may hold 31 letters, no brackets or slashes, and no name twice."""
        plain = _FORBIDDEN_IN_NAMES.sub(" ", name).strip("' ")[:_LONGEST_NAME].strip("' ") or "Sheet"
        unique, number = plain, 2
        while unique.casefold() in self._names:
            unique = f"{plain[: _LONGEST_NAME - 1 - len(str(number))]} {number}"
            number += 1
        self._names.add(unique.casefold())
        return self.book.add_worksheet(unique)

    def format(self, style: Style) -> Format:
        """Return the format of ``style``; the same for the same style."""
        key = tuple(sorted(style.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(dict(style))
        return self._formats[key]

    def put(self, sheet: Worksheet, row: int, column: int, value: Value, style: Style | None = None) -> None:
        """Write one cell: a text as a text, a number as a number, a day as a day; None, NaN and infinity leave it empty.

        A text longer than Excel keeps is cut after 32,766 letters and ends with "…". Raises ``ValueError`` beyond the last row or column.
        """
        if isinstance(value, str):
            look = {**(style or {}), "quote_prefix": True} if value.startswith(_LIKE_A_FORMULA) else style
            text = value if len(value) <= LONGEST_TEXT else f"{value[: LONGEST_TEXT - 1]}…"
            done = sheet.write_string(row, column, text, self._look(look))
        elif value is None or value != value or value in _NO_NUMBERS:
            done = sheet.write_blank(row, column, None, self._look(style))
        elif isinstance(value, datetime.date):
            done = sheet.write_datetime(row, column, value, self._look(style))
        else:
            done = sheet.write_number(row, column, float(value), self._look(style))
        if done:
            raise ValueError(f"row {row + 1}, column {column + 1} lies outside what a sheet can hold")

    def put_row(self, sheet: Worksheet, row: int, values: Sequence[Value], style: Style | None = None) -> None:
        """Write one row of cells from the first column on."""
        for column, value in enumerate(values):
            self.put(sheet, row, column, value, style)

    def formula(self, sheet: Worksheet, row: int, column: int, own: str, value: Value, style: Style | None = None) -> None:
        """Write a formula of our own making, never one that holds a text of the data; ``value`` is its result now."""
        sheet.write_formula(row, column, own, self._look(style), value)

    def _look(self, style: Style | None) -> Format | None:
        return self.format(style) if style else None
