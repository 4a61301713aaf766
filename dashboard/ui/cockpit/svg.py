"""Pictures of the cockpit as SVG: sparkline, bed efficiency, and the map with its moving flows."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from dashboard.analysis.chart_geometry import area_radius
from dashboard.analysis.chart_geometry import quadrants as plane_of
from dashboard.analysis.chart_geometry import sparkline as line_of
from dashboard.analysis.flow_geometry import HARDLY_COVERED, LabelBox, MapWindow, fitted_window, placed_labels
from dashboard.analysis.naming import all_elided
from dashboard.services.cockpit.answer import CockpitFlows
from dashboard.services.overview import wording
from dashboard.services.overview.answer import BedPicture
from dashboard.ui.cockpit.html import SMALLEST_TEXT, Markup, community_class, tag, text_width
from dashboard.ui.kit import formatting
from dashboard.ui.kit.flow_map import arc_widths
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.maps import short_town_name
from dashboard.ui.referrals.controls import place_name

_LINE = 1.25 * SMALLEST_TEXT
_BEND = 0.22
_LEADS_NAMED = 5
_MAP_LETTERS = 8
"""Letters of an institution's name in a picture; a longer one is elided in the middle."""
_ROOM = 0.15
_QUIET = ("station", "pharmacy", "public_health")
_MARGIN = (30, 26)
_EDGE = 22


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def sparkline(values: Sequence[float | None], width: int = 110, height: int = 50) -> Markup:
    """Return the line of the last months; a missing month leaves a gap, the last known one carries a dot."""
    line = line_of(values)
    if line is None or sum(len(piece) for piece in line.pieces) < 2:
        return Markup("")

    def at(point: tuple[float, float]) -> tuple[str, str]:
        across, down = line.placed(point, width - 10, height - 12)
        return _number(4 + across), _number(6 + down)

    steps = [f"{'L' if number else 'M'}{' '.join(at(point))}" for piece in line.pieces for number, point in enumerate(piece)]
    across, down = at(line.last)
    return tag(
        "svg",
        tag("path", d=" ".join(steps), class_="trend"),
        tag("circle", cx=across, cy=down, r=4.5, class_="now"),
        viewBox=f"0 0 {width} {height}",
        class_="spark",
        preserveAspectRatio="xMaxYMid meet",
        aria_hidden="true",
    )


def _labels(
    boxes: Sequence[LabelBox], words: Sequence[tuple[str, str]], width: float, height: float, obstacles: Sequence[LabelBox] = ()
) -> list[Markup]:
    """Return the texts (words, class) of ``boxes``, moved apart, off the ``obstacles``, and kept inside the picture."""
    shown = []
    offsets = placed_labels([*boxes, *obstacles])[: len(boxes)]
    for box, (content, kind), offset in zip(boxes, words, offsets, strict=True):
        if offset is None:
            continue
        across, down = offset
        half = box.width / 2
        x = min(max(box.x + across, half), width - half)
        y = min(max(box.y + down, box.height / 2), height - box.height / 2)
        lines = content.split("\n")
        first = y - (len(lines) - 1) * _LINE / 2 + 0.36 * SMALLEST_TEXT
        shown += [
            tag("text", line, x=_number(x), y=_number(first + number * _LINE), class_=kind, text_anchor="middle")
            for number, line in enumerate(lines)
        ]
    return shown


def _box(x: float, y: float, content: str, clearance: float, side: str = "below") -> LabelBox:
    lines = content.split("\n")
    return LabelBox(x, y, max(text_width(line) for line in lines) + 6, _LINE * len(lines), clearance, side)


# Bed efficiency ----------------------------------------------------------------------------------------------------------


