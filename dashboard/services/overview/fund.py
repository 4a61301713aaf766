"""The insurance fund against its budget: what was spent, what the year will come to."""

import datetime
import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.analysis.periods import Period, month_start
from dashboard.analysis.projection import UNIT, YearEnd, project_year_end, simulated_rest
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import Community, directory
from dashboard.services.overview.projection import Claims, Projection, read_claims, unit_order, year_projection
from dashboard.store.query import run_query


@dataclass(frozen=True)
class FundProgress:
    """The fund of a scheme of one community, of a whole community (``scheme`` empty) or of the county in the year of a period, in yuan.

    ``spent`` counts January to ``through``, the last month of the period whose claims have all come, for the insured of the community's
    towns wherever they were treated; NaN and None when none of the year has. ``time_progress`` is the share of the year up to ``through``
    at which spending would be on schedule: what last year had spent by the same month (``seasonal``), or where last year is incomplete
    the share of the months. ``year_end`` is None when there are too few months to project.
    """

    community: str
    name: str
    position: int
    budget: float
    spent: float
    time_progress: float
    year_end: YearEnd | None
    through: datetime.date | None = None
    seasonal: bool = False
    scheme: str = ""

    @property
    def execution(self) -> float:
        """Share of the year's budget that is spent."""
        return self.spent / self.budget

    @property
    def projected_overspend(self) -> float:
        """Projected year total minus budget, yuan; negative is a surplus; NaN without a projection: nobody knows."""
        return self.year_end.total - self.budget if self.year_end else math.nan

    @property
    def overspends(self) -> bool:
        """Whether it is projected to come out over its budget; not, where nobody knows."""
        return self.projected_overspend > 0


@dataclass(frozen=True)
class FundAnswer:
    """Fund progress of each community in display order; ``county`` adds them up. Empty when budget or claims are missing.

    ``units``: each scheme of each community, communities in display order. Who overspends is asked of them: schemes do not pay for each
    other, so a community whose sum is in surplus can still overspend.

    Schemes that have a budget but no claims, or claims but no budget, are in neither side: ``left_out`` names them (community, scheme).
    """

    year: int
    communities: tuple[FundProgress, ...]
    county: FundProgress | None
    has_budget: bool
    has_claims: bool
    left_out: tuple[tuple[str, str], ...] = ()
    units: tuple[FundProgress, ...] = ()

    def schemes_of(self, community: str) -> tuple[FundProgress, ...]:
        """Return the schemes of a community; of everybody for "" (the county)."""
        return tuple(unit for unit in self.units if community in ("", unit.community))

    def overspending(self, community: str = "") -> tuple[FundProgress, ...]:
        """Return the schemes that are projected to overspend, of one community or of all."""
        return tuple(unit for unit in self.schemes_of(community) if unit.overspends)

    @property
    def certain_surplus(self) -> bool:
        """Whether every scheme of every community has a projection and none of them overspends."""
        return bool(self.units) and all(unit.projected_overspend <= 0 for unit in self.units)


