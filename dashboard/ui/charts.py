"""The charts of the app: one base figure and the few forms that several pages share.

Every chart says in ``alt`` what it shows (screen readers), names units in its texts, and a bar starts at zero. Texts may
come from data: they pass ``plotly_text``, as Plotly would read tags in them. No chart sums, divides or ranks: it is given
what it draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from dashboard.ui.messages import plotly_text
from dashboard.ui.theme import Palette, palette, template

CONFIG = {"displaylogo": False, "displayModeBar": False, "scrollZoom": False, "doubleClick": "reset", "showTips": False}
MONTH_TICKS = "%Y-%m"
_ROW_PIXELS = 34


def base_figure(colours: Palette, height: int) -> go.Figure:
    """Return an empty figure of ``height`` pixels in the app's style."""
    figure = go.Figure()
    figure.update_layout(template=template(colours), height=height, dragmode=False, showlegend=False)
    # Streamlit's chart theme overrides a template, not the layout itself: cards must show through, our colours stay.
    figure.update_layout(margin={"l": 4, "r": 4, "t": 4, "b": 4}, colorway=list(colours.communities))
    figure.update_layout(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)")
    return figure


def show_figure(figure: go.Figure, *, key: str, alt: str) -> None:
    """Draw ``figure``; ``alt`` is the sentence a screen reader says."""
    st.plotly_chart(figure, key=key, alt=alt, config=CONFIG, theme="streamlit", width="stretch")


def _hide_axes(figure: go.Figure) -> None:
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)


def _rounded_bar(x0: float, x1: float, y0: float, y1: float, colour: str, axis: str = "") -> dict:
    return {
        "type": "rect",
        "x0": x0,
        "x1": x1,
        "y0": y0,
        "y1": y1,
        "xref": f"x{axis}",
        "yref": f"y{axis}",
        "fillcolor": colour,
        "line": {"width": 0},
        "layer": "below",
    }


def _tick(x: float, y0: float, y1: float, colour: str, axis: str = "") -> dict:
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": y0,
        "y1": y1,
        "xref": f"x{axis}",
        "yref": f"y{axis}",
        "line": {"color": colour, "width": 2},
    }


def sparkline(figure: go.Figure, values: Sequence[float | None], colour: str, axis: str = "") -> None:
    """Add a small line of ``values`` to ``figure``; missing months leave a gap, the last known one carries a dot."""
    known = [index for index, value in enumerate(values) if value is not None]
    if not known:
        return
    steps = list(range(len(values)))
    figure.add_scatter(
        x=steps, y=list(values), mode="lines", line={"color": colour, "width": 1.8}, xaxis=f"x{axis}", yaxis=f"y{axis}", hoverinfo="skip"
    )
    figure.add_scatter(
        x=[known[-1]], y=[values[known[-1]]], mode="markers", marker={"color": colour, "size": 5}, xaxis=f"x{axis}", yaxis=f"y{axis}",
        hoverinfo="skip",
    )  # fmt: skip


def target_and_trend(
    colours: Palette, colour: str, share: float | None, target: float | None, trend: Sequence[float | None], height: int = 30
) -> go.Figure:
    """Return the foot of a headline card: progress with a target tick on the left, sparkline on the right.

    ``share`` and ``target`` are positions on the bar from 0 to 1 (more is cut off); None leaves the bar out.
    """
    figure = base_figure(colours, height)
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 2, "b": 2},
        xaxis={"domain": [0, 0.5], "range": [0, 1]},
        yaxis={"range": [-1, 1]},
        xaxis2={"domain": [0.56, 1], "anchor": "y2"},
        yaxis2={"anchor": "x2"},
    )
    figure.add_scatter(x=[None], y=[None], hoverinfo="skip")
    if share is not None:
        figure.add_shape(_rounded_bar(0, 1, -0.22, 0.22, colours.bar_background))
        figure.add_shape(_rounded_bar(0, min(max(share, 0.0), 1.0), -0.22, 0.22, colour))
    if target is not None:
        figure.add_shape(_tick(min(max(target, 0.0), 1.0), -0.6, 0.6, colours.text))
    sparkline(figure, trend, colour, axis="2")
    _hide_axes(figure)
    return figure


