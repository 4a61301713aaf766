"""How an action came out, by the same rule that asked for it: before against now, never that the one caused the other."""

import math
from dataclasses import dataclass
from enum import StrEnum

from dashboard.analysis.alerts import replay
from dashboard.catalogue.monitoring import JudgedBy, MonitoringRule, judged_by, monitoring_plan, monitoring_rules
from dashboard.services.common.actions import MonitoringAction
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.monitoring.watch import Alert, Step, Watched, courses


class Outcome(StrEnum):
    """What the rule of an action says now.

    ``OVER``: no alert any more. ``CLOSER``: nearer to the limit that ends it, which it has not reached. ``NO_BETTER``: as far or farther.
    ``UNKNOWN``: the month cannot be judged, or the rule is no longer in use.
    """

    OVER = "over"
    CLOSER = "closer"
    NO_BETTER = "no_better"
    UNKNOWN = "unknown"


def outcome(rule: MonitoringRule | JudgedBy | None, before: float, now: float, *, alerting: bool) -> Outcome:
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


class Limits(StrEnum):
    """By which limits an action was judged: the rule's, its ``FORMER`` ones, or none as it is no longer in use or measures otherwise."""

    SAME = "same"
    FORMER = "former"
    GONE = "gone"
    MEASURED_OTHERWISE = "measured_otherwise"


@dataclass(frozen=True, eq=False)
class Judged:
    """How an action stands in a month.

    ``before`` and ``now`` are in the unit of the rule's limits, NaN where not known; ``alert`` is what stands by the limits of today.
    """

    outcome: Outcome
    limits: Limits
    before: float = math.nan
    now: float = math.nan
    alert: Alert | None = None


def judged(database: ReportingDatabase, answer: Watched, action: MonitoringAction) -> Judged:
    """Return how ``action`` stands in the month of ``answer``, by the limits that its rule had when it was written.

    An alert does not come to an end because the county moved its limit afterwards. Raises ``QueryError``.
    """
    rule, then = monitoring_rules().get(action.rule), action.judged_by
    before = math.nan if action.value is None else action.value
    if rule is None:
        return Judged(Outcome.UNKNOWN, Limits.GONE, before)
    alert = next((each for each in answer.alerts if (each.rule_id, each.unit) == (action.rule, action.unit)), None)
    today = judged_by(rule)
    if then is None or then == today:
        now = _now(action, answer, alert)
        alerting = alert is not None and alert.step is not Step.CLOSED
        return Judged(outcome(rule, before, now, alerting=alerting), Limits.SAME, before, now, alert)
    if then.measured != today.measured:
        return Judged(Outcome.UNKNOWN, Limits.MEASURED_OTHERWISE, before, alert=alert)
    course = courses(database, answer.month, [(action.rule, action.unit)], monitoring_plan().history_months)[0]
    states = replay(course, on=then.on, off=then.off, need_on=then.need_on, need_off=then.need_off, side=then.side)
    now = float(course.iloc[-1])
    return Judged(outcome(then, before, now, alerting=states[-1].alerting), Limits.FORMER, before, now, alert)


def _now(action: MonitoringAction, answer: Watched, alert: Alert | None) -> float:
    """Return what the rule sees this month: the alert's value, and for what is none whether the month was judged."""
    if alert is not None:
        return alert.value
    rows = answer.states[(answer.states["rule"] == action.rule) & (answer.states["unit"] == action.unit)]
    return 0.0 if len(rows) > 0 and isinstance(rows.iloc[0, -1], str) else math.nan
