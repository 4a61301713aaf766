"""Rank-sum ratio (秩和比法, RSR): ranks instead of values, a probit line, and bands."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import norm, rankdata

from dashboard.analysis.scoring.inputs import (
    TIE_DECIMALS,
    Directions,
    Matrix,
    ScoringError,
    Vector,
    Weights,
    min_max,
    ranks,
    read_directions,
    read_matrix,
    read_weights,
)
from dashboard.language import marked

Ranking = Literal["average", "linear"]
MEDIAN_PROBIT = 5.0
# The usual cuts divide probits 2 to 8 evenly: three bands at 4 and 6, four at 3.5, 5 and 6.5, five at 3.2, 4.4, 5.6, 6.8.
LOWEST_PROBIT, PROBIT_SPAN = 2.0, 6.0


@dataclass(frozen=True)
class RankSumRatioResult:
    """The ratio per unit, its place in the distribution, the line and the band.

    ``band`` counts upwards: 1 is the lowest band, ``len(cuts) + 1`` the best; NaN for a unit that was left out.
    ``fitted = intercept + slope · probit``; ``correlation`` is Pearson's r of that line (NaN without a line).
    """

    rsr: Vector
    rank: Vector
    probit: Vector
    fitted: Vector
    band: Vector
    intercept: float
    slope: float
    correlation: float
    cuts: tuple[float, ...]


def rank_sum_ratio(
    matrix: Matrix, directions: Directions, weights: Weights | None = None, bands: int = 3, ranking: Ranking = "average"
) -> RankSumRatioResult:
    """Grade units by the (weighted) mean of their ranks (Tian Fengtiao 1988).

    ``RSR_i = Σ_j w_j R_ij / n`` with n units, rank n for the best and 1 for the worst, equal weights 1/m unless given.
    Distribution: sorted RSR values, cumulative frequency = mean position / n, the last one 1 − 1/(4n); probit = normal
    quantile + 5; ``RSR = a + b·probit`` is fitted over the distinct sorted values, as in the published tables (one row
    for each value). A unit's band is where its probit lies between the cuts; a cut belongs to the band above it.

    Args:
        matrix: units × indicators.
        directions: +1 (more is better) or −1 per indicator.
        weights: one per indicator, ≥ 0; only their proportions matter. None: all the same.
        bands: number of bands, 2 or more; cuts are even steps between probit 2 and 8 (three bands: 4 and 6).
        ranking: ``average`` ranks (整秩次, ties share the average) or ``linear`` ranks (非整秩次): ``1 + (n − 1)`` × the
            min-max position of the value, which keeps the size of the differences.

    Returns:
        The result, labelled like the rows of a frame. A unit with a missing cell is left out and has missing results. A
        constant column gives everyone the average rank. Units with equal RSR share position, probit and rank; where
        all are equal (or there is one unit) there is no line: probit 5, slope 0, fitted = RSR.

    Raises:
        ScoringError: malformed input, fewer than two bands or an unknown ranking.
    """
    data = read_matrix(matrix)
    count = data.values.shape[1]
    signs = read_directions(directions, data.indicators, count)
    shares = read_weights(np.ones(count) if weights is None else weights, data.indicators, count)
    if bands < 2 or ranking not in ("average", "linear"):
        raise ScoringError(marked("秩和比的分档数至少为 2，编秩方式为 average 或 linear"), marked("请修改分档数或编秩方式"))
    cuts = tuple(LOWEST_PROBIT + PROBIT_SPAN * step / bands for step in range(1, bands))
    complete = data.complete
    rsr, probit = np.full((2, len(complete)), np.nan)
    intercept, slope, correlation = np.nan, np.nan, np.nan
    if complete.any():
        used = data.values[complete]
        rsr[complete] = _ranked(used, signs, ranking) @ shares / len(used)
        probit[complete], intercept, slope, correlation = _line(rsr[complete])
    band = np.where(complete, np.searchsorted(cuts, probit, side="right") + 1.0, np.nan)
    return RankSumRatioResult(
        rsr=data.by_unit(rsr),
        rank=data.by_unit(ranks(rsr)),
        probit=data.by_unit(probit),
        fitted=data.by_unit(intercept + slope * probit),
        band=data.by_unit(band),
        intercept=intercept,
        slope=slope,
        correlation=correlation,
        cuts=cuts,
    )


def _ranked(values: np.ndarray, signs: np.ndarray, ranking: Ranking) -> np.ndarray:
    """Return each column as ranks, n for the best; a constant column gets the average rank under both rankings."""
    if ranking == "average":
        return rankdata(signs * values, axis=0)
    count = len(values)
    linear = 1 + (count - 1) * min_max(values, signs)
    return np.where(np.ptp(values, axis=0) > 0, linear, (count + 1) / 2)


def _line(rsr: np.ndarray) -> tuple[np.ndarray, float, float, float]:
    """Return each unit's probit and the intercept, slope and correlation of the line over the distinct values."""
    count = len(rsr)
    distinct, position, size = np.unique(np.round(rsr, TIE_DECIMALS), return_inverse=True, return_counts=True)
    if len(distinct) == 1:
        return np.full(count, MEDIAN_PROBIT), float(rsr[0]), 0.0, np.nan
    frequency = (np.cumsum(size) - (size - 1) / 2) / count
    # The last frequency would be 1, whose quantile is infinite.
    frequency[-1] = 1 - 1 / (4 * count)
    probit = norm.ppf(frequency) + MEDIAN_PROBIT
    values = np.array([rsr[position == place].mean() for place in range(len(distinct))])
    slope, intercept = np.polyfit(probit, values, 1)
    return probit[position], float(intercept), float(slope), float(np.corrcoef(probit, values)[0, 1])
