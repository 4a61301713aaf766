"""Counties side by side: how sure a rank is, who is of like size, who stands outside of chance. Pure; no county is named."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.analysis.alerts import funnel_limits_of, funnel_scores
from dashboard.analysis.control_charts import overdispersion_factor
from dashboard.analysis.scoring.inputs import ranks
from dashboard.analysis.scoring.robustness import SEED, drawn_ranks

NOTICED = 1.96
"""Standard deviations of the inner limits of a funnel: 95 % of what chance alone does lies between them."""


def rank_bands(values: "pd.Series[float]", errors: "pd.Series[float]", *, rising: bool, draws: int, seed: int = SEED) -> pd.DataFrame:
    """Return the rank of each unit and the interval in which it lies with 90 % if all were measured anew.

    Each draw adds to every value a normal error of its own standard deviation and ranks again (numpy PCG64, so the same input gives the
    same answer). [INFER: Goldstein and Spiegelhalter 1996 rank simulated values in this way]

    Args:
        values: one a unit, in one unit of measurement; a missing one takes no part.
        errors: the standard error of each value, 0 or above; a unit without one has a rank and no interval.
        rising: whether the largest value is the best.
        draws: how many.
        seed: of the generator.

    Returns:
        On the labels of ``values``: rank (1 = best, equal values share the average), low and high (5 % and 95 %).
    """
    known = values.dropna()
    result = pd.DataFrame(np.nan, index=values.index, columns=["rank", "low", "high"])
    if known.empty:
        return result
    sign, spread = (1.0 if rising else -1.0), errors.reindex(known.index)
    scores = sign * known.to_numpy(dtype="float64")
    result.loc[known.index, "rank"] = ranks(scores)
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal((len(known), draws))
    drawn = drawn_ranks(scores[:, None] + noise * spread.fillna(0.0).to_numpy(dtype="float64")[:, None])
    result.loc[known.index, ["low", "high"]] = np.where(spread.isna().to_numpy()[:, None], np.nan, drawn[:, 1:])
    return result


def size_groups(sizes: "pd.Series[float]", bounds: Sequence[int]) -> "pd.Series[int]":
    """Return by unit the number of its group: how many of the rising ``bounds`` its size reaches; -1 where the size is not known."""
    reached = np.searchsorted(np.asarray(bounds, dtype="float64"), sizes.to_numpy(dtype="float64"), side="right")
    return pd.Series(np.where(sizes.isna(), -1, reached), index=sizes.index, dtype="int64")


def like_size(sizes: "pd.Series[float]", groups: "pd.Series[int]", chosen: str, count: int) -> pd.Index:
    """Return the ``count`` units that are most like ``chosen`` in size, itself among them: those of its group first; in their order."""
    distance = (np.log(sizes) - np.log(sizes[chosen])).abs().fillna(np.inf)
    order = pd.DataFrame({"other": groups.ne(groups[chosen]), "distance": distance}).sort_values(["other", "distance"], kind="stable")
    return sizes.index[sizes.index.isin(order.index[:count])]


def chance_limits(part: "pd.Series[float]", whole: "pd.Series[float]", sizes: Sequence[float], wide: float) -> pd.DataFrame:
    """Return the limits within which shares of units of these ``sizes`` lie by chance (``alerts.funnel_limits_of``), as shares."""
    return funnel_limits_of(part, whole, np.asarray(sizes, dtype="float64"), wide, proportion=True)


def chance_scores(part: "pd.Series[float]", whole: "pd.Series[float]") -> "pd.Series[float]":
    """Return by unit how many (widened) standard deviations its share lies from that of all together; missing where it is not known."""
    counted, base = (np.asarray(side, dtype=np.float64)[None, :] for side in (part, whole))
    return pd.Series(funnel_scores(counted, base, proportion=True)[0], index=part.index, dtype="float64")


def widening(part: "pd.Series[float]", whole: "pd.Series[float]") -> float:
    """Return by how much the limits were widened because units differ by more than chance: the root of the variance factor, at least 1."""
    known = whole > 0
    share = float(part[known].sum() / whole[known].sum()) if known.any() else float("nan")
    return overdispersion_factor(part, whole, share) ** 0.5 if 0 < share < 1 else 1.0


def expected_beyond(comparisons: int, share: float = 0.05) -> float:
    """Return how many of so many comparisons fall outside limits that hold the rest by chance alone."""
    return comparisons * share


def round_steps(low: float, high: float, most: int) -> list[float]:
    """Return round numbers (1, 2 or 5 times a power of ten apart) that part the span from ``low`` to ``high`` into at most ``most`` parts.

    The numbers lie strictly between both; none where the span is empty.
    """
    if not high > low:
        return []
    raw = (high - low) / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw * (1 - 1e-9))
    first = math.floor(low / step) + 1
    return [round(step * place, 10) for place in range(first, math.ceil(high / step)) if low < step * place < high]
