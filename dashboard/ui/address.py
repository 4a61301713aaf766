"""Choices that stand in the address: a link restores them, and they stay while the reader visits other pages.

Streamlit writes and reads the label of now; a link may carry the code or the label of the other language.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import streamlit as st

from dashboard.language import LANGUAGES, translate
from dashboard.ui.formatting import line_width
from dashboard.ui.i18n import _

_LETTER = (14.0, 7.0)
_BOX_AROUND = 40
"""Pixels of a Chinese and of another letter in a select box, and of what stands around the words: margins and arrow."""


def _take_over(key: str, labels: Mapping[str, str]) -> None:
    """Read a code or a label of either language from the address, and drop a choice that is no longer offered.

    Streamlit knows only the label of now and drops anything else: so the address is rewritten with that label and the script run
    again before the widget exists.
    """
    asked, kept = st.query_params.get(key), st.session_state.get(key)
    if kept is None and asked is not None:
        codes = {code: code for code in labels} | {translate(label, reader): code for code, label in labels.items() for reader in LANGUAGES}
        if asked in codes and asked != _(labels[codes[asked]]):
            st.query_params[key] = _(labels[codes[asked]])
            st.rerun()
    elif kept not in labels:
        st.session_state.pop(key, None)
    elif asked is not None and asked != _(labels[str(kept)]):
        st.session_state[key] = kept  # set anew after a change of language: Streamlit then writes the address in the new one


def segments(key: str, label: str, labels: Mapping[str, str], *, hidden: bool = False, default: str | None = None) -> str:
    """Draw a segmented control and return the code chosen; it stands in the address under ``key``.

    ``labels`` are codes with their message ids or names; ``default`` is the first one unless given. ``hidden`` keeps ``label`` from
    sight, not from screen readers.
    """
    _take_over(key, labels)
    shown = {code: _(text) for code, text in labels.items()}
    chosen = st.segmented_control(
        label,
        list(shown),
        default=None if key in st.session_state else default or next(iter(shown)),
        required=True,
        format_func=lambda code: shown.get(code, str(code)),
        key=key,
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed" if hidden else "visible",
    )
    return str(chosen)


def fitted_width(labels: Iterable[str]) -> int:
    """Return the pixels that a select box needs to show the longest of ``labels`` uncut."""
    return round(max(line_width(label, *_LETTER) for label in labels)) + _BOX_AROUND


def choice(
    key: str,
    label: str,
    labels: Mapping[str, str],
    *,
    hidden: bool = False,
    default: str | None = None,
    width: int | Literal["fitted"] | None = None,
    on_change: Callable[[], None] | None = None,
) -> str:
    """Draw a select box and return the code chosen, as ``segments`` does.

    ``width`` in pixels, "fitted" to the longest label, None for all there is.
    ``on_change`` is called before the script runs again.
    """
    _take_over(key, labels)
    shown = {code: _(text) for code, text in labels.items()}
    codes = list(shown)
    chosen = st.selectbox(
        label,
        codes,
        index=codes.index(default) if default in shown else 0,
        format_func=lambda code: shown.get(code, str(code)),
        key=key,
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed" if hidden else "visible",
        width=fitted_width(shown.values()) if width == "fitted" else width or "stretch",
        on_change=on_change,
    )
    return str(chosen)
