"""Rounding that keeps sums: parts of a closed total always add up to it, to the last unit."""

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction


def largest_remainder(total_cents: int, weights: Sequence[float | int | Decimal]) -> list[int]:
    """Split ``total_cents`` in proportion to ``weights`` so that the parts add up exactly (Hamilton's method).

    Every part is first rounded towards zero; the cents left over go one by one to the largest remainders, equal
    remainders in the order given. The arithmetic is exact (whole numbers), so the result does not depend on the machine.

    Args:
        total_cents: the amount to share, a whole number of the smallest unit; may be negative (a deficit).
        weights: one finite, non-negative weight per receiver; they need not add up to anything.

    Returns:
        One whole number per weight; their sum is ``total_cents``. A weight of zero receives nothing.

    Raises:
        ValueError: a weight is negative or not finite, or all are zero while there is something to share.
    """
    try:
        ratios = [(weight if isinstance(weight, float) else Fraction(weight)).as_integer_ratio() for weight in weights]
    except (ValueError, OverflowError) as error:
        raise ValueError("weights must be finite numbers") from error
    if any(numerator < 0 for numerator, _ in ratios):
        raise ValueError("weights must not be negative")
    if total_cents == 0:
        return [0] * len(ratios)
    # Over one common denominator the weights are whole numbers: as exact as fractions, and fast for thousands of receivers.
    common = math.lcm(*(denominator for _, denominator in ratios))
    exact = [numerator * (common // denominator) for numerator, denominator in ratios]
    whole = sum(exact)
    if whole == 0:
        raise ValueError("at least one weight must be positive")
    divided = [divmod(abs(total_cents) * weight, whole) for weight in exact]
    parts = [quotient for quotient, _ in divided]
    left = abs(total_cents) - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda position: (-divided[position][1], position))
    for position in by_remainder[:left]:
        parts[position] += 1
    return parts if total_cents > 0 else [-part for part in parts]


def round_to_sum(values: Sequence[float], decimals: int = 2) -> list[float]:
    """Round signed ``values`` so that the rounded parts add up to their rounded sum.

    For waterfalls and tables: each part is rounded down to ``decimals`` places and the places left over go to the
    largest remainders, so no part is off by a full place and the printed parts add up to the printed total.

    Args:
        values: finite numbers.
        decimals: places kept.

    Returns:
        The rounded values in the same order.
    """
    scale = 10**decimals
    scaled = [Fraction(value) * scale for value in values]
    parts = [value.__floor__() for value in scaled]
    left = round(sum(scaled)) - sum(parts)
    by_remainder = sorted(range(len(scaled)), key=lambda position: (parts[position] - scaled[position], position))
    for position in by_remainder[:left]:
        parts[position] += 1
    return [part / scale for part in parts]
