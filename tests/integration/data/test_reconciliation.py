"""Visits, discharges, bed-days and income against claims, on a county made for it: one hospital starts to settle less than it reports."""

import datetime

import pandas as pd
import pytest

from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.data.reconciliation import reconciled
from dashboard.store.importing.loader import load_package
from dashboard.store.scope import Scope
from tests.integration.packages import small_county, write_csv_package

MONTHS = [f"{month:%Y-%m-%d}" for month in pd.date_range("2023-01-01", periods=27, freq="MS")]
LAST = datetime.date(2025, 3, 1)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    folder = tmp_path_factory.mktemp("reconciliation")
    tables = small_county()
    outpatient = tables["fact_outpatient"].iloc[0]
    tables["fact_outpatient"] = pd.DataFrame(
        [outpatient.to_dict() | {"institution_code": code, "month": month} for code in ("H1", "C1") for month in MONTHS]
    )
    tables["dim_account"]["setting"] = ["none", "outpatient", "none"]
    claim = tables["fact_claim"].iloc[0].to_dict()
    rows = []
    for place, month in enumerate(MONTHS):
        settled = 1000 if place < 24 else 700
        rows.append(claim | {"service_kind": "outpatient", "month": month, "encounters": settled})
        rows.append(claim | {"service_kind": "outpatient", "institution_code": "C1", "month": month, "encounters": 3})
    tables["fact_claim"] = pd.DataFrame(rows)
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, [each.text() for each in report.findings[:5]]
    return open_database(url)


def test_who_settles_less_than_before_drifts_and_few_people_are_not_told(database: ReportingDatabase) -> None:
    visits = next(each for each in reconciled(database, LAST) if each.code == "visits")
    row = visits.table.loc["H1"]
    assert row["usual"] == pytest.approx(1.0)
    assert row["latest"] == pytest.approx(1000 / 700)
    assert (row["run"], row["side"], row["drifting"]) == (3, 1, True)
    assert pd.isna(visits.table.loc["C1", "latest"]), "three settled visits stand behind it"
    assert visits.drifting.index.tolist() == ["H1"]
    assert reconciled(database, LAST, "B")[0].table.empty


def test_a_side_without_rows_says_which_table_is_lacking_and_a_reader_without_finance_is_told_no_income(database) -> None:
    by_code = {each.code: each for each in reconciled(database, LAST)}
    assert by_code["discharges"].lacks == ("fact_claim",)
    assert not by_code["income"].lacks
    without = {each.code: each for each in reconciled(database.under(Scope(None, None, frozenset(), 1)), LAST)}
    assert without["income"].lacks == ("fact_finance",)
    assert not without["visits"].lacks
