"""Money and work in a report: the fund, referrals, beds, shared centres, and what needs attention."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard import formatting
from dashboard.analysis.small_counts import Guard, People
from dashboard.analysis.suppression import COVERED, ON_EXPORT, few
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


_SENT = Guard(tuple(People(name) for name in _DIRECTIONS))
_REPORTED = Guard((People("reports"),))


@dataclass(frozen=True, eq=False)
class _Referrals:
    """Referrals with what must not be read off them: ``told`` are the counts by community and direction, ``totals`` their sums, as shown.

    The same counts are hidden in the county's report and in every community's: laid side by side they give nothing away.
    """

    rows: tuple[ReferralBalance, ...]
    told: pd.DataFrame
    totals: Mapping[str, float]


def _referrals(brief: Brief) -> _Referrals:
    rows = referral_balance(brief.database, brief.filters.period)
    counts = pd.DataFrame([[getattr(row, name) for name in _DIRECTIONS] for row in rows], columns=list(_DIRECTIONS), dtype="float64")
    masked = _SENT.hide(counts.set_axis([row.community for row in rows]), ON_EXPORT)
    if not brief.filters.community:
        return _Referrals(rows, masked.frame, masked.totals)
    chosen = tuple(row for row in rows if row.community == brief.filters.community)
    told = masked.frame.loc[[row.community for row in chosen]]
    return _Referrals(chosen, told, {name: float(told[name].sum()) for name in _DIRECTIONS})  # of one community: its own, as shown


def _known(count: float) -> bool:
    """Return whether a count is shown as it is, and not as what stands for a hidden one."""
    return count not in (few(ON_EXPORT), COVERED)


def _cell(brief: Brief, count: float) -> int | str:
    """Return a count as it is shown: "<10" where that may be said, "hidden" where it protects another or would tell too much itself."""
    if _known(count):
        return int(count)
    return SUPPRESSED if count == few(ON_EXPORT) else brief.say(marked("隐去"))


def _words(brief: Brief, count: float) -> str:
    cell = _cell(brief, count)
    return cell if isinstance(cell, str) else formatting.count(cell)


def referral_part(brief: Brief) -> Part:
    """Return referrals up, down, lateral and out; small counts and what they could be computed from are hidden."""
    _ = brief.say
    heading = _("双向转诊")
    found = _referrals(brief)
    if not found.rows:
        return lacking(brief, heading, _("这个时期没有转诊数据。"))
    sums = found.totals
    shown = {name: _words(brief, sums[name]) for name in _DIRECTIONS}
    total = _("上转 {up} 人次，下转 {down} 人次，转往县域外 {out} 人次。", up=shown["up"], down=shown["down"], out=shown["out"])
    if not sums["up"]:
        message = _("没有上转病例")
    elif not (_known(sums["up"]) and _known(sums["down"])):
        message = total.rstrip(_("。"))
    else:
        message = _("每上转 100 人，下转 {down} 人", down=formatting.number(100 * sums["down"] / sums["up"]))
    names = ((_("上转"), "up"), (_("下转"), "down"), (_("县域外"), "out"))
    chart = Chart(
        key="referrals",
        kind="column",
        title=_("各医共体转出人次"),
        categories=tuple(row.name for row in found.rows),
        series=tuple(Series(name, tuple(float(each) if _known(each) else None for each in found.told[field])) for name, field in names),
        format="#,##0",
        alternative=total,
    )
    section = Section(heading, message, (Bullets((total,)), chart, _referral_table(brief, found)), note="fact_referral")
    return Part((section,), (f"{message}{_('；')}{total}" if message + _("。") != total else total,), ("B08",))


def _referral_table(brief: Brief, found: _Referrals) -> Table:
    _ = brief.say
    body: list[tuple[Cell, ...]] = []
    for row, told in zip(found.rows, found.told.to_dict("records"), strict=True):
        known = _known(told["up"]) and _known(told["down"])
        body.append((row.name, *(_cell(brief, told[name]) for name in _DIRECTIONS), row.down_per_up if row.up > 0 and known else None))
    if len(found.rows) > 1:
        sums = found.totals
        known = _known(sums["up"]) and _known(sums["down"]) and sums["up"] > 0
        body.append((_("合计"), *(_cell(brief, sums[name]) for name in _DIRECTIONS), sums["down"] / sums["up"] if known else None))
    columns = (
        Column(_("转出医共体")),
        Column(_("上转"), "count"),
        Column(_("下转"), "count"),
        Column(_("同级"), "count"),
        Column(_("县域外"), "count"),
        Column(_("下转/上转"), "percent"),
    )
    note = _("<{limit}：人数过少；隐去：用合计可以算出人数过少的那一格。", limit=ON_EXPORT)
    note = "" if all(map(_known, [*found.told.to_numpy().ravel(), *found.totals.values()])) else note
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
    masked = _REPORTED.hide(pd.DataFrame({"reports": [float(row.reports) for row in shared.centres]}), ON_EXPORT)
    shown = shown_centres(shared, ON_EXPORT)
    rows: list[tuple[Cell, ...]] = []
    for row, reports, change in zip(shared.centres, masked.frame["reports"], shown["change"], strict=True):
        name = CENTRE_SERVICE[row.centre].zh if brief.language == "zh" else CENTRE_SERVICE[row.centre].en
        rows.append((name, _cell(brief, reports), None if math.isnan(change) else change))
    total = _words(brief, masked.totals["reports"])
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
