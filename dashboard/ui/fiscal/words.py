"""The fiscal what-if in words: the title, and who wins, who loses and why."""

from dashboard.services.common.directory import Directory
from dashboard.services.fiscal.together import InsuranceSide
from dashboard.ui.frame.scenario_lines import signed_money
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _, language
from dashboard.whatif.fiscal_run import TRACKS, FiscalOutcome
from dashboard.whatif.fiscal_search import Cause, FiscalBand, causes

_HALF_A_CENT = 0.005


def institution_name(book: Directory, code: str) -> str:
    """Return the short name of an institution, or its code when unknown."""
    return str(book.institutions["short_name"].get(code, code))


def side_words(side: InsuranceSide | None, told: str) -> str:
    """Return what a reader calls the insurance side; ``told`` says why it is not the one that was chosen."""
    if side is None:
        return told or _("没有医保基线")
    name = side.name if side.changed else _("医保基线（不变）")
    return f"{name} · {told}" if told else name


def finding(outcome: FiscalOutcome) -> str:
    """Return the page's title: what the budget spends more or less, who gains and loses, how far the service share is from its target."""
    more = sum(change > _HALF_A_CENT for change in outcome.changes.values())
    less = sum(change < -_HALF_A_CENT for change in outcome.changes.values())
    whole = outcome.input_change
    amount = formatting.money(abs(whole), language())
    if abs(whole) < _HALF_A_CENT and not more and not less:
        words = _("财政投入与历史相同")
    elif whole >= 0:
        words = _("财政多投 {amount}，{more} 家增 {less} 家减", amount=amount, more=more, less=less)
    else:
        words = _("财政少投 {amount}，{more} 家增 {less} 家减", amount=amount, more=more, less=less)
    if outcome.structure is None:
        return words
    share, target = outcome.structure.service_share, outcome.baseline.target
    after = (
        _("服务收入占比 {share}，离 {target} 还差 {gap}", share=formatting.percent(share), target=formatting.percent(target, 0),
          gap=formatting.points(target - share).lstrip("+"))
        if share < target
        else _("服务收入占比 {share}，达到 {target}", share=formatting.percent(share), target=formatting.percent(target, 0))
    )  # fmt: skip
    return f"{words}{_('；')}{after}"


def cause_words(cause: Cause | None) -> str:
    """Return why an institution gains or loses; None: its workload is not known."""
    if cause is None:
        return _("没有工作量，按历史不变")
    if abs(cause.change) < _HALF_A_CENT:
        return _("与历史相同")
    return _("主要来自“{track}” {part}", track=_(TRACKS[cause.track]), part=signed_money(cause.part))


def sentences(outcome: FiscalOutcome, band: FiscalBand, book: Directory) -> list[str]:
    """Return who gains most, who loses most, what the floor costs, and what chance leaves."""
    found = causes(outcome)
    lines = []
    if not found:
        return [_("没有机构报送工作量，都按历史不变。")]
    best, worst = found[0], found[-1]
    if best.change > _HALF_A_CENT:
        name = institution_name(book, best.institution)
        amount = formatting.money(best.change, language())
        lines.append(_("得益最多的是{name}，比历史多 {amount}，{why}。", name=name, amount=amount, why=cause_words(best)))
    if worst.change < -_HALF_A_CENT:
        name = institution_name(book, worst.institution)
        amount = formatting.money(-worst.change, language())
        lines.append(_("受损最多的是{name}，比历史少 {amount}，{why}。", name=name, amount=amount, why=cause_words(worst)))
    if not lines:
        lines.append(_("每家机构都与历史相同。"))
    lines.append(_floor_words(outcome))
    likely = sum(share >= 0.5 for share in band.loses.values())
    lines.append(
        _(
            "考虑服务量波动，财政投入 90% 在 {low} 至 {high} 之间，{count} 家少于历史的可能性过半。",
            low=formatting.money(band.low, language()),
            high=formatting.money(band.high, language()),
            count=likely,
        )
    )
    return lines


def _floor_words(outcome: FiscalOutcome) -> str:
    held = sum(amount > 0 for amount in outcome.paid.topped_up.values())
    if not held:
        return _("没有机构触到历史保底。")
    return _("{count} 家触到历史保底，共补足 {amount}。", count=held, amount=formatting.money(outcome.paid.floor_cost, language()))


def needed_words(outcome: FiscalOutcome) -> str:
    """Return what reaching the target of the service share would take, honestly."""
    found, needed = outcome.structure, outcome.needed
    if found is None or needed is None:
        return _("没有医院收入，无法计算服务收入占比。")
    target = formatting.percent(outcome.baseline.target, 0)
    if needed <= found.to_prices:
        return _("达到 {target} 需要调入 {amount}，本轮调入 {now}，够了。", target=target, amount=formatting.money(needed, language()),
                 now=formatting.money(found.to_prices, language()))  # fmt: skip
    if found.freed <= 0:
        return _("达到 {target} 需要调入 {amount}，本轮没有腾出资金：单靠调价到不了，须靠服务量和结构。", target=target,
                 amount=formatting.money(needed, language()))  # fmt: skip
    return _(
        "达到 {target} 需要调入 {amount}，是腾出资金的 {times} 倍，本轮只调入 {now}：单靠这轮调价到不了，须靠服务量和结构。",
        target=target,
        amount=formatting.money(needed, language()),
        times=formatting.number(needed / found.freed, 2),
        now=formatting.money(found.to_prices, language()),
    )
