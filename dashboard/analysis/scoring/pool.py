"""The money a score moves: a closed pool shared to the cent."""

from decimal import Decimal

import pandas as pd

from dashboard.analysis.rounding import largest_remainder
from dashboard.analysis.scoring.inputs import TIE_DECIMALS, ScoringError
from dashboard.catalogue.scheme import PoolRule
from dashboard.language import marked

CENTS = 100


def allocate_pool(
    scores: pd.Series, pool: Decimal, rule: PoolRule, floor: Decimal | None = None, base: pd.Series | None = None
) -> pd.Series:
    """Share a closed pool by score; the parts add up to the pool exactly and nobody falls below the floor.

    ``proportional``: in proportion to base × score. ``bands``: base × the coefficient of the highest step the score
    reaches (none reached: 0). Who would get less than the floor gets the floor and the rest of the pool is shared anew
    among the others, until nobody is below. Cents by largest remainder.

    Args:
        scores: total score per unit; a unit without one gets the floor only.
        pool: yuan to share, whole cents, ≥ 0.
        rule: the scheme's rule.
        floor: yuan each unit gets at least, whole cents; None: the rule's own.
        base: size of each unit (population, last year's share), ≥ 0; None: all the same.

    Returns:
        Yuan per unit as Decimal, in the order of ``scores``. Where nobody has a claim (all scores 0 or missing) what is
        left above the floors is shared equally.

    Raises:
        ScoringError: no unit, an amount with fractions of a cent or below zero, a floor the pool cannot pay, or a base that
            is missing or negative.
    """
    least = _cents(rule.floor if floor is None else floor)
    total = _cents(pool)
    if scores.empty or least * len(scores) > total:
        raise ScoringError(marked("资金池不足以支付每个单位的保底金额"), marked("请降低保底金额或增加资金池"))
    sizes = pd.Series(1.0, index=scores.index) if base is None else base.reindex(scores.index).astype(float)
    if not (sizes >= 0).all():
        raise ScoringError(marked("分配基数缺失或为负"), marked("请检查分配基数"))
    claims = [size * _claim(score, rule) for size, score in zip(sizes, scores, strict=True)]
    amounts = _with_floor(total, claims, least)
    return pd.Series([Decimal(amount) / CENTS for amount in amounts], index=scores.index, dtype=object, name="amount")


def _cents(amount: Decimal) -> int:
    cents = Decimal(amount) * CENTS
    if not cents.is_finite() or cents < 0 or cents != cents.to_integral_value():
        raise ScoringError(marked("金额须为非负数，且精确到分"), marked("请修改金额"))
    return int(cents)


def step_coefficient(score: float, rule: PoolRule) -> float:
    """Return the coefficient of the highest step of a banded rule that ``score`` reaches; 0 where it reaches none or is missing."""
    reached = [step.coefficient for step in rule.steps if round(float(score), TIE_DECIMALS) >= step.minimum]
    return reached[-1] if reached else 0.0


def _claim(score: float, rule: PoolRule) -> float:
    """Return how much of the pool one unit of base claims at ``score``."""
    if pd.isna(score):
        return 0.0
    return max(0.0, float(score)) if rule.kind == "proportional" else step_coefficient(score, rule)


def _with_floor(total: int, claims: list[float], least: int) -> list[int]:
    """Return cents per unit: proportional to the claims, those below the floor lifted to it."""
    free = list(range(len(claims)))
    while True:
        left = total - least * (len(claims) - len(free))
        weights = [claims[unit] for unit in free]
        shares = largest_remainder(left, weights if any(weights) else [1.0] * len(free))
        # The largest share reaches the floor, because what is left pays every free unit's floor: somebody stays free.
        kept = [unit for unit, share in zip(free, shares, strict=True) if share >= least]
        if len(kept) == len(free):
            granted = dict(zip(free, shares, strict=True))
            return [granted.get(unit, least) for unit in range(len(claims))]
        free = kept
