"""Behind a score: what each indicator costs, what reaching the others would bring, institutions and months, and leave-one-out."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.control_charts import INSUFFICIENT, ControlChart, control_chart
from dashboard.analysis.periods import Period
from dashboard.analysis.scoring import LeaveOneOut, composite, contribution_difference, leave_one_out
from dashboard.analysis.small_counts import UNGUARDED, Guard, People
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.analysis.targets import Standing, standing
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator
from dashboard.catalogue.overview import overview_plan
from dashboard.catalogue.scheme import Scheme, SchemeIndicator
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.indicators import SIDES, indicator_series, indicator_values
from dashboard.services.performance.answer import Ranking, ScoreInputs, number_at

SERIES_MONTHS = 24
ROUNDED = 1


@dataclass(frozen=True)
class Shortfall:
    """One indicator of one unit: what it earns and loses, the others beside it, and the effect of reaching their median.

    ``best`` is the value with the highest score of the set, ``median`` the set's median. ``treatment`` says what the scheme does
    where the value is missing. Values in the indicator's unit, NaN where missing or not to be shown: ``few`` tells that the unit's own
    stands on too few people; ``best`` and ``median`` are of the values that may be shown.
    """

    unit: str
    indicator: SchemeIndicator
    value: float
    score: float
    weight: float
    lost: float
    best: float
    median: float
    change: float
    rank: float
    gain_at_median: float
    rank_at_median: float
    treatment: str
    few: bool = False


def shortfalls(ranking: Ranking, unit: str, dimension: str, smallest: int = ON_SCREEN) -> tuple[Shortfall, ...]:
    """Return the indicators of one cell, the costliest first, missing ones last; values on fewer than ``smallest`` people are hidden."""
    detail = ranking.current.by_indicator
    hidden = ranking.inputs.hidden(smallest)
    found = []
    for indicator in ranking.scheme.indicators:
        if indicator.dimension != dimension:
            continue
        key = (unit, indicator.id)
        few = bool(hidden.at[unit, indicator.id]) if indicator.id in hidden else False
        value, weight = math.nan if few else number_at(detail, key, "value"), number_at(detail, key, "weight")
        column = pd.DataFrame(detail.xs(indicator.id, level="indicator"))
        if indicator.id in hidden:
            column = column.assign(value=column["value"].mask(hidden[indicator.id].reindex(column.index, fill_value=False)))
        gain, place = _at_median(ranking, unit, indicator.id)
        best = str(column["score"].idxmax()) if column["score"].notna().any() else unit
        found.append(
            Shortfall(
                unit=unit,
                indicator=indicator,
                value=value,
                score=number_at(detail, key, "score"),
                weight=weight,
                lost=weight - number_at(detail, key, "points"),
                best=number_at(column, best, "value"),
                median=float(column["value"].median()),
                change=value - number_at(ranking.inputs.previous, unit, indicator.id),
                rank=float(ranking.current.rank[unit]),
                gain_at_median=gain,
                rank_at_median=place,
                treatment=ranking.scheme.missing_rule_of(indicator),
                few=few,
            )
        )
    return tuple(sorted(found, key=lambda item: (np.isnan(item.score), -item.lost if item.lost == item.lost else 0.0)))


def _at_median(ranking: Ranking, unit: str, name: str) -> tuple[float, float]:
    """Return the gain in total and the rank of ``unit`` if its value of one indicator were the set's median (0 where it is worse)."""
    values = ranking.inputs.values
    median = values[name].median()
    rank = float(ranking.current.rank[unit])
    if np.isnan(number_at(values, unit, name)) or np.isnan(median):
        return 0.0, rank
    changed = values.copy()
    changed.loc[unit, name] = median
    result = composite(ranking.scheme, changed)
    gain = float(result.total[unit] - ranking.current.total[unit])
    return (gain, float(result.rank[unit])) if gain > 0 else (0.0, rank)


def difference(ranking: Ranking, first: str, second: str) -> pd.Series:
    """Return by indicator the points that ``first`` scores above or below ``second``, rounded to add up as printed; no zeros."""
    parts = contribution_difference(ranking.current, first, second, ROUNDED)
    return parts[parts != 0]


def without_each(scheme: Scheme, inputs: ScoreInputs) -> LeaveOneOut:
    """Return ranks without each indicator in turn. Raises ``ScoringError`` with fewer than two weighted indicators."""
    return leave_one_out(scheme, inputs.values)


@dataclass(frozen=True, eq=False)
class IndicatorDrill:
    """One indicator of one community: its institutions in the period, its months, and their control chart.

    ``guard`` says what a table of either must hide: the sides that count people, and the value beside them.
    """

    institutions: pd.DataFrame
    months: pd.DataFrame
    chart: ControlChart
    indicator: Indicator
    guard: Guard = UNGUARDED

    @property
    def standing(self) -> Standing:
        """How the newest known month stands to the catalogue's target or reference."""
        known = self.months["value"].astype(float).dropna()
        catalogue = load_catalogue()
        benchmark = self.indicator.target or self.indicator.reference
        target = catalogue.targets[benchmark] if benchmark else None
        return standing(float(known.iloc[-1]), target, overview_plan().near_share) if len(known) else Standing.NONE

    @property
    def lasting(self) -> bool:
        """Whether the newest month stands in a run or trend, not alone."""
        return len(self.chart.rules) > 0 and bool({"run", "trend"} & set(self.chart.rules.iloc[-1]))

    @property
    def signal(self) -> str:
        """The control chart's verdict on the newest month."""
        return str(self.chart.marks.iloc[-1]) if len(self.chart.marks) else INSUFFICIENT


@cached(max_entries=64)
def indicator_drill(
    database: ReportingDatabase, name: str, community: str, period: Period, insurance: str | None = None
) -> IndicatorDrill | None:
    """Return what stands behind an indicator of the catalogue; None for an assessed item or a user-defined one."""
    entry = load_catalogue().indicators.get(name)
    if entry is None or entry.lacks is not None:
        return None
    series = indicator_series(
        database, (name,), level="community", last=period, months=SERIES_MONTHS, community=community, scheme=insurance
    )
    months = series[series["unit"] == community][["month", "numerator", "denominator", "value", "status"]]
    institutions = pd.DataFrame(columns=["name", "numerator", "denominator", "value", "status"])
    if "institution" in entry.levels:
        found = indicator_values(database, level="institution", period=period, indicators=(name,), community=community, scheme=insurance)
        names = directory(database).institutions["short_name"]
        found = found[found["numerator"].notna() | found["value"].notna()]
        institutions = found.assign(name=found["unit"].map(names))[["name", "numerator", "denominator", "value", "status"]]
        institutions = institutions.sort_values("value", ascending=entry.direction != "lower", kind="stable")
    people = tuple(People(side) for side in SIDES if entry.counts_people(side, load_catalogue().measures))
    guard = Guard(people, {"value": tuple(each.name for each in people)} if people else {})
    return IndicatorDrill(institutions, months, control_chart(months["value"].astype(float).tolist()), entry, guard)
