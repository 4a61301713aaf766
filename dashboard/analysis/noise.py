"""Is a difference more than noise? Used by texts that say "improved", "worse", "best": no claim without it.

The standard error of a value is the larger of two: what its own months scatter by (mean moving range ÷ 1.128, Shewhart's individuals
chart, divided by √months where a value covers several) and, for a share of cases, the binomial one (Agresti–Coull, so that a share of
0 or 1 is not certain). Two values differ when they are more than ``SIGMAS`` standard errors of their difference apart. [OWN]

The moving range holds seasons too, so a claim against the month before is harder to make than one against the same month last year
would deserve: silence is the safer side.
"""

import math
from enum import StrEnum

from dashboard.analysis.control_charts import MINIMUM_POINTS
from dashboard.analysis.sequences import Numbers, number_series

SIGMAS = 2.0
_RANGE_TO_SIGMA = 1.128
"""d₂ of two successive points: mean moving range of a normal series ÷ its standard deviation."""


class Verdict(StrEnum):
    """How one value stands to another: surely higher, surely lower, within noise, or nothing known to judge by."""

    HIGHER = "higher"
    LOWER = "lower"
    NOISE = "noise"
    UNKNOWN = "unknown"


def process_error(values: Numbers, months: int = 1, minimum_points: int = MINIMUM_POINTS) -> float:
    """Return the standard error that the months of a series give a value.

    Args:
        values: one value a month in order, missing months as NaN; any unit.
        months: how many months the judged value covers.
        minimum_points: fewer known months say nothing.

    Returns:
        In the unit of ``values``; NaN with too few known months or no two neighbouring ones.

    Raises:
        ValueError: months below 1, or a value that is no number.
    """
    if months < 1:
        raise ValueError("months: must be at least 1")
    series = number_series(values, "values")
    ranges = series.diff().abs()
    if int(series.notna().sum()) < minimum_points or not ranges.notna().any():
        return math.nan
    return float(ranges.mean()) / _RANGE_TO_SIGMA / math.sqrt(months)


def proportion_error(events: float, cases: float, multiplier: float = 1.0) -> float:
    """Return the binomial standard error of ``events`` ÷ ``cases`` × ``multiplier``; NaN unless 0 ≤ events ≤ cases and cases > 0."""
    if not 0 <= events <= cases or not 0 < cases < math.inf:
        return math.nan
    share, size = (events + 2) / (cases + 4), cases + 4
    return multiplier * math.sqrt(share * (1 - share) / size)


def standard_error(process: float, proportion: float = math.nan) -> float:
    """Return the larger of both errors. NaN without ``process``: chance among cases alone would call everything large different."""
    if math.isnan(process) or math.isnan(proportion):
        return process
    return max(process, proportion)


def compare(value: float, other: float, error: float, other_error: float, sigmas: float = SIGMAS) -> Verdict:
    """Return how ``value`` stands to ``other``, both in one unit, given their standard errors; unknown when anything is missing."""
    if any(math.isnan(figure) for figure in (value, other, error, other_error)):
        return Verdict.UNKNOWN
    difference, reach = value - other, sigmas * math.hypot(error, other_error)
    if abs(difference) <= reach:
        return Verdict.NOISE
    return Verdict.HIGHER if difference > 0 else Verdict.LOWER
