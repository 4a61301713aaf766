"""Tables on screen, and the same table as a workbook that says where it comes from."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler
from pydantic import JsonValue
from xlsxwriter.worksheet import Worksheet

from dashboard import __version__
from dashboard.analysis.naming import all_elided
from dashboard.analysis.small_counts import UNGUARDED, Guard, Hides, People, shown_order
from dashboard.analysis.suppression import ON_EXPORT, ON_SCREEN
from dashboard.documents.sheets import Book
from dashboard.services.common.audit import record_export
from dashboard.services.common.cache import derived
from dashboard.services.common.database import DataVersion
from dashboard.ui.kit import formatting
from dashboard.ui.kit.formatting import MISSING, line_width
from dashboard.ui.kit.i18n import _, language, speaking
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.person import export_reason, keep_reason, person
from dashboard.ui.kit.signature import signature
from dashboard.ui.kit.theme import type_scale
from dashboard.ui.kit.workbook import HEADING
from dashboard.workspace.acting import acting_as
from dashboard.workspace.county import county_in_view, in_county

Kind = Literal["text", "count", "people", "rank", "number", "percent", "money", "month"]
_EXCEL_FORMATS: Mapping[Kind, str] = {
    "text": "@",
    "count": "#,##0",
    "people": "#,##0",
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
_WRAPPED_PIXELS = 66
"""Height of a row of three lines; the framework breaks lines in rows of more than four times the size of its type."""
_LETTER, _PADDING_PIXELS = (14.0, 7.0), 18
_LONGEST_NAME, _LONGEST_WRAPPED = 280, 840
"""Pixels of the longest text that stands on one line, and of the longest that is a name and no sentence."""
_LINE_LETTERS, _LINES = 12, 3
"""How a longer name stands: letters of a line, and lines of a row; beyond, it loses its middle."""
_OUTLYING = 1.5
_ASKING = "export_asking"
_LONGEST = 200
"""Rows of a table with counts of people that the browser gets; the workbook has all of them."""


@dataclass(frozen=True)
class TableColumn:
    """One column: its name in the frame, its heading, and what it holds.

    ``people`` counts people or cases: small ones are hidden wherever the table goes. ``count`` is any other whole number, ``percent`` a
    ratio, ``money`` yuan, ``rank`` a place that ties may halve.
    """

    name: str
    label: str
    kind: Kind = "text"


@dataclass(frozen=True)
class ExportSource:
    """What an export states about itself: the filters in words and the version of the data."""

    filters: str
    version: DataVersion
    provisional: str = ""
    """"◐ 初步：…" while months that it shows are not approved."""

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
        if self.provisional:
            rows.insert(3, (_("审定状态"), self.provisional))
        if self.version.demonstration:
            rows.append((_("注意"), _("演示数据：数值为模拟，不代表任何机构的真实情况")))
        return rows


def _complete(guard: Hides, columns: Sequence[TableColumn]) -> Hides:
    """Return ``guard`` with the columns of kind ``people`` that it does not name: the kind alone protects them."""
    named = {each.name for each in guard.counts}
    others = tuple(People(column.name) for column in columns if column.kind == "people" and column.name not in named)
    return Guard(guard.counts + others, guard.gives_away) if others and isinstance(guard, Guard) else guard


def guarded(frame: pd.DataFrame, columns: Sequence[TableColumn], guard: Hides = UNGUARDED, smallest: int = ON_SCREEN) -> pd.DataFrame:
    """Return the named columns of ``frame`` as they may leave the server: small counts of people hidden (see ``Guard.hide``).

    Raises ValueError for a column that ``guard`` protects though its kind does not say so: a writer would take it for any number.
    """
    whole = _complete(guard, columns)
    kinds = {column.name: column.kind for column in columns}
    wrong = [each.name for each in whole.counts if kinds.get(each.name, "people") != "people"]
    if wrong:
        raise ValueError(f"{wrong[0]}: counts people, but its column is of another kind")
    if not whole.counts:
        return frame[[column.name for column in columns]].copy()
    shown = whole.hide(frame, smallest).frame[[column.name for column in columns]].copy()
    texts = [column.name for column in columns if column.kind == "text"]
    return shown_order(shown, frame, [name for name, kind in kinds.items() if kind == "people"], texts or shown.columns[:1].tolist())


def workbook(frame: pd.DataFrame, columns: Sequence[TableColumn], title: str, source: ExportSource, guard: Hides = UNGUARDED) -> bytes:
    """Return an XLSX file with a data sheet and a source sheet; counts of people from 1 to 9, and what gives them away, are hidden.

    Text cells stay text: a name that begins with ``=`` never becomes a formula, nor an address a link.
    """
    return workbook_of([(_("数据"), export_frame(frame, columns, guard), columns)], title, source)


def workbook_of(sheets: Sequence[tuple[str, pd.DataFrame, Sequence[TableColumn]]], title: str, source: ExportSource) -> bytes:
    """Return an XLSX file with a sheet (name, frame, columns) for each table, and one that says where they come from.

    The frames are written as they are: what may not leave the server is hidden before (``export_frame``).
    """
    with Book() as book:
        for name, frame, columns in sheets:
            sheet = book.sheet(name)
            sheet.freeze_panes(1, 1)
            for index, column in enumerate(columns):
                book.put(sheet, 0, index, column.label, HEADING)
                _write_column(book, sheet, index, frame[column.name], column.kind)
                sheet.set_column(index, index, max(10, 2 * len(column.label) + 2))
        about = book.sheet(_("来源"))
        about.set_column(0, 0, 16)
        about.set_column(1, 1, 80)
        for row, pair in enumerate(source.rows(title)):
            book.put_row(about, row, pair)
    return book.content()


def export_frame(frame: pd.DataFrame, columns: Sequence[TableColumn], guard: Hides = UNGUARDED) -> pd.DataFrame:
    """Return what the workbook gets: counts of people hidden as "<10" or in words, what gives them away empty."""
    shown, reader = guarded(frame, columns, guard, ON_EXPORT), language()
    for column in columns:
        if column.kind == "people":
            values = shown[column.name]
            hidden = (values > 0) & (values < ON_EXPORT)
            words = [formatting.people(value, reader, ON_EXPORT) for value in values]
            shown[column.name] = values.astype("object").mask(hidden, pd.Series(words, index=values.index, dtype="object"))
    return shown


def _write_column(book: Book, sheet: Worksheet, index: int, values: pd.Series, kind: Kind) -> None:
    style = {"num_format": _EXCEL_FORMATS[kind]}
    for row, value in enumerate(values, start=1):
        # A suppressed count ("<10") stands among numbers.
        known = None if pd.isna(value) else value if isinstance(value, str) else str(value) if kind == "text" else value
        book.put(sheet, row, index, pd.Timestamp(known).to_pydatetime() if known and kind == "month" else known, style)


def _screen(frame: pd.DataFrame, columns: Sequence[TableColumn]) -> pd.DataFrame:
    """Return what the screen shows: the named columns, ratios as per cent numbers so that sorting still works."""
    shown = frame[[column.name for column in columns]].copy()
    for column in columns:
        if column.kind == "percent":
            shown[column.name] = shown[column.name].astype("float64") * 100
    return shown


def text_width(texts: Sequence[str]) -> int | None:
    """Return how many pixels a column of ``texts`` needs; None where the browser finds a width that cuts none of them.

    It leaves out of its reckoning what is far longer than the mean, and makes a column up to forty letters wide. Whole sentences are its
    matter all the same: no width is right for them.
    """
    wide = [line_width(text, *_LETTER) for text in texts]
    longest = max(wide, default=0.0)
    if longest > _LONGEST_WRAPPED or longest <= min(_LONGEST_NAME, _OUTLYING * sum(wide) / max(len(wide), 1)):
        return None
    line = longest if longest <= _LONGEST_NAME else _LINE_LETTERS * _LETTER[0]
    return round(line + _PADDING_PIXELS)


def _widths(shown: pd.DataFrame, columns: Sequence[TableColumn]) -> dict[str, int | None]:
    texts = [column.name for column in columns if column.kind == "text"]
    return {name: text_width([str(value) for value in shown[name].dropna()]) for name in texts}


def _wrapping(shown: pd.DataFrame, widths: Mapping[str, int | None]) -> list[str]:
    """Return the columns of a set width whose longest text needs several lines."""
    narrow = [name for name, width in widths.items() if width is not None]
    return [name for name in narrow if max(line_width(str(value), *_LETTER) for value in shown[name].dropna()) > _LONGEST_NAME]


def _in_lines(sent: pd.DataFrame, wrapping: Sequence[str]) -> pd.DataFrame:
    """Return the rows with the texts of the columns ``wrapping`` as long as their lines hold; the workbook has the whole of them."""
    room = _LINE_LETTERS * _LINES - _LINES
    short = {name: all_elided([MISSING if pd.isna(value) else str(value) for value in sent[name]], room) for name in wrapping}
    return sent.assign(**short)


def _enlarged(width: int | None) -> int | None:
    """Return ``width`` as it is while an agenda is presented in larger letters."""
    return None if width is None else round(width * type_scale())


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A table as the screen gets it: the rows shown, the same as they are sent, the widths of its columns of text, whether lines break.

    ``counted``: it holds counts of people, and every number is written out.
    """

    counted: bool
    shown: pd.DataFrame
    sent: pd.DataFrame
    widths: Mapping[str, int | None]
    wraps: bool


