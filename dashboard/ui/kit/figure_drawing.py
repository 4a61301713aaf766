"""A figure drawn by the kit itself: nobody waits for the chart library, which takes a browser a second to begin.

A figure stays what it is, plain data in Plotly's words: the one function of its kind makes it, hatching and the larger letters of a meeting
change it, and here it becomes marks of a board (``board.py``), with the same words on hover. Only the parts are known that our figures
use: bars alone, side by side, stacked and as a bridge, lines, markers, texts, cells, error bars, straight shapes, notes, a legend. A figure
with any other is refused, never drawn without it: the chart library draws that one.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.analysis.chart_geometry import within
from dashboard.ui.kit.board import Drawing, Mark
from dashboard.ui.kit.figure_axis import BASELINE, Axis, axis_of, day_number, is_date, plain_lines, written
from dashboard.ui.kit.figure_bars import STACKED, arranged, half_a_bar, width_of
from dashboard.ui.kit.figure_flow import flow_drawing
from dashboard.ui.kit.figure_parts import check_parts
from dashboard.ui.kit.figure_trace import CLEAR, decoded, each_of, edge_of, ends_of, error_spans, length_side, mode_of, unseen, values_of
from dashboard.ui.kit.formatting import line_width
from dashboard.ui.kit.maps import blend
from dashboard.ui.kit.theme import Palette

_LATIN = 0.58
"""How wide a Latin letter or digit is, as a share of its height."""
_LINE = 1.25
"""How far lines of text lie apart, as a share of the height of a letter."""
_GAP, _RIM = 8, 4
"""Pixels between a label and what it names, and beyond the label."""
_TITLE = 26
"""Pixels that the title of an axis takes."""
_LEGEND = 28
"""Pixels of a figure's height that its legend takes; more where it does not fit into one row."""
_NOTE = 5
"""Pixels by which a note is taller than its letters, as Plotly sets it."""
_SMALL, _MEDIUM = 10.5, 12
"""Pixels of the letters of ticks, legends and ends of bars, and of titles, where a figure does not say: those of Streamlit's charts."""
_X_TICKS, _DATE_TICKS, _Y_PIXELS = 6.0, 9.0, 40
"""About how many ticks a level axis has before the browser leaves out those without room, and how many pixels one upright takes."""
_BUBBLE = 0.7
_DASHES = {"dash": "9 9", "dot": "3 3", "longdash": "15 15", "dashdot": "9 3 3 3"}
_LARGEST = 5.5
"""Pixels of the radius of a point in the legend, however large the points themselves are."""
_BRIGHT = 0.55
"""The brightness of a bar from which on dark letters are read on it more easily than white ones."""
_FIELD = re.compile(r"%\{(?P<name>\w+|fullData\.name)(?:\[(?P<place>\d+)\])?(?:(?P<mark>[:|])(?P<form>[^}]*))?\}")


@dataclass(frozen=True)
class Plot:
    """Where a figure is drawn: its axes, and the surface between them in pixels from the top of the drawing."""

    x: Axis
    y: Axis
    top: float
    tall: float
    colours: Palette

    def down(self, share: float) -> float:
        """Return the pixels from the top of a share of the upright axis."""
        return self.top + (1 - share) * self.tall

    def y_at(self, value: object) -> float:
        """Return the pixels from the top of a value of the upright axis."""
        return self.down(self.y.share(value))


