"""Signs that the source font lacks, drawn here as plain outlines, so that a screen never falls back to whatever a machine happens to have.

    python -m tests.sign_glyphs

adds those that are missing to the two shipped fonts; ``make_fonts.py`` does the same after it has made them anew.
Units are those of the font:
1000 to the em, the base line at 0, Chinese letters from −120 to 880. A sign stands on the middle of a capital letter, at 370.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from fontTools.misc.transform import Transform
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).resolve().parent.parent / "dashboard" / "static" / "fonts"
MIDDLE = 370.0
Point = tuple[float, float]
Outline = Sequence[Point]


def ring(middle: Point, outer: float, inner: float, steps: int = 48) -> list[Outline]:
    """Return a circle with a hole: the hole runs the other way round."""

    def circle(radius: float) -> list[Point]:
        turns = [2 * math.pi * step / steps for step in range(steps)]
        return [(middle[0] + radius * math.cos(turn), middle[1] + radius * math.sin(turn)) for turn in turns]

    return [circle(outer), circle(inner)[::-1]] if inner else [circle(outer)]


def bar(start: Point, end: Point, width: float) -> Outline:
    """Return a straight stroke."""
    length = math.dist(start, end)
    across = (-(end[1] - start[1]) / length * width / 2, (end[0] - start[0]) / length * width / 2)
    return [
        (start[0] - across[0], start[1] - across[1]),
        (end[0] - across[0], end[1] - across[1]),
        (end[0] + across[0], end[1] + across[1]),
        (start[0] + across[0], start[1] + across[1]),
    ]


def cross(weight: float) -> list[Outline]:
    """✕"""
    reach, half = 270.0, weight * 0.75
    corner = half * math.sqrt(2)
    arm = reach - half / math.sqrt(2)
    tip = reach + half / math.sqrt(2)
    quarter = [(corner, 0.0), (tip, arm), (arm, tip)]
    turned: list[Point] = []
    for _turn in range(4):
        turned += quarter
        quarter = [(-y, x) for x, y in quarter]
    return [[(500 + x, MIDDLE + y) for x, y in turned]]


def triangle(left: float, right: float, half: float) -> list[Outline]:
    """▸ and ▶"""
    return [[(left, MIDDLE - half), (right, MIDDLE), (left, MIDDLE + half)]]


def turn_back(weight: float) -> list[Outline]:
    """↺: an open circle that ends in a head at the upper left."""
    radius, middle, half = 285.0, (500.0, MIDDLE), weight / 2
    turns = [math.radians(130 - 290 * step / 40) for step in range(41)]
    outer = [(middle[0] + (radius + half) * math.cos(turn), middle[1] + (radius + half) * math.sin(turn)) for turn in turns]
    inner = [(middle[0] + (radius - half) * math.cos(turn), middle[1] + (radius - half) * math.sin(turn)) for turn in turns]
    at = turns[0]
    end = (middle[0] + radius * math.cos(at), middle[1] + radius * math.sin(at))
    along, away = (-math.sin(at), math.cos(at)), (math.cos(at), math.sin(at))
    size = 135.0 + half
    head = [
        (end[0] + size * away[0], end[1] + size * away[1]),
        (end[0] - size * away[0], end[1] - size * away[1]),
        (end[0] + 1.5 * size * along[0], end[1] + 1.5 * size * along[1]),
    ]
    return [[*outer, *inner[::-1]][::-1], head[::-1]]


def information(weight: float) -> list[Outline]:
    """ⓘ"""
    stem = 0.85 * weight
    body = ring((500, MIDDLE), 400, 400 - 0.75 * weight)
    dot = ring((500, MIDDLE + 190), 0.62 * weight, 0, 24)
    return [*body, *dot, bar((500, MIDDLE - 220), (500, MIDDLE + 90), stem)]


def warning(weight: float) -> list[Outline]:
    """⚠: a triangle out of which the exclamation mark is cut."""
    stem, dot = bar((500, 240), (500, 530), weight + 20), ring((500, 120), 0.6 * weight + 15, 0, 24)[0]
    return [[(40.0, -20.0), (960.0, -20.0), (500.0, 800.0)], stem[::-1], dot[::-1]]


def pencil(weight: float) -> list[Outline]:
    """✎"""
    shaft = bar((330, 180), (800, 650), 2.4 * weight)
    return [
        shaft,
        [(150.0, 0.0), (330 + 0.85 * 1.2 * weight, 180 - 0.85 * 1.2 * weight), (330 - 0.85 * 1.2 * weight, 180 + 0.85 * 1.2 * weight)],
    ]


DRAWN: dict[str, Callable[[float], list[Outline]]] = {
    "✕": cross,
    "✗": cross,
    "▸": lambda _weight: triangle(320, 700, 230),
    "▶": lambda _weight: triangle(190, 850, 380),
    "↺": turn_back,
    "ⓘ": information,
    "⚠": warning,
    "✎": pencil,
}
"""Sign → its outlines for a stroke of so many units."""
SMALL = {"⁺": ("+", 330), "⁻": ("−", 330), "₀": ("0", -130), "₁": ("1", -130), "₂": ("2", -130)}
"""Sign → the letter that it is a small copy of, and how far it is moved up."""
_SMALLER = 0.6
STROKE = {"Regular": 72.0, "Bold": 118.0}
SIGNS = "".join((*DRAWN, *SMALL))


def add_signs(font: TTFont, style: str) -> list[str]:
    """Add to ``font`` those signs that it lacks and return them."""
    for table in ("maxp", "hhea", "hmtx", "cmap", "CFF "):
        font[table].tableTag  # noqa: B018 -- read before there are more glyphs than they tell of
    known = dict(font.getBestCmap())
    missing = [sign for sign in SIGNS if ord(sign) not in known]
    for sign in missing:
        if sign in DRAWN:
            pen = T2CharStringPen(_told(font, 1000), None)
            for outline in DRAWN[sign](STROKE[style]):
                pen.moveTo(outline[0])
                for point in outline[1:]:
                    pen.lineTo(point)
                pen.closePath()
            _add(font, sign, pen, 1000)
        else:
            letter, up = SMALL[sign]
            glyphs, name = font.getGlyphSet(), known[ord(letter)]
            width = round(glyphs[name].width * _SMALLER)
            pen = T2CharStringPen(_told(font, width), glyphs)
            glyphs[name].draw(TransformPen(pen, Transform(_SMALLER, 0, 0, _SMALLER, 0, up)))
            _add(font, sign, pen, width)
    return missing


def _told(font: TTFont, width: int) -> int | None:
    """Return how a glyph tells its width: by the difference to the usual one of its group, not at all when it is the default."""
    top = font["CFF "].cff.topDictIndex[0]
    private = top.FDArray[top.FDSelect[0]].Private
    return None if width == private.defaultWidthX else width - private.nominalWidthX


def _add(font: TTFont, sign: str, pen: T2CharStringPen, width: int) -> None:
    """Put a glyph behind the others of a font whose glyphs go by number (CID)."""
    top = font["CFF "].cff.topDictIndex[0]
    group = top.FDSelect[0]
    number = 1 + max(int(name[3:]) for name in top.charset if name.startswith("cid"))
    name = f"cid{number:05d}"
    drawn = pen.getCharString(top.FDArray[group].Private, top.GlobalSubrs)
    top.CharStrings.charStringsIndex.append(drawn)
    top.CharStrings.charStrings[name] = len(top.CharStrings.charStringsIndex) - 1
    top.charset.append(name)
    top.FDSelect.append(group)
    font.setGlyphOrder(top.charset)
    font["maxp"].numGlyphs = len(top.charset)
    font["hmtx"][name] = (width, 0)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[ord(sign)] = name


if __name__ == "__main__":
    for style in STROKE:
        file = FOLDER / f"county-sans-sc-{style.lower()}.woff2"
        shipped = TTFont(file)
        print(file.name, "".join(add_signs(shipped, style)) or "has them all")
        shipped.save(file)
