"""可及性: the map of what people can reach, who reaches nothing, and what one more site would change."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.naming import by_code
from dashboard.language import marked
from dashboard.services.common.boundaries import town_boundaries
from dashboard.services.common.directory import directory
from dashboard.services.resources.accessibility import DETOUR, Access, NewSite, access
from dashboard.services.resources.supply import Basis, Resource, in_community
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice, segments, slider
from dashboard.ui.kit.blocks import Table, definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, named_rows
from dashboard.ui.kit.definition import Definition, own_definition
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.maps import Classes, LegendEntry, MapClick, SiteMark, TownMark, base_map, equal_classes, short_town_name, show_map
from dashboard.ui.kit.messages import empty_state, escaped, plotly_text
from dashboard.ui.kit.tables import TableColumn
from dashboard.ui.kit.theme import palette
from dashboard.ui.resources.parts import (
    card_foot,
    controls,
    figure_card_body,
    rate_unit,
    resource_choice,
    resource_definition,
)

METHODS: Mapping[str, str] = {"gaussian": marked("高斯衰减 2SFCA"), "plain": marked("基本 2SFCA")}
COUNTED: Mapping[str, str] = {Basis.LOCATED.value: marked("全部机构"), Basis.PRIMARY.value: marked("只计基层机构")}
NOWHERE = "none"
_RESOURCES = ("beds", "gps_qualified", "gps_registered", "physicians", "ct")
_NEW_UNITS = {"beds": 50, "gps_qualified": 5, "gps_registered": 5, "physicians": 10, "ct": 1}
_LARGEST_RADIUS, _SMALLEST_RADIUS = 15.0, 2.5
_LABELLED_SITES = 8
_MAP_PIXELS = 450
_MAP_ROUND = "access_map_round"
_ROW_PIXELS = 22


def access_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    with controls("access"):
        resource = resource_choice("reach", _RESOURCES)
        counted = Basis(segments("counted", _("计入机构"), COUNTED))
        method = segments("method", _("方法"), METHODS)
        threshold = slider("minutes", _("时间阈值（分钟）"), 5, 90, 30, 5)
        speed = slider("speed", _("假设车速（公里/小时）"), 10, 80, 40, 5)
    month, database = frame.filters.period.last, frame.database
    now = access(database, month, resource.id, float(threshold), method, float(speed), counted)  # type: ignore[arg-type]
    if now.sites.empty or now.towns["population"].isna().all():
        empty_state(
            _("{resource}的可及性算不出来。", resource=_(resource.name)),
            frame.to_load(resource.table, "dim_town", "fact_population"),
        )
        return _("可及性")
    left, right = st.columns([1.25, 1], gap="small")
    with right:
        added = _new_site_card(frame, resource, now)
        after = now
        if added is not None:
            after = access(database, month, resource.id, float(threshold), method, float(speed), counted, added)  # type: ignore[arg-type]
            _change_lines(frame, resource, now, after)
        _towns_card(frame, resource, now, after)
    with left:
        _map_card(frame, resource, now, after, added)
    return access_finding(resource, now)


def access_finding(resource: Resource, now: Access) -> str:
    """Return who reaches nothing, or how far the best and the worst town are apart."""
    name = _(resource.name)
    if now.without > 0:
        share = formatting.percent(now.without)
        return _("{share} 的居民 {minutes} 分钟内够不到{resource}", share=share, minutes=formatting.number(now.threshold), resource=name)
    known = now.towns.dropna(subset=["access"])
    ordered = known.sort_values("access")
    low, high = ordered["name"].iloc[0], ordered["name"].iloc[-1]
    times = formatting.number(ordered["access"].iloc[-1] / ordered["access"].iloc[0], 1)
    return _("{resource}可及性：{high}是{low}的 {times} 倍", resource=name, high=high, low=low, times=times)


def travel_label(now: Access) -> str:
    """Return how travel times are known; an estimate says so."""
    if not now.travel.estimated:
        return _("出行时间：本县提供")
    speed, detour = formatting.number(now.travel.speed_kmh), formatting.number(DETOUR, 1)
    return _("直线距离估算 · 车速 {speed} 公里/小时 · 绕行系数 {detour}", speed=speed, detour=detour)


def access_definitions(resource: Resource, frame: PageFrame) -> list[Definition]:
    """Return the definitions of the section's numbers."""
    version = frame.database.version
    return [
        own_definition(
            _("{resource}可及性", resource=_(resource.name)),
            _("第一步 R_j = S_j ÷ Σ f(d_kj)·P_k（阈值内各镇街）；第二步 A_i = Σ f(d_ij)·R_j（阈值内各机构）；×{per}",
              per=formatting.number(resource.per)),
            version=version,
            source=f"{resource.table}{_('、')}fact_population{_('、')}dim_travel_time",
            note=_(
                "基本法：阈值内 f=1；高斯法：f(d) = (e^(−½(d/d0)²) − e^(−½)) ÷ (1 − e^(−½))。人口放在镇街中心。"
                "基本法出处 [FOUND R22]，高斯权重 [OWN]。"
            ),
        ),
        own_definition(
            _("够不到的居民占比"), _("可及性为 0 的镇街的常住人口 ÷ 全县常住人口"), version=version, source="fact_population"
        ),
        own_definition(
            _("出行时间"), _("直线距离 × 绕行系数 ÷ 车速"), version=version,
            source=_("、").join(("dim_travel_time", "dim_town", "dim_institution")),
            note=_("县里提供出行时间表（dim_travel_time）时以其为准；绕行系数和车速是本产品假设 [OWN]。"),
        ),
        resource_definition(resource, version),
    ]  # fmt: skip


