"""What the views of 床位与设备 share: the choice of view in the address, a chart with its table, definitions, export source."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.language import marked
from dashboard.services.directory import directory
from dashboard.services.filters import Filters
from dashboard.ui import formatting
from dashboard.ui.address import segments
from dashboard.ui.cards import card
from dashboard.ui.charts import CONFIG, show_figure
from dashboard.ui.definition import Definition, definition, definition_popover
from dashboard.ui.filters import LEVELS
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import empty_state
from dashboard.ui.shell import PageFrame
from dashboard.ui.tables import ExportSource, TableColumn, show_table

VIEWS: Mapping[str, str] = {
    "beds": marked("床位使用"),
    "pabon": marked("四象限"),
    "peers": marked("若达同级中位数"),
    "efficiency": marked("效率 DEA"),
    "equipment": marked("设备"),
    "forecast": marked("预测"),
}


@dataclass(frozen=True, eq=False)
class Table:
    """A frame with its columns and the name that it carries in the workbook."""

    frame: pd.DataFrame
    columns: Sequence[TableColumn]
    title: str


def view_choice() -> str:
    """Draw the choice of view and return it; it stands in the address as ``use``."""
    return segments("use", _("看什么"), VIEWS, hidden=True)


def institution_labels(names: pd.Series) -> dict[str, str]:
    """Return code → name; two institutions of one name are told apart by their code."""
    doubled = names.duplicated(keep=False)
    pairs = zip(names.index.astype(str), names.astype(str), doubled, strict=True)
    return {code: f"{name} ({code})" if twice else name for code, name, twice in pairs}


def filter_words(frame: PageFrame) -> str:
    """Return the filters that the page uses in words: for titles and exports."""
    filters: Filters = frame.filters
    community = _("全县") if filters.community is None else directory(frame.database).community_name(filters.community)
    return _("；").join((formatting.period(filters.period, language()), community, _(LEVELS[filters.level])))


def definitions(key: str, contents: Sequence[Definition]) -> None:
    """Draw one quiet button that opens the definitions of all numbers of a card."""
    with st.popover(_("指标口径"), type="tertiary", icon=":material/info:", key=f"definition_{key}"):
        for content in contents:
            definition(content)


def chart_or_table(
    key: str, figure: Callable[[], go.Figure], table: Table, source: ExportSource, contents: Sequence[Definition],
    *, alt: str, on_select: Callable[[], None] | None = None,
) -> None:  # fmt: skip
    """Draw a chart, or at the reader's wish the same numbers as a table; below it the switch and the definitions.

    ``on_select`` makes the points clickable; the selection is then in the session state under ``chart_<key>``.
    """
    switch = f"as_table_{key}"
    if st.session_state.get(switch, False):
        show_table(table.frame, table.columns, key=key, title=table.title, source=source, rows=9)
    elif on_select is None:
        show_figure(figure(), key=f"chart_{key}", alt=alt)
    else:
        st.plotly_chart(
            figure(), key=f"chart_{key}", alt=alt, config=CONFIG, theme="streamlit", width="stretch",
            on_select=on_select, selection_mode="points",
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.toggle(_("以表格查看"), key=switch)
        definitions(key, contents)


def clicked_code(key: str) -> str | None:
    """Return the code of the point that was clicked in the chart ``key``; codes are the points' first custom datum."""
    selection = st.session_state.get(f"chart_{key}")
    points = selection["selection"]["points"] if selection else []
    if not points or not points[0].get("customdata"):
        return None
    datum = points[0]["customdata"]
    return str(datum[0] if isinstance(datum, (list, tuple)) else datum)


def figure_row(figures: Sequence[tuple[str, Definition, str]]) -> None:
    """Draw (key, definition, value as text) as small cards side by side; the name opens the definition."""
    for column, (key, content, value) in zip(st.columns(len(figures), gap="small"), figures, strict=True):
        with column, card(f"figure_{key}"):
            definition_popover(content, key)
            st.metric(content.name, value, label_visibility="collapsed")


def no_beds() -> None:
    """Say why there is nothing about beds."""
    empty_state(_("这个时期所选机构没有床位数据。"), _("请载入“床位月报”（fact_bed），或放宽上方的医共体、机构层级和月份。"))
