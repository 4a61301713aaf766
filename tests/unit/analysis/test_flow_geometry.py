"""Distances, directions, the rim of the map and labels, against known places and by properties."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.flow_geometry import (
    LabelBox,
    around,
    bearing_degrees,
    distance_km,
    edge_point,
    first_free,
    fitted_window,
    placed_labels,
    sectors,
    world_pixel,
)

YUHANG = (119.7, 30.1, 120.4, 30.6)


def test_distance_from_hangzhou_to_shanghai() -> None:
    """Hangzhou (120.1551, 30.2741) to Shanghai (121.4737, 31.2304): 165 km by the haversine formula worked on paper."""
    assert distance_km(np.array([121.4737]), np.array([31.2304]), 120.1551, 30.2741)[0] == pytest.approx(165, abs=1)
    assert distance_km(np.array([120.0, np.nan]), np.array([30.0, 30.0]), 120.0, 30.0).tolist()[0] == 0.0


@pytest.mark.parametrize(("east", "north", "bearing"), [(0, 1, 0), (1, 0, 90), (0, -1, 180), (-1, 0, 270)])
def test_bearing_of_the_four_winds(east: float, north: float, bearing: float) -> None:
    found = bearing_degrees(np.array([120 + 0.1 * east]), np.array([30 + 0.1 * north]), 120.0, 30.0)[0]
    assert found == pytest.approx(bearing, abs=0.1)


def test_sectors_join_neighbours_across_north() -> None:
    assert sectors([]) == []
    assert sectors([40.0]) == [0]
    assert sectors([350.0, 5.0, 120.0, 130.0]) == [0, 0, 1, 1]
    assert sectors([10.0, 20.0, 30.0], 15.0) == [0, 0, 0]
    assert sectors([0.0, 90.0, 180.0, 270.0], 100.0) == [0, 0, 0, 0]


@given(st.lists(st.integers(0, 359), min_size=1, max_size=10), st.integers(1, 60))
def test_sectors_are_what_steps_up_to_the_gap_join(bearings: list[int], gap: int) -> None:
    """A slow second implementation: merge groups as long as two of their members lie close on the compass."""
    groups = [{index} for index in range(len(bearings))]

    def close(first: set[int], second: set[int]) -> bool:
        return any(min((bearings[a] - bearings[b]) % 360, (bearings[b] - bearings[a]) % 360) <= gap for a in first for b in second)

    merged = True
    while merged:
        pairs = [(a, b) for a in range(len(groups)) for b in range(a) if close(groups[a], groups[b])]
        merged = bool(pairs)
        if merged:
            groups[pairs[0][1]] |= groups.pop(pairs[0][0])
    found = sectors(bearings, gap)
    assert {frozenset(group) for group in groups} == {
        frozenset(index for index, value in enumerate(found) if value == number) for number in set(found)
    }


@given(st.floats(0, 360))
def test_edge_point_lies_on_the_rim_in_its_true_direction(bearing: float) -> None:
    longitude, latitude = edge_point(bearing, YUHANG)
    west, south, east, north = YUHANG
    middle = ((west + east) / 2, (south + north) / 2)
    scale = math.cos(math.radians(middle[1]))
    across, along = (longitude - middle[0]) * scale, latitude - middle[1]
    turn = (math.degrees(math.atan2(across, along)) - bearing + 180) % 360 - 180  # north is 0 and 360
    assert turn == pytest.approx(0, abs=1e-6)
    half_width, half_height = (east - west) / 2 * 1.12, (north - south) / 2 * 1.12
    assert max(abs(longitude - middle[0]) / half_width, abs(along) / half_height) == pytest.approx(1)


def test_labels_take_their_favourite_side_and_avoid_each_other() -> None:
    assert placed_labels([]) == []
    alone = LabelBox(100, 100, 40, 12, 6)
    assert placed_labels([alone]) == [(0.0, 12.0)]
    assert placed_labels([LabelBox(100, 100, 40, 12, 6, side="above")]) == [(0.0, -12.0)]
    first, second = placed_labels([alone, LabelBox(102, 101, 40, 12, 6)])
    assert first != second
    boxes = [(100 + first[0], 100 + first[1]), (102 + second[0], 101 + second[1])]
    assert abs(boxes[0][1] - boxes[1][1]) >= 12 or abs(boxes[0][0] - boxes[1][0]) >= 40


def covered_share(placed: list[tuple[LabelBox, tuple[float, float]]], number: int) -> float:
    """Return the share of a placed label that lies on the labels placed before it, counted pixel by pixel."""
    box, (across, down) = placed[number]
    left, top = box.x + across - box.width / 2, box.y + down - box.height / 2
    hit = 0
    for x in range(int(box.width)):
        for y in range(int(box.height)):
            point = left + x + 0.5, top + y + 0.5
            for other, (aside, below) in placed[:number]:
                if abs(point[0] - other.x - aside) < other.width / 2 and abs(point[1] - other.y - below) < other.height / 2:
                    hit += 1
    return hit / (int(box.width) * int(box.height))


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 90), st.sampled_from([20, 41, 60])), min_size=1, max_size=14))
def test_labels_without_room_are_left_out_and_no_other_lies_on_its_neighbours(where: list[tuple[int, int, int]]) -> None:
    labels = [LabelBox(x, y, width, 15, 5, most_covered=0.03) for x, y, width in where]
    offsets = placed_labels(labels)
    placed = [(label, offset) for label, offset in zip(labels, offsets, strict=True) if offset is not None]
    assert placed[0][0] == labels[0]
    for number in range(len(placed)):
        assert covered_share(placed, number) <= 0.03 + 0.12  # pixels are counted whole


def test_a_label_without_room_is_left_out_only_when_it_may_be() -> None:
    heap = [LabelBox(100, 100, 60, 15, 5) for _number in range(12)]
    assert None not in placed_labels(heap)
    told = placed_labels([heap[0], *(replace(label, most_covered=0.03) for label in heap[1:])])
    assert told[0] is not None
    assert 1 <= told.count(None) < 11


def test_window_shows_the_bounds_whole() -> None:
    window = fitted_window(YUHANG, 700, 500, (40, 30))
    left, top = window.pixel(YUHANG[0], YUHANG[3])
    right, bottom = window.pixel(YUHANG[2], YUHANG[1])
    assert left >= 40 - 1e-6
    assert right <= 660 + 1e-6
    assert top >= 30 - 1e-6
    assert bottom <= 470 + 1e-6
    assert right - left == pytest.approx(620) or bottom - top == pytest.approx(440)
    assert (left + right) / 2 == pytest.approx(350)
    assert (top + bottom) / 2 == pytest.approx(250)


def test_a_window_and_the_world_agree_on_where_things_stand() -> None:
    window = fitted_window(YUHANG, 700, 500, (40, 30))
    middle = world_pixel(window.longitude, window.latitude, window.zoom)
    for longitude, latitude in ((YUHANG[0], YUHANG[1]), (YUHANG[2], YUHANG[3]), (119.9, 30.4)):
        x, y = world_pixel(longitude, latitude, window.zoom)
        assert window.pixel(longitude, latitude) == pytest.approx((x - middle[0] + 350, y - middle[1] + 250))
    assert world_pixel(0, 0) == pytest.approx((256, 256))
    assert world_pixel(-180, 85.0511287798) == pytest.approx((0, 0), abs=1e-6)


def test_a_label_takes_its_first_free_place_or_none() -> None:
    taken = [around(0, 0, 10, 10)]
    boxes = [around(0, 4, 10, 10), around(0, 10, 10, 10), around(0, 40, 10, 10)]
    assert first_free(boxes, taken) == 1  # to touch is not to cover
    assert taken[-1] == boxes[1]
    assert first_free(boxes, taken) == 2
    assert first_free(boxes, taken) is None
    assert first_free([(-1, 0, 3, 2), (0, 0, 4, 2)], [], window=(0, 0, 9, 2)) == 1
    assert first_free([(0, 0, 10, 2)], [], window=(0, 0, 9, 2)) is None
    assert len(taken) == 3
