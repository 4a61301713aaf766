"""The page 运行监测 put together: checks, alerts, both questions, the states of a year, and the actions."""

import streamlit as st

from dashboard.services.monitoring.handling import handled_now
from dashboard.services.monitoring.watch import Step, told, watched
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.monitoring.actions import actions_card
from dashboard.ui.monitoring.alerts import alerts_card, alerts_words, checks_card, checks_words, due_line, outliers_card, strip_card
from dashboard.ui.monitoring.bulletins import bulletins_card
from dashboard.ui.monitoring.course import show_course
from dashboard.ui.monitoring.funnel import funnel_card
from dashboard.ui.monitoring.points import points_card


def monitoring_page(frame: PageFrame) -> None:
    """Draw the page; its title is what became of the alerts, and where nothing could be checked that nothing was."""
    answer = watched(frame.database, frame.filters.period.last)
    if answer.states.empty:
        empty_state(_("没有可监测的月度数据。"), frame.to_load(*frame.entry.tables))
        frame.headline(_("运行监测"))
        return
    handled = handled_now()
    chosen = told(answer, handled, frame.filters.community)
    grave = sum(alert.both for alert in chosen if alert.step is not Step.CLOSED and not alert.put_away)
    parts = [alerts_words(chosen)] if len(answer.tests) else [checks_words(answer), alerts_words(chosen)]
    if grave:
        parts.append(_("{count} 项两问都成立", count=grave))
    frame.headline(_("；").join(parts))
    checks_card(frame, answer)
    left, right = st.columns([1.35, 1], gap="small")
    with left:
        alerts_card(frame, answer, handled)
        actions_card(frame, answer, chosen)
    with right:
        outliers_card(frame, answer)
        points_card(frame)
    funnel_card(frame)
    bulletins_card(frame)
    strip_card(frame, answer)
    due_line(frame)
    show_course(frame, answer)
