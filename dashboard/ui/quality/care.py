"""Section 质量: three axes, institutions and wards against what their patients lead to expect, months, rare events."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.case_mix import WARNING_CHANCE
from dashboard.analysis.control_charts import HIGH
from dashboard.catalogue.loader import load_catalogue
from dashboard.language import marked
from dashboard.services.overview.wording import status_text, unit_text
from dashboard.services.quality.care import (
    AXES,
    AXIS_NAMES,
    OF_DISCHARGES,
    OUTCOMES,
    RARE,
    READINGS,
    WARDS,
    WITHOUT_LIMITS,
    axis_readings,
    good_when_high,
    outcome_funnel,
    outcome_months,
    rare_events,
    wards,
)
from dashboard.services.quality.cells import DISCHARGES, QUALITY, offered
from dashboard.states import SIGNS, State
from dashboard.ui.frame.drill import ask, asker
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.blocks import Table, chart_or_table, definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.control_figure import chart_finding, control_figure
from dashboard.ui.kit.definition import Definition, catalogue_definition
from dashboard.ui.kit.facts import Fact, fact_lists
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.quality.charts import days_figure, funnel_figure
from dashboard.ui.quality.parts import Asked, funnel_definitions, judgements, listed, own, unit_choice

PIXELS = 320
DEFAULT = "E15"
JUDGEMENTS = {
    "better": marked("{sign} 好于去年"),
    "worse": marked("{sign} 差于去年"),
    "noise": marked("偶然范围内"),
    "unknown": marked("不能比较"),
}
_SIGN = {"better": SIGNS[State.GOOD], "worse": SIGNS[State.WARNING]}


def lacks_quality(asked: Asked) -> tuple[str, str] | None:
    """Return why there is nothing to say of quality, and what to do; None when there is."""
    if offered(asked.frame.database) & {QUALITY, DISCHARGES}:
        return None
    return (
        _("没有住院质量数据。"),
        _("请载入“住院质量月报”（fact_inpatient_quality）；按科室和病组标化还需“出院病组月报”（fact_discharge_group）。"),
    )


def _name(code: str) -> str:
    return load_catalogue().indicator(code).short_label(language())


def _value(code: str, value: float) -> str:
    indicator = load_catalogue().indicator(code)
    text = formatting.number(value, indicator.decimals)
    return text if text == formatting.MISSING else f"{text}{unit_text(indicator.unit, language())}"


def _judged(judgement: str) -> str:
    return _(JUDGEMENTS[judgement], sign=_SIGN.get(judgement, ""))


def _readings_table(readings: pd.DataFrame) -> tuple[pd.DataFrame, list[TableColumn]]:
    table = readings.assign(
        name=[_name(code) for code in readings["indicator"]],
        axis_name=[_(AXIS_NAMES[axis]) for axis in readings["axis"]],
        unit=[_(load_catalogue().indicator(code).unit) for code in readings["indicator"]],
        words=[_judged(judgement) for judgement in readings["judgement"]],
    )
    columns = [
        TableColumn("axis_name", _("维度")),
        TableColumn("name", _("指标")),
        TableColumn("numerator", _("分子"), "people"),
        TableColumn("denominator", _("分母"), "count"),
        TableColumn("value", _("数值"), "number"),
        TableColumn("lower", _("95% 下限"), "number"),
        TableColumn("upper", _("95% 上限"), "number"),
        TableColumn("unit", _("单位")),
        TableColumn("before", _("去年同期"), "number"),
        TableColumn("words", _("比去年")),
    ]
    return table, columns


def axes_finding(readings: pd.DataFrame) -> str:
    """Return what of the three axes surely changed, and how many indicators the county does not report."""
    worse, better = (readings.loc[readings["judgement"].eq(word), "indicator"] for word in ("worse", "better"))
    lacking = int(readings["value"].isna().sum())
    parts = []
    if len(worse):
        parts.append(_("{names}差于去年", names=_("、").join(_name(code) for code in worse)))
    if len(better):
        parts.append(_("{names}好于去年", names=_("、").join(_name(code) for code in better)))
    noise = int(readings["judgement"].eq("noise").sum())
    if not parts:
        parts.append(_("{count} 项与去年的差别都在偶然范围内", count=noise) if noise else _("没有能与去年比较的"))
    if lacking:
        parts.append(_("{count} 项没有数据", count=lacking))
    return _("，").join(parts)


def axes_card(asked: Asked, key: str = "quality_axes", *, whole: bool = False) -> None:
    """Draw the three axes: value, interval, judgement against last year; each opens what is behind it."""
    frame = asked.frame
    readings = READINGS.hide(axis_readings(frame.database, asked.scope)).frame
    title = _("质量三轴：{finding}", finding=axes_finding(axis_readings(frame.database, asked.scope)))
    aside = _("小字 = 95% 区间（Wilson / Byar）；比去年已按 {count} 项校正", count=len(readings))
    with card(key, title, frame.beside(aside, "scheme")):
        by_code = {str(row["indicator"]): row for _place, row in readings.iterrows()}
        fact_lists(key, [(_(AXIS_NAMES[axis]), [_axis_fact(asked, by_code[code]) for code in members]) for axis, members in AXES.items()])
        contents = [catalogue_definition(code, frame.database.version) for members in AXES.values() for code in members]
        if whole:
            table, columns = _readings_table(axis_readings(frame.database, asked.scope))
            show_table(table, columns, key=key, title=title, source=frame.source(), rows=len(table), guard=READINGS)
        definitions(key, contents)


def _axis_fact(asked: Asked, row: pd.Series) -> Fact:
    code = str(row["indicator"])
    value, entry = _value(code, float(row["value"])), load_catalogue().indicator(code)
    if value == formatting.MISSING:
        words = status_text(str(row["status"]), str(row["missing"]), language()) or _("例数太少，不显示")
    elif code in WITHOUT_LIMITS:
        words = _("去年 {value}", value=_value(code, float(row["before"])))
    else:
        low, high = (formatting.number(row[edge], entry.decimals) for edge in ("lower", "upper"))
        words = f"{low}–{high} · {_judged(str(row['judgement']))}"
        if not entry.applies_to:  # among indicators of hospitals one that all institutions make
            words = _("{words} · 含基层机构", words=words)
    return Fact(_name(code), value, words, asker(code, asked.scope.community))


def outcome_labels() -> dict[str, str]:
    """Return the indicators that institutions can be compared by."""
    first = [*OF_DISCHARGES, *(code for members in AXES.values() for code in members if code not in OF_DISCHARGES)]
    return {code: _name(code) for code in first if code not in WITHOUT_LIMITS}


def _events(code: str) -> str:
    return _("未达到 {name} 的例数", name=_name(code))


def outcome_card(asked: Asked, code: str, key: str = "quality_outcome") -> None:
    """Draw the institutions' events against those expected, as a funnel; a click opens the institution."""
    frame = asked.frame
    compared = outcome_funnel(frame.database, asked.scope, code)
    if compared is None:
        with card(key, _("{name}：没有按机构上报的数据", name=_name(code))):
            st.caption(_("请在“住院质量月报”（fact_inpatient_quality）里补上这一列。"))
        return
    high = compared.units[compared.units["side"].eq("high")]
    sure, maybe = (high[high["level"].eq(level)] for level in ("action", "warning"))
    total = int(compared.units["level"].ne("few").sum())
    if not total:
        title = _("{name}：数据太少，没有判断", name=_name(code))
    elif len(sure):
        title = _("{name}：{total} 家里 {names}超出偶然", name=_name(code), total=total, names=listed(sure["name"].tolist()))
    elif len(maybe):
        title = _("{name}：{names}只越过 95% 线，可能是偶然", name=_name(code), names=listed(maybe["name"].tolist()))
    else:
        title = _("{name}：{total} 家都在偶然范围内，不排名", name=_name(code), total=total)
    how = _("按病组标化") if compared.standardised else _("未按病种标化：没有出院病组月报或此项不分病组")
    limits = _("限值只按偶然") if compared.overdispersion <= 1 else _("限值已按机构间常有的差别放宽")
    events = [_("事件 = {what}", what=_events(code))] if good_when_high(code) else []
    aside = " · ".join([how, *events, limits])
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("cases", _("病例或床日"), "people"),
        TableColumn("observed", _("观察数"), "people"),
        TableColumn("expected", _("预期数"), "number"),
        TableColumn("ratio", _("观察 ÷ 预期"), "number"),
        TableColumn("lower", _("95% 下限"), "number"),
        TableColumn("upper", _("95% 上限"), "number"),
        TableColumn("judgement", _("判断")),
    ]
    shown = compared.shown(OUTCOMES)
    codes = shown.index.tolist()
    with card(key, title, frame.beside(aside, "scheme")):
        if shown.empty:
            st.caption(_("各家例数都太少，不显示。"))
            return
        chart_or_table(
            key,
            partial(funnel_figure, compared, shown, _("预期例数（对数）"), _("观察 ÷ 预期"), PIXELS),
            Table(compared.units.assign(judgement=judgements(compared.units)), columns, title, OUTCOMES),
            frame.source(asked.peers, _name(code)),
            [catalogue_definition(code, frame.database.version), *funnel_definitions(True, compared.overdispersion)],
            alt=title,
            on_pick=lambda place, _trace: ask(code, asked.scope.community, str(codes[place])),
        )