@dataclass(frozen=True)
class BarRow:
    """One horizontal bar: ``text`` stands at its end."""

    label: str
    value: float
    text: str
    colour: str | None = None


def bars(rows: Sequence[BarRow], *, unit: str, height: int | None = None, colours: Palette | None = None) -> go.Figure:
    """Return horizontal bars from zero, the first row on top (long Chinese labels stay readable)."""
    shade = colours or palette()
    figure = base_figure(shade, height or _ROW_PIXELS * len(rows) + 16)
    figure.add_bar(
        x=[row.value for row in rows],
        y=[plotly_text(row.label) for row in rows],
        orientation="h",
        marker={"color": [row.colour or shade.primary for row in rows], "cornerradius": 3},
        text=[plotly_text(row.text) for row in rows],
        textposition="outside",
        cliponaxis=False,
        hovertemplate=f"%{{y}}  %{{text}} {plotly_text(unit)}<extra></extra>",
    )
    widest = max((abs(row.value) for row in rows), default=1.0) or 1.0
    lowest = min((row.value for row in rows), default=0.0)
    figure.update_xaxes(visible=False, fixedrange=True, range=[1.25 * min(lowest, 0.0), widest * 1.25])
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False, tickfont={"color": shade.text})
    return figure


@dataclass(frozen=True)
class HeatCell:
    """One cell: ``level`` from 0 (worst) to 3 (best), None without data; ``text`` inside, ``hover`` behind it."""

    level: int | None
    text: str
    hover: str = ""


def heat_strip(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[HeatCell]],
    *,
    height: int | None = None,
    colours: Palette | None = None,
) -> go.Figure:
    """Return community × dimension cells: four steps told by fill and by the text inside, never by colour alone."""
    shade = colours or palette()
    figure = base_figure(shade, height or _ROW_PIXELS * len(rows) + 34)
    steps = len(shade.heat)
    scale = [[edge / steps, colour] for index, colour in enumerate(shade.heat) for edge in (index, index + 1)]
    figure.add_heatmap(
        z=[[cell.level for cell in row] for row in cells],
        x=[plotly_text(column) for column in columns],
        y=[plotly_text(row) for row in rows],
        text=[[plotly_text(cell.text) for cell in row] for row in cells],
        customdata=[[plotly_text(cell.hover or cell.text) for cell in row] for row in cells],
        texttemplate="%{text}",
        textfont={"color": shade.text, "size": 13},
        hovertemplate="%{y} · %{x}<br>%{customdata}<extra></extra>",
        hoverongaps=False,
        zmin=-0.5,
        zmax=steps - 0.5,
        colorscale=scale,
        showscale=False,
        xgap=4,
        ygap=6,
    )
    figure.update_xaxes(side="top", fixedrange=True, showgrid=False, showline=False, ticks="", type="category", tickangle=0)
    figure.update_yaxes(
        autorange="reversed",
        fixedrange=True,
        showgrid=False,
        showline=False,
        ticks="",
        type="category",
        tickfont={"color": shade.text, "size": 13},
    )
    for row, line in enumerate(cells):
        for column, cell in enumerate(line):
            if cell.level is None:
                figure.add_annotation(
                    x=column, y=row, text=plotly_text(cell.text), showarrow=False, font={"color": shade.muted, "size": 13}
                )
    return figure


@dataclass(frozen=True)
class ProgressRow:
    """One budget: ``share`` spent (1 = all of it), ``text`` at the right above the bar, ``below`` under it."""

    label: str
    share: float
    text: str
    below: str
    colour: str
    text_colour: str | None = None


