"""The flow map: curved arcs between places on the county's base map, places beyond the county at its edge, and what a click means.

Arcs are deck.gl arcs laid flat (tilt 90): they bend to the right of their direction, so that both directions of a pair are seen,
and they are drawn from four numbers each. An arc is pale where it begins and full where it arrives.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pydeck as pdk
import streamlit as st
from pydeck.bindings.json_tools import default_serialize

from dashboard.analysis.flow_geometry import HARDLY_COVERED, Bounds, LabelBox, MapWindow, fitted_window, placed_labels
from dashboard.services.common.boundaries import Boundaries
from dashboard.ui.kit.formatting import line_width, shortened
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.maps import SITES, TOWNS, SiteMark, TownMark, base_map, rgb
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.theme import FONT_FAMILY, Palette

ARCS, FLOW_LABELS = "arcs", "flow_labels"
_GENERATION = "@"
_PALE, _FULL = 90, 235
_WIDEST, _NARROWEST = 11.0, 1.2
_BEND = 0.28
_MANY_ARCS, _LEADING_ARCS = 2_000, 120
"""Of more than so many arcs, so many are drawn as ever; the others are the ground that they stand on, thin and almost clear."""
_WIDEST_OF_MANY, _THIN = 4.0, 0.5
_THIN_PALE, _THIN_FULL = 8, 38
# A browser without a graphics card pays for every segment: the more arcs, the fewer each.
_FEW_ARCS, _FINE, _COARSE, _COARSEST = 300, 28, 12, 3
_EDGE_MARGIN = 0.06
_LABEL_MARGIN = (52, 40)
_LABEL_SIZE, _LABEL_ROOM = 12, 156
_LATIN = 0.64 * _LABEL_SIZE
_ON_TOP = {"depthCompare": "always"}


@dataclass(frozen=True)
class PlaceLabel:
    """A name on the map. Those that are shown ``always`` are placed first, then the heaviest; one without room is left out.

    ``weight`` is what counts (cases), not negative; ``marked`` says that a circle stands there.
    """

    longitude: float
    latitude: float
    text: str
    weight: float = 0.0
    always: bool = False
    marked: bool = False
    colour: str = ""
    side: str = "below"


@dataclass(frozen=True)
class ArcGroup:
    """Arcs of one colour that are drawn alike, the smallest first.

    ``leading`` ones carry their width (``w``) and stand out from the ground of many others, which are all equally thin.
    """

    colour: str
    leading: bool
    rows: list[dict[str, Any]]


def arc_widths(weights: Sequence[float]) -> list[float]:
    """Return the widths in pixels of arcs: their squares grow with the weight, the smallest stay visible."""
    sizes = np.asarray(weights, dtype=float)
    largest = float(sizes.max()) if len(sizes) else 0.0
    shares = np.sqrt(sizes / largest) if largest > 0 else np.zeros(len(sizes))
    widest = _WIDEST if len(sizes) <= _MANY_ARCS else _WIDEST_OF_MANY
    return list((_NARROWEST + (widest - _NARROWEST) * shares).round(1).tolist())


def _leads(sizes: np.ndarray) -> np.ndarray:
    """Return which arcs stand out: all of them or, of very many, the largest."""
    leads = np.full(len(sizes), len(sizes) <= _MANY_ARCS)
    leads[np.argsort(sizes, kind="stable")[-_LEADING_ARCS:]] = True
    return leads


def arc_groups(flows: pd.DataFrame, weights: pd.Series, colours: Sequence[str], hovers: Sequence[str]) -> list[ArcGroup]:
    """Return the arcs by how they are drawn, what is to lie on top last.

    ``flows`` are arcs as ``services.referrals_map`` makes them; ``weights`` (not negative) are what the widths stand for; each has
    its colour and its tooltip (plain text).
    """
    sizes = weights.to_numpy(dtype=float)
    ends = [flows[[f"{end}_longitude", f"{end}_latitude"]].to_numpy(dtype=float).round(4).tolist() for end in ("origin", "destination")]
    # Through objects: pandas hands out texts one by one, ten times as slowly.
    codes = [flows[end].to_numpy(dtype=object).tolist() for end in ("origin", "destination")]
    leads = _leads(sizes).tolist()
    columns = (*ends, arc_widths(sizes.tolist()), *codes, leads, hovers)
    # Every letter counts: Streamlit's reader takes a fifth of a second for the rows of ten thousand arcs.
    rows = [
        {"s": start, "t": end, "w": width, "o": origin, "d": destination, "hover": hover}
        if leading
        else {"s": start, "t": end, "o": origin, "d": destination, "hover": hover}
        for start, end, width, origin, destination, leading, hover in zip(*columns, strict=True)
    ]
    by_look: dict[tuple[bool, str], list[dict[str, Any]]] = {}
    for place in np.argsort(sizes, kind="stable"):
        by_look.setdefault((leads[place], colours[place]), []).append(rows[place])
    groups = [ArcGroup(colour, leading, members) for (leading, colour), members in by_look.items()]
    return sorted(groups, key=lambda group: (group.leading, group.rows[-1].get("w", 0.0)))


def arc_layers(groups: Sequence[ArcGroup]) -> list[pdk.Layer]:
    """Return the layers of the arcs that ``arc_groups`` made, one each.

    A colour that belongs to the layer is not worked out anew for each of ten thousand arcs.
    """
    count = sum(len(group.rows) for group in groups)
    segments = _FINE if count <= _FEW_ARCS else _COARSE
    return [
        pdk.Layer(
            "ArcLayer",
            group.rows,
            id=f"{ARCS}{number}",
            get_source_position="s",
            get_target_position="t",
            get_source_color=[*rgb(group.colour)[:3], _PALE if group.leading else _THIN_PALE],
            get_target_color=[*rgb(group.colour)[:3], _FULL if group.leading else _THIN_FULL],
            get_width="w" if group.leading else _THIN,
            width_units=pdk.types.String("pixels"),
            get_height=_BEND,
            get_tilt=90,
            num_segments=segments if group.leading else _COARSEST,
            pickable=True,
            auto_highlight=True,
            parameters=_ON_TOP,
        )
        for number, group in enumerate(groups)
    ]


def _text_width(text: str) -> float:
    return max(line_width(line, _LABEL_SIZE, _LATIN) for line in text.split("\n"))


@lru_cache(maxsize=64)
def _offsets(boxes: tuple[LabelBox, ...]) -> list[tuple[float, float] | None]:
    """Return ``placed_labels`` of boxes that were often placed before: the same map, seen again."""
    return placed_labels(boxes)


def _inside(box: LabelBox, across: float, window: MapWindow) -> float:
    """Return ``across`` so that the label is not cut at the left or right edge of ``window``."""
    half = box.width / 2
    return min(max(box.x + across, half), max(half, window.width - half)) - box.x


def label_rows(labels: Sequence[PlaceLabel], window: MapWindow, colours: Palette) -> list[dict[str, Any]]:
    """Return the rows of the label layer: those of ``labels`` that find room in ``window``, moved apart, long ones cut."""
    ordered = sorted(labels, key=lambda label: (not label.always, -label.weight))
    texts = [label.text if label.always else shortened(label.text, _LABEL_ROOM, _LABEL_SIZE, _LATIN) for label in ordered]
    boxes = []
    for label, text in zip(ordered, texts, strict=True):
        x, y = window.pixel(label.longitude, label.latitude)
        high = 1.25 * _LABEL_SIZE * (text.count("\n") + 1)
        covered = math.inf if label.always else HARDLY_COVERED
        boxes.append(LabelBox(x, y, _text_width(text) + 4, high, 8.0 if label.marked else 5.0, label.side, covered))
    return [
        {
            "position": [round(label.longitude, 5), round(label.latitude, 5)],
            "text": text,
            "offset": [round(_inside(box, offset[0], window), 1), round(offset[1], 1)],
            "colour": rgb(label.colour or colours.text),
        }
        for label, text, box, offset in zip(ordered, texts, boxes, _offsets(tuple(boxes)), strict=True)
        if offset is not None
    ]


def _label_layer(rows: list[dict[str, Any]], colours: Palette) -> pdk.Layer:
    return pdk.Layer(
        "TextLayer",
        rows,
        id=FLOW_LABELS,
        get_position="position",
        get_text="text",
        get_size=_LABEL_SIZE,
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
    arcs: Sequence[ArcGroup]


@dataclass(frozen=True, eq=False)
class FlowDeck:
    """A picture ready for the browser, and how many names found no room in it."""

    deck: pdk.Deck
    names_left_out: int


class CompactDeck(pdk.Deck):
    """A deck whose JSON carries no indentation and no escapes: a third of the bytes, a tenth of the time."""

    def to_json(self) -> str:
        """Return the deck as the browser reads it."""
        return json.dumps(self, default=default_serialize, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def flow_deck(picture: FlowPicture, colours: Palette, *, width: int, height: int, generation: int = 0) -> FlowDeck | None:
    """Return the deck of ``picture`` fitted into a window of ``width`` × ``height`` pixels; None without any shape.

    ``generation`` stands in the ids of the layers that can be clicked: when it changes, the browser forgets what was selected.
    """
    window = fitted_window(widened(picture.bounds), width, height, _LABEL_MARGIN)
    names = label_rows(picture.labels, window, colours)
    extra = (*arc_layers(picture.arcs), _label_layer(names, colours))
    county = base_map(picture.boundaries, picture.towns, picture.sites, extra=extra, colours=colours)
    if county is None:
        return None
    for layer in county.layers:
        if layer.pickable:
            layer.id = f"{layer.id}{_GENERATION}{generation}"
    view = pdk.ViewState(
        longitude=window.longitude, latitude=window.latitude, zoom=window.zoom, min_zoom=window.zoom - 1, max_zoom=window.zoom + 5
    )
    deck = CompactDeck(layers=list(county.layers), initial_view_state=view, map_provider=None, tooltip={"text": "{hover}"})
    return FlowDeck(deck, len(picture.labels) - len(names))


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
    drawn: FlowDeck | None, *, key: str, alt: str, height: int, note: str, on_click: Callable[[tuple[str, ...]], None]
) -> None:
    """Draw a deck and call ``on_click`` with what the reader clicks (``clicked_place``); ``note`` says what the shapes are."""
    if drawn is None:
        empty_state(_("没有镇街边界，地图画不出来。"), _("请提供镇街坐标（dim_town 的经度、纬度）或边界文件（BOUNDARY_FILE）。"))
        return

    def selected() -> None:
        state = st.session_state.get(key)
        clicked = clicked_place(state["selection"].get("objects", {}) if state else {})
        if clicked:  # nothing: the browser forgot a selection of layers that are gone
            on_click(clicked)

    st.pydeck_chart(drawn.deck, height=height, key=key, alt=alt, on_select=selected)
    st.caption(escaped(note))


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of ``frame`` as objects whose attributes are its columns."""
    return list(frame.itertuples(index=False))
