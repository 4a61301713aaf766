"""Interrupted series: a segmented regression of one monthly outcome and one date, its checks, what a series of its length may be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.stats import t as student

from dashboard.analysis.sequences import Numbers, number_series

Family = Literal["gaussian", "quasi_poisson", "quasi_binomial"]
DETECTABLE = 2.8
"""Standard errors that an effect must measure to be found 8 times in 10 at 5 % (1.96 + 0.84)."""
_YEAR = 12
_CORRELATIONS = np.linspace(0.0, 0.95, 39)


@dataclass(frozen=True)
class InterruptedSeries:
    """A segmented regression, coded ``const + time·t + step·X + slope·(t − start)·X``, t = 1 in the first month, X = 1 from ``start`` on.

    So ``step`` is the jump in the first month of the reform itself (some papers centre the slope a month earlier).

    Attributes:
        coefficients: by name: const, time, step, slope (where asked), sin1, cos1, …; unit of the outcome, on the log (quasi-Poisson, of the
            rate per exposure) or logit (quasi-binomial) scale for the quasi families.
        standard_errors: plain ones by name: least squares, or the model's times the root of the dispersion.
        newey_west: standard errors by name that allow for correlation over ``lag`` months, without small-sample correction. In short series
            they can be *smaller* than the plain ones: show ``cautious_errors``.
        correlated: standard errors by name as if every month were correlated with the one before by ``correlation`` (Newey–West sees too
            little of it in short series: the model has taken a part of the correlation out of the residuals).
        correlation: of neighbouring months, 0–0.95, free of that bias; 0 where the residuals show none.
        freedom: degrees of freedom for intervals and p-values, fewer the more the months are correlated (Satterthwaite).
        lag: months of correlation allowed for.
        dispersion: Pearson's χ² over the degrees of freedom (for the Gaussian family the residual variance); 1 is pure Poisson or binomial.
        detectable_step: smallest step, on the scale of the coefficients, that would be found 8 times in 10: 2.8 cautious standard errors.
        autocorrelation: of the residuals, one month apart; NaN without neighbouring months.
        durbin_watson: of the residuals in order; not to be relied on in short series.
        fitted: model value per month 1…n in the unit of the outcome (a share for quasi-binomial), missing months included where the
            exposure is known.
        counterfactual: likewise without step and slope.
        residuals: Pearson residuals per month, NaN in missing months.
        before, after: months with a figure before, and from ``start`` on.
    """

    coefficients: Mapping[str, float]
    standard_errors: Mapping[str, float]
    newey_west: Mapping[str, float]
    correlated: Mapping[str, float]
    correlation: float
    freedom: float
    lag: int
    dispersion: float
    detectable_step: float
    autocorrelation: float
    durbin_watson: float
    fitted: NDArray[np.float64]
    counterfactual: NDArray[np.float64]
    residuals: NDArray[np.float64]
    before: int
    after: int
    start: int
    family: Family
    _covariance: NDArray[np.float64]
    _exposure: NDArray[np.float64]
    _seasons: int
    _first_month: int

    @property
    def cautious_errors(self) -> Mapping[str, float]:
        """The largest of the plain, the Newey–West and the correlated standard error, by name."""
        kinds = (self.standard_errors, self.newey_west, self.correlated)
        return MappingProxyType({name: max(errors[name] for errors in kinds) for name in self.coefficients})

    def p_value(self, name: str) -> float:
        """Return the two-sided p-value of a coefficient on its cautious error, by Student's t with ``freedom``; 0 without any error."""
        error = self.cautious_errors[name]
        return float(2 * student.sf(abs(self.coefficients[name]) / error, self.freedom)) if error > 0 else 0.0

    def effect(self, at: int) -> float:
        """Return what the model has in month ``at`` (1 = first month) more than without the reform.

        Unit of the outcome: of the count at that month's exposure (that of the last month beyond the series), of the share for quasi-
        binomial.

        Raises:
            ValueError: a month before the reform.
        """
        return self._difference(self._beta, at)

    def effect_interval(self, at: int, confidence: float = 0.95) -> tuple[float, float]:
        """Return the interval of ``effect(at)`` by the delta method on the largest covariance, by Student's t with ``freedom``.

        Raises:
            ValueError: a month before the reform, or a confidence outside 0–1.
        """
        if not 0 < confidence < 1:
            raise ValueError("confidence must lie between 0 and 1")
        estimate = self._difference(self._beta, at)
        steps = np.maximum(np.abs(self._beta), 1.0) * 1e-6
        moved = [
            (self._difference(self._beta + step, at) - self._difference(self._beta - step, at)) / (2 * size)
            for size, step in zip(steps, np.diag(steps), strict=True)
        ]
        gradient = np.array(moved)
        error = float(np.sqrt(max(gradient @ self._covariance @ gradient, 0.0)))
        reach = float(student.ppf(0.5 + confidence / 2, self.freedom)) * error
        return estimate - reach, estimate + reach

    @property
    def _beta(self) -> NDArray[np.float64]:
        return np.array(list(self.coefficients.values()))

    def _difference(self, beta: NDArray[np.float64], at: int) -> float:
        if at < self.start:
            raise ValueError(f"month {at} lies before the reform (month {self.start})")
        months = np.array([at], dtype=float)
        names = list(self.coefficients)
        design = _design(months, self.start, "slope" in names, self._seasons, self._first_month)
        with_reform = design @ beta
        without = _without_reform(design, names) @ beta
        exposure = self._exposure[min(at, len(self._exposure)) - 1]
        difference = _level(with_reform, exposure, self.family) - _level(without, exposure, self.family)
        return float(difference[0])


