"""The county that the tests of 运行监测 share: as it came, and with one month corrected."""

import datetime
from pathlib import Path

import pytest

from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.store.importing.loader import load_package
from tests.integration.packages import write_csv_package
from tests.monitoring_county import monitoring_county

JUNE = datetime.date(2025, 6, 1)


def _opened(folder: Path, **options: bool) -> ReportingDatabase:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", monitoring_county(**options)), url)
    assert report.accepted, [(finding.rule, finding.file, finding.line, finding.value) for finding in report.findings]
    return open_database(url)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return _opened(tmp_path_factory.mktemp("monitoring"))


@pytest.fixture(scope="session")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return _opened(tmp_path_factory.mktemp("corrected"), corrected=True)
