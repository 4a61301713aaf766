"""A PostgreSQL, or a MariaDB, stopped in its tracks (SIGSTOP): everybody is told within ten seconds, and it is found again afterwards."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from dashboard import connecting
from dashboard.connecting import server_engine
from dashboard.errors import DatabaseError, ProductError, QueryError
from dashboard.services.common.cache import current_database
from dashboard.settings import settings
from dashboard.store.engine import database_url, reporting_engine
from dashboard.store.importing.loader import load_package
from dashboard.store.publication.mysql import publish_mysql
from dashboard.store.query import Whole, run_query
from dashboard.store.scope import COUNTY
from dashboard.workspace import Kind, open_workspace
from tests.conftest import own_mariadb, own_postgresql
from tests.integration.packages import small_county, write_csv_package
from tests.tiny import PLAIN_NAMES, make_tiny_database

MOST_SECONDS = 10


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Path]]:
    with own_postgresql() as (url, data):
        make_tiny_database(url, PLAIN_NAMES[:1])
        yield url, data


@pytest.fixture(autouse=True)
def _rested() -> None:
    connecting._waits._until.clear()


@contextmanager
def stopped(data: Path) -> Iterator[None]:
    """Stop the server and each of its processes for a while, as a machine does that hangs."""
    main = int((data / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    processes = [main, *map(int, children)]
    _tell(processes, signal.SIGSTOP)
    try:
        yield
    finally:
        _tell(processes, signal.SIGCONT)


def _tell(processes: list[int], what: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # a worker of the server that has ended meanwhile
            os.kill(process, what)


def _seconds(act: object, error: type[Exception]) -> float:
    begun = time.monotonic()
    with pytest.raises(error):
        act()  # type: ignore[operator]
    return time.monotonic() - begun


def test_a_first_connection_is_refused_in_time(server: tuple[str, Path]) -> None:
    url, data = server
    engine = reporting_engine(url)
    with stopped(data):
        assert _seconds(lambda: run_query(Whole(engine), "meta/data_version"), QueryError) < MOST_SECONDS
    connecting._waits._until.clear()
    assert len(run_query(Whole(engine), "meta/data_version")) == 1
    engine.dispose()


def test_a_load_is_refused_in_time(server: tuple[str, Path], tmp_path: Path) -> None:
    """The engine that writes, too: without a limit a load, an upgrade and the doctor wait for ever."""
    url, data = server
    begun = time.monotonic()
    with stopped(data), pytest.raises(DatabaseError):
        load_package(write_csv_package(tmp_path / "package", small_county()), url)
    assert time.monotonic() - begun < MOST_SECONDS


def test_a_connection_that_was_kept_is_refused_in_time_and_replaced_afterwards(server: tuple[str, Path]) -> None:
    url, data = server
    engine = reporting_engine(url)
    run_query(Whole(engine), "meta/data_version")
    with stopped(data):
        assert _seconds(lambda: run_query(Whole(engine), "meta/data_version"), QueryError) < MOST_SECONDS
        # Whoever asks next does not wait again.
        assert _seconds(lambda: run_query(Whole(engine), "meta/data_version"), QueryError) < 1
    connecting._waits._until.clear()
    assert len(run_query(Whole(engine), "meta/data_version")) == 1
    engine.dispose()


def test_a_server_that_stops_in_the_middle_of_a_statement(server: tuple[str, Path]) -> None:
    url, data = server
    engine = server_engine(database_url(url), seconds=3)

    def ask() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_sleep(1)"))

    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with stopped(data):
            assert _seconds(lambda: connection.execute(text("SELECT 2")), SQLAlchemyError) < MOST_SECONDS
        connection.invalidate()
    connecting._waits._until.clear()
    ask()
    engine.dispose()


def test_a_statement_that_takes_too_long_is_ended_by_the_server(server: tuple[str, Path]) -> None:
    engine = server_engine(database_url(server[0]), seconds=1)
    with engine.connect() as connection, pytest.raises(SQLAlchemyError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(20)"))
    with engine.connect() as connection:  # the server is well: nobody has to wait for it
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


def test_the_workspace_says_in_time_that_nothing_was_saved(server: tuple[str, Path]) -> None:
    url, data = server
    workspace = open_workspace(url)
    workspace.create(Kind.NOTE, "批注", {"text": "一"}, author=None)
    with stopped(data):
        write = lambda: workspace.create(Kind.NOTE, "批注", {"text": "二"}, author=None)  # noqa: E731
        assert _seconds(write, DatabaseError) < MOST_SECONDS
    connecting._waits._until.clear()
    assert len(workspace.list_documents(Kind.NOTE)) == 1
    workspace.create(Kind.NOTE, "批注", {"text": "二"}, author=None)
    workspace.close()


def test_many_readers_wait_together_and_not_one_after_another(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    url, data = server
    monkeypatch.setenv("REPORTING_DATABASE_URL", url)
    settings.cache_clear()
    try:
        assert current_database(COUNTY).version.load_id == 1
        waited: list[float] = []

        def read() -> None:
            begun = time.monotonic()
            with suppress(ProductError):
                while time.monotonic() - begun < 60:
                    current_database(COUNTY)
                    time.sleep(0.1)
            waited.append(time.monotonic() - begun)

        with stopped(data):
            time.sleep(5.1)  # what is known of the server's newest load has grown old
            readers = [threading.Thread(target=read) for _reader in range(8)]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join(60)
        assert len(waited) == 8
        assert max(waited) < MOST_SECONDS
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:  # found again by itself
            try:
                assert current_database(COUNTY).version.load_id == 1
                break
            except ProductError:
                time.sleep(0.3)
        assert current_database(COUNTY).version.load_id == 1
    finally:
        settings.cache_clear()


def test_the_limits_reach_the_server_and_its_sockets(server: tuple[str, Path]) -> None:
    engine = reporting_engine(server[0])
    with engine.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == f"{settings().database_seconds}s"
        assert connection.execute(text("SHOW default_transaction_read_only")).scalar_one() == "on"
        told = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    assert int(told["connect_timeout"]) < MOST_SECONDS
    assert int(told["tcp_user_timeout"]) <= MOST_SECONDS * 1000
    assert told["keepalives"] == "1"
    engine.dispose()
    plain = create_engine(server[0])
    with plain.connect() as connection:  # the positive twin: without the limits the server would wait for ever
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "0"
    plain.dispose()


def test_a_mariadb_that_stops_costs_one_reader_seconds_and_is_found_again(duckdb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kept connection, then a first one: neither waits long, whoever asks next does not wait again, and nobody asks a resting server."""
    monkeypatch.setenv("DATABASE_SECONDS", "3")
    settings.cache_clear()
    with own_mariadb("county") as url:
        publish_mysql(make_tiny_database(duckdb_url, PLAIN_NAMES[:1]), url)
        engine, fresh = reporting_engine(url), reporting_engine(url)
        settings.cache_clear()
        ask = lambda: run_query(Whole(engine), "meta/data_version")  # noqa: E731
        ask()
        with engine.connect() as connection:
            process = int(Path(*connection.execute(text("SELECT @@datadir, @@pid_file")).one()).read_text())
        _tell([process], signal.SIGSTOP)
        try:
            assert _seconds(ask, QueryError) < MOST_SECONDS
            assert _seconds(ask, QueryError) < 1
            connecting._waits._until.clear()
            assert _seconds(lambda: run_query(Whole(fresh), "meta/data_version"), QueryError) < MOST_SECONDS
        finally:
            _tell([process], signal.SIGCONT)
        connecting._waits._until.clear()
        assert len(ask()) == 1
        with engine.connect() as connection, pytest.raises(SQLAlchemyError, match="max_statement_time"):
            connection.execute(text("SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b, seq_1_to_1000000000"))
        engine.dispose()
        fresh.dispose()


def test_a_server_that_put_an_idle_connection_away_is_asked_again_at_once(mariadb_url: str) -> None:
    engine = reporting_engine(mariadb_url)
    with engine.connect() as connection:
        number = connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one()
    killer = create_engine(mariadb_url)
    with killer.connect() as connection:
        connection.exec_driver_sql(f"KILL {number}")
    killer.dispose()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar_one() != number
    engine.dispose()
