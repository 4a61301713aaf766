"""Cards: the surface that everything stands on, and the lines of what needs attention."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.states import SIGNS, State
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.theme import STATE_BADGE


def _nothing(_key: str, _title: str) -> None:
    """Stand for what a frame puts beside the title of a card where there is none, as in the gallery of the tests."""


_beside_title: Callable[[str, str], None] = _nothing


def stand_beside_titles(draw: Callable[[str, str], None]) -> None:
    """Let ``draw(key, title)`` put its button beside the title of every card: the frame's notes, which the kit does not know."""
    global _beside_title
    _beside_title = draw


@contextmanager
def card(
    key: str, title: str = "", aside: str = "", *, height: int | str = "content", details: Callable[[], None] | None = None
) -> Iterator[None]:
    """Open a card; ``title`` says the finding, ``aside`` is the small print at its right. Both are plain text.

    ``details`` draws what opens behind the card: the definitions of its numbers and its table. A card with a title carries
    what ``stand_beside_titles`` was given: the notes that people pin to it, kept under ``key``.
    """
    with st.container(key=f"card_{key}", height=height):  # type: ignore[arg-type]
        if title or aside:
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
                st.markdown(f"##### {escaped(title)}", anchors=False, width="content")
                with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content"):
                    if aside:
                        st.caption(escaped(aside), width="content")
                    if details is not None:
                        opened = st.popover(
                            _("口径与数据表"),
                            icon=":material/info:",
                            help=_("口径与数据表"),
                            type="tertiary",
                            key=f"details_{key}",
                            on_change="rerun",
                        )
                        if opened.open:  # only then: tables cost more than the card
                            with opened:
                                details()
                    if title:
                        _beside_title(key, title)
        yield


def attention_item(title: str, detail: str, state: State, *, key: str = "", on_open: Callable[[], None] | None = None) -> None:
    """Draw one line of a list of what needs attention: the sign of its state, the finding, and what it amounts to.

    With ``on_open`` the finding is a button, named by ``key``, that opens what is behind it.
    """
    finding = f":{STATE_BADGE[state]}[{SIGNS[state]}] **{escaped(title)}**"
    small = f":small[:gray[{escaped(detail)}]]"
    if on_open is None:
        st.markdown(f"{finding}  \n{small}")
        return
    with st.container(key=f"attention_{key}", gap=None):
        st.button(finding, key=f"open_{key}", type="tertiary", on_click=on_open, width="stretch")
        st.markdown(small)
