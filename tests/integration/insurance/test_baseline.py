"""The baseline of a county's own data: it is the recorded budget, and what is missing is said."""

import datetime
from pathlib import Path

import pytest

from dashboard.services.common.database import open_database
from dashboard.services.insurance.answer import insurance_model, month_frame, preset_columns, reasons, standings
from dashboard.services.insurance.baseline import BaselineGap, InsuranceBaseline, insurance_baseline
from dashboard.services.insurance.plan import with_fund, with_value
from dashboard.services.insurance.protection import burden_bands, county_cases, protected
from dashboard.services.insurance.targets import indicator_effects
from dashboard.whatif.scenario import Scenario, run
from tests.insured import BUDGET_YEAR, budgets, claims, make_insured_county


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_insured_county(f"duckdb:///{tmp_path_factory.mktemp('insured') / 'reporting.duckdb'}")


@pytest.fixture(scope="module")
def county(url: str) -> InsuranceBaseline:
    found = insurance_baseline(open_database(url))
    assert isinstance(found, InsuranceBaseline)
    return found


def texts(found: InsuranceBaseline) -> str:
    return "\n".join(note.text.format(**note.details) for note in found.notes)


def unchanged(found: InsuranceBaseline) -> Scenario:
    return Scenario(id="b", name="基线", data_version=found.baseline.data_version)


def test_the_baseline_is_the_recorded_budget_to_the_cent(county: InsuranceBaseline) -> None:
    units = run(unchanged(county), county.baseline).units.set_index(["community", "scheme"])
    for row in budgets():
        unit = units.loc[(row["community_code"], row["scheme"])]
        assert unit["budget"] == pytest.approx(row["budget"], abs=0.011)
        assert unit["fund_base"] == pytest.approx(row["fund_base"], abs=0.011)


def test_recorded_parts_of_the_growth_come_back_as_steps(county: InsuranceBaseline) -> None:
    steps = {step.id: step.change for step in run(unchanged(county), county.baseline).waterfall()}
    base = sum(row["fund_base"] for row in budgets())
    assert steps["price"] == pytest.approx(0.008 * base, rel=1e-6)
    assert steps["quality"] == pytest.approx(0.004 * base, rel=1e-6)
    assert steps["case_mix"] == pytest.approx(0.006 * base, rel=1e-6)
    assert steps["capitation"] == 0
    assert steps["county_cap"] == 0


def test_same_price_groups_are_proportionate_and_said(county: InsuranceBaseline) -> None:
    assert county.baseline.default("same_price_groups") < len(county.baseline.group_order)
    assert "同病同价组" in texts(county)


def test_a_hospital_of_no_community_takes_part_in_the_pool(county: InsuranceBaseline) -> None:
    hospitals = run(unchanged(county), county.baseline).hospitals.set_index("hospital")
    assert set(hospitals.index) == {"H1", "H2", "P1", "P2", "H9"}
    assert hospitals.loc["H9", "community"] == ""
    assert hospitals["fund_pays"].to_dict()["H9"] > 0
    assert hospitals.loc["H9", "settlement_share"] == 0


def test_outside_care_of_capable_groups_can_come_back(county: InsuranceBaseline) -> None:
    baseline = county.baseline
    plan = Scenario(id="s", name="s", data_version=baseline.data_version, coefficients={"recapture_rate": 0.3})
    before, after = run(unchanged(county), baseline), run(plan, baseline)
    assert after.indicators["county_admission_share"].value > before.indicators["county_admission_share"].value  # type: ignore[operator]


def test_base_year_and_growth_are_named(county: InsuranceBaseline) -> None:
    assert county.base == (datetime.date(2024, 1, 1), datetime.date(2024, 12, 1))
    assert "2025-01至2025-10" in texts(county)
    assert county.baseline.year == BUDGET_YEAR


def test_frozen_scores_replace_the_implied_ones_and_mark_the_version(url: str, county: InsuranceBaseline) -> None:
    scored = insurance_baseline(open_database(url), (("C1", 92.0), ("C2", 78.0)))
    assert isinstance(scored, InsuranceBaseline)
    assert scored.baseline.data_version != county.baseline.data_version
    assert set(scored.baseline.units.set_index("community")["quality_score"].to_dict().values()) == {92.0, 78.0}
    assert "锁定" not in texts(scored)
    total = run(unchanged(scored), scored.baseline).budget
    assert total == pytest.approx(sum(row["budget"] for row in budgets()), abs=0.05)


