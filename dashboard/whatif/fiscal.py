"""Fiscal compensation: guarantee, purchase by standard equivalents, quotas, contract fee, the way from history to new, two price reforms.

Framework [SEED 1]; formulas [INFER, consistent with it]. No national table of equivalents was found: weights are a county's parameter.

    E_i        = Σ_s Q_i,s · w_s · κ_i,s        κ quality coefficient, range as the catalogue has it (``quality_coefficient``)
    purchase_i = E_i · unit value               open pool: fixed yuan per equivalent; closed pool: pool ÷ Σ E
    subsidy_i  = guarantee_i + purchase_i + quota items_i
    paid_i     = max(floor · history_i, (1 − λ) · history_i + λ · subsidy_i)

Two price reforms that must not be mixed:

    abolished mark-up   lost_i = drug income_i · m / (1 + m); the budget tops up **to** 90 % of it by hospital [SEED 5: 兜底补足到90%]
    cheaper purchase    freed = purchases · cut; no hospital loses income; three quarters go into service prices [SEED 1]
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from dashboard.catalogue.coefficients import load_fiscal_coefficients
from dashboard.language import marked
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.money import cents, checked_amount, shared_out, yuan


@cache
def quality_range() -> tuple[float, float]:
    """Return lowest and highest quality coefficient κ: one range for database, import and model, kept in the catalogue."""
    known = load_fiscal_coefficients().coefficients["quality_coefficient"]
    return known.lower, known.upper


def standard_equivalents(workload: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Return the workload with its equivalents: quantity · weight · quality.

    Args:
        workload: one row per institution × service: institution, service, quantity (≥ 0), quality (κ, within ``quality_range()``).
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
    weight = workload["service"].map({name: checked_amount(value, marked("当量")) for name, value in weights.items()}).astype(float)
    if weight.isna().any():
        names = workload.loc[weight.isna(), "service"].unique()
        raise ScenarioError(marked("这些服务没有当量：{names}"), marked("请在当量表中补上"), names=listed(names))
    quantity = pd.to_numeric(workload["quantity"], errors="coerce")
    quality = pd.to_numeric(workload["quality"], errors="coerce")
    lowest, highest = quality_range()
    if not (np.isfinite(quantity) & (quantity >= 0) & quality.between(lowest, highest)).all():
        raise ScenarioError(
            marked("工作量为负或缺失，或质量系数超出 {lowest} 到 {highest}"),
            marked("请核对工作量与质量系数"),
            lowest=f"{lowest:g}",
            highest=f"{highest:g}",
        )
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


def contract_fee(fulfilled: float, fee: float, payer_shares: Mapping[str, float], *, score: float = 100) -> dict[str, float]:
    """Return who pays the contract service fee (财政补一点、医保担一点、个人出一点 [SEED 1]), yuan in whole cents summing to the fee.

    Args:
        fulfilled: people with effectively delivered contract services.
        fee: yuan per person and year.
        payer_shares: weight per payer, e.g. fiscal, fund, person; normalised.
        score: appraisal score 0–100 by which the fee is paid (有效签约服务相挂钩 [SEED 1]; proportional [INFER]).

    Raises:
        ScenarioError: negative numbers, a score outside 0–100, weights that are all zero.

    Golden: 38,000 fulfilled of 50,000 signed at 120 yuan = 4,560,000; at a score of 92: 4,195,200.
    """
    if not 0 <= score <= 100:
        raise ScenarioError(marked("考核得分 {score} 超出 0 到 100"), marked("请填写 0 到 100 之间的得分"), score=score)
    whole = checked_amount(fulfilled, marked("履约人数")) * checked_amount(fee, marked("签约服务费"))
    total = cents(whole * score / 100)
    parts = shared_out(total, list(payer_shares.values()), marked("签约服务费"))
    return {payer: yuan(part) for payer, part in zip(payer_shares, parts, strict=True)}


def institution_equivalents(workload: pd.DataFrame) -> dict[str, float]:
    """Return the equivalents of each institution, summed over the services of ``standard_equivalents``."""
    sums = workload.groupby("institution", sort=False)["equivalents"].sum()
    return {str(name): float(value) for name, value in sums.items()}


_NO_SHARE, _AS_SHARE = marked("{name} {value} 超出 0 到 1"), marked("请填写 0 到 1 之间的比例，例如 75% 写成 0.75")


def _share(value: float, name: str) -> float:
    """Return ``value`` when it is a share. Raises ``ScenarioError``, also for one typed in per cent (75 for 0.75)."""
    if not 0 <= value <= 1:
        raise ScenarioError(_NO_SHARE, _AS_SHARE, name=name, value=value)
    return value


# The way from history to new ---------------------------------------------------------------------------------------------


def transition_amounts(history: np.ndarray, new: np.ndarray, weight: float | np.ndarray, floor: float) -> np.ndarray:
    """Return (1 − weight) · history + weight · new, never below floor · history where history is not negative; yuan, not rounded."""
    plain = (1 - weight) * history + weight * new
    return np.where(history > 0, np.maximum(plain, floor * history), plain)


@dataclass(frozen=True)
class Transition(Mapping[str, float]):
    """What each institution is paid on the way from history to new, yuan in whole cents; ``topped_up`` is what the floor adds.

    Reads like a mapping of institution → yuan.
    """

    amounts: Mapping[str, float]
    topped_up: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """Return what ``name`` is paid."""
        return self.amounts[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the institutions in the order given."""
        return iter(self.amounts)

    def __len__(self) -> int:
        """Return the number of institutions."""
        return len(self.amounts)

    @property
    def total(self) -> float:
        """What all are paid, yuan."""
        return yuan(sum(cents(amount) for amount in self.amounts.values()))

    @property
    def floor_cost(self) -> float:
        """What the floor costs, yuan; it is part of the total."""
        return yuan(sum(cents(amount) for amount in self.topped_up.values()))


