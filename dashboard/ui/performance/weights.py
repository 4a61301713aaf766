"""The scheme in hand: chosen, its weights moved live with the sum kept at 100, and what of it differs from what is saved."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.analysis.scoring.composite import DEMERITS
from dashboard.analysis.weight_shift import (
    dimension_weights,
    shifted_weights,
    weight_step,
    with_dimension_weights,
    with_indicator_weight,
)
from dashboard.catalogue.scheme import Scheme
from dashboard.services.performance.schemes import SchemeChoice
from dashboard.ui.kit.board import Follow
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.component import component
from dashboard.ui.kit.i18n import _, language

CHOICE_KEY = "performance_choice"
_WORKING = "performance_working"
_PANEL = "performance_weights_panel"
_FINE = 0.1
_WHOLE, _TENTHS = "whole", "tenths"


@dataclass
class Working:
    """The scheme that this session edits: where it came from and what it is now.

    ``drag`` names the movement of one slider, ``drag_from`` is the scheme when it began: a slider pushed out and back again gives
    the weights that it started from, not their roundings. ``answered`` is the panel's edit that is in ``scheme`` already.
    """

    choice: SchemeChoice
    scheme: Scheme
    drag: str = ""
    drag_from: Scheme | None = None
    answered: str = ""

    @property
    def edited(self) -> bool:
        """Whether anything differs from what is saved."""
        return self.scheme != self.choice.scheme


def label(part: object) -> str:
    """Return the name of a part of a scheme (or of a scheme) in the reader's language."""
    return str(part.name if language() == "zh" else part.name_en)  # type: ignore[attr-defined]


def source_words(part: object) -> str:
    """Return where a scheme or a pool is from in the reader's language; as it was written where nobody gave it in English."""
    return str(part.source if language() == "zh" else part.source_en or part.source)  # type: ignore[attr-defined]


def part_names(scheme: Scheme) -> dict[str, str]:
    """Return the name of every indicator and of the demerits."""
    return {indicator.id: label(indicator) for indicator in scheme.indicators} | {DEMERITS: _("扣分")}


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
    return working


def in_hand() -> Working:
    """Return the scheme that this session edits."""
    return st.session_state[_WORKING]


def edited(working: Working, edit: Mapping[str, Any]) -> None:
    """Apply to ``working`` what the panel tells; what it cannot have told (the address of a socket is public) is left alone.

    Raises:
        CatalogueError: the moved weights break a rule of the scheme.
    """
    if edit.get("rest"):  # nothing new: the page is drawn whole
        return
    kind, name, value = edit.get("kind"), edit.get("id"), edit.get("value")
    working.answered = str(edit.get("serial", ""))
    if kind == "restore":
        working.scheme = working.choice.scheme
        working.drag = ""
        return
    if not isinstance(value, int | float) or not math.isfinite(value) or not isinstance(name, str):
        return
    if working.drag_from is None or working.drag != edit.get("drag"):
        working.drag, working.drag_from = str(edit.get("drag")), working.scheme
    start = working.drag_from
    dimensions = dimension_weights(start)
    if kind == "dimension" and name in dimensions:
        step = weight_step(dimension_weights(working.choice.scheme))
        working.scheme = with_dimension_weights(start, shifted_weights(dimensions, name, float(value), step))
    elif kind == "indicator" and name in start.weights:
        working.scheme = with_indicator_weight(start, name, float(value), _FINE)


_panel = component(Path(__file__).parent, "weights", html='<div class="weights"></div>', key="performance_weights")


def _ladders(most: float) -> dict[str, dict[str, Any]]:
    """Return what a slider shows at each step from 0 to ``most``: the browser makes no text of a number itself."""
    whole = range(math.ceil(most) + 1)
    tenths = range(10 * math.ceil(most) + 1)
    return {
        _WHOLE: {"step": 1, "words": [str(weight) for weight in whole]},
        _TENTHS: {"step": 0.1, "words": [f"{weight / 10:.1f}" for weight in tenths]},
    }


