"""View 四象限: institutions by occupancy and turnover, how they moved, and the departments of the one that was clicked."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.periods import Grain, Period
from dashboard.language import marked
from dashboard.services.utilisation_pabon import PabonPicture, department_picture, pabon_picture
from dashboard.ui import formatting
from dashboard.ui.address import choice, segments
from dashboard.ui.cards import card
from dashboard.ui.charts import Bubble, quadrants
from dashboard.ui.definition import Definition, catalogue_definition
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import empty_state, plotly_text
from dashboard.ui.shell import PageFrame
from dashboard.ui.tables import TableColumn
from dashboard.ui.theme import palette
from dashboard.ui.utilisation import (
    Table,
    chart_or_table,
    clicked_code,
    institution_labels,
)
from dashboard.ui.utilisation_charts import add_arrows

SECTORS = {
    "I": marked("I 利用不足"),
    "II": marked("II 周转快、床位富余"),
    "III": marked("III 高效"),
    "IV": marked("IV 住院日偏长"),
}
_LINES = {"mean": marked("均值"), "own": marked("自定参考")}
_COMPARED = {"last_year": marked("去年同期"), "previous": marked("上一期")}
_HEIGHT = 470
_ROOM = 0.14
_WHOLE_PERCENT = 8
_SIDES = ("top center", "bottom center", "middle left", "middle right")
"""Neighbours of similar size carry their names on different sides."""


def _compared(period: Period, which: str) -> Period:
    return period.last_year() if which == "last_year" or period.grain is Grain.YEAR_TO_DATE else period.previous()


def _hover(row: pd.Series) -> str:
    return _(
        "使用率 {occupancy} · 周转 {turnover} 次/年 · 平均住院日 {alos} 天 · 开放 {beds} 张 · {sector}",
        occupancy=formatting.percent(row["occupancy"] / 100),
        turnover=formatting.number(row["turnover"], 1),
        alos=formatting.number(row["alos"], 1),
        beds=formatting.number(row["open_beds"]),
        sector=_(SECTORS[row["sector"]]),
    )


def _padded(values: Sequence[float]) -> tuple[float, float]:
    """Return the span of ``values`` with room for bubbles, their names and the names of the quadrants."""
    low, high = min(values), max(values)
    room = _ROOM * (high - low) or 1.0
    return low - room, high + room


def pabon_figure(picture: PabonPicture, *, arrows: bool, labelled: int) -> go.Figure:
    """Return the quadrant chart; the largest ``labelled`` units carry their names, points carry their codes for clicks."""
    shade = palette()
    units = picture.units.sort_values("open_beds", ascending=False)
    positions = units["position"] if "position" in units else pd.Series(0, index=units.index)
    colours = [shade.community(int(position)) if position >= 0 else shade.muted for position in positions]
    bubbles = [
        Bubble(
            str(row["name"]),
            float(row["occupancy"]) / 100,
            float(row["turnover"]),
            float(row["open_beds"]),
            colour,
            _hover(row),
        )
        for colour, (_code, row) in zip(colours, units.iterrows(), strict=True)
    ]
    names = tuple(_(SECTORS[sector]) for sector in ("II", "III", "I", "IV"))
    figure = quadrants(
        bubbles, x_line=picture.occupancy_line / 100, y_line=picture.turnover_line, x_title=_("病床使用率"), y_title=_("周转次数（次/年）"),
        names=names, height=_HEIGHT,  # type: ignore[arg-type]
    )  # fmt: skip
    # The first datum of a point is its code, for clicks; the others are what the pointer reads.
    figure.data[0].update(
        mode="markers+text",
        text=[plotly_text(bubble.label) if place < labelled else "" for place, bubble in enumerate(bubbles)],
        textposition=[_SIDES[place % len(_SIDES)] for place in range(len(bubbles))],
        textfont={"size": 11, "color": shade.text},
        customdata=[
            [str(code), plotly_text(bubble.label), plotly_text(bubble.hover)] for code, bubble in zip(units.index, bubbles, strict=True)
        ],
        hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}<extra></extra>",
        cliponaxis=False,
    )
    xs = [picture.occupancy_line, *units["occupancy"], *(units["occupancy_before"].dropna() if arrows else ())]
    ys = [picture.turnover_line, *units["turnover"], *(units["turnover_before"].dropna() if arrows else ())]
    low, high = _padded(xs)
    figure.update_xaxes(range=[low / 100, high / 100], tickformat=".0%" if high - low > _WHOLE_PERCENT else ".1%")
    figure.update_yaxes(range=_padded(ys))
    if arrows:
        moved = units.dropna(subset=["occupancy_before", "turnover_before"])
        starts = [(x / 100, y) for x, y in zip(moved["occupancy_before"], moved["turnover_before"], strict=True)]
        add_arrows(figure, starts, [(x / 100, y) for x, y in zip(moved["occupancy"], moved["turnover"], strict=True)], shade)
    return figure


def _definitions(frame: PageFrame) -> list[Definition]:
    method = Definition(
        name=_("四象限（Pabon Lasso）"),
        meaning=_("横轴病床使用率，纵轴每床每年出院人数，气泡面积为平均开放床位。线左或线下（含线上）为低。"),
        formula=_("线：所选机构的简单平均，或自定参考；周转次数 × 365 ÷ 天数"),
        source="fact_bed",
        grade=_("有据：方法见 Pabon Lasso；分界取均值"),
        note=_("不同功能的机构不宜只凭象限比较；慢性病、康复床位周转本来就慢。"),
    )
    return [method, catalogue_definition("C01", frame.database.version), catalogue_definition("C03", frame.database.version)]


def _table(picture: PabonPicture, title: str) -> Table:
    units = picture.units
    shown = units.assign(occupancy=units["occupancy"] / 100, sector=units["sector"].map(lambda sector: _(SECTORS[sector])))
    columns = [
        TableColumn("name", _("名称")),
        TableColumn("sector", _("象限")),
        TableColumn("open_beds", _("开放床位"), "number"),
        TableColumn("occupancy", _("病床使用率"), "percent"),
        TableColumn("turnover", _("周转次数（次/年）"), "number"),
        TableColumn("alos", _("平均住院日（天）"), "number"),
    ]
    if "sector_before" in units:
        known = units["sector_before"].map(lambda sector: _(SECTORS[sector]) if sector in SECTORS else "")
        shown = shown.assign(occupancy_before=units["occupancy_before"] / 100, sector_before=known)
        columns += [
            TableColumn("occupancy_before", _("对比期使用率"), "percent"),
            TableColumn("turnover_before", _("对比期周转"), "number"),
            TableColumn("sector_before", _("对比期象限")),
        ]
    return Table(shown.sort_values("open_beds", ascending=False), columns, title)


def _drill(key: str) -> None:
    """Take the clicked bubble over as the institution to drill into."""
    code = clicked_code(key)
    if code:
        st.session_state["hospital"] = code


def _lines() -> tuple[float | None, float | None]:
    """Draw the choice of lines; None stands for the mean."""
    which = segments("lines", _("分界线"), _LINES)
    if which == "mean":
        return None, None
    occupancy = st.slider(_("使用率参考（%）"), 40, 110, 85, key="x_line", bind="query-params", width=220)
    turnover = st.slider(_("周转参考（次/年）"), 5, 80, 35, key="y_line", bind="query-params", width=220)
    return float(occupancy), float(turnover)


def pabon_view(frame: PageFrame) -> str:
    """Draw the view and return the finding for the page's title."""
    filters = frame.filters
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    with controls:
        which = segments("compare", _("箭头从哪一期来"), _COMPARED)
        occupancy_line, turnover_line = _lines()
    compared = _compared(filters.period, which)
    picture = pabon_picture(frame.database, filters.period, compared, filters.community, filters.level, occupancy_line, turnover_line)
    if picture is None:
        empty_state(
            _("所选机构没有同时有使用率和周转次数的，不能画四象限：需要出院人数。"),
            _("请在“床位月报”（fact_bed）里补上出院人数，或放宽上方筛选。"),
        )
        return _("缺少出院人数，不能画四象限")
    counts = picture.units["sector"].value_counts()
    title = _("{high} 家高效，{idle} 家利用不足", high=int(counts.get("III", 0)), idle=int(counts.get("I", 0)))
    labels = institution_labels(picture.units.sort_values("open_beds", ascending=False)["name"])
    with controls:
        chosen = choice("hospital", _("下钻机构"), labels, width=260)
    left, right = st.columns([1.35, 1], gap="small")
    with left, card("pabon", title, _("气泡 = 开放床位 · 箭头来自 {period} · 点气泡下钻", period=formatting.period(compared, language()))):
        chart_or_table(
            "pabon",
            partial(pabon_figure, picture, arrows=True, labelled=8),
            _table(picture, title),
            frame.source(),
            _definitions(frame),
            alt=title,
            on_select=partial(_drill, "pabon"),
        )
    with right:
        _departments(frame, chosen, labels[chosen])
    return _changed(picture) or title


def _changed(picture: PabonPicture) -> str:
    """Return how many institutions changed their sector, in words; empty when none is known to."""
    known = picture.units[picture.units["sector_before"].isin(SECTORS)]
    better = int((known["sector"].eq("III") & known["sector_before"].ne("III")).sum())
    worse = int((known["sector"].eq("I") & known["sector_before"].ne("I")).sum())
    if not better and not worse:
        return ""
    return _("{better} 家升入高效象限，{worse} 家落入利用不足", better=better, worse=worse)


def _departments(frame: PageFrame, chosen: str, name: str) -> None:
    departments = department_picture(frame.database, frame.filters.period, chosen)
    if departments is None:
        with card("pabon_departments", name):
            st.caption(_("这家机构没有分科室的出院和占用数据。"))
        return
    idle = int(departments.units["sector"].eq("I").sum())
    title = _("{name}：{count} 个科室中 {idle} 个利用不足", name=name, count=len(departments.units), idle=idle)
    with card("pabon_departments", title, _("分界线 = 本机构各科室均值")):
        chart_or_table(
            "pabon_departments",
            partial(pabon_figure, departments, arrows=False, labelled=13),
            _table(departments, title),
            frame.source(),
            _definitions(frame),
            alt=title,
        )
