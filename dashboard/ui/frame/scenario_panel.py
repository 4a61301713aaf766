"""The coefficient panel: sliders in groups with the baseline marked, numeric entry, presets, reset and a reason for each change."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.catalogue.coefficients import Coefficient, Value
from dashboard.services.common import wording
from dashboard.services.common.plan import Plan
from dashboard.services.common.scenarios import Model
from dashboard.ui.frame.scenario_state import ScenarioState
from dashboard.ui.kit.board import Follow
from dashboard.ui.kit.component import component
from dashboard.ui.kit.i18n import _, language
from dashboard.whatif.document import Ground

FINE_STEPS = 5


@dataclass(frozen=True)
class PanelShape:
    """How a page arranges its panel: the groups (sets of the catalogue) in order, and what stands open in them, in order.

    Everything else of a group is one click away. ``idle`` says, given the values, which coefficients do nothing under them: they
    are not shown.
    """

    key: str
    groups: tuple[str, ...]
    main: tuple[str, ...]
    idle: Callable[[Mapping[str, Value]], Collection[str]] = lambda _values: ()


_panel = component(Path(__file__).parent, "scenario_panel", html='<div class="panel"></div>', key="scenario_panel")


def display(coefficient: Coefficient) -> tuple[float, float, str, int]:
    """Return ``services.common.wording.display`` in the reader's language."""
    return wording.display(coefficient, language())


def value_words(coefficient: Coefficient, value: Value) -> str:
    """Return a coefficient's value as a reader sees it."""
    return wording.value_words(coefficient, value, language())


def entry_text(coefficient: Coefficient, value: Value) -> str:
    """Return a coefficient's value as its field takes it: without unit, with a plain minus; parts of a list around " : "."""
    offset, scale, _suffix, decimals = display(coefficient)
    if isinstance(value, tuple):
        return " : ".join(f"{round((part - offset) * scale, 4):g}" for part in value)
    text = f"{(value - offset) * scale:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _fine(coefficient: Coefficient) -> float:
    return coefficient.step if coefficient.unit in ("count", "score") else coefficient.step / FINE_STEPS


def _ladder(coefficient: Coefficient) -> str:
    """Return the name of the words of a coefficient's steps; coefficients with the same span, step and unit share them."""
    return f"{coefficient.lower:g}|{coefficient.upper:g}|{_fine(coefficient):g}|{'|'.join(map(str, display(coefficient)))}"


def _ladders(coefficients: Iterable[Coefficient]) -> dict[str, list[str]]:
    """Return what a slider shows at each of its steps while it is dragged: the browser makes no text of a number itself."""
    sliding = {_ladder(each): each for each in coefficients if not each.is_list and each.unit != "switch"}
    return {
        name: [entry_text(each, each.lower + step * _fine(each)) for step in range(round((each.upper - each.lower) / _fine(each)) + 1)]
        for name, each in sliding.items()
    }


def label(coefficient: Coefficient) -> str:
    """Return the name of a coefficient in the reader's language."""
    return wording.label(coefficient, language())


def _item(coefficient: Coefficient, baseline: Ground, main: Collection[str]) -> dict[str, Any]:
    day = baseline.first_day
    offset, scale, suffix, _decimals = display(coefficient)
    dated = coefficient.dated(day)
    source = dated.source or coefficient.source
    span = f"{value_words(coefficient, coefficient.lower)} – {value_words(coefficient, coefficient.upper)}"
    note = coefficient.note if language() == "zh" else coefficient.note_en
    base = value_words(coefficient, baseline.defaults[coefficient.id])
    help_lines = [
        note,
        _("范围 {span}", span=span),
        _("基线 {value}", value=base),
        _("等级 {grade}", grade=coefficient.grade_on(day)),
        source,
    ]
    return {
        "id": coefficient.id,
        "label": label(coefficient),
        "kind": "list" if coefficient.is_list else "switch" if coefficient.unit == "switch" else "number",
        "lower": coefficient.lower,
        "upper": coefficient.upper,
        "fine": _fine(coefficient),
        "offset": offset,
        "scale": scale,
        "suffix": "" if coefficient.unit == "switch" or coefficient.is_list else suffix,
        "ladder": _ladder(coefficient),
        "main": coefficient.id in main,
        "verify": coefficient.needs_verification(day),
        "source": source,
        "help": "\n".join(line for line in help_lines if line),
        "range": span,
        "ends": [value_words(coefficient, coefficient.lower), value_words(coefficient, coefficient.upper)],
        "baseText": _("基线 {value}", value=base),
    }


