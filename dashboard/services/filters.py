"""What every page can be filtered by, and the options that the loaded data offers."""

import datetime
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.services.cache import cached
from dashboard.services.database import ReportingDatabase
from dashboard.services.directory import Community, directory
from dashboard.store.query import run_query
from dashboard.store.schema import fact_assessment, package_tables

# An assessment carries the month it belongs to, a yearly one December: it says nothing about how far the facts reach.
_MONTHLY_TABLES = tuple(table.name for table in package_tables() if table.info.get("period") == "month" and table is not fact_assessment)


class Level(StrEnum):
    """Which institutions a page counts."""

    ALL = "all"
    LEAD = "lead"
    PRIMARY = "primary"


class Scheme(StrEnum):
    """Which insurance scheme a page counts; the codes are those of ``INSURANCE_SCHEME`` and "all"."""

    ALL = "all"
    EMPLOYEE = "employee"
    RESIDENT = "resident"


@dataclass(frozen=True)
class Filters:
    """The one filter state. ``community`` is a community code, None for the whole county."""

    period: Period
    community: str | None = None
    level: Level = Level.ALL
    scheme: Scheme = Scheme.ALL

    @property
    def scheme_code(self) -> str | None:
        """The scheme as services take it: its code, None for all schemes together."""
        return None if self.scheme is Scheme.ALL else self.scheme.value


@dataclass(frozen=True)
class FilterOptions:
    """Months with facts (newest first) and communities in their fixed order. Both may be empty."""

    months: tuple[datetime.date, ...]
    communities: tuple[Community, ...]

    def default(self) -> Filters | None:
        """Return the filters of a first visit: the newest month of the whole county; None without data."""
        return Filters(Period(Grain.MONTH, self.months[0])) if self.months else None

    def community(self, code: str | None) -> Community | None:
        """Return the community with ``code``, or None."""
        return next((community for community in self.communities if community.code == code), None)


def _months(first: object, last: object) -> tuple[datetime.date, ...]:
    if pd.isna(first) or pd.isna(last):  # type: ignore[call-overload]
        return ()
    oldest, newest = pd.Timestamp(first).date(), pd.Timestamp(last).date()  # type: ignore[arg-type]
    count = (newest.year - oldest.year) * 12 + newest.month - oldest.month + 1
    return tuple(shift_months(newest, -step) for step in range(count))


@cached(max_entries=4)
def filter_options(database: ReportingDatabase) -> FilterOptions:
    """Return the options that the data of ``database`` offers. Raises ``QueryError`` when it cannot answer."""
    span = run_query(database.engine, "filters/months", tables=_MONTHLY_TABLES).iloc[0]
    return FilterOptions(
        months=_months(span["first_month"], span["last_month"]),
        communities=directory(database).ordered,
    )
