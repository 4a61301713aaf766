"""What people type stays until it was saved: the one way to draw a field of a form that writes.

``typed`` gives a field its key and its start; ``persist_state=KEPT`` keeps it through runs in which the form could not be drawn, because
a database was away for instance. Only ``let_go``, called after the write succeeded, empties it. No form clears itself when it is sent.
"""

from typing import Final, Literal

import streamlit as st

KEPT: Final[Literal["session"]] = "session"
_STARTS, _DONE = "draft_starts", "draft_done"


def typed(key: str, start: object = "") -> str:
    """Return ``key`` for a field that begins with ``start`` and keeps what is typed.

    A field that nobody has touched follows a new ``start``; one that was let go begins anew. The field itself takes no ``value``.
    """
    starts: dict[str, object] = st.session_state.setdefault(_STARTS, {})
    done: set[str] = st.session_state.setdefault(_DONE, set())
    untouched = key in starts and st.session_state.get(key) == starts[key] != start
    # An empty field needs no start: set here, it would win over what the browser tells a server that was restarted with its first run.
    if (key not in st.session_state and start != "") or key in done or untouched:
        st.session_state[key] = start
    starts[key] = start
    done.discard(key)
    return key


def let_go(*keys: str) -> None:
    """Let the fields of ``keys`` begin anew when they are drawn next: what was typed has been saved."""
    st.session_state.setdefault(_DONE, set()).update(keys)
