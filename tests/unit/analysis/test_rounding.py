"""Closed totals stay closed."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.rounding import largest_remainder, round_to_sum


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (10, [0.15, 0.35, 0.5], [2, 3, 5]),
        (7, [Decimal("0.5"), Decimal("0.5")], [4, 3]),
        (5, [0, 2, 0], [0, 5, 0]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
    ],
)
def test_largest_remainder(total, weights, parts):
    assert largest_remainder(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [0, 0]), (1, [1, -1]), (1, [float("nan")]), (1, [float("inf")])])
def test_what_cannot_be_split(total, weights):
    with pytest.raises(ValueError, match="weight"):
        largest_remainder(total, weights)


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12), st.lists(st.floats(0, 1e9), min_size=1, max_size=30).filter(any))
def test_parts_add_up_and_stay_within_one_cent(total, weights):
    parts = largest_remainder(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) < 1 + abs(total) * 1e-12


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.integers(0, 4))
def test_rounded_parts_add_up_to_the_rounded_sum(values, decimals):
    rounded = round_to_sum(values, decimals)
    places = [round(part * 10**decimals) for part in rounded]
    assert sum(places) == pytest.approx(sum(values) * 10**decimals, abs=0.5 + 1e-3)
    assert rounded == pytest.approx(values, abs=10**-decimals + 1e-9)


def test_round_to_sum_keeps_a_total_that_plain_rounding_breaks():
    assert round_to_sum([0.335, 0.335, 0.33], 1) == [0.4, 0.3, 0.3]
    assert round_to_sum([-1.25, 0.5, 0.75], 0) == [-1.0, 0.0, 1.0]
