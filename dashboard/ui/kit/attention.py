"""What needs attention, line by line: one component, because a line of Streamlit's own parts costs a browser three messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.states import SIGNS, State
from dashboard.ui.kit.component import component, opened_by_place
from dashboard.ui.kit.theme import STATE_BADGE


@dataclass(frozen=True)
class AttentionLine:
    """One finding, what it amounts to, its state, and what opens what is behind it; the texts are plain and in the reader's language."""

    title: str
    detail: str
    state: State
    on_open: Callable[[], None] | None = None


_lines = component(Path(__file__).parent, "attention", html='<div class="attention"></div>', key="attention")


def attention_list(key: str, lines: Sequence[AttentionLine]) -> None:
    """Draw ``lines`` below each other, nothing where there are none; ``key`` names the list."""
    place = f"attention_{key}"
    shown = [
        {
            "sign": SIGNS[line.state],
            "tone": STATE_BADGE[line.state],
            "title": line.title,
            "detail": line.detail,
            "opens": bool(line.on_open),
        }
        for line in lines
    ]
    if shown:
        _lines(key=place, data={"lines": shown}, on_opened_change=opened_by_place(place, [line.on_open for line in lines]))
