"""The weighted composite score of a scheme, every step kept, and where the difference of two scores comes from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.rounding import round_to_sum
from dashboard.analysis.scoring.inputs import TIE_DECIMALS, Matrix, ScoringError, as_numbers, ranks
from dashboard.analysis.scoring.normalise import indicator_scores
from dashboard.catalogue.scheme import DemeritGate, Scheme, VetoGate
from dashboard.language import marked

WHOLE = 100.0
DEMERITS = "demerits"
NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class CompositeResult:
    """A scored comparison set.

    ``by_indicator``: one row per (unit, indicator) with dimension, value, score (0–100), weight used and points; the
    points of a unit and its ``demerits`` (≤ 0) add up to ``total``. ``by_dimension``: points, unit × dimension.
    ``missing``: unit, indicator (or gate) and treatment (reweighted, zero, excluded, not_checked). ``completeness``:
    share of the scheme's weight that was measured, 0–1; ``trusted``: whether it reaches the scheme's minimum.
    ``vetoes``: unit and gate that capped its band. A unit without a single measured indicator has no total, band or rank.
    """

    scheme: Scheme
    total: pd.Series
    rank: pd.Series
    band: pd.Series
    by_dimension: pd.DataFrame
    by_indicator: pd.DataFrame
    demerits: pd.Series
    vetoes: pd.DataFrame
    missing: pd.DataFrame
    completeness: pd.Series
    trusted: pd.Series

    @property
    def scores(self) -> pd.DataFrame:
        """The scores (0–100), unit × indicator; what ``rank_intervals`` takes."""
        return self.by_indicator["score"].unstack("indicator")[list(self.scheme.weights)].reindex(self.total.index)


def composite(scheme: Scheme, values: Matrix) -> CompositeResult:
    """Score a comparison set under a scheme.

    Each value becomes a score of 0–100 (``indicator_scores``). ``arithmetic``: points = weight × score / 100, total =
    sum of the points. ``geometric_within``: a dimension's score is the weighted geometric mean of its indicators, its
    points = its weight × score / 100, and dimensions are added; a score of 0 makes its dimension 0; the points are
    shown by indicator in proportion to weight × score, so that they still add up. Then demerits are taken off (the
    total stays ≥ 0), the band is read from the total, and a veto caps the band, not the total.

    Missing values: ``reweighted`` spreads the weight over the unit's other indicators in proportion; ``zero`` keeps the
    weight and scores 0; ``excluded`` takes the indicator out for every unit as soon as one lacks it. A gate whose measure is
    missing has no effect and is listed as not checked.

    Args:
        scheme: the scheme.
        values: units × columns named by indicator ids and gate measures; NaN or an absent column where missing, other
            columns are not read. All rows are the comparison set of min-max, z and ratio-to-mean. An array or nested lists have
            one column per indicator in the scheme's order; their gates are not checked.

    Returns:
        The result, in the order of ``values``.

    Raises:
        ScoringError: no unit, a unit twice, an infinite value or a text, or an array of another width.
    """
    values = _labelled(scheme, values)
    if values.empty or not values.index.is_unique:
        raise ScoringError(marked("评价对象为空或有重复"), marked("请检查所选单位"))
    units = values.index
    raw = as_numbers(values.reindex(columns=list(scheme.weights)))
    if np.isinf(raw).any():
        raise ScoringError(marked("评价数据须为“单位 × 指标”的有限数值表"), marked("请检查所选单位与指标是否有数据"))
    scores = np.column_stack(
        [
            indicator_scores(raw[:, column], indicator, scheme.normalisation_of(indicator))
            for column, indicator in enumerate(scheme.indicators)
        ]
    )
    measured = ~np.isnan(scores)
    weights = _weights_used(scheme, measured)
    used = np.where(measured, scores, 0.0)
    points = _points(scheme, used, weights)
    lost, unchecked_demerits = _demerits(scheme, values)
    before = points.sum(axis=1)
    scored = weights.sum(axis=1) > 0
    demerits = np.where(scored, -np.minimum(lost, before), np.nan)
    total = pd.Series(np.where(scored, before + demerits, np.nan), index=units, name="total")
    band, vetoes, unchecked_vetoes = _bands(scheme, values, total)
    completeness = pd.Series(measured @ np.array(list(scheme.weights.values())) / WHOLE, index=units, name="completeness")
    return CompositeResult(
        scheme=scheme,
        total=total,
        rank=pd.Series(ranks(total.to_numpy()), index=units, name="rank"),
        band=band,
        by_dimension=_by_dimension(scheme, points, scored, units),
        by_indicator=_by_indicator(scheme, raw, scores, weights, points, scored, units),
        demerits=pd.Series(demerits, index=units, name=DEMERITS),
        vetoes=vetoes,
        missing=_missing(scheme, measured, units, [*unchecked_demerits, *unchecked_vetoes]),
        completeness=completeness,
        trusted=(completeness.round(TIE_DECIMALS) >= scheme.minimum_completeness) & scored,
    )


def _labelled(scheme: Scheme, values: Matrix) -> pd.DataFrame:
    if isinstance(values, pd.DataFrame):
        return values
    numbers = as_numbers(values)
    if numbers.ndim != 2 or numbers.shape[1] != len(scheme.indicators):
        raise ScoringError(marked("数据列数须等于方案的指标数"), marked("请按方案的指标顺序给出各列，或用带指标编号的表"))
    return pd.DataFrame(numbers, columns=list(scheme.weights))


def _weights_used(scheme: Scheme, measured: np.ndarray) -> np.ndarray:
    """Return the weight of every cell, summing to 100 per unit (to 0 where nothing was measured)."""
    rules = np.array([scheme.missing_rule_of(indicator) for indicator in scheme.indicators])
    weights = np.tile(np.array(list(scheme.weights.values())), (len(measured), 1))
    weights[:, (rules == "excluded") & ~measured.all(axis=0)] = 0.0
    weights[~measured & (rules == "reweighted")] = 0.0
    # A unit of which nothing counted was measured has no score, whatever the rules say.
    weights[~(measured & (weights > 0)).any(axis=1)] = 0.0
    left = weights.sum(axis=1, keepdims=True)
    return weights * WHOLE / np.where(left > 0, left, 1.0)


def _dimension_columns(scheme: Scheme) -> dict[str, np.ndarray]:
    """Return which columns belong to each dimension, in the scheme's order."""
    belongs = np.array([indicator.dimension for indicator in scheme.indicators])
    return {dimension.id: belongs == dimension.id for dimension in scheme.dimensions}


