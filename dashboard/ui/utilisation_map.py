"""The map of 床位与设备: places as dots on the shapes of the towns. Nothing is asked from outside."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydeck

from dashboard.ui.theme import palette

_LETTER_PIXELS = 12.5
_TILE_PIXELS = 512
_FONTS = "County Sans SC, Noto Sans CJK SC, Microsoft YaHei, sans-serif"


@dataclass(frozen=True)
class Dot:
    """One place: where, what is written beside it, its colour, and what its area stands for (0: the smallest dot)."""

    longitude: float
    latitude: float
    label: str
    colour: str
    size: float


def _rgb(colour: str, opacity: int = 255) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)] + [opacity]


def _view(dots: Sequence[Dot], width: int, height: int) -> pydeck.ViewState:
    """Return the view that holds all dots within ``width`` × ``height`` pixels, with room for their labels."""
    west, east = min(dot.longitude for dot in dots), max(dot.longitude for dot in dots)
    south, north = min(dot.latitude for dot in dots), max(dot.latitude for dot in dots)
    middle = (south + north) / 2
    wide = max(east - west, 0.02) / (width - 140)
    high = max(north - south, 0.02) / math.cos(math.radians(middle)) / (height - 90)
    zoom = math.log2(360 / _TILE_PIXELS / max(wide, high))
    return pydeck.ViewState(longitude=(west + east) / 2, latitude=middle, zoom=min(zoom, 13.0))


def _label_sides(dots: Sequence[Dot], radii: Sequence[float], zoom: float) -> list[tuple[str, float, float] | None]:
    """Return for each dot the anchor and offset (pixels) of its label.

    It goes to the first side where it covers no dot and no label; None where there is no room (the pointer still tells).
    """
    scale = _TILE_PIXELS * 2**zoom / 360
    points = [(dot.longitude * scale, -dot.latitude * scale / math.cos(math.radians(dot.latitude))) for dot in dots]
    taken = [(x - radius, y - radius, x + radius, y + radius) for (x, y), radius in zip(points, radii, strict=True)]
    sides: list[tuple[str, float, float] | None] = []
    for dot, radius, (x, y) in zip(dots, radii, points, strict=True):
        width = sum(_LETTER_PIXELS if ord(letter) > 0x7F else 0.58 * _LETTER_PIXELS for letter in dot.label)
        away = radius + 9
        places = (("middle", 0, -away), ("middle", 0, away), ("start", away, 0), ("end", -away, 0))
        chosen = None
        for anchor, right, down in places:
            left = x + right - {"start": 0, "middle": width / 2, "end": width}[anchor]
            box = (left, y + down - 7, left + width, y + down + 7)
            if not any(box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken):
                chosen = (anchor, float(right), float(down))
                taken.append(box)
                break
        sides.append(chosen)
    return sides


def dot_map(dots: Sequence[Dot], shapes: Sequence[Mapping[str, Any]], *, height: int, width: int = 520) -> pydeck.Deck:
    """Return a deck of ``dots`` (at least one) on ``shapes`` (GeoJSON geometries), framed for ``width`` × ``height`` pixels."""
    shade = palette()
    largest = max(dot.size for dot in dots) or 1.0
    view = _view(dots, width, height)
    radii = [5 + 13 * math.sqrt(dot.size / largest) for dot in dots]
    data = [
        {"place": [dot.longitude, dot.latitude], "label": dot.label, "colour": _rgb(dot.colour, 220), "radius": radius}
        for dot, radius in zip(dots, radii, strict=True)
    ]
    labelled = [
        {"place": point["place"], "label": point["label"], "anchor": side[0], "offset": side[1:]}
        for point, side in zip(data, _label_sides(dots, radii, view.zoom), strict=True)
        if side is not None
    ]
    features = [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry in shapes]
    text = pydeck.types.String
    layers = [
        pydeck.Layer(
            "GeoJsonLayer", {"type": "FeatureCollection", "features": features}, id="towns", filled=True, stroked=True,
            get_fill_color=_rgb(shade.bar_background, 120), get_line_color=_rgb(shade.border), line_width_min_pixels=1,
        ),
        pydeck.Layer(
            "ScatterplotLayer", data, id="places", get_position="place", get_fill_color="colour", get_radius="radius",
            radius_units=text("pixels"), stroked=True, pickable=True, get_line_color=_rgb(shade.card), line_width_min_pixels=1,
        ),
        pydeck.Layer(
            "TextLayer", labelled, id="labels", get_position="place", get_text="label", get_size=12, get_color=_rgb(shade.text),
            get_pixel_offset="offset", get_text_anchor="anchor", character_set=text("auto"), font_family=text(_FONTS),
        ),
    ]  # fmt: skip
    return pydeck.Deck(layers=layers, initial_view_state=view, map_provider=None, tooltip={"text": "{label}"})
