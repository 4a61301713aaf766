"""Section 双重差分: a reform that reached some, or one after the other, against those it did not reach."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.services.reform.differences import DifferenceAnswer, difference_answer
from dashboard.services.reform.outcomes import reforms
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import show_figure
from dashboard.ui.kit.definition import OWN_GRADE, Definition, catalogue_definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.reform.charts import event_figure, units_figure
from dashboard.ui.reform.series import outcome_labels
from dashboard.ui.reform.words import amount


def differences_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    known = reforms(frame.database)
    labels = {code: str(rows["title"].iloc[0]) for code, rows in known.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        reform = choice("reform", _("哪项改革"), labels, width=260)
        outcome = choice("outcome", _("结果指标"), outcome_labels(), width=260)
    answer = difference_answer(frame.database, reform, outcome, frame.filters.period.last)
    if answer is None:
        empty_state(_("这个指标没有可比较的对照单位。"), _("请换一个指标；对照要同类、从未或尚未推开，并且月份完整。"))
        return labels[reform]
    title = _finding(answer, labels[reform])
    left, right = st.columns([1.3, 1], gap="small")
    with left, card("reform_events", title, _("按距开始的月数"), details=partial(_details, frame, answer)):
        show_figure(event_figure(answer), key="chart_reform_events", alt=title)
        st.caption(escaped(_checks(answer)))
    with right, card("reform_units", _("如果每家都从第一批开始"), _("实心 = 真的推开")):
        show_figure(units_figure(answer), key="chart_reform_units", alt=_("各单位的变化与其余单位之差"))
    return title


def _finding(answer: DifferenceAnswer, reform: str) -> str:
    name = answer.indicator.label(language())
    if answer.p_value > 0.05 and answer.p_value > answer.smallest_p:
        return _("{reform}：{name}看不出与对照的差别", reform=reform, name=name)
    return _("{reform}：与{name}平均变化 {value} 一致", reform=reform, name=name, value=amount(answer.indicator, answer.overall))


def _checks(answer: DifferenceAnswer) -> str:
    parts = [
        _("推开 {treated} 家，对照 {controls} 家", treated=answer.treated, controls=answer.controls),
        _(
            "重新分配后同样大的占 {p}（最小只能到 {least}）",
            p=formatting.number(answer.p_value, 3),
            least=formatting.number(answer.smallest_p, 3),
        ),
        _("开始以前最大偏离 {value}", value=amount(answer.indicator, answer.largest_before, signed=False)),
        _("开始以前平行，不保证以后也会平行"),
    ]
    if answer.left_out:
        parts.append(_("月份不全、未用 {count} 家：{names}", count=len(answer.left_out), names=_("、").join(answer.left_out[:6])))
    return _("；").join(parts)


def _details(frame: PageFrame, answer: DifferenceAnswer) -> None:
    rows = pd.DataFrame(sorted(answer.by_event_time.items()), columns=["since", "effect"])
    columns = [TableColumn("since", _("距开始的月数"), "rank"), TableColumn("effect", _("效果"), "number")]
    show_table(rows, columns, key="reform_events", title=_("按距开始的月数"), source=frame.source(), rows=12)
    told = answer.units.assign(told=[_("是") if reached else _("否") for reached in answer.units["reached"]])
    columns = [TableColumn("name", _("单位")), TableColumn("effect", _("与其余单位之差"), "number"), TableColumn("told", _("推开"))]
    show_table(told, columns, key="reform_units", title=_("各单位"), source=frame.source(), rows=12)
    definition(
        Definition(
            name=_("双重差分"),
            meaning=_("推开单位相对开始前一月的变化，减去从未推开的同类单位的变化；分批推开按批、按月平均，不用双向固定效应。"),
            formula=_("[推开后 − 推开前] − [对照后 − 对照前]"),
            source="dim_event",
            grade=_(OWN_GRADE),
        )
    )
    definition(catalogue_definition(answer.indicator.id, frame.database.version))
