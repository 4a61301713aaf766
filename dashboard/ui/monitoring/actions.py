"""Actions about alerts: who does what by when, what is overdue, and what the same rule says now."""

import math
from collections.abc import Sequence
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.catalogue.monitoring import judged_by, monitoring_rules
from dashboard.errors import ProductError
from dashboard.services.common.actions import LONGEST_MEASURE, MonitoringAction, action_of, list_actions, save_action
from dashboard.services.common.clock import today
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import may_see
from dashboard.services.common.kept import Kept
from dashboard.services.common.workspace import current_workspace
from dashboard.services.monitoring.outcome import Limits, Outcome, judged
from dashboard.services.monitoring.watch import Alert, Step, Watched, courses
from dashboard.states import State, signed
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import fitted_select
from dashboard.ui.kit.attention import AttentionLine, attention_list
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, drawn_once, show_figure
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped, open_dialog, plotly_text, show_error
from dashboard.ui.kit.signature import signature_field
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.monitoring.handling import answer_button
from dashboard.ui.monitoring.wording import STEPS, alert_title, value_words
from dashboard.workspace.content import PERSON_LIMIT

_LISTED = 6
_PICTURED, _PICTURED_MONTHS = 6, 18


def _actions() -> tuple[Kept[MonitoringAction], ...]:
    """Return the actions; none, and why, when the workspace cannot be read: the alerts stand without them."""
    try:
        return list_actions(current_workspace())
    except ProductError as error:
        show_error(error)
        return ()


def actions_card(frame: PageFrame, answer: Watched, alerts: tuple[Alert, ...]) -> None:
    """Draw the actions of the units that the page is about, and the way to a new one or another answer to one of ``alerts``."""
    homes = answer.states.drop_duplicates("unit").set_index("unit")["community"]
    chosen = frame.filters.community
    seen = [each for each in _actions() if may_see(frame.database, each.content.unit)]
    saved = tuple(each for each in seen if chosen is None or homes.get(each.content.unit) == chosen)
    undone = [each for each in saved if not each.content.done]
    overdue = sum(each.content.overdue(today()) for each in saved)
    title = _("行动 {count} 项未完成，{overdue} 项逾期", count=len(undone), overdue=overdue)
    with card(
        "monitoring_actions",
        title,
        frame.dated(_("结果由同一规则再判")),
        details=partial(_details, frame, answer, saved),
    ):
        attention_list("action", [_line(frame.database, each, answer) for each in undone[:_LISTED]])
        if saved:
            with st.expander(_("措施前后的图")):
                _pictures(frame, answer, (*undone, *(each for each in saved if each.content.done))[:_PICTURED])
        if len(undone) > _LISTED:
            st.caption(escaped(_("另有 {count} 项见数据表", count=len(undone) - _LISTED)))
        _new_row(answer, [alert for alert in alerts if alert.step is not Step.CLOSED], saved)


def _line(database: ReportingDatabase, saved: Kept[MonitoringAction], answer: Watched) -> AttentionLine:
    action = saved.content
    state = State.BAD if action.overdue(today()) else State.NEUTRAL
    when = formatting.day(action.due, language())
    due = _("逾期：{day}", day=when) if action.overdue(today()) else _("期限 {day}", day=when)
    detail = " · ".join(filter(None, [action.owner, due, outcome_words(database, action, answer), action.expected]))
    return AttentionLine(f"{action.unit_name}{_('：')}{action.measure}", detail, state, partial(_open, saved))


_OPENED = "monitoring_action_opened"


def _open(saved: Kept[MonitoringAction]) -> None:
    st.session_state[_OPENED] = saved.document_id


