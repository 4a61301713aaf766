"""What the DRG points stand on: base points from past years, same-price groups, difference coefficients of hospitals."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from dashboard.language import marked
from dashboard.whatif.drg import DrgRules, cost_points
from dashboard.whatif.errors import ScenarioError, listed

QUARTILE_FENCE = 1.5
LEAST_HOSPITALS = 2
# From 2025-01-01 [FOUND R9]: grade at least 50 %, historic cost at most 30 %, case-mix index at least 3 %.
LOWEST_GRADE_WEIGHT = 0.50
HIGHEST_COST_WEIGHT = 0.30
LOWEST_CASE_MIX_WEIGHT = 0.03
# Our split inside those limits [INFER]; visits per person and patient burden share the rest.
DEFAULT_PARTS: Mapping[str, float] = {"grade": 0.60, "cost": 0.25, "case_mix": 0.05, "visits_per_person": 0.05, "burden": 0.05}


def trimmed(costs: np.ndarray) -> np.ndarray:
    """Return the costs within the quartiles ± 1.5 interquartile ranges (quartiles by linear interpolation)."""
    low, high = np.quantile(costs, [0.25, 0.75])
    reach = QUARTILE_FENCE * (high - low)
    return costs[(costs >= low - reach) & (costs <= high + reach)]


def base_points(history: pd.DataFrame, rules: DrgRules) -> pd.DataFrame:
    """Return mean cost and base points of each group from past years.

    Args:
        history: one row per case with group, year and cost (yuan). As many years as ``rules.year_weights``, fewer are allowed:
            the latest years then take the latest weights. A group missing in a year is weighted over the years it has.
        rules: ``trim`` leaves out outliers by group and year; ``year_weights`` runs from the oldest year to the newest.

    Returns:
        One row per group: group, cases (after trimming), mean_cost (yuan), base_points = mean_cost ÷ mean of all cases × 100, where the
        mean of all cases is weighted by year in the same way.

    Raises:
        ScenarioError: missing columns, no cases, costs that are not positive numbers, more years than weights.
    """
    missing = [column for column in ("group", "year", "cost") if column not in history.columns]
    if missing or history.empty:
        raise ScenarioError(
            marked("病组历史数据不可用：{names}"), marked("请给出病组、年份与费用，每例一行"), names=listed(missing or ["0"])
        )
    costs = pd.to_numeric(history["cost"], errors="coerce")
    if not (costs > 0).all() or not np.isfinite(costs).all():
        raise ScenarioError(marked("病组历史费用有缺失或不大于 0"), marked("请核对历史病例费用"))
    years = sorted(history["year"].unique())
    if len(years) > len(rules.year_weights):
        raise ScenarioError(marked("历史年份多于年权重：{years}"), marked("只保留与年权重个数相同的最近几年"), years=listed(years))
    weights = dict(zip(years, rules.year_weights[-len(years) :], strict=True))
    cells = []
    for (group, year), values in costs.groupby([history["group"], history["year"]]):
        kept = trimmed(values.to_numpy(dtype=float)) if rules.trim else values.to_numpy(dtype=float)
        cells.append((group, year, weights[year], len(kept), kept.sum()))
    frame = pd.DataFrame(cells, columns=["group", "year", "weight", "cases", "cost"])
    overall = _weighted_mean(frame.groupby("year").agg(weight=("weight", "first"), cases=("cases", "sum"), cost=("cost", "sum")))
    rows = [(group, int(part["cases"].sum()), _weighted_mean(part)) for group, part in frame.groupby("group")]
    result = pd.DataFrame(rows, columns=["group", "cases", "mean_cost"])
    return result.assign(base_points=cost_points(result["mean_cost"], overall))


def _weighted_mean(years: pd.DataFrame) -> float:
    """Return the mean cost over years by their weights: Σ w · (cost ÷ cases) ÷ Σ w."""
    weights = years["weight"].to_numpy(dtype=float)
    return float(np.average(years["cost"] / years["cases"], weights=weights))


def same_price_groups(history: pd.DataFrame, count: int) -> tuple[str, ...]:
    """Return the ``count`` groups whose mean cost differs least between hospitals (coefficient of variation), at least two hospitals.

    "Groups with little variation may be same service, same points" [SEED 1]; ranking them by variation is our reading [INFER].

    Args:
        history: one row per case with hospital, group, cost (yuan).
        count: how many groups, e.g. 100 from 2025-01-01 [FOUND R9]. Fewer come back when fewer qualify.
    """
    if count < 0:
        raise ScenarioError(marked("同病同价病组数 {count} 为负"), marked("请填写不小于 0 的整数"), count=count)
    means = history.groupby(["group", "hospital"])["cost"].mean().unstack("hospital")
    return tuple(spread_between_hospitals(means).dropna().sort_values(kind="stable").index[:count])


def spread_between_hospitals(means: pd.DataFrame) -> "pd.Series[float]":
    """Return the coefficient of variation of mean costs (yuan, group × hospital) by group; missing below two hospitals."""
    spread = means.std(axis=1, ddof=0) / means.mean(axis=1)
    return spread.where(means.notna().sum(axis=1) >= LEAST_HOSPITALS)


def difference_coefficients(hospitals: pd.DataFrame, parts: Mapping[str, float] = DEFAULT_PARTS) -> dict[str, float]:
    """Return the difference coefficient of each hospital: Σ weight · value ÷ mean of all hospitals, so that 1 is average [INFER].

    Args:
        hospitals: one row per hospital: hospital, and for each part a positive value: grade (coefficient of its grade, from past data),
            cost (historic cost per weighted case), case_mix (CMI), visits_per_person (人次人头比), burden (patients' share of cost).
            A lower visits_per_person and a lower burden are better: their ratio enters inverted.
        parts: weight of each part, summing to 1; grade ≥ 0.50, cost ≤ 0.30, case_mix ≥ 0.03 [FOUND R9].

    Raises:
        ScenarioError: weights outside those limits or not summing to 1, missing columns, values that are not positive.
    """
    _checked_parts(parts)
    missing = [column for column in ("hospital", *parts) if column not in hospitals.columns]
    if missing:
        raise ScenarioError(marked("医院表缺少列：{columns}"), marked("请补齐这些列"), columns=listed(missing))
    total = np.zeros(len(hospitals))
    for name, weight in parts.items():
        values = pd.to_numeric(hospitals[name], errors="coerce").to_numpy(dtype=float)
        if not (values > 0).all() or not np.isfinite(values).all():
            raise ScenarioError(marked("差异系数的{name}有缺失或不大于 0"), marked("请核对医院数据"), name=name)
        ratio = values.mean() / values if name in ("visits_per_person", "burden") else values / values.mean()
        total += weight * ratio
    return dict(zip(hospitals["hospital"], total.tolist(), strict=True))


def _checked_parts(parts: Mapping[str, float]) -> None:
    within = (
        set(parts) == set(DEFAULT_PARTS)
        and min(parts.values()) >= 0
        and math.isclose(sum(parts.values()), 1.0)
        and parts["grade"] >= LOWEST_GRADE_WEIGHT
        and parts["cost"] <= HIGHEST_COST_WEIGHT
        and parts["case_mix"] >= LOWEST_CASE_MIX_WEIGHT
    )
    if not within:
        raise ScenarioError(marked("差异系数权重不合规则"), marked("权重合计为 1：等级 ≥ 50%，历史费用 ≤ 30%，CMI ≥ 3%，各项不为负"))
