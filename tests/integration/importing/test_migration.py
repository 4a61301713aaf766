"""A reporting database of the first program is brought to this one's structure without losing a row, or refused in words."""

import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, select
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import DatabaseError
from dashboard.services.common.database import open_database
from dashboard.store.checks import PROBLEM, check_database
from dashboard.store.engine import database_url, reporting_engine, retire, writing_engine
from dashboard.store.importing.loader import load_package
from dashboard.store.importing.migration import migrate_reporting
from dashboard.store.importing.previous import existing_columns, missing_columns
from dashboard.store.schema import (
    agg_claim_month,
    dim_community,
    dim_disease_group,
    dim_institution,
    dim_town,
    fact_claim,
    fact_outpatient,
    meta_load,
    meta_report,
    meta_schema,
)
from dashboard.store.versions import SCHEMA_VERSION, schema_version
from tests.integration.packages import small_county, write_csv_package

_MONTH = datetime.date(2025, 1, 1)


@pytest.fixture(params=["duckdb", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


def _first_program(url: str) -> None:
    """Make the database as the first program did, with a few rows that refer to each other."""
    engine = writing_engine(url)
    statements = (Path(__file__).parent / "first_schema.sql").read_text(encoding="utf-8").split(";\n")
    with engine.begin() as connection:
        for statement in statements:
            if statement.strip():
                connection.exec_driver_sql(statement)
    # DuckDB checks a reference against what was committed.
    for row in (
        "dim_community (community_code, name, short_name, display_order) VALUES ('A', '第一医共体', '一', 1)",
        "dim_town (town_code, name, community_code, area_km2) VALUES ('T1', '东镇', 'A', 50)",
        "dim_disease_group (disease_group_code, name, kind) VALUES ('G1', '肺炎', 'medical')",
        "dim_institution (institution_code, name, kind, role, community_code, town_code, in_county) "
        "VALUES ('C1', '东镇卫生院', 'township_centre', 'member', 'A', 'T1', true)",
        "dim_institution (institution_code, name, kind, role, community_code, town_code, in_county, parent_institution_code) "
        "VALUES ('S1', '东镇一站', 'station', 'member', 'A', 'T1', true, 'C1')",
        "fact_outpatient (institution_code, month, visits) VALUES ('C1', '2025-01-01', 300)",
        "fact_claim (town_code, scheme, institution_code, service_kind, disease_group_code, month, encounters, total_cost, fund_paid, "
        "patient_paid) VALUES ('T1', 'resident', 'C1', 'inpatient', 'G1', '2025-01-01', 5, 100.5, 60.25, 40.25)",
        "meta_load (load_id, package, checksum, data_kind, row_count, rejected_count, warning_count, data_through, loaded_at, app_version) "
        "VALUES (1, 'old', 'x', 'county', 6, 0, 0, '2025-01-01', '2025-02-01 00:00:00', '0.1')",
    ):
        with engine.begin() as connection:
            connection.exec_driver_sql(f"INSERT INTO {row}")
    engine.dispose()


def _missing(url: str) -> list[str]:
    engine = reporting_engine(url)
    try:
        return missing_columns(existing_columns(engine))
    finally:
        engine.dispose()


def _rows(url: str, *columns: object) -> list[tuple]:
    engine = reporting_engine(url)
    try:
        with engine.connect() as connection:
            return sorted((tuple(row) for row in connection.execute(select(*columns))), key=repr)
    finally:
        engine.dispose()


def _set_version(url: str, version: int) -> None:
    engine = writing_engine(url)
    with engine.begin() as connection:
        connection.execute(meta_schema.update().values(version=version))
    engine.dispose()


def test_a_database_of_the_first_program_is_upgraded(url: str) -> None:
    _first_program(url)
    assert {"dim_event", "meta_schema", "fact_contract.teams"} <= set(_missing(url))
    assert any(result.level == PROBLEM and "migrate" in result.text() for result in check_database(url))

    done = migrate_reporting(url)

    assert done is not None
    assert (done.before, done.after) == (0, SCHEMA_VERSION)
    assert "fact_contract.teams" in done.added
    assert _missing(url) == []
    assert _rows(url, dim_institution.c.institution_code, dim_institution.c.parent_institution_code) == [("C1", None), ("S1", "C1")]
    assert _rows(url, fact_outpatient.c.visits, fact_outpatient.c.month) == [(300, _MONTH)]
    assert _rows(url, meta_load.c.load_id, meta_load.c.package) == [(1, "old")]
    assert [float(row[0]) for row in _rows(url, fact_claim.c.total_cost)] == [100.5]
    assert _rows(url, meta_report.c.table_name, meta_report.c.reporter, meta_report.c.first_load_id) == [
        ("fact_claim", "C1", None),
        ("fact_outpatient", "C1", None),
    ]
    assert not [result for result in check_database(url) if result.level == PROBLEM]
    again = migrate_reporting(url)
    assert again is not None
    assert (again.before, again.added) == (SCHEMA_VERSION, ())


def test_a_database_of_one_county_fills_in_which_county_its_rows_belong_to(url: str) -> None:
    """From the one row of ``dim_county``; hospitals outside belong to none."""
    _first_program(url)
    engine = writing_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO dim_county (county_code, name) VALUES ('330110', '演示县')")
        outside = "INSERT INTO dim_institution (institution_code, name, kind, in_county) VALUES ('X1', '省医院', 'general_hospital', false)"
        connection.exec_driver_sql(outside)
    engine.dispose()
    migrate_reporting(url)
    assert _rows(url, dim_institution.c.institution_code, dim_institution.c.county_code) == [
        ("C1", "330110"),
        ("S1", "330110"),
        ("X1", None),
    ]
    for table in (dim_community, dim_town, fact_claim, agg_claim_month, meta_load):
        assert _rows(url, table.c.county_code) == [("330110",)], table.name


def test_what_was_added_is_held_by_this_versions_rules(url: str) -> None:
    _first_program(url)
    migrate_reporting(url)
    engine = create_engine(database_url(url))
    try:
        with engine.begin() as connection:
            connection.execute(insert(dim_disease_group).values(disease_group_code="G2", name="阑尾", kind="surgical", core_group="x"))
        event = "INSERT INTO dim_event (event_code, title, kind, starts_on) VALUES ('{0}', 'x', '{0}', '2025-01-01')"
        with engine.begin() as connection:
            connection.exec_driver_sql(event.format("reform"))
        with pytest.raises(SQLAlchemyError), engine.begin() as connection:
            connection.exec_driver_sql(event.format("no such kind"))
    finally:
        engine.dispose()


def test_an_aggregate_that_lacks_a_column_is_made_again(url: str) -> None:
    _first_program(url)
    engine = writing_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE agg_claim_month")
    engine.dispose()
    migrate_reporting(url)
    assert _rows(url, agg_claim_month.c.encounters) == [(5,)]


def test_a_load_upgrades_an_older_database(url: str, tmp_path: Path) -> None:
    _first_program(url)
    tables = {name: small_county()[name] for name in ("dim_community", "dim_town", "dim_institution", "fact_outpatient")}
    report = load_package(write_csv_package(tmp_path / "package", tables), url)
    assert report.accepted
    assert _missing(url) == []
    engine = reporting_engine(url)
    assert schema_version(engine) == SCHEMA_VERSION
    engine.dispose()


def test_a_newer_database_is_refused_by_every_door(url: str, tmp_path: Path) -> None:
    _first_program(url)
    migrate_reporting(url)
    opened = open_database(url)
    assert opened.version.load_id == 1
    retire(opened.engine)
    before = _rows(url, fact_outpatient.c.visits)
    _set_version(url, SCHEMA_VERSION + 1)
    with pytest.raises(DatabaseError, match="更新版本"):
        migrate_reporting(url)
    with pytest.raises(DatabaseError, match="更新版本"):
        open_database(url)
    package = write_csv_package(tmp_path / "package", {"dim_community": small_county()["dim_community"]})
    with pytest.raises(DatabaseError, match="更新版本"):
        load_package(package, url)
    assert "更新版本" in " ".join(result.text() for result in check_database(url) if result.level == PROBLEM)
    assert _rows(url, fact_outpatient.c.visits) == before


def _damaged(url: str, columns: str, values: str) -> None:
    """Make the first program's database with another table of visits."""
    _first_program(url)
    engine = writing_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE fact_outpatient")
        connection.exec_driver_sql(f"CREATE TABLE fact_outpatient ({columns})")
        connection.exec_driver_sql(f"INSERT INTO fact_outpatient VALUES ({values})")
    engine.dispose()


def test_what_cannot_be_made_up_is_refused_in_words(url: str) -> None:
    _damaged(url, "institution_code VARCHAR(64), month DATE", "'C1', '2025-01-01'")
    with pytest.raises(DatabaseError, match=r"必填的 .*fact_outpatient.visits"):
        migrate_reporting(url)
    assert "meta_schema" in _missing(url)


def test_rows_that_break_a_rule_of_this_version_change_nothing(url: str) -> None:
    _damaged(url, "institution_code VARCHAR(64), month DATE, visits BIGINT", "'C1', '2025-01-01', -3")
    with pytest.raises(DatabaseError, match="规则"):
        migrate_reporting(url)
    assert "meta_schema" in _missing(url)
    assert _rows(url, fact_outpatient.c.visits) == [(-3,)]


def test_without_a_database_there_is_nothing_to_migrate(duckdb_url: str) -> None:
    assert migrate_reporting(duckdb_url) is None


def test_only_checking_and_refusing_leave_the_structure_as_it_is(url: str, tmp_path: Path) -> None:
    _first_program(url)
    missing = _missing(url)
    tables = {name: small_county()[name] for name in ("dim_community", "dim_town", "dim_institution", "fact_outpatient")}
    assert load_package(write_csv_package(tmp_path / "package", tables), url, check_only=True).checked
    tables["fact_outpatient"] = tables["fact_outpatient"].assign(visits=-1)
    assert not load_package(write_csv_package(tmp_path / "refused", tables), url).accepted
    assert _missing(url) == missing
    engine = reporting_engine(url)
    assert schema_version(engine) == 0
    engine.dispose()


def test_checking_for_an_empty_server_makes_nothing_there(postgresql_url: str, tmp_path: Path) -> None:
    assert load_package(write_csv_package(tmp_path / "package", small_county()), postgresql_url, check_only=True).checked
    engine = reporting_engine(postgresql_url)
    assert existing_columns(engine) == {}
    engine.dispose()
