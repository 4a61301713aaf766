"""The blocks of the Overview, each drawn from one answer of ``services.overview``, ``services.fund`` or ``services.monitoring``."""

import math
from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.monitoring import monitoring_plan
from dashboard.catalogue.overview import overview_plan
from dashboard.services.monitoring.attention import Matter, of_scheme
from dashboard.services.monitoring.wording import matter_detail, matter_headline, matter_title
from dashboard.services.overview import wording
from dashboard.services.overview.answer import (
    SENT,
    BedPicture,
    BedPoint,
    Headline,
    Overview,
    Reading,
    ReferralBalance,
    SharedServices,
    StripRow,
    balance_frame,
    shown_centres,
    shown_recognition,
)
from dashboard.services.overview.fund import FundAnswer, FundProgress
from dashboard.states import STATE_WORDS, State, signed
from dashboard.store.codes import CENTRE_SERVICE
from dashboard.topics import page_named
from dashboard.ui.frame.drill import ask, ask_reports, asker
from dashboard.ui.frame.navigation import page_link
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.attention import AttentionLine, attention_list
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import Bubble, ProgressRow, base_figure, named_rows, progress_bars, quadrants, show_figure
from dashboard.ui.kit.definition import Definition, catalogue_definition, definition
from dashboard.ui.kit.facts import Fact, facts
from dashboard.ui.kit.headlines import headline_row
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state, escaped, plotly_text
from dashboard.ui.kit.readings import (
    USED_INDICATOR,
    change_text,
    every_scheme_text,
    headline_content,
    own_date_text,
    reading_definition,
    target_chip,
    trouble_text,
    value_text,
    with_time_mark,
)
from dashboard.ui.kit.strip import StripCell, StripLine, show_strip
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette

_SHARED_COLUMNS = 3
_BLOCK_PIXELS = 338
_STRIP_HEAD, _STRIP_ROW = 26, 38
"""What the heat strip takes: the picture of beds below it gets the rest of the column."""
_FUND_INDICATOR, _BED_INDICATOR, _REFERRAL_INDICATOR = "F04", "C01", "B08"
"""Two rows of blocks below header and headline cards fill 1080 pixels."""


def finding(answer: Overview, attention: Sequence[Matter], scheme: str | None = None) -> str:
    """Return the page's title: how many headline targets are met, how many cannot be judged, and the gravest matter.

    With a ``scheme`` chosen the matter is one of this scheme.
    """
    held = [content.reading for content in answer.headlines if content.reading.has_target]
    met = sum(reading.state is State.GOOD for reading in held)
    unknown = sum(reading.state is State.UNKNOWN for reading in held)
    parts = [_("{held} 项有目标的核心指标 {met} 项达标", held=len(held), met=met)] if held else []
    if unknown:
        parts.append(_("{count} 项数据不全、不作判断", count=unknown))
    matters = of_scheme(attention, scheme)
    if matters:
        parts.append(matter_headline(matters[0], language()))
    elif answer.fund.certain_surplus:
        parts.append(_("基金预计不超支"))
    return _("；").join(parts) or _("总览")


def headlines_block(cards: Sequence[Headline], fund: FundAnswer, frame: PageFrame) -> None:
    """Draw the headline numbers; the used share of the fund carries the mark of how much of the year its money has run."""
    contents = [headline_content(content, frame.database.version) for content in cards]
    chosen = frame.filters.community
    row = next((each for each in fund.communities if each.community == chosen), None) if chosen else fund.county
    month = frame.filters.period.last
    headline_row("overview", [with_time_mark(content, row, month) if content.key == USED_INDICATOR else content for content in contents])


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


def _cell_title(reading: Reading) -> str:
    """Return the sentence behind a cell: value, state, both sides of the rate, target, change, what is missing."""
    sides = _("分子 {numerator} ÷ 分母 {denominator}", numerator=_side(reading, "numerator"), denominator=_side(reading, "denominator"))
    state = _(STATE_WORDS[reading.state]) if reading.state in STATE_WORDS else ""
    known = not math.isnan(reading.value)
    parts = (
        f"{reading.indicator.label(language())} {value_text(reading)}",
        state,
        sides if known and reading.indicator.denominator else "",
        target_chip(reading.target),
        _last_year(reading),
        trouble_text(reading),
        every_scheme_text(reading),
        own_date_text(reading),
    )
    return " · ".join(part for part in parts if part)


def _side(reading: Reading, side: str) -> str:
    return formatting.number(getattr(reading, side))


