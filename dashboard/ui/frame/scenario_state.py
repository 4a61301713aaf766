"""The plan of this session: read from the address on the first visit, written back at every change, never lost by a wrong edit."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.plan import Plan, link_text, read_link, with_coefficients, with_preset, with_rationale, with_value
from dashboard.services.common.scenarios import Model
from dashboard.ui.kit.address import news
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped, show_error
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.scenario import adapted, rebase


class ScenarioState:
    """The plan of one what-if page in this session.

    ``key`` begins the names of its widgets, ``link`` is its parameter in the address and ``write`` puts a text there.
    """

    def __init__(self, key: str, link: str, write: Callable[[str], None]) -> None:
        """Nothing is read yet."""
        self.key, self.link, self._write = key, link, write
        self.plan_key = f"{key}_plan"
        self._problem, self._foreign, self._stale = f"{key}_problem", f"{key}_foreign", f"{key}_stale"
        self._answered = f"{key}_answered"

    @property
    def answered(self) -> str:
        """The serial of the newest edit of the panel that is in the plan."""
        return str(st.session_state.get(self._answered, ""))

    def current_plan(self, model: Model) -> Plan:
        """Return the session's plan; a link in the address that this session has not read yet comes first."""
        text = news(self.link)
        if text is not None:
            for key in (self.plan_key, self._problem, self._foreign, self._stale):
                st.session_state.pop(key, None)
            if text:
                self._open_link(model, text)
        plan = st.session_state.get(self.plan_key)
        if isinstance(plan, Plan) and plan.scenario.data_version == model.baseline.data_version:
            return plan
        if isinstance(plan, Plan):
            st.session_state[self._foreign] = plan
        self.set_plan(model.start())
        return model.start()

    def set_plan(self, plan: Plan) -> None:
        """Make ``plan`` the session's plan and put it into the address."""
        st.session_state[self.plan_key] = plan
        self._write(link_text(plan))

    def open_plan(self, model: Model, plan: Plan) -> None:
        """Take over a plan from a link or from the saved ones; one on other data waits until the reader re-bases it."""
        if plan.scenario.data_version != model.baseline.data_version:
            st.session_state[self._foreign] = plan
            return
        try:
            model.run(plan)
            st.session_state[self.plan_key] = with_coefficients(plan, model.baseline, plan.scenario.coefficients)
        except ScenarioError as error:
            st.session_state[self._problem] = error
            kept, dropped = adapted(plan.scenario, model.baseline)
            if dropped:
                st.session_state[self._stale] = (Plan(kept, plan.fund), dropped)

    def show_plan(self, model: Model, plan: Plan) -> None:
        """Take over a saved plan as ``open_plan`` does, and put what is open then into the address."""
        self.open_plan(model, plan)
        opened = st.session_state.get(self.plan_key)
        if isinstance(opened, Plan):
            self.set_plan(opened)

    def adopt(self, model: Model, plan: Plan, name: str, value: float) -> None:
        """Make ``plan`` with the value that goal seek found for a coefficient, kept in its range, the session's plan."""
        coefficient = model.baseline.coefficients.coefficients[name]
        self.set_plan(with_value(plan, model.baseline, name, min(coefficient.upper, max(coefficient.lower, value))))

    def _open_link(self, model: Model, text: str) -> None:
        try:
            self.open_plan(model, read_link(text))
        except ScenarioError as error:
            st.session_state[self._problem] = error

    def edit(self, model: Model, change: Mapping[str, Any], *, moving: bool = False) -> None:
        """Apply what the panel says. What cannot be taken leaves the plan as it was and is told.

        While the hand is ``moving`` and what it does is not done nothing is written into the address: the panel says when it rests.
        """
        plan = self.current_plan(model)
        if change.get("rest"):
            self.set_plan(plan)
            return
        st.session_state[self._answered] = str(change.get("serial", ""))
        try:
            edited = self._edited(model, plan, change)
        except ScenarioError as error:
            st.session_state[self._problem] = error
            return
        if moving and not change.get("done"):
            st.session_state[self.plan_key] = edited
        else:
            self.set_plan(edited)

    def _edited(self, model: Model, plan: Plan, change: Mapping[str, Any]) -> Plan:
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

    def tell_problems(self, model: Model) -> None:
        """Show what could not be taken, once; offer the rest of a plan of another version, and to re-base one made on other data."""
        problem = st.session_state.pop(self._problem, None)
        if isinstance(problem, ProductError):
            show_error(problem)
        self._offer_the_rest(model)
        foreign = st.session_state.get(self._foreign)
        if not isinstance(foreign, Plan):
            return
        with st.container(key=f"{self.key}_foreign", horizontal=True, vertical_alignment="center"):
            st.warning(
                escaped(
                    _(
                        "方案“{name}”建立在数据版本 {other} 上，当前是 {now}。直接套用会把数据变化混进结果，所以没有打开。",
                        name=foreign.scenario.name,
                        other=foreign.scenario.data_version,
                        now=model.baseline.data_version,
                    )
                ),
                icon=":material/warning:",
            )
            st.button(_("改换到当前数据"), key=f"{self.key}_rebase", on_click=self._rebase, args=(model, foreign))
            st.button(_("不打开"), key=f"{self.key}_forget", on_click=lambda: st.session_state.pop(self._foreign, None))

    def _offer_the_rest(self, model: Model) -> None:
        stale = st.session_state.get(self._stale)
        if stale is None:
            return
        kept, dropped = stale
        catalogue = model.baseline.coefficients
        known = {name: each.name for name, each in catalogue.coefficients.items()} | {
            each.id: each.name for each in catalogue.retired.values()
        }
        names = _("、").join(known.get(name, name) for name in dropped)
        with st.container(key=f"{self.key}_stale", horizontal=True, vertical_alignment="center"):
            st.warning(
                escaped(
                    _("方案“{name}”来自其他版本的程序，这些系数不能使用：{names}。其余系数仍然可用。", name=kept.scenario.name, names=names)
                ),
                icon=":material/warning:",
            )
            st.button(_("去掉它们后打开"), key=f"{self.key}_adapt", on_click=self._open_the_rest, args=(model, kept))
            st.button(_("不打开"), key=f"{self.key}_stale_forget", on_click=lambda: st.session_state.pop(self._stale, None))

    def _open_the_rest(self, model: Model, plan: Plan) -> None:
        st.session_state.pop(self._stale, None)
        self.show_plan(model, plan)

    def _rebase(self, model: Model, plan: Plan) -> None:
        st.session_state.pop(self._foreign, None)
        try:
            moved = Plan(rebase(plan.scenario, model.baseline), plan.fund)
            self.set_plan(with_coefficients(moved, model.baseline, moved.scenario.coefficients))
        except ScenarioError as error:
            st.session_state[self._problem] = error
