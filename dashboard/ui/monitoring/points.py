"""记分: points of institutions per 100 staff against the levels."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.catalogue.monitoring import PointsLevel, monitoring_plan
from dashboard.services.monitoring.points import PEOPLE, PointsRow, points_of
from dashboard.states import State, signed
from dashboard.store.codes import CONDUCT_KIND, POINTS_KIND
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars, show_figure
from dashboard.ui.kit.definition import Definition, definition
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette

_SHOWN = 8


def points_card(frame: PageFrame) -> None:
    """Draw the institutions with most points per 100 staff, and who has reached a level; counts alone, no person."""
    told = points_of(frame.database, frame.filters.period.last, frame.filters.community)
    rows = told.rows
    reached = [row for row in rows if row.level is not None]
    title = _("记分：{count} 家到级", count=len(reached)) if rows else _("记分")
    with card(
        "monitoring_points",
        title,
        frame.dated(_("每百人 · 只计数，不存个人"), "fact_conduct", "fact_workforce"),
        details=partial(_details, frame, rows) if rows else None,
    ):
        if told.silent:
            st.caption(escaped(_("{count} 家本月没有报，记分只到各自最后一次上报", count=told.silent)))
        if not rows:
            empty_state(_("没有不良执业或不合理用药的记分。"), frame.to_load("fact_conduct", "fact_workforce"))
            return
        shade = palette()
        drawn = [
            BarRow(
                row.name,
                row.per_hundred,
                " · ".join(filter(None, [formatting.number(row.per_hundred, 1), _count_words(row), level_words(row.level)])),
                shade.state(State.WARNING) if row.level else None,
            )
            for row in rows[:_SHOWN]
            if row.per_hundred > 0
        ]
        show_figure(bars(drawn, unit=""), key="chart_monitoring_points", alt=title)


def _count_words(row: PointsRow) -> str:
    """Return what the rate is made of: points and staff, and of how many months nothing came."""
    made = _("{points} 分 ÷ {staff} 人", points=formatting.number(row.points), staff=formatting.number(row.staff))
    return f"{made} · {_('缺 {count} 个月', count=row.unreported)}" if row.unreported else made


def level_words(level: PointsLevel | None) -> str:
    """Return the level reached, with its sign; empty for none."""
    return signed(State.WARNING, level.label(language())) if level else ""


def _details(frame: PageFrame, rows: tuple[PointsRow, ...]) -> None:
    told = pd.DataFrame(
        [
            (row.name, *row.by_kind, row.points, row.staff, row.per_hundred, row.people, level_words(row.level), row.unreported)
            for row in rows
        ],
        columns=["unit", *POINTS_KIND, "points", "staff", "per_hundred", "people", "level", "unreported"],
    )
    columns = [
        TableColumn("unit", _("机构")),
        *(TableColumn(kind, code_label(CONDUCT_KIND, kind), "number") for kind in POINTS_KIND),
        TableColumn("points", _("记分"), "number"),
        TableColumn("staff", _("在岗人数"), "count"),
        TableColumn("per_hundred", _("每百人"), "number"),
        TableColumn("people", _("有记分人次（逐月相加）"), "people"),
        TableColumn("level", _("到级")),
        TableColumn("unreported", _("没有报的月数"), "count"),
    ]
    show_table(told, columns, key="monitoring_points", title=_("记分"), source=frame.source(), rows=10, guard=PEOPLE)
    plan = monitoring_plan().points
    levels = _("、").join(f"{formatting.number(each.at)} {each.label(language())}" for each in plan.levels)
    definition(
        Definition(
            name=_("每百人记分"),
            meaning=_("从第一次记分起 {months} 个月为一个周期，期满清零；分级：{levels}。", months=plan.cycle_months, levels=levels),
            formula=_("本周期记分 ÷ 在岗人数 × 100"),
            source="data/catalogue/monitoring.yaml",
            grade=_("待核实：INFER"),
        )
    )
