"""Money through the year: monthly prepayment, year-end clearing, and the split inside a community.

Vocabulary (月度预拨, 年终清算) [FOUND-2 R7]; prepayment rate [OWN]; splitting keys and the primary floor [INFER].
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.language import marked
from dashboard.whatif.budget import Settlement
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.formulas import value
from dashboard.whatif.money import cents, cents_within, checked_amount, shared_out, yuan

SPLIT_KEYS = ("points", "contracts", "appraisal")


def monthly_prepayments(budget: float, prepay_rate: float = 0.95, profile: Sequence[float] | None = None) -> tuple[float, ...]:
    """Return twelve monthly prepayments in yuan, whole cents summing to budget · prepay_rate.

    Args:
        budget: the year's budget, yuan.
        prepay_rate: share paid in advance, 0–1; the rest is held until clearing.
        profile: weight of each month; equal months by default.

    Raises:
        ScenarioError: rate outside 0–1, a profile that is not twelve weights, negative money.
    """
    if not 0 <= prepay_rate <= 1:
        raise ScenarioError(marked("月度预付比例 {rate} 超出 0 到 1"), marked("请填写 0 到 1 之间的比例"), rate=prepay_rate)
    weights = [1.0] * 12 if profile is None else list(profile)
    if len(weights) != 12:
        raise ScenarioError(marked("月度预付须有 12 个月的权重，收到 {count} 个"), marked("请给出 12 个权重"), count=len(weights))
    total = cents(checked_amount(budget, marked("预算")) * prepay_rate)
    return tuple(yuan(part) for part in shared_out(total, weights, marked("月度预付")))


@dataclass(frozen=True)
class Clearing:
    """Year-end clearing of one budget, signed yuan.

    ``final`` = what the fund pays for the year after bands = actual + the community's signed part; ``balance`` = final − prepaid:
    paid out at clearing, or paid back when negative.
    """

    prepaid: float
    final: float
    balance: float


def clear(settlement: Settlement, prepayments: Sequence[float]) -> Clearing:
    """Return the year-end clearing of a settled budget against its prepayments, to the cent."""
    prepaid = sum(cents(checked_amount(payment, marked("月度预付"))) for payment in prepayments)
    final = cents(settlement.outlay)
    balance = round(float(value("clearing", {"final": final, "prepaid": prepaid})))
    return Clearing(prepaid=yuan(prepaid), final=yuan(final), balance=yuan(balance))


@dataclass(frozen=True)
class Member:
    """An institution of a community with its three splitting keys; ``primary`` marks township and community level."""

    name: str
    primary: bool
    points: float
    contracts: float = 0.0
    appraisal: float = 100.0


def split_inside(
    amount: float,
    members: Sequence[Member],
    *,
    mix: Mapping[str, float] | None = None,
    primary_floor: float = 0.0,
) -> dict[str, float]:
    """Split a community's surplus (positive) or overspending (negative) among its institutions, to the cent.

    Args:
        amount: signed yuan.
        members: the institutions.
        mix: weight of the keys points (share of points), contracts (share of contract population) and appraisal (points weighted by
            score); by default points alone.
        primary_floor: least share of a *surplus* for the primary institutions together. Of overspending it is the most they bear:
            1 − the floor falls on the others at least. The same floor protects primary care in both directions.

    Parts sum to the amount exactly (largest remainder, ties to the earlier member).

    Raises:
        ScenarioError: no members, doubled names, keys or floor out of range, a floor without primary institutions.
    """
    keys = {"points": 1.0} if mix is None else dict(mix)
    _checked_split(members, keys, primary_floor)
    total = cents(checked_amount(amount, marked("分配金额"), signed=True))
    weights = _split_weights(members, keys)
    whole = sum(weights)
    if whole == 0:
        raise ScenarioError(marked("成员单位没有可用的分配权重：全部为 0"), marked("请核对点数、签约人数与考核得分"))
    share = sum(weight for weight, member in zip(weights, members, strict=True) if member.primary) / whole
    bound = max(share, primary_floor) if total >= 0 else min(share, 1 - primary_floor)
    if bound == share or share in (0.0, 1.0):
        parts = shared_out(abs(total), weights, marked("分配金额"))
    else:
        parts = _two_groups(abs(total), members, weights, bound)
    sign = 1 if total >= 0 else -1
    return {member.name: yuan(sign * part) for member, part in zip(members, parts, strict=True)}


def _two_groups(total: int, members: Sequence[Member], weights: Sequence[float], primary_share: float) -> list[int]:
    # Never below the floor by a cent of rounding: what falls to primary care is rounded up.
    for_primary = total - cents_within(total * (1 - primary_share) / 100)
    amounts = {True: for_primary, False: total - for_primary}
    parts = {
        group: iter(
            shared_out(amounts[group], [w for w, m in zip(weights, members, strict=True) if m.primary is group], marked("分配金额"))
        )
        for group in (True, False)
    }
    return [next(parts[member.primary]) for member in members]


def _split_weights(members: Sequence[Member], keys: Mapping[str, float]) -> list[float]:
    columns = {
        "points": [member.points for member in members],
        "contracts": [member.contracts for member in members],
        "appraisal": [member.points * member.appraisal for member in members],
    }
    weights = [0.0] * len(members)
    for key, weight in keys.items():
        whole = sum(columns[key])
        for position, amount in enumerate(columns[key]):
            weights[position] += weight * amount / whole if whole else 0.0
    return weights


def _checked_split(members: Sequence[Member], keys: Mapping[str, float], primary_floor: float) -> None:
    names = [member.name for member in members]
    if not names or len(set(names)) != len(names):
        raise ScenarioError(marked("成员单位为空或重复：{names}"), marked("每家成员单位保留一行"), names=listed(names) or "—")
    for member in members:
        for amount in (member.points, member.contracts, member.appraisal):
            checked_amount(amount, marked("分配权重"))
    if not set(keys) <= set(SPLIT_KEYS) or any(weight < 0 for weight in keys.values()) or sum(keys.values()) <= 0:
        raise ScenarioError(
            marked("内部分配权重无效：{keys}"), marked("可用 points、contracts、appraisal，权重不为负且不全为 0"), keys=listed(keys)
        )
    if not 0 <= primary_floor <= 1:
        raise ScenarioError(marked("基层保底比例 {floor} 超出 0 到 1"), marked("请填写 0 到 1 之间的比例"), floor=primary_floor)
    if primary_floor > 0 and not any(member.primary for member in members):
        raise ScenarioError(marked("没有基层成员单位，无法设基层保底"), marked("请把基层保底比例改为 0，或补上基层成员单位"))