def transition(history: Mapping[str, float], new: Mapping[str, float], *, weight: float, floor: float) -> Transition:
    """Return what each institution is paid: history is respected, growth is earned (存量、增量 [SEED 1]; formula [INFER]).

    Args:
        history: yuan a year by institution; may be negative after reversals (冲销), the floor then guards nothing.
        new: yuan a year by institution under the new rules; an institution missing on one side has 0 there.
        weight: λ, 0 (history) to 1 (new).
        floor: share of its history below which no institution falls, 0–1.

    Raises:
        ScenarioError: shares outside 0–1, money that is no money.
    """
    _share(weight, marked("过渡比例"))
    _share(floor, marked("历史保底"))
    names = list(dict.fromkeys([*history, *new]))
    before = np.array([checked_amount(history.get(name, 0.0), marked("历史补偿"), signed=True) for name in names])
    after = np.array([checked_amount(new.get(name, 0.0), marked("新补偿"), signed=True) for name in names])
    paid = [cents(amount) for amount in transition_amounts(before, after, weight, floor).tolist()]
    plain = [cents(amount) for amount in ((1 - weight) * before + weight * after).tolist()]
    return Transition(
        {name: yuan(amount) for name, amount in zip(names, paid, strict=True)},
        {name: yuan(with_floor - without) for name, with_floor, without in zip(names, paid, plain, strict=True)},
    )


# Price reform A: the mark-up is abolished --------------------------------------------------------------------------------


def markup_lost(drug_income: float, markup: float) -> float:
    """Return the income a hospital loses with the mark-up, yuan: drug income · m / (1 + m).

    Args:
        drug_income: yuan a year, sold with mark-up, without herbal pieces (饮片).
        markup: m, 0.15 for fifteen per cent.

    Golden: 42 m yuan at 0.15 = 5.478261 m.
    """
    return checked_amount(drug_income, marked("药品收入")) * _share(markup, marked("药品加成率")) / (1 + markup)


@dataclass(frozen=True)
class MarkupCompensation:
    """What becomes of the income lost with the mark-up, by hospital: ``rate`` compensated ÷ lost (None where nothing was lost).

    ``backstop`` is what the budget pays, ``own`` what the hospital has to make up itself (negative: it gains); yuan in whole cents.
    """

    rate: Mapping[str, float | None]
    backstop: Mapping[str, float]
    own: Mapping[str, float]

    @property
    def total_backstop(self) -> float:
        """What the budget pays to all hospitals, yuan."""
        return yuan(sum(cents(amount) for amount in self.backstop.values()))


