"""Fiscal compensation of primary institutions: guarantee, purchase by standard equivalents, quotas, contract fee, price reform.

Framework [SEED 1]; formulas [INFER, consistent with it]. No national table of equivalents was found: weights are a county's parameter.

    E_i        = Σ_s Q_i,s · w_s · κ_i,s        κ quality coefficient 0–1
    purchase_i = E_i · unit value               open pool: fixed yuan per equivalent; closed pool: pool ÷ Σ E
    subsidy_i  = guarantee_i + purchase_i + quota items_i
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.language import marked
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.money import cents, checked_amount, shared_out, yuan


def standard_equivalents(workload: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return the workload with its equivalents: quantity · weight · quality.

    Args:
        workload: one row per institution × service: institution, service, quantity (≥ 0), quality (κ, 0–1).
        weights: equivalents per unit of each service.

    Returns:
        The workload with weight and equivalents appended.

    Raises:
        ScenarioError: missing columns, a service without weight, numbers out of range.

    Golden: 60,000 visits (κ 1) + 5,000 days (0.98) + 12,000 follow-ups (0.96) + 4,000 checks (0.94) = 97,500 equivalents.
    """
    missing = [column for column in ("institution", "service", "quantity", "quality") if column not in workload.columns]
    if missing:
        raise ScenarioError(marked("工作量表缺少列：{columns}"), marked("请补齐这些列"), columns=listed(missing))
    weight = workload["service"].map({name: checked_amount(value, marked("当量")) for name, value in weights.items()})
    if weight.isna().any():
        names = workload.loc[weight.isna(), "service"].unique()
        raise ScenarioError(marked("这些服务没有当量：{names}"), marked("请在当量表中补上"), names=listed(names))
    quantity = pd.to_numeric(workload["quantity"], errors="coerce")
    quality = pd.to_numeric(workload["quality"], errors="coerce")
    if not (np.isfinite(quantity) & (quantity >= 0) & quality.between(0, 1)).all():
        raise ScenarioError(marked("工作量为负或缺失，或质量系数超出 0 到 1"), marked("请核对工作量与质量系数"))
    return workload.assign(weight=weight, equivalents=quantity * weight * quality)


@dataclass(frozen=True)
class Purchase:
    """Payment by equivalents: yuan per equivalent and yuan (whole cents) per institution."""

    unit_value: float
    equivalents: Mapping[str, float]
    amounts: Mapping[str, float]

    @property
    def total(self) -> float:
        """The whole purchase, yuan."""
        return yuan(sum(cents(amount) for amount in self.amounts.values()))


def purchase(equivalents: Mapping[str, float], *, unit_value: float | None = None, pool: float | None = None) -> Purchase:
    """Return what each institution's equivalents are paid.

    Args:
        equivalents: per institution.
        unit_value: yuan per equivalent (open pool); default of the product 12.5 [INFER].
        pool: the purchase pool, yuan (closed pool): amounts sum to it exactly. Give exactly one of the two.

    Raises:
        ScenarioError: both or neither given, negative numbers, a closed pool without equivalents.
    """
    counts = {name: checked_amount(value, marked("当量")) for name, value in equivalents.items()}
    if (unit_value is None) == (pool is None):
        raise ScenarioError(marked("须在当量单价与购买资金池中选择一项"), marked("开放式填单价，封闭式填资金池"))
    if unit_value is not None:
        value = checked_amount(unit_value, marked("当量单价"))
        amounts = {name: yuan(cents(count * value)) for name, count in counts.items()}
        return Purchase(value, counts, amounts)
    total = cents(checked_amount(pool or 0.0, marked("购买资金池")))
    whole = sum(counts.values())
    if whole == 0:
        raise ScenarioError(marked("当量合计为 0，无法计算单价"), marked("请核对工作量"))
    parts = shared_out(total, list(counts.values()), marked("购买资金池"))
    amounts = {name: yuan(part) for name, part in zip(counts, parts, strict=True)}
    return Purchase(yuan(total) / whole, counts, amounts)


@dataclass(frozen=True)
class Subsidy:
    """The subsidy of one institution by track, yuan."""

    guarantee: float
    purchase: float
    quota_items: float

    @property
    def total(self) -> float:
        """Guarantee + purchase + quota items, yuan."""
        return yuan(cents(self.guarantee) + cents(self.purchase) + cents(self.quota_items))


def subsidies(guarantee: Mapping[str, float], bought: Purchase, quota_items: Mapping[str, float] | None = None) -> dict[str, Subsidy]:
    """Return each institution's subsidy; an institution missing in a track has 0 there."""
    quotas = quota_items or {}
    names = list(dict.fromkeys([*guarantee, *bought.amounts, *quotas]))
    return {
        name: Subsidy(
            guarantee=checked_amount(guarantee.get(name, 0.0), marked("定项补助")),
            purchase=bought.amounts.get(name, 0.0),
            quota_items=checked_amount(quotas.get(name, 0.0), marked("定额购买")),
        )
        for name in names
    }


def contract_fee(fulfilled: float, fee: float, payer_shares: Mapping[str, float]) -> dict[str, float]:
    """Return who pays the contract service fee (财政补一点、医保担一点、个人出一点 [SEED 1]), yuan in whole cents summing to the fee.

    Args:
        fulfilled: people with effectively delivered contract services.
        fee: yuan per person and year.
        payer_shares: weight per payer, e.g. fiscal, fund, person; normalised.

    Raises:
        ScenarioError: negative numbers, weights that are all zero.
    """
    total = cents(checked_amount(fulfilled, marked("履约人数")) * checked_amount(fee, marked("签约服务费")))
    parts = shared_out(total, list(payer_shares.values()), marked("签约服务费"))
    return {payer: yuan(part) for payer, part in zip(payer_shares, parts, strict=True)}


@dataclass(frozen=True)
class PriceReform:
    """Where money freed from drugs goes, yuan: to service prices, to patients, and the fiscal backstop for what is not covered."""

    freed: float
    to_service_prices: float
    to_patients: float
    fiscal_backstop: float
    uncovered: float


def price_reform(freed: float, *, service_share: float, income_lost: float, backstop_share: float = 1.0) -> PriceReform:
    """Return the balance of one price round: freed drug money moves to service prices, the rest stays with patients.

    Args:
        freed: drug money freed, yuan.
        service_share: share moved into service prices, 0–1. Deqing's first round: 18.18 m of 24.18 m yuan freed [SEED 1].
        income_lost: income the institutions lost with the drugs, yuan.
        backstop_share: share of what service prices do not cover that the budget takes over, 0–1 [INFER].

    Raises:
        ScenarioError: negative money, shares outside 0–1.
    """
    for share in (service_share, backstop_share):
        if not 0 <= share <= 1:
            raise ScenarioError(marked("价格改革比例 {share} 超出 0 到 1"), marked("请填写 0 到 1 之间的比例"), share=share)
    total = cents(checked_amount(freed, marked("腾出的药品费用")))
    lost = cents(checked_amount(income_lost, marked("减少的药品收入")))
    to_prices = cents(yuan(total) * service_share)
    short = max(0, lost - to_prices)
    backstop = cents(yuan(short) * backstop_share)
    return PriceReform(yuan(total), yuan(to_prices), yuan(total - to_prices), yuan(backstop), yuan(short - backstop))


def institution_equivalents(workload: pd.DataFrame) -> dict[str, float]:
    """Return the equivalents of each institution, summed over the services of ``standard_equivalents``."""
    sums = workload.groupby("institution", sort=False)["equivalents"].sum()
    return {str(name): float(value) for name, value in sums.items()}
