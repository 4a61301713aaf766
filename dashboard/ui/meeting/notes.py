"""批注 of all pages in one list: what is open, where, under which filters."""

import streamlit as st

from dashboard.services.common.notes import Note, list_notes
from dashboard.services.common.workspace import current_workspace
from dashboard.ui.frame.navigation import page_title
from dashboard.ui.frame.notes import show_note
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state, escaped

_LISTED = 50


def notes_section(frame: PageFrame) -> None:
    """Draw the open notes of every page, with the resolved ones on request."""
    notes = list_notes(current_workspace(), frame.database.scope)
    waiting = [note for note in notes if note.open]
    with card("notes_of_all_pages", _("未解决的批注 {count} 条", count=len(waiting)), _("在任何图表右上角的批注按钮里添加")):
        everything = st.toggle(_("也看已解决的"), key="notes_resolved")
        shown = notes if everything else waiting
        if not shown:
            empty_state(_("没有未解决的批注。"), _("在任何图表右上角点批注按钮添加，别人也能看到。"))
        for note in shown[:_LISTED]:
            _row(frame, note)
        if len(shown) > _LISTED:
            st.caption(_("只列出最近 {most} 条。", most=_LISTED))


def _row(frame: PageFrame, note: Note) -> None:
    st.caption(f"**{escaped(page_title(note.address.page))}** · {escaped(note.title)}")
    show_note(note, frame.options, "all")
