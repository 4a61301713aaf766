"""The sections of a page: one registry, one switch that stands in the address, and one way to say what a section lacks."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import streamlit as st

from dashboard.ui.kit.address import segments
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state

Context = TypeVar("Context")
Answer = TypeVar("Answer")


def _nothing(_context: object) -> None:
    return None


@dataclass(frozen=True)
class Section(Generic[Context, Answer]):
    """One section: its code in the address, its label (a message id), and what draws it.

    ``lacks`` returns why the section cannot be drawn and what to do about it (translated texts), None when it has what it needs.
    """

    code: str
    label: str
    draw: Callable[[Context], Answer]
    lacks: Callable[[Context], tuple[str, str] | None] = _nothing
    ignores: tuple[str, ...] = ()
    """Filters of the page that the section does not follow; the page says so above it."""


class Sections(Generic[Context, Answer]):
    """The sections of a page in their order, chosen by the parameter ``key`` of the address."""

    def __init__(self, key: str, *sections: Section[Context, Answer], first: str | None = None) -> None:
        """``first`` is the code of the section shown on a first visit, the first one unless given."""
        self.key, self.first = key, first
        self.labels = {section.code: section.label for section in sections}
        self._by_code = {section.code: section for section in sections}
        if len(self._by_code) < len(sections):
            raise ValueError("two sections of one code")

    def choose(
        self, label: str, *, without: Collection[str] = (), width: Literal["content", "stretch"] = "content"
    ) -> Section[Context, Answer]:
        """Draw the switch, named ``label`` for screen readers, and return the section chosen; ``without`` are not there for this reader."""
        labels = {code: name for code, name in self.labels.items() if code not in without}
        return self._by_code[segments(self.key, label, labels, hidden=True, default=self.first, width=width)]

    def open(self, code: str) -> None:
        """Make ``code`` the section that is shown; for callbacks."""
        st.session_state[self.key] = self._by_code[code].code

    def name(self, code: str) -> str:
        """Return the label of a section in the reader's language."""
        return _(self._by_code[code].label)


def show(section: Section[Context, Answer], context: Context) -> Answer | None:
    """Draw ``section``; None, with a word of explanation, when it lacks what it needs."""
    lack = section.lacks(context)
    if lack is not None:
        empty_state(*lack)
        return None
    return section.draw(context)
