"""Section 跨表核对: what institutions report against what was settled, each against its own past."""

import math
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.catalogue.reconciliation import reconciliation
from dashboard.services.data.reconciliation import Reconciled, reconciled
from dashboard.states import State, signed
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import MONTH_TICKS, base_figure, drawn_once, show_figure
from dashboard.ui.kit.control_figure import faded
from dashboard.ui.kit.definition import OWN_GRADE, Definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette

_HEIGHT = 210
_MOST_LINES = 60
"""Lines of one picture: those that drift, then the others in the order of the register."""


def reconciliation_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    answer = reconciled(frame.database, frame.filters.period.last, frame.filters.community)
    columns = st.columns(2, gap="small")
    for place, each in enumerate(answer):
        with columns[place % 2]:
            _rule_card(frame, each)
    _table_card(frame, answer)
    drifting = [str(name) for each in answer for name in each.drifting["name"]] if any(len(each.drifting) for each in answer) else []
    if drifting:
        return _("跨表核对：{names} 的比值偏离自身常态", names=_("、").join(dict.fromkeys(drifting)))
    judged = sum(int(each.table["judged"].sum()) for each in answer if not each.lacks)
    return _("跨表核对：{count} 个比值，没有持续漂移", count=judged) if judged else _("跨表核对：还没有可以判断的比值")


def _name(each: Reconciled) -> str:
    return each.rule.label(language())


def _finding(each: Reconciled) -> tuple[State, str]:
    """Return the state and the sentence of one rule."""
    if not len(each.table) or not each.table["judged"].any():
        return State.UNKNOWN, _("历史不足，不判断")
    worst = each.drifting
    if len(worst):
        row = worst.iloc[0]
        told = f"{row['name']} {formatting.number(row['latest'], 2)} {_run_words(row['run'], row['side'])}"
        more = len(worst) - 1
        return State.WARNING, _("{told}，另有 {more} 家", told=told, more=more) if more else told
    middle = float(each.table.loc[each.table["judged"], "latest"].median())
    return State.GOOD, _("中位数 {ratio}，无漂移", ratio=formatting.number(middle, 2))


def _run_words(run: int, side: int) -> str:
    return _("连续 {months} 月偏高", months=int(run)) if side > 0 else _("连续 {months} 月偏低", months=int(run))


def _rule_card(frame: PageFrame, each: Reconciled) -> None:
    with card(f"data_reconcile_{each.code}", _name(each), _("1 = 各机构自身常态"), details=partial(_definition, each)):
        if each.lacks:
            empty_state(_("缺一边的表，不能核对。"), frame.to_load(*each.lacks))
            return
        state, words = _finding(each)
        st.markdown(f"**{escaped(signed(state, words))}**")
        if each.table["usual"].notna().any():
            show_figure(_figure(each), key=f"chart_data_reconcile_{each.code}", alt=f"{_name(each)} {words}")


@drawn_once
def _figure(each: Reconciled) -> go.Figure:
    shade = palette()
    months = each.relative.index
    known = each.table[each.table["usual"].notna()].head(_MOST_LINES)
    width = float(((known["high"] - known["usual"]) / known["usual"]).median())
    lines = [
        {
            "type": "scatter", "mode": "lines", "x": months, "y": each.relative[unit],
            "line": {"color": shade.warning if row["drifting"] else faded(shade.muted, 0.35), "width": 2.4 if row["drifting"] else 1},
            "name": plotly_text(row["name"]), "hovertemplate": "%{fullData.name} %{x|%Y-%m} %{y:.2f}<extra></extra>",
        }
        for unit, row in known.iloc[::-1].iterrows()  # what drifts is drawn last, over the others
    ]  # fmt: skip
    notes = [
        {
            "x": months[-1], "y": float(each.relative[unit].iloc[-1]), "text": f"<b>{plotly_text(row['name'])}</b>", "showarrow": False,
            "xanchor": "right", "yanchor": "bottom", "font": {"color": shade.warning, "size": 12},
        }
        for unit, row in known[known["drifting"]].head(3).iterrows()
        if not math.isnan(each.relative[unit].iloc[-1])
    ]  # fmt: skip
    band = {
        "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": 1 - width, "y1": 1 + width, "line": {"width": 0},
        "fillcolor": faded(shade.primary, 0.1), "layer": "below",
    }  # fmt: skip
    return base_figure(
        shade, _HEIGHT, lines, shapes=[band], annotations=notes, xaxis={"tickformat": MONTH_TICKS, "fixedrange": True, "showgrid": False},
        yaxis={"fixedrange": True, "rangemode": "normal", "tickformat": ".2f"},
    )  # fmt: skip


def _definition(each: Reconciled) -> None:
    rule = reconciliation().drift
    definition(
        Definition(
            name=_name(each),
            meaning=_(
                "不要求比值等于 1：并非每次就诊都结算。只看各机构是否离开自身常态：前 {baseline} 个月的中位数 ± {width} 倍稳健标准差"
                "（至少 {floor}），最近 {run} 个月都在同一侧之外为漂移；历史少于 {least} 个月不判断。一侧不足 5 人的月份不算。",
                baseline=rule.baseline_months, width=f"{rule.width:g}", floor=formatting.percent(rule.floor, 0), run=rule.run_months,
                least=rule.least_months,
            ),
            source=_("、").join(each.rule.tables),
            grade=_(OWN_GRADE),
        )
    )  # fmt: skip


def _table_card(frame: PageFrame, answer: tuple[Reconciled, ...]) -> None:
    parts = [each.table.assign(rule=_name(each)) for each in answer if not each.lacks]
    if not parts:
        return
    rows = pd.concat(parts)
    rows["told"] = [
        signed(State.UNKNOWN, _("不判断")) if not judged
        else signed(State.WARNING, _run_words(run, side)) if drifting
        else signed(State.GOOD, _("常态"))
        for judged, drifting, run, side in zip(rows["judged"], rows["drifting"], rows["run"], rows["side"], strict=True)
    ]  # fmt: skip
    rows = rows.sort_values("drifting", ascending=False, kind="stable")
    for name in ("latest", "usual", "low", "high"):
        rows[name] = [formatting.number(value, 2) for value in rows[name]]
    with card("data_reconcile_table", _("各机构的比值和常态"), _("漂移的在前")):
        columns = [
            TableColumn("rule", _("核对")),
            TableColumn("name", _("机构")),
            TableColumn("latest", _("本月比值")),
            TableColumn("usual", _("常态")),
            TableColumn("low", _("常态下限")),
            TableColumn("high", _("常态上限")),
            TableColumn("told", _("判断")),
        ]
        show_table(rows, columns, key="data_reconcile", title=_("跨表核对"), source=frame.source(), rows=10)