def wards_card(asked: Asked, code: str, unit: str | None, key: str = "quality_wards", *, rows: int = 9, short: bool = False) -> None:
    """Draw the wards behind the institutions, the farthest above its expectation first."""
    frame = asked.frame
    table = wards(frame.database, asked.scope, code, unit)
    if table.empty:
        with card(key, _("科室：{name}没有按科室上报的数据", name=_name(code))):
            st.caption(_("按科室看需要“出院病组月报”（fact_discharge_group），其中有死亡、再入院和院感。"))
        return
    sure = table[table["level"].eq("action") & table["side"].eq("high")]
    names = [f"{row['unit_name']} {row['name']}" for _code, row in sure.iterrows()]
    judged = int(table["level"].ne("few").sum())
    if names:
        extra = float((sure["observed"] - sure["expected"]).sum())
        title = _("{names}超出偶然，多 {extra} 例", names=listed(names), extra=formatting.number(extra))
    elif not judged:
        title = _("科室：{name}的数据都太少，没有判断", name=_name(code))
    else:
        title = _("{count} 个够大的科室没有越过 99.8% 线的", count=judged)
    aside = _("{count} 个科室，偶然高过 95% 线预计 {chance} 个", count=judged, chance=formatting.number(WARNING_CHANCE * judged, 1))
    shown = table.assign(judgement=judgements(table)).reset_index(drop=True)
    events = TableColumn("observed", _("观察数"), "people")
    ratio = TableColumn("ratio", _("观察 ÷ 预期"), "number")
    if short:
        shown = shown.assign(ward=shown["unit_name"].astype(str) + " " + shown["name"].astype(str))
        columns = [TableColumn("ward", _("科室")), events, ratio]
    else:
        columns = [
            TableColumn("unit_name", _("机构")),
            TableColumn("name", _("科室")),
            TableColumn("cases", _("出院例数"), "people"),
            events,
            TableColumn("expected", _("预期数"), "number"),
            ratio,
            TableColumn("lower", _("95% 下限"), "number"),
            TableColumn("upper", _("95% 上限"), "number"),
            TableColumn("judgement", _("判断")),
        ]
    with card(key, title, frame.beside(aside, "scheme")):
        show_table(shown, columns, key=key, title=title, source=frame.source(asked.peers, _name(code)), rows=rows, guard=WARDS)
        definitions(key, funnel_definitions(True, 1.0))


