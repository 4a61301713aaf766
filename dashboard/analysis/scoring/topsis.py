"""TOPSIS (优劣解距离法): how near each unit is to the best and how far from the worst of the comparison set."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dashboard.analysis.scoring.inputs import (
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

TopsisNormalisation = Literal["vector", "minmax"]


@dataclass(frozen=True)
class TopsisResult:
    """``closeness`` 0 (the worst solution) to 1 (the best), ``rank`` 1 = best, and the distances behind them."""

    closeness: Vector
    rank: Vector
    distance_best: Vector
    distance_worst: Vector
    normalise: TopsisNormalisation


def topsis(matrix: Matrix, weights: Weights, directions: Directions, normalise: TopsisNormalisation = "vector") -> TopsisResult:
    """Rank units by their relative closeness to the ideal solution.

    Normalise each column, multiply by its weight, take the Euclidean distances D⁺ and D⁻ to the best and the worst
    value of every column; ``closeness = D⁻ / (D⁺ + D⁻)`` (Hwang & Yoon 1981). The two normalisations give different
    numbers and sometimes different ranks: ``vector`` divides a column by its Euclidean length and lets the best of a
    "less is better" column be its smallest value; ``minmax`` scales each column to 0–1 with its direction.

    Args:
        matrix: units × indicators.
        weights: one per indicator, ≥ 0; only their proportions matter. Labelled weights are matched by label.
        directions: +1 (more is better) or −1 per indicator.
        normalise: ``vector`` or ``minmax``.

    Returns:
        Closeness, rank and distances per unit, labelled like the rows of a frame. Ties share the average rank. A unit
        with a missing cell is left out of the comparison and has missing results. A constant column separates nobody
        and has no effect. Where all units are equal (or there is one only) best and worst coincide and closeness is 0.5.

    Raises:
        ScoringError: malformed input or an unknown normalisation.
    """
    data = read_matrix(matrix)
    count = data.values.shape[1]
    shares = read_weights(weights, data.indicators, count)
    signs = read_directions(directions, data.indicators, count)
    if normalise not in ("vector", "minmax"):
        raise ScoringError(marked("未知的标准化方式"), marked("请选择 vector 或 minmax"))
    best, worst = np.full((2, len(data.values)), np.nan)
    complete = data.complete
    if complete.any():
        weighted = shares * _normalised(data.values[complete], signs, normalise)
        best[complete] = np.sqrt(((weighted.max(axis=0) - weighted) ** 2).sum(axis=1))
        worst[complete] = np.sqrt(((weighted - weighted.min(axis=0)) ** 2).sum(axis=1))
    apart = best + worst
    closeness = np.where(apart > 0, worst / np.where(apart > 0, apart, 1.0), np.where(complete, 0.5, np.nan))
    return TopsisResult(data.by_unit(closeness), data.by_unit(ranks(closeness)), data.by_unit(best), data.by_unit(worst), normalise)


def _normalised(values: np.ndarray, signs: np.ndarray, normalise: TopsisNormalisation) -> np.ndarray:
    """Return the columns on a common scale with more always better (the sign turned, not the reciprocal)."""
    if normalise == "minmax":
        return min_max(values, signs)
    largest = np.abs(values).max(axis=0)
    scaled = values / np.where(largest > 0, largest, 1.0)
    length = np.sqrt((scaled**2).sum(axis=0))
    normalised = signs * scaled / np.where(length > 0, length, 1.0)
    # Equal values stay equal after the division; rounding must not make a distance of a constant column.
    return np.where(np.ptp(values, axis=0) > 0, normalised, 0.0)
