"""The maps of the product: towns filled by community or by value, their outline, institutions, Chinese labels, 示意边界 note.

One call draws a map: ``show_map(base_map(…), …)``. A page says what a town and an institution look like (``TownMark``, ``SiteMark``) and
may put layers of its own (arcs) between towns and labels. Rules kept here so that nobody has to remember them:

* ``map_provider=None`` and no ``map_style``: nothing is asked of another host.
* Every layer has an id (``TOWNS``, ``SITES``), so that a click comes back as a code.
* Labels: ``character_set="auto"`` for Chinese, ``depthCompare: always`` so that they stay above the polygons.
* Tooltips are plain text: a name from a county's file never becomes HTML.
* Labels never lie upon each other: institutions first, then towns, each beside its point or not at all (the tooltip still has it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pydeck as pdk
import shapely
import streamlit as st
from markupsafe import escape
from shapely.geometry import mapping, shape

from dashboard.analysis.flow_geometry import Box, around, first_free, fitted_window, world_pixel
from dashboard.analysis.naming import elided_name
from dashboard.services.common.boundaries import Boundaries
from dashboard.ui.kit.formatting import line_width
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.theme import FONT_FAMILY, Palette, palette

TOWNS, SITES, LABELS, SITE_LABELS, OUTLINE = "towns", "sites", "town_labels", "site_labels", "outline"
RAMP_STEPS = 5
_ALWAYS_ON_TOP = {"depthCompare": "always"}
_MARGIN = 1.08
_LABEL_SIZE = 12
_SHORT_LETTERS = 8
"""Letters of the name in a label that has no room in full."""
_TOWN_SUFFIXES = ("街道", "镇", "乡")


@dataclass(frozen=True)
class TownMark:
    """How one town is drawn: ``colour`` (``#RRGGBB``) fills it, ``hover`` is its tooltip, ``label`` stands on it."""

    code: str
    label: str
    colour: str
    hover: str
    selected: bool = False


@dataclass(frozen=True)
class SiteMark:
    """How one institution is drawn: a circle of ``radius`` pixels; ``label`` may be empty."""

    code: str
    longitude: float
    latitude: float
    radius: float
    colour: str
    hover: str
    label: str = ""


@dataclass(frozen=True)
class MapClick:
    """What the reader clicked: the code of a town or of an institution, or nothing."""

    town: str | None = None
    site: str | None = None


@dataclass(frozen=True)
class LegendEntry:
    """One colour of the legend and what it means."""

    colour: str
    text: str


@dataclass(frozen=True)
class CountyMap:
    """A map ready to draw: its layers from the ground up and what part of the world it shows."""

    layers: tuple[pdk.Layer, ...]
    view: pdk.ViewState
    height: int
    note: str


# Colours ---------------------------------------------------------------------------------------------------------------


def rgb(colour: str, alpha: int = 255) -> list[int]:
    """Return ``#RRGGBB`` as the list of numbers that deck.gl reads."""
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)] + [alpha]


def blend(first: str, second: str, share: float) -> str:
    """Return the colour that lies ``share`` (0 to 1) of the way from ``first`` to ``second``."""
    mixed = (round(a + (b - a) * share) for a, b in zip(rgb(first)[:3], rgb(second)[:3], strict=True))
    return "#" + "".join(f"{value:02X}" for value in mixed)


def ramp(colours: Palette, steps: int = RAMP_STEPS) -> tuple[str, ...]:
    """Return ``steps`` fills from little to much, made of the theme's card and primary colours; labels stay readable on all of them."""
    strongest = 0.72 if colours.name == "light" else 0.62
    return tuple(blend(colours.card, colours.primary, 0.06 + (strongest - 0.06) * step / (steps - 1)) for step in range(steps))


def community_fill(colours: Palette, position: int) -> str:
    """Return the pale fill of the towns of the community at ``position``; a grey one below 0 (no community)."""
    return blend(colours.card, colours.community(position), 0.2 if colours.name == "light" else 0.28)


