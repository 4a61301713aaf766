"""Rules over counts of an optional table: large-equipment examinations and satisfaction, against own history and the funnel of peers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.alerts import funnel_scores, trailing_modified_z
from dashboard.analysis.control_charts import wilson_interval
from dashboard.analysis.periods import shift_months
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.monitoring import MonitoringRule, monitoring_plan
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.peers import peer_groups
from dashboard.services.monitoring.history import YEAR
from dashboard.store.query import run_query

_QUARTER = 3
_RESPONDENTS = {"patient_satisfaction": ["outpatient", "inpatient"], "staff_satisfaction": ["staff"]}
_PER_HUNDRED = 100


@dataclass(frozen=True, eq=False)
class Counted:
    """What a source counts: months × institutions; missing where it did not come, is too little, or may not be shown."""

    part: pd.DataFrame
    whole: pd.DataFrame

    @property
    def per_hundred(self) -> pd.DataFrame:
        """The parts per hundred of the whole."""
        return _PER_HUNDRED * self.part / self.whole.where(self.whole > 0)


def peers_of(database: ReportingDatabase) -> pd.DataFrame:
    """Return by institution inside the county its ``narrow`` group (kind and tier) and its ``wide`` class; missing for no peers."""
    return peer_groups(directory(database).inside)[["narrow", "wide"]]


def among_peers(figures: pd.DataFrame, peers: pd.DataFrame, work_out: Callable[[list[str]], pd.DataFrame]) -> pd.DataFrame:
    """Return what ``work_out`` says of each unit among those like it: of its kind and tier, or of its class where these are too few.

    Args:
        figures: months × units; a unit counts in the months in which it has one.
        peers: see ``peers_of``.
        work_out: is given the units of a group, and returns months × these units.

    Returns:
        In the shape of ``figures``; missing where even the class has fewer than ``least_peers`` with figures.
    """
    least = monitoring_plan().least_peers
    found = pd.DataFrame(np.nan, index=figures.index, columns=figures.columns)
    for name in ("wide", "narrow"):
        whose = peers[name].reindex(figures.columns)
        for codes in whose.groupby(whose).groups.values():
            asked = (figures[codes].notna().sum(axis=1) >= least).to_numpy()
            if asked.any():
                found.loc[asked, codes] = work_out(list(codes)).to_numpy()[asked]
    return found.where(figures.notna())


def counted(database: ReportingDatabase, rule: MonitoringRule, months: pd.DatetimeIndex, *, judged: bool = True) -> Counted:
    """Return the counts of ``rule.source`` in ``months``. A month with a few people behind it is not known. Raises ``QueryError``.

    Not ``judged``, a month that stands on less than the rule asks for is known too. A survey stands from the month in which its quarter
    ends until the next one can have come.
    """
    quarterly = rule.source in _RESPONDENTS
    first = shift_months(months[0].date(), -2 * _QUARTER if quarterly else 0)
    asked: dict[str, object] = {"first_month": first, "last_month": months[-1].date()}
    if quarterly:
        asked["respondents"] = _RESPONDENTS[rule.source]
    rows = run_query(database, f"monitoring/{'satisfaction' if quarterly else rule.source}", **asked)
    when = pd.to_datetime(rows["quarter" if quarterly else "month"])
    rows = rows.assign(month=(when + pd.DateOffset(months=_QUARTER - 1) if quarterly else when).astype("datetime64[us]"))

    def grid(column: str) -> pd.DataFrame:
        table = rows.pivot(index="month", columns="institution_code", values=column).astype("float64").sort_index()
        if not quarterly:
            return table.reindex(months)
        every = pd.date_range(first, months[-1], freq="MS", unit="us")
        return table.reindex(every).ffill(limit=_QUARTER - 1).reindex(months)

    part, whole = grid("part"), grid("whole")
    few = pd.DataFrame(False, index=part.index, columns=part.columns)
    for side in (part, whole, whole - part) if rule.proportion else (part, whole):
        few |= (side > 0) & (side < ON_SCREEN)
    known = part.notna() & whole.gt(0) & ~few
    if judged:
        known &= whole.ge(rule.least) & part.ge(rule.least_part)
    return Counted(part.where(known), whole.where(known))


def peer_scores(rule: MonitoringRule, found: Counted, peers: pd.DataFrame) -> pd.DataFrame:
    """Return how many standard deviations each month of each institution lies from its peers in their funnel, positive on the bad side.

    Missing for who has too few peers with figures that month.
    """
    sign = 1 if rule.worse == "above" else -1

    def scores(codes: list[str]) -> pd.DataFrame:
        return sign * funnel_scores(found.part[codes], found.whole[codes], proportion=rule.proportion)

    return among_peers(found.part, peers, scores)


def excess(found: Counted, peers: pd.DataFrame) -> pd.DataFrame:
    """Return how many more than its peers together each month of each institution has for its size, never below 0."""

    def more(codes: list[str]) -> pd.DataFrame:
        part, whole = found.part[codes], found.whole[codes]
        together = part.sum(axis=1) / whole.sum(axis=1).where(lambda total: total > 0)
        return (part - whole.mul(together, axis=0)).clip(lower=0)

    return among_peers(found.part, peers, more)


def unusual(rule: MonitoringRule, found: Counted, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the modified z of each month against the own months before it; it passes the limit only where the peers say so too."""
    plan = monitoring_plan()
    own = trailing_modified_z(found.per_hundred, plan.own_months, plan.least_history)
    return own.where(scores > plan.funnel, own.clip(upper=rule.on))


def surveyed(rule: MonitoringRule, found: Counted) -> pd.DataFrame:
    """Return 1 where even the upper end of the Wilson interval lies below the bound, -1 where even the lower end reaches it, else 0."""
    shape = found.part.shape
    interval = _PER_HUNDRED * wilson_interval(found.part.to_numpy().ravel(), found.whole.to_numpy().ravel())
    told = np.select([interval["upper"] < rule.bound, interval["lower"] >= rule.bound], [1.0, -1.0], 0.0)
    return pd.DataFrame(told.reshape(shape), index=found.part.index, columns=found.part.columns).where(found.part.notna())


def history_of(months: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return ``months`` with the year before them, that the first of them have a history."""
    return pd.date_range(end=months[-1], periods=len(months) + YEAR, freq="MS", unit="us")
