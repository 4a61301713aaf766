"""The front doors of fiscal compensation: golden numbers F1–F17, exact sums, and what is refused."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.catalogue.coefficients import load_coefficients
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal import (
    contract_fee,
    income_structure,
    institution_equivalents,
    markup_compensation,
    markup_lost,
    needed_for_share,
    performance_pay,
    purchase,
    purchase_base,
    purchase_savings,
    quality_range,
    standard_equivalents,
    subsidies,
    transition,
)
from dashboard.whatif.money import cents

WORK = pd.DataFrame(
    [("T1", "W01", 60_000, 1.0), ("T1", "W03", 5000, 0.98), ("T2", "W06", 12_000, 0.96), ("T2", "W08", 4000, 0.94)],
    columns=["institution", "service", "quantity", "quality"],
)


def test_golden_equivalents() -> None:
    weights = {service.id: service.weight for service in load_coefficients().equivalents.services}
    counted = standard_equivalents(WORK, weights)
    assert counted["equivalents"].tolist() == pytest.approx([60_000, 14_700, 11_520, 11_280])
    by_institution = institution_equivalents(counted)
    bought = purchase(by_institution, unit_value=12.5)
    assert sum(by_institution.values()) == pytest.approx(97_500)
    assert bought.total == 1_218_750
    closed = purchase(by_institution, pool=1_000_000.01)
    assert closed.total == 1_000_000.01
    assert closed.unit_value == pytest.approx(1_000_000.01 / 97_500)


@pytest.mark.parametrize(
    "work",
    [
        WORK.drop(columns="quality"),
        WORK.assign(service="W99"),
        WORK.assign(quantity=-1),
        WORK.assign(quality=1.6),
        WORK.assign(quantity="x"),
    ],
)
def test_unusable_workload_is_refused(work: pd.DataFrame) -> None:
    with pytest.raises(ScenarioError):
        standard_equivalents(work, {"W01": 1, "W03": 3, "W06": 1, "W08": 3})


@pytest.mark.parametrize("options", [{}, {"unit_value": 1, "pool": 1}, {"unit_value": -1}, {"pool": -1}])
def test_unusable_purchases_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ScenarioError):
        purchase({"T1": 1}, **options)


def test_closed_pool_needs_equivalents() -> None:
    with pytest.raises(ScenarioError, match="当量合计"):
        purchase({"T1": 0}, pool=10)


def test_subsidies_add_the_tracks() -> None:
    result = subsidies({"T1": 100.1}, purchase({"T1": 2, "T2": 3}, unit_value=10), {"T2": 5.05})
    assert (result["T1"].total, result["T2"].total) == (120.1, 35.05)
    assert subsidies({}, purchase({"T1": 1}, unit_value=1))["T1"].total == 1


def test_contract_fee_by_payer() -> None:
    assert contract_fee(1000, 120, {"fiscal": 5, "fund": 4, "person": 1}) == {"fiscal": 60_000, "fund": 48_000, "person": 12_000}
    with pytest.raises(ScenarioError):
        contract_fee(1000, 120, {"fiscal": 0})


def test_score_and_effective_people_make_the_fee() -> None:
    """F13, F14, F15: largest remainder, cents, and only effective people by score."""
    assert contract_fee(10_007, 150, {"fiscal": 0.5, "fund": 0.3, "person": 0.2}) == {
        "fiscal": 750_525.0,
        "fund": 450_315.0,
        "person": 300_210.0,
    }
    assert contract_fee(100, 100, {"fiscal": 1, "fund": 1, "person": 1}) == {"fiscal": 3333.34, "fund": 3333.33, "person": 3333.33}
    whole = {"fiscal": 1.0}
    assert contract_fee(38_000, 120, whole) == {"fiscal": 4_560_000.0}
    assert contract_fee(38_000, 120, whole, score=92) == {"fiscal": 4_195_200.0}
    for score in (-1, 101, math.nan):
        with pytest.raises(ScenarioError):
            contract_fee(1, 1, whole, score=score)


def test_a_legal_quality_of_the_database_is_taken() -> None:
    lowest, highest = quality_range()
    assert (lowest, highest) == (0, 1.5)
    counted = standard_equivalents(WORK.assign(quality=1.2), {"W01": 1, "W03": 3, "W06": 1, "W08": 3})
    assert counted["equivalents"].sum() == pytest.approx(1.2 * (60_000 + 15_000 + 12_000 + 12_000))


def test_a_closed_pool_is_zero_sum() -> None:
    """F9 and F10."""
    before = purchase({"A": 97_500, "B": 65_000, "C": 32_500}, pool=2_000_000)
    assert before.unit_value == pytest.approx(10.256410, abs=1e-6)
    assert dict(before.amounts) == {"A": 1_000_000.0, "B": 666_666.67, "C": 333_333.33}
    after = purchase({"A": 97_500 * 0.9, "B": 65_000, "C": 32_500}, pool=2_000_000)
    assert dict(after.amounts) == {"A": 947_368.42, "B": 701_754.39, "C": 350_877.19}


def test_golden_subsidies_and_the_split_of_shengzhou() -> None:
    """F11 and F12."""
    work = pd.DataFrame(
        [("B", "W01", 42_000, 1.0), ("B", "W06", 9_000, 0.9), ("B", "W08", 3_000, 1.0)],
        columns=["institution", "service", "quantity", "quality"],
    )
    counted = institution_equivalents(standard_equivalents(work, {"W01": 1, "W06": 1, "W08": 3})) | {"A": 97_500.0}
    assert counted["B"] == pytest.approx(59_100)
    found = subsidies({"A": 3_200_000, "B": 2_100_000}, purchase(counted, unit_value=12.5), {"A": 150_000})
    assert (found["A"].total, found["B"].total) == (4_568_750.0, 2_838_750.0)
    total = found["A"].total + found["B"].total
    assert total == 7_407_500
    bought = sum(each.purchase + each.quota_items for each in found.values())
    assert bought / total == pytest.approx(0.284509, abs=1e-6)
    pool = total * (1 - 0.1754)
    moved = purchase(counted, pool=pool)
    assert (round(total * 0.1754, 2), moved.total) == (1_299_275.50, 6_108_224.50)
    assert moved.unit_value == pytest.approx(39.0053, abs=1e-4)


POOLS = st.lists(st.floats(0, 1e7), min_size=1, max_size=40)


@given(POOLS, st.floats(0, 1e9))
def test_closed_pools_sum_to_the_cent(equivalents: list[float], pool: float) -> None:
    counted = {str(place): each for place, each in enumerate(equivalents)}
    if sum(equivalents) == 0:
        with pytest.raises(ScenarioError):
            purchase(counted, pool=pool)
        return
    assert cents(purchase(counted, pool=pool).total) == cents(pool)


def test_ten_thousand_closed_pools_sum_to_the_cent() -> None:
    """Drawn at once: what looks for odd numbers (above) takes milliseconds for each."""
    rng = np.random.default_rng(176)
    for size, pool in zip(rng.integers(1, 41, 10_000), rng.uniform(0, 1e9, 10_000), strict=True):
        counted = {str(place): float(each) for place, each in enumerate(rng.uniform(0, 1e7, size))}
        assert cents(purchase(counted, pool=float(pool)).total) == cents(float(pool))


# The way from history to new ---------------------------------------------------------------------------------------------


def test_transition_respects_history_and_tells_what_the_floor_costs() -> None:
    found = transition({"A": 100.0, "B": 200.0}, {"A": 200.0, "B": 40.0}, weight=0.5, floor=0.95)
    assert dict(found) == {"A": 150.0, "B": 190.0}
    assert (found.total, found.floor_cost, len(found)) == (340.0, 70.0, 2)
    assert dict(transition({"A": 100.0}, {"A": 7.0}, weight=0, floor=1)) == {"A": 100.0}
    assert dict(transition({"A": 100.0}, {"A": 7.0}, weight=1, floor=0)) == {"A": 7.0}


def test_a_negative_history_is_not_guarded_and_a_missing_side_is_zero() -> None:
    found = transition({"A": -50.0}, {"B": 10.0}, weight=0.5, floor=1)
    assert dict(found) == {"A": -25.0, "B": 5.0}
    assert found.floor_cost == 0


@pytest.mark.parametrize("options", [{"weight": 1.1, "floor": 0.9}, {"weight": 0.5, "floor": 95}, {"weight": math.nan, "floor": 0}])
def test_unusable_transitions_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ScenarioError):
        transition({"A": 1.0}, {"A": 1.0}, **options)


MONEY = st.floats(0, 1e8)


@given(st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=20), st.floats(0, 1), st.floats(0, 1))
def test_nobody_falls_below_the_floor(pairs: list[tuple[float, float]], weight: float, floor: float) -> None:
    history = {str(place): before for place, (before, _new) in enumerate(pairs)}
    new = {str(place): after for place, (_before, after) in enumerate(pairs)}
    found = transition(history, new, weight=weight, floor=floor)
    for name, amount in found.items():
        assert amount >= floor * history[name] - 0.01
        assert found.topped_up[name] >= 0


# Abolished mark-up -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lost", "compensated", "backstop", "own"),
    [
        (10e6, 8.5e6, 0.5e6, 1e6),
        (10e6, 9.4e6, 0, 0.6e6),
        (10e6, 9e6, 0, 1e6),
        (10e6, 0, 9e6, 1e6),
        (24.18e6, 18.18e6, 3.582e6, 2.418e6),
    ],
)
def test_the_budget_tops_up_to_ninety_per_cent(lost: float, compensated: float, backstop: float, own: float) -> None:
    """F2, F3, F4."""
    found = markup_compensation({"H": lost}, {"H": compensated})
    assert (found.backstop["H"], found.own["H"], found.total_backstop) == (backstop, own, backstop)
    assert found.rate["H"] == pytest.approx(compensated / lost)


def test_the_backstop_is_by_hospital() -> None:
    """F3b: on the county's sum it would be 0. A hospital that lost nothing has no rate, one that is not compensated gets the floor."""
    found = markup_compensation({"H1": 10e6, "H2": 10e6, "H3": 0.0, "H4": 1e6}, {"H1": 12e6, "H2": 6e6, "H5": 5.0})
    assert dict(found.backstop) == {"H1": 0, "H2": 3e6, "H3": 0, "H4": 0.9e6, "H5": 0}
    assert found.own["H1"] == -2e6
    assert found.rate["H3"] is None
    assert found.rate["H5"] is None
    assert found.total_backstop == 3.9e6


