"""A county of two communities that is complete through September 2025, and a workspace."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.store.importing.loader import load_package
from dashboard.workspace import Workspace, open_workspace
from tests.integration.packages import small_county, write_csv_package

MONTHS = pd.date_range("2023-09-01", "2025-09-01", freq="MS").strftime("%Y-%m-%d")


def claims() -> pd.DataFrame:
    rows = [
        (town, "resident", hospital, "inpatient", "G1", month, 40, 2 * fund, fund, fund)
        for month in MONTHS
        for town, hospital, growth in (("T1", "H1", 110), ("T2", "X1", 90))
        for fund in [growth if month >= "2025" else 100]
    ]
    names = "town_code scheme institution_code service_kind disease_group_code month encounters total_cost fund_paid patient_paid"
    return pd.DataFrame(rows, columns=names.split())


def _beds() -> pd.DataFrame:
    """Both hospitals swing by a point of occupancy; in the last month H1 falls to half, H2 does not."""
    rows = []
    for number, month in enumerate(MONTHS):
        days = pd.Period(month, "M").days_in_month
        usual = round((0.85 if number % 2 else 0.86) * 1000 * days)
        rows.append(("H1", "D1", month, 1000 * days, 400 * days if month == "2025-09-01" else usual, 3000, 20000))
        rows.append(("H2", "D1", month, 1000 * days, usual, 3000, 20000))
    columns = "institution_code department_code month open_bed_days occupied_bed_days discharges discharged_bed_days"
    return pd.DataFrame(rows, columns=columns.split())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return loaded(tmp_path_factory.mktemp("reports"), county())


def county() -> dict[str, pd.DataFrame]:
    """Return the package of the county."""
    tables = {name: frame for name, frame in small_county().items() if name.startswith("dim_")}
    tables["fact_claim"], tables["fact_bed"] = claims(), _beds()
    budgets = [("A", "resident", 2025, 1, 1, 1200), ("B", "resident", 2025, 1, 1, 1200)]
    tables["fact_fund_budget"] = pd.DataFrame(budgets, columns=["community_code", "scheme", "year", "base_cost", "fund_base", "budget"])
    referrals = [
        ("C1", "H1", "up", "G1", "2025-09-01", 50),
        ("H1", "C1", "down", "G1", "2025-09-01", 4),
        ("H2", "X1", "down", "G1", "2025-09-01", 23),
        ("H2", "X1", "out", "G1", "2025-09-01", 3),
    ]
    tables["fact_referral"] = pd.DataFrame(referrals, columns=["from_code", "to_code", "direction", "disease_group_code", "month", "cases"])
    return tables


def loaded(folder: Path, tables: dict[str, pd.DataFrame]) -> ReportingDatabase:
    """Return the database of a package."""
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, report.findings[:3]
    return open_database(url)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    yield opened
    opened.close()
