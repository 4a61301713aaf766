"""From an indicator's value to its score of 0–100 (a ratio may go beyond, up to its cap)."""

import numpy as np

from dashboard.analysis.scoring.inputs import min_max
from dashboard.catalogue.scheme import Normalisation, SchemeIndicator

FULL_SCORE = 100.0
MIDDLE_SCORE = 50.0
# A T-score: one standard deviation is worth ten points.
POINTS_PER_DEVIATION = 10.0


def indicator_scores(values: np.ndarray, indicator: SchemeIndicator, normalisation: Normalisation) -> np.ndarray:
    """Return the scores of one indicator over the comparison set; a missing value stays missing.

    - ``target``: straight lines between the points of ``indicator.attainment``, flat beyond the first and the last.
    - ``minmax``: 0 for the worst of the set, 100 for the best; 50 for all where there is no spread.
    - ``z``: 50 + 10·z with the standard deviation over n − 1, sign by direction, cut to 0–100; 50 where there is no spread.
    - ``ratio`` (综合指数法 [OWN]): x/M where more is better, M/x where less is better, times 100, cut to
      0–``cap``; M is the reference number or the mean of the set. A value of zero or below earns 0 where more is better
      and the cap where less is. A mean of zero or below gives no ratio: all missing.

    Args:
        values: one value per unit, NaN where missing.
        indicator: the scheme's indicator.
        normalisation: the form that applies.

    Returns:
        One score per unit.
    """
    present = ~np.isnan(values)
    scores = np.full(len(values), np.nan)
    if present.any():
        form = {"target": _target, "minmax": _min_max, "z": _z, "ratio": _ratio}[normalisation]
        scores[present] = form(values[present], indicator)
    return scores


def _target(values: np.ndarray, indicator: SchemeIndicator) -> np.ndarray:
    assert indicator.attainment is not None  # Scheme checks it.
    at, score = zip(*indicator.attainment.knots, strict=True)
    return np.interp(values, at, score)


def _min_max(values: np.ndarray, indicator: SchemeIndicator) -> np.ndarray:
    if np.ptp(values) == 0:
        return np.full(len(values), MIDDLE_SCORE)
    return FULL_SCORE * min_max(values[:, None], np.array([indicator.sign]))[:, 0]


def _z(values: np.ndarray, indicator: SchemeIndicator) -> np.ndarray:
    if np.ptp(values) == 0:
        return np.full(len(values), MIDDLE_SCORE)
    z = indicator.sign * (values - values.mean()) / values.std(ddof=1)
    return np.clip(MIDDLE_SCORE + POINTS_PER_DEVIATION * z, 0.0, FULL_SCORE)


def _ratio(values: np.ndarray, indicator: SchemeIndicator) -> np.ndarray:
    reference = float(values.mean()) if indicator.reference == "mean" else float(indicator.reference or 0.0)
    if reference <= 0:
        return np.full(len(values), np.nan)
    if indicator.sign > 0:
        return np.clip(FULL_SCORE * values / reference, 0.0, indicator.cap)
    # Below this value the cap applies; dividing by nothing smaller also covers zero and negative values.
    smallest = FULL_SCORE * reference / indicator.cap
    return FULL_SCORE * reference / np.maximum(values, smallest)
