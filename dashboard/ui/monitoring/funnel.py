"""同类漏斗: the second question as a picture, beside the own history of the institution chosen."""

import math
from collections.abc import Iterable
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.catalogue.monitoring import MonitoringRule, monitoring_plan, monitoring_rules
from dashboard.services.monitoring.funnel import (
    DISCHARGES,
    EXAMINED,
    SPENT,
    SURVEYED,
    VISITS,
    Funnel,
    examined,
    funnel_rules,
    funnel_tables,
    funnels,
    group_words,
)
from dashboard.states import SIGNS, State
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice, fitted_select
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, drawn_once, mark_names, show_figure
from dashboard.ui.kit.control_figure import faded
from dashboard.ui.kit.definition import Definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.monitoring.wording import told_words

_HEIGHT = 260
_NOTABLE = 1.96


def funnel_card(frame: PageFrame) -> None:
    """Draw the funnel of the institutions of one kind for the rule chosen, and the months of the one chosen beside it."""
    rules, reader = funnel_rules(), language()
    month, plan = frame.filters.period.last, monitoring_plan()
    with card(
        "monitoring_funnel",
        _("同类漏斗与自身历史：检查率、次均费用、占比、满意度"),
        frame.dated(frame.beside(_("健康体检不计入检查率"), "community"), *_fed(rules.values())),
        details=partial(_details, frame),
    ):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            code = choice("funnel", _("看哪一项"), {name: rule.label(reader) for name, rule in rules.items()}, width="fitted")
            found = funnels(frame.database, month, code)
            if found:
                groups = {place: group_words(each.group, reader) for place, each in enumerate(found)}
                group = fitted_select(_("同类"), groups, key=f"funnel_{code}")
        if not found:
            empty_state(
                _("同类机构里有数的不足 {count} 家，不作比较。", count=plan.least_peers),
                frame.to_load(*funnel_tables(rules[code])),
            )
            return
        funnel = found[group]
        names = funnel.units.sort_values("z", ascending=False)["name"]
        left, right = st.columns([1.35, 1], gap="small")
        with left:
            show_figure(funnel_figure(funnel), key="chart_monitoring_funnel", alt=_funnel_words(funnel))
            st.caption(escaped(_funnel_words(funnel)))
        with right:
            unit = st.selectbox(
                _("哪家机构的历史"), list(names.index), format_func=lambda each: str(names[each]), key=f"funnel_unit_{code}_{funnel.group}"
            )
            title = _("{name} 近 {months} 个月", name=str(names[unit]), months=len(funnel.history))
            show_figure(history_figure(funnel, str(unit)), key="chart_monitoring_funnel_history", alt=title)
            st.caption(escaped(_own_words(funnel, str(unit))))


def _funnel_words(funnel: Funnel) -> str:
    outside = funnel.units[funnel.units["z"] > monitoring_plan().funnel]
    mean = told_words(monitoring_rules()[funnel.rule_id], funnel.mean, language())
    if outside.empty:
        return _("没有机构在不利一侧越出 99.8% 界限；同类合计 {mean}", mean=mean)
    names = _("、").join(str(name) for name in outside["name"])
    return _("越出 99.8% 界限：{names}；同类合计 {mean}", names=names, mean=mean)


def _own_words(funnel: Funnel, unit: str) -> str:
    """Return both answers about one institution; red needs both."""
    plan, units = monitoring_plan(), funnel.units
    own, peers = float(units["own"][unit]), float(units["z"][unit])
    told = [
        _("自身 {sign} z {z}", sign=_sign(own, plan.outlier), z=_number(own)),
        _("同行 {sign} z {z}", sign=_sign(peers, plan.funnel), z=_number(peers)),
    ]
    if monitoring_rules()[funnel.rule_id].kind == "survey":
        told[0] = _("自身：按季调查，月份太少不问")
    elif own > plan.outlier and peers > plan.funnel:
        told.append(_("两问都成立"))
    return " · ".join(told)


def _sign(z: float, limit: float) -> str:
    return SIGNS[State.UNKNOWN if pd.isna(z) else State.BAD if z > limit else State.GOOD]


def _number(z: float) -> str:
    return SIGNS[State.UNKNOWN] if pd.isna(z) else formatting.number(z, 1)


