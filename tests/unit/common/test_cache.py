"""The cache layer: every service function has a cache of its own."""

from dashboard.services.common.cache import cached
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


def test_twenty_communities_and_the_county_keep_their_answers_beside_each_other() -> None:
    county = ReportingDatabase(engine=None, version=EMPTY, url="duckdb:///:memory:")  # type: ignore[arg-type]
    readers = [county, *(county.under(Scope(frozenset({f"P{number}"}), None, None, 0)) for number in range(19))]
    calls.clear()
    for _round in range(3):
        for reader in readers:
            few(reader, "scopes")
    assert calls == [("few", "scopes")] * len(readers)
