"""The foot of a headline number: how far it is towards its target, and the line of its last months.

An image of plain numbers (SVG) without any text.
"""

from collections.abc import Sequence
from urllib.parse import quote

from dashboard.analysis.chart_geometry import Point, Sparkline, sparkline
from dashboard.ui.kit.theme import Palette

_BAR, _TICK = 0.22, 0.6
"""Half the height of bar and target tick, as shares of half the height of the picture."""
_BAR_SHARE, _LINE_START, _LINE_END = 50.0, 56.0, 98.0
"""How much of the width the bar takes, and where the line begins and ends, in per cent: its dot needs room at the edge."""
_OPEN = '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%">'
_WIDTH, _HEIGHT = 1000.0, 100.0
_ROOM = 12.0
"""The box that a line is drawn in before it is fitted, and what is left free above and below it for its stroke and dot."""


def trend_picture(colours: Palette, colour: str, share: float | None, target: float | None, trend: Sequence[float | None]) -> str:
    """Return progress with a target tick on the left and the line of the last months on the right, as the address of an image.

    ``share`` and ``target`` are positions on the bar from 0 to 1 (more is cut off); None leaves the bar or the tick out. A missing month
    leaves a gap in the line; its last known month carries a dot.
    """
    return _picture([*_bar(colours, colour, share, target), *_line(sparkline(trend), colour, _LINE_START, _LINE_END, dot=True)])


def line_picture(colour: str, trend: Sequence[float | None]) -> str:
    """Return the line of the last months alone, as the address of an image."""
    return _picture(_line(sparkline(trend), colour, 0.0, 100.0, dot=False))


def _picture(parts: Sequence[str]) -> str:
    """Return an image as wide and high as its place; everything in ``parts`` is made of numbers and our own colours."""
    return f"data:image/svg+xml,{quote(_OPEN + ''.join(parts) + '</svg>')}"


def _bar(colours: Palette, colour: str, share: float | None, target: float | None) -> list[str]:
    parts = []
    if share is not None:
        parts += [_rectangle(_BAR_SHARE, colours.bar_background), _rectangle(_BAR_SHARE * _within(share), colour)]
    if target is not None:
        place, half = _BAR_SHARE * _within(target), 50 * _TICK
        ends = f'y1="{50 - half:.1f}%" y2="{50 + half:.1f}%"'
        parts.append(f'<line x1="{place:.2f}%" x2="{place:.2f}%" {ends} stroke="{colours.text}" stroke-width="2"/>')
    return parts


def _rectangle(width: float, colour: str) -> str:
    half = 50 * _BAR
    return f'<rect x="0" width="{width:.2f}%" y="{50 - half:.1f}%" height="{2 * half:.1f}%" fill="{colour}"/>'


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _line(found: Sparkline | None, colour: str, start: float, end: float, *, dot: bool) -> list[str]:
    """Return a line from ``start`` to ``end`` per cent of the width; its stroke keeps its width however the line is fitted."""
    if found is None:
        return []
    paths = "".join(_path(piece, found) for piece in found.pieces)
    width = end - start
    place = f'x="{start:g}%" width="{width:g}%" height="100%" overflow="visible"'
    box = f'{place} viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" preserveAspectRatio="none"'
    stroke = f'fill="none" stroke="{colour}" stroke-width="1.8" vector-effect="non-scaling-stroke" stroke-linejoin="round"'
    parts = [f'<svg {box}><path d="{paths}" {stroke}/></svg>']
    if dot:
        across, down = _placed(found.last, found)
        parts.append(f'<circle cx="{start + width * across / _WIDTH:.2f}%" cy="{down:.1f}%" r="2.5" fill="{colour}"/>')
    return parts


def _path(piece: Sequence[Point], found: Sparkline) -> str:
    places = [_placed(point, found) for point in piece]
    return "M" + "L".join(f"{across:.1f} {down:.1f}" for across, down in places)


def _placed(point: Point, found: Sparkline) -> Point:
    """Return where a point stands in the box, a little inside its upper and lower edge and its right one."""
    across, down = found.placed(point, _WIDTH * 0.98, _HEIGHT - 2 * _ROOM)
    return across + _WIDTH * 0.01, down + _ROOM
