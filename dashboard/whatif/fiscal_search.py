"""Questions to a fiscal scenario: which coefficient matters, where a goal is met, how far chance carries, what meets the insurance.

The tornado and goal seek of the insurance chain work on arrays of runs; here one run costs a millisecond, so each value is simply run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dashboard.catalogue.coefficients import Coefficient
from dashboard.language import marked
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal import transition_amounts
from dashboard.whatif.fiscal_run import TRACKS, FiscalBaseline, FiscalOutcome, number_of, run_values
from dashboard.whatif.goal_seek import GoalResult, boundary
from dashboard.whatif.sensitivity import TornadoBar

FiscalGoal = Literal["within_budget", "nobody_loses", "service_target"]
DRAWS = 2000
_NOT_MOVED = ("workload_spread", "business_fund")


def _share_gap(outcome: FiscalOutcome) -> float:
    if outcome.structure is None:
        raise ScenarioError(marked("没有医院收入，无法计算服务收入占比"), marked("请载入财务月报的收入科目"))
    return outcome.structure.service_share - outcome.baseline.target


GOALS: Mapping[FiscalGoal, Callable[[FiscalOutcome], float]] = {
    "within_budget": lambda outcome: outcome.margin,
    "nobody_loses": lambda outcome: min(outcome.changes.values(), default=0.0),
    "service_target": _share_gap,
}
"""What is left over (yuan, or share points of income) when a goal is met; negative: missed."""


def movable_fiscal(baseline: FiscalBaseline, markup: bool) -> dict[str, Coefficient]:
    """Return the coefficients that move by steps and act under the reform chosen: no lists, switches or fixed ones."""
    idle = ("purchase_cut", "service_price_share") if markup else ("markup", "service_price_rise", "backstop_floor")
    return {
        name: coefficient
        for name, coefficient in baseline.coefficients.coefficients.items()
        if not coefficient.is_list and coefficient.unit != "switch" and not coefficient.fixed and name not in (*_NOT_MOVED, *idle)
    }


def fiscal_tornado(outcome: FiscalOutcome) -> tuple[TornadoBar, ...]:
    """Return what one step down and up of every coefficient does to all that the budget spends, the largest first."""
    bars = []
    for name, coefficient in movable_fiscal(outcome.baseline, bool(outcome.values["markup_reform"])).items():
        centre = number_of(outcome.values, name)
        low, high = max(coefficient.lower, centre - coefficient.step), min(coefficient.upper, centre + coefficient.step)
        changes = [round(run_values(outcome, {name: value}).input - outcome.input, 2) for value in (low, high)]
        bars.append(TornadoBar(name, low, high, *changes))
    return tuple(sorted(bars, key=lambda bar: -bar.reach))


def fiscal_goal_seek(outcome: FiscalOutcome, coefficient: str, goal: FiscalGoal) -> GoalResult:
    """Return the value of ``coefficient`` at which ``goal`` is just met, everything else staying as it is.

    Goals: ``within_budget`` (institutions and backstop within the fiscal budget: with ``unit_value`` the value that spends exactly
    the pool, with ``history_floor`` the highest floor that the budget bears), ``nobody_loses`` (no institution below its history),
    ``service_target`` (service share of income reaches its target; ``shortfall`` is then a share).

    Raises:
        ScenarioError: a coefficient that cannot move; no hospital income for ``service_target``.
    """
    known = movable_fiscal(outcome.baseline, bool(outcome.values["markup_reform"]))
    if coefficient not in known:
        raise ScenarioError(marked("不能对该系数求解：{name}"), marked("请选择可移动的系数"), name=coefficient)

    def margins(tried: np.ndarray) -> np.ndarray:
        return np.array([GOALS[goal](run_values(outcome, {coefficient: value})) for value in tried.tolist()])

    bounds = known[coefficient].lower, known[coefficient].upper
    return boundary(margins, coefficient, goal, bounds, number_of(outcome.values, coefficient))[0]


@dataclass(frozen=True)
class FiscalBand:
    """What chance in the workload leaves: 5th and 95th percentile of all that the budget spends, backstop included, yuan; who may lose.

    ``loses``: by institution whose workload is known the share of draws in which it is paid less than its history.
    """

    low: float
    high: float
    loses: Mapping[str, float]


def fiscal_band(outcome: FiscalOutcome) -> FiscalBand:
    """Return the band of ``DRAWS`` draws: the workload of each institution varies by ``workload_spread``; same seed, same band.

    The backstop does not vary: it hangs on the hospitals' drug income, not on the centres' workload.
    """
    baseline, values = outcome.baseline, outcome.values
    reckoned = baseline.reckoned
    new, names, unit = outcome.new, baseline.names, outcome.unit_value
    draws = np.random.default_rng(outcome.scenario.seed).normal(1, number_of(values, "workload_spread"), (DRAWS, len(names))).clip(0)
    counted = np.array([outcome.equivalents[name] for name in names]) * draws
    pool = counted.sum(axis=1, keepdims=True)
    if values["closed_pool"]:
        bought = np.divide(counted, pool, out=np.zeros_like(counted), where=pool > 0) * new[reckoned, 1].sum()
    else:
        bought = counted * unit
    bought = np.where(reckoned, bought, new[:, 1])
    wanted = new[:, (0, 2, 3)].sum(axis=1) + bought
    history = np.array([baseline.before[name] for name in names])
    paid = transition_amounts(history, wanted, number_of(values, "transition_weight"), number_of(values, "history_floor"))
    backstop = outcome.prices.backstop if outcome.prices else 0.0
    low, high = (np.percentile(paid.sum(axis=1), [5, 95]) + backstop).tolist()
    # A tenth of a cent: what is paid history exactly loses nothing.
    losing = (paid < history - 0.001).mean(axis=0)
    return FiscalBand(low, high, {name: share for name, share in zip(names, losing.tolist(), strict=True) if name not in baseline.held})


@dataclass(frozen=True)
class Cause:
    """Why an institution gains or loses: the change against history and the track with the largest part of it, yuan."""

    institution: str
    change: float
    track: str
    part: float


def causes(outcome: FiscalOutcome) -> tuple[Cause, ...]:
    """Return the change of every institution whose workload is known and its largest part, the greatest gain first."""
    found = []
    past = np.column_stack([outcome.baseline.past, np.zeros(len(outcome.baseline.names))])
    moved = dict(zip(outcome.baseline.names, outcome.tracks.to_numpy() - past, strict=True))
    for name, change in outcome.changes.items():
        parts = dict(zip(TRACKS, moved[name].tolist(), strict=True))
        track = max(parts, key=lambda each: parts[each] * (1 if change >= 0 else -1))
        found.append(Cause(name, change, track, round(parts[track], 2)))
    return tuple(sorted(found, key=lambda cause: -cause.change))


@dataclass(frozen=True)
class Overlap:
    """One pair of levers that act on the same money: how much of it (yuan a year, by ``per_visit`` yuan a visit) and whether it is settled.

    ``solved``: a rule of the scenario keeps the money from being counted twice.
    """

    pair: str
    amount: float
    solved: bool
    per_visit: bool = False


PAIRS = {
    "purchase_cut": (
        marked("采购降幅 × 医保总额基数"),
        marked("药费少了，下年总额基数会跟着降。已加回基数：集采结余不减总额"),
        marked("药费少了，下年总额基数会跟着降；现在没有加回，医保预算会少这么多"),
    ),
    "contract_package": (
        marked("签约费医保部分 × 门诊按人头包干"),
        marked("同一基金对同一批人付两次；已从门诊包干中扣除"),
        marked("同一基金对同一批人付两次；现在是另付，请在医保预算里注明"),
    ),
    "price_case_cost": (
        marked("服务调价 × 病例费用与基准点数"),
        marked("调价抬高次均费用和费用指数"),
        marked("调价抬高次均费用和费用指数，会触发费用预警；增幅里这一部分是价格，不是做多了"),
    ),
    "price_share": (
        marked("服务调价 × 服务收入占比 35%"),
        marked("调价直接抬高占比"),
        marked("占比因调价上升，不是服务做多了；两部分分开列示"),
    ),
    "visit_incentive": (
        marked("门诊按当量付费 × 门诊按人头包干"),
        marked("一个按次付，一个按人头付，激励相反"),
        marked("一个按次付，一个按人头付，激励相反：每多看一次，财政多付这么多，医保不多付"),
    ),
    "quality_score": (
        marked("质量系数 × 医保考核兑付"),
        marked("同一考核得分动两笔钱"),
        marked("同一考核得分动两笔钱：财政这边因质量系数少付这么多，医保那边还会再扣"),
    ),
    "basic_pay": (
        marked("定项保障的基本工资 × 工资总额"),
        marked("基本工资不再从工资总额池里发一遍"),
        marked("基本工资已由财政保障，核定工资总额时须剔除，不再发一遍"),
    ),
    "recaptured": (
        marked("县域外回流 × 收入增幅上限"),
        marked("回流带来的收入在增幅上限以内"),
        marked("回流成功会让收入增幅超过上限：两条线都看，不因回流扣分"),
    ),
}
"""By pair: its name, what is said when the rule is kept, what is said when it is not."""


def overlaps(outcome: FiscalOutcome, *, basic_pay: float, returned: float, income: float) -> tuple[Overlap, ...]:
    """Return the pairs of levers of this and of the insurance scenario that act on the same money, the largest first.

    Args:
        outcome: the fiscal scenario.
        basic_pay: what the budget pays for wages of the institutions that take part, yuan.
        returned: cost of care that the insurance scenario brings back into the county, yuan; 0 without.
        income: medical income of the county's institutions, yuan.
    """
    values, prices = outcome.values, outcome.prices
    weight = number_of(values, "transition_weight")
    found = [
        Overlap("contract_package", float(outcome.fees["fund"].sum()), bool(values["contract_fee_in_package"])),
        Overlap("basic_pay", basic_pay, False),
        Overlap("quality_score", _quality_money(outcome) * weight, False),
        Overlap("visit_incentive", weight * outcome.unit_value * float(outcome.baseline.weights.get("W01", 0.0)), False, per_visit=True),
        Overlap("recaptured", returned, returned <= income * number_of(values, "income_growth_cap")),
    ]
    if prices is not None:
        saved = prices.parties["fund"].drugs
        found += [Overlap("price_case_cost", prices.prices, False), Overlap("price_share", prices.prices, False)]
        found += [] if prices.markup else [Overlap("purchase_cut", saved, bool(values["fee_quota_protected"]))]
    return tuple(sorted((each for each in found if each.amount >= 0.005), key=lambda each: (each.per_visit, -each.amount)))


def _quality_money(outcome: FiscalOutcome) -> float:
    """Return what the quality coefficient takes off the purchase at the present unit value, yuan."""
    full = outcome.baseline.equivalents(0.0)
    grown = 1 + number_of(outcome.values, "workload_growth")
    return max(0.0, sum(full.values()) * grown - sum(outcome.equivalents.values())) * outcome.unit_value
