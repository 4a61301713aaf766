"""The performance page put together: controls, the live part that follows the weights, and the sections behind it."""

import streamlit as st

from dashboard.language import marked
from dashboard.services.performance import PoolShares, Ranking, ScoreInputs, compare_methods, needed_ids, rank, score_inputs
from dashboard.services.performance_schemes import custom_indicators, scheme_choices
from dashboard.services.workspace import current_workspace
from dashboard.ui import formatting
from dashboard.ui.i18n import _
from dashboard.ui.messages import empty_state, error_boundary, escaped
from dashboard.ui.performance_criteria import criteria_section
from dashboard.ui.performance_custom import custom_section
from dashboard.ui.performance_export import export_section
from dashboard.ui.performance_methods import methods_block
from dashboard.ui.performance_money import money_block
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
from dashboard.ui.performance_strip import strip_block
from dashboard.ui.performance_versions import frozen_words, tell_notice, versions_section
from dashboard.ui.performance_weights import Working, choice_label, choose_scheme, in_hand, weights_block
from dashboard.ui.shell import PageFrame

SECTION_KEY = "performance_section"
SECTIONS = {
    "gap": marked("差距从哪来"),
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


def _inputs(frame: PageFrame, working: Working) -> ScoreInputs:
    custom = custom_indicators(current_workspace())
    ids = tuple(sorted({*needed_ids(working.choice.scheme), *needed_ids(working.scheme)}))
    return score_inputs(frame.database, frame.filters.period, ids, frame.filters.scheme_code, (), custom)


def _completeness(ranking: Ranking | None) -> str:
    if ranking is None or not ranking.order:
        return ""
    return _("数据完整度 {share}", share=formatting.percent(ranking.current.completeness[ranking.order].mean(), 0))


def _headline(frame: PageFrame, working: Working, ranking: Ranking | None) -> None:
    scheme = _("方案“{name}”", name=choice_label(working.choice)) + (_("（有未保存的改动）") if working.edited else "")
    official = "" if working.scheme.official else _("权重为假设，待核实")
    details = [detail for detail in (scheme, official, _("综合指数法"), _completeness(ranking)) if detail]
    frame.headline(finding(ranking), *details)


@st.fragment
def _live(frame: PageFrame) -> None:
    """Everything that follows the weights; a moved slider reruns only this."""
    with error_boundary():
        working = in_hand()
        inputs = _inputs(frame, working)
        ranking = rank(working.scheme, inputs)
        left, right = st.columns([1.45, 1], gap="small")
        with left:
            ranking_block(ranking)
        with right:
            weights_block(working)
        _headline(frame, working, ranking)
        frozen = frozen_words(frame, working, ranking)
        if frozen:
            with left:
                st.badge(escaped(frozen), icon="🔒", color="blue")
        shares = None
        if ranking is not None and ranking.order:
            with left:
                strip_block(ranking)
            with right:
                methods_block(ranking, compare_methods(ranking))
                shares = money_block(ranking, rank(working.choice.scheme, inputs) if working.edited else None)
        chosen = _choose_section()
        if chosen in _WITHOUT_SCORES:
            _section_of_the_scheme(chosen, frame, working, ranking)
        elif ranking is None or not ranking.order:
            empty_state(_("这一部分要有得分才能显示。"), _("请换一个时期或方案。"))
        else:
            _section_of_the_scores(chosen, frame, working, ranking, shares)


def _open(section: str) -> None:
    st.session_state[SECTION_KEY] = section


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


def _section_of_the_scores(chosen: str, frame: PageFrame, working: Working, ranking: Ranking, shares: PoolShares | None) -> None:
    """Draw the open section; the others cost nothing."""
    about = source(ranking, frame, choice_label(working.choice) + (_("（有未保存的改动）") if working.edited else ""))
    if chosen == "gap":
        gap_section(ranking)
    elif chosen == "leave_out":
        leave_out_section(ranking, about)
    elif chosen == "drill":
        drill_section(frame, ranking, about)
    elif chosen == "methods":
        methods_section(ranking, about)
    elif chosen == "trust":
        trust_section(ranking, about, frame.database.version)
    else:
        export_section(ranking, shares, about)


def performance_page(frame: PageFrame) -> None:
    """Draw the page."""
    tell_notice()
    choices = scheme_choices(current_workspace())
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        working = choose_scheme(choices)
        for section, icon in (("versions", ":material/verified:"), ("export", ":material/download:")):
            st.button(_(SECTIONS[section]), icon=icon, key=f"performance_open_{section}", on_click=_open, args=(section,), width="content")
        st.caption(escaped(working.scheme.source), width="stretch")
    _live(frame)