@derived
def _prepared(frame: pd.DataFrame, columns: Sequence[TableColumn], guard: Hides) -> _Prepared:
    shown, counted = guarded(frame, columns, guard), any(column.kind == "people" for column in columns)
    shown = shown.head(_LONGEST) if counted else shown
    widths = _widths(shown, columns)
    wrapping = _wrapping(shown, widths)
    # The labels of hidden rows would tell their order by what is hidden.
    return _Prepared(counted, shown, _in_lines(shown, wrapping).reset_index(drop=True), widths, bool(wrapping))


def _column_config(column: TableColumn, width: int | None, in_words: bool) -> object:
    if in_words:
        return st.column_config.Column(column.label, width=width)
    if column.kind == "text":
        return st.column_config.TextColumn(column.label, width=width)
    if column.kind == "month":
        return st.column_config.DateColumn(column.label, format=_SCREEN_FORMATS[column.kind])
    return st.column_config.NumberColumn(column.label, format=_SCREEN_FORMATS[column.kind])


def show_table(
    frame: pd.DataFrame,
    columns: Sequence[TableColumn],
    *,
    key: str,
    title: str,
    source: ExportSource,
    rows: int | None = None,
    guard: Hides = UNGUARDED,
    on_pick: Callable[[Hashable, str], None] | None = None,
) -> None:
    """Draw ``frame`` (sortable) and the button that downloads it as XLSX; ``rows`` limits the height before it scrolls.

    A click on a cell calls ``on_pick(label of its row in the index of frame, name of its column)`` before the script runs again.

    Columns of kind ``people`` never carry a small count, to the browser or into the workbook; ``guard`` says what else would give one
    away (a share, a part of a whole, sums shown elsewhere).
    """
    ready = _prepared(frame, tuple(columns), guard)
    counted, shown, sent, widths = ready.counted, ready.shown, ready.sent, ready.widths
    picks = _picks(f"table_{key}", shown, on_pick) if on_pick else {"key": f"table_{key}"}
    pixels = round(_WRAPPED_PIXELS * type_scale()) if ready.wraps else _ROW_PIXELS
    st.dataframe(
        _in_words(sent, columns) if counted else _screen(sent, columns),
        **picks,
        hide_index=True,
        height=pixels * min(len(shown), rows or len(shown)) + _ROW_PIXELS + 4,
        row_height=pixels,
        column_config={column.name: _column_config(column, _enlarged(widths.get(column.name)), counted) for column in columns},  # type: ignore[misc]
        placeholder=MISSING,
        alt=title,
    )
    if source.provisional:
        st.caption(escaped(source.provisional))
    if len(frame) > len(shown):
        total = formatting.number(len(frame))
        st.caption(escaped(_("表格显示前 {shown} 行，共 {rows} 行；下载文件包含全部。", shown=len(shown), rows=total)))
    download(
        _("下载 Excel"),
        lambda: workbook(frame, columns, title, source, guard),
        key=key,
        file_name=f"{key}.xlsx",
        title=title,
        source=source,
    )


