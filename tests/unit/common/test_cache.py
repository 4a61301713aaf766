"""The cache layer: every service function has a cache of its own."""

import datetime
from functools import partial

import pandas as pd

from dashboard.services.common.cache import cached, derived
from dashboard.services.common.database import EMPTY, ReportingDatabase
from dashboard.store.scope import Scope

calls: list[tuple[str, str]] = []


@cached(max_entries=4)
def few(database: ReportingDatabase, word: str) -> str:
    calls.append(("few", word))
    return f"few {word}"


@cached(max_entries=64)
def many(database: ReportingDatabase, word: str) -> str:
    calls.append(("many", word))
    return f"many {word}"


def test_functions_of_different_size_do_not_throw_away_each_others_answers() -> None:
    database = ReportingDatabase(engine=None, version=EMPTY, url="duckdb:///:memory:")  # type: ignore[arg-type]
    calls.clear()
    for _round in range(3):
        assert few(database, "a") == "few a"
        assert many(database, "a") == "many a"
    assert calls == [("few", "a"), ("many", "a")]


def test_answers_are_kept_apart_by_arguments_and_data_version() -> None:
    database = ReportingDatabase(engine=None, version=EMPTY, url="duckdb:///:memory:")  # type: ignore[arg-type]
    newer = ReportingDatabase(engine=None, version=type(EMPTY)(1, "", False, None, None), url=database.url)  # type: ignore[arg-type]
    calls.clear()
    few(database, "x")
    few(newer, "x")
    few(database, "y")
    few(database, "x")
    assert calls == [("few", "x"), ("few", "x"), ("few", "y")]


@cached()
def chosen(database: ReportingDatabase, word: str, level: str = "all", *, filled: bool = False) -> str:
    calls.append((word, level))
    return f"{word} {level} {filled}"


def test_a_default_left_out_is_the_same_as_named() -> None:
    database = ReportingDatabase(engine=None, version=EMPTY, url="duckdb:///:memory:defaults")  # type: ignore[arg-type]
    calls.clear()
    answers = {chosen(database, "a"), chosen(database, "a", "all"), chosen(database, "a", level="all"), chosen(database, "a", filled=False)}
    assert answers == {"a all False"}
    assert chosen(database, "a", filled=True) == "a all True"
    assert calls == [("a", "all"), ("a", "all")]


def test_twenty_communities_and_the_county_keep_their_answers_beside_each_other() -> None:
    county = ReportingDatabase(engine=None, version=EMPTY, url="duckdb:///:memory:")  # type: ignore[arg-type]
    readers = [county, *(county.under(Scope(frozenset({f"P{number}"}), None, None, 0)) for number in range(19))]
    calls.clear()
    for _round in range(3):
        for reader in readers:
            few(reader, "scopes")
    assert calls == [("few", "scopes")] * len(readers)


@cached(max_entries=4)
def rows_of(database: ReportingDatabase, month: datetime.date) -> pd.DataFrame:
    return pd.DataFrame({"month": [month], "beds": [month.month]})


def test_what_is_made_of_the_same_answer_is_made_once_and_anew_of_another() -> None:
    database = ReportingDatabase(engine=None, version=EMPTY, url="duckdb:///:memory:derived")  # type: ignore[arg-type]
    made: list[int] = []

    @derived
    def drawn(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
        made.append(int(rows["beds"].iloc[0]))
        return rows.assign(unit=unit)

    first, second = datetime.date(2025, 1, 1), datetime.date(2025, 2, 1)
    assert drawn(rows_of(database, first), "床") is drawn(rows_of(database, first), "床")
    assert drawn(rows_of(database, second), "床")["beds"].tolist() == [2]
    assert drawn(rows_of(database, first), "张")["unit"].tolist() == ["张"]
    assert made == [1, 2, 1]


def test_what_no_cache_handed_out_counts_by_its_content() -> None:
    made: list[list[float]] = []

    @derived
    def total(values: list[float], *, times: int = 1) -> float:
        made.append(values)
        return sum(values) * times

    assert total([1.0, 2.0]) == total([1.0, 2.0]) == 3.0
    assert total([1.0, 2.5]) == 3.5
    assert total([1.0, 2.0], times=2) == 6.0
    assert made == [[1.0, 2.0], [1.0, 2.5], [1.0, 2.0]]


def test_as_many_as_asked_for_are_kept() -> None:
    made: list[int] = []

    @partial(derived, entries=2)
    def drawn(number: int) -> int:
        made.append(number)
        return number

    assert [drawn(number) for number in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    assert made == [1, 2, 3, 2]


def test_an_answer_that_is_gone_is_not_taken_for_one_in_its_place() -> None:
    @derived
    def beds(rows: pd.DataFrame) -> int:
        return int(rows["beds"].iloc[0])

    @derived
    def frame(number: int) -> pd.DataFrame:
        return pd.DataFrame({"beds": [number]})

    # Only the last few are kept: the memory of those before is used again.
    assert [beds(frame(number)) for number in range(400)] == list(range(400))