def interrupted_series(
    outcome: Numbers,
    *,
    start: int,
    exposure: Numbers | None = None,
    family: Family = "gaussian",
    harmonics: int = 0,
    first_month: int = 1,
    slope: bool = True,
    lag: int | None = None,
) -> InterruptedSeries:
    """Fit the segmented regression of one monthly outcome and one date.

    Args:
        outcome: a figure per month in order, NaN or None where a month is missing (missing months keep their place in time). For
            ``quasi_poisson`` counts; for ``quasi_binomial`` shares between 0 and 1, or counts where any figure exceeds 1.
        start: first month of the reform, counted from 1 = the first month of ``outcome``.
        exposure: per month what the counts are counts of (insured people, bed-days), above 0; for ``quasi_binomial`` the denominator,
            required.
            Ignored never: the Gaussian family takes none.
        family: ``gaussian`` (least squares), ``quasi_poisson`` (log link, log exposure as offset), ``quasi_binomial`` (logit link,
            weighted by
            the denominator).
        harmonics: pairs of sine and cosine of the year, 0–5.
        first_month: calendar month (1–12) of the first figure.
        slope: whether the trend may change at the reform, too.
        lag: months of correlation for Newey–West, else floor(4·(n/100)^(2/9)) of the months with a figure (Newey and West's rule).

    Returns:
        ``InterruptedSeries``. Whether the months suffice to look at it is for ``enough_months``.

    Raises:
        ValueError: a start that leaves no month on one side, fewer months than coefficients, figures that do not fit the family, or
        an argument out of range.
    """
    figures = number_series(outcome, "outcome").to_numpy()
    shown, denominators = _response(figures, exposure, family)
    _check_arguments(len(figures), start, harmonics, first_month, lag)
    months = np.arange(1, len(figures) + 1, dtype=float)
    design = _design(months, start, slope, harmonics, first_month)
    names = _names(slope, harmonics)
    known = np.isfinite(shown) & np.isfinite(denominators)
    before, after = int(known[: start - 1].sum()), int(known[start - 1 :].sum())
    if not before or not after:
        raise ValueError("the series needs months with a figure before and after the start")
    if int(known.sum()) <= len(names) or np.linalg.matrix_rank(design[known]) < len(names):
        raise ValueError(f"{int(known.sum())} months with a figure do not determine {len(names)} coefficients")
    model = _model(shown[known], design[known], denominators[known], family)
    fit = model.fit() if family == "gaussian" else model.fit(scale="X2")
    beta, plain = np.asarray(fit.params), np.asarray(fit.cov_params())
    chosen_lag = floor(4 * (known.sum() / 100) ** (2 / 9)) if lag is None else lag
    fitted = _level(design @ beta, denominators, family)
    residuals = _pearson(shown, fitted, denominators, family)
    robust = _newey_west(design, shown - fitted, fitted, denominators, known, family, chosen_lag)
    scaled = design * np.sqrt(_weight(fitted, denominators, family))[:, None]
    like, correlation, freedom = _correlated(scaled[known], residuals[known], months[known])
    plain_errors, robust_errors, like_errors = (np.sqrt(np.diag(each)) for each in (plain, robust, like))
    larger = np.maximum.reduce([plain_errors, robust_errors, like_errors])
    step = names.index("step")
    return InterruptedSeries(
        coefficients=_named(names, beta),
        standard_errors=_named(names, plain_errors),
        newey_west=_named(names, robust_errors),
        correlated=_named(names, like_errors),
        correlation=correlation,
        freedom=freedom,
        lag=int(chosen_lag),
        dispersion=float(np.nansum(residuals**2) / (known.sum() - len(names))),
        detectable_step=float(DETECTABLE * larger[step]),
        autocorrelation=_neighbours(residuals),
        durbin_watson=_durbin_watson(residuals[known]),
        fitted=fitted,
        counterfactual=_level(_without_reform(design, names) @ beta, denominators, family),
        residuals=residuals,
        before=before,
        after=after,
        start=start,
        family=family,
        _covariance=_largest_covariance((plain, robust, like), larger),
        _exposure=denominators,
        _seasons=harmonics,
        _first_month=first_month,
    )


