"""The one projection of the fund's year: what is known of it, and what last year's months and their growth let expect of the rest.

Overview, wall and reports add it up by community (``fund``); the insurance what-if takes it as its baseline. One number, one service.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dashboard.analysis.periods import shift_months
from dashboard.analysis.projection import CELL, INPATIENT, MEASURES, UNIT, Errors, cell_growth, expected_months, measured_errors
from dashboard.catalogue.coefficients import load_coefficients
from dashboard.catalogue.completeness import completeness_rules
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.reporting import reports_due
from dashboard.store.codes import PRIMARY_KINDS
from dashboard.store.query import run_query

FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2999, 12, 1)
LEAST_COMPARED = 3
PRICE_COEFFICIENTS: Mapping[str, str] = {"outpatient": "visit_cost_growth", "inpatient": "case_cost_growth"}
_PRICE_DIGITS, _ERROR_DIGITS = 3, 4
ERROR_COEFFICIENTS: Mapping[str, str] = {"county": "sd_county", "volume": "sd_volume", "cost": "sd_cost"}


@dataclass(frozen=True, eq=False)
class Claims:
    """Claims by community, scheme, service kind, place and month; ``months`` are those with any claim, oldest first."""

    frame: pd.DataFrame
    months: tuple[datetime.date, ...]

    def between(self, first: datetime.date, last: datetime.date) -> pd.DataFrame:
        """Return the rows of ``frame`` of the months from ``first`` to ``last``, in their order."""
        return self.frame[self.frame["month"].between(pd.Timestamp(first), pd.Timestamp(last))]

    def complete(self, year: int) -> bool:
        """Whether all twelve months of a calendar year have claims."""
        return {datetime.date(year, month, 1) for month in range(1, 13)} <= set(self.months)

    def until(self, last: datetime.date) -> "Claims":
        """Return the claims as they stood at the end of the month ``last``."""
        return Claims(self.between(FIRST_DAY, last), tuple(month for month in self.months if month <= last))

    def of_units(self, units: pd.Index) -> pd.DataFrame:
        """Return the rows of ``frame`` of these communities × schemes, in their order."""
        return self.frame[pd.MultiIndex.from_frame(self.frame[UNIT]).isin(units)]


@cached(max_entries=4)
def read_claims(database: ReportingDatabase) -> Claims:
    """Return the claims of the county's insured, summed to what projection and what-if need. Raises ``QueryError``.

    Of the newest twelve months those that have not all come are left out, by community: a part of a month is no month.
    """
    rows = run_query(database, "overview/claim_months", first_month=FIRST_DAY, last_month=LAST_DAY)
    inside = np.where(rows["kind"].isin(PRIMARY_KINDS), "primary", "county")
    rows["place"] = np.where(rows["in_county"].astype(bool), inside, "outside")
    rows = rows.rename(columns={"community_code": "community"})
    rows[MEASURES] = rows[MEASURES].astype(float)
    frame = _whole_months(rows.groupby([*CELL, "month"], as_index=False)[MEASURES].sum(), database)
    return Claims(frame, tuple(month.date() for month in sorted(frame["month"].unique())))


def _whole_months(rows: pd.DataFrame, database: ReportingDatabase) -> pd.DataFrame:
    if rows.empty:
        return rows
    newest = rows["month"].max().date()
    due = reports_due(database, shift_months(newest, -11), newest)
    claims = due[due["table_name"].eq("fact_claim")]
    usual = claims.groupby(["community_code", "month"])["usual"].sum()
    came = claims[claims["came"]].groupby(["community_code", "month"])["usual"].sum().reindex(usual.index).fillna(0.0)
    lacking = usual.index[(came / usual) < completeness_rules().complete_share]
    return rows[~pd.MultiIndex.from_frame(rows[["community", "month"]]).isin(lacking)]


def base_window(claims: Claims, year: int) -> tuple[datetime.date, datetime.date] | None:
    """Return first and last month of the base year of a budget for ``year``.

    The calendar year before when it is complete, else the newest twelve months without a gap before the end of ``year``; None when the
    claims do not hold twelve such months.
    """
    if claims.complete(year - 1):
        return datetime.date(year - 1, 1, 1), datetime.date(year - 1, 12, 1)
    held = set(claims.months)
    for last in reversed([month for month in claims.months if month.year <= year]):
        if all(shift_months(last, -step) in held for step in range(12)):
            return shift_months(last, -11), last
    return None


@dataclass(frozen=True, eq=False)
class Growth:
    """Growth from the same months of the year before.

    ``cells``: see ``analysis.projection.cell_growth``. ``prices``: measured growth of cost per encounter of the county, ``outpatient`` and
    ``inpatient``, place mix held constant; missing where nothing can be compared. ``first``, ``last``: the months compared, ``now`` and
    ``before`` their rows.
    """

    cells: pd.DataFrame
    prices: Mapping[str, float]
    first: datetime.date
    last: datetime.date
    now: pd.DataFrame
    before: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Projection:
    """The fund's year of one county, yuan and encounters.

    ``known``: the year's recorded claims (``CELL``, month 1–12, ``MEASURES``). ``base``: first and last month of the base year,
    ``spending`` its rows in the same columns. ``growth`` None when nothing can be compared. ``prices``: the growth of cost per encounter
    that the months to come are expected to have, outpatient and inpatient: as measured, within the range of the what-if's coefficients,
    else the delivered default. ``errors``: how far those months may be off, in the same way; ``measured`` whether they were measured.
    """

    year: int
    known: pd.DataFrame
    base: tuple[datetime.date, datetime.date]
    spending: pd.DataFrame
    growth: Growth | None
    prices: Mapping[str, float]
    errors: Errors
    measured: bool

    @cached_property
    def expected(self) -> pd.DataFrame:
        """The fund's expected payments in the months a unit has no claims of yet: ``UNIT``, month 1–12, fund_paid (yuan)."""
        held = pd.MultiIndex.from_frame(self.known[[*UNIT, "month"]])
        ahead = self.spending[~pd.MultiIndex.from_frame(self.spending[[*UNIT, "month"]]).isin(held)]
        cells = self.growth.cells if self.growth else pd.DataFrame(columns=[*CELL, "trend", "fund_drift"])
        return expected_months(ahead, cells, self.prices)


