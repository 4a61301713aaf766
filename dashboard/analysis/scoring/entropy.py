"""Entropy weights (熵权法): an indicator that tells the units apart weighs more."""

from typing import Literal

import numpy as np

from dashboard.analysis.scoring.inputs import Directions, Matrix, ScoringError, Vector, min_max, read_directions, read_matrix
from dashboard.language import marked

EntropyForm = Literal["share", "minmax"]


def entropy_weights(matrix: Matrix, directions: Directions | None = None, form: EntropyForm = "share") -> Vector:
    """Return objective weights from the spread of each indicator.

    ``p_ij = x_ij / Σ_i x_ij``, ``e_j = −Σ_i p_ij ln p_ij / ln n``, ``w_j = (1 − e_j) / Σ_j (1 − e_j)`` with 0·ln 0 = 0
    (Shannon; the common form of Hwang & Yoon). Entropy measures spread, which has no good side, so with ``form="share"``
    the directions change nothing. ``form="minmax"`` first scales each column to 0–1 with its direction and takes the
    shares of that; it weighs columns by shape, not by relative spread, and gives other weights.

    Args:
        matrix: units × indicators; ``share`` needs values ≥ 0.
        directions: +1 (more is better) or −1 per indicator; used by ``minmax`` only. None: all +1.
        form: which shares enter the entropy.

    Returns:
        One weight per indicator, ≥ 0, adding up to 1; labelled like the columns of a frame. A missing cell leaves the
        shares and n of its column to the units present. A column that is constant, all zero or has fewer than two
        values tells nothing and weighs 0. Where no column tells anything (a single unit, say) all weigh the same.

    Raises:
        ScoringError: a negative value under ``share``, an unknown form, or a malformed input.
    """
    data = read_matrix(matrix)
    count = data.values.shape[1]
    signs = read_directions(directions, data.indicators, count)
    if form == "minmax":
        values = min_max(data.values, signs)
    elif form == "share":
        values = data.values
    else:
        raise ScoringError(marked("未知的熵权形式"), marked("请选择 share 或 minmax"))
    if (values < 0).any():
        raise ScoringError(marked("占比形式的熵权不能用于负值"), marked("请去掉含负值的指标，或改用极差标准化形式"))
    information = np.array([_information(values[:, column]) for column in range(count)])
    total = information.sum()
    return data.by_indicator(information / total if total > 0 else np.full(count, 1 / count))


def _information(column: np.ndarray) -> float:
    """Return 1 − entropy of one column (base: the number of values), 0 where it tells nothing."""
    present = column[~np.isnan(column)]
    if present.size < 2 or present.min() == present.max():
        return 0.0
    # Divided by the largest first: the share of a very large or very small number must not overflow.
    shares = present / present.max()
    shares = shares[shares > 0] / shares.sum()
    return max(0.0, 1.0 + float((shares * np.log(shares)).sum()) / np.log(present.size))
