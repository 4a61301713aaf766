"""Decisions on the meeting page: the record of an item, its revisions, and what is still to be done."""

import datetime
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import formatting
from dashboard.errors import ProductError
from dashboard.services.common.clock import today
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import AgendaItem, SavedAgenda
from dashboard.services.meeting.decisions import (
    FIELD_NAMES,
    LONGEST_DECISION,
    LONGEST_LINE,
    MOST_ADOPTED,
    STATE_NAMES,
    Adopted,
    Decision,
    SavedDecision,
    State,
    changed_fields,
    decision_history,
    decision_of,
    record_decision,
)
from dashboard.services.meeting.followups import FollowUp, follow_ups
from dashboard.states import SIGNS
from dashboard.ui.frame.audience import audience_choice
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import theme
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import badge_text, empty_state, escaped, open_dialog, show_error
from dashboard.ui.kit.signature import signature_field
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.workspace import UNSIGNED, Kind

_TONES = {
    State.OVERDUE: theme.State.BAD,
    State.OPEN: theme.State.WARNING,
    State.DONE: theme.State.GOOD,
    State.RECORDED: theme.State.NEUTRAL,
}


def state_words(state: State) -> str:
    """Return a state with its sign: never told by colour alone."""
    return f"{SIGNS[_TONES[state]]} {_(STATE_NAMES[state])}"


def state_badge(state: State) -> None:
    """Draw the state of a decision."""
    st.badge(badge_text(state_words(state)), color=theme.STATE_BADGE[_TONES[state]])  # type: ignore[arg-type]


def due_words(row: FollowUp) -> str:
    """Return when a follow-up is due and how far away that is."""
    if row.days is None or row.due is None:
        return _("未定期限")
    day = formatting.day(row.due, language())
    if row.state is State.DONE:
        return day
    if row.days < 0:
        return _("{day}，逾期 {days} 天", day=day, days=-row.days)
    return _("{day}，今天到期", day=day) if row.days == 0 else _("{day}，还有 {days} 天", day=day, days=row.days)


# The form --------------------------------------------------------------------------------------------------------------


def _adoptable(known: tuple[Adopted, ...]) -> dict[tuple[str, int], Adopted]:
    """Return every scenario and scheme with the version of now, and those that the record already names."""
    workspace = current_workspace()
    found = {(each.document_id, each.version): each for each in known}
    for kind in (Kind.SCENARIO, Kind.SCHEME, Kind.RESULT):
        for document in workspace.list_documents(kind):
            adopted = Adopted(document_id=document.document_id, version=document.newest.version, name=document.name)
            found[(adopted.document_id, adopted.version)] = adopted
    return found


def _offered(known: tuple[Adopted, ...]) -> dict[tuple[str, int], Adopted]:
    """Return what may be adopted; what the record names, and why not more, when the workspace cannot be read."""
    try:
        return _adoptable(known)
    except ProductError as error:
        show_error(error)
        return {(each.document_id, each.version): each for each in known}


def _suggested(item: AgendaItem, offered: dict[tuple[str, int], Adopted]) -> list[tuple[str, int]]:
    shown = {*item.scenario_ids, item.document_id}
    return [key for key in offered if key[0] in shown][:1] if len(item.scenario_ids) <= 1 else []


