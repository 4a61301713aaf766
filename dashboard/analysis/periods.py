"""Reporting periods: month, quarter, year to date, rolling twelve months; and what each is compared with."""

import datetime
from dataclasses import dataclass
from enum import StrEnum


class Grain(StrEnum):
    """How many months a period covers."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR_TO_DATE = "ytd"
    ROLLING_12 = "rolling12"


def month_start(year: int, month: int) -> datetime.date:
    """Return the first day of the month; ``month`` may run outside 1–12 and carries into the year."""
    carry, zero_based = divmod(month - 1, 12)
    return datetime.date(year + carry, zero_based + 1, 1)


def shift_months(day: datetime.date, months: int) -> datetime.date:
    """Return the first day of the month ``months`` after the month of ``day`` (negative: before)."""
    return month_start(day.year, day.month + months)


@dataclass(frozen=True, order=True)
class Period:
    """A span of whole months that ends with the month ``last`` (a first day of month).

    A quarter or a year to date may be incomplete: it runs from its own first month to ``last``.
    """

    grain: Grain
    last: datetime.date

    def __post_init__(self) -> None:
        object.__setattr__(self, "grain", Grain(self.grain))
        object.__setattr__(self, "last", datetime.date(self.last.year, self.last.month, 1))

    @classmethod
    def parse(cls, text: str, grain: Grain | str = Grain.MONTH) -> "Period":
        """Return the period of ``grain`` ending in the month ``text`` (``"2025-10"``). Raises ValueError otherwise."""
        year, month = text.split("-")[:2]
        if not 1 <= int(month) <= 12:
            raise ValueError(text)
        return cls(Grain(grain), datetime.date(int(year), int(month), 1))

    @property
    def first(self) -> datetime.date:
        """The first day of the first month."""
        if self.grain is Grain.QUARTER:
            return datetime.date(self.last.year, (self.last.month - 1) // 3 * 3 + 1, 1)
        if self.grain is Grain.YEAR_TO_DATE:
            return datetime.date(self.last.year, 1, 1)
        if self.grain is Grain.ROLLING_12:
            return shift_months(self.last, -11)
        return self.last

    @property
    def end(self) -> datetime.date:
        """The last day of the last month."""
        return shift_months(self.last, 1) - datetime.timedelta(days=1)

    @property
    def days(self) -> int:
        """Calendar days from the first to the last day."""
        return (self.end - self.first).days + 1

    @property
    def months(self) -> tuple[datetime.date, ...]:
        """The first day of each month, in order."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return tuple(shift_months(self.first, step) for step in range(count))

    def previous(self) -> "Period":
        """Return the period before, of the same grain (环比).

        A month, quarter or rolling year steps back by its own length, an unfinished quarter to the same months of the
        quarter before. A year to date has no predecessor but last year's: the same as ``last_year``.
        """
        step = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR_TO_DATE: 12, Grain.ROLLING_12: 12}[self.grain]
        return Period(self.grain, shift_months(self.last, -step))

    def last_year(self) -> "Period":
        """Return the same months one year earlier (同比)."""
        return Period(self.grain, shift_months(self.last, -12))

    def __str__(self) -> str:
        return f"{self.last:%Y-%m}"
