import math
from statistics import median

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis import alerts
from dashboard.analysis.alerts import CostFunnel, cost_funnel, funnel_limits_of, funnel_scores, latest_modified_z, trailing_modified_z
from dashboard.analysis.control_charts import winsorised_factor

MONTHS = pd.date_range("2025-01-01", periods=2, freq="MS")


def _table(**units: list[float]) -> pd.DataFrame:
    return pd.DataFrame(units, index=MONTHS, dtype=float)


def test_behind_the_others_needs_distance_that_is_more_than_chance() -> None:
    part = _table(far=[200, np.nan], small=[1, 1], rest=[4_000, 4_000])
    whole = _table(far=[10_000, 10_000], small=[40, 40], rest=[100_000, 0])
    below = alerts.behind_the_others(part, whole)
    county = 4_201 / 110_040
    assert below.loc[MONTHS[0], "far"] == pytest.approx(100 * (county - 0.02))
    assert np.isnan(below.loc[MONTHS[0], "small"])  # 2.5 % of 40 may be chance
    assert below.loc[MONTHS[0], "rest"] == pytest.approx(100 * (county - 0.04))  # above the county: negative, never missing
    assert below.loc[MONTHS[1]].isna().all()  # one alone has nobody to be held against


def test_a_device_is_under_its_reference_only_beyond_chance() -> None:
    found = alerts.under_reference(
        _table(low=[38, 0], near=[29, 29], high=[40, 40]),
        _table(low=[100, 0], near=[50, 50], high=[50, 50]),
        pd.Series({"low": 0.6, "near": 0.6, "high": 0.6}),
    )
    assert found.loc[MONTHS[0], "low"] == pytest.approx(22)
    assert np.isnan(found.loc[MONTHS[0], "near"])
    assert found.loc[MONTHS[0], "high"] == pytest.approx(-20)
    assert np.isnan(found.loc[MONTHS[1], "low"])


def test_a_table_is_replayed_like_each_of_its_units() -> None:
    rng = np.random.default_rng(7)
    values = pd.DataFrame(rng.normal(1.0, 0.05, (48, 20)))
    values = values.mask(rng.random(values.shape) < 0.1)
    limits = {"on": 1.02, "off": 0.99, "need_on": 2, "need_off": 2}
    codes = alerts.replay_table(values, **limits)
    for unit in values:
        assert [alerts.STATES[code] for code in codes[unit]] == alerts.replay(values[unit], **limits)
        for month in range(1, 48):  # month by month: what comes later changes nothing
            assert alerts.replay(values[unit].iloc[:month], **limits)[-1] is alerts.STATES[codes[unit].iloc[month - 1]]
    assert set(codes.to_numpy().ravel()) == {0, 1, 2, 3}


@given(st.lists(st.sampled_from([-4.0, 0.0, 0.1, 0.1, 2.5, 7.0, math.nan]), min_size=1, max_size=9))
def test_the_modified_z_is_what_the_median_of_distances_says(values: list[float]) -> None:
    known = [value for value in values if not math.isnan(value)]
    centre = median(known) if known else math.nan
    spread = median(abs(value - centre) for value in known) if known else math.nan
    slow = [0.6745 * (value - centre) / spread if spread > 0 else 0.0 if value == centre else math.nan for value in values]
    np.testing.assert_allclose(alerts.modified_z(values), slow)


def test_the_latest_modified_z_is_that_of_the_series() -> None:
    values = pd.DataFrame({"a": [100, 104, 98, 101, 97, 103, 99, 102, 160.0], "flat": [5.0] * 8 + [9.0], "calm": [5.0] * 9})
    found = alerts.latest_modified_z(values)
    assert found["a"] == pytest.approx(alerts.modified_z(values["a"]).iloc[-1])
    assert np.isnan(found["flat"])
    assert found["calm"] == 0


def test_a_quiet_month_is_called_rare_no_more_often_than_stated() -> None:
    for months in (12, 24, 36):
        quiet = pd.DataFrame(np.random.default_rng(months).normal(size=(months, 20_000)))
        p = alerts.modified_z_chance(alerts.latest_modified_z(quiet), [months] * 20_000)
        for level in (0.05, 0.01, 0.001):
            assert (p < level).mean() <= level
        assert (p < 0.05).mean() > 0.03, "and it does find"
    assert np.isnan(alerts.modified_z_chance([np.nan], [24]).iloc[0])


