"""Light drawing for pages that repaint while a slider moves: cards, plain marks and tables, drawn by one small script.

A Plotly chart costs the browser some sixty milliseconds each time; these cost a few. Layout is decided here, in Python, where it is typed
and tested; the script only places what it is given and sets every text as text, never as HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.ui.i18n import _
from dashboard.ui.theme import State, palette

_FOLDER = Path(__file__).parent
Mark = dict[str, Any]


@dataclass(frozen=True)
class Drawing:
    """A picture of plain marks: x as a share of the plot (0–1, ``left`` and ``right`` pixels aside), y in pixels from the top."""

    height: int
    left: int
    right: int
    alt: str
    marks: list[Mark] = field(default_factory=list)

    def rect(
        self, x: float, x2: float, y: float, h: float, colour: str, *, opacity: float = 1.0, radius: float = 2, title: str = ""
    ) -> None:
        """Add a rectangle from ``x`` to ``x2``, at least one pixel wide."""
        mark = {"m": "rect", "x": x, "x2": x2, "y": y, "h": max(h, 0.0), "c": colour, "o": opacity, "r": radius, "least": 1}
        self.marks.append(mark | {"title": title})

    def line(self, x: float, y: float, x2: float, y2: float, colour: str, *, width: float = 1, dash: str = "") -> None:
        """Add a line."""
        self.marks.append({"m": "line", "x": x, "y": y, "x2": x2, "y2": y2, "c": colour, "w": width, "dash": dash})

    def circle(self, x: float, y: float, fill: str, colour: str, *, radius: float = 5, title: str = "") -> None:
        """Add a circle."""
        self.marks.append({"m": "circle", "x": x, "y": y, "f": fill, "c": colour, "r": radius, "title": title})

    def text(
        self,
        x: float,
        y: float,
        words: str,
        colour: str,
        *,
        anchor: str = "start",
        size: float = 12.5,
        bold: bool = False,
        dx: float = 0,
        pixels: float = 0,
        share: float = 0,
    ) -> None:
        """Add a text; ``anchor`` start, middle or end. Longer than ``pixels`` plus ``share`` of the plot it is cut with "…" (0: never)."""
        mark = {"m": "text", "x": x, "y": y, "t": words, "c": colour, "a": anchor, "s": size, "b": bold, "dx": dx}
        self.marks.append(mark | ({"max": pixels or 1, "wide": share} if pixels or share else {}))


@dataclass(frozen=True)
class BoardCard:
    """One number: ``below`` are lines with their state, ``definition`` pairs of (label, text) that open behind the name."""

    label: str
    value: str
    below: Sequence[tuple[str, State]]
    definition: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class BoardCell:
    """One cell of a table."""

    text: str
    state: State = State.NEUTRAL
    title: str = ""


@cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


_board = st.components.v2.component(
    "insurance_board", html='<div class="board"></div>', css=_asset("insurance_board.css"), js=_asset("insurance_board.js")
)


def _mount(key: str, content: dict[str, Any]) -> None:
    shade = palette()
    colours = {name: getattr(shade, name) for name in ("good", "bad", "warning", "muted", "card", "border")}
    _board(key=f"board_{key}", data={**content, "colours": colours})


def _tone(state: State) -> str:
    return "" if state is State.NEUTRAL else str(state)


def show_drawing(key: str, picture: Drawing) -> None:
    """Draw a picture; its ``alt`` is what a screen reader says."""
    _mount(
        key,
        {
            "kind": "drawing",
            "height": picture.height,
            "left": picture.left,
            "right": picture.right,
            "alt": picture.alt,
            "marks": picture.marks,
        },
    )


def show_cards(key: str, cards: Sequence[BoardCard]) -> None:
    """Draw number cards side by side; a name opens its definition."""
    content = [
        {
            "label": card.label,
            "value": card.value,
            "below": [{"text": words, "state": _tone(state)} for words, state in card.below],
            "definition": [list(pair) for pair in card.definition],
        }
        for card in cards
    ]
    _mount(key, {"kind": "cards", "cards": content, "open": _("点开看口径")})


def show_grid(key: str, columns: Sequence[str], rows: Sequence[Sequence[BoardCell]], *, alt: str, current: int = -1) -> None:
    """Draw a small table; the column ``current`` is set in bold."""
    cells = [[{"text": cell.text, "state": _tone(cell.state), "title": cell.title} for cell in row] for row in rows]
    _mount(key, {"kind": "table", "columns": list(columns), "rows": cells, "alt": alt, "current": current})
