"""The insurance fund against its budget: what was spent, what the year will come to."""

from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.periods import Period, month_start
from dashboard.analysis.projection import YearEnd, project_year_end
from dashboard.services.cache import cached
from dashboard.services.database import ReportingDatabase
from dashboard.services.directory import Community, directory
from dashboard.store.query import run_query


@dataclass(frozen=True)
class FundProgress:
    """One community's (or the county's) fund in the year of a period, in yuan.

    ``spent`` counts January to the period's last month, for the insured of the community's towns wherever they were
    treated. ``time_progress`` is the share of the year's months that have passed. ``year_end`` is None when there are too
    few months to project.
    """

    community: str
    name: str
    position: int
    budget: float
    spent: float
    time_progress: float
    year_end: YearEnd | None

    @property
    def execution(self) -> float:
        """Share of the year's budget that is spent."""
        return self.spent / self.budget

    @property
    def projected_overspend(self) -> float:
        """Projected year total minus budget, yuan; negative is a surplus; 0 without a projection."""
        return self.year_end.total - self.budget if self.year_end else 0.0


@dataclass(frozen=True)
class FundAnswer:
    """Fund progress of each community in display order; ``county`` adds them up. Empty when budget or claims are missing."""

    year: int
    communities: tuple[FundProgress, ...]
    county: FundProgress | None
    has_budget: bool
    has_claims: bool


@cached()
def fund_progress(database: ReportingDatabase, period: Period, scheme: str | None = None) -> FundAnswer:
    """Return the fund against its budget for the year in which ``period`` ends, up to its last month.

    Args:
        database: the reporting database.
        period: only its last month counts; the year runs from January.
        scheme: ``"employee"`` or ``"resident"``; None for both together.
    """
    year = period.last.year
    budgets = run_query(database.engine, "overview/fund_budget", year=year)
    paid = run_query(database.engine, "overview/fund_paid_by_month", first_month=month_start(year - 1, 1), last_month=period.last)
    if scheme:
        budgets, paid = budgets[budgets["scheme"] == scheme], paid[paid["scheme"] == scheme]
    monthly = paid.pivot_table(index="month", columns="community_code", values="fund_paid", aggfunc="sum")
    budget = budgets.groupby("community_code")["budget"].sum()
    budget = budget[budget > 0]
    rows = [
        _progress(each, float(budget[each.code]), monthly[each.code], period)
        for each in directory(database).ordered
        if each.code in budget.index and each.code in monthly.columns
    ]
    total = None
    if rows:
        codes = [row.community for row in rows]
        whole = Community(code="", name="", short_name="", position=-1)
        total = _progress(whole, float(budget[codes].sum()), monthly[codes].sum(axis=1, min_count=len(codes)), period)
    return FundAnswer(year, tuple(rows), total, has_budget=not budget.empty, has_claims=not monthly.empty)


def _progress(community: Community, budget: float, monthly: pd.Series, period: Period) -> FundProgress:
    months = [pd.Timestamp(month_start(period.last.year, month)) for month in range(1, period.last.month + 1)]
    last_year = [pd.Timestamp(month_start(period.last.year - 1, month)) for month in range(1, 13)]
    this_year = monthly.reindex(months)
    return FundProgress(
        community=community.code,
        name=community.short_name,
        position=community.position,
        budget=budget,
        spent=float(this_year.sum()),
        time_progress=period.last.month / 12,
        year_end=project_year_end(this_year.to_list(), monthly.reindex(last_year).to_list()),
    )
