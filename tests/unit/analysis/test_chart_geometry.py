"""Where marks of small charts stand: the same for Plotly on the pages and for SVG on the cockpit."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.chart_geometry import area_radius, month_ticks, padded_span, quadrants, round_ticks, sparkline, within

NUMBERS = st.floats(-1e6, 1e6)


def test_a_sparkline_breaks_at_what_is_missing_and_ends_at_what_is_known() -> None:
    line = sparkline([1.0, 2.0, None, math.nan, 4.0, None])
    assert line is not None
    assert line.pieces == (((0.0, 1.0), (1.0, 2.0)), ((4.0, 4.0),))
    assert (line.last, line.low, line.high, line.count) == ((4.0, 4.0), 1.0, 4.0, 6)
    assert sparkline([]) is None
    assert sparkline([None, math.nan]) is None


def test_a_sparkline_fills_its_box_upwards() -> None:
    line = sparkline([2.0, 4.0, 3.0])
    assert line is not None
    assert [line.placed(point, 100, 40) for point in line.pieces[0]] == [(0, 40), (50, 0), (100, 20)]
    level = sparkline([5.0, 5.0])
    assert level is not None
    assert [level.placed(point, 100, 40) for point in level.pieces[0]] == [(0, 40), (100, 40)]
    alone = sparkline([5.0])
    assert alone is not None
    assert alone.placed(alone.last, 100, 40) == (0, 40)


@given(st.lists(st.none() | NUMBERS, max_size=30))
def test_every_point_of_a_sparkline_lies_in_its_box(values: list[float | None]) -> None:
    line = sparkline(values)
    if line is None:
        assert all(value is None for value in values)
        return
    assert sum(len(piece) for piece in line.pieces) == sum(value is not None for value in values)
    for piece in line.pieces:
        for point in piece:
            x, y = line.placed(point, 100, 40)
            assert -1e-9 <= x <= 100 + 1e-9
            assert -1e-9 <= y <= 40 + 1e-9


def test_a_span_gets_room_at_both_ends_and_one_where_there_is_none() -> None:
    assert padded_span([10.0, 20.0], 0.1) == (9.0, 21.0)
    assert padded_span([7.0], 0.1) == (6.0, 8.0)
    with pytest.raises(ValueError, match="empty"):
        padded_span([], 0.1)


def test_the_plane_holds_points_and_lines_and_leaves_out_what_is_missing() -> None:
    plane = quadrants([60.0, 80.0, math.nan], [20.0, math.nan, 30.0], 100.0, 10.0, 0.25)
    assert plane.across == (50.0, 110.0)
    assert plane.up == (5.0, 35.0)
    assert plane.placed(50.0, 35.0, 600, 300) == (0, 0)
    assert plane.placed(110.0, 5.0, 600, 300) == (600, 300)
    assert plane.placed(plane.x_line, plane.y_line, 600, 300) == (500, 250)


def test_areas_grow_with_what_they_stand_for() -> None:
    assert area_radius(100, 100, 15, 5) == 20
    assert area_radius(25, 100, 20) == 10
    assert area_radius(0, 0, 15, 5) == 5


def test_ticks_are_round_and_about_as_many_as_asked_for() -> None:
    assert round_ticks(73.3, 95.9, 10) == pytest.approx([75, 80, 85, 90, 95])
    assert round_ticks(-187.48, 188.28, 7.9) == pytest.approx([-150, -100, -50, 0, 50, 100, 150])
    assert round_ticks(0.0, 2.188, 7.6) == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert round_ticks(3.0, 3.0, 5) == []
    assert round_ticks(math.nan, 3.0, 5) == []


@given(NUMBERS, st.floats(1e-3, 1e6), st.floats(2, 12))
def test_every_tick_lies_in_its_span(low: float, span: float, most: float) -> None:
    ticks = round_ticks(low, low + span, most)
    assert len(ticks) <= most + 1 + 1e-6
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)


def test_months_divide_the_calendar_evenly() -> None:
    november = 2022 * 12 + 10
    assert month_ticks(november, november + 36, 7) == [2023 * 12, 2023 * 12 + 6, 2024 * 12, 2024 * 12 + 6, 2025 * 12, 2025 * 12 + 6]
    assert month_ticks(november, november + 3, 7) == [november, november + 1, november + 2, november + 3]
    assert month_ticks(november, november + 1200, 7) == [2030 * 12 + 120 * place for place in range(10)]


def test_a_line_is_cut_where_it_leaves_the_plot_and_at_what_is_missing() -> None:
    assert within([(0.0, 0.0), (1.0, 4.0), (2.0, 0.0)], -1.0, 2.0) == [[(0.0, 0.0), (0.5, 2.0)], [(1.5, 2.0), (2.0, 0.0)]]
    assert within([(0.0, 1.0), (1.0, math.nan), (2.0, 1.0), (3.0, 2.0)], 0.0, 5.0) == [[(0.0, 1.0)], [(2.0, 1.0), (3.0, 2.0)]]
    assert within([(0.0, 9.0), (1.0, 8.0)], 0.0, 5.0) == []
    assert within([(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)], 0.0, 5.0) == [[(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)]]
    assert within([], 0.0, 1.0) == []


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-10, 10)), max_size=20))
def test_no_piece_of_a_line_leaves_the_plot(points: list[tuple[float, float]]) -> None:
    assert all(-5 <= y <= 5 for piece in within(points, -5.0, 5.0) for _x, y in piece)
