"""Every query file, at every level, for the county and for one community: each frame as DuckDB's."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd
import pytest
from sqlalchemy import Engine

from dashboard.store.checks import PROBLEM, check_database
from dashboard.store.engine import reporting_engine
from dashboard.store.importing.previous import existing_columns, missing_columns
from dashboard.store.scope import COUNTY, Scope
from tests.counties import SECOND
from tests.engines.chdb_engine import ClickHouse
from tests.engines.comparing import ONE_COMMUNITY, answer, cases, difference

Ask = Callable[[str, str, Scope], pd.DataFrame]
ENGINES = ("mariadb", "clickhouse", "spark")
UNLIKE = ("measures/claim_insured", "county")


def _asking(url: str) -> Iterator[Ask]:
    engine = reporting_engine(url)
    yield lambda name, level, reader: answer(engine, name, level, reader)
    engine.dispose()


def _once(asked: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """One level of each query: they differ by a literal, and Spark takes seconds for each."""
    return list(dict(reversed(asked)).items())


def _of(request: pytest.FixtureRequest, counties: str) -> Iterator[Ask]:
    """Yield what answers a query on the engine of ``request`` about ``counties``: ``small`` or ``two``."""
    place = request.getfixturevalue(f"{counties}_{request.param}")
    if isinstance(place, ClickHouse):
        yield place.answer
    else:
        yield from _asking(place)


@pytest.fixture(scope="module", params=ENGINES)
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """What answers a query on another engine. An engine that is not installed skips by its name."""
    yield from _of(request, "small")


@pytest.fixture(scope="module", params=ENGINES)
def ask_of_two(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """What answers a query on another engine that holds two counties."""
    yield from _of(request, "two")


def _differing(expected: Engine, ask: Ask, reader: Scope, engine: str) -> dict[tuple[str, str], str]:
    asked = list(cases(reader))
    if engine == "spark":
        asked = _once(asked)
    assert len(asked) > 100
    found = {case: difference(answer(expected, *case, reader), ask(*case, reader)) for case in asked}
    return {case: said for case, said in found.items() if said}


@pytest.mark.parametrize("reader", [COUNTY, ONE_COMMUNITY], ids=["county", "one community"])
def test_every_frame_is_duckdbs(ask: Ask, small_url: str, reader: Scope, request: pytest.FixtureRequest) -> None:
    duckdb = reporting_engine(small_url)
    assert _differing(duckdb, ask, reader, request.node.callspec.params["ask"]) == {}
    duckdb.dispose()


def test_every_frame_of_one_county_of_two_is_duckdbs(ask_of_two: Ask, two_url: str, request: pytest.FixtureRequest) -> None:
    """The gate puts the county in view into the text before it is translated."""
    duckdb = reporting_engine(two_url)
    second = replace(COUNTY, county=SECOND)
    assert _differing(duckdb, ask_of_two, second, request.node.callspec.params["ask_of_two"]) == {}
    assert difference(answer(duckdb, *UNLIKE, COUNTY), ask_of_two(*UNLIKE, second)), "both counties would be seen"
    duckdb.dispose()


def test_spark_says_what_it_has(small_spark: str) -> None:
    """It has no catalogue to ask: each table is asked for its columns, and the command that checks finds no fault."""
    engine = reporting_engine(small_spark)
    found = existing_columns(engine)
    engine.dispose()
    assert missing_columns(found) == []
    assert [result.text() for result in check_database(small_spark) if result.level == PROBLEM] == []
