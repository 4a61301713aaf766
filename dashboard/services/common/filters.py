"""What every page can be filtered by, and the options that the loaded data offers."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import pandas as pd

from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.catalogue.completeness import FIRST_PAGE
from dashboard.services.common.cache import cached
from dashboard.services.common.counties import County, choosable_counties
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import Community, directory
from dashboard.services.common.reporting import newest_complete_months
from dashboard.store.codes import PRIMARY_KINDS
from dashboard.store.query import run_query
from dashboard.store.schema import fact_assessment, package_tables
from dashboard.topics import FILTERS

WHOLE_COUNTY = "county"
"""The whole county in an address."""

# An assessment carries the month it belongs to, a yearly one December: it says nothing about how far the facts reach.
_MONTHLY_TABLES = tuple(table.name for table in package_tables() if table.info.get("period") == "month" and table is not fact_assessment)


class Level(StrEnum):
    """Which institutions a page counts."""

    ALL = "all"
    LEAD = "lead"
    PRIMARY = "primary"


def of_level(institutions: pd.DataFrame, level: Level) -> pd.DataFrame:
    """Return those ``institutions`` (role, kind) that ``level`` keeps."""
    if level is Level.LEAD:
        return institutions[institutions["role"].eq("lead")]
    return institutions[institutions["kind"].isin(PRIMARY_KINDS)] if level is Level.PRIMARY else institutions


class Scheme(StrEnum):
    """Which insurance scheme a page counts; the codes are those of ``INSURANCE_SCHEME`` and "all"."""

    ALL = "all"
    EMPLOYEE = "employee"
    RESIDENT = "resident"


@dataclass(frozen=True)
class Filters:
    """The one filter state: the whole county or one community, all schemes or one, all institutions or one level, and one period.

    ``community`` is a community code, None for the whole county. ``of`` reads the codes of an address, ``codes`` writes them; services
    take ``community`` and ``scheme_code`` as they are, and ``store.query.run_query`` binds None as "everything".
    """

    period: Period
    community: str | None = None
    level: Level = Level.ALL
    scheme: Scheme = Scheme.ALL

    @classmethod
    def of(cls, codes: Mapping[str, str]) -> "Filters":
        """Return the filters of an address's codes (``FILTERS``, all five). Raises ``ValueError`` for a code that is none."""
        return cls(
            period=Period(Grain(codes["grain"]), datetime.date.fromisoformat(f"{codes['month']}-01")),
            community=None if codes["community"] == WHOLE_COUNTY else codes["community"],
            level=Level(codes["level"]),
            scheme=Scheme(codes["scheme"]),
        )

    def codes(self) -> dict[str, str]:
        """Return the filters as an address carries them, in codes: they read the same in every language."""
        texts = (f"{self.period.last:%Y-%m}", self.period.grain.value, self.community or WHOLE_COUNTY, self.level.value, self.scheme.value)
        return dict(zip(FILTERS, texts, strict=True))

    @property
    def scheme_code(self) -> str | None:
        """The scheme as services take it: its code, None for all schemes together."""
        return None if self.scheme is Scheme.ALL else self.scheme.value


@dataclass(frozen=True)
class FilterOptions:
    """Months with facts (newest first) and communities in their fixed order. Both may be empty."""

    months: tuple[datetime.date, ...]
    communities: tuple[Community, ...]
    complete: Mapping[str, datetime.date] = field(default_factory=dict)
    """The newest complete month of each page of ``completeness.yaml``."""
    outside: tuple[Community, ...] = ()
    """Communities that the reader may not see: a link may name them, and is then refused in words."""
    whole: bool = True
    """Whether the reader may look at the whole county at once."""
    counties: tuple[County, ...] = ()
    """The counties to choose from; empty where there is one."""

    def first_month(self, page: str = FIRST_PAGE) -> datetime.date | None:
        """Return the month that ``page`` opens with: the newest one that is complete in its tables; None without data."""
        return self.complete.get(page, self.complete.get(FIRST_PAGE, self.months[0])) if self.months else None

    def default(self, page: str = FIRST_PAGE) -> Filters | None:
        """Return the filters of a first visit to ``page``: its first month, of the county or of the reader's first community.

        None without data, and for who may see neither.
        """
        month = self.first_month(page)
        if month is None or not (self.whole or self.communities):
            return None
        return Filters(Period(Grain.MONTH, month), None if self.whole else self.communities[0].code)

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
    """Return the options that the data of ``database`` offers its reader. Raises ``QueryError`` when it cannot answer."""
    span = run_query(database, "filters/months", tables=_MONTHLY_TABLES).iloc[0]
    months = _months(span["first_month"], span["last_month"])
    who, scope = directory(database), database.scope
    seen = who.communities.index
    if scope.communities is not None:
        seen = seen[seen.isin(scope.communities)]
    if scope.institutions is not None:
        seen = seen[seen.isin(who.institutions["community_code"].reindex(sorted(scope.institutions)))]
    return FilterOptions(
        months=months,
        communities=tuple(each for each in who.ordered if each.code in seen),
        complete=newest_complete_months(database, months),
        outside=tuple(each for each in who.ordered if each.code not in seen),
        whole=scope.communities is None,
        counties=choosable_counties(database),
    )


@cached(max_entries=4)
def options_of_all(database: ReportingDatabase) -> FilterOptions:
    """Return the options of a page that compares counties: the months that any of them has, whichever is in view.

    It opens with the newest month that more than half of those that are compared have. Raises ``QueryError`` when it cannot answer.
    """
    options = filter_options(database)
    if database.scope.county is None or not database.scope.every_row:
        return options
    rows = run_query(database.under(replace(database.scope, county=None)), "filters/county_months")
    counties = {pd.Timestamp(month).date(): int(count) for month, count in zip(rows["month"], rows["counties"], strict=True)}
    months = sorted({*options.months, *counties}, reverse=True)
    most = max(counties.values(), default=0)
    opens = next((month for month in months if 2 * counties.get(month, 0) > most), None)
    return replace(options, months=tuple(months), complete={FIRST_PAGE: opens} if opens else options.complete)
