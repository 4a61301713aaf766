"""What is behind an alert or outlier of no indicator: what its rule saw of the unit month by month, and the states it passed through."""

from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.alerts import AlertState
from dashboard.catalogue.monitoring import monitoring_plan, monitoring_rules
from dashboard.services.monitoring.watch import Watched, courses
from dashboard.states import State
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.charts import base_figure, drawn_once, show_figure
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped, open_dialog
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.monitoring.wording import COURSE, STATES, limit_words, told_words

_HEIGHT = 240


def show_course(frame: PageFrame, answer: Watched) -> None:
    """Open what was asked for, if anything."""
    asked = st.session_state.pop(COURSE, None)
    if asked is not None:
        rule_id, unit, name = asked
        title = f"{name} {monitoring_rules()[rule_id].label(language())}"
        open_dialog(title, partial(_course, frame, answer, rule_id, unit, title), width="large")


def _course(frame: PageFrame, answer: Watched, rule_id: str, unit: str, title: str) -> None:
    rule = monitoring_rules()[rule_id]
    course = courses(frame.database, answer.month, [(rule_id, unit)], monitoring_plan().own_months, as_told=True)[0]
    limits = () if rule.with_funnel else ((rule.on, State.BAD), (rule.off, State.GOOD))
    show_figure(course_figure(course, limits), key="chart_monitoring_course", alt=title)
    st.caption(escaped(limit_words(rule)))
    states = answer.states[(answer.states["rule"] == rule_id) & (answer.states["unit"] == unit)]
    passed = states.iloc[0].to_dict() if len(states) else {}
    rows = pd.DataFrame(
        [
            (when, told_words(rule, float(value), language()), _state_words(passed.get(when)))
            for when, value in reversed(list(course.items()))
        ],
        columns=["month", "value", "state"],
    )
    columns = [TableColumn("month", _("月份"), "month"), TableColumn("value", _("数值")), TableColumn("state", _("状态"))]
    show_table(rows, columns, key="monitoring_course", title=title, source=frame.source(), rows=10)


def _state_words(state: object) -> str:
    return _(STATES[AlertState(state)]) if isinstance(state, str) else ""


@drawn_once
def course_figure(course: "pd.Series[float]", limits: tuple[tuple[float, State], ...]) -> go.Figure:
    """Return the months of one unit under one rule, with the limits that begin and end the alert."""
    shade = palette()
    values = [None if pd.isna(each) else float(each) for each in course]
    traces: list[dict] = [
        {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "x": [course.index[0], course.index[-1]], "y": [limit] * 2,
         "line": {"width": 1, "dash": "dot", "color": shade.state(state)}}
        for limit, state in limits
    ]  # fmt: skip
    traces.append(
        {"type": "scatter", "mode": "lines+markers", "x": list(course.index), "y": values, "connectgaps": False,
         "line": {"color": shade.text, "width": 1.6}, "marker": {"size": 5}, "hovertemplate": "%{x|%Y-%m} %{y:.1f}<extra></extra>"}
    )  # fmt: skip
    return base_figure(shade, _HEIGHT, traces, showlegend=False, margin={"l": 40, "r": 8, "t": 6, "b": 26})
