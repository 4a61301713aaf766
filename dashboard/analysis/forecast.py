"""Forecast of a monthly series with intervals and a back-tested error; beds needed for forecast bed-days.

Exponential smoothing (additive error, damped additive trend, additive season: ETS(A,Ad,A)) by statsmodels, with the seasonal naive forecast
as yardstick and fallback; intervals of the naive methods after Hyndman and Athanasopoulos, *Forecasting: Principles and Practice*,
5.5. All [OWN].
"""

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from dashboard.analysis.sequences import Numbers, counts, ratio

Method = Literal["exponential_smoothing", "seasonal_naive", "last_value", "insufficient"]
SEASON = 12
_SMOOTHING_MONTHS = 24  # two full seasons, the least from which a season can be told from a trend
_ORIGIN_STEP = 3
SIMULATED_COVERAGE = (0.85, 0.90)
"""What the 80 % interval covered in twelve months of simulated histories: level adrift, errors correlated at 0.6, or neither."""
WIDENING: dict[Method, float] = {"exponential_smoothing": 1.75, "seasonal_naive": 1.25, "last_value": 1.25, "insufficient": 1.0}


@dataclass(frozen=True)
class Forecast:
    """A forecast and how far to trust it.

    Attributes:
        table: one row per future month (timestamp of its first day, or the next numbers) with ``forecast``, ``lower`` and ``upper``; never
            below 0. The interval is ``widened`` until it covered what it states on simulated histories (docs/forecasts.md).
        method: ``"exponential_smoothing"`` (27 months or more, so that it could be tested, and no worse than the yardstick there),
            ``"seasonal_naive"`` (13 or more: each month as a year before), ``"last_value"`` (2 or more: as the last month) or
            ``"insufficient"`` (the table holds only missing values).
        confidence: that the interval is meant to cover.
        filled: labels of missing months inside the history that were filled for the computation.
        mean_absolute_error: of this method in the back test, in units of the series; NaN when there was none.
        mean_absolute_percentage_error: likewise in per cent, over months with a value above 0.
        naive_error: mean absolute error of the seasonal naive forecast in the same test.
        backtest: the forecasts of the test: ``origin`` (last month known), ``month``, ``actual``, and one column per method.
    """

    table: pd.DataFrame
    method: Method
    confidence: float
    filled: tuple[Any, ...]
    mean_absolute_error: float
    mean_absolute_percentage_error: float
    naive_error: float
    backtest: pd.DataFrame


def forecast_months(values: Numbers, horizon: int = 12, confidence: float = 0.8) -> Forecast:
    """Return the forecast of the next ``horizon`` months of bed-days, visits and the like.

    Args:
        values: non-negative monthly figures in order. A Series indexed by the first days of months (dates, timestamps or monthly
            periods) may skip months and come unsorted; anything else is numbered and taken as gapless. Zeros are figures; missing
            months are missing.
        horizon: months ahead.
        confidence: coverage of the interval, above 0 and below 1.

    Returns:
        ``Forecast``; always the same for the same input. Missing months at either end are cut off (the forecast starts after the last
        known month); one inside is filled with the mean of the same month a year before and after as far as known, else linearly.
        The methods are tested from rolling origins over the last year: every third month, three months ahead; smoothing from origins with
        24 months of history, the naive one with 13. Where smoothing is worse there, could not be tested or does not converge, the
        seasonal naive forecast is used.

    Raises:
        ValueError: negative or non-numeric figures, horizon below 1, a month given twice, confidence out of range.
    """
    if horizon < 1 or not 0 < confidence < 1:
        raise ValueError("horizon must be at least 1 and confidence between 0 and 1")
    series = _gapless(counts(values, "values"))
    known = series.dropna()
    history = series.loc[known.index[0] : known.index[-1]] if len(known) else series.iloc[:0]
    complete = _filled(history)
    tested = _backtest(complete, history)
    smooth_error, naive_error = _mean_error(tested, "exponential_smoothing"), _mean_error(tested, "seasonal_naive")
    smoothed = _smoothed(complete.to_numpy(), horizon, confidence)
    if smoothed is not None and smooth_error <= naive_error:  # false too where smoothing could not be tested
        method: Method = "exponential_smoothing"
        columns = widened(smoothed, "exponential_smoothing")
    else:
        method, columns = _naive(complete.to_numpy(), horizon, confidence)
        columns = widened(columns, method)
    return Forecast(
        table=pd.DataFrame(columns, index=_future(complete.index, horizon), columns=["forecast", "lower", "upper"]).clip(lower=0.0),
        method=method,
        confidence=confidence,
        filled=tuple(_labels(history.index[history.isna()])),
        mean_absolute_error=_mean_error(tested, method),
        mean_absolute_percentage_error=_percentage_error(tested, method),
        naive_error=naive_error,
        backtest=tested,
    )


def widened(columns: np.ndarray, method: Method) -> np.ndarray:
    """Return forecast, lower and upper with the interval as wide as a back test on simulated histories asks for.

    A model's own interval takes its level, trend and season as known and its errors as independent. On histories with a drifting level, or
    with errors that hang together from month to month, it covers some six of ten months instead of eight, so it is multiplied
    (``WIDENING``, found by that test; see ``tests/unit/analysis/test_forecast.py``). [OWN]
    """
    middle = columns[:, :1]
    return np.column_stack([columns[:, 0], middle + WIDENING[method] * (columns[:, 1:] - middle)])