def test_golden_m1_hysteresis_changes_twice_where_a_threshold_flips_five_times() -> None:
    values = [0.96, 1.02, 1.03, 1.01, 0.99, 1.01, 1.04, 0.97, 0.96, 1.02]
    states = alerts.replay(values, on=1.0, off=0.97, need_on=2, need_off=2)
    assert [state.value for state in states] == [
        *("ok", "pending", "firing", "firing", "firing", "firing", "firing", "recovering", "ok", "pending")
    ]
    assert [state.alerting for state in states] == [False, False, True, True, True, True, True, True, False, False]
    mirrored = alerts.replay([-value for value in values], on=-1.0, off=-0.97, need_on=2, need_off=2, side="below")
    assert mirrored == states


def test_a_replay_equals_the_states_month_by_month_and_a_missing_month_decides_nothing() -> None:
    values = [0.5, 1.2, np.nan, 1.3, 0.4, np.nan, 0.3, 1.2]
    whole = alerts.replay(values, on=1.0, off=0.9, need_on=2, need_off=2)
    assert whole == [alerts.replay(values[: month + 1], on=1.0, off=0.9, need_on=2, need_off=2)[-1] for month in range(len(values))]
    assert [state.value for state in whole] == ["ok", "pending", "pending", "firing", "recovering", "recovering", "ok", "pending"]


def test_a_limit_itself_is_good() -> None:
    assert [state.value for state in alerts.replay([1.0, 1.01, 1.0], on=1.0, off=1.0)] == ["ok", "firing", "ok"]


@pytest.mark.parametrize(
    "arguments", [{"on": 1.0, "off": 1.1}, {"on": 1.0, "off": 0.9, "side": "below"}, {"on": 1, "off": 1, "need_on": 0}]
)
def test_limits_that_make_no_sense_are_refused(arguments) -> None:
    with pytest.raises(ValueError, match=r"off|need"):
        alerts.replay([1.0], **arguments)


def test_golden_m2_one_outlier_cannot_mask_itself() -> None:
    values = [100, 104, 98, 101, 97, 103, 99, 102, 160]
    assert alerts.modified_z(values).iloc[-1] == pytest.approx(19.898, abs=5e-4)
    assert (160 - np.mean(values)) / np.std(values, ddof=1) == pytest.approx(2.649, abs=5e-4)
    flat = alerts.modified_z([5.0, 5.0, 5.0, 9.0, np.nan])
    assert flat.iloc[:3].tolist() == [0, 0, 0]
    assert flat.iloc[3:].isna().all()


def test_golden_m3_benjamini_hochberg() -> None:
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    found = alerts.benjamini_hochberg(p, 0.05)
    assert found["rejected"].sum() == 2
    assert found["adjusted"].tolist() == pytest.approx([0.01, 0.04, 0.084, 0.084, 0.084, 0.10, 0.1057, 0.216, 0.216, 0.216], abs=5e-5)
    mixed = alerts.benjamini_hochberg(pd.Series({"c": 0.9, "a": 0.001, "none": np.nan}), 0.05)
    assert mixed["rejected"].to_dict() == {"c": False, "a": True, "none": False}
    for bad in ([1.2], [-0.1]):
        with pytest.raises(ValueError, match="p-values"):
            alerts.benjamini_hochberg(bad)
    with pytest.raises(ValueError, match="q strictly"):
        alerts.benjamini_hochberg([0.5], 1.0)


def test_golden_m4_the_pooled_rate_hides_the_ward() -> None:
    for both in ((5200, 1900), {"outpatient": 5200, "inpatient": 1900}):
        rates = alerts.exam_rates(both, 58_000, 2_400)
        assert (rates.per_100_visits, rates.per_100_discharges, rates.pooled) == pytest.approx((8.966, 79.167, 11.755), abs=5e-4)
    pooled = alerts.exam_rates(7100, 58_000, 2_400)
    assert pooled.pooled == pytest.approx(11.755, abs=5e-4)
    assert np.isnan(pooled.per_100_visits)
    assert np.isnan(alerts.exam_rates({"outpatient": 10}, 0, 5).per_100_visits)


