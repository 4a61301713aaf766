"""The coefficient catalogue: every delivered file is right, and a wrong one is named with field and reason."""

import datetime
import shutil
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint

from dashboard.catalogue.coefficients import COEFFICIENTS_FOLDER, load_coefficients, load_fiscal_coefficients, read_coefficients
from dashboard.errors import CatalogueError
from dashboard.store.schema import fact_workload
from dashboard.whatif.budget import DEFAULT_BANDS, settlement_bands
from dashboard.whatif.drg import drg_rules
from dashboard.whatif.fiscal import quality_range

BEFORE, AFTER = datetime.date(2024, 12, 31), datetime.date(2025, 1, 1)


def test_every_coefficient_is_complete() -> None:
    coefficients = load_coefficients().coefficients
    assert len(coefficients) >= 50
    for name, coefficient in coefficients.items():
        assert coefficient.name_en.isascii(), name
        assert coefficient.source, name
        assert bool(coefficient.note) == bool(coefficient.note_en), name
        assert coefficient.problem(coefficient.default(AFTER)) == "", name


def test_delivered_defaults() -> None:
    defaults = load_coefficients().defaults(AFTER)
    expected = {
        "base_weights": (2, 3, 5), "a_volume": 0.40, "a_quality": 0.20, "a_price": 0.20, "k_min": 0.95, "k_max": 1.10, "reserve": 0.05,
        "surplus_share": 0.85, "deficit_share": 0.85, "band": 0.15, "prepay_rate": 0.95, "low_cut": 0.4, "mid_cut": 0.8, "mid_add": 0.2,
    }  # fmt: skip
    assert {name: defaults[name] for name in expected} == expected


def test_delivered_fiscal_defaults() -> None:
    catalogue = load_fiscal_coefficients()
    defaults = catalogue.defaults(AFTER)
    expected = {
        "unit_value": 12.5, "transition_weight": 0.3, "transition_path": (0.3, 0.6, 1.0), "history_floor": 0.95,
        "purchase_cut": 0.106, "service_price_share": 0.75, "insurance_share_of_rise": 0.8, "markup": 0.15, "backstop_floor": 0.9,
        "business_fund": 0.15, "contract_fee": 120, "payer_weights": (5, 4, 3), "fee_quota_protected": 1,
    }  # fmt: skip
    assert {name: defaults[name] for name in expected} == expected
    official = {"purchase_cut", "service_price_share", "insurance_share_of_rise", "backstop_floor", "business_fund", "subsidy_poor"}
    official |= {"fee_quota_protected", "income_growth_cap"}
    assert {name for name, each in catalogue.coefficients.items() if not each.needs_verification(AFTER)} == official
    assert [preset.name for preset in catalogue.presets] == ["历史", "保基本", "强激励", "过渡三年"]
    assert set(catalogue.retired) == {"fiscal_backstop_share"}
    assert catalogue.equivalents == load_coefficients().equivalents


def test_the_range_of_quality_is_one() -> None:
    """Database and import take from the schema what the model takes from the catalogue."""
    checks = [each for each in fact_workload.c.quality_coefficient.constraints if isinstance(each, CheckConstraint)]
    lowest, highest = quality_range()
    assert any(f"quality_coefficient BETWEEN {lowest:g} AND {highest:g}" in str(check.sqltext) for check in checks)


def test_own_numbers_are_flagged() -> None:
    coefficients = load_coefficients().coefficients
    assert coefficients["a_volume"].needs_verification(AFTER)
    assert coefficients["surplus_share"].needs_verification(AFTER)
    assert not coefficients["low_cut"].needs_verification(AFTER)
    assert not coefficients["reserve"].needs_verification(AFTER)
    groups = coefficients["same_price_groups"]
    assert (groups.default(BEFORE), groups.grade_on(BEFORE), groups.default(AFTER), groups.grade_on(AFTER)) == (0, "INFER", 100, "FOUND")
    assert groups.default(datetime.date(2001, 1, 1)) == 0


def test_code_and_catalogue_agree() -> None:
    for day in (BEFORE, AFTER):
        values, rules = load_coefficients().defaults(day), drg_rules(day)
        assert rules.low_cut == values["low_cut"]
        assert (rules.mid_cut or rules.low_cut, rules.mid_add) == (values["mid_cut"], values["mid_add"])
        assert tuple(ratio for _, ratio in rules.high_ladder) == values["high_ratios"]
        assert (rules.high_share, rules.ungrouped_share) == (values["high_share"], values["ungrouped_share"])
        assert (rules.same_price_groups or 0) == values["same_price_groups"]
        assert settlement_bands(values["surplus_share"], values["deficit_share"], values["band"]) == DEFAULT_BANDS  # type: ignore[arg-type]


def test_presets_are_the_four() -> None:
    presets = load_coefficients().presets
    assert [preset.name for preset in presets] == ["基线", "稳健", "控费优先", "回流优先"]
    assert not presets[0].values


@pytest.mark.parametrize(
    ("value", "reason"),
    [(0.5, ""), (2, "outside"), ("x", "number"), (True, "number"), (float("nan"), "number"), ((1, 2), "number"), (None, "number")],
)
def test_problem_of_a_number(value: object, reason: str) -> None:
    assert reason in load_coefficients().coefficients["a_volume"].problem(value)
    assert bool(load_coefficients().coefficients["a_volume"].problem(value)) == bool(reason)


@pytest.mark.parametrize(("value", "reason"), [([1, 2, 3], ""), ([1, 2], "3 numbers"), (1, "list"), ([1, 2, 99], "outside")])
def test_problem_of_a_list(value: object, reason: str) -> None:
    problem = load_coefficients().coefficients["base_weights"].problem(value)
    assert reason in problem
    assert bool(problem) == bool(reason)


def test_switches_are_whole() -> None:
    assert load_coefficients().coefficients["apg"].problem(0.5) == "whole number expected"


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("budget.yaml", "    lower: 0\n    upper: 10", "    lower: 11\n    upper: 10", "coefficients.0"),
        ("budget.yaml", "value: [2, 3, 5]", "value: [2, 3, 50]", "coefficients.0"),
        ("budget.yaml", "grade: INFER", "grade: SURE", "coefficients.0.grade"),
        ("inpatient.yaml", "effective_from: 2025-01-01", "effective_from: 2018-01-01", "coefficients.0"),
        ("presets.yaml", "k_max: 1.03", "k_max: 9", "—"),
        ("presets.yaml", "k_max: 1.03", "unheard: 9", "—"),
        ("flows.yaml", "id: apg", "id: apg", ""),
        ("protection_ladder.yaml", "    share: 0.70\n    cap: 150000", "    cap: 150000", "layers.0"),
        ("outpatient.yaml", "id: apg", "id: k_min", "—"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, file: str, old: str, new: str, field: str) -> None:
    folder = tmp_path / "coefficients"
    shutil.copytree(COEFFICIENTS_FOLDER, folder)
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    if not field:
        assert read_coefficients(folder) == load_coefficients()
        return
    with pytest.raises(CatalogueError) as caught:
        read_coefficients(folder)
    assert caught.value.where in (file, "coefficients")
    assert field in caught.value.what()


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"a: [1"])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    folder = tmp_path / "coefficients"
    shutil.copytree(COEFFICIENTS_FOLDER, folder)
    (folder / "presets.yaml").unlink()
    if content is not None:
        (folder / "presets.yaml").write_bytes(content)
    with pytest.raises(CatalogueError) as caught:
        read_coefficients(folder)
    assert caught.value.where == "presets.yaml"
