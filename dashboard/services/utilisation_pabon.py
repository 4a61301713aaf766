"""Pabon Lasso of 床位与设备: where each institution stands by occupancy and turnover, and where it came from."""

from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.periods import Period
from dashboard.analysis.utilisation import pabon_lasso
from dashboard.services.cache import cached
from dashboard.services.database import ReportingDatabase
from dashboard.services.filters import Level
from dashboard.services.utilisation import DAYS_PER_YEAR, bed_use, department_use


@dataclass(frozen=True, eq=False)
class PabonPicture:
    """Units in their sectors, and the lines used.

    ``units`` by code: name, position, open_beds, occupancy (per cent), turnover (per year), alos, sector; of institutions also
    occupancy_before, turnover_before and sector_before of the period compared with, missing where there was none.
    """

    units: pd.DataFrame
    occupancy_line: float
    turnover_line: float


def _per_year(beds: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of the chart, turnover scaled to a year so that a month and a year are read with the same eyes."""
    yearly = beds["turnover"] * DAYS_PER_YEAR / beds["days"]
    return beds.assign(turnover=yearly)[["name", "open_beds", "occupancy", "turnover", "alos"]]


@cached()
def pabon_picture(
    database: ReportingDatabase,
    period: Period,
    compared: Period,
    community: str | None = None,
    level: Level = Level.ALL,
    occupancy_line: float | None = None,
    turnover_line: float | None = None,
) -> PabonPicture | None:
    """Return the picture of the institutions with occupancy and turnover in ``period``; None when there is none.

    The lines (per cent, times per year) are the means of ``period`` unless given, and the same for both periods, so that a
    movement is the institution's own.
    """
    use = bed_use(database, period, community, level)
    if use is None:
        return None
    units = _per_year(use.institutions).join(use.institutions[["position", "community"]])
    units = units.dropna(subset=["occupancy", "turnover"])
    if units.empty:
        return None
    earlier = bed_use(database, compared, community, level)
    before = units[["occupancy", "turnover"]] * float("nan") if earlier is None else _per_year(earlier.institutions).reindex(units.index)
    sectors = pabon_lasso(units["occupancy"], units["turnover"], occupancy_line, turnover_line)
    x_line, y_line = sectors.attrs["occupancy_line"], sectors.attrs["turnover_line"]
    units = units.assign(
        sector=sectors,
        occupancy_before=before["occupancy"],
        turnover_before=before["turnover"],
        sector_before=pabon_lasso(before["occupancy"], before["turnover"], x_line, y_line),
    )
    return PabonPicture(units, x_line, y_line)


@cached()
def department_picture(database: ReportingDatabase, period: Period, institution: str) -> PabonPicture | None:
    """Return the departments of one institution, cut at their own means; None without occupancy and turnover."""
    departments = department_use(database, period, institution=institution)
    if departments.empty:
        return None
    units = _per_year(departments).dropna(subset=["occupancy", "turnover"])
    if units.empty:
        return None
    sectors = pabon_lasso(units["occupancy"], units["turnover"])
    return PabonPicture(units.assign(sector=sectors), sectors.attrs["occupancy_line"], sectors.attrs["turnover_line"])
