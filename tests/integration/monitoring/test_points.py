"""Points of a cycle: a month of which nothing came is no month without points."""

import datetime

import pandas as pd
import pytest

from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.monitoring.points import points_of
from dashboard.services.monitoring.watch import courses
from dashboard.store.importing.loader import load_package
from tests.integration.packages import write_csv_package
from tests.monitoring_county import monitoring_county

APRIL, JUNE = datetime.date(2025, 4, 1), datetime.date(2025, 6, 1)


@pytest.fixture(scope="module")
def pointed(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    """H1 has 100 staff: 7 points in February 2025, none in April, nothing came for March and from May on; H2 goes on reporting."""
    folder = tmp_path_factory.mktemp("pointed")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    tables = monitoring_county()
    months = [f"2025-0{month}-01" for month in range(1, 7)]
    rows = [
        ("H1", "practice", month, 1 if points else 0, points) for month, points in zip(months, (0, 7, None, 0, None, None), strict=True)
    ]
    rows = [row for row in rows if row[4] is not None] + [("H2", "practice", month, 1, 1) for month in months]
    tables["fact_conduct"] = pd.DataFrame(rows, columns=["institution_code", "kind", "month", "cases", "demerit_points"], dtype=object)
    tables["fact_workforce"] = pd.DataFrame(
        [(code, "physician", "bachelor", "35_44", "2025-01-01", 100) for code in ("H1", "H2")],
        columns=["institution_code", "category", "education", "age_band", "quarter", "headcount"],
        dtype=object,
    )
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, [(finding.rule, finding.file, finding.line, finding.value) for finding in report.findings]
    return open_database(url)


def test_a_month_of_which_nothing_came_is_not_judged(pointed: ReportingDatabase) -> None:
    silent, other = courses(pointed, JUNE, [("points", "H1"), ("points", "H2")], 6)
    assert silent.fillna(-1).tolist() == [0, 7, -1, 7, -1, -1]
    assert other.tolist() == [1, 2, 3, 4, 5, 6]


def test_months_that_did_not_come_are_said_beside_the_points(pointed: ReportingDatabase) -> None:
    told = points_of(pointed, JUNE)
    assert [(row.institution, row.points, row.unreported) for row in told.rows] == [("H1", 7.0, 3), ("H2", 6.0, 0)]
    assert told.silent == 1
    before = points_of(pointed, APRIL)
    assert [(row.institution, row.points, row.unreported) for row in before.rows] == [("H1", 7.0, 1), ("H2", 4.0, 0)]
    assert before.silent == 0
