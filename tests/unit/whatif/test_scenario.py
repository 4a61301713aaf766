"""The chain end to end: a slow second implementation in plain Python, exact sums, documents, comparisons, refusals."""

import json
import math
import pickle
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dashboard.catalogue.coefficients import load_coefficients, load_fiscal_coefficients
from dashboard.whatif.baseline import PLACES, SERVICE_KINDS, Baseline
from dashboard.whatif.budget import appraisal_gate, community_budgets, settle, settlement_bands
from dashboard.whatif.clearing import clear, monthly_prepayments
from dashboard.whatif.drg import case_points, drg_rules, settle_hospitals
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.outcome import INDICATORS, Outcome
from dashboard.whatif.scenario import (
    LARGEST_DOCUMENT,
    Scenario,
    adapted,
    compare,
    load_scenario,
    rebase,
    run,
    scenario_schema,
)
from tests.unit.whatif_county import GROUPS, county

BASELINE = county()
small_county = cache(lambda room: county(3, available_share=room))
EVERYTHING = {
    "a_case_mix": 0.5, "a_volume": 0.6, "price_index": 0.03, "extra_growth": 0.004, "k_max": 1.05, "recapture_rate": 0.3,
    "recapture_credit": 0.5, "shift_outpatient": 0.05, "shift_inpatient": 0.04, "contract_gain": 0.1, "reimbursement_gap": 0.05,
    "visit_growth": 0.01, "admission_growth": -0.02, "visit_cost_growth": 0.03, "case_cost_growth": 0.01, "trend_strength": 0.5,
    "capitation_share": 0.7, "contract_weight": 1.04, "surplus_share": 0.7, "deficit_share": 0.6, "band": 0.08, "reserve": 0.06, "apg": 1.0,
}  # fmt: skip


def scenario(**coefficients: object) -> Scenario:
    return Scenario(id="s1", name="测试方案", data_version="12", coefficients=coefficients)  # type: ignore[arg-type]


def slow_chain(baseline: Baseline, values: dict[str, object]) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Budget, spending and the community's part by community and scheme, one number at a time as the document says it."""
    v = {**baseline.defaults, **values}
    sums = baseline.spending.groupby(["community", "scheme", "service_kind", "place"])[["encounters", "total_cost", "fund_paid"]].sum()
    base = {key: dict(zip(("e", "c", "f"), row, strict=True)) for key, row in zip(sums.index, sums.to_numpy().tolist(), strict=True)}
    units = {(row.community, row.scheme): row for row in baseline.units.itertuples()}
    flows = {unit: slow_flows(baseline, v, unit, base) for unit in units}
    if v["apg"]:
        for scheme in {unit[1] for unit in units}:
            for kind in ("outpatient", "chronic"):
                for place in ("primary", "county"):
                    mine = [flows[unit][kind, place] for unit in units if unit[1] == scheme]
                    mean = sum(cell["c"] for cell in mine) / sum(cell["e"] for cell in mine)
                    for cell in mine:
                        cell["f"] += cell["e"] * mean - cell["c"]
    budgets, quotas = {}, {}
    for unit, row in units.items():
        w = v["base_weights"]
        cost = (w[0] * row.cost_first + w[1] * row.cost_second + w[2] * row.cost_third) / sum(w)
        fund = sum(cell["f"] for key, cell in base.items() if key[:2] == unit)
        total = sum(cell["c"] for key, cell in base.items() if key[:2] == unit)
        growth = (
            v["a_volume"] * (row.volume_growth + v["volume_adjustment"]),
            v["a_quality"] * (row.quality_score - v["quality_reference"]) / 100,
            v["a_price"] * v["price_index"],
            v["a_case_mix"] * row.case_mix_growth,
            v["extra_growth"],
        )
        factor = math.prod(1 + part for part in growth) if v["multiplicative"] else 1 + sum(growth)
        budgets[unit] = cost * fund / total * min(max(factor, v["k_min"]), v["k_max"]) + v["recapture_credit"] * flows[unit]["returned"]
        visits = sum(cell["f"] for key, cell in base.items() if key[:2] == unit and key[2] in ("outpatient", "chronic"))
        contracted = min(row.insured, row.contracted + v["contract_gain"] * row.insured)
        quotas[unit] = (visits / fund, row.risk * (row.insured + contracted * (v["contract_weight"] - 1)))
    result = {}
    for scheme in {unit[1] for unit in units}:
        members = [unit for unit in units if unit[1] == scheme]
        pool, heads = sum(budgets[unit] * quotas[unit][0] for unit in members), sum(quotas[unit][1] for unit in members)
        for unit in members:
            budgets[unit] += v["capitation_share"] * (pool * quotas[unit][1] / heads - budgets[unit] * quotas[unit][0])
        limit, wanted = baseline.available.get(scheme, math.inf) * (1 - v["reserve"]), sum(budgets[unit] for unit in members)
        for unit in members:
            budget = budgets[unit] * min(1.0, limit / wanted)
            actual = sum(cell["f"] for key, cell in flows[unit].items() if key != "returned")
            score = units[unit].quality_score
            gate = 1.0 if not v["gate_on"] or score >= 90 else 0.9 if score >= 80 else 0.7 if score >= 60 else 0.0
            result[unit] = (budget, actual, slow_bands(budget, actual, v, gate))
    return result


