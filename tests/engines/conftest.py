"""Counties on other engines: published once, compared with the DuckDB file that they come from."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from dashboard.services.prefecture.marts import make_marts
from dashboard.store.publication.mysql import publish_mysql
from dashboard.store.publication.parquet import publish_parquet
from dashboard.store.versions import write_version
from tests.browser.conftest import browser  # noqa: F401  Chromium as in tests/browser
from tests.conftest import Demonstration, own_mariadb
from tests.counties import one_county, second_county, together
from tests.engines.chdb_engine import ClickHouse, own_session
from tests.engines.spark_engine import defined, own_spark
from tests.pages.conftest import (  # noqa: F401  the pages are opened as in tests/pages
    _packages_searched_once,
    _waits_without_asking,
    open_app,
    tiny_url,
    use_database,
)
from tests.scope_county import county, write


@pytest.fixture(scope="session")
def small_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The small county whose every table has rows, as a DuckDB file."""
    url = f"duckdb:///{tmp_path_factory.mktemp('small') / 'reporting.duckdb'}"
    engine = create_engine(url)
    write(engine, county())
    with engine.begin() as connection:
        write_version(connection)
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def two_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The small county and its twin with their marts, as a DuckDB file."""
    url = f"duckdb:///{tmp_path_factory.mktemp('two') / 'reporting.duckdb'}"
    engine = create_engine(url)
    write(engine, together(one_county(), second_county()))
    with engine.begin() as connection:
        write_version(connection)
    engine.dispose()
    assert make_marts(url) == 2
    return url


@pytest.fixture(scope="session")
def published(small_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small county as a published folder."""
    folder = tmp_path_factory.mktemp("published") / "county"
    publish_parquet(small_url, folder)
    return folder


@pytest.fixture(scope="session")
def two_published(two_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two counties as a published folder."""
    folder = tmp_path_factory.mktemp("published") / "two"
    publish_parquet(two_url, folder)
    return folder


@pytest.fixture(scope="session")
def mariadb() -> Iterator[str]:
    """A MariaDB with three empty databases: ``small``, ``two`` and ``county``; the address is that of the first."""
    with own_mariadb("small", "two", "county") as url:
        yield url


@pytest.fixture(scope="session")
def small_mariadb(mariadb: str, small_url: str) -> str:
    publish_mysql(small_url, mariadb)
    return mariadb


@pytest.fixture(scope="session")
def two_mariadb(mariadb: str, two_url: str) -> str:
    url = mariadb.replace("/small?", "/two?")
    publish_mysql(two_url, url)
    return url


@pytest.fixture(scope="session")
def demonstration_mariadb(mariadb: str, demonstration: Demonstration) -> str:
    """The demonstration county, published."""
    url = mariadb.replace("/small?", "/county?")
    publish_mysql(demonstration.url, url)
    return url


@pytest.fixture(scope="session")
def spark() -> Iterator[str]:
    """The address of a Spark without tables. What it needs and is not installed skips by its name."""
    for module in ("pyspark", "pyhive"):
        pytest.importorskip(module, reason=f"{module} is not installed: make test-engines installs tests/engines.txt")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed (apt-get install default-jre-headless)")
    with own_spark() as url:
        yield url


@pytest.fixture(scope="session")
def small_spark(spark: str, published: Path) -> str:
    return defined(spark, "small", published)


@pytest.fixture(scope="session")
def two_spark(spark: str, two_published: Path) -> str:
    return defined(spark, "two", two_published)


@pytest.fixture(scope="session")
def chdb(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The ClickHouse of this process."""
    pytest.importorskip("chdb", reason="chDB is not installed: make test-engines installs tests/engines.txt")
    return own_session(tmp_path_factory.mktemp("clickhouse"))


@pytest.fixture(scope="session")
def small_clickhouse(chdb: Any, published: Path) -> ClickHouse:
    return ClickHouse(published, chdb, "small")


@pytest.fixture(scope="session")
def two_clickhouse(chdb: Any, two_published: Path) -> ClickHouse:
    return ClickHouse(two_published, chdb, "two")
