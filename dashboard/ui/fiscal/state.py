"""The fiscal page's plan in this session, and the insurance scenario that stands beside it."""

from dashboard.ui.frame.scenario_state import ScenarioState
from dashboard.ui.kit.address import asked, news, put, written

STATE = ScenarioState("fiscal", "measures", lambda text: put(measures=text))


def insurance_link() -> str:
    """Return the insurance plan of this session as a link: the one that came with this page's address, else the insurance page's own."""
    news("budget")
    return asked("budget") or written("plan")


def keep_insurance(text: str) -> None:
    """Carry the insurance plan that stands beside in this page's address, so that a link brings both."""
    put(budget=text)