def slow_bands(budget: float, actual: float, v: dict[str, object], gate: float) -> float:
    width = v["band"]
    if actual <= budget:
        return gate * v["surplus_share"] * min(budget - actual, budget * width)
    return -v["deficit_share"] * min(actual - budget, budget * width) - max(0.0, actual - budget * (1 + width))


def slow_flows(baseline: Baseline, v: dict[str, object], unit: tuple[str, str], base: dict[tuple[str, ...], dict[str, float]]) -> dict:
    trends = {(row.community, row.scheme, row.service_kind): row.trend for row in baseline.trend.itertuples()}
    cells: dict = {}
    for kind in SERVICE_KINDS:
        growth = v["admission_growth"] if kind == "inpatient" else 0.0 if kind == "pharmacy" else v["visit_growth"]
        dearer = v["case_cost_growth"] if kind == "inpatient" else v["visit_cost_growth"]
        volume = (1 + trends.get((*unit, kind), 0.0) * v["trend_strength"]) * (1 + growth)
        for place in PLACES:
            cell = base.get((*unit, kind, place), {"e": 0.0, "c": 0.0, "f": 0.0})
            price = volume * (1 + dearer)
            cells[kind, place] = {"e": cell["e"] * volume, "c": cell["c"] * price, "f": cell["f"] * price}
        if kind == "inpatient":
            admissions, admission_price = volume, 1 + dearer
    returned = 0.0
    for row in baseline.outflows.itertuples():
        if (row.community, row.scheme) != unit:
            continue
        here, there = cells["inpatient", row.capability], cells["inpatient", "outside"]
        source = base[(*unit, "inpatient", row.capability)]
        moved = v["recapture_rate"] * admissions
        new_cost = moved * admission_price * row.total_cost * v["recapture_cost_ratio"]
        new_fund = new_cost * source["f"] / source["c"]
        there["e"] -= moved * row.encounters
        there["c"] -= moved * admission_price * row.total_cost
        there["f"] -= moved * admission_price * row.fund_paid
        here["e"] += moved * row.encounters
        here["c"] += new_cost
        here["f"] += new_fund
        returned += new_fund
    visits = v["shift_outpatient"] + v["contract_gain"] * v["contract_pull"] + v["reimbursement_gap"] * v["gap_elasticity"]
    for kind, share in (("outpatient", visits), ("chronic", visits), ("inpatient", v["shift_inpatient"])):
        source, dearer = base[(*unit, kind, "primary")], v["case_cost_growth"] if kind == "inpatient" else v["visit_cost_growth"]
        down, up = cells[kind, "primary"], cells[kind, "county"]
        moved = share * up["e"]
        moved_cost = moved * source["c"] / source["e"] * (1 + dearer)
        for name in ("e", "c", "f"):
            up[name] *= 1 - share
        down["e"] += moved
        down["c"] += moved_cost
        down["f"] += moved_cost * source["f"] / source["c"]
        if kind != "inpatient":
            down["f"] = min(down["c"], down["f"] + v["reimbursement_gap"] * down["c"])
    return {**cells, "returned": returned}


