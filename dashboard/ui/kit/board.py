"""Light drawing for pages that repaint while a slider moves: cards, plain marks and tables, drawn by one small script.

A Plotly chart costs the browser some sixty milliseconds each time; these cost a few. Layout is decided here, in Python, where it is typed
and tested; the script only places what it is given and sets every text as text, never as HTML.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.ui.kit.component import component
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.theme import State, palette

Mark = dict[str, Any]
SYMBOLS = ("circle", "diamond", "square", "cross", "x", "line")


@dataclass(frozen=True)
class Drawing:
    """A picture of plain marks: x as a share of the plot (0–1, ``left`` and ``right`` pixels aside), y in pixels from the top.

    ``nominal`` keeps proportions (a map): y and height are those of a plot that many pixels wide, and grow with it; 0 keeps them. A mark
    with a ``pick`` can be clicked, and reached and pressed by the keyboard; its ``title`` is its name then. A drawing of many marks has
    ``spots`` instead: places that tell their words to a pointer, and to the arrow keys once the drawing itself has the focus.

    ``legend`` stands above the plot, ``legend_columns`` entries in a row (0: as many as there is room for).
    """

    height: int
    left: int
    right: int
    alt: str
    nominal: int = 0
    marks: list[Mark] = field(default_factory=list)
    spots: list[Mark] = field(default_factory=list)
    legend: Sequence[Mark] = ()
    legend_columns: int = 0

    def rect(
        self,
        x: float,
        x2: float,
        y: float,
        h: float,
        colour: str,
        *,
        opacity: float = 1.0,
        radius: float = 2,
        title: str = "",
        edge: str = "",
        pick: str = "",
        inset: float = 0,
        hatch: str = "",
    ) -> None:
        """Add a rectangle from ``x`` to ``x2``, at least one pixel wide; ``edge`` is the colour of a line around it.

        ``inset`` pixels stay free of its width; ``hatch`` is the colour of slanted lines over it.
        """
        place = {"m": "rect", "x": x, "x2": x2, "y": y, "h": max(h, 0.0)} | ({"in": inset} if inset else {})
        self._add(place | {"c": colour, "o": opacity, "r": radius, "title": title, "e": edge, "pick": pick, "hatch": hatch})

    def path(
        self,
        points: Sequence[tuple[float, float]],
        colour: str,
        *,
        fill: str = "",
        width: float = 1.5,
        dash: str = "",
        closed: bool = False,
        title: str = "",
        pick: str = "",
    ) -> None:
        """Add a line through ``points`` (x as a share, y in pixels), or with ``closed`` the surface that it runs around."""
        flat = [round(each, 5 if place == 0 else 1) for point in points for place, each in enumerate(point)]
        look = {"c": colour, "f": fill, "w": width, "dash": dash, "z": closed or "", "title": title, "pick": pick}
        self._add({"m": "path", "x": 0.0, "y": 0.0, "p": flat} | look)

    def line(
        self,
        x: float,
        y: float,
        x2: float,
        y2: float,
        colour: str,
        *,
        width: float = 1,
        dash: str = "",
        dx: float = 0,
        long: float = 0,
        arrow: bool = False,
        opacity: float = 1.0,
    ) -> None:
        """Add a line, ``dx`` pixels to the right and ``long`` pixels longer than its ends say; with an ``arrow`` at its end."""
        more = {
            name: value for name, value in (("dx", dx), ("long", long), ("arrow", arrow), ("o", opacity if opacity < 1 else 0)) if value
        }
        self._add({"m": "line", "x": x, "y": y, "x2": x2, "y2": y2, "c": colour, "w": width, "dash": dash} | more)

    def circle(
        self,
        x: float,
        y: float,
        fill: str,
        colour: str,
        *,
        radius: float = 5,
        title: str = "",
        dx: float = 0,
        dash: str = "",
        pick: str = "",
    ) -> None:
        """Add a circle."""
        look = {"f": fill, "c": colour, "r": radius, "title": title, "dash": dash, "pick": pick}
        self._add({"m": "circle", "x": x, "y": y} | look | ({"dx": dx} if dx else {}))

    def marker(
        self,
        x: float,
        y: float,
        symbol: str,
        fill: str,
        colour: str,
        *,
        radius: float,
        width: float = 0,
        opacity: float = 1.0,
        dx: float = 0,
    ) -> None:
        """Add a point of a chart: circle, diamond, square, cross or x, ``radius`` pixels around its middle."""
        if symbol not in SYMBOLS:
            raise ValueError(f"no symbol of a drawing: {symbol}")
        look = {"q": symbol, "f": fill, "c": colour, "r": radius, "w": width}
        more = {name: value for name, value in (("o", opacity if opacity < 1 else 0), ("dx", dx)) if value}
        self._add({"m": "marker", "x": x, "y": y} | look | more)

    def spot(self, x: float, x2: float, y: float, y2: float, lines: Sequence[str], *, pick: str = "") -> None:
        """Add a place that tells ``lines``: what lies from ``x`` to ``x2`` and ``y`` to ``y2``, or what is nearest to it."""
        place = {"x": round(x, 5), "x2": round(x2, 5), "y": round(y, 1), "y2": round(y2, 1)}
        self.spots.append(place | {"t": list(lines)} | ({"pick": pick} if pick else {}))

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
        dy: float = 0,
        pixels: float = 0,
        share: float = 0,
        row: str = "",
        turned: float = 0,
        halo: str = "",
        fits: float = 0,
        spills: float = 0,
    ) -> None:
        """Add a text; ``anchor`` start, middle or end; ``dy`` pixels lower, however the picture grows.

        Longer than ``pixels`` plus ``share`` of the plot it is cut with "…" (0: never). Of the texts of one ``row`` those are left out that
        would touch the one before. ``turned`` are the degrees it is turned by. ``halo`` is the colour of an edge that covers what would run
        through it. It stands only where it fits into a share of the plot (``fits``), or only where it does not (``spills``).
        """
        limit = {"max": pixels or 1, "wide": share} if pixels or share else {}
        look: Mark = {"row": row} | {name: value for name, value in (("turned", turned), ("fits", fits), ("spills", spills)) if value}
        limit |= {"dy": dy} if dy else {}
        self._add(
            {"m": "text", "x": x, "y": y, "t": words, "c": colour, "a": anchor, "s": size, "b": bold, "dx": dx, "e": halo} | limit | look
        )

    def _add(self, mark: Mark) -> None:
        # Shares of a plot a thousand pixels wide: five places are finer than a pixel and half as long to send.
        self.marks.append({name: round(value, 5) if isinstance(value, float) else value for name, value in mark.items() if value != ""})


@dataclass(frozen=True)
class BoardCard:
    """One number: ``below`` are lines with their state, ``definition`` pairs of (label, text) that open behind the name."""

    label: str
    value: str
    below: Sequence[tuple[str, State]]
    definition: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class BoardCell:
    """One cell of a table; ``title`` opens on hover, ``note`` stands small below the text."""

    text: str
    state: State = State.NEUTRAL
    title: str = ""
    note: str = ""


_board = component(Path(__file__).parent, "board", html='<div class="board"></div>', key="board")


@dataclass(frozen=True)
class Grid:
    """A small table; column ``current`` is set in bold, the heads of ``choices`` (column → name) can be clicked, ``chosen`` is marked."""

    columns: Sequence[str]
    rows: Sequence[Sequence[BoardCell]]
    alt: str
    current: int = -1
    choices: Mapping[int, str] = field(default_factory=dict)
    chosen: str = ""


@dataclass(frozen=True)
class Block:
    """A titled surface of the board; ``about`` are (label, text) pairs that open behind the title, ``wide`` takes the whole row."""

    key: str
    title: str
    aside: str
    content: "Drawing | Grid | Sequence[str]"
    about: Sequence[tuple[str, str]] = ()
    wide: bool = False


def _tone(state: State) -> str:
    return "" if state is State.NEUTRAL else str(state)


def _drawing(picture: Drawing) -> dict[str, Any]:
    frame = {"height": picture.height, "left": picture.left, "right": picture.right, "alt": picture.alt}
    if picture.nominal:
        frame["nominal"] = picture.nominal
    if picture.spots:
        frame["spots"] = picture.spots
    if picture.legend:
        frame["legend"] = {"entries": picture.legend, "columns": picture.legend_columns}
    return {"kind": "drawing", **frame, "marks": picture.marks}


def _cards(cards: Sequence[BoardCard]) -> dict[str, Any]:
    content = [
        {
            "label": card.label,
            "value": card.value,
            "below": [{"text": words, "state": _tone(state)} for words, state in card.below],
            "definition": [list(pair) for pair in card.definition],
        }
        for card in cards
    ]
    return {"kind": "cards", "cards": content}


def _grid(grid: Grid) -> dict[str, Any]:
    # A table of mostly plain cells: a text where nothing more is to be said.
    rows = [[_cell(cell) for cell in row] for row in grid.rows]
    choices = [grid.choices.get(place, "") for place in range(len(grid.columns))] if grid.choices else []
    frame = {"columns": list(grid.columns), "alt": grid.alt, "current": grid.current, "choices": choices, "chosen": grid.chosen}
    return {"kind": "table", **frame, "rows": rows}


def _cell(cell: BoardCell) -> Any:
    if cell.state is State.NEUTRAL and not cell.title and not cell.note:
        return cell.text
    return {"text": cell.text, "state": _tone(cell.state), "title": cell.title, "note": cell.note}


def _content(content: "Drawing | Grid | Sequence[str]") -> dict[str, Any]:
    if isinstance(content, Drawing):
        return _drawing(content)
    return _grid(content) if isinstance(content, Grid) else {"kind": "lines", "lines": list(content)}


@dataclass(frozen=True)
class Follow:
    """A panel that a drawing follows while a hand is on its sliders (``kit/hand.js``).

    ``key`` names the panel, ``now`` is what it shows (with the serial of its newest edit under ``answer``), ``on_edit`` gets its edits,
    each before the next run of the fragment that the drawing stands in.
    """

    key: str
    now: Mapping[str, Any]
    on_edit: Callable[[Mapping[str, Any]], None]


def _mount(key: str, content: dict[str, Any], on_pick: Callable[[str], None] | None = None, follow: Follow | None = None) -> None:
    shade = palette()
    colours = {name: getattr(shade, name) for name in ("good", "bad", "warning", "muted", "card", "border")}
    place = f"board_{key}"

    def picked() -> None:
        chosen = st.session_state[place].get("pick")
        if on_pick is not None and isinstance(chosen, str):
            on_pick(chosen)

    def edited() -> None:
        edit = st.session_state[place].get("edit")
        if follow is not None and isinstance(edit, Mapping):
            follow.on_edit(edit)

    around = {"colours": colours, "open": _("点开看口径"), "choose": _("设为参照")}
    told = {"follow": {"key": follow.key, **follow.now}} if follow else {}
    _board(key=place, data={**content, **around, **told}, on_pick_change=picked, on_edit_change=edited)


def show_board(
    key: str, cards: Sequence[BoardCard], blocks: Sequence[Block], *, on_pick: Callable[[str], None], follow: Follow | None = None
) -> None:
    """Draw number cards and below them the blocks, two in a row, as one component: it repaints at once and costs one message.

    ``on_pick`` hears the name of a clicked column head (``Grid.choices``) before the next run of the page; with ``follow`` the board is
    repainted while a slider moves.
    """
    parts = [
        {
            "key": block.key,
            "title": block.title,
            "aside": block.aside,
            "wide": block.wide,
            "about": [list(pair) for pair in block.about],
            "content": _content(block.content),
        }
        for block in blocks
    ]
    _mount(key, {"kind": "board", "head": _cards(cards), "blocks": parts}, on_pick, follow)


def show_grid(
    key: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[BoardCell]],
    *,
    alt: str,
    current: int = -1,
    choices: Mapping[int, str] | None = None,
    chosen: str = "",
    on_pick: Callable[[str], None] | None = None,
) -> None:
    """Draw a small table on its own; see ``Grid``, and ``show_board`` for ``on_pick``."""
    _mount(key, _grid(Grid(columns, rows, alt, current, choices or {}, chosen)), on_pick)


def show_drawing(key: str, picture: Drawing, *, follow: Follow | None = None, on_pick: Callable[[str], None] | None = None) -> None:
    """Draw a picture on its own; its ``alt`` is what a screen reader says. ``on_pick`` hears the ``pick`` of a mark that was clicked.

    For ``follow`` see ``show_board``.
    """
    _mount(key, _drawing(picture), on_pick, follow)
