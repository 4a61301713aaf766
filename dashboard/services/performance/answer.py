"""The performance page's answers: what is scored, the ranking with its uncertainty, other methods, and the money a score moves."""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.periods import Period
from dashboard.analysis.scoring import (
    CompositeResult,
    RankIntervals,
    allocate_pool,
    composite,
    entropy_weights,
    indistinguishable_groups,
    rank_correlation,
    rank_intervals,
    rank_sum_ratio,
    topsis,
)
from dashboard.analysis.scoring.inputs import ranks
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator, Level
from dashboard.catalogue.scheme import PoolRule, Scheme
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.indicators import FEW, hide_small, values_of
from dashboard.services.common.reporting import indicator_tables, own_date, reported
from dashboard.services.performance.custom import READING_COLUMNS, CustomIndicator, as_indicator, no_readings
from dashboard.store.codes import POINTS_KIND
from dashboard.store.query import run_query

CONDUCT_POINTS = "conduct_points"
CASES = "_cases"
SURE = 0.95
METHODS = ("composite", "topsis_vector", "topsis_minmax", "entropy_topsis", "rank_sum_ratio")


@dataclass(frozen=True, eq=False)
class ScoreInputs:
    """What one comparison set is scored on. Shared between sessions: read, never edit.

    ``values`` and ``previous`` (the period before): units × indicators, gate measures and assessed items, NaN where missing.
    ``readings``: by (indicator, unit) numerator, denominator, status, missing and months of the same values. ``names`` and
    ``positions`` (of the colour) by unit, in display order; ``residents`` by unit, NaN without population. ``computed`` are the indicators
    that ``readings`` are of.
    """

    period: Period
    level: str
    values: pd.DataFrame
    previous: pd.DataFrame
    readings: pd.DataFrame
    names: pd.Series
    positions: pd.Series
    residents: pd.Series
    computed: tuple[Indicator, ...] = ()

    def hidden(self, smallest: int = ON_SCREEN) -> pd.DataFrame:
        """Return units × ``values`` columns: which values stand on too few people to be shown, or would give such a count away."""
        told = hide_small(self.readings.reset_index(), smallest, self.computed)
        few = told["status"].eq(FEW).set_axis(self.readings.index).unstack("indicator", fill_value=False)
        return few.reindex(index=self.values.index, columns=self.values.columns, fill_value=False).astype(bool)

    @property
    def units(self) -> pd.Index:
        """The units in display order."""
        return self.names.index


def number_at(frame: pd.DataFrame, row: object, column: object) -> float:
    """Return one cell as a number; NaN where nothing is known."""
    value: Any = frame.at[row, column]
    return math.nan if pd.isna(value) else float(value)


def needed_ids(scheme: Scheme) -> tuple[str, ...]:
    """Return what a scheme reads: its indicators and the measures of its gates, sorted."""
    return tuple(sorted({*scheme.weights, *(gate.measure for gate in scheme.gates)}))


def own_dates(database: ReportingDatabase, scheme: Scheme, last: datetime.date) -> dict[datetime.date, tuple[Indicator, ...]]:
    """Return the indicators of ``scheme`` whose data end before the month ``last``, by the month they reach, the oldest first."""
    known = load_catalogue().indicators
    found: dict[datetime.date, list[Indicator]] = {}
    for name in scheme.weights:
        through = own_date(database, indicator_tables(known[name]), last) if name in known else None
        if through is not None:
            found.setdefault(through, []).append(known[name])
    return {through: tuple(found[through]) for through in sorted(found)}


