"""What a load does to the database: whole or nothing, idempotent, corrections by period, killed loads, PostgreSQL like DuckDB."""

import datetime
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import StaticPool, create_engine, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import DatabaseError, PackageError
from dashboard.services.common.database import data_version
from dashboard.store.engine import database_url, reporting_engine, writing_engine
from dashboard.store.importing.loader import load_package
from dashboard.store.importing.workfolder import single_load
from dashboard.store.importing.writing import duckdb_tables
from dashboard.store.schema import metadata
from tests.integration.packages import MONTHS, small_county, write_csv_package, zip_package
from tests.kept import KeptCounties

_FEW = (
    "dim_community",
    "dim_town",
    "dim_institution",
    "dim_disease_group",
    "fact_population",
    "fact_outpatient",
    "fact_claim",
    "fact_support",
)
_TIMES = ("loaded_at", "changed_at")


def _county() -> dict[str, pd.DataFrame]:
    """The tables that these tests look at: a load is not free."""
    tables = small_county()
    return {name: tables[name] for name in _FEW}


def _frames(url: str) -> dict[str, list[tuple]]:
    """Every row of every table but the time of loading, sorted."""
    engine = create_engine(database_url(url))
    try:
        with engine.connect() as connection:
            return {
                name: sorted(
                    (
                        tuple(row)
                        for row in connection.execute(
                            select(*(c for c in table.columns if not c.name.endswith(("loaded_at", "changed_at"))))
                        )
                    ),
                    key=repr,
                )
                for name, table in metadata.tables.items()
            }
    finally:
        engine.dispose()


def _scalar(url: str, query: str) -> object:
    engine = create_engine(database_url(url))
    try:
        with engine.connect() as connection:
            return connection.execute(text(query)).scalar_one()
    finally:
        engine.dispose()


