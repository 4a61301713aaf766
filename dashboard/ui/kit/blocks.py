"""What stands in a card: a chart that can be read as a table, and the definitions of its numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.small_counts import UNGUARDED, Hides
from dashboard.ui.kit.charts import show_figure
from dashboard.ui.kit.component import component
from dashboard.ui.kit.definition import Definition
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table


@dataclass(frozen=True, eq=False)
class Table:
    """A frame with its columns and the name that it carries in the workbook."""

    frame: pd.DataFrame
    columns: Sequence[TableColumn]
    title: str
    guard: Hides = UNGUARDED


_foot = component(Path(__file__).parent, "foot", html='<div class="foot"></div>', key="foot")


def definitions(key: str, contents: Sequence[Definition]) -> None:
    """Draw one quiet button that opens the definitions of all numbers of a card."""
    _draw_foot(key, contents)


def as_table(key: str) -> bool:
    """Tell whether the reader has turned the switch below the chart ``key`` to a table."""
    return bool(st.session_state.get(f"as_table_{key}", False))


def chart_foot(key: str, contents: Sequence[Definition], *, beside: bool = False) -> None:
    """Draw what stands below the chart ``key``: the switch to a table (``as_table``) and the definitions of its numbers.

    ``beside``: the chart stays when its table opens.
    """
    words = _("查看表格") if beside else _("以表格查看")
    _draw_foot(key, contents, table={"words": words, "on": as_table(key), "beside": beside})


def _draw_foot(key: str, contents: Sequence[Definition], *, table: dict[str, object] | None = None) -> None:
    def turned() -> None:
        st.session_state[f"as_table_{key}"] = not as_table(key)

    abouts = [content.told() for content in contents]
    data = {"table": table, "words": _("指标口径"), "hint": _("点开看口径"), "abouts": abouts}
    _foot(key=f"foot_{key}", data=data, width="content", on_turned_change=turned)


def chart_or_table(
    key: str, figure: Callable[[], go.Figure], table: Table, source: ExportSource, contents: Sequence[Definition],
    *, alt: str, on_pick: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Draw a chart, or at the reader's wish the same numbers as a table; below it the switch and the definitions.

    ``on_pick`` hears which mark was clicked (``show_figure``).
    """
    if as_table(key):
        show_table(table.frame, table.columns, key=key, title=table.title, source=source, rows=9, guard=table.guard)
    else:
        show_figure(figure(), key=f"chart_{key}", alt=alt, on_pick=on_pick)
    chart_foot(key, contents)