def _points(scheme: Scheme, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the points of every cell."""
    points = weights * scores / WHOLE
    if scheme.aggregation == "arithmetic":
        return points
    result = np.zeros_like(points)
    for columns in _dimension_columns(scheme).values():
        weight = weights[:, columns].sum(axis=1, keepdims=True)
        share = weights[:, columns] / np.where(weight > 0, weight, 1.0)
        # A weight of 0 must not turn a score of 0 into a factor of 0; numpy has 0 ** 0 = 1.
        mean = np.prod(scores[:, columns] ** share, axis=1, keepdims=True)
        additive = points[:, columns].sum(axis=1, keepdims=True)
        result[:, columns] = points[:, columns] * weight * mean / WHOLE / np.where(additive > 0, additive, 1.0)
    return result


def _gate_values(values: pd.DataFrame, measure: str) -> np.ndarray:
    return as_numbers(values[measure]) if measure in values else np.full(len(values), np.nan)


def _demerits(scheme: Scheme, values: pd.DataFrame) -> tuple[np.ndarray, list[tuple[object, str]]]:
    """Return the points lost per unit and the (unit, gate) pairs whose measure is missing."""
    lost = np.zeros(len(values))
    unchecked: list[tuple[object, str]] = []
    for gate in scheme.gates:
        if isinstance(gate, DemeritGate):
            measure = _gate_values(values, gate.measure)
            unchecked += [(unit, gate.id) for unit in values.index[np.isnan(measure)]]
            lost += np.clip(np.nan_to_num(measure) * gate.points, 0.0, gate.maximum)
    return lost, unchecked


def _bands(scheme: Scheme, values: pd.DataFrame, total: pd.Series) -> tuple[pd.Series, pd.DataFrame, list[tuple[object, str]]]:
    """Return the band per unit, the vetoes that apply, and the (unit, gate) pairs whose measure is missing."""
    minima = np.array([band.minimum for band in scheme.bands])
    names = [band.name for band in scheme.bands]
    # Bands fall from the best (position 0); the small tolerance keeps a total of 89.999999999 in the band from 90.
    position = (np.round(total.to_numpy(), TIE_DECIMALS)[:, None] < minima).sum(axis=1)
    scored = total.notna().to_numpy()
    applied: list[tuple[object, str]] = []
    unchecked: list[tuple[object, str]] = []
    for gate in scheme.gates:
        if isinstance(gate, VetoGate):
            measure = _gate_values(values, gate.measure)
            hit = measure >= gate.threshold
            position = np.where(hit, np.maximum(position, names.index(gate.cap_band)), position)
            applied += [(unit, gate.id) for unit in values.index[hit]]
            unchecked += [(unit, gate.id) for unit in values.index[np.isnan(measure)]]
    band = pd.Series(
        [names[place] if ok else None for place, ok in zip(position, scored, strict=True)], index=values.index, name="band", dtype=object
    )
    return band, pd.DataFrame(applied, columns=["unit", "gate"]), unchecked


def _by_dimension(scheme: Scheme, points: np.ndarray, scored: np.ndarray, units: pd.Index) -> pd.DataFrame:
    sums = {
        dimension: np.where(scored, points[:, columns].sum(axis=1), np.nan) for dimension, columns in _dimension_columns(scheme).items()
    }
    return pd.DataFrame(sums, index=units)


def _by_indicator(
    scheme: Scheme, raw: np.ndarray, scores: np.ndarray, weights: np.ndarray, points: np.ndarray, scored: np.ndarray, units: pd.Index
) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([units, list(scheme.weights)], names=["unit", "indicator"])
    return pd.DataFrame(
        {
            "dimension": [indicator.dimension for indicator in scheme.indicators] * len(units),
            "value": raw.ravel(),
            "score": scores.ravel(),
            "weight": weights.ravel(),
            "points": np.where(scored[:, None], points, np.nan).ravel(),
        },
        index=index,
    )


def _missing(scheme: Scheme, measured: np.ndarray, units: pd.Index, unchecked: list[tuple[object, str]]) -> pd.DataFrame:
    rows: list[tuple[object, str, str]] = [
        (units[row], scheme.indicators[column].id, scheme.missing_rule_of(scheme.indicators[column]))
        for row, column in np.argwhere(~measured)
    ]
    rows += [(unit, gate, NOT_CHECKED) for unit, gate in unchecked]
    return pd.DataFrame(rows, columns=["unit", "indicator", "treatment"])


def contribution_difference(result: CompositeResult, a: str, b: str, decimals: int | None = None) -> pd.Series:
    """Return what makes unit ``a`` score higher or lower than ``b``, one part per indicator and one for demerits.

    Each part is the difference in points, so the parts add up to ``total[a] − total[b]``: to float precision, and with
    ``decimals`` exactly as printed (largest remainder), for a waterfall.

    Args:
        result: a scored comparison set.
        a: a unit of it.
        b: another unit of it.
        decimals: places to round the parts to; None keeps them as they are.

    Returns:
        Parts in points, indexed by indicator id and ``demerits``, in the scheme's order.

    Raises:
        ScoringError: a unit is not in the set or has no score.
    """
    if not {a, b} <= set(result.total.dropna().index):
        raise ScoringError(marked("所选单位没有可比较的得分"), marked("请选择有得分的单位"))
    points = result.by_indicator["points"].unstack("unit")
    parts = (points[a] - points[b]).reindex(list(result.scheme.weights))
    parts[DEMERITS] = result.demerits[a] - result.demerits[b]
    return parts if decimals is None else pd.Series(round_to_sum(parts.tolist(), decimals), index=parts.index)