@lru_cache(maxsize=16)
def _still(baseline: Ground, shape: PanelShape, reader: str) -> dict[str, Any]:
    """Return what does not change while sliders move; a baseline is one object for all sessions."""
    sets = {group.id: group for group in baseline.coefficients.sets}
    order = {name: place for place, name in enumerate(shape.main)}
    moving = {
        name: sorted((each for each in sets[name].coefficients if not each.fixed), key=lambda each: order.get(each.id, len(order)))
        for name in shape.groups
        if name in sets
    }
    groups = [
        {
            "label": sets[name].name if reader == "zh" else sets[name].name_en,
            "items": [_item(coefficient, baseline, shape.main) for coefficient in coefficients],
        }
        for name, coefficients in moving.items()
    ]
    return {"groups": groups, "ladders": _ladders(each for coefficients in moving.values() for each in coefficients)}


def _values(model: Model, plan: Plan) -> dict[str, dict[str, Any]]:
    now, base, reasons = model.values(plan), model.baseline.defaults, plan.scenario.rationale
    return {
        name: {"value": now[name], "base": base[name], "text": entry_text(coefficient, now[name]), "rationale": reasons.get(name, "")}
        for name, coefficient in model.baseline.coefficients.coefficients.items()
        if not coefficient.fixed
    }


def _texts() -> dict[str, str]:
    return {
        "resetAll": _("恢复基线"),
        "resetOne": _("恢复"),
        "changed": _("已改动"),
        "verify": _("待核实"),
        "rationale": _("理由"),
        "presets": _("预设方案"),
        "more": _("其他系数"),
        "copy": _("复制链接"),
        "copied": _("已复制"),
    }


def _moving(shape: PanelShape, model: Model, plan: Plan, answer: str) -> dict[str, Any]:
    """Return what an edit changes of the panel; ``answer`` is the serial of the newest edit that is in ``plan``."""
    return {
        "answer": answer,
        "values": _values(model, plan),
        "idle": sorted(shape.idle(model.values(plan))),
        "on": [preset.id for preset in model.baseline.coefficients.presets if dict(preset.values) == plan.scenario.coefficients],
        "count": _("● 已改动 {count} 项", count=plan.changed) if plan.changed else _("未改动，等于基线"),
        "changed": plan.changed,
    }


def followed(shape: PanelShape, model: Model, plan: Plan, state: ScenarioState) -> Follow:
    """Return what lets a drawing follow the panel of a page while a slider moves; the address is written when the hand rests."""
    return Follow(shape.key, _moving(shape, model, plan, state.answered), partial(state.edit, model, moving=True))


def coefficient_panel(shape: PanelShape, model: Model, plan: Plan, state: ScenarioState) -> None:
    """Draw the panel of a page for ``plan``; ``state`` gets what the reader did, before the next run of the page."""

    def told() -> None:
        edit = st.session_state[shape.key].get("edit")
        if isinstance(edit, Mapping):
            state.edit(model, edit)

    zh = language() == "zh"
    presets = [
        {"id": preset.id, "label": preset.name if zh else preset.name_en, "help": preset.reason if zh else preset.reason_en}
        for preset in model.baseline.coefficients.presets
    ]
    _panel(
        key=shape.key,
        data={
            **_still(model.baseline, shape, language()),
            "presets": presets,
            "texts": _texts(),
            "now": {"key": shape.key, **_moving(shape, model, plan, state.answered)},
            "signature": f"{language()}-{model.baseline.data_version}",
        },
        on_edit_change=told,
    )
