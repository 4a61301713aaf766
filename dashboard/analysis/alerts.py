"""Alerts: states replayed from the history, outliers, many tests at once, and how far a unit lies behind the others or a reference.

Limits are data (``data/catalogue/monitoring.yaml``); most of them are our own (grade INFER) and say so on screen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from dashboard.analysis.control_charts import winsorised_squares
from dashboard.analysis.sequences import Numbers, known_quantiles, number_series, trailing

_NORMAL_QUARTILE = 0.6745
_CERTAIN = 0.95
_NINETY_FIVE = 1.96
_DRAWN_IN = 0.678
"""The mean square of normal scores of which a tenth at either end is drawn in."""
_EFFICIENCY = 0.37
"""Of the median absolute deviation as an estimate of spread, against the standard deviation, for normal series."""


def behind_the_others(part: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Return how many points each unit's share lies below the share of all, where that is more than chance.

    Chance: two-proportion z-test of the unit against all the others together, two-sided at 95 %. [OWN]

    Args:
        part: counts, months × units; missing where they are not known.
        whole: what they are counted of, in the same shape.

    Returns:
        Percentage points in the same shape, negative above the county; missing where the unit or the others are not known, and where a
        distance may be chance.
    """
    base = whole.where((whole > 0) & part.notna())
    all_part, all_base = part.where(base.notna()).sum(axis=1), base.sum(axis=1)
    rest = base.rsub(all_base, axis=0)
    rest = rest.where(rest > 0)
    county = all_part / all_base.where(all_base > 0)
    error = (1 / base + 1 / rest).mul(county * (1 - county), axis=0) ** 0.5
    behind = part.rsub(all_part, axis=0) / rest - part / base
    below = 100 * (part / base).rsub(county, axis=0).where(rest.notna())
    return below.mask((below > 0) & (behind <= stats.norm.ppf((1 + _CERTAIN) / 2) * error))


def under_reference(positives: pd.DataFrame, examinations: pd.DataFrame, reference: "pd.Series[float]") -> pd.DataFrame:
    """Return how many points each device's positive rate lies below its reference, where that is more than chance.

    Chance: one-sided exact binomial test at 95 %. [OWN]

    Args:
        positives: positive findings, months × devices.
        examinations: examinations in the same shape.
        reference: expected rate by device, 0–1.

    Returns:
        Percentage points in the same shape, negative above the reference; missing without examinations and where it may be chance.
    """
    done = examinations.where(examinations > 0)
    expected = reference.reindex(done.columns).astype("float64")
    below = -100 * (positives / done).sub(expected, axis=1)
    chance = stats.binom.cdf(positives, done, expected.to_numpy())
    return below.mask((below > 0) & (chance >= 1 - _CERTAIN))


class AlertState(StrEnum):
    """How far an alert has come in a month. Shown as an alert: ``FIRING`` and ``RECOVERING``."""

    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"

    @property
    def alerting(self) -> bool:
        """Whether readers see it as an alert."""
        return self in (AlertState.FIRING, AlertState.RECOVERING)


def replay(
    values: Numbers, *, on: float, off: float, need_on: int = 1, need_off: int = 1, side: Literal["above", "below"] = "above"
) -> list[AlertState]:
    """Return the state of one rule for one unit in every month, replayed from its history.

    An alert begins after ``need_on`` months in a row beyond ``on`` and ends after ``need_off`` months in a row at or within ``off``;
    between the two limits nothing changes (hysteresis). A correction of a month is seen by replaying again.

    Args:
        values: a value per month in order, in any unit; NaN for a month that is incomplete or locked and changed: it neither counts
            towards nor against anything.
        on: limit beyond which (strictly) a month counts towards an alert.
        off: limit at or within which a month counts towards its end; not beyond ``on``.
        need_on: months in a row, 1 or more.
        need_off: months in a row, 1 or more.
        side: which side of ``on`` is bad.

    Returns:
        One state a month, as it stood after that month.

    Raises:
        ValueError: limits in the wrong order, or a number of months below 1.
    """
    series = number_series(values, "values")
    codes = replay_table(series.to_frame(), on=on, off=off, need_on=need_on, need_off=need_off, side=side)
    return [STATES[code] for code in codes.iloc[:, 0]]


STATES = (AlertState.OK, AlertState.PENDING, AlertState.FIRING, AlertState.RECOVERING)
"""The states by the numbers that ``replay_table`` speaks in: those from 2 on are shown as an alert."""


