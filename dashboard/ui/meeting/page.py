"""The meeting page put together: which agenda, its items, decisions and follow-ups, and who did what."""

from dataclasses import dataclass

import streamlit as st

from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.clock import today
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import LONGEST_TITLE, SavedAgenda, agenda_of, list_agendas, read_agenda, save_agenda
from dashboard.services.meeting.decisions import SavedDecision, list_decisions
from dashboard.services.reports.report import ReportKind
from dashboard.ui.audit.section import audit_section
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.report_button import report_button
from dashboard.ui.frame.submit import agenda_label
from dashboard.ui.kit import address
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped, show_error
from dashboard.ui.kit.person import identity
from dashboard.ui.kit.sections import Section, Sections, show
from dashboard.ui.kit.signature import signature_field
from dashboard.ui.meeting.agenda import agenda_section
from dashboard.ui.meeting.decisions import decisions_section
from dashboard.ui.meeting.items import show_item
from dashboard.ui.meeting.notes import notes_section
from dashboard.ui.meeting.presentation import AGENDA, Slide, present, presented
from dashboard.ui.meeting.working import hold, in_hand, take, tell, tell_notices, unsaved
from dashboard.workspace import UNSIGNED, MissingDocumentError

_CHOICE = "meeting_choice"


@dataclass(frozen=True, eq=False)
class _View:
    """What the sections draw from: the frame, the agenda in view and its decisions."""

    frame: PageFrame
    saved: SavedAgenda | None
    decisions: tuple[SavedDecision, ...]


def _lacks_agenda(view: _View) -> tuple[str, str] | None:
    return None if view.saved else (_("还没有会议议程。"), _("点“新建议程”，或在任何页面点“提交会议”。"))


def _agenda(view: _View) -> None:
    saved = view.saved
    if saved is not None:
        agenda_section(view.frame, in_hand(saved), saved, view.decisions)


SECTIONS: Sections[_View, None] = Sections(
    "about",
    Section("agenda", marked("议程"), _agenda, _lacks_agenda),
    Section("decisions", marked("决定与督办"), lambda view: decisions_section(view.frame, view.saved, view.decisions)),
    Section("notes", marked("批注"), lambda view: notes_section(view.frame)),
    Section("audit", marked("操作记录"), lambda view: audit_section(view.frame.source())),
)


def meeting_page(frame: PageFrame) -> None:
    """Draw the page: the item that is presented, or the agendas with what was decided."""
    slide = presented()
    if slide is not None:
        _present(frame, slide)
        return
    agendas = list_agendas(current_workspace())
    saved = _choose(frame, agendas)
    decisions = list_decisions(current_workspace(), agenda_id=saved.agenda_id) if saved else ()
    frame.headline(_finding(saved, decisions))
    tell_notices()
    reader = identity()
    without = () if reader is not None and reader.may("audit") else ("audit",)
    show(SECTIONS.choose(_("看什么"), without=without), _View(frame, saved, decisions))


def _present(frame: PageFrame, slide: Slide) -> None:
    show_item(frame, slide.item, f"{slide.saved.agenda_id}_{slide.item.item_id}")


def _finding(saved: SavedAgenda | None, decisions: tuple[SavedDecision, ...]) -> str:
    if saved is None:
        return _("会议")
    decided = {each.decision.item_id for each in decisions}
    count = len(saved.agenda.items)
    words = _("{count} 项议题，{decided} 项已决定", count=count, decided=sum(item.item_id in decided for item in saved.agenda.items))
    return _("{title}：{words}", title=saved.agenda.title, words=words)


# Which agenda ----------------------------------------------------------------------------------------------------------


def _asked(agendas: tuple[SavedAgenda, ...]) -> str | None:
    """Return the agenda that the address names, or that was chosen last; the latest one otherwise."""
    names = [saved.agenda_id for saved in agendas]
    for name in (address.asked(AGENDA), st.session_state.get(_CHOICE)):
        if name in names:
            return str(name)
    if address.asked(AGENDA):
        show_error(MissingDocumentError())
    return names[0] if names else None


