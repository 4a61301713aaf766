"""Section 报送与质量: the grid of reports, the four dimensions with both sides, and what is due next."""

import math
from functools import partial

import streamlit as st

from dashboard.analysis.data_quality import DIMENSIONS
from dashboard.catalogue.reporting import reporting_rules
from dashboard.language import marked
from dashboard.services.common.directory import directory
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.approval import first_approvals
from dashboard.services.data.reports import WORDS, CellState, Reports, days_to, reports
from dashboard.states import State, signed
from dashboard.store.schema import table_name
from dashboard.ui.data.grid import cell_card, community_colours, grid_figure, legend, pick_cell
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import segments
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, show_figure
from dashboard.ui.kit.definition import OWN_GRADE, Definition, definition
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import badge_text, empty_state, escaped
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import STATE_BADGE, palette

NAMES = {
    "completeness": marked("完整：已到 ÷ 应到"),
    "timeliness": marked("及时：按时 ÷ 应到"),
    "correctness": marked("正确：未标记 ÷ 已查行"),
    "consistency": marked("一致：通过 ÷ 适用行"),
}


def reports_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    groups = reporting_rules().groups
    names = {code: group.name if language() == "zh" else group.name_en for code, group in groups.items()}
    chosen = segments("returns", _("表组"), names, hidden=True)
    approved_on = first_approvals(current_workspace())
    answer = reports(frame.database, chosen, frame.filters.period.last, frame.filters.community, approved_on)
    if answer is None:
        empty_state(_("所选范围没有应报的机构。"), _("应报名单取自机构登记（dim_institution）；请放宽医共体，或换一组表。"))
        return _("数据与口径")
    whole = answer.quality.set_index("dimension")
    came, due = (int(whole[side]["completeness"]) for side in ("numerator", "denominator"))
    where = {"month": formatting.month(answer.months[0], language()), "group": names[chosen], "due": due}
    title = (
        _("{month}{group}：应报 {due} 份，缺 {gone} 份", gone=due - came, **where)
        if came < due
        else _("{month}{group}：应报 {due} 份，已到齐", **where)
    )
    over_all = answer.by_reporter[answer.by_reporter["dimension"] == "completeness"]
    every = _(
        "近 {months} 个月应报 {due} 份，缺 {gone} 份",
        months=len(answer.months),
        due=formatting.number(over_all["denominator"].sum()),
        gone=formatting.number(over_all["denominator"].sum() - over_all["numerator"].sum()),
    )
    left, right = st.columns([1.35, 1], gap="small")
    with left, card("data_grid", every, _("新月在前，名单取自登记"), details=partial(_grid_details, frame, answer)):
        show_figure(
            grid_figure(answer, community_colours(frame)),
            key="chart_data_grid",
            alt=title,
            on_pick=lambda place, _trace: pick_cell(answer, place),
            of_period=False,
        )
        legend()
    with right:
        cell_card(frame, answer, chosen)
        _four_card(frame, answer)
        _due_card(answer)
    return title


def _state_of(dimension: str, value: float) -> State:
    if math.isnan(value):
        return State.UNKNOWN
    met, near = reporting_rules().lines[dimension]
    return State.GOOD if value >= met else State.WARNING if value >= near else State.BAD


def _four_card(frame: PageFrame, answer: Reports) -> None:
    with card(
        "data_four",
        _("四个数，各带分子分母，不合成总分"),
        formatting.month(answer.months[0], language()),
        details=partial(_four_details, frame, answer),
    ):
        rows = answer.quality.set_index("dimension")
        columns = st.columns(2, gap="small")
        for place, dimension in enumerate(DIMENSIONS):
            value, part, whole = (float(rows[side][dimension]) for side in ("value", "numerator", "denominator"))
            state = _state_of(dimension, value)
            with columns[place % 2]:
                st.caption(escaped(_(NAMES[dimension])))
                history = answer.trend.loc[answer.trend["dimension"] == dimension, "value"].tolist()
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.markdown(f"### {escaped(formatting.percent(value))}", anchors=False, width="content")
                    wanted = _("≥ {share}", share=formatting.percent(reporting_rules().lines[dimension][0], 0))
                    st.badge(badge_text(signed(state, wanted)), color=STATE_BADGE[state])  # type: ignore[arg-type]
                sides = f"{formatting.number(part)} ÷ {formatting.number(whole)}" if whole else _not_applicable(dimension)
                st.caption(escaped(sides))
                _history(answer, dimension, history)


