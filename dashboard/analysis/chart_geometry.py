"""Where the marks of a small chart stand, for whoever draws them (Plotly on the pages, SVG on the cockpit): pure, no unit of a screen."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
    pieces: list[list[Point]] = []
    previous = -2
    for position, value in enumerate(values):
        if value is None or math.isnan(value):
            continue
        if position - previous > 1:
            pieces.append([])
        pieces[-1].append((float(position), float(value)))
        previous = position
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
