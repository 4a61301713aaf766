"""Is a difference more than noise? Used by texts that say "improved", "worse", "best": no claim without it.

The standard error of a value is the larger of two: what its own months scatter by (mean moving range ÷ 1.128, Shewhart's individuals
chart, divided by √months where a value is the mean of several and times √months where it is their sum) and, for a share of cases, the
binomial one (Agresti–Coull, so that a share of 0 or 1 is not certain). Two values differ when they are more than ``SIGMAS`` standard errors
of their difference apart. [OWN]

The moving range holds seasons too, so a claim against the month before is harder to make than one against the same month last year
would deserve: silence is the safer side.

Whoever looks at many pairs finds some that differ by chance: ``corrected_sigmas`` asks for as many standard errors as keep the chance of a
single false claim among all of them at 5 % (Bonferroni), with the t distribution of a standard error that is itself estimated from
few months.
"""

import math
from enum import StrEnum

from scipy import stats

from dashboard.analysis.control_charts import MINIMUM_POINTS
from dashboard.analysis.sequences import Numbers, number_series

SIGMAS = 2.0
FALSE_CLAIMS = 0.05
"""Chance of one or more false claims that a text with several comparisons may run."""
_RANGE_DEGREES = 0.62
_RANGE_TO_SIGMA = 1.128
"""d₂ of two successive points: mean moving range of a normal series ÷ its standard deviation."""


class Verdict(StrEnum):
    """How one value stands to another: surely higher, surely lower, within noise, or nothing known to judge by."""

    HIGHER = "higher"
    LOWER = "lower"
    NOISE = "noise"
    UNKNOWN = "unknown"


def process_error(values: Numbers, months: int = 1, minimum_points: int = MINIMUM_POINTS, *, summed: bool = False) -> float:
    """Return the standard error that the months of a series give a value.

    Args:
        values: one value a month in order, missing months as NaN; any unit.
        months: how many months the judged value covers.
        minimum_points: fewer known months say nothing.
        summed: whether the judged value is the sum of its months (a count, a sum per head) instead of their mean.

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
    of_month = float(ranges.mean()) / _RANGE_TO_SIGMA
    return of_month * math.sqrt(months) if summed else of_month / math.sqrt(months)


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


def corrected_sigmas(comparisons: int, points: int, chance: float = FALSE_CLAIMS) -> float:
    """Return how many standard errors apart two values must be when ``comparisons`` pairs are looked at.

    Args:
        comparisons: all pairs among which a difference would be named (units × units × indicators); at least 1.
        points: months from which each standard error was estimated, at least 2.
        chance: of one or more false claims among all of them.

    Returns:
        The two-sided quantile at ``chance`` ÷ ``comparisons`` of the t distribution with 0.62 × (points − 1) degrees of freedom for each
        of the two errors: so much a mean moving range knows about a standard deviation (Wheeler). Never below ``SIGMAS``.
    """
    if comparisons < 1 or points < 2 or not 0 < chance < 1:
        raise ValueError("comparisons at least 1, points at least 2, chance between 0 and 1")
    degrees = max(2.0, 2 * _RANGE_DEGREES * (points - 1))
    return max(SIGMAS, float(stats.t.isf(chance / comparisons / 2, degrees)))


def compare(value: float, other: float, error: float, other_error: float, sigmas: float = SIGMAS) -> Verdict:
    """Return how ``value`` stands to ``other``, both in one unit, given their standard errors; unknown when anything is missing."""
    if any(math.isnan(figure) for figure in (value, other, error, other_error)):
        return Verdict.UNKNOWN
    difference, reach = value - other, sigmas * math.hypot(error, other_error)
    if abs(difference) <= reach:
        return Verdict.NOISE
    return Verdict.HIGHER if difference > 0 else Verdict.LOWER
