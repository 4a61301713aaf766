"""A published MariaDB answers as DuckDB does. All levels, scopes, pages and engines: ``make test-engines``."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import DatabaseError, QueryError
from dashboard.store.checks import PROBLEM, check_database
from dashboard.store.engine import reporting_engine, writing_engine
from dashboard.store.importing.loader import load_package
from dashboard.store.importing.migration import migrate_reporting
from dashboard.store.importing.previous import existing_columns, missing_columns
from dashboard.store.publication.mysql import publish_mysql
from dashboard.store.query import Whole, run_query
from dashboard.store.schema import dim_community, metadata
from dashboard.store.scope import COUNTY
from dashboard.store.versions import write_version
from tests.engines.comparing import ONE_COMMUNITY, answer, cases, difference
from tests.integration.packages import small_county, write_csv_package
from tests.scope_county import county, write


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The small county whose every table has rows, as a DuckDB file."""
    url = f"duckdb:///{tmp_path_factory.mktemp('engines') / 'reporting.duckdb'}"
    engine = create_engine(url)
    write(engine, county())
    with engine.begin() as connection:
        write_version(connection)
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def published(source: str, mariadb_server: str) -> str:
    """The same county on MariaDB, in a database of this module's own."""
    admin = create_engine(mariadb_server)
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE county CHARACTER SET utf8mb4"))
    admin.dispose()
    url = mariadb_server.replace("/his?", "/county?")
    publish_mysql(source, url)
    return url


@pytest.fixture(scope="module")
def engines(source: str, published: str) -> Iterator[tuple[Engine, Engine]]:
    both = reporting_engine(source), reporting_engine(published)
    yield both
    for engine in both:
        engine.dispose()


def test_every_query_answers_as_on_duckdb(engines: tuple[Engine, Engine]) -> None:
    duckdb, mariadb = engines
    first = dict(reversed(list(cases(COUNTY))))
    assert len(first) > 100
    found = {name: difference(answer(duckdb, name, level), answer(mariadb, name, level)) for name, level in first.items()}
    assert {name: said for name, said in found.items() if said} == {}


def test_a_scope_holds_on_mariadb(engines: tuple[Engine, Engine]) -> None:
    duckdb, mariadb = engines
    for name in ("overview/bed_use", "measures/claim_insured", "directory/institutions", "meta/data_version"):
        level = "community"
        assert not difference(answer(duckdb, name, level, ONE_COMMUNITY), answer(mariadb, name, level, ONE_COMMUNITY)), name
    assert len(answer(mariadb, "overview/bed_use", "county", ONE_COMMUNITY)) < len(answer(mariadb, "overview/bed_use", "county"))


def test_a_difference_would_be_seen(engines: tuple[Engine, Engine]) -> None:
    expected = answer(engines[0], "fiscal/months", "county")
    assert difference(expected, expected.assign(institutions=expected["institutions"] + 1))
    assert difference(expected, expected.assign(month=expected["month"].astype(str)))


def test_its_structure_is_known_and_the_session_only_reads(published: str, engines: tuple[Engine, Engine]) -> None:
    mariadb = engines[1]
    assert missing_columns(existing_columns(mariadb)) == []
    assert [result.text() for result in check_database(published) if result.level == PROBLEM] == []
    assert migrate_reporting(published) is None
    with mariadb.connect() as connection, pytest.raises(SQLAlchemyError, match="READ ONLY"):
        connection.execute(text("DELETE FROM dim_town"))


def test_published_again_the_new_rows_take_the_place_of_the_old(source: str, published: str, engines: tuple[Engine, Engine]) -> None:
    """What a publication that broke off has left is taken away; nothing of it stays beside the tables."""
    admin = create_engine(published)
    with admin.begin() as connection:
        connection.execute(text("DELETE FROM fact_bed"))
        connection.execute(text("CREATE TABLE publishing_fact_bed (month DATE)"))
        connection.execute(text("CREATE TABLE replaced_dim_town (town_code INT)"))
        connection.execute(text("CREATE TABLE theirs (code INT)"))
    rows = publish_mysql(source, published)
    with admin.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM fact_bed")).scalar_one() == rows["fact_bed"] > 0
        assert set(connection.execute(text("SHOW TABLES")).scalars()) == {*metadata.tables, "theirs"}
    admin.dispose()
    assert not difference(*(answer(engine, "overview/bed_use", "county") for engine in engines))


def test_codes_are_told_apart_by_every_character(mariadb_url: str, duckdb_url: str) -> None:
    engine = writing_engine(duckdb_url)
    metadata.create_all(engine)
    codes = ["a", "A", "á", "ａ"]
    with engine.begin() as connection:
        rows = [{"community_code": code, "name": code, "short_name": code, "display_order": 1} for code in codes]
        connection.execute(dim_community.insert(), rows)
    engine.dispose()
    publish_mysql(duckdb_url, mariadb_url)
    both = [reporting_engine(url) for url in (duckdb_url, mariadb_url)]
    found = [run_query(Whole(each), "directory/communities")["community_code"].tolist() for each in both]
    assert sorted(found[0]) == sorted(found[1]) == sorted(codes)
    for each in both:
        each.dispose()


def test_what_cannot_be_done_is_said_in_words(
    source: str, published: str, mariadb_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    package = write_csv_package(tmp_path_factory.mktemp("package"), small_county())
    acts: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: load_package(package, mariadb_url), "dashboard publish"),
        (lambda: migrate_reporting(mariadb_url), "dashboard publish"),
        (lambda: publish_mysql(published, published), "同一个数据库"),
        (lambda: publish_mysql(mariadb_url, published), "dashboard migrate"),
        (lambda: publish_mysql(source, "mysql+pymysql://nobody@127.0.0.1:1/county"), "原来的数据没有改动"),
        (lambda: reporting_engine("nosuchengine://host/county"), "docs/engines.md"),
    )
    for act, words in acts:
        with pytest.raises(DatabaseError) as raised:
            act()
        assert words in raised.value.text()


def test_two_do_not_publish_at_once(source: str, published: str) -> None:
    admin = create_engine(published)
    with admin.connect() as connection:
        connection.execute(text("SELECT GET_LOCK('dashboard_publish', 0)"))
        with pytest.raises(DatabaseError, match="正在进行"):
            publish_mysql(source, published)
    admin.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "mysql"])
def test_a_query_that_an_engine_refuses_is_an_error_in_words(url: str, request: pytest.FixtureRequest) -> None:
    engine = create_engine("sqlite://") if url == "sqlite://" else reporting_engine(request.getfixturevalue("mariadb_url"))
    with pytest.raises(QueryError, match="没有回答"):
        run_query(Whole(engine), "meta/data_version")
    engine.dispose()
