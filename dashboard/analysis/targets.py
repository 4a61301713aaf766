"""How a value stands to its target."""

import math
from enum import StrEnum

from dashboard.catalogue.models import Target


class Standing(StrEnum):
    """Met, near (within a stated share of the target), off, or nothing that judges it."""

    MET = "met"
    NEAR = "near"
    OFF = "off"
    NONE = "none"


def standing(value: float, target: Target | None, near_share: float) -> Standing:
    """Return how ``value`` stands to ``target``.

    A single figure ("=") of a reference, such as a national average, is a line to look at: being on the one side of it or on the other is
    neither good nor bad, and nobody hits it exactly. A reference is judged only where it has a direction or a band.

    Args:
        value: in the target's unit; NaN when missing.
        target: at least ``low``, at most ``high``, or between both; None when nobody set one.
        near_share: a value that misses a bound by at most this share of the bound is near.
    """
    if target is None or math.isnan(value) or (target.kind == "reference" and target.comparison == "="):
        return Standing.NONE
    missed = max(
        target.low - value if target.low is not None else -math.inf,
        value - target.high if target.high is not None else -math.inf,
    )
    if missed <= 0:
        return Standing.MET
    bound = target.low if target.low is not None and value < target.low else target.high
    return Standing.NEAR if missed <= near_share * abs(float(bound or 0.0)) else Standing.OFF
