"""Plans: what a link carries comes back exactly, what was edited by hand is refused, a wrong edit loses nothing."""

import base64
import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.catalogue.coefficients import Coefficient, Value, load_coefficients
from dashboard.services.common import plan as plans
from dashboard.services.insurance.catalogue import Calibrated, calibrated_catalogue
from dashboard.services.insurance.plan import (
    LONGEST_LINK,
    Plan,
    baseline_plan,
    link_text,
    plan_of,
    read_link,
    with_coefficients,
    with_fund,
    with_groups,
    with_preset,
    with_rationale,
    with_value,
)
from dashboard.whatif import document
from dashboard.whatif.baseline import Baseline
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.goal_seek import goal_seek
from dashboard.whatif.scenario import Scenario, run
from dashboard.whatif.sensitivity import tornado
from dashboard.whatif.uncertainty import monte_carlo
from tests.unit.whatif_county import county

BASELINE = county(3)
START = baseline_plan(BASELINE)
MOVABLE = [each for each in BASELINE.coefficients.coefficients.values() if not each.fixed]


def moved(coefficient: Coefficient) -> object:
    """A value that differs from the default and is allowed."""
    default = BASELINE.defaults[coefficient.id]
    if isinstance(default, tuple):
        return [coefficient.upper, *default[1:]] if default[0] != coefficient.upper else [coefficient.lower, *default[1:]]
    return coefficient.lower if default != coefficient.lower else coefficient.upper


def everything_changed() -> Plan:
    plan = START
    for coefficient in MOVABLE:
        plan = with_value(plan, BASELINE, coefficient.id, 1.0 if coefficient.id in ("k_min", "k_max") else moved(coefficient))
    return plan


def test_a_link_with_every_coefficient_changed_restores_exactly() -> None:
    plan = with_fund(everything_changed(), {"employee": 123456789.01, "resident": 1.5})
    assert plan.changed == len(MOVABLE)
    restored = read_link(link_text(plan))
    assert restored.scenario.coefficients == plan.scenario.coefficients
    assert restored.fund == plan.fund
    assert restored.scenario.seed == plan.scenario.seed
    assert restored.scenario.data_version == plan.scenario.data_version


def test_a_link_gives_the_same_numbers() -> None:
    plan = with_value(with_value(START, BASELINE, "extra_growth", 0.0123), BASELINE, "recapture_rate", 0.17)
    restored = read_link(link_text(plan))
    assert run(restored.scenario, BASELINE).units.equals(run(plan.scenario, BASELINE).units)


@given(st.dictionaries(st.sampled_from(["extra_growth", "price_index", "case_cost_growth"]), st.floats(-0.05, 0.1), max_size=3))
def test_any_values_survive_the_link(values: dict[str, float]) -> None:
    plan = START
    for name, value in values.items():
        plan = with_value(plan, BASELINE, name, value)
    text = link_text(plan)
    if plan.changed:
        assert read_link(text).scenario.coefficients == plan.scenario.coefficients
    else:
        assert text == ""


def test_rationale_travels_while_it_is_short_and_never_makes_a_link_unwieldy() -> None:
    plan = with_rationale(with_value(START, BASELINE, "a_volume", 0.5), "a_volume", "服务量增长快")
    assert read_link(link_text(plan)).scenario.rationale == {"a_volume": "服务量增长快"}
    long = everything_changed()
    for number, coefficient in enumerate(MOVABLE):
        long = with_rationale(long, coefficient.id, "".join(chr(0x4E00 + (number * 97 + step * 31) % 20000) for step in range(80)))
    text = link_text(long)
    assert len(text) <= 3_000
    assert read_link(text).scenario.coefficients == long.scenario.coefficients


def packed(document: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(document).encode())).decode().rstrip("=")


WHOLE = {"v": 1, "d": "12", "n": "x", "c": {"a_volume": 0.5}}


