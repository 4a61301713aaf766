"""The charts of the app: one base figure and the few forms that several pages share.

Every chart says in ``alt`` what it shows (screen readers), names units in its texts, and a bar starts at zero. Texts may
come from data: they pass ``plotly_text``, as Plotly would read tags in them. No chart sums, divides or ranks: it is given
what it draws.
"""

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial, wraps
from typing import Any, ParamSpec

import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.naming import all_elided
from dashboard.services.common.cache import derived
from dashboard.ui.kit.board import Drawing, show_drawing
from dashboard.ui.kit.figure_drawing import figure_drawing
from dashboard.ui.kit.figure_parts import NotDrawnError
from dashboard.ui.kit.formatting import line_width
from dashboard.ui.kit.hatch import hatched
from dashboard.ui.kit.i18n import language
from dashboard.ui.kit.messages import plotly_text
from dashboard.ui.kit.theme import Palette, palette, template, type_scale

Parameters = ParamSpec("Parameters")

_CONFIG = {"displaylogo": False, "displayModeBar": False, "scrollZoom": False, "doubleClick": "reset", "showTips": False}
MONTH_TICKS = "%Y-%m"
_ROW_PIXELS, _HEAD_LETTERS, _HEAD_CHARACTERS = 34, 16, 5
_MARK_LETTERS = 12
LABEL_LETTERS = 16
"""How long a label beside an axis may be, in Chinese letters; a longer one is elided in the middle and told whole by its hover text."""
_SHORT_TEXT, _ROOM_A_LETTER = 8, 0.05
_TEXT_LETTERS, _TEXT_GAP = (12, 7), 10
"""Pixels of a Chinese and of another letter of the text at the end of a bar, and what is left free around it."""


@cache
def _style(colours: Palette) -> dict[str, object]:
    # Streamlit's chart theme overrides a template, not the layout itself: cards must show through, our colours stay.
    return {
        "template": template(colours),
        "dragmode": False,
        "showlegend": False,
        "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
        "colorway": list(colours.communities),
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }


def base_figure(colours: Palette, height: int, data: Sequence[dict] = (), **layout: object) -> go.Figure:
    """Return a figure of ``height`` pixels in the app's style, with the traces and layout given.

    Plotly checks a figure once when it is made whole, and much of it again with every trace, shape or note added later:
    a page of ten charts is three times as fast when each is made in one go.
    """
    return go.Figure(data=list(data), layout={**_style(colours), "height": height, **layout})


def drawn_once(draw: Callable[Parameters, go.Figure]) -> Callable[Parameters, go.Figure]:
    """Draw a figure of answers once for each language and theme, not with every run of its page.

    ``draw`` reads nothing of the session but these two; nobody changes the figure that it returned.
    """
    kept = derived(lambda _reader, _colours, *asked, **named: draw(*asked, **named))

    @wraps(draw)
    def wrapper(*asked: Parameters.args, **named: Parameters.kwargs) -> go.Figure:
        return kept(language(), palette(), *asked, **named)

    return wrapper


def enlarged(part: Any, scale: float) -> Any:
    """Return a figure as plain data (``go.Figure.to_dict()``) with its height, margins and every font size multiplied by ``scale``."""
    if isinstance(part, list | tuple):
        return [enlarged(each, scale) for each in part]
    if not isinstance(part, dict):
        return part
    bigger = {name: enlarged(each, scale) for name, each in part.items()}
    for name, each in bigger.items():
        if name.endswith("font") and isinstance(each, dict) and isinstance(each.get("size"), int | float):
            bigger[name] = each | {"size": each["size"] * scale}
    layout = bigger.get("layout")
    if isinstance(layout, dict) and "height" in layout:
        layout["height"] = round(layout["height"] * scale)
    if isinstance(layout, dict) and "margin" in layout:  # room for texts
        layout["margin"] = {side: pixels * scale for side, pixels in layout["margin"].items()}
    return bigger


