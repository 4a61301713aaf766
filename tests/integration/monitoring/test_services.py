import datetime
import math
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from dashboard.catalogue.contracts import contract_settings
from dashboard.services.common.actions import MonitoringActionError, action_of, list_actions, save_action
from dashboard.services.monitoring import signals as signals_of_rules
from dashboard.services.monitoring import watch
from dashboard.services.monitoring.signals import Place, Signals, signals
from dashboard.services.monitoring.watch import Alert, Step, Watched, watched, within_budget
from dashboard.services.monitoring.wording import name_words
from dashboard.states import State
from dashboard.store.engine import writing_engine
from dashboard.store.query import Whole, run_query
from dashboard.store.schema import dim_drug_list
from dashboard.workspace import ConflictError, Kind, open_workspace
from tests.integration.monitoring.conftest import JUNE
from tests.scope_county import county, write


def _alert(answer: Watched, rule: str, unit: str) -> Alert | None:
    return next((each for each in answer.alerts if (each.rule_id, each.unit) == (rule, unit)), None)


def test_two_months_over_the_limit_begin_an_alert(database):
    alert = _alert(watched(database, JUNE), "overfull_beds", "H1")
    assert (alert.step, alert.since, alert.months, alert.community) == (Step.NEW, JUNE, 1, "A")
    assert alert.value == pytest.approx(104.2)
    assert alert.effect == pytest.approx((1.042 - 0.97) * 3_000)
    assert alert.own > alert.outlier
    assert math.isnan(alert.peers)  # two hospitals are too few to compare with
    assert alert.state is State.WARNING  # red only where both questions agree
    may = watched(database, datetime.date(2025, 5, 1))
    assert _alert(may, "overfull_beds", "H1") is None


def test_two_schemes_of_one_community_are_told_apart_in_the_states(database, monkeypatch):
    month = datetime.date(2024, 12, 1)
    months = pd.date_range(end=month, periods=3, freq="MS", unit="us")
    values = pd.DataFrame(101.0, months, ["A·resident", "A·employee"])
    places = {f"A·{scheme}": Place("甲", "A", scheme=scheme) for scheme in ("resident", "employee")}
    monkeypatch.setattr(watch, "projections", lambda *_asked: {"projected_overspend": Signals(values, values, places)})
    states = watched(database, month).states
    rows = states[states["rule"] == "projected_overspend"]
    assert [name_words(*about) for about in rows[["unit_name", "scheme"]].to_numpy()] == ["甲 · 居民医保", "甲 · 职工医保"]
    assert set(states.loc[states["rule"] == "overfull_beds", "scheme"]) == {""}


def test_last_years_budget_says_nothing_of_this_year(database, monkeypatch):
    """In January nothing can be projected: what December projected was of another budget, and goes on in no alert."""

    def progress(_database, period):
        known = period.last.month > 2
        end = SimpleNamespace(total=110.0, low=105.0, high=115.0) if known else None
        unit = SimpleNamespace(community="A", scheme="resident", name="甲", budget=100.0, year_end=end, projected_overspend=10.0)
        return SimpleNamespace(units=[unit])

    monkeypatch.setattr(signals_of_rules, "fund_progress", progress)
    for month, values in ((datetime.date(2024, 12, 1), [110.0] * 3), (datetime.date(2025, 1, 1), []), (datetime.date(2025, 3, 1), [110.0])):
        series = signals_of_rules.projections(database, month)["projected_overspend"]
        assert series.values.stack().dropna().tolist() == pytest.approx(values), month
        assert bool(series.places) == bool(values)


def test_two_months_within_end_it_and_one_is_recovering(database):
    assert _alert(watched(database, JUNE), "overfull_beds", "H2").step is Step.CLOSED
    assert _alert(watched(database, JUNE), "overfull_beds", "H2").state is State.GOOD
    may = _alert(watched(database, datetime.date(2025, 5, 1)), "overfull_beds", "H2")
    assert (may.step, may.since, may.months) == (Step.RECOVERING, datetime.date(2025, 4, 1), 2)


def test_a_corrected_month_withdraws_the_alert(corrected):
    assert _alert(watched(corrected, JUNE), "overfull_beds", "H1") is None


def test_what_stands_on_too_little_or_did_not_come_is_not_judged(database):
    answer, series = watched(database, JUNE), signals(database, JUNE)
    assert "C1" not in series["idle_beds"].values.columns  # 300 open bed-days
    assert math.isnan(series["idle_beds"].values.loc["2025-06-01", "C2"])
    assert answer.unjudged >= 1
    row = answer.states[(answer.states["rule"] == "idle_beds") & (answer.states["unit"] == "C2")].iloc[0]
    assert not isinstance(row.iloc[-1], str)
    assert row.iloc[-2] == "ok"


def test_silence_is_an_alert_of_the_one_who_is_silent(database):
    alert = _alert(watched(database, JUNE), "silence", "C2")
    assert (alert.step, alert.value) == (Step.NEW, 1)
    assert _alert(watched(database, JUNE), "silence", "H1") is None