@pytest.fixture(params=["duckdb", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"duckdb:///{tmp_path / 'reporting.duckdb'}"


def test_the_script_makes_the_tables_that_are_declared() -> None:
    """Columns with their comments, keys, rules and indexes, as SQLAlchemy makes them one by one."""
    engines = [create_engine("duckdb:///:memory:", poolclass=StaticPool) for _ in range(2)]
    metadata.create_all(engines[0])
    with engines[1].begin() as connection:
        connection.exec_driver_sql(duckdb_tables())
    telling = {
        "tables": "table_name, sql, comment",
        "columns": "table_name, column_name, data_type, is_nullable, column_default, comment",
        "constraints": "table_name, constraint_text",
        "indexes": "table_name, index_name, sql",
    }
    for what, columns in telling.items():
        one, other = (
            pd.read_sql(f"SELECT {columns} FROM duckdb_{what}() WHERE schema_name = 'main' ORDER BY ALL", each) for each in engines
        )
        assert len(one) > 0, what
        pd.testing.assert_frame_equal(one, other, obj=what)


def test_both_databases_hold_the_same(tmp_path: Path, duckdb_url: str, postgresql_url: str) -> None:
    tables = small_county()
    package = write_csv_package(tmp_path / "package", tables)
    correction = tables["fact_claim"].iloc[[0]].assign(total_cost="81000.5")
    second = write_csv_package(
        tmp_path / "second",
        {"fact_claim": correction, "dim_town": tables["dim_town"].iloc[:1].assign(name="新名"), "dim_institution": _grown()},
    )
    for target in (duckdb_url, postgresql_url):
        assert load_package(package, target).accepted
        report = load_package(second, target)
        assert report.accepted, [item.text() for item in report.findings]
    in_duckdb, in_postgresql = _frames(duckdb_url), _frames(postgresql_url)
    for name in metadata.tables:
        assert in_duckdb[name] == in_postgresql[name], name
    assert len(in_duckdb["meta_load"]) == 2


def _grown() -> pd.DataFrame:
    """A new centre, its new station listed before it, and an old station that moves to it."""
    frame = small_county()["dim_institution"]
    centre = frame[frame["institution_code"] == "C1"].assign(institution_code="C2", name="新卫生院")
    station = frame[frame["institution_code"] == "S1"].assign(parent_institution_code="C2")
    return pd.concat([station.assign(institution_code="S0", name="新站"), centre, station])


def test_the_same_package_again_changes_nothing(url: str, tmp_path: Path) -> None:
    folder = write_csv_package(tmp_path / "package", _county())
    first = load_package(folder, url)
    before = _frames(url)
    again = load_package(folder, url)
    zipped = load_package(zip_package(folder, tmp_path / "package.zip", inside="我的数据/"), url)
    assert (first.unchanged, again.unchanged, zipped.unchanged) == (False, True, True)
    assert (again.accepted, again.load_id) == (True, 1)
    assert _frames(url) == before


def test_the_checksum_follows_the_content(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county()
    load_package(write_csv_package(tmp_path / "package", tables), duckdb_url)
    tables["fact_outpatient"].loc[0, "visits"] = 1234
    report = load_package(write_csv_package(tmp_path / "package", tables), duckdb_url)
    assert (report.unchanged, report.load_id) == (False, 2)


def test_a_correction_replaces_its_months_and_names_who_is_missing(url: str, tmp_path: Path, kept_counties: KeptCounties) -> None:
    tables = _county()
    kept_counties.copied(url, tables)
    correction = tables["fact_outpatient"].query(f"institution_code == 'H1' and month == '{MONTHS[1]}'").assign(visits=777)
    report = load_package(write_csv_package(tmp_path / "correction", {"fact_outpatient": correction}), url)
    assert report.accepted
    assert [(item.rule, item.value) for item in report.findings] == [("reporter_missing", "C1 · 2025-02")]
    assert (report.files[0].rows, report.files[0].replaced) == (1, 2)
    rows = _frames(url)["fact_outpatient"]
    assert len(rows) == 5
    assert [row[2] for row in rows if row[1] == datetime.date(2025, 2, 1)] == [777]
    assert _scalar(url, "SELECT rule FROM meta_finding WHERE load_id = 2") == "reporter_missing"


def test_the_claim_aggregate_follows_a_correction(url: str, tmp_path: Path, kept_counties: KeptCounties) -> None:
    tables = _county()
    kept_counties.copied(url, tables)
    correction = tables["fact_claim"].iloc[[1]].assign(total_cost="90000", disease_group_code="G2")
    load_package(write_csv_package(tmp_path / "correction", {"fact_claim": correction}), url)
    for total in ("encounters", "total_cost", "eligible_cost", "fund_paid", "patient_paid"):
        assert _scalar(url, f"SELECT SUM({total}) FROM agg_claim_month") == _scalar(url, f"SELECT SUM({total}) FROM fact_claim")
    assert _scalar(url, "SELECT COUNT(*) FROM agg_claim_month WHERE month = '2025-02-01'") == 1


def test_a_refused_package_leaves_the_database_as_it_was(url: str, tmp_path: Path, kept_counties: KeptCounties) -> None:
    tables = _county()
    kept_counties.copied(url, tables)
    before = _frames(url)
    tables["fact_outpatient"].loc[0, "visits"] = -1
    report = load_package(write_csv_package(tmp_path / "package", tables), url)
    assert not report.accepted
    assert report.report_file is not None
    assert report.report_file.parent == tmp_path
    assert _frames(url) == before


def test_load_records_tell_how_far_the_data_reaches(url: str, tmp_path: Path) -> None:
    load_package(write_csv_package(tmp_path / "package", _county(), manifest="data_kind: demonstration\nname: 演示\n"), url)
    engine = reporting_engine(url)
    version = data_version(engine)
    engine.dispose()
    assert (version.load_id, version.package, version.demonstration) == (1, "演示", True)
    assert version.data_through == datetime.date(2025, 3, 1)
    freshness = {row[0]: row[1:] for row in _frames(url)["meta_freshness"]}
    assert freshness["fact_population"] == (1, 2, datetime.date(2025, 1, 1), datetime.date(2025, 1, 1))
    assert freshness["dim_town"] == (1, 2, None, None)
    assert _scalar(url, "SELECT COUNT(*) FROM meta_load_file") == len(_county())


def test_references_may_rest_on_the_database(url: str, tmp_path: Path, kept_counties: KeptCounties) -> None:
    tables = _county()
    kept_counties.copied(url, tables)
    later = tables["fact_outpatient"].iloc[:1].assign(month="2025-04")
    assert load_package(write_csv_package(tmp_path / "april", {"fact_outpatient": later}), url).accepted


def test_a_package_without_any_row_is_refused(tmp_path: Path, duckdb_url: str) -> None:
    empty = {"fact_outpatient": _county()["fact_outpatient"].iloc[:0]}
    with pytest.raises(PackageError, match="没有任何数据行"):
        load_package(write_csv_package(tmp_path / "package", empty), duckdb_url)


def test_an_open_reader_keeps_its_data_and_sees_the_new_after_reopening(
    tmp_path: Path, duckdb_url: str, kept_counties: KeptCounties
) -> None:
    tables = _county()
    kept_counties.copied(duckdb_url, tables)
    reader = reporting_engine(duckdb_url)
    count = text("SELECT COUNT(*) FROM fact_outpatient")
    with reader.connect() as connection:
        assert connection.execute(count).scalar_one() == 6
    later = tables["fact_outpatient"].iloc[:1].assign(month="2025-04")
    assert load_package(write_csv_package(tmp_path / "april", {"fact_outpatient": later}), duckdb_url).accepted
    with reader.connect() as connection:
        assert connection.execute(count).scalar_one() == 6
    reader.dispose()
    with reader.connect() as connection:
        assert connection.execute(count).scalar_one() == 7
    reader.dispose()


_KILLED = """
import os, signal, sys
from dashboard.store.importing.loader import load_package
def stop(state):
    if (state.stage, state.file) == (sys.argv[3], sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
load_package(sys.argv[1], sys.argv[2], progress=stop)
"""


@pytest.mark.parametrize(
    ("database", "stage", "file"),
    [("duckdb", "read", "fact_claim.csv"), ("duckdb", "write", "fact_outpatient"), ("postgresql", "write", "fact_outpatient")],
)
def test_a_killed_load_changes_nothing_and_the_next_one_cleans_up(
    database: str, stage: str, file: str, request: pytest.FixtureRequest, tmp_path: Path, kept_counties: KeptCounties
) -> None:
    url: str = request.getfixturevalue(f"{database}_url")
    tables = _county()
    kept_counties.copied(url, tables)
    before = _frames(url)
    tables["fact_outpatient"].loc[0, "visits"] = 4321
    package = write_csv_package(tmp_path / "second", tables)
    killed = subprocess.run([sys.executable, "-c", _KILLED, package, url, stage, file], check=False, cwd=Path(__file__).parents[3])
    assert killed.returncode == -signal.SIGKILL
    assert _frames(url) == before
    if url.startswith("duckdb"):
        assert list(tmp_path.glob(".dashboard-load-*"))
    assert load_package(package, url).load_id == 2
    assert not list(tmp_path.glob(".dashboard-load-*"))


def test_a_second_load_at_the_same_time_is_refused(tmp_path: Path, duckdb_url: str) -> None:
    package = write_csv_package(tmp_path / "package", _county())
    with single_load(tmp_path / "reporting.duckdb"), pytest.raises(DatabaseError, match="另一个载入正在进行"):
        load_package(package, duckdb_url)
    assert load_package(package, duckdb_url).accepted


def test_a_second_load_on_a_server_is_refused(tmp_path: Path, postgresql_url: str) -> None:
    package = write_csv_package(tmp_path / "package", _county())
    refused: list[str] = []

    def second(_: object) -> None:
        if not refused:
            with pytest.raises(DatabaseError, match="另一个载入正在进行") as error:
                load_package(package, postgresql_url)
            refused.append(str(error.value))

    assert load_package(package, postgresql_url, progress=second).accepted
    assert refused


def test_readers_of_a_server_never_wait_and_never_see_half(tmp_path: Path, postgresql_url: str, kept_counties: KeptCounties) -> None:
    tables = _county()
    kept_counties.copied(postgresql_url, tables)
    tables["fact_outpatient"]["visits"] = 2000
    engine = create_engine(database_url(postgresql_url))
    seen = set()

    def read(state: object) -> None:
        if getattr(state, "stage", "") == "write":
            with engine.connect() as connection:
                connection.execute(text("SET statement_timeout = '5s'"))
                seen.add(connection.execute(text("SELECT MAX(visits) FROM fact_outpatient")).scalar_one())

    load_package(write_csv_package(tmp_path / "package", tables), postgresql_url, progress=read)
    engine.dispose()
    assert seen == {1002}
    assert _scalar(postgresql_url, "SELECT MAX(visits) FROM fact_outpatient") == 2000


def test_an_older_database_gets_the_new_columns_with_the_next_load(tmp_path: Path, duckdb_url: str, kept_counties: KeptCounties) -> None:
    tables = _county()
    kept_counties.copied(duckdb_url, tables)
    engine = writing_engine(duckdb_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE fact_conduct"))
        connection.execute(text("ALTER TABLE fact_support DROP COLUMN people"))
    engine.dispose()
    later = tables["fact_outpatient"].iloc[:1].assign(month="2025-04")
    assert load_package(write_csv_package(tmp_path / "april", {"fact_outpatient": later}), duckdb_url).accepted
    assert _scalar(duckdb_url, "SELECT COUNT(*) FROM fact_support WHERE people IS NULL") == 1
    assert _scalar(duckdb_url, "SELECT COUNT(*) FROM fact_conduct") == 0


def test_a_server_that_lacks_what_cannot_be_made_up_is_refused(tmp_path: Path, postgresql_url: str, kept_counties: KeptCounties) -> None:
    tables = _county()
    kept_counties.copied(postgresql_url, tables)
    engine = create_engine(database_url(postgresql_url))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE fact_outpatient DROP COLUMN visits"))
    engine.dispose()
    tables["fact_outpatient"].loc[0, "visits"] = 4321
    with pytest.raises(DatabaseError, match=r"fact_outpatient\.visits"):
        load_package(write_csv_package(tmp_path / "package", tables), postgresql_url)


def test_an_unreachable_server_and_a_foreign_file_are_clear_errors(tmp_path: Path) -> None:
    package = write_csv_package(tmp_path / "package", _county())
    with pytest.raises(DatabaseError, match="连接不上"):
        load_package(package, "postgresql://nobody@127.0.0.1:1/none")
    (tmp_path / "foreign.duckdb").write_bytes(b"this is no database" * 100)
    with pytest.raises(DatabaseError):
        load_package(package, f"duckdb:///{tmp_path / 'foreign.duckdb'}")
    with pytest.raises(DatabaseError, match="内存"):
        load_package(package, "duckdb:///:memory:")


def test_the_contract_is_kept_by_the_database_itself(url: str, tmp_path: Path, kept_counties: KeptCounties) -> None:
    """The staging has no constraints; what is published must have them."""
    kept_counties.copied(url, _county())
    engine = writing_engine(url)
    outpatient = metadata.tables["fact_outpatient"]
    for values in (
        {"institution_code": "H9", "month": datetime.date(2025, 5, 1), "visits": 1},
        {"institution_code": "H1", "month": datetime.date(2025, 1, 1), "visits": 1},
    ):
        with pytest.raises(SQLAlchemyError), engine.begin() as connection:
            connection.execute(insert(outpatient).values(values))
    engine.dispose()