@dataclass(frozen=True)
class Classes:
    """Value classes of a choropleth: ``edges`` (rising) part the values; one fill more than edges."""

    edges: tuple[float, ...]
    fills: tuple[str, ...]
    missing: str

    def fill(self, value: float | None) -> str:
        """Return the fill of ``value``; a missing one has its own."""
        if value is None or np.isnan(value):
            return self.missing
        return self.fills[int(np.searchsorted(self.edges, value, side="right"))]

    def legend(self, texts: Sequence[str]) -> tuple[LegendEntry, ...]:
        """Return the legend: ``texts`` are the edges, formatted."""
        ends = [f"< {texts[0]}", *(f"{low}–{high}" for low, high in pairwise(texts)), f"≥ {texts[-1]}"]
        return tuple(LegendEntry(fill, text) for fill, text in zip(self.fills, ends, strict=True))


def equal_classes(values: Sequence[float], colours: Palette, steps: int = RAMP_STEPS) -> Classes:
    """Return classes with about as many values in each; fewer where values repeat, one edge at least."""
    known = np.array([value for value in values if value is not None and not np.isnan(value)])
    cuts = np.quantile(known, np.linspace(0, 1, steps + 1)[1:-1]) if len(known) else np.array([0.0])
    edges = tuple(float(edge) for edge in np.unique(cuts.round(6)))
    return Classes(edges, ramp(colours, len(edges) + 1), colours.bar_background)


# Layers ----------------------------------------------------------------------------------------------------------------


def _geometries(boundaries: Boundaries) -> dict[str, Any]:
    return {code: shape(geometry) for code, geometry in boundaries.geojson.items()}


@lru_cache(maxsize=8)
def _prepared(boundaries: Boundaries) -> tuple[dict[str, tuple[float, float]], Mapping[str, Any], tuple[float, float, float, float]]:
    """Return, once per boundary set, where each town's label stands, the county's outline and its bounds."""
    shapes = _geometries(boundaries)
    anchors = {code: (point.x, point.y) for code, point in ((code, shapely.point_on_surface(each)) for code, each in shapes.items())}
    outline = shapely.union_all(list(shapes.values()))
    west, south, east, north = outline.bounds
    return anchors, mapping(outline), (float(west), float(south), float(east), float(north))


def _town_layer(boundaries: Boundaries, towns: Sequence[TownMark], colours: Palette, *, pickable: bool) -> pdk.Layer:
    features = [
        {
            "type": "Feature",
            "geometry": boundaries.geojson[town.code],
            "properties": {
                "code": town.code,
                "fill": rgb(town.colour),
                "line": rgb(colours.text if town.selected else colours.card),
                "width": 3 if town.selected else 1.5,
            },
            "hover": town.hover,
        }
        for town in sorted(towns, key=lambda town: town.selected)
        if town.code in boundaries.geojson
    ]
    return pdk.Layer(
        "GeoJsonLayer",
        {"type": "FeatureCollection", "features": features},
        id=TOWNS,
        get_fill_color="properties.fill",
        get_line_color="properties.line",
        get_line_width="properties.width",
        line_width_units=pdk.types.String("pixels"),
        stroked=True,
        filled=True,
        pickable=pickable,
        auto_highlight=pickable,
        highlight_color=rgb(colours.primary, 60),
    )


def _outline_layer(outline: Mapping[str, Any], colours: Palette) -> pdk.Layer:
    return pdk.Layer(
        "GeoJsonLayer",
        {"type": "Feature", "geometry": outline, "properties": {}},
        id=OUTLINE,
        filled=False,
        stroked=True,
        get_line_color=rgb(colours.muted),
        get_line_width=1.5,
        line_width_units=pdk.types.String("pixels"),
        pickable=False,
    )


@dataclass(frozen=True)
class _Label:
    """A text that wants a place: on its point when ``centred``, else ``gap`` pixels beside it."""

    text: str
    longitude: float
    latitude: float
    gap: float
    centred: bool


