"""Bed-days and visits of the next twelve months, and the beds that carry them: view 预测 of 床位与设备."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from dashboard.analysis.forecast import Forecast, beds_needed, forecast_months
from dashboard.analysis.periods import Period
from dashboard.analysis.reporting import monthly_totals
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import Level
from dashboard.services.utilisation.beds import bed_months, selected_institutions
from dashboard.services.utilisation.efficiency import visit_months

Volume = Literal["bed_days", "visits"]
_COLUMN = {"bed_days": "occupied_bed_days", "visits": "visits"}


@dataclass(frozen=True, eq=False)
class ForecastAnswer:
    """A volume of the selection and what follows.

    ``history`` by month: total, absent (reporters), missing_share, used (whether the month went into the forecast). ``open_beds`` is the
    average of the last known month, NaN for visits.
    """

    history: pd.DataFrame
    forecast: Forecast
    open_beds: float

    def beds(self, occupancy: float) -> pd.DataFrame:
        """Return the whole beds that carry forecast, lower and upper bed-days at ``occupancy`` per cent, and the ``bed_days``, by month."""
        table = self.forecast.table
        days = pd.DatetimeIndex(table.index).days_in_month.to_numpy()
        needed = {name: np.ceil(beds_needed(table[name], days, occupancy).round(6)) for name in ("forecast", "lower", "upper")}
        return pd.DataFrame(needed, index=table.index).assign(bed_days=table["forecast"].round())


@cached()
def forecast_answer(
    database: ReportingDatabase,
    volume: Volume,
    last: Period,
    community: str | None = None,
    level: Level = Level.ALL,
    institution: str | None = None,
) -> ForecastAnswer | None:
    """Return the twelve months after ``last``; None when the selection has no month with the figure.

    A month in which reporters with more than ``missing_share`` of the usual total are missing does not count as known.
    """
    rows = bed_months(database) if volume == "bed_days" else visit_months(database)
    codes = [institution] if institution else selected_institutions(database, community, level).index
    rows = rows[rows["institution_code"].isin(codes) & (rows["month"] <= pd.Timestamp(last.last))]
    if rows.empty:
        return None
    lines = utilisation_settings()
    history = monthly_totals(rows.rename(columns={"institution_code": "reporter"}), _COLUMN[volume])
    history = history.assign(used=history["total"].notna() & (history["missing_share"].fillna(0) <= lines.missing_share))
    known = history["total"].where(history["used"])
    forecast = forecast_months(known, confidence=lines.forecast_confidence)
    return ForecastAnswer(history, forecast, _open_beds(rows) if volume == "bed_days" else float("nan"))


def _open_beds(rows: pd.DataFrame) -> float:
    newest = rows[rows["month"] == rows["month"].max()]
    return float(newest["open_bed_days"].sum() / newest["days"].iloc[0])
