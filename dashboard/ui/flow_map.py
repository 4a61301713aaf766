"""The flow map: curved arcs between places on the county's base map, places beyond the county at its edge, and what a click means.

Arcs are deck.gl arcs laid flat (tilt 90): they bend to the right of their direction, so that both directions of a pair are seen,
and they are drawn from four numbers each. An arc is pale where it begins and full where it arrives.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pydeck as pdk
import streamlit as st
from pydeck.bindings.json_tools import default_serialize

from dashboard.analysis.flow_geometry import Bounds, LabelBox, MapWindow, fitted_window, placed_labels
from dashboard.services.boundaries import Boundaries
from dashboard.ui.formatting import line_width
from dashboard.ui.i18n import _
from dashboard.ui.maps import SITES, TOWNS, SiteMark, TownMark, base_map, rgb
from dashboard.ui.messages import empty_state, escaped
from dashboard.ui.theme import FONT_FAMILY, Palette

ARCS, FLOW_LABELS = "arcs", "flow_labels"
_GENERATION = "@"
_PALE, _FULL = 90, 235
_WIDEST, _NARROWEST = 11.0, 1.2
_BEND = 0.28
_MANY_ARCS = 2_000
# A browser without a graphics card pays for every segment: the more arcs, the fewer each.
_SEGMENTS = ((300, 28), (_MANY_ARCS, 12))
_FEWEST_SEGMENTS = 3
_WIDTHS_OF_MANY, _ALPHAS_OF_MANY = (0.25, 1.2), (25, 130)
_EDGE_MARGIN = 0.06
_LABEL_MARGIN = (52, 40)
_ON_TOP = {"depthCompare": "always"}


@dataclass(frozen=True)
class PlaceLabel:
    """A name on the map; ``strong`` ones (lead hospitals, places beyond the county) are placed first and bold."""

    longitude: float
    latitude: float
    text: str
    strong: bool = False
    colour: str = ""
    side: str = "below"


def arc_widths(weights: Sequence[float]) -> list[float]:
    """Return the widths in pixels of arcs: their squares grow with the weight, the smallest stay visible."""
    sizes = np.asarray(weights, dtype=float)
    largest = float(sizes.max()) if len(sizes) else 0.0
    shares = np.sqrt(sizes / largest) if largest > 0 else np.zeros(len(sizes))
    narrowest, widest = (_NARROWEST, _WIDEST) if len(sizes) <= _MANY_ARCS else _WIDTHS_OF_MANY
    return list((narrowest + (widest - narrowest) * shares).round(1).tolist())


def arc_rows(flows: pd.DataFrame, weights: pd.Series, colours: Sequence[str], hovers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the arc layers by colour, the smallest first so that the largest lie on top.

    ``flows`` are arcs as ``services.referrals_map`` makes them; ``weights`` (not negative) are what the widths stand for; each has
    its colour and its tooltip (plain text).
    """
    ends = [flows[[f"{end}_longitude", f"{end}_latitude"]].to_numpy(dtype=float).round(4).tolist() for end in ("origin", "destination")]
    columns = (*ends, arc_widths(weights.tolist()), flows["origin"].tolist(), flows["destination"].tolist(), hovers)
    rows = [
        {"s": start, "t": end, "w": width, "o": origin, "d": destination, "hover": hover}
        for start, end, width, origin, destination, hover in zip(*columns, strict=True)
    ]
    by_colour: dict[str, list[dict[str, Any]]] = {}
    for place in np.argsort(weights.to_numpy(dtype=float), kind="stable"):
        by_colour.setdefault(colours[place], []).append(rows[place])
    return by_colour


def arc_layers(by_colour: Mapping[str, list[dict[str, Any]]]) -> list[pdk.Layer]:
    """Return the layers of the arcs that ``arc_rows`` made, one for each colour; very many are thin and see-through.

    A colour that belongs to the layer is not worked out anew for each of ten thousand arcs. The layer with the heaviest arc comes last.
    """
    count = sum(len(rows) for rows in by_colour.values())
    many = count > _MANY_ARCS
    pale, full = _ALPHAS_OF_MANY if many else (_PALE, _FULL)
    segments = next((fine for most, fine in _SEGMENTS if count <= most), _FEWEST_SEGMENTS)
    return [
        pdk.Layer(
            "ArcLayer",
            rows,
            id=f"{ARCS}{number}",
            get_source_position="s",
            get_target_position="t",
            get_source_color=[*rgb(colour)[:3], pale],
            get_target_color=[*rgb(colour)[:3], full],
            get_width="w",
            width_units=pdk.types.String("pixels"),
            get_height=_BEND,
            get_tilt=90,
            num_segments=segments,
            pickable=True,
            auto_highlight=True,
            parameters=_ON_TOP,
        )
        for number, (colour, rows) in enumerate(sorted(by_colour.items(), key=lambda each: each[1][-1]["w"]))
    ]


def _text_width(text: str, size: int) -> float:
    return max(line_width(line, size, 0.56 * size) for line in text.split("\n"))


@lru_cache(maxsize=64)
def _offsets(boxes: tuple[LabelBox, ...]) -> list[tuple[float, float]]:
    """Return ``placed_labels`` of boxes that were often placed before: the same map, seen again."""
    return placed_labels(boxes)


