"""Every query file, at every level, for the county and for one community: each frame as DuckDB's."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from dashboard.store.checks import PROBLEM, check_database
from dashboard.store.engine import reporting_engine
from dashboard.store.importing.previous import existing_columns, missing_columns
from dashboard.store.scope import COUNTY, Scope
from tests.engines.chdb_engine import ClickHouse
from tests.engines.comparing import ONE_COMMUNITY, answer, cases, difference

Ask = Callable[[str, str, Scope], pd.DataFrame]


def _asking(url: str) -> Iterator[Ask]:
    engine = reporting_engine(url)
    yield lambda name, level, reader: answer(engine, name, level, reader)
    engine.dispose()


def _once(asked: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """One level of each query: they differ by a literal, and Spark takes seconds for each."""
    return list(dict(reversed(asked)).items())


@pytest.fixture(scope="module", params=["mariadb", "clickhouse", "spark"])
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """What answers a query on another engine. An engine that is not installed skips by its name."""
    if request.param == "mariadb":
        yield from _asking(request.getfixturevalue("small_mariadb"))
        return
    published: Path = request.getfixturevalue("published")
    if request.param == "clickhouse":
        pytest.importorskip("chdb", reason="chDB is not installed: make test-engines installs tests/engines.txt")
        yield ClickHouse(published, tmp_path_factory.mktemp("clickhouse")).answer
        return
    yield from _asking(request.getfixturevalue("spark"))


@pytest.mark.parametrize("reader", [COUNTY, ONE_COMMUNITY], ids=["county", "one community"])
def test_every_frame_is_duckdbs(ask: Ask, small_url: str, reader: Scope, request: pytest.FixtureRequest) -> None:
    duckdb = reporting_engine(small_url)
    asked = list(cases(reader))
    if request.node.callspec.params["ask"] == "spark":
        asked = _once(asked)
    assert len(asked) > 100
    found = {case: difference(answer(duckdb, *case, reader), ask(*case, reader)) for case in asked}
    duckdb.dispose()
    assert {case: said for case, said in found.items() if said} == {}


def test_spark_says_what_it_has(spark: str) -> None:
    """It has no catalogue to ask: each table is asked for its columns, and the command that checks finds no fault."""
    engine = reporting_engine(spark)
    found = existing_columns(engine)
    engine.dispose()
    assert missing_columns(found) == []
    assert [result.text() for result in check_database(spark) if result.level == PROBLEM] == []