def _chosen() -> None:
    address.put(agenda=st.session_state[_CHOICE])


def _choose(frame: PageFrame, agendas: tuple[SavedAgenda, ...]) -> SavedAgenda | None:
    """Draw the row of what can be done with agendas and return the one in view."""
    labels = {saved.agenda_id: agenda_label(saved) for saved in agendas}
    asked = _asked(agendas)
    with st.container(key="meeting_row", horizontal=True, gap="small", vertical_alignment="center"):
        if asked is not None:
            st.session_state[_CHOICE] = asked
            st.selectbox(
                _("议程"),
                list(labels),
                format_func=labels.__getitem__,
                key=_CHOICE,
                on_change=_chosen,
                label_visibility="collapsed",
                width=360,
            )
        saved = next((each for each in agendas if each.agenda_id == asked), None)
        if saved is not None:
            address.put(agenda=saved.agenda_id)
            waiting = unsaved(saved.agenda_id)
            off, why = waiting or not saved.agenda.items, _("请先保存修改") if waiting else None
            if st.button(_("开始演示"), type="primary", icon=":material/slideshow:", key="meeting_present", disabled=off, help=why):
                present(saved)
        _new_agenda()
        if saved is not None:
            report_button(frame, ReportKind.PACK, agenda_id=saved.agenda_id, key="pack")
            _put_away(saved)
    return saved


def _new_agenda() -> None:
    place = st.popover(_("新建议程"), icon=":material/add:", key="meeting_new", on_change="rerun")
    if not place.open:
        return
    with place, st.form("meeting_new_form", border=False):
        title = st.text_input(_("会议名称"), max_chars=LONGEST_TITLE, key=typed("meeting_new_title"), persist_state=KEPT)
        date = st.date_input(_("会议日期"), format="YYYY-MM-DD", key=typed("meeting_new_date", today()), persist_state=KEPT)
        author = signature_field("meeting_new_author")
        if not st.form_submit_button(_("新建"), type="primary"):
            return
        try:
            saved = save_agenda(current_workspace(), agenda_of(title, date), author=author)
        except ProductError as error:
            show_error(error)
            return
        let_go("meeting_new_title", "meeting_new_date")
        take(saved)
        tell(_("已新建“{name}”", name=saved.agenda.title))
        address.put(agenda=saved.agenda_id)
        st.rerun()


def _put_away(saved: SavedAgenda) -> None:
    place = st.popover(_("历史与归档"), icon=":material/more_horiz:", key="meeting_more", help=_("历史与归档"), on_change="rerun")
    if not place.open:
        return
    with place:
        workspace = current_workspace()
        for info in workspace.versions(saved.agenda_id)[:20]:
            older = read_agenda(workspace, saved.agenda_id, info.version)
            words = _(
                "第 {version} 版 · {author} · {count} 项",
                version=info.version,
                author=info.author or _(UNSIGNED),
                count=len(older.agenda.items),
            )
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.caption(escaped(words))
                if info.version != saved.version and st.button(_("取回这一版"), key=f"meeting_back_{info.version}", type="tertiary"):
                    hold(saved, older.agenda)
                    st.rerun()
        if st.button(_("归档这份议程"), key="meeting_archive", icon=":material/archive:"):
            workspace.archive(saved.agenda_id, actor=None)
            address.put(agenda="")
            tell(_("已归档“{name}”，内容保留", name=saved.agenda.title))
            st.rerun()
        for archived in list_agendas(workspace, archived=True)[:10]:
            if st.button(
                _("恢复“{name}”", name=escaped(archived.agenda.title)), key=f"meeting_restore_{archived.agenda_id}", type="tertiary"
            ):
                workspace.restore(archived.agenda_id, actor=None)
                address.put(agenda=archived.agenda_id)
                st.rerun()
