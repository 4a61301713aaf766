"""Rules and alerts in words, in the reader's language, and what opens behind an alert."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.analysis.alerts import AlertState
from dashboard.catalogue.monitoring import MonitoringRule, monitoring_rules
from dashboard.language import marked
from dashboard.services.monitoring import wording
from dashboard.services.monitoring.watch import Alert
from dashboard.services.monitoring.wording import ANSWERS, STEPS, alert_value, name_words, question_sign, said_words, told_words
from dashboard.ui.frame.drill import ask_reports, asker
from dashboard.ui.kit.i18n import language

__all__ = [
    "ANSWERS", "SEVERITIES", "STATES", "STEPS", "alert_detail", "alert_title", "alert_value", "effect_words", "limit_words", "name_words",
    "opener", "question_sign", "said_words", "told_words", "value_words",
]  # fmt: skip

COURSE = "monitoring_course"
"""Where the session keeps which course was asked for."""
STATES = {
    AlertState.OK: marked("正常"),
    AlertState.PENDING: marked("待定"),
    AlertState.FIRING: marked("预警"),
    AlertState.RECOVERING: marked("恢复中"),
}
SEVERITIES = {"high": marked("高"), "medium": marked("中"), "low": marked("低")}


def value_words(rule: MonitoringRule, value: float) -> str:
    """Return a value of the rule in its unit."""
    return wording.value_words(rule, value, language())


def limit_words(rule: MonitoringRule) -> str:
    """Return when the rule begins and when it ends."""
    return wording.limit_words(rule, language())


def effect_words(rule: MonitoringRule, effect: float) -> str:
    """Return how much is off the limit, in the unit of the rule's effect."""
    return wording.effect_words(rule, effect, language())


def alert_title(alert: Alert) -> str:
    """Return what is out of line, and where."""
    return wording.alert_title(alert, language())


def alert_detail(alert: Alert) -> str:
    """Return how far the alert has come, since when, by which limits, how much it is about, and both questions."""
    return wording.alert_detail(alert, language())


def course_opener(rule_id: str, unit: str, name: str) -> Callable[[], None]:
    """Return what opens the months of ``rule_id`` at ``unit``, called ``name``, when the page is drawn next (``course.show_course``)."""
    return partial(_ask, rule_id, unit, name)


def _ask(rule_id: str, unit: str, name: str) -> None:
    st.session_state[COURSE] = (rule_id, unit, name)


def opener(alert: Alert) -> Callable[[], None]:
    """Return what opens behind an alert: see ``behind``."""
    return behind(alert.rule_id, alert.unit, alert.unit_name, alert.community, alert.place.institution)


def behind(rule_id: str, unit: str, name: str, community: str, institution: str) -> Callable[[], None]:
    """Return what opens behind a rule at a unit: its number with institutions and months, who did not report, or the rule's own months."""
    rule = monitoring_rules()[rule_id]
    if rule.kind == "silence":
        return partial(ask_reports, community or None, institution)
    if rule.indicator is None:
        return course_opener(rule_id, unit, name)
    return asker(rule.indicator, community or None, institution)
