"""Layered protection: the published case of Jiaozuo, the rules of a layer, exact sums."""

import math
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.catalogue.coefficients import load_coefficients
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.protection import Layer, layered_reimbursement, reimbursement_of_cases


def test_golden_case_of_jiaozuo() -> None:
    """The case printed in the seed: chronic lung disease, 33,198.68 yuan, of which 30,660.67 eligible."""
    result = layered_reimbursement(
        33_198.68, 30_660.67, [{"name": "医保与救助", "amount": 26_650.10}, {"name": "托底", "share": 1.0, "trigger": 4000}]
    )
    assert [layer.paid for layer in result.layers] == [26_650.10, 4010.57]
    assert (result.patient_eligible, result.patient_ineligible, result.patient) == (0.0, 2538.01, 2538.01)
    assert result.paid == 30_660.67
    assert result.paid_share == pytest.approx(30_660.67 / 33_198.68)


def test_share_above_deductible_up_to_cap() -> None:
    layers = [
        {"name": "basic", "share": 0.7, "deductible": 1000, "cap": 5000},
        SimpleNamespace(name="more", share=0.5, deductible=0),
        Layer("fixed", amount=2000),
        {"name": "over", "amount": 100_000, "cap": None},
    ]
    result = layered_reimbursement(12_000, 10_000, layers)
    assert [layer.paid for layer in result.layers] == [5000, 2500, 2000, 500]
    assert [layer.capped for layer in result.layers] == [True, False, False, False]
    assert [layer.unpaid_after for layer in result.layers] == [5000, 2500, 500, 0]
    assert (result.patient_eligible, result.patient_ineligible) == (0, 2000)


def test_deductible_and_trigger() -> None:
    assert layered_reimbursement(500, 500, [{"name": "a", "share": 0.7, "deductible": 600}]).paid == 0
    assert layered_reimbursement(500, 500, [{"name": "a", "amount": 400, "deductible": 200}]).paid == 300
    assert layered_reimbursement(3999, 3000, [{"name": "a", "share": 1, "trigger": 4000}]).paid == 0
    assert layered_reimbursement(4000, 3000, [{"name": "a", "share": 1, "trigger": 4000}]).paid == 3000
    assert layered_reimbursement(0, 0, []).paid_share is None


layer = st.fixed_dictionaries(
    {"deductible": st.floats(0, 1e5), "cap": st.none() | st.floats(0, 1e6)},
).flatmap(
    lambda base: st.one_of(st.floats(0, 1).map(lambda v: {**base, "share": v}), st.floats(0, 1e6).map(lambda v: {**base, "amount": v}))
)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.lists(layer, max_size=6))
def test_every_cent_is_somebody_s(eligible: int, ineligible: int, layers: list[dict[str, float]]) -> None:
    named = [{"name": str(position), **values} for position, values in enumerate(layers)]
    result = layered_reimbursement((eligible + ineligible) / 100, eligible / 100, named)
    paid = [round(payment.paid * 100) for payment in result.layers]
    assert all(amount >= 0 for amount in paid)
    assert sum(paid) + round(result.patient_eligible * 100) == eligible
    assert round(result.patient_ineligible * 100) == ineligible
    assert result.patient_eligible >= 0
    for payment, values in zip(result.layers, named, strict=True):
        assert values["cap"] is None or payment.paid <= values["cap"] + 0.005


@pytest.mark.parametrize(
    "layers",
    [
        [{"name": "a"}],
        [{"name": "a", "share": 0.5, "amount": 1}],
        [{"name": "a", "share": 1.5}],
        [{"name": "a", "share": 0.5, "deductible": -1}],
        [{"name": "a", "share": 0.5, "deductible": math.inf}],
        [{"name": "a", "share": "half"}],
        [{"name": "a", "share": 0.5, "colour": "red"}],
        [{"share": 0.5}],
        [{"name": "a", "share": 0.5}, {"name": "a", "share": 0.5}],
    ],
)
def test_unusable_layers_are_refused(layers: list[dict[str, object]]) -> None:
    with pytest.raises(ScenarioError):
        layered_reimbursement(100, 90, layers)