def progress_bars(
    rows: Sequence[ProgressRow], *, expected: float | None, height: int | None = None, colours: Palette | None = None
) -> go.Figure:
    """Return one bar per row on a track of 100 % with a tick at ``expected``, the share of the year that has passed."""
    shade = colours or palette()
    figure = base_figure(shade, height or 58 * len(rows) + 8)
    widest = max([1.0, *(row.share for row in rows)])
    figure.add_scatter(x=[None], y=[None], hoverinfo="skip")
    for index, row in enumerate(rows):
        figure.add_shape(_rounded_bar(0, 1, index - 0.12, index + 0.12, shade.bar_background))
        figure.add_shape(_rounded_bar(0, max(row.share, 0.0), index - 0.12, index + 0.12, row.colour))
        if expected is not None:
            figure.add_shape(_tick(expected, index - 0.22, index + 0.22, shade.text))
        _note(figure, 0, index - 0.16, f"<b>{plotly_text(row.label)}</b>", shade.text, 13, "left", "bottom")
        _note(figure, widest, index - 0.16, f"<b>{plotly_text(row.text)}</b>", row.text_colour or shade.text, 13, "right", "bottom")
        _note(figure, 0, index + 0.15, plotly_text(row.below), shade.muted, 11, "left", "top")
    _hide_axes(figure)
    figure.update_xaxes(range=[0, widest])
    figure.update_yaxes(range=[len(rows) - 0.4, -0.62])
    return figure


def _note(figure: go.Figure, x: float, y: float, text: str, colour: str, size: int, side: str, edge: str) -> None:
    """Write ``text`` (already safe for Plotly) at a point, aligned to ``side`` and ``edge``."""
    figure.add_annotation(
        x=x, y=y, text=text, showarrow=False, xanchor=side, yanchor=edge, align=side, borderpad=0, font={"color": colour, "size": size}
    )


@dataclass(frozen=True)
class Bubble:
    """One institution in a quadrant chart; ``size`` is what its area stands for."""

    label: str
    x: float
    y: float
    size: float
    colour: str
    hover: str


def quadrants(
    bubbles: Sequence[Bubble],
    *,
    x_line: float,
    y_line: float,
    x_title: str,
    y_title: str,
    names: tuple[str, str, str, str],
    height: int = 300,
    x_format: str = ".0%",
    colours: Palette | None = None,
) -> go.Figure:
    """Return a bubble chart cut by two lines (Pabon Lasso); ``names`` go top left, top right, bottom left, bottom right."""
    shade = colours or palette()
    figure = base_figure(shade, height)
    largest = max((bubble.size for bubble in bubbles), default=1.0) or 1.0
    figure.add_scatter(
        x=[bubble.x for bubble in bubbles],
        y=[bubble.y for bubble in bubbles],
        mode="markers",
        marker={
            "color": [bubble.colour for bubble in bubbles],
            "size": [bubble.size for bubble in bubbles],
            "sizemode": "area",
            "sizeref": 2 * largest / 26**2,
            "sizemin": 4,
            "line": {"width": 1, "color": shade.card},
            "opacity": 0.9,
        },
        text=[plotly_text(bubble.label) for bubble in bubbles],
        customdata=[plotly_text(bubble.hover) for bubble in bubbles],
        hovertemplate="<b>%{text}</b><br>%{customdata}<extra></extra>",
    )
    dashed = {"color": shade.muted, "width": 1, "dash": "dot"}
    figure.add_vline(x=x_line, line=dashed)
    figure.add_hline(y=y_line, line=dashed)
    corners = ((0.01, 0.99, "left", "top"), (0.99, 0.99, "right", "top"), (0.01, 0.01, "left", "bottom"), (0.99, 0.01, "right", "bottom"))
    for name, (x, y, side, edge) in zip(names, corners, strict=True):
        figure.add_annotation(
            x=x, y=y, xref="paper", yref="paper", text=plotly_text(name), showarrow=False, xanchor=side, yanchor=edge,
            font={"color": shade.muted, "size": 12},
        )  # fmt: skip
    figure.update_xaxes(title_text=plotly_text(x_title), tickformat=x_format, fixedrange=True)
    figure.update_yaxes(title_text=plotly_text(y_title), fixedrange=True)
    return figure
