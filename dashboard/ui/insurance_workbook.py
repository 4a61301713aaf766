"""A workbook of several sheets in which texts stay texts."""

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter


class Book:
    """A workbook being written: a name that begins with = never becomes a formula, nor an address a link."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        self.heading = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.money = self._book.add_format({"num_format": "#,##0.00"})
        self.percent = self._book.add_format({"num_format": "0.00%"})
        self.number = self._book.add_format({"num_format": "0.00##"})
        self.bold = self._book.add_format({"bold": True, "num_format": "#,##0.00", "top": 1})

    def sheet(self, name: str, heads: Sequence[str], widths: Sequence[int]) -> Any:
        """Add a sheet with its heading row; row and first column stay in sight."""
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        for column, (head, width) in enumerate(zip(heads, widths, strict=True)):
            sheet.write_string(0, column, head, self.heading)
            sheet.set_column(column, column, width)
        return sheet

    def texts(self, name: str, heads: tuple[str, str], widths: tuple[int, int], rows: Sequence[tuple[str, str]]) -> None:
        """Add a sheet of two columns of texts."""
        sheet = self.sheet(name, heads, widths)
        for row, pair in enumerate(rows, start=1):
            for column, text in enumerate(pair):
                sheet.write_string(row, column, text)

    def content(self) -> bytes:
        """Close the workbook and return it."""
        self._book.close()
        return self._buffer.getvalue()
