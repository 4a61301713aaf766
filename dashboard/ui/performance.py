"""The performance page put together: controls, the live part that follows the weights, and the sections behind it."""

from functools import partial

import streamlit as st

from dashboard.catalogue.loader import load_catalogue
from dashboard.language import marked
from dashboard.services.meetings import AgendaItem, scheme_item
from dashboard.services.performance import PoolShares, Ranking, ScoreInputs, compare_methods, needed_ids, rank, score_inputs
from dashboard.services.performance_custom import CustomIndicator
from dashboard.services.performance_schemes import custom_indicators, frozen_result, scheme_choices
from dashboard.services.workspace import current_workspace
from dashboard.ui import formatting, performance_address
from dashboard.ui.cards import card
from dashboard.ui.i18n import _
from dashboard.ui.meeting_submit import current_address, submit_to_meeting
from dashboard.ui.messages import empty_state, error_boundary, escaped
from dashboard.ui.performance_criteria import criteria_section
from dashboard.ui.performance_custom import custom_section
from dashboard.ui.performance_details import methods_details, ranking_details, strip_details, weights_details
from dashboard.ui.performance_export import export_section
from dashboard.ui.performance_methods import methods_block
from dashboard.ui.performance_money import all_pools_section, money_block
from dashboard.ui.performance_ranking import finding, ranking_block
from dashboard.ui.performance_sections import (
    drill_section,
    gap_section,
    institutions_section,
    leave_out_section,
    methods_section,
    source,
    trust_section,
)
from dashboard.ui.performance_shortfall import shortfall_box
from dashboard.ui.performance_strip import DIMENSION_KEY, UNIT_KEY, chosen_cell, show_strip
from dashboard.ui.performance_trend import trend_section
from dashboard.ui.performance_versions import frozen_words, tell_notice, versions_section
from dashboard.ui.performance_weights import CHOICE_KEY, Working, choice_label, choose_scheme, in_hand, weights_block
from dashboard.ui.shell import PageFrame
from dashboard.ui.tables import ExportSource

SECTION_KEY = "performance_section"
SECTIONS = {
    "gap": marked("差距从哪来"),
    "trend": marked("走势与进步"),
    "money": marked("资金总表"),
    "leave_out": marked("去掉一项"),
    "drill": marked("机构与月份"),
    "methods": marked("算法细节"),
    "institutions": marked("机构排名"),
    "criteria": marked("评判标准"),
    "trust": marked("数据可信度"),
    "versions": marked("方案与审定"),
    "custom": marked("自定义指标"),
    "export": marked("排名表与报告"),
}


_WITHOUT_SCORES = ("institutions", "criteria", "versions", "custom")


def _custom(ids: tuple[str, ...]) -> tuple[CustomIndicator, ...]:
    """Return the user-defined indicators; the workspace is asked only when a scheme names what the catalogue does not have."""
    known = load_catalogue().indicators
    return custom_indicators(current_workspace()) if any(name.startswith("U") and name not in known for name in ids) else ()


def _ids(working: Working) -> tuple[str, ...]:
    return tuple(sorted({*needed_ids(working.choice.scheme), *needed_ids(working.scheme)}))


def _inputs(frame: PageFrame, working: Working) -> ScoreInputs:
    ids = _ids(working)
    return score_inputs(frame.database, frame.filters.period, ids, frame.filters.scheme_code, (), _custom(ids))


def _completeness(ranking: Ranking | None) -> str:
    if ranking is None or not ranking.order:
        return ""
    return _("数据完整度 {share}", share=formatting.percent(ranking.current.completeness[ranking.order].mean(), 0))


def _headline(frame: PageFrame, working: Working, ranking: Ranking | None) -> None:
    scheme = _("方案“{name}”", name=choice_label(working.choice)) + (_("（有未保存的改动）") if working.edited else "")
    official = "" if working.scheme.official else _("权重为假设，待核实")
    details = [detail for detail in (scheme, official, _("综合指数法"), _completeness(ranking)) if detail]
    frame.headline(finding(ranking), *details)


def _about(frame: PageFrame, working: Working, ranking: Ranking) -> ExportSource:
    return source(ranking, frame, _scheme_words(working))


def _scheme_words(working: Working) -> str:
    return choice_label(working.choice) + (_("（有未保存的改动）") if working.edited else "")


@st.fragment
def _live(frame: PageFrame) -> None:
    """Everything that follows the weights; a moved slider reruns only this.

    The ranking comes first: while a slider is dragged the next movement ends a run after it, and the rest follows when the hand rests.
    """
    with error_boundary():
        working = in_hand()
        inputs = _inputs(frame, working)
        ranking = rank(working.scheme, inputs)
        scored = ranking if ranking is not None and ranking.order else None
        about = _about(frame, working, scored) if scored else None
        left, right = st.columns([1.45, 1], gap="small")
        with left:
            ranking_block(ranking, details=partial(ranking_details, scored, None, about) if scored and about else None)
        with right:
            weights_block(working, partial(weights_details, working, about) if about else None)
        _headline(frame, working, ranking)
        shares = None
        if scored and about:
            with left:
                _strip_block(frame, scored, about)
            with right:
                comparison = compare_methods(scored)
                methods_block(scored, comparison, partial(methods_details, scored, comparison, about) if comparison else None)
                shares = money_block(scored, rank(working.choice.scheme, inputs) if working.edited else None, about)
        _frozen(frame, working, ranking)
        chosen = _choose_section()
        _write_address(working, scored, chosen)
        if chosen in _WITHOUT_SCORES:
            _section_of_the_scheme(chosen, frame, working, ranking)
        elif scored is None or about is None:
            empty_state(_("这一部分要有得分才能显示。"), _("请换一个时期或方案。"))
        else:
            _section_of_the_scores(chosen, frame, working, scored, shares, about)