@cached(max_entries=16)
def year_projection(database: ReportingDatabase, year: int, through: datetime.date | None = None) -> Projection | None:
    """Return the projection of ``year`` as it stood at the end of the month ``through`` (None: all that is loaded).

    None when the claims hold no base year. Raises ``QueryError``.
    """
    claims = read_claims(database)
    if through is not None:
        claims = claims.until(through)
    base = base_window(claims, year)
    if base is None:
        return None
    growth = measured_growth(claims, year)
    known = _by_month_number(claims.between(datetime.date(year, 1, 1), datetime.date(year, 12, 1)))
    spending = _by_month_number(claims.between(*base))
    coming = spending[~spending["month"].isin(known["month"])].groupby("month")["fund_paid"].sum()
    errors = measured_errors(growth.now, growth.before, coming) if growth else None
    return Projection(
        year=year,
        known=known,
        base=base,
        spending=spending,
        growth=growth,
        prices=_expected_prices(growth.prices if growth else {}, year),
        errors=_allowed_errors(errors, year),
        measured=errors is not None,
    )


def _by_month_number(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(month=rows["month"].dt.month).groupby([*CELL, "month"], as_index=False)[MEASURES].sum()


def _expected_prices(measured: Mapping[str, float], year: int) -> dict[str, float]:
    known = load_coefficients().coefficients
    day = datetime.date(year, 1, 1)
    prices = {}
    for kind, name in PRICE_COEFFICIENTS.items():
        value = round(measured[kind], _PRICE_DIGITS) if kind in measured else float(known[name].default(day))  # type: ignore[arg-type]
        prices[kind] = min(known[name].upper, max(known[name].lower, value))
    return prices


def _allowed_errors(measured: Errors | None, year: int) -> Errors:
    known, day = load_coefficients().coefficients, datetime.date(year, 1, 1)
    found = {}
    for part, name in ERROR_COEFFICIENTS.items():
        value = round(getattr(measured, part), _ERROR_DIGITS) if measured else float(known[name].default(day))  # type: ignore[arg-type]
        found[part] = min(known[name].upper, max(known[name].lower, value))
    return Errors(**found)


def unit_order(database: ReportingDatabase) -> Callable[[tuple[str, str]], tuple[str, int]]:
    """Return the key that puts (community, scheme) in the order in which a simulation draws them."""
    order = {str(code): place for place, code in enumerate(directory(database).communities.index)}
    return lambda unit: (unit[1], order.get(unit[0], len(order)))


def measured_growth(claims: Claims, year: int) -> Growth | None:
    """Return how spending develops: the months of ``year`` that there are against the same of the year before, else the last two years.

    A unit is compared over the months it has in both years. None when neither can be compared.
    """
    held = set(claims.months)
    compared = [month for month in claims.months if month.year == year and shift_months(month, -12) in held]
    if len(compared) < LEAST_COMPARED:
        compared = [month for month in claims.months if month.year == year - 1 and shift_months(month, -12) in held]
    if len(compared) < LEAST_COMPARED:
        return None
    now = claims.frame[claims.frame["month"].isin([pd.Timestamp(month) for month in compared])]
    before = claims.frame[claims.frame["month"].isin([pd.Timestamp(shift_months(month, -12)) for month in compared])]
    keys = [pd.MultiIndex.from_frame(rows[UNIT].assign(month=rows["month"].dt.month)) for rows in (now, before)]
    now, before = now[keys[0].isin(keys[1])], before[keys[1].isin(keys[0])]
    prices = {kind: _price_growth(now, before, inpatient=kind == INPATIENT) for kind in PRICE_COEFFICIENTS}
    known = {kind: value for kind, value in prices.items() if value is not None}
    return Growth(cell_growth(now, before, _expected_prices(known, year)), known, compared[0], compared[-1], now, before)


def _price_growth(now: pd.DataFrame, before: pd.DataFrame, *, inpatient: bool) -> float | None:
    """Return growth of cost per encounter, kinds and places weighted as they were before: a change of mix is no change of price."""
    sums = []
    for frame in (now, before):
        rows = frame[(frame["service_kind"] == INPATIENT) == inpatient]
        sums.append(rows.groupby(["service_kind", "place"])[["encounters", "total_cost"]].sum())
    joined = sums[0].add_suffix("_now").join(sums[1].add_suffix("_before"), how="inner")
    joined = joined[(joined > 0).all(axis=1)]
    if joined.empty:
        return None
    cost_now = joined["total_cost_now"] / joined["encounters_now"] * joined["encounters_before"]
    return float(cost_now.sum() / joined["total_cost_before"].sum() - 1)
