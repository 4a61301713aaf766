"""The fund on the wall: bars against the budget with time gone and projection."""

from collections.abc import Sequence

from dashboard.services.fund import FundAnswer, FundProgress
from dashboard.ui import formatting
from dashboard.ui.i18n import _, language
from dashboard.ui.kiosk_html import Markup, chip, community_class, empty, panel, share_of, short_name, tag
from dashboard.ui.theme import State


def outlook(row: FundProgress) -> tuple[str, State]:
    """Return the projected surplus or overspend in words and its state; empty without a projection."""
    if row.year_end is None:
        return "", State.NEUTRAL
    amount = formatting.money(abs(row.projected_overspend), language())
    if row.projected_overspend > 0:
        return _("超支 {amount}", amount=amount), State.BAD
    return _("结余 {amount}", amount=amount), State.GOOD


def fund_scale(rows: Sequence[FundProgress]) -> float:
    """Return the share of budget at the right end of the bars."""
    return max([1.0, *(row.execution for row in rows), *(row.year_end.high / row.budget for row in rows if row.year_end)]) * 1.01


def fund_bar(row: FundProgress, scale: float) -> Markup:
    """Return what is spent as a bar, the time gone as a mark, the whole budget as a line, the projection with its interval."""
    parts = [
        tag("b", style=f"width:{share_of(row.execution / scale)}", class_=community_class(row.position)),
        tag("i", class_="budget", style=f"left:{share_of(1 / scale)}"),
        tag("i", class_="mark", style=f"left:{share_of(row.time_progress / scale)}"),
    ]
    if row.year_end is not None:
        low, high, total = (value / row.budget / scale for value in (row.year_end.low, row.year_end.high, row.year_end.total))
        parts += [
            tag("i", class_="range", style=f"left:{share_of(low)};width:{share_of(min(high, 1.0) - min(low, 1.0))}"),
            tag("i", class_="expected", style=f"left:{share_of(total)}"),
        ]
    return tag("div", *parts, class_="fund")


def no_fund(fund: FundAnswer) -> Markup:
    """Return why there is no budget progress."""
    missing = _("没有 {year} 年的总额预算。", year=fund.year) if not fund.has_budget else _("没有医保结算数据。")
    return empty(missing, _("请载入“医保总额预算”（fact_fund_budget）和“医保结算月报”（fact_claim）。"))


def interval_words(row: FundProgress) -> str:
    """Return the projection with its 95 % interval, in per cent of the budget."""
    if row.year_end is None:
        return _("月份不足，不作年末预测")
    low, total, high = (formatting.percent(value / row.budget, 0) for value in (row.year_end.low, row.year_end.total, row.year_end.high))
    return _("年末为预算的 {total}（{low}–{high}）", total=total, low=low, high=high)


def fund_finding(fund: FundAnswer) -> str:
    """Return how many communities will overspend, and what the county comes to."""
    over = sum(row.projected_overspend > 0 for row in fund.communities)
    return _("{count} 家预计超支", count=over) if over else _("年末预计都不超支")


def fund_panel(fund: FundAnswer) -> Markup:
    """Return each community's fund against its budget."""
    if fund.county is None:
        return panel("fund", _("医保总额预算执行"), "", no_fund(fund))
    scale = fund_scale(fund.communities)
    rows = [
        tag(
            "div",
            tag(
                "span",
                tag("b", short_name(row.name)),
                tag("small", formatting.percent(row.execution)),
                class_=f"who {community_class(row.position)}",
            ),
            chip(*outlook(row)) if row.year_end else "",
            fund_bar(row, scale),
            class_="line",
        )
        for row in fund.communities
    ]
    spent, gone = formatting.percent(fund.county.execution), formatting.percent(fund.county.time_progress)
    aside = _("已用{share}·时序{gone}", share=spent, gone=gone)
    return panel("fund", fund_finding(fund), aside, tag("div", *rows, class_="lines"))


def fund_card(fund: FundAnswer, row: FundProgress | None) -> Markup:
    """Return one community's fund with the amounts."""
    if row is None:
        return panel("fund", _("医保总额预算执行"), "", no_fund(fund))
    told, state = outlook(row)
    amounts = _(
        "已支出 {spent} / 预算 {budget}", spent=formatting.money(row.spent, language()), budget=formatting.money(row.budget, language())
    )
    return panel(
        "fund",
        _("基金已用预算 {share}", share=formatting.percent(row.execution)),
        _("时序 {share}", share=formatting.percent(row.time_progress)),
        tag("div", fund_bar(row, fund_scale([row])), class_="lines"),
        tag("p", amounts),
        tag("p", chip(_("年末预计{outlook}", outlook=told), state)) if told else "",
        tag("p", interval_words(row), class_="muted"),
    )
