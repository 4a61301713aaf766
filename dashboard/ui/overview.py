"""The blocks of the Overview, each drawn from one answer of ``services.overview``, ``services.fund`` or ``services.attention``."""

import math
from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.targets import Standing
from dashboard.catalogue.overview import overview_plan
from dashboard.services import wording
from dashboard.services.attention import Attention
from dashboard.services.fund import FundAnswer, FundProgress
from dashboard.services.overview import BedPicture, BedPoint, Headline, Overview, Reading, ReferralBalance, SharedServices, StripRow
from dashboard.store.codes import CENTRE_SERVICE
from dashboard.ui import formatting
from dashboard.ui.cards import attention_item, card, headline_row
from dashboard.ui.charts import Bubble, HeatCell, ProgressRow, base_figure, heat_strip, progress_bars, quadrants, show_figure
from dashboard.ui.definition import Definition, catalogue_definition, definition
from dashboard.ui.i18n import _, code_label, language
from dashboard.ui.messages import empty_state, escaped, plotly_text
from dashboard.ui.readings import change_text, headline_content, reading_definition, target_chip, value_text
from dashboard.ui.shell import PageFrame
from dashboard.ui.tables import TableColumn, show_table
from dashboard.ui.theme import State, palette

_ATTENTION_SHOWN = 10
ATTENTION_BESIDE_FOLLOW_UPS = 9
"""One row less where decisions are followed up: the page stays on one screen."""
_SHARED_COLUMNS = 3
_BLOCK_PIXELS = 338
"""Two rows of blocks below header and headline cards fill 1080 pixels."""
_HEAT_LEVEL = {Standing.OFF: 0, Standing.NEAR: 1, Standing.MET: 3}
_HEAT_SIGN = {Standing.OFF: "▼", Standing.NEAR: "▲", Standing.MET: "✓", Standing.NONE: ""}


def finding(answer: Overview) -> str:
    """Return the page's title: how many headline targets are met, and the gravest matter."""
    held = [content.reading.standing for content in answer.headlines if content.reading.standing is not Standing.NONE]
    met = sum(standing is Standing.MET for standing in held)
    parts = [_("{held} 项有目标的核心指标 {met} 项达标", held=len(held), met=met)] if held else []
    if answer.attention:
        parts.append(attention_title(answer.attention[0]))
    elif answer.fund.county and answer.fund.county.year_end:
        parts.append(_("基金预计不超支"))
    return _("；").join(parts) or _("总览")


def headlines_block(cards: Sequence[Headline], frame: PageFrame) -> None:
    """Draw the headline numbers."""
    headline_row([headline_content(content, frame.database.version) for content in cards])


def _strip_details(rows: Sequence[StripRow], frame: PageFrame) -> None:
    reader = language()
    lines = [
        (
            row.name,
            cell.indicator.label(reader),
            cell.value,
            cell.indicator.unit,
            cell.numerator,
            cell.denominator,
            target_chip(cell.target),
        )
        for row in rows
        for cell in row.cells
    ]
    table = pd.DataFrame(lines, columns=["community", "indicator", "value", "unit", "numerator", "denominator", "target"])
    columns = (
        TableColumn("community", _("医共体")),
        TableColumn("indicator", _("指标")),
        TableColumn("value", _("数值"), "number"),
        TableColumn("unit", _("单位")),
        TableColumn("numerator", _("分子"), "number"),
        TableColumn("denominator", _("分母"), "number"),
        TableColumn("target", _("目标")),
    )
    show_table(table, columns, key="strip", title=_("各医共体离目标多远"), source=frame.source(), rows=12)
    for cell in rows[0].cells:
        with st.expander(escaped(cell.indicator.label(reader))):
            definition(reading_definition(cell, frame.database.version))


def _cell_text(reading: Reading) -> str:
    """Return the value as a narrow cell holds it: every dimension is in per cent, which the card says once."""
    return formatting.number(reading.value, reading.indicator.decimals)


def _last_year(reading: Reading) -> str:
    change = change_text(reading.change_last_year, reading.change_unit)
    return _("同比 {change}", change=change) if change else ""


