"""Money and work in a report: the fund, referrals, beds, shared centres, and what needs attention."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard import formatting
from dashboard.analysis.suppression import ON_EXPORT, suppressed_list
from dashboard.documents.content import Bullets, Cell, Chart, Column, Paragraph, Section, Series, Table
from dashboard.language import marked, translate
from dashboard.services.common.clock import today
from dashboard.services.monitoring.attention import attention
from dashboard.services.monitoring.handling import handled_in
from dashboard.services.monitoring.wording import matter_detail, matter_title
from dashboard.services.overview.answer import BedPoint, ReferralBalance, bed_picture, referral_balance, shared_services, shown_centres
from dashboard.services.overview.fund import FundProgress, fund_progress
from dashboard.services.overview.wording import beds_title, fund_name, left_out_text, no_fund_text
from dashboard.services.reports.parts import SUPPRESSED, Brief, Part
from dashboard.store.codes import CENTRE_SERVICE

_BEDS_SHOWN = 40
_DIRECTIONS = ("up", "down", "lateral", "out")


def lacking(brief: Brief, heading: str, what: str) -> Part:
    """Return a section that says what the county does not supply, so that nobody takes a missing part for a good one."""
    return Part((Section(heading, "", (Paragraph(what),)),))


# Fund ------------------------------------------------------------------------------------------------------------------


def _fund_row(row: FundProgress, name: str) -> tuple[Cell, ...]:
    end = row.year_end
    projected: tuple[Cell, ...] = (None, None, None, None)
    if end is not None:
        projected = (end.total, end.low / row.budget, end.high / row.budget, row.projected_overspend)
    return (name, row.budget, row.spent, row.execution, row.time_progress, *projected)


def _fund_sentence(brief: Brief, row: FundProgress, name: str) -> str:
    """Return how far one budget is used and what the year will come to, with the interval; a claim only where it excludes 100 %."""
    _ = brief.say
    spent = _(
        "{name}已支出 {spent}，占全年预算 {budget} 的 {share}（时序进度 {time}）",
        name=name,
        spent=formatting.money(row.spent, brief.language),
        budget=formatting.money(row.budget, brief.language),
        share=formatting.percent(row.execution),
        time=formatting.percent(row.time_progress),
    )
    if row.year_end is None:
        return f"{spent}{_('，月份太少，不作年末预测。')}"
    low, high = (formatting.percent(amount / row.budget) for amount in (row.year_end.low, row.year_end.high))
    amount = formatting.money(abs(row.projected_overspend), brief.language)
    if row.year_end.low > row.budget:
        outlook = _("，年末预计超支 {amount}（90% 区间为预算的 {low}–{high}）。", amount=amount, low=low, high=high)
    elif row.year_end.high < row.budget:
        outlook = _("，年末预计结余 {amount}（90% 区间为预算的 {low}–{high}）。", amount=amount, low=low, high=high)
    else:
        outlook = _("，年末预测的 90% 区间为预算的 {low}–{high}，是否超支还不能断定。", low=low, high=high)
    return f"{spent}{outlook}"


def fund_part(brief: Brief) -> Part:
    """Return the fund against its budget; who overspends is told by community and scheme."""
    _ = brief.say
    heading = _("医保总额预算执行")
    fund = fund_progress(brief.database, brief.filters.period, brief.filters.scheme_code)
    if fund.county is None:
        return lacking(brief, heading, "".join(no_fund_text(fund, brief.language)))
    rows = [row for row in fund.communities if brief.filters.community in (None, row.community)]
    whole = _fund_sentence(brief, fund.county, _("全县"))
    chosen = [unit for unit in fund.units if brief.filters.community in (None, unit.community)]
    over = [unit for unit in chosen if unit.year_end and unit.year_end.low > unit.budget]
    named = [_fund_sentence(brief, unit, fund_name(unit, brief.language)) for unit in over]
    bullets = [whole, *named]
    if brief.filters.community:
        bullets = [*(_fund_sentence(brief, row, row.name) for row in rows), *named]
    told = left_out_text(fund, {row.community: row.name for row in fund.communities}, brief.language)
    if told:
        bullets.append(f"{told}{_('。')}")
    table = Table(
        "fund",
        heading,
        (
            Column(_("医共体")),
            Column(_("全年预算"), "money"),
            Column(_("已支出"), "money"),
            Column(_("占全年预算"), "percent"),
            Column(_("时序进度"), "percent"),
            Column(_("年末预测"), "money"),
            Column(_("90% 下限/预算"), "percent"),
            Column(_("90% 上限/预算"), "percent"),
            Column(_("预计超支（负为结余）"), "money"),
        ),
        (*(_fund_row(row, fund_name(row, brief.language)) for row in (*rows, *chosen)), _fund_row(fund.county, _("全县"))),
        _(
            "年末预测 = 已支出 + 其余月份（上年同月 × 趋势 × 次均费用增幅）；90% 区间由模拟给出，与“医保总额推演”同一模型"
            "（待核实：推导或建模假设）。"
        ),
    )
    chart = Chart(
        key="fund",
        kind="bar",
        title=_("占全年预算的比例与时序进度"),
        categories=tuple(row.name for row in rows),
        series=(
            Series(_("占全年预算"), tuple(row.execution for row in rows)),
            Series(_("时序进度"), tuple(row.time_progress for row in rows)),
        ),
        format="0.0%",
        alternative=whole,
    )
    message = _(
        "基金已用预算的 {share}，时序进度 {time}",
        share=formatting.percent(fund.county.execution),
        time=formatting.percent(fund.county.time_progress),
    )
    section = Section(heading, message, (Bullets(tuple(bullets)), chart, table), note="fact_claim.fund_paid、fact_fund_budget.budget")
    return Part((section,), tuple(bullets[:1]), ())


# Referrals -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Referrals:
    """Referrals with what must not be read off them: ``hidden`` marks counts by community and direction, ``hidden_totals`` by direction.

    The same counts are hidden in the county's report and in every community's: laid side by side they give nothing away.
    """

    rows: tuple[ReferralBalance, ...]
    hidden: Mapping[tuple[str, str], bool]
    hidden_totals: Mapping[str, bool]

    def total(self, direction: str) -> int:
        """Return the cases of one direction."""
        return sum(int(getattr(row, direction)) for row in self.rows)


def _referrals(brief: Brief) -> _Referrals:
    rows = referral_balance(brief.database, brief.filters.period)
    hidden: dict[tuple[str, str], bool] = {}
    totals: dict[str, bool] = {}
    for name in _DIRECTIONS:
        cells, total = suppressed_list(pd.Series([getattr(row, name) for row in rows], dtype="float64"))
        hidden |= {(row.community, name): bool(gone) for row, gone in zip(rows, cells, strict=True)}
        totals[name] = total
    chosen = tuple(row for row in rows if brief.filters.community in (None, row.community))
    if brief.filters.community:
        totals = {name: any(hidden[(row.community, name)] for row in chosen) for name in _DIRECTIONS}
    return _Referrals(chosen, hidden, totals)


def _hidden(brief: Brief, value: int) -> str:
    """Return what stands for a hidden count: "<10" where that is true, "hidden" where it only protects another."""
    return SUPPRESSED if 0 < value < ON_EXPORT else brief.say(marked("隐去"))


def referral_part(brief: Brief) -> Part:
    """Return referrals up, down, lateral and out; small counts and what they could be computed from are hidden."""
    _ = brief.say
    heading = _("双向转诊")
    found = _referrals(brief)
    if not found.rows:
        return lacking(brief, heading, _("这个时期没有转诊数据。"))
    sums = {name: found.total(name) for name in _DIRECTIONS}
    shown = {name: _hidden(brief, sums[name]) if found.hidden_totals[name] else formatting.count(sums[name]) for name in _DIRECTIONS}
    total = _("上转 {up} 人次，下转 {down} 人次，转往县域外 {out} 人次。", up=shown["up"], down=shown["down"], out=shown["out"])
    if not sums["up"]:
        message = _("没有上转病例")
    elif found.hidden_totals["up"] or found.hidden_totals["down"]:
        message = total.rstrip(_("。"))
    else:
        message = _("每上转 100 人，下转 {down} 人", down=formatting.number(100 * sums["down"] / sums["up"]))
    names = ((_("上转"), "up"), (_("下转"), "down"), (_("县域外"), "out"))
    chart = Chart(
        key="referrals",
        kind="column",
        title=_("各医共体转出人次"),
        categories=tuple(row.name for row in found.rows),
        series=tuple(
            Series(name, tuple(None if found.hidden[(row.community, field)] else float(getattr(row, field)) for row in found.rows))
            for name, field in names
        ),
        format="#,##0",
        alternative=total,
    )
    section = Section(heading, message, (Bullets((total,)), chart, _referral_table(brief, found)), note="fact_referral")
    return Part((section,), (f"{message}{_('；')}{total}" if message + _("。") != total else total,), ("B08",))


def _referral_table(brief: Brief, found: _Referrals) -> Table:
    _ = brief.say
    body: list[tuple[Cell, ...]] = []
    for row in found.rows:
        gone = {name: found.hidden[(row.community, name)] for name in _DIRECTIONS}
        cells = (_hidden(brief, getattr(row, name)) if gone[name] else int(getattr(row, name)) for name in _DIRECTIONS)
        body.append((row.name, *cells, row.down_per_up if row.up > 0 and not (gone["up"] or gone["down"]) else None))
    if len(found.rows) > 1:
        sums, gone = {name: found.total(name) for name in _DIRECTIONS}, dict(found.hidden_totals)
        cells = (_hidden(brief, sums[name]) if gone[name] else sums[name] for name in _DIRECTIONS)
        body.append((_("合计"), *cells, sums["down"] / sums["up"] if sums["up"] and not (gone["up"] or gone["down"]) else None))
    columns = (
        Column(_("转出医共体")),
        Column(_("上转"), "count"),
        Column(_("下转"), "count"),
        Column(_("同级"), "count"),
        Column(_("县域外"), "count"),
        Column(_("下转/上转"), "percent"),
    )
    note = _("<{limit}：人数过少；隐去：用合计可以算出人数过少的那一格。", limit=ON_EXPORT) if any(found.hidden.values()) else ""
    return Table("referrals", _("双向转诊"), columns, tuple(body), note)


# Beds and centres ------------------------------------------------------------------------------------------------------


def bed_part(brief: Brief) -> Part:
    """Return the bed use of every institution."""
    _ = brief.say
    heading = _("床位效率")
    picture = bed_picture(brief.database, brief.filters.period, brief.filters.community)
    if picture is None:
        return lacking(brief, heading, _("这个时期没有床位数据。"))
    points = sorted(picture.points, key=lambda point: -point.beds)
    message = beds_title(picture, brief.language)
    sentence = _("以同类机构（同类别同等级，不足时同类别）的中位数为界：使用率和周转都低的为利用不足（第 I 象限）；无同类可比的不判。")
    shown = points[:_BEDS_SHOWN]
    note = _("按平均开放床位列出前 {count} 家。", count=_BEDS_SHOWN) if len(points) > _BEDS_SHOWN else ""
    columns = (
        Column(_("机构"), wide=True),
        Column(_("病床使用率"), "percent"),
        Column(_("年周转次数"), "number"),
        Column(_("平均住院日"), "number"),
        Column(_("平均开放床位"), "number", 0),
        Column(_("象限")),
    )
    table = Table("beds", heading, columns, tuple(_bed_row(point) for point in shown), note)
    top = shown[:12]
    chart = Chart(
        key="beds",
        kind="bar",
        title=_("开放床位最多的 {count} 家机构的病床使用率", count=len(top)),
        categories=tuple(point.name for point in top),
        series=(Series(_("病床使用率"), tuple(point.occupancy / 100 for point in top)),),
        format="0%",
        alternative=message,
    )
    section = Section(heading, message, (Bullets((sentence,)), chart, table), note="fact_bed")
    return Part((section,), (f"{message}{_('。')}",), ("C01", "C03", "C05"))


def _bed_row(point: BedPoint) -> tuple[Cell, ...]:
    return (point.name, point.occupancy / 100, point.turnover, point.alos, point.beds, point.sector)


def shared_part(brief: Brief) -> Part:
    """Return what the shared centres of the county reported."""
    _ = brief.say
    heading = _("共享中心")
    shared = shared_services(brief.database, brief.filters.period)
    if not shared.centres:
        return lacking(brief, heading, _("这个时期没有共享中心数据。"))
    reports = pd.Series([row.reports for row in shared.centres], dtype="float64")
    hidden, total_hidden = suppressed_list(reports)
    shown = shown_centres(shared, ON_EXPORT)
    rows: list[tuple[Cell, ...]] = []
    for row, gone, change in zip(shared.centres, hidden, shown["change"], strict=True):
        name = CENTRE_SERVICE[row.centre].zh if brief.language == "zh" else CENTRE_SERVICE[row.centre].en
        rows.append((name, _hidden(brief, row.reports) if gone else row.reports, None if math.isnan(change) else change))
    total = _hidden(brief, int(reports.sum())) if total_hidden else formatting.count(reports.sum())
    answered = shared.recognised + shared.repeated
    sentences = [_("{count} 个中心共出具报告 {total} 份。", count=len(rows), total=total)]
    if answered >= ON_EXPORT and shared.recognised >= ON_EXPORT and shared.repeated >= ON_EXPORT:
        share = formatting.percent(shared.recognised / answered)
        recognised, asked = formatting.count(shared.recognised), formatting.count(answered)
        sentences.append(_("检查结果互认 {recognised} 项次，占 {asked} 项次的 {share}。", recognised=recognised, asked=asked, share=share))
    columns = (Column(_("中心"), wide=True), Column(_("报告数"), "count"), Column(_("同比"), "percent"))
    table = Table("shared", heading, columns, tuple(rows))
    section = Section(heading, sentences[-1].rstrip(_("。")), (Bullets(tuple(sentences)), table), note="fact_shared_service")
    return Part((section,), (), ("C12a", "C13"))


# Attention -------------------------------------------------------------------------------------------------------------


def attention_part(brief: Brief) -> Part:
    """Return what needs attention, the gravest first."""
    _ = brief.say
    heading = _("需要关注")
    handled = handled_in(brief.workspace, today())
    items = attention(brief.database, brief.filters.period, brief.filters.community, brief.filters.scheme_code, handled)
    if not items:
        return lacking(brief, heading, _("没有需要关注的事项"))
    rows = tuple(
        (
            {"high": _("重"), "medium": _("中"), "low": _("轻")}[item.rule.severity],
            matter_title(item, brief.language, ON_EXPORT)
            + (_("（90% 区间包含预算，尚不能断定）") if item.single and item.single.low <= item.rule.on else ""),
            matter_detail(item, brief.language, ON_EXPORT),
            item.rule.grade,
        )
        for item in items
    )
    columns = (Column(_("程度")), Column(_("事项"), wide=True), Column(_("依据与影响"), wide=True), Column(_("等级")))
    table = Table("attention", heading, columns, rows, _("阈值为本系统设定，待核实；规则等级 INFER、OWN 为本产品口径。"))
    message = translate("需要关注 {count} 项，最重的是{first}", brief.language, count=len(items), first=rows[0][1])
    return Part((Section(heading, message, (table,)),), (message + _("。"),))
