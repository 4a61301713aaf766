"""公平性: Lorenz curves with their Gini, Theil in both forms, agglomeration by town, and how all of it moved over the years."""

import math

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.equity import Theil
from dashboard.language import marked
from dashboard.services.common.boundaries import town_boundaries
from dashboard.services.common.directory import directory
from dashboard.services.resources.equity import Equity, equity
from dashboard.services.resources.supply import RESOURCES, Basis, Resource
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.blocks import Table, definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, drawn_once
from dashboard.ui.kit.definition import Definition, own_definition
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.maps import Classes, LegendEntry, TownMark, base_map, blend, short_town_name, show_map
from dashboard.ui.kit.messages import empty_state, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.resources.parts import (
    basis_choice,
    basis_words,
    card_foot,
    controls,
    figure_card_body,
    note,
    resource_choice,
    resource_definition,
)

_BALANCED = (0.8, 1.25)
"""HRAD ÷ PAD between these bounds is drawn as in balance: a drawing rule of this product [OWN]."""
_CURVE_PIXELS = 330


def equity_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    with controls("equity"):
        resource = resource_choice("fair", tuple(RESOURCES))
        basis = basis_choice("fair_basis", Basis.SHARED)
    answer = equity(frame.database, frame.filters.period.last, resource.id, basis, frame.filters.community)
    if math.isnan(answer.newest["gini_population"]):
        empty_state(
            _("{resource}的公平性算不出来。", resource=_(resource.name)),
            frame.to_load(resource.table, "dim_town", "fact_population"),
        )
        return _("公平性")
    left, right = st.columns([1, 1.1], gap="small")
    with left:
        _lorenz_card(frame, resource, answer, basis)
        _years_card(frame, resource, answer, basis)
    with right:
        _agglomeration_card(frame, resource, answer, basis)
        _theil_card(frame, resource, answer, basis)
    return equity_finding(resource, answer, frame.area(), basis)


def band(value: float) -> str:
    """Return the usual word for a Gini coefficient [FOUND R18]."""
    if math.isnan(value):
        return formatting.MISSING
    if value < 0.3:
        return _("公平")
    if value <= 0.4:
        return _("可接受")
    return _("较差") if value <= 0.6 else _("高度不公平")


def equity_finding(resource: Resource, answer: Equity, area: str, basis: Basis = Basis.SHARED) -> str:
    """Return both Gini coefficients in words; counted where hospitals stand they judge nobody, as a hospital serves more than its town."""
    by_people, by_land = answer.newest["gini_population"], answer.newest["gini_area"]
    if basis is Basis.LOCATED:
        return _(
            "{area}{resource}按机构所在镇街计，基尼 {people}（按人口）、{land}（按面积）：医院服务全县，此口径不作公平性评价",
            area=area,
            resource=_(resource.name),
            people=formatting.number(by_people, 3),
            land=formatting.number(by_land, 3),
        )
    return _(
        "{area}{resource}按人口{people_band}（基尼 {people}），按面积{land_band}（{land}）",
        area=area,
        resource=_(resource.name),
        people_band=band(by_people),
        people=formatting.number(by_people, 3),
        land_band=band(by_land),
        land=formatting.number(by_land, 3),
    )


