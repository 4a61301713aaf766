"""Year-end projection of a running total: what the year will come to if it goes on as it has."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

MINIMUM_MONTHS = 3


@dataclass(frozen=True)
class YearEnd:
    """A projected year total with its interval, in the unit of the input.

    ``growth`` is this year's months so far over the same months of last year (1.05 = 5 % more).
    ``interval_share`` is the stated coverage of ``low`` to ``high``, e.g. 0.95.
    """

    total: float
    low: float
    high: float
    growth: float
    interval_share: float


def project_year_end(this_year: Sequence[float], last_year: Sequence[float], *, interval_share: float = 0.95) -> YearEnd | None:
    """Project the total of this year from its months so far and all twelve months of last year.

    The months still to come are last year's same months times the growth seen so far, so the season is last year's and
    the level this year's. The interval takes the spread of the monthly growth ratios around their mean as the error of
    one month and of the mean, independent between months (Student's t). A method of our own (grade INFER), chosen
    because it can be told in one sentence.

    Args:
        this_year: January to the last month so far, at most twelve values.
        last_year: January to December of last year.
        interval_share: coverage of the interval, between 0 and 1.

    Returns:
        The projection; the exact total without spread when the year is complete; None when there are fewer than three
        months, last year is incomplete, or a month of last year that is compared is zero or any value is missing.
    """
    seen, base = np.asarray(this_year, dtype=float), np.asarray(last_year, dtype=float)
    if len(seen) == 12 and np.isfinite(seen).all():
        total = math.fsum(seen)
        growth = total / math.fsum(base) if len(base) == 12 and np.isfinite(base).all() and base.sum() else math.nan
        return YearEnd(total, total, total, growth, interval_share)
    months = len(seen)
    usable = MINIMUM_MONTHS <= months <= 12 and len(base) == 12 and np.isfinite(seen).all() and np.isfinite(base).all()
    if not usable or (base[:months] <= 0).any():
        return None
    growth = math.fsum(seen) / math.fsum(base[:months])
    spread = float(np.std(seen / base[:months], ddof=1))
    coming = base[months:]
    error = spread * math.sqrt(math.fsum(coming**2) + math.fsum(coming) ** 2 / months)
    reach = float(stats.t.ppf((1 + interval_share) / 2, months - 1)) * error
    so_far = math.fsum(seen)
    total = so_far + growth * math.fsum(coming)
    return YearEnd(total, max(so_far, total - reach), total + reach, growth, interval_share)