@drawn_once
def funnel_figure(funnel: Funnel) -> go.Figure:
    """Return the values against their size with both pairs of limits; what lies beyond the outer one on the bad side is named."""
    shade, curve, rule, reader = palette(), funnel.curve, monitoring_rules()[funnel.rule_id], language()
    line = {
        "type": "scatter",
        "mode": "lines",
        "hoverinfo": "skip",
        "x": curve["whole"].tolist(),
        "line": {"width": 1, "color": shade.muted},
    }
    traces: list[dict] = [
        {**line, "y": curve["high_998"].tolist()},
        {**line, "y": curve["low_998"].tolist(), "fill": "tonexty", "fillcolor": faded(shade.primary, 0.05)},
        {**line, "y": curve["high_95"].tolist(), "line": {"width": 1, "dash": "dot", "color": shade.muted}},
        {**line, "y": curve["low_95"].tolist(), "line": {"width": 1, "dash": "dot", "color": shade.muted}},
        {**line, "y": [funnel.mean] * len(curve), "line": {"width": 1, "dash": "dash", "color": shade.primary}},
    ]
    units = funnel.units
    outside = units["z"] > monitoring_plan().funnel
    labelled = units["z"].abs() > _NOTABLE
    named = units.assign(told=[told_words(rule, value, reader) for value in units["value"]])
    hover = [plotly_text(_hover(row, rule)) for row in named.to_dict("records")]
    traces.append(
        {
            "type": "scatter", "mode": "markers+text", "x": units["whole"].tolist(), "y": units["value"].tolist(),
            "text": [name if told else "" for name, told in zip(mark_names(units["name"]), labelled, strict=True)],
            "textposition": "top center", "cliponaxis": False, "customdata": hover, "hovertemplate": "%{customdata}<extra></extra>",
            "marker": {
                "size": [11 if each else 8 for each in outside],
                "symbol": ["diamond" if each else "circle" for each in outside],
                "color": [shade.state(State.WARNING) if each else shade.primary for each in outside],
            },
        }
    )  # fmt: skip
    ticks = _sizes(float(curve["whole"].min()), float(curve["whole"].max()))
    return base_figure(
        shade, _HEIGHT, traces, showlegend=False,
        xaxis={
            "type": "log", "title": {"text": _whole_words(rule)}, "fixedrange": True, "tickvals": ticks,
            "ticktext": [formatting.number(tick) for tick in ticks],
        },
        yaxis={"title": {"text": _value_words(rule)}, "fixedrange": True},
        margin={"l": 52, "r": 12, "t": 12, "b": 40},
    )  # fmt: skip


def _sizes(low: float, high: float) -> list[float]:
    """Return round sizes between two, for an axis of logarithms."""
    powers = range(int(math.log10(low)), int(math.log10(high)) + 1)
    return [step * 10.0**power for power in powers for step in (1, 2, 5) if low <= step * 10.0**power <= high]


def _hover(row: dict, rule: MonitoringRule) -> str:
    part = formatting.money(row["part"], language()) if rule.kind == "dear" else formatting.people(float(row["part"]), language())
    counts = f"{part} ÷ {formatting.people(float(row['whole']), language())}"
    return f"{row['name']} {row['told']}（{counts}）"


@drawn_once
def history_figure(funnel: Funnel, unit: str) -> go.Figure:
    """Return the months of one institution, its median and its peers together now."""
    shade, history = palette(), funnel.history[unit]
    values = [None if pd.isna(each) else float(each) for each in history]
    level = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "x": [history.index[0], history.index[-1]]}
    return base_figure(
        shade, _HEIGHT - 74,
        [
            {**level, "y": [funnel.mean] * 2, "line": {"width": 1, "dash": "dash", "color": shade.primary}},
            {**level, "y": [float(history.median())] * 2, "line": {"width": 1, "dash": "dot", "color": shade.muted}},
            {"type": "scatter", "mode": "lines+markers", "x": list(history.index), "y": values, "connectgaps": False,
             "line": {"color": shade.text, "width": 1.6}, "marker": {"size": 4}, "hovertemplate": "%{x|%Y-%m} %{y:.1f}<extra></extra>"},
        ],
        showlegend=False, xaxis={"fixedrange": True, "tickformat": "%Y-%m", "nticks": 5}, yaxis={"fixedrange": True, "nticks": 5},
        margin={"l": 40, "r": 8, "t": 6, "b": 26},
    )  # fmt: skip


def _fed(rules: Iterable[MonitoringRule]) -> list[str]:
    return sorted({table for rule in rules for table in funnel_tables(rule)})


def _of_visits(rule: MonitoringRule) -> bool:
    """Tell whether the whole of a rule is visits; of others that are no survey it is discharges."""
    return "fact_outpatient" in funnel_tables(rule)


def _whole_words(rule: MonitoringRule) -> str:
    if rule.kind == "survey":
        return _("调查人数（对数）")
    return _("诊疗人次（对数）") if _of_visits(rule) else _("出院人数（对数）")