def test_without_budgets_the_chain_still_runs_and_says_so(tmp_path: Path) -> None:
    url = make_insured_county(f"duckdb:///{tmp_path / 'x.duckdb'}", budget_rows=[])
    found = insurance_baseline(open_database(url))
    assert isinstance(found, InsuranceBaseline)
    assert found.recorded.empty
    assert found.fund == {}
    assert "没有 2026 年的总额预算" in texts(found)
    assert "质量系数先取 0" in texts(found)
    assert found.base == (datetime.date(2024, 11, 1), datetime.date(2025, 10, 1))
    assert run(unchanged(found), found.baseline).budget > 0


def test_a_scheme_without_claims_is_left_out_and_named(tmp_path: Path) -> None:
    url = make_insured_county(f"duckdb:///{tmp_path / 'x.duckdb'}", claim_rows=claims(schemes=("resident",)))
    found = insurance_baseline(open_database(url))
    assert isinstance(found, InsuranceBaseline)
    assert set(found.baseline.units["scheme"]) == {"resident"}
    assert "C1·employee" in texts(found)


@pytest.mark.parametrize(("first", "words"), [(None, "没有医保结算数据"), (datetime.date(2025, 1, 1), "只有 10 个月")])
def test_too_few_claims_are_told(tmp_path: Path, first: datetime.date | None, words: str) -> None:
    url = make_insured_county(f"duckdb:///{tmp_path / 'x.duckdb'}", claim_rows=[] if first is None else claims(first))
    found = insurance_baseline(open_database(url))
    assert isinstance(found, BaselineGap)
    assert words in found.why.format(**found.details)
    assert found.remedy


def test_answers_of_the_page(url: str) -> None:
    model = insurance_model(open_database(url))
    assert not isinstance(model, BaselineGap)
    plan = with_value(model.start(), model.baseline, "extra_growth", 0.02)
    outcome, reference = model.run(plan), model.reference()
    found = reasons(outcome, reference)
    assert {each.step for each in found} == {"extra"}
    assert sum(each.change for each in found) == pytest.approx(outcome.balance - reference.balance, abs=0.01)
    chance = model.uncertainty(plan)
    assert all(each.low <= each.high for each in standings(outcome, reference, chance))
    assert model.uncertainty(plan) is chance, "the same plan costs no second simulation"
    months = month_frame(model, outcome, ["C1", "C2"])
    assert months["executed"].notna().sum() == 10
    assert months["spending"].sum() == pytest.approx(outcome.spending, abs=0.01)
    assert {each.id for each in indicator_effects(outcome, reference) if each.target} >= {"county_visit_rate", "primary_visit_rate"}


def test_the_county_fund_caps_to_the_cent(url: str) -> None:
    model = insurance_model(open_database(url))
    assert not isinstance(model, BaselineGap)
    fund = {"employee": 60_000_000.0, "resident": 61_000_000.0}
    outcome = model.run(with_fund(model.start(), fund))
    reserve = model.baseline.default("reserve")
    assert outcome.budget == pytest.approx(sum(fund.values()) * (1 - reserve), abs=0.011)


def test_presets_are_run_once_and_the_first_is_the_baseline(url: str) -> None:
    model = insurance_model(open_database(url))
    assert not isinstance(model, BaselineGap)
    found = preset_columns(model)
    assert [each.column.name for each in found] == [each.id for each in model.baseline.coefficients.presets]
    assert found[0].column.outcome is not None
    assert found[0].column.outcome.budget == model.reference().budget
    assert preset_columns(model) is found


def test_the_county_s_cases_are_its_inpatient_claims(url: str) -> None:
    database = open_database(url)
    first, last = datetime.date(2024, 1, 1), datetime.date(2024, 12, 1)
    cases = county_cases(database, first, last)
    rows = [row for row in claims() if row["service_kind"] == "inpatient" and first <= row["month"] <= last and row["encounters"] > 0]
    assert cases.frame["cases"].sum() == sum(row["encounters"] for row in rows)
    assert cases.recorded_patient == pytest.approx(sum(row["patient_paid"] for row in rows), abs=0.01)
    assert cases.left_out == 0
    found = protected(cases, [{"name": "半数", "share": 0.5}])
    eligible = sum(row["eligible_cost"] for row in rows)
    assert found.paid == pytest.approx(eligible / 2, rel=1e-6)
    assert sum(burden_bands(cases, found.burden)) == found.cases
    parts = [county_cases(database, first, last, community) for community in ("C1", "C2")]
    assert sum(part.frame["cases"].sum() for part in parts) == cases.frame["cases"].sum()
    schemes = [county_cases(database, first, last, None, scheme) for scheme in ("employee", "resident")]
    assert sum(part.frame["cases"].sum() for part in schemes) == cases.frame["cases"].sum()


def test_no_inpatients_no_cases(url: str) -> None:
    none = county_cases(open_database(url), datetime.date(1999, 1, 1), datetime.date(1999, 12, 1))
    assert none.frame.empty
    assert (none.recorded_patient, none.left_out, none.averaged) == (0.0, 0.0, 0.0)
