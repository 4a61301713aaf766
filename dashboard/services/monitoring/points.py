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
from dashboard.services.monitoring.signals import points_rows, staff_of
from dashboard.store.codes import POINTS_KIND

_YEAR = 12
PEOPLE = Guard((People("people", totalled=False),))
"""Staff with points; points themselves count nobody."""


@dataclass(frozen=True)
class PointsRow:
    """One institution in the running cycle.

    ``points``: all points; ``by_kind``: the same by kind of ``POINTS_KIND``; ``per_hundred`` staff; ``people``: staff
    with points, month by month added up (who has some in two months counts twice), NaN where they were not counted; ``level`` reached,
    None for none yet. No person is known.
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


@cached()
def points_of(database: ReportingDatabase, month: datetime.date, community: str | None = None) -> tuple[PointsRow, ...]:
    """Return the institutions with points in the cycle that runs in ``month``, most per 100 staff first; nothing without the table.

    Raises:
        QueryError: the database cannot answer.
    """
    plan = monitoring_plan().points
    months = pd.date_range(end=pd.Timestamp(month), periods=3 * _YEAR, freq="MS", unit="us")
    rows = points_rows(database, months[0].date(), month)
    if rows.empty:
        return ()
    monthly = rows.groupby(["month", "institution_code"])["points"].sum(min_count=1).unstack("institution_code").reindex(months)
    total = cycle_points(monthly, plan.cycle_months)
    begun = total.le(monthly.fillna(0.0)) & total.gt(0)  # the first month of a cycle holds no more than its own points
    staff, inside = staff_of(database, months).iloc[-1], directory(database).inside
    found = []
    for code in total.columns[total.iloc[-1] > 0]:
        if code not in inside.index or community not in (None, inside["community_code"][code]):
            continue
        start = begun.index[begun[code]][-1]
        own = rows[(rows["institution_code"] == code) & (rows["month"] >= start)]
        kinds = tuple(float(own.loc[own["kind"] == kind, "points"].sum()) for kind in POINTS_KIND)
        people = float(staff.get(code, float("nan")))
        share = 100 * float(total[code].iloc[-1]) / people if people > 0 else float("nan")
        people_with = float(pd.to_numeric(own["people"], errors="coerce").sum(min_count=1))
        level = next((each for each in reversed(plan.levels) if share >= each.at), None)
        home = str(inside["community_code"][code])
        found.append(PointsRow(str(code), str(inside["short_name"][code]), home, sum(kinds), kinds, people, share, people_with, level))
    return tuple(sorted(found, key=lambda row: (-row.per_hundred if row.per_hundred > 0 else 0.0, row.institution)))
