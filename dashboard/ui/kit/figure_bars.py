"""How bars stand: alone, beside each other, on top of each other, or as a bridge from one figure to another, as Plotly sets them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from dashboard.ui.kit.figure_axis import Axis, day_number, is_date
from dashboard.ui.kit.figure_trace import length_side, unseen, values_of
from dashboard.ui.kit.theme import Palette

STACKED = "_stacked"
"""What a trace says here, beside Plotly's words: its bars stand on those of another."""
_PLACE, _OF = "_place", "_of"
"""The how-manieth of how many bars that stand side by side at one place."""
_DAY_MILLISECONDS = 86_400_000
_ALONE = 1.0
"""The room of a bar that has no neighbour, in units of its axis."""


def arranged(traces: Sequence[dict[str, Any]], layout: dict[str, Any], colours: Palette) -> list[dict[str, Any]]:
    """Return ``traces`` with what each bar stands on and beside written into it; a bridge becomes bars, and lines of ``layout``."""
    found = [_bridge(trace, layout, colours) if trace.get("type") == "waterfall" else trace for trace in traces]
    bars = [
        place
        for place, trace in enumerate(found)
        if trace.get("type") == "bar" and trace.get("visible", True) is True and not unseen(trace)
    ]
    mode = layout.get("barmode", "group")
    if len(bars) < 2 or mode == "overlay":
        return found
    if mode == "group":
        for number, place in enumerate(bars):
            found[place] = {**found[place], _PLACE: number, _OF: len(bars)}
        return found
    reached: dict[tuple[object, bool], float] = {}
    for place in bars:
        found[place] = _stacked(found[place], reached, apart=mode == "relative")
    return found


def _stacked(trace: dict[str, Any], reached: dict[tuple[object, bool], float], *, apart: bool) -> dict[str, Any]:
    """Return a trace that stands on what is ``reached`` at each place, which grows; ``apart``: what is below zero hangs from it."""
    bases = []
    for where, length in zip(values_of(trace, _place_side(trace)), values_of(trace, length_side(trace)), strict=True):
        key = where, apart and length is not None and length < 0
        bases.append(reached.get(key, 0.0))
        if length is not None and not math.isnan(length):
            reached[key] = bases[-1] + length
    return {**trace, "base": bases, STACKED: True}


def _place_side(trace: Mapping[str, Any]) -> str:
    """Return on which side the places lie that bars stand on."""
    return "y" if length_side(trace) == "x" else "x"


def _room(numbers: Iterable[float]) -> float:
    """Return how near the places of bars come to each other."""
    return min((after - before for before, after in pairwise(sorted(set(numbers)))), default=_ALONE)


def width_of(trace: Mapping[str, Any], across: Axis, layout: Mapping[str, Any]) -> tuple[float, float]:
    """Return how far the bars of a trace stand beside their places, and how wide they are, in units of their axis."""
    places, wide = values_of(trace, _place_side(trace)), trace.get("width")
    if wide is not None:
        return 0.0, wide / _DAY_MILLISECONDS if any(map(is_date, places)) else wide
    whole, of = _room(map(across.number, places)) * (1 - layout["bargap"]), trace.get(_OF, 1)
    return (trace.get(_PLACE, 0) - (of - 1) / 2) * whole / of, whole / of


def half_a_bar(traces: Sequence[Mapping[str, Any]], side: str) -> float:
    """Return half of the room of a bar on the axis that bars stand on, in its units; 0 where none stand on it. Names lie 1 apart."""
    standing = [trace for trace in traces if trace.get("type") == "bar" and _place_side(trace) == side]
    places = [value for trace in standing for value in values_of(trace, side) if not isinstance(value, str) or is_date(value)]
    return _room(day_number(value) if is_date(value) else float(value) for value in places) / 2 if standing else 0.0


def _bridge(trace: Mapping[str, Any], layout: dict[str, Any], colours: Palette) -> dict[str, Any]:
    """Return the level bars of a bridge, each from where the one before ended; what joins two is added to the shapes of ``layout``."""
    steps = [0.0 if measure == "total" else float(step) for step, measure in zip(trace["x"], trace["measure"], strict=True)]
    after = list(accumulate(steps))
    totals = [measure == "total" for measure in trace["measure"]]
    lengths = [level if total else step for step, level, total in zip(steps, after, totals, strict=True)]
    kinds = ["totals" if total else "decreasing" if step < 0 else "increasing" for step, total in zip(steps, totals, strict=True)]
    line = {"color": ((trace.get("connector") or {}).get("line") or {}).get("color", colours.border), "width": 1}
    joints = [
        {"type": "line", "layer": "below", "x0": level, "x1": level, "y0": place, "y1": place + 1, "line": line}
        for place, level in enumerate(after[:-1])
    ]
    layout["shapes"] = [*layout["shapes"], *joints]
    kept = {name: value for name, value in trace.items() if name in ("y", "text", "textposition", "hovertemplate", "orientation", "name")}
    bars = {
        "type": "bar",
        "x": lengths,
        "base": [0.0 if total else level - step for step, level, total in zip(steps, after, totals, strict=True)],
        "marker": {"color": [trace[kind]["marker"]["color"] for kind in kinds]},
    }
    return bars | kept
