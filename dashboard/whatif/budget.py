"""From past cost to the year's budget of each community, and from budget and spending to what is kept or borne.

Chain (design: base → growth coefficient → budget → settlement); all money in yuan.

    base       = Σ_y w_y · cost_y                       total medical cost, equal or 2:3:5 weights       [INFER]
    fund base  = base · (fund paid ÷ total cost)        the budget is fund money, the base is cost       [INFER]
    k          = 1 + Δvolume + Δquality + Δprice + Δcase mix, within [floor, cap]                         [INFER from SEED 1]
    budget     = fund base · k, scaled pro rata when Σ exceeds available · (1 − reserve)                  [INFER]
    settlement = piecewise-linear bands on actual ÷ budget; what is kept is gated by appraisal            [OWN, low confidence]
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, SupportsFloat

import pandas as pd

from dashboard.language import marked
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.formulas import BORNE, BORNE_BEYOND, KEPT, growth_levels, tree, value
from dashboard.whatif.money import cents, cents_within, checked_amount, number, shared_out, yuan

Form = Literal["additive", "multiplicative"]
GROWTH_PARTS = ("volume", "quality", "price", "case_mix", "clip")


@dataclass(frozen=True)
class GrowthFactor:
    """The growth coefficient of one community with what each part adds to it.

    ``parts`` runs volume, quality, price, case_mix, clip; added in this order to 1 they give ``factor``. ``clip`` is what
    floor or cap took away (negative) or added (positive); ``bound`` names which of them holds, None when neither does.
    """

    factor: float
    parts: Mapping[str, float]
    unclipped: float
    form: Form
    bound: Literal["floor", "cap"] | None

    def __float__(self) -> float:
        return self.factor


def checked_bounds(floor: float, cap: float) -> None:
    """Raise ``ScenarioError`` unless 0 ≤ floor ≤ cap, both finite."""
    if not (math.isfinite(floor) and math.isfinite(cap)) or floor < 0:
        raise ScenarioError(
            marked("增速上下限不是有效数字：下限 {floor}，上限 {cap}"), marked("请填写不小于 0 的数字"), floor=floor, cap=cap
        )
    if floor > cap:
        raise ScenarioError(
            marked("增速下限 {floor} 高于上限 {cap}，无法计算"), marked("请把下限调低或把上限调高，使下限不高于上限"), floor=floor, cap=cap
        )


def growth_factor(
    volume: float,
    quality: float,
    price: float,
    case_mix: float = 0.0,
    *,
    form: Form = "additive",
    floor: float,
    cap: float,
) -> GrowthFactor:
    """Return the growth coefficient k with its parts.

    Args:
        volume: growth granted for service volume, as a share (0.03 = +3 %): weight × measured change.
        quality: growth granted for quality: weight × (appraisal score − reference) ÷ 100.
        price: growth granted for the price index.
        case_mix: growth granted for a heavier case mix.
        form: ``additive`` 1 + Σ parts, or ``multiplicative`` Π (1 + part); then a part is what its factor adds in the order above.
        floor: lowest k allowed, e.g. 0.95.
        cap: highest k allowed, e.g. 1.10.

    Raises:
        ScenarioError: floor above cap, a bound below 0, a part that is not finite, a part below −100 %, or an unknown form.
    """
    floor, cap = number(floor, marked("增速下限")), number(cap, marked("增速上限"))
    checked_bounds(floor, cap)
    increments = tuple(number(part, marked("增速分项")) for part in (volume, quality, price, case_mix))
    if not all(math.isfinite(part) and part >= -1 for part in increments):
        raise ScenarioError(
            marked("增速分项不是有效数字：{parts}"), marked("请填写不小于 -100% 的比例"), parts=listed(f"{part:g}" for part in increments)
        )
    if form not in ("additive", "multiplicative"):
        raise ScenarioError(marked("未知的增速合成方式：{form}"), marked("请选择 additive（相加）或 multiplicative（相乘）"), form=form)
    given = dict(zip(GROWTH_PARTS, increments, strict=False)) | {"extra": 0.0}
    levels = [float(each) for each in growth_levels(given, float(form == "multiplicative"))]
    parts = {name: after - before for name, before, after in zip(GROWTH_PARTS, levels, levels[1:], strict=False) if name != "clip"}
    level = levels[-1]
    factor = float(value("growth", {"unclipped": level, "k_min": floor, "k_max": cap}))
    parts["clip"] = factor - level
    bound: Literal["floor", "cap"] | None = "floor" if factor > level else "cap" if factor < level else None
    return GrowthFactor(factor=factor, parts=parts, unclipped=level, form=form, bound=bound)


def weighted_base(costs: Sequence[float], weights: Sequence[float]) -> float:
    """Return the base cost in yuan: ``costs`` of past years (oldest first) by ``weights``, which need not sum to one.

    Raises:
        ScenarioError: different lengths, negative values, or weights that sum to zero.
    """
    amounts = [checked_amount(cost, marked("往年总费用")) for cost in costs]
    if len(amounts) != len(weights) or not amounts:
        raise ScenarioError(marked("基数年份与权重个数不一致"), marked("每个年份各填一个权重"))
    if any(weight < 0 or not math.isfinite(weight) for weight in weights) or sum(weights) == 0:
        raise ScenarioError(marked("基数年权重无效：{weights}"), marked("权重不为负且不全为 0"), weights=listed(weights))
    return sum(cost * weight for cost, weight in zip(amounts, weights, strict=True)) / sum(weights)


def fund_base_amount(base_cost: float, fund_paid: float, total_cost: float) -> float:
    """Return the fund base in yuan: ``base_cost`` × fund ratio, the ratio being ``fund_paid`` ÷ ``total_cost`` of the same claims.

    Raises:
        ScenarioError: no cost to take a ratio of, or the fund paid more than the cost.
    """
    base = checked_amount(base_cost, marked("基数费用"))
    paid = checked_amount(fund_paid, marked("基金支付"))
    cost = checked_amount(total_cost, marked("总费用"))
    if cost == 0 or paid > cost:
        raise ScenarioError(
            marked("无法计算基金支付比例：基金支付 {paid}，总费用 {cost}"),
            marked("请核对结算数据：总费用须大于 0 且不小于基金支付"),
            paid=paid,
            cost=cost,
        )
    return base * paid / cost


def labelled(values: Any, name: str) -> dict[Any, Any]:
    """Return a mapping, a pandas Series or a sequence (labelled 0, 1, …) as a dictionary in its own order."""
    if isinstance(values, pd.Series | Mapping):
        return dict(values.items())
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ScenarioError(marked("{name}须按单位给出"), marked("请给出单位到数值的对应，或一个序列"), name=name)
    return dict(enumerate(values))


def _factors(factors: Any, bases: Mapping[Any, Any]) -> dict[Any, Any]:
    single = isinstance(factors, SupportsFloat) and not isinstance(factors, Iterable)
    return dict.fromkeys(bases, factors) if single else labelled(factors, marked("增速系数"))


def community_budgets(
    fund_base: Mapping[str, float] | pd.Series | Sequence[float],
    factors: Mapping[str, SupportsFloat] | pd.Series | Sequence[SupportsFloat] | SupportsFloat,
    *,
    available: float | None = None,
    reserve: float = 0.0,
) -> dict[Any, float]:
    """Return the budget of each community in yuan, whole cents.

    Args:
        fund_base: fund money of the base per community, yuan: a mapping, a Series, or a sequence (then labelled 0, 1, …).
        factors: growth coefficient per community: ``GrowthFactor`` objects or numbers, same labels; or one for all of them.
        available: the county's fund for the year, yuan; None = no county cap.
        reserve: share of ``available`` kept back as an adjustment fund (调剂金), 0 ≤ reserve < 1.

    The limit is available · (1 − reserve), whole cents. Within it every budget is its own product, rounded to the cent. Above it
    all are scaled pro rata by the largest-remainder rule and sum to the limit exactly. A higher factor never lowers its own budget.

    Raises:
        ScenarioError: negative or missing money, negative factor, labels that differ, reserve outside [0, 1).
    """
    bases = labelled(fund_base, marked("基金基数"))
    growth = _factors(factors, bases)
    if bases.keys() != growth.keys():
        raise ScenarioError(
            marked("基金基数与增速系数的单位不一致：{names}"),
            marked("每个医共体各给一个基数和一个系数"),
            names=listed(bases.keys() ^ growth.keys()),
        )
    raw = {}
    for name, base in bases.items():
        factor = checked_amount(growth[name], marked("增速系数"))
        raw[name] = checked_amount(base, marked("基金基数")) * factor
    if available is None:
        return {name: yuan(cents(amount)) for name, amount in raw.items()}
    amounts = within_limit([cents(amount) for amount in raw.values()], list(raw.values()), spending_limit(available, reserve))
    return {name: yuan(amount) for name, amount in zip(raw, amounts, strict=True)}


def within_limit(whole: Sequence[int], exact: Sequence[float], limit: int) -> list[int]:
    """Return budgets in cents that keep to ``limit`` (cents).

    ``whole``, the budgets in cents, where they keep to it; else the limit shared out in proportion to ``exact``, the same budgets in yuan
    before rounding, summing to the limit exactly.
    """
    if sum(exact) * 100 <= limit and sum(whole) <= limit:
        return list(whole)
    return shared_out(limit, list(exact), marked("预算"))


def spending_limit(available: float, reserve: float) -> int:
    """Return available · (1 − reserve) in whole cents. Raises ``ScenarioError`` for negative money or reserve outside [0, 1)."""
    reserve = number(reserve, marked("调剂金比例"))
    if not 0 <= reserve < 1:
        raise ScenarioError(marked("调剂金比例 {reserve} 超出范围"), marked("请填写 0 到 1 之间（不含 1）的比例"), reserve=reserve)
    return cents_within(checked_amount(available, marked("可用基金")) * (1 - reserve))


@dataclass(frozen=True)
class Band:
    """One band of actual ÷ budget: from ``lower`` to ``upper``, and the community's share of the money inside it.

    Below 1 the money is surplus and ``share`` is what the community keeps; above 1 it is overspending and ``share`` is what
    the community bears. The fund takes the rest.
    """

    lower: float
    upper: float
    share: float


def _as_band(band: Any) -> Band:
    """Return a band given as ``Band``, as a mapping or object with its fields, or as (lower, upper, share); upper None = infinity."""
    if isinstance(band, Band):
        return band
    if isinstance(band, Mapping):
        parts = [band.get(name) for name in ("lower", "upper", "share")]
    elif isinstance(band, Sequence) and len(band) == 3:
        parts = list(band)
    else:
        parts = [getattr(band, name, None) for name in ("lower", "upper", "share")]
    lower, upper, share = (
        math.inf if part is None and place == 1 else number(part, marked("结余与超支分段")) for place, part in enumerate(parts)
    )
    return Band(lower, upper, share)


def _checked_bands(bands: Sequence[Band]) -> None:
    edges = [band.lower for band in bands] + [band.upper for band in bands[-1:]]
    joined = all(left.upper == right.lower for left, right in pairwise(bands))
    rising = all(low < high for low, high in pairwise(edges))
    if not bands or not joined or not rising or edges[0] != 0 or edges[-1] != math.inf or 1.0 not in edges:
        raise ScenarioError(marked("结余与超支分段不连续"), marked("分段须从 0 起首尾相接、以 1 为分界、到无穷大为止"))
    if not all(0 <= band.share <= 1 for band in bands):
        raise ScenarioError(
            marked("结余留用或超支分担比例超出 0 到 1：{shares}"),
            marked("请填写 0 到 1 之间的比例"),
            shares=listed(band.share for band in bands),
        )


def settlement_bands(surplus_share: float = 0.85, deficit_share: float = 0.85, width: float = 0.15) -> tuple[Band, ...]:
    """Return the usual four bands: ``width`` either side of the budget shared, beyond it nothing kept and everything borne.

    Raises:
        ScenarioError: a share outside 0–1, a width outside 0–1.
    """
    if not 0 < width < 1:
        raise ScenarioError(marked("结余与超支带宽 {width} 超出范围"), marked("请填写 0 到 1 之间的比例"), width=width)
    bands = (
        Band(0.0, 1 - width, 0.0),
        Band(1 - width, 1.0, surplus_share),
        Band(1.0, 1 + width, deficit_share),
        Band(1 + width, math.inf, 1.0),
    )
    _checked_bands(bands)
    return bands


# Commonly used in Zhejiang as recalled, no text found: [OWN, low confidence]; the catalogue carries the same numbers.
DEFAULT_BANDS = settlement_bands()


@dataclass(frozen=True)
class BandPart:
    """The money that fell into one band (yuan, unsigned) and the signed part of it that is the community's."""

    band: Band
    amount: float
    community: float


