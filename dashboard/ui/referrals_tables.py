"""Tables of flows: small counts hidden on screen (<5) and, with complementary suppression, in the workbook (<10)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.analysis.suppression import ON_EXPORT, ON_SCREEN, small, suppressed, suppressed_list
from dashboard.ui import formatting
from dashboard.ui.formatting import MISSING
from dashboard.ui.i18n import _
from dashboard.ui.messages import escaped
from dashboard.ui.tables import ExportSource, TableColumn, download, workbook

_ROW_PIXELS = 32
_LONGEST = 200
"""Rows that the browser gets; the workbook has all of them."""


@dataclass(frozen=True, eq=False)
class CountTable:
    """A table with counts of people.

    ``hidden`` tells for each count column which of its rows an export must hide (``hidden_rows`` and ``hidden_pairs`` make it; asked
    only when someone downloads), ``follows`` which other columns would give that count away (its share, its cost) and are left
    empty with it.
    """

    frame: pd.DataFrame
    columns: Sequence[TableColumn]
    title: str
    hidden: Mapping[str, Callable[[], pd.Series]]
    follows: Mapping[str, Sequence[str]]


def hidden_rows(values: pd.Series) -> pd.Series:
    """Return which rows of a list whose total is shown elsewhere an export must hide."""
    return suppressed_list(values, ON_EXPORT)[0]


def hidden_pairs(frame: pd.DataFrame, rows: str, columns: Sequence[str], values: str) -> pd.Series:
    """Return which rows of a long origin–destination table an export must hide, its row and column totals being known."""
    keys = frame[list(columns)].astype(str).agg("|".join, axis=1)
    matrix = frame.assign(key=keys).pivot_table(index=rows, columns="key", values=values, aggfunc="sum", fill_value=0.0)
    cells = suppressed(matrix, ON_EXPORT)[0]
    return pd.Series([bool(cells.at[row, key]) for row, key in zip(frame[rows], keys, strict=True)], index=frame.index)


def screen_frame(table: CountTable) -> pd.DataFrame:
    """Return what the browser gets: a small count and what follows from it never leave the server."""
    shown = table.frame[[column.name for column in table.columns]].copy()
    for name in table.hidden:
        few = small(shown[name].abs(), ON_SCREEN)
        shown[name] = shown[name].astype("float64").mask(few, ON_SCREEN / 2)
        for other in table.follows.get(name, ()):
            shown[other] = shown[other].astype("float64").mask(few)
    return shown


def export_frame(table: CountTable) -> pd.DataFrame:
    """Return what the workbook gets: hidden counts as "<10", what follows from them empty."""
    shown = table.frame[[column.name for column in table.columns]].copy()
    for name, masked in table.hidden.items():
        mask = masked()
        few = small(shown[name].abs(), ON_EXPORT)
        counted = shown[name].astype("object").mask(few, f"<{ON_EXPORT}")
        shown[name] = counted.mask(mask & ~few, _("已隐藏"))
        for other in table.follows.get(name, ()):
            shown[other] = shown[other].astype("float64").mask(mask | few)
    return shown


def _count_text(value: float) -> str:
    if pd.isna(value):
        return MISSING
    return f"<{ON_SCREEN}" if value == ON_SCREEN / 2 else formatting.count(value)


def show_counts(table: CountTable, *, key: str, source: ExportSource, rows: int = 12) -> None:
    """Draw ``table`` (sortable) with the button that downloads it as XLSX."""
    shown = screen_frame(table).head(_LONGEST)
    formats = {
        "percent": lambda value: formatting.percent(value),
        "money": lambda value: formatting.number(value),
        "number": lambda value: formatting.number(value, 2),
        "count": _count_text,
    }
    styled = shown.style.format({column.name: formats[column.kind] for column in table.columns if column.kind in formats})
    st.dataframe(
        styled,
        key=f"table_{key}",
        hide_index=True,
        height=_ROW_PIXELS * (min(len(shown), rows) + 1) + 4,
        row_height=_ROW_PIXELS,
        column_config={column.name: column.label for column in table.columns},
        placeholder=MISSING,
        alt=table.title,
    )
    if len(table.frame) > _LONGEST:
        total = formatting.number(len(table.frame))
        st.caption(escaped(_("表格显示前 {shown} 行，共 {rows} 行；下载文件包含全部。", shown=_LONGEST, rows=total)))
    download(
        _("下载 Excel"),
        lambda: workbook(export_frame(table), table.columns, table.title, source),
        key=key,
        file_name=f"{key}.xlsx",
        title=table.title,
        source=source,
    )
