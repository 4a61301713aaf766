"""Scores over time with the control chart's marks, and what moved a unit's score since the period before."""

import math
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.control_charts import HIGH, LOW
from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.rounding import round_to_sum
from dashboard.language import marked
from dashboard.services.performance.answer import Ranking, number_at
from dashboard.services.performance.custom import CustomIndicator
from dashboard.services.performance.trend import ScoreHistory, improvement, score_history
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars, base_figure, show_figure
from dashboard.ui.kit.definition import OWN_GRADE, Definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, plotly_text
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.performance.shortfall import SIGNALS
from dashboard.ui.performance.strip import unit_names
from dashboard.ui.performance.weights import part_names

GRAINS = {Grain.QUARTER: marked("按季度"), Grain.YEAR_TO_DATE: marked("按年（同月累计）"), Grain.MONTH: marked("按月（含 SPC）")}
_PIXELS = 300
_PARTS = 10


def _short(period: Period) -> str:
    """Return a period as an axis names it: "2025Q3", "2025-10", "2025"."""
    if period.grain is Grain.QUARTER:
        return f"{period.last.year}Q{(period.last.month + 2) // 3}"
    return f"{period.last.year}" if period.grain is Grain.YEAR_TO_DATE else f"{period.last:%Y-%m}"


def _line(history: ScoreHistory, ranking: Ranking, unit: str) -> dict[str, object]:
    """Return the line of a unit: hollow where a period is not over or its data is thin, a diamond for a special cause."""
    colours = palette()
    tint = colours.community(int(ranking.inputs.positions[unit]))
    name = str(ranking.inputs.names[unit])
    marks = history.charts[unit].marks.tolist()
    hollow = [period in history.partial or not history.trusted.at[unit, period] for period in history.periods]
    scores = [number_at(history.total, unit, period) for period in history.periods]
    words = []
    for period, score, mark, thin in zip(history.periods, scores, marks, hollow, strict=True):
        parts = [name, formatting.period(period, language()), _("{score} 分", score=formatting.number(score, 1))]
        if mark in (HIGH, LOW):
            parts.append(_(SIGNALS[mark]))
        if thin:
            share = formatting.percent(number_at(history.completeness, unit, period), 0)
            parts.append(_("未满期") if period in history.partial else _("数据 {share}，不可信", share=share))
        words.append(" · ".join(plotly_text(part) for part in parts))
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": plotly_text(name),
        "x": [_short(period) for period in history.periods],
        "y": [None if math.isnan(score) else score for score in scores],
        "line": {"color": tint, "width": 2},
        "marker": {
            "size": [11 if mark in (HIGH, LOW) else 7 for mark in marks],
            "symbol": ["diamond" if mark in (HIGH, LOW) else "circle" for mark in marks],
            "color": [colours.card if thin else tint for thin in hollow],
            "line": {"color": tint, "width": 1.5},
            "opacity": 1,
        },
        "customdata": words,
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _finding(history: ScoreHistory, ranking: Ranking) -> str:
    """Return what the trend says: who rose and who fell most over the span, or that it is too short."""
    known = [period for period in history.periods if history.total[period].notna().any()]
    if len(known) < 2:
        return _("得分走势：只有一个时期有得分")
    moved = (history.total[known[-1]] - history.total[known[0]]).dropna()
    if moved.empty:
        return _("得分走势：没有单位在首尾两期都有得分")
    best, worst = str(moved.idxmax()), str(moved.idxmin())
    names = ranking.inputs.names
    first = _("自 {period} 起，{name}变化最大：{change} 分", period=_short(known[0]), name=names[best],
              change=formatting.number(moved[best], 1, signed=True))  # fmt: skip
    if best == worst:
        return first
    return first + _("；{name} {change} 分", name=names[worst], change=formatting.number(moved[worst], 1, signed=True))


def _table(history: ScoreHistory, ranking: Ranking, about: ExportSource) -> None:
    definition(
        Definition(
            name=_("得分走势"),
            meaning=_("每个时期都按现在的方案重新计分，所以变化来自工作和数据，不来自规则。"),
            formula=_("SPC：XmR 控制图，单点超出 均值 ± 2.66 × 平均移动极差，或连续 8 点同侧、连续 6 点同向、3 点中 2 点近界"),
            note=_("少于 12 个时期不作判断；组内计分（极差、标准分、与平均之比）只与同期各单位比较"),
            grade=_(OWN_GRADE),
        )
    )
    units = [unit for unit in ranking.inputs.units if unit in history.total.index]
    table = history.total.loc[units].T.reset_index(drop=True)
    table.insert(0, "period", [_short(period) for period in history.periods])
    columns = [TableColumn("period", _("时期")), *(TableColumn(unit, str(ranking.inputs.names[unit]), "number") for unit in units)]
    show_table(table, columns, key="performance_trend", title=_("得分走势"), source=about, rows=8)