def _check_arguments(months: int, start: int, harmonics: int, first_month: int, lag: int | None) -> None:
    if not 2 <= start <= months:
        raise ValueError(f"the reform must start in month 2 to {months} of the series")
    if not 0 <= harmonics <= 5 or not 1 <= first_month <= _YEAR:
        raise ValueError("harmonics must be 0 to 5 and first_month 1 to 12")
    if lag is not None and lag < 0:
        raise ValueError("lag must not be negative")


def _response(figures: NDArray[np.float64], exposure: Numbers | None, family: Family) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if family not in ("gaussian", "quasi_poisson", "quasi_binomial"):
        raise ValueError(f"unknown family {family!r}")
    if exposure is None:
        if family == "quasi_binomial":
            raise ValueError("quasi_binomial needs the denominators as exposure")
        denominators = np.ones(len(figures))
    elif family == "gaussian":
        raise ValueError("the Gaussian family takes no exposure: divide the outcome by it")
    else:
        denominators = number_series(exposure, "exposure").to_numpy()
        if len(denominators) != len(figures):
            raise ValueError("outcome and exposure must have the same number of months")
        if np.any(denominators[np.isfinite(denominators)] <= 0):
            raise ValueError("exposure must be above 0; mark a month without it as missing")
    if family == "gaussian":
        return figures, denominators
    seen = figures[np.isfinite(figures)]
    if np.any(seen < 0):
        raise ValueError("counts and shares must not be negative")
    if family == "quasi_poisson":
        return figures, denominators
    shares = figures / denominators if np.any(seen > 1) else figures
    if np.any(shares[np.isfinite(shares)] > 1):
        raise ValueError("a numerator exceeds its denominator")
    return shares, denominators


def _names(slope: bool, harmonics: int) -> list[str]:
    season = [f"{wave}{order}" for order in range(1, harmonics + 1) for wave in ("sin", "cos")]
    return ["const", "time", "step", *(["slope"] if slope else []), *season]


def _design(months: NDArray[np.float64], start: int, slope: bool, harmonics: int, first_month: int) -> NDArray[np.float64]:
    reformed = (months >= start).astype(float)
    columns = [np.ones_like(months), months, reformed]
    if slope:
        columns.append((months - start) * reformed)
    for order in range(1, harmonics + 1):
        angle = 2 * np.pi * order * (first_month - 1 + months) / _YEAR
        columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns)


