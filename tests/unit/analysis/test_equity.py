"""Gini, Lorenz, Theil, agglomeration: worked examples of docs/sources.md, PySAL's ``inequality`` and slow implementations as oracles."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inequality.gini import Gini
from inequality.theil import Theil as OracleTheil
from inequality.theil import TheilD

from dashboard.analysis.equity import agglomeration, coefficient_of_variation, gini, lorenz, theil

POPULATION, BEDS, AREA = [30, 25, 20, 15, 10], [180, 100, 70, 60, 20], [100, 150, 250, 300, 400]
GROUPS = ["west", "west", "west", "east", "east"]

positive = st.floats(0.01, 1e6)
zones = st.lists(st.tuples(positive, positive), min_size=1, max_size=12)


def slow_gini(resource: list[float], population: list[float]) -> float:
    """Half the relative mean difference of resource per head between every two people."""
    people, total = sum(population), sum(resource)
    heads = [r / p for r, p in zip(resource, population, strict=True)]
    difference = sum(p * q * abs(a - b) for a, p in zip(heads, population, strict=True) for b, q in zip(heads, population, strict=True))
    return difference / (2 * people**2 * (total / people))


def test_gini_golden_numbers() -> None:
    assert gini(BEDS, POPULATION) == pytest.approx(0.1535, abs=5e-5)
    assert gini(BEDS, AREA) == pytest.approx(0.5669, abs=5e-5)


def test_lorenz_runs_from_the_origin_poorest_first() -> None:
    curve = lorenz(pd.Series(BEDS, index=list("abcde")), POPULATION)
    assert curve["unit"].tolist()[1:] == ["e", "c", "b", "d", "a"]
    assert list(curve.loc[0, ["population_share", "resource_share"]]) == [0, 0]
    assert curve["population_share"].tolist() == pytest.approx([0, 0.1, 0.3, 0.55, 0.7, 1])
    assert curve["resource_share"].tolist() == pytest.approx([0, 20 / 430, 90 / 430, 190 / 430, 250 / 430, 1])
    assert curve["per_head"].tolist()[1:] == [2, 3.5, 4, 4, 6]


@settings(deadline=None, max_examples=40)
@given(zones)
def test_gini_agrees_with_the_mean_difference(pairs: list[tuple[float, float]]) -> None:
    resource, population = [r for r, _ in pairs], [p for _, p in pairs]
    value = gini(resource, population)
    assert value == pytest.approx(slow_gini(resource, population), abs=1e-9)
    assert 0 <= value < 1
    assert gini([r * 1000 for r in resource], population) == pytest.approx(value, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.lists(positive, min_size=2, max_size=20))
def test_gini_agrees_with_pysal_for_equal_populations(resource: list[float]) -> None:
    # PySAL's Gini of individuals is the same as ours of equally large zones.
    assert gini(resource, [1] * len(resource)) == pytest.approx(Gini(np.array(resource)).g, abs=1e-8)


def test_a_single_zone_and_equal_zones_are_equal() -> None:
    assert gini([5], [3]) == 0
    assert gini([2, 4, 6], [1, 2, 3]) == pytest.approx(0)


def test_a_zone_without_population_comes_last() -> None:
    curve = lorenz([5, 5], [0, 10])
    assert curve["unit"].tolist()[1:] == [1, 0]
    assert math.isnan(curve["per_head"].iloc[-1])
    assert gini([5, 5], [0, 10]) == pytest.approx(0.5)


def test_missing_and_empty_zones_are_left_out() -> None:
    assert gini([*BEDS, None, 7, 0], [*POPULATION, 9, None, 0]) == pytest.approx(gini(BEDS, POPULATION))


@pytest.mark.parametrize(("resource", "population"), [([0, 0], [1, 2]), ([1, 2], [0, 0]), ([], []), ([None], [1])])
def test_nothing_to_share_is_missing(resource: list[float], population: list[float]) -> None:
    assert math.isnan(gini(resource, population))
    assert len(lorenz(resource, population)) == 1
    result = theil(resource, population, groups=["g"] * len(resource))
    assert math.isnan(result.total)
    assert math.isnan(result.between)
    assert math.isnan(result.within)


def test_negative_figures_are_refused() -> None:
    with pytest.raises(ValueError, match="population"):
        gini([1, 2], [1, -2])


def test_theil_t_golden_numbers() -> None:
    result = theil(BEDS, POPULATION, GROUPS)
    assert result.total == pytest.approx(0.04670, abs=5e-6)
    assert result.between == pytest.approx(0.01249, abs=5e-6)
    assert result.within == pytest.approx(0.03421, abs=5e-6)
    assert result.between_share == pytest.approx(0.2675, abs=5e-5)
    assert result.within_share == pytest.approx(0.7325, abs=5e-5)
    assert result.weight == "population"
    assert result.by_group["contribution"].sum() == pytest.approx(result.within)


def test_theil_t_is_population_weighted_and_l_resource_weighted() -> None:
    shares = [(p / 100, r / 430) for p, r in zip(POPULATION, BEDS, strict=True)]
    assert theil(BEDS, POPULATION, form="T").total == pytest.approx(sum(p * math.log(p / y) for p, y in shares))
    assert theil(BEDS, POPULATION, form="L").total == pytest.approx(sum(y * math.log(y / p) for p, y in shares))
    assert theil(BEDS, POPULATION, form="L").weight == "resource"
    # The two forms are each other's mirror.
    assert theil(POPULATION, BEDS, GROUPS, "T").between == pytest.approx(theil(BEDS, POPULATION, GROUPS, "L").between)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(positive, st.sampled_from("xyz")), min_size=2, max_size=15))
def test_form_l_agrees_with_pysal_for_equal_populations(pairs: list[tuple[float, str]]) -> None:
    resource, groups = np.array([r for r, _ in pairs]), np.array([g for _, g in pairs])
    ours, oracle = theil(resource, np.ones(len(resource)), groups, form="L"), TheilD(resource, groups)
    assert ours.total == pytest.approx(OracleTheil(resource).T, abs=1e-9)
    assert ours.between == pytest.approx(np.squeeze(oracle.bg), abs=1e-9)
    assert ours.within == pytest.approx(np.squeeze(oracle.wg), abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(positive, positive, st.sampled_from("xyz")), min_size=1, max_size=12), st.sampled_from(["T", "L"]))
def test_theil_parts_add_up_and_are_not_negative(rows: list[tuple[float, float, str]], form: str) -> None:
    resource, population, groups = (list(column) for column in zip(*rows, strict=True))
    result = theil(resource, population, groups, form)  # type: ignore[arg-type]
    assert result.between + result.within == pytest.approx(result.total, abs=1e-9)
    assert min(result.between, result.within, result.total) >= 0


def test_theil_without_groups_is_all_within() -> None:
    result = theil(BEDS, POPULATION)
    assert result.between == 0
    assert result.within == pytest.approx(result.total)
    assert result.by_group.empty


def test_theil_of_one_zone_or_equal_zones_is_zero() -> None:
    single = theil([5], [3], ["g"])
    assert (single.total, single.between, single.within) == (0, 0, 0)
    assert math.isnan(single.between_share)
    assert math.isnan(single.within_share)


def test_a_zone_without_resource_makes_form_t_undefined_but_not_form_l() -> None:
    population_weighted = theil({"a": 0, "b": 4, "c": 4}, [1, 1, 2], ["g", "g", "h"])
    assert math.isnan(population_weighted.total)
    assert math.isnan(population_weighted.within)
    assert population_weighted.between == pytest.approx(0)
    assert population_weighted.undefined == ("a",)
    resource_weighted = theil([0, 4, 4], [1, 1, 2], ["g", "g", "h"], form="L")
    assert resource_weighted.total == pytest.approx(0.5 * math.log(2))
    assert resource_weighted.undefined == ()


def test_a_whole_group_without_resource() -> None:
    t = theil([0, 4], [1, 1], ["g", "h"])
    assert math.isnan(t.between)
    resource_weighted = theil([0, 4], [1, 1], ["g", "h"], form="L")
    assert resource_weighted.between == pytest.approx(math.log(2))
    assert resource_weighted.within == 0
    assert resource_weighted.by_group.loc["g", "contribution"] == 0


def test_a_zone_without_population_makes_form_l_undefined_but_not_form_t() -> None:
    assert math.isnan(theil([1, 4], [0, 4], form="L").total)
    assert theil([1, 4], [0, 4], form="T").total == pytest.approx(math.log(5 / 4))


def test_a_zone_without_group_is_left_out() -> None:
    assert theil([*BEDS, 99], [*POPULATION, 1], [*GROUPS, None]).total == pytest.approx(theil(BEDS, POPULATION).total)


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="form"):
        theil(BEDS, POPULATION, form="M")  # type: ignore[arg-type]


def test_the_weighting_is_named_and_the_letters_of_chinese_papers_keep_working() -> None:
    """By hand on [1, 3] over [1, 1]: shares ¼ and ¾ of the resource, ½ each of the people."""
    by_people = 0.5 * math.log(0.5 / 0.25) + 0.5 * math.log(0.5 / 0.75)
    by_resource = 0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5)
    assert theil([1, 3], [1, 1], weight="population").total == pytest.approx(by_people)
    assert theil([1, 3], [1, 1], weight="resource").total == pytest.approx(by_resource)
    assert theil([1, 3], [1, 1]).weight == "population"
    for weight, form in (("population", "T"), ("resource", "L")):
        named = theil(BEDS, POPULATION, GROUPS, weight=weight)  # type: ignore[arg-type]
        lettered = theil(BEDS, POPULATION, GROUPS, form)  # type: ignore[arg-type]
        assert (named.total, named.between, named.weight, named.form) == (lettered.total, lettered.between, weight, form)
    assert theil([1, 3], [1, 1], form="L", weight="resource").total == pytest.approx(by_resource)


def test_an_unknown_weighting_and_a_contradiction_are_refused() -> None:
    with pytest.raises(ValueError, match="weight"):
        theil(BEDS, POPULATION, weight="area")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="T"):
        theil(BEDS, POPULATION, form="T", weight="resource")


def test_agglomeration_golden_numbers() -> None:
    result = agglomeration(BEDS, POPULATION, AREA)
    assert result["hrad_to_pad"].round(3).tolist() == [1.395, 0.930, 0.814, 0.930, 0.465]
    assert result["hrad"].iloc[0] == pytest.approx((180 / 430) / (100 / 1200))
    assert result["pad"].iloc[0] == pytest.approx(0.3 / (100 / 1200))
    assert (result["hrad_minus_pad"] - (result["hrad"] - result["pad"])).abs().max() < 1e-12


def test_agglomeration_where_a_figure_or_the_ground_is_missing() -> None:
    result = agglomeration([1, None, 2, 3], [1, 2, 0, 3], {"a": 1, "b": 1, "c": 1, "d": 0})
    assert result.loc["b"].isna().all()
    assert result.loc["d"].isna().all()
    assert math.isnan(result["hrad_to_pad"]["c"])
    assert result.loc["c", "hrad"] == pytest.approx((2 / 6) / (1 / 2))
    assert agglomeration([0], [1], [1])["hrad"].isna().all()


def test_coefficient_of_variation() -> None:
    assert coefficient_of_variation([2, 4, None, 6]) == pytest.approx(0.5)
    assert math.isnan(coefficient_of_variation([3]))
    assert math.isnan(coefficient_of_variation([-1, 1]))
