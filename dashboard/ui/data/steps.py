"""The bar over the section 载入: which of its steps is done, which comes now, which later."""

from collections.abc import Sequence
from enum import IntEnum

import streamlit as st

from dashboard.language import marked
from dashboard.states import SIGNS, State
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import badge_text, escaped


class Step(IntEnum):
    """The way of a package into the database."""

    FILES = 1
    COLUMNS = 2
    CHECK = 3
    DIFFERENCE = 4
    LOAD = 5


_WORDS = {
    Step.FILES: marked("选文件"),
    Step.COLUMNS: marked("对列"),
    Step.CHECK: marked("检查"),
    Step.DIFFERENCE: marked("看差异"),
    Step.LOAD: marked("载入"),
}
_SUBMIT = marked("提交")


def current_step(*, files: bool, checked: bool, passed: bool, reasoned: bool) -> Step:
    """Return what has to be done now: a package that did not pass is checked again once its files are others."""
    if not files:
        return Step.FILES
    if not checked or not passed:
        return Step.CHECK
    return Step.LOAD if reasoned else Step.DIFFERENCE


def step_texts(now: Step, *, failed: bool, loads: bool) -> Sequence[tuple[str, str]]:
    """Return words and badge colour of every step; ``failed`` when the current one found errors, ``loads`` False for who submits."""
    found = []
    for step in Step:
        words = _(_SUBMIT) if step is Step.LOAD and not loads else _(_WORDS[step])
        if step < now:
            found.append((f"{SIGNS[State.GOOD]} {words}", "green"))
        elif step == now:
            found.append((f"{SIGNS[State.BAD]} {words}", "red") if failed else (f"{step.value} {words}", "blue"))
        else:
            found.append((f"{step.value} {words}", "gray"))
    return found


def step_bar(now: Step, *, failed: bool, loads: bool) -> None:
    """Draw the steps in one line; the current one stands out by its colour and its number, what is done by its sign."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="load_steps"):
        for place, (words, colour) in enumerate(step_texts(now, failed=failed, loads=loads)):
            if place:
                st.caption(escaped("——"), width="content")
            st.badge(badge_text(words), color=colour)  # type: ignore[arg-type]