def figure_drawing(figure: go.Figure | Mapping[str, Any], *, alt: str, colours: Palette, pick: bool = False) -> Drawing:
    """Return ``figure`` as a drawing; ``alt`` is what a screen reader says.

    With ``pick`` a mark tells "place in its trace,trace" when it is clicked. Raises ``NotDrawnError`` for a part that is not known here.
    """
    plain = figure.to_dict() if isinstance(figure, go.Figure) else figure
    check_parts(plain)
    layout = _layout(plain["layout"])
    traces = [{name: decoded(value) for name, value in trace.items()} for trace in plain["data"]]
    if [trace.get("type") for trace in traces] == ["sankey"]:
        return flow_drawing(traces[0], layout, alt=alt, colours=colours)
    traces = arranged(traces, layout, colours)
    x, y = (_axis(layout, traces, side) for side in "xy")
    legend = _legend_entries(traces, layout, colours)
    height = layout["height"] - (_LEGEND if legend else 0)
    margin = layout["margin"]
    top = max(margin.get("t", 0), _beyond(x, "top"))
    bottom = max(margin.get("b", 0), _beyond(x, "bottom"))
    plot = Plot(x, y, top, height - top - bottom, colours)
    rows = y.ticks(_ticks_up(plot.tall))
    left = max(margin.get("l", 0), _label_room(rows, y) + _title_room(y))
    picture = Drawing(round(height), round(left), round(margin.get("r", 0)), alt, legend=legend, legend_columns=_per_row(layout))
    below = [shape for shape in layout["shapes"] if shape.get("layer") == "below"]
    _draw_axes(picture, plot, rows)
    _draw_shapes(picture, plot, below)
    for number, trace in enumerate(traces):
        _draw_trace(picture, plot, trace, number, traces[number - 1] if number else {}, pick=pick, layout=layout)
    _draw_shapes(picture, plot, [shape for shape in layout["shapes"] if shape.get("layer") != "below"])
    for trace in traces:  # after all lines, so that none runs through a word
        _draw_words(picture, plot, trace, layout)
    for note in layout["annotations"]:
        _draw_note(picture, plot, note)
    return picture


# What a figure says ----------------------------------------------------------------------------------------------------