def equity_definitions(resource: Resource, frame: PageFrame, basis: Basis) -> list[Definition]:
    """Return the definitions of the section's numbers."""
    version = frame.database.version
    source = f"{resource.table}{_('、')}fact_population{_('、')}dim_town"
    return [
        own_definition(
            _("基尼系数"),
            _("G = 1 − Σ W_i (V_{i−1} + V_i)；镇街按人均资源量由低到高排序，W 为人口（或面积）占比，V 为资源累计占比"),
            version=version, source=source, grade=marked("文献方法 [FOUND R18]"),
            note=_("<0.3 公平，0.3–0.4 可接受，>0.4 较差，>0.6 高度不公平。按面积时仍以资源密度排序。") + basis_words(basis),
        ),
        own_definition(
            _("泰尔指数"),
            _("T（以人口占比加权）= Σ P_i ln(P_i ÷ Y_i)；L（以资源占比加权）= Σ Y_i ln(Y_i ÷ P_i)；自然对数；总 = 医共体间 + 医共体内"),
            version=version, source=source, grade=marked("文献方法 [FOUND R21]"),
            note=_("P 为人口占比，Y 为资源占比。经济学文献的 T、L 名称与此相反，以权重为准。换成常用对数数值会不同。"),
        ),
        own_definition(
            _("卫生资源集聚度 HRAD 与人口集聚度 PAD"),
            _("HRAD = (R_i÷R) ÷ (A_i÷A)；PAD = (P_i÷P) ÷ (A_i÷A)"),
            version=version, source=source, grade=marked("文献方法 [FOUND R18, R21]"),
            note=_("有的文献看比值（1 为均衡），有的看差值（0 为均衡），两者都给出；比值大于 1 表示资源多于人口。"),
        ),
        resource_definition(resource, version),
    ]  # fmt: skip


# Lorenz and years ------------------------------------------------------------------------------------------------------


def _lorenz_card(frame: PageFrame, resource: Resource, answer: Equity, basis: Basis) -> None:
    newest = answer.newest
    title = _(
        "洛伦兹曲线：按人口 {people}，按面积 {land}",
        people=formatting.number(newest["gini_population"], 3),
        land=formatting.number(newest["gini_area"], 3),
    )
    with card("lorenz", title, frame.beside(basis_words(basis), tables=[resource.table])):
        figure_card_body(
            lorenz_figure(answer),
            key="lorenz",
            alt=_("{resource}的洛伦兹曲线，按人口和按面积", resource=_(resource.name)),
            table=lambda: lorenz_table(answer),
            source=frame.source(basis_words(basis)),
            contents=equity_definitions(resource, frame, basis),
        )


@drawn_once
def lorenz_figure(answer: Equity) -> go.Figure:
    """Return both Lorenz curves and the line of equality."""
    colours = palette()
    figure = base_figure(colours, _CURVE_PIXELS)
    names = answer.towns["name"]
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name=_("绝对公平"), line={"color": colours.muted, "dash": "dot", "width": 1.2}, hoverinfo="skip"
    )
    curves = ((answer.by_population, _("按人口"), colours.primary), (answer.by_area, _("按面积"), colours.communities[1]))
    for curve, name, colour in curves:
        towns = [plotly_text(names.get(code, "")) if code is not None else "" for code in curve["unit"]]
        figure.add_scatter(
            x=curve["population_share"], y=curve["resource_share"], mode="lines+markers", name=name, line={"color": colour, "width": 2.2},
            marker={"size": 4}, customdata=towns, hovertemplate="%{customdata}<br>%{x:.1%} → %{y:.1%}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(showlegend=True)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", fixedrange=True, title_text=_("人口（面积）累计占比"))
    figure.update_yaxes(range=[0, 1.01], tickformat=".0%", fixedrange=True, title_text=_("资源累计占比"))
    return figure


def lorenz_table(answer: Equity) -> Table:
    """Return both curves as one table."""
    names = answer.towns["name"]
    parts = [
        curve.assign(name=curve["unit"].map(names), kind=kind)
        for curve, kind in ((answer.by_population, _("按人口")), (answer.by_area, _("按面积")))
    ]
    columns = [
        TableColumn("kind", _("口径")),
        TableColumn("name", _("镇街")),
        TableColumn("population_share", _("人口（面积）累计占比"), "percent"),
        TableColumn("resource_share", _("资源累计占比"), "percent"),
    ]
    return Table(pd.concat(parts, ignore_index=True), columns, _("洛伦兹曲线"))


def _years_card(frame: PageFrame, resource: Resource, answer: Equity, basis: Basis) -> None:
    with card("equity_years", years_title(answer), _("虚线 0.3、0.4")):
        figure_card_body(
            years_figure(answer),
            key="equity_years",
            alt=_("基尼系数和泰尔指数历年变化"),
            table=lambda: years_table(answer),
            source=frame.source(basis_words(basis)),
            contents=equity_definitions(resource, frame, basis),
        )


