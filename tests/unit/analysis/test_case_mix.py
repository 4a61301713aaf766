"""Case mix: worked examples, slow second implementations, parts that add up to the cent, and how often chance alone would speak."""

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from dashboard.analysis.case_mix import (
    ACTION_Z,
    WARNING_Z,
    coding_shift,
    days_between,
    indices,
    mean_change,
    mean_limits,
    mean_overdispersion,
    ratio_limits,
    ratio_overdispersion,
    relative_spread,
    spread_over_months,
    standardised,
    standardised_ratio,
    standardised_within,
    unit_indices,
    within_by_item,
)

CASES = pd.DataFrame(
    {
        "group": ["A", "B"],
        "cases": [60, 40],
        "cost": [60 * 6_600.0, 40 * 16_200.0],
        "days": [60 * 5.4, 40 * 11.0],
        "weight": [0.8, 2.0],
        "low_risk": [True, False],
        "deaths": [0, 1],
    }
)
REFERENCE = pd.DataFrame({"group": ["A", "B"], "mean_cost": [6_000.0, 18_000.0], "mean_days": [6.0, 10.0]})
BEFORE = pd.DataFrame({"group": ["A", "B"], "cases": [70, 30], "mean": [6_000.0, 18_000.0]})
AFTER = pd.DataFrame({"group": ["A", "B"], "cases": [60, 40], "mean": [6_600.0, 16_200.0]})


def test_the_indices_of_the_worked_hospital() -> None:
    found = indices(CASES, REFERENCE)
    assert (found.groups, found.cases, found.weight) == (2, 100, 128)
    assert found.cmi == pytest.approx(1.28)
    assert found.cost_index == pytest.approx(1.02)
    assert found.time_index == pytest.approx(0.98)
    assert found.low_risk_mortality == 0


def test_rows_of_a_group_are_added_up_and_what_is_unknown_is_left_out() -> None:
    halves = pd.concat([CASES.assign(cases=CASES["cases"] / 2, cost=CASES["cost"] / 2, days=CASES["days"] / 2)] * 2)
    assert indices(halves.assign(deaths=[0, 1, 0, 0]), REFERENCE) == indices(CASES, REFERENCE)
    unknown = CASES.assign(days=[324.0, None], weight=[0.8, None], deaths=[None, 1])
    found = indices(unknown, REFERENCE.assign(mean_cost=[6_000.0, 0.0]))
    assert (found.cases, found.cmi) == (60, 0.8)
    assert found.cost_index == pytest.approx(1.1)
    assert found.time_index == pytest.approx(0.9)
    assert math.isnan(found.low_risk_mortality)
    assert indices(CASES.assign(deaths=[3, 0]), REFERENCE).low_risk_mortality == pytest.approx(0.05)


def test_nothing_treated_has_no_indices() -> None:
    nothing = indices(CASES.assign(cases=0), REFERENCE)
    assert nothing.groups == 0
    assert math.isnan(nothing.cmi)
    assert math.isnan(nothing.cost_index)
    with pytest.raises(ValueError, match="twice"):
        indices(CASES, pd.concat([REFERENCE, REFERENCE]))
    with pytest.raises(ValueError, match="negative"):
        indices(CASES.assign(cost=-1), REFERENCE)


def _slow_indices(rows: list[dict], reference: dict) -> tuple[float, float, float]:
    cases = weight = cost = time = 0.0
    for row in rows:
        cases += row["cases"]
        weight += row["cases"] * row["weight"]
        cost += row["cases"] * (row["cost"] / row["cases"]) / reference[row["group"]][0]
        time += row["cases"] * (row["days"] / row["cases"]) / reference[row["group"]][1]
    return weight / cases, cost / cases, time / cases


def test_indices_of_many_units_agree_with_a_loop() -> None:
    rng = np.random.default_rng(1)
    cells = pd.DataFrame(
        {
            "unit": rng.choice(list("xyz"), 300),
            "group": rng.integers(0, 20, 300),
            "cases": rng.integers(1, 50, 300),
            "cost": rng.uniform(1e3, 1e6, 300),
            "days": rng.uniform(1, 400, 300),
            "low_risk": rng.random(300) < 0.3,
            "deaths": rng.integers(0, 2, 300),
        }
    )
    cells["weight"] = 0.4 + cells["group"] / 10
    means = {group: (rng.uniform(3e3, 3e4), rng.uniform(2, 20)) for group in range(20)}
    reference = pd.DataFrame([(group, *pair) for group, pair in means.items()], columns=["group", "mean_cost", "mean_days"])
    found = unit_indices(cells, reference)
    for unit, rows in cells.groupby("unit"):
        slow = _slow_indices(rows.to_dict("records"), means)
        assert found.loc[unit, ["cmi", "cost_index", "time_index"]].to_list() == pytest.approx(slow)
        low = rows[rows["low_risk"]]
        assert found.loc[unit, "low_risk_mortality"] == pytest.approx(low["deaths"].sum() / low["cases"].sum())


