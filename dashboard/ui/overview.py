"""The blocks of the Overview, each drawn from one answer of ``services.overview``, ``services.fund`` or ``services.attention``."""

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.analysis.targets import Standing
from dashboard.catalogue.overview import ImpactUnit, overview_plan
from dashboard.services.attention import Attention
from dashboard.services.database import DataVersion
from dashboard.services.fund import FundAnswer, FundProgress
from dashboard.services.overview import BedPicture, BedPoint, Headline, Reading, ReferralBalance, SharedServices, StripRow
from dashboard.store.codes import CENTRE_SERVICE
from dashboard.ui import formatting
from dashboard.ui.cards import attention_item, card, headline_row
from dashboard.ui.charts import Bubble, HeatCell, ProgressRow, base_figure, heat_strip, progress_bars, quadrants, show_figure
from dashboard.ui.i18n import _, code_label, language
from dashboard.ui.messages import empty_state, escaped, plotly_text
from dashboard.ui.readings import change_text, headline_content, target_chip, value_text
from dashboard.ui.theme import State, palette

_ATTENTION_SHOWN = 10
_SHARED_COLUMNS = 3
_BLOCK_PIXELS = 356
"""Two rows of blocks below header and headline cards fill 1080 pixels."""
_HEAT_LEVEL = {Standing.OFF: 0, Standing.NEAR: 1, Standing.MET: 3}
_HEAT_SIGN = {Standing.OFF: "▼", Standing.NEAR: "▲", Standing.MET: "✓", Standing.NONE: ""}


def finding(cards: Sequence[Headline], fund: FundAnswer, items: Sequence[Attention]) -> str:
    """Return the page's title: how many headline targets are met, and the gravest matter."""
    held = [content.reading.standing for content in cards if content.reading.standing is not Standing.NONE]
    met = sum(standing is Standing.MET for standing in held)
    parts = [_("{held} 项有目标的核心指标 {met} 项达标", held=len(held), met=met)] if held else []
    if items:
        parts.append(attention_title(items[0]))
    elif fund.county and fund.county.year_end:
        parts.append(_("基金预计不超支"))
    return _("；").join(parts) or _("总览")


def headlines_block(cards: Sequence[Headline], version: DataVersion) -> None:
    """Draw the headline numbers."""
    headline_row([headline_content(content, version) for content in cards])


def _last_year(reading: Reading) -> str:
    change = change_text(reading.change_last_year, reading.change_unit)
    return _("同比 {change}", change=change) if change else ""


