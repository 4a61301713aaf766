import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.projection import project_year_end

LAST = [8.0, 7.0, 9.0, 9.0, 10.0, 10.0, 9.0, 9.0, 10.0, 10.0, 11.0, 12.0]


def test_same_growth_every_month_projects_exactly_with_no_spread() -> None:
    result = project_year_end([1.1 * month for month in LAST[:10]], LAST)
    assert result is not None
    assert result.total == pytest.approx(1.1 * sum(LAST))
    assert result.low == pytest.approx(result.high)
    assert result.growth == pytest.approx(1.1)


def test_hand_computed_interval() -> None:
    # ratios 1.0, 1.1, 1.2 on three equal months: spread 0.1, nine coming months of 10 each
    result = project_year_end([10.0, 11.0, 12.0], [10.0] * 12)
    assert result is not None
    assert result.total == pytest.approx(33 + 1.1 * 90)
    error = 0.1 * math.sqrt(9 * 100 + 90**2 / 3)
    assert result.high - result.total == pytest.approx(4.302653 * error, rel=1e-6)


def test_complete_year_is_its_own_total() -> None:
    result = project_year_end(LAST, [2.0] * 12)
    assert result is not None
    assert (result.total, result.low, result.high) == (sum(LAST), sum(LAST), sum(LAST))
    assert result.growth == pytest.approx(sum(LAST) / 24)


def test_complete_year_without_last_year_has_no_growth() -> None:
    result = project_year_end(LAST, [])
    assert result is not None
    assert math.isnan(result.growth)


@pytest.mark.parametrize(
    ("this_year", "last_year"),
    [
        ([1.0, 2.0], LAST),
        ([1.0, 2.0, 3.0], LAST[:11]),
        ([1.0, 2.0, 3.0], [0.0, *LAST[1:]]),
        ([1.0, math.nan, 3.0], LAST),
        ([1.0] * 12 + [2.0], LAST),
    ],
)
def test_too_little_to_project(this_year: list[float], last_year: list[float]) -> None:
    assert project_year_end(this_year, last_year) is None


@given(
    st.lists(st.floats(0.5, 2.0), min_size=3, max_size=11),
    st.lists(st.floats(1.0, 100.0), min_size=12, max_size=12),
    st.floats(0.01, 1000.0),
)
def test_interval_holds_the_total_and_scales_with_the_unit(ratios: list[float], last_year: list[float], unit: float) -> None:
    this_year = [ratio * base for ratio, base in zip(ratios, last_year, strict=False)]
    result = project_year_end(this_year, last_year)
    scaled = project_year_end([unit * month for month in this_year], [unit * month for month in last_year])
    assert result is not None
    assert scaled is not None
    assert result.low <= result.total * (1 + 1e-9)
    assert result.total <= result.high * (1 + 1e-9)
    assert result.low >= sum(this_year) * (1 - 1e-9)
    assert np.allclose([scaled.total, scaled.low, scaled.high], [unit * result.total, unit * result.low, unit * result.high], rtol=1e-6)
