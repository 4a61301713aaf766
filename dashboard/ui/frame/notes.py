"""批注: notes pinned to a block of a page, which open behind its title."""

import time
from collections import Counter
from contextvars import ContextVar
from functools import partial

import streamlit as st

from dashboard import formatting
from dashboard.errors import ProductError
from dashboard.services.common.addresses import PageAddress
from dashboard.services.common.filters import FilterOptions, filter_options
from dashboard.services.common.notes import LONGEST_NOTE, Note, add_note, block_notes, list_notes, set_note_open
from dashboard.services.common.workspace import current_workspace
from dashboard.ui.frame.audience import audience_choice
from dashboard.ui.frame.filters import filter_words
from dashboard.ui.frame.place import here
from dashboard.ui.kit.cards import Behind
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import error_boundary, escaped, show_error
from dashboard.ui.kit.reader import reader_database, reader_scope
from dashboard.ui.kit.signature import signature, signature_field
from dashboard.workspace import UNSIGNED

_COUNTED_SECONDS = 2.0
# A page has a dozen blocks: their notes are counted once for all of them.
_counted: ContextVar[tuple[float, Counter[tuple[str, str]]] | None] = ContextVar("notes_counted", default=None)


def _open_notes(page: str, block: str) -> int:
    """Return how many open notes a block has; 0 when the workspace cannot be read: the page must not fail for it."""
    held = _counted.get()
    if held is None or time.monotonic() - held[0] > _COUNTED_SECONDS:
        try:
            counts = Counter((note.address.page, note.block) for note in list_notes(current_workspace(), reader_scope()) if note.open)
        except ProductError:
            counts = Counter()
        held = (time.monotonic(), counts)
        _counted.set(held)
    return held[1][(page, block)]


def notes_behind(block: str, title: str) -> Behind | None:
    """Return the notes on ``block`` of this page, with how many are open; None where there is no page.

    ``title`` is what the block says now, kept with a new note.
    """
    place = here()
    if place is None:
        return None
    return Behind("notes", _("批注"), partial(_panel, place, block, title), _open_notes(place.page, block))


def _panel(place: PageAddress, block: str, title: str) -> None:
    listed = st.container()
    text_key, author_key = f"note_text_{block}", f"note_author_{block}"
    with st.form(f"note_form_{block}", border=False):
        text = st.text_area(_("新批注"), max_chars=LONGEST_NOTE, height=80, key=typed(text_key), persist_state=KEPT)
        author = signature_field(author_key)
        sent = st.form_submit_button(_("添加批注"), type="primary")
    if sent:
        try:
            version = reader_database().version.load_id
            add_note(current_workspace(), text, address=place, block=block, title=title, author=author, data_version=version)
        except ProductError as error:
            show_error(error)
        else:
            let_go(text_key)
            _refresh()
    with listed, error_boundary():
        _notes(place, block)


def _notes(place: PageAddress, block: str) -> None:
    options = filter_options(reader_database())
    notes = block_notes(current_workspace(), place.page, block, reader_scope())
    for note in notes:
        show_note(note, options, block)
        audience_choice(note.note_id, key=f"note_{block}")
    if not notes:
        st.caption(_("还没有批注。写下的批注，别人也能看到；它记住当前的筛选条件。"))


def _refresh() -> None:
    _counted.set(None)
    st.rerun()


def show_note(note: Note, options: FilterOptions, key: str) -> None:
    """Draw a note with author, time and filters, the link back to what it was written on, and the button that resolves or reopens it."""
    when = formatting.moment(note.created_at)
    words = " · ".join([note.author or _(UNSIGNED), when, *filter_words(options, dict(note.address.parameters))])
    with st.container(key=f"note_{key}_{note.note_id}", gap=None):
        text = escaped(note.text) if note.open else f":gray[~~{escaped(note.text)}~~]"
        st.markdown(text)
        link = "./" + note.address.text().removeprefix("/")
        st.caption(f"{escaped(words)} · [{_('打开当时的视图')}]({link})")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if not note.open:
                st.caption(escaped(_("✓ {person} 已解决", person=note.changed_by or _(UNSIGNED))), width="content")
            label = _("标为已解决") if note.open else _("重新打开")
            if st.button(label, key=f"note_toggle_{key}_{note.note_id}", type="tertiary"):
                set_note_open(current_workspace(), note, is_open=not note.open, author=signature())
                _refresh()