def replay_table(
    values: pd.DataFrame, *, on: float, off: float, need_on: int = 1, need_off: int = 1, side: Literal["above", "below"] = "above"
) -> pd.DataFrame:
    """Return ``replay`` of many units at once.

    Args:
        values: months (index, ascending) × units (columns), floats; missing as in ``replay``.
        on: as in ``replay``, like the others.
        off: likewise.
        need_on: likewise.
        need_off: likewise.
        side: likewise.

    Returns:
        Whole numbers in the shape of ``values``: places in ``STATES``.

    Raises:
        ValueError: limits in the wrong order, or a number of months below 1.
    """
    sign = 1.0 if side == "above" else -1.0
    if sign * off > sign * on:
        raise ValueError("off must lie on the good side of on")
    if need_on < 1 or need_off < 1:
        raise ValueError("need_on and need_off must be at least 1")
    signed = sign * values.to_numpy(dtype="float64")
    alerting, run = np.zeros(signed.shape[1], dtype=bool), np.zeros(signed.shape[1], dtype=int)
    codes = np.zeros(signed.shape, dtype=np.int8)
    for place, month in enumerate(signed):
        towards = np.where(alerting, month <= sign * off, month > sign * on)
        counted = np.where(towards, run + 1, 0)
        run = np.where(np.isnan(month), run, counted)
        turned = run >= np.where(alerting, need_off, need_on)
        alerting, run = alerting ^ turned, np.where(turned, 0, run)
        codes[place] = 2 * alerting + (run > 0)
    return pd.DataFrame(codes, index=values.index, columns=values.columns)


def modified_z(values: Numbers) -> pd.Series:
    """Return 0.6745 · (value − median) ÷ median absolute deviation, which one outlier cannot mask (Iglewicz and Hoaglin [OWN]).

    Args:
        values: at least one figure; missing ones stay missing.

    Returns:
        A Series on the labels of ``values``. Where more than half of the values are equal there is no scale:
        0 for those, otherwise missing.
    """
    series = number_series(values, "values")
    return pd.Series(_modified_z(series.to_numpy()), index=series.index)


def _modified_z(values: "_Grid") -> "_Grid":
    """Return ``modified_z`` of each row (the last axis) of ``values``."""
    away = values - known_quantiles(values, 0.5)[..., None]
    spread = known_quantiles(np.abs(away), 0.5)[..., None]
    return np.where(spread > 0, _NORMAL_QUARTILE * away / np.where(spread > 0, spread, 1.0), np.where(away == 0, 0.0, np.nan))


def latest_modified_z(values: pd.DataFrame) -> "pd.Series[float]":
    """Return ``modified_z`` of the last row of ``values`` in each column: its distance from the column's own median.

    Args:
        values: months × units, floats; missing ones are left out.

    Returns:
        By column; missing where the last value is, and where there is no scale (0 for a value at the median).
    """
    return pd.Series(_modified_z(values.to_numpy(dtype="float64").T)[:, -1], index=values.columns)


def trailing_modified_z(values: pd.DataFrame, months: int, least: int) -> pd.DataFrame:
    """Return ``latest_modified_z`` as each month saw it: against the ``months`` that end with it.

    Args:
        values: months (ascending, none left out) × units, floats; missing ones are left out.
        months: length of the history, the judged month among it.
        least: fewer known months are not judged.

    Returns:
        In the shape of ``values``.
    """
    figures = values.to_numpy(dtype="float64")
    seen = trailing(figures, months)
    judged = (~np.isnan(seen)).sum(axis=-1) >= least
    result = np.full(figures.shape, np.nan)
    result[judged] = _modified_z(seen[judged])[:, -1]
    return pd.DataFrame(result, index=values.index, columns=values.columns)


def funnel_scores(part: "_Grid", whole: "_Grid", *, proportion: bool) -> "_Grid":
    """Return how many standard deviations each unit lies from all units together, row by row, as a funnel plot shows it.

    The deviation of a share or a rate from that of all, over its standard error (binomial for a proportion, Poisson for a rate), divided by
    the root of the variance factor of the row (``control_charts.winsorised_factor``), which widens the funnel where units differ by
    more than chance (Spiegelhalter 2005 [OWN]).

    Args:
        part: counts, months × units; missing where not known.
        whole: what they are counted of, in the same shape; above 0 where ``part`` is known.
        proportion: whether each part is some of its whole; else it may be more, as examinations of a patient.

    Returns:
        In the shape of ``part``; missing where it is, and where all lie at 0 (or all at the whole).
    """
    scores, _together, _spread = _plain_scores(part, whole, proportion=proportion)
    return scores / _factors(scores)[:, None] ** 0.5


