"""DRG points and the closed pool: the worked example of docs/sources.md, a slow second implementation, exact sums."""

import datetime
import math
import random
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.whatif.drg import DrgRules, case_points, drg_rules, points_inflation, settle_hospitals
from dashboard.whatif.drg_base import base_points, difference_coefficients, same_price_groups, trimmed
from dashboard.whatif.errors import ScenarioError

COEFFICIENTS = {"H1": 1.05, "H2": 0.95}
RULES = drg_rules(datetime.date(2025, 1, 1), COEFFICIENTS)
GROUPS = pd.DataFrame({"group": ["A", "B"], "mean_cost": [8000, 15000]})
COLUMNS = ["hospital", "group", "cost", "kind", "days", "daily_rate"]
GOLDEN = pd.DataFrame(
    [
        ("H1", "A", 7600, "drg", None, None),
        ("H1", "A", 2400, "drg", None, None),
        ("H2", "A", 4800, "drg", None, None),
        ("H1", "B", 42000, "drg", None, None),
        ("H2", "B", 14000, "drg", None, None),
        ("H2", None, None, "bed_day", 60, 350),
    ],
    columns=COLUMNS,
)


def test_golden_points_and_settlement() -> None:
    cases = case_points(GOLDEN, GROUPS, overall_mean=10_000, rules=RULES)
    assert cases["points"].tolist() == pytest.approx([84.0, 24.0, 60.8, 202.5, 142.5, 210.0])
    assert cases["case_class"].tolist() == ["normal", "low", "mid", "high", "normal", "bed_day"]
    settled = settle_hospitals(cases, fund=49_000, patient_paid={"H1": 14_000, "H2": 10_000})
    assert settled.points == pytest.approx({"H1": 310.5, "H2": 413.3})
    assert settled.point_value == pytest.approx(100.8566, abs=5e-5)
    assert settled.fund_pays == {"H1": 17_315.97, "H2": 31_684.03}
    assert sum(settled.fund_pays.values()) == 49_000
    assert sum(settled.due.values()) == 73_000


def test_rules_by_date() -> None:
    before, after = drg_rules(datetime.date(2024, 12, 31)), drg_rules(datetime.date(2025, 1, 1))
    assert before.mid_cut is None
    assert (after.mid_cut, after.mid_add, after.year_weights, after.trim, after.same_price_groups) == (0.8, 0.2, (2, 3, 5), True, 100)
    assert drg_rules(datetime.date(2018, 1, 1)) == before
    earlier = case_points(GOLDEN, GROUPS, overall_mean=10_000, rules=before.with_coefficients(COEFFICIENTS))
    assert earlier["points"].tolist()[2] == pytest.approx(76.0)


def test_step_at_the_low_limit() -> None:
    cases = pd.DataFrame([("H1", "A", cost, "drg", None, None) for cost in (3200, 3200.01, 6400, 24_000)], columns=COLUMNS)
    points = case_points(cases, GROUPS, overall_mean=10_000, rules=drg_rules(datetime.date(2026, 1, 1)))
    assert points["case_class"].tolist() == ["low", "mid", "mid", "high"]
    assert points["points"].tolist() == pytest.approx([32.0, 48.0, 80.0, 80.0], abs=1e-3)


def test_same_price_ungrouped_and_special_cases() -> None:
    groups = GROUPS.assign(same_price=[True, None])
    cases = pd.DataFrame(
        [
            ("H1", "A", 8000, "drg"),
            ("H1", "B", 15_000, "drg"),
            ("H1", "0000", 10_000, "drg"),
            ("H1", "BQY", 20_000, "drg"),
            ("H1", "A", 99_000, "drg"),
        ],
        columns=COLUMNS[:4],
    ).assign(days=None, daily_rate=None, approved_points=[None, None, None, None, 500])
    result = case_points(cases, groups, overall_mean=10_000, rules=RULES)
    assert result["points"].tolist() == pytest.approx([80.0, 157.5, 70.0, 140.0, 500.0])
    assert result["case_class"].tolist() == ["normal", "normal", "ungrouped", "ungrouped", "special"]


