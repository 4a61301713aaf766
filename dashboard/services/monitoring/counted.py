"""Rules that ask the peers by a funnel: counts of an optional table, and the cost per case."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.analysis.alerts import cost_funnel, funnel_scores, trailing_modified_z
from dashboard.analysis.control_charts import wilson_interval
from dashboard.analysis.periods import shift_months
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.monitoring import MonitoringRule, monitoring_plan
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.peers import peer_groups
from dashboard.services.monitoring.history import YEAR, Grids
from dashboard.store.query import run_query

_QUARTER = 3
_RESPONDENTS = {"patient_satisfaction": ["outpatient", "inpatient"], "staff_satisfaction": ["staff"]}
_PER_HUNDRED = 100


@dataclass(frozen=True, eq=False)
class Counted:
    """What a source counts: months × institutions; missing where it did not come, is too little, or may not be shown."""

    part: pd.DataFrame
    whole: pd.DataFrame
    per: float = _PER_HUNDRED
    """Of how many of the whole ``told`` tells: per hundred, of costs one case."""

    @property
    def told(self) -> pd.DataFrame:
        """What readers are told: the parts per hundred of the whole, or the yuan of a case."""
        return self.per * self.part / self.whole.where(self.whole > 0)


def peers_of(database: ReportingDatabase) -> pd.DataFrame:
    """Return by institution inside the county its ``narrow`` group (kind and tier) and its ``wide`` class; missing for no peers."""
    return peer_groups(directory(database).inside)[["narrow", "wide"]]


def among_peers(figures: pd.DataFrame, peers: pd.DataFrame, work_out: Callable[[NDArray[np.int64]], NDArray[np.float64]]) -> pd.DataFrame:
    """Return what ``work_out`` says of each unit among those like it: of its kind and tier, or of its class where these are too few.

    Args:
        figures: months × units; a unit counts in the months in which it has one.
        peers: see ``peers_of``.
        work_out: is given the places of a group's units, and returns months × these units.

    Returns:
        In the shape of ``figures``; missing where even the class has fewer than ``least_peers`` with figures.
    """
    found = np.full(figures.shape, np.nan)
    for asked, places in _large_enough(figures, peers):
        found[np.ix_(asked, places)] = work_out(places)[asked]
    return pd.DataFrame(found, index=figures.index, columns=figures.columns).where(figures.notna())


def _large_enough(figures: pd.DataFrame, peers: pd.DataFrame) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the places of the units of each group with those of the months in which enough of them have figures; classes, then kinds."""
    least, known = monitoring_plan().least_peers, figures.notna().to_numpy()
    for name in ("wide", "narrow"):
        codes = pd.factorize(peers[name].reindex(figures.columns))[0]
        for code in range(codes.max(initial=-1) + 1):
            places = np.flatnonzero(codes == code)
            asked = np.flatnonzero(known[:, places].sum(axis=1) >= least)
            if len(asked):
                yield asked, places


def counting_query(rule: MonitoringRule) -> str:
    """Return the name of the query that counts what ``rule.source`` names."""
    return f"monitoring/{'satisfaction' if rule.source in _RESPONDENTS else rule.source}"


def counted(database: ReportingDatabase, rule: MonitoringRule, months: pd.DatetimeIndex, *, judged: bool = True) -> Counted:
    """Return the counts of ``rule.source`` in ``months``. Raises ``QueryError``.

    A month with a few people behind it is not known, nor one whose share would be of more than all. Not ``judged``, a month that stands on
    less than the rule asks for is known too. A survey stands from the month in which its quarter ends until the next one can have come.
    """
    query, quarterly = counting_query(rule), rule.source in _RESPONDENTS
    first = shift_months(months[0].date(), -2 * _QUARTER if quarterly else 0)
    asked: dict[str, object] = {"first_month": first, "last_month": months[-1].date()}
    if quarterly:
        asked["respondents"] = _RESPONDENTS[rule.source]
    rows = run_query(database, query, **asked)
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
    if rule.proportion:  # two tables may disagree, and more than all of them is no share
        known &= part.le(whole)
    if judged:
        known &= whole.ge(rule.least) & part.ge(rule.least_part)
    return Counted(part.where(known), whole.where(known))