def _history(answer: Reports, dimension: str, values: list[float]) -> None:
    """Draw how a dimension went: by month, or by load; nothing where there are not two points to join."""
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2:
        return
    shade = palette()
    colour = shade.state(_state_of(dimension, known[-1]))
    places = answer.trend.loc[answer.trend["dimension"] == dimension, "place"].tolist()
    wanted = reporting_rules().lines[dimension][0]
    figure = base_figure(
        shade,
        56,
        [
            {
                "type": "scatter", "mode": "lines+markers", "x": list(range(len(values))), "y": values,
                "line": {"color": colour, "width": 1.8},
                "marker": {"size": [0] * (len(values) - 1) + [6], "color": colour}, "connectgaps": False,
                "text": [f"{place} {formatting.percent(value)}" for place, value in zip(places, values, strict=True)],
                "hovertemplate": "%{text}<extra></extra>",
            }
        ],
        shapes=[
            {
                "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": wanted, "y1": wanted,
                "line": {"color": shade.muted, "width": 1, "dash": "dot"},
            }
        ],
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "range": [min(*known, wanted) - 0.01, 1.01]},
    )  # fmt: skip
    span = _("{first} – {last}", first=places[0], last=places[-1])
    show_figure(figure, key=f"chart_data_trend_{dimension}", alt=f"{_(NAMES[dimension])} {span}", of_period=False)


def _not_applicable(dimension: str) -> str:
    if dimension == "timeliness":
        return _("不适用：历史随首批一次载入，从下一批起判")
    return _("不适用：这组表没有可查的规则或行")


def _four_details(frame: PageFrame, answer: Reports) -> None:
    rows = answer.quality.assign(name=[_(NAMES[dimension]) for dimension in answer.quality["dimension"]])
    columns = [
        TableColumn("name", _("维度")),
        TableColumn("numerator", _("分子"), "count"),
        TableColumn("denominator", _("分母"), "count"),
        TableColumn("value", _("数值"), "percent"),
    ]
    show_table(rows, columns, key="data_four", title=_("数据质量四个维度"), source=frame.source())
    own = answer.by_reporter.assign(dimension=[_(NAMES[name]) for name in answer.by_reporter["dimension"]]).sort_values("value")
    each = [TableColumn("name", _("上报单位")), TableColumn("dimension", _("维度")), *columns[1:]]
    st.caption(escaped(_("各上报单位，近 {months} 个月，低的在前", months=len(answer.months))))
    show_table(own, each, key="data_four_reporters", title=_("数据质量：按上报单位"), source=frame.source(), rows=8)
    definition(
        Definition(
            name=_("数据质量四个维度"),
            meaning=_("完整和及时按份数，分母是应报份数；正确和一致按最近一批载入的行数。没有可查的写“不适用”，不算通过；不合成总分。"),
            source=_("、").join(("dim_institution", "meta_report", "meta_finding")),
            grade=_(OWN_GRADE),
        )
    )


def _due_card(answer: Reports) -> None:
    rows = sorted(answer.next_due.items(), key=lambda item: item[1][0])
    with card("data_due", _("{month} 应到", month=formatting.month(answer.months[0], language())), _("到期日是数据（reporting.yaml）")):
        for table, (day, came, due) in rows:
            left = days_to(day)
            state = State.GOOD if came >= due else State.WARNING if left >= 0 else State.BAD
            told = (
                _("已到齐")
                if came >= due
                else _("还有 {days} 天", days=left)
                if left >= 0
                else _("已过 {days} 天，还缺 {gone} 份", days=-left, gone=due - came)
            )
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(escaped(table_name(table, language())), width="content")
                st.caption(escaped(formatting.day(day, language())), width="content")
                st.badge(badge_text(signed(state, told)), color=STATE_BADGE[state])  # type: ignore[arg-type]
                st.markdown(escaped(f"{came}/{due}"), width="content")


def _grid_details(frame: PageFrame, answer: Reports) -> None:
    communities = directory(frame.database).communities["short_name"]
    rows = answer.cells.assign(
        place=answer.cells["community"].map(communities).fillna(MISSING),
        told=[_(WORDS[CellState(state)]) for state in answer.cells["state"]],
        signed=[
            _("初步") if waits else _("已锁定") if held else ""
            for waits, held in zip(answer.cells["provisional"], answer.cells["locked"], strict=True)
        ],
        gone=[_("、").join(tables) if isinstance(tables, tuple) else "" for tables in answer.cells["tables"]],
        towns=[_("、").join(names) if isinstance(names, tuple) else "" for names in answer.cells["parts"]],
    ).sort_values(["month", "reporter"], ascending=[False, True])
    columns = [
        TableColumn("month", _("月份"), "month"),
        TableColumn("place", _("医共体")),
        TableColumn("name", _("上报单位")),
        TableColumn("told", _("状态")),
        TableColumn("signed", _("审定")),
        TableColumn("days_late", _("迟报天数"), "count"),
        TableColumn("gone", _("缺哪张表")),
        TableColumn("towns", _("缺哪些镇街")),
    ]
    show_table(rows, columns, key="data_grid", title=_("应报与已报"), source=frame.source(), rows=12)
