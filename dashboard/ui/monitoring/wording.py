"""Rules and alerts in words, in the reader's language, and what opens behind an alert."""

from collections.abc import Callable
from functools import partial

from dashboard.analysis.alerts import AlertState
from dashboard.catalogue.monitoring import MonitoringRule
from dashboard.language import marked
from dashboard.services.monitoring import wording
from dashboard.services.monitoring.watch import Alert
from dashboard.services.monitoring.wording import ANSWERS, STEPS, question_sign, said_words
from dashboard.ui.frame.drill import ask_reports, asker
from dashboard.ui.kit.i18n import language

__all__ = [
    "ANSWERS", "SEVERITIES", "STATES", "STEPS", "alert_detail", "alert_title", "effect_words", "limit_words", "opener", "question_sign",
    "said_words", "value_words",
]  # fmt: skip

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


def opener(alert: Alert) -> Callable[[], None]:
    """Return what opens behind an alert: its number with institutions and months, or who did not report."""
    inside = alert.place.institution
    if alert.rule.indicator is None:
        return partial(ask_reports, alert.community or None, inside)
    return asker(alert.rule.indicator, alert.community or None, inside)
