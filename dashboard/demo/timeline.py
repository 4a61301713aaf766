"""The months of the demonstration county and what time does to activity: season, lunar new year, shock, reform, growth."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

_DAYS_IN_MEAN_MONTH = 365.25 / 12
_REFERENCE = pd.Timestamp("2025-01-01")


@dataclass(frozen=True, eq=False)
class Timeline:
    """Monthly series, one value for each of ``months``; ``values`` are the parameters of ``county.yaml``."""

    values: dict[str, Any]

    @cached_property
    def months(self) -> pd.DatetimeIndex:
        """The first day of each month."""
        return pd.date_range(self.values["first_month"], self.values["last_month"], freq="MS")

    @cached_property
    def quarters(self) -> pd.DatetimeIndex:
        """The first day of each quarter that ended within the months."""
        first = self.months[0].to_period("Q").start_time
        return pd.DatetimeIndex(
            [start for start in pd.date_range(first, self.months[-1], freq="QS") if start + pd.DateOffset(months=2) <= self.months[-1]]
        )

    @cached_property
    def days(self) -> np.ndarray:
        """Days of each month."""
        return self.months.days_in_month.to_numpy()

    @cached_property
    def years(self) -> np.ndarray:
        """Years from the start of 2025, negative before: what growth rates are raised by."""
        return ((self.months - _REFERENCE).days / 365.25).to_numpy()

    @cached_property
    def ramp(self) -> np.ndarray:
        """How far the reform has worked in: 0 before its month, 1 when it is fully at work."""
        start = pd.Timestamp(self.values["reform_month"])
        elapsed = (self.months.year - start.year) * 12 + self.months.month - start.month
        return np.clip(np.asarray(elapsed) / self.values["ramp_months"], 0, 1)

    def between(self, before: float, after: float) -> np.ndarray:
        """Return a level that the reform moves from ``before`` to ``after``."""
        return before + (after - before) * self.ramp

    def growth(self, yearly: float) -> np.ndarray:
        """Return compound growth at ``yearly``, 1 at the start of 2025."""
        return (1 + yearly) ** self.years

    def festival(self, service: str) -> np.ndarray:
        """Return what the days around lunar new year leave of a month's activity; they move with the lunar calendar."""
        rule = self.values["festival"]
        lost = np.zeros(len(self.months))
        for new_year in pd.to_datetime(self.values["lunar_new_year"]):
            dates = pd.date_range(new_year - pd.Timedelta(days=rule["days_before"]), periods=rule["days_before"] + rule["days_after"] + 1)
            lost += np.array([(dates.to_period("M") == month).sum() for month in self.months.to_period("M")])
        return 1 - rule[service] * lost / self.days

    def activity(self, season: str, service: str) -> np.ndarray:
        """Return the relative activity of each month for a ``season`` of ``county.yaml`` and a service (outpatient, inpatient)."""
        shape = np.array(self.values["seasons"][season])[self.months.month - 1]
        shock = np.ones(len(self.months))
        for month, factors in self.values["shock"].items():
            usual = factors["outpatient"] if service == "outpatient" else 1.0
            shock[self.months == pd.Timestamp(month)] = usual * factors[season]
        return shape * shock * self.festival(service) * self.days / _DAYS_IN_MEAN_MONTH