def strip_block(rows: Sequence[StripRow], frame: PageFrame) -> None:
    """Draw community × dimension: the value in the cell, the fill by how it stands to its target."""
    plan = overview_plan()
    reader = language()
    aside = _("单位 % · ✓ 达标 · ▲ 差 {share} 以内 · ▼ 未达标", share=formatting.percent(plan.near_share, 0))
    with card("strip", _("各医共体离目标多远"), aside, details=partial(_strip_details, rows, frame) if rows else None):
        if not rows:
            empty_state(_("没有医共体名单。"), _("请在数据包里补上“医共体”表（dim_community）和机构所属医共体。"))
            return
        cells = [
            [
                HeatCell(
                    _HEAT_LEVEL.get(reading.standing),
                    "\n".join(part for part in (_cell_text(reading), _HEAT_SIGN[reading.standing]) if part),
                    " · ".join(
                        part
                        for part in (reading.indicator.label(reader), value_text(reading), target_chip(reading.target), _last_year(reading))
                        if part
                    ),
                )
                for reading in row.cells
            ]
            for row in rows
        ]
        figure = heat_strip(
            [row.name for row in rows], [dimension.label(reader) for dimension in plan.dimensions], cells, height=_BLOCK_PIXELS
        )
        show_figure(figure, key="strip", alt=_("各医共体在 {count} 个方面与目标的比较", count=len(plan.dimensions)))


def _outlook(row: FundProgress) -> tuple[str, State]:
    reader = language()
    if row.year_end is None:
        return "", State.NEUTRAL
    amount = formatting.money(abs(row.projected_overspend), reader)
    if row.projected_overspend > 0:
        return f"▲ {_('预计超支 {amount}', amount=amount)}", State.BAD
    return f"✓ {_('预计结余 {amount}', amount=amount)}", State.GOOD


def _fund_row(row: FundProgress) -> ProgressRow:
    colours = palette()
    text, state = _outlook(row)
    below = _("已支出 {share}", share=formatting.percent(row.execution))
    if row.year_end is not None:
        low, high = (formatting.percent(amount / row.budget, 0) for amount in (row.year_end.low, row.year_end.high))
        below = _("{spent} · 年末预测 95% 区间 {low}–{high}", spent=below, low=low, high=high)
    return ProgressRow(row.name, row.execution, text, below, colours.community(row.position), colours.state(state))


def _fund_details(fund: FundAnswer, frame: PageFrame) -> None:
    lines = [
        (row.name, row.budget, row.spent, row.execution, row.time_progress, *_projected(row))
        for row in (*fund.communities, *([fund.county] if fund.county else []))
    ]
    names = ["community", "budget", "spent", "execution", "time_progress", "projected", "low", "high", "overspend"]
    table = pd.DataFrame(lines, columns=names).replace({"community": {"": _("全县")}})
    columns = (
        TableColumn("community", _("医共体")),
        TableColumn("budget", _("全年预算(元)"), "money"),
        TableColumn("spent", _("已支出(元)"), "money"),
        TableColumn("execution", _("占全年预算"), "percent"),
        TableColumn("time_progress", _("时序进度"), "percent"),
        TableColumn("projected", _("年末预测(元)"), "money"),
        TableColumn("low", _("95% 下限(元)"), "money"),
        TableColumn("high", _("95% 上限(元)"), "money"),
        TableColumn("overspend", _("预计超支(元,负为结余)"), "money"),
    )
    show_table(table, columns, key="fund", title=_("医保总额预算执行"), source=frame.source(), rows=8)
    about = Definition(
        name=_("年末预测"),
        formula=_("已支出 + 去年剩余月份支出 × 今年累计增速；95% 区间由各月同比的离散程度按 t 分布给出"),
        numerator=_("参保地属于该医共体责任镇街的参保人全部基金支出，含县域外与药店"),
        denominator=_("当年总额预算"),
        source="agg_claim_month.fund_paid、fact_fund_budget.budget",
        grade=_("待核实：推导或建模假设"),
    )
    definition(about)


def _projected(row: FundProgress) -> tuple[float, float, float, float]:
    if row.year_end is None:
        return math.nan, math.nan, math.nan, math.nan
    return row.year_end.total, row.year_end.low, row.year_end.high, row.projected_overspend


def fund_block(fund: FundAnswer, frame: PageFrame) -> None:
    """Draw each community's fund against its budget, with the time progress and the year-end projection."""
    if fund.county is None:
        with card("fund", _("医保总额预算执行")):
            missing = _("没有 {year} 年的总额预算。", year=fund.year) if not fund.has_budget else _("没有医保结算数据。")
            empty_state(missing, _("请载入“医保总额预算”（fact_fund_budget）和“医保结算月报”（fact_claim）。"))
        return
    passed = fund.county.time_progress
    title = _("基金已用预算的 {share}", share=formatting.percent(fund.county.execution))
    with card("fund", title, _("竖线 = 时序进度 {share}", share=formatting.percent(passed)), details=partial(_fund_details, fund, frame)):
        figure = progress_bars([_fund_row(row) for row in fund.communities], expected=passed, height=_BLOCK_PIXELS)
        show_figure(figure, key="fund", alt=_("{year} 年各医共体医保总额预算执行与年末预测", year=fund.year))