def show_figure(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    on_pick: Callable[[int, int], None] | None = None,
    of_period: bool = True,
) -> None:
    """Draw ``figure``, larger while an agenda is presented; ``alt`` is the sentence a screen reader says.

    The kit draws it itself, so that nobody waits for the chart library, which draws only what has a part that the kit does not know.

    Months that are not approved are hatched; ``of_period`` is False for a chart that is about no months at all.

    A click on a mark calls ``on_pick(place in its trace, trace)`` before the script runs again. A chart of the library is then a new one,
    so that the same mark can be clicked again and none stays pale.
    """
    scale = type_scale()
    whole = hatched(figure, palette().muted) if of_period else figure
    drawn = whole if scale == 1 else enlarged(whole if isinstance(whole, dict) else whole.to_dict(), scale)
    picture = _drawing(drawn, alt, palette(), on_pick is not None)
    if picture is None:
        _show_by_library(drawn, key, alt, on_pick)
    elif on_pick is None:
        show_drawing(key, picture)
    else:
        show_drawing(key, picture, on_pick=partial(_picked, on_pick))


# One function draws the figures of all pages: a dozen a page, in two languages and themes, for several readers.
@partial(derived, entries=96)
def _drawing(figure: go.Figure | dict[str, Any], alt: str, colours: Palette, pick: bool) -> Drawing | None:
    try:
        return figure_drawing(figure, alt=alt, colours=colours, pick=pick)
    except NotDrawnError:
        return None


def _picked(on_pick: Callable[[int, int], None], name: str) -> None:
    place, _comma, trace = name.partition(",")
    on_pick(int(place), int(trace))


def _show_by_library(figure: go.Figure | dict[str, Any], key: str, alt: str, on_pick: Callable[[int, int], None] | None) -> None:
    if on_pick is None:
        st.plotly_chart(figure, key=key, alt=alt, config=_CONFIG, theme="streamlit", width="stretch")
        return
    counter = f"{key}_picks"
    name = f"{key}_{st.session_state.get(counter, 0)}"

    def picked() -> None:
        points = st.session_state[name].selection.points
        if points:
            st.session_state[counter] = st.session_state.get(counter, 0) + 1
            on_pick(int(points[0]["point_index"]), int(points[0]["curve_number"]))

    st.plotly_chart(
        figure, key=name, alt=alt, config=_CONFIG, theme="streamlit", width="stretch", on_select=picked, selection_mode="points"
    )


_HIDDEN = {"visible": False, "fixedrange": True}


def _rounded_bar(x0: float, x1: float, y0: float, y1: float, colour: str) -> dict:
    place = {"x0": x0, "x1": x1, "y0": y0, "y1": y1, "xref": "x", "yref": "y"}
    return {"type": "rect", **place, "fillcolor": colour, "line": {"width": 0}, "layer": "below"}


def _tick(x: float, y0: float, y1: float, colour: str) -> dict:
    place = {"x0": x, "x1": x, "y0": y0, "y1": y1, "xref": "x", "yref": "y"}
    return {"type": "line", **place, "line": {"color": colour, "width": 2}}


@dataclass(frozen=True)
class BarRow:
    """One horizontal bar: ``text`` stands at its end."""

    label: str
    value: float
    text: str
    colour: str | None = None


def mark_names(names: Iterable[object]) -> list[str]:
    """Return ``names`` as they stand beside marks: long ones elided, two that differ never alike. Hover texts have them whole."""
    return [plotly_text(text) for text in all_elided([str(name) for name in names], _MARK_LETTERS)]


def named_axis(labels: Sequence[str]) -> dict[str, Any]:
    """Return an axis with a place for each label, in their order: two places of one name stay two, and long names are elided.

    What is drawn on it stands at the places 0, 1, …; its hover text names it in full.
    """
    places = list(range(len(labels)))
    texts = [plotly_text(text) for text in all_elided(labels, LABEL_LETTERS)]
    ends = [-0.5, len(labels) - 0.5]
    ticks = {"tickmode": "array", "tickvals": places, "ticktext": texts, "ticklabeloverflow": "allow"}  # else a wide last one vanishes
    return {**ticks, "range": ends, "fixedrange": True}


