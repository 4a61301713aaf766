"""View 四象限: institutions by occupancy and turnover, how they moved, and the departments of the one that was clicked."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.chart_geometry import quadrants as plane_of
from dashboard.analysis.naming import by_code
from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.language import marked
from dashboard.services.utilisation.pabon import PabonPicture, department_picture, pabon_lack, pabon_picture
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice, segments, slider
from dashboard.ui.kit.blocks import Table, chart_or_table
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import Bubble, drawn_once, mark_names, quadrants
from dashboard.ui.kit.definition import Definition, catalogue_definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, plotly_text
from dashboard.ui.kit.tables import TableColumn
from dashboard.ui.kit.theme import palette
from dashboard.ui.utilisation.charts import add_arrows
from dashboard.ui.utilisation.parts import beside, departments_left_out, institutions_left_out, no_beds

SECTORS = {
    "I": marked("I 利用不足"),
    "II": marked("II 周转快、床位富余"),
    "III": marked("III 高效"),
    "IV": marked("IV 住院日偏长"),
}
_LINES = {"peers": marked("同类中位数"), "own": marked("自定参考")}
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


def _by_beds(picture: PabonPicture) -> pd.DataFrame:
    """Return the units in the order in which they are drawn and offered: most beds first."""
    return picture.units.sort_values("open_beds", ascending=False)


@drawn_once
def pabon_figure(picture: PabonPicture, *, arrows: bool, labelled: int) -> go.Figure:
    """Return the quadrant chart, the units in the order of their beds; the largest ``labelled`` ones carry their names."""
    shade = palette()
    units = _by_beds(picture)
    positions = units["position"] if "position" in units else pd.Series(0, index=units.index)
    colours = [shade.community(int(position)) for position in positions]
    bubbles = [
        Bubble(
            str(row["name"]),
            float(row["x"]),
            float(row["y"]),
            float(row["open_beds"]),
            colour,
            _hover(row),
        )
        for colour, (_code, row) in zip(colours, units.iterrows(), strict=True)
    ]
    names = tuple(_(SECTORS[sector]) for sector in ("II", "III", "I", "IV"))
    figure = quadrants(
        bubbles, x_line=picture.occupancy_line, y_line=picture.turnover_line,
        x_title=_("病床使用率 ÷ 同类中位数") if picture.relative else _("病床使用率"),
        y_title=_("周转次数 ÷ 同类中位数") if picture.relative else _("周转次数（次/年）"),
        names=names, height=_HEIGHT,  # type: ignore[arg-type]
    )  # fmt: skip
    figure.data[0].update(
        mode="markers+text",
        text=[name if place < labelled else "" for place, name in enumerate(mark_names(bubble.label for bubble in bubbles))],
        textposition=[_SIDES[place % len(_SIDES)] for place in range(len(bubbles))],
        textfont={"size": 11, "color": shade.text},
        customdata=[[plotly_text(bubble.label), plotly_text(bubble.hover)] for bubble in bubbles],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        cliponaxis=False,
    )
    xs = [*units["x"], *(units["x_before"].dropna() if arrows else ())]
    ys = [*units["y"], *(units["y_before"].dropna() if arrows else ())]
    plane = plane_of(xs, ys, picture.occupancy_line, picture.turnover_line, _ROOM)
    low, high = plane.across
    figure.update_xaxes(range=[low, high], tickformat=".0%" if high - low > _WHOLE_PERCENT / 100 else ".1%")
    figure.update_yaxes(range=plane.up)
    if arrows:
        moved = units.dropna(subset=["x_before", "y_before"])
        starts = list(zip(moved["x_before"], moved["y_before"], strict=True))
        add_arrows(figure, starts, list(zip(moved["x"], moved["y"], strict=True)), shade)
    return figure


def _definitions(frame: PageFrame) -> list[Definition]:
    method = Definition(
        name=_("四象限（Pabon Lasso）"),
        meaning=_("横轴病床使用率，纵轴每床每年出院人数，气泡面积为平均开放床位。线左或线下（含线上）为低。"),
        formula=_("线：全县同类机构（同类别同等级，不足时同类别）的中位数，或自定参考；周转次数 × 365 ÷ 已报天数"),
        source="fact_bed",
        grade=_("方法有据：Pabon Lasso；分界取同类中位数为本产品口径"),
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


def _drill(codes: Sequence[str], place: int, _trace: int) -> None:
    """Take the clicked bubble over as the institution to drill into."""
    st.session_state["hospital"] = codes[place]


def _lines() -> tuple[float | None, float | None]:
    """Draw the choice of lines; None stands for the median of each institution's own kind."""
    which = segments("lines", _("分界线"), _LINES)
    if which == "peers":
        return None, None
    occupancy = slider("x_line", _("使用率参考（%）"), 40, 110, 85, width=220)
    turnover = slider("y_line", _("周转参考（次/年）"), 5, 80, 35, width=220)
    return float(occupancy), float(turnover)


def _nothing_to_draw(frame: PageFrame) -> str:
    """Say which it is: no beds, no discharges or few of them, or too few of a kind."""
    filters = frame.filters
    lack = pabon_lack(frame.database, filters.period, filters.community, filters.level)
    if lack == "beds":
        no_beds(frame)
        return _("没有床位数据")
    if lack == "few":
        empty_state(_("所选机构出院人数过少，不显示周转次数。"), _("请选更长的时期，或更大的范围。"))
        return _("出院人数过少，不画四象限")
    if lack == "discharges":
        empty_state(_("所选机构没有出院人数，算不出周转次数。"), _("请在“床位月报”（fact_bed）里补上出院人数。"))
        return _("缺少出院人数，不能画四象限")
    few = _("同类机构不足 {count} 家，不能与同类比较。", count=utilisation_settings().minimum_peers)
    empty_state(few, _("可在上方改用自定参考线。"))
    return _("同类机构太少，不能画四象限")


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
        return _nothing_to_draw(frame)
    counts = picture.units["sector"].value_counts()
    high, idle = int(counts.get("III", 0)), int(counts.get("I", 0))
    title = (
        _("{high} 家高效，{idle} 家利用不足（与同类中位数比）", high=high, idle=idle)
        if picture.relative
        else _("按自定参考：{high} 家使用率、周转都高，{idle} 家都低", high=high, idle=idle)
    )
    labels = by_code(_by_beds(picture)["name"])
    with controls:
        chosen = choice("hospital", _("下钻机构"), labels, width=260)
    left, right = st.columns([1.35, 1], gap="small")
    how = _("气泡 = 开放床位 · 箭头来自 {period} · 点气泡下钻", period=formatting.period(compared, language()))
    with left, card("pabon", title, beside(how, institutions_left_out(picture.left_out))):
        chart_or_table(
            "pabon",
            partial(pabon_figure, picture, arrows=True, labelled=8),
            _table(picture, title),
            frame.source(),
            _definitions(frame),
            alt=title,
            on_pick=partial(_drill, list(labels)),
        )
    with right:
        _departments(frame, chosen, labels[chosen])
    return (_changed(picture) if picture.relative else "") or title


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
    title = _("{name}：{count} 个科室中 {idle} 个使用率、周转都低于本院均值", name=name, count=len(departments.units), idle=idle)
    with card("pabon_departments", title, beside(_("分界线 = 本机构各科室均值"), departments_left_out(departments.left_out))):
        chart_or_table(
            "pabon_departments",
            partial(pabon_figure, departments, arrows=False, labelled=13),
            _table(departments, title),
            frame.source(),
            _definitions(frame),
            alt=title,
        )
