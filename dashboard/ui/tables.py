"""Tables on screen, and the same table as a workbook that says where it comes from."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import streamlit as st
import xlsxwriter
from pydantic import JsonValue

from dashboard import __version__
from dashboard.services.audit import record_export
from dashboard.services.database import DataVersion
from dashboard.ui import formatting
from dashboard.ui.formatting import MISSING
from dashboard.ui.i18n import _, language, speaking
from dashboard.ui.signature import signature

Kind = Literal["text", "count", "rank", "number", "percent", "money", "month"]
_EXCEL_FORMATS: Mapping[Kind, str] = {
    "text": "@",
    "count": "#,##0",
    "rank": "General",
    "number": "#,##0.0",
    "percent": "0.0%",
    "money": "#,##0.00",
    "month": "yyyy-mm",
}
_SCREEN_FORMATS: Mapping[Kind, str] = {
    "count": "%,d",
    "rank": "%g",
    "number": "%,.1f",
    "percent": "%.1f%%",
    "money": "%,.2f",
    "month": "YYYY-MM",
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROW_PIXELS = 32


@dataclass(frozen=True)
class TableColumn:
    """One column: its name in the frame, its heading, and what it holds.

    ``percent`` is a ratio, ``money`` yuan, ``rank`` a place that ties may halve.
    """

    name: str
    label: str
    kind: Kind = "text"


@dataclass(frozen=True)
class ExportSource:
    """What an export states about itself: the filters in words and the version of the data."""

    filters: str
    version: DataVersion

    def rows(self, title: str) -> list[tuple[str, str]]:
        """Return (label, text) of the source sheet."""
        reader = language()
        rows = [
            (_("标题"), title),
            (_("筛选条件"), self.filters),
            (_("数据截至"), formatting.month(self.version.data_through, reader)),
            (_("数据版本"), str(self.version.load_id)),
            (_("数据包"), self.version.package),
            (_("程序版本"), __version__),
        ]
        if self.version.demonstration:
            rows.append((_("注意"), _("演示数据：数值为模拟，不代表任何机构的真实情况")))
        return rows


def workbook(frame: pd.DataFrame, columns: Sequence[TableColumn], title: str, source: ExportSource) -> bytes:
    """Return an XLSX file with a data sheet and a source sheet.

    Text cells stay text: a name that begins with ``=`` never becomes a formula, nor an address a link.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(_("数据"))
        sheet.freeze_panes(1, 1)
        for index, column in enumerate(columns):
            sheet.write_string(0, index, column.label, heading)
            _write_column(sheet, index, frame[column.name], column.kind, book.add_format({"num_format": _EXCEL_FORMATS[column.kind]}))
            sheet.set_column(index, index, max(10, 2 * len(column.label) + 2))
        about = book.add_worksheet(_("来源"))
        about.set_column(0, 0, 16)
        about.set_column(1, 1, 80)
        for row, (label, text) in enumerate(source.rows(title)):
            about.write_string(row, 0, label)
            about.write_string(row, 1, text)
    return buffer.getvalue()


def _write_column(
    sheet: xlsxwriter.worksheet.Worksheet, index: int, values: pd.Series, kind: Kind, style: xlsxwriter.format.Format
) -> None:
    for row, value in enumerate(values, start=1):
        if pd.isna(value):
            sheet.write_blank(row, index, None, style)
        elif kind == "text" or isinstance(value, str):  # a suppressed count ("<10") stands among numbers
            sheet.write_string(row, index, str(value), style)
        elif kind == "month":
            sheet.write_datetime(row, index, pd.Timestamp(value).to_pydatetime(), style)
        else:
            sheet.write_number(row, index, float(value), style)


def _screen(frame: pd.DataFrame, columns: Sequence[TableColumn]) -> pd.DataFrame:
    """Return what the screen shows: the named columns, ratios as per cent numbers so that sorting still works."""
    shown = frame[[column.name for column in columns]].copy()
    for column in columns:
        if column.kind == "percent":
            shown[column.name] = shown[column.name].astype("float64") * 100
    return shown


def _column_config(column: TableColumn) -> object:
    if column.kind == "text":
        return st.column_config.TextColumn(column.label)
    if column.kind == "month":
        return st.column_config.DateColumn(column.label, format=_SCREEN_FORMATS[column.kind])
    return st.column_config.NumberColumn(column.label, format=_SCREEN_FORMATS[column.kind])


def show_table(
    frame: pd.DataFrame, columns: Sequence[TableColumn], *, key: str, title: str, source: ExportSource, rows: int | None = None
) -> None:
    """Draw ``frame`` and the button that downloads it as XLSX; ``rows`` limits the height before it scrolls."""
    height = _ROW_PIXELS * (min(len(frame), rows or len(frame)) + 1) + 4
    st.dataframe(
        _screen(frame, columns),
        key=f"table_{key}",
        hide_index=True,
        height=height,
        row_height=_ROW_PIXELS,
        column_config={column.name: _column_config(column) for column in columns},  # type: ignore[misc]
        placeholder=MISSING,
        alt=title,
    )
    download(_("下载 Excel"), lambda: workbook(frame, columns, title, source), key=key, file_name=f"{key}.xlsx", title=title, source=source)


def download(
    label: str,
    make: Callable[[], bytes],
    *,
    key: str,
    file_name: str,
    title: str,
    source: ExportSource,
    mime: str = XLSX,
    icon: str = ":material/download:",
    type: Literal["primary", "secondary", "tertiary"] = "tertiary",
) -> None:
    """Draw the button that makes a file when pressed, in the reader's language, and notes the export in the audit trail.

    The page does not run again. Every download of the product goes through here.
    """
    reader, person = language(), signature()
    details: dict[str, JsonValue] = {"title": title, "filters": source.filters, "data_version": source.version.load_id}

    def exported() -> bytes:
        with speaking(reader):
            content = make()
        record_export(file_name, actor=person, details=details)
        return content

    st.download_button(label, data=exported, file_name=file_name, mime=mime, key=f"download_{key}", on_click="ignore", type=type, icon=icon)
