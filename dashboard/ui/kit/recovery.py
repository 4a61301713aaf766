"""An open page finds back by itself: while it says that a database is away, a light pulse asks whether it is back, and draws it again."""

import time
from dataclasses import dataclass

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.workspace import current_workspace
from dashboard.ui.kit.reader import reader_database

_STATE = "recovery"
_FIRST_SECONDS, _LONGEST_SECONDS, _FORGET_SECONDS = 3.0, 60.0, 180.0


@dataclass
class _Tries:
    """How often the page was drawn again in vain: an error that stays though both databases answer is not chased for ever."""

    count: int = 0
    last: float = 0.0


def _tries() -> _Tries:
    tries: _Tries = st.session_state.setdefault(_STATE, _Tries())
    if time.monotonic() - tries.last > _FORGET_SECONDS:
        tries.count = 0
    return tries


def databases_answer() -> bool:
    """Tell whether the reporting database and the workspace can be read now."""
    try:
        reader_database()
        current_workspace().check()
    except ProductError:
        return False
    return True


def watch() -> None:
    """Draw the pulse below an error that a database has caused."""
    drawn, seconds = time.monotonic(), min(_FIRST_SECONDS * 2 ** _tries().count, _LONGEST_SECONDS)

    def beat() -> None:
        if time.monotonic() - drawn < seconds / 2:  # the run that shows the error itself
            return
        if databases_answer():
            tries = _tries()
            tries.count, tries.last = tries.count + 1, time.monotonic()
            st.rerun()

    st.fragment(beat, run_every=seconds)()