def years_title(answer: Equity) -> str:
    """Return whether the Gini by population rose or fell."""
    known = answer.years.dropna(subset=["gini_population"])
    if len(known) < 2:
        return _("历年变化")
    change = known["gini_population"].iloc[-1] - known["gini_population"].iloc[0]
    words = _("更公平") if change < -0.005 else _("更不公平") if change > 0.005 else _("基本不变")
    first, last = int(known["year"].iloc[0]), int(known["year"].iloc[-1])
    return _(
        "{first}–{last} 年按人口{words}（基尼 {change}）",
        first=first,
        last=last,
        words=words,
        change=formatting.number(change, 3, signed=True),
    )


@drawn_once
def years_figure(answer: Equity) -> go.Figure:
    """Return the Gini by population and by area, year by year."""
    colours = palette()
    figure = base_figure(colours, 190)
    years = answer.years["year"].tolist()
    series = ((_("基尼（人口）"), "gini_population", colours.primary), (_("基尼（面积）"), "gini_area", colours.communities[1]),
              (_("泰尔 T（人口加权）"), "theil_t", colours.communities[3]),
              (_("泰尔 L（资源加权）"), "theil_l", colours.communities[2]))  # fmt: skip
    for name, column, colour in series:
        figure.add_scatter(
            x=years, y=answer.years[column].tolist(), mode="lines+markers", name=name, line={"color": colour, "width": 2},
            hovertemplate="%{x}: %{y:.3f}<extra></extra>",
        )  # fmt: skip
    for line in (0.3, 0.4):
        figure.add_hline(y=line, line={"color": colours.muted, "width": 1, "dash": "dot"})
    figure.update_layout(showlegend=True)
    figure.update_xaxes(dtick=1, tickformat="d", fixedrange=True)
    figure.update_yaxes(rangemode="tozero", fixedrange=True)
    return figure


def years_table(answer: Equity) -> Table:
    """Return every index of every year."""
    labels = {
        "gini_population": _("基尼（人口）"),
        "gini_area": _("基尼（面积）"),
        "theil_t": _("泰尔 T（人口加权）"),
        "theil_t_between": _("T 医共体间"),
        "theil_t_within": _("T 医共体内"),
        "theil_l": _("泰尔 L（资源加权）"),
        "theil_l_between": _("L 医共体间"),
        "theil_l_within": _("L 医共体内"),
    }
    made = answer.years.assign(year=answer.years["year"].astype(str)).round(dict.fromkeys(labels, 4))
    # Four digits matter here: as text, since the number kind shows one.
    shown = made.assign(**{name: [formatting.number(value, 4) for value in made[name]] for name in labels})
    columns = [TableColumn("year", _("年份")), *(TableColumn(name, label) for name, label in labels.items())]
    return Table(shown, columns, _("公平性指标历年"))


# Theil -----------------------------------------------------------------------------------------------------------------


def theil_rows(answer: Equity, frame: PageFrame) -> pd.DataFrame:
    """Return both forms with their parts, and the contribution of each community."""
    people = directory(frame.database)
    rows = []
    for index, name in ((answer.theil_t, _("T（人口加权）")), (answer.theil_l, _("L（资源加权）"))):
        rows.append((name, _("总"), index.total, _share(index.total, index)))
        rows.append((name, _("医共体间"), index.between, index.between_share))
        rows.append((name, _("医共体内"), index.within, index.within_share))
        for code, row in index.by_group.iterrows():
            rows.append((name, people.community_name(str(code)), row["contribution"], _share(row["contribution"], index)))
    return pd.DataFrame(rows, columns=["form", "part", "value", "share"])


def _share(part: float, index: Theil) -> float:
    return part / index.total if index.total else math.nan


def theil_title(answer: Equity) -> str:
    """Return where the inequality lies: between communities or inside them."""
    known = answer.theil_t if not math.isnan(answer.theil_t.total) else answer.theil_l
    share = known.within_share
    if math.isnan(share):
        return _("泰尔指数")
    if share >= 0.5:
        return _("不公平的 {share} 在医共体内部", share=formatting.percent(share, 0))
    return _("不公平的 {share} 在医共体之间", share=formatting.percent(1 - share, 0))