def named_rows(labels: Sequence[str]) -> dict[str, Any]:
    """Return ``named_axis`` for rows: the first label on top."""
    axis = named_axis(labels)
    return axis | {"range": axis["range"][::-1], "showgrid": False, "zeroline": False}


def touch_cells(rows: int, columns: int) -> dict[str, Any]:
    """Return the invisible marks over ``rows`` × ``columns`` cells that a click finds, row by row: a heat map knows none."""
    clear = {"opacity": 0}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [column for _row in range(rows) for column in range(columns)],
        "y": [row for row in range(rows) for _column in range(columns)],
        "marker": {"size": 18, "symbol": "square", "opacity": 0},
        "selected": {"marker": clear},
        "unselected": {"marker": clear},
        "showlegend": False,
    }


@drawn_once
def bars(
    rows: Sequence[BarRow], *, unit: str, height: int | None = None, colours: Palette | None = None, line: float | None = None
) -> go.Figure:
    """Return horizontal bars from zero, the first row on top (long Chinese labels stay readable); a dotted line stands at ``line``."""
    shade = colours or palette()
    widest = max((abs(row.value) for row in rows), default=1.0) or 1.0
    if line is not None:
        widest = 1.25 * max(line, widest)
    lowest = min((row.value for row in rows), default=0.0)
    left = 1.0 if lowest >= 0 else 1.25 + _ROOM_A_LETTER * max(0, max(line_width(row.text, 2, 1) for row in rows) - _SHORT_TEXT)
    # The texts at the ends get room in pixels: a share of a narrow chart would be too little for them, one of a wide chart too much.
    right = _TEXT_GAP + round(max((line_width(row.text, *_TEXT_LETTERS) for row in rows if row.value >= 0), default=0))
    bar = {
        "type": "bar",
        "x": [row.value for row in rows],
        "y": list(range(len(rows))),
        "customdata": [plotly_text(row.label) for row in rows],
        "orientation": "h",
        "marker": {"color": [row.colour or shade.primary for row in rows], "cornerradius": 3},
        "text": [plotly_text(row.text) for row in rows],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": f"%{{customdata}}  %{{text}} {plotly_text(unit)}<extra></extra>",
    }
    return base_figure(
        shade,
        height or _ROW_PIXELS * len(rows) + 16,
        [bar],
        xaxis={"range": [left * min(lowest, 0.0), widest], **_HIDDEN},
        yaxis=named_rows([row.label for row in rows]) | {"tickfont": {"color": shade.text}},
        margin={"l": 4, "r": right, "t": 4, "b": 4},
        shapes=[] if line is None else [_dotted(line, shade.text)],
    )


def _dotted(x: float, colour: str) -> dict:
    place = {"x0": x, "x1": x, "y0": 0, "y1": 1, "xref": "x", "yref": "y domain", "layer": "below"}
    return {"type": "line", **place, "line": {"color": colour, "width": 1.5, "dash": "dot"}}


@dataclass(frozen=True)
class HeatCell:
    """One cell: ``level`` from 0 (worst) to 3 (best), None without data; ``text`` inside, ``hover`` behind it."""

    level: int | None
    text: str
    hover: str = ""


