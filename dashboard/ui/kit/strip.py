"""The heat strip: unit × dimension, every cell a button with its sign, its hover and what opens behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard.states import FILLS, SIGNS, State
from dashboard.ui.kit.component import component
from dashboard.ui.kit.theme import palette

_strip = component(Path(__file__).parent, "strip", html='<div class="strip"></div>', key="performance_strip")


@dataclass(frozen=True)
class StripCell:
    """One cell: the text in it, its state (None where nothing was measured), what stands beside the sign, and the sentence behind it."""

    text: str
    state: State | None
    title: str
    beside: str = ""
    on: bool = False


@dataclass(frozen=True)
class StripLine:
    """One unit with its cells, in the order of the columns."""

    id: str
    name: str
    cells: Sequence[StripCell]


def _cell(cell: StripCell) -> dict[str, object]:
    level = FILLS.index(cell.state) if cell.state in FILLS else None
    sign = SIGNS[cell.state] if cell.state is not None else SIGNS[State.UNKNOWN]
    # A missing value is a dash already: its sign would be the same one again.
    shown = "" if sign == cell.text else sign
    return {"text": cell.text, "level": level, "sign": f"{shown}{cell.beside}", "title": cell.title, "on": cell.on}


def show_strip(
    key: str,
    lines: Sequence[StripLine],
    columns: Sequence[tuple[str, str]],
    *,
    alt: str,
    on_pick: Callable[[str, str], None],
) -> None:
    """Draw the strip; ``columns`` are (id, label). A click calls ``on_pick(line id, column id)`` before the script runs again."""
    colours = palette()

    def clicked() -> None:
        cell = st.session_state[key].get("cell")
        if isinstance(cell, Mapping):
            on_pick(str(cell.get("unit")), str(cell.get("dimension")))

    _strip(
        key=key,
        data={
            "alt": alt,
            "columns": [{"id": name, "label": label} for name, label in columns],
            "rows": [{"id": line.id, "name": line.name, "cells": [_cell(cell) for cell in line.cells]} for line in lines],
            "fills": list(colours.heat),
            "muted": colours.muted,
        },
        on_cell_change=clicked,
    )
