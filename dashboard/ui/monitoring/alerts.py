"""Blocks of the alerts: how many checks and how much of it is chance, the list of the month, and the states of a year."""

import math
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.alerts import AlertState
from dashboard.catalogue.monitoring import monitoring_plan, monitoring_rules
from dashboard.services.common.directory import directory
from dashboard.services.monitoring.handling import Handled
from dashboard.services.monitoring.watch import Alert, Step, Watched, told, within_budget
from dashboard.states import SIGNS, State
from dashboard.topics import page_named
from dashboard.ui.frame.navigation import page_link
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.attention import AttentionLine, attention_list
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import HeatCell, base_figure, drawn_once, heat_strip, show_figure
from dashboard.ui.kit.definition import Definition, catalogue_definition, definition
from dashboard.ui.kit.facts import Fact, facts
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.monitoring.handling import put_away_list, put_away_words
from dashboard.ui.monitoring.wording import (
    SEVERITIES,
    STATES,
    STEPS,
    alert_detail,
    alert_title,
    alert_value,
    behind,
    effect_words,
    limit_words,
    name_words,
    opener,
    question_sign,
    said_words,
    told_words,
)

_LISTED, _OUTLIERS = 10, 6
_ROWS = 16
_ABOUT = 5
"""Columns of the states before their months."""
_EDGE = 8.0
"""Where the picture of both questions ends; what lies farther out stands on its edge, with its figure behind it."""
_LEVELS = {AlertState.FIRING: 0, AlertState.RECOVERING: 1, AlertState.PENDING: 2, AlertState.OK: 3}


def checks_words(answer: Watched) -> str:
    """Return how many checks were made, how many findings chance alone would give, and how many there are."""
    return _(
        "本月 {checks} 项检查，预计 {expected} 项偶然，发现 {found} 项",
        checks=formatting.number(len(answer.tests)),
        expected=formatting.number(answer.expected),
        found=formatting.number(answer.found),
    )


def checks_card(frame: PageFrame, answer: Watched) -> None:
    """Draw the checks of the whole county: what was looked at, what chance explains, what holds."""
    plan = monitoring_plan()
    both = int(answer.tests["outlier"].eq("both").sum())
    steps = [
        (_("检查数"), len(answer.tests), _("规则 × 对象")),
        (_("预计偶然"), answer.expected, _("检查数 × {chance}", chance=formatting.percent(plan.chance, 0))),
        (_("发现"), answer.found, _("偏离自身历史")),
        (_("校正后成立"), answer.held, f"BH q = {formatting.number(plan.false_share, 2)}"),
        (_("两问都成立"), both, _("修正 z > {limit}", limit=formatting.number(plan.outlier, 1))),
        (_("不判"), answer.unjudged, _("数据不全、基数不足或未到时候")),
    ]
    aside = frame.dated(frame.beside(_("全部规则 × 对象一起算"), "community"))
    title = _("；").join((checks_words(answer), _chance_words(answer)))
    with card("monitoring_checks", title, aside, details=partial(_checks_details, frame, answer)):
        facts("monitoring_checks", [Fact(label, formatting.number(count), note) for label, count, note in steps], columns=len(steps))


def _chance_words(answer: Watched) -> str:
    """Return whether more was found than chance alone would find."""
    if answer.held:
        return _("校正检验次数后，{held} 项不像碰巧", held=answer.held)
    return _("发现的数目碰巧也会有：单凭检验不能说哪里出了问题")