def _value_words(rule: MonitoringRule) -> str:
    if rule.kind == "survey":
        return _("满意率 %")
    if rule.kind == "dear":
        return _("元/人次") if _of_visits(rule) else _("元/例")
    if rule.proportion:
        return _("中医诊疗占比 %")
    return _("每百诊疗人次") if _of_visits(rule) else _("每百出院")


def _details(frame: PageFrame) -> None:
    month, plan = frame.filters.period.last, monitoring_plan()
    rows = pd.DataFrame(
        [
            (
                each.name, each.outpatient, each.visits, each.rates.per_100_visits, each.inpatient, each.discharges,
                each.rates.per_100_discharges, each.rates.pooled,
            )
            for each in examined(frame.database, month)
        ],
        columns=["unit", "outpatient", "visits", "per_visits", "inpatient", "discharges", "per_discharges", "pooled"],
    )  # fmt: skip
    columns = [
        TableColumn("unit", _("机构")),
        TableColumn("outpatient", _("门诊检查"), "people"),
        TableColumn("visits", _("诊疗人次"), "people"),
        TableColumn("per_visits", _("每百诊疗人次"), "number"),
        TableColumn("inpatient", _("住院检查"), "people"),
        TableColumn("discharges", _("出院人数"), "people"),
        TableColumn("per_discharges", _("每百出院"), "number"),
        TableColumn("pooled", _("合并（会掩盖病房）"), "number"),
    ]
    show_table(rows, columns, key="monitoring_examinations", title=_("大型设备检查率"), source=frame.source(), rows=10, guard=EXAMINED)
    for name, rule in funnel_rules().items():
        if rule.kind == "survey":
            _survey_table(frame, name)
        elif name not in (VISITS, DISCHARGES):
            _unit_table(frame, name)
    definition(
        Definition(
            name=_("同类漏斗"),
            meaning=_(
                "同类别同等级（不足 {peers} 家时同一大类）机构放在一起，规模越小越容易碰巧偏离；界限 95% 和 99.8%，"
                "机构间的差别大于偶然时按离散系数放宽。"
                "检查率分门诊、住院算，健康体检不计入分子分母；满意度用 Wilson 95% 区间，少于 30 人不判；"
                "次均费用偏态，取对数后比较，一例费用的离散由各机构逐月的波动估计。",
                peers=plan.least_peers,
            ),
            formula=_("z =（机构值 − 同类合计）÷ √（离散系数 × 方差 ÷ 基数）；检查率按泊松，占比和满意率按二项，次均费用按对数正态"),
            source="data/catalogue/monitoring.yaml",
            grade=_("方法 OWN（Spiegelhalter 2005），界限待核实"),
        )
    )


def _rows(frame: PageFrame, name: str) -> pd.DataFrame:
    """Return the units of every funnel of a rule with the name of their group; empty where there is none."""
    found = funnels(frame.database, frame.filters.period.last, name)
    parts = [each.units.assign(group=group_words(each.group, language())) for each in found]
    return pd.concat(parts).drop_duplicates("name") if parts else pd.DataFrame()


def _unit_table(frame: PageFrame, name: str) -> None:
    rows, rule = _rows(frame, name), monitoring_rules()[name]
    if rows.empty:
        return
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("group", _("同类")),
        TableColumn("part", _("分子"), "money" if rule.kind == "dear" else "people"),
        TableColumn("whole", _("分母"), "people"),
        TableColumn("value", _value_words(rule), "number"),
        TableColumn("own", _("自身 z"), "number"),
        TableColumn("z", _("同行 z"), "number"),
    ]
    guard = SPENT if rule.kind == "dear" else SURVEYED
    show_table(rows, columns, key=f"monitoring_{name}", title=rule.label(language()), source=frame.source(), rows=8, guard=guard)


def _survey_table(frame: PageFrame, name: str) -> None:
    rows = _rows(frame, name)
    if rows.empty:
        return
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("group", _("同类")),
        TableColumn("part", _("满意人数"), "people"),
        TableColumn("whole", _("调查人数"), "people"),
        TableColumn("value", _("满意率 %"), "number"),
        TableColumn("lower", _("Wilson 下界 %"), "number"),
        TableColumn("upper", _("Wilson 上界 %"), "number"),
        TableColumn("z", _("同行 z"), "number"),
    ]
    title = monitoring_rules()[name].label(language())
    show_table(rows, columns, key=f"monitoring_{name}", title=title, source=frame.source(), rows=8, guard=SURVEYED)