def strip_block(rows: Sequence[StripRow]) -> None:
    """Draw community × dimension: the value in the cell, the fill by how it stands to its target."""
    plan = overview_plan()
    reader = language()
    with card("strip", _("各医共体离目标多远"), _("✓ 达标 · ▲ 差 {share} 以内 · ▼ 未达标", share=formatting.percent(plan.near_share, 0))):
        if not rows:
            empty_state(_("没有医共体名单。"), _("请在数据包里补上“医共体”表（dim_community）和机构所属医共体。"))
            return
        cells = [
            [
                HeatCell(
                    _HEAT_LEVEL.get(reading.standing),
                    "\n".join(part for part in (value_text(reading), _HEAT_SIGN[reading.standing]) if part),
                    " · ".join(
                        part for part in (reading.indicator.label(reader), target_chip(reading.target), _last_year(reading)) if part
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


def fund_block(fund: FundAnswer) -> None:
    """Draw each community's fund against its budget, with the time progress and the year-end projection."""
    if fund.county is None:
        with card("fund", _("医保总额预算执行")):
            missing = _("没有 {year} 年的总额预算。", year=fund.year) if not fund.has_budget else _("没有医保结算数据。")
            empty_state(missing, _("请载入“医保总额预算”（fact_fund_budget）和“医保结算月报”（fact_claim）。"))
        return
    passed = fund.county.time_progress
    title = _("基金已用预算的 {share}", share=formatting.percent(fund.county.execution))
    with card("fund", title, _("竖线 = 时序进度 {share}", share=formatting.percent(passed))):
        figure = progress_bars([_fund_row(row) for row in fund.communities], expected=passed, height=_BLOCK_PIXELS)
        show_figure(figure, key="fund", alt=_("{year} 年各医共体医保总额预算执行与年末预测", year=fund.year))


def referral_block(rows: Sequence[ReferralBalance]) -> None:
    """Draw referrals up against down by community, and those out of the county."""
    if not rows:
        with card("referral", _("双向转诊")):
            empty_state(_("这个时期没有转诊数据。"), _("请载入“转诊月报”（fact_referral）。"))
        return
    up, down, out = (sum(getattr(row, name) for row in rows) for name in ("up", "down", "out"))
    title = _("每上转 100 人，下转 {down} 人", down=formatting.number(100 * down / up)) if up else _("没有上转病例")
    aside = _("上转 {up} · 下转 {down} · 县域外 {out}", up=formatting.count(up), down=formatting.count(down), out=formatting.count(out))
    with card("referral", title, aside):
        colours = palette()
        figure = base_figure(colours, _BLOCK_PIXELS)
        names = [plotly_text(row.name) for row in rows]
        series = (
            (_("上转"), [-row.up for row in rows], colours.communities[1]),
            (_("下转"), [row.down for row in rows], colours.communities[2]),
            (_("县域外"), [row.out for row in rows], colours.communities[4]),
        )
        for label, values, colour in series:
            figure.add_bar(
                name=label, y=names, x=values, orientation="h", marker={"color": colour, "cornerradius": 3},
                text=[formatting.count(abs(value)) for value in values], textposition="outside", cliponaxis=False,
                hovertemplate=f"%{{y}} {label} %{{text}}<extra></extra>",
            )  # fmt: skip
        reach = max(max(row.up, row.down, row.out) for row in rows) * 1.25
        figure.update_layout(barmode="group", bargap=0.3, showlegend=True)
        figure.update_xaxes(visible=False, range=[-reach, reach], fixedrange=True)
        figure.add_vline(x=0, line={"color": colours.border, "width": 1})
        figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False, tickfont={"color": colours.text})
        show_figure(figure, key="referral", alt=title)


def _bed_hover(point: BedPoint) -> str:
    return _(
        "使用率 {occupancy} · 周转 {turnover} 次/年 · 平均住院日 {alos} 天 · 开放 {beds} 张",
        occupancy=formatting.percent(point.occupancy / 100),
        turnover=formatting.number(point.turnover, 1),
        alos=formatting.number(point.alos, 1),
        beds=formatting.number(point.beds),
    )


def beds_block(picture: BedPicture | None) -> None:
    """Draw every institution with beds by occupancy and turnover (Pabon Lasso)."""
    if picture is None:
        with card("beds", _("床位效率")):
            empty_state(_("这个时期没有床位数据。"), _("请载入“床位月报”（fact_bed）。"))
        return
    idle = sum(point.sector == "I" for point in picture.points)
    title = _("{count} 家机构中 {idle} 家床位利用不足", count=len(picture.points), idle=idle)
    with card("beds", title, _("横轴 使用率 · 纵轴 年周转次数 · 气泡 = 床位")):
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


def _impact(amount: float, unit: ImpactUnit) -> str:
    reader = language()
    if unit == "yuan":
        return formatting.money(amount, reader)
    templates = {
        "cases": _("{count} 人次"),
        "bed_days": _("{count} 床日"),
        "examinations": _("{count} 例"),
        "months": _("{count} 个月"),
    }
    return templates[unit].format(count=formatting.count(amount))


def _fields(item: Attention) -> dict[str, str]:
    return {
        "unit": item.unit_name,
        "value": formatting.percent(item.value),
        "reference": formatting.percent(item.reference),
        "change": formatting.percent(item.change, signed=True),
        "months": str(item.months),
        "impact": _impact(item.impact, item.rule.impact_unit),
        "limit": formatting.percent(item.rule.limit, 0),
        "low": formatting.percent(item.low, 0),
        "high": formatting.percent(item.high, 0),
    }


def attention_title(item: Attention) -> str:
    """Return what happened, in the reader's language."""
    return (item.rule.title if language() == "zh" else item.rule.title_en).format(**_fields(item))


def attention_detail(item: Attention) -> str:
    """Return by which rule, and what it affects."""
    return (item.rule.detail if language() == "zh" else item.rule.detail_en).format(**_fields(item))


def attention_block(items: Sequence[Attention]) -> None:
    """Draw what needs attention, the gravest first; all of it in a table behind the list."""
    title = _("需要关注 {count} 项", count=len(items)) if items else _("没有需要关注的事项")
    with card("attention", title, _("先按轻重，再按影响；阈值为本系统设定，待核实"), height="content"):
        for item in items[:_ATTENTION_SHOWN]:
            attention_item(attention_title(item), attention_detail(item), State.BAD if item.rule.severity == "high" else State.WARNING)
        if len(items) > _ATTENTION_SHOWN:
            with st.popover(_("另外 {count} 项", count=len(items) - _ATTENTION_SHOWN), type="tertiary"):
                for item in items[_ATTENTION_SHOWN:]:
                    attention_item(attention_title(item), attention_detail(item), State.WARNING)


def shared_block(shared: SharedServices) -> None:
    """Draw what the shared centres reported, and how far results are recognised."""
    with card("shared", _("共享中心报告")):
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


def attention_frame(items: Sequence[Attention]) -> pd.DataFrame:
    """Return the list as a table for export: what, by which rule, how much."""
    return pd.DataFrame(
        [(attention_title(item), attention_detail(item), item.rule.grade) for item in items], columns=["title", "detail", "grade"]
    )