def _checks_details(frame: PageFrame, answer: Watched) -> None:
    plan, reader = monitoring_plan(), language()
    counted = answer.tests.groupby("rule").size()
    rows = pd.DataFrame(
        [
            (
                rule.label(reader),
                limit_words(rule),
                _(SEVERITIES[rule.severity]),
                _base_words(rule_id),
                int(counted.get(rule_id, 0)),
                rule.grade,
            )
            for rule_id, rule in monitoring_rules().items()
        ],
        columns=["rule", "limits", "severity", "base", "checks", "grade"],
    )
    columns = [
        TableColumn("rule", _("规则")),
        TableColumn("limits", _("开和关")),
        TableColumn("severity", _("轻重")),
        TableColumn("base", _("最低基数")),
        TableColumn("checks", _("本月检查"), "count"),
        TableColumn("grade", _("规则等级")),
    ]
    show_table(rows, columns, key="monitoring_rules", title=_("监测规则"), source=frame.source(), rows=12)
    definition(
        Definition(
            name=_("检查、偶然、发现"),
            meaning=_(
                "每项检查把一个对象本月的数同它自己的历史比（去掉月份规律的修正 z）。"
                "没有任何问题时，每项也有 {chance} 的可能被发现；发现数与预计偶然数相近，就不能说出了问题。",
                chance=formatting.percent(plan.chance, 0),
            ),
            formula=_("预计偶然 = 检查数 × {chance}；校正：Benjamini–Hochberg", chance=formatting.percent(plan.chance, 0)),
            source="data/catalogue/monitoring.yaml",
            grade=_("待核实：INFER"),
            note=_("预警由规则的开关线判定，不由这项检验判定；检验只说其中多少可能是碰巧。报送缺漏不参加检验。"),
        )
    )


def _base_words(rule_id: str) -> str:
    rule = monitoring_rules()[rule_id]
    least = rule.base.least if rule.base else rule.least or rule.least_part
    return formatting.number(least) if least else SIGNS[State.UNKNOWN]


def alerts_card(frame: PageFrame, answer: Watched, handled: Handled) -> None:
    """Draw the alerts of the month, new ones within the budget; each opens what is behind it. What people put away is counted."""
    chosen, plan = told(answer, handled, frame.filters.community), monitoring_plan()
    standing, left = within_budget([each for each in chosen if each.step is not Step.CLOSED and not each.put_away], plan.new_a_month)
    closed = [each for each in chosen if each.step is Step.CLOSED]
    title = _("；").join(filter(None, [alerts_words(chosen), put_away_words(chosen)]))
    with card("monitoring_alerts", title, frame.dated(_("阈值为本系统设定，待核实")), details=partial(_alerts_details, frame, chosen)):
        if not standing:
            st.caption(escaped(_("本月没有规则处在预警状态。")))
        attention_list("monitoring", [_line(alert) for alert in standing[:_LISTED]])
        if len(standing) > _LISTED:
            more = st.popover(
                _("另外 {count} 项", count=len(standing) - _LISTED), type="tertiary", key="monitoring_more", on_change="rerun"
            )
            if more.open:  # only then: the words of forty alerts take some ten milliseconds
                with more:
                    attention_list("monitoring_more", [_line(alert) for alert in standing[_LISTED:]])
        if left:
            st.caption(escaped(_("新发按影响列前 {limit} 项，还有 {left} 项较小的，见数据表。", limit=plan.new_a_month, left=left)))
        put_away_list(chosen)
        if closed:
            st.caption(escaped(_("本月解除：{list}", list=_("；").join(alert_title(alert) for alert in closed))))


def _line(alert: Alert) -> AttentionLine:
    return AttentionLine(alert_title(alert), alert_detail(alert), alert.state, opener(alert))


def alerts_words(alerts: tuple[Alert, ...]) -> str:
    """Return how many alerts are new, stand, and are over."""
    count = {step: sum(each.step is step and not each.put_away for each in alerts) for step in Step}
    return _(
        "新发 {new} 项，持续 {open} 项，解除 {closed} 项",
        new=count[Step.NEW],
        open=count[Step.OPEN] + count[Step.RECOVERING] + count[Step.BACK],
        closed=count[Step.CLOSED],
    )


