"""Several counties are loaded one after the other: each load fills in its county and replaces no other county's rows."""

import datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Table, select

from dashboard.analysis.approval import COUNTY, UNASKED, Act, Done, Signed
from dashboard.errors import DatabaseError
from dashboard.store.engine import reporting_engine
from dashboard.store.importing.loader import LoadReport, load_package
from dashboard.store.importing.undo import undo_last_load
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
from tests.kept import KeptCounties

FIRST, SECOND = "330110", "330111"
_REGISTERS = {"dim_community", "dim_town", "dim_institution", "dim_equipment", "dim_event"}
Package = dict[str, pd.DataFrame]


@pytest.fixture(params=["duckdb", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


def second_package(first: Package | None = None) -> Package:
    """The small county, or the county ``first``, under other codes; the hospital outside is the same one."""
    found = {name: frame.copy() for name, frame in (first or small_county()).items()}
    for name, frame in found.items():
        for column in metadata.tables[name].columns:
            targets = {key.column.table.name for key in column.foreign_keys} | ({name} if column.primary_key else set())
            if column.name in frame and targets & _REGISTERS and column.name not in ("month", "year", "quarter"):
                frame[column.name] = [code if code in (None, "X1") or pd.isna(code) else f"Z{code}" for code in frame[column.name]]
    found["dim_county"] = pd.DataFrame([{"county_code": SECOND, "name": "邻县"}])
    return found


def _load(folder: Path, url: str, package: Package, scope: str | None = "month", signed: Signed = UNASKED) -> LoadReport:
    number = sum(1 for _ in folder.iterdir())
    return load_package(write_csv_package(folder / f"package{number}", package), url, scope=scope, signed=signed)  # type: ignore[arg-type]


def _rows(url: str, table: Table, *names: str) -> list[tuple]:
    engine = reporting_engine(url)
    try:
        with engine.connect() as connection:
            return sorted((tuple(row) for row in connection.execute(select(*(table.c[name] for name in names)))), key=repr)
    finally:
        engine.dispose()


@pytest.fixture
def two(url: str, kept_counties: KeptCounties) -> str:
    """Two counties that came by a load each."""
    return kept_counties.copied(url, small_county(), second_package())


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
    package = second_package()
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
    package = second_package()
    package["dim_institution"].loc[0, "institution_code"] = "H1"
    report = _load(tmp_path, two, {name: package[name] for name in ("dim_county", "dim_institution")})
    assert "other_county" in _rules(report)
    assert any(FIRST in finding.message() for finding in report.findings if finding.rule == "other_county")
    outside = package["dim_institution"].iloc[[4]].assign(institution_code="H1")
    assert "other_county" in _rules(_load(tmp_path, two, {"dim_county": package["dim_county"], "dim_institution": outside}))
    visits = small_county()["fact_outpatient"]
    assert "other_county" in _rules(_load(tmp_path, two, {"dim_county": package["dim_county"], "fact_outpatient": visits}))


def test_a_package_of_two_counties_or_of_none_is_refused(two: str, tmp_path: Path) -> None:
    visits = pd.concat([small_county()["fact_outpatient"], second_package()["fact_outpatient"]])
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


MARCH = datetime.date(2025, 3, 1)


def _signed(*counties: str | None) -> Signed:
    return Signed.after(tuple(Done(county, MARCH, COUNTY, Act.APPROVED) for county in counties), 1)


def _visits(package: Package, more: int) -> Package:
    frame = package["fact_outpatient"].copy()
    frame["visits"] += more
    return {"fact_outpatient": frame}


@pytest.mark.parametrize("locked", [FIRST, None], ids=["by name", "while it was alone"])
def test_a_county_is_held_by_its_own_lock_alone(two: str, tmp_path: Path, locked: str | None) -> None:
    signed = _signed(locked)
    assert _load(tmp_path, two, _visits(second_package(), 1), "reporter", signed).accepted
    assert "period_locked" in _rules(_load(tmp_path, two, _visits(small_county(), 1), "reporter", signed))
    both = _signed(locked, SECOND)
    assert "period_locked" in _rules(_load(tmp_path, two, _visits(second_package(), 2), "reporter", both))


def test_a_county_that_comes_is_not_held_by_the_lock_of_the_one_that_is_there(
    url: str, tmp_path: Path, kept_counties: KeptCounties
) -> None:
    kept_counties.copied(url, small_county())
    assert _load(tmp_path, url, second_package(), signed=_signed(None)).accepted


def test_loads_of_two_counties_are_taken_back_one_after_the_other(two: str, tmp_path: Path) -> None:
    """Each leaves what it replaced in its place and the other county as it is; only the lock of its own county holds it."""
    tables = (fact_outpatient, fact_referral, fact_claim, agg_claim_month, dim_institution, dim_county)

    def state() -> dict[str, list[tuple]]:
        return {table.name: _rows(two, table, *table.columns.keys()) for table in tables}

    before = state()
    assert _load(tmp_path, two, _visits(second_package(), 1), "reporter").load_id == 3
    between = state()
    again = small_county()
    claims = again["fact_claim"].assign(total_cost="90000.00")
    assert _load(tmp_path, two, _visits(again, 1) | {"fact_claim": claims}, "month").load_id == 4
    assert state() != between != before
    with pytest.raises(DatabaseError, match="已审定并锁定"):
        undo_last_load(two, 4, "撤回", _signed(None, SECOND))
    assert undo_last_load(two, 4, "撤回", _signed(SECOND)) == 5
    assert state() == between
    assert _rows(two, meta_load, "load_id", "county_code")[3:] == [(4, FIRST), (5, FIRST)]


def test_the_load_that_brought_the_second_county_is_taken_back(two: str) -> None:
    assert undo_last_load(two, 2, "撤回", _signed(FIRST)) == 3
    assert _rows(two, dim_county, "county_code") == [(FIRST,)]
    assert not [row for row in _rows(two, fact_claim, "town_code") if row[0].startswith("Z")]
