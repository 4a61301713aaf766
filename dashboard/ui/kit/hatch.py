"""What is provisional is hatched, in every chart by the one function that draws charts: bars themselves, months of lines by a band.

The frame of the page says which months those are (``hatch_months``); no chart asks by itself.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from dashboard.analysis.periods import shift_months


@dataclass(frozen=True)
class Hatch:
    """What charts of this run hatch: ``waiting`` says which of some months are not approved, ``whole`` whether the page's own are."""

    waiting: Callable[[tuple[datetime.date, ...]], set[datetime.date]]
    whole: bool
    any: bool = True
    """Whether anything could be hatched at all: a county that approves nothing draws as it always did."""


_CLEAR = "rgba(0,0,0,0)"
_hatch: ContextVar[Hatch | None] = ContextVar("hatch", default=None)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def hatch_months(hatch: Hatch | None) -> None:
    """Let the charts of this run hatch what is provisional; None lets none."""
    _hatch.set(hatch)


def _month_of(value: object) -> datetime.date | None:
    text = str(value)[:10]
    return datetime.date.fromisoformat(text).replace(day=1) if _DAY.fullmatch(text) else None


def hatched(figure: go.Figure, colour: str) -> go.Figure | dict[str, Any]:
    """Return ``figure`` as it is, or as plain data with what is provisional hatched where the county approves its months.

    An axis of dates says which months a mark is of; bars without one are of the page's own period.
    """
    hatch = _hatch.get()
    if hatch is None or not hatch.any:
        return figure
    plain = figure.to_dict()
    traces = list(plain["data"])
    dated = {value: month for trace in traces for value in _values(trace) if (month := _month_of(value)) is not None}
    waiting = hatch.waiting(tuple(dict.fromkeys(dated.values()))) if dated else set()
    found = [_hatched_bars(trace, dated, waiting, hatch.whole) if trace.get("type") == "bar" else trace for trace in traces]
    lines = [trace for trace in traces if trace.get("type") == "scatter" and any(value in dated for value in _values(trace))]
    layout = dict(plain["layout"])
    if waiting and lines:
        stripes = [shape for first, last in _spans(waiting) for shape in _stripes(first, last, colour)]
        layout["shapes"] = [*layout.get("shapes", ()), *stripes]
    return {**plain, "data": found, "layout": layout}


def _spans(months: set[datetime.date]) -> list[tuple[datetime.date, datetime.date]]:
    """Return the first and last month of every run of months without a gap."""
    spans: list[tuple[datetime.date, datetime.date]] = []
    for month in sorted(months):
        follows = spans and shift_months(spans[-1][1], 1) == month
        spans = [*spans[:-1], (spans[-1][0], month)] if follows else [*spans, (month, month)]
    return spans


def _values(trace: Mapping[str, Any]) -> list[object]:
    found = trace.get("x")
    return [] if found is None or isinstance(found, dict) else list(found)


def _hatched_bars(trace: dict[str, Any], dated: Mapping[object, datetime.date], waiting: set[datetime.date], whole: bool) -> dict[str, Any]:
    if (trace.get("marker") or {}).get("color") == _CLEAR:  # only there to be found by a pointer
        return trace
    values = _values(trace)
    own = [value in dated for value in values]
    shapes: list[str] | str = ["/" if dated.get(value) in waiting else "" for value in values] if any(own) else "/" if whole else ""
    if not any(shapes):
        return trace
    pattern = {"shape": shapes, "fillmode": "overlay", "size": 6, "solidity": 0.25}
    return {**trace, "marker": {**(trace.get("marker") or {}), "pattern": pattern}}


def _stripes(first: datetime.date, last: datetime.date, colour: str) -> list[dict[str, Any]]:
    """Return slanted lines over the months from ``first`` to ``last``; plotly hatches bars alone."""
    day = datetime.timedelta(days=1)
    left, right = first - 15 * day, last + 15 * day
    step = max((right - left).days // 4, 6)
    edge = {"type": "line", "xref": "x", "yref": "y domain", "layer": "below", "line": {"color": colour, "width": 1}}
    band = {
        "type": "rect", "xref": "x", "yref": "y domain", "layer": "below", "line": {"width": 0}, "fillcolor": colour, "opacity": 0.12,
        "x0": left.isoformat(), "x1": right.isoformat(), "y0": 0, "y1": 1,
    }  # fmt: skip
    starts = [left + offset * day for offset in range(0, (right - left).days, step)]
    return [
        band,
        *(
            edge | {"x0": start.isoformat(), "x1": min(start + step * day, right).isoformat(), "y0": 0, "y1": 1, "opacity": 0.35}
            for start in starts
        ),
    ]
