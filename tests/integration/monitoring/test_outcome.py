"""An action is judged by the limits that its rule had when it was written, not by those of today."""

import datetime

import pytest

from dashboard.catalogue.monitoring import JudgedBy, judged_by, monitoring_rules
from dashboard.services.common.actions import MonitoringAction, action_of
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.monitoring.outcome import Limits, Outcome, judged
from dashboard.services.monitoring.watch import watched
from tests.integration.monitoring.conftest import JUNE

NOW = judged_by(monitoring_rules()["overfull_beds"])


def _action(unit: str, value: float, limits: JudgedBy | None, rule: str = "overfull_beds") -> MonitoringAction:
    about = {"rule": rule, "unit": unit, "unit_name": unit, "since": JUNE, "month": JUNE, "value": value, "judged_by": limits}
    return action_of(**about, owner="王敏", due=datetime.date(2025, 9, 30), measure="分流")


@pytest.mark.parametrize(
    ("unit", "value", "limits", "found", "by"),
    [
        ("H1", 106.0, NOW, Outcome.CLOSER, Limits.SAME),
        ("H1", 106.0, None, Outcome.CLOSER, Limits.SAME),
        ("H2", 106.0, NOW, Outcome.OVER, Limits.SAME),
        # The county has lowered its limit since: by what was agreed, 104 % is over.
        ("H1", 115.0, NOW.model_copy(update={"on": 110.0, "off": 105.0}), Outcome.OVER, Limits.FORMER),
        # It has raised it since: by what was agreed, 85 % is none.
        ("H2", 92.0, NOW.model_copy(update={"on": 80.0, "off": 75.0}), Outcome.CLOSER, Limits.FORMER),
        ("H2", 70.0, NOW.model_copy(update={"on": 80.0, "off": 75.0}), Outcome.NO_BETTER, Limits.FORMER),
        ("C2", 92.0, NOW.model_copy(update={"on": 80.0, "off": 75.0}), Outcome.UNKNOWN, Limits.FORMER),  # no report for June
        ("H1", 106.0, NOW.model_copy(update={"measured": "otherwise"}), Outcome.UNKNOWN, Limits.MEASURED_OTHERWISE),
    ],
)
def test_an_action_is_judged_by_its_own_limits(
    database: ReportingDatabase, unit: str, value: float, limits: JudgedBy | None, found: Outcome, by: Limits
) -> None:
    told = judged(database, watched(database, JUNE), _action(unit, value, limits))
    assert (told.outcome, told.limits) == (found, by)


def test_a_rule_that_is_gone_judges_nothing(database: ReportingDatabase) -> None:
    told = judged(database, watched(database, JUNE), _action("H1", 106.0, NOW, rule="gone"))
    assert (told.outcome, told.limits) == (Outcome.UNKNOWN, Limits.GONE)


def test_limits_and_the_way_of_measuring_are_told_apart() -> None:
    rule = monitoring_rules()["overfull_beds"]
    moved = judged_by(rule.model_copy(update={"on": 102.0, "name": "病床过满"}))
    assert (moved.measured, moved.on) == (NOW.measured, 102.0)
    assert judged_by(rule.model_copy(update={"indicator": "C02"})).measured != NOW.measured
    unusual = monitoring_rules()["infusion"]
    assert judged_by(unusual.model_copy(update={"on": 4.0})).measured != judged_by(unusual).measured, "its values are cut at the limit"


def test_limits_come_back_from_the_workspace_as_they_were_kept() -> None:
    action = _action("H1", 106.0, NOW)
    assert MonitoringAction.model_validate(action.model_dump(mode="json")) == action