@cached(max_entries=64, needs_county=True)
def score_inputs(
    database: ReportingDatabase,
    period: Period,
    ids: tuple[str, ...],
    insurance: str | None = None,
    kinds: tuple[str, ...] = (),
    custom: tuple[CustomIndicator, ...] = (),
) -> ScoreInputs:
    """Return the values of ``ids`` for every community, or with ``kinds`` for every institution of these kinds.

    An id is an indicator of the catalogue, an assessed item (its newest value), ``conduct_points``, ``<kind>_cases`` of conduct,
    or one of ``custom``. What is none of these stays missing. Raises ``QueryError``.
    """
    level: Level = "institution" if kinds else "community"
    names, positions = _units(database, kinds)
    periods = (period, period.previous())
    frames = measured(database, level, periods, ids, insurance, custom)
    other = other_values(database, level, periods, names.index)
    frames = {each: frame.assign(value=_whole_values(database, level, each, frame)) for each, frame in frames.items()}
    now, before = (values_matrix(frames[each]["value"], other[each], names.index, ids) for each in periods)
    return ScoreInputs(
        period=period,
        level=level,
        values=now,
        previous=before,
        readings=frames[period],
        names=names,
        positions=positions,
        residents=_residents(database, period, names.index) if level == "community" else pd.Series(np.nan, index=names.index),
        computed=computed_indicators(ids, custom),
    )


def _whole_values(database: ReportingDatabase, level: Level, period: Period, readings: pd.DataFrame) -> pd.Series:
    """Return the values of ``readings`` without those that lack more than the tolerated part of their reports: they take no rank."""
    catalogue, values = load_catalogue().indicators, readings["value"].astype(float).copy()
    for name, unit in readings.index[readings["status"].eq("incomplete")]:
        if name in catalogue and not reported(database, catalogue[name], level, str(unit), period).trusted:
            values.loc[(name, unit)] = math.nan
    return values


def computed_indicators(ids: Sequence[str], custom: Sequence[CustomIndicator]) -> tuple[Indicator, ...]:
    """Return those of ``ids`` that are computed from the database: indicators of the catalogue, and user-defined ones."""
    known = load_catalogue().indicators
    return (*(known[name] for name in ids if name in known), *(as_indicator(entry) for entry in custom if entry.id in ids))


def measured(
    database: ReportingDatabase,
    level: Level,
    periods: tuple[Period, ...],
    ids: tuple[str, ...],
    insurance: str | None,
    custom: tuple[CustomIndicator, ...],
) -> Mapping[Period, pd.DataFrame]:
    """Return for each period the readings of those ``ids`` that are computed, by (indicator, unit), in one pass over the data."""
    chosen = computed_indicators(ids, custom)
    if not chosen:
        return dict.fromkeys(periods, no_readings())
    found = values_of(database, level, periods, chosen, insurance=insurance)
    return {period: found[period].set_index(["indicator", "unit"])[list(READING_COLUMNS)] for period in periods}


def _units(database: ReportingDatabase, kinds: tuple[str, ...]) -> tuple[pd.Series, pd.Series]:
    book = directory(database)
    if not kinds:
        return book.communities["short_name"].astype(str), book.communities["position"].astype(int)
    inside = book.inside
    chosen = inside[inside["kind"].isin(kinds)]
    positions = chosen["community_code"].map(book.communities["position"]).fillna(-1).astype(int)
    return chosen["short_name"].astype(str), positions


def other_values(database: ReportingDatabase, level: Level, periods: Sequence[Period], units: pd.Index) -> Mapping[Period, pd.DataFrame]:
    """Return for each period units (rows, as given) × names of conduct measures (cases) and, for communities, newest assessed values."""
    first, last = min(period.first for period in periods), max(period.last for period in periods)
    conduct = run_query(database, "performance/conduct", first_month=first, last_month=last)
    conduct = conduct.assign(unit=conduct["community_code" if level == "community" else "institution_code"])
    assessed = run_query(database, "performance/assessments", last_month=last)
    assessed = assessed[assessed["value"].notna()]
    found = {}
    for period in periods:
        months = pd.Timestamp(period.first), pd.Timestamp(period.last)
        frames = _conduct(conduct[pd.to_datetime(conduct["month"]).between(*months)])
        if level == "community":
            items = assessed[pd.to_datetime(assessed["month"]) <= months[1]]
            frames.append(items.groupby(["community_code", "item"])["value"].last().unstack("item"))
        found[period] = pd.concat(frames, axis=1).reindex(units).astype(float)
    return found


