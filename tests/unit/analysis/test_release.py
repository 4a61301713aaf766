"""What may be told of a whole, against cases worked out by hand and against who tries to compute another's part."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.release import gives_away, ranking_without_names, released, without_names
from dashboard.catalogue.release import ReleaseRules, release_rules

RULES = release_rules()
PUBLISHED = RULES.model_copy(update={"ranking_published": True})


def parts(**values: float) -> pd.Series:
    return pd.Series(values, dtype="float64")


def test_delivered_rules() -> None:
    assert ReleaseRules(least_communities=3, least_others=2, largest_share=0.85, ranking_published=False) == RULES


def test_with_two_communities_the_county_minus_own_is_the_other() -> None:
    assert gives_away(100, parts(C1=62, C2=38), {"C1"}, RULES)
    assert not gives_away(130, parts(C1=62, C2=38, C3=30), {"C1"}, RULES)


def test_one_that_makes_up_nearly_everything_is_hidden() -> None:
    assert gives_away(100, parts(C1=3, C2=3, C3=3, C4=3, C5=88), {"C1"}, RULES)
    assert not gives_away(100, parts(C1=4, C2=4, C3=4, C4=4, C5=84), {"C1"}, RULES)


def test_who_sees_all_but_one_sees_that_one() -> None:
    assert gives_away(100, parts(C1=30, C2=30, C3=40), {"C1", "C2"}, RULES)
    assert not gives_away(100, parts(C1=30, C2=30, C3=40), {"C1", "C2", "C3"}, RULES)


def test_what_belongs_to_no_community_counts_as_another_but_not_as_a_community() -> None:
    assert gives_away(110, parts(C1=30, C2=30, C3=40), {"C1", "C2", "C3"}, RULES), "the rest would be seen"
    assert gives_away(110, parts(C1=50, C2=50), {"C1"}, RULES)
    assert gives_away(1000, parts(C1=20, C2=20, C3=20), {"C1"}, RULES) is False
    assert gives_away(60 + 1e-12, parts(C1=20, C2=20, C3=20), {"C1"}, RULES) is False


def test_missing_and_zero_are_no_contribution() -> None:
    assert gives_away(70, parts(C1=30, C2=40, C3=0, C4=np.nan), {"C1"}, RULES)
    assert gives_away(0, parts(C1=0, C2=0, C3=0), {"C1"}, RULES), "nobody had any is also an answer about each"


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=7), st.integers(1, 6))
def test_what_is_released_leaves_two_unknown_others_of_some_size(sizes: list[int], own: int) -> None:
    contributions = parts(**{f"C{place}": float(size) for place, size in enumerate(sizes)})
    mine = {f"C{place}" for place in range(own)}
    if not gives_away(float(sum(sizes)), contributions, mine, RULES):
        others = [size for size in sizes[own:] if size]
        assert len(others) != 1
        assert len([size for size in sizes if size]) >= 3
        assert max(sizes) <= 0.85 * sum(sizes)


def frame(level: str, rows: list[tuple[str, str, float, float, float]]) -> pd.DataFrame:
    columns = ["indicator", "unit", "numerator", "denominator", "value"]
    full = pd.DataFrame(rows, columns=columns).assign(status="ok", months_present=1.0, months_expected=1.0, missing="")
    return full.assign(unit_name=full["unit"].map("名{}".format), level=level)


def test_both_sides_of_a_rate_must_give_nobody_away() -> None:
    county = frame("county", [("R", "county", 60, 600, 10), ("S", "county", 60, 600, 10), ("N", "county", 60, np.nan, 60)])
    by_community = frame(
        "community",
        [("R", f"C{place}", 20, 200, 10) for place in (1, 2, 3)]
        + [("S", "C1", 20, 10, 10), ("S", "C2", 20, 10, 10), ("S", "C3", 20, 580, 10)]
        + [("N", f"C{place}", 20, np.nan, 20) for place in (1, 2, 3)],
    )
    found = released(county, by_community, {"C1"}, RULES).set_index("indicator")
    assert found["status"].to_dict() == {"R": "ok", "S": "not_released", "N": "ok"}
    assert found.loc["S", ["numerator", "denominator", "value"]].isna().all()
    assert found.loc["S", "months_expected"] == 0


def test_others_are_letters_in_order_of_value_anew_for_each_rate() -> None:
    rows = [("R", f"C{place}", 1, 2, value) for place, value in ((1, 5.0), (2, 7.0), (3, np.nan), (4, 9.0))]
    rows += [("S", f"C{place}", 1, 2, value) for place, value in ((1, 1.0), (2, 3.0), (4, 2.0))]
    rows += [("N", f"C{place}", 1, np.nan, 1.0) for place in (1, 2, 4)] + [("T", "C1", 1, 1, 1.0), ("T", "C2", 1, 1, 1.0)]
    found = without_names(frame("community", rows), {"C1"}, {"R", "S", "T"}, RULES)
    assert found.to_numpy().tolist() == [["R", "A", 9.0], ["R", "B", 7.0], ["S", "A", 3.0], ["S", "B", 2.0]]
    named = without_names(frame("community", rows), {"C1"}, {"R", "S", "T"}, PUBLISHED)
    assert named["label"].tolist() == ["名C4", "名C2", "名C2", "名C4"]


def test_there_are_letters_for_many() -> None:
    rows = [("R", f"C{place:02}", 1.0, 1.0, float(-place)) for place in range(28)]
    labels = without_names(frame("community", rows), set(), {"R"}, RULES)["label"].tolist()
    assert labels[:2] + labels[25:] == ["A", "B", "Z", "AA", "AB"]


@pytest.mark.parametrize("change", [{"least_communities": 1}, {"largest_share": 1.0}, {"least_others": 1}])
def test_rules_that_hide_nothing_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        ReleaseRules.model_validate(RULES.model_dump() | change)


def ranking(*totals: float | None) -> pd.DataFrame:
    units = [f"C{number}" for number in range(1, len(totals) + 1)]
    frame = pd.DataFrame({"unit": units, "name": units, "total": pd.Series(totals, dtype="float64"), "band": "A"})
    return frame.assign(rank=frame["total"].rank(ascending=False))


def test_a_frozen_ranking_shows_ones_own_row_and_the_others_as_letters() -> None:
    found = ranking_without_names(ranking(70, 90, None, 80, 60), {"C1"}, RULES)
    assert found["name"].tolist() == ["A", "B", "C1", "C"]
    assert found["total"].tolist() == [90, 80, 70, 60]
    assert found["rank"].isna().tolist() == [True, True, False, True]
    assert found["band"].isna().tolist() == [True, True, False, True]
    assert "unit" not in found


def test_a_single_other_would_be_known_by_name() -> None:
    assert ranking_without_names(ranking(70, 90), {"C1"}, RULES)["name"].tolist() == ["C1"]
    assert ranking_without_names(ranking(70, 90, None), {"C1"}, RULES)["name"].tolist() == ["C1"]


def test_a_published_ranking_keeps_its_names() -> None:
    rows = ranking(70, 90)
    pd.testing.assert_frame_equal(ranking_without_names(rows, {"C1"}, PUBLISHED), rows.drop(columns="unit"))