def assert_backstop(lost: float, compensated: float, floor: float) -> None:
    found = markup_compensation({"H": lost}, {"H": compensated}, floor=floor)
    assert found.backstop["H"] >= 0
    if compensated >= floor * lost:
        assert found.backstop["H"] == 0
    parts = cents(found.backstop["H"]) + cents(found.own["H"]) + cents(compensated)
    assert parts == cents(lost)


@given(MONEY, MONEY, st.floats(0, 1))
@example(10.0051, 9.0046, 0.9)
def test_the_backstop_is_never_negative_and_zero_from_the_floor_on(lost: float, compensated: float, floor: float) -> None:
    assert_backstop(lost, compensated, floor)


def test_ten_thousand_backstops() -> None:
    rng = np.random.default_rng(223)
    for lost, compensated, floor in zip(rng.uniform(0, 1e8, 10_000), rng.uniform(0, 1e8, 10_000), rng.uniform(0, 1, 10_000), strict=True):
        assert_backstop(float(lost), float(compensated), float(floor))


def test_what_the_markup_was() -> None:
    """F8."""
    assert markup_lost(42e6, 0.15) == pytest.approx(5_478_260.87, abs=0.01)
    assert markup_lost(42e6, 0) == 0
    for options in ((-1, 0.15), (1, 15)):
        with pytest.raises(ScenarioError):
            markup_lost(*options)
    with pytest.raises(ScenarioError):
        markup_compensation({"H": 1.0}, {}, floor=90)