@drawn_once
def heat_strip(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[HeatCell]],
    *,
    height: int | None = None,
    colours: Palette | None = None,
    heads: Mapping[str, Any] | None = None,
) -> go.Figure:
    """Return community × dimension cells: four steps told by fill and by the text inside, never by colour alone.

    ``heads`` says otherwise of the axis above them.
    """
    shade = colours or palette()
    steps = len(shade.heat)
    plain = {"showgrid": False, "zeroline": False, "showline": False, "ticks": ""}
    above = named_axis(columns) | {"ticktext": [plotly_text(_two_lines(column)) for column in columns]}
    hovers = [
        plotly_text(f"{row} · {column} · {cell.hover or cell.text}")
        for row, line in zip(rows, cells, strict=True)
        for column, cell in zip(columns, line, strict=True)
    ]
    strip = {
        "type": "heatmap",
        "z": [[cell.level for cell in row] for row in cells],
        "x": list(range(len(columns))),
        "y": list(range(len(rows))),
        "text": [[plotly_text(cell.text) for cell in row] for row in cells],
        "texttemplate": "%{text}",
        "textfont": {"color": shade.text, "size": 13},
        "hoverinfo": "skip",
        "zmin": -0.5,
        "zmax": steps - 0.5,
        "colorscale": [[edge / steps, colour] for index, colour in enumerate(shade.heat) for edge in (index, index + 1)],
        "showscale": False,
        "xgap": 4,
        "ygap": 6,
    }
    return base_figure(
        shade,
        height or _ROW_PIXELS * len(rows) + 46,
        [strip, touch_cells(len(rows), len(columns)) | {"customdata": hovers, "hovertemplate": "%{customdata}<extra></extra>"}],
        xaxis={**above, "side": "top", "tickangle": 0, **plain, **(heads or {})},
        yaxis={**named_rows(rows), "tickfont": {"color": shade.text, "size": 13}, **plain},
        annotations=[
            _note(column, row, plotly_text(cell.text), shade.muted, 13)
            for row, line in enumerate(cells)
            for column, cell in enumerate(line)
            if cell.level is None
        ],
    )


def _two_lines(heading: str) -> str:
    """Return a heading in lines that narrow columns hold.

    A Latin one is broken between words, a Chinese one of four characters in two of two; a long one with its unit in brackets gets short
    lines of even length, what stands in （） and the unit on lines of their own.
    """
    if heading.isascii():
        return "\n".join(textwrap.wrap(heading, _HEAD_LETTERS))
    name, bracket, unit = heading.rpartition(" (")
    if bracket and len(name) >= _HEAD_CHARACTERS:
        parts = re.findall(r"（[^）]*）|[^（）]+", name)
        lines = [line for part in parts for line in textwrap.wrap(part, math.ceil(len(part) / math.ceil(len(part) / _HEAD_CHARACTERS)))]
        return "\n".join([*lines, f"({unit}"])
    return f"{heading[:2]}\n{heading[2:]}" if len(heading) == 4 else heading


@dataclass(frozen=True)
class ProgressRow:
    """One budget: ``share`` spent (1 = all of it), ``text`` at the right above the bar, ``below`` under it, ``hover`` behind it."""

    label: str
    share: float
    text: str
    below: str
    colour: str
    text_colour: str | None = None
    hover: str = ""


@drawn_once
def progress_bars(
    rows: Sequence[ProgressRow], *, expected: float | None, height: int | None = None, colours: Palette | None = None
) -> go.Figure:
    """Return one bar per row on a track of 100 % with a tick at ``expected``, the share of the year that has passed."""
    shade = colours or palette()
    labels = mark_names(row.label for row in rows)
    widest = max([1.0, *(row.share for row in rows if not math.isnan(row.share))])
    shapes, notes = [], []
    for index, row in enumerate(rows):
        shapes.append(_rounded_bar(0, 1, index - 0.12, index + 0.12, shade.bar_background))
        shapes.append(_rounded_bar(0, 0.0 if math.isnan(row.share) else max(row.share, 0.0), index - 0.12, index + 0.12, row.colour))
        if expected is not None and not math.isnan(expected):
            shapes.append(_tick(expected, index - 0.16, index + 0.22, shade.text))
        notes.append(_note(0, index - 0.16, f"<b>{labels[index]}</b>", shade.text, 13, "left", "bottom"))
        notes.append(_note(widest, index - 0.16, f"<b>{plotly_text(row.text)}</b>", row.text_colour or shade.text, 13, "right", "bottom"))
        notes.append(_note(0, index + 0.15, plotly_text(row.below), shade.muted, 11, "left", "top"))
    return base_figure(
        shade,
        height or 58 * len(rows) + 8,
        [_touch(rows, widest)],
        shapes=shapes,
        annotations=notes,
        xaxis={"range": [0, widest], **_HIDDEN},
        yaxis={"range": [len(rows) - 0.4, -0.62], **_HIDDEN},
    )