def markup_compensation(lost: Mapping[str, float], compensated: Mapping[str, float], *, floor: float = 0.9) -> MarkupCompensation:
    """Return the backstop of an abolished mark-up: the budget tops up **to** ``floor`` of the loss, hospital by hospital [SEED 5].

    Args:
        lost: income lost with the mark-up by hospital, yuan.
        compensated: income gained from service prices by hospital, yuan; missing is 0.
        floor: share of the loss that price rises and budget together reach, 0–1.

    Raises:
        ScenarioError: a floor outside 0–1, negative money.

    Golden: lost 10 m, compensated 8.5 m, floor 0.90: backstop 0.5 m, own 1.0 m.
    """
    _share(floor, marked("财政兜底线"))
    rate: dict[str, float | None] = {}
    backstop, own = {}, {}
    for name in dict.fromkeys([*lost, *compensated]):
        gone = checked_amount(lost.get(name, 0.0), marked("减少的加成收入"))
        gained = checked_amount(compensated.get(name, 0.0), marked("调价增加的收入"))
        rate[name] = gained / gone if gone > 0 else None
        short = max(0, cents(gone * floor) - cents(gained)) if gained < gone * floor else 0
        backstop[name] = yuan(short)
        own[name] = yuan(cents(gone) - cents(gained) - short)
    return MarkupCompensation(rate, backstop, own)


# Price reform B: cheaper purchase under zero mark-up ---------------------------------------------------------------------


@dataclass(frozen=True)
class PurchaseSavings:
    """Who pays more (+) or less (−) when purchase gets cheaper and part of the money goes into service prices; yuan in whole cents.

    ``prices`` is what goes into service prices and ``freed`` what purchase saves. ``fund`` + ``people`` = ``prices`` − ``freed`` exactly.
    ``fund_of_rise`` and ``people_of_rise`` bear the rise, ``fund_of_freed`` and ``people_of_freed`` are spared the freed money.
    """

    freed: float
    prices: float
    fund_of_freed: float
    people_of_freed: float
    fund_of_rise: float
    people_of_rise: float

    @property
    def fund(self) -> float:
        """What the fund pays more (+) or less (−), yuan."""
        return yuan(cents(self.fund_of_rise) - cents(self.fund_of_freed))

    @property
    def people(self) -> float:
        """What patients pay more (+) or less (−), yuan."""
        return yuan(cents(self.people_of_rise) - cents(self.people_of_freed))


def _into_prices(freed: float, to_prices: float) -> float:
    """Return the yuan that go into prices: a number up to 1 is the share of ``freed``, a larger one the amount itself."""
    amount = checked_amount(to_prices, marked("调入服务价格的金额"))
    if amount <= 1:
        return freed * amount
    if amount <= 100 < freed:
        raise ScenarioError(
            _NO_SHARE,
            _AS_SHARE,
            name=marked("调入服务价格比例"),
            value=to_prices,
        )
    return amount


def purchase_savings(freed: float, *, to_prices: float, fund_share: float, insurance_share: float) -> PurchaseSavings:
    """Return who pays for a price round out of cheaper purchase. Under zero mark-up no hospital loses income [INFER].

        fund Δ = −f · freed + a · to_prices        people Δ = −(1 − f) · freed + (1 − a) · to_prices

    Args:
        freed: what purchase costs less, yuan a year.
        to_prices: what goes into service prices: an amount in yuan, or, up to 1, the share of the freed money.
        fund_share: f, the part of drug spending that the fund pays, 0–1.
        insurance_share: a, the part of price rises that the fund bears, 0–1 (about 80 % [SEED 5]).

    Raises:
        ScenarioError: negative money, shares outside 0–1, a share typed in per cent.

    Golden (Deqing [SEED 1]): freed 24.18 m, to prices 18.18 m, a 0.80, f 0.60: fund +0.036 m, people −6.036 m.
    """
    total = checked_amount(freed, marked("腾出的费用"))
    prices = cents(_into_prices(total, to_prices))
    saved = cents(total)
    fund_of_freed = cents(total * _share(fund_share, marked("药品费用医保承担比例")))
    fund_of_rise = cents(yuan(prices) * _share(insurance_share, marked("调增医保承担比例")))
    return PurchaseSavings(
        freed=yuan(saved),
        prices=yuan(prices),
        fund_of_freed=yuan(fund_of_freed),
        people_of_freed=yuan(saved - fund_of_freed),
        fund_of_rise=yuan(fund_of_rise),
        people_of_rise=yuan(prices - fund_of_rise),
    )


def purchase_base(saved: float, cut: float) -> float:
    """Return the purchases before a cut that saved ``saved`` yuan. Golden: 500 m saved at −22 % = 2,272.7 m [SEED 5]."""
    amount = checked_amount(saved, marked("腾出的费用"))
    if not 0 < cut <= 1:
        raise ScenarioError(marked("采购降幅 {cut} 须大于 0、不超过 1"), _AS_SHARE, cut=cut)
    return amount / cut