def funnel_limits_of(
    part: "pd.Series[float]", whole: "pd.Series[float]", sizes: NDArray[np.float64], wide: float, *, proportion: bool
) -> pd.DataFrame:
    """Return the limits of the funnel that ``funnel_scores`` holds these units against, at any size.

    Args:
        part: counts by unit.
        whole: what they are counted of.
        sizes: where the limits are wanted.
        wide: standard deviations of the outer limits; the inner ones are at 1.96.
        proportion: as in ``funnel_scores``.

    Returns:
        One row a size: low_95, high_95, low_998, high_998 as shares; never below 0, of a proportion never above 1.
    """
    counted, base = (np.asarray(side, dtype=np.float64)[None, :] for side in (part, whole))
    scores, together, spread = _plain_scores(counted, base, proportion=proportion)
    mean, error = float(together[0]), np.sqrt(float(spread[0] * _factors(scores)[0]) / sizes)
    top = 1.0 if proportion else np.inf
    return pd.DataFrame(
        {
            f"{side}_{name}": np.clip(mean + sign * z * error, 0.0, top)
            for name, z in (("95", _NINETY_FIVE), ("998", wide))
            for side, sign in (("low", -1), ("high", 1))
        }
    )


@dataclass(frozen=True, eq=False)
class CostFunnel:
    """The cost of a case at units held against that of all of them, on its logarithm: months × units, and by month.

    ``scores``: standard deviations from the others, positive where dear. ``mean``: what a case costs them together (geometric), in the
    unit of the cost. ``spread``: standard deviation of the logarithm of one case. ``between``: variance between units beyond chance.
    ``units``: how many are known.
    """

    scores: pd.DataFrame
    mean: "pd.Series[float]"
    spread: float
    between: "pd.Series[float]"
    units: "pd.Series[int]"

    def limits(self, sizes: NDArray[np.float64], wide: float) -> pd.DataFrame:
        """Return the limits of the last month at any number of cases: low_95, high_95, low_998, high_998 (at ``wide``), as costs."""
        error = np.sqrt(self.spread**2 / sizes + float(self.between.iloc[-1]))
        freedom = max(int(self.units.iloc[-1]) - 1, 1)
        return pd.DataFrame(
            {
                f"{side}_{name}": float(self.mean.iloc[-1]) * np.exp(sign * reach * error)
                for name, reach in (("95", _reach(_NINETY_FIVE, freedom)), ("998", _reach(wide, freedom)))
                for side, sign in (("low", -1), ("high", 1))
            }
        )


def _reach(z: float, freedom: int) -> float:
    """Return how far Student's t reaches where the normal distribution reaches ``z``."""
    return float(stats.t.isf(stats.norm.sf(z), freedom))


def cost_funnel(cost: pd.DataFrame, cases: pd.DataFrame) -> CostFunnel:
    """Return the funnel of a mean cost, which is no count: costs are skewed to the right, so it lies on their logarithm.

    The variance of a unit's month is that of one case over its cases, and what units differ by beyond chance. What one case scatters by is
    not reported; it is measured from how much the months of each unit differ from the month before: the median of their squared
    differences, for their sizes, over that of a chi-square with one degree of freedom, so that a jump does not widen it. It holds seasons
    and trends too, which only makes the funnel wider. What units differ by is the additive random effect of Spiegelhalter (2005), by
    moments of the winsorised scores: a large hospital has no excuse in its size, and is not dear for differing as others do. A handful of
    units tells that variance badly, so that scores are as rare as they say by Student's t of one unit fewer than there are. [OWN]

    Args:
        cost: sums, months (ascending, none left out) × units; missing where not known.
        cases: what they were for, in the same shape.

    Returns:
        ``CostFunnel`` in the shape of ``cost``; scores are missing where it is, where no cost is above 0, and where no unit has two
        months one after the other.
    """
    base = np.where((cost > 0) & (cases > 0), cases, np.nan).astype(np.float64)
    level = np.log(np.where(np.isnan(base), np.nan, cost).astype(np.float64) / base)
    steps = np.diff(level, axis=0) ** 2 / (1 / base[1:] + 1 / base[:-1])
    known = steps[~np.isnan(steps)]
    spread = float(np.sqrt(np.median(known) / stats.chi2.median(1))) if len(known) else np.nan
    weight = base / (spread**2 if spread > 0 else np.nan)
    plain = (level - _weighted(level, weight)[:, None]) * np.sqrt(weight)
    count, total = (~np.isnan(plain)).sum(axis=1), np.nansum(weight, axis=1)
    room = total - np.nansum(weight**2, axis=1) / np.where(total > 0, total, np.nan)
    square = winsorised_squares(plain) / _DRAWN_IN
    between = np.maximum(count * square - (count - 1), 0.0) / np.where(room > 0, room, np.nan)
    error = np.sqrt(1 / weight + between[:, None])
    mean = _weighted(level, 1 / error**2)
    away = (level - mean[:, None]) / error
    scores = np.sign(away) * stats.norm.isf(stats.t.sf(np.abs(away), np.maximum(count - 1, 1)[:, None]))
    return CostFunnel(
        pd.DataFrame(scores, index=cost.index, columns=cost.columns),
        pd.Series(np.exp(mean), index=cost.index),
        spread,
        pd.Series(between, index=cost.index),
        pd.Series(count, index=cost.index),
    )


