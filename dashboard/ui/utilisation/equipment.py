"""View 设备: ranking by use, map, positive rates against their reference, devices that neighbours could share."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import pydeck
import streamlit as st

from dashboard.analysis.equipment import MERGE
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.language import marked
from dashboard.services.common.boundaries import town_boundaries
from dashboard.services.utilisation.equipment import LARGE, EquipmentAnswer, device_types, equipment_answer, idle_and_busy
from dashboard.states import ABOVE, SIGNS, State
from dashboard.ui.frame.drill import ask
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.blocks import Table, as_table, chart_foot, chart_or_table, definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars, base_figure, drawn_once, named_rows
from dashboard.ui.kit.definition import MODEL_GRADE, OWN_GRADE, Definition, catalogue_definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import Palette, palette
from dashboard.ui.utilisation.map import Dot, dot_map
from dashboard.ui.utilisation.parts import figure_row

_RANKED = 24
_POSITIVE_SHOWN = 16
_MAP_PIXELS = 420


def equipment_definitions(frame: PageFrame) -> list[Definition]:
    """Return how the figures of devices are made."""
    lines, source = utilisation_settings(), "fact_equipment_use、dim_equipment"
    return [
        catalogue_definition("C10", frame.database.version),
        catalogue_definition("C11", frame.database.version),
        Definition(name=_("日均检查人次"), formula=_("检查人次 ÷ 有上报月份的日历天数"), source=source, grade=_(OWN_GRADE)),
        Definition(name=_("停机率"), formula=_("停机时间 ÷ 额定可用机时"), source=source, grade=_(OWN_GRADE)),
        Definition(
            name=_("每例折旧"),
            formula=_("购置价 ÷ {years} 年 × 上报天数 ÷ 365 ÷ 检查人次", years=formatting.number(lines.service_life_years)),
            meaning=_("超过折旧年限的设备为 0。"),
            source=source,
            grade=_(MODEL_GRADE),
            note=_("财务月报不分设备，人员、耗材、维修和房屋成本无法摊到单台，所以这里只有折旧。"),
        ),
    ]


def _use_colour(colours: Palette, use: float) -> str:
    lines = utilisation_settings()
    if use < lines.idle_use:
        return colours.warning
    return colours.communities[3] if use > lines.busy_use else colours.primary


def _use_words(use: float) -> str:
    lines = utilisation_settings()
    sign = SIGNS[State.WARNING] if use < lines.idle_use else ABOVE if use > lines.busy_use else ""
    return f"{formatting.percent(use)} {sign}".strip()


def _figures(frame: PageFrame, total: pd.Series, behind: Mapping[str, str]) -> None:
    use, positive, day, down, cost = equipment_definitions(frame)
    age = Definition(name=_("平均机龄"), formula=_("截至期末 − 购置日期，各台平均"), source="dim_equipment", grade=_(OWN_GRADE))
    per_device = total["examinations_per_day"] / total["devices"]
    figure_row(
        [
            ("device_use", replace(use, name=_("使用率")), formatting.percent(total["use"])),
            ("device_day", replace(day, name=_("每台日均检查")), _with_unit(per_device, _("人次"))),
            ("device_positive", replace(positive, name=_("检查阳性率")), formatting.percent(total["positive_rate"])),
            ("device_down", down, formatting.percent(total["downtime_share"])),
            ("device_cost", cost, _with_unit(total["written_off_per_examination"], _("元"))),
            ("device_age", age, _with_unit(total["age_years"], _("年"))),
        ],
        behind,
    )


def _with_unit(value: float, unit: str) -> str:
    text = formatting.number(value, 1)
    return text if text == formatting.MISSING else f"{text} {unit}"


def device_columns() -> list[TableColumn]:
    """Return the columns of the table of devices."""
    return [
        TableColumn("name", _("设备")),
        TableColumn("institution", _("机构")),
        TableColumn("type_name", _("类别")),
        TableColumn("use", _("使用率"), "percent"),
        TableColumn("working_hours", _("工作机时"), "count"),
        TableColumn("available_hours", _("额定机时"), "count"),
        TableColumn("examinations_per_day", _("日均检查"), "number"),
        TableColumn("positive_rate", _("阳性率"), "percent"),
        TableColumn("positive_low", _("下限"), "percent"),
        TableColumn("positive_high", _("上限"), "percent"),
        TableColumn("positive_rate_reference", _("参考值"), "percent"),
        TableColumn("downtime_share", _("停机率"), "percent"),
        TableColumn("written_off_per_examination", _("每例折旧（元）"), "money"),
        TableColumn("age_years", _("机龄（年）"), "number"),
    ]


def _ranking_card(frame: PageFrame, answer: EquipmentAnswer) -> None:
    shade = palette()
    devices = answer.devices.sort_values("use", ascending=False)
    known = devices.dropna(subset=["use"])
    half = _RANKED // 2
    shown = known if len(known) <= _RANKED else pd.concat([known.head(half), known.tail(half)])
    rows = [
        BarRow(str(row["name"]), float(row["use"]), _use_words(row["use"]), _use_colour(shade, row["use"]))
        for _code, row in shown.iterrows()
    ]
    idle, busy = idle_and_busy(devices)
    lines = utilisation_settings()
    title = _("{count} 台：{idle} 台闲置，{busy} 台繁忙", count=len(devices), idle=idle, busy=busy)
    aside = _("! 低于 {idle} · + 高于 {busy}", idle=formatting.percent(lines.idle_use, 0), busy=formatting.percent(lines.busy_use, 0))
    if len(known) > _RANKED:
        aside = _("{aside} · 最高和最低各 {half} 台，全部见表格", aside=aside, half=half)
    table = devices.assign(working_hours=devices["working_hours"].round(), available_hours=devices["available_hours"].round())
    with card("devices", title, frame.beside(aside, tables=["fact_equipment_use"])):
        if not rows:
            st.caption(_("这个时期没有设备使用月报（fact_equipment_use），只有设备清单，见表格。"))
        chart_or_table(
            "devices",
            partial(bars, rows, unit="", height=max(120, 20 * len(rows) + 16)),
            Table(table, device_columns(), title),
            frame.source(),
            equipment_definitions(frame),
            alt=title,
            on_pick=lambda place, _trace: _behind_device(frame, "C10", shown.iloc[place]),
        )


def _behind_device(frame: PageFrame, indicator: str, device: pd.Series) -> None:
    """Open what is behind a device's rate: the devices of its institution together, month by month."""
    ask(indicator, frame.filters.community, str(device["institution_code"]))


