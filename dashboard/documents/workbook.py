"""Reports as XLSX: a summary, one sheet per table with frozen headings and number formats, native charts, dictionary and source."""

import io
import re
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from dashboard.documents.content import Bullets, Chart, Column, Figures, Paragraph, Quantity, Report, Table, excel_format, missing
from dashboard.documents.look import HEAD_FILL, PRIMARY, SERIES, width

_TYPES = {"bar": "bar", "column": "column", "line": "line"}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31
_CHART_ROWS = 17


def write_workbook(report: Report) -> bytes:
    """Return ``report`` as an XLSX file. Texts stay texts: a name that begins with ``=`` never becomes a formula, nor an address a link."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": report.title, "subject": report.subtitle, "comments": report.provenance.line})
        writer = _Writer(book, report)
        writer.summary()
        for table in report.tables:
            writer.table(table)
        writer.charts()
        writer.dictionary()
        writer.source()
    return buffer.getvalue()


class _Writer:
    """Writes the sheets of one report."""

    def __init__(self, book: Any, report: Report) -> None:
        self.book = book
        self.report = report
        self._names: set[str] = set()
        self._formats: dict[str, Any] = {}
        self.head = book.add_format({"bold": True, "bottom": 1, "bg_color": f"#{HEAD_FILL}", "text_wrap": True, "valign": "vcenter"})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.heading = book.add_format({"bold": True, "font_size": 12, "font_color": f"#{PRIMARY}"})
        self.right = book.add_format({"align": "right"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})

    def _format(self, number_format: str) -> Any:
        if number_format not in self._formats:
            self._formats[number_format] = self.book.add_format({"num_format": number_format})
        return self._formats[number_format]

    def _sheet(self, name: str) -> Any:
        """Add a sheet: names may hold 31 letters, no brackets or slashes, and no name twice."""
        plain = _FORBIDDEN.sub(" ", name).strip("' ")[:_LONGEST_NAME] or "Sheet"
        unique, number = plain, 2
        while unique.casefold() in self._names:
            unique = f"{plain[: _LONGEST_NAME - 3]} {number}"
            number += 1
        self._names.add(unique.casefold())
        sheet = self.book.add_worksheet(unique)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P / &N")
        return sheet

    def summary(self) -> None:
        """Write title, source and every sentence of the report."""
        sheet = self._sheet(self.report.title)
        sheet.set_column(0, 0, 26, self.wrapped)
        sheet.set_column(1, 1, 110, self.wrapped)
        sheet.write_string(0, 0, self.report.title, self.title)
        sheet.write_string(1, 0, self.report.subtitle)
        sheet.write_string(2, 0, self.report.provenance.line)
        sheet.write_string(3, 0, self.report.provenance.demonstration)
        row = 5
        for section in self.report.sections:
            sheet.write_string(row, 0, section.heading, self.heading)
            sheet.write_string(row, 1, section.message, self.heading)
            row += 1
            for block in section.blocks:
                lines: list[tuple[str, str]] = []
                if isinstance(block, Bullets):
                    lines = [("", item) for item in block.items]
                elif isinstance(block, Paragraph):
                    lines = [("", block.text)]
                elif isinstance(block, Figures):
                    lines = [(item.name, f"{item.value}  {item.detail}".strip()) for item in block.items]
                for name, text in lines:
                    sheet.write_string(row, 0, name)
                    sheet.write_string(row, 1, text, self.wrapped)
                    row += 1

    def table(self, table: Table) -> None:
        """Write one table on a sheet of its own, its headings frozen and with filters."""
        sheet = self._sheet(table.title)
        sheet.freeze_panes(1, 1)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.label, self.head)
            for row, cells in enumerate(table.rows, start=1):
                self._cell(sheet, row, place, cells[place], column)
            sheet.set_column(place, place, self._width(table, place))
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        if table.note:
            sheet.write_string(len(table.rows) + 2, 0, table.note)

    def _width(self, table: Table, place: int) -> int:
        cells = [cells[place] for cells in table.rows]
        texts = [table.columns[place].label, *(cell.text if isinstance(cell, Quantity) else str(cell or "") for cell in cells)]
        return min(max(max(width(text) for text in texts) + 2, 10), 60)

    def _cell(self, sheet: Any, row: int, place: int, value: Any, column: Column) -> None:
        if missing(value):
            sheet.write_blank(row, place, None, self._format(excel_format(column)))
        elif isinstance(value, Quantity):
            sheet.write_number(row, place, value.value, self._format(value.format))
        elif isinstance(value, str):  # a suppressed count ("<10") stands among numbers
            sheet.write_string(row, place, value, None if column.kind == "text" else self.right)
        else:
            sheet.write_number(row, place, value, self._format(excel_format(column)))

    def charts(self) -> None:
        """Write the numbers of all charts on one sheet, each with its native chart beside them."""
        if not self.report.charts:
            return
        sheet = self._sheet(self.report.labels.charts)
        sheet.set_column(0, 0, 22)
        row = 0
        for chart in self.report.charts:
            self._chart(sheet, row, chart)
            row += max(_CHART_ROWS, len(chart.categories) + 3)

    def _chart(self, sheet: Any, top: int, chart: Chart) -> None:
        first, last, name = top + 2, top + 1 + len(chart.categories), sheet.get_name()
        sheet.write_string(top, 0, chart.title, self.heading)
        for place, series in enumerate(chart.series, start=1):
            sheet.write_string(top + 1, place, series.name, self.head)
            for row, value in enumerate(series.values, start=first):
                if value is not None:
                    sheet.write_number(row, place, value, self._format(chart.format))
        for row, category in enumerate(chart.categories, start=first):
            sheet.write_string(row, 0, category)
        native = self.book.add_chart({"type": _TYPES[chart.kind]})
        for place, series in enumerate(chart.series, start=1):
            colour = f"#{SERIES[(place - 1 if series.position is None else series.position) % len(SERIES)]}"
            look: dict[str, Any] = {"fill": {"color": colour}, "border": {"none": True}, "gap": 60}
            if chart.kind == "line":
                look = {"line": {"color": colour, "width": 2 if place == 1 else 1.25, "dash_type": "solid" if place == 1 else "dash"}}
            native.add_series(
                {
                    "name": [name, top + 1, place],
                    "categories": [name, first, 0, last, 0],
                    "values": [name, first, place, last, place],
                    **look,
                }
            )
        native.set_title({"name": chart.title, "name_font": {"size": 11}})
        native.set_legend({"position": "bottom"} if len(chart.series) > 1 else {"none": True})
        native.set_y_axis({"reverse": True} if chart.kind == "bar" else {"num_format": chart.format, "major_gridlines": {"visible": True}})
        if chart.kind == "bar":
            native.set_x_axis({"num_format": chart.format, "min": 0})
        native.show_na_as_empty_cell()
        sheet.insert_chart(
            top, len(chart.series) + 2, native, {"x_scale": 1.3, "y_scale": 1.1, "description": f"{chart.title} {chart.alternative}"}
        )

    def dictionary(self) -> None:
        """Write what every indicator means."""
        if not self.report.dictionary:
            return
        rows = [
            (each.name, each.formula, each.numerator, each.denominator, each.source, each.target, each.grade)
            for each in self.report.dictionary
        ]
        self._texts(self.report.labels.dictionary, self.report.labels.heads, rows, (30, 50, 28, 28, 30, 50, 24))

    def source(self) -> None:
        """Write where the numbers come from."""
        labels = self.report.labels
        self._texts(labels.source, (labels.item, labels.content), self.report.provenance.rows, (20, 100))

    def _texts(self, name: str, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
        sheet = self._sheet(name)
        sheet.freeze_panes(1, 1)
        for place, (head, wide) in enumerate(zip(heads, widths, strict=True)):
            sheet.set_column(place, place, wide)
            sheet.write_string(0, place, head, self.head)
            for row, texts in enumerate(rows, start=1):
                sheet.write_string(row, place, texts[place], self.wrapped)