def _conduct(rows: pd.DataFrame) -> list[pd.DataFrame | pd.Series]:
    """Return cases by kind and the demerit points of every unit."""
    cases = rows.pivot_table(index="unit", columns="kind", values="cases", aggfunc="sum", fill_value=0)
    cases.columns = [f"{kind}{CASES}" for kind in cases.columns]
    integrity = rows[~rows["kind"].isin(POINTS_KIND)]  # points of practice and prescribing are 运行监测's, with levels of their own
    return [cases, integrity.groupby("unit")["demerit_points"].sum().rename(CONDUCT_POINTS)]


def values_matrix(readings: pd.Series, other: pd.DataFrame, units: pd.Index, ids: Sequence[str]) -> pd.DataFrame:
    """Return units × ids in the order given, each in its indicator's unit; an assessed value stands in for what is not collected."""
    computed = readings.astype(float).unstack("indicator").reindex(index=units, columns=list(ids)).astype(float)
    return computed.where(computed.notna(), other.reindex(columns=list(ids)))


def _residents(database: ReportingDatabase, period: Period, units: pd.Index) -> pd.Series:
    frame = run_query(database, "performance/populations", year=period.last.year)
    return frame.set_index("community_code")["residents"].astype(float).reindex(units)


@dataclass(frozen=True, eq=False)
class Ranking:
    """A scored set with the period before and the ranks that other weights would give; ``groups`` cannot be told apart."""

    inputs: ScoreInputs
    current: CompositeResult
    previous: CompositeResult
    intervals: RankIntervals | None
    groups: tuple[tuple[str, ...], ...]

    @property
    def scheme(self) -> Scheme:
        """The scheme that was applied."""
        return self.current.scheme

    @property
    def order(self) -> list[str]:
        """The scored units from first to last; equal ranks in display order."""
        return list(self.current.rank.dropna().sort_values(kind="stable").index)

    @property
    def surely_first(self) -> bool:
        """Whether the first stays first in at least 95 % of the draws; False without intervals."""
        return self.intervals is not None and number_at(self.intervals.table, self.order[0], "share_first") >= SURE

    @property
    def surely_last(self) -> bool:
        """Whether the last stays last in at least 95 % of the draws; False without intervals."""
        return self.intervals is not None and number_at(self.intervals.table, self.order[-1], "low") >= len(self.order)


def rank(scheme: Scheme, inputs: ScoreInputs) -> Ranking | None:
    """Score ``inputs`` under ``scheme``, with 10,000 draws of weights; None when there is nobody to score."""
    if inputs.names.empty:
        return None
    current, previous = composite(scheme, inputs.values), composite(scheme, inputs.previous)
    if current.total.isna().all():
        return Ranking(inputs, current, previous, None, ())
    intervals = rank_intervals(current.scores, scheme.weights)
    groups = tuple(tuple(map(str, group)) for group in indistinguishable_groups(intervals))
    return Ranking(inputs, current, previous, intervals, groups)


def movement(ranking: Ranking) -> pd.Series:
    """Return by unit how many ranks it rose since the period before; NaN without a rank, or with too little data, in one of them."""
    both = ranking.previous.trusted & ranking.current.trusted
    return (ranking.previous.rank - ranking.current.rank).where(both)


def dimension_shares(result: CompositeResult) -> pd.DataFrame:
    """Return units × dimensions: the share of the full score reached, per cent (0–100); NaN where nothing was measured."""
    detail = result.by_indicator
    weights = detail.groupby([detail.index.get_level_values("unit"), "dimension"])["weight"].sum().unstack("dimension")
    weights = weights.reindex(index=result.total.index, columns=result.by_dimension.columns)
    return result.by_dimension / weights.where(weights > 0) * 100


@dataclass(frozen=True, eq=False)
class Comparison:
    """Methods side by side: scores and ranks, unit × method; ``agreement``: Spearman's ρ with the composite.

    ``left_out``: indicators that some unit lacks, which TOPSIS and RSR cannot use. ``entropy``: weights (sum 1) by indicator.
    ``entropy_form``: ``share``, or ``minmax`` where a value is negative. ``band``: RSR band, 1 the lowest.
    """

    scores: pd.DataFrame
    ranks: pd.DataFrame
    agreement: pd.Series
    kendall: pd.Series
    left_out: tuple[str, ...]
    entropy: pd.Series
    entropy_form: str
    band: pd.Series
    slope: float
    intercept: float


