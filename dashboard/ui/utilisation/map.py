"""The map of 床位与设备: places as dots on the shapes of the towns. Nothing is asked from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydeck

from dashboard.analysis.chart_geometry import area_radius
from dashboard.analysis.flow_geometry import Box, around, first_free, fitted_window, world_pixel
from dashboard.analysis.naming import elided_name
from dashboard.ui.kit.theme import palette

_LETTER_PIXELS = 12.5
_SHORT_LETTERS = 6
"""Letters of the name in a label that has no room in full."""
_MARGINS = (70, 45)
_NARROWEST = 0.02
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
    longitudes, latitudes = [dot.longitude for dot in dots], [dot.latitude for dot in dots]
    west, east = _at_least(min(longitudes), max(longitudes))
    south, north = _at_least(min(latitudes), max(latitudes))
    window = fitted_window((west, south, east, north), width, height, _MARGINS)
    return pydeck.ViewState(longitude=window.longitude, latitude=window.latitude, zoom=min(window.zoom, 13.0))


def _at_least(low: float, high: float) -> tuple[float, float]:
    """Return a span of degrees, widened around its middle where it is hardly one."""
    room = max(0.0, _NARROWEST - (high - low)) / 2
    return low - room, high + room


def _labels(dots: Sequence[Dot], radii: Sequence[float], zoom: float, window: Box) -> list[dict[str, Any]]:
    """Return the labels that find room, each with its anchor and offset (pixels); of the others the pointer still tells.

    A label goes to the first side where it lies within ``window`` and covers no dot and no label; without its middle where it has no
    room in full.
    """
    points = [world_pixel(dot.longitude, dot.latitude, zoom) for dot in dots]
    taken = [around(x, y, 2 * radius, 2 * radius) for (x, y), radius in zip(points, radii, strict=True)]
    labels: list[dict[str, Any]] = []
    for dot, radius, (x, y) in zip(dots, radii, points, strict=True):
        away = radius + 9
        places = (("middle", 0.0, -away), ("middle", 0.0, away), ("start", away, 0.0), ("end", -away, 0.0))
        for text in dict.fromkeys((dot.label, elided_name(dot.label, _SHORT_LETTERS))):
            width = sum(_LETTER_PIXELS if ord(letter) > 0x7F else 0.58 * _LETTER_PIXELS for letter in text)
            middles = {"start": width / 2, "middle": 0.0, "end": -width / 2}
            boxes = [around(x + right + middles[anchor], y + down, width, 14) for anchor, right, down in places]
            free = first_free(boxes, taken, window)
            if free is not None:
                anchor, *offset = places[free]
                labels.append({"place": [dot.longitude, dot.latitude], "label": text, "anchor": anchor, "offset": offset})
                break
    return labels


def dot_map(dots: Sequence[Dot], shapes: Sequence[Mapping[str, Any]], *, height: int, width: int = 520) -> pydeck.Deck:
    """Return a deck of ``dots`` (at least one) on ``shapes`` (GeoJSON geometries), framed for ``width`` × ``height`` pixels."""
    shade = palette()
    largest = max(dot.size for dot in dots) or 1.0
    view = _view(dots, width, height)
    radii = [area_radius(dot.size, largest, 13, 5) for dot in dots]
    data = [
        {"place": [dot.longitude, dot.latitude], "label": dot.label, "colour": _rgb(dot.colour, 220), "radius": radius}
        for dot, radius in zip(dots, radii, strict=True)
    ]
    window = around(*world_pixel(view.longitude, view.latitude, view.zoom), width, height)
    labelled = _labels(dots, radii, view.zoom, window)
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