def _weighted(values: "_Grid", weights: "_Grid") -> "_Grid":
    """Return the weighted mean of each row, of what is known in it."""
    total = np.nansum(weights, axis=1)
    return np.nansum(weights * values, axis=1) / np.where(total > 0, total, np.nan)


_Grid = NDArray[np.float64]


def _plain_scores(part: _Grid, whole: _Grid, *, proportion: bool) -> tuple[_Grid, _Grid, _Grid]:
    """Return the scores by row and unit, and by row the share of all together and its variance for one of them."""
    base = np.where(~np.isnan(part) & (whole > 0), whole, np.nan)
    total = np.nansum(base, axis=1)
    together = np.nansum(np.where(np.isnan(base), np.nan, part), axis=1) / np.where(total > 0, total, np.nan)
    spread = together * (1 - together) if proportion else together
    error = np.sqrt(np.where(spread > 0, spread, np.nan)[:, None] / base)
    return (part / base - together[:, None]) / error, together, spread


def _factors(scores: _Grid) -> _Grid:
    """Return by row how much more the units differ than chance lets them, at least 1."""
    return np.fmax(winsorised_squares(scores), 1.0)


def modified_z_chance(z: Numbers, months: Numbers) -> "pd.Series[float]":
    """Return how probable a modified z of ``z`` or more is where nothing happened, for a month among ``months`` known ones.

    The median absolute deviation of few months is itself uncertain: the normal tail would call up to twenty times as many quiet months
    rare at the far end. Student's t with 0.37 · months degrees of freedom (the efficiency of the median absolute deviation) is never
    above what simulation gives for 12 to 36 months: at 5 % it calls 3.6 to 4.6 % of quiet months. [OWN]

    Args:
        z: modified z, positive on the bad side; missing stays missing.
        months: how many months stand behind each, the judged one among them.

    Returns:
        One-sided probabilities on the labels of ``z``.
    """
    series = number_series(z, "z")
    freedom = np.maximum(_EFFICIENCY * number_series(months, "months").to_numpy(), 1.0)
    return pd.Series(stats.t.sf(series.to_numpy(), freedom), index=series.index)


def benjamini_hochberg(p_values: Numbers, q: float = 0.10) -> pd.DataFrame:
    """Return which of many tests are findings when at most the share ``q`` of these may be false (Benjamini and Hochberg 1995 [OWN]).

    Args:
        p_values: of all tests made, also of those that found nothing; missing where none could be made.
        q: false discovery rate, above 0 and below 1.

    Returns:
        On the labels of ``p_values``: p, adjusted (smallest q that makes it a finding, missing where p is) and rejected (bool).

    Raises:
        ValueError: a p-value or ``q`` out of range.
    """
    series = number_series(p_values, "p_values")
    if not 0 < q < 1 or ((series < 0) | (series > 1)).any():
        raise ValueError("p-values must lie between 0 and 1, q strictly between")
    known = series.dropna().sort_values(kind="stable")
    scaled = known * len(known) / np.arange(1, len(known) + 1)
    adjusted = scaled[::-1].cummin()[::-1].clip(upper=1.0).reindex(series.index)
    return pd.DataFrame({"p": series, "adjusted": adjusted, "rejected": adjusted.le(q)})


@dataclass(frozen=True)
class ExamRates:
    """Large-equipment examinations per 100 visits, per 100 discharges, and pooled, per 100 of both, which hides the ward."""

    per_100_visits: float
    per_100_discharges: float
    pooled: float


def exam_rates(examinations: Mapping[str, float] | Sequence[float] | float, visits: float, discharges: float) -> ExamRates:
    """Return how often large equipment is used; check-ups are to be left out of all figures [INFER: no published formula].

    Args:
        examinations: of outpatients and of inpatients, as a pair or as ``{"outpatient": …, "inpatient": …}``; one number where they
            are not told apart, which gives the pooled rate alone.
        visits: outpatient visits.
        discharges: discharged patients.

    Returns:
        ``ExamRates``; NaN where a side is unknown or its base is 0.
    """
    outside = inside = float("nan")
    if isinstance(examinations, Mapping):
        outside, inside = (float(examinations.get(side, np.nan)) for side in ("outpatient", "inpatient"))
    elif isinstance(examinations, Sequence):
        outside, inside = (float(each) for each in examinations)
    both = float(examinations) if isinstance(examinations, int | float) else outside + inside
    return ExamRates(_per_hundred(outside, visits), _per_hundred(inside, discharges), _per_hundred(both, visits + discharges))


def _per_hundred(count: float, base: float) -> float:
    return 100 * count / base if base > 0 else float("nan")
