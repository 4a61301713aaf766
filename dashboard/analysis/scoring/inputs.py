"""What the scoring methods share: reading matrices, weights and directions, and ranking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from dashboard.errors import ProductError
from dashboard.language import marked

Matrix: TypeAlias = np.ndarray | pd.DataFrame | Sequence[Sequence[float]]
Vector: TypeAlias = np.ndarray | pd.Series
Weights: TypeAlias = np.ndarray | pd.Series | Mapping[str, float] | Sequence[float]
Directions: TypeAlias = np.ndarray | pd.Series | Mapping[str, int] | Sequence[int]

# Scores that differ by less than this many decimals are equal: sums of the same numbers in another order are a tie.
TIE_DECIMALS = 9


class ScoringError(ProductError, ValueError):
    """A method cannot be applied to these numbers (wrong shape, negative values, an empty pool)."""


@dataclass(frozen=True)
class LabelledMatrix:
    """Units × indicators as floats, with the labels of the frame it came from (None for a bare array)."""

    values: np.ndarray
    units: pd.Index | None
    indicators: pd.Index | None

    @property
    def complete(self) -> np.ndarray:
        """Which units have no missing cell."""
        return ~np.isnan(self.values).any(axis=1)

    def by_unit(self, values: np.ndarray) -> Vector:
        """Return ``values`` (one per unit) with the units' labels where there are any."""
        return values if self.units is None else pd.Series(values, index=self.units)

    def by_indicator(self, values: np.ndarray) -> Vector:
        """Return ``values`` (one per indicator) with the indicators' labels where there are any."""
        return values if self.indicators is None else pd.Series(values, index=self.indicators)


def as_numbers(given: object) -> np.ndarray:
    """Return ``given`` as floats, missing values of every kind as NaN. Raises ScoringError for texts and for rows of unequal length."""
    try:
        if isinstance(given, pd.DataFrame | pd.Series):
            return np.where(given.isna(), np.nan, given.to_numpy(dtype=object)).astype(float)
        return np.array(given, dtype=float)
    except (TypeError, ValueError) as error:
        raise ScoringError(marked("评价数据须全是数值，且每行一样长"), marked("请检查数据里的文字和缺漏的单元格")) from error


def read_matrix(matrix: Matrix) -> LabelledMatrix:
    """Return ``matrix`` (units × indicators) as floats. Raises ScoringError unless it has rows, columns and no infinities."""
    frame = matrix if isinstance(matrix, pd.DataFrame) else None
    values = as_numbers(matrix)
    if values.ndim != 2 or 0 in values.shape or np.isinf(values).any():
        raise ScoringError(marked("评价数据须为“单位 × 指标”的有限数值表"), marked("请检查所选单位与指标是否有数据"))
    return LabelledMatrix(values, None if frame is None else frame.index, None if frame is None else frame.columns)


def _in_order(given: Weights | Directions, indicators: pd.Index | None, count: int, what: str) -> np.ndarray:
    """Return one number per indicator; labelled ones are matched by label where the matrix has labels.

    A series that only counts its rows (0, 1, 2 …) has no labels to match: it stands in the order of the columns.
    """
    labelled = pd.Series(given) if isinstance(given, pd.Series | Mapping) else None
    if labelled is None or indicators is None or _only_counted(labelled, indicators):
        values = as_numbers(given if labelled is None else labelled)
    elif labelled.index.is_unique:
        values = as_numbers(labelled.reindex(indicators))
    else:
        values = as_numbers(labelled) if labelled.index.equals(indicators) else np.empty(0)
    if values.shape != (count,) or not np.isfinite(values).all():
        raise ScoringError(what, marked("请为每个指标各给出一个数值"))
    return values


def _only_counted(labelled: pd.Series, indicators: pd.Index) -> bool:
    return isinstance(labelled.index, pd.RangeIndex) and not labelled.index.isin(indicators).any()


def read_weights(weights: Weights, indicators: pd.Index | None, count: int) -> np.ndarray:
    """Return the weights as shares of one. Raises ScoringError where one is negative, missing, or all are zero."""
    values = _in_order(weights, indicators, count, marked("权重与指标不对应"))
    if (values < 0).any() or values.sum() == 0:
        raise ScoringError(marked("权重不能为负，也不能全为零"), marked("请修改权重"))
    return values / values.sum()


def read_directions(directions: Directions | None, indicators: pd.Index | None, count: int) -> np.ndarray:
    """Return +1 (more is better) or −1 (less is better) per indicator; None means all +1. Raises ScoringError otherwise."""
    if directions is None:
        return np.ones(count)
    values = _in_order(directions, indicators, count, marked("方向与指标不对应"))
    if not np.isin(values, (-1, 1)).all():
        raise ScoringError(marked("指标方向只能是 +1 或 −1"), marked("请修改指标方向"))
    return values


def min_max(values: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return 0 (worst present) to 1 (best present) per column, missing cells kept; a constant column is all zero."""
    present = ~np.isnan(values)
    low = np.min(values, axis=0, initial=np.inf, where=present)
    high = np.max(values, axis=0, initial=-np.inf, where=present)
    spread = np.where(high > low, high - low, 1.0)
    # Zero keeps a column without spread (or without data) out of every distance and share.
    scaled = np.where(directions > 0, values - low, high - values) / spread
    return np.where(present, np.where(high > low, scaled, 0.0), np.nan)


def ranks(scores: np.ndarray) -> np.ndarray:
    """Return ranks, 1 = highest score; equal scores share the average rank, a missing score has no rank (NaN)."""
    return rankdata(-np.round(scores, TIE_DECIMALS), method="average", nan_policy="omit")
