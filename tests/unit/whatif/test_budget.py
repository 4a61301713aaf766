"""Budget and settlement: the worked example of docs/sources.md, a slow second implementation, and what must always hold."""

import math
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.whatif.budget import (
    DEFAULT_BANDS,
    Band,
    appraisal_gate,
    community_budgets,
    fund_base_amount,
    growth_factor,
    settle,
    settlement_bands,
    weighted_base,
)
from dashboard.whatif.errors import ScenarioError

money = st.floats(0, 1e10, allow_nan=False).map(lambda value: round(value, 2))
share = st.floats(0, 1)


@pytest.mark.parametrize(("actual", "community"), [(90, 8.50), (80, 12.75), (107, -5.95), (120, -17.75), (100, 0.0)])
def test_golden_settlement(actual: float, community: float) -> None:
    result = settle(100, actual)
    assert result.community == pytest.approx(community, abs=1e-9)
    assert result.community + result.fund == pytest.approx(100 - actual, abs=1e-9)
    assert result.outlay == pytest.approx(actual + community, abs=1e-9)


def slow_settlement(budget: float, actual: float, bands: tuple[Band, ...], quality: float, slices: int = 20_000) -> float:
    """Walk from budget to actual in small slices and ask for each slice whose it is."""
    slice_size = (actual - budget) / slices
    total = 0.0
    for position in range(slices):
        ratio = (budget + (position + 0.5) * slice_size) / budget
        band = next(band for band in bands if band.lower <= ratio < band.upper)
        total -= slice_size * (quality * band.share if ratio < 1 else band.share)
    return total


@pytest.mark.parametrize("actual", [0, 30, 84.9, 85, 99, 101, 115, 130, 300])
@pytest.mark.parametrize("quality", [0.0, 0.7, 1.0])
def test_settlement_against_slow_implementation(actual: float, quality: float) -> None:
    bands = settlement_bands(0.6, 0.4, 0.1)
    assert settle(100, actual, bands=bands, quality=quality).community == pytest.approx(
        slow_settlement(100, actual, bands, quality), abs=0.02
    )


@given(money, money, share, share, share, st.floats(0.01, 0.99))
def test_settlement_parts_sum(budget: float, actual: float, quality: float, kept: float, borne: float, width: float) -> None:
    result = settle(budget, actual, bands=settlement_bands(kept, borne, width), quality=quality)
    assert result.community + result.fund == budget - actual
    assert sum(part.amount for part in result.parts) == pytest.approx(abs(budget - actual), rel=1e-9, abs=1e-5)
    assert (result.community >= 0) if actual <= budget else (result.community <= 0)
    assert abs(result.community) <= abs(budget - actual) * (1 + 1e-12) + 1e-6


def test_quality_gates_only_what_is_kept() -> None:
    assert settle(100, 90, quality=0.5).community == pytest.approx(4.25)
    assert settle(100, 107, quality=0.0).community == pytest.approx(-5.95)


def test_settlement_of_an_empty_budget() -> None:
    result = settle(0, 10)
    assert (result.community, result.fund, result.ratio) == (-10, 0, None)
    assert settle(100, 90).ratio == 0.9


@pytest.mark.parametrize(
    "bands",
    [
        (),
        (Band(0, 1, 0.5), Band(1.1, math.inf, 1)),
        (Band(0, 1, 0.5), Band(1, 1, 0.5), Band(1, math.inf, 1)),
        (Band(0.1, 1, 0.5), Band(1, math.inf, 1)),
        (Band(0, 1, 0.5), Band(1, 2, 1)),
        (Band(0, math.inf, 0.5),),
        (Band(0, 1, 1.5), Band(1, math.inf, 1)),
    ],
)
def test_contradictory_bands_are_refused(bands: tuple[Band, ...]) -> None:
    with pytest.raises(ScenarioError):
        settle(100, 90, bands=bands)


@pytest.mark.parametrize("values", [(-1, 90, 1), (100, -1, 1), (100, math.nan, 1), (100, 90, 1.1), (100, 90, -0.1), (1e15, 1, 1)])
def test_impossible_settlements_are_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(ScenarioError):
        settle(values[0], values[1], quality=values[2])


@pytest.mark.parametrize("width", [0, 1, -0.1])
def test_impossible_width(width: float) -> None:
    with pytest.raises(ScenarioError, match="带宽"):
        settlement_bands(width=width)


def test_growth_factor_adds_up() -> None:
    growth = growth_factor(0.03, 0.02, 0.01, 0.005, floor=0.95, cap=1.10)
    assert growth.factor == pytest.approx(1.065)
    assert list(growth.parts) == ["volume", "quality", "price", "case_mix", "clip"]
    assert growth.bound is None
    assert float(growth) == growth.factor
    product = growth_factor(0.03, 0.02, 0.01, form="multiplicative", floor=0.95, cap=1.10)
    assert product.factor == pytest.approx(1.03 * 1.02 * 1.01)