def _why_not(asked: Asked, code: str) -> str:
    """Return why the reader is not told an indicator of the area; empty where it is told, or was never reported."""
    readings = axis_readings(asked.frame.database, asked.scope).set_index("indicator")
    status = str(readings["status"][code])
    return "" if status in ("ok", "incomplete", "missing_data") else status_text(status, language=language())


def months_card(asked: Asked, code: str, unit: str | None) -> None:
    """Draw an indicator month by month as a p or u chart."""
    months = outcome_months(asked.frame.database, asked.scope, code, unit)
    name = asked.names().get(unit, unit) if unit else asked.frame.area()
    if months is None:
        with card("quality_months", _("{name} · {what}：没有可用的月份", name=name, what=_name(code))):
            why = "" if unit else _why_not(asked, code)
            st.caption(escaped(why or _("请在“住院质量月报”（fact_inpatient_quality）里补上这一列。")))
        return
    chart = months.chart
    finding = _("{count} 个月例数太少不显示，不判断", count=months.hidden) if months.hidden else chart_finding(chart)
    title = f"{name} · {_name(code)}：{finding}"
    decimals = load_catalogue().indicator(code).decimals
    texts = [formatting.number(value, decimals) for value in chart.values]
    table = pd.DataFrame(
        {"month": chart.values.index, "value": chart.values.to_numpy(), "lower": chart.lower.to_numpy(), "upper": chart.upper.to_numpy()}
    )
    columns = [
        TableColumn("month", _("月份"), "month"),
        TableColumn("value", _("数值"), "number"),
        TableColumn("lower", _("下限"), "number"),
        TableColumn("upper", _("上限"), "number"),
    ]
    method = own(
        _("控制图（p / u）"),
        _("上下限 = 合计率 ± 3 × 该月的抽样误差"),
        _("例数少的月份限值自动放宽。越限、八个月同侧、六个月连升或连降、三点中两点近限为特殊原因。"),
        "fact_inpatient_quality",
    )
    with card("quality_months", title, asked.frame.beside(_("◆ 特殊原因 · 色带 = 控制限"), "grain", "scheme")):
        chart_or_table(
            "quality_months",
            partial(control_figure, chart, texts, suffix="", height=PIXELS),
            Table(table, columns, title),
            asked.frame.source(name, _name(code)),
            [catalogue_definition(code, asked.frame.database.version), method],
            alt=title,
        )


