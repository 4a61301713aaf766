"""Cards: the surface that everything stands on, and the headline number with its target."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st

from dashboard.ui.charts import show_figure, target_and_trend
from dashboard.ui.definition import Definition, definition_popover
from dashboard.ui.formatting import MISSING
from dashboard.ui.i18n import _
from dashboard.ui.messages import badge_text, escaped
from dashboard.ui.notes import notes_button
from dashboard.ui.theme import STATE_BADGE, STATE_SIGN, State, palette


@dataclass(frozen=True)
class HeadlineCard:
    """One headline number, ready to show: texts are formatted and in the reader's language.

    ``share`` and ``target_share`` are the positions of value and target on the progress bar, 0 to 1; None leaves it out.
    ``trend`` is the line of the last months, None where a month is missing. ``label`` is the short name on the card (the
    definition carries the full one); ``note`` says why a value is missing or incomplete.
    """

    key: str
    definition: Definition
    value: str
    label: str = ""
    note: str = ""
    state: State = State.NEUTRAL
    target: str = ""
    previous_change: str = ""
    last_year_change: str = ""
    share: float | None = None
    target_share: float | None = None
    trend: Sequence[float | None] = field(default_factory=tuple)

    def alternative_text(self) -> str:
        """Return the card as a sentence for a screen reader."""
        parts = [f"{self.definition.name} {self.value}", self.target, *self.changes(), self.note]
        return _("，").join(part for part in parts if part)

    def changes(self) -> list[str]:
        """Return the change against the period before and against the year before, as far as there is one."""
        previous = [_("环比 {change}", change=self.previous_change)] if self.previous_change else []
        return previous + ([_("同比 {change}", change=self.last_year_change)] if self.last_year_change else [])


@contextmanager
def card(
    key: str, title: str = "", aside: str = "", *, height: int | str = "content", details: Callable[[], None] | None = None
) -> Iterator[None]:
    """Open a card; ``title`` says the finding, ``aside`` is the small print at its right. Both are plain text.

    ``details`` draws what opens behind the card: the definitions of its numbers and its table. A card with a title carries the
    notes that people pin to it; ``key`` is the name that they are kept under.
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
                            "", icon=":material/info:", help=_("口径与数据表"), type="tertiary", key=f"details_{key}", on_change="rerun"
                        )
                        if opened.open:  # only then: tables cost more than the card
                            with opened:
                                details()
                    if title:
                        notes_button(key, title)
        yield


def headline_card(content: HeadlineCard) -> None:
    """Draw one headline number: name (opens its definition), target, value, changes, progress to target, trend."""
    colours = palette()
    with card(f"headline_{content.key}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xxsmall"):
            definition_popover(content.definition, content.key, content.label)
            if content.target:
                st.badge(f"{STATE_SIGN[content.state]} {badge_text(content.target)}", color=STATE_BADGE[content.state])  # type: ignore[arg-type]
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", gap="xxsmall"):
            st.metric(escaped(content.definition.name), escaped(content.value), label_visibility="collapsed", width="content")
            st.caption("  \n".join(escaped(change) for change in content.changes()), width="content", text_alignment="right")
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


def attention_item(title: str, detail: str, state: State) -> None:
    """Draw one line of a list of what needs attention: a sign for the state, the finding, and what it amounts to."""
    badge = STATE_BADGE[state]
    st.markdown(f":{badge}[{STATE_SIGN[state]}] **{escaped(title)}**  \n:small[:gray[{escaped(detail)}]]")