@pytest.mark.parametrize(
    "text",
    [
        "not-a-link",
        "%%%",
        "你好",
        link_text(with_value(START, BASELINE, "a_volume", 0.5))[:-6],
        "A" * (LONGEST_LINK + 1),
        packed([1, 2]),
        packed({**WHOLE, "x": "__import__('os')"}),
        packed({**WHOLE, "v": 99}),
        packed({**WHOLE, "c": {"a_volume": "1"}}),
        packed({**WHOLE, "c": {"a_volume": True}}),
        packed({**WHOLE, "f": {"employee": -1}}),
        packed({**WHOLE, "f": {"somebody": 1}}),
        packed({**WHOLE, "f": [1]}),
        packed({**WHOLE, "n": ""}),
        base64.urlsafe_b64encode(zlib.compress(b"0" * 5_000_000)).decode(),
        base64.urlsafe_b64encode(zlib.compress(b'{"c":' + b"[" * 15_000)).decode(),
    ],
)
def test_a_broken_or_hand_edited_link_is_refused_in_words(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_link(text)
    assert caught.value.what()
    assert caught.value.remedy()


def test_infinity_and_nan_are_refused() -> None:
    for value in ("NaN", "Infinity"):
        raw = f'{{"v":1,"d":"12","n":"x","c":{{"a_volume":{value}}}}}'.encode()
        with pytest.raises(ScenarioError):
            read_link(base64.urlsafe_b64encode(zlib.compress(raw)).decode())


@pytest.mark.parametrize(
    ("name", "value"),
    [("a_volume", 1.5), ("a_volume", None), ("a_volume", "0.5"), ("a_volume", float("nan")), ("base_weights", [1, 2]), ("gate_on", 0.5),
     ("low_cut", 0.4), ("nobody", 1.0), ("k_min", 1.15)],
)  # fmt: skip
def test_a_wrong_edit_is_told_and_loses_nothing(name: str, value: object) -> None:
    plan = with_value(START, BASELINE, "price_index", 0.03)
    with pytest.raises(ScenarioError):
        with_value(plan, BASELINE, name, value)
    assert plan.scenario.coefficients == {"price_index": 0.03}


def test_going_back_to_the_default_is_no_change_any_more() -> None:
    plan = with_rationale(with_value(START, BASELINE, "a_volume", 0.5), "a_volume", "试算")
    back = with_value(plan, BASELINE, "a_volume", 0.4)
    assert back.changed == 0
    assert back.scenario.rationale == {}
    weights = with_value(with_value(START, BASELINE, "base_weights", [1, 1, 1]), BASELINE, "base_weights", [2, 3, 5])
    assert weights.changed == 0


def test_a_reason_needs_a_change_and_an_empty_one_goes() -> None:
    assert with_rationale(START, "a_volume", "没有改动").scenario.rationale == {}
    plan = with_rationale(with_value(START, BASELINE, "a_volume", 0.5), "a_volume", "试算")
    assert with_rationale(plan, "a_volume", "  ").scenario.rationale == {}


@pytest.mark.parametrize("preset", BASELINE.coefficients.presets, ids=lambda preset: preset.id)
def test_presets_apply_and_replace_what_was_changed(preset: object) -> None:
    plan = with_preset(with_value(START, BASELINE, "apg", 1.0), BASELINE, preset)  # type: ignore[arg-type]
    assert plan.scenario.coefficients == dict(preset.values)  # type: ignore[attr-defined]


def test_a_plan_is_kept_and_read_again() -> None:
    plan = with_fund(with_value(START, BASELINE, "a_volume", 0.5), {"employee": 5.0})
    assert plan_of(json.loads(json.dumps(plan.content()))) == plan
    with pytest.raises(ScenarioError):
        plan_of({"fiscal": {}})


def test_county_defaults_replace_the_delivered_ones_and_say_where_they_come_from() -> None:
    catalogue = calibrated_catalogue(load_coefficients(), {"same_price_groups": Calibrated(5.0, "按比例", upper=52.0, step=1.0)})
    changed = catalogue.coefficients["same_price_groups"]
    assert (changed.default(BASELINE.first_day), changed.upper, changed.step) == (5.0, 52.0, 1.0)
    assert changed.needs_verification(BASELINE.first_day)
    assert changed.dated(BASELINE.first_day).source == "按比例"
    assert catalogue.coefficients["a_volume"] == load_coefficients().coefficients["a_volume"]
    assert with_coefficients(START, BASELINE, {}).changed == 0


def test_a_limit_to_some_groups_travels_and_goes_again() -> None:
    plan = with_groups(START, ("G001", "G002"))
    assert read_link(link_text(plan)).scenario.recapture_groups == ("G001", "G002")
    assert link_text(with_groups(plan, None)) == ""


@pytest.mark.parametrize(
    ("name", "words"), [("price_index", "-5.0% 至 10.0%"), ("k_max", "-10.0% 至 20.0%"), ("quality_reference", "0 至 100")]
)
def test_the_allowed_range_is_said_in_the_panels_units(name: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        with_value(START, BASELINE, name, 1e6)
    assert words in caught.value.what()


def test_a_plan_is_its_own_cache_key_and_words_do_not_change_it() -> None:
    plan = with_value(START, BASELINE, "a_volume", 0.5)
    told = with_rationale(plan, "a_volume", "服务量增长快")
    assert hash(plan) == hash(told)
    assert plan.cache_key == told.cache_key
    assert plan != told
    assert {plan: 1}[with_value(START, BASELINE, "a_volume", 0.5)] == 1
    others = [
        START,
        with_value(START, BASELINE, "a_volume", 0.6),
        with_value(START, BASELINE, "base_weights", [1, 2, 3]),
        with_fund(plan, {"employee": 5.0}),
        with_groups(plan, ("G001",)),
        with_groups(plan, ()),
    ]
    assert len({plan.cache_key, *(each.cache_key for each in others)}) == len(others) + 1


def test_a_plan_is_checked_once_however_often_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[str] = []
    real = document.coefficient_values

    def counted(scenario: Scenario, baseline: Baseline) -> dict[str, Value]:
        checks.append(scenario.name)
        return real(scenario, baseline)

    for module in (document, plans):
        monkeypatch.setattr(module, "coefficient_values", counted)
    plan = with_rationale(with_value(START, BASELINE, "extra_growth", 0.01), "extra_growth", "试算")
    for _ in range(2):
        run(plan.ready, BASELINE)
        monte_carlo(plan.ready, BASELINE, runs=5)
        tornado(plan.ready, BASELINE)
        goal_seek(plan.ready, BASELINE, "extra_growth", "county_balance")
    assert len(checks) == 1


def test_checked_values_never_outlive_their_scenario_or_county() -> None:
    plan = with_value(START, BASELINE, "extra_growth", 0.01)
    foreign = replace(plan, scenario=plan.scenario.model_copy(update={"data_version": "77"}))
    with pytest.raises(ScenarioError, match="77"):
        run(foreign.ready, BASELINE)
    assert run(foreign.rewritten(plan.scenario).ready, BASELINE).scenario == plan.scenario
    elsewhere = county(3, year=2025)
    assert run(plan.ready, elsewhere).year == 2025
