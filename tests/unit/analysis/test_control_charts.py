"""Control charts, score intervals and funnels: published examples, statsmodels and scipy as oracles, each rule by its edge."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm
from statsmodels.stats.proportion import proportion_confint

from dashboard.analysis.control_charts import (
    byar_interval,
    control_chart,
    funnel_limits,
    overdispersion_factor,
    p_chart,
    season_of,
    seasons_of,
    signal,
    u_chart,
    wilson_interval,
    winsorised_factor,
    winsorised_squares,
)

# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2 individuals control charts, flow rates.
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
NOISE = [10, 12, 11, 13, 10, 11, 12, 10, 11, 13, 12, 11]


def test_published_individuals_chart() -> None:
    chart = control_chart(FLOW, minimum_points=10)
    assert chart.centre[0] == pytest.approx(50.81)
    assert chart.upper[0] == pytest.approx(55.8041, abs=2e-3)
    assert chart.lower[0] == pytest.approx(45.8159, abs=2e-3)
    assert set(chart.marks) == {"common"}


def test_a_point_outside_the_limits() -> None:
    chart = control_chart(pd.Series([*NOISE, 30, *NOISE], index=range(100, 125)))
    assert chart.marks[112] == "special_high"
    assert chart.rules[112] == ("outside_limits",)
    assert (chart.marks.drop(112) == "common").all()
    assert control_chart([*NOISE, -10, *NOISE]).marks[12] == "special_low"


def test_a_run_of_eight_on_one_side_but_not_of_seven() -> None:
    baseline = [10, 12] * 6
    eight = control_chart(baseline + [11.5] * 8, baseline=12)
    assert eight.marks[11:].tolist() == ["special_high"] * 9  # the twelve before it lies above the centre too
    assert eight.rules[15] == ("run",)
    assert set(control_chart([*baseline, 10.5, *([11.5] * 7)], baseline=12).marks) == {"common"}
    assert set(control_chart(baseline + [10.5] * 8, baseline=12).marks[12:]) == {"special_low"}


def test_a_point_on_the_centre_ends_a_run() -> None:
    values = [10, 12] * 6 + [10.5] + [11.5] * 5 + [11] + [11.5] * 5
    assert set(control_chart(values, baseline=12).marks) == {"common"}


def test_a_trend_of_six_but_not_of_five() -> None:
    baseline = [10, 14] * 6
    rising = control_chart([*baseline, 11, 11.3, 11.6, 11.9, 12.2, 12.5], baseline=12)
    assert rising.marks[12:].tolist() == ["special_high"] * 6
    assert set(rising.rules[12:]) == {("trend",)}
    five = control_chart([*baseline, 11, 11.3, 11.6, 11.9, 12.2, 12.2], baseline=12)
    assert set(five.marks) == {"common"}
    falling = control_chart([*baseline, 12.5, 12.2, 11.9, 11.6, 11.3, 11], baseline=12)
    assert set(falling.marks[12:]) == {"special_low"}


def test_two_of_three_near_the_same_limit() -> None:
    baseline = [10, 12] * 6  # centre 11, limits 11 ± 5.32, two sigma at 14.55
    chart = control_chart([*baseline, 15, 11, 15], baseline=12)
    assert chart.marks[12:].tolist() == ["special_high", "common", "special_high"]
    assert chart.rules[12] == ("two_of_three",)
    assert set(control_chart([*baseline, 15, 11, 7], baseline=12).marks) == {"common"}
    assert set(control_chart([*baseline, 15, None, 15], baseline=12).marks) == {"common", "missing"}


def test_the_stronger_rule_gives_the_direction() -> None:
    # The last point ends a fall below the centre, and lies outside the lower limit as well; the first rise of it is a trend only.
    falling = [10.9, 10.7, 10.5, 10.3, 10.1, 2]
    chart = control_chart([10, 12] * 6 + falling, baseline=12)
    assert chart.rules[17] == ("outside_limits", "trend")
    assert chart.rules[16] == ("trend",)
    # A rise below the centre: eight points low by the run, the six rising ones high by the trend; the run is the stronger rule.
    mixed = control_chart([10, 12] * 6 + [10, 10, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6], baseline=12)
    assert mixed.rules[19] == ("run", "trend")
    assert mixed.marks[19] == "special_low"


def test_short_gappy_constant_and_empty_series() -> None:
    short = control_chart(NOISE[:11])
    assert set(short.marks) == {"insufficient"}
    assert short.upper.isna().all()
    assert short.centre[0] == pytest.approx(np.mean(NOISE[:11]))
    assert not short.sufficient
    gaps = control_chart([*NOISE[:6], None, *NOISE[6:]])
    assert gaps.marks[6] == "missing"
    assert gaps.upper[0] < control_chart([*NOISE[:6], 30, *NOISE[6:]]).upper[0]
    assert set(control_chart([1, None] * 12).marks) == {"insufficient", "missing"}
    constant = control_chart([0.1] * 30)
    assert set(constant.marks) == {"common"}
    assert constant.upper[0] == pytest.approx(0.1)
    assert control_chart([]).marks.empty
    assert control_chart([None] * 15).centre.isna().all()


def test_signal_is_the_last_mark() -> None:
    assert signal([*NOISE, 30]) == "special_high"
    assert signal(NOISE) == "common"
    assert signal([*NOISE, None]) == "missing"
    assert signal(NOISE[:3]) == "insufficient"
    assert signal([]) == "insufficient"


@settings(deadline=None, max_examples=40)
@given(st.lists(st.one_of(st.none(), st.integers(-50, 50)), max_size=40))
def test_a_mirrored_series_has_mirrored_marks(values: list[int | None]) -> None:
    swap = {"special_high": "special_low", "special_low": "special_high"}
    marks = control_chart(values).marks.tolist()
    mirrored = control_chart([None if value is None else -value for value in values]).marks.tolist()
    # A point with signals of one rule on both sides (a rise into a fall) keeps the high mark in either.
    rules = control_chart(values).rules.tolist()
    for mark, other, names in zip(marks, mirrored, rules, strict=True):
        assert swap.get(mark, mark) == other or names[0] == "trend"


def test_p_chart_limits_widen_where_cases_are_few() -> None:
    events, cases = [50] * 12 + [30, 0, 5], [100] * 12 + [400, 0, 10]
    chart = p_chart(events, cases)
    centre = sum(events) / sum(cases)
    assert chart.centre[0] == pytest.approx(centre)
    assert chart.upper[0] == pytest.approx(centre + 3 * math.sqrt(centre * (1 - centre) / 100))
    assert chart.upper[14] > chart.upper[0]
    assert chart.marks[12] == "special_low"
    assert chart.marks[13] == "missing"
    assert ((chart.lower.dropna() >= 0) & (chart.upper.dropna() <= 1)).all()


def test_p_chart_too_short_or_without_cases() -> None:
    short = p_chart([1, 2], [10, 10])
    assert set(short.marks) == {"insufficient"}
    assert short.upper.isna().all()
    assert p_chart([0], [0]).centre.isna().all()
    with pytest.raises(ValueError, match="more than cases"):
        p_chart([2], [1])


@pytest.mark.parametrize(
    ("events", "cases", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_published_wilson_intervals(events: int, cases: int, lower: float, upper: float) -> None:
    # Newcombe 1998, Statistics in Medicine 17:857–872, table I, method 3.
    row = wilson_interval([events], [cases]).iloc[0]
    assert row["lower"] == pytest.approx(lower, abs=5e-5)
    assert row["upper"] == pytest.approx(upper, abs=5e-5)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5000), st.floats(0, 1), st.floats(0.5, 0.999))
def test_wilson_agrees_with_statsmodels(cases: int, share: float, confidence: float) -> None:
    events = round(cases * share)
    row = wilson_interval([events], [cases], confidence).iloc[0]
    assert (row["lower"], row["upper"]) == pytest.approx(proportion_confint(events, cases, 1 - confidence, "wilson"), abs=1e-9)
    assert row["lower"] <= row["proportion"] <= row["upper"]


def test_wilson_without_cases_and_with_a_wrong_confidence() -> None:
    assert wilson_interval([0, None], [0, 5]).isna().all(axis=None)
    with pytest.raises(ValueError, match="confidence"):
        wilson_interval([1], [2], 1.0)


def test_funnel_normal_limits() -> None:
    limits = funnel_limits([100, 0], 0.2, z=2, method="normal")
    assert limits.iloc[0].tolist() == pytest.approx([0.12, 0.28])
    assert limits.iloc[1].isna().all()
    wide = funnel_limits([100], 0.2, z=2, method="normal", overdispersion=4)
    assert wide.iloc[0].tolist() == pytest.approx([0.04, 0.36])


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 3000), st.floats(0.01, 0.99), st.sampled_from([1.96, 3.0]))
def test_exact_funnel_limits_enclose_the_binomial_quantiles(cases: int, target: float, z: float) -> None:
    row = funnel_limits([cases], target, z).iloc[0]
    assert 0 <= row["lower"] <= target <= row["upper"] <= 1
    # Spiegelhalter interpolates between the quantile and the count below it.
    assert row["upper"] * cases <= max(binom.ppf(norm.cdf(z), cases, target), target * cases) + 1e-6
    assert row["upper"] * cases >= binom.ppf(norm.cdf(z), cases, target) - 1 - 1e-6
    assert row["lower"] * cases <= binom.ppf(norm.sf(z), cases, target) + 1e-6


def test_exact_and_normal_limits_meet_for_large_units() -> None:
    exact, normal = funnel_limits([1e6], 0.3), funnel_limits([1e6], 0.3, method="normal")
    assert exact.to_numpy() == pytest.approx(normal.to_numpy(), abs=1e-5)


def test_funnel_of_a_certain_target() -> None:
    assert funnel_limits([10], 0.0).iloc[0].tolist() == [0, 0]


@pytest.mark.parametrize("change", [{"target": 1.1}, {"z": 0}, {"overdispersion": 0.5}, {"method": "wald"}, {"overdispersion": 2.0}])
def test_wrong_funnel_arguments(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must lie|method"):
        funnel_limits(**({"cases": [10], "target": 0.5} | change))  # type: ignore[arg-type]


def test_overdispersion_factor() -> None:
    # z scores −2 and 2 (10 and 30 of 100 against 0.2: ±0.1/0.04 = ±2.5) without winsorising.
    assert overdispersion_factor([10, 30, 0], [100, 100, 0], 0.2, winsorise=0) == pytest.approx(6.25)
    assert overdispersion_factor([20, 20], [100, 100], 0.2) == 1.0
    assert overdispersion_factor([0], [0], 0.2) == 1.0
    outlier = [20] * 18 + [90, 20]
    assert overdispersion_factor(outlier, [100] * 20, 0.2) == 1.0
    assert overdispersion_factor(outlier, [100] * 20, 0.2, winsorise=0) > 10
    with pytest.raises(ValueError, match="winsorise"):
        overdispersion_factor([1], [2], 0.5, winsorise=0.5)


@pytest.mark.parametrize("width", [1, 2, 9, 40])
def test_scores_are_drawn_in_row_by_row_as_each_alone(width: int) -> None:
    scores = np.random.default_rng(width).normal(0, 2, (30, width))
    scores[scores > 2.5] = np.nan
    scores[3] = np.nan
    for row, found in zip(scores, winsorised_squares(scores), strict=True):
        known = row[~np.isnan(row)]
        slow = (np.clip(known, *np.quantile(known, [0.1, 0.9])) ** 2).mean() if len(known) else np.nan
        assert found == pytest.approx(slow, nan_ok=True)
        assert winsorised_factor(row) == pytest.approx(max(slow, 1.0) if len(known) else 1.0)
    assert np.isnan(winsorised_squares(np.empty((2, 0)))).all()


WINTERS = 80 + 12 * np.cos(2 * np.pi * np.arange(36) / 12)


def test_what_every_winter_does_is_no_special_cause() -> None:
    rng = np.random.default_rng(2)
    values = WINTERS + rng.normal(0, 1, 36)
    chart = control_chart(values)
    assert chart.seasonal
    assert chart.values.tolist() == values.tolist()
    assert (chart.marks == "common").sum() >= 34
    plain = control_chart(values, baseline=36)  # the same rules without removing the season
    assert (plain.marks != "common").sum() > 10


def test_a_month_beyond_its_season_is_still_seen() -> None:
    values = WINTERS + np.random.default_rng(4).normal(0, 1, 36)
    values[30] += 15  # high for a summer, ordinary for a winter
    assert values[30] < values.max()
    assert control_chart(values).marks.iloc[30] == "special_high"


def test_noise_has_no_season() -> None:
    rng = np.random.default_rng(9)
    found = sum(season_of(rng.normal(80, 3, 36)) is not None for _trial in range(100))
    assert found <= 5
    assert season_of(WINTERS[:23]) is None


def test_a_u_chart_by_hand_and_its_missing_months() -> None:
    exposure = [1000.0] * 12 + [0.0, 2000.0]
    chart = u_chart([5.0] * 12 + [0.0, 30.0], exposure)
    centre = 90 / 14_000
    assert chart.centre[0] == pytest.approx(centre)
    assert chart.upper[0] == pytest.approx(centre + 3 * math.sqrt(centre / 1000))
    assert chart.upper[13] == pytest.approx(centre + 3 * math.sqrt(centre / 2000))
    assert chart.lower[0] == 0
    assert chart.marks[12] == "missing"
    assert chart.marks[13] == "special_high"
    assert u_chart([0.0], [0.0]).marks[0] == "missing"
    assert not u_chart([1.0, 2.0], [10.0, 10.0]).sufficient


def test_byar_interval_as_breslow_and_day_print_it() -> None:
    found = byar_interval([12, 0, 3, 1], [8, 8, 0, None])
    assert found.loc[0, ["lower", "upper"]].to_list() == pytest.approx([0.774, 2.620], abs=5e-4)
    assert found.loc[1, "lower"] == 0
    assert found.loc[2:].isna().all().all()
    with pytest.raises(ValueError, match="confidence"):
        byar_interval([1], [1], 1.0)


def _slow_season(values: pd.Series) -> pd.Series:
    """``season_of`` as its description says it, month by month."""
    nothing = pd.Series(np.nan, index=values.index)
    if values.notna().sum() < 24:
        return nothing
    window = values.rolling(12, min_periods=10).mean()
    level = ((window + window.shift(-1)) / 2).shift(-5).bfill().ffill()
    away = values - level
    means = [away.iloc[month::12].mean() for month in range(12)]
    middle = np.nanmean(means)
    season = pd.Series([0.0 if np.isnan(means[place % 12]) else means[place % 12] - middle for place in range(len(values))], values.index)
    rest = (away - season).dropna()
    strength = 1 - (rest**2).sum() / max(len(rest) - 12, 1) / away.var() if away.var() > 0 else np.nan
    return season if strength >= 0.5 else nothing


@pytest.mark.parametrize("months", [12, 23, 24, 31, 36, 48])
def test_the_seasons_of_many_series_are_those_of_each_worked_out_slowly(months: int) -> None:
    rng = np.random.default_rng(months)
    waves = 100 + 12 * rng.random(8) * np.cos(2 * np.pi * (np.arange(months)[:, None] + rng.integers(0, 12, 8)) / 12)
    table = pd.DataFrame(waves + rng.normal(0, 3, waves.shape), columns=list("abcdefgh"))
    table["gaps"] = table["a"].mask(rng.random(months) < 0.15)
    table["flat"], table["nothing"], table["winter"] = 5.0, np.nan, np.resize(WINTERS, months)
    found = seasons_of(table)
    for name in table:
        np.testing.assert_allclose(found[name], _slow_season(table[name]), atol=1e-9, err_msg=name)
    assert months < 24 or found["winter"].notna().all()
