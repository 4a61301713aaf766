"""What one does with a scenario: save it, take it away as Excel or Word, hand it to a meeting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.addresses import AddressError
from dashboard.services.common.plan import Plan
from dashboard.services.common.scenarios import Model, Saved, list_saved, save_plan
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import LONGEST_TITLE, AgendaItem, MeetingError
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.scenario_panel import label
from dashboard.ui.frame.scenario_saved import Bench
from dashboard.ui.frame.submit import current_page_item, submit_to_meeting
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped, show_error
from dashboard.ui.kit.signature import signature_field
from dashboard.ui.kit.tables import ExportSource, download


@dataclass(frozen=True)
class Take:
    """One export of a page: what makes it (only when asked for), and the name of its file."""

    label: str
    make: Callable[[], bytes]
    file_name: str
    mime: str | None = None


def action_row(
    bench: Bench, frame: PageFrame, model: Model, plan: Plan, *, title: str, finding: str, takes: Sequence[Take], source: ExportSource
) -> None:
    """Draw the row of actions above the results. What opens is only made when it is opened.

    ``title`` names the page, ``finding`` is what the plan finds: it heads the page in a meeting. ``takes`` are the exports.
    """
    key = bench.key
    with st.container(key=f"{key}_actions", horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        told = st.session_state.pop(f"{key}_told", "")
        if told:
            st.caption(f"✓ {escaped(told)}", width="content")
        # A new key after each save: the popover comes back closed.
        place = st.popover(
            _("另存为方案"),
            icon=":material/save:",
            type="primary",
            key=f"{key}_save_{st.session_state.get(f'{key}_saves', 0)}",
            on_change="rerun",
        )
        if place.open:
            with place:
                _save_form(bench, model, plan)
        for take in takes:
            mime = {"mime": take.mime} if take.mime else {}
            suffix = "export" if take.mime is None else "report"
            download(
                take.label, take.make, key=f"{key}_{suffix}", file_name=take.file_name, title=title, source=source, type="secondary", **mime
            )
        item, problem = _meeting_item(frame, plan, finding)
        submit_to_meeting(frame, item, key="plan", unavailable=problem)


def _meeting_item(frame: PageFrame, plan: Plan, finding: str) -> tuple[AgendaItem | None, str]:
    """Return the page as it stands, its link carrying every coefficient, or why that cannot be handed in."""
    title = f"{plan.scenario.name}{_('：')}{finding}" if plan.changed else finding
    try:
        return current_page_item(frame, title[:LONGEST_TITLE]), ""
    except (MeetingError, AddressError):
        return None, _("链接太长，不能直接提交：请先保存方案，再从“方案”里提交比较。")


def _fields(bench: Bench) -> tuple[str, str]:
    return f"{bench.key}_save_name", f"{bench.key}_save_reason"


def _save_form(bench: Bench, model: Model, plan: Plan) -> None:
    """Draw the form that saves the plan of now. A conflict or a wrong name is told; what was typed stays."""
    told = st.container()
    try:
        saved = list_saved(current_workspace(), bench.key)
    except ProductError as error:
        saved = ()
        with told:
            show_error(error)
    with st.form(f"{bench.key}_save_form", border=False):
        name = st.text_input(_("名称"), max_chars=100, key=typed(_fields(bench)[0]), persist_state=KEPT)
        author = signature_field(f"{bench.key}_author")
        reason = st.text_area(_("理由"), max_chars=1000, height=68, key=typed(_fields(bench)[1]), persist_state=KEPT)
        targets = {"": _("存为新方案")} | {each.document_id: _("更新“{name}”", name=each.name) for each in saved if each.plan}
        over = st.selectbox(_("存到"), list(targets), format_func=targets.__getitem__, key=f"{bench.key}_save_target", persist_state=KEPT)
        sent = st.form_submit_button(_("保存"), type="primary")
    missing = [key for key in plan.scenario.coefficients if key not in plan.scenario.rationale]
    if missing:
        names = _("、").join(label(model.baseline.coefficients.coefficients[key]) for key in missing[:6])
        st.caption(escaped(_("还没写理由的改动：{names}", names=names)))
    if sent:
        _save(bench, model, plan, next((each for each in saved if each.document_id == over), None), name, author or "", reason)


def _save(bench: Bench, model: Model, plan: Plan, over: Saved | None, name: str, author: str, reason: str) -> None:
    try:
        done = save_plan(
            current_workspace(),
            plan,
            model=bench.key,
            name=name or (over.name if over else ""),
            author=author,
            reason=reason,
            load_id=model.database.version.load_id,
            over=over,
        )
    except ProductError as error:
        show_error(error)
        return
    let_go(*_fields(bench))
    if done.plan is not None:
        bench.state.set_plan(done.plan)
    st.session_state[f"{bench.key}_told"] = _("已保存“{name}”，第 {version} 版", name=done.name, version=done.version)
    st.session_state[f"{bench.key}_saves"] = st.session_state.get(f"{bench.key}_saves", 0) + 1
    st.rerun()