def _alerts_details(frame: PageFrame, alerts: tuple[Alert, ...]) -> None:
    names = directory(frame.database).communities["short_name"]
    rows = pd.DataFrame(
        [
            (
                _(STEPS[each.step]), said_words(each.said, language()) if each.said else "",
                each.unit_name, str(names.get(each.community, "")), each.rule.label(language()),
                alert_value(each, language()), pd.Timestamp(each.since), each.months, effect_words(each.rule, each.effect),
                question_sign(each.own, each.outlier), question_sign(each.peers, each.outlier), each.rule.grade,
            )
            for each in alerts
        ],
        columns=["step", "said", "unit", "place", "rule", "value", "since", "months", "effect", "own", "peers", "grade"],
    )  # fmt: skip
    columns = [
        TableColumn("step", _("状态")),
        TableColumn("said", _("处置")),
        TableColumn("unit", _("对象")),
        TableColumn("place", _("医共体")),
        TableColumn("rule", _("规则")),
        TableColumn("value", _("本月")),
        TableColumn("since", _("自"), "month"),
        TableColumn("months", _("月数"), "count"),
        TableColumn("effect", _("影响")),
        TableColumn("own", _("自身")),
        TableColumn("peers", _("同行")),
        TableColumn("grade", _("规则等级")),
    ]
    show_table(rows, columns, key="monitoring_alerts", title=_("本月预警"), source=frame.source(), rows=12)
    for name in dict.fromkeys(each.rule.indicator for each in alerts if each.rule.indicator):
        definition(catalogue_definition(name, frame.database.version))


