"""Do two tables tell the same story: the ratio of what they say of one institution and month, and whether it has left its usual range.

Whether a ratio is right is not judged: not every visit is settled, and levels differ by kind. What is judged is drift against the
institution's own past. The rule is ours [INFER]: median ± width × 1.4826 × median absolute deviation, for several months on one side.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class DriftRule:
    """What counts as drift.

    Attributes:
        baseline_months: months before the newest ``run_months`` that say what is usual.
        run_months: newest months in a row that must lie outside on one side.
        least_months: months with a ratio that the baseline needs; fewer say nothing.
        width: robust deviations that are usual.
        floor: share of the median that is usual in any case, so that a ratio that never moves is not alarmed by its last digit.
    """

    baseline_months: int = 24
    run_months: int = 3
    least_months: int = 12
    width: float = 3.0
    floor: float = 0.05


def drift(ratios: pd.DataFrame, rule: DriftRule | None = None) -> pd.DataFrame:
    """Return how the newest ratio of each institution stands to its own past.

    Args:
        ratios: one row per month in order, without gaps; one column per institution; missing where it cannot be told.
        rule: what counts as drift.

    Returns:
        Indexed by the columns of ``ratios``: latest (ratio of the last month), usual (median of the baseline), low, high (its usual range;
        missing with too short a past), run (how many newest months in a row lie outside on the same side, a month without a ratio ends
        it), side (1 above, −1 below, 0), drifting (bool), judged (bool: there is a past and a latest ratio).
    """
    rule = rule or DriftRule()
    past = ratios.iloc[: max(len(ratios) - rule.run_months, 0)].tail(rule.baseline_months)
    known = past.notna().sum()
    usual = past.median().where(known >= rule.least_months)
    spread = past.sub(usual).abs().median() * _MAD_TO_SIGMA * rule.width
    half = np.maximum(spread, usual.abs() * rule.floor)
    low, high = usual - half, usual + half
    sides = (ratios.gt(high).astype(int) - ratios.lt(low).astype(int)).to_numpy()
    run, side = _runs(sides)
    latest = ratios.iloc[-1] if len(ratios) else pd.Series(np.nan, ratios.columns, dtype="float64")
    judged = usual.notna() & latest.notna()
    return pd.DataFrame(
        {
            "latest": latest, "usual": usual, "low": low, "high": high, "run": run, "side": side,
            "drifting": (run >= rule.run_months) & judged, "judged": judged,
        },
        index=ratios.columns,
    )  # fmt: skip


def _runs(sides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each column how many of its last values in a row have the sign of the last one, and that sign."""
    last = sides[-1] if len(sides) else np.zeros(sides.shape[1], dtype=int)
    same = (sides[::-1] == last) & (last != 0)
    return np.logical_and.accumulate(same, axis=0).sum(axis=0), last