def _was(weight: float | None, ladder: str) -> str:
    """Return what a weight was before it was edited, in words; empty for what is new."""
    return "" if weight is None else f"{_('原')} {weight:.{0 if ladder == _WHOLE else 1}f}"


def _groups(working: Working) -> list[dict[str, Any]]:
    """Return one entry per dimension with its indicators: weight now and as saved, reach and step of its slider."""
    scheme, saved = working.scheme, working.choice.scheme
    now, was = dimension_weights(scheme), dimension_weights(saved)
    step = weight_step(was)
    most = min(100.0, max(40.0, 10.0 * math.ceil(max(was.values()) * 0.2)))
    groups = []
    for dimension in scheme.dimensions:
        weight = now[dimension.id]
        ladder = _WHOLE if step == 1 and weight == round(weight) else _TENTHS
        members = [indicator for indicator in scheme.indicators if indicator.dimension == dimension.id]
        items = [
            {
                "id": indicator.id,
                "label": label(indicator),
                "help": f"{indicator.id} {label(indicator)} {indicator.note}".strip(),
                "value": indicator.weight,
                "base": saved.weights.get(indicator.id),
                "max": weight,
                "step": _FINE,
                "was": _was(saved.weights.get(indicator.id), _TENTHS),
                "ladder": _TENTHS,
                "fixed": weight == 0,
            }
            for indicator in members
        ]
        groups.append(
            {
                "id": dimension.id,
                "label": label(dimension),
                "help": label(dimension),
                "value": weight,
                "base": was.get(dimension.id),
                "max": max(most, weight),
                "step": step,
                "was": _was(was.get(dimension.id), ladder),
                "ladder": ladder,
                "fixed": not members,
                "items": items,
            }
        )
    return groups


def _state(working: Working) -> str:
    if not working.edited:
        return _("拖动一项，其余按比例让出")
    now, was = dimension_weights(working.scheme), dimension_weights(working.choice.scheme)
    count = sum(not math.isclose(now[name], was.get(name, math.nan), abs_tol=1e-6) for name in now)
    return _("● 已改 {count} 个维度，尚未保存", count=count) if count else _("● 已改，尚未保存")


def _moving(working: Working, groups: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what an edit changes of the panel."""
    return {
        "answer": working.answered,
        "groups": groups,
        "ladders": _ladders(max(group["max"] for group in groups)),
        "edited": working.edited,
        "state": _state(working),
    }


def followed(working: Working) -> Follow:
    """Return what lets the ranking follow the sliders while they move."""
    return Follow(_PANEL, _moving(working, _groups(working)), lambda edit: edited(in_hand(), edit))


def weights_block(working: Working, about: Callable[[], None] | None = None) -> None:
    """Draw the sliders: one per dimension, its indicators behind it; a dot and a tick mark what differs from what is saved."""

    def told() -> None:
        edit = st.session_state[_PANEL].get("edit")
        if isinstance(edit, Mapping):
            edited(in_hand(), edit)

    groups = _groups(working)
    structure = [language(), working.choice.key, *(item["id"] for group in groups for item in [group, *group["items"]])]
    with card("performance_weights", _("权重（合计 100）"), details=about):
        _panel(
            key=_PANEL,
            data={
                "now": {"key": _PANEL, **_moving(working, groups)},
                "signature": "|".join(structure),
                "texts": {"restore": _("恢复方案"), "items": _("指标"), "changed": _("已改动")},
            },
            on_edit_change=told,
        )


def weights_table(working: Working) -> list[tuple[str, str, float, float]]:
    """Return dimension, indicator, weight as saved (NaN where new) and weight now."""
    names = {dimension.id: label(dimension) for dimension in working.scheme.dimensions}
    saved = working.choice.scheme.weights
    return [
        (names[indicator.dimension], label(indicator), saved.get(indicator.id, math.nan), indicator.weight)
        for indicator in working.scheme.indicators
    ]