def pabon(picture: BedPicture, width: int, height: int) -> Markup:
    """Return the institutions by occupancy (across) and turnover (up) as multiples of their own kind's medians; the largest are named."""
    points = [point for point in picture.compared if not math.isnan(point.turnover_index)]
    xs, ys = [point.occupancy_index for point in points], [point.turnover_index for point in points]
    plane = plane_of(xs, ys, 1.0, 1.0, _ROOM)
    across, down = plane.placed(plane.x_line, plane.y_line, width, height)
    most = max((point.beds for point in points), default=1.0)
    spots = [
        (point, *plane.placed(x, y, width, height), area_radius(point.beds, most, 15, 5))
        for point, x, y in zip(points, xs, ys, strict=True)
    ]
    leads = sorted(spots, key=lambda spot: -spot[0].beds)[:_LEADS_NAMED]
    fixed = _told_along_the_medians(across, down, width, height)
    labels = all_elided([point.name for point, *_place in leads], _MAP_LETTERS)
    boxes = [_box(x, y, label, radius) for label, (_point, x, y, radius) in zip(labels, leads, strict=True)]
    names = [(label, "name") for label in labels]
    obstacles = [obstacle for content, x, y, anchor in fixed for obstacle in _obstacles(content, x, y, anchor)]
    drawn = [
        tag("line", x1=_number(across), x2=_number(across), y1=0, y2=height, class_="mean"),
        tag("line", x1=0, x2=width, y1=_number(down), y2=_number(down), class_="mean"),
        *(
            tag("circle", cx=_number(x), cy=_number(y), r=_number(radius), class_=f"bed {community_class(point.position)}")
            for point, x, y, radius in sorted(spots, key=lambda spot: -spot[3])
        ),
        *(tag("text", content, x=_number(x), y=_number(y), class_="quiet", text_anchor=anchor) for content, x, y, anchor in fixed),
        *_labels(boxes, names, width, height, obstacles),
    ]
    return tag(
        "svg", *drawn, viewBox=f"0 0 {width} {height}", class_="plot", role="img", aria_label=wording.beds_title(picture, language())
    )


def _told_along_the_medians(across: float, down: float, width: int, height: int) -> list[tuple[str, float, float, str]]:
    """Return quadrant and line names as (text, x, y of the base line, anchor): along the dashed lines, where the fewest circles are."""
    top, bottom, aside = 0.9 * SMALLEST_TEXT, height - 0.2 * SMALLEST_TEXT, 8
    return [
        (_("II 富余"), across - aside, top, "end"),
        (_("III 高效"), across + aside, top, "start"),
        (_("I 利用不足"), across - aside, bottom, "end"),
        (_("IV 住院偏长"), across + aside, bottom, "start"),
        (_("周转"), 0, down - aside, "start"),
        (_("使用率"), width, down + _LINE, "end"),
    ]


def _obstacles(content: str, x: float, y: float, anchor: str) -> list[LabelBox]:
    """Return what keeps labels off a text that stands fast: marks along it, without a label of their own."""
    reach = text_width(content)
    left = x - reach if anchor == "end" else x
    half = SMALLEST_TEXT / 2
    return [
        LabelBox(left + half + step * SMALLEST_TEXT, y - 0.36 * SMALLEST_TEXT, 0, 0, half)
        for step in range(math.ceil(reach / SMALLEST_TEXT))
    ]


# The map -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MapStyle:
    """How a map is drawn: its size, whose flows, what the emphasis goes through ("direction" or "community"), whether towns are named."""

    width: int
    height: int
    community: str = ""
    emphasis: str = "direction"
    towns: bool = False


def shown_directions(picture: CockpitFlows) -> list[str]:
    """Return the directions that have arcs, in their order; the emphasis goes through them from step 1 on."""
    there = set(picture.arcs["direction"])
    return [name for name in ("up", "down", "lateral", "out") if name in there]


