"""Colours, sizes and the Plotly template: one place for light (desk) and dark (cockpit).

The colours of texts and surfaces reach WCAG AA (``tests/unit/kit/test_theme.py`` computes it); the community colours were
checked for the two common kinds of colour-blindness (``docs/decisions/007-colours-and-fonts.md``). State is never told by colour
alone: its sign goes beside it. What the states are, their signs and colours, is ``dashboard/states.py``.
"""

from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from dashboard.states import DARK_COMMUNITIES, DARK_STATES, LIGHT_COMMUNITIES, LIGHT_STATES, State
from dashboard.ui.kit.address import asked

FONT_FAMILY = "County Sans SC, Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
SIDEBAR_PIXELS = 224
_PRESENTED_SCALE = 1.2
STYLE_SHEET = Path(__file__).with_name("style.css")


_DIRECTIONS = {"up": 0, "other": 0, "down": 1, "own": 1, "lateral": 2, "out": 3}
DIRECTION_MARKUP = ("violet", "blue", "gray", "")
"""What Streamlit calls the colours of ``Palette.directions`` in a text; empty is that of the text itself."""
STATE_BADGE = {State.GOOD: "green", State.WARNING: "orange", State.BAD: "red", State.UNKNOWN: "gray", State.NEUTRAL: "gray"}


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as ``#RRGGBB``."""

    name: str
    page: str
    card: str
    text: str
    muted: str
    border: str
    grid: str
    primary: str
    good: str
    warning: str
    bad: str
    bar_background: str
    communities: tuple[str, ...]
    directions: tuple[str, str, str, str]
    """Ways that people move: up, down, across, out of the county. No state's colours: none of them is good or bad by itself."""
    heat: tuple[str, ...]
    """Fills of cells: off, near, between (no state, the colour of nothing), met; texts on them are ``text``. Each carries its sign."""

    def state(self, state: State) -> str:
        """Return the text colour of ``state``."""
        return {State.GOOD: self.good, State.WARNING: self.warning, State.BAD: self.bad}.get(state, self.muted)

    def direction(self, code: str) -> str:
        """Return the colour of a direction: up, down, lateral or out; own and other (where people of a community go) are as down and up."""
        return self.directions[_DIRECTIONS[code]]

    def community(self, position: int) -> str:
        """Return the colour of the community at this ``position`` (from 0, in display order), the same on every page; below 0: nobody's."""
        return self.muted if position < 0 else self.communities[position % len(self.communities)]


LIGHT = Palette(
    name="light",
    page="#F5F7FA",
    card="#FFFFFF",
    text="#1A2433",
    muted="#566477",
    border="#DDE5EE",
    grid="#E6ECF2",
    primary="#1F6DB2",
    good=LIGHT_STATES[State.GOOD],
    warning=LIGHT_STATES[State.WARNING],
    bad=LIGHT_STATES[State.BAD],
    bar_background="#E3E9F0",
    communities=LIGHT_COMMUNITIES,
    directions=("#AA0BF9", "#1F6DB2", "#566477", "#1A2433"),
    heat=("#F2A9A7", "#FBDFA0", "#E8ECF1", "#A9DCC6"),
)
DARK = Palette(
    name="dark",
    page="#0B1220",
    card="#0F1D36",
    text="#E8EEF7",
    muted="#9DB0CB",
    border="#22375C",
    grid="#1C2F50",
    primary="#4C9BEB",
    good=DARK_STATES[State.GOOD],
    warning=DARK_STATES[State.WARNING],
    bad=DARK_STATES[State.BAD],
    bar_background="#22344F",
    communities=DARK_COMMUNITIES,
    directions=("#CA47FA", "#4C9BEB", "#9DB0CB", "#E8EEF7"),
    heat=("#8C2F3F", "#6E5410", "#26334A", "#17695A"),
)


def in_direction(code: str, words: str) -> str:
    """Return ``words`` (Markdown) in bold and in the colour of a direction (``Palette.direction``)."""
    name = DIRECTION_MARKUP[_DIRECTIONS[code]]
    return f":{name}[**{words}**]" if name else f"**{words}**"


def palette() -> Palette:
    """Return the colours of the theme that this session's browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def type_scale() -> float:
    """Return by how much charts enlarge their texts: more while an agenda is presented to a room (``ui/meeting/presentation.py``)."""
    return _PRESENTED_SCALE if asked("present") else 1.0


def apply_style() -> None:
    """Put the one static style sheet on the page: density and card surfaces, no data in it."""
    st.html(STYLE_SHEET)


def template(colours: Palette) -> go.layout.Template:
    """Return the one Plotly template.

    Streamlit's own chart theme does not reach the colour way of ``go.Figure`` (Plotly 7), hence the explicit one.
    """
    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.border,
        "zerolinecolor": colours.border,
        "tickfont": {"color": colours.muted, "size": 12},
        "title": {"font": {"color": colours.muted, "size": 12}},
        "automargin": True,
        "exponentformat": "none",
        "separatethousands": True,
    }
    return go.layout.Template(
        layout={
            "colorway": list(colours.communities),
            "font": {"family": FONT_FAMILY, "color": colours.text, "size": 12},
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"font": {"family": FONT_FAMILY, "size": 12}},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"color": colours.muted}},
            "bargap": 0.35,
            "separators": ".,",
        }
    )
