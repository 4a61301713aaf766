"""What stands in the address: choices, which are widgets, and what a page writes itself. Nothing else in ``ui`` touches the address.

A link restores a choice, and it stays while the reader visits other pages. Streamlit writes and reads the label of now; a link may carry
the code or the label of the other language. Every name is declared by the topic (``dashboard/topics``).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

import streamlit as st

from dashboard.analysis.naming import all_elided
from dashboard.language import LANGUAGES, translate
from dashboard.topics import PAGES, Page
from dashboard.ui.kit.formatting import line_width
from dashboard.ui.kit.i18n import _

Key = TypeVar("Key")
_LETTER = (14.0, 7.0)
_BOX_AROUND = 40
"""Pixels of a Chinese and of another letter in a select box, and of what stands around the words: margins and arrow."""
_LONGEST_LABEL = 26
"""Letters that any select box has room for."""


_CHOICES = frozenset(name for page in PAGES for name in page.choices)
_WRITTEN = "address_written"
"""Session key: what this session wrote into the address or read there, by name."""
_MISREAD = "address_misread"
"""Session key: what of a link nobody understands, by name, as the reader calls it."""


# What a page writes itself -----------------------------------------------------------------------------------------------


def asked(name: str) -> str:
    """Return what the address says for ``name``, empty without it."""
    return str(st.query_params.get(name, ""))


def given(names: Iterable[str]) -> dict[str, str]:
    """Return those of ``names`` that stand in the address, even with an empty text."""
    return {name: st.query_params[name] for name in names if name in st.query_params}


def news(name: str, *, empty: bool = False) -> str | None:
    """Return what a link that was just followed says for ``name``; None when the address is what this session has read or written already.

    The first time in a session everything is news, an absent name too (empty). Later an absent one is news only with ``empty``: the
    navigation opens a page without the parameters of its own, and what the reader had there shall stay.
    """
    held = st.session_state.setdefault(_WRITTEN, {})
    text = asked(name)
    if name in held and (text == held[name] or not (text or empty)):
        return None
    held[name] = text
    return text


def written(name: str) -> str:
    """Return what this session last wrote or read under ``name``, on whichever page; empty for nothing."""
    return str(st.session_state.get(_WRITTEN, {}).get(name, ""))


def put(**texts: str) -> None:
    """Write ``texts`` into the address under their names; an empty one is taken out. What is there already is not written again."""
    st.session_state.setdefault(_WRITTEN, {}).update(texts)
    for name in [name for name, text in texts.items() if not text and name in st.query_params]:
        del st.query_params[name]
    changed = {name: text for name, text in texts.items() if text and asked(name) != text}
    if changed:
        st.query_params.update(changed)


def forget(page: Page) -> None:
    """Make ``page`` read its address as on a first visit: drop the choices of its widgets and what this session has written there."""
    held = st.session_state.get(_WRITTEN, {})
    for name in page.choices:
        st.session_state.pop(name, None)
    for name in page.written:
        held.pop(name, None)


def current(page: Page, name: str) -> str:
    """Return what a link back to ``page`` as it is now carries for ``name``, a choice as its code; empty for nothing.

    Streamlit tells the server of the address at a page's first run only; later the widgets know what was chosen.
    """
    held = st.session_state.get(name) if name in page.choices else None
    return str(held) if isinstance(held, str | int | float) else asked(name)


def misread(name: str, label: str) -> None:
    """Note that nobody understands what the address says for ``name``, which a reader calls ``label``; its default is shown instead."""
    st.session_state.setdefault(_MISREAD, {})[name] = label


def take_misread() -> list[str]:
    """Return, once, what a reader calls that of a link which nobody understands."""
    return list(dict.fromkeys(st.session_state.pop(_MISREAD, {}).values()))


# Choices -----------------------------------------------------------------------------------------------------------------


def _take_over(key: str, labels: Mapping[str, str], shown: Mapping[str, str], label: str = "") -> None:
    """Read a code or a label of either language from the address, and drop a choice that is no longer offered.

    Streamlit knows only the label ``shown`` now and drops anything else: so the address is rewritten with that one and the script run
    again before the widget exists. What is neither is told under the ``label`` of the widget.
    """
    _declared(key)
    text, kept = st.query_params.get(key), st.session_state.get(key)
    if kept is None and text is not None:
        codes = {code: code for code in labels} | {text: code for code, text in shown.items()}
        codes |= {translate(label, reader): code for code, label in labels.items() for reader in LANGUAGES}
        if text in codes and text != shown[codes[text]]:
            st.query_params[key] = shown[codes[text]]
            st.rerun()
        if text not in codes and label:
            misread(key, label)
            del st.query_params[key]  # an empty text would leave a switch without any choice
            st.rerun()
    elif kept not in labels:
        st.session_state.pop(key, None)
    elif text is not None and text != shown[str(kept)]:
        st.session_state[key] = kept  # set anew after a change of language: Streamlit then writes the address in the new one


def _declared(key: str) -> None:
    if key not in _CHOICES:
        raise LookupError(f"no topic declares the choice {key!r}: name it in dashboard/topics")


def chosen(key: str, labels: Mapping[str, str]) -> str:
    """Return the code of a choice that is drawn further down, the first one before it was ever drawn."""
    shown = _in_room(_told(labels))
    _take_over(key, labels, shown)
    held = st.session_state.get(key)
    if held is None:
        codes = {text: code for code, text in shown.items()}
        held = codes.get(asked(key), next(iter(labels)))
    return str(held)


def segments(
    key: str,
    label: str,
    labels: Mapping[str, str],
    *,
    hidden: bool = False,
    default: str | None = None,
    width: Literal["content", "stretch"] = "content",
) -> str:
    """Draw a segmented control and return the code chosen; it stands in the address under ``key``.

    ``labels`` are codes with their message ids or names; ``default`` is the first one unless given. ``hidden`` keeps ``label`` from
    sight, not from screen readers.
    """
    shown = _told(labels)
    _take_over(key, labels, shown, label)
    chosen = st.segmented_control(
        label,
        list(shown),
        # Always: the first run of a link ends where a later choice rewrites the address, and the browser sees this widget only in the next.
        default=default if default in shown else next(iter(shown)),
        required=True,
        format_func=lambda code: shown.get(code, str(code)),
        key=key,
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed" if hidden else "visible",
        width=width,
    )
    return str(chosen)


def slider(
    key: str, label: str, low: int, high: int, start: int, step: int = 1, *, width: int | Literal["stretch"] = "stretch"
) -> int:  # fmt: skip
    """Draw a slider of whole numbers and return the number chosen; it stands in the address under ``key``."""
    _declared(key)
    text = st.query_params.get(key)
    if key not in st.session_state and text is not None and not (text.isdecimal() and low <= int(text) <= high):
        misread(key, label)
    return int(st.slider(label, low, high, start, step, key=key, bind="query-params", persist_state="session", width=width))


def fitted_width(labels: Iterable[str]) -> int:
    """Return the pixels that a select box needs to show the longest of ``labels`` uncut."""
    return round(max(line_width(label, *_LETTER) for label in labels)) + _BOX_AROUND


def fitted_select(label: str, names: Mapping[Key, str], *, key: str, **more: Any) -> Key:
    """Draw a select box of the keys of ``names``, as wide as the longest name needs, and return the one chosen.

    ``names`` has one at least; ``more`` are ``st.selectbox``'s own arguments. The choice does not stand in the address, as ``choice``'s.
    """
    names = _in_room(names)
    chosen: Key = st.selectbox(label, list(names), format_func=names.__getitem__, key=key, width=fitted_width(names.values()), **more)
    return chosen


def _told(labels: Mapping[str, str]) -> dict[str, str]:
    """Return ``labels``, which are message ids or names, in the reader's language."""
    return {code: _(text) for code, text in labels.items()}


def _in_room(labels: Mapping[Key, str]) -> dict[Key, str]:
    """Return ``labels`` of which none is cut by a select box: very long names of the county lose their middle."""
    return dict(zip(labels, all_elided(list(labels.values()), _LONGEST_LABEL), strict=True))


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

    ``width`` in pixels at least: more where a label needs more; "fitted" to the longest label, None for all there is.
    ``on_change`` is called before the script runs again.
    """
    shown = _in_room(_told(labels))
    _take_over(key, labels, shown, label)
    codes = list(shown)
    fitted = fitted_width(shown.values())
    chosen = st.selectbox(
        label,
        codes,
        index=codes.index(default) if default in shown else 0,
        format_func=lambda code: shown.get(code, str(code)),
        key=key,
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed" if hidden else "visible",
        width="stretch" if width is None else fitted if width == "fitted" else max(width, fitted),
        on_change=on_change,
    )
    return str(chosen)
