"""The budget chain on arrays: base → growth → budget → flows and spending → settlement, for one run or thousands at once.

Every coefficient is a number, or an array of one value per run shaped (runs, 1). Results are floats by run × unit; ``scenario.run``
turns the single run into cents, ``uncertainty`` and ``sensitivity`` use the runs as they are. One implementation for all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.language import marked
from dashboard.whatif.baseline import CHRONIC, COUNTY, INPATIENT, OUTPATIENT, OUTSIDE, PRIMARY, BaselineArrays
from dashboard.whatif.budget import appraisal_gate
from dashboard.whatif.capitation import weighted_heads
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.formulas import PARTS, growth_levels, value

Values = Mapping[str, Any]
VISITS = (OUTPATIENT, CHRONIC)
# By service kind: the coefficient that adds to its trend, and the one of its cost per encounter.
KIND_GROWTH = (
    ("visit_growth", "visit_cost_growth"),
    ("visit_growth", "visit_cost_growth"),
    ("admission_growth", "case_cost_growth"),
    ("", "visit_cost_growth"),
)

# The steps of the waterfall, in the order of computation, each with its label.
STEPS: Mapping[str, str] = {
    "base": marked("基金基数"),
    "volume": marked("数量"),
    "quality": marked("质量"),
    "price": marked("物价"),
    "case_mix": marked("病例组合"),
    "extra": marked("统一追加"),
    "clip": marked("上下限"),
    "recapture": marked("回流调增"),
    "capitation": marked("门诊按人头"),
    "county_cap": marked("全县封顶"),
}


@dataclass(frozen=True, eq=False)
class Shocks:
    """Random multipliers of a Monte Carlo: volume and cost by run × unit, delivery of the flow levers by run."""

    volume: np.ndarray | float = 1.0
    cost: np.ndarray | float = 1.0
    delivery: np.ndarray | float = 1.0


NO_SHOCKS = Shocks()


@dataclass(frozen=True, eq=False)
class ChainRuns:
    """What the chain computed, yuan and people as floats.

    ``levels``: the budget after each step of ``STEPS``, run × unit; the last is the budget. ``limit``: the county's limit by run × scheme.
    ``encounters``, ``cost``, ``fund``: run × unit × kind × place, the year's recorded months and those to come. ``community``: signed part
    of the community at settlement, run × unit.
    """

    levels: tuple[np.ndarray, ...]
    limit: np.ndarray
    encounters: np.ndarray
    cost: np.ndarray
    fund: np.ndarray
    community: np.ndarray

    @property
    def budget(self) -> np.ndarray:
        """Budget by run × unit."""
        return self.levels[-1]

    @property
    def uncapped(self) -> np.ndarray:
        """Budget before the county cap, by run × unit."""
        return self.levels[-2]

    @property
    def spending(self) -> np.ndarray:
        """Expected fund spending by run × unit."""
        total: np.ndarray = self.fund.sum(axis=(2, 3))
        return total

    @property
    def balance(self) -> np.ndarray:
        """Budget − expected spending by run × unit; negative is overspending."""
        return self.budget - self.spending


def evaluate(
    arrays: BaselineArrays, values: Values, *, shocks: Shocks = NO_SHOCKS, recapture_groups: tuple[str, ...] | None = None
) -> ChainRuns:
    """Run the chain.

    Args:
        arrays: the checked baseline.
        values: every coefficient of the model ``budget_chain`` by id; numbers or arrays (runs, 1); lists stay lists.
        shocks: random multipliers.
        recapture_groups: disease groups that may be brought back; None = all the county can treat.

    Raises:
        ScenarioError: contradictory bounds, weights that are all zero, a missing appraisal score that is needed.
    """
    *coming, returned = spending_flows(arrays, values, shocks, recapture_groups)
    encounters, cost, fund = (known + flow for known, flow in zip(arrays.known, coming, strict=True))
    levels, limit = budget_levels(arrays, values, returned)
    shape = np.broadcast_shapes(levels[-1].shape, fund.shape[:2])
    levels = [np.broadcast_to(level, shape) for level in levels]
    community = community_share(values, gates(arrays, values), levels[-1], fund.sum(axis=(2, 3)))
    return ChainRuns(tuple(levels), np.broadcast_to(limit, (shape[0], len(arrays.schemes))), encounters, cost, fund, community)


def _scores(arrays: BaselineArrays, needed: bool) -> np.ndarray:
    missing = np.isnan(arrays.quality_score)
    if needed and missing.any():
        names = dict.fromkeys(arrays.communities[position] for position in arrays.community_of[missing])
        raise ScenarioError(
            marked("这些医共体没有锁定的考核得分：{names}"),
            marked("请先在绩效评价中锁定得分，或把质量系数设为 0 并关闭留用与考核挂钩"),
            names=listed(names),
        )
    return np.where(missing, 0.0, arrays.quality_score)


def gates(arrays: BaselineArrays, values: Values) -> np.ndarray:
    """Return the gate of what is kept by unit; 1 for all when retention does not depend on appraisal."""
    if not values["gate_on"]:
        return np.ones(len(arrays.quality_score))
    steps, factors = list(values["gate_scores"]), list(values["gate_factors"])
    appraisal_gate(100.0, steps, factors)  # refuses steps that contradict each other
    scores = _scores(arrays, needed=True)
    return np.select([scores >= step for step in steps], factors, 0.0)


def budget_levels(arrays: BaselineArrays, values: Values, returned: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the budget after every step of ``STEPS``, run × unit, and the county's limit by scheme.

    Args:
        arrays: the checked baseline.
        values: see ``evaluate``.
        returned: the fund's in-county cost of the cases brought back, yuan, run × unit.

    Raises:
        ScenarioError: contradictory bounds, weights that are all zero, a missing appraisal score that is needed.
    """
    if np.any(np.asarray(values["k_min"]) > np.asarray(values["k_max"])):
        raise ScenarioError(
            marked("增速下限 {floor} 高于上限 {cap}，无法计算"),
            marked("请把下限调低或把上限调高，使下限不高于上限"),
            floor=float(np.max(values["k_min"])),
            cap=float(np.min(values["k_max"])),
        )
    levels = _levels_before_cap(arrays, values, returned)
    limit = arrays.available * (1 - np.asarray(values["reserve"]))
    levels.append(_capped(arrays, levels[-1], limit))
    return levels, limit