def _layout(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the layout of a figure over that of the template, with its lists there even where they are empty."""
    template = given.get("template") or {}
    style = (template.to_plotly_json() if isinstance(template, go.layout.Template) else template).get("layout", {})
    whole = _over(_lettered(style), {name: value for name, value in given.items() if name != "template"})
    for name in ("xaxis", "yaxis", "legend"):
        whole.setdefault(name, {})
    for name in ("shapes", "annotations"):
        whole[name] = list(whole.get(name) or ())
    return whole


def _lettered(style: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template with the letters that Streamlit's charts have in its place, larger where the template has been enlarged."""
    whole = float((style.get("font") or {}).get("size", 12)) / 12
    font = {"size": _SMALL * whole}
    axis = {"tickfont": font, "title": {"font": {"size": _MEDIUM * whole}}}
    return _over(style, {"xaxis": axis, "yaxis": axis, "legend": {"font": font}, "barfont": font})


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(below)
    for name, value in above.items():
        known = found.get(name)
        found[name] = _over(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return found


def _axis(layout: Mapping[str, Any], traces: Sequence[Mapping[str, Any]], side: str) -> Axis:
    bars = [trace for trace in traces if trace.get("type") == "bar" and length_side(trace) == side]
    # A line may run to both sides of the plot; beside a marker, and above and below everything, room is left.
    plain: list[Any] = _straight(layout["shapes"], side)
    roomy: list[Any] = [value for trace in bars for value in ends_of(trace)]
    for trace in traces:
        marked = trace.get("type", "scatter") == "scatter" and "markers" in mode_of(trace)
        found = values_of(trace, side) if trace.get("type") != "heatmap" else _edges(values_of(trace, side))
        (roomy if (side == "y" or marked) and trace.get("type") != "heatmap" else plain).extend(found)
        roomy.extend(end for span in error_spans(trace, side) if span is not None for end in span)
    return axis_of(layout[f"{side}axis"], plain, roomy, zero=bool(bars), half=half_a_bar(traces, side))


def _straight(shapes: Sequence[Mapping[str, Any]], side: str) -> list[Any]:
    """Return where lines stand that cross the whole plot: an axis reaches to them."""
    lines = [shape for shape in shapes if shape["type"] == "line" and str(shape.get(f"{side}ref") or side) == side]
    return [shape[f"{side}0"] for shape in lines if shape[f"{side}0"] == shape[f"{side}1"]]


def _edges(places: Sequence[Any]) -> list[Any]:
    """Return the places of cells with the outer edges of the outermost."""
    numbers = [place for place in places if isinstance(place, int | float)]
    return [min(numbers) - 0.5, max(numbers) + 0.5] if numbers else list(places)


# Axes, their texts and the room these take -----------------------------------------------------------------------------


def _letters(font: Mapping[str, Any]) -> float:
    return float(font.get("size", 12))


def _title(axis: Axis) -> str:
    title = axis.given.get("title") or {}
    return str(title.get("text") or "") if isinstance(title, Mapping) else str(title)


def _title_room(axis: Axis) -> float:
    return _TITLE if axis.shown and _title(axis) else 0.0


def _tick_font(axis: Axis) -> Mapping[str, Any]:
    return axis.given.get("tickfont") or {}


def _ticks_up(tall: float) -> float:
    return min(max(tall / _Y_PIXELS, 4.0), 9.0) + 1


def _across(axis: Axis) -> list[tuple[float, str]]:
    return axis.ticks(_DATE_TICKS if axis.form == "date" else _X_TICKS)


def _beyond(axis: Axis, side: str) -> float:
    """Return how many pixels the texts of the level axis take above or below the plot."""
    if not axis.shown or axis.given.get("side", "bottom") != side:
        return 0.0
    size, found = _letters(_tick_font(axis)), [plain_lines(text) for _place, text in _across(axis)]
    if axis.given.get("tickangle"):
        longest = max((line_width(" ".join(lines), size, size * _LATIN) for lines in found), default=0.0)
        tall = longest * abs(math.sin(math.radians(axis.given["tickangle"]))) + size
    else:
        tall = max((len(lines) for lines in found), default=0) * _LINE * size
    return (tall + _GAP + _RIM if found else 0.0) + _title_room(axis)


def _label_room(rows: Sequence[tuple[float, str]], axis: Axis) -> float:
    size = _letters(_tick_font(axis))
    widest = max((line_width(line, size, size * _LATIN) for _place, text in rows for line in plain_lines(text)), default=0.0)
    return widest + _GAP + _RIM if widest else 0.0


def _draw_axes(picture: Drawing, plot: Plot, rows: Sequence[tuple[float, str]]) -> None:
    colours, x, y = plot.colours, plot.x, plot.y
    if y.given.get("showgrid", True):
        for place, _text in rows:
            picture.line(x.start, plot.down(place), x.end, plot.down(place), colours.grid)
    if y.form == "linear" and y.shown and y.given.get("zeroline", True) and min(y.low, y.high) < 0 < max(y.low, y.high):
        picture.line(x.start, plot.y_at(0), x.end, plot.y_at(0), y.given.get("zerolinecolor", colours.border))
    font = _tick_font(y)
    for place, text in rows:
        _lines(picture, 0, plot.down(place), text, font.get("color", colours.muted), _letters(font), "end", dx=-_GAP)
    if _title(y) and y.shown:
        size = _letters((y.given.get("title") or {}).get("font") or {})
        words = " ".join(plain_lines(_title(y)))
        picture.text(0, plot.top + plot.tall / 2, words, colours.muted, anchor="middle", size=size, dx=size + 2 - picture.left, turned=-90)
    _draw_heads(picture, plot)


def _draw_heads(picture: Drawing, plot: Plot) -> None:
    x, font = plot.x, _tick_font(plot.x)
    size, above = _letters(font), plot.x.given.get("side", "bottom") == "top"
    found = _across(x)
    angle = float(x.given.get("tickangle") or 0)
    for place, text in found:
        if angle:  # a name that climbs from its place, or falls
            near = plot.top - _GAP if above else plot.top + plot.tall + _GAP + size / 2
            _lines(
                picture, place, near, " ".join(plain_lines(text)), font.get("color", plot.colours.muted), size, "start" if above else "end",
                turned=angle,
            )  # fmt: skip
            continue
        lines = len(plain_lines(text))
        middle = plot.top - _GAP - lines * _LINE * size / 2 if above else plot.top + plot.tall + _GAP + lines * _LINE * size / 2
        # What the figure names itself is never left out, as its own ticks are.
        thinned = x.given.get("tickvals") is None and x.form != "category"
        # The head of a column stays above it: what is longer is cut, and told whole on hover.
        look: dict[str, Any] = {"row": "x" if thinned else "", "share": (x.end - x.start) / len(found) if above and not thinned else 0.0}
        _lines(picture, place, middle, text, font.get("color", plot.colours.muted), size, "middle", **look)
    if _title(x) and x.shown:
        below = plot.top + plot.tall + _beyond(x, "bottom") - _GAP
        title_size = _letters((x.given.get("title") or {}).get("font") or {})
        picture.text((x.start + x.end) / 2, below, " ".join(plain_lines(_title(x))), plot.colours.muted, anchor="middle", size=title_size)


def _lines(
    picture: Drawing,
    x: float,
    middle: float,
    text: object,
    colour: str,
    size: float,
    anchor: str,
    *,
    dx: float = 0,
    row: str = "",
    halo: str = "",
    turned: float = 0,
    fits: float = 0,
    spills: float = 0,
    share: float = 0,
) -> None:
    """Add a text of one or more lines around ``middle``."""
    lines = str(text).split("<br>")
    for number, line in enumerate(lines):
        words = plain_lines(line)[0]
        if words:
            y = middle + (number - (len(lines) - 1) / 2) * _LINE * size + BASELINE * size
            look: dict[str, Any] = {"row": row, "halo": halo, "turned": turned, "fits": fits, "spills": spills, "share": share}
            picture.text(x, y, words, colour, anchor=anchor, size=size, bold="<b>" in line, dx=dx, **look)


# Traces ----------------------------------------------------------------------------------------------------------------


def _draw_trace(
    picture: Drawing,
    plot: Plot,
    trace: Mapping[str, Any],
    number: int,
    before: Mapping[str, Any],
    *,
    pick: bool,
    layout: Mapping[str, Any],
) -> None:
    if trace.get("visible", True) is not True:
        return
    kind = trace.get("type", "scatter")
    if kind == "heatmap":
        _draw_cells(picture, plot, trace, number, pick=pick)
    elif kind == "bar":
        _draw_bars(picture, plot, trace, number, pick=pick, layout=layout)
    else:
        _draw_points(picture, plot, trace, number, before, pick=pick, colour=_own_colour(layout, number))


def _own_colour(layout: Mapping[str, Any], number: int) -> str:
    """Return the colour of a trace that names none."""
    return str(layout["colorway"][number % len(layout["colorway"])])


def _draw_cells(picture: Drawing, plot: Plot, trace: Mapping[str, Any], index: int, *, pick: bool) -> None:
    scale, low, high = trace["colorscale"], trace.get("zmin"), trace.get("zmax")
    values = [value for line in trace["z"] for value in line if value is not None and not math.isnan(value)]
    low, high = (min(values, default=0.0) if low is None else low), (max(values, default=1.0) if high is None else high)
    texts, font = trace.get("text"), trace.get("textfont") or {}
    gap_x, gap_y = trace.get("xgap", 0), trace.get("ygap", 0)
    for number, (row, line) in enumerate(zip(trace["y"], trace["z"], strict=True)):
        top, bottom = sorted((plot.y_at(row - 0.5), plot.y_at(row + 0.5)))
        for place, (column, value) in enumerate(zip(trace["x"], line, strict=True)):
            if value is None or math.isnan(value):
                continue
            fill = _scaled((value - low) / (high - low) if high > low else 0.5, scale)
            left, right = plot.x.share(column - 0.5), plot.x.share(column + 0.5)
            picture.rect(left, right, top + gap_y / 2, bottom - top - gap_y, fill, radius=0, inset=gap_x)
            if texts is not None and trace.get("texttemplate"):
                colour, middle = font.get("color", ""), (top + bottom) / 2
                _lines(picture, plot.x.share(column), middle, texts[number][place], colour, _letters(font), "middle", fits=right - left)
            if trace.get("hovertemplate"):
                told = {**trace, **{name: each[number] for name, each in trace.items() if name in ("customdata", "z", "text")}}
                _spot(picture, {**told, "y": row}, place, index, (left, right, top, bottom), pick=pick)


def _scaled(share: float, scale: Sequence[Sequence[Any]]) -> str:
    """Return the colour of a share of a scale; where two colours meet at one share the scale has a step."""
    share = min(max(share, 0.0), 1.0)
    for (start, first), (end, last) in pairwise(scale):
        if start <= share <= end and end > start:
            return first if first == last else blend(first, last, (share - start) / (end - start))
    return str(scale[-1][1])


def _draw_bars(picture: Drawing, plot: Plot, trace: Mapping[str, Any], number: int, *, pick: bool, layout: Mapping[str, Any]) -> None:
    marker, boxes = trace.get("marker") or {}, _boxes(plot, trace, layout)
    pattern, count = marker.get("pattern") or {}, len(boxes)
    fills, hatches = each_of(marker.get("color"), count, _own_colour(layout, number)), each_of(pattern.get("shape"), count, "")
    for place, box in enumerate(boxes):
        if box is None:
            continue
        hatch = pattern.get("fgcolor", plot.colours.card) if hatches[place] else ""
        edge, width = edge_of(marker, place)
        if fills[place] != CLEAR or hatch or width:
            look = {"radius": marker.get("cornerradius", 0), "hatch": hatch, "edge": edge if width else ""}
            picture.rect(box[0], box[1], box[2], max(box[3] - box[2], 1), fills[place], **look)
        _spot(picture, trace, place, number, box, pick=pick)
    if length_side(trace) == "y" and trace.get("error_y"):
        _draw_errors(picture, plot, trace, [(math.nan, math.nan) if box is None else ((box[0] + box[1]) / 2, box[2]) for box in boxes])


_Box = tuple[float, float, float, float]


def _boxes(plot: Plot, trace: Mapping[str, Any], layout: Mapping[str, Any]) -> list[_Box | None]:
    """Return left, right, top and bottom of every bar of a trace, None for one that is not there."""
    level = length_side(trace) == "x"
    along, across = (plot.x, plot.y) if level else (plot.y, plot.x)
    places, lengths = values_of(trace, "y" if level else "x"), values_of(trace, "x" if level else "y")
    shift, wide = width_of(trace, across, layout)
    found: list[_Box | None] = []
    for where, length, base in zip(places, lengths, each_of(trace.get("base"), len(places), 0.0), strict=True):
        if length is None or math.isnan(length) or (not length and trace.get(STACKED)):
            found.append(None)
            continue
        middle, begin, end = across.number(where) + shift, along.share(base), along.share(base + length)
        sides = [across.place(edge) for edge in (middle - wide / 2, middle + wide / 2)]
        one, other = (plot.down(side) for side in (sides if level else (begin, end)))
        found.append((*((begin, end) if level else (sides[0], sides[1])), min(one, other), max(one, other)))
    return found


def _draw_words(picture: Drawing, plot: Plot, trace: Mapping[str, Any], layout: Mapping[str, Any]) -> None:
    """Add what stands written at the marks of a trace, with an edge that covers what would run through it."""
    if trace.get("visible", True) is not True:
        return
    if trace.get("type") == "bar":
        if trace.get("text") is not None:
            _draw_bar_texts(picture, plot, trace, layout)
    elif trace.get("type", "scatter") == "scatter" and "text" in mode_of(trace):
        _draw_texts(picture, plot, trace)


def _draw_bar_texts(picture: Drawing, plot: Plot, trace: Mapping[str, Any], layout: Mapping[str, Any]) -> None:
    """Add the texts of bars: inside where they fit, at their ends, or whichever there is room for."""
    where, boxes = trace.get("textposition", "auto"), _boxes(plot, trace, layout)
    texts, lengths = each_of(trace.get("text"), len(boxes), ""), values_of(trace, length_side(trace))
    marker, font = trace.get("marker") or {}, trace.get("textfont") or {}
    fills, size = each_of(marker.get("color"), len(boxes), ""), _letters(font or layout["barfont"])
    for box, text, length, fill in zip(boxes, texts, lengths, fills, strict=True):
        if box is None or not text or where == "none":
            continue
        backward = length < 0
        if length_side(trace) == "y":
            middle = box[3] + size if backward else box[2] - size
            _lines(picture, (box[0] + box[1]) / 2, middle, text, plot.colours.muted, size, "middle", halo=plot.colours.card)
            continue
        middle, wide = (box[2] + box[3]) / 2, abs(box[1] - box[0])
        end, (side, anchor) = box[1], ((-4, "end") if backward else (4, "start"))
        if where != "outside":
            colour = font.get("color") or _letters_on(fill, plot.colours)
            inner, inner_side, inner_anchor = (end, -side, {"end": "start", "start": "end"}[anchor])
            if where == "inside":
                inner, inner_side, inner_anchor = (box[0] + box[1]) / 2, 0, "middle"
            _lines(picture, inner, middle, text, colour, size, inner_anchor, dx=inner_side, fits=wide)
        if where != "inside":
            spills = wide if where == "auto" else 0.0
            _lines(picture, end, middle, text, plot.colours.muted, size, anchor, dx=side, halo=plot.colours.card, spills=spills)


def _letters_on(fill: str, colours: Palette) -> str:
    """Return white or the colour of our texts, whichever is read more easily on ``fill``."""
    light, dark = ("#FFFFFF", colours.text) if colours.name == "light" else (colours.text, colours.page)
    if not fill.startswith("#"):
        return colours.text
    red, green, blue = (int(fill[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return dark if 0.299 * red + 0.587 * green + 0.114 * blue > _BRIGHT else light


def _draw_points(
    picture: Drawing, plot: Plot, trace: Mapping[str, Any], number: int, before: Mapping[str, Any], *, pick: bool, colour: str
) -> None:
    mode = mode_of(trace)
    points, known = _points(plot, trace)
    line = trace.get("line") or {}
    if trace.get("fill") == "tonexty":
        _draw_between(picture, plot, points, before, str(trace.get("fillcolor", "")))
    if "lines" in mode and line.get("width", 2):
        look = {"width": line.get("width", 2), "dash": _DASHES.get(line.get("dash", ""), "")}
        for piece in within(points, plot.top, plot.top + plot.tall):
            if len(piece) > 1:
                picture.path(piece, line.get("color", colour), **look)
    _draw_errors(picture, plot, trace, points)
    radii = _radii(trace.get("marker") or {}, len(points))
    if "markers" in mode and not unseen(trace):
        _draw_markers(picture, plot.colours, trace, points, known, line.get("color", colour), radii)
    for place in known:
        _spot(picture, trace, place, number, _touched(plot, trace, place, points[place]), pick=pick)


def _points(plot: Plot, trace: Mapping[str, Any]) -> tuple[list[tuple[float, float]], list[int]]:
    """Return where the points of a trace stand, and which of them are known."""
    points = [(plot.x.share(x), plot.y_at(y)) for x, y in zip(values_of(trace, "x"), values_of(trace, "y"), strict=True)]
    return points, [place for place, (x, y) in enumerate(points) if not (math.isnan(x) or math.isnan(y))]


def _touched(plot: Plot, trace: Mapping[str, Any], place: int, point: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return what of the plot belongs to a mark: its point, or the whole cell where the marks only stand for cells."""
    if not unseen(trace):
        return point[0], point[0], point[1], point[1]
    x, y = trace["x"][place], trace["y"][place]
    return plot.x.share(x - 0.5), plot.x.share(x + 0.5), *sorted((plot.y_at(y - 0.5), plot.y_at(y + 0.5)))  # type: ignore[return-value]


def _draw_between(picture: Drawing, plot: Plot, points: Sequence[tuple[float, float]], before: Mapping[str, Any], fill: str) -> None:
    top, bottom = plot.top, plot.top + plot.tall
    other = [(plot.x.share(x), plot.y_at(y)) for x, y in zip(values_of(before, "x"), values_of(before, "y"), strict=True)]
    both = [(mine, theirs) for mine, theirs in zip(points, other, strict=True) if not (math.isnan(mine[1]) or math.isnan(theirs[1]))]
    edge = [*(mine for mine, _theirs in both), *(theirs for _mine, theirs in reversed(both))]
    if edge:
        picture.path([(x, min(max(y, top), bottom)) for x, y in edge], "none", fill=fill, closed=True, width=0)


def _draw_errors(picture: Drawing, plot: Plot, trace: Mapping[str, Any], points: Sequence[tuple[float, float]]) -> None:
    for side in "xy":
        spans = error_spans(trace, side)
        if not spans:
            continue
        error = trace[f"error_{side}"]
        look = {"width": error.get("thickness", 2)}
        for span, (x, y) in zip(spans, points, strict=True):
            if span is None or math.isnan(x) or math.isnan(y):
                continue
            if side == "x":
                picture.line(plot.x.share(span[0]), y, plot.x.share(span[1]), y, error["color"], **look)
            else:
                picture.line(x, plot.y_at(span[0]), x, plot.y_at(span[1]), error["color"], **look)


def _radii(marker: Mapping[str, Any], count: int) -> list[float]:
    sizes = each_of(marker.get("size"), count, 6)
    if marker.get("sizemode") != "area":
        return [size / 2 for size in sizes]
    # As Plotly reckons the area of a bubble.
    return [max(math.sqrt(max(size, 0) / 2 / marker["sizeref"]), marker.get("sizemin", 0)) for size in sizes]


def _draw_markers(
    picture: Drawing,
    colours: Palette,
    trace: Mapping[str, Any],
    points: Sequence[tuple[float, float]],
    known: Sequence[int],
    colour: str,
    radii: Sequence[float],
) -> None:
    marker, count = trace.get("marker") or {}, len(points)
    fills, symbols = each_of(marker.get("color"), count, colour), each_of(marker.get("symbol"), count, "circle")
    # Bubbles, that is markers of several sizes, let each other shine through unless the figure says otherwise.
    bubbles = isinstance(marker.get("size"), list)
    opacity = marker.get("opacity") or (_BUBBLE if bubbles else 1.0)
    for place in known:
        if radii[place] <= 0:
            continue
        edge, width = edge_of(marker, place)
        symbol, _dash, hollow = str(symbols[place]).partition("-")
        fill, edge, width = ("none", fills[place], width or 1.5) if hollow else (fills[place], edge, width)
        if bubbles and not marker.get("line") and not hollow:
            edge, width = colours.card, 1.0
        picture.marker(*points[place], symbol, fill, edge, radius=radii[place], width=width, opacity=opacity)


def _draw_texts(picture: Drawing, plot: Plot, trace: Mapping[str, Any]) -> None:
    """Add the texts beside the points of a trace."""
    points, known = _points(plot, trace)
    radii = _radii(trace.get("marker") or {}, len(points))
    font, marked = trace.get("textfont") or {}, "markers" in mode_of(trace)
    size, count = _letters(font), len(points)
    texts, sides = each_of(trace.get("text"), count, ""), each_of(trace.get("textposition"), count, "middle center")
    for place in [place for place in known if texts[place]]:
        upright, _space, level = str(sides[place]).partition(" ")
        room = (radii[place] if marked else 0) + 2
        middle = points[place][1] + {"top": -room - size / 2, "bottom": room + size / 2}.get(upright, 0.0)
        anchor, dx = {"left": ("end", -room), "right": ("start", room)}.get(level, ("middle", 0.0))
        halo = "" if sides[place] == "middle center" else plot.colours.card
        _lines(picture, points[place][0], middle, texts[place], font.get("color", plot.colours.text), size, anchor, dx=dx, halo=halo)


# Hover -----------------------------------------------------------------------------------------------------------------


def _spot(
    picture: Drawing, trace: Mapping[str, Any], place: int, number: int, box: tuple[float, float, float, float], *, pick: bool
) -> None:
    template = trace.get("hovertemplate")
    if template is None or trace.get("hoverinfo") == "skip":
        return
    words = plain_lines(_FIELD.sub(lambda field: _told(trace, place, field), str(template).partition("<extra>")[0]))
    picture.spot(*box, [" ".join(line.split()) for line in words if line.strip()], pick=f"{place},{number}" if pick else "")


def _told(trace: Mapping[str, Any], place: int, field: re.Match[str]) -> str:
    """Return what a field of a hover text stands for at one mark of a trace."""
    found = trace.get("name" if field["name"] == "fullData.name" else field["name"])
    value: Any = found[place] if isinstance(found, list) else found
    if field["place"] is not None:
        value = value[int(field["place"])]
    if field["mark"] == "|" or (field["name"] in "xy" and is_date(value)):
        return f"{pd.Timestamp(day_number(value), unit='D'):{field['form'] or '%Y-%m-%d'}}"
    return written(float(value), field["form"]) if field["mark"] else str(value).replace("<br>", "")


# Shapes, notes, legend -------------------------------------------------------------------------------------------------


def _level(plot: Plot, value: object, reference: str) -> float:
    if reference == "paper":
        return float(value)  # type: ignore[arg-type]
    if reference.endswith("domain"):
        return plot.x.start + float(value) * (plot.x.end - plot.x.start)  # type: ignore[arg-type]
    return plot.x.share(value)


def _upright(plot: Plot, value: object, reference: str) -> float:
    return plot.down(float(value)) if reference in ("paper", "y domain") else plot.y_at(value)  # type: ignore[arg-type]


def _draw_shapes(picture: Drawing, plot: Plot, shapes: Sequence[Mapping[str, Any]]) -> None:
    for shape in shapes:
        across, up = str(shape.get("xref") or "x"), str(shape.get("yref") or "y")
        # A stripe over the first month would begin beside the plot.
        x0, x1 = (min(max(_level(plot, shape[end], across), 0.0), 1.0) for end in ("x0", "x1"))
        y0, y1 = (_upright(plot, shape[end], up) for end in ("y0", "y1"))
        if up == "y" and (max(y0, y1) < plot.top - 1 or min(y0, y1) > plot.top + plot.tall + 1):  # beside the plot
            continue
        line = shape.get("line") or {}
        if x0 == x1 or shape["type"] == "rect":  # what is higher than the plot ends with it
            y0, y1 = (min(max(y, plot.top), plot.top + plot.tall) for y in (y0, y1))
        if shape["type"] == "rect":
            picture.rect(x0, x1, min(y0, y1), abs(y1 - y0), shape["fillcolor"], radius=0, opacity=shape.get("opacity") or 1.0)
        else:
            look = {"width": line.get("width", 2), "dash": _DASHES.get(line.get("dash", ""), ""), "opacity": shape.get("opacity") or 1.0}
            picture.line(x0, y0, x1, y1, line.get("color", plot.colours.text), **look)


def _draw_note(picture: Drawing, plot: Plot, note: Mapping[str, Any]) -> None:
    across, up = str(note.get("xref") or "x"), str(note.get("yref") or "y")
    x, y = _level(plot, note["x"], across), _upright(plot, note["y"], up)
    if note.get("showarrow", True):
        start = plot.x.share(note["ax"]), plot.y_at(note["ay"])
        picture.line(*start, x, y, note["arrowcolor"], width=note.get("arrowwidth", 1), arrow=True)
        return
    font = note.get("font") or {}
    size, lines = _letters(font), len(str(note["text"]).split("<br>"))
    side = note.get("xanchor") or _auto(x, ("left", "center", "right"), own=across == "paper")
    edge = note.get("yanchor") or _auto((y - plot.top) / plot.tall, ("top", "middle", "bottom"), own=up == "paper")
    anchor = {"left": "start", "right": "end"}.get(side, "middle")
    tall = lines * _LINE * size + _NOTE
    middle = y + {"top": tall / 2, "bottom": -tall / 2}.get(edge, 0.0)
    _lines(picture, x, middle, note["text"], font.get("color", plot.colours.text), size, anchor)


def _auto(share: float, names: tuple[str, str, str], *, own: bool) -> str:
    """Return how a note is aligned that does not say so: inward at the edges of the plot, else centred."""
    return names[1] if not own or 1 / 3 <= share <= 2 / 3 else names[0] if share < 1 / 3 else names[2]


def _legend_entries(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any], colours: Palette) -> list[Mark]:
    """Return what the legend has: a name, and its sample as line, point or surface."""
    if not layout.get("showlegend"):
        return []
    size = _letters(layout["legend"].get("font") or {})
    found = [
        {"t": " ".join(plain_lines(trace["name"])), "s": size} | _sample(trace, _own_colour(layout, number), colours)
        for number, trace in enumerate(traces)
        if trace.get("showlegend") is not False and trace.get("name") and trace.get("visible", True) is True
    ]
    return found[::-1] if "reversed" in layout["legend"].get("traceorder", "") else found


def _sample(trace: Mapping[str, Any], own: str, colours: Palette) -> Mark:
    line, marker, mode = trace.get("line") or {}, trace.get("marker") or {}, mode_of(trace)
    colour = str(line.get("color") or own)
    fill = str(each_of(marker.get("color"), 1, colour)[0])
    if trace.get("type") == "bar":
        return {"f": fill if fill != CLEAR else edge_of(marker, 0)[0]}
    hollow = str(each_of(marker.get("symbol"), 1, "")[0]).endswith("-open")
    found: Mark = {"c": colour if "lines" in mode else edge_of(marker, 0)[0] if marker.get("line") else fill}
    if "lines" in mode:
        found |= {"w": float(line.get("width", 2)), "dash": _DASHES.get(line.get("dash", ""), "")}
    if "markers" in mode:
        symbol = str(each_of(marker.get("symbol"), 1, "circle")[0]).partition("-")[0]
        found |= {"q": symbol, "fill": colours.card if hollow else fill, "r": min(_radii(marker, 1)[0], _LARGEST)}
        found["c"] = fill if hollow and "lines" not in mode else found["c"]
    return found


def _per_row(layout: Mapping[str, Any]) -> int:
    """Return how many entries of a legend stand in one row; 0 for as many as there is room for."""
    share = layout["legend"].get("entrywidth") if layout["legend"].get("entrywidthmode") == "fraction" else None
    return round(1 / share) if share else 0