def label_layer(labels: Sequence[PlaceLabel], window: MapWindow, colours: Palette, size: int = 12) -> pdk.Layer:
    """Return the layer of ``labels``, moved apart as they stand in ``window``."""
    ordered = sorted(labels, key=lambda label: not label.strong)
    boxes = []
    for label in ordered:
        x, y = window.pixel(label.longitude, label.latitude)
        lines = label.text.count("\n") + 1
        boxes.append(LabelBox(x, y, _text_width(label.text, size) + 4, 1.25 * size * lines, 8.0 if label.strong else 5.0, label.side))
    rows = [
        {
            "position": [round(label.longitude, 5), round(label.latitude, 5)],
            "text": label.text,
            "offset": [round(across, 1), round(down, 1)],
            "colour": rgb(label.colour or colours.text),
        }
        for label, (across, down) in zip(ordered, _offsets(tuple(boxes)), strict=True)
    ]
    return pdk.Layer(
        "TextLayer",
        rows,
        id=FLOW_LABELS,
        get_position="position",
        get_text="text",
        get_size=size,
        get_color="colour",
        get_pixel_offset="offset",
        background=True,
        get_background_color=rgb(colours.card, 150),
        background_padding=[1, 0, 1, 0],
        font_family=pdk.types.String(FONT_FAMILY),
        font_weight=pdk.types.String("bold"),
        character_set=pdk.types.String("auto"),
        pickable=False,
        parameters=_ON_TOP,
    )


def widened(bounds: Bounds, margin: float = _EDGE_MARGIN) -> Bounds:
    """Return ``bounds`` with the rim on which places beyond the county stand."""
    west, south, east, north = bounds
    across, along = (east - west) * margin, (north - south) * margin
    return west - across, south - along, east + across, north + along


@dataclass(frozen=True, eq=False)
class FlowPicture:
    """Everything that one flow map shows."""

    boundaries: Boundaries
    bounds: Bounds
    towns: Sequence[TownMark]
    sites: Sequence[SiteMark]
    labels: Sequence[PlaceLabel]
    arcs: Mapping[str, list[dict[str, Any]]]


class CompactDeck(pdk.Deck):
    """A deck whose JSON carries no indentation and no escapes: a third of the bytes, a tenth of the time."""

    def to_json(self) -> str:
        """Return the deck as the browser reads it."""
        return json.dumps(self, default=default_serialize, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def flow_deck(picture: FlowPicture, colours: Palette, *, width: int, height: int, generation: int = 0) -> pdk.Deck | None:
    """Return the deck of ``picture`` fitted into a window of ``width`` × ``height`` pixels; None without any shape.

    ``generation`` stands in the ids of the layers that can be clicked: when it changes, the browser forgets what was selected.
    """
    window = fitted_window(widened(picture.bounds), width, height, _LABEL_MARGIN)
    extra = (*arc_layers(picture.arcs), label_layer(picture.labels, window, colours))
    county = base_map(picture.boundaries, picture.towns, picture.sites, extra=extra, colours=colours)
    if county is None:
        return None
    for layer in county.layers:
        if layer.pickable:
            layer.id = f"{layer.id}{_GENERATION}{generation}"
    view = pdk.ViewState(
        longitude=window.longitude, latitude=window.latitude, zoom=window.zoom, min_zoom=window.zoom - 1, max_zoom=window.zoom + 5
    )
    return CompactDeck(layers=list(county.layers), initial_view_state=view, map_provider=None, tooltip={"text": "{hover}"})


def clicked_place(objects: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[str, ...]:
    """Return what was clicked: a place, or both ends of an arc; empty when it was nothing. An institution lies above an arc."""
    clicked = {layer.partition(_GENERATION)[0].rstrip("0123456789"): rows[0] for layer, rows in objects.items() if rows}
    site, arc, town = (clicked.get(layer) for layer in (SITES, ARCS, TOWNS))
    if site:
        return (str(site["code"]),)
    if arc:
        return str(arc["o"]), str(arc["d"])
    return (f"town:{town['properties']['code']}",) if town else ()


def show_flow_map(
    deck: pdk.Deck | None, *, key: str, alt: str, height: int, note: str, on_click: Callable[[tuple[str, ...]], None]
) -> None:
    """Draw ``deck`` and call ``on_click`` with what the reader clicks (``clicked_place``); ``note`` says what the shapes are."""
    if deck is None:
        empty_state(_("没有镇街边界，地图画不出来。"), _("请提供镇街坐标（dim_town 的经度、纬度）或边界文件（BOUNDARY_FILE）。"))
        return

    def selected() -> None:
        state = st.session_state.get(key)
        clicked = clicked_place(state["selection"].get("objects", {}) if state else {})
        if clicked:  # nothing: the browser forgot a selection of layers that are gone
            on_click(clicked)

    st.pydeck_chart(deck, height=height, key=key, alt=alt, on_select=selected)
    st.caption(escaped(note))


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of ``frame`` as objects whose attributes are its columns."""
    return list(frame.itertuples(index=False))