def test_trailing_z_is_the_latest_z_of_every_month() -> None:
    rng = np.random.default_rng(11)
    values = pd.DataFrame(rng.normal(0, 1, (40, 5)), columns=list("ABCDE"))
    values.iloc[3:9, 1] = np.nan
    values.iloc[:, 2] = 7.0
    values.iloc[39, 2] = 8.0
    values.iloc[39, 3] = np.nan
    found = trailing_modified_z(values, 24, 12)
    for place in range(40):
        window = values.iloc[max(place - 23, 0) : place + 1]
        expected = latest_modified_z(window).where(window.notna().sum() >= 12)
        pd.testing.assert_series_equal(found.iloc[place], expected, check_names=False)
    assert found.iloc[38, 2] == 0.0
    assert math.isnan(found.iloc[39, 2]), "more than half are equal: there is no scale"
    assert found.iloc[:10].isna().all(axis=None), "too few months"


@pytest.mark.parametrize("proportion", [True, False])
def test_the_funnel_is_the_score_of_each_unit_against_all_widened_by_what_is_more_than_chance(proportion: bool) -> None:
    part = pd.Series([30.0, 52.0, 41.0, 39.0, 90.0, np.nan], index=list("abcdef"))
    whole = pd.Series([100.0, 130.0, 95.0, 110.0, 120.0, 50.0], index=list("abcdef"))
    found = funnel_scores(part.to_numpy()[None, :], whole.to_numpy()[None, :], proportion=proportion)[0]
    mean = 252 / 555
    spread = mean * (1 - mean) if proportion else mean
    plain = (part / whole - mean) / (spread / whole) ** 0.5
    factor = winsorised_factor(plain)
    assert factor > 1
    np.testing.assert_allclose(found, plain / factor**0.5)
    sizes = np.array([95.0, 120.0])
    limits = funnel_limits_of(part, whole, sizes, 3.0, proportion=proportion)
    np.testing.assert_allclose(limits["high_998"], np.minimum(mean + 3 * (factor * spread / sizes) ** 0.5, 1 if proportion else np.inf))
    np.testing.assert_allclose(limits["low_95"], np.maximum(mean - 1.96 * (factor * spread / sizes) ** 0.5, 0))
    at_e = funnel_limits_of(part, whole, np.array([120.0]), float(found[4]), proportion=False)
    assert proportion or at_e["high_998"].iloc[0] == pytest.approx(90 / 120), "a unit at its own score lies on the limit"


def test_a_funnel_of_nothing_has_no_scores() -> None:
    nothing = np.array([[0.0, 0.0, 0.0], [np.nan, np.nan, np.nan]])
    assert np.isnan(funnel_scores(nothing, np.array([[10.0, 20.0, 30.0]] * 2), proportion=True)).all()


def _costs(seed: int, units: int, differ: float) -> CostFunnel:
    rng = np.random.default_rng(seed)
    cases = pd.DataFrame(np.tile(rng.integers(100, 6_000, units).astype(float), (36, 1)))
    own = rng.normal(0, differ, units)
    return cost_funnel(cases * 300 * np.exp(own + 0.8 * rng.normal(size=cases.shape) / np.sqrt(cases)), cases)


def test_the_funnel_of_costs_knows_what_one_case_scatters_by_and_what_units_differ_by() -> None:
    found = _costs(1, 12, 0.0)
    assert found.spread == pytest.approx(0.8, rel=0.15)
    differing = _costs(1, 60, 0.06)
    assert float(differing.between.median()) == pytest.approx(0.06**2, rel=0.5)
    last = found.limits(np.array([100.0, 10_000.0]), 3.09)
    assert (last["low_998"] < last["low_95"]).all()
    assert (last["high_95"] < last["high_998"]).all()
    assert last["high_998"][0] > last["high_998"][1] > float(found.mean.iloc[-1]) > last["low_998"][1]


@pytest.mark.parametrize("differ", [0.0, 0.06])
def test_counties_where_nobody_is_dear_have_no_more_dear_ones_than_the_limits_say(differ: float) -> None:
    scores = [_costs(seed, 5 + seed % 11, differ).scores.iloc[-1] for seed in range(60)]
    assert pd.concat(scores).gt(3.09).mean() <= 0.001


def test_a_funnel_of_costs_without_months_to_measure_by_says_nothing() -> None:
    found = cost_funnel(pd.DataFrame([[100.0, 200.0]]), pd.DataFrame([[10.0, 10.0]]))
    assert found.scores.isna().all(axis=None)
    gone = cost_funnel(pd.DataFrame([[0.0, 200.0], [100.0, 190.0]]), pd.DataFrame([[10.0, 10.0], [10.0, 0.0]]))
    assert gone.scores.isna().all(axis=None)