def _levels_before_cap(arrays: BaselineArrays, values: Values, returned: np.ndarray) -> list[np.ndarray]:
    """Return the budget after every step up to capitation, run × unit."""
    weights = np.asarray(values["base_weights"], dtype=float)
    if weights.sum() == 0:
        raise ScenarioError(marked("基数年权重无效：{weights}"), marked("权重不为负且不全为 0"), weights=listed(weights))
    quality = np.asarray(values["a_quality"])
    scores = _scores(arrays, needed=bool(np.any(quality != 0)))
    base = ((arrays.past_cost * weights).sum(axis=1) / weights.sum() * arrays.fund_ratio)[None, :]
    known = {**values, "score": scores, "volume_growth": arrays.volume_growth, "case_mix_growth": arrays.case_mix_growth}
    factors = growth_levels({name: value(name, known) for name in PARTS}, values["multiplicative"])
    factors.append(value("growth", {**values, "unclipped": factors[-1]}))
    levels = [base * step for step in factors]
    levels.append(levels[-1] + np.asarray(values["recapture_credit"]) * returned)
    levels.append(_capitated(arrays, values, levels[-1]))
    return levels


def _by_scheme(arrays: BaselineArrays, amounts: np.ndarray) -> np.ndarray:
    """Return the sum over the units of the same scheme, for every unit (run × unit)."""
    # Summed by numpy, not multiplied as matrices: a BLAS may add in another order on another machine.
    totals = np.stack([amounts[:, members].sum(axis=1) for members in arrays.scheme_members], axis=1)
    return totals[:, arrays.scheme_of]


