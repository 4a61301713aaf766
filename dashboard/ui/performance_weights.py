"""The scheme in hand: chosen, its weights moved live with the sum kept at 100, and what of it differs from what is saved."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.analysis.weight_shift import dimension_weights, shifted_weights, weight_step, with_dimension_weights
from dashboard.catalogue.scheme import Scheme
from dashboard.services.performance_schemes import SchemeChoice
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import escaped

CHOICE_KEY = "performance_choice"
_WORKING = "performance_working"
_FOLLOW = "performance_sliders_follow"
_SLIDER = "performance_weight_"


@dataclass
class Working:
    """The scheme that this session edits: where it came from and what it is now."""

    choice: SchemeChoice
    scheme: Scheme

    @property
    def edited(self) -> bool:
        """Whether anything differs from what is saved."""
        return self.scheme != self.choice.scheme


def label(part: object) -> str:
    """Return the name of a part of a scheme (or of a scheme) in the reader's language."""
    return str(part.name if language() == "zh" else part.name_en)  # type: ignore[attr-defined]


def choice_label(choice: SchemeChoice) -> str:
    """Return a scheme with its version and state: "浙江八类 2025.1", "我的方案 v3（草案）"."""
    name = label(choice.scheme) if choice.document_id is None else choice.name
    return f"{name} {choice.version_text}" + (f" · {_(choice.status_text)}" if choice.status_text else "")


def choose_scheme(choices: Sequence[SchemeChoice]) -> Working:
    """Draw the choice of scheme and return the one in hand; another choice drops what was edited and not saved."""
    by_key = {choice.key: choice for choice in choices}
    if st.session_state.get(CHOICE_KEY) not in by_key:
        st.session_state.pop(CHOICE_KEY, None)
    key = st.selectbox(
        _("评价方案"),
        list(by_key),
        format_func={each: choice_label(choice) for each, choice in by_key.items()}.__getitem__,
        key=CHOICE_KEY,
        persist_state="session",
        label_visibility="collapsed",
        width=300,
    )
    working = st.session_state.get(_WORKING)
    if working is None or working.choice.key != key or (working.choice.version != by_key[key].version and not working.edited):
        working = take(by_key[key])
    return working


def take(choice: SchemeChoice, scheme: Scheme | None = None) -> Working:
    """Put ``choice`` in hand, with ``scheme`` as its edited state; the sliders follow when they are drawn next."""
    working = Working(choice, scheme or choice.scheme)
    st.session_state[_WORKING] = working
    # Streamlit refuses to write a slider that this run has drawn already.
    st.session_state[_FOLLOW] = True
    return working


def in_hand() -> Working:
    """Return the scheme that this session edits."""
    return st.session_state[_WORKING]


def _set_sliders(scheme: Scheme) -> None:
    """Write the weights of ``scheme`` into the sliders; before they are drawn in this run."""
    for name, weight in dimension_weights(scheme).items():
        st.session_state[f"{_SLIDER}{name}"] = float(weight)


def _moved(name: str) -> None:
    """A slider was moved: the others give way in proportion."""
    working = in_hand()
    before = dimension_weights(working.scheme)
    step = weight_step(dimension_weights(working.choice.scheme))
    weights = shifted_weights(before, name, st.session_state[f"{_SLIDER}{name}"], step)
    working.scheme = with_dimension_weights(working.scheme, weights)
    _set_sliders(working.scheme)


def _restore() -> None:
    take(in_hand().choice)


def weights_block(working: Working) -> None:
    """Draw one slider per dimension; a dot marks those that differ from what is saved."""
    if st.session_state.pop(_FOLLOW, False):
        _set_sliders(working.scheme)
    saved, now = dimension_weights(working.choice.scheme), dimension_weights(working.scheme)
    changed = [name for name in now if not math.isclose(now[name], saved.get(name, math.nan), abs_tol=1e-6)]
    step = weight_step(saved)
    most = min(100.0, max(40.0, 10.0 * math.ceil(max(saved.values()) * 0.2)))
    with card("performance_weights", _("权重（合计 100）"), _("拖动一项，其余按比例让出")):
        for dimension in working.scheme.dimensions:
            name = dimension.id
            sign = "● " if name in changed else ""
            key = f"{_SLIDER}{name}"
            # Streamlit forgets widgets that a run did not draw (another page): start again from the scheme in hand.
            st.session_state.setdefault(key, float(now[name]))
            words, control = st.columns([1.15, 2], gap="small", vertical_alignment="center")
            was = (
                _("（原 {weight}）", weight=formatting.number(saved[name], 0 if step == 1 else 1))
                if name in changed and name in saved
                else ""
            )
            words.markdown(f"{sign}{escaped(label(dimension))} :small[:gray[{escaped(was)}]]")
            control.slider(
                label(dimension), 0.0, most, step=step, key=key, on_change=_moved, args=(name,), label_visibility="collapsed",
                format="%.0f" if step == 1 else "%.1f",
            )  # fmt: skip
        if working.edited:
            st.button(_("已改动，恢复方案"), key="performance_restore", on_click=_restore, type="tertiary", icon=":material/undo:")
