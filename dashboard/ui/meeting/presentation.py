"""Presenting an agenda: one item a screen, large, next and previous by keyboard, on whichever page the item lives.

The address ``/meeting?agenda=…&item=3&present=1`` is the item. An item that shows a page goes on to that page itself, under its filters and
with everything on it alive; the three parameters stay in the address, and the bar drawn here leads to the next item.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.addresses import AddressError, PageAddress
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import AgendaItem, SavedAgenda, read_agenda
from dashboard.topics import Page
from dashboard.ui.frame.follow import follow, go_to, use_filters
from dashboard.ui.kit.address import asked
from dashboard.ui.kit.component import component
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped, show_error
from dashboard.ui.meeting.decisions import decision_dialog

AGENDA, ITEM, PRESENT = "agenda", "item", "present"
MEETING = "meeting"
_SHOWN = "presentation_shown"
_STYLE = Path(__file__).with_name("presentation.css")


_keys = component(Path(__file__).parent, "keys", html="<span></span>", key="presentation_keys")


@dataclass(frozen=True)
class Slide:
    """The item on the screen: ``number`` of ``count``, from 1."""

    saved: SavedAgenda
    number: int

    @property
    def count(self) -> int:
        """How many items the agenda has."""
        return len(self.saved.agenda.items)

    @property
    def item(self) -> AgendaItem:
        """The item itself."""
        return self.saved.agenda.items[self.number - 1]


def presented() -> Slide | None:
    """Return the item that the address asks to present; None when nothing is presented or the agenda has no items.

    Raises ``MissingDocumentError`` or ``MeetingError`` for an agenda that cannot be read.
    """
    if not asked(PRESENT) or not asked(AGENDA):
        return None
    saved = read_agenda(current_workspace(), asked(AGENDA))
    if not saved.agenda.items:
        return None
    text = asked(ITEM)
    number = int(text) if text.isdecimal() and len(text) < 4 else 1
    return Slide(saved, min(max(number, 1), len(saved.agenda.items)))


def _address_of(slide: Slide, number: int) -> dict[str, str]:
    return {AGENDA: slide.saved.agenda_id, ITEM: str(number), PRESENT: "1"}


def present(saved: SavedAgenda, number: int = 1) -> NoReturn:
    """Start presenting ``saved`` at an item."""
    _show(Slide(saved, number), number)


def _show(slide: Slide, number: int) -> NoReturn:
    """Go to item ``number``; always by way of the meeting page, which forgets what the page before held."""
    go_to(MEETING, _address_of(slide, number))


def _leave(slide: Slide) -> NoReturn:
    st.session_state.pop(_SHOWN, None)
    go_to(MEETING, {AGENDA: slide.saved.agenda_id})


def presentation(entry: Page) -> None:
    """Draw the bar of the presentation where the address asks for it, and lead an item that shows a page to that page.

    Called by the entry point before the page runs. A page that is not of the item shows no bar: somebody has gone elsewhere.
    """
    try:
        slide = presented()
    except ProductError as error:
        if entry.name != MEETING:  # the meeting page says it itself
            show_error(error)
        return
    if slide is None:
        return
    if entry.name == MEETING:
        _arrive(slide)
    elif st.session_state.get(_SHOWN) != slide.item.item_id:
        _show(slide, slide.number)  # a reload, or a link sent on: the item's own filters again
    _bar(slide)


def _arrive(slide: Slide) -> None:
    """Go on to the page that the item shows, or show any other item under its filters, set once on arrival."""
    address, arrived = _address(slide.item), st.session_state.get(_SHOWN) == slide.item.item_id
    st.session_state[_SHOWN] = slide.item.item_id
    if address is not None and slide.item.kind == "page":
        follow(address, _address_of(slide, slide.number))
    if not arrived:
        # What the item does not say is at its default, not what the item before it left behind.
        use_filters(address or PageAddress(MEETING))


def _address(item: AgendaItem) -> PageAddress | None:
    """Return page and filters of an item; None without any, and for a page that this version of the product does not have."""
    try:
        address = item.page() if item.address else None
    except AddressError:
        return None
    return address


def _bar(slide: Slide) -> None:
    st.html(_STYLE)
    step = _keys(key="presentation_keys", on_step_change=lambda: None).step
    with st.container(key="presentation", horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(
            _("上一项（← 或 PageUp）"),
            icon=":material/arrow_back:",
            key="present_previous",
            help=_("上一项（← 或 PageUp）"),
            disabled=slide.number == 1,
        ):
            step = "previous"
        st.markdown(f"**{slide.number}** / {slide.count}", width="content")
        if st.button(
            _("下一项（→ 或 PageDown）"),
            icon=":material/arrow_forward:",
            key="present_next",
            help=_("下一项（→ 或 PageDown）"),
            type="primary",
            disabled=slide.number == slide.count,
        ):
            step = "next"
        with st.container(key="presentation_words", gap=None):
            st.markdown(f"**{escaped(slide.item.title)}** :gray[{escaped(slide.saved.agenda.title)} · {slide.saved.agenda.date:%Y-%m-%d}]")
            st.progress(slide.number / slide.count)
        if st.button(_("记录决定"), icon=":material/gavel:", key="present_decide"):
            decision_dialog(slide.saved, slide.item)
        if st.button(_("退出"), icon=":material/close:", key="present_leave", type="tertiary"):
            _leave(slide)
    number = {"next": slide.number + 1, "previous": slide.number - 1, "first": 1, "last": slide.count}.get(step or "", slide.number)
    if number != slide.number and 1 <= number <= slide.count:
        _show(slide, number)