def compare_methods(ranking: Ranking, *, on_values: bool = False) -> Comparison | None:
    """Rank the same units by every method; None when no indicator is measured for all of them.

    All methods read the scheme's scores (0–100), so that targets count for each of them. With ``on_values`` TOPSIS, entropy and
    RSR read the values themselves, as in most papers; an indicator that is best inside a range still enters with its score.
    """
    current, scheme = ranking.current, ranking.scheme
    matrix = current.scores.copy()
    if on_values:
        plain = [indicator.id for indicator in scheme.indicators if indicator.direction != "range"]
        matrix[plain] = ranking.inputs.values[plain]
    matrix = matrix[current.total.notna()]
    weighted = [indicator for indicator in scheme.indicators if indicator.weight > 0]
    usable = [indicator for indicator in weighted if matrix[indicator.id].notna().all()]
    if not usable or matrix.empty:
        return None
    matrix = matrix[[indicator.id for indicator in usable]]
    weights = {indicator.id: indicator.weight for indicator in usable}
    signs = {indicator.id: indicator.sign if on_values else 1 for indicator in usable}
    form = "minmax" if (matrix.to_numpy() < 0).any() else "share"
    entropy = pd.Series(entropy_weights(matrix, signs, form))  # type: ignore[arg-type]
    ratio = rank_sum_ratio(matrix, signs, weights)
    scores = pd.DataFrame(
        {
            "composite": current.total.reindex(matrix.index),
            "topsis_vector": topsis(matrix, weights, signs).closeness,
            "topsis_minmax": topsis(matrix, weights, signs, "minmax").closeness,
            "entropy_topsis": topsis(matrix, entropy, signs).closeness,
            "rank_sum_ratio": ratio.rsr,
        }
    )
    correlation = rank_correlation({method: scores[method] for method in METHODS})
    placed = scores.apply(lambda column: pd.Series(ranks(column.to_numpy()), index=column.index))
    return Comparison(
        scores=scores,
        ranks=placed,
        agreement=correlation.spearman["composite"],
        kendall=correlation.kendall["composite"],
        left_out=tuple(indicator.id for indicator in weighted if indicator not in usable),
        entropy=entropy,
        entropy_form=form,
        band=pd.Series(ratio.band, index=matrix.index),
        slope=ratio.slope,
        intercept=ratio.intercept,
    )


@dataclass(frozen=True, eq=False)
class PoolShares:
    """A closed pool shared two ways, exact yuan by unit: ``before`` and ``after``; both add up to ``amount``."""

    rule: PoolRule
    amount: Decimal
    before: pd.Series
    after: pd.Series

    @property
    def change(self) -> pd.Series:
        """After minus before by unit, yuan; adds up to 0."""
        return self.after - self.before


def share_pool(
    ranking: Ranking, rule: PoolRule, amount: Decimal, floor: Decimal, *, by_residents: bool, compared: pd.Series | None = None
) -> PoolShares:
    """Share ``amount`` by score.

    Args:
        ranking: the scored communities.
        rule: the scheme's rule.
        amount: yuan.
        floor: least yuan for each.
        by_residents: weigh scores by residents; needs ``inputs.residents`` for all.
        compared: scores that ``before`` is shared by; None: everybody the same score, so that only the base counts.

    Raises:
        ScoringError: the pool cannot pay the floors, or a base is missing.
    """
    base = ranking.inputs.residents if by_residents else None
    scores = ranking.current.total
    equal = pd.Series(100.0, index=scores.index)
    return PoolShares(
        rule=rule,
        amount=amount,
        before=allocate_pool(equal if compared is None else compared, amount, rule, floor, base),
        after=allocate_pool(scores, amount, rule, floor, base),
    )
