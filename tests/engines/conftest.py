"""Counties on other engines: published once, compared with the DuckDB file that they come from."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from dashboard.store.publication.mysql import publish_mysql
from dashboard.store.publication.parquet import publish_parquet
from dashboard.store.versions import write_version
from tests.conftest import Demonstration, own_mariadb
from tests.engines.spark_engine import own_spark
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
def published(small_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small county as a published folder."""
    folder = tmp_path_factory.mktemp("published") / "county"
    publish_parquet(small_url, folder)
    return folder


@pytest.fixture(scope="session")
def mariadb() -> Iterator[str]:
    """A MariaDB with two empty databases: ``small`` and ``county``; the address is that of the first."""
    with own_mariadb("small", "county") as url:
        yield url


@pytest.fixture(scope="session")
def small_mariadb(mariadb: str, small_url: str) -> str:
    publish_mysql(small_url, mariadb)
    return mariadb


@pytest.fixture(scope="session")
def demonstration_mariadb(mariadb: str, demonstration: Demonstration) -> str:
    """The demonstration county, published."""
    url = mariadb.replace("/small?", "/county?")
    publish_mysql(demonstration.url, url)
    return url


@pytest.fixture(scope="session")
def spark(published: Path) -> Iterator[str]:
    """The address of a Spark with the small county. What it needs and is not installed skips by its name."""
    for module in ("pyspark", "pyhive"):
        pytest.importorskip(module, reason=f"{module} is not installed: make test-engines installs tests/engines.txt")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed (apt-get install default-jre-headless)")
    with own_spark(published) as url:
        yield url
