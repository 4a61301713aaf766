"""Cards: the surface that everything stands on, and the headline number with its target."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st

from dashboard.states import SIGNS, State, signed
from dashboard.ui.kit.charts import show_figure, target_and_trend
from dashboard.ui.kit.definition import Definition, definition_popover
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import badge_text, escaped
from dashboard.ui.kit.theme import STATE_BADGE, palette


@dataclass(frozen=True)
class HeadlineCard:
    """One headline number, ready to show: texts are formatted and in the reader's language.

    ``share`` and ``target_share`` are the positions of value and target on the progress bar, 0 to 1; None leaves it out.
    ``trend`` is the line of the last months, None where a month is missing. ``label`` is the short name on the card (the
    definition carries the full one); ``note`` says why a value is missing, ``incomplete`` which part of the reports it is made of,
    ``dated`` how far its data reach where that is less far than the page's, and which filter it does not follow.
    ``indicator`` is the catalogue's id where what is behind the number can be opened.
    """

    key: str
    definition: Definition
    value: str
    label: str = ""
    note: str = ""
    incomplete: str = ""
    dated: str = ""
    indicator: str = ""
    state: State = State.NEUTRAL
    target: str = ""
    previous_change: str = ""
    last_year_change: str = ""
    share: float | None = None
    target_share: float | None = None
    trend: Sequence[float | None] = field(default_factory=tuple)

    def alternative_text(self) -> str:
        """Return the card as a sentence for a screen reader."""
        state = signed(self.state, self.target) if self.target else ""
        parts = [f"{self.definition.name} {self.value}", state, *self.changes(), self.note]
        return _("，").join(part for part in parts if part)

    def changes(self) -> list[str]:
        """Return the change against the period before and against the year before, as far as there is one."""
        previous = [_("环比 {change}", change=self.previous_change)] if self.previous_change else []
        return previous + ([_("同比 {change}", change=self.last_year_change)] if self.last_year_change else [])


def _nothing(_key: str, _title: str) -> None:
    """Stand for what a frame puts beside the title of a card where there is none, as in the gallery of the tests."""


_beside_title: Callable[[str, str], None] = _nothing


def stand_beside_titles(draw: Callable[[str, str], None]) -> None:
    """Let ``draw(key, title)`` put its button beside the title of every card: the frame's notes, which the kit does not know."""
    global _beside_title
    _beside_title = draw


_behind: Callable[[str, str], None] = _nothing


def open_behind_numbers(draw: Callable[[str, str], None]) -> None:
    """Let ``draw(indicator, key)`` put the button that opens what is behind a headline number: the frame's."""
    global _behind
    _behind = draw


def behind_number(indicator: str, key: str) -> None:
    """Draw the button that opens what is behind a number of ``indicator``, where the frame has given one."""
    _behind(indicator, key)


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


def headline_card(content: HeadlineCard) -> None:
    """Draw one headline number: name (opens its definition), target, value, changes, progress to target, trend."""
    colours = palette()
    with card(f"headline_{content.key}", height="stretch"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xxsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content"):
                definition_popover(content.definition, content.key, content.label)
                if content.indicator and content.value != MISSING:
                    behind_number(content.indicator, content.key)
            if content.target:
                st.badge(badge_text(signed(content.state, content.target)), color=STATE_BADGE[content.state])  # type: ignore[arg-type]
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", gap="xxsmall"):
            st.metric(escaped(content.definition.name), escaped(content.value), label_visibility="collapsed", width="content")
            st.caption("  \n".join(escaped(change) for change in content.changes()), width="content", text_alignment="right")
        if content.incomplete:
            st.caption(f"**{escaped(content.incomplete)}**")
        if content.dated:
            st.caption(escaped(content.dated))
        if content.value != MISSING:
            colour = colours.primary if content.state is State.NEUTRAL else colours.state(content.state)
            figure = target_and_trend(colours, colour, content.share, content.target_share, content.trend)
            show_figure(figure, key=f"trend_{content.key}", alt=content.alternative_text())
        elif content.note:
            st.caption(escaped(content.note))


def headline_row(cards: Sequence[HeadlineCard]) -> None:
    """Draw headline cards side by side, all of one width."""
    for column, content in zip(st.columns(len(cards), gap="small"), cards, strict=True):
        with column:
            headline_card(content)


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