# The map ---------------------------------------------------------------------------------------------------------------


def _map_card(frame: PageFrame, resource: Resource, now: Access, after: Access, added: NewSite | None) -> None:
    title = _("每位居民够得到多少{resource}", resource=_(resource.name))
    with card("access_map", title, frame.beside(travel_label(now), "community", tables=[resource.table])):
        classes = equal_classes(now.towns["access"].tolist(), palette())
        towns = town_marks(resource, after, classes, added.town if added else None)
        drawn = base_map(town_boundaries(frame.database), towns, site_marks(resource, after, frame), width=600, height=_MAP_PIXELS)
        texts = [formatting.number(edge, resource.decimals) for edge in classes.edges]
        legend = [LegendEntry(entry.colour, entry.text) for entry in classes.legend(texts)]
        alt = _("各镇街{resource}可及性地图", resource=_(resource.name))
        clicked = show_map(drawn, key=f"access_map_{st.session_state.get(_MAP_ROUND, 0)}", alt=alt, legend=legend, select=True)
        _follow_click(frame, clicked)
        st.caption(
            escaped(
                _(
                    "颜色单位 {unit}；圆点大小为{resource}数；点镇街可在那里试加一个点。",
                    unit=rate_unit(resource),
                    resource=_(resource.name),
                )
            )
        )
        if now.unplaced > 0:
            st.caption(
                escaped(
                    _("{count} {unit}所在机构没有坐标或出行时间，未计入。", count=formatting.number(now.unplaced), unit=_(resource.unit))
                )
            )
        card_foot(
            "access_map",
            lambda: access_table(resource, now, after),
            frame.source(travel_label(now)),
            access_definitions(resource, frame),
        )


def _follow_click(frame: PageFrame, clicked: MapClick) -> None:
    """Let a click on a town, or on an institution in it, choose it for the new site.

    The select box has been drawn, so the page runs again; the map gets another key, since Streamlit pales everything beside a selection.
    """
    where = directory(frame.database).institutions["town_code"]
    town = clicked.town or (where.get(clicked.site) if clicked.site else None)
    if isinstance(town, str):
        st.session_state["site_asked"] = town
        st.session_state[_MAP_ROUND] = st.session_state.get(_MAP_ROUND, 0) + 1
        st.rerun()


def town_marks(resource: Resource, state: Access, classes: Classes, selected: str | None) -> list[TownMark]:
    """Return the towns coloured by what they reach."""
    marks = []
    for code, row in state.towns.iterrows():
        value = formatting.number(row["access"], resource.decimals)
        nearest = formatting.number(row["nearest"], 0)
        hover = f"{row['name']}\n{value} {rate_unit(resource)}\n{_('最近的点 {minutes} 分钟', minutes=nearest)}"
        marks.append(
            TownMark(str(code), short_town_name(str(row["name"])), classes.fill(row["access"]), hover, selected=str(code) == selected)
        )
    return marks


def site_marks(resource: Resource, state: Access, frame: PageFrame) -> list[SiteMark]:
    """Return the institutions, their area by how much they have; the largest ones carry their name."""
    colours = palette()
    positions = directory(frame.database).communities["position"]
    placed = state.sites.dropna(subset=["longitude", "latitude"]).sort_values("supply", ascending=False)
    largest = max(float(placed["supply"].max()), 1.0) if len(placed) else 1.0
    marks = []
    for order, (code, row) in enumerate(placed.iterrows()):
        position = positions.get(row["community"], -1)
        radius = max(_LARGEST_RADIUS * float(np.sqrt(row["supply"] / largest)), _SMALLEST_RADIUS)
        label = str(row["name"]) if order < _LABELLED_SITES and radius > _LARGEST_RADIUS / 3 else ""
        hover = f"{row['name']}\n{formatting.number(row['supply'])} {_(resource.unit)}"
        colour = colours.community(int(position))
        marks.append(SiteMark(str(code), row["longitude"], row["latitude"], radius, colour, hover, label))
    return marks