def strip_card(frame: PageFrame, answer: Watched) -> None:
    """Draw the states of the rules × units that were anything but quiet, month by month."""
    months = [pd.Timestamp(column) for column in answer.states.columns[_ABOUT:]]
    rows = _restless(frame, answer, months)
    title = _("近 {months} 个月的状态：{count} 个对象有过预警", months=len(months), count=len(rows))
    with card("monitoring_strip", title, frame.dated(_("规则 × 对象，从历史重放")), details=partial(_strip_details, frame, rows, months)):
        if rows.empty:
            empty_state(_("近一年没有规则有过预警。"), _("换一个月份或放宽医共体可看更多。"))
            return
        shown = rows.head(_ROWS)
        cells = [[_cell(row[month]) for month in months] for _label, row in shown.iterrows()]
        labels = [formatting.shortened(_row_name(row), 20, 1, 0.5) for _label, row in shown.iterrows()]
        heads = [f"{month:%Y-%m}" for month in months]
        names = dict(zip(shown["unit"], shown["unit_name"], strict=True))
        pairs = list(zip(shown["rule"], shown["unit"], shown["community"], strict=True))

        def picked(place: int, _trace: int) -> None:
            rule_id, unit, community = pairs[place // len(months)]
            rule = monitoring_rules()[rule_id]
            inside = str(unit) if rule.level == "institution" else ""
            behind(str(rule_id), str(unit), str(names[unit]), str(community), inside)()

        show_figure(heat_strip(labels, heads, cells), key="chart_monitoring_strip", alt=title, on_pick=picked)
        legend = " · ".join(f"{_cell(state.value).text} {_(STATES[state])}" for state in reversed(AlertState))
        more = "" if len(rows) <= _ROWS else _("；另有 {count} 行见数据表", count=len(rows) - _ROWS)
        st.caption(escaped(f"{legend} · {SIGNS[State.UNKNOWN]} {_('不判')}{more}"))


def _restless(frame: PageFrame, answer: Watched, months: list[pd.Timestamp]) -> pd.DataFrame:
    """Return the rows that were an alert in any month shown: those that are one now first, in their order."""
    alerting = answer.states[months].isin([AlertState.FIRING.value, AlertState.RECOVERING.value])
    rows = answer.states.assign(now=alerting[months[-1]], count=alerting.sum(axis=1))
    rows = rows[rows["count"] > 0]
    if frame.filters.community:
        rows = rows[rows["community"] == frame.filters.community]
    places = {(alert.rule_id, alert.unit): place for place, alert in enumerate(answer.alerts)}
    place = [places.get(pair, len(places)) for pair in zip(rows["rule"], rows["unit"], strict=True)]
    return rows.assign(place=place).sort_values(["now", "place", "count"], ascending=[False, True, False], kind="stable")


def _row_name(row: pd.Series) -> str:
    unit = name_words(str(row["unit_name"]), str(row["scheme"]), language())
    return f"{unit} {monitoring_rules()[row['rule']].label(language())}"


def _cell(state: object) -> HeatCell:
    if not isinstance(state, str):
        return HeatCell(None, SIGNS[State.UNKNOWN], _("不判"))
    known = AlertState(state)
    sign = {
        AlertState.FIRING: SIGNS[State.BAD],
        AlertState.RECOVERING: _("恢"),
        AlertState.PENDING: _("待"),
        AlertState.OK: SIGNS[State.GOOD],
    }
    return HeatCell(_LEVELS[known], sign[known], _(STATES[known]))


def _strip_details(frame: PageFrame, rows: pd.DataFrame, months: list[pd.Timestamp]) -> None:
    rows_told = pd.DataFrame(
        {
            "unit": [name_words(*about, language()) for about in zip(rows["unit_name"], rows["scheme"], strict=True)],
            "rule": [monitoring_rules()[rule].label(language()) for rule in rows["rule"]],
            **{f"{month:%Y-%m}": [_cell(state).hover for state in rows[month]] for month in months},
        }
    )
    columns = [TableColumn("unit", _("对象")), TableColumn("rule", _("规则"))]
    columns += [TableColumn(f"{month:%Y-%m}", f"{month:%Y-%m}") for month in months]
    show_table(rows_told, columns, key="monitoring_states", title=_("近一年的状态"), source=frame.source(), rows=12)
    definition(
        Definition(
            name=_("预警状态"),
            meaning=_("超过开线连续满月数才预警，回到关线内连续满月数才解除；两线之间不变。数据更正后从历史重放，预警可能撤回。"),
            source="dashboard/analysis/alerts.py、data/catalogue/monitoring.yaml",
            grade=_("待核实：INFER"),
            note=_("数据不全的月份不判：既不引起预警，也不解除。"),
        )
    )


def due_line(frame: PageFrame) -> None:
    """Say where to see which reports are due, and lead there."""
    entry = page_named("data")
    assert entry is not None
    query = {"month": f"{frame.filters.period.last:%Y-%m}"}
    if frame.filters.community:
        query["community"] = frame.filters.community
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(escaped(_("谁应报、报了没有、下次何时到期：")), width="content")
        page_link(entry, query)


# Two questions -----------------------------------------------------------------------------------------------------------


def outlier_rows(frame: PageFrame, answer: Watched) -> pd.DataFrame:
    """Return the checks that at least one question finds, those with both first; of the chosen community."""
    rows = answer.tests[answer.tests["outlier"] != ""]
    if frame.filters.community:
        rows = rows[rows["community"] == frame.filters.community]
    strength = rows[["own", "peers"]].max(axis=1)
    return rows.assign(both=rows["outlier"].eq("both"), strength=strength).sort_values(["both", "strength"], ascending=False, kind="stable")


def outliers_card(frame: PageFrame, answer: Watched) -> None:
    """Draw what lies outside its own history, outside its peers, or both; red only where both agree."""
    plan, rows = monitoring_plan(), outlier_rows(frame, answer)
    both = int(rows["both"].sum())
    title = _("两问都异常 {both} 项，只一问 {one} 项", both=both, one=len(rows) - both)
    with card("monitoring_outliers", title, frame.dated(_("自身历史 × 同类机构")), details=partial(_outlier_details, frame, rows)):
        checks = answer.tests if not frame.filters.community else answer.tests[answer.tests["community"] == frame.filters.community]
        asked = checks.dropna(subset=["own", "peers"])
        if len(asked):
            show_figure(questions_figure(asked, plan.outlier), key="chart_monitoring_questions", alt=title)
        if rows.empty:
            st.caption(escaped(_("本月没有对象偏离自己的历史或同类机构（修正 z > {limit}）。", limit=formatting.number(plan.outlier, 1))))
        attention_list("outlier", [_outlier_line(row) for row in rows.head(_OUTLIERS).itertuples(index=False)])
        if len(rows) > _OUTLIERS:
            st.caption(escaped(_("另有 {count} 项见数据表", count=len(rows) - _OUTLIERS)))


def _outlier_line(row: Any) -> AttentionLine:
    rule = monitoring_rules()[str(row.rule)]
    inside = str(row.unit) if rule.level == "institution" else ""
    return AttentionLine(
        f"{row.unit_name} {rule.label(language())} {told_words(rule, float(row.value), language())}",
        _("自身 z {own} · 同行 z {peers}", own=_z(row.own), peers=_z(row.peers)),
        State.BAD if row.both else State.WARNING,
        behind(str(row.rule), str(row.unit), str(row.unit_name), str(row.community), inside),
    )


@drawn_once
def questions_figure(asked: pd.DataFrame, limit: float) -> go.Figure:
    """Return own history × peers, a point a check; what both questions find lies in the upper right field."""
    shade, told = palette(), _("自身 z {own} · 同行 z {peers}")
    labels = {rule: monitoring_rules()[rule].label(language()) for rule in asked["rule"].unique()}
    colours = {"both": shade.state(State.BAD), "own": shade.state(State.WARNING), "peers": shade.state(State.WARNING), "": shade.muted}
    hover = [
        plotly_text(f"{name} {labels[rule]} {told.format(own=_z(own), peers=_z(peers))}")
        for name, rule, own, peers in zip(asked["unit_name"], asked["rule"], asked["own"], asked["peers"], strict=True)
    ]
    lines = [
        {"type": "line", "x0": limit, "x1": limit, "y0": -_EDGE, "y1": _EDGE},
        {"type": "line", "x0": -_EDGE, "x1": _EDGE, "y0": limit, "y1": limit},
    ]
    axis = {"range": [-_EDGE - 0.4, _EDGE + 0.4], "fixedrange": True, "zeroline": False}
    return base_figure(
        shade,
        230,
        [
            {
                "type": "scatter", "mode": "markers", "x": asked["own"].clip(-_EDGE, _EDGE).tolist(),
                "y": asked["peers"].clip(-_EDGE, _EDGE).tolist(), "customdata": hover, "hovertemplate": "%{customdata}<extra></extra>",
                "marker": {
                    "size": [6 if found == "" else 11 for found in asked["outlier"]],
                    "color": [colours[str(found)] for found in asked["outlier"]],
                    "symbol": ["circle" if found == "" else "x" if found == "both" else "diamond" for found in asked["outlier"]],
                },
            }
        ],
        xaxis={**axis, "title": {"text": _("与自己比：修正 z")}},
        yaxis={**axis, "title": {"text": _("与同类机构比：z")}},
        shapes=[{**line, "line": {"color": shade.state(State.BAD), "width": 1, "dash": "dot"}} for line in lines],
        margin={"l": 44, "r": 8, "t": 8, "b": 40},
    )  # fmt: skip


def _z(value: object) -> str:
    number = float(value)  # type: ignore[arg-type]
    return SIGNS[State.UNKNOWN] if math.isnan(number) else formatting.number(number, 1)


def _outlier_details(frame: PageFrame, rows: pd.DataFrame) -> None:
    plan = monitoring_plan()
    rows_told = pd.DataFrame(
        {
            "unit": rows["unit_name"],
            "rule": [monitoring_rules()[rule].label(language()) for rule in rows["rule"]],
            "value": [
                told_words(monitoring_rules()[rule], value, language()) for rule, value in zip(rows["rule"], rows["value"], strict=True)
            ],
            "own": rows["own"],
            "peers": rows["peers"],
            "adjusted": rows["adjusted"],
            "told": np.where(rows["both"], SIGNS[State.BAD], SIGNS[State.WARNING]),
        }
    )
    columns = [
        TableColumn("told", _("状态")),
        TableColumn("unit", _("对象")),
        TableColumn("rule", _("规则")),
        TableColumn("value", _("本月")),
        TableColumn("own", _("自身 z"), "number"),
        TableColumn("peers", _("同行 z"), "number"),
        TableColumn("adjusted", _("校正后的 p"), "percent"),
    ]
    show_table(rows_told, columns, key="monitoring_outliers", title=_("偏离自身历史或同类机构"), source=frame.source(), rows=12)
    definition(
        Definition(
            name=_("两问"),
            meaning=_("一问自身：本月与自己近 {months} 个月比，先去掉月份规律；"
                "二问同行：与同类别同等级机构（不足 {peers} 家时同一大类，再不足不问）的本月比；检查率、满意度用漏斗，"
                "其 z 按 99.8% 界限换算到同一条线。两问都超才标红。",
                      months=plan.history_months, peers=plan.least_peers),
            formula=_("修正 z = 0.6745 ×（数值 − 中位数）÷ MAD，超过 {limit} 为异常", limit=formatting.number(plan.outlier, 1)),
            source="data/catalogue/monitoring.yaml",
            grade=_("方法 OWN，界限待核实"),
        )
    )  # fmt: skip
