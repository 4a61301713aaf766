"""The map of 床位与设备: places as dots on the shapes of the towns. Nothing is asked from outside."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydeck

from dashboard.ui.theme import palette

_NEAR_DEGREES = 0.05
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


def _below(dot: Dot, dots: Sequence[Dot]) -> bool:
    """Return whether the label goes under the dot: when a neighbour stands a little further north."""
    near = [other for other in dots if abs(other.longitude - dot.longitude) + abs(other.latitude - dot.latitude) < _NEAR_DEGREES]
    return any((other.latitude, other.longitude) > (dot.latitude, dot.longitude) for other in near)


def dot_map(dots: Sequence[Dot], shapes: Sequence[Mapping[str, Any]], *, height: int, width: int = 520) -> pydeck.Deck:
    """Return a deck of ``dots`` (at least one) on ``shapes`` (GeoJSON geometries), framed for ``width`` × ``height`` pixels."""
    shade = palette()
    largest = max(dot.size for dot in dots) or 1.0
    data = [
        {
            "place": [dot.longitude, dot.latitude],
            "label": dot.label,
            "colour": _rgb(dot.colour, 220),
            "radius": 5 + 13 * math.sqrt(dot.size / largest),
            "offset": [0, 22 if _below(dot, dots) else -22],
        }
        for dot in dots
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
            radius_units=text("pixels"), stroked=True, get_line_color=_rgb(shade.card), line_width_min_pixels=1,
        ),
        pydeck.Layer(
            "TextLayer", data, id="labels", get_position="place", get_text="label", get_size=12, get_color=_rgb(shade.text),
            get_pixel_offset="offset", character_set=text("auto"), font_family=text(_FONTS), parameters={"depthCompare": "always"},
        ),
    ]  # fmt: skip
    return pydeck.Deck(layers=layers, initial_view_state=_view(dots, width, height), map_provider=None)
