"""How an action came out is said by the rule that asked for it."""

import math

import pytest

from dashboard.catalogue.monitoring import monitoring_plan
from dashboard.services.monitoring.outcome import Outcome, outcome

RULES = monitoring_plan().rules


@pytest.mark.parametrize(
    ("rule", "before", "now", "alerting", "found"),
    [
        ("discharge_cost_growth", 8.0, 2.0, False, Outcome.OVER),
        ("discharge_cost_growth", 8.0, 6.0, True, Outcome.CLOSER),
        ("discharge_cost_growth", 8.0, 8.0, True, Outcome.NO_BETTER),
        ("idle_beds", 40.0, 55.0, True, Outcome.CLOSER),
        ("idle_beds", 40.0, 35.0, True, Outcome.NO_BETTER),
        ("idle_beds", 40.0, math.nan, True, Outcome.UNKNOWN),
        ("idle_beds", math.nan, 35.0, True, Outcome.UNKNOWN),
        ("gone", 1.0, 1.0, False, Outcome.UNKNOWN),
    ],
)
def test_outcome(rule: str, before: float, now: float, alerting: bool, found: Outcome) -> None:
    assert outcome(RULES.get(rule), before, now, alerting=alerting) is found
