"""督办: what meetings decided and what is done about alerts, as far as it is still to be done, as one slim card for the Overview."""

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.clock import today
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.decisions import State
from dashboard.services.meeting.followups import FollowUp, FollowUps, follow_ups
from dashboard.states import SIGNS
from dashboard.states import State as Tone
from dashboard.ui.frame.navigation import PAGES_FOLDER
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.theme import STATE_BADGE
from dashboard.ui.meeting.decisions import due_words, state_words

_LISTED = 8


def _words(row: FollowUp) -> str:
    return " · ".join(part for part in (row.responsible, due_words(row), row.about) if part)


def _line(row: FollowUp) -> None:
    st.markdown(f"{state_words(row.state)} **{escaped(row.what)}**  \n:small[:gray[{escaped(_words(row))}]]")


def _title(ups: FollowUps) -> str:
    overdue, count = ups.count(State.OVERDUE), len(ups.unfinished)
    if overdue:
        tone = STATE_BADGE[Tone.BAD]
        return f":{tone}[{SIGNS[Tone.BAD]}] **{escaped(_('督办 {count} 项，{overdue} 项逾期', count=count, overdue=overdue))}**"
    return f"**{escaped(_('督办 {count} 项，无逾期', count=count))}**"


def follow_up_block(database: ReportingDatabase) -> bool:
    """Draw how many decisions are still to be carried out, the list behind it; return whether there are any.

    The Overview does not fail when the workspace cannot be read: the meeting page says so.
    """
    try:
        ups = follow_ups(current_workspace(), today(), database)
    except ProductError:
        return False
    if not ups.unfinished:
        return False
    with st.container(
        key="card_follow_up_line", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"
    ):
        st.markdown(_title(ups), width="content")
        place = st.popover(_("查看"), type="tertiary", key="follow_up_open", on_change="rerun")
        if place.open:
            with place:
                for row in ups.unfinished[:_LISTED]:
                    _line(row)
                if len(ups.unfinished) > _LISTED:
                    st.caption(_("另有 {count} 项", count=len(ups.unfinished) - _LISTED))
                st.page_link(PAGES_FOLDER / "meeting.py", label=_("到会议页查看和更新"), icon=":material/arrow_forward:")
    return True