def slow_points(case: dict[str, float | str], mean_cost: float, overall: float, rules: DrgRules) -> float:
    base, ratio = mean_cost / overall * 100, float(case["cost"]) / mean_cost
    coefficient = rules.coefficients[str(case["hospital"])]
    if ratio <= rules.low_cut:
        return base * ratio
    if rules.mid_cut is not None and ratio <= rules.mid_cut:
        return base * (ratio + rules.mid_add) * coefficient
    upper = 3 if base <= 100 else 2.5 if base <= 200 else 2 if base <= 300 else 1.5
    if ratio >= upper:
        return base * coefficient + base * (ratio - upper) * rules.high_share
    return base * coefficient


@pytest.mark.parametrize("rules", [RULES, drg_rules(datetime.date(2021, 1, 1), COEFFICIENTS)])
def test_points_against_slow_implementation(rules: DrgRules) -> None:
    rolls = random.Random(5)
    means = {f"G{number}": rolls.uniform(2000, 45_000) for number in range(12)}
    rows = [
        (rolls.choice(["H1", "H2"]), group, means[group] * rolls.uniform(0.1, 4), "drg", None, None)
        for group in rolls.choices(list(means), k=400)
    ]
    cases = pd.DataFrame(rows, columns=COLUMNS)
    groups = pd.DataFrame({"group": list(means), "mean_cost": list(means.values())})
    result = case_points(cases, groups, overall_mean=10_000, rules=rules)
    expected = [slow_points(case, means[case["group"]], 10_000, rules) for case in cases.to_dict("records")]
    assert result["points"].tolist() == pytest.approx(expected)
    assert set(result["case_class"]) >= {"normal", "low", "high"}


def changed(**values: object) -> pd.DataFrame:
    return GOLDEN.astype(object).assign(**values)


@pytest.mark.parametrize(
    ("cases", "groups", "mean"),
    [
        (GOLDEN.drop(columns="cost"), GROUPS, 10_000),
        (GOLDEN, GROUPS.drop(columns="mean_cost"), 10_000),
        (GOLDEN, GROUPS, 0),
        (GOLDEN, GROUPS, -1),
        (GOLDEN, pd.concat([GROUPS, GROUPS]), 10_000),
        (GOLDEN, GROUPS.assign(mean_cost=[0, 1]), 10_000),
        (GOLDEN, GROUPS.assign(mean_cost=["x", 1]), 10_000),
        (changed(kind="other"), GROUPS, 10_000),
        (changed(group="C"), GROUPS, 10_000),
        (changed(hospital="H3"), GROUPS, 10_000),
        (changed(cost=-1), GROUPS, 10_000),
        (changed(days=None), GROUPS, 10_000),
        (changed(approved_points=-1), GROUPS, 10_000),
    ],
)
def test_unusable_cases_are_refused(cases: pd.DataFrame, groups: pd.DataFrame, mean: float) -> None:
    with pytest.raises(ScenarioError):
        case_points(cases, groups, overall_mean=mean, rules=RULES)


@pytest.mark.parametrize(
    "values",
    [
        {"low_cut": 0.9, "mid_cut": 0.8},
        {"low_cut": -0.1},
        {"high_ladder": ((100, 3.0),)},
        {"high_ladder": ()},
        {"high_ladder": ((200, 3.0), (100, 2.0), (math.inf, 1.5))},
        {"high_ladder": ((math.inf, 0.3),)},
        {"high_share": 1.2},
        {"ungrouped_share": -0.2},
        {"coefficients": {"H1": 0.0}},
    ],
)
def test_contradictory_rules_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ScenarioError):
        DrgRules(effective_from=datetime.date(2025, 1, 1), **values)  # type: ignore[arg-type]


