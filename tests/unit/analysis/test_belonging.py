"""What names no county is the county's that was there first."""

from dashboard.analysis.belonging import first_county, kept_under


def test_the_county_of_the_oldest_load_was_there_first() -> None:
    assert first_county({"A": 5, "B": 2}) == "B"
    assert first_county({"A": None, "B": 2}) == "B"
    assert first_county({"B": None, "A": None}) == "A", "where no load says so, the first by code"


def test_only_the_first_county_has_what_names_none() -> None:
    loads = {"A": 5, "B": 2}
    assert kept_under("B", loads) == {"B", None}
    assert kept_under("A", loads) == {"A"}
    assert kept_under("A", {"B": 1}) == {"A"}, "the second county, while its first load is being checked"


def test_an_only_county_has_what_names_none_and_what_names_it() -> None:
    assert kept_under("A", {"A": None}) == {"A", None}
    assert kept_under("A", {}) == {"A", None}
