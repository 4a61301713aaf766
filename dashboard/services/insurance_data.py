"""What the budget chain reads of a county: claims by month, the base year, past costs, trend. Frames in, frames out."""

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.periods import shift_months
from dashboard.services.database import ReportingDatabase
from dashboard.store.codes import PRIMARY_KINDS
from dashboard.store.query import run_query

MEASURES = ["encounters", "total_cost", "fund_paid"]
UNIT = ["community", "scheme"]
FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2999, 12, 1)
_TREND_MONTHS = 3
# A growth beyond these says more about the data than about the county.
_STEEPEST_FALL, _STEEPEST_RISE = -0.3, 0.5


@dataclass(frozen=True, eq=False)
class Claims:
    """Claims by community, scheme, service kind, place and month; ``months`` are those with any claim, oldest first."""

    frame: pd.DataFrame
    months: tuple[datetime.date, ...]

    def between(self, first: datetime.date, last: datetime.date) -> pd.DataFrame:
        """Return the rows of the months from ``first`` to ``last``."""
        return self.frame[self.frame["month"].between(pd.Timestamp(first), pd.Timestamp(last))]

    def complete(self, year: int) -> bool:
        """Whether all twelve months of a calendar year have claims."""
        return {datetime.date(year, month, 1) for month in range(1, 13)} <= set(self.months)


def read_claims(database: ReportingDatabase) -> Claims:
    """Return every claim of the county's insured, summed to what the chain needs. Raises ``QueryError``."""
    rows = run_query(database.engine, "insurance/claim_months", first_month=FIRST_DAY, last_month=LAST_DAY)
    inside = np.where(rows["kind"].isin(PRIMARY_KINDS), "primary", "county")
    rows["place"] = np.where(rows["in_county"].astype(bool), inside, "outside")
    rows = rows.rename(columns={"community_code": "community"})
    rows[MEASURES] = rows[MEASURES].astype(float)
    frame = rows.groupby([*UNIT, "service_kind", "place", "month"], as_index=False)[MEASURES].sum()
    months = tuple(month.date() for month in sorted(frame["month"].unique()))
    return Claims(frame, months)


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


def past_costs(claims: Claims, year: int, base: tuple[datetime.date, datetime.date]) -> tuple[pd.DataFrame, int]:
    """Return total cost by unit of the three years before ``year``, oldest first, and how many of them are known.

    The year before is the base year; an older one that is not complete stands at the next known one.
    """
    columns = {"cost_third": claims.between(*base).groupby(UNIT)["total_cost"].sum()}
    known = 1
    for name, back, newer in (("cost_second", 2, "cost_third"), ("cost_first", 3, "cost_second")):
        columns[name] = columns[newer]
        if claims.complete(year - back):
            part = claims.between(datetime.date(year - back, 1, 1), datetime.date(year - back, 12, 1))
            columns[name] = part.groupby(UNIT)["total_cost"].sum()
            known += 1
    return pd.DataFrame(columns).fillna(0.0), known


@dataclass(frozen=True, eq=False)
class Growth:
    """Growth from the same months of the year before: encounters by unit and kind, cost per visit and per case of the county.

    ``first``, ``last``: the months compared; ``outpatient_cost`` and ``inpatient_cost`` None where nothing can be compared.
    """

    trend: pd.DataFrame
    outpatient_cost: float | None
    inpatient_cost: float | None
    first: datetime.date
    last: datetime.date


def growth(claims: Claims, year: int) -> Growth | None:
    """Return how spending develops: the months of ``year`` that there are against the same of the year before, else the last two years.

    None when neither can be compared.
    """
    current = [month for month in claims.months if month.year == year]
    compared = [month for month in current if shift_months(month, -12) in set(claims.months)]
    if len(compared) < _TREND_MONTHS:
        compared = [month for month in claims.months if month.year == year - 1 and shift_months(month, -12) in set(claims.months)]
    if len(compared) < _TREND_MONTHS:
        return None
    now = claims.frame[claims.frame["month"].isin([pd.Timestamp(month) for month in compared])]
    before = claims.frame[claims.frame["month"].isin([pd.Timestamp(shift_months(month, -12)) for month in compared])]
    keys = [*UNIT, "service_kind"]
    after, base = now.groupby(keys)["encounters"].sum(), before.groupby(keys)["encounters"].sum()
    rise = (after / base.where(base > 0) - 1).clip(_STEEPEST_FALL, _STEEPEST_RISE).fillna(0.0)
    return Growth(
        trend=rise.rename("trend").reset_index(),
        outpatient_cost=_cost_growth(now, before, inpatient=False),
        inpatient_cost=_cost_growth(now, before, inpatient=True),
        first=compared[0],
        last=compared[-1],
    )


def _cost_growth(now: pd.DataFrame, before: pd.DataFrame, *, inpatient: bool) -> float | None:
    """Return growth of cost per encounter, kinds weighted as they were before: a change of mix is no change of price."""
    sums = []
    for frame in (now, before):
        rows = frame[(frame["service_kind"] == "inpatient") == inpatient]
        sums.append(rows.groupby(["service_kind", "place"])[["encounters", "total_cost"]].sum())
    joined = sums[0].add_suffix("_now").join(sums[1].add_suffix("_before"), how="inner")
    joined = joined[(joined > 0).all(axis=1)]
    if joined.empty:
        return None
    cost_now = joined["total_cost_now"] / joined["encounters_now"] * joined["encounters_before"]
    return float(cost_now.sum() / joined["total_cost_before"].sum() - 1)


def volume_growth(claims: Claims, year: int) -> "pd.Series[float] | None":
    """Return growth of encounters by unit over the two years before ``year``, kinds weighted by cost; None when one is incomplete."""
    if not (claims.complete(year - 1) and claims.complete(year - 2)):
        return None
    keys = [*UNIT, "service_kind"]
    after, base = (
        claims.between(datetime.date(year - back, 1, 1), datetime.date(year - back, 12, 1))
        .groupby(keys)[["encounters", "total_cost"]]
        .sum()
        for back in (1, 2)
    )
    rise = (after["encounters"] / base["encounters"].where(base["encounters"] > 0) - 1).fillna(0.0)
    weight = after["total_cost"].reindex(rise.index).fillna(0.0)
    return (rise * weight).groupby(UNIT).sum() / weight.groupby(UNIT).sum()
