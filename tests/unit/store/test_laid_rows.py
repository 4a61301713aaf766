"""Rows of a scope laid out beside a file: once for equal codes, never for others', within bounds, gone with the file."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from dashboard.store import laid_rows as module
from dashboard.store.engine import laid_rows, reporting_engine, retire, writing_engine
from dashboard.store.query import run_query
from dashboard.store.scope import COUNTY, Scope
from tests.scope_county import LAST, MONTHS, Asked, county, in_memory, write

ONE, TWO = (Scope(frozenset({code}), None, None, 1) for code in ("C1", "C2"))
_LAID = text("SELECT table_name FROM duckdb_tables() WHERE database_name = 'memory' ORDER BY table_name")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("laid") / "county.duckdb"
    engine = writing_engine(f"duckdb:///{file}")
    write(engine, county())
    engine.dispose()
    return file


@pytest.fixture
def engine(written: Path) -> Iterator[Engine]:
    opened = reporting_engine(f"duckdb:///{written}")
    yield opened
    retire(opened)


def laid(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [str(row[0]) for row in connection.execute(_LAID)]


def beds(engine: Engine, scope: Scope) -> set[str]:
    found = run_query(Asked(engine, scope), "overview/bed_use", first_month=MONTHS[0], last_month=LAST)
    return set(found["institution_code"])


def test_a_scope_is_laid_out_once_whatever_the_policy(engine: Engine) -> None:
    assert beds(engine, COUNTY) > {"H1", "H2"}
    assert laid(engine) == []
    assert beds(engine, ONE) == {"H1", "P1", "Q1"}
    once = laid(engine)
    assert once
    assert beds(engine, Scope(frozenset({"C1"}), None, None, 2)) == {"H1", "P1", "Q1"}
    assert laid(engine) == once


def test_each_scope_has_rows_of_its_own(engine: Engine) -> None:
    assert beds(engine, ONE) == {"H1", "P1", "Q1"}
    assert beds(engine, TWO) == {"H2", "P2", "Q2"}
    assert beds(engine, Scope(frozenset({"C1"}), frozenset({"H1"}), None, 1)) == {"H1"}
    assert beds(engine, Scope(frozenset(), None, None, 1)) == set()
    assert beds(engine, ONE) == {"H1", "P1", "Q1"}


def test_many_who_ask_first_at_once_are_all_answered(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda turn: beds(engine, (ONE, TWO)[turn % 2]), range(24)))
    assert found == [{"H1", "P1", "Q1"}, {"H2", "P2", "Q2"}] * 12


@pytest.mark.parametrize("limit", ["_LARGEST_TABLE", "_MOST_CELLS"])
def test_what_is_too_much_stays_behind_its_condition(engine: Engine, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(module, limit, 0)
    assert beds(engine, ONE) == {"H1", "P1", "Q1"}
    assert laid(engine) == []


def test_a_large_table_is_laid_out_when_it_is_asked_for_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = laid_rows(engine)
    assert rows is not None
    monkeypatch.setattr(module, "_LARGE_TABLE", 0)
    run = lambda connection, sql: connection.execute(text(sql))  # noqa: E731
    select = "SELECT * FROM fact_bed WHERE institution_code = 'H1'"
    assert rows.name(engine, "fact_bed", select, ONE, run) is None
    name = rows.name(engine, "fact_bed", select, ONE, run)
    assert name is not None
    assert rows.name(engine, "fact_bed", select, ONE, run) == name
    assert rows.name(engine, "fact_bed", select, TWO, run) is None, "another scope asks for the first time"


def test_what_cannot_be_laid_out_is_asked_where_it_lies(engine: Engine) -> None:
    rows = laid_rows(engine)
    assert rows is not None
    run = lambda connection, sql: connection.execute(text(sql))  # noqa: E731
    assert rows.name(engine, "fact_bed", "SELECT no_such_column FROM fact_bed", ONE, run) is None
    assert rows.name(engine, "fact_bed", "SELECT month FROM fact_bed", ONE, run) in {f"memory.main.{name}" for name in laid(engine)}


def test_a_closed_file_takes_them_along(engine: Engine) -> None:
    beds(engine, ONE)
    before = laid(engine)
    engine.dispose()
    assert laid(engine) == []
    beds(engine, TWO)
    assert set(laid(engine)).isdisjoint(before), "a name that somebody still holds never means another's rows"
    assert beds(engine, ONE) == {"H1", "P1", "Q1"}


def test_another_database_lays_out_nothing() -> None:
    engine = in_memory(county())
    assert laid_rows(engine) is None
    before = laid(engine)
    assert beds(engine, ONE) == {"H1", "P1", "Q1"}
    assert laid(engine) == before
