"""Allocation by hand, against filling the cheapest first, against the programme with unmet need written out; prices by perturbation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dashboard.analysis.allocation import Allocation, Infeasible, minimise_unmet_need


def solved(*arguments: object, **named: object) -> Allocation:
    result = minimise_unmet_need(*arguments, **named)  # type: ignore[arg-type]
    assert isinstance(result, Allocation)
    assert result.feasible
    return result


def test_money_goes_where_a_unit_is_cheapest() -> None:
    result = solved({"a": 10, "b": 20, "c": 5}, {"a": 4, "b": 20, "c": 2}, {"a": 1, "b": 1, "c": 2}, 7)
    assert result.allocation.to_dict() == pytest.approx({"a": 6, "b": 0, "c": 0.5})
    assert result.unmet_need.to_dict() == pytest.approx({"a": 0, "b": 0, "c": 2.5})
    assert (result.unmet_before, result.total_unmet, result.spent) == pytest.approx((9, 2.5, 7))
    assert [limit.kind for limit in result.binding] == ["budget"]
    assert result.budget_price == pytest.approx(0.5)


def test_when_all_need_is_met_nothing_binds_and_money_stays() -> None:
    result = solved([10, 5], [4, 9], 2.0, 1000)
    assert result.allocation.tolist() == [6, 0]
    assert result.spent == 12
    assert result.binding == ()
    assert result.budget_price == 0


def test_an_upper_bound_is_named() -> None:
    result = solved({"a": 10, "b": 20, "c": 5}, {"a": 4, "b": 20, "c": 2}, 1, 100, bounds=(0, 2))
    assert result.allocation.tolist() == [2, 0, 2]
    assert {(limit.kind, limit.place, limit.price) for limit in result.binding} == {("upper", "a", 1.0), ("upper", "c", 1.0)}


def test_a_lower_bound_that_wastes_money_is_named() -> None:
    result = solved([10, 20], [4, 20], 1, 5, bounds=[(0, None), (2, 3)])
    assert result.allocation.tolist() == [3, 2]
    assert {(limit.kind, limit.place) for limit in result.binding} == {("budget", None), ("lower", 1)}


def test_bounds_as_a_frame_are_matched_by_label() -> None:
    bounds = pd.DataFrame({"lower": [0, None], "upper": [None, 1]}, index=["b", "a"])
    result = solved(pd.Series({"a": 9, "b": 9}), [0, 0], 1, 100, bounds=bounds)
    assert result.allocation.to_dict() == {"a": 1, "b": 9}


def test_infeasible_is_its_own_result_with_the_reason() -> None:
    crossed = minimise_unmet_need({"a": 10}, {"a": 4}, 1, 5, bounds=(6, 2))
    assert crossed == Infeasible("bounds", places=("a",))
    poor = minimise_unmet_need([10], [4], 1, 5, bounds=(6, None))
    assert poor == Infeasible("budget", shortfall=1.0)
    assert not poor.feasible


def test_a_place_with_a_missing_figure_is_left_out() -> None:
    result = solved([10, None, 5], [4, 1, 2], 1, 100)
    assert result.allocation.isna().tolist() == [False, True, False]
    assert result.unmet_need.isna().tolist() == [False, True, False]
    assert result.total_unmet == 0
    assert solved([], [], 1, 5).total_unmet == 0


def test_free_units_and_no_money() -> None:
    assert solved([10, 10], [0, 0], [0, 1], 0).allocation.tolist() == [10, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"budget": -1}, "budget"), ({"bounds": [(0, 1)] * 3}, "bounds"), ({"need": [-1, 2]}, "need"), ({"unit_cost": [1]}, "unit_cost")],
)
def test_wrong_arguments_are_named(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"need": [1, 2], "supply": [0, 0], "unit_cost": 1, "budget": 1} | change
    with pytest.raises(ValueError, match=message):
        minimise_unmet_need(**arguments)  # type: ignore[arg-type]


places = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 9)), min_size=1, max_size=7)


@settings(deadline=None, max_examples=40)
@given(places, st.integers(0, 300))
def test_agrees_with_filling_the_cheapest_first(rows: list[tuple[int, int, int]], budget: int) -> None:
    result = solved([n for n, _, _ in rows], [s for _, s, _ in rows], [c for _, _, c in rows], budget)
    left, unmet = float(budget), 0.0
    for need, supply, cost in sorted(rows, key=lambda row: row[2]):
        gap = max(need - supply, 0)
        added = min(gap, left / cost)
        left, unmet = left - added * cost, unmet + gap - added
    assert result.total_unmet == pytest.approx(unmet, abs=1e-6)
    assert result.spent <= budget + 1e-6


@settings(deadline=None, max_examples=40)
@given(places, st.integers(0, 300), st.integers(0, 3), st.integers(0, 9))
def test_agrees_with_the_programme_that_names_unmet_need(rows: list[tuple[int, int, int]], budget: int, low: int, more: int) -> None:
    need, supply, cost = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    result = minimise_unmet_need(need, supply, cost, budget, bounds=(low, low + more))
    size = len(need)
    table = np.vstack([np.hstack([-np.eye(size), -np.eye(size)]), np.concatenate([cost, np.zeros(size)])])
    oracle = linprog(
        [0.0] * size + [1.0] * size,
        table,
        np.append(supply - need, budget),
        bounds=[(low, low + more)] * size + [(0, None)] * size,
    )
    assert result.feasible == oracle.success
    if isinstance(result, Allocation):
        assert result.total_unmet == pytest.approx(oracle.fun, abs=1e-6)
        assert result.allocation.between(low - 1e-7, low + more + 1e-7).all()


def test_prices_are_what_loosening_a_limit_brings() -> None:
    need, supply, cost = [30, 20, 10], [5, 5, 5], [2, 3, 4]
    bounds = [(0, 10), (0, None), (2, None)]
    base = solved(need, supply, cost, 40, bounds)
    richer = solved(need, supply, cost, 41, bounds)
    assert base.budget_price == pytest.approx(base.total_unmet - richer.total_unmet)
    prices = {(limit.kind, limit.place): limit.price for limit in base.binding}
    looser = solved(need, supply, cost, 40, [(0, 11), *bounds[1:]])
    assert prices["upper", 0] == pytest.approx(base.total_unmet - looser.total_unmet)
    lower = solved(need, supply, cost, 40, [*bounds[:2], (1, None)])
    assert prices["lower", 2] == pytest.approx(base.total_unmet - lower.total_unmet)