@dataclass(frozen=True)
class Settlement:
    """Year-end settlement of one budget, signed yuan.

    ``community`` > 0: surplus the community keeps; < 0: overspending it bears. ``fund`` > 0: surplus that goes back to the
    fund; < 0: overspending the fund bears. ``community + fund`` = ``difference`` = budget − actual.
    """

    budget: float
    actual: float
    difference: float
    community: float
    fund: float
    parts: tuple[BandPart, ...]

    @property
    def ratio(self) -> float | None:
        """Actual ÷ budget; None for a budget of 0."""
        return self.actual / self.budget if self.budget else None

    @property
    def outlay(self) -> float:
        """What the fund pays in the end for this budget: budget − fund = actual + community."""
        return self.budget - self.fund


def _inside(band: Band, budget: float, actual: float) -> float:
    """Return the unsigned money of the difference that falls into ``band``, yuan."""
    # Not budget · ∞: a budget of 0 would make it a missing number.
    text = KEPT if band.upper <= 1 else BORNE if math.isfinite(band.upper) else BORNE_BEYOND
    return float(value(tree(text), {"budget": budget, "spending": actual, "lower": band.lower, "upper": band.upper}))


def settle(budget: float, actual: float, *, bands: Sequence[Band | Any] = DEFAULT_BANDS, quality: float = 1.0) -> Settlement:
    """Return who keeps the surplus or bears the overspending of one budget. Nothing is rounded to cents here.

    ``community + fund`` equals ``budget − actual`` to the last bit of the floats.

    Args:
        budget: yuan, ≥ 0. With a budget of 0 all spending lies beyond the last band.
        actual: what the fund would have paid by claims, yuan, ≥ 0.
        bands: contiguous bands of actual ÷ budget from 0 to infinity with an edge at 1; ``Band`` objects, mappings with its fields or
            (lower, upper, share).
        quality: gate of what is *kept* (0–1, from ``appraisal_gate``); overspending is borne in full whatever the score.

    Raises:
        ScenarioError: negative or missing money, quality outside 0–1, bands that do not join or shares outside 0–1.

    Golden, budget 100: actual 90 → +8.50; 80 → +12.75; 107 → −5.95; 120 → −17.75.
    """
    budget = checked_amount(budget, marked("预算"))
    actual = checked_amount(actual, marked("实际支出"))
    bands = [_as_band(band) for band in bands]
    _checked_bands(bands)
    quality = number(quality, marked("考核兑付系数"))
    if not 0 <= quality <= 1:
        raise ScenarioError(marked("考核兑付系数 {quality} 超出 0 到 1"), marked("请填写 0 到 1 之间的系数"), quality=quality)
    parts = []
    for band in bands:
        amount = _inside(band, budget, actual)
        parts.append(BandPart(band, amount, amount * (quality * band.share if band.upper <= 1 else -band.share)))
    difference = budget - actual
    # On the grid of the difference's own last bit, and never above it: so the fund's part and the sum of both come out exact.
    grain = math.ulp(difference)
    community = round(sum(part.community for part in parts) / grain) * grain
    return Settlement(budget, actual, difference, community, difference - community, tuple(parts))


def appraisal_gate(score: float, scores: Sequence[float] = (90, 80, 60), factors: Sequence[float] = (1.0, 0.9, 0.7)) -> float:
    """Return the gate of what is kept for an appraisal ``score`` (0–100): the factor of the highest step reached, 0 below all.

    Defaults [INFER]: 1 from 90, 0.9 from 80, 0.7 from 60.

    Raises:
        ScenarioError: the score is missing or outside 0–100, steps not falling, or factors outside 0–1.
    """
    if not 0 <= score <= 100:
        raise ScenarioError(marked("考核得分缺失或超出 0 到 100：{score}"), marked("请先在绩效评价中确认并锁定得分"), score=score)
    if len(scores) != len(factors) or list(scores) != sorted(set(scores), reverse=True) or not all(0 <= factor <= 1 for factor in factors):
        raise ScenarioError(marked("考核兑付档次无效"), marked("分数档须由高到低，每档一个 0 到 1 之间的系数"))
    return next((factor for step, factor in zip(scores, factors, strict=True) if score >= step), 0.0)