@pytest.mark.parametrize(("total", "eligible"), [(90, 100), (-1, 0), (math.nan, 0), (10, -1)])
def test_unusable_cases_are_refused(total: float, eligible: float) -> None:
    with pytest.raises(ScenarioError):
        layered_reimbursement(total, eligible, [])


def test_delivered_ladder_runs() -> None:
    ladder = load_coefficients().ladder
    layers = [Layer(entry.name, entry.share, entry.amount, entry.deductible, entry.cap, entry.trigger) for entry in ladder.layers]
    result = layered_reimbursement(300_000, 260_000, layers)
    assert result.layers[0].capped
    assert result.patient_eligible == 0
    assert [entry.id for entry in ladder.layers] == ["basic", "catastrophic", "supplementary", "assistance", "charity", "backstop"]


def test_layers_as_an_editor_or_a_frame_gives_them() -> None:
    blank = {"name": "a", "share": 0.5, "amount": math.nan, "deductible": None, "cap": math.inf}
    assert layered_reimbursement(100, 90, [blank]).paid == 45.0
    assert layered_reimbursement(100, 90, pd.DataFrame([{**blank, "share": np.float64(0.5)}])).paid == 45.0
    exact = {"name": "a", "share": Decimal("0.7"), "deductible": Decimal(500)}
    assert layered_reimbursement(Decimal("50000.10"), Decimal("45000.05"), [exact]).paid == 31_150.04


LADDER = [
    {"name": "basic", "share": 0.7, "deductible": 500, "cap": 15_000},
    {"name": "fixed", "amount": 1200},
    {"name": "help", "share": 0.333, "trigger": 6000},
]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9_000_000), st.integers(0, 1_000_000)), min_size=1, max_size=8))
def test_many_cases_at_once_are_the_single_case_many_times(rows: list[tuple[int, int, int]]) -> None:
    cases = pd.DataFrame(
        [(count, (eligible + rest) / 100, eligible / 100) for count, eligible, rest in rows], columns=["cases", "total", "eligible"]
    )
    found = reimbursement_of_cases(cases, LADDER)
    single = [layered_reimbursement(row.total, row.eligible, LADDER) for row in cases.itertuples()]
    for place, layer in enumerate(found.layers):
        paid = [each.layers[place] for each in single]
        assert layer.paid == pytest.approx(sum(count * one.paid for (count, *_), one in zip(rows, paid, strict=True)), abs=0.005)
        assert layer.cases == sum(count for (count, *_), one in zip(rows, paid, strict=True) if one.paid > 0)
        assert layer.capped == sum(count for (count, *_), one in zip(rows, paid, strict=True) if one.capped)
    assert found.burden.tolist() == pytest.approx([one.patient for one in single], abs=0.005)
    assert found.patient == pytest.approx(sum(count * one.patient for (count, *_), one in zip(rows, single, strict=True)), abs=0.01)


def test_many_cases_without_any_cost() -> None:
    nothing = reimbursement_of_cases(pd.DataFrame({"cases": [], "total": [], "eligible": []}), LADDER)
    assert (nothing.cases, nothing.paid, nothing.patient, nothing.paid_share) == (0, 0, 0, None)
    assert (
        reimbursement_of_cases(pd.DataFrame({"cases": [2], "total": [10.0], "eligible": [10.0]}), [{"name": "a", "share": 1.0}]).paid_share
        == 1
    )


@pytest.mark.parametrize(
    "cases",
    [
        {"cases": [1], "total": [10.0]},
        {"cases": [1], "total": [10.0], "eligible": [11.0]},
        {"cases": [1], "total": [None], "eligible": [1.0]},
        {"cases": [-1], "total": [10.0], "eligible": [1.0]},
    ],
)
def test_unusable_tables_of_cases_are_refused(cases: dict[str, list[float]]) -> None:
    with pytest.raises(ScenarioError):
        reimbursement_of_cases(pd.DataFrame(cases), LADDER)
