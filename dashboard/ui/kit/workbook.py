"""The workbook of the what-if: several sheets whose texts stay texts, with headings in sight and formulas of our own."""

from collections.abc import Sequence

from xlsxwriter.worksheet import Worksheet

from dashboard.documents.sheets import Book, Style

HEADING: Style = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
MONEY: Style = {"num_format": "#,##0.00"}
PERCENT: Style = {"num_format": "0.00%"}
NUMBER: Style = {"num_format": "0.00##"}
TOTAL: Style = {"bold": True, "num_format": "#,##0.00", "top": 1}


def headed_sheet(book: Book, name: str, heads: Sequence[str], widths: Sequence[int]) -> Worksheet:
    """Add a sheet with its heading row; row and first column stay in sight."""
    sheet = book.sheet(name)
    sheet.freeze_panes(1, 1)
    for column, (head, width) in enumerate(zip(heads, widths, strict=True)):
        book.put(sheet, 0, column, head, HEADING)
        sheet.set_column(column, column, width)
    return sheet


def texts_sheet(book: Book, name: str, heads: tuple[str, str], widths: tuple[int, int], rows: Sequence[tuple[str, str]]) -> None:
    """Add a sheet of two columns of texts."""
    sheet = headed_sheet(book, name, heads, widths)
    for row, pair in enumerate(rows, start=1):
        book.put_row(sheet, row, pair)