@pytest.mark.parametrize(
    "changes", [{}, EVERYTHING, {**EVERYTHING, "multiplicative": 1.0, "gate_on": 0.0}, {"reserve": 0.1, "k_min": 1.09}]
)
@pytest.mark.parametrize("room", [1.2, 0.95])
def test_chain_against_slow_implementation(changes: dict[str, object], room: float) -> None:
    baseline = county(available_share=room)
    units = run(scenario(**changes), baseline).units.set_index(["community", "scheme"])
    expected = slow_chain(baseline, changes)
    for unit, (budget, actual, part) in expected.items():
        assert units.loc[unit, "budget"] == pytest.approx(budget, abs=0.02)
        assert units.loc[unit, "spending"] == pytest.approx(actual, abs=0.01)
        assert units.loc[unit, "community_share"] == pytest.approx(part, abs=0.05)


def cents(values: object) -> int:
    return int(np.rint(np.asarray(values, dtype=float) * 100).sum())


def assert_exact(outcome: Outcome) -> None:
    """Everything that must add up does, to the cent."""
    units = outcome.units
    assert cents(units["community_share"]) + cents(units["fund_share"]) == cents(units["budget"]) - cents(units["spending"])
    assert cents(outcome.communities["budget"]) == cents(units["budget"]) == round(outcome.budget * 100)
    assert cents(outcome.months["prepaid"]) == cents(units["prepaid"])
    assert cents(outcome.months["spending"]) == cents(units["spending"])
    for chosen in (None, units["community"].iloc[0]):
        steps = outcome.waterfall(chosen)
        assert sum(round(step.change * 100) for step in steps[:-1]) == round(steps[-1].level * 100)
    assert outcome.waterfall()[-1].level == outcome.budget
    for position, scheme in enumerate(outcome.baseline.arrays.schemes):
        limit = outcome.baseline.arrays.available[position] * (1 - outcome.values["reserve"])
        assert cents(units.loc[units["scheme"] == scheme, "budget"]) <= math.floor(limit * 100 + 1e-6) if math.isfinite(limit) else True
    pool = outcome.pool
    assert pool is not None
    due = [round(amount * 100) for amount in pool.settlement.due.values()]
    assert sum(due) == cents(list(pool.settlement.fund_pays.values())) + cents(pool.patient_paid)
    shares = outcome.hospitals.groupby("community")["settlement_share"].sum()
    assert (shares - outcome.communities["community_share"]).abs().max() < 0.005


