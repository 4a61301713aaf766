"""View 床位使用: six figures, institutions, trend with control limits, calendar, departments."""

import math
from collections.abc import Hashable
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.control_charts import HIGH, LOW
from dashboard.analysis.naming import by_code
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.language import marked
from dashboard.services.utilisation.beds import CATALOGUE_IDS, RATES, BedUse, bed_calendar, bed_history, bed_trend, bed_use, department_use
from dashboard.ui.frame.drill import ask
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.blocks import Table, chart_or_table, definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.control_figure import chart_finding, control_figure
from dashboard.ui.kit.definition import Definition, catalogue_definition
from dashboard.ui.kit.headlines import HeadlineCard, headline_row
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.utilisation.charts import calendar_figure
from dashboard.ui.utilisation.parts import beside, few_departments, few_institutions, no_beds

ALL = "all"
ALL_LABEL = marked("所选机构合计")
CHART_PIXELS = 400
_CALENDAR_ROW = 15
_PERCENT = {"occupancy", "approved_occupancy"}
RATE_LABELS = {
    "occupancy": marked("病床使用率"),
    "approved_occupancy": marked("核定床位使用率"),
    "turnover": marked("周转次数"),
    "alos": marked("平均住院日"),
    "bed_working_days": marked("病床工作日"),
    "turnover_interval": marked("周转间隔"),
}
RATE_HEADS = {
    "occupancy": marked("使用率"),
    "approved_occupancy": marked("核定使用率"),
    "turnover": marked("周转"),
    "alos": marked("住院日"),
    "bed_working_days": marked("工作日"),
    "turnover_interval": marked("间隔"),
}
RATE_UNITS = {
    "occupancy": "%", "approved_occupancy": "%", "turnover": marked("次"), "alos": marked("天"), "bed_working_days": marked("天"),
    "turnover_interval": marked("天"),
}  # fmt: skip
_SIDES = {
    "occupancy": ("occupied_bed_days", "open_bed_days"),
    "approved_occupancy": ("occupied_bed_days", "approved_bed_days"),
    "turnover": ("discharges", "open_beds"),
    "alos": ("discharged_bed_days", "discharges"),
    "bed_working_days": ("occupied_bed_days", "open_beds"),
    "turnover_interval": (None, "discharges"),
}
SIGNALS = {
    HIGH: marked("◆ 特殊偏高"),
    LOW: marked("◆ 特殊偏低"),
    "common": marked("· 普通波动"),
    "insufficient": marked("月份太少"),
    "missing": marked("本月未报"),
}


def rate_text(rate: str, value: float) -> str:
    """Return a rate with its unit: "85.2%", "7.5 天"."""
    text = formatting.number(value, 0 if value >= 200 else 1)
    if text == formatting.MISSING:
        return text
    return f"{text}%" if rate in _PERCENT else f"{text} {_(RATE_UNITS[rate])}"


def _change(rate: str, now: float, before: pd.Series | None) -> str:
    if before is None or math.isnan(now) or math.isnan(before[rate]):
        return ""
    if rate in _PERCENT:
        return formatting.points((now - before[rate]) / 100)
    return formatting.number(now - before[rate], 1, signed=True)


def _definition(rate: str, frame: PageFrame, total: pd.Series) -> Definition:
    over, under = _SIDES[rate]
    numerator = total["open_bed_days"] - total["occupied_bed_days"] if over is None else total[over]
    return catalogue_definition(CATALOGUE_IDS[rate], frame.database.version, numerator, total[under])


def _figure_card(rate: str, frame: PageFrame, use: BedUse, history: pd.DataFrame) -> HeadlineCard:
    value = float(use.total[rate])
    content = _definition(rate, frame, use.total)
    return HeadlineCard(
        key=rate,
        definition=replace(content, name=_(RATE_LABELS[rate])),
        value=rate_text(rate, value),
        indicator=CATALOGUE_IDS[rate],
        previous_change=_change(rate, value, use.previous),
        last_year_change=_change(rate, value, use.last_year),
        trend=[None if math.isnan(each) else float(each) for each in history[rate]],
    )


def _all_definitions(frame: PageFrame, total: pd.Series) -> list[Definition]:
    return [_definition(rate, frame, total) for rate in RATES]


def rate_columns() -> list[TableColumn]:
    """Return the columns of the six rates, as the tables of institutions and departments show them."""
    kinds = {rate: "percent" if rate in _PERCENT else "number" for rate in RATES}
    units = {rate: "" if rate in _PERCENT else f" {_(RATE_UNITS[rate])}" for rate in RATES}
    return [TableColumn(rate, f"{_(RATE_HEADS[rate])}{units[rate]}", kinds[rate]) for rate in RATES]  # type: ignore[arg-type]


