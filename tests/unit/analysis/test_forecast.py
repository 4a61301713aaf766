"""Forecasts: which method when, honest back test, gaps and zeros, statsmodels asked directly as oracle; beds needed."""

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from dashboard.analysis import forecast
from dashboard.analysis.forecast import beds_needed, forecast_months

RANDOM = np.random.default_rng(11)
MONTHS = np.arange(48)
BED_DAYS = 1000 + 5 * MONTHS + 100 * np.sin(MONTHS * np.pi / 6) + RANDOM.normal(0, 15, 48)
DAYS = pd.date_range("2021-01-01", periods=48, freq="MS")
DATED = pd.Series(BED_DAYS, index=DAYS)


def test_a_seasonal_trend_is_smoothed_and_beats_the_yardstick() -> None:
    result = forecast_months(DATED)
    assert result.method == "exponential_smoothing"
    assert result.table.index.tolist() == pd.date_range("2025-01-01", periods=12, freq="MS").tolist()
    assert result.mean_absolute_error < result.naive_error
    expected = 1000 + 5 * (48 + np.arange(12)) + 100 * np.sin((48 + np.arange(12)) * np.pi / 6)
    assert np.abs(result.table["forecast"] - expected).mean() < 50
    assert (result.table["lower"] < result.table["forecast"]).all()
    assert (result.table["forecast"] < result.table["upper"]).all()


def test_agrees_with_statsmodels_asked_directly() -> None:
    options = {"error": "add", "trend": "add", "damped_trend": True, "seasonal": "add", "seasonal_periods": 12}
    scale = BED_DAYS.mean()
    model = ETSModel(pd.Series(BED_DAYS / scale), **options, initialization_method="heuristic").fit(disp=False)
    assert forecast_months(BED_DAYS).table["forecast"].tolist() == pytest.approx((model.forecast(12) * scale).tolist())


def test_the_same_input_gives_the_same_forecast() -> None:
    pd.testing.assert_frame_equal(forecast_months(DATED).table, forecast_months(DATED.sample(frac=1, random_state=1)).table)


def test_backtest_uses_only_what_was_known() -> None:
    result = forecast_months(DATED)
    assert result.backtest["origin"].drop_duplicates().tolist() == pd.to_datetime(["2023-12", "2024-03", "2024-06", "2024-09"]).tolist()
    assert result.backtest["month"].tolist() == DATED.index[36:].tolist()
    assert result.backtest["actual"].tolist() == DATED.tolist()[36:]
    assert result.backtest["seasonal_naive"].tolist() == DATED.tolist()[24:36]
    errors = (result.backtest["exponential_smoothing"] - result.backtest["actual"]).abs()
    assert result.mean_absolute_error == pytest.approx(errors.mean())
    assert result.mean_absolute_percentage_error == pytest.approx((errors / result.backtest["actual"]).mean() * 100)
    # Changing the last three months changes nothing that was forecast before them.
    changed = forecast_months(DATED.where(DATED.index < "2024-10-01", 1.0)).backtest
    assert changed["exponential_smoothing"].tolist() == pytest.approx(result.backtest["exponential_smoothing"].tolist())


@pytest.mark.parametrize("label", ["period", "date", "text"])
def test_months_may_be_periods_dates_or_text(label: str) -> None:
    index = {
        "period": DAYS.to_period("M"),
        "date": pd.Index([day.date() for day in DAYS], dtype="object"),
        "text": DAYS.strftime("%Y-%m"),
    }[label]
    pd.testing.assert_frame_equal(forecast_months(DATED.set_axis(index)).table, forecast_months(DATED).table, check_freq=False)


@pytest.mark.parametrize(
    ("length", "method"),
    [(0, "insufficient"), (1, "insufficient"), (2, "last_value"), (12, "last_value"), (13, "seasonal_naive"), (26, "seasonal_naive")],
)
def test_short_series_get_simpler_methods(length: int, method: str) -> None:
    result = forecast_months(BED_DAYS[:length])
    assert result.method == method
    assert len(result.table) == 12
    assert result.table.index[0] == length
    assert result.table.isna().all(axis=None) == (method == "insufficient")


def test_intervals_of_the_naive_methods() -> None:
    # σ = root mean square of the steps, widening with √h; of the seasonal differences, with the root of the years ahead.
    last = forecast_months([10, 13, 9], horizon=4, confidence=0.95).table
    sigma = math.sqrt((9 + 16) / 2)
    assert last["forecast"].tolist() == [9] * 4
    assert last["upper"].tolist() == pytest.approx([9 + 1.25 * 1.959964 * sigma * math.sqrt(h) for h in (1, 2, 3, 4)], rel=1e-6)
    seasonal = forecast_months([*range(100, 112), 103, 105], horizon=14, confidence=0.95).table
    sigma = math.sqrt((9 + 16) / 2)
    assert seasonal["forecast"].tolist() == [*range(102, 112), 103, 105, 102, 103]
    assert seasonal["upper"].iloc[0] == pytest.approx(102 + 1.25 * 1.959964 * sigma, rel=1e-6)
    assert seasonal["upper"].iloc[13] == pytest.approx(103 + 1.25 * 1.959964 * sigma * math.sqrt(2), rel=1e-6)