def test_the_worked_change_of_a_mean() -> None:
    change = mean_change(BEFORE, AFTER)
    assert (change.before, change.after, change.total) == pytest.approx((9_600, 10_440, 840))
    assert (change.mix, change.within) == pytest.approx((1_080, -240))
    assert change.by_group["within"].to_dict() == pytest.approx({"A": 390, "B": -630})
    assert change.by_group["mix"].to_dict() == pytest.approx({"A": 372, "B": 708})


def test_a_group_that_comes_or_goes_is_case_mix() -> None:
    change = mean_change(BEFORE, pd.DataFrame({"group": ["A", "C"], "cases": [50, 50], "mean": [6_000.0, 30_000.0]}))
    assert change.within == 0
    assert change.mix == pytest.approx(change.total)
    same = mean_change(pd.concat([BEFORE, pd.DataFrame({"group": ["D"], "cases": [0], "mean": [math.nan]})]), AFTER)
    assert same.total == pytest.approx(840)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (BEFORE.assign(cases=0), "no cases"),
        (BEFORE.assign(group="A"), "twice"),
        (BEFORE.assign(cases=[-1, 3]), "negative"),
        (BEFORE.assign(mean=[math.nan, 1]), "no mean"),
    ],
)
def test_a_change_needs_both_periods_whole(broken: pd.DataFrame, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mean_change(broken, AFTER)
    with pytest.raises(ValueError, match=words):
        mean_change(BEFORE, broken)


def _slow_change(before: dict, after: dict) -> tuple[float, float]:
    """Average the two orders in which mix and means can change: mix first at the old means, or last at the new ones."""
    groups = sorted(set(before) | set(after))
    n = [sum(cases for cases, _mean in side.values()) for side in (before, after)]
    share = [[side.get(group, (0, 0))[0] / total for group in groups] for side, total in zip((before, after), n, strict=True)]
    mean = [[(one if group in one else other)[group][1] for group in groups] for one, other in ((before, after), (after, before))]
    dot = lambda left, right: sum(a * b for a, b in zip(left, right, strict=True))  # noqa: E731
    first = dot(share[1], mean[0]) - dot(share[0], mean[0])
    last = dot(share[1], mean[1]) - dot(share[0], mean[1])
    within_first = dot(share[0], mean[1]) - dot(share[0], mean[0])
    within_last = dot(share[1], mean[1]) - dot(share[1], mean[0])
    return (first + last) / 2, (within_first + within_last) / 2


@pytest.mark.no_cover
def test_parts_add_up_far_below_a_cent_for_a_thousand_random_changes() -> None:
    """What they are off by is the rounding of floats alone, a ten-thousandth of what would show: more draws would say no more."""
    rng = np.random.default_rng(20251103)
    worst = worst_groups = worst_items = worst_slow = 0.0
    for trial in range(1_000):
        sides = []
        for _side in range(2):
            size = int(rng.integers(1, 12))
            groups = rng.choice(15, size, replace=False)
            sides.append((groups, rng.integers(1, 5_000, size), rng.uniform(100, 200_000, size)))
        frames = [pd.DataFrame({"group": group, "cases": cases, "mean": mean}) for group, cases, mean in sides]
        change = mean_change(*frames)
        worst = max(worst, abs(change.total - change.mix - change.within))
        worst_groups = max(worst_groups, abs(change.by_group[["mix", "within"]].sum().sum() - change.total))
        amounts = [dict(zip("abcd", rng.uniform(0.01, 1e8, 4), strict=True)) for _side in range(2)]
        worst_items = max(worst_items, abs(within_by_item(change, *amounts).sum() - change.within))
        if trial % 20 == 0:
            slow = _slow_change(*[{g: (c, m) for g, c, m in zip(*side, strict=True)} for side in sides])
            worst_slow = max(worst_slow, abs(slow[0] - change.mix), abs(slow[1] - change.within))
    assert max(worst, worst_groups, worst_items, worst_slow) < 5e-7


def test_what_an_item_adds_inside_the_groups() -> None:
    change = mean_change(BEFORE, AFTER)
    items = within_by_item(change, {"drug": 40.0, "test": 60.0}, {"drug": 30.0, "test": 70.0})
    # drug: 0.30 x 10,440 - 0.40 x 9,600 = -708, of which the mix explains 1,080 x 0.35 = 378
    assert items.to_dict() == pytest.approx({"drug": -1_086, "test": 846})
    assert items.sum() == pytest.approx(change.within)
    with pytest.raises(ValueError, match="other items"):
        within_by_item(change, {"drug": 1.0}, {"test": 1.0})
    with pytest.raises(ValueError, match="no amounts"):
        within_by_item(change, {"drug": 0.0}, {"drug": 1.0})


def test_the_worked_ratio() -> None:
    found = standardised_ratio(12, 8)
    assert found.ratio == 1.5
    assert (round(found.low, 3), round(found.high, 3)) == (0.774, 2.620)
    none = standardised_ratio(0, 8)
    assert (none.ratio, none.low) == (0, 0)
    assert none.high == pytest.approx(3.7 / 8, rel=0.02)  # exact Poisson: 3.689
    assert math.isnan(standardised_ratio(3, 0).ratio)


@given(st.integers(5, 400), st.floats(0.5, 500))
def test_byar_holds_the_ratio_and_lies_near_the_exact_interval(observed: int, expected: float) -> None:
    found = standardised_ratio(observed, expected)
    assert found.low < found.ratio < found.high
    assert poisson.sf(observed - 1, found.low * expected) == pytest.approx(0.025, abs=0.01)
    assert poisson.cdf(observed, found.high * expected) == pytest.approx(0.025, abs=0.01)


def test_indirect_standardisation_by_hand() -> None:
    cells = pd.DataFrame(
        {
            "unit": ["x", "x", "y", "y", "z"],
            "group": ["A", "B", "A", "B", "A"],
            "cases": [10, 30, 30, 10, 5],
            "cost": [100, 900, 240, 500, None],
        }
    )
    found = standardised(cells, "cost")
    # A: 340 / 40 = 8.5; B: 1,400 / 40 = 35
    assert found["expected"].to_dict() == pytest.approx({"x": 1_135, "y": 605})
    assert found["expected"].sum() == pytest.approx(found["observed"].sum())
    assert found.loc["x", "ratio"] == pytest.approx(1_000 / 1_135)


def test_ratio_limits_are_poisson_quantiles_and_widen_with_overdispersion() -> None:
    limits = ratio_limits([5.0, 50.0, 500.0, 0.0], WARNING_Z)
    assert limits["upper"].dropna().is_monotonic_decreasing
    assert limits.iloc[3].isna().all()
    low, high = poisson.ppf(0.025, 50), poisson.ppf(0.975, 50)
    assert low - 1 <= limits.loc[1, "lower"] * 50 <= low
    assert high - 1 <= limits.loc[1, "upper"] * 50 <= high
    wide = ratio_limits([50.0], WARNING_Z, 2.0)
    assert wide.loc[0, "upper"] == pytest.approx(1 + 1.96 * math.sqrt(2 / 50))
    assert wide.loc[0, "lower"] == pytest.approx(1 - 1.96 * math.sqrt(2 / 50))
    with pytest.raises(ValueError, match="overdispersion"):
        ratio_limits([1.0], 2.0, 0.5)
    assert ratio_overdispersion([5, 100], [5, 100]) == 1.0
    assert ratio_overdispersion([5.0, 20, 150, 40] * 2, [10.0, 10, 100, 80] * 2) > 1
    assert ratio_overdispersion([5.0, 20, 150, 40], [10.0, 10, 100, 80]) == 1.0  # too few units to tell


def test_chance_alone_leaves_the_funnel_as_often_as_its_lines_say() -> None:
    """On counties in which every hospital is like all others, 5 % and 0.2 % of the checks lie outside: the rates that the page states."""
    rng = np.random.default_rng(7)
    expected = rng.uniform(20, 300, 40_000)
    ratios = rng.poisson(expected) / expected
    for z, rate in ((WARNING_Z, 0.05), (ACTION_Z, 0.002)):
        limits = ratio_limits(expected, z)
        outside = ((ratios < limits["lower"]) | (ratios > limits["upper"])).mean()
        assert outside == pytest.approx(rate, rel=0.25)


def test_the_spread_of_a_case_is_found_from_sums_and_its_limits_hold() -> None:
    rng = np.random.default_rng(3)
    cases = rng.integers(5, 60, 6_000)
    unit, group = rng.integers(0, 10, 6_000), rng.integers(0, 20, 6_000)
    mean = 5_000 * (1 + group / 5)
    cells = pd.DataFrame(
        {"unit": unit, "group": group, "cases": cases, "cost": cases * mean * (1 + rng.normal(0, 0.5, 6_000) / np.sqrt(cases))}
    )
    assert relative_spread(cells) == pytest.approx(0.5, rel=0.03)
    limits = mean_limits([100, 0], 0.5, 2.0, 4.0)
    assert limits.loc[0].to_dict() == pytest.approx({"lower": 0.8, "upper": 1.2})
    assert limits.loc[1].isna().all()
    found = standardised(cells, "cost")
    assert mean_overdispersion(found["ratio"], found["cases"], 0.5) < 2.5
    assert mean_overdispersion(found["ratio"], found["cases"], math.nan) == 1.0
    assert math.isnan(relative_spread(cells.drop_duplicates(["unit", "group"])))


def test_days_between_rare_events() -> None:
    first = datetime.date(2024, 1, 1)
    gaps = [20, 31, 12, 44, 25, 28, 9, 36, 22, 27, 18, 33, 30]
    dates = [first + datetime.timedelta(days=int(day)) for day in np.cumsum([0, *gaps])]
    chart = days_between(dates, dates[-1] + datetime.timedelta(days=400))
    assert chart.days.tolist() == gaps
    assert 9 < chart.centre < 44
    assert chart.lower < 9
    assert chart.upper > 44
    assert set(chart.marks) == {"common"}
    assert (chart.open_days, chart.open_mark) == (400, "special_high")
    assert days_between(dates, dates[-1] + datetime.timedelta(days=10)).open_mark == "common"
    assert days_between(reversed(dates)).days.tolist() == gaps  # type: ignore[arg-type]
    assert math.isnan(days_between(dates).open_days)


def test_days_between_needs_events() -> None:
    assert days_between([]).open_mark == "insufficient"
    one = days_between([datetime.date(2024, 1, 1)], datetime.date(2024, 2, 1))
    assert (len(one.days), one.open_days, one.open_mark) == (0, 31, "insufficient")
    assert math.isnan(one.upper)


@pytest.mark.no_cover
def test_the_time_chart_speaks_rarely_when_nothing_happens() -> None:
    """Exponential gaps, 20 a series: a point beyond the limits in well under one series of five (stated on the page as chance)."""
    rng = np.random.default_rng(11)
    outside = 0
    for _series in range(200):
        dates = [datetime.date(2020, 1, 1) + datetime.timedelta(days=int(day)) for day in np.cumsum(rng.exponential(40, 21))]
        chart = days_between(dates)
        outside += int(((chart.days > chart.upper) | (chart.days < chart.lower)).sum())
    assert outside / (200 * 20) < 0.01


def test_events_of_a_month_are_spread_over_it() -> None:
    counts = pd.Series([2.0, 0.0, None, 1.0], index=pd.DatetimeIndex(["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]))
    assert spread_over_months(counts) == [datetime.date(2024, 1, 8), datetime.date(2024, 1, 24), datetime.date(2024, 4, 16)]


def _coded(mild: int, hard: int, other: int) -> pd.DataFrame:
    return pd.DataFrame({"group": ["E1", "E2", "X"], "core": ["E", "E", "X"], "cases": [mild, hard, other], "weight": [0.8, 1.3, 2.0]})


def test_heavier_coding_is_told_from_other_diseases() -> None:
    shift = coding_shift(_coded(80, 20, 100), _coded(50, 50, 100))
    # core E: mean 0.90 to 1.05, half of all cases
    assert (shift.before, shift.after) == pytest.approx((1.45, 1.525))
    assert (shift.mix, shift.coding) == pytest.approx((0, 0.075))
    assert shift.error == pytest.approx(0.5 * math.sqrt(0.25 * (0.16 + 0.25) / 100))
    assert shift.z == pytest.approx(shift.coding / shift.error)
    moved = coding_shift(_coded(80, 20, 100), _coded(40, 10, 150))
    assert moved.coding == pytest.approx(0)
    assert moved.mix == pytest.approx(moved.total)


def test_without_pairs_of_groups_nothing_can_be_said_of_coding() -> None:
    alone = _coded(80, 0, 100)
    assert math.isnan(coding_shift(alone, alone.assign(cases=[10, 0, 100])).z)


@pytest.mark.no_cover
def test_chance_alone_calls_coding_heavier_as_rarely_as_stated() -> None:
    rng = np.random.default_rng(5)
    found = []
    for _trial in range(600):
        sides = [_coded(*rng.multinomial(400, [0.4, 0.1, 0.5])) for _side in range(2)]
        found.append(abs(coding_shift(*sides).z) > WARNING_Z)
    assert np.mean(found) == pytest.approx(0.05, abs=0.025)


@pytest.mark.no_cover
def test_a_county_without_any_story_raises_no_more_alarms_than_stated() -> None:
    """Sixty wards of ten hospitals, thirty groups of different risk, nothing the matter: the whole way that the page goes, 150 times."""
    rng = np.random.default_rng(23)
    ward, group = (grid.ravel() for grid in np.meshgrid(np.arange(60), np.arange(30), indexing="ij"))
    risk = np.linspace(0.005, 0.06, 30)
    judged = warned = acted = 0
    for _trial in range(150):
        cases = rng.poisson(25, len(ward))
        cells = pd.DataFrame({"unit": ward, "group": group, "cases": cases, "events": rng.binomial(cases, risk[group])})
        table = standardised(cells, "events")
        factor = ratio_overdispersion(table["observed"], table["expected"])
        beyond = []
        for z in (WARNING_Z, ACTION_Z):
            limits = ratio_limits(table["expected"], z, factor)
            beyond.append(int(((table["ratio"] < limits["lower"]) | (table["ratio"] > limits["upper"])).sum()))
        judged, warned, acted = judged + len(table), warned + beyond[0], acted + beyond[1]
    assert 0.02 < warned / judged < 0.06
    assert acted / judged < 0.003


def _wards(*dear: tuple[str, str]) -> pd.DataFrame:
    """Return wards of six hospitals whose costs are group level × hospital level, those ``dear`` a fifth more; Z treats few groups."""
    group_level = {"a": 5_000.0, "b": 9_000.0, "c": 20_000.0}
    hospital_level = {"U": 1.1, "V": 0.9, "W": 1.05, "X": 1.0, "Y": 1.3, "Z": 0.8}
    ward_of, cases = {"a": "D1", "b": "D2", "c": "D3"}, {"a": 40, "b": 70, "c": 15}
    return pd.DataFrame(
        [
            (f"{hospital} {ward_of[group]}", hospital, group, count, count * level * hospital_level[hospital] * extra)
            for hospital in hospital_level
            for group, level in group_level.items()
            for count in (cases[group] * (1 if hospital != "Z" else 5),)
            for extra in (1.2 if (hospital, ward_of[group]) in dear else 1.0,)
            if (hospital, group) != ("Z", "c")
        ],
        columns=["unit", "institution", "group", "cases", "cost"],
    )


def test_a_dear_hospital_and_a_dear_disease_make_no_dear_ward():
    cells = _wards()
    assert standardised(cells, "cost")["ratio"].max() > 1.2
    found = standardised_within(cells, "cost")
    assert found["ratio"].tolist() == pytest.approx([1.0] * 17)
    assert found["observed"].sum() == pytest.approx(found["expected"].sum())


def test_the_dear_ward_is_the_one_that_stands_out():
    found = standardised_within(_wards(("Y", "D2")), "cost")
    assert found["ratio"].idxmax() == "Y D2"
    assert found.loc["Y D2", "ratio"] > 1.04
    sums = found.groupby(found.index.str[0])[["observed", "expected"]].sum()
    assert sums["observed"].tolist() == pytest.approx(sums["expected"].tolist()), "every hospital's sum is met"


def test_wards_without_costs_are_left_out_and_nothing_is_nothing():
    cells = _wards()
    cells.loc[cells["unit"].eq("X D1"), "cost"] = np.nan
    assert "X D1" not in standardised_within(cells, "cost").index
    assert standardised_within(cells.iloc[:0], "cost").empty
    assert standardised_within(cells.assign(cost=0.0), "cost")["ratio"].isna().all()