coefficients = st.fixed_dictionaries(
    {},
    optional={
        name: st.floats(coefficient.lower, coefficient.upper)
        if coefficient.unit not in ("switch", "count")
        else st.integers(int(coefficient.lower), int(coefficient.upper)).map(float)
        for name, coefficient in load_coefficients().of_model("budget_chain").items()
        if not coefficient.is_list and name not in ("k_min", "k_max")
    },
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(coefficients, st.floats(0.9, 1.2), st.floats(0, 0.3), st.sampled_from([0.9, 1.05, 1.2]))
def test_every_scenario_adds_up(values: dict[str, float], floor: float, width: float, room: float) -> None:
    bounds = {"k_min": floor, "k_max": min(1.2, floor + width)}
    assert_exact(run(scenario(**values, **bounds), small_county(room)))


@settings(max_examples=40, deadline=None)
@given(st.floats(-0.05, 0.09), st.floats(0, 0.01), st.floats(0, 1), st.sampled_from([0.9, 1.2]))
def test_more_growth_never_lowers_a_budget(growth: float, more: float, heads: float, room: float) -> None:
    baseline = small_county(None if room > 1 else room)
    less = run(scenario(extra_growth=growth, capitation_share=heads), baseline).units["budget"]
    now = run(scenario(extra_growth=growth + more, capitation_share=heads), baseline).units["budget"]
    # A county cap shares out a fixed sum: nobody gains from growth for all. Elsewhere nobody loses; one cent is rounding.
    assert now.sum() >= less.sum() - 0.02
    if room > 1:
        assert (now >= less - 0.011).all()


def test_capitation_moves_money_without_making_any() -> None:
    outcome = run(scenario(capitation_share=1.0), BASELINE)
    assert {step.id: step.change for step in outcome.waterfall()}["capitation"] == 0
    moved = [next(step.change for step in outcome.waterfall(name) if step.id == "capitation") for name in BASELINE.communities]
    assert any(moved)
    assert cents(moved) == 0


def test_waterfall_of_one_scheme() -> None:
    outcome = run(scenario(), BASELINE)
    parts = [outcome.waterfall(scheme=scheme)[-1].level for scheme in BASELINE.arrays.schemes]
    assert cents(parts) == round(outcome.budget * 100)


def test_levers_move_money_and_indicators() -> None:
    before = run(scenario(), BASELINE)
    after = run(scenario(recapture_rate=0.3, shift_outpatient=0.1), BASELINE)
    difference = compare(before, after)
    assert difference.indicators is not None
    assert difference.indicators["county_visit_rate"] > 0  # type: ignore[operator]
    assert difference.indicators["primary_visit_rate"] > 0  # type: ignore[operator]
    assert difference.county is not None
    assert difference.county["spending"] < 0
    assert {item.coefficient for item in difference.differences} == {"recapture_rate", "shift_outpatient"}
    assert difference.communities is not None
    assert cents(difference.communities["balance"]) == cents(after.communities["balance"]) - cents(before.communities["balance"])
    assert list(after.community_indicators.columns) == list(INDICATORS)
    over = after.units[after.units["balance"] < 0]
    assert after.overspending == tuple(code for code in after.communities.index if code in set(over["community"]))
    assert set(after.overspending_units) == set(zip(over["community"], over["scheme"], strict=True))
    assert list(after.kinds.columns) == ["community", "service_kind", "place", "encounters", "total_cost", "fund_paid"]
    assert after.kinds["fund_paid"].sum() == pytest.approx(after.spending)


def test_only_chosen_groups_come_back() -> None:
    everything = run(scenario(recapture_rate=0.3), BASELINE)
    one = run(scenario(recapture_rate=0.3).model_copy(update={"recapture_groups": ("G001",)}), BASELINE)
    none = run(scenario(recapture_rate=0.3).model_copy(update={"recapture_groups": ()}), BASELINE)
    rates = [outcome.indicators["county_admission_share"].value for outcome in (none, one, everything)]
    assert rates[0] == run(scenario(), BASELINE).indicators["county_admission_share"].value
    assert rates[0] < rates[1] < rates[2]  # type: ignore[operator]


def test_break_even_growth_breaks_even() -> None:
    outcome = run(scenario(), BASELINE)
    assert outcome.units["fund_base"].sum() * (1 + outcome.break_even_growth) == pytest.approx(outcome.spending)
    assert (outcome.data_version, outcome.year) == ("12", 2026)


def test_points_and_coefficients_of_hospitals() -> None:
    plain, equal = run(scenario(same_price_groups=0.0), BASELINE), run(scenario(coefficient_strength=0.0), BASELINE)
    same = run(scenario(same_price_groups=1000.0), BASELINE)
    assert plain.pool is not None
    assert equal.pool is not None
    assert same.pool is not None
    assert equal.pool.settlement.points == pytest.approx(same.pool.settlement.points)
    primary = plain.hospitals["place"] == "primary"
    assert equal.hospitals.loc[primary, "fund_pays"].sum() > plain.hospitals.loc[primary, "fund_pays"].sum()
    assert run(scenario(), BASELINE).pool.points_growth == pytest.approx(0.03)  # type: ignore[union-attr]


def test_a_county_without_hospital_data_still_works() -> None:
    empty = county(hospitals=county().hospitals.iloc[:0], group_points=county().group_points.iloc[:0], group_order=())
    outcome = run(scenario(), empty)
    assert outcome.pool is None
    assert outcome.hospitals.empty
    no_points = county(group_points=county().group_points.iloc[:0], hospitals=county().hospitals.assign(bed_day_points=0))
    assert run(scenario(), no_points).pool is None


def test_points_without_a_past_have_no_growth() -> None:
    hospitals = BASELINE.hospitals.assign(coefficient=0.0)
    outcome = run(scenario(coefficient_strength=0.5), county(hospitals=hospitals.assign(bed_day_points=0), group_order=(), year=2024))
    assert outcome.pool is not None
    assert outcome.pool.points_growth is None


def test_hospitals_of_one_community_only() -> None:
    hospitals = BASELINE.hospitals[BASELINE.hospitals["hospital"] == "C001-county-0"]
    points = BASELINE.group_points[BASELINE.group_points["hospital"] == "C001-county-0"]
    frame = run(scenario(), county(hospitals=hospitals, group_points=points)).hospitals
    assert frame["hospital"].tolist() == ["C001-county-0"]


def test_no_county_fund_no_cap() -> None:
    free = run(scenario(k_min=1.2, k_max=1.2), county(available_share=None))
    assert {step.id: step.change for step in free.waterfall()}["county_cap"] == 0
    capped = run(scenario(k_min=1.2, k_max=1.2), county(available_share=1.0))
    assert {step.id: step.change for step in capped.waterfall()}["county_cap"] < 0


def test_a_place_without_cases() -> None:
    spending = BASELINE.spending
    without = spending[~((spending["service_kind"] == "inpatient") & (spending["place"] != "outside"))]
    outcome = run(scenario(recapture_rate=0.3, shift_inpatient=0.1, apg=1.0), county(spending=without))
    value = outcome.indicators["county_admission_share"].value
    assert value is not None
    assert 0 < value < 1
    without = without[without["service_kind"] != "inpatient"]
    barren = run(scenario(apg=1.0), county(spending=without, outflows=BASELINE.outflows.iloc[:0]))
    assert barren.indicators["cost_per_case"].value is None
    same = compare(barren, run(scenario(), county(spending=without, outflows=BASELINE.outflows.iloc[:0])))
    assert same.indicators is not None
    assert same.indicators["cost_per_case"] is None


def test_outcomes_can_be_cached() -> None:
    outcome = run(scenario(), BASELINE)
    assert outcome.pool is not None
    again = pickle.loads(pickle.dumps(outcome))
    assert again.units.equals(outcome.units)


def test_same_document_same_numbers() -> None:
    first, second = run(scenario(**EVERYTHING), county()), run(load_scenario(scenario(**EVERYTHING).model_dump_json()), county())
    assert first.units.equals(second.units)
    assert first.hospitals.equals(second.hospitals)


def test_documents_travel() -> None:
    original = Scenario(
        id="a-1", name="稳健", author="张三", data_version="12", reason="年度讨论", coefficients={"k_max": 1.06, "base_weights": (1, 1, 1)},
        rationale={"k_max": "去年增速过快"}, recapture_groups=("G001",), seed=7, app_version="0.1.0",
    )  # fmt: skip
    assert load_scenario(original.model_dump_json()) == original
    assert load_scenario(original.model_dump_json().encode()) == original
    assert load_scenario(original.model_dump(mode="json")) == original


def test_a_document_with_everything_changed_is_small() -> None:
    known = load_coefficients().coefficients
    values = {name: coefficient.values[-1].value for name, coefficient in known.items()}
    full = Scenario(id="x", name="全部", data_version="12", coefficients=values, rationale=dict.fromkeys(values, "理由" * 50))
    assert len(full.model_dump_json().encode()) <= LARGEST_DOCUMENT


GOOD = {"id": "a", "name": "b", "data_version": "1"}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{", "JSON"),
        ("[1]", "JSON"),
        ("[" * 100_000, "过大"),
        ("[" * 15_000, "JSON"),
        (b"\xff\xff", "JSON"),
        ("x" * (LARGEST_DOCUMENT + 1), "过大"),
        ({**GOOD, "schema_version": 2}, "版本"),
        ({**GOOD, "surprise": 1}, "surprise"),
        ({**GOOD, "coefficients": {"k_max": "1.1"}}, "coefficients"),
        ({**GOOD, "coefficients": {"k_max": math.inf}}, "coefficients"),
        ({**GOOD, "coefficients": {"k_max": True}}, "coefficients"),
        ({**GOOD, "coefficients": {"<script>": 1.0}}, "coefficients"),
        ({**GOOD, "seed": -1}, "seed"),
        ({**GOOD, "rationale": {"k_max": "why"}}, "没有改动的系数"),
        ({**GOOD, "reason": "长" * 900, "recapture_groups": ["组" * 32] * 190}, "20 kB"),
        ({"name": "b"}, "id：缺少这一项"),
        ({**GOOD, "reason": 5}, "reason：须是文字"),
        ({**GOOD, "coefficients": []}, "coefficients：内容不合要求"),
    ],
)
def test_bad_documents_are_refused(document: object, reason: str) -> None:
    with pytest.raises(ScenarioError, match=reason):
        load_scenario(document)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"k_min": 1.2, "k_max": 1.1}, "高于上限"),
        ({"k_max": 5.0}, "允许范围"),
        ({"base_weights": (1.0, 1.0)}, "允许范围"),
        ({"base_weights": (0.0, 0.0, 0.0)}, "权重"),
        ({"low_cut": 0.4}, "规则固定|不可用"),
        ({"unheard": 1.0}, "未知的系数"),
        ({"gate_scores": (60.0, 80.0, 90.0)}, "档次"),
    ],
)
def test_bad_coefficients_are_refused(values: dict[str, object], reason: str) -> None:
    with pytest.raises(ScenarioError, match=reason):
        run(scenario(**values), BASELINE)


