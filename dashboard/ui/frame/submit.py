"""提交会议: hand what is on the screen to the agenda of a meeting, from any page."""

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.addresses import PageAddress
from dashboard.services.common.clock import today
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import LONGEST_NOTE, LONGEST_TITLE, AgendaItem, SavedAgenda, list_agendas, page_item, submit
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.place import here
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped, show_error
from dashboard.ui.kit.signature import signature_field

_NEW = "new"


def current_address(frame: PageFrame) -> PageAddress:
    """Return the address of the page as it is now: the filters that it uses and the choices of its own."""
    return here() or PageAddress(frame.entry.name)


def current_page_item(frame: PageFrame, title: str) -> AgendaItem:
    """Return an item that shows this page as it is now. Raises ``MeetingError`` when the title is empty or too long."""
    return page_item(title, current_address(frame).text())


def agenda_label(saved: SavedAgenda) -> str:
    """Return what lists call an agenda: date and title."""
    return f"{saved.agenda.date:%Y-%m-%d} {saved.agenda.title}"


def submit_to_meeting(frame: PageFrame, item: AgendaItem | None, *, key: str = "page", unavailable: str = "") -> None:
    """Draw the button 提交会议: it opens a choice of agenda, or a new one, and appends ``item`` to it.

    ``key`` tells several on one page apart. Without an ``item`` the button says ``unavailable``, why there is nothing to submit
    yet (for instance: save the scenario first), in the reader's language.
    """
    place = st.popover(
        _("提交会议"), icon=":material/co_present:", type="tertiary", key=f"submit_{frame.entry.name}_{key}", on_change="rerun"
    )
    if place.open:
        with place:
            if item is None:
                st.caption(escaped(unavailable or _("这里还没有可以提交的内容。")))
            else:
                _panel(item, f"submit_{frame.entry.name}_{key}")


def submit_page(title: str) -> None:
    """Draw the small button in the header that submits this page as it is now, named ``title`` unless somebody writes another name."""
    place = here()
    if place is None:
        return
    opened = st.popover(
        _("把本页提交会议"),
        icon=":material/co_present:",
        help=_("把本页提交会议"),
        type="tertiary",
        key="submit_this_page",
        on_change="rerun",
    )
    if opened.open:
        with opened:
            _panel(page_item(title, place.text()), f"submit_page_{place.page}")


def _agendas() -> tuple[SavedAgenda, ...]:
    """Return the agendas to choose from; none, and why, when the workspace cannot be read: the form is drawn all the same."""
    try:
        return list_agendas(current_workspace())
    except ProductError as error:
        show_error(error)
        return ()


def _panel(item: AgendaItem, key: str) -> None:
    labels = {saved.agenda_id: agenda_label(saved) for saved in _agendas()} | {_NEW: _("新建议程…")}
    chosen = st.selectbox(_("议程"), list(labels), format_func=labels.__getitem__, key=f"{key}_agenda")
    with st.form(f"{key}_form", border=False):
        agenda_title, date = "", today()
        if chosen == _NEW:
            agenda_title = st.text_input(_("会议名称"), max_chars=LONGEST_TITLE, key=typed(f"{key}_name"), persist_state=KEPT)
            date = st.date_input(_("会议日期"), format="YYYY-MM-DD", key=typed(f"{key}_date", today()), persist_state=KEPT)
        title = st.text_input(_("议题"), max_chars=LONGEST_TITLE, key=typed(f"{key}_title", item.title), persist_state=KEPT)
        note = st.text_area(_("说明（可不填）"), max_chars=LONGEST_NOTE, height=68, key=typed(f"{key}_note", item.note), persist_state=KEPT)
        author = signature_field(f"{key}_author")
        sent = st.form_submit_button(_("加入议程"), type="primary")
    if not sent:
        return
    try:
        complete = AgendaItem.model_validate(item.model_dump() | {"title": title.strip() or item.title, "note": note.strip()})
        agenda_id = None if chosen == _NEW else chosen
        saved = submit(current_workspace(), complete, agenda_id=agenda_id, author=author, title=agenda_title, date=date)
    except ProductError as error:
        show_error(error)
        return
    let_go(*(f"{key}_{field}" for field in ("name", "date", "title", "note")))
    st.success(
        escaped(_("已加入“{name}”，第 {number} 项", name=agenda_label(saved), number=len(saved.agenda.items))),
        icon=":material/check_circle:",
    )
