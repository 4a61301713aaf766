"""记分 of institutions: points of the running cycle per 100 staff, by kind, with the level reached; no person is stored."""

import datetime
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.points import cycle_points
from dashboard.analysis.small_counts import Guard, People
from dashboard.catalogue.monitoring import PointsLevel, monitoring_plan
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.monitoring.signals import monthly_points, points_rows, staff_of
from dashboard.store.codes import POINTS_KIND

_YEAR = 12
PEOPLE = Guard((People("people", totalled=False),))
"""Staff with points; points themselves count nobody."""


@dataclass(frozen=True)
class PointsRow:
    """One institution in the running cycle.

    ``points``: all points; ``by_kind``: the same by kind of ``POINTS_KIND``; ``per_hundred`` staff; ``people``: staff
    with points, month by month added up (who has some in two months counts twice), NaN where they were not counted; ``level`` reached,
    None for none yet; ``unreported``: months of the cycle of which nothing came, so that the points are at least these. No person is known.
    """

    institution: str
    name: str
    community: str
    points: float
    by_kind: tuple[float, ...]
    staff: float
    per_hundred: float
    people: float
    level: PointsLevel | None
    unreported: int


@dataclass(frozen=True)
class Points:
    """The points of a month: ``rows``, most per 100 staff first, and how many institutions reported in the year before and not now."""

    rows: tuple[PointsRow, ...] = ()
    silent: int = 0


@cached()
def points_of(database: ReportingDatabase, month: datetime.date, community: str | None = None) -> Points:
    """Return the institutions with points in the cycle that runs in ``month``; nothing without the table.

    Raises:
        QueryError: the database cannot answer.
    """
    plan = monitoring_plan().points
    months = pd.date_range(end=pd.Timestamp(month), periods=3 * _YEAR, freq="MS", unit="us")
    rows = points_rows(database, months[0].date(), month)
    if rows.empty:
        return Points()
    monthly = monthly_points(rows, months)
    total = cycle_points(monthly, plan.cycle_months)
    begun = total.le(monthly.fillna(0.0)) & total.gt(0)  # the first month of a cycle holds no more than its own points
    staff, inside = staff_of(database, months).iloc[-1], directory(database).inside
    told = monthly.notna()
    codes = [code for code in total.columns if code in inside.index and community in (None, inside["community_code"][code])]
    silent = sum(bool(told[code].iloc[-1 - _YEAR :].any() and not told[code].iloc[-1]) for code in codes)
    found = []
    for code in codes:
        if not total[code].iloc[-1] > 0:
            continue
        start = begun.index[begun[code]][-1]
        own = rows[(rows["institution_code"] == code) & (rows["month"] >= start)]
        kinds = tuple(float(own.loc[own["kind"] == kind, "points"].sum()) for kind in POINTS_KIND)
        people = float(staff.get(code, float("nan")))
        share = 100 * float(total[code].iloc[-1]) / people if people > 0 else float("nan")
        found.append(
            PointsRow(
                institution=str(code),
                name=str(inside["short_name"][code]),
                community=str(inside["community_code"][code]),
                points=sum(kinds),
                by_kind=kinds,
                staff=people,
                per_hundred=share,
                people=float(own["people"].astype("float64").sum(min_count=1)),
                level=next((each for each in reversed(plan.levels) if share >= each.at), None),
                unreported=int((~told.loc[start:, code]).sum()),
            )
        )
    ordered = sorted(found, key=lambda row: (-row.per_hundred if row.per_hundred > 0 else 0.0, row.institution))
    return Points(tuple(ordered), silent)
