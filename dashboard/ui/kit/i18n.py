"""The reader's language: Chinese unless the address says ``?lang=en``."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from dashboard.language import LANGUAGES, translate
from dashboard.store.codes import Label

DEFAULT_LANGUAGE = "zh"
LANGUAGE_KEY = "lang"
_KEPT = "lang_kept"
# Streamlit makes a download when its button is pressed, outside of any session.
_spoken: ContextVar[str | None] = ContextVar("language", default=None)


@contextmanager
def speaking(reader: str) -> Iterator[None]:
    """Make ``reader`` the language of everything inside, whatever the session says, or where there is none."""
    token = _spoken.set(reader)
    try:
        yield
    finally:
        _spoken.reset(token)


def language() -> str:
    """Return the language of this session: ``"zh"`` or ``"en"``."""
    spoken = _spoken.get()
    if spoken is not None:
        return spoken
    chosen = st.session_state.get(LANGUAGE_KEY) or st.query_params.get(LANGUAGE_KEY)
    return chosen if chosen in LANGUAGES else DEFAULT_LANGUAGE


def _(message: str, **details: object) -> str:
    """Return the Chinese ``message`` in the reader's language, its ``{fields}`` filled from ``details``."""
    return translate(message, language(), **details)


def keep_language() -> None:
    """Put the language back into the address when the switch is drawn next; for whoever opens a page with parameters of its own."""
    st.session_state[_KEPT] = language()


def language_switch() -> None:
    """Draw the language switch; the choice is in the address and survives page changes."""
    if _KEPT in st.session_state:
        st.session_state[LANGUAGE_KEY] = st.session_state.pop(_KEPT)
    st.segmented_control(
        "语言 Language",
        list(LANGUAGES),
        default=DEFAULT_LANGUAGE,
        required=True,
        key=LANGUAGE_KEY,
        bind="query-params",
        persist_state="session",
        width="stretch",
    )


def code_label(codes: Mapping[str, Label], code: str) -> str:
    """Return what the reader calls a ``code`` of a code list (``dashboard.store.codes``); the code itself when unknown."""
    names = codes.get(code)
    if names is None:
        return code
    return names.zh if language() == "zh" else names.en
