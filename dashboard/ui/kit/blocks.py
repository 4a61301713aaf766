"""What stands in a card: a chart that can be read as a table, and the definitions of its numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.small_counts import UNGUARDED, Hides
from dashboard.ui.kit.charts import show_figure
from dashboard.ui.kit.definition import Definition, definition
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table


@dataclass(frozen=True, eq=False)
class Table:
    """A frame with its columns and the name that it carries in the workbook."""

    frame: pd.DataFrame
    columns: Sequence[TableColumn]
    title: str
    guard: Hides = UNGUARDED


def definitions(key: str, contents: Sequence[Definition]) -> None:
    """Draw one quiet button that opens the definitions of all numbers of a card."""
    with st.popover(_("指标口径"), type="tertiary", icon=":material/info:", key=f"definition_{key}"):
        definition(*contents)


def chart_or_table(
    key: str, figure: Callable[[], go.Figure], table: Table, source: ExportSource, contents: Sequence[Definition],
    *, alt: str, on_pick: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Draw a chart, or at the reader's wish the same numbers as a table; below it the switch and the definitions.

    ``on_pick`` hears which mark was clicked (``show_figure``).
    """
    switch = f"as_table_{key}"
    if st.session_state.get(switch, False):
        show_table(table.frame, table.columns, key=key, title=table.title, source=source, rows=9, guard=table.guard)
    else:
        show_figure(figure(), key=f"chart_{key}", alt=alt, on_pick=on_pick)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.toggle(_("以表格查看"), key=switch)
        definitions(key, contents)