def outcome_words(database: ReportingDatabase, action: MonitoringAction, answer: Watched) -> str:
    """Return what the rule of the action says this month, never that the action caused it."""
    found = judged(database, answer, action)
    if found.limits is Limits.GONE:
        return _("规则已不在用")
    if found.limits is Limits.MEASURED_OTHERWISE:
        return _("规则的算法已改，不再用它判结果")
    former = _("按定措施时的界限") if found.limits is Limits.FORMER else ""
    if found.outcome is Outcome.OVER:
        return " · ".join(filter(None, [_("同一规则：已不在预警，与措施相符"), former]))
    if math.isnan(found.now):
        return _("同一规则：本月不判")
    told = {Outcome.CLOSER: _("有好转，未到关线，与措施相符"), Outcome.NO_BETTER: _("没有好转")}.get(found.outcome, "")
    step = _(STEPS[found.alert.step]) if found.alert is not None and not former else _("仍在预警")
    rule = monitoring_rules()[action.rule]
    words = _("同一规则：{step}，{before} → {now}", step=step, before=value_words(rule, found.before), now=value_words(rule, found.now))
    return " · ".join(filter(None, [words, told, former]))


@drawn_once
def pictures_figure(courses: "Sequence[pd.Series[float]]", actions: Sequence[MonitoringAction]) -> go.Figure:
    """Return a small line for each action: what its rule saw, the month it was taken in, and the limit that ends the alert."""
    shade, rules = palette(), monitoring_rules()
    count, traces, shapes, layout = len(actions), [], [], {}
    for place, (course, action) in enumerate(zip(courses, actions, strict=True)):
        axis = "" if place == 0 else str(place + 1)
        layout[f"yaxis{axis}"] = {
            "domain": [1 - (place + 0.85) / count, 1 - (place + 0.1) / count], "visible": False, "fixedrange": True,
            "anchor": f"x{axis}",
        }  # fmt: skip
        layout[f"xaxis{axis}"] = {
            "visible": place == count - 1, "fixedrange": True, "anchor": f"y{axis}",
            "range": [course.index[0], course.index[-1] + pd.DateOffset(days=20)], "tickformat": "%Y-%m", "nticks": 4,
        }  # fmt: skip
        name = f"{action.unit_name} {rules[action.rule].label(language()) if action.rule in rules else action.rule}"
        traces.append(
            {
                "type": "scatter", "mode": "lines+markers", "x": list(course.index), "y": [None if math.isnan(v) else v for v in course],
                "xaxis": f"x{axis}", "yaxis": f"y{axis}", "line": {"color": shade.text, "width": 1.6}, "marker": {"size": 4},
                "name": plotly_text(name), "hovertemplate": "%{x|%Y-%m} %{y:.1f}<extra>%{fullData.name}</extra>",
            }
        )  # fmt: skip
        taken = pd.Timestamp(action.month)
        shapes.append(
            {
                "type": "line", "x0": taken, "x1": taken, "y0": 0, "y1": 1, "xref": f"x{axis}", "yref": f"y{axis} domain",
                "line": {"color": shade.primary, "width": 2},
            }
        )  # fmt: skip
        if action.rule in rules:
            off = action.judged_by.off if action.judged_by else rules[action.rule].off
            shapes.append(
                {
                    "type": "line", "x0": course.index[0], "x1": course.index[-1], "y0": off, "y1": off, "xref": f"x{axis}",
                    "yref": f"y{axis}", "line": {"color": shade.state(State.GOOD), "width": 1, "dash": "dot"},
                }
            )  # fmt: skip
    return base_figure(shade, 20 + 62 * count, traces, shapes=shapes, showlegend=False, margin={"l": 4, "r": 4, "t": 2, "b": 22}, **layout)


def _pictures(frame: PageFrame, answer: Watched, saved: Sequence[Kept[MonitoringAction]]) -> None:
    """Draw before and after of the actions listed: a vertical line where each was taken, a dotted one where its alert ends."""
    actions = [each.content for each in saved]
    series = courses(frame.database, answer.month, [(each.rule, each.unit) for each in actions], _PICTURED_MONTHS)
    title = _("措施前后：竖线是定措施的月份，虚线是关线")
    st.caption(escaped(title))
    for each in actions:
        st.caption(escaped(f"{each.unit_name} · {outcome_words(frame.database, each, answer)}"))
    show_figure(pictures_figure(series, actions), key="chart_monitoring_actions", alt=title)