@given(
    st.dictionaries(st.sampled_from("ABCDEFGH"), st.tuples(st.floats(0.01, 1e7), st.integers(0, 10**10)), min_size=1),
    st.integers(0, 10**13),
)
def test_closed_pool_sums_to_the_cent(hospitals: dict[str, tuple[float, int]], fund_cents: int) -> None:
    points = {name: values[0] for name, values in hospitals.items()}
    paid = {name: values[1] / 100 for name, values in hospitals.items()}
    settled = settle_hospitals(points, fund=fund_cents / 100, patient_paid=paid)
    assert sum(round(amount * 100) for amount in settled.fund_pays.values()) == fund_cents
    assert sum(round(amount * 100) for amount in settled.due.values()) == fund_cents + sum(values[1] for values in hospitals.values())


def test_points_are_zero_sum() -> None:
    paid = {"H1": 0, "H2": 0}
    first = settle_hospitals({"H1": 100, "H2": 100}, fund=1000, patient_paid=paid)
    second = settle_hospitals({"H1": 150, "H2": 100}, fund=1000, patient_paid=paid)
    assert second.point_value < first.point_value
    assert second.fund_pays["H2"] < first.fund_pays["H2"]
    assert points_inflation(second.points, first.points) == pytest.approx(0.25)
    assert points_inflation(second.points, {}) is None


def test_deductions_stay_with_the_fund() -> None:
    settled = settle_hospitals(pd.Series({"H1": 1.0, "H2": 1.0}), fund=100, patient_paid={"H1": 0, "H2": 0}, deductions={"H1": 10})
    assert settled.fund_pays == {"H1": 40.0, "H2": 50.0}


@pytest.mark.parametrize(
    ("points", "paid", "deductions"),
    [
        ({"H1": 1}, {"H2": 1}, None),
        ({"H1": 1}, {"H1": 1}, {"H2": 1}),
        ({"H1": 0}, {"H1": 1}, None),
        ({"H1": -1}, {"H1": 1}, None),
        ({"H1": 1}, {"H1": math.nan}, None),
    ],
)
def test_unusable_pools_are_refused(points: dict[str, float], paid: dict[str, float], deductions: dict[str, float] | None) -> None:
    with pytest.raises(ScenarioError):
        settle_hospitals(points, fund=100, patient_paid=paid, deductions=deductions)


def test_base_points_trim_and_weigh_the_years() -> None:
    rows = [
        ("A", year, cost) for year, costs in ((2022, [100, 100, 100, 100, 9000]), (2023, [200] * 4), (2024, [300] * 4)) for cost in costs
    ]
    rows += [("B", 2024, 600)] * 4
    history = pd.DataFrame(rows, columns=["group", "year", "cost"])
    result = base_points(history, RULES).set_index("group")
    assert result.loc["A", "mean_cost"] == pytest.approx((2 * 100 + 3 * 200 + 5 * 300) / 10)
    assert result.loc["A", "cases"] == 12
    assert result.loc["B", "mean_cost"] == 600
    overall = (2 * 100 + 3 * 200 + 5 * 450) / 10
    assert result["base_points"].tolist() == pytest.approx([230 / overall * 100, 600 / overall * 100])
    plain = base_points(history, drg_rules(datetime.date(2024, 1, 1))).set_index("group")
    assert plain.loc["A", "mean_cost"] == pytest.approx((1880 + 200 + 300) / 3)
    assert trimmed(np.array([1.0, 2.0, 3.0, 100.0])).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "history",
    [
        pd.DataFrame({"group": ["A"], "cost": [1]}),
        pd.DataFrame({"group": [], "year": [], "cost": []}),
        pd.DataFrame({"group": ["A"], "year": [2024], "cost": [0]}),
        pd.DataFrame({"group": ["A"] * 4, "year": [2021, 2022, 2023, 2024], "cost": [1] * 4}),
    ],
)
def test_unusable_history_is_refused(history: pd.DataFrame) -> None:
    with pytest.raises(ScenarioError):
        base_points(history, RULES)