def _form(saved: SavedAgenda, item: AgendaItem, over: SavedDecision | None) -> None:
    key = f"decision_{over.decision_id if over else item.item_id}"
    known = over.decision if over else None
    offered = _offered(known.adopted if known else ())
    fields: list[str] = []

    def field(name: str, start: object = "") -> str:
        fields.append(f"{key}_{name}")
        return typed(fields[-1], getattr(known, name) if known else start)

    with st.form(f"{key}_form", border=False):
        decision = st.text_area(_("决定"), max_chars=LONGEST_DECISION, height=90, key=field("decision"), persist_state=KEPT)
        reason = st.text_area(_("理由"), max_chars=LONGEST_DECISION, height=68, key=field("reason"), persist_state=KEPT)
        adopted = st.multiselect(
            _("采用的方案版本"),
            list(offered),
            default=[(each.document_id, each.version) for each in known.adopted] if known else _suggested(item, offered),
            format_func=lambda name: f"{offered[name].name} v{name[1]}",
            max_selections=MOST_ADOPTED,
            placeholder=_("可不选"),
            key=f"{key}_adopted",
            persist_state=KEPT,
        )
        first, second = st.columns(2, gap="small")
        responsible = first.text_input(_("责任人"), max_chars=LONGEST_LINE, key=field("responsible"), persist_state=KEPT)
        due = second.date_input(_("期限"), None, format="YYYY-MM-DD", key=field("due", None), persist_state=KEPT)
        votes = first.text_input(_("表决"), max_chars=LONGEST_LINE, key=field("votes"), persist_state=KEPT)
        attendance = second.text_input(_("出席"), key=field("attendance"), persist_state=KEPT)
        why, done, progress = "", False, ""
        if known:
            progress = st.text_area(_("进展"), max_chars=LONGEST_DECISION, height=68, key=field("progress"), persist_state=KEPT)
            done = st.checkbox(_("已完成"), key=field("done"), persist_state=KEPT)
            fields.append(f"{key}_why")
            why = st.text_input(_("修改原因（必填，原文会保留）"), max_chars=LONGEST_LINE, key=typed(fields[-1]), persist_state=KEPT)
        author = signature_field(f"{key}_author")
        sent = st.form_submit_button(_("保存修改") if known else _("记录决定"), type="primary")
    if not sent:
        return
    try:
        content = decision_of(
            agenda_id=saved.agenda_id, item_id=item.item_id, agenda_title=saved.agenda.title, agenda_date=saved.agenda.date,
            item_title=item.title, decision=decision, reason=reason, adopted=tuple(offered[name] for name in adopted),
            responsible=responsible, due=due if isinstance(due, datetime.date) else None, votes=votes, attendance=attendance,
            done=done, progress=progress,
        )  # fmt: skip
        record_decision(current_workspace(), content, author=author, over=over, why=why)
    except ProductError as error:
        show_error(error)
        return
    let_go(*fields)
    st.rerun()


def _revision(saved: SavedAgenda, item: AgendaItem, over: SavedDecision | None) -> None:
    if over is not None:
        audience_choice(over.decision_id, key="decision")
    _form(saved, item, over)


def decision_dialog(saved: SavedAgenda, item: AgendaItem, over: SavedDecision | None = None) -> None:
    """Open the form of a decision on ``item``, or of a revision of ``over``."""
    title = _("修改决定：{title}", title=item.title) if over else _("记录决定：{title}", title=item.title)
    open_dialog(title, partial(_revision, saved, item, over))


# The lists -------------------------------------------------------------------------------------------------------------


def _value(decision: Decision, field: str) -> str:
    value = getattr(decision, field)
    if field == "adopted":
        return _("、").join(f"{each.name} v{each.version}" for each in value)
    if field == "due":
        return formatting.day(value, language()) if value else ""
    if field == "done":
        return _("是") if value else _("否")
    return str(value)