def trend_section(frame: PageFrame, ranking: Ranking, about: ExportSource, custom: tuple[CustomIndicator, ...]) -> None:
    """Draw the scores of past periods and, beside them, what moved one unit since the period before."""
    left, right = st.columns([1.45, 1], gap="small")
    with left:
        with st.container(horizontal=True, gap="small"):
            grain = st.segmented_control(
                _("时期"), list(GRAINS), format_func={each: _(text) for each, text in GRAINS.items()}.__getitem__,
                default=Grain.QUARTER, required=True,
                key="performance_trend_grain", label_visibility="collapsed",
            )  # fmt: skip
        chosen = Grain(grain or Grain.QUARTER)
        history = score_history(frame.database, ranking.scheme, frame.filters.period, chosen, frame.filters.scheme_code, custom)
        title = _finding(history, ranking)
        with card(
            "performance_trend", title, _("空心 = 未满期或数据不足；◆ = SPC 特殊原因"), details=lambda: _table(history, ranking, about)
        ):
            data = [_line(history, ranking, unit) for unit in ranking.order]
            figure = base_figure(
                palette(), _PIXELS, data, showlegend=True, xaxis={"type": "category", "fixedrange": True},
                yaxis={"fixedrange": True, "title": {"text": plotly_text(_("得分"))}},
            )  # fmt: skip
            show_figure(figure, key="performance_trend", alt=title)
            if chosen is Grain.MONTH:
                st.caption(escaped(_signals(history, ranking)))
    with right:
        _improvement(ranking, about)


def _signals(history: ScoreHistory, ranking: Ranking) -> str:
    """Return the control chart's verdict on the newest month of every unit."""
    verdicts = {unit: str(history.charts[unit].marks.iloc[-1]) for unit in ranking.order}
    return _("；").join(f"{ranking.inputs.names[unit]}：{_(SIGNALS[verdict])}" for unit, verdict in verdicts.items())


def _improvement_table(ranking: Ranking, unit: str, about: ExportSource) -> None:
    definition(
        Definition(
            name=_("较上期"), formula=_("同一方案下，每个指标本期得到的分减上期得到的分；各项相加等于总分的变化"), grade=_(OWN_GRADE)
        )
    )
    names = part_names(ranking.scheme)
    parts = improvement(ranking, unit)
    table = pd.DataFrame({"name": [names[str(each)] for each in parts.index], "change": parts.to_numpy()})
    columns = [TableColumn("name", _("指标")), TableColumn("change", _("得分变化"), "number")]
    show_table(table, columns, key="performance_improvement", title=_("较上期"), source=about, rows=10)


def _improvement(ranking: Ranking, about: ExportSource) -> None:
    unit = st.selectbox(
        _("单位"), ranking.order, format_func=unit_names(ranking).__getitem__, key="performance_improved_unit", label_visibility="collapsed"
    )
    parts = improvement(ranking, unit)
    name = str(ranking.inputs.names[unit])
    if parts.empty:
        with card("performance_improvement", _("{name}较上期", name=name)):
            empty_state(_("上期没有得分，或得分没有变化。"), _("请换一个时期。"))
        return
    ordered = parts.reindex(parts.abs().sort_values(ascending=False, kind="stable").index)
    rounded = round_to_sum(ordered.tolist(), 1)
    names = part_names(ranking.scheme)
    total = sum(rounded)
    title = _("{name}较上期 {change} 分：哪些指标推动", name=name, change=formatting.number(total, 1, signed=True))
    with card("performance_improvement", title, details=partial(_improvement_table, ranking, unit, about)):
        colours = palette()
        rows = [
            BarRow(names[str(each)], value, formatting.number(value, 1, signed=True), colours.good if value > 0 else colours.bad)
            for each, value in zip(ordered.index[:_PARTS], rounded[:_PARTS], strict=True)
        ]
        rest = sum(rounded[_PARTS:])
        if round(rest, 1):
            rows.append(BarRow(_("其余"), rest, formatting.number(rest, 1, signed=True), colours.muted))
        show_figure(bars(rows, unit=_("分"), height=26 * len(rows) + 20), key="performance_improvement", alt=title)
