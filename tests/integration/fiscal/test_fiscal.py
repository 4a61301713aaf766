"""The fiscal what-if on a county's own data: history to the cent, missing months said, both what-ifs in one balance, scenarios kept."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.catalogue.coefficients import load_fiscal_coefficients
from dashboard.errors import ScopeError
from dashboard.services.common.database import open_database
from dashboard.services.common.directory import directory
from dashboard.services.common.plan import link_text, read_link, with_value
from dashboard.services.common.scenarios import compare_plans, differing, list_saved, save_plan
from dashboard.services.fiscal.answer import MODEL, FiscalModel, by_community, by_institution, by_track, fiscal_model, model_of_plan, path
from dashboard.services.fiscal.baseline import fiscal_years
from dashboard.services.fiscal.together import (
    BASELINE,
    SESSION,
    insurance_choices,
    insurance_shelf,
    insurance_side,
    together,
)
from dashboard.services.insurance.answer import Model, insurance_model
from dashboard.services.insurance.baseline import BaselineGap
from dashboard.services.insurance.scenarios import save_plan as save_insurance
from dashboard.store.engine import writing_engine
from dashboard.store.scope import Scope
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal_run import PARTIES
from dashboard.whatif.money import cents
from dashboard.workspace import open_workspace
from tests.fiscal_county import make_fiscal_county
from tests.insured import make_insured_county


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("fiscal") / "reporting.duckdb"
    make_fiscal_county(f"duckdb:///{file}")
    return file


@pytest.fixture(scope="module")
def model(county: Path) -> FiscalModel:
    found = fiscal_model(open_database(f"duckdb:///{county}"))
    assert isinstance(found, FiscalModel)
    return found


def texts(model: FiscalModel) -> str:
    return "\n".join(note.text.format(**note.details) for note in model.county.notes)


def test_the_newest_complete_year_is_history_to_the_cent(model: FiscalModel) -> None:
    assert [(each.year, each.months) for each in fiscal_years(model.database)] == [(2025, 10), (2024, 12)]
    assert model.baseline.data_version == "1:2024"
    # (200,000 + 50,000 guarantee + 100,000 purchase + 50,000 fee) · 12 months · 2 centres
    assert model.baseline.total_before == 400_000 * 12 * 2
    frame = by_institution(model.run(model.start()))
    assert frame.loc["P1", "before_guarantee"] == 3_000_000
    assert frame.loc["P1", "equivalents"] == pytest.approx(8_000 * 12 * 0.9)
    assert frame.loc["P1", "fulfilled"] == 9_600  # of all residents in December; the group of the elderly is part of it
    assert model.county.basic_pay == 200_000 * 12 * 2
    assert model.county.others == 300_000 * 12 * 2
    assert list(by_community(model.run(model.start())).index) == ["C1", "C2"]


def test_missing_months_are_said_and_filled_up_only_when_asked(model: FiscalModel) -> None:
    part, filled = (fiscal_model(model.database, 2025, filled=asked) for asked in (False, True))
    assert isinstance(part, FiscalModel)
    assert isinstance(filled, FiscalModel)
    assert (part.baseline.data_version, filled.baseline.data_version) == ("1:2025", "1:2025:12")
    assert "10 个月" in texts(part)
    assert "没有年化" in texts(part)
    assert "年化" in texts(filled)
    # Books and contracts for ten months, the last without fees: each is filled up by its own months.
    assert part.baseline.total_before == (350_000 * 10 + 50_000 * 9) * 2
    assert filled.baseline.total_before == pytest.approx((350_000 * 12 + 50_000 * 9 * 12 / 10) * 2)
    assert part.run(part.start()).fee_total > 0
    assert part.run(part.start()).fee_total == pytest.approx(filled.run(filled.start()).fee_total * 10 / 12, abs=0.05)


def test_the_fund_share_of_drugs_is_read_off_the_claims(model: FiscalModel) -> None:
    share = model.baseline.defaults["fund_share_of_drugs"]
    assert 0.5 < float(share) < 0.75  # type: ignore[arg-type]
    assert model.baseline.target == 0.35


def test_without_books_there_is_a_reason(tmp_path: Path) -> None:
    found = fiscal_model(open_database(make_insured_county(f"duckdb:///{tmp_path / 'reporting.duckdb'}")))
    assert isinstance(found, BaselineGap)
    assert "fact_finance" in found.remedy
    assert "{year}" not in found.why  # no year at all is a reason of its own, not "the year 0"


def test_a_county_without_equivalents_gets_the_illustrative_list(tmp_path: Path) -> None:
    found = fiscal_model(open_database(make_fiscal_county(f"duckdb:///{tmp_path / 'reporting.duckdb'}", equivalent=None)))
    assert isinstance(found, FiscalModel)
    assert "示意" in texts(found)
    assert found.run(found.start()).unit_value == 12.5


def test_both_whatifs_in_one_balance(model: FiscalModel, tmp_path: Path) -> None:
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    insurance = insurance_model(model.database)
    assert isinstance(insurance, Model)
    plan = with_value(insurance.start(), insurance.baseline, "recapture_rate", 0.2)
    saved = save_insurance(workspace, plan, name="回流", author="", reason="", load_id=1)
    choices = {each.code: each for each in insurance_choices(workspace, link_text(plan))}
    assert set(choices) == {BASELINE, SESSION, saved.document_id}
    assert {each.code for each in insurance_choices(workspace, "not-a-link")} == {BASELINE, saved.document_id}
    still = insurance_side(model.database, (), choices[BASELINE])
    side = insurance_side(model.database, (), choices[SESSION])
    assert still is not None
    assert side is not None
    assert set(still.flows.values()) == {0.0}
    assert side.returned > 0
    start = with_value(model.start(), model.baseline, "fee_quota_protected", 0)
    both = together(model, model.run(start), side)
    assert both.insurance is not None
    for column in (both.fiscal, both.insurance, both.settled):
        assert abs(sum(cents(amount) for amount in column.values())) <= 1
    assert both.settled["fund"] > 0
    assert {"purchase_cut", "recaptured", "contract_package"} <= {pair.pair for pair in both.overlaps}
    protected = together(model, model.run(model.start()), None)
    assert set(protected.settled.values()) == {0.0}


def test_a_saved_scenario_is_compared_and_its_link_reproduces_it(model: FiscalModel, tmp_path: Path) -> None:
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    plan = with_value(model.start(), model.baseline, "transition_weight", 1.0)
    saved = save_plan(workspace, plan, model=MODEL, name="一步到位", author="甲", reason="试", load_id=1)
    assert [each.name for each in list_saved(workspace, MODEL)] == ["一步到位"]
    assert list_saved(workspace, "insurance") == ()
    assert saved.plan is not None
    sides = compare_plans(model, [("基线", model.start()), ("一步到位", saved.plan)])
    assert differing(sides) == ("transition_weight",)
    again = read_link(link_text(plan))
    assert model.run(again).total == model.run(plan).total
    chosen = model_of_plan(model.database, again)
    assert isinstance(chosen, FiscalModel)
    assert chosen.baseline.data_version == "1:2024"
    assert model_of_plan(model.database, None).baseline.year == 2024  # type: ignore[union-attr]
    other = fiscal_model(model.database, 2025)
    assert isinstance(other, FiscalModel)
    with pytest.raises(ScenarioError):
        compare_plans(other, [("旧", plan)])


def test_presets_band_path_and_seek(model: FiscalModel) -> None:
    plan = model.start()
    assert [each.name for each in model.presets()] == ["历史", "保基本", "强激励", "过渡三年"]
    history = model.presets()[0].column.outcome
    assert history is not None
    assert history.total == model.baseline.total_before
    band = model.band(plan)
    assert band.low < band.high
    assert [each.weight for each in path(model, plan)] == [0.3, 0.6, 1.0]
    assert model.tornado(plan)[0].reach > 0
    assert "backstop_floor" not in model.movable(plan)
    assert model.seek(plan, "unit_value", "within_budget").status in ("found", "always_met")


def test_a_choice_of_nothing_stands_on_the_baseline(model: FiscalModel, tmp_path: Path) -> None:
    shelf = insurance_shelf(open_workspace(f"sqlite:///{tmp_path / 'w.sqlite'}"), "")
    side = insurance_side(model.database, shelf.scores, shelf.choices[0])
    assert side is not None
    assert side.changed == 0


# What is not known ------------------------------------------------------------------------------------------------------


def altered(county: Path, folder: Path, *statements: str) -> FiscalModel | BaselineGap:
    url = f"duckdb:///{shutil.copy(county, folder)}"
    engine = writing_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
    return fiscal_model(open_database(url))


def test_a_centre_without_books_takes_no_part_and_is_named(county: Path, tmp_path: Path) -> None:
    found = altered(county, tmp_path, "DELETE FROM fact_finance WHERE institution_code = 'P2'")
    assert isinstance(found, FiscalModel)
    assert list(found.baseline.institutions.index) == ["P1"]
    assert "不参加推演：" in texts(found)
    assert str(directory(found.database).institutions.loc["P2", "short_name"]) in texts(found)


def test_a_centre_without_workload_stays_at_history_and_is_named(county: Path, tmp_path: Path) -> None:
    found = altered(county, tmp_path, "DELETE FROM fact_workload WHERE institution_code = 'P2'")
    assert isinstance(found, FiscalModel)
    assert found.baseline.held == {"P2"}
    assert "按历史" in texts(found)
    outcome = found.run(with_value(found.start(), found.baseline, "transition_weight", 1.0))
    assert outcome.paid["P2"] == found.baseline.before["P2"]
    frame = by_institution(outcome)
    assert frame["change"].isna().to_dict() == {"P1": False, "P2": True}
    assert by_community(outcome)["judged"].to_dict() == {"C1": 1, "C2": 0}


def test_a_centre_that_did_no_work_and_said_so_is_reckoned_with_zero(county: Path, tmp_path: Path) -> None:
    found = altered(county, tmp_path, "UPDATE fact_workload SET quantity = 0 WHERE institution_code = 'P2'")
    assert isinstance(found, FiscalModel)
    assert found.baseline.held == frozenset()
    assert found.run(found.start()).equivalents["P2"] == 0


def test_a_hospital_without_expenses_has_no_performance_pay_and_is_named(county: Path, tmp_path: Path, model: FiscalModel) -> None:
    found = altered(county, tmp_path, "DELETE FROM fact_finance WHERE institution_code = 'H1' AND account_code LIKE 'E%'")
    assert isinstance(found, FiscalModel)
    pay = found.run(found.start()).pay
    assert pay["H1"] is None
    assert pay["H2"] is not None
    assert "没有支出" in texts(found)
    assert "没有支出" not in texts(model)


def test_a_part_of_the_county_and_a_reader_without_the_right_to_finance_are_refused_in_words(model: FiscalModel) -> None:
    part = model.database.under(Scope(frozenset({"C1"}), None, None, 1))
    with pytest.raises(ScopeError, match="全县"):
        fiscal_model(part)
    blind = model.database.under(Scope(None, None, frozenset(), 1))
    with pytest.raises(ScopeError, match="财务"):
        fiscal_model(blind)


def test_an_insurance_side_that_is_not_known_is_not_zero(model: FiscalModel) -> None:
    both = together(model, model.run(model.start()), None)
    assert both.insurance is None
    assert {both.total(party) for party in PARTIES} == {None}


# Optional tables --------------------------------------------------------------------------------------------------------


def test_plans_price_items_and_purchases_are_used_where_the_county_has_them(county: Path, tmp_path: Path, model: FiscalModel) -> None:
    found = altered(
        county,
        tmp_path,
        "INSERT INTO fact_fiscal_plan VALUES ('P1', 'guarantee', 2024, 2900000), ('P1', 'contract', 2024, 700000), "
        "('P1', 'guarantee', 2023, 1), ('H1', 'guarantee', 2024, 1)",
        "INSERT INTO fact_price_item VALUES ('H1', 'Z01', DATE '2024-03-01', '诊查费', 10, 14, 90000), "
        "('H2', 'Z01', DATE '2024-03-01', '诊查费', 20, 22, 30000), ('H1', 'Z02', DATE '2024-03-01', '平扫', 220, 200, 1000), "
        "('H1', 'Z03', DATE '2023-03-01', '旧轮次', 1, 9, 900), ('P1', 'Z01', DATE '2024-03-01', '诊查费', 8, 9, 100)",
        "INSERT INTO fact_purchase VALUES ('H1', 'drug', DATE '2024-03-01', 500, 60), ('H2', 'drug', DATE '2024-04-01', 380, 60), "
        "('P1', 'drug', DATE '2024-03-01', 100, 99)",
    )
    assert isinstance(found, FiscalModel)
    outcome = found.run(found.start())
    frame = by_track(found, outcome, ["P1", "P2"])
    assert frame["approved"].fillna(-1).to_dict() == {"guarantee": 2_900_000, "purchase": -1, "quota": -1, "contract": 700_000}
    assert frame.loc["guarantee", "before"] == 3_000_000  # of P1 alone: P2 has nothing approved
    items = found.county.items
    assert items["name"].tolist() == ["诊查费", "平扫"]
    assert items.loc["Z01", ["volume", "gained"]].tolist() == [120_000, 420_000]
    assert items.loc["Z01", "old_price"] == pytest.approx(12.5)
    # (420,000 − 20,000) ÷ (3,000,000 · 12 · 2) of service income
    assert found.baseline.defaults["service_price_rise"] == pytest.approx(400_000 / 72e6, abs=1e-4)
    assert found.baseline.defaults["purchase_cut"] == 0.12
    assert found.county.purchases.loc["drug"].tolist() == [880, 120]
    assert model.county.items.empty
    assert by_track(model, model.run(model.start()), ["P1"]).empty
    delivered = load_fiscal_coefficients().coefficients
    for name in ("purchase_cut", "service_price_rise"):
        assert model.baseline.defaults[name] == delivered[name].default(model.baseline.first_day)


def test_purchases_that_cost_nothing_say_nothing_of_the_cut(county: Path, tmp_path: Path, model: FiscalModel) -> None:
    found = altered(county, tmp_path, "INSERT INTO fact_purchase VALUES ('H1', 'drug', DATE '2024-03-01', 0, 0)")
    assert isinstance(found, FiscalModel)
    assert found.baseline.defaults["purchase_cut"] == model.baseline.defaults["purchase_cut"]
