"""What the budget chain reads of a county beside the projection: past costs and measured growth of volume. Frames in, frames out."""

import datetime

import pandas as pd

from dashboard.analysis.projection import UNIT
from dashboard.services.overview.projection import Claims


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
