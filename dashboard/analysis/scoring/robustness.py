"""Whether a rank can be trusted: uncertain weights, left-out indicators, other methods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from dashboard.analysis.scoring.composite import composite
from dashboard.analysis.scoring.inputs import TIE_DECIMALS, Matrix, ScoringError, Weights, ranks, read_matrix, read_weights
from dashboard.catalogue.scheme import Scheme
from dashboard.language import marked

DRAWS = 10_000
# With 100, a weight of 10 % varies by about ±3 points (one standard deviation) and one of 30 % by ±4.6.
CONCENTRATION = 100.0
SEED = 20_240_101
LOW, HIGH = 0.05, 0.95


def dirichlet_weights(weights: Weights, draws: int = DRAWS, concentration: float = CONCENTRATION, seed: int = SEED) -> np.ndarray:
    """Draw uncertain weights around the given ones.

    Dirichlet with parameters ``concentration · w_j``: mean ``w_j``, variance ``w_j (1 − w_j) / (concentration + 1)``.
    A weight of zero stays zero. The same arguments give the same draws (numpy PCG64).

    Args:
        weights: the scheme's weights, ≥ 0; only their proportions matter.
        draws: how many, a whole number.
        concentration: how sure the weights are; larger is surer.
        seed: of the random generator.

    Returns:
        draws × weights; every row adds up to 1.

    Raises:
        ScoringError: weights that cannot be used, or draws or concentration not positive.
    """
    if not (draws >= 1 and float(draws).is_integer() and np.isfinite(concentration) and concentration > 0):
        raise ScoringError(marked("抽样次数须为正整数，集中度须大于零"), marked("请修改抽样设置"))
    shares = read_weights(weights, None, len(weights))
    positive = shares > 0
    result = np.zeros((draws, len(shares)))
    result[:, positive] = np.random.Generator(np.random.PCG64(seed)).dirichlet(concentration * shares[positive], int(draws))
    return result


@dataclass(frozen=True)
class RankIntervals:
    """Ranks under uncertain weights.

    ``table``, one row per unit: group, score (with the given weights), rank (1 = best), mean_rank, low and high (5 % and
    95 % quantiles of the rank), share_first (of draws in which the unit is first). ``probability``: unit × rank, each
    row adding up to 1. ``adjacent``: neighbours in the ranking (group, upper, lower) and the share of draws in which
    their order reverses, an equal score counting half.
    """

    table: pd.DataFrame
    probability: pd.DataFrame
    adjacent: pd.DataFrame
    draws: int
    concentration: float
    seed: int


def rank_intervals(
    scores_by_indicator: Matrix,
    weights: Weights,
    draws: int = DRAWS,
    concentration: float = CONCENTRATION,
    seed: int = SEED,
    groups: pd.Series | Sequence[object] | None = None,
) -> RankIntervals:
    """Rank the units under thousands of plausible weights.

    The scores stay as they are and are added up with each draw of ``dirichlet_weights``, so the interval tells what the
    choice of weights does, not what chance does to the indicators.

    Args:
        scores_by_indicator: units × indicators, normalised so that more is better (``CompositeResult.scores``). A missing
            score leaves its weight to the unit's other indicators.
        weights: one per indicator, ≥ 0; labelled weights are matched by label.
        draws: how many draws.
        concentration: see ``dirichlet_weights``.
        seed: of the random generator; the same seed gives the same result.
        groups: a label per unit (a county, say), a series by unit or a list in order; units are ranked within their group. None: all
            together.

    Returns:
        The intervals. Equal scores share the average rank, and the probability of the ranks they share. A unit without
        any weighted score has missing results and takes no part; a single unit is first with certainty.

    Raises:
        ScoringError: malformed input.
    """
    data = read_matrix(scores_by_indicator)
    units = pd.RangeIndex(len(data.values)) if data.units is None else data.units
    shares = read_weights(weights, data.indicators, data.values.shape[1])
    drawn = dirichlet_weights(shares, draws, concentration, seed)
    score = _totals(data.values, shares[None, :])[:, 0]
    totals = _totals(data.values, drawn)
    labels = _group_labels(groups, units)
    members = [np.flatnonzero((labels == label) & ~np.isnan(score)) for label in pd.unique(labels)]
    summary = np.full((len(units), 5), np.nan)
    probability = np.full((len(units), max(map(len, members))), np.nan)
    adjacent: list[tuple[object, object, object, float]] = []
    for member in members:
        if member.size:
            rank = ranks(score[member])
            doubled, chances = _rank_distribution(totals[member])
            summary[member] = np.column_stack([rank, _summary(doubled), chances[:, 0]])
            probability[member] = 0.0
            probability[member, : len(member)] = chances
            adjacent += _adjacent(labels[member[0]], units[member], rank, totals[member])
    columns = pd.RangeIndex(1, probability.shape[1] + 1, name="rank")
    table = pd.DataFrame(summary, index=units, columns=["rank", "mean_rank", "low", "high", "share_first"])
    table.insert(0, "group", labels)
    table.insert(1, "score", score)
    return RankIntervals(
        table=table,
        probability=pd.DataFrame(probability, index=units, columns=columns),
        adjacent=pd.DataFrame(adjacent, columns=["group", "upper", "lower", "reversed_share"]),
        draws=draws,
        concentration=concentration,
        seed=seed,
    )


def _group_labels(groups: pd.Series | Sequence[object] | None, units: pd.Index) -> np.ndarray:
    if groups is None:
        return np.zeros(len(units), dtype=int)
    if isinstance(groups, pd.Series):
        return groups.reindex(units).to_numpy()
    if len(groups) != len(units):
        raise ScoringError(marked("分组与单位不对应"), marked("请为每个单位各给出一个组别"))
    return np.array(groups)


def _totals(scores: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return units × draws totals, the weight of a missing score left to the unit's others; NaN where none is left."""
    present = ~np.isnan(scores)
    # Not the matrix product: its threads cost more than they bring for a county's few units, and many times more on a busy machine.
    totals = np.einsum("uj,dj->ud", np.where(present, scores, 0.0), drawn)
    for row in np.flatnonzero(~present.all(axis=1)):
        covered = drawn[:, present[row]].sum(axis=1)
        totals[row] = np.where(covered > 0, totals[row] / np.where(covered > 0, covered, 1.0), np.nan)
    # Units with the same scores must tie whatever the order of the additions inside the matrix product.
    return np.round(totals, TIE_DECIMALS)