def _without_reform(design: NDArray[np.float64], names: Sequence[str]) -> NDArray[np.float64]:
    kept = np.array([name not in ("step", "slope") for name in names], dtype=float)
    return design * kept


def _model(response: NDArray[np.float64], design: NDArray[np.float64], denominators: NDArray[np.float64], family: Family) -> Any:
    if family == "gaussian":
        return sm.OLS(response, design)
    if family == "quasi_poisson":
        return sm.GLM(response, design, family=sm.families.Poisson(), offset=np.log(denominators))
    return sm.GLM(response, design, family=sm.families.Binomial(), var_weights=denominators)


def _level(predictor: NDArray[np.float64], denominators: Any, family: Family) -> NDArray[np.float64]:
    if family == "gaussian":
        return predictor
    if family == "quasi_poisson":
        return np.asarray(denominators * np.exp(predictor))
    return np.asarray(1 / (1 + np.exp(-predictor)))


def _variance(fitted: NDArray[np.float64], denominators: NDArray[np.float64], family: Family) -> NDArray[np.float64]:
    if family == "gaussian":
        return np.ones_like(fitted)
    if family == "quasi_poisson":
        return fitted
    return np.asarray(fitted * (1 - fitted) / denominators)


def _weight(fitted: NDArray[np.float64], denominators: NDArray[np.float64], family: Family) -> NDArray[np.float64]:
    """Return what a month weighs in the fit."""
    weights = {"gaussian": np.ones_like(fitted), "quasi_poisson": fitted, "quasi_binomial": fitted * (1 - fitted) * denominators}
    return weights[family]


def _pearson(
    shown: NDArray[np.float64], fitted: NDArray[np.float64], denominators: NDArray[np.float64], family: Family
) -> NDArray[np.float64]:
    return np.asarray((shown - fitted) / np.sqrt(_variance(fitted, denominators, family)))


def _newey_west(
    design: NDArray[np.float64],
    errors: NDArray[np.float64],
    fitted: NDArray[np.float64],
    denominators: NDArray[np.float64],
    known: NDArray[np.bool_],
    family: Family,
    lag: int,
) -> NDArray[np.float64]:
    """Return the sandwich with Bartlett weights; a missing month counts as a score of 0 in its own place, so lags are months."""
    weight = _weight(fitted, denominators, family)
    slope_of_level = denominators if family == "quasi_binomial" else np.ones_like(fitted)
    scores = np.where(known[:, None], design * (errors * slope_of_level)[:, None], 0.0)
    bread = np.linalg.inv((design[known] * weight[known, None]).T @ design[known])
    filling = scores.T @ scores
    for distance in range(1, min(lag, len(scores) - 1) + 1):
        together = scores[distance:].T @ scores[:-distance]
        filling = filling + (1 - distance / (lag + 1)) * (together + together.T)
    return np.asarray(bread @ filling @ bread)


def _correlated(
    design: NDArray[np.float64], residuals: NDArray[np.float64], months: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, float]:
    """Return the covariance of the coefficients with months correlated as AR(1), that correlation, and the degrees of freedom.

    With M the residual maker of ``design`` and R the correlation matrix of the months, Σ eₜeₜ₊₁ ÷ Σ e² is expected to be about
    tr(R·MBM) ÷ tr(R·M): the correlation is the one whose expectation is what the residuals show, so that the trend and the seasons that
    the model took out of them do not make it look smaller. The variance is Σ e² ÷ tr(R·M), the freedom tr(RM)² ÷ tr(RMRM). Our own
    [OWN]; ``reform_benchmark`` has the rates of false alarms of all three errors.

    Args:
        design: of the months with a figure, each row times the root of its weight.
        residuals: Pearson's, of the same months.
        months: their places in time.
    """
    bread = np.linalg.inv(design.T @ design)
    maker = np.eye(len(design)) - design @ bread @ design.T
    apart = np.abs(months[:, None] - months[None, :])
    beside = (apart == 1) / 2
    around = maker @ beside @ maker
    matrices = _CORRELATIONS[:, None, None] ** apart
    whole = np.sum(matrices * maker, axis=(1, 2))
    expected = np.maximum.accumulate(np.sum(matrices * around, axis=(1, 2)) / whole)
    squares = float(residuals @ residuals)
    seen = float(residuals @ beside @ residuals) / squares if squares > 0 else -1.0
    correlation = float(np.interp(seen, expected, _CORRELATIONS))
    matrix = correlation**apart
    together = maker @ matrix
    trace = float(np.trace(together))
    freedom = min(trace**2 / float(np.sum(together * together.T)), len(design) - design.shape[1])
    return squares / trace * bread @ design.T @ matrix @ design @ bread, correlation, freedom


