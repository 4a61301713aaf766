"""The insurance page's plan in this session, and the scores that the session has in hand."""

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.workspace import current_workspace
from dashboard.services.insurance.answer import frozen_scores
from dashboard.services.insurance.baseline import Scores
from dashboard.ui.frame.scenario_state import ScenarioState
from dashboard.ui.kit.address import put
from dashboard.ui.kit.messages import show_error

_SCORES = "insurance_scores"
STATE = ScenarioState("insurance", "plan", lambda text: put(plan=text))
current_plan, set_plan, open_plan = STATE.current_plan, STATE.set_plan, STATE.open_plan


def scores_in_hand() -> Scores:
    """Return the scores frozen last; while the workspace is away those that this session last read, so that the page stays.

    Raises ``DatabaseError`` when the workspace is away and nothing was read before.
    """
    try:
        scores = frozen_scores(current_workspace())
    except ProductError as error:
        if _SCORES not in st.session_state:
            raise
        show_error(error)
        return st.session_state[_SCORES]
    st.session_state[_SCORES] = scores
    return scores
