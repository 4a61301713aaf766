"""Outpatient capitation: a per-head package for the contract population, and visits settled by points (APG).

Existence [SEED 1, SEED 4]; every formula here [INFER], no text found.

    quota_c  = budget · w_c ÷ Σ w        w_c = Σ_k N_c,k · risk_k · contract_k     (closed: quotas sum to the outpatient budget)
    risk_k   = mean cost of the stratum ÷ overall mean cost
    flow     quota_c − paid to other communities and out of the county + received from others
    APG      points as for inpatients; the pool is settled by ``dashboard.whatif.drg.settle_hospitals``
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dashboard.language import marked
from dashboard.whatif.budget import Settlement, labelled, settle
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.money import cents, checked_amount, shared_out, yuan

CONTRACT_STATUS = ("none", "contracted", "package")
# Not contracted people belong to the community of their residence; contracted weigh 1.00 to 1.05 [INFER].
DEFAULT_CONTRACT_WEIGHTS: Mapping[str, float] = {"none": 1.0, "contracted": 1.02, "package": 1.05}


def risk_weights(mean_costs: Mapping[str, float], people: Mapping[str, float]) -> dict[str, float]:
    """Return the risk weight of each stratum: its mean cost ÷ the mean cost over all people.

    Raises:
        ScenarioError: strata that differ, no people at all, no cost at all, negative numbers.
    """
    if mean_costs.keys() != people.keys():
        raise ScenarioError(
            marked("人均费用与人数的分层不一致：{names}"),
            marked("每个分层各给一个均费和一个人数"),
            names=listed(mean_costs.keys() ^ people.keys()),
        )
    heads = {name: checked_amount(value, marked("人数")) for name, value in people.items()}
    costs = {name: checked_amount(value, marked("人均费用")) for name, value in mean_costs.items()}
    spent = sum(costs[name] * heads[name] for name in heads)
    if spent == 0:
        raise ScenarioError(marked("参保人数或门诊费用为 0，无法计算风险权重"), marked("请核对参保人数与门诊费用"))
    overall = spent / sum(heads.values())
    return {name: cost / overall for name, cost in costs.items()}


def weighted_heads(risk: Any, people: Any, contracted: Any, contract_weight: Any) -> Any:
    """Return weighted heads, numbers or arrays: risk · (people + contracted · (contract weight − 1)); who is not contracted weighs 1."""
    return risk * (people + contracted * (contract_weight - 1))


def capitation_quotas(
    strata: pd.DataFrame, *, budget: float, contract_weights: Mapping[str, float] = DEFAULT_CONTRACT_WEIGHTS
) -> dict[str, float]:
    """Return the outpatient quota of each community in yuan, whole cents summing to ``budget``.

    Args:
        strata: one row per community × stratum: community, people, risk (weight of the stratum), contract (``CONTRACT_STATUS``).
        budget: outpatient share of the fund budget, yuan.
        contract_weights: weight by contract status.

    Raises:
        ScenarioError: missing columns, unknown contract status, negative numbers, a community without people.
    """
    missing = [column for column in ("community", "people", "risk", "contract") if column not in strata.columns]
    if missing:
        raise ScenarioError(marked("人群分层表缺少列：{columns}"), marked("请补齐这些列"), columns=listed(missing))
    unknown = sorted(set(strata["contract"]) - set(contract_weights))
    if unknown:
        raise ScenarioError(marked("未知的签约状态：{names}"), marked("可用：none、contracted、package"), names=listed(unknown))
    numbers = strata[["people", "risk"]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    if not (np.isfinite(numbers) & (numbers >= 0)).all():
        raise ScenarioError(marked("人群分层的人数或风险权重有缺失或负数"), marked("请核对参保人数与风险权重"))
    people = strata.groupby("community", sort=False)["people"].sum()
    if people.empty or (people == 0).any():
        raise ScenarioError(
            marked("这些医共体的参保人数为 0：{names}"), marked("请核对人口数据"), names=listed(people.index[people == 0]) or "—"
        )
    each, risk = numbers.T
    weights = weighted_heads(risk, each, each, strata["contract"].map(dict(contract_weights)).to_numpy(dtype=float))
    heads = pd.Series(weights, index=strata["community"]).groupby(level=0, sort=False).sum()
    parts = shared_out(cents(checked_amount(budget, marked("门诊预算"))), heads.tolist(), marked("门诊包干"))
    return {community: yuan(part) for community, part in zip(heads.index, parts, strict=True)}


def flow_adjusted(
    quotas: Mapping[str, float], payments: Mapping[tuple[str, str], float], *, outside: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return what is left of each quota for the community's own institutions, yuan.

    Args:
        quotas: outpatient quota per community, yuan.
        payments: (insured community, treating community) → fund money paid for visits, yuan.
        outside: fund money paid out of the county per insured community, yuan.

    Between communities the adjustment is zero-sum; only money that left the county leaves the sum.

    Raises:
        ScenarioError: an unknown community, negative money.
    """
    left = {name: cents(checked_amount(value, marked("门诊包干"))) for name, value in quotas.items()}
    moves: list[tuple[str, str | None, float]] = [(payer, payee, value) for (payer, payee), value in payments.items()]
    moves += [(payer, None, value) for payer, value in (outside or {}).items()]
    unknown = sorted({str(name) for payer, payee, _ in moves for name in (payer, payee) if name is not None and name not in left})
    if unknown:
        raise ScenarioError(marked("未知的医共体：{names}"), marked("只填有门诊包干额度的医共体"), names=listed(unknown))
    for payer, payee, value in moves:
        amount = cents(checked_amount(value, marked("门诊流动支付")))
        left[payer] -= amount
        if payee is not None:
            left[payee] += amount
    return {name: yuan(amount) for name, amount in left.items()}


def outpatient_results(
    quotas: Mapping[str, float], points: Mapping[str, float], *, point_value: float, patient_paid: Mapping[str, float], **rules: Any
) -> dict[str, Settlement]:
    """Settle each quota against what its people's visits cost the fund by points: points · value − patient part, at least 0.

    Args:
        quotas: outpatient quota per community, yuan.
        points: APG points of all visits of the community's people, wherever they went.
        point_value: yuan per point (``settle_hospitals``).
        patient_paid: what those people paid themselves, yuan.
        rules: bands and quality of ``dashboard.whatif.budget.settle``.

    Raises:
        ScenarioError: communities that differ, negative numbers.
    """
    given = [labelled(values, marked("门诊包干")) for values in (quotas, points, patient_paid)]
    if not given[0].keys() == given[1].keys() == given[2].keys():
        raise ScenarioError(marked("门诊包干、点数与个人支付的医共体不一致"), marked("每个医共体各给一个数"))
    value = checked_amount(point_value, marked("门诊点值"))
    return {
        name: settle(quota, max(0.0, checked_amount(points[name], marked("点数")) * value - patient_paid[name]), **rules)
        for name, quota in quotas.items()
    }
