"""The agenda in hand: what this session edits, saved as a version when asked, never lost to somebody who saved first."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st

from dashboard import formatting
from dashboard.errors import ProductError
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import Agenda, AgendaItem, SavedAgenda, agenda_of, read_agenda, save_agenda
from dashboard.services.meeting.merge import merge_agendas
from dashboard.ui.kit import address
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped, show_error
from dashboard.ui.kit.signature import signature, signature_field
from dashboard.workspace import UNSIGNED

_WORKING, _TOLD, _PROBLEM = "meeting_working", "meeting_told", "meeting_problem"


@dataclass
class Working:
    """An agenda being edited: the version it began with, and what it is now.

    ``token`` names its fields on the page: another agenda in hand, or the same one anew, starts with fresh fields.
    """

    base: SavedAgenda
    agenda: Agenda
    token: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    @property
    def edited(self) -> bool:
        """Whether anything differs from what was saved."""
        return self.agenda != self.base.agenda


def tell(words: str) -> None:
    """Say ``words`` once, at the next run."""
    st.session_state[_TOLD] = words


def tell_notices() -> None:
    """Show what the last act led to, once."""
    words, problem = st.session_state.pop(_TOLD, ""), st.session_state.pop(_PROBLEM, None)
    if words:
        st.success(escaped(words), icon=":material/check_circle:")
    if isinstance(problem, ProductError):
        show_error(problem)


def _held() -> dict[str, Working]:
    """Return what this session has in hand, by agenda: looking at another one gives up nothing."""
    return st.session_state.setdefault(_WORKING, {})


def hold(base: SavedAgenda, agenda: Agenda) -> Working:
    """Put ``agenda`` in hand as an edit of ``base``, for instance an earlier version that somebody fetched back."""
    _held()[base.agenda_id] = Working(base, agenda)
    return _held()[base.agenda_id]


def take(saved: SavedAgenda) -> Working:
    """Put a saved agenda in hand; edits of it that were not saved are given up."""
    return hold(saved, saved.agenda)


def in_hand(newest: SavedAgenda) -> Working:
    """Return the agenda in hand; ``newest`` is what is saved now: taken as it is unless this session has unsaved edits of it."""
    working = _held().get(newest.agenda_id)
    return working if working and (working.edited or working.base.version == newest.version) else take(newest)


def unsaved(agenda_id: str) -> bool:
    """Tell whether this session has edits of the agenda that were not saved."""
    working = _held().get(agenda_id)
    return working is not None and working.edited


def change(working: Working, items: Sequence[AgendaItem] | None = None, **fields: object) -> None:
    """Edit the agenda in hand. Raises ``MeetingError`` for what an agenda cannot be; it stays as it was."""
    now = working.agenda
    working.agenda = agenda_of(
        str(fields.get("title", now.title)),
        fields.get("date", now.date),  # type: ignore[arg-type]
        now.items if items is None else items,
    )


def move(working: Working, item_id: str, step: int) -> None:
    """Move an item up (−1) or down (+1); at the end it stays."""
    items = list(working.agenda.items)
    place = next(index for index, item in enumerate(items) if item.item_id == item_id)
    target = place + step
    if 0 <= target < len(items):
        items[place], items[target] = items[target], items[place]
        change(working, items)


def drop(working: Working, item_id: str) -> None:
    """Take an item off the agenda; earlier versions keep it."""
    change(working, [item for item in working.agenda.items if item.item_id != item_id])


def put(working: Working, item: AgendaItem) -> None:
    """Replace the item of the same id, or append ``item``. Raises ``MeetingError`` when the agenda is full."""
    items = list(working.agenda.items)
    known = [index for index, each in enumerate(items) if each.item_id == item.item_id]
    if known:
        items[known[0]] = item
    else:
        items.append(item)
    change(working, items)


def _act(act: Callable[[], SavedAgenda], words: Callable[[SavedAgenda], str]) -> SavedAgenda | None:
    """Do ``act`` before the next run, put in hand what it saved, and say how it went; what was edited stays on an error (None)."""
    try:
        saved = act()
    except ProductError as error:
        st.session_state[_PROBLEM] = error
        return None
    take(saved)
    tell(words(saved))
    return saved


def _saved_words(saved: SavedAgenda) -> str:
    return _("已保存“{name}”，第 {version} 版", name=saved.agenda.title, version=saved.version)


def _save(working: Working) -> None:
    workspace = current_workspace()
    _act(lambda: save_agenda(workspace, working.agenda, author=signature(), over=working.base), _saved_words)


def _merge(working: Working) -> None:
    workspace = current_workspace()
    newest = read_agenda(workspace, working.base.agenda_id)
    merged = merge_agendas(working.base.agenda, working.agenda, newest.agenda)
    clashes = _("两人都改过、以您的为准：{titles}", titles=_("、").join(merged.clashes)) if merged.clashes else ""

    def words(saved: SavedAgenda) -> str:
        return " ".join(filter(None, [_("已与最新版合并。"), _saved_words(saved), clashes]))

    _act(lambda: save_agenda(workspace, merged.agenda, author=signature(), over=newest), words)


def _copy(working: Working) -> None:
    workspace = current_workspace()
    title = _("{name}（另存）", name=working.agenda.title)[:120]
    agenda = working.agenda.model_copy(update={"title": title})
    copy = _act(lambda: save_agenda(workspace, agenda, author=signature()), lambda saved: _("已另存为“{name}”", name=saved.agenda.title))
    if copy is not None:
        _held().pop(working.base.agenda_id)
        address.put(agenda=copy.agenda_id)


def _reload(newest: SavedAgenda) -> None:
    take(newest)
    tell(_("已载入最新的第 {version} 版", version=newest.version))


def save_row(working: Working, newest: SavedAgenda) -> None:
    """Draw what is unsaved and the button that saves; when somebody else saved meanwhile, who, when, and the three ways on."""
    if not working.edited:
        return
    overtaken = newest.version != working.base.version
    with st.container(key="meeting_unsaved", border=True):
        if overtaken:
            st.warning(
                escaped(
                    _(
                        "{author} 已于北京时间 {when} 保存了第 {version} 版。您的修改还在本页，没有丢失。",
                        author=newest.author or _(UNSIGNED),
                        when=formatting.moment(newest.created_at),
                        version=newest.version,
                    )
                ),
                icon=":material/warning:",
            )
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            with st.container(width=220):
                signature_field("meeting_author")
            if overtaken:
                st.button(
                    _("合并后保存"), type="primary", key="meeting_merge", on_click=_guarded, args=(_merge, working), icon=":material/merge:"
                )
                st.button(_("放弃我的修改，载入最新版"), key="meeting_reload", on_click=_reload, args=(newest,))
                st.button(_("另存为新议程"), key="meeting_copy", on_click=_guarded, args=(_copy, working))
            else:
                st.button(
                    _("保存议程"), type="primary", key="meeting_save", on_click=_guarded, args=(_save, working), icon=":material/save:"
                )
                st.button(_("放弃修改"), key="meeting_discard", on_click=_reload, args=(newest,))
                st.caption(_("有未保存的修改"), width="content")


def _guarded(act: Callable[[Working], None], working: Working) -> None:
    try:
        act(working)
    except ProductError as error:
        st.session_state[_PROBLEM] = error
