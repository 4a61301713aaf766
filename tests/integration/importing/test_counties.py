"""Several counties are loaded one after the other: each load fills in its county and replaces no other county's rows."""

from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Table, select

from dashboard.store.engine import reporting_engine
from dashboard.store.importing.loader import LoadReport, load_package
from dashboard.store.schema import (
    agg_claim_month,
    dim_community,
    dim_county,
    dim_event,
    dim_institution,
    dim_town,
    fact_claim,
    fact_outpatient,
    fact_referral,
    meta_load,
    metadata,
)
from tests.integration.packages import small_county, write_csv_package

FIRST, SECOND = "330110", "330111"
_REGISTERS = {"dim_community", "dim_town", "dim_institution", "dim_equipment", "dim_event"}
Package = dict[str, pd.DataFrame]


@pytest.fixture(params=["duckdb", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


def _second() -> Package:
    """The small county under other codes; the hospital outside is the same one."""
    found = small_county()
    for name, frame in found.items():
        for column in metadata.tables[name].columns:
            targets = {key.column.table.name for key in column.foreign_keys} | ({name} if column.primary_key else set())
            if column.name in frame and targets & _REGISTERS and column.name not in ("month", "year", "quarter"):
                frame[column.name] = [code if code in (None, "X1") or pd.isna(code) else f"Z{code}" for code in frame[column.name]]
    found["dim_county"] = pd.DataFrame([{"county_code": SECOND, "name": "邻县"}])
    return found


def _load(folder: Path, url: str, package: Package, scope: str | None = "month") -> LoadReport:
    number = sum(1 for _ in folder.iterdir())
    return load_package(write_csv_package(folder / f"package{number}", package), url, scope=scope)  # type: ignore[arg-type]


def _rows(url: str, table: Table, *names: str) -> list[tuple]:
    engine = reporting_engine(url)
    try:
        with engine.connect() as connection:
            return sorted((tuple(row) for row in connection.execute(select(*(table.c[name] for name in names)))), key=repr)
    finally:
        engine.dispose()


@pytest.fixture
def two(url: str, tmp_path: Path) -> str:
    for package in (small_county(), _second()):
        report = _load(tmp_path, url, package)
        assert report.accepted, report.findings
    return url


def _rules(report: LoadReport) -> set[str]:
    assert not report.accepted
    return {rule for _file, rule in report.counts}


def test_each_load_fills_in_its_county(two: str) -> None:
    assert {code for (code,) in _rows(two, dim_county, "county_code")} == {FIRST, SECOND}
    for table, key in ((dim_community, "community_code"), (dim_town, "town_code"), (dim_institution, "institution_code")):
        for code, county in _rows(two, table, key, "county_code"):
            assert county == (None if code == "X1" else SECOND if code.startswith("Z") else FIRST), (table.name, code)
    assert _rows(two, dim_event, "event_code", "county_code") == [("V1", FIRST), ("ZV1", SECOND)]
    for table in (fact_claim, agg_claim_month):
        assert {(town.startswith("Z"), county) for town, county in _rows(two, table, "town_code", "county_code")} == {
            (False, FIRST),
            (True, SECOND),
        }
    assert _rows(two, meta_load, "load_id", "county_code") == [(1, FIRST), (2, SECOND)]


@pytest.mark.parametrize("scope", ["month", "reporter"])
def test_a_load_replaces_no_row_of_another_county(two: str, tmp_path: Path, scope: str) -> None:
    """A month of visits, referrals and claims of the second county again, claims at the hospital that both go to among them."""
    package = _second()
    tables = (fact_outpatient, fact_referral, fact_claim)
    before = {table: [row for row in _rows(two, table, *table.columns.keys()) if not repr(row).count("Z")] for table in tables}
    again = {table.name: package[table.name].copy() for table in tables}
    again["fact_outpatient"]["visits"] += 1
    assert _load(tmp_path, two, again, scope).accepted
    for table in tables:
        kept = [row for row in _rows(two, table, *table.columns.keys()) if not repr(row).count("Z")]
        assert kept == before[table] != []
    visits = {visits for code, visits in _rows(two, fact_outpatient, "institution_code", "visits") if code == "ZH1"}
    assert visits == set(again["fact_outpatient"].query("institution_code == 'ZH1'")["visits"])


def test_a_code_of_another_county_is_refused_in_words(two: str, tmp_path: Path) -> None:
    """In a register, and in a report: the row names which county it is of."""
    package = _second()
    package["dim_institution"].loc[0, "institution_code"] = "H1"
    report = _load(tmp_path, two, {name: package[name] for name in ("dim_county", "dim_institution")})
    assert "other_county" in _rules(report)
    assert any(FIRST in finding.message() for finding in report.findings if finding.rule == "other_county")
    outside = package["dim_institution"].iloc[[4]].assign(institution_code="H1")
    assert "other_county" in _rules(_load(tmp_path, two, {"dim_county": package["dim_county"], "dim_institution": outside}))
    visits = small_county()["fact_outpatient"]
    assert "other_county" in _rules(_load(tmp_path, two, {"dim_county": package["dim_county"], "fact_outpatient": visits}))


def test_a_package_of_two_counties_or_of_none_is_refused(two: str, tmp_path: Path) -> None:
    visits = pd.concat([small_county()["fact_outpatient"], _second()["fact_outpatient"]])
    assert "several_counties" in _rules(_load(tmp_path, two, {"fact_outpatient": visits}))
    town = pd.DataFrame([{"town_code": "N1", "name": "新镇", "community_code": "A", "area_km2": 10}])
    assert "county_missing" in _rules(_load(tmp_path, two, {"dim_town": town}))
    assert _load(tmp_path, two, {"dim_town": town.assign(county_code=FIRST)}).accepted


def test_a_package_may_say_its_county_while_there_is_one(url: str, tmp_path: Path) -> None:
    package = small_county()
    for name in ("dim_community", "dim_town"):
        package[name]["county_code"] = FIRST
    assert _load(tmp_path, url, package).accepted
    assert {county for (county,) in _rows(url, dim_community, "county_code")} == {FIRST}
