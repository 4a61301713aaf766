"""Reform effects: golden series, a second computation by statsmodels, and what must hold for any numbers."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from dashboard.analysis.reform import (
    difference_in_differences,
    enough_months,
    first_and_last_in,
    group_time_effects,
    interrupted_series,
    permutation_p,
    placebo_steps,
    reassignment_p,
    shapley,
    unit_effects,
)

I2 = [50.2, 51.1, 50.8, 52.0, 52.9, 52.4, 53.8, 54.1, 54.9, 55.0, 56.2, 56.1]
I2 += [52.0, 51.8, 52.5, 52.1, 51.6, 52.2, 51.7, 51.9, 51.2, 51.5, 51.0, 51.3]


def _exact(months: int = 24) -> np.ndarray:
    month = np.arange(1, months + 1)
    reformed = month >= 13
    return 100 + month - 10.0 * reformed - 0.5 * (month - 13) * reformed


def _cases(seed: int = 1, months: int = 48) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    month = np.arange(1, months + 1)
    reformed = (month >= 25) * 1.0
    design = np.column_stack([np.ones(months), month, reformed, (month - 25) * reformed])
    exposure = random.integers(5000, 9000, months).astype(float)
    return random.poisson(exposure * np.exp(design @ [-4, 0.01, -0.2, -0.005])).astype(float), exposure, design


def test_golden_i1_is_exact():
    fit = interrupted_series(_exact(), start=13)
    assert list(fit.coefficients) == ["const", "time", "step", "slope"]
    assert list(fit.coefficients.values()) == pytest.approx([100, 1, -10, -0.5])


def test_golden_i2():
    fit = interrupted_series(I2, start=13)
    assert list(fit.coefficients.values()) == pytest.approx([49.6621, 0.5584, -4.6879, -0.6493], abs=5e-5)
    assert list(fit.standard_errors.values()) == pytest.approx([0.2090, 0.0284, 0.2787, 0.0402], abs=5e-5)
    assert fit.lag == 2
    assert list(fit.newey_west.values()) == pytest.approx([0.0786, 0.0119, 0.1297, 0.0241], abs=5e-5)
    assert fit.durbin_watson == pytest.approx(2.9766, abs=5e-5)
    assert fit.autocorrelation == pytest.approx(-0.4899, abs=5e-5)
    assert fit.effect(24) == pytest.approx(-11.8302, abs=5e-5)
    assert np.mean([fit.effect(month) for month in range(13, 25)]) == pytest.approx(-8.2590, abs=5e-5)
    assert fit.cautious_errors == pytest.approx(dict(fit.standard_errors)), "Newey-West is smaller here and must not be shown"
    assert fit.detectable_step == pytest.approx(2.8 * 0.278726, abs=1e-5)
    assert (fit.before, fit.after) == (12, 12)
    low, high = fit.effect_interval(24)
    assert low < -11.8302 < high
    by_hand = np.array([0, 0, 1, 11.0])
    design = np.column_stack([np.ones(24), np.arange(1, 25), np.arange(1, 25) >= 13, np.clip(np.arange(1, 25) - 13, 0, None)])
    spread = np.sqrt(by_hand @ sm.OLS(I2, design.astype(float)).fit().cov_params() @ by_hand)
    assert fit.correlation == 0, "months that swing against each other are no reason to trust the series more"
    assert fit.freedom == pytest.approx(20)
    assert high - low == pytest.approx(2 * 2.085963 * spread, rel=1e-5)
    assert fit.p_value("step") == pytest.approx(2 * student.sf(4.6879 / 0.278726, 20), rel=1e-3)


def _correlated_noise(random: np.random.Generator, months: int, correlation: float) -> np.ndarray:
    shocks = random.normal(size=months)
    for month in range(1, months):
        shocks[month] = correlation * shocks[month - 1] + np.sqrt(1 - correlation**2) * shocks[month]
    return shocks


def test_correlated_months_widen_the_error_by_generalised_least_squares_formula():
    """A second computation: the covariance of least squares under a known AR(1), from its definition, month by month."""
    figures = 50 + _correlated_noise(np.random.default_rng(4), 36, 0.7)
    fit = interrupted_series(figures, start=19, slope=False)
    assert fit.correlation > max(fit.autocorrelation, 0.3), "the model took a part of the correlation out of the residuals"
    assert fit.freedom < 33
    month = np.arange(1, 37)
    design = np.column_stack([np.ones(36), month, month >= 19]).astype(float)
    like = np.array([[fit.correlation ** abs(one - other) for other in month] for one in month])
    maker = np.eye(36) - design @ np.linalg.pinv(design)
    variance = np.sum((maker @ figures) ** 2) / np.trace(maker @ like @ maker.T)
    by_hand = np.linalg.pinv(design) @ like @ np.linalg.pinv(design).T * variance
    assert list(fit.correlated.values()) == pytest.approx(np.sqrt(np.diag(by_hand)))
    assert fit.cautious_errors["step"] >= fit.correlated["step"] > fit.newey_west["step"]


def test_the_correlation_is_found_without_the_bias_of_short_series():
    random = np.random.default_rng(8)
    fits = [interrupted_series(_correlated_noise(random, 48, 0.4), start=25, slope=False) for _series in range(150)]
    plain, corrected = (np.mean([getattr(fit, name) for fit in fits]) for name in ("autocorrelation", "correlation"))
    assert plain < 0.33
    assert 0.35 < corrected < 0.45


def test_false_alarms_stay_near_the_stated_rate_where_newey_west_alone_has_three_times_as_many():
    random = np.random.default_rng(22)
    fits = [interrupted_series(_correlated_noise(random, 48, 0.4), start=25, slope=False) for _series in range(400)]
    by_page = np.mean([fit.p_value("step") < 0.05 for fit in fits])
    by_newey_west = np.mean([abs(fit.coefficients["step"]) > 1.96 * fit.newey_west["step"] for fit in fits])
    assert by_newey_west > 0.12
    assert by_page < 0.09


@pytest.mark.parametrize(("half", "share"), [(8, 1.0059), (12, 0.8186), (24, 0.5777), (36, 0.4715)])
def test_golden_error_of_a_step_by_length(half, share):
    month = np.arange(1, 2 * half + 1)
    design = np.column_stack([np.ones(2 * half), month, month > half, np.clip(month - half - 1, 0, None)]).astype(float)
    noise = np.random.default_rng(half).normal(size=2 * half)
    fit = interrupted_series(noise, start=half + 1)
    assert fit.standard_errors["step"] / np.sqrt(fit.dispersion) == pytest.approx(np.sqrt(np.linalg.inv(design.T @ design)[2, 2]))
    assert fit.standard_errors["step"] / np.sqrt(fit.dispersion) == pytest.approx(share, rel=0.02)


def test_counts_agree_with_statsmodels_and_with_its_newey_west():
    cases, exposure, design = _cases()
    fit = interrupted_series(cases, start=25, exposure=exposure, family="quasi_poisson")
    model = sm.GLM(cases, design, family=sm.families.Poisson(), offset=np.log(exposure))
    plain, robust = model.fit(scale="X2"), model.fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": False})
    assert list(fit.coefficients.values()) == pytest.approx(plain.params)
    assert list(fit.standard_errors.values()) == pytest.approx(plain.bse)
    assert list(fit.newey_west.values()) == pytest.approx(robust.bse)
    assert fit.dispersion == pytest.approx(plain.scale)
    expected = plain.predict(design[-1:], offset=np.log(exposure[-1:]))
    without = plain.predict(design[-1:] * [1, 1, 0, 0], offset=np.log(exposure[-1:]))
    assert fit.effect(48) == pytest.approx((expected - without)[0])
    assert fit.effect(60) == pytest.approx(exposure[-1] * (np.exp(plain.params @ [1, 60, 1, 35]) - np.exp(plain.params @ [1, 60, 0, 0])))
    assert fit.fitted[47] - fit.counterfactual[47] == pytest.approx(fit.effect(48))
    low, high = fit.effect_interval(48)
    assert low < fit.effect(48) < high


def test_shares_may_come_as_shares_or_as_numerators():
    cases, exposure, design = _cases(2)
    as_counts = interrupted_series(cases, start=25, exposure=exposure, family="quasi_binomial")
    as_shares = interrupted_series(cases / exposure, start=25, exposure=exposure, family="quasi_binomial")
    assert as_counts.coefficients == pytest.approx(dict(as_shares.coefficients))
    grouped = sm.GLM(np.column_stack([cases, exposure - cases]), design, family=sm.families.Binomial()).fit()
    assert list(as_counts.coefficients.values()) == pytest.approx(grouped.params)
    assert list(as_counts.standard_errors.values()) == pytest.approx(grouped.bse * np.sqrt(grouped.pearson_chi2 / 44))
    assert 0 < as_counts.counterfactual[47] < 1


def test_missing_months_keep_their_place():
    figures = [float(value) for value in _exact()]
    figures[4] = float("nan")
    figures[17] = None
    fit = interrupted_series(figures, start=13)
    assert list(fit.coefficients.values()) == pytest.approx([100, 1, -10, -0.5])
    assert (fit.before, fit.after) == (11, 11)
    assert np.isnan(fit.residuals[4])
    assert fit.fitted[4] == pytest.approx(105)


def test_a_missing_month_is_no_neighbour():
    gap = [1.0, 2.5, None, 2.0, 1.0, None, 3.0, 2.0, None, 1.5]
    assert np.isnan(interrupted_series([1.0, None, 2.0, None, 4.0, None, 3.0], start=5, slope=False).autocorrelation)
    assert np.isfinite(interrupted_series(gap, start=5).autocorrelation)


def test_a_season_is_found_and_does_not_disturb_the_step():
    month = np.arange(1, 49)
    figures = 50 + 3 * np.sin(2 * np.pi * (month + 6) / 12) - 4.0 * (month >= 25)
    fit = interrupted_series(figures, start=25, harmonics=2, first_month=7, slope=False)
    assert list(fit.coefficients) == ["const", "time", "step", "sin1", "cos1", "sin2", "cos2"]
    assert fit.coefficients["step"] == pytest.approx(-4)
    assert fit.coefficients["sin1"] == pytest.approx(3)


def test_a_line_without_error_has_no_autocorrelation():
    fit = interrupted_series([0.0] * 12, start=7, lag=0)
    assert np.isnan(fit.autocorrelation)
    assert np.isnan(fit.durbin_watson)
    assert fit.effect_interval(8) == pytest.approx((0, 0), abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"start": 1}, "start"),
        ({"start": 25}, "start"),
        ({"start": 13, "harmonics": 6}, "harmonics"),
        ({"start": 13, "first_month": 13}, "first_month"),
        ({"start": 13, "lag": -1}, "lag"),
        ({"start": 13, "family": "poisson"}, "family"),
        ({"start": 13, "family": "quasi_binomial"}, "denominators"),
        ({"start": 13, "exposure": [1.0] * 24}, "Gaussian"),
        ({"start": 13, "family": "quasi_poisson", "exposure": [1.0] * 23}, "same number"),
        ({"start": 13, "family": "quasi_poisson", "exposure": [0.0] * 24}, "above 0"),
        ({"start": 13, "family": "quasi_binomial", "exposure": [10.0] * 24}, "exceeds"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, word):
    with pytest.raises(ValueError, match=word):
        interrupted_series(I2, **arguments)


def test_figures_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="negative"):
        interrupted_series([-1.0] * 24, start=13, family="quasi_poisson")
    with pytest.raises(ValueError, match="before and after"):
        interrupted_series([None] * 12 + I2[12:], start=13)
    with pytest.raises(ValueError, match="do not determine"):
        interrupted_series([1.0, 2.0, 3.0, 4.0], start=3)
    fit = interrupted_series(I2, start=13)
    with pytest.raises(ValueError, match="before the reform"):
        fit.effect(12)
    with pytest.raises(ValueError, match="confidence"):
        fit.effect_interval(24, 1.0)


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [
        (7, 40, (False, False, 0, False)),
        (8, 8, (True, False, 0, True)),
        (12, 12, (True, True, 0, False)),
        (24, 11, (True, False, 1, True)),
        (36, 12, (True, True, 2, False)),
    ],
)
def test_what_a_length_allows(before, after, answer):
    allowed = enough_months(before, after)
    assert (allowed.estimate, allowed.slope, allowed.harmonics, allowed.warn) == answer


def test_false_dates_use_the_months_before_the_reform_alone():
    placebo = placebo_steps(_exact(40)[:20].tolist() + [999.0] * 20, start=21, slope=False)
    assert list(placebo["month"]) == [9, 10, 11, 12]
    again = placebo_steps(_exact(40)[:20].tolist() + [0.0] * 20, start=21, slope=False)
    pd.testing.assert_frame_equal(placebo, again)
    cases, exposure, _ = _cases(3)
    assert len(placebo_steps(cases, start=25, exposure=exposure, family="quasi_poisson")) == 8
    assert placebo_steps(cases, start=10).empty
    assert placebo_steps([0.0] * 30, start=21)["ratio"].isna().all()


def test_golden_d1():
    assert difference_in_differences(62.0, 68.5, 60.0, 63.0) == pytest.approx(3.5)
    assert np.isnan(difference_in_differences(62.0, np.nan, 60.0, 63.0))


def _staggered() -> pd.DataFrame:
    rows = []
    for unit, start in {"a": 3, "b": 3, "c": 5, "d": None, "e": 0, "f": np.inf}.items():
        first = start if start not in (None, 0, np.inf) else 99
        rows += [(unit, time, ord(unit) + 2.0 * time + (4.0 + (time - first) if time >= first else 0.0), start) for time in range(1, 7)]
    return pd.DataFrame(rows, columns=["unit", "time", "y", "first"])


@pytest.mark.parametrize("control", ["never", "not_yet"])
def test_staggered_effects_are_found_where_they_were_put(control):
    effects = group_time_effects(_staggered(), unit="unit", time="time", outcome="y", first_treated="first", control=control)
    for group, time, effect in effects[["group", "time", "effect"]].itertuples(index=False):
        assert effect == pytest.approx(4 + time - group if time >= group else 0)
    assert effects.by_event_time == pytest.approx({-4: 0, -3: 0, -2: 0, -1: 0, 0: 4, 1: 5, 2: 6, 3: 7})
    assert effects.by_group == pytest.approx({3: 5.5, 5: 4.5})
    assert effects.overall == pytest.approx((2 * (4 + 5 + 6 + 7) + 4 + 5) / 10)


def test_not_yet_treated_serve_as_controls_when_nobody_is_left_out():
    panel = _staggered()
    panel = panel[panel["unit"].isin(["a", "b", "c"])]
    never = group_time_effects(panel, unit="unit", time="time", outcome="y", first_treated="first")
    assert never["effect"].isna().all()
    assert np.isnan(never.overall)
    later = group_time_effects(panel, unit="unit", time="time", outcome="y", first_treated="first", control="not_yet")
    assert later.loc[(later["group"] == 3) & (later["time"] == 4), "effect"].item() == pytest.approx(5)
    assert later.loc[(later["group"] == 3) & (later["time"] == 5), "effect"].isna().all()


def test_composition_is_fixed_and_an_early_group_has_no_base():
    panel = _staggered()
    panel = panel[~((panel["unit"] == "b") & (panel["time"] == 4))]
    panel.loc[panel["unit"] == "c", "first"] = 1
    effects = group_time_effects(panel, unit="unit", time="time", outcome="y", first_treated="first")
    assert set(effects["group"]) == {3}
    assert effects.loc[effects["time"] == 4, ["effect", "units"]].to_numpy().tolist() == [[5, 1]]


def test_panels_that_contradict_themselves_are_refused():
    panel = _staggered()
    with pytest.raises(ValueError, match="twice"):
        group_time_effects(pd.concat([panel, panel]), unit="unit", time="time", outcome="y", first_treated="first")
    with pytest.raises(ValueError, match="control"):
        group_time_effects(panel, unit="unit", time="time", outcome="y", first_treated="first", control="all")  # type: ignore[arg-type]
    panel.loc[0, "first"] = 4
    with pytest.raises(ValueError, match="two starts"):
        group_time_effects(panel, unit="unit", time="time", outcome="y", first_treated="first")


def test_golden_d2_permutation():
    changes = [6.5, 3.0, 2.4, 3.8, 1.9]
    effects = [change - np.mean(changes[:place] + changes[place + 1 :]) for place, change in enumerate(changes)]
    assert effects == pytest.approx([3.725, -0.65, -1.4, 0.35, -2.025])
    assert permutation_p(effects, 0) == pytest.approx(0.20)
    assert permutation_p({"A": 3.725, "B": -0.65, "C": -1.4, "D": 0.35, "E": -2.025}, "E") == pytest.approx(0.40)
    assert permutation_p(pd.Series([5.0, 4.0, 0.0, 0.0, np.nan]), [0, 1]) == pytest.approx(1 / 6)
    with pytest.raises(ValueError, match="no effect"):
        permutation_p([1.0, np.nan], 1)
    with pytest.raises(ValueError, match="no effect"):
        permutation_p([1.0], [])


def _grown(reforms: frozenset[str]) -> float:
    return 100 * (1.1 if "A" in reforms else 1) * (1.2 if "B" in reforms else 1)


def test_golden_s1_shapley():
    assert shapley(["A", "B"], _grown) == pytest.approx({"A": 11, "B": 21})
    assert first_and_last_in(["A", "B"], _grown).to_numpy().tolist() == [pytest.approx([10, 12]), pytest.approx([20, 22])]
    with pytest.raises(ValueError, match="twice"):
        shapley(["A", "A"], _grown)
    with pytest.raises(ValueError, match="12"):
        shapley([str(place) for place in range(13)], lambda chosen: 0.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=8))
def test_shapley_is_the_mean_over_all_orders(values):
    parts = ["a", "b", "c"]
    subsets = [frozenset(name for bit, name in enumerate(parts) if place >> bit & 1) for place in range(8)]
    worth = dict(zip(subsets, values, strict=True))
    shares = shapley(parts, worth.__getitem__)
    slow = dict.fromkeys(parts, 0.0)
    for order in permutations(parts):
        there: frozenset[str] = frozenset()
        for part in order:
            slow[part] += (worth[there | {part}] - worth[there]) / 6
            there |= {part}
    assert shares == pytest.approx(slow, abs=1e-6)
    assert sum(shares.values()) == pytest.approx(worth[frozenset(parts)] - worth[frozenset()], abs=1e-6)


def test_unit_effects_are_those_of_golden_d2() -> None:
    changes = {"a": 6.5, "b": 3.0, "c": 2.4, "d": 3.8, "e": 1.9}
    rows = [(name, time, (change if time > 2 else 0.0) + 50) for name, change in changes.items() for time in range(1, 5)]
    panel = pd.DataFrame([*rows, ("f", 1, 9.0)], columns=["unit", "time", "y"])
    effects = unit_effects(panel, unit="unit", time="time", outcome="y", start=3)
    assert effects.to_dict() == pytest.approx({"a": 3.725, "b": -0.65, "c": -1.4, "d": 0.35, "e": -2.025})
    with pytest.raises(ValueError, match="two units"):
        unit_effects(panel[panel["unit"] == "a"], unit="unit", time="time", outcome="y", start=3)


def test_dates_dealt_out_anew_seldom_give_an_effect_as_large() -> None:
    random = np.random.default_rng(4)
    rows = [
        (f"u{unit:02d}", time, random.normal() + (5.0 if unit < 4 and time >= 6 else 0.0), 6 if unit < 4 else None)
        for unit in range(12)
        for time in range(1, 11)
    ]
    panel = pd.DataFrame(rows, columns=["unit", "time", "y", "first"])
    names = {"unit": "unit", "time": "time", "outcome": "y", "first_treated": "first"}
    assert reassignment_p(panel, **names, draws=99) == pytest.approx(0.01)
    assert reassignment_p(panel.assign(y=0.0), **names, draws=9) == 1
    assert np.isnan(reassignment_p(panel.assign(first=None), **names, draws=9))
    with pytest.raises(ValueError, match="draws"):
        reassignment_p(panel, **names, draws=0)
    with pytest.raises(ValueError, match="control"):
        reassignment_p(panel, **names, control="all")


@given(st.integers(0, 10_000))
def test_group_time_effects_agree_with_a_slow_second_computation(seed: int) -> None:
    random = np.random.default_rng(seed)
    starts = {f"u{unit}": int(start) if start > 1 else None for unit, start in enumerate(random.integers(0, 6, 7))}
    rows = [
        (name, time, random.normal() if random.random() > 0.1 else np.nan, start) for name, start in starts.items() for time in range(1, 7)
    ]
    panel = pd.DataFrame(rows, columns=["unit", "time", "y", "first"])
    known = {(name, time): value for name, time, value, _start in rows if not np.isnan(value)}
    for control in ("never", "not_yet"):
        effects = group_time_effects(panel, unit="unit", time="time", outcome="y", first_treated="first", control=control)
        for group, time, effect in effects[["group", "time", "effect"]].itertuples(index=False):
            sides = []
            for chosen in (
                [name for name, start in starts.items() if start == group],
                [name for name, start in starts.items() if start is None or (control == "not_yet" and start > max(time, group))],
            ):
                changes = [known[name, time] - known[name, group - 1] for name in chosen if {(name, time), (name, group - 1)} <= set(known)]
                sides.append(np.mean(changes) if changes else np.nan)
            assert effect == pytest.approx(sides[0] - sides[1], nan_ok=True)


# Published worked examples ----------------------------------------------------------------------------------------------


def test_employment_in_fast_food_restaurants() -> None:
    """Card and Krueger, American Economic Review 1994, table 3 (figures from memory [OWN]): full-time workers a restaurant."""
    found = difference_in_differences(20.44, 21.03, 23.33, 21.17)
    assert found == pytest.approx(2.76, abs=0.02)
    rows = [("NJ", 0, 20.44, 1), ("NJ", 1, 21.03, 1), ("PA", 0, 23.33, None), ("PA", 1, 21.17, None)]
    panel = pd.DataFrame(rows, columns=["state", "wave", "workers", "raised"])
    effects = group_time_effects(panel, unit="state", time="wave", outcome="workers", first_treated="raised")
    assert effects.overall == pytest.approx(found)


def test_the_lady_tasting_tea() -> None:
    """Fisher, The Design of Experiments 1935 [OWN]: four cups of eight told right come out once in seventy."""
    cups = pd.Series([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    assert permutation_p(cups, [0, 1, 2, 3]) == pytest.approx(1 / 70)
    assert permutation_p(cups, [0, 1, 2, 4]) == pytest.approx(17 / 70)


def test_the_airport_game_and_the_gloves() -> None:
    """Littlechild and Owen, Management Science 1973: a runway for the largest plane that lands; Shapley's own gloves [OWN]."""
    runway = {"small": 1.0, "middle": 2.0, "large": 3.0}
    assert shapley(list(runway), lambda landing: max((runway[plane] for plane in landing), default=0.0)) == pytest.approx(
        {"small": 1 / 3, "middle": 5 / 6, "large": 11 / 6}
    )
    pairs = shapley(["left", "other left", "right"], lambda hands: float("right" in hands and len(hands) > 1))
    assert pairs == pytest.approx({"left": 1 / 6, "other left": 1 / 6, "right": 2 / 3})