def access_table(resource: Resource, now: Access, after: Access) -> Table:
    """Return what every town reaches, before and after."""
    made = now.towns.assign(after=after.towns["access"], change=after.towns["access"] - now.towns["access"]).sort_values("access")
    columns = [
        TableColumn("name", _("镇街")),
        TableColumn("population", _("常住人口"), "count"),
        TableColumn("access", _("可及性 ({unit})", unit=rate_unit(resource)), "number"),
        TableColumn("nearest", _("最近的点（分钟）"), "number"),
    ]
    if after is not now:
        columns += [TableColumn("after", _("加点后"), "number"), TableColumn("change", _("变化"), "number")]
    return Table(made, columns, _("各镇街{resource}可及性", resource=_(resource.name)))


# One more site ---------------------------------------------------------------------------------------------------------


def _new_site_card(frame: PageFrame, resource: Resource, now: Access) -> NewSite | None:
    asked = st.session_state.pop("site_asked", None)
    if asked is not None:
        st.session_state["site"] = asked
    with card("new_site", _("假如在这里加一个点"), frame.beside(_("推演 · {grade}", grade=_("模型假设")), "community")):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            town = choice("site", _("加在哪个镇街"), {NOWHERE: _("不加")} | by_code(now.towns["name"]))
            units = st.number_input(
                _("新增数量（{unit}）", unit=_(resource.unit)), 1, 2000, _NEW_UNITS[resource.id], key=f"site_units_{resource.id}"
            )
        return None if town == NOWHERE else NewSite(town, float(units))


def _change_lines(frame: PageFrame, resource: Resource, now: Access, after: Access) -> None:
    with card("site_change"):
        shown = (
            (_("够不到的居民"), formatting.percent(after.without), formatting.points(after.without - now.without)),
            (
                _("居民平均可及性"),
                formatting.number(after.mean, resource.decimals),
                formatting.number(after.mean - now.mean, resource.decimals, signed=True),
            ),
            (
                _("最低的镇街"),
                formatting.number(after.towns["access"].min(), resource.decimals),
                formatting.number(after.towns["access"].min() - now.towns["access"].min(), resource.decimals, signed=True),
            ),
        )
        for column, (label, value, change) in zip(st.columns(len(shown)), shown, strict=True):
            column.metric(label, value, change, delta_color="off", delta_arrow="off")
        definitions("site_change", access_definitions(resource, frame))


def _towns_card(frame: PageFrame, resource: Resource, now: Access, after: Access) -> None:
    title = _("全县平均 {value} {unit}", value=formatting.number(now.mean, resource.decimals), unit=rate_unit(resource))
    with card("access_towns", title, _("{share} 的居民够不到", share=formatting.percent(now.without))):
        kept = in_community(now.towns, frame.filters.community).sort_values("access")
        figure = towns_figure(kept, after.towns["access"] if after is not now else None, resource, frame)
        figure_card_body(
            figure,
            key="access_towns",
            alt=_("各镇街可及性由低到高"),
            table=lambda: access_table(resource, now, after),
            source=frame.source(travel_label(now)),
            contents=access_definitions(resource, frame),
        )


def towns_figure(towns: pd.DataFrame, after: pd.Series | None, resource: Resource, frame: PageFrame) -> go.Figure:
    """Return a dot per town, worst on top; a line leads to where it would be with the new site."""
    colours = palette()
    positions = towns["community"].map(directory(frame.database).communities["position"]).fillna(-1).astype(int)
    names = towns["name"].astype(str).tolist()
    labels, told = list(range(len(names))), [plotly_text(name) for name in names]
    figure = base_figure(colours, _ROW_PIXELS * len(towns) + 40)
    fills = [colours.community(position) for position in positions]
    if after is not None:
        for label, before, then in zip(labels, towns["access"], after[towns.index], strict=True):
            figure.add_scatter(x=[before, then], y=[label, label], mode="lines", line={"color": colours.good, "width": 3}, hoverinfo="skip")
        figure.add_scatter(
            x=after[towns.index].tolist(), y=labels, mode="markers", marker={"symbol": "diamond", "size": 9, "color": colours.good},
            hovertext=told, hovertemplate=f"%{{hovertext}} %{{x:.{resource.decimals}f}}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=towns["access"].tolist(), y=labels, mode="markers", marker={"size": 9, "color": fills},
        hovertext=told, hovertemplate=f"%{{hovertext}} %{{x:.{resource.decimals}f}} {rate_unit(resource)}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(rangemode="tozero", fixedrange=True, title_text=plotly_text(rate_unit(resource)))
    figure.update_yaxes(**named_rows(names))
    return figure
