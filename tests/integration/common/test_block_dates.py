"""How far a block reaches, and when its next report is due: the day of the month is data."""

import datetime

import pytest

from dashboard.services.common import reporting
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.reporting import block_dates
from tests.integration.monitoring.conftest import database  # noqa: F401


@pytest.fixture
def months(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"fact_bed": (2025, 6), "fact_finance": (2025, 5), "fact_survey": (2025, 4), "fact_fund_budget": (2025, 1)}
    monkeypatch.setattr(reporting, "table_months", lambda _database: {name: datetime.date(*day, 1) for name, day in known.items()})


@pytest.mark.usefixtures("months")
@pytest.mark.parametrize(
    ("tables", "through", "due"),
    [
        (("fact_bed",), (2025, 6, 1), (2025, 8, 10)),
        (("fact_bed", "fact_finance", "fact_survey"), (2025, 5, 1), (2025, 7, 15)),  # finance by the 15th, and months before quarters
        (("fact_survey",), (2025, 6, 1), (2025, 10, 10)),
        (("fact_fund_budget",), (2025, 12, 1), (2027, 1, 10)),
    ],
)
def test_a_block_reaches_as_far_as_all_of_its_months(
    database: ReportingDatabase,  # noqa: F811
    tables: tuple[str, ...],
    through: tuple[int, int, int],
    due: tuple[int, int, int],
) -> None:
    found = block_dates(database, tables)
    assert found is not None
    assert (found.through, found.due) == (datetime.date(*through), datetime.date(*due))


def test_what_never_came_has_no_date_and_what_is_late_says_so(database: ReportingDatabase) -> None:  # noqa: F811
    assert block_dates(database, ("fact_drug_use",)) is None
    found = block_dates(database, ("fact_bed",))
    assert found is not None
    assert found.text(datetime.date(2025, 8, 10)) == "数据到 2025年6月 · 下次应到 2025年8月10日"
    assert found.text(datetime.date(2025, 8, 11)).endswith("（已过）")
