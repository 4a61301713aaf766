"""What people say of alerts changes how they are presented on page, Overview, wall and report alike, and never what the rules find."""

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.monitoring import monitoring_plan, monitoring_rules
from dashboard.services.cockpit import answer as cockpit
from dashboard.services.common.actions import action_of, save_action
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import Filters
from dashboard.services.monitoring import watch
from dashboard.services.monitoring.attention import attention
from dashboard.services.monitoring.handling import (
    NOTHING,
    HandlingError,
    handled_in,
    handled_now,
    handling_id,
    handling_of,
    list_handlings,
    save_handling,
)
from dashboard.services.monitoring.signals import Place, Signals
from dashboard.services.monitoring.watch import Step, standing, told, watched, within_budget
from dashboard.services.monitoring.wording import alert_detail, matter_title
from dashboard.services.reports.assessment import assess
from dashboard.services.reports.parts import Brief
from dashboard.services.reports.work import attention_part
from dashboard.workspace import Workspace, open_workspace
from tests.integration.monitoring.conftest import JUNE

DAY = datetime.date(2025, 7, 10)
BEDS = {"rule": "overfull_beds", "unit": "H1", "unit_name": "一院", "month": JUNE, "reason": "扩建在做"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")


def _say(workspace: Workspace, **fields: object) -> None:
    save_handling(workspace, handling_of(**BEDS | fields), author="王", day=DAY)


def _names(alerts) -> set[tuple[str, str]]:
    return {(each.rule_id, each.unit) for each in alerts}


def test_a_snoozed_alert_is_away_everywhere_and_back_when_its_date_is_past(
    database: ReportingDatabase, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _say(workspace, answer="snoozed", until=DAY)
    answer, handled = watched(database, JUNE), handled_in(workspace, DAY)
    before, now = standing(answer)[0], standing(answer, handled=handled)[0]
    assert _names(before) - _names(now) == {("overfull_beds", "H1")}
    period = Period(Grain.MONTH, JUNE)
    matters = attention(database, period, handled=handled)
    assert {pair for matter in matters for pair in _names(matter.alerts)} == _names(now)
    monkeypatch.setattr("dashboard.services.reports.work.today", lambda: DAY)
    rows = attention_part(Brief(database, workspace, Filters(period))).sections[0].blocks[0].rows
    assert [row[1] for row in rows] == [matter_title(matter, "zh", 10) for matter in matters]
    kept = assess(database, workspace, JUNE, DAY)
    assert ("overfull_beds", "H1") not in {(each.rule, each.unit) for each in kept.alerts}
    assert kept.put_away == 1
    monkeypatch.setattr(cockpit, "handled_now", lambda: handled)
    whole = cockpit.cockpit_of(database)
    assert whole is not None
    wall = cockpit._told(database, whole)
    assert {pair for matter in wall.attention for pair in _names(matter.alerts)} == _names(
        standing(watched(database, wall.period.last), handled=handled)[0]
    )
    assert cockpit._told(database, whole) is wall, "the same wall, so that its scenes are kept"
    later = standing(answer, handled=handled_in(workspace, DAY + datetime.timedelta(days=1)))[0]
    assert _names(later) == _names(before)
    back = next(each for each in later if each.unit == "H1")
    assert alert_detail(back).startswith("暂缓已到期 到 2025年7月10日 王：扩建在做 · 新发，自")


def test_what_the_rules_find_knows_nothing_of_it(database: ReportingDatabase, workspace: Workspace) -> None:
    answer = watched(database, JUNE)
    plain = [(each.rule_id, each.unit, each.step, each.since, each.state) for each in answer.alerts]
    _say(workspace, answer="closed")
    handled = handled_in(workspace, DAY)
    assert [(each.rule_id, each.unit, each.step, each.since, each.state) for each in told(answer, handled)] == plain
    assert [(each.rule_id, each.unit, each.step, each.since, each.state) for each in watched(database, JUNE).alerts] == plain


def test_it_holds_for_the_alert_that_stood_then_and_until_it_is_reopened(database: ReportingDatabase, workspace: Workspace) -> None:
    answer = watched(database, JUNE)
    _say(workspace, answer="closed", month=datetime.date(2025, 5, 1))
    assert ("overfull_beds", "H1") in _names(standing(answer, handled=handled_in(workspace, DAY))[0]), "this one began in June"
    _say(workspace, answer="closed")
    assert ("overfull_beds", "H1") not in _names(standing(answer, handled=handled_in(workspace, DAY))[0])
    _say(workspace, answer="reopened", reason="又满了")
    assert _names(standing(answer, handled=handled_in(workspace, DAY))[0]) == _names(standing(answer)[0])
    assert len(list_handlings(workspace)) == 1
    assert [each.version for each in workspace.versions(handling_id("overfull_beds", "H1"))] == [3, 2, 1], "nothing is overwritten"


def test_who_is_at_work_on_it_has_acknowledged_it_and_it_takes_no_place_of_the_budget(
    database: ReportingDatabase, workspace: Workspace
) -> None:
    answer = watched(database, JUNE)
    new = [each for each in answer.alerts if each.step is Step.NEW]
    assert len(new) == 2
    fields = {"since": JUNE, "owner": "李伟", "due": datetime.date(2025, 8, 1), "measure": "分流到分院"}
    written = action_of(rule="overfull_beds", unit="H1", unit_name="一院", month=JUNE, **fields)
    action = save_action(workspace, written, author=None)
    alerts = told(answer, handled_in(workspace, DAY))
    seen = next(each for each in alerts if each.unit == "H1" and each.rule_id == "overfull_beds")
    assert alert_detail(seen).startswith("已认领 李伟：分流到分院 · 新发")
    assert within_budget(alerts, 1)[1] == 0
    assert within_budget(answer.alerts, 1)[1] == 1
    _say(workspace, answer="acknowledged")
    assert "李伟" in alert_detail(next(each for each in told(answer, handled_in(workspace, DAY)) if each.unit == "H1"))
    save_action(workspace, action.content.model_copy(update={"done": True}), author=None, over=action)
    assert "已认领 王：扩建在做" in alert_detail(next(each for each in told(answer, handled_in(workspace, DAY)) if each.unit == "H1"))


@pytest.mark.parametrize(
    "fields", [{"answer": "closed", "reason": ""}, {"answer": "snoozed"}, {"answer": "closed", "until": DAY}, {"answer": "forgotten"}]
)
def test_an_answer_without_reason_or_date_is_refused(workspace: Workspace, fields: dict[str, object]) -> None:
    with pytest.raises(HandlingError, match="处置不完整"):
        _say(workspace, **fields)
    assert list_handlings(workspace) == ()


def test_a_snooze_cannot_end_in_the_past(workspace: Workspace) -> None:
    with pytest.raises(HandlingError, match="已经过去"):
        _say(workspace, answer="snoozed", until=DAY - datetime.timedelta(days=1))


def test_alerts_stand_while_the_workspace_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Workspace:
        raise HandlingError("not there", "")

    monkeypatch.setattr("dashboard.services.monitoring.handling.current_workspace", away)
    assert handled_now() is NOTHING


def test_an_alert_that_begins_again_soon_is_back_and_no_news() -> None:
    months = pd.date_range("2024-01-01", periods=14, freq="MS")
    rule, plan = monitoring_rules()["supplier_payment"], monitoring_plan()
    late, fine = 90.0, 99.0

    def step(*bad: int) -> Step:
        values = pd.DataFrame({"H1": np.where(np.isin(np.arange(14), bad), late, fine)}, index=months)
        series = Signals(values, values * 0, {"H1": Place("一院", "A", "H1")})
        found = watch._Replayed("supplier_payment", rule, series, watch._codes(rule, values))
        none = pd.Series(dtype="float64")
        return watch._alert(found, "H1", months[-1], none, none, plan).step

    assert plan.cool_down == 3
    assert step(13) is Step.NEW
    assert step(10, 13) is Step.BACK
    assert step(9, 13) is Step.NEW
    assert step(10, 12, 13) is Step.OPEN