def test_intervals_cover_simulated_histories() -> None:
    """Bed-days with a drifting level or errors that hang together: the plain interval covers six of ten months, the widened one eight."""
    rng, plain, wide, months = np.random.default_rng(6), 0, 0, 0
    for trial in range(24):
        errors = rng.normal(0, 0.02, 60)
        if trial % 2:
            for place in range(1, 60):
                errors[place] = 0.6 * errors[place - 1] + 0.8 * errors[place]
        level = np.zeros(60) if trial % 2 else np.cumsum(rng.normal(0.002, 0.01, 60))
        values = 10_000 * (1 + 0.1 * np.sin(2 * np.pi * np.arange(60) / 12)) * np.exp(level + errors)
        found = forecast._smoothed(values[:48], 12, 0.8)
        if found is None:
            continue
        for table, name in ((found, "plain"), (forecast.widened(found, "exponential_smoothing"), "wide")):
            inside = int(((table[:, 1] <= values[48:]) & (values[48:] <= table[:, 2])).sum())
            plain, wide = (plain + inside, wide) if name == "plain" else (plain, wide + inside)
        months += 12
    assert plain / months < 0.75
    assert wide / months >= 0.78


def test_an_untested_method_shows_no_error() -> None:
    result = forecast_months([10, 13, 9])
    assert math.isnan(result.mean_absolute_error)
    assert math.isnan(result.mean_absolute_percentage_error)


def test_a_noisy_repeating_year_falls_back_on_the_better_method() -> None:
    year = np.array([5.0, 90, 20, 300, 7, 1, 44, 100, 3, 250, 60, 12])
    result = forecast_months([*year, *year, *year, *year])
    assert result.table["forecast"].tolist() == pytest.approx(year.tolist(), abs=1e-6)
    assert result.naive_error == 0


def test_a_fit_that_does_not_converge_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    fit = ETSModel.fit
    monkeypatch.setattr(forecast.ETSModel, "fit", lambda self, disp: fit(self, maxiter=0, disp=disp))
    result = forecast_months(BED_DAYS)
    assert result.method == "seasonal_naive"
    assert result.backtest["exponential_smoothing"].isna().all()
    assert result.mean_absolute_error == result.naive_error


def test_missing_months_inside_are_filled_and_named_those_at_the_ends_cut() -> None:
    gappy = DATED.copy()
    gappy.iloc[[0, 20, 40, 47]] = np.nan
    result = forecast_months(gappy.dropna())
    assert result.filled == (DATED.index[20], DATED.index[40])
    assert result.table.index[0] == pd.Timestamp("2024-12-01")
    # A filled month is not taken for an actual one in the test: it carries no error.
    tested = result.backtest.set_index("month")
    assert math.isnan(tested.loc[DATED.index[40], "actual"])
    assert np.isfinite(result.mean_absolute_error)
    numbered = forecast_months([None, 5, None, 7])
    assert numbered.filled == (2,)
    assert numbered.table.index[0] == 4
    assert numbered.table["forecast"].iloc[0] == 7


def test_zeros_are_figures() -> None:
    result = forecast_months([0] * 40)
    assert result.table.to_numpy().tolist() == [[0, 0, 0]] * 12
    assert result.mean_absolute_error == 0
    assert math.isnan(result.mean_absolute_percentage_error)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.one_of(st.none(), st.integers(0, 1000)), max_size=60), st.integers(1, 15))
def test_forecasts_are_ordered_and_never_negative(values: list[int | None], horizon: int) -> None:
    result = forecast_months(values, horizon)
    assert len(result.table) == horizon
    known = result.table.dropna()
    assert len(known) in (0, horizon)
    assert (known >= 0).all(axis=None)
    assert (known["lower"] <= known["forecast"] + 1e-9).all()
    assert (known["forecast"] <= known["upper"] + 1e-9).all()


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="horizon"):
        forecast_months([1, 2], 0)
    with pytest.raises(ValueError, match="confidence"):
        forecast_months([1, 2], confidence=1)
    with pytest.raises(ValueError, match="negative"):
        forecast_months([1, -2])
    with pytest.raises(ValueError, match="2024-01 stands twice"):
        forecast_months(pd.Series([1, 2], index=[datetime.date(2024, 1, 1), datetime.date(2024, 1, 9)]))


def test_beds_needed() -> None:
    needed = beds_needed(pd.Series({"2025-01": 2635, "2025-02": 2380, "2025-03": None}), [31, 0, 31], 85)
    assert needed.index.tolist() == ["2025-01", "2025-02", "2025-03"]
    assert needed.iloc[0] == pytest.approx(100)
    assert needed.iloc[1:].isna().all()
    with pytest.raises(ValueError, match="occupancy"):
        beds_needed([1], [1], 0)
    with pytest.raises(ValueError, match="days"):
        beds_needed([1, 2], [1], 85)
