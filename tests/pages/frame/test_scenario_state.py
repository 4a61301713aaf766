"""The plan of a what-if page under a moving hand: taken in at every step, written into the address when the hand rests."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def _page() -> None:
    from types import SimpleNamespace

    import streamlit as st

    from dashboard.services.common.plan import Plan
    from dashboard.ui.frame.scenario_state import ScenarioState
    from dashboard.whatif.scenario import Scenario
    from tests.unit.whatif_county import county

    baseline = county(3)
    start = Plan(Scenario(id="current", name="试", data_version=baseline.data_version, coefficients={}))
    model: Any = SimpleNamespace(baseline=baseline, start=lambda: start)
    state = ScenarioState("what", "plan", st.session_state.setdefault("written", []).append)
    for change, moving in st.session_state.pop("changes", []):
        state.edit(model, change, moving=moving)
    st.session_state["now"] = dict(state.current_plan(model).scenario.coefficients)
    st.session_state["answer"] = state.answered
    st.session_state["problem"] = "what_problem" in st.session_state


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(_page, default_timeout=60).run()


def _edited(app: AppTest, *changes: tuple[dict[str, Any], bool]) -> AppTest:
    app.session_state["changes"] = list(changes)
    app.session_state["written"].clear()
    app.run()
    assert not app.exception
    return app


def _move(value: float, number: int) -> tuple[dict[str, Any], bool]:
    return {"id": "extra_growth", "value": value, "serial": f"hand-{number}"}, True


def test_a_moving_hand_is_followed_and_the_address_waits_until_it_rests(app: AppTest) -> None:
    _edited(app, *(_move(number / 1000, number) for number in range(1, 31)))
    assert app.session_state["now"] == {"extra_growth": 0.03}
    assert app.session_state["answer"] == "hand-30"
    assert app.session_state["written"] == []
    _edited(app, ({"rest": True}, False))
    assert len(app.session_state["written"]) == 1
    assert app.session_state["now"] == {"extra_growth": 0.03}
    assert app.session_state["answer"] == "hand-30"


@pytest.mark.parametrize("edit", [({}, False), ({"done": True}, True)])
def test_an_edit_that_is_done_at_once_is_written_at_once(app: AppTest, edit: tuple[dict[str, Any], bool]) -> None:
    done, moving = edit
    _edited(app, ({"id": "extra_growth", "value": 0.02, "serial": "hand-1", **done}, moving))
    assert len(app.session_state["written"]) == 1


def test_a_move_that_cannot_be_taken_is_answered_and_told_and_leaves_the_plan(app: AppTest) -> None:
    _edited(app, _move(0.02, 1), _move(99.0, 2))
    assert app.session_state["now"] == {"extra_growth": 0.02}
    assert app.session_state["answer"] == "hand-2"
    assert app.session_state["problem"]
