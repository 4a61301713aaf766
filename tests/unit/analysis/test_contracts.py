"""Contracts and public health: goldens C1–C6, the grid of eight ways, and the questions about figures too good to be true."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.contracts import QUESTIONS, WAYS, authenticity, care_chain, expected_share, four_way_split, pace, sinking_grid
from dashboard.analysis.sequences import ratio

YEAR = pd.date_range("2025-01-01", periods=12, freq="MS")


def test_golden_c1_the_county_is_the_sum_not_the_mean_of_rates() -> None:
    population, contracted = pd.Series([12_000, 8_000, 20_000]), pd.Series([5_100, 4_400, 8_200])
    assert contracted.sum() / population.sum() == pytest.approx(0.4425)
    assert (contracted / population).mean() == pytest.approx(0.4617, abs=5e-5)


def test_golden_c2_and_c5_renewal_of_nobody_due_is_unknown() -> None:
    shares = ratio(pd.Series([1032.0, 0.0]), pd.Series([1200.0, 0.0]))
    assert shares[0] == pytest.approx(0.86)
    assert np.isnan(shares[1])


def test_golden_c3_pace() -> None:
    assert pace(16_800, 42_000, 6) == pytest.approx(0.80)
    assert np.isnan(pace(0, 0, 6))
    several = pace(pd.Series({"a": 10.0, "b": None}), pd.Series({"a": 20.0, "b": 20.0}), 12)
    assert several["a"] == pytest.approx(0.5)
    assert np.isnan(several["b"])


def test_a_county_may_give_its_own_curve() -> None:
    curve = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 1.0]
    assert expected_share(10, curve) == 0.85
    assert pace(30, 100, 4, dict(enumerate(curve, start=1))) == pytest.approx(1)
    assert np.isnan(pace(30, 100, 1, curve))
    for month, bad in ((0, None), (13, None), (1, [0.5] * 11), (1, [0.5, 0.4, *[0.9] * 10]), (1, [*[0.5] * 11, 1.1])):
        with pytest.raises(ValueError, match=r"month|curve"):
            expected_share(month, bad)


def test_golden_c4_the_chain_and_its_honest_end() -> None:
    chain = care_chain(pd.DataFrame({"eligible": [5000, 0], "managed": [4200, 0], "to_standard": [3360, 0], "controlled": [2604, 0]}))
    assert chain.iloc[0].to_dict() == pytest.approx(
        {"managed_share": 0.84, "to_standard_share": 0.80, "controlled_share": 0.62, "end_to_end": 0.5208}
    )
    assert chain.iloc[1].isna().all()
    with pytest.raises(KeyError):
        care_chain(pd.DataFrame({"eligible": [1]}))


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=5))
def test_the_four_ways_add_up_or_say_nothing(people: list[int]) -> None:
    registered, new, controlled, missed, blank = people
    frame = pd.DataFrame(
        {"registered": [registered], "new_3m": [new], "controlled": [controlled], "missed": [missed], "no_reading": [blank]}
    )
    split = four_way_split(frame).iloc[0]
    shares = split[["controlled", "not_controlled", "missed", "no_reading"]]
    assert split["base"] == registered - new
    if registered - new > 0 and controlled + missed + blank <= registered - new:
        assert shares.sum() == pytest.approx(1)
    else:
        assert shares.isna().all()


def _sources() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    support = [(f"C{number:02d}", "ward_round", YEAR[0], 1) for number in range(14)]
    support += [("C00", "training_course", YEAR[1], 1), ("C00", "quality_check", YEAR[2], 1), ("C00", "quality_check", YEAR[8], 1)]
    support += [("C01", "training_course", pd.Timestamp("2024-12-01"), 5), ("C01", "resident_team", YEAR[3], 1)]
    postings = [
        ("C00", "training_up", YEAR[0], 4, 3, 3),
        ("C01", "training_up", YEAR[0], 2, np.nan, 5),
        ("C02", "posting_down", YEAR[0], 2, 2, 2),
    ]
    referrals = [("C02", "down", YEAR[4], 12), ("C02", "up", YEAR[4], 40), ("C03", "down", pd.Timestamp("2026-01-01"), 7)]
    return (
        pd.DataFrame(support, columns=["member_code", "kind", "month", "sessions"]),
        pd.DataFrame(postings, columns=["from_code", "kind", "month", "people", "people_3_months", "staff"]),
        pd.DataFrame(referrals, columns=["to_code", "direction", "month", "cases"]),
    )


def test_golden_grid_of_fourteen_centres_and_eight_ways() -> None:
    grid = sinking_grid(*_sources(), list(YEAR))
    assert len(grid) == 112
    assert grid["way"].tolist() == [way.number for way in WAYS] * 14
    states = grid.set_index(["centre", "way"])["state"]
    assert (states["C00", 6], states["C00", 7], states["C00", 5]) == ("some", "met", "met")
    assert (states["C01", 6], states["C01", 2], states["C01", 5]) == ("none", "some", "some")
    assert (states["C02", 8], states["C02", 5], states["C03", 8]) == ("some", "none", "none")
    unnumbered = grid[grid["needed"].isna()]
    assert set(unnumbered["way"]) == {1, 2, 3, 4, 8}
    assert not unnumbered["state"].eq("met").any()


def test_without_the_base_training_is_never_met() -> None:
    support, postings, referrals = _sources()
    grid = sinking_grid(support, postings.drop(columns=["people_3_months", "staff"]), referrals, list(YEAR))
    way = grid[grid["way"] == 5].set_index("centre")
    assert way.loc["C00", ["value", "state"]].tolist() == [4, "some"]


def _year(**columns: object) -> pd.DataFrame:
    plain = {
        "unit": "A",
        "month": YEAR,
        "contracted": [1000 + 7 * month for month in range(12)],
        "fulfilled": [80 * (month + 1) for month in range(12)],
    }
    return pd.DataFrame(plain | columns)


def _questions(frame: pd.DataFrame, **limits: float) -> set[str]:
    return set(authenticity(frame, **limits)["question"])


def test_an_ordinary_year_raises_no_question() -> None:
    assert _questions(_year(managed=500, controlled=330, doctors=10), daily_ceiling=20) == set()
    small = _year(contracted=20, fulfilled=20, managed=10, controlled=10)
    assert _questions(small) == set()


@pytest.mark.parametrize(
    ("columns", "question"),
    [
        ({"contracted": [1000] + [1300 + month for month in range(11)]}, "jump"),
        ({"contracted": [1000, 1010, 1020, 1020, 1020, *[1030 + month for month in range(7)]]}, "same"),
        ({"contracted": [1000 + 7 * month for month in range(11)] + [960]}, "complete"),
        ({"fulfilled": [80 * month for month in range(1, 12)] + [500]}, "falling"),
        ({"fulfilled": [40 * month for month in range(1, 12)] + [900]}, "december"),
        ({"managed": 400, "controlled": 400}, "controlled"),
        ({"doctors": 0.2}, "workload"),
    ],
)
def test_each_question_is_asked_where_it_arises(columns, question) -> None:
    found = authenticity(_year(**columns), daily_ceiling=15)
    assert set(found["question"]) == {question}
    assert question in QUESTIONS
    beyond = found["value"] < found["limit"] if question == "falling" else found["value"] >= found["limit"]
    assert beyond.all()


@pytest.mark.parametrize(
    "columns",
    [
        {"fulfilled": [80 * month for month in range(1, 11)] + [2, 1]},
        {"fulfilled": [80 * month for month in range(1, 12)] + [4]},
        {"contracted": [3] + [1300 + month for month in range(11)]},
        {"fulfilled": [0] * 11 + [4]},
    ],
)
def test_no_question_tells_a_few_people(columns) -> None:
    """Which of two hidden counts is the larger, or a share of one, would tell them."""
    asked = authenticity(_year(**columns))
    assert asked[asked["month"] == YEAR[-1]].empty
    assert not {"jump", "december"} & set(asked["question"])


def test_a_gap_is_no_jump_and_january_begins_anew() -> None:
    gap = _year().drop(index=5)
    assert _questions(gap.assign(contracted=[1000] * 5 + [2000 + month for month in range(6)]), equal_months=9) == set()
    two_years = pd.concat([_year(), _year(month=YEAR + pd.DateOffset(years=1), contracted=[1090 + 7 * month for month in range(12)])])
    assert _questions(two_years) == set()
    with pytest.raises(ValueError, match="twice"):
        authenticity(pd.concat([_year(), _year()]))