@given(*[st.floats(-0.3, 0.3)] * 4, st.sampled_from(["additive", "multiplicative"]), st.floats(0.5, 1.0), st.floats(1.0, 1.5))
def test_growth_parts_sum_exactly(volume: float, quality: float, price: float, mix: float, form: str, floor: float, cap: float) -> None:
    growth = growth_factor(volume, quality, price, mix, form=form, floor=floor, cap=cap)  # type: ignore[arg-type]
    total = 1.0
    for part in growth.parts.values():
        total += part
    assert total == pytest.approx(growth.factor, abs=1e-15)
    assert floor <= growth.factor <= cap
    assert growth.bound == ("cap" if growth.unclipped > cap else "floor" if growth.unclipped < floor else None)


@pytest.mark.parametrize(
    "arguments",
    [
        {"floor": 1.1, "cap": 1.0},
        {"floor": -0.1, "cap": 1.0},
        {"floor": 0.9, "cap": math.inf},
        {"floor": 0.9, "cap": 1.1, "form": "other"},
        {"floor": 0.9, "cap": 1.1, "volume": math.nan},
        {"floor": 0.9, "cap": 1.1, "price": -1.5},
    ],
)
def test_impossible_growth_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"增速"):
        growth_factor(**{"volume": 0.0, "quality": 0.0, "price": 0.0, **arguments})  # type: ignore[arg-type]


def test_budgets_within_and_above_the_county_fund() -> None:
    bases, factors = {"A": 100.0, "B": 300.0}, {"A": growth_factor(0.1, 0, 0, floor=0.9, cap=1.2), "B": 1.0}
    assert community_budgets(bases, factors) == {"A": 110.0, "B": 300.0}
    assert community_budgets(bases, factors, available=500, reserve=0.05) == {"A": 110.0, "B": 300.0}
    scaled = community_budgets(bases, factors, available=400, reserve=0.05)
    assert scaled["A"] + scaled["B"] == pytest.approx(380, abs=1e-9)
    assert scaled["A"] == pytest.approx(380 * 110 / 410, abs=0.01)


def test_budgets_take_series_and_sequences() -> None:
    assert community_budgets(pd.Series({"A": 100.0}), pd.Series({"A": 1.05})) == {"A": 105.0}
    assert community_budgets([100.0, 200.0], [1.05, 1.0]) == {0: 105.0, 1: 200.0}


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=8),
    st.data(),
    st.floats(0, 0.5),
    st.floats(0.3, 1.5),
)
def test_capped_budgets_sum_to_the_cent_and_growth_never_lowers(cents: list[int], data: st.DataObject, reserve: float, room: float) -> None:
    bases = {str(position): value / 100 for position, value in enumerate(cents)}
    factors = {name: data.draw(st.floats(0.9, 1.2)) for name in bases}
    available = round(sum(bases.values()) * room, 2)
    before = community_budgets(bases, factors, available=available, reserve=reserve)
    limit = math.floor(available * (1 - reserve) * 100 + 1e-6)
    wanted = sum(bases[name] * factors[name] for name in bases) * 100
    spent = sum(round(amount * 100) for amount in before.values())
    assert spent == limit if wanted > limit else spent <= limit + len(bases)
    name = data.draw(st.sampled_from(sorted(bases)))
    after = community_budgets(bases, {**factors, name: factors[name] + 0.01}, available=available, reserve=reserve)
    assert round(after[name] * 100) >= round(before[name] * 100) - 1


@pytest.mark.parametrize(
    "arguments",
    [
        ({"A": -1.0}, {"A": 1.0}, {}),
        ({"A": 1.0}, {"A": -1.0}, {}),
        ({"A": 1.0}, {"B": 1.0}, {}),
        ({"A": math.nan}, {"A": 1.0}, {}),
        ({"A": 1.0}, {"A": 1.0}, {"available": -1}),
        ({"A": 1.0}, {"A": 1.0}, {"available": 1, "reserve": 1}),
        (1.0, {"A": 1.0}, {}),
        ("A", {"A": 1.0}, {}),
    ],
)
def test_impossible_budgets_are_refused(arguments: tuple[object, object, dict[str, float]]) -> None:
    with pytest.raises(ScenarioError):
        community_budgets(arguments[0], arguments[1], **arguments[2])  # type: ignore[arg-type]


def test_base_and_fund_ratio() -> None:
    assert weighted_base([100, 110, 120], [2, 3, 5]) == pytest.approx(113)
    assert weighted_base([100, 110, 120], [1, 1, 1]) == pytest.approx(110)
    assert fund_base_amount(113, 60, 100) == pytest.approx(67.8)


