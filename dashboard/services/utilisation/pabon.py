"""Pabon Lasso of 床位与设备: where each institution stands by occupancy and turnover, and where it came from."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dashboard.analysis.periods import Period
from dashboard.analysis.utilisation import against_peers, pabon_lasso
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import Level
from dashboard.services.common.peers import peer_groups
from dashboard.services.utilisation.beds import DAYS_PER_YEAR, bed_use, department_use, selected_institutions


@dataclass(frozen=True, eq=False)
class PabonPicture:
    """Units in their sectors, and the lines used.

    ``units`` by code: name, position, open_beds, occupancy (per cent), turnover (per year), alos, sector, and ``x`` and ``y``, where the
    chart draws them; of institutions also occupancy_before, turnover_before, x_before, y_before and sector_before of the period compared
    with, missing where there was none. ``relative``: x and y are multiples of the median of the unit's own kind, with the lines at 1; else
    occupancy as a ratio and turnover per year. ``left_out`` is how many are not in it because too few were discharged.
    """

    units: pd.DataFrame
    occupancy_line: float
    turnover_line: float
    relative: bool
    left_out: int


def _per_year(beds: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of the chart, turnover scaled to a year so that a month and a year are read with the same eyes."""
    yearly = beds["turnover"] * DAYS_PER_YEAR / beds["days"]
    return beds.assign(turnover=yearly)[["name", "open_beds", "occupancy", "turnover", "alos"]]


@cached(needs_county=True)
def pabon_picture(
    database: ReportingDatabase,
    period: Period,
    compared: Period,
    community: str | None = None,
    level: Level = Level.ALL,
    occupancy_line: float | None = None,
    turnover_line: float | None = None,
) -> PabonPicture | None:
    """Return the picture of the institutions with occupancy and turnover in ``period``; None when there is none to compare.

    The lines are the medians of each institution's own kind in the whole county in ``period``, unless given (per cent, times per year);
    they are the same for both periods, so that a movement is the institution's own.
    """
    use = bed_use(database, period, community, level)
    if use is None:
        return None
    units = _per_year(use.institutions).join(use.institutions[["position", "community"]])
    units = units.dropna(subset=["occupancy", "turnover"])
    earlier = bed_use(database, compared, community, level)
    before = units[["occupancy", "turnover"]] * float("nan") if earlier is None else _per_year(earlier.institutions).reindex(units.index)
    relative = occupancy_line is None or turnover_line is None
    if relative:
        medians = _medians(database, period).reindex(units.index)
        lines = (1.0, 1.0)
        now, then = (table[["occupancy", "turnover"]] / medians for table in (units, before))
    else:
        lines = (float(occupancy_line or 0.0) / 100, float(turnover_line or 0.0))
        now, then = (table[["occupancy", "turnover"]].assign(occupancy=table["occupancy"] / 100) for table in (units, before))
    units = units.assign(
        x=now["occupancy"],
        y=now["turnover"],
        sector=pabon_lasso(now["occupancy"], now["turnover"], *lines),
        occupancy_before=before["occupancy"],
        turnover_before=before["turnover"],
        x_before=then["occupancy"],
        y_before=then["turnover"],
        sector_before=pabon_lasso(then["occupancy"], then["turnover"], *lines),
    ).dropna(subset=["x", "y"])
    return None if units.empty else PabonPicture(units, *lines, relative, int(use.institutions["few_discharged"].sum()))


def pabon_lack(
    database: ReportingDatabase, period: Period, community: str | None = None, level: Level = Level.ALL
) -> Literal["beds", "discharges", "few", "peers"]:
    """Return why ``pabon_picture`` has nothing to draw: no beds, nobody with discharges, only few of them, or too few of a kind."""
    whole = bed_use(database, period)
    chosen = selected_institutions(database, community, level).index
    figures = whole.institutions[whole.institutions.index.isin(chosen)] if whole is not None else None
    if figures is None or figures["occupancy"].isna().all():
        return "beds"
    if figures["turnover"].notna().any():
        return "peers"
    return "few" if figures["few_discharged"].any() else "discharges"


def _medians(database: ReportingDatabase, period: Period) -> pd.DataFrame:
    """Return by institution of the county the occupancy and turnover of the median of its own kind; missing without peers."""
    whole = bed_use(database, period)
    assert whole is not None  # the selection is a part of it
    figures = _per_year(whole.institutions)[["occupancy", "turnover"]]
    return figures / against_peers(figures, peer_groups(whole.institutions))


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
    drawn = units.assign(sector=sectors, x=units["occupancy"] / 100, y=units["turnover"])
    lines = (sectors.attrs["occupancy_line"] / 100, sectors.attrs["turnover_line"])
    return PabonPicture(drawn, *lines, relative=False, left_out=int(departments["few_discharged"].sum()))