@cached()
def fund_progress(database: ReportingDatabase, period: Period, scheme: str | None = None) -> FundAnswer:
    """Return the fund against its budget for the year in which ``period`` ends, up to its last month.

    Args:
        database: the reporting database.
        period: only its last month counts; the year runs from January.
        scheme: ``"employee"`` or ``"resident"``; None for both together.
    """
    year = period.last.year
    budgets = run_query(database, "overview/fund_budget", year=year).rename(columns={"community_code": "community"})
    claims = read_claims(database).until(period.last)
    claims = Claims(claims.between(month_start(year - 1, 1), period.last), claims.months)
    budget = budgets[budgets["budget"] > 0].set_index(UNIT)["budget"].astype(float)
    claimed = pd.MultiIndex.from_frame(claims.frame[UNIT].drop_duplicates())
    # All are simulated together, whatever the filter: a scheme's interval is that of the what-if, which knows no filter.
    shared = [(str(community), str(scheme)) for community, scheme in budget.index.intersection(claimed)]
    shared.sort(key=unit_order(database))
    every = pd.MultiIndex.from_tuples(shared, names=UNIT)
    monthly = claims.of_units(every).groupby([*UNIT, "month"])["fund_paid"].sum()
    through = max((month for month in claims.months if month.year == year), default=period.last)
    fund = _Fund(budget.reindex(every), monthly, year_projection(database, year, through), through)
    told, told_claims = (units[units.get_level_values("scheme").isin([scheme])] if scheme else units for units in (budget.index, claimed))
    units = np.flatnonzero(every.isin(told))
    place = every.get_level_values("community")[units]
    communities = [each for each in directory(database).ordered if each.code in place]
    rows = [fund.progress(each, units[place == each.code]) for each in communities]
    whole = Community(code="", name="", short_name="", position=-1)
    return FundAnswer(
        year,
        tuple(rows),
        fund.progress(whole, units) if rows else None,
        has_budget=not told.empty,
        has_claims=not told_claims.empty,
        left_out=tuple(sorted(told.symmetric_difference(told_claims))) if rows else (),
        units=tuple(
            replace(fund.progress(each, np.array([unit])), scheme=shared[unit][1])
            for each in communities
            for unit in units[place == each.code]
        ),
    )


@dataclass(frozen=True, eq=False)
class _Fund:
    """Budgets by unit, payments by unit and month, and the projection that all sums are made of; ``through`` is the last month paid."""

    budget: "pd.Series[float]"
    monthly: "pd.Series[float]"
    projection: Projection | None
    through: datetime.date

    def progress(self, community: Community, units: NDArray[np.int64]) -> FundProgress:
        """Return the sum of ``units`` (places in ``budget``); a month that one of them lacks is missing in the sum."""
        paid, year = self._paid[units].sum(axis=0), self.through.year
        before, came = paid[:12], ~np.isnan(paid[12:])
        months = int(np.cumprod(came).sum())  # a month that did not come is not a month without spending
        this_year = paid[12 : 12 + months]
        seasonal = bool(before.sum() > 0)
        schedule = before.cumsum() / before.sum() if seasonal else np.arange(1, 13) / 12
        budget = float(self.budget.to_numpy()[units].sum())
        # With a hole before newer months neither the growth nor what is still to come can be told.
        whole = months == came.sum()
        return FundProgress(
            community=community.code,
            name=community.short_name,
            position=community.position,
            budget=budget,
            spent=float(this_year.sum()) if months else math.nan,
            time_progress=float(schedule[months - 1]) if months else math.nan,
            year_end=self._year_end(units, this_year, before) if whole else None,
            through=month_start(year, months) if months else None,
            seasonal=seasonal,
        )

    def _year_end(self, units: NDArray[np.int64], this_year: NDArray[np.float64], before: NDArray[np.float64]) -> YearEnd | None:
        if self.projection is None:
            return None
        expected, rest = self._rest
        recorded = float(self._recorded[units].sum())
        return project_year_end(
            this_year.tolist(),
            before.tolist(),
            recorded=recorded,
            expected=float(expected[units].sum()),
            rest=rest[:, units].sum(axis=1),
        )

    @cached_property
    def _paid(self) -> NDArray[np.float64]:
        """Payments of last year and of this one up to ``through``, units × months; missing where none came."""
        year = self.through.year
        months = [pd.Timestamp(month_start(year - 1, month)) for month in range(1, 13 + self.through.month)]
        return self.monthly.unstack("month").reindex(index=self.budget.index, columns=months).to_numpy(dtype=np.float64)

    @cached_property
    def _recorded(self) -> NDArray[np.float64]:
        """What is known to be paid this year, by unit."""
        assert self.projection is not None
        return self._by_unit(self.projection.known)

    @cached_property
    def _rest(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what each unit is still to pay this year, and the same in every simulated run."""
        assert self.projection is not None
        expected = self._by_unit(self.projection.expected)
        return expected, simulated_rest(expected, self.projection.errors)

    def _by_unit(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        return rows.groupby(UNIT)["fund_paid"].sum().reindex(self.budget.index).fillna(0.0).to_numpy(dtype=np.float64)
