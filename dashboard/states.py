"""The one vocabulary of state, for screen, wall, Word, slides and workbook: what a value's state is called, its sign and its colour.

▲ and ▼ mean movement and nothing else. A reference is a neutral line and gives no state. Community colours are names, never states:
they are all blue, violet or magenta, so that no reader, colour-blind ones included, takes one for green, amber, red or grey
(``tests/unit/ground/test_states.py`` measures how far they lie apart).
"""

from collections.abc import Mapping
from enum import StrEnum

from dashboard.analysis.targets import Standing
from dashboard.language import marked, translate


class State(StrEnum):
    """How a value stands: target met, near it, off it; not known; or nothing to hold it against."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    UNKNOWN = "unknown"
    NEUTRAL = "neutral"


SIGNS: Mapping[State, str] = {State.GOOD: "✓", State.WARNING: "!", State.BAD: "✕", State.UNKNOWN: "—", State.NEUTRAL: ""}
ABOVE = "+"
"""More than a reference asks for, where more is no fault: words beside it say of what."""
INCOMPLETE = "○"
"""Beside a value made of what was reported, while reports are missing."""
PROVISIONAL = "◐"
"""Beside a value of a month that is not approved yet; charts hatch it."""

LIGHT_STATES: Mapping[State, str] = {
    State.GOOD: "#0A7D55", State.WARNING: "#A35A00", State.BAD: "#B01E2E", State.UNKNOWN: "#566477", State.NEUTRAL: "#566477",
}  # fmt: skip
DARK_STATES: Mapping[State, str] = {
    State.GOOD: "#4FD1A0", State.WARNING: "#F7B23E", State.BAD: "#F46A6A", State.UNKNOWN: "#9DB0CB", State.NEUTRAL: "#9DB0CB",
}  # fmt: skip
LIGHT_COMMUNITIES = ("#2490F3", "#6C0948", "#00A2AB", "#2D1BA2", "#2D3F87", "#2475A2", "#AB3FC6", "#096CFC")
DARK_COMMUNITIES = ("#3699FC", "#CF1B90", "#12F3FC", "#B487CF", "#486CFC", "#09C6FC", "#AB51CF", "#6375A2")

FILLS = (State.BAD, State.WARNING, State.NEUTRAL, State.GOOD)
"""The state of each fill of a cell (``Palette.heat``), in order; the one between near and met has none."""

_OF_STANDING: Mapping[Standing, State] = {
    Standing.MET: State.GOOD, Standing.NEAR: State.WARNING, Standing.OFF: State.BAD, Standing.NONE: State.NEUTRAL,
}  # fmt: skip
STATE_WORDS: Mapping[State, str] = {
    State.GOOD: marked("达标"),
    State.WARNING: marked("接近"),
    State.BAD: marked("未达标"),
    State.UNKNOWN: marked("数据不全或没有"),
}


def state_of(standing: Standing, *, known: bool = True) -> State:
    """Return the state of a value that stands so to its target; ``known`` is False where it is missing or made of too few reports."""
    return _OF_STANDING[standing] if known else State.UNKNOWN


def signed(state: State, text: str = "") -> str:
    """Return ``text`` behind the sign of ``state``."""
    return f"{SIGNS[state]} {text}".strip()


def legend(language: str = "zh") -> str:
    """Return what each sign means: "✓ 达标 ! 接近 ✕ 未达标 — 数据不全或没有"."""
    return " ".join(signed(state, translate(words, language)) for state, words in STATE_WORDS.items())