def _new_row(answer: Watched, alerts: list[Alert], saved: tuple[Kept[MonitoringAction], ...]) -> None:
    opened = st.session_state.pop(_OPENED, None)
    over = next((each for each in saved if each.document_id == opened), None)
    if over is not None:
        open_dialog(over.content.unit_name, partial(action_form, None, answer, over))
    if not alerts:
        return
    known = {f"{alert.rule_id}|{alert.unit}": alert for alert in alerts}
    titles = {key: alert_title(alert) for key, alert in known.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = fitted_select(_("对哪项预警"), titles, key="monitoring_action_alert")
        if st.button(_("认领并定措施"), key="open_monitoring_action", icon=":material/assignment_ind:"):
            open_dialog(titles[chosen], partial(action_form, known[chosen], answer, None))
        answer_button(known[chosen], answer)


def action_form(alert: Alert | None, answer: Watched, over: Kept[MonitoringAction] | None) -> None:
    """Draw the form of an action about ``alert``, or of the saved one ``over``; what is typed stays until it was saved."""
    known = over.content if over else None
    key = f"action_{over.document_id}" if over else f"action_{alert.rule_id}_{alert.unit}" if alert else "action"
    with st.form(f"{key}_form", border=False):
        owner = st.text_input(
            _("负责人"), max_chars=PERSON_LIMIT, key=typed(f"{key}_owner", known.owner if known else ""), persist_state=KEPT
        )
        due = st.date_input(_("期限"), format="YYYY-MM-DD", key=typed(f"{key}_due", known.due if known else None), persist_state=KEPT)
        measure = st.text_area(
            _("措施"), max_chars=LONGEST_MEASURE, height=80, key=typed(f"{key}_measure", known.measure if known else ""), persist_state=KEPT
        )
        expected = st.text_area(
            _("预期"),
            max_chars=LONGEST_MEASURE,
            height=68,
            key=typed(f"{key}_expected", known.expected if known else ""),
            persist_state=KEPT,
        )
        done = st.checkbox(_("已完成"), key=typed(f"{key}_done", known.done), persist_state=KEPT) if known else False
        author = signature_field(f"{key}_author")
        sent = st.form_submit_button(_("保存行动"), type="primary")
    if not sent:
        return
    try:
        typed_in = {"owner": owner.strip(), "due": due, "measure": measure.strip(), "expected": expected.strip(), "done": done}
        content = action_of(**(_about(alert, answer) if alert else known.model_dump() if known else {}) | typed_in)
        save_action(current_workspace(), content, author=author, over=over)
    except ProductError as error:
        show_error(error)
        return
    let_go(*(f"{key}_{field}" for field in ("owner", "due", "measure", "expected", "done")))
    st.rerun()


def _about(alert: Alert, answer: Watched) -> dict[str, object]:
    return {
        "rule": alert.rule_id,
        "unit": alert.unit,
        "unit_name": alert.unit_name,
        "since": alert.since,
        "month": answer.month,
        "value": None if pd.isna(alert.value) else alert.value,
        "judged_by": judged_by(alert.rule),
    }


def _details(frame: PageFrame, answer: Watched, saved: tuple[Kept[MonitoringAction], ...]) -> None:
    rules = monitoring_rules()
    now = today()
    rows = pd.DataFrame(
        [
            (
                _state_words(each.content, overdue=each.content.overdue(now)), each.content.unit_name,
                rules[each.content.rule].label(language()) if each.content.rule in rules else each.content.rule,
                each.content.measure, each.content.owner, formatting.day(each.content.due, language()), each.content.expected,
                outcome_words(frame.database, each.content, answer),
            )
            for each in saved
        ],
        columns=["told", "unit", "rule", "measure", "owner", "due", "expected", "outcome"],
    )  # fmt: skip
    columns = [
        TableColumn("told", _("状态")),
        TableColumn("unit", _("对象")),
        TableColumn("rule", _("规则")),
        TableColumn("measure", _("措施")),
        TableColumn("owner", _("负责人")),
        TableColumn("due", _("期限")),
        TableColumn("expected", _("预期")),
        TableColumn("outcome", _("结果")),
    ]
    show_table(rows, columns, key="monitoring_actions", title=_("监测行动"), source=frame.source(), rows=12)


def _state_words(action: MonitoringAction, *, overdue: bool) -> str:
    if action.done:
        return signed(State.GOOD, _("完成"))
    return signed(State.BAD, _("逾期")) if overdue else _("进行中")
