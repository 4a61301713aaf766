"""The scene of alerts has as many rows as the longest alert leaves room for."""

import pytest

from dashboard.services.cockpit.answer import Overdue
from dashboard.ui.cockpit.alerts import alert_rows, overdue_line


def _overdue(what: str) -> Overdue:
    return Overdue(what, "医共体办", 9)


@pytest.mark.parametrize(("what", "rows"), [("", 7), ("核对", 7), ("核对基金支出并报告" * 6, 5), ("核对基金支出并报告" * 11, 3)])
def test_longer_texts_leave_fewer_rows(what: str, rows: int) -> None:
    assert alert_rows((), (_overdue(what),) if what else ()) == rows


def test_what_is_not_overdue_takes_no_row() -> None:
    assert overdue_line(()) == ()
    assert len(overdue_line((_overdue("核对"),))) == 1