def _touch(rows: Sequence[ProgressRow], widest: float) -> dict:
    """Return an invisible bar over each row: what a pointer finds and a click opens, as shapes know neither."""
    return {
        "type": "bar",
        "orientation": "h",
        "x": [widest] * len(rows),
        "y": list(range(len(rows))),
        "width": 0.9,
        "marker": {"color": "rgba(0,0,0,0)", "line": {"width": 0}},
        "customdata": [plotly_text(row.hover or row.text) for row in rows],
        "text": [plotly_text(row.label) for row in rows],
        "textposition": "none",
        "hovertemplate": "<b>%{text}</b><br>%{customdata}<extra></extra>",
    }


def _note(x: float, y: float, text: str, colour: str, size: int, side: str = "center", edge: str = "middle", reference: str = "") -> dict:
    """Return the annotation that writes ``text`` (already safe for Plotly) at a point, aligned to ``side`` and ``edge``.

    ``reference`` is empty for points on the axes, ``"paper"`` for shares of the plot.
    """
    place = {"xref": reference, "yref": reference} if reference else {}
    text_at = {"x": x, "y": y, "text": text, "showarrow": False, "borderpad": 0, "font": {"color": colour, "size": size}}
    return {**text_at, "xanchor": side, "yanchor": edge, "align": side, **place}


def _line(colour: str, **ends: object) -> dict:
    """Return a dotted line through the whole plot: ``x=…`` upright, ``y=…`` level."""
    across = {"x0": ends["x"], "x1": ends["x"], "y0": 0, "y1": 1, "yref": "paper"} if "x" in ends else {}
    level = {"y0": ends["y"], "y1": ends["y"], "x0": 0, "x1": 1, "xref": "paper"} if "y" in ends else {}
    return {"type": "line", "line": {"color": colour, "width": 1, "dash": "dot"}, **across, **level}


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
    largest = max((bubble.size for bubble in bubbles), default=1.0) or 1.0
    corners = ((0.01, 0.99, "left", "top"), (0.99, 0.99, "right", "top"), (0.01, 0.01, "left", "bottom"), (0.99, 0.01, "right", "bottom"))
    marks = {
        "type": "scatter",
        "x": [bubble.x for bubble in bubbles],
        "y": [bubble.y for bubble in bubbles],
        "mode": "markers",
        "marker": {
            "color": [bubble.colour for bubble in bubbles],
            "size": [bubble.size for bubble in bubbles],
            "sizemode": "area",
            "sizeref": 2 * largest / 26**2,
            "sizemin": 4,
            "line": {"width": 1, "color": shade.card},
            "opacity": 0.9,
        },
        "text": [plotly_text(bubble.label) for bubble in bubbles],
        "customdata": [plotly_text(bubble.hover) for bubble in bubbles],
        "hovertemplate": "<b>%{text}</b><br>%{customdata}<extra></extra>",
    }
    return base_figure(
        shade,
        height,
        [marks],
        shapes=[_line(shade.muted, x=x_line), _line(shade.muted, y=y_line)],
        annotations=[
            _note(x, y, plotly_text(name), shade.muted, 12, side, edge, "paper")
            for name, (x, y, side, edge) in zip(names, corners, strict=True)
        ],
        xaxis={"title": {"text": plotly_text(x_title)}, "tickformat": x_format, "fixedrange": True},
        yaxis={"title": {"text": plotly_text(y_title)}, "fixedrange": True},
    )