def test_wrong_documents_in_code() -> None:
    with pytest.raises(ValidationError):
        Scenario(id="a b", name="x", data_version="1")


def test_other_data_versions_are_refused_and_rebased() -> None:
    other = county(data_version="13")
    with pytest.raises(ScenarioError, match="数据版本"):
        run(scenario(), other)
    moved = rebase(scenario(k_max=1.05), other)
    assert run(moved, other).data_version == "13"
    with pytest.raises(ScenarioError, match="数据版本不同"):
        compare(scenario(), moved)
    with pytest.raises(ScenarioError, match="预算年度不同"):
        compare(run(scenario(), BASELINE), run(scenario(), county(year=2025)))
    documents = compare(scenario(k_max=1.05), scenario(base_weights=(1.0, 1.0, 1.0)))
    assert [(item.coefficient, item.first, item.second) for item in documents.differences] == [
        ("base_weights", None, (1.0, 1.0, 1.0)),
        ("k_max", 1.05, None),
    ]
    assert documents.communities is None


def units(**changes: object) -> dict[str, pd.DataFrame]:
    return {"units": BASELINE.units.assign(**changes)}


def first_row(name: str, **changes: object) -> dict[str, pd.DataFrame]:
    frame = getattr(BASELINE, name).astype(object).copy()
    for column, value in changes.items():
        frame.loc[frame.index[0], column] = value
    return {name: frame}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"units": BASELINE.units.iloc[:0]}, "没有医共体"),
        ({"units": BASELINE.units.drop(columns="risk")}, "缺少列"),
        ({"units": pd.concat([BASELINE.units, BASELINE.units])}, "重复"),
        (units(insured=0), "参保人数为 0"),
        (units(contracted=10**9), "签约人数"),
        (units(quality_score=None), "考核得分"),
        (units(quality_score=120), "考核得分"),
        (units(cost_first=-1), "负数"),
        (units(cost_first=0, cost_second=0, cost_third=0), "往年费用"),
        (units(volume_growth=None), "缺失"),
        ({"spending": BASELINE.spending[BASELINE.spending["scheme"] == "resident"]}, "没有结算数据"),
        (first_row("spending", fund_paid=1e12), "大于总费用"),
        (first_row("spending", month=13), "未知的取值"),
        (first_row("spending", service_kind="dental"), "未知的取值"),
        (first_row("spending", community="C999"), "单位表"),
        (first_row("outflows", encounters=1e12), "县域外流超过"),
        ({"trend": BASELINE.trend.assign(trend=-1.5)}, "-100%"),
        ({"hospitals": pd.concat([BASELINE.hospitals, BASELINE.hospitals])}, "医院重复"),
        (first_row("group_points", hospital="H999"), "未知的取值"),
        ({"available": {"employee": -1.0}}, "可用基金"),
        ({"available": {"employee": math.nan}}, "可用基金"),
    ],
)
def test_unusable_baselines_are_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ScenarioError, match=reason):
        run(scenario(), county(**changes))