def _theil_card(frame: PageFrame, resource: Resource, answer: Equity, basis: Basis) -> None:
    with card("theil", theil_title(answer), _("自然对数；占比为对总指数的贡献")):
        rows = theil_rows(answer, frame)
        shown = rows.assign(value=[formatting.number(value, 4) for value in rows["value"]])
        columns = [
            TableColumn("form", _("形式（权重）")),
            TableColumn("part", _("部分")),
            TableColumn("value", _("泰尔指数")),
            TableColumn("share", _("贡献"), "percent"),
        ]
        show_table(shown, columns, key="theil", title=_("泰尔指数分解"), source=frame.source(basis_words(basis)), rows=8)
        definitions("theil", equity_definitions(resource, frame, basis))
        missing = [answer.towns["name"].get(code, code) for code in (*answer.theil_t.undefined, *answer.theil_l.undefined)]
        if missing:
            note(
                _(
                    "这些镇街资源或人口为 0，有一种形式无定义（显示为 —），请看另一种形式或基尼系数：{names}",
                    names=_("、").join(map(str, missing)),
                )
            )


# Agglomeration ---------------------------------------------------------------------------------------------------------


def _agglomeration_card(frame: PageFrame, resource: Resource, answer: Equity, basis: Basis) -> None:
    colours = palette()
    more = blend(colours.card, colours.primary, 0.55)
    classes = Classes(_BALANCED, (colours.heat[1], colours.heat[3], more), colours.bar_background)
    with card("hrad", hrad_title(answer), _("HRAD÷PAD：1 为资源与人口均衡")):
        marks = [
            TownMark(
                str(code), short_town_name(str(row["name"])), classes.fill(row["hrad_to_pad"]),
                f"{row['name']}\nHRAD {formatting.number(row['hrad'], 2)}  PAD {formatting.number(row['pad'], 2)}\n"
                f"HRAD÷PAD {formatting.number(row['hrad_to_pad'], 2)}",
            )
            for code, row in answer.towns.iterrows()
        ]  # fmt: skip
        legend = [
            LegendEntry(colours.heat[1], _("! 资源少于人口（<0.8）")),
            LegendEntry(colours.heat[3], _("✓ 均衡（0.8–1.25）")),
            LegendEntry(more, _("+ 资源多于人口")),
        ]
        drawn = base_map(town_boundaries(frame.database), marks, width=560, height=330)
        show_map(drawn, key="hrad_map", alt=_("各镇街资源集聚度与人口集聚度之比"), legend=legend)
        card_foot(
            "hrad",
            lambda: hrad_table(answer, resource),
            frame.source(basis_words(basis)),
            equity_definitions(resource, frame, basis),
        )


def hrad_title(answer: Equity) -> str:
    """Return how many towns have less of the resource than of the people."""
    known = answer.towns["hrad_to_pad"].dropna()
    if known.empty:
        return _("没有镇街面积，集聚度算不出来")
    few = int((known < _BALANCED[0]).sum())
    if few == 0:
        return _("没有镇街的资源明显少于人口")
    return _("{few} 个镇街资源少于人口（共 {all} 个）", few=few, all=len(known))


def hrad_table(answer: Equity, resource: Resource) -> Table:
    """Return the agglomeration of every town."""
    names = ("hrad", "pad", "hrad_to_pad", "hrad_minus_pad")
    made = answer.towns.sort_values("hrad_to_pad")
    shown = made.assign(**{name: [formatting.number(value, 3) for value in made[name]] for name in names})
    columns = [
        TableColumn("name", _("镇街")),
        TableColumn("population", _("常住人口"), "count"),
        TableColumn("area", _("面积（平方公里）"), "number"),
        TableColumn("amount", f"{_(resource.name)} ({_(resource.unit)})", "number"),
        TableColumn("hrad", "HRAD"),
        TableColumn("pad", "PAD"),
        TableColumn("hrad_to_pad", "HRAD÷PAD"),
        TableColumn("hrad_minus_pad", "HRAD−PAD"),
    ]
    return Table(shown, columns, _("卫生资源集聚度"))