def flow_map_svg(picture: CockpitFlows, style: MapStyle) -> Markup:
    """Return towns in their community's colour, referrals as arcs that move where the emphasis is, lead hospitals and places beyond."""
    where = picture.places
    if where.frame is None:
        return Markup("")
    arcs = _of_community(picture, style.community)
    table = where.table
    reached = {*arcs["origin"], *arcs["destination"]}
    outside = [place for place in picture.outside.index if place in reached and pd.notna(table["longitude"][place])]
    window = fitted_window(where.frame.bounds, style.width, style.height, _MARGIN)
    edge = _beyond(picture, outside, window)
    drawn = [
        tag("g", *_towns(picture, window, style), class_="towns"),
        tag("g", *_arcs(arcs, picture, window, edge, style), class_="arcs"),
        tag("g", *_sites(picture, arcs, window, style), class_="sites"),
        *_map_labels(picture, edge, window, style),
    ]
    return tag("svg", *drawn, viewBox=f"0 0 {style.width} {style.height}", class_="plot map", role="img", aria_label=_("转诊流向地图"))


def _of_community(picture: CockpitFlows, community: str) -> pd.DataFrame:
    if not community:
        return picture.arcs
    ends = [picture.arcs[end].map(picture.belongs) == community for end in ("origin", "destination")]
    return picture.arcs[ends[0] | ends[1]]


def _beyond(picture: CockpitFlows, places: Sequence[str], window: MapWindow) -> dict[str, tuple[float, float]]:
    """Return where places beyond the county stand: at the edge of the picture, in their direction from its middle."""
    table, spots = picture.places.table, {}
    across, upright = window.width / 2 - _EDGE, window.height / 2 - _EDGE
    for place in places:
        x, y = window.pixel(float(table["longitude"][place]), float(table["latitude"][place]))
        dx, dy = x - window.width / 2, y - window.height / 2
        reach = min(across / abs(dx) if dx else math.inf, upright / abs(dy) if dy else math.inf)
        spots[place] = (window.width / 2 + dx * reach, window.height / 2 + dy * reach) if dx or dy else (window.width / 2, _EDGE)
    return spots