def peer_scores(rule: MonitoringRule, found: Counted, peers: pd.DataFrame) -> pd.DataFrame:
    """Return how many standard deviations each month of each institution lies from its peers in their funnel, positive on the bad side.

    Missing for who has too few peers with figures that month.
    """
    sign, (part, whole) = 1 if rule.worse == "above" else -1, (side.to_numpy() for side in (found.part, found.whole))

    def scores(places: NDArray[np.int64]) -> NDArray[np.float64]:
        return sign * funnel_scores(part[:, places], whole[:, places], proportion=rule.proportion)

    return among_peers(found.part, peers, scores)


def excess(rule: MonitoringRule, found: Counted, peers: pd.DataFrame) -> pd.DataFrame:
    """Return how many each month of each institution has beyond its peers together for its size, on the bad side; never below 0."""
    sign = 1 if rule.side == "above" else -1

    def more(places: NDArray[np.int64]) -> NDArray[np.float64]:
        part, whole = found.part.to_numpy()[:, places], found.whole.to_numpy()[:, places]
        total = np.nansum(whole, axis=1)
        together = np.nansum(part, axis=1) / np.where(total > 0, total, np.nan)
        return np.maximum(sign * (part - whole * together[:, None]), 0.0)

    return among_peers(found.part, peers, more)


def unusual(rule: MonitoringRule, found: Counted, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the modified z of each month against the own months before it; it passes the limit only where the peers say so too."""
    plan, sign = monitoring_plan(), 1 if rule.side == "above" else -1
    worse = sign * trailing_modified_z(found.told, plan.own_months, plan.least_history)
    return sign * worse.where(scores > plan.funnel, worse.clip(upper=sign * rule.on))


def surveyed(rule: MonitoringRule, found: Counted) -> pd.DataFrame:
    """Return 1 where even the upper end of the Wilson interval lies below the bound, -1 where even the lower end reaches it, else 0."""
    shape = found.part.shape
    interval = _PER_HUNDRED * wilson_interval(found.part.to_numpy().ravel(), found.whole.to_numpy().ravel())
    told = np.select([interval["upper"] < rule.bound, interval["lower"] >= rule.bound], [1.0, -1.0], 0.0)
    return pd.DataFrame(told.reshape(shape), index=found.part.index, columns=found.part.columns).where(found.part.notna())


def costs(rule: MonitoringRule, read: Grids) -> Counted:
    """Return what a month cost each institution and the cases behind it; missing where a report lacks or the cases are too few."""
    least = rule.base.least if rule.base else 0.0
    known = read.whole & read.denominator.ge(max(least, ON_SCREEN)) & read.numerator.gt(0)
    return Counted(read.numerator.where(known), read.denominator.where(known), per=1.0)


def dearer(found: Counted, peers: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return by month and institution how far the cost of a case lies above that of its peers: standard deviations, and yuan in all.

    The yuan are never below 0; both are missing for who has too few peers with figures that month.
    """
    scores, usual = (np.full(found.part.shape, np.nan) for _answer in range(2))
    for asked, places in _large_enough(found.part, peers):
        together, cells = cost_funnel(found.part.iloc[:, places], found.whole.iloc[:, places]), np.ix_(asked, places)
        scores[cells] = together.scores.to_numpy()[asked]
        usual[cells] = together.mean.to_numpy()[asked, None]
    more = (found.part - usual * found.whole).clip(lower=0.0)
    return pd.DataFrame(scores, index=more.index, columns=more.columns), more


def history_of(months: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return ``months`` with the year before them, that the first of them have a history."""
    return pd.date_range(end=months[-1], periods=len(months) + YEAR, freq="MS", unit="us")
