import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.periods import Grain, Period, month_start, shift_months

DAY = datetime.date


@pytest.mark.parametrize(
    ("grain", "first", "previous", "days"),
    [
        (Grain.MONTH, DAY(2025, 10, 1), "2025-09", 31),
        (Grain.QUARTER, DAY(2025, 10, 1), "2025-07", 31),
        (Grain.YEAR_TO_DATE, DAY(2025, 1, 1), "2024-10", 304),
        (Grain.ROLLING_12, DAY(2024, 11, 1), "2024-10", 365),
    ],
)
def test_spans(grain: Grain, first: datetime.date, previous: str, days: int) -> None:
    period = Period.parse("2025-10", grain)
    assert period.first == first
    assert str(period.previous()) == previous
    assert period.days == days
    assert str(period.last_year()) == "2024-10"


def test_full_quarter_has_three_months_and_its_end() -> None:
    period = Period.parse("2025-09", Grain.QUARTER)
    assert [month.month for month in period.months] == [7, 8, 9]
    assert period.end == DAY(2025, 9, 30)


def test_a_day_inside_the_month_is_its_month() -> None:
    assert Period(Grain.MONTH, DAY(2025, 10, 17)) == Period.parse("2025-10")


@pytest.mark.parametrize("text", ["2025-13", "2025-00", "abc", "2025"])
def test_no_period(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the built-in conversion's own message is not ours
        Period.parse(text)


def test_month_start_carries_into_the_year() -> None:
    assert month_start(2025, 0) == DAY(2024, 12, 1)
    assert month_start(2025, 13) == DAY(2026, 1, 1)


@given(st.dates(DAY(1950, 1, 1), DAY(2090, 1, 1)), st.integers(-400, 400))
def test_shifting_there_and_back_is_the_month_itself(day: datetime.date, months: int) -> None:
    assert shift_months(shift_months(day, months), -months) == day.replace(day=1)


@given(st.dates(DAY(1950, 1, 1), DAY(2090, 1, 1)), st.sampled_from(list(Grain)))
def test_months_are_consecutive_and_cover_the_days(day: datetime.date, grain: Grain) -> None:
    period = Period(grain, day)
    assert period.months[0] == period.first
    assert period.months[-1] == period.last
    assert sum(Period(Grain.MONTH, month).days for month in period.months) == period.days
