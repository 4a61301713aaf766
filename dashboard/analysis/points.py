"""Points of institutions ("驾照式" 记分): summed over a cycle, reset at its end, per 100 staff."""

import numpy as np
import pandas as pd


def cycle_points(points: pd.DataFrame, months: int = 12) -> pd.DataFrame:
    """Return the points of the running cycle after each month.

    A cycle begins with the first month that has points and lasts ``months``; then everything begins anew [INFER: no published text].

    Args:
        points: points a month, months (index, ascending, none left out) × institutions, 0 or more; missing where none were reported.
        months: length of a cycle, 1 or more.

    Returns:
        Sums in the same shape; missing while an institution has never reported. Where a month did not come,
        the sum is at least so much.

    Raises:
        ValueError: negative points (a bonus is no point), or a cycle below one month.
    """
    if months < 1:
        raise ValueError("a cycle lasts at least one month")
    known = points.to_numpy(dtype="float64")
    if (known < 0).any():
        raise ValueError("points are not negative: a bonus is kept elsewhere")
    total, left = np.zeros(known.shape[1]), np.zeros(known.shape[1], dtype=int)
    result = np.empty_like(known)
    for place, month in enumerate(np.nan_to_num(known)):
        over = left == 0
        total = np.where(over, 0.0, total)
        left = np.where(over & (month > 0), months, left)
        total = np.where(left > 0, total + month, total)
        result[place] = total
        left = np.maximum(left - 1, 0)
    reported = points.notna().cummax()
    return pd.DataFrame(result, index=points.index, columns=points.columns).where(reported)


def per_hundred(points: pd.DataFrame, staff: pd.DataFrame) -> pd.DataFrame:
    """Return points per 100 staff, missing where the staff is unknown or 0; both in the same shape."""
    return 100 * points / staff.where(staff > 0)
