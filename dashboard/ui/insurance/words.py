"""The insurance what-if in words: the title, and three sentences on who wins, who loses and why."""

from collections.abc import Mapping, Sequence

from dashboard.services.insurance.answer import Reason, reasons
from dashboard.ui.insurance.charts import signed_money, step_label
from dashboard.ui.insurance.panel import scheme_name
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _, language
from dashboard.whatif.outcome import Outcome
from dashboard.whatif.uncertainty import Uncertainty

_HALF_A_CENT = 0.005
_LIKELY = 0.5


def finding(outcome: Outcome, names: Mapping[str, str]) -> str:
    """Return the page's title: what the plan leaves, and who overspends."""
    over = len(outcome.overspending)
    amount = formatting.money(abs(outcome.balance), language())
    county = _("全县超支 {amount}", amount=amount) if outcome.balance < 0 else _("全县结余 {amount}", amount=amount)
    who = _("{count}/{all} 家医共体有险种超支", all=len(names), count=over) if over else _("没有医共体超支")
    return _("{year} 年：{county}，{who}", year=outcome.year, county=county, who=who)


def sentences(outcome: Outcome, reference: Outcome, chance: Uncertainty, names: Mapping[str, str]) -> list[str]:
    """Return who wins, who loses and why, in three sentences."""
    found = reasons(outcome, reference)
    moved = any(abs(each.change) >= _HALF_A_CENT for each in found)
    first = [_winner(found[0], names), _loser(found, names)] if moved else [_gap(outcome)]
    lines = [line for line in (*first, _overspending(outcome, names), _likely(chance, names)) if line]
    return lines[:3]


def _gap(outcome: Outcome) -> str:
    growth = outcome.budget / float(outcome.communities["fund_base"].sum()) - 1
    needed = outcome.break_even_growth
    template = (
        _("基线：预算比基金基数增长 {granted}，支出要增长 {needed} 才够，差 {gap}。")
        if needed > growth
        else _("基线：预算比基金基数增长 {granted}，支出只需要增长 {needed}，余 {gap}。")
    )
    return template.format(
        granted=formatting.percent(growth, signed=True),
        needed=formatting.percent(needed, signed=True),
        gap=formatting.points(abs(needed - growth)),
    )


def _cause(reason: Reason) -> str:
    what = _("预计支出变化") if reason.step == "spending" else _("“{step}”", step=step_label(reason.step))
    return f"{what} {signed_money(reason.part)}"


def _winner(best: Reason, names: Mapping[str, str]) -> str:
    if best.change < _HALF_A_CENT:
        return _("没有医共体比基线好。")
    amount = formatting.money(best.change, language())
    return _("得益最多的是{name}，比基线好 {change}，主要来自{cause}。", name=names[best.community], change=amount, cause=_cause(best))


def _loser(found: Sequence[Reason], names: Mapping[str, str]) -> str:
    worst = found[-1]
    if worst.change > -_HALF_A_CENT:
        template = _("没有医共体比基线差；得益最少的是{name}（{change}）。")
        return template.format(name=names[worst.community], change=signed_money(worst.change)) if len(found) > 1 else ""
    amount = formatting.money(-worst.change, language())
    return _("受损最多的是{name}，比基线差 {change}，主要来自{cause}。", name=names[worst.community], change=amount, cause=_cause(worst))


def _overspending(outcome: Outcome, names: Mapping[str, str]) -> str:
    over = outcome.overspending_units
    if not over:
        return _("预计没有医共体超支，各险种都在预算以内。")
    gap, budget = (float(outcome.units.set_index(["community", "scheme"])[name][over[0]]) for name in ("balance", "budget"))
    return _(
        "预计超支的有{names}；{worst}缺口最大，占其预算 {share}。",
        names=_units(over, names),
        worst=unit_name(*over[0], names),
        share=formatting.percent(-gap / budget if budget > 0 else None),
    )


def _likely(chance: Uncertainty, names: Mapping[str, str]) -> str:
    risk = chance.units["overspend_probability"]
    likely = [(str(unit[0]), str(unit[1])) for unit in risk.index[risk >= _LIKELY]]
    if not likely:
        return _("考虑不确定性，各医共体各险种超支的可能性都不过半。")
    return _("考虑不确定性，{names}超支的可能性过半。", names=_units(likely, names))


def unit_name(community: str, scheme: str, names: Mapping[str, str]) -> str:
    """Return what a reader calls one scheme of one community."""
    return f"{names[community]}·{scheme_name(scheme)}"


def _units(units: Sequence[tuple[str, str]], names: Mapping[str, str]) -> str:
    """Return communities with those of their schemes that are meant, in the order given."""
    schemes: dict[str, list[str]] = {}
    for community, scheme in units:
        schemes.setdefault(community, []).append(scheme_name(scheme))
    return _("、").join(_("{name}（{schemes}）", name=names[code], schemes=_("、").join(held)) for code, held in schemes.items())
