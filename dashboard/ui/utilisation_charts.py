"""Charts that only 床位与设备 draws: control chart, calendar, movement, intervals, forecast. They are given what they draw."""

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.control_charts import HIGH, LOW, ControlChart
from dashboard.ui import formatting
from dashboard.ui.charts import MONTH_TICKS, base_figure
from dashboard.ui.i18n import _
from dashboard.ui.messages import plotly_text
from dashboard.ui.theme import Palette, palette


def mixed(first: str, second: str, share: float) -> str:
    """Return the colour ``share`` of the way from ``first`` to ``second`` (``#RRGGBB``)."""
    pairs = [(int(first[start : start + 2], 16), int(second[start : start + 2], 16)) for start in (1, 3, 5)]
    return "#" + "".join(f"{round(one + (other - one) * share):02X}" for one, other in pairs)


def faded(colour: str, opacity: float) -> str:
    """Return ``#RRGGBB`` as ``rgba`` with this opacity."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def control_figure(chart: ControlChart, missing: pd.Series, texts: Sequence[str], *, suffix: str, height: int) -> go.Figure:
    """Return an XmR chart: limits as a band, special causes as triangles, months with missing reports hollow.

    ``texts`` are the values as words, one per month.
    """
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
    symbols = {HIGH: "triangle-up", LOW: "triangle-down"}
    special = [mark in symbols for mark in chart.marks]
    incomplete = [count > 0 for count in missing]
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
            for mark, gap in zip(chart.marks, missing, strict=True)
        ],
        hovertemplate="%{x|%Y-%m}  <b>%{text}</b><br>%{customdata}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(tickformat=MONTH_TICKS, fixedrange=True, showgrid=False)
    figure.update_yaxes(ticksuffix=suffix, fixedrange=True, rangemode="normal")
    return figure


def calendar_figure(table: pd.DataFrame, names: Sequence[str], *, full: float, height: int) -> go.Figure:
    """Return institution × month cells of occupancy in per cent; above ``full`` in another colour with a sign, never clipped."""
    shade = palette()
    figure = base_figure(shade, height)
    labels = [plotly_text(name) for name in names]
    months = [f"{month:%Y-%m}" for month in table.columns]
    hover = [[formatting.number(value, 1) + "%" if not math.isnan(value) else _("未报") for value in row] for row in table.to_numpy()]
    common = {"x": months, "y": labels, "showscale": False, "xgap": 1, "ygap": 2, "hoverongaps": False, "customdata": hover}
    scale = [
        [0, mixed(shade.card, shade.primary, 0.06)],
        [0.5, mixed(shade.card, shade.primary, 0.22)],
        [1, mixed(shade.card, shade.primary, 0.95)],
    ]
    figure.add_heatmap(
        z=table.where(table <= full).to_numpy(), zmin=0, zmax=full, colorscale=scale,
        hovertemplate="%{y} · %{x}<br><b>%{customdata}</b><extra></extra>", **common,
    )  # fmt: skip
    over = table.where(table > full)
    figure.add_heatmap(
        z=over.to_numpy(), colorscale=[[0, shade.warning], [1, shade.warning]],
        text=[["" if math.isnan(value) else f"{value:.0f}" for value in row] for row in over.to_numpy()], texttemplate="%{text}",
        textfont={"size": 9, "color": shade.card},
        hovertemplate="▲ %{y} · %{x}<br><b>%{customdata}</b> " + _("超过 100%（加床）") + "<extra></extra>", **common,
    )  # fmt: skip
    figure.update_xaxes(type="category", fixedrange=True, showgrid=False, tickvals=months[::-4][::-1], tickangle=0)
    figure.update_yaxes(
        type="category", autorange="reversed", fixedrange=True, showgrid=False, dtick=1, tickfont={"color": shade.text, "size": 11}
    )
    return figure


def add_arrows(figure: go.Figure, starts: Sequence[tuple[float, float]], ends: Sequence[tuple[float, float]], colours: Palette) -> None:
    """Add an arrow from each start to its end."""
    style = {"xref": "x", "yref": "y", "axref": "x", "ayref": "y", "showarrow": True, "text": "", "arrowhead": 3, "arrowwidth": 1.2}
    arrows = [
        style | {"x": x1, "y": y1, "ax": x0, "ay": y0, "arrowcolor": colours.muted, "opacity": 0.75}
        for (x0, y0), (x1, y1) in zip(starts, ends, strict=True)
    ]
    # All at once: one by one, Plotly checks all the earlier ones again.
    figure.update_layout(annotations=[*figure.layout.annotations, *arrows])
