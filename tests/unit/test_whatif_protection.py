"""Layered protection: the published case of Jiaozuo, the rules of a layer, exact sums."""

import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.catalogue.coefficients import load_coefficients
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.protection import Layer, layered_reimbursement


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
        [{"name": "a", "share": 0.5, "cap": math.inf}],
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
