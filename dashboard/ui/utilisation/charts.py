"""Charts that only 床位与设备 draws: calendar, movement, intervals, forecast. They are given what they draw."""

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from dashboard.ui.kit import formatting
from dashboard.ui.kit.charts import base_figure, drawn_once, named_rows, touch_cells
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.maps import blend
from dashboard.ui.kit.messages import plotly_text
from dashboard.ui.kit.theme import Palette, palette


@drawn_once
def calendar_figure(table: pd.DataFrame, names: Sequence[str], *, full: float, height: int) -> go.Figure:
    """Return institution × month cells of occupancy in per cent; above ``full`` in another colour with a sign, never clipped."""
    shade = palette()
    figure = base_figure(shade, height)
    places = list(range(len(names)))
    months = [f"{month:%Y-%m}" for month in table.columns]
    columns = list(range(len(months)))
    common = {"x": columns, "y": places, "showscale": False, "xgap": 1, "ygap": 2, "hoverongaps": False, "hoverinfo": "skip"}
    scale = [
        [0, blend(shade.card, shade.primary, 0.06)],
        [0.5, blend(shade.card, shade.primary, 0.22)],
        [1, blend(shade.card, shade.primary, 0.95)],
    ]
    figure.add_heatmap(
        z=table.where(table <= full).to_numpy(), zmin=0, zmax=full, colorscale=scale, **common,
    )  # fmt: skip
    over = table.where(table > full)
    figure.add_heatmap(
        z=over.to_numpy(), colorscale=[[0, shade.warning], [1, shade.warning]],
        text=[["" if math.isnan(value) else f"{value:.0f}!" for value in row] for row in over.to_numpy()], texttemplate="%{text}",
        textfont={"size": 9, "color": shade.card}, **common,
    )  # fmt: skip
    hovers = [
        plotly_text(f"{name} · {month}") + f"<br><b>{_calendar_words(value, full)}</b>"
        for name, row in zip(names, table.to_numpy(), strict=True)
        for month, value in zip(months, row, strict=True)
    ]
    figure.add_trace(touch_cells(len(names), len(months)) | {"customdata": hovers, "hovertemplate": "%{customdata}<extra></extra>"})
    figure.update_xaxes(
        fixedrange=True, showgrid=False, range=[-0.5, len(months) - 0.5], tickvals=columns[::-4][::-1], ticktext=months[::-4][::-1],
        tickangle=0,
    )  # fmt: skip
    figure.update_yaxes(**named_rows(names), tickfont={"color": shade.text, "size": 11})
    return figure


def _calendar_words(value: float, full: float) -> str:
    if math.isnan(value):
        return _("未报")
    text = f"{formatting.number(value, 1)}%"
    return f"! {text} {_('超过 100%（加床）')}" if value > full else text


def add_arrows(figure: go.Figure, starts: Sequence[tuple[float, float]], ends: Sequence[tuple[float, float]], colours: Palette) -> None:
    """Add an arrow from each start to its end."""
    style = {"xref": "x", "yref": "y", "axref": "x", "ayref": "y", "showarrow": True, "text": "", "arrowhead": 3, "arrowwidth": 1.2}
    arrows = [
        style | {"x": x1, "y": y1, "ax": x0, "ay": y0, "arrowcolor": colours.muted, "opacity": 0.75}
        for (x0, y0), (x1, y1) in zip(starts, ends, strict=True)
    ]
    # All at once: one by one, Plotly checks all the earlier ones again.
    figure.update_layout(annotations=[*figure.layout.annotations, *arrows])