def _capitated(arrays: BaselineArrays, values: Values, budget: np.ndarray) -> np.ndarray:
    """Give a share of the outpatient budgets per weighted head: zero-sum inside each scheme."""
    outpatient_share = arrays.fund[:, VISITS, :].sum(axis=(1, 2)) / arrays.fund.sum(axis=(1, 2))
    contracted = np.minimum(arrays.insured, arrays.contracted + np.asarray(values["contract_gain"]) * arrays.insured)
    # A community whose people all weigh nothing has no claim on the pool; with no weight at all the pool stays where it was.
    heads = np.atleast_2d(weighted_heads(arrays.risk, arrays.insured, contracted, np.asarray(values["contract_weight"])))
    all_heads = _by_scheme(arrays, heads)
    history = budget * outpatient_share
    pool = _by_scheme(arrays, history)
    quota = np.where(all_heads > 0, pool * heads / np.where(all_heads > 0, all_heads, 1.0), history)
    moved: np.ndarray = budget + np.asarray(values["capitation_share"]) * (quota - history)
    return moved


def _capped(arrays: BaselineArrays, budget: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Scale the budgets of a scheme pro rata when they exceed its limit (run × scheme)."""
    totals = _by_scheme(arrays, budget)
    room = np.atleast_2d(limit)[:, arrays.scheme_of]
    scale = np.where(totals > room, room / np.where(totals > 0, totals, 1.0), 1.0)
    capped: np.ndarray = budget * scale
    return capped


def community_share(values: Values, gate: np.ndarray, budget: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return the signed part of the community: the bands of ``budget.settlement_bands`` on arrays."""
    return value("community_share", {**values, "gate": gate, "budget": budget, "spending": actual})


def spending_flows(
    arrays: BaselineArrays, values: Values, shocks: Shocks, recapture_groups: tuple[str, ...] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return encounters, cost, fund by run × unit × kind × place of the months to come, and the fund's cost of returned cases in them.

    Order: trend and growth, cases brought back, admissions and visits moved down, wider reimbursement gap, outpatient points. The months
    that are recorded are facts: no coefficient and no shock reaches them.
    """
    volume, price = _growth(arrays, values, shocks)
    encounters = arrays.ahead[0] * volume
    cost = arrays.ahead[1] * volume * price * arrays.cost_drift
    fund = arrays.ahead[2] * volume * price * arrays.fund_drift
    flows = (encounters, cost, fund)
    returned = _bring_back(arrays, values, shocks, recapture_groups, flows, volume[..., INPATIENT, OUTSIDE], price[..., INPATIENT, OUTSIDE])
    gap = np.asarray(values["reimbursement_gap"])
    contracts = np.asarray(values["contract_gain"]) * values["contract_pull"]
    visits = (np.asarray(values["shift_outpatient"]) + contracts + gap * values["gap_elasticity"]) * shocks.delivery
    for kind in VISITS:
        _move_down(arrays, values, flows, kind, np.clip(visits, 0.0, 1.0), price[..., kind, PRIMARY])
        paid = fund[..., kind, PRIMARY] + gap * cost[..., kind, PRIMARY]
        fund[..., kind, PRIMARY] = np.minimum(paid, cost[..., kind, PRIMARY])
    admissions = np.clip(np.asarray(values["shift_inpatient"]) * shocks.delivery, 0.0, 1.0)
    _move_down(arrays, values, flows, INPATIENT, admissions, price[..., INPATIENT, PRIMARY])
    if np.any(np.asarray(values["apg"]) != 0):
        _outpatient_points(arrays, values, flows)
    return encounters, cost, fund, returned


def _growth(arrays: BaselineArrays, values: Values, shocks: Shocks) -> tuple[np.ndarray, np.ndarray]:
    """Return the multipliers of encounters and of cost per encounter, run × unit × kind × place."""
    strength = np.asarray(values["trend_strength"])[..., None]
    volume_shock, cost_shock = (np.asarray(shock)[..., None] for shock in (shocks.volume, shocks.cost))
    volumes, prices = [], []
    for kind, (more, dearer) in enumerate(KIND_GROWTH):
        grown = np.maximum(1 + arrays.trend[:, kind, :] * strength, 0.0)
        volumes.append(grown * (1 + np.asarray(values[more] if more else 0.0)[..., None]) * volume_shock)
        prices.append((1 + np.asarray(values[dearer])[..., None]) * cost_shock * np.ones((1, *arrays.trend[:, kind, :].shape)))
    # Arrays of one value per run may meet others of a single run: bring all kinds to one shape before stacking.
    shape = np.broadcast_shapes(*(part.shape for part in (*volumes, *prices)), (*_runs_shape(values, shocks), 1))
    return tuple(np.stack([np.broadcast_to(part, shape) for part in parts], axis=-2) for parts in (volumes, prices))  # type: ignore[return-value]


def _runs_shape(values: Values, shocks: Shocks) -> tuple[int, int]:
    """Return the shape of one column with as many rows as there are runs in the flow levers."""
    levers = ("recapture_rate", "recapture_cost_ratio", "shift_outpatient", "shift_inpatient", "primary_cost_ratio", "contract_gain")
    more = ("contract_pull", "reimbursement_gap", "gap_elasticity", "apg")
    runs = max(np.atleast_2d(value).shape[0] for value in (*(values[name] for name in (*levers, *more)), shocks.delivery))
    return runs, 1


def _bring_back(
    arrays: BaselineArrays,
    values: Values,
    shocks: Shocks,
    groups: tuple[str, ...] | None,
    flows: tuple[np.ndarray, np.ndarray, np.ndarray],
    volume: np.ndarray,
    price: np.ndarray,
) -> np.ndarray:
    """Move capable out-of-county admissions into the county, in place; return the fund's cost of them there, run × unit."""
    encounters, cost, fund = flows
    chosen = np.array([groups is None or group in groups for group in arrays.outflow_groups], dtype=bool)
    outflow = arrays.outflow[:, :, chosen, :].sum(axis=2)
    rate = np.asarray(values["recapture_rate"]) * shocks.delivery
    returned = np.zeros(volume.shape)
    for place in (PRIMARY, COUNTY):
        moved = rate * volume * outflow[0, :, place]
        drifts = (arrays.cost_drift, arrays.fund_drift)
        moved_cost, moved_fund = (
            rate * volume * price * outflow[measure, :, place] * drift[:, INPATIENT, OUTSIDE] for measure, drift in enumerate(drifts, 1)
        )
        new_cost = moved_cost * values["recapture_cost_ratio"]
        new_fund = new_cost * arrays.pay_ratio[:, INPATIENT, place]
        for flow, gone, gained in ((encounters, moved, moved), (cost, moved_cost, new_cost), (fund, moved_fund, new_fund)):
            flow[..., INPATIENT, OUTSIDE] -= gone
            flow[..., INPATIENT, place] += gained
        returned = returned + new_fund
    return returned


def _move_down(
    arrays: BaselineArrays,
    values: Values,
    flows: tuple[np.ndarray, np.ndarray, np.ndarray],
    kind: int,
    share: np.ndarray,
    price: np.ndarray,
) -> None:
    """Move ``share`` of the county institutions' encounters to primary level, in place, at primary cost and pay ratio."""
    encounters, cost, fund = flows
    known = arrays.unit_cost[:, kind, PRIMARY]
    substitute = arrays.unit_cost[:, kind, COUNTY] * values["primary_cost_ratio"]
    moved = share * encounters[..., kind, COUNTY]
    moved_cost = moved * np.where(known > 0, known, substitute) * price * arrays.cost_drift[:, kind, PRIMARY]
    for flow in flows:
        flow[..., kind, COUNTY] *= 1 - share
    encounters[..., kind, PRIMARY] += moved
    cost[..., kind, PRIMARY] += moved_cost
    fund[..., kind, PRIMARY] += moved_cost * arrays.pay_ratio[:, kind, PRIMARY]


def _outpatient_points(arrays: BaselineArrays, values: Values, flows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    """Settle in-county visits at the county's mean cost by kind and place instead of each community's own, in place.

    With points = encounters · (group mean ÷ overall mean · 100) in a closed pool the point value makes what is due exactly
    encounters · group mean; patients pay what they paid, the fund the rest. Zero-sum inside each scheme.
    """
    encounters, cost, fund = flows
    for kind in VISITS:
        for place in (PRIMARY, COUNTY):
            visits, spent = encounters[..., kind, place], cost[..., kind, place]
            all_visits, all_spent = _by_scheme(arrays, visits), _by_scheme(arrays, spent)
            mean = np.divide(all_spent, all_visits, out=np.zeros_like(all_spent), where=all_visits > 0)
            correction = np.asarray(values["apg"]) * (visits * mean - np.where(all_visits > 0, spent, 0.0))
            cost[..., kind, place] = spent + correction
            fund[..., kind, place] += correction