@drawn_once
def _positive_figure(devices: pd.DataFrame) -> go.Figure:
    shade = palette()
    figure = base_figure(shade, max(160, 19 * len(devices) + 40))
    low = [bool(each) for each in devices["below_reference"]]
    figure.add_scatter(
        x=devices["positive_rate"], y=list(range(len(devices))), hovertext=[plotly_text(name) for name in devices["name"]], mode="markers",
        error_x={
            "type": "data", "symmetric": False, "array": devices["positive_high"] - devices["positive_rate"],
            "arrayminus": devices["positive_rate"] - devices["positive_low"], "color": shade.muted, "thickness": 1.5, "width": 3,
        },
        marker={
            "size": 8, "color": [shade.bad if each else shade.primary for each in low],
            "symbol": ["x" if each else "circle" for each in low],
        },
        customdata=[
            plotly_text(
                _("{cases} 例，参考 {reference}", cases=formatting.people(cases, language()), reference=formatting.percent(reference, 0))
            )
            for cases, reference in zip(devices["examinations"], devices["positive_rate_reference"], strict=True)
        ],
        hovertemplate="%{hovertext} <b>%{x:.1%}</b><br>%{customdata}<extra></extra>",
    )  # fmt: skip
    for position, reference in enumerate(devices["positive_rate_reference"]):
        if not math.isnan(reference):  # a type without a reference has no tick
            tick = {"type": "line", "x0": reference, "x1": reference, "y0": position - 0.4, "y1": position + 0.4}
            figure.add_shape(tick | {"line": {"color": shade.text, "width": 1.5}})
    figure.update_xaxes(tickformat=".0%", fixedrange=True)
    figure.update_yaxes(**named_rows(devices["name"].tolist()), tickfont={"color": shade.text, "size": 11})
    return figure


def _positive_card(frame: PageFrame, answer: EquipmentAnswer) -> None:
    devices = answer.devices.dropna(subset=["positive_rate"]).sort_values("positive_rate")
    if devices.empty:
        with card("positive", _("检查阳性率")):
            empty_state(_("这类设备没有上报阳性人次。"), _("请在“设备使用月报”（fact_equipment_use）里补上阳性人次，或在上方选大型设备。"))
        return
    low = int(devices["below_reference"].sum())
    title = _("{low} 台的阳性率确实低于参考值", low=low) if low else _("没有设备的阳性率确实低于参考值")
    with card(
        "positive", title, _("由低到高 {count} 台 · 横线 = 95% 区间 · 竖线 = 参考值（待核实）", count=min(len(devices), _POSITIVE_SHOWN))
    ):
        chart_or_table(
            "positive",
            partial(_positive_figure, devices.head(_POSITIVE_SHOWN)),
            Table(devices, device_columns(), title),
            frame.source(),
            equipment_definitions(frame),
            alt=title,
            on_pick=lambda place, _trace: _behind_device(frame, "C11", devices.iloc[place]),
        )


def _map_deck(frame: PageFrame, places: pd.DataFrame) -> pydeck.Deck:
    shade = palette()
    located = places.dropna(subset=["longitude", "latitude"])
    dots = [
        Dot(
            float(row["longitude"]), float(row["latitude"]), f"{row['name']} {_use_words(row['use'])}", _use_colour(shade, row["use"]),
            float(row["available_hours"]) if row["available_hours"] > 0 else 0.0,
        )
        for _code, row in located.iterrows()
    ]  # fmt: skip
    return dot_map(dots, list(town_boundaries(frame.database).geojson.values()), height=_MAP_PIXELS)


