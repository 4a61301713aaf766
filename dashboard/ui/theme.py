"""Colours, sizes and the Plotly template: one place for light (desk) and dark (wall).

The colours of texts and surfaces reach WCAG AA (``tests/unit/test_theme.py`` computes it); the community colours were
checked for the two common kinds of colour-blindness (``docs/decisions/007-colours-and-fonts.md``). State is never told by colour
alone: ``STATE_SIGN`` goes beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

FONT_FAMILY = "County Sans SC, Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
SIDEBAR_PIXELS = 224
_PRESENTED_SCALE = 1.2
STYLE_SHEET = Path(__file__).with_name("style.css")


class State(StrEnum):
    """How a value stands against its target."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    NEUTRAL = "neutral"


STATE_SIGN = {State.GOOD: "✓", State.WARNING: "▲", State.BAD: "▼", State.NEUTRAL: "·"}
STATE_BADGE = {State.GOOD: "green", State.WARNING: "orange", State.BAD: "red", State.NEUTRAL: "gray"}


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
    heat: tuple[str, ...]
    """Fills of the heat strip from worst to best; texts on them are ``text``."""

    def state(self, state: State) -> str:
        """Return the text colour of ``state``."""
        return {State.GOOD: self.good, State.WARNING: self.warning, State.BAD: self.bad, State.NEUTRAL: self.muted}[state]

    def community(self, position: int) -> str:
        """Return the colour of the community at this ``position`` (from 0, in display order); the same on every page."""
        return self.communities[position % len(self.communities)]


LIGHT = Palette(
    name="light",
    page="#F5F7FA",
    card="#FFFFFF",
    text="#1A2433",
    muted="#566477",
    border="#DDE5EE",
    grid="#E6ECF2",
    primary="#1F6DB2",
    good="#0B7A54",
    warning="#A35200",
    bad="#BE2F38",
    bar_background="#E3E9F0",
    communities=("#2F7DCB", "#D9861F", "#2E9E7B", "#8F419B", "#CC4C5B", "#5B6B80", "#17A2B8", "#8C6D31"),
    heat=("#F3B3B0", "#FBE0BD", "#E3EDF3", "#BFE3D6"),
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
    good="#5CC9A2",
    warning="#F5A742",
    bad="#F58089",
    bar_background="#22344F",
    communities=("#4C9BEB", "#F4A63C", "#5BC2A3", "#E08FD4", "#EA6D78", "#9DB0CB", "#4CC9DB", "#C9AE6B"),
    heat=("#8C2F3F", "#74531F", "#2B4A73", "#1D6068"),
)


def palette() -> Palette:
    """Return the colours of the theme that this session's browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def type_scale() -> float:
    """Return by how much charts enlarge their texts: more while an agenda is presented to a room (``ui/presentation.py``)."""
    return _PRESENTED_SCALE if "present" in st.query_params else 1.0


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


def _channel(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4


def _channels(colour: str) -> Sequence[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#RRGGBB`` (WCAG 2.2)."""
    red, green, blue = (_channel(value) for value in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2; AA asks 4.5 for text, 3 for large text and marks)."""
    brighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)