def strip_block(rows: Sequence[StripRow], frame: PageFrame) -> None:
    """Draw community × dimension: the value in the cell, sign and fill by how it stands to its target; a click opens what is behind."""
    plan = overview_plan()
    reader = language()
    aside = _("单位 % · ✓ 达标 · ! 差 {share} 以内 · ✕ 未达标 · ○ 未报齐", share=formatting.percent(plan.near_share, 0))
    if any(reading.provisional for row in rows for reading in row.cells):
        aside = " · ".join((aside, _("◐ 初步")))
    with card(
        "strip", _("各医共体离目标多远"), frame.beside(aside, "community"), details=partial(_strip_details, rows, frame) if rows else None
    ):
        if not rows:
            empty_state(_("没有医共体名单。"), _("请在数据包里补上“医共体”表（dim_community）和机构所属医共体。"))
            return
        lines = [
            StripLine(
                row.community,
                row.name,
                [
                    StripCell(
                        _cell_text(reading),
                        None if math.isnan(reading.value) else reading.state,
                        _cell_title(reading),
                        reading.marks,
                    )
                    for reading in row.cells
                ],
            )
            for row in rows
        ]
        columns = [(dimension.indicator, dimension.label(reader)) for dimension in plan.dimensions]
        alt = _("各医共体在 {count} 个方面与目标的比较", count=len(columns))
        show_strip("overview_strip", lines, columns, alt=alt, on_pick=lambda community, indicator: ask(indicator, community))


def _fund_row(fund: FundAnswer, row: FundProgress) -> ProgressRow:
    colours = palette()
    reader = language()
    told, state = wording.fund_outlook(fund, row.community, reader)
    hover = _(
        "已支出 {spent} ÷ 全年预算 {budget} = {share}",
        spent=formatting.money(row.spent, reader), budget=formatting.money(row.budget, reader), share=formatting.percent(row.execution),
    )  # fmt: skip
    if row.year_end is None:
        hover = _("{words} · 月份不足，不作年末预测", words=hover)
    below = _("已支出 {share}", share=formatting.percent(row.execution))
    if row.year_end is not None:
        low, high = (formatting.percent(amount / row.budget, 0) for amount in (row.year_end.low, row.year_end.high))
        below = _("{spent} · 年末预测 90% 区间 {low}–{high}", spent=below, low=low, high=high)
    text = signed(state, _("年末预计{outlook}", outlook=told)) if told else ""
    return ProgressRow(row.name, row.execution, text, below, colours.community(row.position), colours.state(state), hover)


