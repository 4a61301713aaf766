"""Where the marks of a small chart stand, for whoever draws them (Plotly on the pages, SVG on the cockpit): pure, no unit of a screen."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]


@dataclass(frozen=True)
class Sparkline:
    """A small line: its pieces between gaps as (position, value), the last known point, and the span, in the unit of the values."""

    pieces: tuple[tuple[Point, ...], ...]
    last: Point
    low: float
    high: float
    count: int

    def placed(self, point: Point, width: float, height: float) -> Point:
        """Return where ``point`` stands in a box, from its top left; a line without ups and downs runs along the bottom."""
        across = point[0] / (self.count - 1) if self.count > 1 else 0.0
        return across * width, height * (1 - (point[1] - self.low) / ((self.high - self.low) or 1.0))


def sparkline(values: Sequence[float | None]) -> Sparkline | None:
    """Return the line of ``values`` (a missing one leaves a gap); None when none is known."""
    pieces = _runs([(float(position), math.nan if value is None else float(value)) for position, value in enumerate(values)])
    if not pieces:
        return None
    known = [value for piece in pieces for _position, value in piece]
    return Sparkline(tuple(tuple(piece) for piece in pieces), pieces[-1][-1], min(known), max(known), len(values))


def padded_span(values: Iterable[float], room: float) -> tuple[float, float]:
    """Return the span of ``values`` widened at both ends by ``room`` of it; by 1 where all are equal. Raises ``ValueError`` for none."""
    known = list(values)
    low, high = min(known), max(known)
    margin = room * (high - low) or 1.0
    return low - margin, high + margin


@dataclass(frozen=True)
class Quadrants:
    """A plane cut by two lines (Pabon Lasso: occupancy across, turnover up): its spans, and where the lines lie, in the axes' units."""

    across: tuple[float, float]
    up: tuple[float, float]
    x_line: float
    y_line: float

    def placed(self, x: float, y: float, width: float, height: float) -> Point:
        """Return where a point of the plane stands in a box, from its top left."""
        left, right = self.across
        bottom, top = self.up
        return (x - left) / (right - left) * width, (top - y) / (top - bottom) * height


def quadrants(xs: Iterable[float], ys: Iterable[float], x_line: float, y_line: float, room: float) -> Quadrants:
    """Return the plane that shows every known point and both lines, with ``room`` (a share of the span) around them."""
    shown = [[each for each in values if not math.isnan(each)] for values in (xs, ys)]
    return Quadrants(padded_span([*shown[0], x_line], room), padded_span([*shown[1], y_line], room), x_line, y_line)


def area_radius(size: float, largest: float, widest: float, smallest: float = 0.0) -> float:
    """Return the radius of a circle whose area, beyond ``smallest``, grows with ``size``; ``largest`` gets ``smallest + widest``."""
    return smallest + widest * math.sqrt(size / largest) if largest > 0 else smallest


_ROUND = (1.0, 2.0, 5.0, 10.0)


def round_ticks(low: float, high: float, most: float) -> list[float]:
    """Return round numbers from ``low`` to ``high``, about ``most``, apart by 1, 2 or 5 times a power of ten; none for no span."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in _ROUND if power * each >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)


def month_ticks(first: int, last: int, most: float) -> list[int]:
    """Return months, counted from the year 0, that divide ``first`` to ``last`` evenly by the calendar, about ``most`` at the most."""
    step = next((each for each in _MONTH_STEPS if (last - first) / each <= most), _MONTH_STEPS[-1])
    return list(range(-(-first // step) * step, last + 1, step))


def within(points: Sequence[Point], low: float, high: float) -> list[list[Point]]:
    """Return the pieces of the line through ``points`` that lie from ``low`` to ``high``; an unknown value leaves a gap.

    A known point between two unknown ones is a piece of its own.
    """
    pieces: list[list[Point]] = []
    for run in _runs(points):
        if len(run) == 1 and low <= run[0][1] <= high:
            pieces.append(run)
        joined = False
        for start, end in pairwise(run):
            kept = _cut(start, end, low, high)
            if kept is not None and joined:
                pieces[-1].append(kept[1])
            elif kept is not None:
                pieces.append(list(kept))
            joined = kept is not None and kept[1] == end
    return pieces


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Return the stretches of known points."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if math.isnan(point[1]):
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _cut(start: Point, end: Point, low: float, high: float) -> tuple[Point, Point] | None:
    """Return the part of a stretch that lies between two levels; None where there is none."""
    if max(start[1], end[1]) < low or min(start[1], end[1]) > high:
        return None

    def at(point: Point) -> Point:
        level = min(max(point[1], low), high)
        if level == point[1]:
            return point
        return start[0] + (end[0] - start[0]) * (level - start[1]) / (end[1] - start[1]), level

    return at(start), at(end)