def _rings(geometry: Mapping[str, Any]) -> Iterable[Sequence[Sequence[float]]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return (ring for polygon in polygons for ring in polygon)


def _position(picture: CockpitFlows, place: str) -> int:
    row = picture.places.rows.get(place)
    return -1 if row is None else int(row["position"])


def _towns(picture: CockpitFlows, window: MapWindow, style: MapStyle) -> list[Markup]:
    shapes = []
    for code, geometry in picture.boundaries.geojson.items():
        place = f"town:{code}"
        path = "".join(
            "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in (window.pixel(*point[:2]) for point in ring)) + "Z"
            for ring in _rings(geometry)
        )
        own = not style.community or picture.belongs.get(place) == style.community
        shapes.append(tag("path", d=path, class_=f"town {community_class(_position(picture, place))}{'' if own else ' other'}"))
    return shapes


def _step(picture: CockpitFlows, direction: str, ends: tuple[str, str], style: MapStyle, communities: Mapping[str, int]) -> str:
    if style.emphasis == "direction":
        return str(shown_directions(picture).index(direction) + 1)
    codes = {picture.belongs.get(end, "") for end in ends}
    return " ".join(sorted(str(communities[code] + 1) for code in codes if code in communities))


def _arcs(
    arcs: pd.DataFrame, picture: CockpitFlows, window: MapWindow, edge: Mapping[str, tuple[float, float]], style: MapStyle
) -> list[Markup]:
    order = {community: number for number, community in enumerate(emphasised_communities(picture))}
    drawn = []
    ordered = arcs.assign(width=arc_widths(arcs["cases"].tolist())).sort_values("cases", kind="stable")
    columns = ["origin", "destination", "direction", "width", "origin_longitude", "origin_latitude"]
    columns += ["destination_longitude", "destination_latitude"]
    for origin, destination, direction, wide, *ends in ordered[columns].itertuples(index=False, name=None):
        x, y = edge.get(origin) or window.pixel(*ends[:2])
        to_x, to_y = edge.get(destination) or window.pixel(*ends[2:])
        # To the right of its direction, so that both ways of a pair are seen.
        middle_x, middle_y = (x + to_x) / 2 - _BEND * (to_y - y), (y + to_y) / 2 + _BEND * (to_x - x)
        path = f"M{_number(x)} {_number(y)}Q{_number(middle_x)} {_number(middle_y)} {_number(to_x)} {_number(to_y)}"
        lines = (tag("path", d=path, class_="line"), tag("path", d=path, class_="run"))
        step = _step(picture, direction, (origin, destination), style, order)
        drawn.append(tag("g", *lines, class_=f"flow {direction}", data_in=step, style=f"--w:{_number(wide)}"))
    return drawn


def emphasised_communities(picture: CockpitFlows) -> list[str]:
    """Return the communities that have arcs, in display order: the steps of an emphasis on communities."""
    there = {picture.belongs.get(place, "") for end in ("origin", "destination") for place in picture.arcs[end]} - {""}
    rows = picture.places.table
    ordered = rows[(rows["kind"] == "community") & rows["community"].isin(there)].sort_values("position")
    return [str(code) for code in ordered["community"]]


def _shown_sites(picture: CockpitFlows, arcs: pd.DataFrame, style: MapStyle) -> pd.DataFrame:
    table = picture.places.table
    active = set(arcs["origin"]) | set(arcs["destination"])
    sites = table[(table["kind"] == "site") & table["in_county"] & table["longitude"].notna() & ~table["site_kind"].isin(_QUIET)]
    own = sites["community"].eq(style.community) if style.community else pd.Series(True, index=sites.index)
    return sites[own | sites.index.isin(active)]


def _sites(picture: CockpitFlows, arcs: pd.DataFrame, window: MapWindow, style: MapStyle) -> list[Markup]:
    sites = _shown_sites(picture, arcs, style).sort_values("role")
    marks = []
    for longitude, latitude, role, position in sites[["longitude", "latitude", "role", "position"]].itertuples(index=False, name=None):
        x, y = window.pixel(longitude, latitude)
        lead = role == "lead"
        kind = f"site {community_class(int(position))}{' lead' if lead else ''}"
        marks.append(tag("circle", cx=_number(x), cy=_number(y), r=12 if lead else 6, class_=kind))
    return marks


def _map_labels(picture: CockpitFlows, edge: Mapping[str, tuple[float, float]], window: MapWindow, style: MapStyle) -> list[Markup]:
    table = picture.places.table
    named: list[tuple[str, str, str, float, str]] = []
    for place in edge:
        name, cases = place_name(picture.places, place), float(picture.outside[place])
        hidden = bool(style.community) or math.isnan(cases)
        content = name if hidden else _("{place}\n{count} 人次", place=name, count=formatting.count(cases))
        named.append((place, content, "outside", 10, "above"))
    leads = table[(table["kind"] == "site") & (table["role"] == "lead") & table["in_county"] & table["longitude"].notna()]
    own = leads[leads["community"] == style.community] if style.community else leads
    labels = all_elided([str(name) for name in own["name"]], _MAP_LETTERS)
    named += [(str(place), label, "name", 14, "above") for place, label in zip(own.index, labels, strict=True)]
    if style.towns or style.community:
        towns = table[(table["kind"] == "town") & table["longitude"].notna()]
        chosen = towns[towns["community"] == style.community] if style.community else towns
        named += [(str(place), short_town_name(str(name)), "quiet", 10, "below") for place, name in chosen["name"].items()]
    boxes = []
    for place, content, kind, clearance, side in named:
        x, y = edge.get(place) or window.pixel(float(table["longitude"][place]), float(table["latitude"][place]))
        box = _box(x, y, content, clearance, side)
        half_width, half_height = box.width / 2, box.height / 2
        inside = replace(
            box,
            x=min(max(x, half_width), style.width - half_width),
            y=min(max(y, half_height), style.height - half_height),
            most_covered=HARDLY_COVERED if kind == "quiet" else math.inf,
        )
        boxes.append(inside)
    return _labels(boxes, [(content, kind) for _place, content, kind, _c, _s in named], style.width, style.height)