def show_decision(saved: SavedDecision, *, editable: SavedAgenda | None = None) -> None:
    """Draw a decision with its facts; with the agenda that it belongs to, the button that revises it, and its history."""
    decision = saved.decision
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        state_badge(decision.state(today()))
        st.markdown(f"**{escaped(decision.item_title)}**", width="content")
        st.caption(escaped(f"{decision.agenda_title} · {decision.agenda_date:%Y-%m-%d}"), width="content")
    st.markdown(escaped(decision.decision))
    facts = [f"**{_(FIELD_NAMES[name])}** {escaped(_value(decision, name))}" for name in FIELD_NAMES
             if name not in ("decision", "done") and _value(decision, name)]  # fmt: skip
    who = _(
        "{author} 记录于 {when}，第 {version} 版", author=saved.author or _(UNSIGNED), when=_when(saved.created_at), version=saved.version
    )
    st.caption("　".join([*facts, escaped(who)]))
    with st.container(horizontal=True, gap="small"):
        if editable is not None and st.button(_("修改"), key=f"decision_edit_{saved.decision_id}", icon=":material/edit:", type="tertiary"):
            item = editable.agenda.item(decision.item_id) or AgendaItem(
                item_id=decision.item_id, kind="text", title=decision.item_title or "—", text="—"
            )
            decision_dialog(editable, item, saved)
        if saved.version > 1:
            history = st.popover(
                _("历史 {count} 版", count=saved.version), key=f"decision_history_{saved.decision_id}", type="tertiary",
                icon=":material/history:", on_change="rerun",
            )  # fmt: skip
            if history.open:
                with history:
                    _history(saved)


def _when(moment: datetime.datetime) -> str:
    return formatting.moment(moment)


def _history(saved: SavedDecision) -> None:
    """List every revision, newest first: who, when, why, and each field as it was and became."""
    revisions = decision_history(current_workspace(), saved.decision_id)
    for now, before in zip(revisions, [*revisions[1:], None], strict=True):
        st.markdown(f"**{_('第 {version} 版', version=now.version)}** {escaped(now.author or _(UNSIGNED))} · {_when(now.created_at)}")
        if before is None:
            st.caption(escaped(now.decision.decision))
            continue
        st.caption(escaped(_("原因：{why}", why=now.why)))
        for name in changed_fields(before.decision, now.decision):
            old, new = _value(before.decision, name) or "—", _value(now.decision, name) or "—"
            st.markdown(f":small[{_(FIELD_NAMES[name])}：~~{escaped(old)}~~ → {escaped(new)}]")


def _table(frame: PageFrame, rows: tuple[FollowUp, ...]) -> None:
    lines = [
        (
            state_words(row.state),
            row.what,
            row.responsible or "—",
            due_words(row),
            row.progress,
            f"{row.saved.decision.agenda_date:%Y-%m-%d} {row.saved.decision.agenda_title}"
            if row.saved
            else _("运行监测：{unit}", unit=row.about),
        )
        for row in rows
    ]
    columns = ("state", "decision", "responsible", "due", "progress", "meeting")
    labels = (_("状态"), _("决定或措施"), _("责任人"), _("期限"), _("进展或预期"), _("来自"))
    show_table(
        pd.DataFrame(lines, columns=list(columns)),
        [TableColumn(name, label) for name, label in zip(columns, labels, strict=True)],
        key="follow_ups",
        title=_("督办事项"),
        source=frame.source(),
        rows=10,
    )


def decisions_section(frame: PageFrame, saved: SavedAgenda | None, decisions: tuple[SavedDecision, ...]) -> None:
    """Draw what is to be followed up from all meetings, and the ``decisions`` of the agenda in view."""
    ups = follow_ups(current_workspace(), today(), frame.database)
    counts = _(
        "逾期 {overdue} · 进行中 {open} · 已完成 {done}",
        overdue=ups.count(State.OVERDUE),
        open=ups.count(State.OPEN),
        done=ups.count(State.DONE),
    )
    with card("follow_ups", _("督办事项 {count} 项未完成", count=len(ups.unfinished)), counts):
        if ups.rows:
            _table(frame, ups.rows)
        else:
            empty_state(_("还没有需要督办的决定。"), _("在议题旁点“记录决定”，填写责任人或期限后会出现在这里和总览页。"))
    if saved is None:
        return
    with card("decisions", _("本次会议的决定 {count} 项", count=len(decisions)), f"{saved.agenda.date:%Y-%m-%d} {saved.agenda.title}"):
        if not decisions:
            empty_state(_("这次会议还没有记录决定。"), _("在议程或演示画面里点“记录决定”。"))
        for decision in decisions:
            with st.container(border=True, key=f"decision_{decision.decision_id}"):
                show_decision(decision, editable=saved)
