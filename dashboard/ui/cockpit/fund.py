"""The fund on the cockpit: bars against the budget with time gone and projection."""

from collections.abc import Mapping, Sequence

from dashboard.services.overview.fund import FundAnswer, FundProgress
from dashboard.services.overview.wording import fund_outlook, left_out_text, no_fund_text
from dashboard.ui.cockpit.html import Markup, chip, community_class, empty, narrow_names, panel, share_of, tag
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _, language


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
    return empty(*no_fund_text(fund, language()))


def interval_words(row: FundProgress) -> str:
    """Return the projection with its 90 % interval, in per cent of the budget."""
    if row.year_end is None:
        return _("月份不足，不作年末预测")
    low, total, high = (formatting.percent(value / row.budget, 0) for value in (row.year_end.low, row.year_end.total, row.year_end.high))
    return _("年末为预算的 {total}（{low}–{high}）", total=total, low=low, high=high)


def fund_finding(fund: FundAnswer) -> str:
    """Return how many communities have a scheme that will overspend; that none has is said only where every scheme has a projection."""
    if not any(unit.year_end for unit in fund.units):
        return _("月份不足，不作年末预测")
    over = len({unit.community for unit in fund.overspending()})
    unknown = len({unit.community for unit in fund.units if unit.year_end is None})
    told = _("{count} 家有险种预计超支", count=over) if over else _("年末预计都不超支") if not unknown else _("有预测的都不超支")
    return _("{told}，{count} 家月份不足", told=told, count=unknown) if unknown else told


def left_out_words(fund: FundAnswer, names: Mapping[str, str]) -> str:
    """Return which schemes are on neither side; empty when all are in. ``names``: of all communities, by code."""
    return left_out_text(fund, names, language())


def left_out(fund: FundAnswer, names: Mapping[str, str]) -> Markup | str:
    """Return the same as a line."""
    told = left_out_words(fund, names)
    return tag("p", told, class_="muted") if told else ""


def fund_panel(fund: FundAnswer, names: Mapping[str, str]) -> Markup:
    """Return each community's fund against its budget. ``names``: of all communities, by code."""
    if fund.county is None:
        return panel("fund", _("医保总额预算执行"), "", no_fund(fund))
    scale = fund_scale(fund.communities)
    outlooks = {row.community: fund_outlook(fund, row.community, language()) for row in fund.communities}
    rows = [
        tag(
            "div",
            tag(
                "span",
                tag("b", name),
                tag("small", formatting.percent(row.execution)),
                class_=f"who {community_class(row.position)}",
            ),
            chip(*outlooks[row.community]) if outlooks[row.community][0] else "",
            fund_bar(row, scale),
            class_="line",
        )
        for row, name in zip(fund.communities, narrow_names([row.name for row in fund.communities]), strict=True)
    ]
    spent, gone = formatting.percent(fund.county.execution), formatting.percent(fund.county.time_progress)
    aside = _("已用{share}·时序{gone}", share=spent, gone=gone)
    return panel("fund", fund_finding(fund), aside, tag("div", *rows, class_="lines"), left_out(fund, names))


def fund_card(fund: FundAnswer, row: FundProgress | None) -> Markup:
    """Return one community's fund with the amounts."""
    if row is None:
        return panel("fund", _("医保总额预算执行"), "", no_fund(fund))
    told, state = fund_outlook(fund, row.community, language())
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