def _ask_reason(label: str, *, key: str, icon: str, type: Literal["primary", "secondary", "tertiary"]) -> None:
    """Draw the button of a download; pressed, it asks why first. Asked once: afterwards every download of the session just works."""
    if st.button(label, key=f"download_{key}", icon=icon, type=type):
        st.session_state[_ASKING] = key
    if st.session_state.get(_ASKING) != key:
        return
    reason = st.text_input(_("为什么导出"), key=f"reason_{key}", max_chars=200, help=_("每次登录问一次，与导出的内容一起记入操作记录。"))
    if st.button(_("记下并继续"), key=f"reason_given_{key}", type="primary") and reason.strip():
        keep_reason(reason)
        del st.session_state[_ASKING]
        st.rerun()


def _picks(key: str, shown: pd.DataFrame, on_pick: Callable[[Hashable, str], None]) -> dict[str, Any]:
    """Return what makes cells clickable; after a click the table is a new one, so that the same cell can be clicked again."""
    counter = f"{key}_picks"
    name = f"{key}_{st.session_state.get(counter, 0)}"
    labels = shown.index.tolist()

    def picked() -> None:
        cells = st.session_state[name].selection.cells
        if cells:
            st.session_state[counter] = st.session_state.get(counter, 0) + 1
            row, column = cells[0]
            on_pick(labels[int(row)], str(column))

    return {"key": name, "on_select": picked, "selection_mode": "single-cell"}


