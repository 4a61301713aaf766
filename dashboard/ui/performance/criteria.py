"""The judgement criteria: items × communities with grades, the verdict under editable thresholds, and the entry of a grade."""

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.judgement import Judgement, Verdict
from dashboard.catalogue.performance import performance_plan
from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.workspace import current_workspace
from dashboard.services.performance.criteria import CriteriaAnswer, criteria, enter_assessment
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import fitted_select
from dashboard.ui.kit.cards import card, card_head
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, show_error
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.performance.details import own_definition
from dashboard.ui.performance.weights import label

VERDICTS = {
    Verdict.FORMED: marked("紧密型"),
    Verdict.BASIC: marked("基本成型"),
    Verdict.NOT_FORMED: marked("未成型"),
    Verdict.INCOMPLETE: marked("评定不全"),
}
_SEEN = "performance_criteria_seen"
_GRADE_COLOUR = {"A": "green", "B": "blue", "C": "red"}


def verdict_text(judgement: Judgement) -> str:
    """Return "紧密型（8A 2B 0C）"."""
    counts = f"{judgement.a}A {judgement.b}B {judgement.c}C"
    if judgement.ungraded:
        counts += " " + _("{count} 项未评", count=judgement.ungraded)
    return f"{_(VERDICTS[judgement.verdict])}（{counts}）" if language() == "zh" else f"{_(VERDICTS[judgement.verdict])} ({counts})"


def _thresholds() -> dict[str, int]:
    rule = performance_plan().judgement
    with st.container(horizontal=True, gap="small"):
        least_a = st.number_input(_("紧密型：A 至少"), 0, 20, rule.least_a, key="performance_least_a")
        most_c = st.number_input(_("紧密型：C 至多"), 0, 20, rule.most_c, key="performance_most_c")
        basic = st.number_input(_("基本成型：C 至多"), 0, 20, max(rule.most_c_basic, int(most_c)), key="performance_most_c_basic")
    return {"least_a": int(least_a), "most_c": int(most_c), "most_c_basic": int(basic)}


def _table(answer: CriteriaAnswer) -> str:
    heads = [_("维度"), _("评判标准"), *(name for _code, name in answer.communities)]
    lines = ["| " + " | ".join(escaped(head) for head in heads) + " |", "|:--|:--|" + ":-:|" * len(answer.communities)]
    for item in answer.official.items:
        cells = []
        for code, _name in answer.communities:
            found = answer.assessments.get((code, item.id))
            mark = (
                formatting.MISSING
                if found is None
                else f":{_GRADE_COLOUR[found.grade]}[**{found.grade}**]{'✎' if found.entered_here else ''}"
            )
            cells.append(mark)
        lines.append(f"| {escaped(item.dimension.text(language()))} | {escaped(f'{item.id} {label(item)}')} | " + " | ".join(cells) + " |")
    verdicts = [escaped(verdict_text(answer.judgements[code])) for code, _name in answer.communities]
    lines.append(f"| | **{_('结论（待核实）')}** | " + " | ".join(verdicts) + " |")
    return "\n".join(lines)


def _entry(frame: PageFrame, answer: CriteriaAnswer) -> None:
    """Draw evidence of one item and the form to grade it."""
    names = dict(answer.communities)
    items = {item.id: f"{item.id} {label(item)}" for item in answer.official.items}
    with st.container(horizontal=True, gap="small"):
        community = fitted_select(_("医共体"), names, key="performance_criterion_unit")
        item = fitted_select(_("条目"), items, key="performance_criterion_item")
    found = answer.assessments.get((community, item))
    if found is None:
        st.caption(_("这一条还没有评定。"))
    else:
        parts = [
            _("等次 {grade}", grade=found.grade),
            formatting.month(found.month, language()),
            found.assessor or _("未写评定单位"),
            found.evidence or _("无佐证说明"),
            _("本系统录入") if found.entered_here else _("随数据包载入"),
        ]
        st.caption(escaped(" · ".join(parts)))
    workspace = current_workspace()
    # A grade is given on what the reader saw, not on what somebody else has written since.
    seen = st.session_state.get(_SEEN, answer.based_on)
    place = f"{community}_{item}"
    with st.form("performance_criterion_form", border=False), st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        grade = st.segmented_control(
            _("等次"),
            ["A", "B", "C"],
            default=found.grade if found else "B",
            required=True,
            key=f"performance_grade_{place}",
            persist_state=KEPT,
        )
        evidence = st.text_input(
            _("佐证"),
            max_chars=500,
            placeholder=_("文件、会议、台账名称"),
            key=typed(f"performance_evidence_{place}"),
            persist_state=KEPT,
        )
        assessor = st.text_input(_("评定单位"), max_chars=100, key="performance_assessor", persist_state="session")
        sent = st.form_submit_button(_("记录评定"))
    st.session_state[_SEEN] = answer.based_on
    if not sent:
        return
    try:
        enter_assessment(
            workspace, replace(answer, based_on=seen), community, item, grade=str(grade), month=frame.filters.period.last,
            evidence=evidence, assessor=assessor,
        )  # fmt: skip
    except ProductError as error:
        show_error(error)
        st.caption(_("您填写的内容仍在上面；上表已是最新，核对后再按一次即可记录。"))
        return
    let_go(f"performance_evidence_{place}")
    st.session_state.pop(_SEEN)
    st.rerun()


def _details(frame: PageFrame, answer: CriteriaAnswer) -> None:
    """Draw how the verdict comes about, and every grade with its evidence as a table."""
    own_definition(
        _("等次与结论"),
        _("A 的条数不少于门槛且 C 的条数不多于门槛为紧密型；C 较多但不超过第二个门槛为基本成型"),
        answer.rule.note.text(language()),
    )
    names = dict(answer.communities)
    items = {item.id: item for item in answer.official.items}
    rows = [
        (names[code], name, label(items[name]), each.grade, each.month, each.assessor, each.evidence)
        for (code, name), each in sorted(answer.assessments.items())
        if code in names and name in items
    ]
    table = pd.DataFrame(rows, columns=["unit", "id", "item", "grade", "month", "assessor", "evidence"])
    columns = [
        TableColumn("unit", _("医共体")),
        TableColumn("id", _("编号")),
        TableColumn("item", _("条目")),
        TableColumn("grade", _("等次")),
        TableColumn("month", _("月份"), "month"),
        TableColumn("assessor", _("评定单位")),
        TableColumn("evidence", _("佐证")),
    ]
    show_table(table, columns, key="performance_criteria", title=_("评判标准"), source=frame.source(label(answer.official)), rows=10)


def criteria_section(frame: PageFrame) -> None:
    """Draw the criteria."""
    rule = performance_plan().judgement
    with card("performance_criteria"):
        head = st.container()
        limits = _thresholds()
        answer = criteria(frame.database, current_workspace(), frame.filters.period, **limits)
        title = _("评判标准：全县结论“{verdict}”，待核实", verdict=verdict_text(answer.county))
        with head:
            card_head("performance_criteria", title, details=partial(_details, frame, answer))
        st.caption(escaped(f"{label(answer.official)} · {rule.note.text(language())} · " + _("全县每条取各医共体中最低的等次（假设）")))
        if not answer.communities:
            empty_state(_("没有医共体名单。"), _("请在数据包里补上“医共体”表（dim_community）。"))
            return
        st.markdown(_table(answer))
        if not answer.assessments:
            empty_state(_("还没有任何评定。"), _("请载入“考核评判结果”（fact_assessment），或在下面逐条记录。"))
        _entry(frame, answer)
