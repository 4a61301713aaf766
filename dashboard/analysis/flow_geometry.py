"""Where things stand on a flow map: distance and direction, places beyond the edge, and labels that do not cover each other.

Plain geometry in WGS-84 degrees. Within a county and its surroundings longitude is scaled by the cosine of the latitude;
distances are great-circle ones on a sphere (error below 0.6 %).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EARTH_KILOMETRES = 6371.0088
_WORLD_PIXELS = 512
Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""
EVERYWHERE: Box = (-math.inf, -math.inf, math.inf, math.inf)


def distance_km(longitude: Floats, latitude: Floats, from_longitude: float, from_latitude: float) -> Floats:
    """Return the great-circle distance in kilometres of points (degrees) from one point; missing stays missing."""
    east, north = np.radians(np.asarray(longitude, dtype=float)), np.radians(np.asarray(latitude, dtype=float))
    start_east, start_north = math.radians(from_longitude), math.radians(from_latitude)
    half = np.sin((north - start_north) / 2) ** 2 + np.cos(north) * math.cos(start_north) * np.sin((east - start_east) / 2) ** 2
    return 2 * EARTH_KILOMETRES * np.arcsin(np.sqrt(np.minimum(half, 1.0)))


def bearing_degrees(longitude: Floats, latitude: Floats, from_longitude: float, from_latitude: float) -> Floats:
    """Return the initial bearing from one point to others, clockwise from north, 0 to below 360; missing stays missing."""
    east, north = np.radians(np.asarray(longitude, dtype=float) - from_longitude), np.radians(np.asarray(latitude, dtype=float))
    start = math.radians(from_latitude)
    across = np.sin(east) * np.cos(north)
    along = math.cos(start) * np.sin(north) - math.sin(start) * np.cos(north) * np.cos(east)
    return np.degrees(np.arctan2(across, along)) % 360


def sectors(bearings: Sequence[float], widest_gap: float = 15.0) -> list[int]:
    """Return a group number for each bearing: neighbours on the compass up to ``widest_gap`` degrees apart belong together.

    Groups are numbered from 0 clockwise, beginning with the group that follows the widest empty sector.
    """
    if not len(bearings):
        return []
    angles = np.asarray(bearings, dtype=float) % 360
    order = np.argsort(angles, kind="stable")
    steps = np.diff(np.append(angles[order], angles[order][0] + 360))
    start = (int(np.argmax(steps)) + 1) % len(order)
    turned = np.roll(order, -start)
    gaps = np.roll(steps, -start)[:-1]
    groups = np.concatenate([[0], np.cumsum(gaps > widest_gap)]).astype(int)
    answer = np.empty(len(order), dtype=int)
    answer[turned] = groups
    return [int(group) for group in answer]


def edge_point(bearing: float, bounds: Bounds, margin: float = 0.06) -> tuple[float, float]:
    """Return where the ray from the middle of ``bounds`` in direction ``bearing`` leaves them, widened by ``margin`` of their size.

    The direction is the one on the ground (degrees of longitude are scaled at the middle latitude), so it is also the one on
    the map.
    """
    west, south, east, north = bounds
    middle_longitude, middle_latitude = (west + east) / 2, (south + north) / 2
    scale = math.cos(math.radians(middle_latitude))
    half_width, half_height = (east - west) / 2 * (1 + 2 * margin) * scale, (north - south) / 2 * (1 + 2 * margin)
    across, along = math.sin(math.radians(bearing)), math.cos(math.radians(bearing))
    reach = min(half_width / abs(across) if across else math.inf, half_height / abs(along) if along else math.inf)
    return middle_longitude + across * reach / scale, middle_latitude + along * reach


@dataclass(frozen=True)
class LabelBox:
    """A label to place: its anchor in pixels (y grows downwards), its size in pixels, the clearance of its mark, its favourite side.

    ``most_covered`` is the share of its area that may lie on other labels, and five times that on marks; where no side does with less
    it is left out.
    """

    x: float
    y: float
    width: float
    height: float
    clearance: float = 6.0
    side: str = "below"
    most_covered: float = math.inf


_PLACES = {
    "below": (0, 1), "above": (0, -1), "right": (1, 0), "left": (-1, 0),
    "below right": (1, 1), "below left": (-1, 1), "above right": (1, -1), "above left": (-1, -1),
}  # fmt: skip
HARDLY_COVERED = 0.03
"""``most_covered`` of a label that is left out rather than read with trouble."""
_MARKS_MAY = 5
"""A mark under a label costs less than a label under it: the letters lie on top."""


def around(x: float, y: float, width: float, height: float) -> Box:
    """Return the box of ``width`` × ``height`` whose middle is a point."""
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def first_free(boxes: Sequence[Box], taken: list[Box], window: Box = EVERYWHERE) -> int | None:
    """Return which of ``boxes``, the favourite one first, lies in ``window`` and on none of ``taken``, and add it to them; None for none.

    For maps whose labels stand free or not at all; ``placed_labels`` is for those where some must stand whatever they cover.
    """
    for place, (left, top, right, bottom) in enumerate(boxes):
        within = window[0] <= left and window[1] <= top and right <= window[2] and bottom <= window[3]
        if within and not any(left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in taken):
            taken.append(boxes[place])
            return place
    return None


def placed_labels(labels: Sequence[LabelBox]) -> list[tuple[float, float] | None]:
    """Return for each label the offset in pixels of its centre from its anchor, so that as little as possible is covered.

    Greedy in the given order (important ones first): the favourite side, below, above, right, left, then the corners; the place
    that overlaps least with labels already placed and with all marks wins, the earlier one when equal. None for a label that would
    lie on others by more than its ``most_covered`` wherever it stood.
    """
    marks = _boxes([(label.x, label.y) for label in labels], [(2 * label.clearance, 2 * label.clearance) for label in labels])
    taken = np.empty((len(labels), 4))
    count = 0
    answer: list[tuple[float, float] | None] = []
    for number, label in enumerate(labels):
        places = [_PLACES[place] for place in sorted(_PLACES, key=label.side.__ne__)]
        offsets = [(across * (label.width / 2 + label.clearance), down * (label.height / 2 + label.clearance)) for across, down in places]
        boxes = _boxes([(label.x + across, label.y + down) for across, down in offsets], [(label.width, label.height)] * len(places))
        on_labels = _overlaps(boxes, taken[:count]).sum(axis=1)
        overlaps = _overlaps(boxes, marks)
        overlaps[:, number] = 0.0  # its own
        on_marks = overlaps.sum(axis=1)
        covered, allowed = on_labels + on_marks, label.most_covered * label.width * label.height
        covered[(on_labels > allowed) | (on_marks > _MARKS_MAY * allowed)] = np.inf
        best = int(np.argmin(covered))
        if np.isinf(covered[best]):
            answer.append(None)
            continue
        taken[count] = boxes[best]
        count += 1
        answer.append(offsets[best])
    return answer


def _boxes(centres: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]]) -> Floats:
    """Return left, top, right, bottom of boxes (rows)."""
    middle, half = np.array(centres, dtype=float).reshape(-1, 2), np.array(sizes, dtype=float).reshape(-1, 2) / 2
    return np.hstack([middle - half, middle + half])


def _overlaps(first: Floats, second: Floats) -> Floats:
    """Return the area in square pixels that each box of ``first`` (rows) shares with each of ``second`` (columns)."""
    across = np.minimum(first[:, None, 2], second[None, :, 2]) - np.maximum(first[:, None, 0], second[None, :, 0])
    down = np.minimum(first[:, None, 3], second[None, :, 3]) - np.maximum(first[:, None, 1], second[None, :, 1])
    return np.clip(across, 0, None) * np.clip(down, 0, None)


@dataclass(frozen=True)
class MapWindow:
    """What part of the world a window of ``width`` × ``height`` pixels shows: middle in degrees and Web Mercator zoom."""

    longitude: float
    latitude: float
    zoom: float
    width: int
    height: int

    def pixel(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return where a point stands in the window, in pixels from the top left."""
        size = _WORLD_PIXELS * 2**self.zoom
        across = (longitude - self.longitude) / 360 * size
        down = (_mercator(self.latitude) - _mercator(latitude)) / (2 * math.pi) * size
        return self.width / 2 + across, self.height / 2 + down