def days_definition() -> Definition:
    """Return how days between rare events are judged."""
    return own(
        _("相隔天数图（t 图）"),
        _("天数开 3.6 次方后作 XmR 图，限值换算回天"),
        _("稀少事件用率看不出变化，用相隔天数看：越长越好。月报只知道月份，当月的事件按月内均匀摊开。每月多于一两例的不用此图。"),
        "fact_inpatient_quality",
    )


def rare_card(asked: Asked, code: str, key: str = "quality_rare") -> None:
    """Draw the days between rare events, with the interval still open."""
    found = rare_events(asked.frame.database, asked.scope, code)
    label = load_catalogue().indicator(code).numerator_label
    name = label.text(language()) if label else _name(code)
    name = name[:1].upper() + name[1:]
    why = _why_not(asked, code)
    if found is None and why:
        with card(key, _("{name}：不显示", name=name)):
            st.caption(escaped(why))
        return
    if found is None:
        with card(key, _("{name}：没有数据，或不够稀少，请看按月的控制图", name=name)):
            st.caption(_("相隔天数图只用于平均每月不超过一两例的事件。"))
        return
    chart = found.chart
    days = formatting.number(chart.open_days)
    since, until = (formatting.month(month, language()) for month in (found.since, found.until))
    span = _("{since} 起没有缺报，数据到 {until}", since=since, until=until)
    if not chart.open_days >= 0:
        title = _("{name}：{since} 至 {until} 没有发生", name=name, since=since, until=until)
    elif chart.open_mark == HIGH:
        title = _("{name}：{days} 天未发生，长过偶然，可以说变好了", name=name, days=days)
    elif chart.open_mark == "insufficient":
        title = _("{name}：{days} 天未发生，例数太少，不判断", name=name, days=days)
    else:
        title = _("{name}：{days} 天未发生，还不能说变好了", name=name, days=days)
    table = pd.DataFrame({"month": pd.DatetimeIndex(chart.days.index).to_period("M").to_timestamp(), "days": chart.days.to_numpy()})
    columns = [TableColumn("month", _("月份"), "month"), TableColumn("days", _("相隔天数"), "count")]
    with card(key, title, asked.frame.beside(_("{span}；只显全县或医共体，不显机构和日期", span=span), "grain", "scheme")):
        chart_or_table(
            key,
            partial(days_figure, chart, 240),
            Table(table, columns, title),
            asked.frame.source(name),
            [days_definition(), catalogue_definition(code, asked.frame.database.version)],
            alt=title,
        )


def care_view(asked: Asked) -> str:
    """Draw the section and return its finding for the page's title."""
    axes_card(asked, whole=True)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        code = choice("outcome", _("看哪一项"), outcome_labels(), default=DEFAULT, width=260)
        unit = unit_choice(asked, "ward_at", _("看哪一家"), asked.peers)
        rare = choice("rare", _("稀少事件"), {each: _name(each) for each in RARE}, default="E04", width=220)
    left, right = st.columns(2, gap="small")
    with left:
        if asked.compares:
            outcome_card(asked, code)
        months_card(asked, code, unit)
    with right:
        if asked.compares:
            wards_card(asked, code, unit)
        rare_card(asked, rare)
    return _("质量：{finding}", finding=axes_finding(axis_readings(asked.frame.database, asked.scope)))