def test_scores_are_not_needed_when_nothing_reads_them() -> None:
    blind = county(**units(quality_score=None))
    assert run(scenario(a_quality=0.0, gate_on=0.0), blind).budget > 0
    with pytest.raises(ScenarioError, match="C001"):
        run(scenario(a_quality=0.0), blind)


def test_the_least_a_baseline_needs() -> None:
    least = Baseline("12", 2026, BASELINE.coefficients, BASELINE.units, BASELINE.spending)
    outcome = run(scenario(recapture_rate=0.5), least)
    assert outcome.budget > 0
    assert outcome.pool is None


def test_no_trend_no_outflow() -> None:
    still = county(trend=BASELINE.trend.iloc[:0], outflows=BASELINE.outflows.iloc[:0])
    assert run(scenario(recapture_rate=0.5), still).indicators == run(scenario(), still).indicators


def test_published_schema_is_current() -> None:
    path = Path(__file__).parents[3] / "docs" / "scenario.schema.json"
    published = json.loads(path.read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(scenario_schema(load_coefficients())))
    fiscal = json.loads(path.with_name("fiscal.schema.json").read_text(encoding="utf-8"))
    assert fiscal == json.loads(json.dumps(scenario_schema(load_fiscal_coefficients())))
    assert published["properties"]["coefficients"]["properties"]["k_max"]["maximum"] == 1.2