# Cheaper purchase --------------------------------------------------------------------------------------------------------


def test_deqing() -> None:
    """F1 and F5 [SEED 1]."""
    found = purchase_savings(24_180_000, to_prices=18_180_000, fund_share=0.6, insurance_share=0.8)
    assert found.prices / found.freed == pytest.approx(0.751861, abs=1e-6)
    assert (found.fund_of_rise, found.people_of_rise) == (14_544_000, 3_636_000)
    assert (found.fund, found.people) == (36_000, -6_036_000)
    neutral = purchase_savings(24_180_000, to_prices=18_180_000, fund_share=0.8 * 18.18 / 24.18, insurance_share=0.8)
    assert neutral.fund == 0
    assert purchase_savings(24_180_000, to_prices=18.18 / 24.18, fund_share=0.6, insurance_share=0.8) == found


def assert_balanced(freed: float, share: float, fund: float, insurance: float) -> None:
    found = purchase_savings(freed, to_prices=share, fund_share=fund, insurance_share=insurance)
    assert cents(found.fund) + cents(found.people) == cents(found.prices) - cents(found.freed)


@given(MONEY, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_payers_balance_to_the_cent(freed: float, share: float, fund: float, insurance: float) -> None:
    assert_balanced(freed, share, fund, insurance)


def test_ten_thousand_purchases_balance_to_the_cent() -> None:
    rng = np.random.default_rng(256)
    for freed, *shares in zip(rng.uniform(0, 1e8, 10_000), *rng.uniform(0, 1, (3, 10_000)), strict=True):
        assert_balanced(float(freed), *map(float, shares))


@pytest.mark.parametrize(
    "options",
    [{"to_prices": 75}, {"to_prices": -0.1}, {"fund_share": 60}, {"insurance_share": 1.2}, {"to_prices": math.inf}],
)
def test_shares_in_per_cent_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ScenarioError):
        purchase_savings(1e6, **({"to_prices": 0.75, "fund_share": 0.6, "insurance_share": 0.8} | options))


