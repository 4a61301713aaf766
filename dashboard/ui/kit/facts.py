"""Small figures of a card: one component, because each of Streamlit's own parts costs a browser a message and its time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.ui.kit.component import component, opened_by_place


@dataclass(frozen=True)
class Fact:
    """What a figure is, its value, a word to it, and what opens what is behind it; the texts are plain and in the reader's language."""

    name: str
    value: str
    beside: str = ""
    on_open: Callable[[], None] | None = None


_drawn = component(Path(__file__).parent, "facts", html='<div class="facts"></div>', key="facts")


def facts(key: str, figures: Sequence[Fact], *, columns: int) -> None:
    """Draw ``figures`` in ``columns`` side by side, each below its name."""
    _draw(key, [("", figures)], columns=columns, form="grid")


def fact_lists(key: str, groups: Sequence[tuple[str, Sequence[Fact]]]) -> None:
    """Draw ``groups`` of (head, figures) as lists side by side, each figure on a line with its name and its word."""
    _draw(key, groups, columns=len(groups), form="lists")


def _draw(key: str, groups: Sequence[tuple[str, Sequence[Fact]]], *, columns: int, form: str) -> None:
    place = f"facts_{key}"
    acts: list[Callable[[], None] | None] = []
    shown: list[dict[str, Any]] = []
    for head, figures in groups:
        lines = []
        for each in figures:
            opens = len(acts) if each.on_open else None
            lines.append({"name": each.name, "value": each.value, "beside": each.beside, "opens": opens})
            acts.append(each.on_open)
        shown.append({"head": head, "facts": lines})
    data = {"groups": shown, "columns": columns, "form": form}
    _drawn(key=place, data=data, on_opened_change=opened_by_place(place, acts))