@pytest.mark.parametrize("nobody", [None, float("nan"), ""])
def test_a_hospital_of_no_community_shares_the_pool_but_not_what_a_community_keeps(nobody: object) -> None:
    hospitals = BASELINE.hospitals.astype({"community": object})
    hospitals.loc[hospitals["hospital"] == "C001-county-0", "community"] = nobody
    alone = run(scenario(), county(hospitals=hospitals)).hospitals.set_index("hospital")
    before = run(scenario(), BASELINE).hospitals.set_index("hospital")
    assert alone.loc["C001-county-0", "community"] == ""
    assert alone.loc["C001-county-0", "settlement_share"] == 0
    assert (alone["fund_pays"] == before["fund_pays"]).all()
    assert alone["settlement_share"].sum() == pytest.approx(before["settlement_share"].sum())


def test_a_scenario_of_another_version_keeps_what_this_one_knows() -> None:
    old = Scenario(
        id="a", name="旧", data_version="12",
        coefficients={"k_max": 1.06, "gone": 1.0, "low_cut": 0.5, "reserve": 7.0, "base_weights": (1.0, 1.0, 1.0)},
        rationale={"k_max": "稳", "gone": "旧规则"},
    )  # fmt: skip
    kept, dropped = adapted(old, county())
    assert kept.coefficients == {"k_max": 1.06, "base_weights": (1.0, 1.0, 1.0)}
    assert kept.rationale == {"k_max": "稳"}
    assert dropped == ("gone", "low_cut", "reserve")
    run(kept, county())
    assert adapted(kept, county()) == (kept, ())


