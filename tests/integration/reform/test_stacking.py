"""Stacked scenarios of both what-ifs: conflicts settled by hand, bases refused, shares that sum, and the same answer in every order."""

import datetime
from pathlib import Path

import pytest

from dashboard.errors import ScopeError
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.plan import Plan, with_value
from dashboard.services.common.scenarios import save_plan
from dashboard.services.fiscal.answer import MODEL as FISCAL
from dashboard.services.fiscal.answer import FiscalModel, fiscal_model
from dashboard.services.insurance.answer import Model, insurance_model
from dashboard.services.insurance.scenarios import MODEL as INSURANCE
from dashboard.services.reform.stacking import (
    Picked,
    counted_year,
    read_settled,
    read_stack,
    settled_text,
    share_table,
    stack_answer,
    stack_text,
    stackable,
)
from dashboard.store.scope import Scope
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal_run import PARTIES
from dashboard.workspace import open_workspace
from tests.fiscal_county import make_fiscal_county

NEW_YEAR = datetime.date(2025, 1, 1)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return open_database(make_fiscal_county(f"duckdb:///{tmp_path_factory.mktemp('stack') / 'reporting.duckdb'}"))


def insurance_plan(database: ReportingDatabase, **values: float) -> Plan:
    model = insurance_model(database)
    assert isinstance(model, Model)
    plan = model.start()
    for name, value in values.items():
        plan = with_value(plan, model.baseline, name, value)
    return plan


def fiscal_plan(database: ReportingDatabase, **values: float) -> Plan:
    model = fiscal_model(database)
    assert isinstance(model, FiscalModel)
    plan = model.start()
    for name, value in values.items():
        plan = with_value(plan, model.baseline, name, value)
    return plan


@pytest.fixture(scope="module")
def picked(database: ReportingDatabase) -> dict[str, Picked]:
    plans = {
        "back": (INSURANCE, insurance_plan(database, recapture_rate=0.2)),
        "more": (INSURANCE, insurance_plan(database, recapture_rate=0.3)),
        "growth": (INSURANCE, insurance_plan(database, visit_growth=0.05)),
        "cut": (FISCAL, fiscal_plan(database, purchase_cut=0.2, fee_quota_protected=0)),
        "weight": (FISCAL, fiscal_plan(database, transition_weight=1.0)),
    }
    return {key: Picked(key, key, model, plan, NEW_YEAR) for key, (model, plan) in plans.items()}


def chosen(picked: dict[str, Picked], *keys: str) -> tuple[Picked, ...]:
    return tuple(picked[key] for key in keys)


def test_the_total_of_both_models_and_who_adds_what(database: ReportingDatabase, picked: dict[str, Picked]) -> None:
    answer = stack_answer(database, (), chosen(picked, "back", "growth", "cut", "weight"))
    assert (answer.year, answer.base) == (2025, 2024)
    assert answer.stack is not None
    assert not answer.conflicts
    assert abs(sum(answer.stack.totals.values())) < 0.05  # four parties: what one gains another pays
    for party in PARTIES:
        table = share_table(answer, party)
        assert table["share"].sum() == pytest.approx(answer.stack.totals[party], abs=0.02)
    budget = share_table(answer, "budget").set_index("name")
    assert budget.loc["back", ["first", "last", "share"]].tolist() == [0.0, 0.0, 0.0]  # insurance alone moves no budget
    assert budget.loc["weight", "share"] != 0
    alone = stack_answer(database, (), chosen(picked, "weight"))
    assert alone.stack is not None
    assert alone.stack.totals["budget"] == pytest.approx(budget.loc["weight", "first"])
    assert answer.pairs
    again = stack_answer(database, (), chosen(picked, "weight", "cut", "growth", "back"))
    assert again.stack is not None
    assert again.stack.totals == answer.stack.totals
    assert share_table(again, "fund").equals(share_table(answer, "fund"))


def test_two_values_of_one_lever_wait_for_a_decision(database: ReportingDatabase, picked: dict[str, Picked]) -> None:
    both = chosen(picked, "back", "more")
    waiting = stack_answer(database, (), both)
    assert waiting.stack is None
    assert share_table(waiting, "fund").empty
    (conflict,) = waiting.open
    assert (conflict.key, conflict.values) == ("insurance.recapture_rate", ((0.2, ("back",)), (0.3, ("more",))))
    by_hand = stack_answer(database, (), both, (("insurance.recapture_rate", "more"),))
    only = stack_answer(database, (), chosen(picked, "more"))
    assert by_hand.stack is not None
    assert only.stack is not None
    assert by_hand.stack.totals == only.stack.totals
    assert by_hand.stack.together.loc[[("back", "more")]].abs().to_numpy().max() > 0  # the same money, named with the amount
    nonsense = stack_answer(database, (), both, (("insurance.recapture_rate", "nobody"),))
    assert nonsense.stack is None


def test_dates_and_bases_are_checked(database: ReportingDatabase, picked: dict[str, Picked]) -> None:
    later = Picked("late", "late", FISCAL, picked["weight"].plan, datetime.date(2026, 1, 1))
    answer = stack_answer(database, (), (*chosen(picked, "cut"), later))
    assert [each.key for each in answer.counted] == ["cut"]
    assert [each.kind for each in answer.dates] == ["outside"]
    nothing = stack_answer(database, (), (later,))
    assert nothing.stack is None
    foreign = picked["back"].plan.scenario.model_copy(update={"data_version": "99"})
    with pytest.raises(ScenarioError, match="别的数据版本"):
        stack_answer(database, (), (Picked("old", "old", INSURANCE, Plan(foreign), NEW_YEAR),))
    with pytest.raises(ScenarioError, match="最多叠加"):
        stack_answer(database, (), chosen(picked, *(["cut"] * 7)))
    with pytest.raises(ScopeError):
        stack_answer(database.under(Scope(frozenset({"C1"}), None, None, 1)), (), chosen(picked, "cut"))


def test_saved_scenarios_are_stacked_and_the_address_brings_them_back(
    database: ReportingDatabase, picked: dict[str, Picked], tmp_path: Path
) -> None:
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    for each in (*chosen(picked, "back", "weight"), Picked("same", "same", FISCAL, fiscal_plan(database), NEW_YEAR)):
        save_plan(workspace, each.plan, model=each.model, name=each.name, author="", reason="", load_id=1)
    known = stackable(workspace)
    assert {saved.name for _model, saved in known.values()} == {"back", "weight"}  # one that changes nothing is no reform
    first, second = known
    text = f"{first}@2025-01~;{second}@2025-03~2025-12"
    found = read_stack(text, known)
    assert stack_text(found) == text
    assert [each.last for each in found] == [None, datetime.date(2025, 12, 1)]
    assert read_stack(f"{first}@soon~;nobody@2025-01~;{second}@2025-05~2025-01;", known) == ()
    assert read_settled(settled_text({"insurance.recapture_rate": first})) == {"insurance.recapture_rate": first}
    assert read_settled("nothing") == {}
    assert counted_year(database) == 2025
    assert stack_answer(database, (), found).stack is not None