def _referral_details(rows: Sequence[ReferralBalance], frame: PageFrame) -> None:
    lines = [(row.name, row.up, row.down, row.lateral, row.out, row.down_per_up) for row in rows]
    table = pd.DataFrame(lines, columns=["community", "up", "down", "lateral", "out", "down_per_up"])
    columns = (
        TableColumn("community", _("转出医共体")),
        TableColumn("up", _("上转"), "count"),
        TableColumn("down", _("下转"), "count"),
        TableColumn("lateral", _("同级"), "count"),
        TableColumn("out", _("县域外"), "count"),
        TableColumn("down_per_up", _("下转/上转"), "percent"),
    )
    show_table(table, columns, key="referral", title=_("双向转诊"), source=frame.source(), rows=8)
    definition(catalogue_definition("B08", frame.database.version))


def referral_block(rows: Sequence[ReferralBalance], frame: PageFrame) -> None:
    """Draw referrals up against down by community, and those out of the county."""
    if not rows:
        with card("referral", _("双向转诊")):
            empty_state(_("这个时期没有转诊数据。"), _("请载入“转诊月报”（fact_referral）。"))
        return
    up, down, out = (sum(getattr(row, name) for row in rows) for name in ("up", "down", "out"))
    title = _("每上转 100 人，下转 {down} 人", down=formatting.number(100 * down / up)) if up else _("没有上转病例")
    aside = _("上转 {up} · 下转 {down} · 县域外 {out}", up=formatting.count(up), down=formatting.count(down), out=formatting.count(out))
    with card("referral", title, aside, details=partial(_referral_details, rows, frame)):
        colours = palette()
        names = [plotly_text(row.name) for row in rows]
        series = (
            (_("上转"), [-row.up for row in rows], colours.communities[1]),
            (_("下转"), [row.down for row in rows], colours.communities[2]),
            (_("县域外"), [row.out for row in rows], colours.communities[4]),
        )
        directions = [
            {
                "type": "bar",
                "name": label,
                "y": names,
                "x": values,
                "orientation": "h",
                "marker": {"color": colour, "cornerradius": 3},
                "text": [formatting.count(abs(value), smallest=formatting.SMALLEST_SHOWN) for value in values],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": f"%{{y}} {label} %{{text}}<extra></extra>",
            }
            for label, values, colour in series
        ]
        reach = max(max(row.up, row.down, row.out) for row in rows) * 1.25
        figure = base_figure(
            colours,
            _BLOCK_PIXELS,
            directions,
            barmode="group",
            bargap=0.3,
            showlegend=True,
            xaxis={"visible": False, "range": [-reach, reach], "fixedrange": True},
            yaxis={"autorange": "reversed", "fixedrange": True, "showgrid": False, "tickfont": {"color": colours.text}},
        )
        show_figure(figure, key="referral", alt=title)


def _bed_hover(point: BedPoint) -> str:
    return _(
        "使用率 {occupancy} · 周转 {turnover} 次/年 · 平均住院日 {alos} 天 · 开放 {beds} 张",
        occupancy=formatting.percent(point.occupancy / 100),
        turnover=formatting.number(point.turnover, 1),
        alos=formatting.number(point.alos, 1),
        beds=formatting.number(point.beds),
    )


def _bed_details(picture: BedPicture, frame: PageFrame) -> None:
    lines = [(point.name, point.occupancy / 100, point.turnover, point.alos, point.beds, point.sector) for point in picture.points]
    table = pd.DataFrame(lines, columns=["institution", "occupancy", "turnover", "alos", "beds", "sector"])
    columns = (
        TableColumn("institution", _("机构")),
        TableColumn("occupancy", _("病床使用率"), "percent"),
        TableColumn("turnover", _("年周转次数"), "number"),
        TableColumn("alos", _("平均住院日"), "number"),
        TableColumn("beds", _("平均开放床位"), "number"),
        TableColumn("sector", _("象限")),
    )
    show_table(table, columns, key="beds", title=_("床位效率"), source=frame.source(), rows=10)
    for name in ("C01", "C03", "C05"):
        definition(catalogue_definition(name, frame.database.version))