def _map_card(frame: PageFrame, answer: EquipmentAnswer) -> None:
    places = answer.places.sort_values("use", ascending=False)
    title = _("{count} 家机构的设备在哪里、用得怎样", count=len(places))
    note = town_boundaries(frame.database).text(language())
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("devices", _("台数"), "count"),
        TableColumn("use", _("使用率"), "percent"),
        TableColumn("examinations_per_day", _("日均检查"), "number"),
        TableColumn("downtime_share", _("停机率"), "percent"),
        TableColumn("age_years", _("平均机龄"), "number"),
    ]
    with card("device_map", title, _("圆 = 额定机时 · {note}", note=note)):
        if not answer.located:
            st.caption(_("机构没有经纬度，不能画地图；请在“机构”表（dim_institution）里补上。"))
        if as_table("device_map") or not answer.located:
            show_table(places, columns, key="device_map", title=title, source=frame.source(), rows=10)
        else:
            st.pydeck_chart(_map_deck(frame, answer.places), height=_MAP_PIXELS, key="chart_device_map", alt=title)
        chart_foot("device_map", equipment_definitions(frame))


def _sharing_card(frame: PageFrame, answer: EquipmentAnswer) -> None:
    lines = utilisation_settings()
    pairs = answer.sharing
    hours = float(pairs["hours"].sum()) if len(pairs) else 0.0
    title = (
        _("{count} 对邻近机构可共用设备，涉及 {hours} 机时", count=len(pairs), hours=formatting.number(hours))
        if len(pairs)
        else _("没有适合共用设备的邻近机构")
    )
    aside = _("{distance} 公里以内（直线距离估算）", distance=formatting.number(lines.neighbour_kilometres))
    with card("sharing", title, aside):
        if len(pairs):
            ways = pairs["way"].map(lambda way: _("两家合用") if way == MERGE else _("分流给邻居"))
            columns = [
                TableColumn("type_name", _("类别")),
                TableColumn("words", _("做法")),
                TableColumn("place_name", _("从")),
                TableColumn("partner_name", _("到")),
                TableColumn("kilometres", _("公里"), "number"),
                TableColumn("hours", _("可移机时"), "count"),
                TableColumn("use", _("现使用率"), "percent"),
                TableColumn("partner_use", _("对方使用率"), "percent"),
                TableColumn("combined_use", _("共用后"), "percent"),
            ]
            shown = pairs.assign(words=ways, hours=pairs["hours"].round())
            show_table(shown, columns, key="sharing", title=title, source=frame.source(), rows=8)
        else:
            st.caption(_("没有一家闲置而邻近另一家繁忙或同样闲置；或机构没有经纬度。"))
        about = Definition(
            name=_("可共用设备"),
            meaning=_(
                "分流：繁忙机构（使用率高于 {busy}）把机时转给最近的闲置机构（低于 {idle}），直到一方到线；"
                "合用：两家都闲置，合用少一台后使用率仍不高于 {busy}。每家只配一对，近者优先。",
                busy=formatting.percent(lines.busy_use, 0),
                idle=formatting.percent(lines.idle_use, 0),
            ),
            source="fact_equipment_use、dim_institution",
            grade=_(MODEL_GRADE),
        )
        definitions("sharing", [about])


def equipment_view(frame: PageFrame) -> str:
    """Draw the view and return the finding for the page's title."""
    filters = frame.filters
    kinds = device_types(frame.database, filters.period, filters.community, filters.level)
    if not kinds:
        empty_state(_("所选机构没有设备清单。"), frame.to_load("dim_equipment", "fact_equipment_use"))
        return _("没有设备数据")
    labels = {LARGE: marked("全部大型设备")} if any(kind.large for kind in kinds) else {}
    labels |= {kind.code: _("{name}（{pieces} 台）", name=kind.name, pieces=kind.pieces) for kind in kinds}
    chosen = choice("device", _("设备类别"), labels, width=260)
    answer = equipment_answer(frame.database, filters.period, chosen, filters.community, filters.level)
    if answer is None:
        return _("没有设备数据")
    answer = answer.shown()
    # Only this choice is a number of the catalogue: the others are of one kind of device.
    _figures(frame, answer.total, {"device_positive": "C11"} if chosen == LARGE else {})
    left, right = st.columns(2, gap="small")
    with left:
        _ranking_card(frame, answer)
    with right:
        _map_card(frame, answer)
        _positive_card(frame, answer)
    _sharing_card(frame, answer)  # its nine columns need the whole width
    idle, busy = idle_and_busy(answer.devices)
    return _("设备使用率 {use}：{idle} 台闲置，{busy} 台繁忙", use=formatting.percent(answer.total["use"]), idle=idle, busy=busy)