def test_pace_is_judged_from_april_and_stands_through_spring(database):
    values = signals(database, JUNE)["contract_pace"].values["C2"]
    assert values.loc["2025-01-01":"2025-03-01"].isna().all()
    assert values.loc["2025-06-01"] == pytest.approx(0.4, abs=1e-3)
    alert = _alert(watched(database, JUNE), "contract_pace", "C2")
    assert (alert.step, alert.since) == (Step.OPEN, datetime.date(2024, 5, 1))
    assert alert.effect == pytest.approx((0.9 * 0.5 - 0.2) * 4_119, abs=1)
    april = _alert(watched(database, datetime.date(2025, 2, 1)), "contract_pace", "C2")
    assert math.isnan(april.value)  # not judged, and no longer than three months: the alert stands
    assert _alert(watched(database, datetime.date(2025, 3, 1)), "contract_pace", "C2") is None


def test_pace_is_held_against_the_countys_own_curve(database, monkeypatch):
    settings = contract_settings().model_copy(update={"curve": (0.0, 0.05, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)})
    monkeypatch.setattr("dashboard.services.monitoring.signals.contract_settings", lambda: settings)
    values = signals(database, JUNE)["contract_pace"].values["C2"]
    assert values.loc["2025-06-01"] == pytest.approx(2.0, abs=5e-3), "a fifth was done where a tenth was due"


def test_checks_are_counted_with_what_chance_gives(database):
    answer = watched(database, JUNE)
    checks = answer.tests
    assert answer.expected == pytest.approx(0.05 * len(checks))
    assert answer.found == (checks["p"] < 0.05).sum()
    assert answer.held == checks["held"].sum() <= answer.found
    found = checks[(checks["rule"] == "overfull_beds") & (checks["unit"] == "H1")].iloc[0]
    assert found["held"]
    assert found["outlier"] == "own"
    assert "silence" not in set(checks["rule"])


def test_the_budget_leaves_out_new_ones_with_the_smallest_effect(database):
    alerts = watched(database, JUNE).alerts
    new = [each for each in alerts if each.step is Step.NEW]
    shown, left = within_budget(alerts, 1)
    assert left == len(new) - 1 >= 1
    assert [each for each in shown if each.step is Step.NEW] == new[:1]
    assert {each.step for each in shown} >= {Step.OPEN, Step.CLOSED}
    assert within_budget(alerts, 12) == (alerts, 0)


def test_a_community_sees_its_own(database):
    answer = watched(database, JUNE)
    assert {each.community for each in answer.of("B")} == {"B"}
    assert answer.of(None, Step.CLOSED) == tuple(each for each in answer.alerts if each.step is Step.CLOSED)


# Actions ---------------------------------------------------------------------------------------------------------------

FIELDS = {
    "rule": "overfull_beds", "unit": "H1", "unit_name": "一院", "since": JUNE, "month": JUNE, "value": 104.2,
    "owner": "李伟", "due": datetime.date(2025, 8, 1), "measure": "分流到分院",
}  # fmt: skip


def test_an_action_is_kept_and_overdue_the_day_after(tmp_path):
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    first = save_action(workspace, action_of(**FIELDS), author="王")
    assert first.content.overdue(datetime.date(2025, 8, 2))
    assert not first.content.overdue(datetime.date(2025, 8, 1))
    second = save_action(workspace, action_of(**FIELDS | {"done": True}), author="王", over=first)
    assert not second.content.overdue(datetime.date(2025, 8, 2))
    open_one = save_action(workspace, action_of(**FIELDS | {"unit": "H2", "due": datetime.date(2026, 1, 1)}), author=None)
    assert list_actions(workspace) == (open_one, second)
    with pytest.raises(ConflictError):
        save_action(workspace, action_of(**FIELDS), author="王", over=first)
    workspace.create(Kind.MONITORING_ACTION, "更新的程序", {"unknown": 1}, author=None)
    assert len(list_actions(workspace)) == 2


@pytest.mark.parametrize("field", ["owner", "measure", "due"])
def test_an_action_without_owner_measure_or_date_is_refused(field):
    with pytest.raises(MonitoringActionError, match="行动不完整"):
        action_of(**FIELDS | {field: None if field == "due" else ""})


def test_a_drug_on_two_open_versions_of_the_list_is_used_once(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'reporting.duckdb'}"
    writer = writing_engine(url)
    write(writer, county())
    asked = {"first_month": datetime.date(2025, 1, 1), "last_month": datetime.date(2025, 10, 1)}
    before = run_query(Whole(writer), "monitoring/monitored_drugs", **asked)
    with writer.begin() as connection:
        older = {"drug_class_code": "W", "list_kind": "monitored", "list_version": "2023", "valid_from": datetime.date(2023, 1, 1)}
        connection.execute(dim_drug_list.insert().values(older))
    keys = ["institution_code", "month"]
    after = run_query(Whole(writer), "monitoring/monitored_drugs", **asked).sort_values(keys, ignore_index=True)
    writer.dispose()
    assert before["part"].sum() > 0
    assert_frame_equal(before.sort_values(keys, ignore_index=True), after)