def beds_block(picture: BedPicture | None, frame: PageFrame) -> None:
    """Draw every institution with beds by occupancy and turnover (Pabon Lasso)."""
    if picture is None:
        with card("beds", _("床位效率")):
            empty_state(_("这个时期没有床位数据。"), _("请载入“床位月报”（fact_bed）。"))
        return
    idle = sum(point.sector == "I" for point in picture.points)
    title = _("{count} 家机构中 {idle} 家床位利用不足", count=len(picture.points), idle=idle)
    with card("beds", title, _("横轴 使用率 · 纵轴 年周转次数 · 气泡 = 床位"), details=partial(_bed_details, picture, frame)):
        colours = palette()
        bubbles = [
            Bubble(
                point.name,
                point.occupancy / 100,
                point.turnover,
                point.beds,
                colours.community(point.position) if point.position >= 0 else colours.muted,
                _bed_hover(point),
            )
            for point in picture.points
            if not math.isnan(point.turnover)
        ]
        names = (_("II 周转快、床位富余"), _("III 高效"), _("I 利用不足"), _("IV 住院日偏长"))
        figure = quadrants(
            bubbles,
            x_line=picture.occupancy_line / 100,
            y_line=picture.turnover_line,
            x_title="",
            y_title="",
            names=names,
            height=_BLOCK_PIXELS,
        )
        show_figure(figure, key="beds", alt=title)


def attention_title(item: Attention) -> str:
    """Return what happened, in the reader's language."""
    return wording.attention_title(item, language())


def attention_detail(item: Attention) -> str:
    """Return by which rule, and what it affects."""
    return wording.attention_detail(item, language())


def _attention_details(items: Sequence[Attention], frame: PageFrame) -> None:
    lines = [(attention_title(item), attention_detail(item), item.rule.grade) for item in items]
    columns = (TableColumn("title", _("事项")), TableColumn("detail", _("依据与影响")), TableColumn("grade", _("规则等级")))
    table = pd.DataFrame(lines, columns=["title", "detail", "grade"])
    show_table(table, columns, key="attention", title=_("需要关注"), source=frame.source(), rows=12)


def attention_block(items: Sequence[Attention], frame: PageFrame, *, shown: int = _ATTENTION_SHOWN) -> None:
    """Draw what needs attention, the ``shown`` gravest first, the others behind them; all of it in a table behind the list."""
    title = _("需要关注 {count} 项", count=len(items)) if items else _("没有需要关注的事项")
    with card("attention", title, _("阈值为本系统设定，待核实"), details=partial(_attention_details, items, frame) if items else None):
        for item in items[:shown]:
            attention_item(attention_title(item), attention_detail(item), State.BAD if item.rule.severity == "high" else State.WARNING)
        if len(items) > shown:
            with st.popover(_("另外 {count} 项", count=len(items) - shown), type="tertiary"):
                for item in items[shown:]:
                    attention_item(attention_title(item), attention_detail(item), State.WARNING)


def _shared_details(frame: PageFrame) -> None:
    for name in ("C12a", "C13"):
        definition(catalogue_definition(name, frame.database.version))


def shared_block(shared: SharedServices, frame: PageFrame) -> None:
    """Draw what the shared centres reported, and how far results are recognised."""
    with card("shared", _("共享中心报告"), _("报告数 · 同比"), details=partial(_shared_details, frame)):
        if not shared.centres:
            empty_state(_("这个时期没有共享中心数据。"), _("请载入“共享中心月报”（fact_shared_service）。"))
            return
        cells = [
            (code_label(CENTRE_SERVICE, row.centre), formatting.count(row.reports), change_text(100 * row.change, "%"))
            for row in shared.centres
        ]
        answered = shared.recognised + shared.repeated
        if answered:
            cells.append((_("检查结果互认"), formatting.count(shared.recognised), formatting.percent(shared.recognised / answered)))
        for start in range(0, len(cells), _SHARED_COLUMNS):
            for column, (name, count, change) in zip(
                st.columns(_SHARED_COLUMNS, gap="small"), cells[start : start + _SHARED_COLUMNS], strict=False
            ):
                column.markdown(f":small[:gray[{escaped(name)}]]  \n**{escaped(count)}** :small[:gray[{escaped(change)}]]")
