import math

import pandas as pd
import pytest

from dashboard.analysis.equipment import MERGE, RELIEVE, equipment_indicators, sharing_candidates, years_between

CT = {
    "available_hours": 400.0,
    "working_hours": 300.0,
    "examinations": 1_000,
    "positives": 600,
    "downtime_hours": 8.0,
    "purchase_value": 4_000_000.0,
    "age_years": 3.0,
    "days": 73.0,
}


def devices(**changes: object) -> pd.DataFrame:
    return pd.DataFrame([CT | changes], index=["A"])


def one(name: str, **changes: object) -> float:
    return float(equipment_indicators(devices(**changes), 8)[name]["A"])


def test_golden_device() -> None:
    assert one("use") == 0.75
    assert one("examinations_per_day") == pytest.approx(1_000 / 73)
    assert one("positive_rate") == 0.6
    assert one("positive_low") == pytest.approx(0.5693, abs=1e-4)
    assert one("positive_high") == pytest.approx(0.6299, abs=1e-4)
    assert one("downtime_share") == 0.02
    # 4,000,000 ÷ 8 years × 73 ÷ 365 ÷ 1,000 examinations
    assert one("written_off_per_examination") == pytest.approx(100.0)


def test_overtime_is_kept_and_old_devices_are_written_off() -> None:
    assert one("use", working_hours=500.0) == 1.25
    assert one("written_off_per_examination", age_years=8.1) == 0.0
    assert math.isnan(one("written_off_per_examination", age_years=None))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("use", {"available_hours": 0}),
        ("examinations_per_day", {"days": 0}),
        ("positive_rate", {"examinations": 0, "positives": 0}),
        ("positive_rate", {"positives": None}),
        ("positive_low", {"positives": 1_001}),
        ("downtime_share", {"downtime_hours": None}),
        ("written_off_per_examination", {"examinations": 0, "positives": 0}),
    ],
)
def test_missing_where_it_cannot_be_known(name: str, changes: dict[str, object]) -> None:
    assert math.isnan(one(name, **changes))


def test_mapping_is_read_and_wrong_input_refused() -> None:
    assert equipment_indicators({name: [value] for name, value in CT.items()}, 8)["use"].tolist() == [0.75]
    with pytest.raises(ValueError, match="positives, days"):
        equipment_indicators(devices().drop(columns=["positives", "days"]), 8)
    with pytest.raises(ValueError, match="service_life_years"):
        equipment_indicators(devices(), 0)
    with pytest.raises(ValueError, match="working_hours"):
        equipment_indicators(devices(working_hours=-1), 8)


def places(**use: tuple[float, float]) -> pd.DataFrame:
    rows = {name: {"working_hours": work, "available_hours": rated, "devices": 1} for name, (work, rated) in use.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def distances(*legs: tuple[str, str, float]) -> pd.DataFrame:
    rows = [*legs, *((end, start, length) for start, end, length in legs)]
    rows += [(name, name, 0.0) for name in {end for leg in legs for end in leg[:2]}]
    return pd.DataFrame(rows, columns=["origin", "destination", "kilometres"])


def test_a_busy_place_sends_work_to_its_nearest_idle_neighbour() -> None:
    found = sharing_candidates(
        places(B=(90, 100), I=(10, 100), J=(5, 100)), distances(("B", "I", 3), ("B", "J", 2), ("I", "J", 9)), 0.4, 0.7, 5
    )
    assert found[["way", "place", "partner"]].to_numpy().tolist() == [[RELIEVE, "B", "J"]]
    row = found.iloc[0]
    assert (row["kilometres"], row["use"], row["partner_use"], row["combined_use"]) == (2, 0.9, 0.05, 0.475)
    assert row["hours"] == pytest.approx(20)  # down to 70 of 100 hours


def test_what_the_idle_place_can_take_bounds_the_hours() -> None:
    found = sharing_candidates(places(B=(500, 500), I=(12, 40)), distances(("B", "I", 1)), 0.4, 0.7, 5)
    assert found["hours"].tolist() == [pytest.approx(0.7 * 40 - 12)]


def test_two_idle_neighbours_merge_the_smaller_into_the_larger() -> None:
    found = sharing_candidates(places(A=(30, 100), B=(20, 100)), distances(("A", "B", 4)), 0.4, 0.7, 5)
    assert found[["way", "place", "partner", "hours", "combined_use"]].to_numpy().tolist() == [[MERGE, "B", "A", 20, 0.5]]


def test_two_idle_neighbours_whose_work_one_device_cannot_carry_stay_apart() -> None:
    assert sharing_candidates(places(A=(39, 100), B=(39, 100)), distances(("A", "B", 4)), 0.4, 0.7, 5).empty


def test_a_place_takes_part_once_and_distance_bounds() -> None:
    three = places(A=(95, 100), B=(90, 100), I=(10, 100))
    found = sharing_candidates(three, distances(("A", "I", 2), ("B", "I", 1), ("A", "B", 1)), 0.4, 0.7, 5)
    assert found[["place", "partner"]].to_numpy().tolist() == [["B", "I"]]
    assert sharing_candidates(three, distances(("A", "I", 6), ("B", "I", 6)), 0.4, 0.7, 5).empty


def test_places_neither_busy_nor_idle_and_without_hours_are_left_alone() -> None:
    middling = places(A=(50, 100), B=(10, 100), C=(0, 0))
    assert sharing_candidates(middling, distances(("A", "B", 1), ("A", "C", 1), ("B", "C", 1)), 0.4, 0.7, 5).empty


def test_pairs_with_most_hours_come_first() -> None:
    four = places(A=(75, 100), I=(10, 100), B=(100, 100), J=(10, 100))
    found = sharing_candidates(four, distances(("A", "I", 1), ("B", "J", 2)), 0.4, 0.7, 5)
    assert found["place"].tolist() == ["B", "A"]


@pytest.mark.parametrize(("idle", "busy"), [(0.7, 0.7), (0, 0.7)])
def test_wrong_lines_are_refused(idle: float, busy: float) -> None:
    with pytest.raises(ValueError, match="idle_use"):
        sharing_candidates(places(A=(1, 2)), distances(), idle, busy, 5)


def test_years_between() -> None:
    years = years_between(pd.Series(["2020-01-01", None, "2026-01-01"]), "2025-01-01")
    assert years[0] == pytest.approx(5.0, abs=0.01)
    assert math.isnan(years[1])
    assert years[2] == 0
