"""A chain of boxes from left to right with lines between them: how lineage is drawn. Each box can be clicked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboard.ui.kit import formatting
from dashboard.ui.kit.charts import base_figure, drawn_once, show_figure
from dashboard.ui.kit.messages import plotly_text
from dashboard.ui.kit.theme import palette

_TALL, _LOW, _GAP, _HEAD = 52, 30, 10, 26
_LETTERS = 140.0
"""Letters that the boxes of a row have room for, all together."""


@dataclass(frozen=True)
class Box:
    """One step: a key of its own, its title and a line below it, the keys that it comes from, and what a pointer reads."""

    key: str
    title: str
    below: str = ""
    after: tuple[str, ...] = ()
    hover: str = ""


@drawn_once
def chain_figure(columns: Sequence[tuple[str, Sequence[Box]]], chosen: str = "") -> go.Figure:
    """Return the picture of ``columns`` (head, boxes from top to bottom); the boxes on the way of ``chosen`` are set off."""
    shade = palette()
    tallest = max((len(boxes) for _head, boxes in columns), default=1)
    side = _TALL if any(box.below for _head, boxes in columns[1:] for box in boxes) else _LOW
    height = max(tallest * (side + _GAP), _TALL + _GAP)
    places = _places(columns, height)
    on_the_way = _way(columns, chosen)
    half, room = 0.44, _LETTERS / max(len(columns), 1)
    shapes, notes, lines = [], [], []
    for column, (head, boxes) in enumerate(columns):
        notes.append(_note(column, -_HEAD / 2, f"<b>{plotly_text(head)}</b>", shade.muted, 12))
        for box in boxes:
            _column, middle = places[box.key]
            bold = box.key in on_the_way
            tall = _TALL if box.below else side
            shapes.append(
                {
                    "type": "rect", "x0": column - half, "x1": column + half, "y0": middle - tall / 2, "y1": middle + tall / 2,
                    "fillcolor": shade.card, "line": {"color": shade.primary if bold else shade.border, "width": 2 if bold else 1},
                }
            )  # fmt: skip
            notes.append(
                _note(
                    column,
                    middle - (9 if box.below else 0),
                    f"<b>{plotly_text(formatting.shortened(box.title, room, 1.9, 1))}</b>",
                    shade.text,
                    12,
                )
            )
            notes.append(_note(column, middle + 10, plotly_text(formatting.shortened(box.below, room * 1.1, 1.9, 1)), shade.muted, 11))
            known = (before for before in box.after if before in places)
            lines += [(places[before], (column, middle), bold and before in on_the_way) for before in known]
    traces = [
        {
            "type": "scatter", "mode": "lines", "hoverinfo": "skip", "x": [start[0] + half, start[0] + 0.5, end[0] - 0.5, end[0] - half],
            "y": [start[1], start[1], end[1], end[1]], "line": {"color": shade.primary if bold else shade.muted, "width": 2 if bold else 1},
        }
        for start, end, bold in lines
    ]  # fmt: skip
    every = _boxes(columns)
    touch = {
        "type": "scatter", "mode": "markers", "x": [places[box.key][0] for box in every], "y": [places[box.key][1] for box in every],
        "marker": {"size": side, "symbol": "square", "opacity": 0}, "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}}, "customdata": [plotly_text(box.hover or f"{box.title} {box.below}") for box in every],
        "hovertemplate": "%{customdata}<extra></extra>",
    }  # fmt: skip
    hidden = {"visible": False, "fixedrange": True}
    return base_figure(
        shade, height + _HEAD + 8, [touch, *traces], shapes=shapes, annotations=notes,
        xaxis={**hidden, "range": [-0.5, len(columns) - 0.5]}, yaxis={**hidden, "range": [height, -_HEAD]},
    )  # fmt: skip


def show_chain(
    columns: Sequence[tuple[str, Sequence[Box]]], *, key: str, alt: str, chosen: str = "", on_pick: Callable[[str], None]
) -> None:
    """Draw the picture; a click on a box calls ``on_pick`` with its key."""
    every = _boxes(columns)

    def picked(place: int, trace: int) -> None:
        if trace == 0:
            on_pick(every[place].key)

    show_figure(chain_figure(columns, chosen), key=key, alt=alt, on_pick=picked, of_period=False)


def _boxes(columns: Sequence[tuple[str, Sequence[Box]]]) -> list[Box]:
    return [box for _head, boxes in columns for box in boxes]


def _places(columns: Sequence[tuple[str, Sequence[Box]]], height: float) -> dict[str, tuple[float, float]]:
    found = {}
    for column, (_head, boxes) in enumerate(columns):
        for place, box in enumerate(boxes):
            found[box.key] = (float(column), (place + 0.5) * height / len(boxes))
    return found


def _way(columns: Sequence[tuple[str, Sequence[Box]]], chosen: str) -> set[str]:
    """Return the keys from which ``chosen`` comes and to which it leads, its own with them."""
    every = {box.key: box for box in _boxes(columns)}
    if chosen not in every:
        return set()
    found, back, ahead = {chosen}, [chosen], [chosen]
    while back:
        found |= (before := set(every[back.pop()].after) & every.keys() - found)
        back += before
    while ahead:
        following = {box.key for box in every.values() if ahead[-1] in box.after} - found
        ahead.pop()
        found |= following
        ahead += following
    return found


def _note(x: float, y: float, text: str, colour: str, size: int) -> dict:
    return {
        "x": x,
        "y": y,
        "text": text,
        "showarrow": False,
        "font": {"color": colour, "size": size},
        "xanchor": "center",
        "yanchor": "middle",
    }