def _text_width(text: str) -> float:
    return line_width(text, _LABEL_SIZE, _LABEL_SIZE * 0.55)


def _placed(labels: Sequence[_Label], zoom: float, window: Box, taken: list[Box]) -> list[dict[str, Any]]:
    """Return the labels that find room within ``window``, first come first served; ``taken`` are the boxes in use and grows.

    One that finds none in full is tried with its middle left out: what an edge would cut tells less.
    """
    rows = []
    for label in labels:
        for text in dict.fromkeys((label.text, elided_name(label.text, _SHORT_LETTERS))):
            offset = _place(label, text, zoom, window, taken)
            if offset is not None:
                rows.append({"text": text, "position": [label.longitude, label.latitude], "offset": list(offset)})
                break
    return rows


def _place(label: _Label, text: str, zoom: float, window: Box, taken: list[Box]) -> tuple[float, float] | None:
    """Return how many pixels beside its point ``text`` has room, and take it; None where it has none."""
    x, y = world_pixel(label.longitude, label.latitude, zoom)
    width, height = _text_width(text), _LABEL_SIZE * 1.25
    aside, upright = label.gap + width / 2 + 2, label.gap + height / 2 + 1
    places = [*([(0.0, 0.0)] if label.centred else []), (0.0, upright), (0.0, -upright), (aside, 0.0), (-aside, 0.0)]
    free = first_free([around(x + across, y + down, width, height) for across, down in places], taken, window)
    return None if free is None else places[free]


def _label_layer(identity: str, rows: list[dict[str, Any]], colours: Palette, *, bold: bool = False) -> pdk.Layer:
    return pdk.Layer(
        "TextLayer",
        rows,
        id=identity,
        get_position="position",
        get_text="text",
        get_size=_LABEL_SIZE,
        get_color=rgb(colours.text),
        get_pixel_offset="offset",
        font_family=pdk.types.String(FONT_FAMILY),
        font_weight=pdk.types.String("bold" if bold else "normal"),
        character_set=pdk.types.String("auto"),
        pickable=False,
        parameters=_ALWAYS_ON_TOP,
    )


def _site_layer(sites: Sequence[SiteMark], colours: Palette) -> pdk.Layer:
    rows = [
        {
            "code": site.code,
            "position": [site.longitude, site.latitude],
            "radius": site.radius,
            "fill": rgb(site.colour),
            "hover": site.hover,
        }
        for site in sites
    ]
    return pdk.Layer(
        "ScatterplotLayer",
        rows,
        id=SITES,
        get_position="position",
        get_radius="radius",
        radius_units=pdk.types.String("pixels"),
        get_fill_color="fill",
        get_line_color=rgb(colours.card),
        get_line_width=1.5,
        line_width_units=pdk.types.String("pixels"),
        stroked=True,
        pickable=True,
        auto_highlight=True,
        parameters=_ALWAYS_ON_TOP,
    )


def base_map(
    boundaries: Boundaries,
    towns: Sequence[TownMark],
    sites: Sequence[SiteMark] = (),
    *,
    extra: Sequence[pdk.Layer] = (),
    pickable: bool = True,
    width: int = 640,
    height: int = 420,
    colours: Palette | None = None,
) -> CountyMap | None:
    """Return the county's map; None when there is no shape to draw (``boundaries.note`` says why).

    The first view fits the county into ``width`` × ``height`` pixels: the size that the place on the page usually has.

    ``extra`` are layers of the page's own, drawn above the towns and below institutions and labels; give each an id.
    """
    shade = colours or palette()
    if not boundaries.geojson:
        return None
    anchors, outline, bounds = _prepared(boundaries)
    view = _view(bounds, width, height)
    taken = [_circle(site, view.zoom) for site in sites if site.radius >= _LABEL_SIZE / 2]
    marks = [_Label(site.label, site.longitude, site.latitude, site.radius, centred=False) for site in sites if site.label]
    window = around(*world_pixel(view.longitude, view.latitude, view.zoom), width, height)
    site_labels = _placed(marks, view.zoom, window, taken)
    names = [_Label(town.label, *anchors[town.code], gap=4, centred=True) for town in towns if town.label and town.code in anchors]
    town_labels = _placed(names, view.zoom, window, taken)
    layers = (
        _town_layer(boundaries, towns, shade, pickable=pickable),
        _outline_layer(outline, shade),
        *extra,
        *((_site_layer(sites, shade),) if sites else ()),
        *((_label_layer(LABELS, town_labels, shade),) if town_labels else ()),
        *((_label_layer(SITE_LABELS, site_labels, shade, bold=True),) if site_labels else ()),
    )
    return CountyMap(layers, view, height, boundaries.text(language()))