def test_same_price_groups_vary_least() -> None:
    rows = [("A", "H1", 100), ("A", "H2", 102), ("B", "H1", 100), ("B", "H2", 200), ("C", "H1", 100)]
    history = pd.DataFrame(rows, columns=["group", "hospital", "cost"])
    assert same_price_groups(history, 1) == ("A",)
    assert same_price_groups(history, 10) == ("A", "B")
    with pytest.raises(ScenarioError):
        same_price_groups(history, -1)


def hospitals() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "hospital": ["H1", "H2"],
            "grade": [1.2, 0.8],
            "cost": [11_000, 9000],
            "case_mix": [1.1, 0.9],
            "visits_per_person": [1.1, 1.1],
            "burden": [0.3, 0.3],
        }
    )


def test_difference_coefficients() -> None:
    result = difference_coefficients(hospitals())
    assert result == pytest.approx({"H1": 1.15, "H2": 0.85})


@pytest.mark.parametrize(
    "parts",
    [
        {"grade": 0.4, "cost": 0.3, "case_mix": 0.1, "visits_per_person": 0.1, "burden": 0.1},
        {"grade": 0.5, "cost": 0.4, "case_mix": 0.1, "visits_per_person": 0.0, "burden": 0.0},
        {"grade": 0.9, "cost": 0.1, "case_mix": 0.0, "visits_per_person": 0.0, "burden": 0.0},
        {"grade": 0.9, "cost": 0.2, "case_mix": 0.1, "visits_per_person": 0.0, "burden": 0.0},
        {"grade": 1.1, "cost": -0.2, "case_mix": 0.1, "visits_per_person": 0.0, "burden": 0.0},
        {"grade": 1.0},
    ],
)
def test_difference_weights_keep_to_the_rule(parts: dict[str, float]) -> None:
    with pytest.raises(ScenarioError, match="权重"):
        difference_coefficients(hospitals(), parts)


def test_difference_coefficients_need_the_data() -> None:
    with pytest.raises(ScenarioError, match="缺少列"):
        difference_coefficients(hospitals().drop(columns="grade"))
    with pytest.raises(ScenarioError, match="grade"):
        difference_coefficients(hospitals().assign(grade=[0, 1]))


def test_cases_and_groups_in_other_shapes() -> None:
    expected = case_points(GOLDEN, GROUPS, overall_mean=10_000, rules=RULES)["points"].tolist()
    rows = GOLDEN.to_dict("records")
    objects = [SimpleNamespace(**row) for row in rows]
    means = {"A": 8000, "B": 15_000}
    for cases, groups in ((rows, means), (objects, pd.Series(means)), (GOLDEN, GROUPS.to_dict("records"))):
        assert case_points(cases, groups, overall_mean=10_000, rules=RULES)["points"].tolist() == expected
    plain = [{"hospital": "H1", "group": "A", "cost": 7600}]
    assert case_points(plain, means, overall_mean=10_000, rules=RULES)["points"].tolist() == pytest.approx([84.0])
    assert case_points([], means, overall_mean=10_000, rules=RULES).empty


@pytest.mark.parametrize("cases", ["H1", 5, {"hospital": ["H1"]}, [{"hospital": "H1", "group": "A", "cost": 1, "kind": "bed_day"}]])
def test_what_is_no_table_of_cases_is_refused(cases: object) -> None:
    with pytest.raises(ScenarioError):
        case_points(cases, GROUPS, overall_mean=10_000, rules=RULES)  # type: ignore[arg-type]


def test_rules_by_any_kind_of_date() -> None:
    assert drg_rules("2024-12-31") == drg_rules(pd.Timestamp("2024-12-31")) == drg_rules(datetime.date(2024, 12, 31))
    assert drg_rules(datetime.datetime(2025, 1, 1, 8, tzinfo=datetime.UTC)) == drg_rules("2025-01-01")
    for wrong in ("soon", None, 20250101):
        with pytest.raises(ScenarioError):
            drg_rules(wrong)  # type: ignore[arg-type]
