"""Cards: the surface that everything stands on, with what opens behind its title."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard.ui.kit.component import component
from dashboard.ui.kit.i18n import _


@dataclass(frozen=True)
class Behind:
    """What a button in the head of a card opens below it: ``draw`` fills it, ``count`` says how many are in it, 0 says nothing.

    ``name`` is the shape of the button (``head.js``) and what the state of the head, ``{"open": ["notes"]}``, calls it.
    """

    name: str
    words: str
    draw: Callable[[], None]
    count: int = 0


def _nothing(_key: str, _title: str) -> None:
    """Stand for what a frame puts behind the title of a card where there is none, as in the gallery of the tests."""


_beside_title: Callable[[str, str], Behind | None] = _nothing


def stand_beside_titles(behind: Callable[[str, str], Behind | None]) -> None:
    """Let ``behind(key, title)`` say what else opens behind the title of every card: the frame's notes, which the kit does not know."""
    global _beside_title
    _beside_title = behind


_head_drawn = component(Path(__file__).parent, "head", html='<div class="head"></div>', key="head")


@contextmanager
def card(
    key: str, title: str = "", aside: str = "", *, height: int | str = "content", details: Callable[[], None] | None = None
) -> Iterator[None]:
    """Open a card; ``title`` says the finding, ``aside`` is the small print at its right. Both are plain text.

    ``details`` draws what opens behind the card: the definitions of its numbers and its table. Behind a title opens as well
    what ``stand_beside_titles`` was given: the notes that people pin to it, kept under ``key``.
    """
    with st.container(key=f"card_{key}", height=height):  # type: ignore[arg-type]
        if title or aside:
            card_head(key, title, aside, details=details)
        yield


def card_head(key: str, title: str, aside: str = "", *, details: Callable[[], None] | None = None) -> None:
    """Draw the head of a card alone, as ``card`` does, and what of the parts behind it is open.

    It is one element of ours, where Streamlit's own would be seven; for a title that is known only after the controls below it.
    """
    behind = [Behind("details", _("口径与数据表"), details)] if details else []
    beside = _beside_title(key, title) if title else None
    if beside:
        behind.append(beside)
    place = f"head_{key}"
    parts = [{"name": each.name, "words": each.words, "count": each.count} for each in behind]
    data = {"title": title, "aside": aside, "parts": parts, "open": _open(st.session_state.get(place))}
    # What is open is the component's own state: the browser tells it with every run, also with the first one of a server just restarted.
    opened = _open(_head_drawn(key=place, data=data, on_open_change=lambda: None))
    for each in behind:
        if each.name in opened:  # only then: tables cost more than the card
            with st.container(key=f"opened_{each.name}_{key}"):
                each.draw()


def _open(state: Mapping[str, object] | None) -> list[object]:
    """Return what the state of a head says is open: whatever a browser has told, nothing but a list counts."""
    names = state.get("open") if state else None
    return names if isinstance(names, list) else []