def beds_needed(bed_days: Numbers, days: Numbers, occupancy: float) -> pd.Series:
    """Return how many beds carry that many occupied bed-days at the chosen occupancy: bed-days ÷ days ÷ (occupancy ÷ 100).

    Args:
        bed_days: occupied bed-days, known or forecast.
        days: calendar days of each period, in the same order.
        occupancy: chosen occupancy in per cent (85 means 85 %), above 0.

    Returns:
        Series of beds, not rounded (round up for a whole number); missing where days are 0 or a figure is missing.
    """
    if not occupancy > 0:
        raise ValueError("occupancy: must be above 0 per cent")
    load, length = counts(bed_days, "bed_days"), counts(days, "days")
    if len(load) != len(length):
        raise ValueError(f"days: {len(length)} values for {len(load)} periods")
    return (ratio(load, length.set_axis(load.index)) / (occupancy / 100)).rename("beds_needed")


def _gapless(series: pd.Series) -> pd.Series:
    """Return the series on an index without skipped months (a PeriodIndex), or as it is when it is not indexed by months."""
    if isinstance(series.index, pd.PeriodIndex):
        months = series.index.asfreq("M")
    elif len(series) and not pd.api.types.is_numeric_dtype(series.index):
        months = pd.PeriodIndex(pd.to_datetime(series.index), freq="M")
    else:
        return series.reset_index(drop=True)
    if months.has_duplicates:
        raise ValueError(f"values: the month {months[months.duplicated()][0]} stands twice")
    return series.set_axis(months).reindex(pd.period_range(months.min(), months.max(), freq="M"))


def _filled(history: pd.Series) -> pd.Series:
    neighbours = pd.concat([history.shift(SEASON), history.shift(-SEASON)], axis=1).mean(axis=1)
    return history.fillna(neighbours).interpolate().astype("float64")


def _labels(index: pd.Index) -> pd.Index:
    """Return months as timestamps of their first days, numbers as they are."""
    return index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index


def _future(index: pd.Index, horizon: int) -> pd.Index:
    if isinstance(index, pd.PeriodIndex):
        return _labels(pd.period_range(index[-1] + 1, periods=horizon, freq="M"))
    first = int(index[-1]) + 1 if len(index) else 0
    return pd.RangeIndex(first, first + horizon)


def _smoothed(history: np.ndarray, horizon: int, confidence: float) -> np.ndarray | None:
    """Return forecast, lower and upper by exponential smoothing; None when too short, all zero, or the fit does not converge."""
    if len(history) < _SMOOTHING_MONTHS or not history.any():
        return None
    scale = float(history.mean())  # the optimiser's steps do not know the unit
    model = ETSModel(
        pd.Series(history / scale),
        error="add",
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=SEASON,
        initialization_method="heuristic",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # asked for below
        fitted = model.fit(disp=False)
    if not fitted.mle_retvals["converged"]:
        return None
    prediction = fitted.get_prediction(start=len(history), end=len(history) + horizon - 1).summary_frame(alpha=1 - confidence)
    return prediction[["mean", "pi_lower", "pi_upper"]].to_numpy() * scale


def _naive(history: np.ndarray, horizon: int, confidence: float) -> tuple[Method, np.ndarray]:
    """Return the method that the length allows, and forecast, lower and upper by it."""
    ahead = np.arange(horizon)
    if len(history) < 2:
        return "insufficient", np.full((horizon, 3), np.nan)
    if len(history) > SEASON:
        method: Method = "seasonal_naive"
        middle, change = history[len(history) - SEASON + ahead % SEASON], history[SEASON:] - history[:-SEASON]
        widening = np.sqrt(ahead // SEASON + 1)
    else:
        method = "last_value"
        middle, change = np.repeat(history[-1], horizon), np.diff(history)
        widening = np.sqrt(ahead + 1)
    reach = norm.ppf(0.5 + confidence / 2) * np.sqrt(np.mean(change**2)) * widening
    return method, np.column_stack([middle, middle - reach, middle + reach])


def _backtest(complete: pd.Series, history: pd.Series) -> pd.DataFrame:
    columns = ["origin", "month", "actual", "exponential_smoothing", "seasonal_naive"]
    labels, values = _labels(complete.index), complete.to_numpy()
    rows: list[tuple[Any, ...]] = []
    for back in range(SEASON, 0, -_ORIGIN_STEP):
        known = len(values) - back
        if known <= SEASON:
            continue
        smoothed = _smoothed(values[:known], _ORIGIN_STEP, 0.5)
        naive = _naive(values[:known], _ORIGIN_STEP, 0.5)[1]
        for step in range(_ORIGIN_STEP):
            month, actual = labels[known + step], history.iloc[known + step]
            rows.append((labels[known - 1], month, actual, np.nan if smoothed is None else max(smoothed[step, 0], 0.0), naive[step, 0]))
    return pd.DataFrame(rows, columns=columns)


def _compared(tested: pd.DataFrame, method: str) -> pd.DataFrame:
    """Return actual and forecast of the months that count: actually known, and where smoothing works at all forecast by both methods."""
    if method not in tested.columns:
        return pd.DataFrame(columns=["actual", "forecast"], dtype="float64")
    smoothed = tested["exponential_smoothing"]
    both = tested[smoothed.notna()] if smoothed.notna().any() else tested
    return both.dropna(subset=["actual", method])[["actual", method]].set_axis(["actual", "forecast"], axis=1).astype("float64")


def _mean_error(tested: pd.DataFrame, method: str) -> float:
    months = _compared(tested, method)
    return float((months["forecast"] - months["actual"]).abs().mean())


def _percentage_error(tested: pd.DataFrame, method: str) -> float:
    months = _compared(tested, method)
    return float(ratio((months["forecast"] - months["actual"]).abs(), months["actual"]).mean() * 100)
