"""View 预测: bed-days and visits of the next twelve months with their error, and the beds needed at a chosen occupancy."""

import math
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.forecast import SIMULATED_COVERAGE
from dashboard.analysis.naming import by_code
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.language import marked
from dashboard.services.common.reporting import table_words
from dashboard.services.utilisation.beds import selected_institutions
from dashboard.services.utilisation.forecast import ForecastAnswer, Volume, forecast_answer
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice, slider
from dashboard.ui.kit.blocks import Table, chart_or_table
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import MONTH_TICKS, base_figure, drawn_once
from dashboard.ui.kit.control_figure import faded
from dashboard.ui.kit.definition import OWN_GRADE, Definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import TableColumn
from dashboard.ui.kit.theme import palette
from dashboard.ui.utilisation.beds import ALL, ALL_LABEL

_RANGE = "<br>%{customdata[0]:,.0f}–%{customdata[1]:,.0f}<extra></extra>"
VOLUMES = {"bed_days": marked("占用床日"), "visits": marked("总诊疗人次")}
SOURCES = {"bed_days": "fact_bed", "visits": "fact_outpatient"}
METHODS = {
    "exponential_smoothing": marked("指数平滑"),
    "seasonal_naive": marked("去年同月"),
    "last_value": marked("最近一个月"),
    "insufficient": marked("月份不足"),
}


def forecast_definition(volume: str) -> Definition:
    """Return how the forecast is made and tested."""
    confidence = formatting.percent(utilisation_settings().forecast_confidence, 0)
    return Definition(
        name=_("预测：{what}", what=_(VOLUMES[volume])),
        meaning=_(
            "指数平滑（阻尼趋势、加法季节）与“去年同月”在最近一年逐季回测，误差小者用于预测；"
            "区间覆盖率 {confidence}，只含过去误差的波动，不含政策变化。",
            confidence=confidence,
        ),
        formula=_("回测平均绝对百分误差 = 平均(|预测 − 实际| ÷ 实际)"),
        source=SOURCES[volume],
        grade=_(OWN_GRADE),
        note=_(
            "缺报机构占常量 {share} 以上的月份不作已知，按前后两年同月补齐。",
            share=formatting.percent(utilisation_settings().missing_share, 0),
        ),
    )


@drawn_once
def _forecast_figure(answer: ForecastAnswer, unit: str) -> go.Figure:
    shade = palette()
    figure = base_figure(shade, 330)
    history, table = answer.history.tail(36), answer.forecast.table
    figure.add_scatter(x=table.index, y=table["upper"], mode="lines", line={"width": 0}, hoverinfo="skip")
    figure.add_scatter(
        x=table.index,
        y=table["lower"],
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor=faded(shade.primary, 0.16),
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=history.index, y=history["total"], mode="lines+markers", line={"color": shade.text, "width": 1.8},
        marker={
            "size": 5, "color": [shade.card if absent else shade.text for absent in history["absent"]],
            "line": {"width": 1.2, "color": shade.text},
        },
        customdata=[_("{count} 家未报", count=int(count)) if count else _("已报齐") for count in history["absent"]],
        hovertemplate="%{x|%Y-%m} <b>%{y:,.0f}</b> " + unit + "<br>%{customdata}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=table.index, y=table["forecast"], mode="lines+markers", line={"color": shade.primary, "width": 2, "dash": "dash"},
        marker={"size": 5},
        customdata=table[["lower", "upper"]].to_numpy(),
        hovertemplate="%{x|%Y-%m} " + _("预测") + " <b>%{y:,.0f}</b> " + unit + _RANGE,
    )  # fmt: skip
    figure.update_xaxes(tickformat=MONTH_TICKS, fixedrange=True, showgrid=False)
    figure.update_yaxes(tickformat=",", fixedrange=True)
    return figure


def _error_words(answer: ForecastAnswer) -> str:
    error = answer.forecast.mean_absolute_percentage_error
    method = _(METHODS[answer.forecast.method])
    if math.isnan(error):
        return _("方法：{method} · 月份太少，没有回测", method=method)
    return _(
        "方法：{method} · 回测误差 {error} · {stated} 区间在模拟历史上覆盖 {low}–{high}",
        method=method,
        error=formatting.percent(error / 100),
        stated=formatting.percent(answer.forecast.confidence, 0),
        low=formatting.percent(SIMULATED_COVERAGE[0], 0),
        high=formatting.percent(SIMULATED_COVERAGE[1], 0),
    )


