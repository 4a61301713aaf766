"""How an action came out, by the same rule that asked for it: before against now, never that the one caused the other."""

import math
from enum import StrEnum

from dashboard.catalogue.monitoring import MonitoringRule


class Outcome(StrEnum):
    """What the rule of an action says now.

    ``OVER``: no alert any more. ``CLOSER``: nearer to the limit that ends it, which it has not reached. ``NO_BETTER``: as far or farther.
    ``UNKNOWN``: the month cannot be judged, or the rule is no longer in use.
    """

    OVER = "over"
    CLOSER = "closer"
    NO_BETTER = "no_better"
    UNKNOWN = "unknown"


def outcome(rule: MonitoringRule | None, before: float, now: float, *, alerting: bool) -> Outcome:
    """Return how an action stands.

    Args:
        rule: of the action; None when it is no longer in use.
        before: what the rule saw when the action was written, in the unit of its limits; NaN when it was not known.
        now: what it sees this month; NaN where the month is not judged.
        alerting: whether the rule is still an alert.
    """
    if rule is None or math.isnan(now):
        return Outcome.UNKNOWN
    if not alerting:
        return Outcome.OVER
    if math.isnan(before):
        return Outcome.UNKNOWN
    better = now < before if rule.side == "above" else now > before
    return Outcome.CLOSER if better else Outcome.NO_BETTER
