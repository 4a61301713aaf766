"""What one trace of a figure says, read in the one way: ``figure_drawing.py`` and ``figure_bars.py`` stand on it."""

import base64
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

CLEAR = "rgba(0,0,0,0)"


def decoded(value: Any) -> Any:
    """Return what a trace holds as plain lists: Plotly packs arrays of numbers."""
    if isinstance(value, Mapping):
        if "bdata" in value:
            numbers = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
            return numbers.reshape([int(size) for size in value["shape"].split(",")]).tolist() if "shape" in value else numbers.tolist()
        return {name: decoded(each) for name, each in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else list(value) if isinstance(value, tuple | pd.Series) else value


def each_of(value: Any, count: int, otherwise: Any = None) -> list[Any]:
    """Return a property of ``count`` marks that a trace gives once or one by one."""
    if value is None:
        return [otherwise] * count
    return list(value) if isinstance(value, list | tuple) else [value] * count


def values_of(trace: Mapping[str, Any], side: str) -> list[Any]:
    """Return the values of a trace on one of its sides as a list, empty where it has none."""
    found = trace.get(side)
    return [] if found is None else list(found)


def length_side(trace: Mapping[str, Any]) -> str:
    """Return on which side the lengths of bars lie: ``x`` for level ones."""
    return "x" if trace.get("orientation") == "h" else "y"


def mode_of(trace: Mapping[str, Any]) -> str:
    """Return what a trace of points draws, in Plotly's words."""
    return str(trace.get("mode") or "lines+markers")


def ends_of(trace: Mapping[str, Any]) -> list[float]:
    """Return where the bars of a trace end that have a length."""
    lengths = values_of(trace, length_side(trace))
    bases = each_of(trace.get("base"), len(lengths), 0.0)
    return [base + length for base, length in zip(bases, lengths, strict=True) if length is not None]


def edge_of(marker: Mapping[str, Any], place: int) -> tuple[str, float]:
    """Return colour and width of the line around a marker."""
    line = marker.get("line") or {}
    colour, width = line.get("color"), line.get("width")
    found = colour[place] if isinstance(colour, list) else colour
    wide = width[place] if isinstance(width, list) else width
    return str(found or "none"), float(wide or 0)


def unseen(trace: Mapping[str, Any]) -> bool:
    """Tell whether a trace is only there to be found by a pointer, or draws nothing but hatching."""
    marker = trace.get("marker") or {}
    return marker.get("opacity") == 0 or (isinstance(marker.get("color"), str) and marker["color"] == CLEAR and not edge_of(marker, 0)[1])


def error_spans(trace: Mapping[str, Any], side: str) -> list[tuple[float, float] | None]:
    """Return from where to where the error bar of each mark runs along ``side``, None for one without; empty where the trace has none."""
    error = trace.get(f"error_{side}")
    if not error or error.get("visible") is False:
        return []
    known = values_of(trace, side)
    more = each_of(error.get("array"), len(known), 0.0)
    less = more if error.get("symmetric", True) else each_of(error.get("arrayminus"), len(known), 0.0)
    return [
        None if any(part is None or math.isnan(part) for part in (value, up, down)) else (value - down, value + up)
        for value, up, down in zip(known, more, less, strict=True)
    ]
