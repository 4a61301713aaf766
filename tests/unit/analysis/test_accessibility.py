"""2SFCA: the worked example of docs/sources.md, PySAL ``access``'s hospital example, a slow double loop, conservation of supply."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.accessibility import Decay, distance_minutes, floating_catchment, share_without_access, supply_to_demand

SUPPLY = pd.Series({"h1": 50, "h2": 30})
DEMAND = pd.Series({"a": 10_000, "b": 20_000, "c": 15_000})


def ways(*rows: tuple[object, object, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["origin", "destination", "minutes"])


TRAVEL = ways(("a", "h1", 5), ("b", "h1", 12), ("c", "h1", 25), ("a", "h2", 22), ("b", "h2", 8), ("c", "h2", 10))


def slow_catchment(supply: dict, demand: dict, minutes: dict, threshold: float, weight) -> dict:  # type: ignore[no-untyped-def]
    """Two-step floating catchment in plain loops."""

    def reach(place: object, site: object) -> float:
        time = minutes.get((place, site))
        return 0.0 if time is None or time > threshold else weight(time)

    ratios = {}
    for site, beds in supply.items():
        people = sum(reach(place, site) * residents for place, residents in demand.items())
        ratios[site] = beds / people if people else 0.0
    return {place: sum(reach(place, site) * ratios[site] for site in supply) for place in demand}


def test_golden_numbers_per_thousand() -> None:
    access = floating_catchment(SUPPLY, DEMAND, TRAVEL, 15) * 1000
    assert access.round(3).to_dict() == {"a": 1.667, "b": 2.524, "c": 0.857}
    gaussian = floating_catchment(SUPPLY, DEMAND, TRAVEL, 15, "gaussian") * 1000
    assert gaussian.round(3).to_dict() == {"a": 2.933, "b": 1.996, "c": 0.717}


def test_step_one() -> None:
    ratios = supply_to_demand({"h1": 50, "h2": 30, "far": 9}, DEMAND, TRAVEL, 15)
    assert ratios[:2].tolist() == pytest.approx([50 / 30_000, 30 / 35_000])
    assert math.isnan(ratios["far"])


@pytest.mark.parametrize("inbound", [40, 20])
def test_hospital_example_of_pysal_access(inbound: int) -> None:
    # tests/test_hospital_example.py of pysal/access: three tracts, gravity weights 1/minutes, limit 60; scenarios 0 and 1.
    supply, demand = {1: 15, 2: 20, 3: 100}, {1: 100, 2: 50, 3: 10}
    travel = ways((1, 1, 1), (2, 2, 1), (3, 3, 1), (1, 3, inbound), (2, 3, inbound), (3, 1, 40), (3, 2, 40), (1, 2, 80), (2, 1, 80))
    access = floating_catchment(supply, demand, travel, 60, {1: 1, 20: 1 / 20, 40: 1 / 40, 80: 1 / 80})
    minutes = {(row.origin, row.destination): row.minutes for row in travel.itertuples()}
    expected = slow_catchment(supply, demand, minutes, 60, lambda time: 1 / time)
    assert access.to_dict() == pytest.approx(expected)
    # By hand for tract 1 with 40 minutes: 15/(100 + 10/40) + 100/(10 + 100/40 + 50/40)/40.
    if inbound == 40:
        assert access[1] == pytest.approx(15 / 100.25 + 100 / 13.75 / 40)


@pytest.mark.parametrize(
    ("decay", "weight"),
    [
        (None, lambda time: 1.0),
        ("gaussian", lambda time: max((math.exp(-0.5 * (time / 30) ** 2) - math.exp(-0.5)) / (1 - math.exp(-0.5)), 0)),
        ([(20, 0.5), (10, 1)], lambda time: 1.0 if time <= 10 else 0.5 if time <= 20 else 0.0),
    ],
)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_agrees_with_plain_loops(data: st.DataObject, decay: Decay, weight) -> None:  # type: ignore[no-untyped-def]
    places, sites = range(data.draw(st.integers(1, 5))), range(data.draw(st.integers(1, 4)))
    supply = {f"s{site}": data.draw(st.integers(0, 50)) for site in sites}
    demand = {f"p{place}": data.draw(st.integers(0, 900)) for place in places}
    times = st.one_of(st.none(), st.integers(0, 60), st.just(30))
    minutes = {(place, site): data.draw(times) for place in demand for site in supply}
    travel = ways(*((place, site, time) for (place, site), time in minutes.items()))
    access = floating_catchment(supply, demand, travel, 30, decay)
    assert access.to_dict() == pytest.approx(slow_catchment(supply, demand, minutes, 30, weight))
    # What people receive together is the supply of the sites that somebody reaches.
    reached = supply_to_demand(supply, demand, travel, 30, decay).notna()
    assert (access * pd.Series(demand)).sum() == pytest.approx(pd.Series(supply)[reached].sum())


def test_the_threshold_is_inclusive_and_steps_too() -> None:
    travel = ways(("a", "h1", 15))
    assert floating_catchment({"h1": 5}, {"a": 10}, travel, 15)["a"] == 0.5
    assert floating_catchment({"h1": 5}, {"a": 10}, travel, 14.9)["a"] == 0
    assert floating_catchment({"h1": 5}, {"a": 10}, travel, 30, {15: 1})["a"] == 0.5
    assert floating_catchment({"h1": 5}, {"a": 10}, travel, 30, {14: 1})["a"] == 0


def test_a_gaussian_at_threshold_zero_counts_the_spot_itself() -> None:
    assert floating_catchment({"h": 5}, {"a": 10}, ways(("a", "h", 0)), 0, "gaussian")["a"] == 0.5


def test_who_reaches_nobody_gets_zero_and_the_index_is_that_of_demand() -> None:
    access = floating_catchment(SUPPLY, pd.Series({"z": 5, "a": 10_000, "empty": None}), ways(("a", "h1", 5), ("empty", "h1", 5)), 15)
    assert access.index.tolist() == ["z", "a", "empty"]
    assert access.tolist() == pytest.approx([0, 0.005, 0.005])


def test_unknown_places_missing_times_and_missing_supply() -> None:
    travel = ways(("a", "h1", None), ("a", "unknown", 1), ("stranger", "h2", 1), ("a", "h2", 5))
    assert floating_catchment({"h1": 50, "h2": None}, {"a": 10}, travel, 15).tolist() == [0]


def test_of_a_pair_given_twice_the_shorter_time_counts() -> None:
    travel = ways(("a", "h", 20), ("a", "h", 5), ("b", "h", 5))
    assert floating_catchment({"h": 6}, {"a": 1, "b": 2}, travel, 30, {10: 1, 20: 0.1}).tolist() == [2, 2]


def test_nothing_at_all() -> None:
    assert floating_catchment([], {"a": 1}, ways(), 15).tolist() == [0]
    assert len(floating_catchment([1], [], ways((0, 0, 1)), 15)) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threshold": -1}, "threshold"),
        ({"threshold": math.nan}, "threshold"),
        ({"decay": "linear"}, "decay"),
        ({"decay": []}, "decay"),
        ({"decay": {10: -1}}, "decay"),
        ({"travel": ways(("a", "h1", -1))}, "minutes"),
        ({"travel": TRAVEL.drop(columns="minutes")}, "minutes"),
        ({"supply": pd.Series([1, 2], index=["h", "h"])}, "twice"),
        ({"demand": {"a": -1}}, "demand"),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"supply": SUPPLY, "demand": DEMAND, "travel": TRAVEL, "threshold": 15} | change
    with pytest.raises(ValueError, match=message):
        floating_catchment(**arguments)  # type: ignore[arg-type]


def test_share_without_access() -> None:
    assert share_without_access([0, 0.001, None, 0.004], [100, 200, 999, 700]) == pytest.approx(0.1)
    assert share_without_access([0, 0.001, None, 0.004], [100, 200, 999, 700], minimum=0.001) == pytest.approx(0.3)
    assert math.isnan(share_without_access([0], [0]))


def points(*rows: tuple[str, float | None, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["place", "longitude", "latitude"]).set_index("place")


def test_distance_minutes() -> None:
    # One degree of a great circle is 2πR/360 = 111.195 km on the mean sphere.
    towns = points(("equator", 0, 0), ("unknown", None, 0))
    sites = points(("east", 1, 0), ("north", 0, 1), ("antipode", 180, 0))
    table = distance_minutes(towns, sites, 60)
    assert table["origin"].tolist() == ["equator"] * 3 + ["unknown"] * 3
    assert table["destination"].tolist() == ["east", "north", "antipode"] * 2
    assert table["kilometres"][:3].tolist() == pytest.approx([111.195, 111.195, 180 * 111.195], rel=1e-5)
    assert table["minutes"][0] == pytest.approx(111.195, rel=1e-5)
    assert table["minutes"][3:].isna().all()
    assert distance_minutes(towns, sites, 30, detour=1.5)["minutes"][0] == pytest.approx(3 * 111.195, rel=1e-5)


def test_the_estimate_feeds_the_catchment() -> None:
    travel = distance_minutes(points(("a", 120.0, 30.0)), points(("h", 120.1, 30.0)), 40)
    assert np.isclose(travel["kilometres"][0], 9.63, atol=0.01)
    assert floating_catchment({"h": 1}, {"a": 100}, travel, 15)["a"] == 0.01


@pytest.mark.parametrize(("speed", "detour"), [(0, 1), (math.nan, 1), (30, 0.9)])
def test_speed_and_detour_are_checked(speed: float, detour: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        distance_minutes(points(("a", 0, 0)), points(("b", 0, 0)), speed, detour)


def test_coordinates_are_checked() -> None:
    with pytest.raises(ValueError, match="origins: missing columns: latitude"):
        distance_minutes(pd.DataFrame({"longitude": [1]}), points(("b", 0, 0)), 30)
    with pytest.raises(ValueError, match="destinations"):
        distance_minutes(points(("a", 0, 0)), points(("b", 30, 120)), 30)