def _fund_details(fund: FundAnswer, frame: PageFrame) -> None:
    sums = (*fund.communities, *([fund.county] if fund.county else []))
    lines = [
        (row.name or _("全县"), wording.scheme_label(row.scheme, language()) or _("合计"), row.budget, row.spent, row.execution,
         row.time_progress, *_projected(row))
        for row in (*sums, *fund.units)
    ]  # fmt: skip
    names = ["community", "scheme", "budget", "spent", "execution", "time_progress", "projected", "low", "high", "overspend"]
    table = pd.DataFrame(lines, columns=names)
    columns = (
        TableColumn("community", _("医共体")),
        TableColumn("scheme", _("险种")),
        TableColumn("budget", _("全年预算(元)"), "money"),
        TableColumn("spent", _("已支出(元)"), "money"),
        TableColumn("execution", _("占全年预算"), "percent"),
        TableColumn("time_progress", _("时序进度"), "percent"),
        TableColumn("projected", _("年末预测(元)"), "money"),
        TableColumn("low", _("90% 下限(元)"), "money"),
        TableColumn("high", _("90% 上限(元)"), "money"),
        TableColumn("overspend", _("预计超支(元,负为结余)"), "money"),
    )
    show_table(table, columns, key="fund", title=_("医保总额预算执行"), source=frame.source(), rows=8)
    about = Definition(
        name=_("年末预测"),
        formula=_(
            "已支出 + 其余月份（上年同月 × 趋势 × 次均费用增幅）；90% 区间由 5,000 次模拟给出：波动大小取本县各月同比的离散程度，"
            "再按逐月漂移和自相关放宽 1 + 0.6 × √剩余月数 倍。与“医保总额推演”的基线是同一模型、同一组抽样"
        ),
        numerator=_("参保地属于该医共体责任镇街的参保人全部基金支出，含县域外与药店"),
        denominator=_("当年总额预算"),
        source="fact_claim.fund_paid、fact_fund_budget.budget",
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
            empty_state(*wording.no_fund_text(fund, language()))
        return
    passed, reader = fund.county.time_progress, language()
    title = _("基金已用预算的 {share}", share=formatting.percent(fund.county.execution))
    through = formatting.month(fund.county.through, reader)
    aside = (
        _("竖线 = 时序进度 {share}（去年同期占全年，结算到 {month}）", share=formatting.percent(passed), month=through)
        if fund.county.seasonal
        else _("竖线 = 时序进度 {share}（按月均摊，结算到 {month}）", share=formatting.percent(passed), month=through)
    )
    with card("fund", title, frame.beside(aside, "grain", "community"), details=partial(_fund_details, fund, frame)):
        figure = progress_bars([_fund_row(fund, row) for row in fund.communities], expected=passed, height=_BLOCK_PIXELS)
        alt = _("{year} 年各医共体医保总额预算执行与年末预测", year=fund.year)
        codes = [row.community for row in fund.communities]
        show_figure(figure, key="fund", alt=alt, on_pick=lambda place, _trace: ask(_FUND_INDICATOR, codes[place]))
        names = {each.code: each.short_name for each in frame.options.communities}
        if fund.left_out:
            st.caption(escaped(wording.left_out_text(fund, names, reader)))


def _referral_details(rows: Sequence[ReferralBalance], frame: PageFrame) -> None:
    columns = (
        TableColumn("name", _("转出医共体")),
        TableColumn("up", _("上转"), "people"),
        TableColumn("down", _("下转"), "people"),
        TableColumn("lateral", _("同级"), "people"),
        TableColumn("out", _("县域外"), "people"),
        TableColumn("down_per_up", _("下转/上转"), "percent"),
    )
    show_table(balance_frame(rows), columns, key="referral", title=_("双向转诊"), source=frame.source(), rows=8, guard=SENT)
    definition(catalogue_definition("B08", frame.database.version))


def referral_block(rows: Sequence[ReferralBalance], frame: PageFrame) -> None:
    """Draw referrals up against down by community, and those out of the county."""
    if not rows:
        with card("referral", _("双向转诊")):
            empty_state(_("这个时期没有转诊数据。"), frame.to_load("fact_referral"))
        return
    told, reader = SENT.hide(balance_frame(rows)), language()
    up, down = told.totals["up"], told.totals["down"]
    totals = {name: formatting.people(told.totals[name], reader) for name in ("up", "down", "out")}
    aside = _("上转 {up} · 下转 {down} · 县域外 {out}", **totals)
    title = _("双向转诊")
    if up == 0:
        title = _("没有上转病例")
    elif up >= ON_SCREEN and (down == 0 or down >= ON_SCREEN):
        title = _("每上转 100 人，下转 {down} 人", down=formatting.number(100 * down / up))
    aside = frame.beside(aside, "community", "scheme", tables=("fact_referral",))
    with card("referral", title, aside, details=partial(_referral_details, rows, frame)):
        colours = palette()
        names = [plotly_text(row.name) for row in rows]
        shown = told.frame
        series = (
            (_("上转"), "up", -1, colours.direction("up")),
            (_("下转"), "down", 1, colours.direction("down")),
            (_("县域外"), "out", 1, colours.direction("out")),
        )
        directions = [
            {
                "type": "bar",
                "name": label,
                "y": list(range(len(names))),
                "hovertext": names,
                "x": (sign * shown[side]).tolist(),
                "orientation": "h",
                "marker": {"color": colour, "cornerradius": 3},
                "text": [formatting.people(value, reader) for value in shown[side]],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": f"%{{hovertext}} {label} %{{text}}<extra></extra>",
            }
            for label, side, sign, colour in series
        ]
        reach = float(shown[["up", "down", "out"]].max().max()) * 1.25
        figure = base_figure(
            colours,
            _BLOCK_PIXELS,
            directions,
            barmode="group",
            bargap=0.3,
            showlegend=True,
            xaxis={"visible": False, "range": [-reach, reach], "fixedrange": True},
            yaxis=named_rows([row.name for row in rows]) | {"tickfont": {"color": colours.text}},
        )
        show_figure(figure, key="referral", alt=title, on_pick=lambda place, _trace: ask(_REFERRAL_INDICATOR, rows[place].community))


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
            empty_state(_("这个时期没有床位数据。"), frame.to_load("fact_bed"))
        return
    title = wording.beds_title(picture, language())
    aside = _("横轴 使用率、纵轴 周转，均为同类机构中位数的倍数 · 气泡 = 床位")
    left_out = wording.beds_left_out_text(picture, language())
    aside = " · ".join(filter(None, (aside, left_out)))
    with card("beds", title, frame.beside(aside, "scheme", tables=("fact_bed",)), details=partial(_bed_details, picture, frame)):
        if not picture.compared:
            empty_state(_("同类机构太少，不作比较。"), _("各机构的数字在表格里。"))
            return
        colours = palette()
        drawn = [point for point in picture.compared if not math.isnan(point.turnover)]
        bubbles = [
            Bubble(
                point.name,
                point.occupancy_index,
                point.turnover_index,
                point.beds,
                colours.community(point.position),
                _bed_hover(point),
            )
            for point in drawn
        ]
        names = (_("II 周转快、床位富余"), _("III 高效"), _("I 利用不足"), _("IV 住院日偏长"))
        figure = quadrants(
            bubbles,
            x_line=1.0,
            y_line=1.0,
            x_title="",
            y_title="",
            names=names,
            height=2 * _BLOCK_PIXELS - _STRIP_HEAD - _STRIP_ROW * len(frame.options.communities),
        )
        show_figure(
            figure,
            key="beds",
            alt=title,
            on_pick=lambda place, _trace: ask(_BED_INDICATOR, drawn[place].community, drawn[place].institution),
        )


def attention_title(item: Matter) -> str:
    """Return what happened, in the reader's language."""
    return matter_title(item, language())


def attention_detail(item: Matter) -> str:
    """Return by which rule, and what it affects."""
    return matter_detail(item, language())


def _attention_details(items: Sequence[Matter], frame: PageFrame) -> None:
    lines = [(attention_title(item), attention_detail(item), item.rule.grade) for item in items]
    columns = (TableColumn("title", _("事项")), TableColumn("detail", _("依据与影响")), TableColumn("grade", _("规则等级")))
    table = pd.DataFrame(lines, columns=["title", "detail", "grade"])
    show_table(table, columns, key="attention", title=_("需要关注"), source=frame.source(), rows=12)


def attention_block(items: Sequence[Matter], frame: PageFrame, *, beside_follow_ups: bool = False) -> None:
    """Draw the gravest of what needs attention, as many as the plan says; the rest is counted and stands on 运行监测 and in the table."""
    shown = monitoring_plan().overview_lines - beside_follow_ups  # one less beside them: the page stays on one screen
    title = _("需要关注 {count} 项", count=len(items)) if items else _("没有需要关注的事项")
    with card(
        "attention",
        title,
        frame.beside(_("阈值为本系统设定，待核实"), "scheme"),
        details=partial(_attention_details, items, frame) if items else None,
    ):
        attention_list("matters", [_attention_line(item) for item in items[:shown]])
        if len(items) > shown:
            entry = page_named("monitoring")
            assert entry is not None
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.caption(escaped(_("另有 {count} 项较轻：", count=len(items) - shown)), width="content")
                page_link(entry, {"month": f"{frame.filters.period.last:%Y-%m}"})


def _attention_line(item: Matter) -> AttentionLine:
    about_reports = partial(ask_reports, item.community or None, item.institution)
    indicator = item.rule.indicator
    opened = asker(indicator, item.community or None, item.institution, item.period) if indicator else None
    if item.rule.kind == "silence":
        opened = about_reports
    return AttentionLine(attention_title(item), attention_detail(item), item.state, opened)


def _shared_details(frame: PageFrame) -> None:
    for name in ("C12a", "C13"):
        definition(catalogue_definition(name, frame.database.version))


def shared_block(shared: SharedServices, frame: PageFrame) -> None:
    """Draw what the shared centres reported, and how far results are recognised."""
    aside = frame.beside(_("报告数 · 同比"), "community", "scheme", tables=("fact_shared_service",))
    with card("shared", _("共享中心报告"), aside, details=partial(_shared_details, frame)):
        if not shared.centres:
            empty_state(_("这个时期没有共享中心数据。"), frame.to_load("fact_shared_service"))
            return
        cells = [
            Fact(code_label(CENTRE_SERVICE, str(centre)), formatting.people(reports, language()), change_text(100 * change, "%"))
            for centre, reports, change in shown_centres(shared)[["centre", "reports", "change"]].itertuples(index=False)
        ]
        if shared.recognised + shared.repeated:
            recognised, share = shown_recognition(shared)
            cells.append(Fact(_("检查结果互认"), formatting.people(recognised, language()), formatting.percent(share)))
        facts("shared", cells, columns=_SHARED_COLUMNS)
