"""Scores over time: every past period scored under the same scheme, and what moved a unit's score since the period before."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.control_charts import ControlChart, control_chart
from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.analysis.scoring import composite
from dashboard.analysis.scoring.composite import DEMERITS
from dashboard.catalogue.scheme import Scheme
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.filters import filter_options
from dashboard.services.performance.answer import Ranking, measured, needed_ids, other_values, values_matrix
from dashboard.services.performance.custom import CustomIndicator

LENGTH: Mapping[Grain, int] = {Grain.MONTH: 24, Grain.QUARTER: 8, Grain.YEAR_TO_DATE: 5}
"""How many periods a trend shows at most."""


@dataclass(frozen=True, eq=False)
class ScoreHistory:
    """Scores of every period under one scheme, oldest first.

    ``total``, ``completeness`` and ``trusted``: units × periods; a period in which nothing was measured is missing. ``charts``: the
    control chart of each unit's scores. ``partial``: the periods that are not over.
    """

    periods: tuple[Period, ...]
    total: pd.DataFrame
    completeness: pd.DataFrame
    trusted: pd.DataFrame
    charts: Mapping[str, ControlChart]
    partial: frozenset[Period]


def trend_periods(last: Period, grain: Grain, first_month: datetime.date | None = None) -> tuple[Period, ...]:
    """Return the periods of ``grain`` up to the last month of ``last``, oldest first; none begins before ``first_month``.

    Past quarters are whole, the newest runs to ``last``. A year is compared with the same months of the years before.
    """
    newest = Period(grain, last.last)
    found = [newest]
    while len(found) < LENGTH[grain]:
        before = found[-1].last_year() if grain is Grain.YEAR_TO_DATE else Period(grain, shift_months(found[-1].first, -1))
        if first_month is not None and before.first < first_month:
            break
        found.append(before)
    return tuple(reversed(found))


@cached(max_entries=64, needs_county=True)
def score_values(
    database: ReportingDatabase,
    periods: tuple[Period, ...],
    ids: tuple[str, ...],
    insurance: str | None = None,
    custom: tuple[CustomIndicator, ...] = (),
) -> Mapping[Period, pd.DataFrame]:
    """Return communities (display order) × ``ids`` for each period, each in its unit, in one pass. Raises ``QueryError``."""
    units = directory(database).communities.index
    frames = measured(database, "community", periods, ids, insurance, custom)
    other = other_values(database, "community", periods, units)
    return {period: values_matrix(frames[period]["value"], other[period], units, ids) for period in periods}


def score_history(
    database: ReportingDatabase,
    scheme: Scheme,
    last: Period,
    grain: Grain,
    insurance: str | None = None,
    custom: tuple[CustomIndicator, ...] = (),
) -> ScoreHistory:
    """Return the scores of the communities over time under ``scheme`` as it is now, so that only the work differs, not the rules.

    A min-max, z or ratio-to-mean score compares the communities of its own period. Raises ``QueryError``.
    """
    months = filter_options(database).months
    periods = trend_periods(last, grain, min(months) if months else None)
    values = score_values(database, periods, needed_ids(scheme), insurance, custom)
    results = {period: composite(scheme, values[period]) for period in periods}
    total = pd.DataFrame({period: result.total for period, result in results.items()})
    return ScoreHistory(
        periods=periods,
        total=total,
        completeness=pd.DataFrame({period: result.completeness for period, result in results.items()}),
        trusted=pd.DataFrame({period: result.trusted for period, result in results.items()}),
        charts={str(unit): control_chart(row.astype(float).tolist()) for unit, row in total.iterrows()},
        partial=frozenset(period for period in periods if grain is Grain.QUARTER and len(period.months) < 3),
    )


def improvement(ranking: Ranking, unit: str) -> pd.Series:
    """Return by how many points each indicator (and the demerits) moved the score of ``unit`` since the period before.

    The parts add up to the change of the total. Empty when one of the two periods has no score.
    """
    now, before = ranking.current, ranking.previous
    if np.isnan(now.total[unit]) or np.isnan(before.total[unit]):
        return pd.Series(dtype=float)
    points = [result.by_indicator["points"].xs(unit, level="unit") for result in (now, before)]
    parts = (points[0] - points[1]).reindex(list(ranking.scheme.weights))
    parts[DEMERITS] = now.demerits[unit] - before.demerits[unit]
    return parts[parts.round(9) != 0]
