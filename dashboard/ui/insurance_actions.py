"""What one does with a scenario: save it, take it away as Excel or Word, hand it to a meeting."""

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.addresses import AddressError
from dashboard.services.directory import Directory
from dashboard.services.insurance import Model
from dashboard.services.insurance_plan import Plan
from dashboard.services.meetings import LONGEST_TITLE, AgendaItem, MeetingError
from dashboard.services.scenarios import Saved, list_saved, save_plan
from dashboard.services.workspace import current_workspace
from dashboard.ui import insurance_export, insurance_report
from dashboard.ui.i18n import _
from dashboard.ui.insurance_panel import label
from dashboard.ui.insurance_state import set_plan
from dashboard.ui.insurance_words import finding
from dashboard.ui.meeting_submit import current_page_item, submit_to_meeting
from dashboard.ui.messages import escaped, show_error
from dashboard.ui.shell import PageFrame
from dashboard.ui.signature import signature_field
from dashboard.ui.tables import ExportSource, download
from dashboard.whatif.outcome import Outcome

_TOLD = "insurance_told"
_SAVES = "insurance_saves"


def action_row(
    frame: PageFrame, model: Model, plan: Plan, outcome: Outcome, reference: Outcome, book: Directory, source: ExportSource
) -> None:
    """Draw the row of actions above the results. What opens is only made when it is opened."""
    with st.container(key="insurance_actions", horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        told = st.session_state.pop(_TOLD, "")
        if told:
            st.caption(f"✅ {escaped(told)}", width="content")
        # A new key after each save: the popover comes back closed.
        key = f"insurance_save_{st.session_state.get(_SAVES, 0)}"
        place = st.popover(_("另存为方案"), icon=":material/save:", type="primary", key=key, on_change="rerun")
        if place.open:
            with place:
                _save_form(model, plan)
        title = _("医保总额推演")
        download(
            _("导出 Excel"),
            lambda: insurance_export.scenario_workbook(model, plan, outcome, reference, book, source),
            key="insurance_export",
            file_name=insurance_export.FILE_NAME,
            title=title,
            source=source,
            type="secondary",
        )
        download(
            _("导出 Word"),
            lambda: insurance_report.scenario_document(frame.filters, model, plan, outcome, reference),
            key="insurance_report",
            file_name=insurance_report.FILE_NAME,
            title=title,
            source=source,
            mime=insurance_report.MIME,
            type="secondary",
        )
        item, problem = _meeting_item(frame, plan, outcome, book)
        submit_to_meeting(frame, item, key="plan", unavailable=problem)


def _meeting_item(frame: PageFrame, plan: Plan, outcome: Outcome, book: Directory) -> tuple[AgendaItem | None, str]:
    """Return the page as it stands, its link carrying every coefficient, or why that cannot be handed in."""
    names = {str(code): book.community_name(code) for code in outcome.communities.index}
    words = finding(outcome, names)
    title = f"{plan.scenario.name}{_('：')}{words}" if plan.changed else words
    try:
        return current_page_item(frame, title[:LONGEST_TITLE]), ""
    except (MeetingError, AddressError):
        return None, _("链接太长，不能直接提交：请先保存方案，再从“方案”里提交比较。")


def _save_form(model: Model, plan: Plan) -> None:
    """Draw the form that saves the plan of now. A conflict or a wrong name is told; what was typed stays."""
    try:
        saved = list_saved(current_workspace())
    except ProductError as error:
        show_error(error)
        return
    with st.form("insurance_save_form", border=False):
        name = st.text_input(_("名称"), max_chars=100, key="insurance_save_name")
        author = signature_field("insurance_author")
        reason = st.text_area(_("理由"), max_chars=1000, height=68)
        targets = {"": _("存为新方案")} | {each.document_id: _("更新“{name}”", name=each.name) for each in saved if each.plan}
        over = st.selectbox(_("存到"), list(targets), format_func=targets.__getitem__)
        sent = st.form_submit_button(_("保存"), type="primary")
    missing = [key for key in plan.scenario.coefficients if key not in plan.scenario.rationale]
    if missing:
        names = _("、").join(label(model.baseline.coefficients.coefficients[key]) for key in missing[:6])
        st.caption(escaped(_("还没写理由的改动：{names}", names=names)))
    if sent:
        _save(model, plan, next((each for each in saved if each.document_id == over), None), name, author or "", reason)


def _save(model: Model, plan: Plan, over: Saved | None, name: str, author: str, reason: str) -> None:
    try:
        done = save_plan(
            current_workspace(),
            plan,
            name=name or (over.name if over else ""),
            author=author,
            reason=reason,
            load_id=model.database.version.load_id,
            over=over,
        )
    except ProductError as error:
        show_error(error)
        return
    if done.plan is not None:
        set_plan(done.plan)
    st.session_state[_TOLD] = _("已保存“{name}”，第 {version} 版", name=done.name, version=done.version)
    st.session_state[_SAVES] = st.session_state.get(_SAVES, 0) + 1
    st.rerun()