def _strip_block(frame: PageFrame, ranking: Ranking, about: ExportSource) -> None:
    """Draw the strip and, under it, what stands behind the chosen cell."""
    title = _("短板在哪里：得分率 %，点格子看指标、分子、分母")
    with card("performance_strip_card", title, _("✓ ≥90 · ▽ <75 · ▼ <60 · ○ 数据不全"), details=partial(strip_details, ranking, about)):
        cell = chosen_cell(ranking)
        show_strip(ranking, cell)
        shortfall_box(frame, ranking, cell, _open_drill)


def _frozen(frame: PageFrame, working: Working, ranking: Ranking | None) -> None:
    frozen = frozen_words(frame, working, ranking)
    if frozen:
        st.badge(escaped(frozen), icon="🔒", color="blue")


def _write_address(working: Working, ranking: Ranking | None, part: str) -> None:
    cell = chosen_cell(ranking) if ranking else None
    performance_address.write(
        evaluation=working.choice.key, part=part, unit=cell.unit if cell else "", dimension=cell.dimension if cell else ""
    )


def _open(section: str) -> None:
    st.session_state[SECTION_KEY] = section


def _open_drill(unit: str, indicator: str) -> None:
    st.session_state.update({SECTION_KEY: "drill", "performance_drill_unit": unit, "performance_drill_indicator": indicator})


def _choose_section() -> str:
    st.session_state.setdefault(SECTION_KEY, "gap")
    labels = {name: _(text) for name, text in SECTIONS.items()}
    chosen = st.segmented_control(
        _("展开"), list(labels), format_func=labels.__getitem__, required=True, key=SECTION_KEY, persist_state="session",
        label_visibility="collapsed", width="stretch",
    )  # fmt: skip
    return chosen or "gap"


def _section_of_the_scheme(chosen: str, frame: PageFrame, working: Working, ranking: Ranking | None) -> None:
    """Draw the open section, one of those that need no score."""
    if chosen == "institutions":
        institutions_section(frame, working.scheme)
    elif chosen == "criteria":
        criteria_section(frame)
    elif chosen == "versions":
        versions_section(frame, working, ranking)
    else:
        custom_section(frame)


def _section_of_the_scores(
    chosen: str, frame: PageFrame, working: Working, ranking: Ranking, shares: PoolShares | None, about: ExportSource
) -> None:
    """Draw the open section; the others cost nothing."""
    if chosen == "gap":
        gap_section(ranking, about)
    elif chosen == "trend":
        trend_section(frame, ranking, about, _custom(_ids(working)))
    elif chosen == "money":
        all_pools_section(ranking, about)
    elif chosen == "leave_out":
        leave_out_section(ranking, about)
    elif chosen == "drill":
        drill_section(frame, ranking, about)
    elif chosen == "methods":
        methods_section(ranking, about)
    elif chosen == "trust":
        trust_section(ranking, about, frame.database.version)
    else:
        export_section(frame, ranking, shares, about, _scheme_words(working))


def _follow_link(keys: set[str]) -> None:
    """Put what a link asks for in hand; what it names and is not there is left alone."""
    asked = performance_address.asked()
    if asked.get(performance_address.SCHEME) in keys:
        st.session_state[CHOICE_KEY] = asked[performance_address.SCHEME]
    if asked.get(performance_address.PART) in SECTIONS:
        st.session_state[SECTION_KEY] = asked[performance_address.PART]
    for name, key in ((performance_address.UNIT, UNIT_KEY), (performance_address.DIMENSION, DIMENSION_KEY)):
        if name in asked:
            st.session_state[key] = asked[name]


def _agenda_item(frame: PageFrame, working: Working) -> AgendaItem:
    """Return the item that shows this ranking in a meeting: the frozen result where there is one, otherwise the scheme as saved."""
    result = frozen_result(current_workspace(), working.choice, frame.filters.period)
    document = result.document_id if result else working.choice.key
    title = _("绩效评价：{scheme}", scheme=choice_label(working.choice))
    return scheme_item(title, document, address=current_address(frame).text())


def performance_page(frame: PageFrame) -> None:
    """Draw the page."""
    tell_notice()
    choices = scheme_choices(current_workspace())
    _follow_link({choice.key for choice in choices})
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        working = choose_scheme(choices)
        for section, icon in (("versions", ":material/verified:"), ("export", ":material/download:")):
            st.button(_(SECTIONS[section]), icon=icon, key=f"performance_open_{section}", on_click=_open, args=(section,), width="content")
        submit_to_meeting(frame, _agenda_item(frame, working))
        st.caption(escaped(working.scheme.source), width="stretch")
    _live(frame)