def drawn_ranks(totals: np.ndarray) -> np.ndarray:
    """Return of units × draws, more being better, each unit's mean rank and the 5 % and 95 % quantiles of its rank (three columns)."""
    return _summary(_rank_distribution(totals)[0])


def _rank_distribution(totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, per unit, the share of draws by twice its average rank (whole numbers), and by rank."""
    count, draws = totals.shape
    falling = -totals.T
    order = np.argsort(falling, axis=1)
    ordered = np.take_along_axis(falling, order, axis=1)
    opens = np.ones((draws, count + 1), dtype=bool)
    opens[:, 1:-1] = ordered[:, 1:] != ordered[:, :-1]
    place = np.arange(count)
    # First and last place of the run of equal totals that each place belongs to.
    first = np.maximum.accumulate(np.where(opens[:, :-1], place, 0), axis=1)
    last = np.minimum.accumulate(np.where(opens[:, 1:], place, count)[:, ::-1], axis=1)[:, ::-1]
    width = 2 * count + 1
    doubled = np.bincount((order * width + first + last + 2).ravel(), minlength=count * width).reshape(count, width)
    chances = np.zeros((count, count))
    extra = last - first
    for size in np.flatnonzero(np.bincount(extra.ravel())) + 1:
        run = extra == size - 1
        starts = np.bincount(order[run] * count + first[run], minlength=count * count).reshape(count, count)
        for offset in range(size):
            chances[:, offset:] += starts[:, : count - offset] / size
    return doubled / draws, chances / draws


def _summary(doubled: np.ndarray) -> np.ndarray:
    """Return mean rank and the 5 % and 95 % quantiles (the smallest rank that reaches the share) per unit."""
    cumulative = np.round(np.cumsum(doubled, axis=1), TIE_DECIMALS)
    mean = doubled @ np.arange(doubled.shape[1]) / 2
    low, high = ((cumulative < share).sum(axis=1) / 2 for share in (LOW, HIGH))
    return np.column_stack([mean, low, high])


def _adjacent(group: object, units: pd.Index, rank: np.ndarray, totals: np.ndarray) -> list[tuple[object, object, object, float]]:
    """Return neighbours in rank order with the share of draws in which the lower one is ahead (equal counts half)."""
    order = np.argsort(rank, kind="stable")
    return [
        (group, units[upper], units[lower], float((totals[lower] > totals[upper]).mean() + (totals[lower] == totals[upper]).mean() / 2))
        for upper, lower in pairwise(order)
    ]


def indistinguishable_groups(intervals: RankIntervals, share: float = 0.05) -> list[list[object]]:
    """Return the units that cannot be told apart, as runs down the ranking.

    A unit joins the run above it while its order with its neighbour reverses in more than ``share`` of the draws and its best rank
    (5 %) reaches the worst rank (95 %) of the run's first: a chain of close neighbours does not tie its ends, which may well differ.

    Args:
        intervals: what ``rank_intervals`` returned.
        share: the share of draws above which an order is not sure, 0 to below 0.5.

    Returns:
        Lists of two or more units, following the ranking; units that stand alone are not listed and no unit is in two lists.

    Raises:
        ScoringError: a share outside 0–0.5.
    """
    if not 0 <= share < 0.5:
        raise ScoringError(marked("反转比例须在 0 与 0.5 之间"), marked("请修改该比例"))
    low, high = (intervals.table[side].to_dict() for side in ("low", "high"))
    runs: list[list[object]] = []
    run: list[object] = []
    pairs = intervals.adjacent
    for upper, lower, reversed_share in zip(pairs["upper"], pairs["lower"], pairs["reversed_share"], strict=True):
        if not run or run[-1] != upper:
            run = [upper]
        if reversed_share <= share or low[lower] > high[run[0]]:
            run = [lower]
            continue
        run.append(lower)
        if len(run) == 2:
            runs.append(run)
    return runs


@dataclass(frozen=True)
class LeaveOneOut:
    """Totals and ranks without each indicator (columns), and ``rank_change`` against the whole scheme (+ = falls)."""

    total: pd.DataFrame
    rank: pd.DataFrame
    rank_change: pd.DataFrame


def leave_one_out(scheme: Scheme, values: pd.DataFrame) -> LeaveOneOut:
    """Score the set again without each indicator in turn, the other weights scaled up to 100.

    Args:
        scheme: the scheme; needs two indicators with a weight.
        values: as for ``composite``.

    Returns:
        One column per indicator that has a weight; gates and demerits apply unchanged.

    Raises:
        ScoringError: fewer than two weighted indicators, or values that ``composite`` refuses.
    """
    weighted = [indicator.id for indicator in scheme.indicators if indicator.weight > 0]
    if len(weighted) < 2:
        raise ScoringError(marked("至少要有两个有权重的指标"), marked("请增加指标后再做逐项剔除"))
    whole = composite(scheme, values)
    parts = {indicator: composite(scheme.without(indicator), values) for indicator in weighted}
    rank = pd.DataFrame({indicator: result.rank for indicator, result in parts.items()})
    return LeaveOneOut(
        total=pd.DataFrame({indicator: result.total for indicator, result in parts.items()}),
        rank=rank,
        rank_change=rank.sub(whole.rank, axis=0),
    )


@dataclass(frozen=True)
class RankCorrelation:
    """Agreement between methods, method × method: Spearman's ρ and Kendall's τ-b."""

    spearman: pd.DataFrame
    kendall: pd.DataFrame


def rank_correlation(scores: Mapping[str, pd.Series]) -> RankCorrelation:
    """Compare the rankings of several methods over the units they share.

    Args:
        scores: by method, a score per unit, more being better (or ranks, all of one kind).

    Returns:
        Symmetric tables. Each pair uses the units scored by both; fewer than two of them, or a method that gives all the
        same score, has no correlation (missing).
    """
    frame = pd.DataFrame(scores, dtype=float).round(TIE_DECIMALS)
    values = frame.to_numpy()
    count = values.shape[1]
    spearman, kendall = np.full((2, count, count), np.nan)
    for first in range(count):
        for second in range(first, count):
            pair = values[:, [first, second]]
            pair = pair[~np.isnan(pair).any(axis=1)]
            if len(pair) >= 2 and (np.ptp(pair, axis=0) > 0).all():
                spearman[first, second] = spearman[second, first] = _agreement(rankdata(pair, axis=0) - (len(pair) + 1) / 2)
                # Kendall's tau-b: whether each two units stand in the same order, ties counting for neither.
                order = np.sign(pair[:, None, :] - pair[None, :, :]).reshape(-1, 2)
                kendall[first, second] = kendall[second, first] = _agreement(order)
    labels = frame.columns
    return RankCorrelation(pd.DataFrame(spearman, labels, labels), pd.DataFrame(kendall, labels, labels))


def _agreement(pair: np.ndarray) -> float:
    """Return Σxy / √(Σx² Σy²) of two columns, −1 to 1."""
    left, right = pair.T
    return float(np.clip((left @ right) / np.sqrt((left @ left) * (right @ right)), -1.0, 1.0))