def _in_words(shown: pd.DataFrame, columns: Sequence[TableColumn]) -> Styler:
    """Return a table of counts with every number written out: "<5" stands among numbers, and sorting still goes by number."""
    reader = language()
    formats: Mapping[Kind, Callable[[Any], str]] = {
        "people": lambda value: formatting.people(value, reader),
        "count": formatting.number,
        "rank": lambda value: formatting.number(value, 0 if value % 1 == 0 else 1),
        "number": lambda value: formatting.number(value, 2),
        "percent": formatting.percent,
        "money": formatting.number,
        "month": lambda value: f"{value:%Y-%m}" if pd.notna(value) else MISSING,
    }
    return shown.style.format({column.name: formats[column.kind] for column in columns if column.kind in formats})


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

    The page does not run again. Every download of the product goes through here. Who is signed in says why once a session.
    """
    reader, name, who, county = language(), signature(), person(), county_in_view()
    details: dict[str, JsonValue] = {"title": title, "filters": source.filters, "data_version": source.version.load_id}
    if who is not None:
        reason = export_reason()
        if reason is None:
            _ask_reason(label, key=key, icon=icon, type=type)
            return
        details["reason"] = reason

    def exported() -> bytes:
        with acting_as(who), in_county(county), speaking(reader):  # made when pressed, outside of any page's run
            content = make()
            record_export(file_name, actor=name, details={**details, "bytes": len(content)})
        return content

    st.download_button(label, data=exported, file_name=file_name, mime=mime, key=f"download_{key}", on_click="ignore", type=type, icon=icon)
