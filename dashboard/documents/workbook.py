"""Reports as XLSX: a summary, one sheet per table with frozen headings and number formats, native charts, dictionary and source."""

from collections.abc import Sequence
from typing import Any

from xlsxwriter.worksheet import Worksheet

from dashboard.documents.content import Bullets, Chart, Column, Figures, Paragraph, Quantity, Report, Table, excel_format, missing
from dashboard.documents.look import HEAD_FILL, PRIMARY, SERIES, width
from dashboard.documents.sheets import Book, Style

_TYPES = {"bar": "bar", "column": "column", "line": "line"}
_HEAD: Style = {"bold": True, "bottom": 1, "bg_color": f"#{HEAD_FILL}", "text_wrap": True, "valign": "vcenter"}
_TITLE: Style = {"bold": True, "font_size": 16}
_HEADING: Style = {"bold": True, "font_size": 12, "font_color": f"#{PRIMARY}"}
_RIGHT: Style = {"align": "right"}
_WRAPPED: Style = {"text_wrap": True, "valign": "top"}
_CHART_ROWS = 17


def write_workbook(report: Report) -> bytes:
    """Return ``report`` as an XLSX file."""
    with Book() as book:
        book.book.set_properties({"title": report.title, "subject": report.subtitle, "comments": report.provenance.line})
        writer = _Writer(book, report)
        writer.summary()
        for table in report.tables:
            writer.table(table)
        writer.charts()
        writer.dictionary()
        writer.source()
    return book.content()


class _Writer:
    """Writes the sheets of one report."""

    def __init__(self, book: Book, report: Report) -> None:
        self.book = book
        self.report = report

    def _sheet(self, name: str) -> Worksheet:
        sheet = self.book.sheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P / &N")
        return sheet

    def summary(self) -> None:
        """Write title, source and every sentence of the report."""
        sheet = self._sheet(self.report.title)
        sheet.set_column(0, 0, 26, self.book.format(_WRAPPED))
        sheet.set_column(1, 1, 110, self.book.format(_WRAPPED))
        self.book.put(sheet, 0, 0, self.report.title, _TITLE)
        self.book.put(sheet, 1, 0, self.report.subtitle)
        self.book.put(sheet, 2, 0, self.report.provenance.line)
        self.book.put(sheet, 3, 0, self.report.provenance.demonstration)
        row = 5
        for section in self.report.sections:
            self.book.put(sheet, row, 0, section.heading, _HEADING)
            self.book.put(sheet, row, 1, section.message, _HEADING)
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
                    self.book.put(sheet, row, 0, name)
                    self.book.put(sheet, row, 1, text, _WRAPPED)
                    row += 1

    def table(self, table: Table) -> None:
        """Write one table on a sheet of its own, its headings frozen and with filters."""
        sheet = self._sheet(table.title)
        sheet.freeze_panes(1, 1)
        for place, column in enumerate(table.columns):
            self.book.put(sheet, 0, place, column.label, _HEAD)
            for row, cells in enumerate(table.rows, start=1):
                self._cell(sheet, row, place, cells[place], column)
            sheet.set_column(place, place, self._width(table, place))
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        if table.note:
            self.book.put(sheet, len(table.rows) + 2, 0, table.note)

    def _width(self, table: Table, place: int) -> int:
        cells = [cells[place] for cells in table.rows]
        texts = [table.columns[place].label, *(cell.text if isinstance(cell, Quantity) else str(cell or "") for cell in cells)]
        return min(max(max(width(text) for text in texts) + 2, 10), 60)

    def _cell(self, sheet: Any, row: int, place: int, value: Any, column: Column) -> None:
        if isinstance(value, Quantity):
            self.book.put(sheet, row, place, value.value, {"num_format": value.format})
        elif isinstance(value, str):  # a suppressed count ("<10") stands among numbers
            self.book.put(sheet, row, place, value, None if column.kind == "text" else _RIGHT)
        else:
            self.book.put(sheet, row, place, None if missing(value) else value, {"num_format": excel_format(column)})

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
        self.book.put(sheet, top, 0, chart.title, _HEADING)
        for place, series in enumerate(chart.series, start=1):
            self.book.put(sheet, top + 1, place, series.name, _HEAD)
            for row, value in enumerate(series.values, start=first):
                if value is not None:
                    self.book.put(sheet, row, place, value, {"num_format": chart.format})
        for row, category in enumerate(chart.categories, start=first):
            self.book.put(sheet, row, 0, category)
        native = self.book.book.add_chart({"type": _TYPES[chart.kind]})
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
        # By its cell: of a title that begins with = the chart's own name would make a formula.
        native.set_title({"name": [name, top, 0], "name_font": {"size": 11}})
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
            self.book.put(sheet, 0, place, head, _HEAD)
            for row, texts in enumerate(rows, start=1):
                self.book.put(sheet, row, place, texts[place], _WRAPPED)