def _circle(site: SiteMark, zoom: float) -> Box:
    return around(*world_pixel(site.longitude, site.latitude, zoom), 2 * site.radius, 2 * site.radius)


def short_town_name(name: str) -> str:
    """Return a town's name as maps write it: 塘栖 for 塘栖镇; a name of two letters stays whole."""
    return next((name[: -len(suffix)] for suffix in _TOWN_SUFFIXES if name.endswith(suffix) and len(name) - len(suffix) >= 2), name)


# Drawing ---------------------------------------------------------------------------------------------------------------


def _view(bounds: tuple[float, float, float, float], width: int, height: int) -> pdk.ViewState:
    """Return the view that shows ``bounds`` whole in a window of ``width`` × ``height`` pixels."""
    margins = tuple(size * (1 - 1 / _MARGIN) / 2 for size in (width, height))
    window = fitted_window(bounds, width, height, (margins[0], margins[1]))
    return pdk.ViewState(
        longitude=window.longitude, latitude=window.latitude, zoom=window.zoom, min_zoom=window.zoom - 1, max_zoom=window.zoom + 4
    )


def show_map(
    county: CountyMap | None,
    *,
    key: str,
    alt: str,
    legend: Sequence[LegendEntry] = (),
    select: bool = False,
) -> MapClick:
    """Draw ``county`` with its legend and the 示意边界 note; return what is selected when ``select`` lets the reader click.

    ``alt`` is the sentence that a screen reader says.
    """
    if county is None:
        empty_state(_("没有镇街边界，地图画不出来。"), _("请提供镇街坐标（dim_town 的经度、纬度）或边界文件（BOUNDARY_FILE）。"))
        return MapClick()
    deck = pdk.Deck(
        layers=list(county.layers),
        initial_view_state=county.view,
        map_provider=None,
        tooltip={"text": "{hover}"},
    )
    state = st.pydeck_chart(deck, height=county.height, key=key, alt=alt, on_select="rerun" if select else "ignore")
    if legend:
        st.html(legend_line(legend))
    st.caption(escaped(county.note))
    return _clicked(state) if select else MapClick()


def _clicked(state: Any) -> MapClick:
    objects = state.selection.get("objects", {}) if state and state.selection else {}
    town = next(iter(objects.get(TOWNS, [])), None)
    site = next(iter(objects.get(SITES, [])), None)
    return MapClick(
        town=str(town["properties"]["code"]) if town else None,
        site=str(site["code"]) if site else None,
    )


def legend_line(entries: Sequence[LegendEntry]) -> str:
    """Return the legend as HTML: a square of each colour and its text, in as many lines as the place needs (texts may come from data)."""
    shade = palette()
    square = f"display:inline-block;width:13px;height:13px;margin-right:6px;vertical-align:-2px;border:1px solid {shade.border}"
    parts = [
        f'<span><span style="{square};background:{escape(entry.colour)}"></span>{escape(entry.text)}</span>' for entry in entries
    ]  # fmt: skip
    alt = _("图例：{entries}", entries=_("，").join(entry.text for entry in entries))
    style = f"display:flex;flex-wrap:wrap;gap:2px 16px;font-size:12px;color:{shade.muted}"
    return f'<div role="img" aria-label="{escape(alt)}" style="{style}">{"".join(parts)}</div>'
