"""Gaps against norms, hospitals told to the towns they serve, the fairest of equal allocations."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.gaps import area_difference, fairest_split, rate_gap, shared_by_population, site_gap


def test_rate_gap_rounds_shortage_up_and_excess_down() -> None:
    gap = rate_gap(pd.Series({"a": 30, "b": 39, "c": 50}), {"a": 78_000, "b": 78_000, "c": 78_001}, 5, 10_000)
    assert gap["needed"].tolist() == pytest.approx([39, 39, 39.0005])
    assert gap["short"].tolist() == [9, 0, 0]
    assert gap["over"].tolist() == [0, 0, 10]
    assert gap["difference"].tolist() == pytest.approx([-9, 0, 10.9995])
    assert gap["rate"]["a"] == pytest.approx(30 / 7.8)


def test_rate_gap_without_people_or_figures() -> None:
    gap = rate_gap([3, None, 4], [0, 1000, None], 2, 1000)
    assert math.isnan(gap["rate"][0])
    assert gap.loc[0, ["needed", "short", "over"]].tolist() == [0, 0, 3]
    assert gap.loc[1:].isna().all(axis=None)


@pytest.mark.parametrize(("value", "per"), [(0, 1000), (-1, 1000), (5, 0)])
def test_rate_gap_refuses_a_senseless_norm(value: float, per: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        rate_gap([1], [1], value, per)


def test_site_gap_of_the_xiacheng_norm() -> None:
    # One centre per street, or per 30,000 to 100,000 residents.
    gap = site_gap([1, 1, 0, 3, 1], [92_000, 116_000, 9_000, 50_000, 9_000], 30_000, 100_000, each_zone=True)
    assert gap["fewest"].tolist() == [1, 2, 1, 1, 1]
    assert gap["most"].tolist() == [3, 3, 1, 1, 1]
    assert gap["short"].tolist() == [0, 1, 1, 0, 0]
    assert gap["over"].tolist() == [0, 0, 0, 2, 0]
    assert gap["difference"].tolist() == [0, -1, -1, 2, 0]
    assert math.isnan(gap["people_per_site"][2])


def test_site_gap_of_stations_and_missing_figures() -> None:
    gap = site_gap([9, 12, None], [50_000, 50_000, 50_000], 3_000, 5_000)
    assert gap["short"].tolist()[:2] == [1, 0]
    assert gap.loc[2].isna().all()
    assert site_gap([0], [0], 3_000, 5_000)["short"][0] == 0


@pytest.mark.parametrize("bounds", [(0, 5), (5, 3)])
def test_site_gap_refuses_senseless_bounds(bounds: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="low"):
        site_gap([1], [1], *bounds)


POPULATION = pd.Series({"x": 1, "y": 3, "z": 4})
ZONES = ["A", "A", "B"]


def test_shared_supply_goes_to_the_towns_of_its_group() -> None:
    shared = shared_by_population([10, 4], ["A", None], POPULATION, ZONES)
    assert shared.to_dict() == pytest.approx({"x": 2.5 + 0.5, "y": 7.5 + 1.5, "z": 2})


def test_shared_supply_of_a_group_without_towns_goes_to_all() -> None:
    assert shared_by_population([8], ["C"], POPULATION, ZONES).tolist() == pytest.approx([1, 3, 4])
    empty = shared_by_population([8], ["B"], pd.Series({"x": 1, "z": 0}), ["A", "B"])
    assert empty.tolist() == pytest.approx([8, 0])


def test_shared_supply_with_nobody_there_is_none() -> None:
    assert shared_by_population([8], ["A"], pd.Series({"x": 0.0}), ["A"]).tolist() == [0]


@given(st.lists(st.tuples(st.floats(0, 1e4), st.sampled_from(["A", "B", "C", None])), min_size=1, max_size=6))
def test_shared_supply_adds_up(hospitals: list[tuple[float, str | None]]) -> None:
    amounts, groups = zip(*hospitals, strict=True)
    assert shared_by_population(amounts, groups, POPULATION, ZONES).sum() == pytest.approx(sum(amounts))


def test_fairest_split_raises_the_worst_first() -> None:
    added = fairest_split(pd.Series({"a": 10, "b": 10, "c": 10}), {"a": 2, "b": 4, "c": 9}, 4, 0, {"a": 8, "b": 6, "c": 1})
    assert added.to_dict() == pytest.approx({"a": 3, "b": 1, "c": 0})


def test_fairest_split_keeps_bounds_and_leaves_what_nobody_may_take() -> None:
    assert fairest_split([10, 10], [0, 9], 4, 1, [2, 1]).tolist() == pytest.approx([2, 1])
    assert fairest_split([10, 10], [0, 0], 8, 0, [2, 10]).tolist() == pytest.approx([2, 6])


def test_fairest_split_without_need_or_figures() -> None:
    assert fairest_split([0, 0], [3, 0], 5, 0, [0, 0]).tolist() == [0, 0]
    assert fairest_split([10, None], [2, 1], 3, 0, [8, 8]).tolist() == pytest.approx([3, 0])
    assert fairest_split([], [], 3, 0, []).tolist() == []


@given(st.lists(st.tuples(st.floats(1, 1e3), st.floats(0, 1)), min_size=1, max_size=6), st.floats(0, 1))
def test_fairest_split_spends_what_it_was_given(zones: list[tuple[float, float]], part: float) -> None:
    need = [each[0] for each in zones]
    supply = [amount * share for amount, share in zones]
    room = [amount - have for amount, have in zip(need, supply, strict=True)]
    units = part * sum(room)
    added = fairest_split(need, supply, units, 0, room)
    assert added.sum() == pytest.approx(units, abs=1e-6)
    worst_before = min(have / amount for amount, have in zip(need, supply, strict=True))
    worst_after = min((have + more) / amount for amount, have, more in zip(need, supply, added, strict=True))
    assert worst_after >= worst_before - 1e-9


def test_an_area_is_rounded_once_and_its_zones_do_not_add_up_their_roundings() -> None:
    """Forty towns lack 0.6 of a person each: every town shows 1, the county lacks 24 (40 × 0.6), not 40."""
    gap = rate_gap([4.4] * 40, [10_000] * 40, 5, 10_000)
    assert gap["short"].sum() == 40
    assert area_difference(gap) == -24
    assert area_difference(rate_gap([4.4, 6.0], [10_000, 10_000], 5, 10_000)) == 0  # one has what the other lacks
    assert area_difference(rate_gap([9, 9], [10_000, 10_000], 5, 10_000)) == 8
    assert math.isnan(area_difference(rate_gap([math.nan], [10_000], 5, 10_000)))


def test_sites_are_whole_in_every_zone_and_add_up() -> None:
    assert area_difference(site_gap([0, 3], [40_000, 40_000], 30_000, 100_000, each_zone=True)) == -1
