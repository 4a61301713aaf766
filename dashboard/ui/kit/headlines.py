"""Headline numbers side by side: one component, because a card of Streamlit's own parts costs a browser eleven messages."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.states import State, signed
from dashboard.ui.kit.component import component
from dashboard.ui.kit.definition import Definition
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.theme import Palette, palette, type_scale
from dashboard.ui.kit.trend import line_picture, trend_picture

_PICTURE, _SLIM_PICTURE = 30, 26
"""Pixels of the height of the last months."""


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


def _nothing(_indicator: str) -> None:
    """Stand for what opens behind a number where nothing does, as in the gallery of the tests."""


# One script run is one thread: of several readers at once each opens what is behind the numbers of their own page.
_ask: ContextVar[Callable[[str], None]] = ContextVar("ask_behind", default=_nothing)


def open_behind_numbers(ask: Callable[[str], None]) -> None:
    """Let ``ask(indicator)`` open what is behind a headline number: the frame's panel, which the kit does not know."""
    _ask.set(ask)


def behind_number(indicator: str, key: str) -> None:
    """Draw the button that opens what is behind a number of ``indicator`` that stands alone."""
    words = _("看背后的机构和月份（分子、分母）")
    st.button(
        words, key=f"behind_{key}", icon=":material/manage_search:", help=words, type="tertiary", on_click=_ask.get(), args=(indicator,)
    )


_row = component(Path(__file__).parent, "headlines", html='<div class="headlines"></div>', key="headlines")


def headline_row(key: str, cards: Sequence[HeadlineCard], *, slim: bool = False, ask: Callable[[str], None] | None = None) -> None:
    """Draw headline cards side by side, all of one width; ``key`` names the row.

    ``slim`` cards have no bar, and below the number the change on the year or why there is none: eight stand in a row. ``ask`` opens what
    is behind a number, by default as ``open_behind_numbers`` says.
    """
    colours, opens = palette(), ask or _ask.get()
    place = f"headlines_{key}"

    def clicked() -> None:
        chosen = st.session_state[place].get("behind")
        if isinstance(chosen, str):
            opens(chosen)

    shades = {name: getattr(colours, name) for name in ("card", "border", "muted", "good", "bad", "warning")}
    words = {"open": _("点开看口径"), "behind": _("看背后的机构和月份（分子、分母）")}
    shown = [_card(content, colours, slim=slim) for content in cards]
    _row(key=place, data={"cards": shown, "slim": slim, "colours": shades, **words}, on_behind_change=clicked)


def _card(content: HeadlineCard, colours: Palette, *, slim: bool) -> dict[str, Any]:
    known = content.value != MISSING
    target = {"text": signed(content.state, content.target), "tone": str(content.state)} if content.target else None
    changes, about = content.changes(), content.definition
    below = [(content.incomplete, True), (content.dated, False), (_why(content, slim=slim), False)]
    return {
        "indicator": content.indicator if known else "",
        "label": content.label or about.name,
        "name": about.name,
        "value": content.value,
        "target": target,
        "changes": changes[-1:] if slim else changes,
        "below": [{"text": text, "strong": strong} for text, strong in below if text],
        "picture": _picture(content, colours, slim=slim) if known else None,
        "about": about.told(),
    }


def _why(content: HeadlineCard, *, slim: bool) -> str:
    """Return why the value is missing, on a slim card why there is no change on the year; empty where nothing is missing."""
    if slim:
        return "" if content.changes() else content.note or MISSING
    return content.note if content.value == MISSING else ""


def _picture(content: HeadlineCard, colours: Palette, *, slim: bool) -> dict[str, Any]:
    colour = colours.primary if content.state is State.NEUTRAL else colours.state(content.state)
    height = round((_SLIM_PICTURE if slim else _PICTURE) * type_scale())
    source = (
        line_picture(colour, content.trend) if slim else trend_picture(colours, colour, content.share, content.target_share, content.trend)
    )
    return {"source": source, "height": height, "alt": content.alternative_text()}
