"""A running server while loads land: every next rerun sees the newest, an older run neither revives nor passes on its file."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.errors import DatabaseError, QueryError
from dashboard.services.common import database as database_module
from dashboard.services.common.cache import cached, current_database
from dashboard.services.common.database import ReportingDatabase, file_stamp, open_database
from dashboard.settings import settings
from dashboard.store.engine import retire, writing_engine
from dashboard.store.importing.loader import load_package
from dashboard.store.query import run_query
from dashboard.store.scope import COUNTY
from tests.integration.packages import small_county, write_csv_package
from tests.tiny import PLAIN_NAMES, make_tiny_database

_LOADS = 10
_READERS = 4


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    address = f"duckdb:///{tmp_path / 'live.duckdb'}"
    make_tiny_database(f"duckdb:///{tmp_path / 'template.duckdb'}", PLAIN_NAMES[:1])
    shutil.copy(tmp_path / "template.duckdb", tmp_path / "live.duckdb")
    monkeypatch.setenv("REPORTING_DATABASE_URL", address)
    settings.cache_clear()
    yield address
    settings.cache_clear()


def _put(url: str, name: str, load_id: int = 1) -> None:
    """What a load does: a new file, moved onto the live one; the county's name tells which."""
    live = Path(url.removeprefix("duckdb:///"))
    new = live.with_suffix(".new")
    shutil.copy(live.with_name("template.duckdb"), new)
    engine = writing_engine(f"duckdb:///{new}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE dim_county SET short_name = :name"), {"name": name})
        if load_id != 1:
            connection.execute(text("DELETE FROM meta_freshness"))
    with engine.begin() as connection:
        if load_id != 1:
            connection.execute(text("UPDATE meta_load SET load_id = :load_id"), {"load_id": load_id})
    engine.dispose()
    new.replace(live)


def _county(database: ReportingDatabase) -> str:
    with database.engine.connect() as connection:
        return str(connection.execute(text("SELECT short_name FROM dim_county")).scalar_one())


@cached()
def _cached_county(database: ReportingDatabase) -> str:
    return _county(database)


def test_a_run_that_goes_on_after_a_load_does_not_hide_the_next_one(url: str) -> None:
    _put(url, "A")
    run = current_database(COUNTY)
    assert _county(run) == "A"
    for name in "BCDE":
        _put(url, name)
        assert _county(current_database(COUNTY)) == name
        assert _county(run) == "A"  # what it has begun on, it reads to its end


def test_readers_in_the_middle_of_runs_while_ten_loads_land(url: str) -> None:
    """Each reader's rerun that begins after a load is there sees that load or a newer one, however many older runs go on."""
    published, stop = [0], threading.Event()
    stale: list[tuple[int, int]] = []
    faults: list[BaseException] = []
    seen: list[set[int]] = [set() for _reader in range(_READERS)]

    def read(mine: set[int]) -> None:
        try:
            while not stop.is_set():
                least = published[0]
                run = current_database(COUNTY)
                for _query in range(3):  # a run asks more than once, and a load may land between
                    shown = int(_county(run).removeprefix("L"))
                    if shown < least:
                        stale.append((shown, least))
                    mine.add(shown)
        except BaseException as error:
            faults.append(error)
            raise

    _put(url, "L0")
    readers = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for reader in readers:
        reader.start()
    middle = [current_database(COUNTY)]  # runs that begin before each load and go on after it
    for number in range(1, _LOADS + 1):
        _put(url, f"L{number}", load_id=number)
        published[0] = number
        now = current_database(COUNTY)
        assert _county(now) == f"L{number}"
        assert now.version.load_id == number
        assert _county(middle[-1]) == f"L{number - 1}"
        middle.append(now)
    stop.set()
    for reader in readers:
        reader.join(60)
    assert not faults
    assert not stale
    assert all(mine for mine in seen)
    assert _county(current_database(COUNTY)) == f"L{_LOADS}"


def test_only_the_newest_of_the_replaced_files_stay_open(url: str) -> None:
    runs = []
    for number in range(7):
        _put(url, f"L{number}", load_id=number)
        runs.append(current_database(COUNTY))
        assert _county(runs[-1]) == f"L{number}"
    assert _county(runs[3]) == "L3"
    with pytest.raises(QueryError):
        run_query(runs[0], "meta/data_version")
    assert _county(current_database(COUNTY)) == "L6"


def test_answers_of_an_older_run_are_not_shown_as_the_newer_loads(url: str) -> None:
    """Both files say load 1, as after a database was built anew: only the file tells them apart."""
    _put(url, "A")
    run = current_database(COUNTY)
    _put(url, "B")
    assert _cached_county(run) == "A"
    assert _cached_county(current_database(COUNTY)) == "B"
    assert _cached_county(run) == "A"


def test_a_load_that_lands_while_the_file_is_opened_is_noticed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _put(url, "A")
    asked = database_module.data_version
    landed = []

    def landing(engine: object) -> object:
        version = asked(engine)  # type: ignore[arg-type]
        if not landed:
            landed.append(_put(url, "B", load_id=2))
        return version

    monkeypatch.setattr(database_module, "data_version", landing)
    database = open_database(url)
    assert (_county(database), database.version.load_id, database.stamp) == ("B", 2, file_stamp(url))


def test_a_file_that_never_stands_still_is_said_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = database_module.data_version

    def landing(engine: object) -> object:
        _put(url, "X")
        return asked(engine)  # type: ignore[arg-type]

    monkeypatch.setattr(database_module, "data_version", landing)
    with pytest.raises(DatabaseError, match="反复替换"):
        open_database(url)


def test_a_file_written_in_place_with_its_old_date_is_noticed(url: str) -> None:
    file = Path(url.removeprefix("duckdb:///"))
    before, dates = file_stamp(url), file.stat()
    content = file.read_bytes()
    file.write_bytes(content)
    os.utime(file, ns=(dates.st_atime_ns, dates.st_mtime_ns))
    assert file_stamp(url) != before


def test_a_file_that_went_missing_is_an_error_and_its_return_is_seen(url: str) -> None:
    _put(url, "A")
    assert _county(current_database(COUNTY)) == "A"
    file = Path(url.removeprefix("duckdb:///"))
    away = file.rename(file.with_suffix(".away"))
    with pytest.raises(DatabaseError, match="还没有报表数据库"):
        current_database(COUNTY)
    away.rename(file)
    assert _county(current_database(COUNTY)) == "A"


def test_the_app_cannot_write_the_embedded_database(url: str) -> None:
    database = open_database(url)
    with database.engine.connect() as connection, pytest.raises(Exception, match="read-only"):
        connection.execute(text("DELETE FROM dim_county"))
    retire(database.engine)


def test_a_real_load_is_seen_by_the_next_rerun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duckdb_url: str) -> None:
    monkeypatch.setenv("REPORTING_DATABASE_URL", duckdb_url)
    settings.cache_clear()
    tables = {name: small_county()[name] for name in ("dim_community", "dim_town", "dim_institution", "fact_outpatient")}
    assert load_package(write_csv_package(tmp_path / "one", tables), duckdb_url).accepted
    run = current_database(COUNTY)
    later = {"fact_outpatient": tables["fact_outpatient"].iloc[:1].assign(month="2025-04")}
    assert load_package(write_csv_package(tmp_path / "two", later), duckdb_url).accepted
    assert (current_database(COUNTY).version.load_id, run.version.load_id) == (2, 1)
    settings.cache_clear()
