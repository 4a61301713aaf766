"""Counties side by side: ranks with their intervals, groups of like size, limits of chance, and shapes in a picture, by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from dashboard.analysis.boundaries import fitted
from dashboard.analysis.counties import (
    chance_limits,
    chance_scores,
    expected_beyond,
    like_size,
    rank_bands,
    round_steps,
    size_groups,
    widening,
)

VALUES = pd.Series({"A": 90.0, "B": 80.0, "C": 79.8, "D": 60.0, "E": float("nan")})


def test_a_rank_is_as_sure_as_the_values_lie_apart() -> None:
    bands = rank_bands(VALUES, pd.Series(0.5, index=VALUES.index), rising=True, draws=4000)
    assert bands["rank"].to_dict() == pytest.approx({"A": 1, "B": 2, "C": 3, "D": 4, "E": math.nan}, nan_ok=True)
    assert bands.loc["A", ["low", "high"]].tolist() == [1, 1]
    assert bands.loc["B", ["low", "high"]].tolist() == [2, 3]
    assert bands.loc["C", ["low", "high"]].tolist() == [2, 3]
    assert bands.loc["E"].isna().all()


def test_without_error_a_rank_has_no_width_and_without_a_known_error_no_interval() -> None:
    exact = rank_bands(VALUES, pd.Series(0.0, index=VALUES.index), rising=False, draws=500)
    assert exact.loc["D"].tolist() == [1, 1, 1]
    unknown = rank_bands(VALUES, pd.Series({"A": 1.0, "B": math.nan, "C": 1.0, "D": 1.0}), rising=True, draws=500)
    assert unknown.loc["B", "rank"] == 2
    assert unknown.loc["B", ["low", "high"]].isna().all()


def test_nobody_with_a_value_has_no_rank() -> None:
    unknown = pd.Series([math.nan, math.nan], index=["A", "B"])
    assert rank_bands(unknown, unknown, rising=True, draws=500).isna().all(axis=None)


def test_two_counties_of_one_distance_share_the_places_by_the_normal_distribution() -> None:
    """B lies one standard error of the difference behind A: it is ahead in Φ(−1) = 15.87 % of the draws, more than 5 %."""
    apart = math.sqrt(2) * 1.0
    bands = rank_bands(pd.Series({"A": 10.0 + apart, "B": 10.0}), pd.Series({"A": 1.0, "B": 1.0}), rising=True, draws=20_000)
    assert bands.loc["B"].tolist() == [2, 1, 2]
    far = rank_bands(pd.Series({"A": 10.0 + 2 * apart, "B": 10.0}), pd.Series({"A": 1.0, "B": 1.0}), rising=True, draws=20_000)
    assert far.loc["B"].tolist() == [2, 2, 2]  # Φ(−2) = 2.3 %


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12), st.floats(0, 5))
def test_an_interval_holds_its_places_within_the_ranking(values: list[int], error: float) -> None:
    series = pd.Series(values, dtype="float64")
    bands = rank_bands(series, pd.Series(error, index=series.index), rising=True, draws=500)
    assert bands["low"].between(1, len(values)).all()
    assert bands["high"].between(bands["low"], len(values)).all()


def test_a_county_at_a_bound_belongs_to_the_larger_group() -> None:
    sizes = pd.Series({"A": 399_999.0, "B": 400_000.0, "C": 800_000.0, "D": math.nan})
    assert size_groups(sizes, (400_000, 800_000)).to_dict() == {"A": 0, "B": 1, "C": 2, "D": -1}


def test_the_most_like_ones_are_of_the_group_first_and_keep_their_order() -> None:
    sizes = pd.Series({"A": 900.0, "B": 500.0, "C": 390.0, "D": 410.0, "E": 100.0})
    groups = size_groups(sizes, (400, 800))
    assert like_size(sizes, groups, "D", 2).tolist() == ["B", "D"]
    assert like_size(sizes, groups, "D", 3).tolist() == ["B", "C", "D"]


def test_the_funnel_of_equal_counties_is_the_binomial_one() -> None:
    """p = 0.8, n = 10,000: 1.96 · √(0.8 · 0.2 ÷ 10,000) = 0.00784, 3.09 · 0.004 = 0.01236."""
    whole = pd.Series({"A": 10_000.0, "B": 10_000.0, "C": 10_000.0})
    part = pd.Series({"A": 8_000.0, "B": 8_010.0, "C": 7_990.0})
    limits = chance_limits(part, whole, [10_000.0], 3.09)
    assert limits.iloc[0].to_dict() == pytest.approx({"low_95": 0.79216, "high_95": 0.80784, "low_998": 0.78764, "high_998": 0.81236})
    assert chance_scores(part, whole).to_dict() == pytest.approx({"A": 0.0, "B": 0.25, "C": -0.25})
    assert widening(part, whole) == 1.0


def test_limits_are_drawn_apart_where_counties_differ_by_more_than_chance() -> None:
    """Scores of ±5 with p = 0.5, n = 10,000 (0.525 and 0.475): the mean of the squares is 25, its root 5."""
    whole = pd.Series(10_000.0, index=list("ABCD"))
    part = pd.Series({"A": 5_250.0, "B": 4_750.0, "C": 5_250.0, "D": 4_750.0})
    assert widening(part, whole) == pytest.approx(5.0)
    assert chance_scores(part, whole).to_dict() == pytest.approx({"A": 1.0, "B": -1.0, "C": 1.0, "D": -1.0})


def test_chance_alone_puts_one_in_twenty_beyond_the_inner_limits() -> None:
    assert expected_beyond(66) == pytest.approx(3.3)


@pytest.mark.parametrize(
    ("low", "high", "most", "steps"),
    [
        (78.4, 86.5, 5, [80, 82, 84, 86]),
        (0, 10_000, 4, [5_000]),
        (-2_700.0, 1_800.0, 3, [-2_000, 0]),
        (0.12, 0.47, 5, [0.2, 0.3, 0.4]),
        (5, 5, 4, []),
    ],
)
def test_steps_are_round_and_lie_between(low: float, high: float, most: int, steps: list[float]) -> None:
    assert round_steps(low, high, most) == pytest.approx(steps)


def test_shapes_fill_their_box_with_true_proportions_and_north_on_top() -> None:
    south, north = box(119.0, 0.0, 120.0, 1.0), box(119.0, 1.0, 120.0, 2.0)
    lower, upper = fitted([south, north], 100, 100)
    assert upper.label[1] < lower.label[1]
    points = np.array([point for outline in (lower, upper) for ring in outline.rings for point in ring])
    across, down = np.ptp(points, axis=0)
    assert down == pytest.approx(100, abs=0.5)
    assert across == pytest.approx(50, abs=0.5)
    assert upper.room == pytest.approx(50, abs=0.5)


def test_no_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="no shape"):
        fitted([], 100, 100)