def _largest_covariance(covariances: Sequence[NDArray[np.float64]], largest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the correlations of whichever covariance is largest for the step, scaled to the largest standard error of each coefficient."""
    chosen = max(covariances, key=lambda covariance: float(covariance[2, 2]))
    own = np.sqrt(np.diag(chosen))
    scale = np.divide(largest, own, out=np.ones_like(largest), where=own > 0)
    return np.asarray(chosen * np.outer(scale, scale))


def _neighbours(residuals: NDArray[np.float64]) -> float:
    """Return the correlation of neighbouring months, both with a figure; NaN under three pairs or without spread."""
    earlier, later = residuals[:-1], residuals[1:]
    both = np.isfinite(earlier) & np.isfinite(later)
    if both.sum() < 3 or not np.ptp(earlier[both]) or not np.ptp(later[both]):
        return float("nan")
    return float(np.corrcoef(earlier[both], later[both])[0, 1])


def _durbin_watson(residuals: NDArray[np.float64]) -> float:
    spread = float(np.sum(residuals**2))
    return float(np.sum(np.diff(residuals) ** 2) / spread) if spread else float("nan")


def _named(names: Sequence[str], values: NDArray[np.float64]) -> Mapping[str, float]:
    return MappingProxyType({name: float(value) for name, value in zip(names, values, strict=True)})


@dataclass(frozen=True)
class EnoughMonths:
    """What a series of this length may be asked: to ``estimate`` at all, a change of ``slope``, ``harmonics``; and whether to ``warn``."""

    estimate: bool
    slope: bool
    harmonics: int
    warn: bool


def enough_months(before: int, after: int) -> EnoughMonths:
    """Return what may be estimated from ``before`` and ``after`` months with a figure.

    Our own rule [INFER] after Turner et al. 2021: under 8 on a side picture and means only; 8–11 with a warning and without change of
    slope;
    from 12 on both sides step and slope; one harmonic from 24 months before, two from 36.
    """
    least = min(before, after)
    harmonics = (before >= 24) + (before >= 36)
    return EnoughMonths(estimate=least >= 8, slope=least >= 12, harmonics=int(harmonics) if least >= 8 else 0, warn=8 <= least < 12)


def placebo_steps(outcome: Numbers, *, start: int, least: int = 8, **choices: Any) -> pd.DataFrame:
    """Return the step that the same model finds at every false date before the reform, from the months before it alone.

    Args:
        outcome: as in ``interrupted_series``.
        start: month of the real reform, from 1.
        least: months that a false date leaves on either side.
        choices: the other arguments of ``interrupted_series``; a given ``exposure`` is cut as the outcome is.

    Returns:
        month (false date, from 1), step, error (the cautious one), ratio (step over error); no rows where there is no room.

    Raises:
        ValueError: as ``interrupted_series``.
    """
    figures = number_series(outcome, "outcome").to_numpy()[: start - 1]
    exposure = choices.pop("exposure", None)
    if exposure is not None:
        choices["exposure"] = number_series(exposure, "exposure").to_numpy()[: start - 1]
    rows = []
    for month in range(least + 1, start - least):
        fit = interrupted_series(figures, start=month, **choices)
        error = fit.cautious_errors["step"]
        rows.append((month, fit.coefficients["step"], error, fit.coefficients["step"] / error if error else np.nan))
    return pd.DataFrame(rows, columns=["month", "step", "error", "ratio"])
