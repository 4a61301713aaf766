"""Capitation, monthly prepayment and clearing, split inside a community: exact sums and golden numbers."""

import math
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.whatif.budget import settle
from dashboard.whatif.capitation import capitation_quotas, flow_adjusted, outpatient_results, risk_weights
from dashboard.whatif.clearing import Member, clear, monthly_prepayments, split_inside
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.money import cents, shared_out

STRATA = pd.DataFrame(
    [("C1", 1000, 1.0, "none"), ("C1", 500, 2.0, "contracted"), ("C2", 1500, 1.0, "package")],
    columns=["community", "people", "risk", "contract"],
)


def test_quotas_follow_weighted_heads_and_sum() -> None:
    quotas = capitation_quotas(STRATA, budget=1_000_000)
    heads = {"C1": 1000 + 500 * 2 * 1.02, "C2": 1500 * 1.05}
    assert quotas["C1"] == pytest.approx(1_000_000 * heads["C1"] / sum(heads.values()), abs=0.01)
    assert sum(round(amount * 100) for amount in quotas.values()) == 100_000_000


@pytest.mark.parametrize(
    "strata",
    [
        STRATA.drop(columns="risk"),
        STRATA.assign(contract="other"),
        STRATA.assign(people=-1),
        STRATA.assign(people=0),
        STRATA.assign(risk=None),
        STRATA.iloc[:0],
    ],
)
def test_unusable_strata_are_refused(strata: pd.DataFrame) -> None:
    with pytest.raises(ScenarioError):
        capitation_quotas(strata, budget=1)


def test_risk_weights_average_to_one() -> None:
    weights = risk_weights({"old": 300, "young": 100}, {"old": 1, "young": 3})
    assert weights == pytest.approx({"old": 2.0, "young": 2 / 3})


@pytest.mark.parametrize(("costs", "people"), [({"a": 1}, {"b": 1}), ({"a": 0}, {"a": 1}), ({"a": 1}, {"a": 0}), ({"a": -1}, {"a": 1})])
def test_unusable_risk_is_refused(costs: dict[str, float], people: dict[str, float]) -> None:
    with pytest.raises(ScenarioError):
        risk_weights(costs, people)


def test_flow_between_communities_is_zero_sum() -> None:
    left = flow_adjusted({"C1": 100, "C2": 50}, {("C1", "C2"): 30, ("C2", "C1"): 5})
    assert left == {"C1": 75.0, "C2": 75.0}
    assert flow_adjusted({"C1": 100}, {}, outside={"C1": 40}) == {"C1": 60.0}
    with pytest.raises(ScenarioError, match="C9"):
        flow_adjusted({"C1": 100}, {("C1", "C9"): 1})


def test_outpatient_results_settle_the_quota() -> None:
    result = outpatient_results({"C1": 100, "C2": 10}, {"C1": 10, "C2": 1}, point_value=10, patient_paid={"C1": 10, "C2": 20})
    assert result["C1"].community == pytest.approx(8.5)
    assert result["C2"].actual == 0
    with pytest.raises(ScenarioError):
        outpatient_results({"C1": 100}, {"C2": 10}, point_value=10, patient_paid={"C1": 10})


def test_prepayments_and_clearing() -> None:
    paid = monthly_prepayments(100, 0.95)
    assert len(paid) == 12
    assert sum(round(amount * 100) for amount in paid) == 9500
    assert monthly_prepayments(120, 1, [2, *[1] * 10, 0])[0] == 20
    clearing = clear(settle(100, 90), paid)
    assert (clearing.prepaid, clearing.final, clearing.balance) == (95, 98.5, 3.5)
    assert clear(settle(100, 50), paid).balance < 0


@pytest.mark.parametrize("arguments", [(100, 1.1), (100, 0.9, [1] * 11), (-1, 0.9), (100, 0.9, [-1] * 12), (100, 0.9, [0] * 12)])
def test_impossible_prepayments(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ScenarioError):
        monthly_prepayments(*arguments)  # type: ignore[arg-type]


