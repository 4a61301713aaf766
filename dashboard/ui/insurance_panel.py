"""The coefficient panel: sliders in groups with the baseline marked, numeric entry, presets, reset and a reason for each change."""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.catalogue.coefficients import Coefficient, Value
from dashboard.services.insurance import FINE_STEPS, Model
from dashboard.services.insurance_plan import Plan
from dashboard.ui.i18n import _, language
from dashboard.whatif.baseline import Baseline

_FOLDER = Path(__file__).parent
KEY = "insurance_panel"
GROUPS = ("budget", "settlement", "inpatient", "outpatient", "flows", "uncertainty")
# What committees move most stands open; the rest of each group is one click away.
MAIN = (
    "extra_growth", "a_volume", "a_quality", "price_index", "k_max",
    "surplus_share", "deficit_share", "band",
    "same_price_groups", "bed_day_adjustment",
    "capitation_share", "contract_gain",
    "recapture_rate", "shift_outpatient", "case_cost_growth", "reimbursement_gap",
)  # fmt: skip
_BOUNDS = ("k_min", "k_max", "contract_weight")


@cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


_panel = st.components.v2.component(
    "insurance_panel", html='<div class="panel"></div>', css=_asset("insurance_panel.css"), js=_asset("insurance_panel.js")
)


def display(coefficient: Coefficient) -> tuple[float, float, str, int]:
    """Return (offset, scale, suffix, decimals) that turn a value into what a reader sees: (value − offset) · scale with suffix."""
    if coefficient.unit == "ratio":
        return 0.0, 100.0, "%", 1
    if coefficient.id in _BOUNDS:
        return 1.0, 100.0, "%", 1
    suffix = {"multiple": "×", "score": _("分"), "points": _("点"), "yuan": _("元"), "count": _("组")}.get(coefficient.unit, "")
    return 0.0, 1.0, suffix, 0 if coefficient.unit in ("count", "score") else 2


def value_words(coefficient: Coefficient, value: Value) -> str:
    """Return a coefficient's value as a reader sees it."""
    offset, scale, suffix, decimals = display(coefficient)
    if isinstance(value, tuple):
        return " : ".join(f"{(part - offset) * scale:g}{suffix}" for part in value)
    if coefficient.unit == "switch":
        return _("开") if value else _("关")
    number = (value - offset) * scale
    return f"{'−' if number < 0 and round(number, decimals) else ''}{abs(number):.{decimals}f}{suffix}"


def label(coefficient: Coefficient) -> str:
    """Return the name of a coefficient in the reader's language."""
    return coefficient.name if language() == "zh" else coefficient.name_en


def _item(coefficient: Coefficient, baseline: Baseline) -> dict[str, Any]:
    day = baseline.first_day
    offset, scale, suffix, decimals = display(coefficient)
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
        "fine": coefficient.step if coefficient.unit in ("count", "score") else coefficient.step / FINE_STEPS,
        "offset": offset,
        "scale": scale,
        "suffix": "" if coefficient.unit == "switch" or coefficient.is_list else suffix,
        "decimals": decimals,
        "main": coefficient.id in MAIN,
        "verify": coefficient.needs_verification(day),
        "source": source,
        "help": "\n".join(line for line in help_lines if line),
        "range": span,
        "ends": [value_words(coefficient, coefficient.lower), value_words(coefficient, coefficient.upper)],
        "baseText": _("基线 {value}", value=base),
    }


@lru_cache(maxsize=8)
def _groups(baseline: Baseline, reader: str) -> list[dict[str, Any]]:
    """Return what does not change while sliders move; a baseline is one object for all sessions."""
    sets = {group.id: group for group in baseline.coefficients.sets}
    order = {name: place for place, name in enumerate(MAIN)}
    return [
        {
            "label": sets[name].name if reader == "zh" else sets[name].name_en,
            "items": [
                _item(coefficient, baseline)
                for coefficient in sorted(sets[name].coefficients, key=lambda each: order.get(each.id, len(order)))
                if not coefficient.fixed
            ],
        }
        for name in GROUPS
        if name in sets
    ]


def _values(model: Model, plan: Plan) -> dict[str, dict[str, Any]]:
    now, base = model.values(plan), model.baseline.defaults
    return {
        name: {"value": now[name], "base": base[name], "rationale": plan.scenario.rationale.get(name, "")}
        for name in base
        if not model.baseline.coefficients.coefficients[name].fixed
    }


def _texts(plan: Plan) -> dict[str, str]:
    return {
        "count": _("● 已改动 {count} 项", count=plan.changed) if plan.changed else _("未改动，等于基线"),
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


def coefficient_panel(model: Model, plan: Plan, on_edit: Callable[[Mapping[str, Any]], None]) -> None:
    """Draw the panel for ``plan``; ``on_edit`` gets what the reader did, before the next run of the page."""

    def told() -> None:
        edit = st.session_state[KEY].get("edit")
        if isinstance(edit, Mapping):
            on_edit(edit)

    zh = language() == "zh"
    presets = [
        {
            "id": preset.id,
            "label": preset.name if zh else preset.name_en,
            "help": preset.reason if zh else preset.reason_en,
            "on": dict(preset.values) == plan.scenario.coefficients,
        }
        for preset in model.baseline.coefficients.presets
    ]
    _panel(
        key=KEY,
        data={
            "groups": _groups(model.baseline, language()),
            "values": _values(model, plan),
            "presets": presets,
            "texts": _texts(plan),
            "changed": plan.changed,
            "signature": f"{language()}-{model.baseline.data_version}",
        },
        on_edit_change=told,
    )