# Composition of income ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class IncomeStructure:
    """Service share of income before and after a price round. The change falls into two causes that add up to it.

    ``volume_part``: the share that rises only because drugs cost less; ``price_part``: what dearer services add. Shares 0–1;
    ``income_change`` is the change of the whole income (−0.0086 = −0.86 %). Yuan: ``freed``, ``to_prices``, ``income``.
    """

    service_share_before: float
    service_share: float
    volume_part: float
    price_part: float
    income_change: float
    freed: float
    to_prices: float
    income: float


def _parts(income: Mapping[str, float], drug_cut: float) -> tuple[float, float, float]:
    """Return service income, all income and freed drug money, yuan. Raises ``ScenarioError``."""
    missing = [name for name in ("drug", "service") if name not in income]
    if missing:
        raise ScenarioError(marked("收入表缺少项目：{names}"), marked("请补齐药品与医疗服务收入"), names=listed(missing))
    amounts = {name: checked_amount(value, marked("收入")) for name, value in income.items()}
    total = math.fsum(amounts.values())
    freed = amounts["drug"] * _share(drug_cut, marked("采购降幅"))
    if total - freed <= 0:
        raise ScenarioError(marked("收入合计为 0，无法计算占比"), marked("请核对财务月报的收入科目"))
    return amounts["service"], total, freed


def income_structure(income: Mapping[str, float], *, drug_cut: float, to_prices: float) -> IncomeStructure:
    """Return the service share before and after: (S + x) ÷ (T − freed + x).

    Args:
        income: yuan a year by item; ``drug`` and ``service`` must be among them (others: herbal, consumable, examination …).
        drug_cut: by how much drugs get cheaper, 0–1.
        to_prices: x, what goes into service prices: an amount in yuan, or, up to 1, the share of the freed money.

    Raises:
        ScenarioError: an item missing, negative money, no income, shares outside 0–1.

    Golden: 42 / 14 / 22 / 16 / 36 m, cut 0.106, share 0.75: 27.6923 % → 30.5221 %, income −0.8562 %; with nothing into prices 28.6743 %.
    """
    service, total, freed = _parts(income, drug_cut)
    raised = _into_prices(freed, to_prices)
    before, cheaper, after = service / total, service / (total - freed), (service + raised) / (total - freed + raised)
    return IncomeStructure(
        service_share_before=before,
        service_share=after,
        volume_part=cheaper - before,
        price_part=after - cheaper,
        income_change=(raised - freed) / total,
        freed=freed,
        to_prices=raised,
        income=total - freed + raised,
    )


def needed_for_share(income: Mapping[str, float], *, drug_cut: float, target: float) -> float:
    """Return what would have to go into service prices to reach ``target``, yuan: (t · (T − freed) − S) ÷ (1 − t); 0 when it is reached.

    Args:
        income: as ``income_structure``.
        drug_cut: by how much drugs get cheaper, 0–1.
        target: service share aimed at, 0 to below 1.

    Raises:
        ScenarioError: as ``income_structure``; a target of 1 or more.

    Golden: as above, target 0.35: 12.218154 m yuan, 2.7444 times the freed money.
    """
    service, total, freed = _parts(income, drug_cut)
    if not 0 <= target < 1:
        raise ScenarioError(marked("目标占比 {target} 须不小于 0、小于 1"), _AS_SHARE, target=target)
    return max(0.0, (target * (total - freed) - service) / (1 - target))


def performance_pay(service_income: float, cost: float, *, business_fund: float = 0.15) -> float:
    """Return what may be paid beyond the approved wages: (service income − cost) · (1 − business fund), never below 0; yuan in whole cents.

    Args:
        service_income: medical service income, yuan; drugs, consumables, examinations and laboratory do not count [SEED 4].
        cost: the cost of these services, yuan.
        business_fund: share put into the business fund, at least 0.15 (不低于15%的事业基金 [SEED 5]).

    Raises:
        ScenarioError: a business fund below 0.15 or above 1, negative money.

    Golden: 52.0 m, 47.5 m, 0.15 = 3.825 m.
    """
    if not 0.15 <= business_fund <= 1:
        raise ScenarioError(
            marked("事业基金提取比例 {share} 低于 15% 或超过 100%"), marked("请填写 0.15 到 1 之间的比例"), share=business_fund
        )
    margin = checked_amount(service_income, marked("医疗服务收入")) - checked_amount(cost, marked("成本"))
    return yuan(cents(max(0.0, margin) * (1 - business_fund)))