def test_purchases_before_the_cut() -> None:
    """F17 [SEED 5]."""
    assert purchase_base(500e6, 0.22) == pytest.approx(2_272.7e6, abs=0.05e6)
    assert purchase_base(13.33e6, 0.0738) == pytest.approx(180.62e6, abs=0.01e6)
    for cut in (0, 22):
        with pytest.raises(ScenarioError):
            purchase_base(1, cut)


# Composition of income ---------------------------------------------------------------------------------------------------

INCOME = {"drug": 42e6, "consumable": 14e6, "examination": 22e6, "laboratory": 16e6, "service": 36e6}


def test_the_share_rises_without_a_yuan_of_service_income() -> None:
    """F6."""
    found = income_structure(INCOME, drug_cut=0.106, to_prices=0.75)
    assert found.service_share_before == pytest.approx(0.276923, abs=1e-6)
    assert found.service_share == pytest.approx(0.305221, abs=1e-6)
    assert found.income_change == pytest.approx(-0.008562, abs=1e-6)
    assert income_structure(INCOME, drug_cut=0.106, to_prices=0).service_share == pytest.approx(0.286743, abs=1e-6)
    assert found.volume_part + found.price_part == pytest.approx(found.service_share - found.service_share_before)
    assert income_structure(INCOME, drug_cut=0.106, to_prices=3_339_000) == found


def test_what_thirty_five_per_cent_would_take() -> None:
    """F7."""
    needed = needed_for_share(INCOME, drug_cut=0.106, target=0.35)
    assert needed == pytest.approx(12_218_154, abs=1)
    assert needed / (42e6 * 0.106) == pytest.approx(2.7444, abs=1e-4)
    assert needed_for_share(INCOME, drug_cut=0.106, target=0.2) == 0
    assert income_structure(INCOME, drug_cut=0.106, to_prices=needed).service_share == pytest.approx(0.35)


@given(st.tuples(*[st.floats(1e3, 1e9)] * 3), st.floats(0, 0.9), st.floats(0, 0.95))
def test_what_is_needed_reaches_the_target(amounts: tuple[float, float, float], cut: float, target: float) -> None:
    income = dict(zip(("drug", "service", "examination"), amounts, strict=True))
    needed = needed_for_share(income, drug_cut=cut, target=target)
    if needed > 1:
        assert income_structure(income, drug_cut=cut, to_prices=max(needed, 101)).service_share >= target - 1e-3


@pytest.mark.parametrize("income", [{"drug": 1.0}, {"drug": 0.0, "service": 0.0}, {"drug": -1.0, "service": 2.0}])
def test_unusable_income_is_refused(income: dict[str, float]) -> None:
    with pytest.raises(ScenarioError):
        income_structure(income, drug_cut=0.1, to_prices=0.5)


def test_unusable_shares_of_income_are_refused() -> None:
    for call in (
        lambda: income_structure(INCOME, drug_cut=10.6, to_prices=0.75),
        lambda: needed_for_share(INCOME, drug_cut=0.1, target=1.0),
        lambda: needed_for_share(INCOME, drug_cut=0.1, target=35),
    ):
        with pytest.raises(ScenarioError):
            call()


def test_performance_pay() -> None:
    """F16."""
    assert performance_pay(52e6, 47.5e6, business_fund=0.15) == 3_825_000
    assert performance_pay(40e6, 47.5e6) == 0
    for share in (0.1, 1.5):
        with pytest.raises(ScenarioError):
            performance_pay(1, 1, business_fund=share)
