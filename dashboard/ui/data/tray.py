"""What institutions submitted, and taking the last load back: two cards of the section 载入."""

import streamlit as st

from dashboard.services.common.directory import directory
from dashboard.services.common.identity import Identity
from dashboard.services.common.kept import Kept
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.loading import may_load, undo, undoable
from dashboard.services.data.submissions import Submission, settle, take_over, tray
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import error_boundary, escaped

TAKEN, TAKING = "loading_taken", "loading_taking"
"""In the session: the submission that is being loaded, and the fields that it asks for in the next run."""
TOLD, UNFINISHED = "loading_told", "loading_unfinished"
"""In the session: what the next run says was done, and the error of what could not be made of it."""
_SETTLED_SHOWN = 5


def tray_card(frame: PageFrame, reader: Identity, inbox_key: str, checked_key: str) -> None:
    """Draw the tray: for the data manager everything that waits, for others what they submitted."""
    mine = not may_load(reader)
    found = tray(current_workspace(), reader.name if mine else None)
    if not (found.waiting or (mine and found.settled)):
        return
    title = _("我报送的：{count} 份等接收", count=len(found.waiting)) if mine else _("报送待接收：{count} 份", count=len(found.waiting))
    with card("load_tray", title, _("按单位替换，接收时再检查一遍")):
        for each in found.waiting:
            _line(frame, each)
            if not mine:
                _answers(reader, each, inbox_key, checked_key)
        for each in found.settled[:_SETTLED_SHOWN] if mine else ():
            _line(frame, each)


def _line(frame: PageFrame, each: Kept[Submission]) -> None:
    content = each.content
    names = directory(frame.database).institutions["short_name"]
    who = _("、").join(str(names.get(code, code)) for code in content.reporters)
    state = {
        "waiting": _("等接收"),
        "taken": _("已载入第 {number} 批", number=content.load_id),
        "returned": _("已退回：{words}", words=content.answer),
    }[content.state]
    parts = [
        who, _("、").join(content.periods), _("{count} 行", count=formatting.number(content.rows)), each.author or MISSING,
        formatting.moment(each.created_at), state, content.note,
    ]  # fmt: skip
    st.markdown(escaped(" · ".join(part for part in parts if part)))


def _answers(reader: Identity, each: Kept[Submission], inbox_key: str, checked_key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        answer = st.text_input(_("退回的理由"), key=typed(f"tray_answer_{each.document_id}"), persist_state=KEPT, width="stretch")
        with error_boundary(watched=False):
            if st.button(_("接收并检查"), key=f"tray_take_{each.document_id}", type="primary"):
                st.session_state[inbox_key] = take_over(each, reader.session).token
                st.session_state[TAKEN] = each
                # Fields that stand above were drawn in this run already: the next one sets them, and checks.
                st.session_state[TAKING] = {"load_scope": "reporter", "load_profile": each.content.profile.partition("@")[0]}
                st.session_state.pop(checked_key, None)
                st.rerun()
            if st.button(_("退回"), key=f"tray_back_{each.document_id}", disabled=not answer.strip()):
                settle(current_workspace(), each, reader, load_id=None, answer=answer)
                let_go(f"tray_answer_{each.document_id}")
                st.rerun()


def undo_card(frame: PageFrame, reader: Identity) -> None:
    """Draw what the last load is and the way to take it back."""
    with error_boundary():
        last = undoable()
        if last is None:
            return
        name = _("最近一批：第 {number} 批 {package}", number=last.load_id, package=last.package)
        with card("load_undo", name, _("可整批撤回") if last.possible else _("不能撤回")):
            if not last.possible:
                st.caption(escaped(_(last.why)))
                return
            with st.container(horizontal=True, vertical_alignment="bottom"):
                reason = st.text_input(_("撤回的理由"), key=typed("undo_reason"), persist_state=KEPT, width="stretch")
                pressed = st.button(_("撤回这一批"), key="undo_go", icon=":material/undo:", disabled=not reason.strip())
            st.caption(escaped(_("撤回后数据回到上一批的样子；撤回本身记为新的一批，写入操作记录。")))
            if pressed:
                undone = undo(last, reader, reason)
                let_go("undo_reason")
                st.session_state[TOLD] = _("已撤回第 {undone} 批；数据版本 {number}", undone=last.load_id, number=undone.load_id)
                st.session_state[UNFINISHED] = undone.unfinished
                st.rerun()
