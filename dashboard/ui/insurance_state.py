"""The plan of this session: read from the address on the first visit, written back at every change, never lost by a wrong edit."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.insurance import Model
from dashboard.services.insurance_plan import Plan, link_text, read_link, with_coefficients, with_preset, with_rationale, with_value
from dashboard.ui.i18n import _
from dashboard.ui.messages import escaped, show_error
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.scenario import adapted, rebase

LINK = "plan"
_PLAN, _PROBLEM, _FOREIGN, _SEEN = "insurance_plan", "insurance_problem", "insurance_foreign", "insurance_link_seen"
_STALE = "insurance_stale"


def current_plan(model: Model) -> Plan:
    """Return the session's plan; a link in the address that this session has not read yet comes first."""
    text = st.query_params.get(LINK, "")
    if text != st.session_state.get(_SEEN, ""):
        st.session_state[_SEEN] = text
        if text:
            _open_link(model, text)
    plan = st.session_state.get(_PLAN)
    if isinstance(plan, Plan) and plan.scenario.data_version == model.baseline.data_version:
        return plan
    if isinstance(plan, Plan):
        st.session_state[_FOREIGN] = plan
    set_plan(model.start())
    return model.start()


def set_plan(plan: Plan) -> None:
    """Make ``plan`` the session's plan and put it into the address."""
    st.session_state[_PLAN] = plan
    text = link_text(plan)
    st.session_state[_SEEN] = text
    if text:
        st.query_params[LINK] = text
    elif LINK in st.query_params:
        del st.query_params[LINK]


def open_plan(model: Model, plan: Plan) -> None:
    """Take over a plan from a link or from the saved ones; one on other data waits until the reader re-bases it."""
    if plan.scenario.data_version != model.baseline.data_version:
        st.session_state[_FOREIGN] = plan
        return
    try:
        model.run(plan)
        st.session_state[_PLAN] = with_coefficients(plan, model.baseline, plan.scenario.coefficients)
    except ScenarioError as error:
        st.session_state[_PROBLEM] = error
        kept, dropped = adapted(plan.scenario, model.baseline)
        if dropped:
            st.session_state[_STALE] = (Plan(kept, plan.fund), dropped)


def _open_link(model: Model, text: str) -> None:
    try:
        open_plan(model, read_link(text))
    except ScenarioError as error:
        st.session_state[_PROBLEM] = error


def edit(model: Model, change: Mapping[str, Any]) -> None:
    """Apply what the panel says. What cannot be taken leaves the plan as it was and is told."""
    plan = current_plan(model)
    try:
        set_plan(_edited(model, plan, change))
    except ScenarioError as error:
        st.session_state[_PROBLEM] = error


def _edited(model: Model, plan: Plan, change: Mapping[str, Any]) -> Plan:
    baseline = model.baseline
    if change.get("resetAll"):
        return model.start()
    if "preset" in change:
        preset = next((each for each in baseline.coefficients.presets if each.id == change["preset"]), None)
        return with_preset(plan, baseline, preset) if preset else plan
    name = str(change.get("id", ""))
    if "rationale" in change:
        return with_rationale(plan, name, str(change["rationale"]))
    if change.get("reset"):
        left = {key: value for key, value in plan.scenario.coefficients.items() if key != name}
        return with_coefficients(plan, baseline, left)
    return with_value(plan, baseline, name, change.get("value"))


def tell_problems(model: Model) -> None:
    """Show what could not be taken, once; offer to open the rest of a plan of another version, and to re-base one made on other data."""
    problem = st.session_state.pop(_PROBLEM, None)
    if isinstance(problem, ProductError):
        show_error(problem)
    _offer_the_rest(model)
    foreign = st.session_state.get(_FOREIGN)
    if not isinstance(foreign, Plan):
        return
    with st.container(key="insurance_foreign", horizontal=True, vertical_alignment="center"):
        st.warning(
            escaped(
                _(
                    "方案“{name}”建立在数据版本 {other} 上，当前是 {now}。直接套用会把数据变化混进结果，所以没有打开。",
                    name=foreign.scenario.name,
                    other=foreign.scenario.data_version,
                    now=model.baseline.data_version,
                )
            ),
            icon="⚠️",
        )
        st.button(_("改换到当前数据"), key="insurance_rebase", on_click=_rebase, args=(model, foreign))
        st.button(_("不打开"), key="insurance_forget", on_click=lambda: st.session_state.pop(_FOREIGN, None))


def _offer_the_rest(model: Model) -> None:
    stale = st.session_state.get(_STALE)
    if stale is None:
        return
    kept, dropped = stale
    known = model.baseline.coefficients.coefficients
    names = _("、").join(known[name].name if name in known else name for name in dropped)
    with st.container(key="insurance_stale", horizontal=True, vertical_alignment="center"):
        st.warning(
            escaped(
                _("方案“{name}”来自其他版本的程序，这些系数不能使用：{names}。其余系数仍然可用。", name=kept.scenario.name, names=names)
            ),
            icon="⚠️",
        )
        st.button(_("去掉它们后打开"), key="insurance_adapt", on_click=_open_the_rest, args=(model, kept))
        st.button(_("不打开"), key="insurance_stale_forget", on_click=lambda: st.session_state.pop(_STALE, None))


def _open_the_rest(model: Model, plan: Plan) -> None:
    st.session_state.pop(_STALE, None)
    open_plan(model, plan)
    opened = st.session_state.get(_PLAN)
    if isinstance(opened, Plan):
        set_plan(opened)


def _rebase(model: Model, plan: Plan) -> None:
    st.session_state.pop(_FOREIGN, None)
    try:
        moved = Plan(rebase(plan.scenario, model.baseline), plan.fund)
        set_plan(with_coefficients(moved, model.baseline, moved.scenario.coefficients))
    except ScenarioError as error:
        st.session_state[_PROBLEM] = error