@pytest.mark.parametrize("arguments", [([1.0], [1, 2]), ([], []), ([1.0], [0.0]), ([1.0], [-1.0]), ([-1.0], [1.0]), ([1.0], [math.inf])])
def test_impossible_bases(arguments: tuple[list[float], list[float]]) -> None:
    with pytest.raises(ScenarioError):
        weighted_base(*arguments)


@pytest.mark.parametrize(("paid", "cost"), [(1, 0), (2, 1)])
def test_impossible_fund_ratio(paid: float, cost: float) -> None:
    with pytest.raises(ScenarioError, match="基金支付比例"):
        fund_base_amount(100, paid, cost)


@pytest.mark.parametrize(("score", "gate"), [(100, 1), (90, 1), (89.9, 0.9), (80, 0.9), (60, 0.7), (59.9, 0)])
def test_appraisal_gate(score: float, gate: float) -> None:
    assert appraisal_gate(score) == gate


@pytest.mark.parametrize(
    "arguments", [(math.nan,), (101,), (-1,), (90, (90,), (1.0, 0.9)), (90, (80, 90), (1.0, 0.9)), (90, (90,), (1.1,))]
)
def test_impossible_gates(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ScenarioError):
        appraisal_gate(*arguments)  # type: ignore[arg-type]


def test_default_bands_are_those_of_the_worked_example() -> None:
    assert [(band.lower, band.upper, band.share) for band in DEFAULT_BANDS] == [
        (0.0, 0.85, 0.0),
        (0.85, 1.0, 0.85),
        (1.0, 1.15, 0.85),
        (1.15, math.inf, 1.0),
    ]


def test_errors_speak_to_readers() -> None:
    with pytest.raises(ScenarioError) as caught:
        settle(-1, 0)
    assert isinstance(caught.value, ValueError)
    assert caught.value.what() == "预算为负数：-1"
    assert "元" in caught.value.remedy()


def test_decimals_and_numbers_of_numpy_are_numbers() -> None:
    exact = growth_factor(Decimal("0.03"), np.float64(0.01), Decimal("0.02"), floor=Decimal("0.95"), cap=1.1)  # type: ignore[arg-type]
    assert exact.factor == pytest.approx(1.06)
    budgets = community_budgets(
        {"a": Decimal("100.10"), "b": 200}, {"a": Decimal("1.05"), "b": exact}, available=300, reserve=Decimal("0.05")
    )  # type: ignore[arg-type, dict-item]
    assert round(sum(budgets.values()), 2) == 285.0
    assert settle(Decimal(100), Decimal(90), quality=Decimal("0.9")).community == pytest.approx(7.65)  # type: ignore[arg-type]


def test_one_factor_for_all_communities() -> None:
    assert community_budgets({"a": 100.0, "b": 200.0}, 1.05) == {"a": 105.0, "b": 210.0}
    assert community_budgets([100.0, 200.0], growth_factor(0.03, 0, 0, floor=0.9, cap=1.1)) == {0: 103.0, 1: 206.0}
    assert community_budgets(np.array([100.0]), np.array([2.0])) == {0: 200.0}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bands",
    [
        [(0, 0.85, 0), (0.85, 1, 0.85), (1, 1.15, 0.85), (1.15, None, 1)],
        [{"lower": band.lower, "upper": band.upper, "share": band.share} for band in DEFAULT_BANDS],
        [SimpleNamespace(lower=band.lower, upper=band.upper, share=band.share) for band in DEFAULT_BANDS],
    ],
)
def test_bands_in_other_shapes(bands: list[object]) -> None:
    for actual in (0, 80, 85, 90, 100, 107, 115, 120):
        assert settle(100, actual, bands=bands).community == settle(100, actual).community


@pytest.mark.parametrize(("actual", "community"), [(85, 7.5), (90, 6.0), (100, 0.0), (110, -5.0), (130, -25.0), (0, 7.5)])
def test_edges_of_uneven_bands(actual: float, community: float) -> None:
    bands = [(0, 0.85, 0), (0.85, 0.9, 0.3), (0.9, 1, 0.6), (1, 1.1, 0.5), (1.1, math.inf, 1)]
    assert settle(100, actual, bands=bands).community == pytest.approx(community, abs=1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: growth_factor("a", 0, 0, floor=0.9, cap=1.1),  # type: ignore[arg-type]
        lambda: growth_factor(0, None, 0, floor=0.9, cap=1.1),  # type: ignore[arg-type]
        lambda: community_budgets({"a": "x"}, {"a": 1}),  # type: ignore[dict-item]
        lambda: settle(100, 90, bands=["abc", 1]),
        lambda: settle(100, 90, bands=[{"lower": 0, "share": 1}]),
        lambda: settle([], 90),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_number_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ScenarioError):
        call()