def world_pixel(longitude: float, latitude: float, zoom: float = 0.0) -> tuple[float, float]:
    """Return a point in pixels of the whole world (Web Mercator; 512 at zoom 0), from its top left."""
    size = _WORLD_PIXELS * 2**zoom
    return (longitude + 180) / 360 * size, size / 2 - _mercator(latitude) / (2 * math.pi) * size


def _mercator(latitude: float) -> float:
    return math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))


def fitted_window(bounds: Bounds, width: int, height: int, margin_pixels: tuple[float, float] = (40, 40)) -> MapWindow:
    """Return the window that shows ``bounds`` whole and leaves ``margin_pixels`` (left and right, top and bottom) for labels."""
    west, south, east, north = bounds
    top, bottom = _mercator(north), _mercator(south)
    across = max((east - west) / 360, 1e-9) * _WORLD_PIXELS
    upright = max((top - bottom) / (2 * math.pi), 1e-9) * _WORLD_PIXELS
    zoom = min(math.log2((width - 2 * margin_pixels[0]) / across), math.log2((height - 2 * margin_pixels[1]) / upright))
    middle = math.degrees(2 * math.atan(math.exp((top + bottom) / 2)) - math.pi / 2)
    return MapWindow((west + east) / 2, middle, zoom, width, height)