def test_the_front_doors_give_what_the_chain_gives() -> None:
    """Whoever asks a door about one community gets the figure of the page."""
    outcome = run(
        scenario(surplus_share=0.7, deficit_share=0.6, band=0.08, prepay_rate=0.9, recapture_credit=0.0, capitation_share=0.0), BASELINE
    )
    v, units = outcome.values, outcome.units
    bands = settlement_bands(v["surplus_share"], v["deficit_share"], v["band"])
    scores = BASELINE.units.set_index(["community", "scheme"])["quality_score"]
    assert {*np.sign(units["balance"])} == {-1, 1}
    for row in units.itertuples():
        score = scores[row.community, row.scheme]
        gate = appraisal_gate(score, v["gate_scores"], v["gate_factors"]) if v["gate_on"] else 1.0
        settled = settle(row.budget, row.spending, bands=bands, quality=gate)
        assert (settled.community, settled.fund) == pytest.approx((row.community_share, row.fund_share), abs=0.006)
        cleared = clear(settled, monthly_prepayments(row.budget, v["prepay_rate"]))
        assert (cleared.prepaid, cleared.final, cleared.balance) == pytest.approx((row.prepaid, row.final, row.clearing), abs=0.011)
    for scheme, part in units.groupby("scheme"):
        factors = dict(zip(part["community"], part["growth"], strict=True))
        bases = dict(zip(part["community"], part["fund_base"], strict=True))
        budgets = community_budgets(bases, factors, available=BASELINE.available[scheme], reserve=v["reserve"])
        assert list(budgets.values()) == pytest.approx(part["budget"].tolist(), abs=0.02)
    pool = outcome.pool
    assert pool is not None
    again = settle_hospitals(
        dict(zip(outcome.hospitals["hospital"], pool.points, strict=True)),
        fund=sum(outcome.hospitals["fund_pays"]),
        patient_paid=dict(zip(outcome.hospitals["hospital"], pool.patient_paid, strict=True)),
    )
    assert list(again.fund_pays.values()) == outcome.hospitals["fund_pays"].tolist()


def test_normal_cases_of_a_hospital_earn_the_points_that_the_chain_gives_it() -> None:
    groups = BASELINE.group_points.merge(BASELINE.hospitals[["hospital", "coefficient"]], on="hospital")
    costs = groups[groups["hospital"] == "C001-county-0"]
    same = int(BASELINE.default("same_price_groups"))
    known = pd.DataFrame({"group": costs["group"], "mean_cost": costs["points"] * 100, "same_price": costs["group"].isin(GROUPS[:same])})
    cases = case_points(
        pd.DataFrame({"hospital": costs["hospital"], "group": costs["group"], "cost": costs["points"] * 100}),
        known,
        overall_mean=10_000,
        rules=drg_rules("2026-01-01", {"C001-county-0": float(costs["coefficient"].iloc[0])}),
    )
    assert set(cases["case_class"]) == {"normal"}
    bed_days = float(BASELINE.hospitals.set_index("hospital")["bed_day_points"]["C001-county-0"])
    pool = run(scenario(), BASELINE).pool
    assert pool is not None
    assert pool.points_before["C001-county-0"] == pytest.approx(cases["points"].sum() + bed_days)
