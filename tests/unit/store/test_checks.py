import datetime

import pytest

from dashboard.store.checks import _day


@pytest.mark.parametrize("value", ["2025-10-01", "2025-10-01 00:00:00", datetime.date(2025, 10, 1), datetime.datetime(2025, 10, 1, 3)])  # noqa: DTZ001
def test_a_day_is_a_day_however_an_engine_hands_it_over(value: object) -> None:
    assert _day(value) == datetime.date(2025, 10, 1)
    assert _day(None) is None
