"""No claim within noise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.noise import SIGMAS, Verdict, compare, corrected_sigmas, process_error, proportion_error, standard_error


def test_process_error_is_the_mean_moving_range_over_d2() -> None:
    values = [10.0, 12.0] * 6  # every moving range is 2
    assert process_error(values) == pytest.approx(2 / 1.128)
    assert process_error(values, months=4) == pytest.approx(1 / 1.128)


def test_process_error_of_a_normal_series_is_its_standard_deviation() -> None:
    series = np.random.default_rng(7).normal(80.0, 3.0, 5000)
    assert process_error(series) == pytest.approx(3.0, rel=0.05)


def test_a_sum_of_months_scatters_more_and_their_mean_less() -> None:
    """Against a slow second way: many years drawn, their sums and means spread as the errors say."""
    rng = np.random.default_rng(11)
    years = rng.normal(80.0, 3.0, (4000, 12))
    history = years[:10].ravel()
    assert process_error(history, months=12, summed=True) == pytest.approx(float(years.sum(axis=1).std()), rel=0.2)
    assert process_error(history, months=12) == pytest.approx(float(years.mean(axis=1).std()), rel=0.2)


def test_many_comparisons_need_more() -> None:
    assert corrected_sigmas(1, 25) == pytest.approx(2.045, abs=0.01)  # t with 29.8 degrees of freedom
    assert corrected_sigmas(80, 25) > corrected_sigmas(10, 25) > corrected_sigmas(1, 25)
    assert corrected_sigmas(1, 1000) == SIGMAS
    with pytest.raises(ValueError, match="comparisons"):
        corrected_sigmas(0, 25)


@pytest.mark.no_cover
def test_the_best_of_five_in_eight_dimensions_is_seldom_a_name_of_chance() -> None:
    """Five units alike in eight dimensions: uncorrected extremes name somebody nearly always, corrected ones seldom."""
    rng = np.random.default_rng(3)
    trials, sigmas = 150, corrected_sigmas(10 * 8, 25)
    plain = corrected = 0
    for _trial in range(trials):
        false = {"plain": False, "corrected": False}
        for _dimension in range(8):
            history = rng.normal(50.0, 2.0, (5, 25))
            values, errors = history[:, -1], [process_error(row) for row in history]
            high, low = int(values.argmax()), int(values.argmin())
            for name, needed in (("plain", SIGMAS), ("corrected", sigmas)):
                false[name] |= compare(values[high], values[low], errors[high], errors[low], needed) is Verdict.HIGHER
        plain, corrected = plain + false["plain"], corrected + false["corrected"]
    assert plain / trials > 0.8
    assert corrected / trials <= 0.07


def test_too_few_months_say_nothing() -> None:
    assert math.isnan(process_error([1.0] * 11))
    assert process_error([1.0] * 12) == 0.0
    assert math.isnan(process_error([value for _ in range(12) for value in (1.0, math.nan)]))  # no two neighbours


def test_months_must_be_positive() -> None:
    with pytest.raises(ValueError, match="months"):
        process_error([1.0] * 12, months=0)


def test_proportion_error_follows_the_binomial() -> None:
    assert proportion_error(5000, 10000, 100) == pytest.approx(0.5, rel=1e-3)
    assert proportion_error(0, 20) > 0  # nothing observed is not certainty


@pytest.mark.parametrize(("events", "cases"), [(1, 0), (3, 2), (-1, 5), (math.nan, 5), (1, math.nan), (1, math.inf)])
def test_what_is_no_proportion_has_no_error(events: float, cases: float) -> None:
    assert math.isnan(proportion_error(events, cases))


def test_the_larger_error_counts_and_chance_alone_is_not_enough() -> None:
    assert standard_error(1.0, 2.0) == 2.0
    assert standard_error(2.0, 1.0) == 2.0
    assert standard_error(1.0) == 1.0
    assert math.isnan(standard_error(math.nan, 0.1))


def test_compare_needs_two_standard_errors_of_the_difference() -> None:
    error = 1 / math.sqrt(2)  # of the difference: 1
    assert compare(12.01, 10, error, error) is Verdict.HIGHER
    assert compare(7.99, 10, error, error) is Verdict.LOWER
    assert compare(11.99, 10, error, error) is Verdict.NOISE
    assert compare(12.01, 10, error, error, sigmas=3) is Verdict.NOISE
    assert compare(12.01, math.nan, error, error) is Verdict.UNKNOWN
    assert compare(12.01, 10, math.nan, error) is Verdict.UNKNOWN


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(0, 1e3))
def test_turning_the_sides_turns_the_verdict(value: float, other: float, error: float, other_error: float) -> None:
    turned = {Verdict.HIGHER: Verdict.LOWER, Verdict.LOWER: Verdict.HIGHER, Verdict.NOISE: Verdict.NOISE}
    assert compare(other, value, other_error, error) is turned[compare(value, other, error, other_error)]