def as_shares(beds: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with occupancies as ratios, which is what tables call per cent."""
    return beds.assign(**{rate: beds[rate] / 100 for rate in _PERCENT})


def _flag(row: pd.Series) -> str:
    lines = utilisation_settings()
    parts = []
    if row["occupancy"] > lines.overfull_occupancy:
        parts.append(_("! 超过 100%（加床）"))
    elif row["occupancy"] < lines.idle_occupancy:
        parts.append(_("! 低于 {line}", line=formatting.percent(lines.idle_occupancy / 100, 0)))
    if row["missing_months"]:
        parts.append(_("缺报 {months} 个月", months=int(row["missing_months"])))
    return _("；").join(parts)


def institution_table(frame: PageFrame, use: BedUse) -> None:
    """Draw every institution with beds: open and approved beds, six rates, whether it is noise, what is odd."""
    beds = use.institutions
    over = int((beds["occupancy"] > utilisation_settings().overfull_occupancy).sum())
    idle = int((beds["occupancy"] < utilisation_settings().idle_occupancy).sum())
    line = formatting.percent(utilisation_settings().idle_occupancy / 100, 0)
    title = _("{count} 家机构：{over} 家使用率超过 100%，{idle} 家低于 {line}", count=len(beds), over=over, idle=idle, line=line)
    how = _("点列名可排序，点格子看机构和月份；变化判断依最近月的控制图")
    with card("bed_institutions", title, beside(how, few_institutions(int(beds["few_discharged"].sum())))):
        shown = as_shares(beds).assign(
            flag=[_flag(row) for _code, row in beds.iterrows()],
            mark=[_(SIGNALS[mark]) for mark in beds["signal"]],
        )
        columns = [
            TableColumn("name", _("机构")),
            TableColumn("open_beds", _("开放床位"), "count"),
            TableColumn("approved_beds", _("核定床位"), "count"),
            *rate_columns(),
            TableColumn("mark", _("最近月变化")),
            TableColumn("flag", _("提示")),
        ]
        shown = shown.assign(open_beds=shown["open_beds"].round(), approved_beds=shown["approved_beds"].round())
        show_table(shown, columns, key="bed_institutions", title=title, source=frame.source(), rows=9, on_pick=partial(_behind_cell, frame))
        definitions("bed_institutions", _all_definitions(frame, use.total))


def _behind_cell(frame: PageFrame, code: Hashable, column: str) -> None:
    """Open what is behind a cell of the table of institutions: its rate, else its occupancy."""
    ask(CATALOGUE_IDS.get(column, CATALOGUE_IDS["occupancy"]), frame.filters.community, str(code))


def trend_card(frame: PageFrame, rate: str, institution: str | None, name: str) -> None:
    """Draw one rate over three years with its control limits."""
    filters = frame.filters
    trend = bed_trend(frame.database, rate, filters.period, filters.community, filters.level, institution)
    label = _(RATE_LABELS[rate])
    if trend is None:
        with card("bed_trend", f"{name} · {label}"):
            st.caption(_("没有可用的月份：缺少计算这个指标所需的数据。"))
        return
    title = f"{name} · {label}：{chart_finding(trend.chart)}"
    texts = [rate_text(rate, float(value)) for value in trend.chart.values]
    table = pd.DataFrame(
        {
            "month": trend.chart.values.index,
            "value": trend.chart.values.to_numpy(),
            "centre": trend.chart.centre.to_numpy(),
            "lower": trend.chart.lower.to_numpy(),
            "upper": trend.chart.upper.to_numpy(),
            "mark": [_(SIGNALS[mark]) for mark in trend.chart.marks],
            "missing": trend.missing.to_numpy(),
        }
    )
    columns = [
        TableColumn("month", _("月份"), "month"),
        TableColumn("value", label, "number"),
        TableColumn("centre", _("均值"), "number"),
        TableColumn("lower", _("下限"), "number"),
        TableColumn("upper", _("上限"), "number"),
        TableColumn("mark", _("判断")),
        TableColumn("missing", _("未报机构"), "count"),
    ]
    method = Definition(
        name=_("控制图（XmR）"),
        formula=_("上下限 = 均值 ± 2.66 × 相邻月份差的平均"),
        meaning=_("越限、八个月同侧、六个月连升或连降、三点中两点近限为特殊原因，其余为普通波动，不必逐月追问。"),
        source="fact_bed",
        grade=_("待核实：本产品口径"),
    )
    with card("bed_trend", title, frame.beside(_("◆ 特殊原因 · 空心 = 有机构未报 · 色带 = 控制限"), "grain")):
        chart_or_table(
            "bed_trend",
            lambda: control_figure(trend.chart, texts, suffix="%" if rate in _PERCENT else "", height=CHART_PIXELS, missing=trend.missing),
            Table(table, columns, title),
            frame.source(),
            [catalogue_definition(CATALOGUE_IDS[rate], frame.database.version), method],
            alt=title,
            on_pick=lambda _place, _trace: ask(CATALOGUE_IDS[rate], filters.community, institution or ""),
        )


def calendar_card(frame: PageFrame, names: dict[str, str]) -> None:
    """Draw occupancy, institution × month."""
    filters = frame.filters
    table = bed_calendar(frame.database, filters.period, filters.community, filters.level)
    full = utilisation_settings().overfull_occupancy
    over = int((table > full).sum().sum())
    title = _("近 {months} 个月有 {over} 个机构月超过 100%", months=table.shape[1], over=over)
    labels = [names.get(code, code) for code in table.index]
    shown = (table / 100).set_axis([f"{month:%Y-%m}" for month in table.columns], axis=1).assign(name=labels)
    columns = [TableColumn("name", _("机构")), *(TableColumn(month, month, "percent") for month in shown.columns[:-1])]
    with card("bed_calendar", title, frame.beside(_("色深 = 使用率高 · 橙色带数字 = 超过 100%（加床）· 空白 = 未报"), "grain")):
        chart_or_table(
            "bed_calendar",
            lambda: calendar_figure(table, labels, full=full, height=max(CHART_PIXELS, _CALENDAR_ROW * len(table) + 34)),
            Table(shown, columns, title),
            frame.source(),
            [catalogue_definition("C01", frame.database.version)],
            alt=title,
            on_pick=lambda place, _trace: ask("C01", filters.community, str(table.index[place // table.shape[1]])),
        )


def department_card(frame: PageFrame, institution: str | None, name: str, total: pd.Series) -> None:
    """Draw the departments of one institution, or of the selection."""
    filters = frame.filters
    departments = department_use(frame.database, filters.period, filters.community, filters.level, institution)
    tightest = departments.sort_values("occupancy", ascending=False)
    title = _(
        "{name}：{count} 个科室，使用率最高 {department} {value}",
        name=name,
        count=len(departments),
        department=tightest["name"].iloc[0],
        value=rate_text("occupancy", float(tightest["occupancy"].iloc[0])),
    )
    columns = [
        TableColumn("name", _("科室")),
        TableColumn("open_beds", _("开放床位"), "count"),
        *rate_columns(),
    ]
    if institution is None:
        columns.insert(1, TableColumn("institutions", _("机构数"), "count"))
    few = few_departments(int(departments["few_discharged"].sum()))
    with card("bed_departments", title, beside(_("上方“下钻机构”选一家可看其科室"), few)):
        shown = as_shares(tightest).assign(open_beds=tightest["open_beds"].round())
        show_table(shown, columns, key="bed_departments", title=title, source=frame.source(), rows=12)
        definitions("bed_departments", _all_definitions(frame, total))


def beds_view(frame: PageFrame) -> str:
    """Draw the view and return the finding for the page's title."""
    filters = frame.filters
    use = bed_use(frame.database, filters.period, filters.community, filters.level)
    if use is None:
        no_beds(frame)
        return _("没有床位数据")
    names = by_code(use.institutions["name"])
    history = bed_history(frame.database, filters.period, filters.community, filters.level)
    headline_row("beds", [_figure_card(rate, frame, use, history) for rate in RATES])
    labels = {ALL: ALL_LABEL} | names
    with st.container(horizontal=True, gap="small"):
        chosen = choice("hospital", _("下钻机构"), labels, width=260)
        rate = choice("rate", _("趋势指标"), {each: RATE_LABELS[each] for each in RATES}, width=260)
    institution = None if chosen == ALL else chosen
    left, right = st.columns(2, gap="small")
    with left:
        trend_card(frame, rate, institution, _(labels[chosen]))
    with right:
        calendar_card(frame, names)
    institution_table(frame, use)
    department_card(frame, institution, _(labels[chosen]), use.total)
    return finding(use)


def finding(use: BedUse) -> str:
    """Return what the beds say: overall occupancy, and how many are overfull and idle."""
    beds, lines = use.institutions, utilisation_settings()
    over = int((beds["occupancy"] > lines.overfull_occupancy).sum())
    idle = int((beds["occupancy"] < lines.idle_occupancy).sum())
    parts = [_("病床使用率 {value}", value=rate_text("occupancy", float(use.total["occupancy"])))]
    if over:
        parts.append(_("{over} 家超过 100%", over=over))
    if idle:
        parts.append(_("{idle} 家不到 {line}", idle=idle, line=formatting.percent(lines.idle_occupancy / 100, 0)))
    return _("，").join(parts)