LEAD, TOWN, STATION = Member("lead", False, 80, 0, 90), Member("town", True, 15, 600, 80), Member("station", True, 5, 400, 100)


def test_split_by_points_contracts_and_appraisal() -> None:
    assert split_inside(100, [LEAD, TOWN, STATION]) == {"lead": 80, "town": 15, "station": 5}
    mixed = split_inside(100, [LEAD, TOWN, STATION], mix={"points": 1, "contracts": 1})
    assert mixed == {"lead": 40, "town": 37.5, "station": 22.5}
    weighted = split_inside(100, [LEAD, TOWN], mix={"appraisal": 1})
    assert weighted["lead"] == pytest.approx(100 * 7200 / 8400, abs=0.01)


def test_primary_floor_protects_both_ways() -> None:
    assert split_inside(100, [LEAD, TOWN, STATION], primary_floor=0.4) == {"lead": 60, "town": 30, "station": 10}
    assert split_inside(100, [LEAD, TOWN, STATION], primary_floor=0.1)["lead"] == 80
    assert split_inside(-100, [LEAD, TOWN, STATION], primary_floor=0.9) == {"lead": -90, "town": -7.5, "station": -2.5}
    assert split_inside(-100, [LEAD, TOWN, STATION], primary_floor=0.5)["lead"] == -80
    assert split_inside(100, [TOWN, STATION], primary_floor=0.5) == {"town": 75, "station": 25}


@given(st.integers(-(10**12), 10**12), st.lists(st.tuples(st.booleans(), st.floats(0.01, 1e6)), min_size=1, max_size=8), st.floats(0, 1))
def test_split_sums_to_the_cent(amount: int, shapes: list[tuple[bool, float]], floor: float) -> None:
    members = [Member(str(position), primary, points) for position, (primary, points) in enumerate(shapes)]
    held = floor if any(member.primary for member in members) else 0.0
    parts = split_inside(amount / 100, members, primary_floor=held)
    assert sum(round(part * 100) for part in parts.values()) == amount
    if amount > 0 and not all(member.primary for member in members):
        assert sum(round(parts[member.name] * 100) for member in members if member.primary) >= math.floor(amount * held * (1 - 1e-12)) - 1


@pytest.mark.parametrize(
    ("members", "options"),
    [
        ([], {}),
        ([LEAD, LEAD], {}),
        ([LEAD], {"mix": {"other": 1}}),
        ([LEAD], {"mix": {"points": 0}}),
        ([LEAD], {"mix": {"points": -1, "contracts": 3}}),
        ([LEAD], {"primary_floor": 0.3}),
        ([LEAD], {"primary_floor": 1.3}),
        ([Member("a", False, -1)], {}),
        ([Member("a", False, 0)], {}),
    ],
)
def test_unusable_splits_are_refused(members: list[Member], options: dict[str, object]) -> None:
    with pytest.raises(ScenarioError):
        split_inside(100, members, **options)  # type: ignore[arg-type]


def test_cents_round_what_a_reader_sees() -> None:
    assert [cents(1.005), cents(2.675), cents(-1.005), cents(1e9 + 0.01)] == [101, 268, -101, 100_000_000_001]


@given(
    st.floats(-5e11, 5e11)
    | st.integers(-(10**9), 10**9).map(lambda half: half / 200)
    | st.tuples(st.integers(-(10**12), 10**12), st.floats(-2e-3, 2e-3)).map(lambda near: (near[0] + 0.5 + near[1]) / 100)
)
def test_cents_are_what_the_decimal_text_says_near_a_half_cent_and_far_from_it(amount: float) -> None:
    assert cents(amount) == int((Decimal(repr(amount)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


@pytest.mark.parametrize("weights", [[-1.0, 2.0], [math.nan], [math.inf]])
def test_impossible_weights(weights: list[float]) -> None:
    with pytest.raises(ScenarioError, match="权重"):
        shared_out(100, weights, "预算")


def test_long_lists_are_cut() -> None:
    assert listed("abcdefg") == "a、b、c、d、e…"
