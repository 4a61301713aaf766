from pathlib import Path

import pytest

from dashboard.catalogue.loader import CATALOGUE_FOLDER, load_catalogue
from dashboard.catalogue.monitoring import MonitoringRule, judged_by, monitoring_plan, monitoring_rules
from dashboard.errors import CatalogueError
from dashboard.store.codes import INSTITUTION_TIER

_AT = {"fund": "community", "device": "institution"}
"""Units that are no level of the catalogue, and the level that opens behind them."""


def test_rules_watch_what_the_catalogue_knows_at_their_level() -> None:
    catalogue, plan = load_catalogue(), monitoring_plan()
    assert plan.shown_months < plan.history_months
    for rule in plan.rules.values():
        assert set(rule.tiers) <= set(INSTITUTION_TIER)
        for name in filter(None, [rule.indicator, rule.base.indicator if rule.base else None]):
            entry = catalogue.indicator(name)
            assert _AT.get(rule.level, rule.level) in entry.levels
            assert entry.lacks is None


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = (CATALOGUE_FOLDER / "monitoring.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "monitoring.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("'off': 3", "'off': 6"),  # an alert would end before it begins
        ("'off': 36", "'off': 34"),  # the same on the other side
        ("    indicator: D03a\n", ""),
        ("kind: silence", "kind: silence\n    indicator: C01"),
        ("kind: silence", "kind: silence\n    source: monitored_drugs"),
        ("need_on: 2", "need_on: 0"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(tmp_path: Path, old: str, new: str) -> None:
    folder = _changed(tmp_path, old, new)
    with pytest.raises(CatalogueError) as refused:
        monitoring_plan(folder)
    assert refused.value.where == "monitoring.yaml"


def test_what_is_asked_by_a_funnel_and_on_which_side_it_is_bad() -> None:
    rules = monitoring_rules()
    assert {name for name, rule in rules.items() if rule.with_funnel} == {
        "visit_examinations", "discharge_examinations", "patient_satisfaction", "staff_satisfaction", "visit_cost_peers",
        "discharge_cost_peers", "tcm_share", "infusion", "pathway",
    }  # fmt: skip
    assert rules["patient_satisfaction"].worse == "below", "its limits are of a judgement, what is told is a share"
    assert (rules["tcm_share"].worse, rules["pathway"].worse, rules["infusion"].worse) == ("below", "below", "above")
    assert (rules["visit_examinations"].worse, rules["supplier_payment"].worse) == ("above", "below")


def test_targets_are_watched_between_near_and_met() -> None:
    rules = monitoring_rules()
    assert "missed_target" not in rules
    primary, growth = rules["missed_target_B02"], rules["missed_target_D08"]
    assert (primary.indicator, primary.side, primary.off, primary.on) == ("B02", "below", 65, 65 * 0.95)
    assert (growth.side, growth.off, growth.on) == ("above", 10, 10 * 1.05)
    assert primary.label() == f"{load_catalogue().indicator('B02').name}未达标"
    assert "missed_target_C01" not in rules, "a reference is no target"
    assert set(rules) > {"idle_beds", "projected_overspend", "silence"}


def test_limits_may_be_equal() -> None:
    rule = monitoring_plan().rules["silence"]
    assert isinstance(rule, MonitoringRule)
    assert rule.on == rule.off == 0


def test_moved_limits_measure_alike_and_another_measure_does_not() -> None:
    rules = monitoring_rules()
    funnel = next(rule for rule in rules.values() if rule.with_funnel and rule.kind != "unusual")
    kept = judged_by(funnel)
    assert (kept.side, kept.on, kept.off, kept.need_on, kept.need_off) == (
        funnel.side, funnel.on, funnel.off, funnel.need_on, funnel.need_off,
    )  # fmt: skip
    moved = funnel.model_copy(update={"on": funnel.on + 1, "need_on": funnel.need_on + 1, "severity": "low"})
    assert judged_by(moved).measured == kept.measured
    assert judged_by(moved).on == funnel.on + 1
    assert judged_by(funnel.model_copy(update={"least": funnel.least + 1})).measured != kept.measured
    own_history = next(rule for rule in rules.values() if rule.kind == "unusual")
    cut = own_history.model_copy(update={"on": own_history.on + 1})
    assert judged_by(cut).measured != judged_by(own_history).measured, "its values are cut at the limit"