def _volume_card(frame: PageFrame, volume: Volume, answer: ForecastAnswer | None) -> None:
    label = _(VOLUMES[volume])
    if answer is None or answer.forecast.method == "insufficient":
        with card(f"forecast_{volume}", label):
            empty_state(
                _("没有足够的月份来预测{what}。", what=label),
                _("请载入至少两个月的{table}，13 个月起可按季节预测。", table=table_words(SOURCES[volume], language())),
            )
        return
    table = answer.forecast.table
    before = float(answer.history["total"].tail(12).sum())
    change = float(table["forecast"].sum()) / before - 1 if before > 0 and len(answer.history) >= 12 else math.nan
    amount = formatting.compact(table["forecast"].sum(), language())
    title = _("未来 12 个月{what} {amount}", what=label, amount=amount)
    if not math.isnan(change):
        title = _("{title}，比近 12 个月 {change}", title=title, change=formatting.percent(change, signed=True))
    past = answer.history.tail(36).assign(forecast=math.nan, lower=math.nan, upper=math.nan)[
        ["total", "absent", "forecast", "lower", "upper"]
    ]
    rows = pd.concat([past, table.round()]).rename_axis("month").reset_index()
    columns = [
        TableColumn("month", _("月份"), "month"),
        TableColumn("total", _("实际"), "count"),
        TableColumn("absent", _("未报机构"), "count"),
        TableColumn("forecast", _("预测"), "count"),
        TableColumn("lower", _("下限"), "count"),
        TableColumn("upper", _("上限"), "count"),
    ]
    unit = _("床日") if volume == "bed_days" else _("人次")
    with card(f"forecast_{volume}", title, _error_words(answer)):
        chart_or_table(
            f"forecast_{volume}",
            partial(_forecast_figure, answer, unit),
            Table(rows, columns, title),
            frame.source(),
            [forecast_definition(volume)],
            alt=title,
        )


@drawn_once
def _beds_figure(beds: pd.DataFrame, open_beds: float) -> go.Figure:
    shade = palette()
    figure = base_figure(shade, 300)
    reach = {"array": beds["upper"] - beds["forecast"], "arrayminus": beds["forecast"] - beds["lower"]}
    colours = [shade.warning if value > open_beds else shade.primary for value in beds["forecast"]]
    figure.add_bar(
        x=beds.index, y=beds["forecast"], marker={"color": colours, "cornerradius": 3},
        error_y={"type": "data", "symmetric": False, "color": shade.muted, "thickness": 1, **reach},
        hovertemplate="%{x|%Y-%m} <b>%{y:,.0f}</b> " + _("张") + "<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=open_beds, line={"color": shade.text, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(tickformat=MONTH_TICKS, fixedrange=True, showgrid=False)
    figure.update_yaxes(tickformat=",", fixedrange=True)
    return figure


def _beds_card(frame: PageFrame, answer: ForecastAnswer, occupancy: int) -> str:
    beds = answer.beds(occupancy)
    peak = float(beds["forecast"].max())
    month = formatting.month(pd.DatetimeIndex(beds.index)[int(beds["forecast"].argmax())].date(), language())
    difference = answer.open_beds - peak
    words = (
        _("富余 {beds} 张", beds=formatting.number(difference))
        if difference >= 0
        else _("缺 {beds} 张", beds=formatting.number(-difference))
    )
    title = _(
        "按使用率 {occupancy}%，{month}最多需要 {peak} 张，{words}",
        occupancy=occupancy,
        month=month,
        peak=formatting.number(peak),
        words=words,
    )
    rows = beds.rename_axis("month").reset_index().assign(open_beds=round(answer.open_beds))
    columns = [
        TableColumn("month", _("月份"), "month"),
        TableColumn("bed_days", _("预测床日"), "count"),
        TableColumn("forecast", _("所需床位"), "count"),
        TableColumn("lower", _("下限"), "count"),
        TableColumn("upper", _("上限"), "count"),
        TableColumn("open_beds", _("现开放床位"), "count"),
    ]
    about = Definition(
        name=_("所需床位"),
        formula=_("预测床日 ÷ 当月天数 ÷ 选定使用率，向上取整"),
        meaning=_("现开放床位为最近一个月的平均开放床位。"),
        source="fact_bed",
        grade=_(OWN_GRADE),
    )
    with card(
        "beds_needed", title, _("虚线 = 现开放 {beds} 张 · 橙色 = 超过 · 误差线 = 预测区间", beds=formatting.number(answer.open_beds))
    ):
        chart_or_table(
            "beds_needed",
            partial(_beds_figure, beds, answer.open_beds),
            Table(rows, columns, title),
            frame.source(),
            [about],
            alt=title,
        )
    return _("按使用率 {occupancy}%，高峰月{words}", occupancy=occupancy, words=words)


def forecast_view(frame: PageFrame) -> str:
    """Draw the view and return the finding for the page's title."""
    filters = frame.filters
    names = by_code(selected_institutions(frame.database, filters.community, filters.level)["short_name"])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        chosen = choice("hospital", _("下钻机构"), {ALL: ALL_LABEL} | names, width=260)
        start = int(utilisation_settings().planning_occupancy)
        occupancy = slider("planned", _("规划使用率（%）"), 60, 100, start, width=320)
    institution = None if chosen == ALL else chosen
    answers = {
        volume: forecast_answer(frame.database, volume, filters.period, filters.community, filters.level, institution)
        for volume in ("bed_days", "visits")
    }
    left, right = st.columns(2, gap="small")
    with left:
        _volume_card(frame, "bed_days", answers["bed_days"])
    with right:
        _volume_card(frame, "visits", answers["visits"])
    beds = answers["bed_days"]
    if beds is None or beds.forecast.method == "insufficient":
        return _("没有足够的床位数据来预测")
    return _beds_card(frame, beds, occupancy)
