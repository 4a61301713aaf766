"""Control charts as pages draw them: limits as a band, special causes as diamonds."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.control_charts import HIGH, LOW, ControlChart
from dashboard.ui.kit.charts import MONTH_TICKS, base_figure, drawn_once
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import plotly_text
from dashboard.ui.kit.theme import palette


def faded(colour: str, opacity: float) -> str:
    """Return ``#RRGGBB`` as ``rgba`` with this opacity."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def chart_finding(chart: ControlChart) -> str:
    """Return how many of the months have a special cause; that none is judged where they are too few."""
    if not chart.sufficient:
        return _("月份太少，不判断")
    special = int(chart.marks.isin([HIGH, LOW]).sum())
    if not special:
        return _("各月都是普通波动")
    return _("{count} 个月中 {special} 个有特殊原因", count=int(chart.values.notna().sum()), special=special)


@drawn_once
def control_figure(chart: ControlChart, texts: Sequence[str], *, suffix: str, height: int, missing: pd.Series | None = None) -> go.Figure:
    """Return a control chart by month: limits as a band, special causes as diamonds, months with missing reports hollow.

    ``texts`` are the values as words, one per month; ``missing`` how many reporters each month lacks, where that is known.
    """
    absent = pd.Series(0, index=chart.values.index) if missing is None else missing
    shade = palette()
    figure = base_figure(shade, height)
    months = chart.values.index
    if chart.sufficient:
        figure.add_scatter(x=months, y=chart.upper, mode="lines", line={"width": 0}, hoverinfo="skip")
        figure.add_scatter(
            x=months, y=chart.lower, mode="lines", line={"width": 0}, fill="tonexty", fillcolor=faded(shade.primary, 0.09), hoverinfo="skip"
        )
    figure.add_scatter(x=months, y=chart.centre, mode="lines", line={"color": shade.muted, "width": 1, "dash": "dash"}, hoverinfo="skip")
    words = {HIGH: _("特殊原因（偏高）"), LOW: _("特殊原因（偏低）"), "common": _("普通波动")}
    symbols = dict.fromkeys((HIGH, LOW), "diamond")
    special = [mark in symbols for mark in chart.marks]
    incomplete = [count > 0 for count in absent]
    colours = [shade.warning if each else shade.primary for each in special]
    figure.add_scatter(
        x=months, y=chart.values, mode="lines+markers", line={"color": shade.primary, "width": 1.8}, connectgaps=False,
        marker={
            "symbol": [symbols.get(mark, "circle") for mark in chart.marks],
            "size": [9 if each else 5 for each in special],
            "color": [shade.card if gap else colour for gap, colour in zip(incomplete, colours, strict=True)],
            "line": {"width": 1.5, "color": colours},
        },
        text=[plotly_text(text) for text in texts],
        customdata=[
            plotly_text(" · ".join([words.get(mark, _("月份太少，不判断")), *([_("{count} 家未报", count=gap)] if gap else [])]))
            for mark, gap in zip(chart.marks, absent, strict=True)
        ],
        hovertemplate="%{x|%Y-%m}  <b>%{text}</b><br>%{customdata}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(tickformat=MONTH_TICKS, fixedrange=True, showgrid=False)
    figure.update_yaxes(ticksuffix=suffix, fixedrange=True, rangemode="normal")
    return figure
