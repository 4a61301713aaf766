"""The agenda on the meeting page: its items in order, moved, edited and taken off; nothing is saved until somebody says so."""

from functools import partial

import streamlit as st

from dashboard import formatting
from dashboard.errors import ProductError
from dashboard.services.meeting.agendas import KIND_NAMES, LONGEST_TITLE, AgendaItem, SavedAgenda
from dashboard.services.meeting.decisions import SavedDecision
from dashboard.ui.frame.audience import audience_choice
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.draft import KEPT, typed
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state, escaped, open_dialog, show_error
from dashboard.ui.meeting.decisions import decision_dialog
from dashboard.ui.meeting.editor import item_form
from dashboard.ui.meeting.items import ICONS, item_words
from dashboard.ui.meeting.presentation import present
from dashboard.ui.meeting.working import Working, change, drop, move, save_row
from dashboard.workspace import UNSIGNED

_TITLE, _DATE = "meeting_title", "meeting_date"


def _edit(frame: PageFrame, working: Working, item: AgendaItem) -> None:
    if item_form(frame, working, item.kind, item):
        st.rerun()


def _add(frame: PageFrame, working: Working) -> None:
    labels = {kind: _(name) for kind, name in KIND_NAMES.items()}
    kind = st.segmented_control(
        _("种类"), list(labels), default="page", format_func=labels.__getitem__, required=True, key="meeting_new_kind", width="stretch"
    )
    if item_form(frame, working, kind, None):  # type: ignore[arg-type]
        st.rerun()


def _button(item: AgendaItem, act: str, icon: str, words: str, *, disabled: bool = False) -> bool:
    return st.button(words, icon=f":material/{icon}:", key=f"meeting_{act}_{item.item_id}", help=words, type="tertiary", disabled=disabled)


def _row(frame: PageFrame, working: Working, item: AgendaItem, place: int, decided: list[SavedDecision]) -> None:
    count = len(working.agenda.items)
    with st.container(key=f"agenda_row_{item.item_id}", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{place + 1}**", width=26)
        with st.container(key=f"agenda_words_{item.item_id}", gap=None):
            badge = f" :green-badge[✓ {_('已决定 {count}', count=len(decided))}]" if decided else ""
            st.markdown(f"**{escaped(item.title)}**{badge}")
            note = f" · {escaped(item.note)}" if item.note else ""
            st.caption(f"{ICONS[item.kind]} {escaped(item_words(frame, item))}{note}")
        with st.container(key=f"agenda_acts_{item.item_id}", horizontal=True, gap="small", width="content"):
            if _button(item, "up", "arrow_upward", _("上移"), disabled=place == 0):
                move(working, item.item_id, -1)
                st.rerun()
            if _button(item, "down", "arrow_downward", _("下移"), disabled=place == count - 1):
                move(working, item.item_id, 1)
                st.rerun()
            if _button(item, "edit", "edit", _("编辑")):
                open_dialog(_("编辑议题"), partial(_edit, frame, working, item))
            if _button(item, "drop", "delete", _("移出议程")):
                drop(working, item.item_id)
                st.rerun()
            if _button(item, "decide", "gavel", _("记录决定")):
                decision_dialog(working.base, item)
            if _button(item, "show", "play_arrow", _("从这一项开始演示"), disabled=working.edited):
                present(working.base, place + 1)


def _heading(working: Working) -> None:
    first, second = st.columns([3, 1], gap="small")
    title_key, date_key = typed(f"{_TITLE}_{working.token}", working.agenda.title), typed(f"{_DATE}_{working.token}", working.agenda.date)
    title = first.text_input(_("会议名称"), max_chars=LONGEST_TITLE, key=title_key, persist_state=KEPT)
    date = second.date_input(_("会议日期"), format="YYYY-MM-DD", key=date_key, persist_state=KEPT)
    try:
        change(working, title=title, date=date)
    except ProductError as error:
        show_error(error)
    audience_choice(working.base.agenda_id, key="meeting")


def agenda_section(frame: PageFrame, working: Working, newest: SavedAgenda, decisions: tuple[SavedDecision, ...]) -> None:
    """Draw the agenda in hand."""
    author, when = newest.author or _(UNSIGNED), formatting.moment(newest.created_at)
    aside = _("第 {version} 版 · {author} 保存于 {when}", version=newest.version, author=author, when=when)
    with card("agenda", _("议程 {count} 项", count=len(working.agenda.items)), aside):
        _heading(working)
        if not working.agenda.items:
            empty_state(_("议程里还没有议题。"), _("点“添加议题”，或在任何页面点“提交会议”。"))
        for place, item in enumerate(working.agenda.items):
            _row(frame, working, item, place, [each for each in decisions if each.decision.item_id == item.item_id])
        if st.button(_("添加议题"), icon=":material/add:", key="meeting_add"):
            open_dialog(_("添加议题"), partial(_add, frame, working))
        save_row(working, newest)
