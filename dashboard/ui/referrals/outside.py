"""What leaves the county: the ten disease groups that cost most, and the way of patients from town to hospital."""

import math
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.small_counts import Masked
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.language import marked
from dashboard.services.common.directory import directory
from dashboard.services.referrals.detail import LINKS, TOP_DISEASES, Outside, Way, outside, way
from dashboard.services.referrals.flows import Places, View, places
from dashboard.ui.frame.follow import go_to
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import chosen, segments
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars, base_figure, drawn_once, mark_names, show_figure
from dashboard.ui.kit.definition import Definition, definition
from dashboard.ui.kit.flow_map import records
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.maps import blend
from dashboard.ui.kit.messages import empty_state, escaped, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import Palette, palette
from dashboard.ui.referrals.controls import Controls, place_name
from dashboard.ui.referrals.headline import SOURCES, export_source
from dashboard.ui.referrals.map import cases_text

MODEL_GRADE = marked("待核实：本产品模型假设")
OWN_GRADE = marked("待核实：本产品口径")
_ROW, _WAY_PIXELS = 24, 440
_WAY_FEW_PIXELS, _WAY_NODE_PIXELS = 120, 60
_BY = "leaving"
_MEASURES = {"cost": marked("按费用"), "cases": marked("按人次")}


def disease_block(frame: PageFrame, asked: Controls) -> None:
    """Draw the ten out-of-county disease groups, by cost or by cases, with the flag of what the county can treat."""
    by_cost = chosen(_BY, _MEASURES) == "cost"
    answer = outside(frame.database, asked.question, asked.selection, by_cost)
    if answer.groups.empty:
        with card("flow_diseases", _("县域外十大病种")):
            table = _("转诊月报") if asked.question.view is View.REFERRALS else _("医保结算月报")
            empty_state(
                _("所选范围没有流向县域外的病例。"),
                _("请放宽筛选，或载入“{table}”（{name}）。", table=table, name=SOURCES[asked.question.view]),
            )
        return
    top = answer.shown().frame.head(TOP_DISEASES)
    share = formatting.percent(answer.top_share, 0)
    measured = _("费用") if answer.by_cost else _("人次")
    title = _("县域外前 {count} 个病种占外流{measured}的 {share}", count=len(top), measured=measured, share=share)
    with card("flow_diseases", title, details=partial(_disease_details, frame, asked, answer)):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.caption(escaped(_("● 本县可诊治 ○ 本县不能诊治")), width="content")
            segments(_BY, _("排序"), _MEASURES, hidden=True)
        show_figure(_disease_bars(answer, palette()), key="flow_diseases", alt=title)
        _brought_back(asked, answer)


def _amount(value: float, by_cost: bool) -> str:
    return formatting.money(value, language()) if by_cost else cases_text(value)


@drawn_once
def _disease_bars(answer: Outside, colours: Palette) -> go.Figure:
    measure = "cost" if answer.by_cost else "cases"
    shown = answer.shown().frame.head(TOP_DISEASES)
    rows = [
        BarRow(
            f"{'●' if row.capable else '○'} {row.name}",
            float(getattr(row, measure)),
            _amount(getattr(row, measure), answer.by_cost),
            colours.primary if row.capable else blend(colours.card, colours.primary, 0.45),
        )
        for row in records(shown[shown[measure].notna()])
    ]
    unit = _("元") if answer.by_cost else _("人次")
    return bars(rows, unit=unit, height=_ROW * len(rows) + 12, colours=colours)


def _brought_back(asked: Controls, answer: Outside) -> None:
    """Say what the treatable groups amount to, and carry them into the insurance what-if."""
    capable, reader = answer.capable(), language()
    parts = [_("可诊治病组外流 {cases} 人次", cases=cases_text(capable["cases"]))]
    if not math.isnan(capable["cost"]):
        parts.append(_("费用 {cost}", cost=formatting.money(capable["cost"], reader)))
    if not math.isnan(capable["county_cost"]):
        parts.append(_("若全部留在县内，按县内次均费用为 {cost}（上限，待核实）", cost=formatting.money(capable["county_cost"], reader)))
    st.caption(escaped(_("，").join(parts)))
    query = {"from": "referrals", "returned": ",".join(answer.groups.index[answer.groups["capable"]][:TOP_DISEASES].astype(str))}
    if st.button(_("带入医保总额推演"), key="outside_to_insurance", type="tertiary", icon=":material/arrow_forward:"):
        go_to("insurance", query)


def _disease_details(frame: PageFrame, asked: Controls, answer: Outside) -> None:
    """Draw the definitions and the whole list with each community's share."""
    version = formatting.month(frame.database.version.data_through, language())
    source = SOURCES[asked.question.view]
    definition(
        Definition(
            name=_("可带回的费用"),
            meaning=_("标为“县级可诊治”的病组在县域外的费用：若病例全部留在本县，这部分支出不再流出。"),
            formula=_("按县内次均 = 县外人次 × 本县机构同病组次均费用"),
            source=f"{source}{_('、')}dim_disease_group.county_capable",
            data_date=version,
            grade=_(MODEL_GRADE),
            note=_("上限：假定病情相同、全部能留下；转诊记录没有县内次均费用。"),
        )
    )
    who = directory(frame.database)
    codes = [code for code in who.communities.index if code in answer.by_community.columns]
    rows = answer.table.assign(flag=answer.groups["capable"].map({True: _("可"), False: _("否")})).reset_index()
    columns = (
        TableColumn("disease_group_code", _("病组代码")),
        TableColumn("name", _("病组")),
        TableColumn("flag", _("本县可诊治")),
        TableColumn("cases", _("县外人次"), "people"),
        TableColumn("cost", _("县外费用(元)"), "money"),
        TableColumn("fund", _("县外基金(元)"), "money"),
        TableColumn("county_cost", _("按县内次均(元)"), "money"),
        TableColumn("returnable", _("可带回的费用(元)"), "money"),
        *(TableColumn(f"share_{code}", _("{community}占比", community=who.community_name(code)), "percent") for code in codes),
    )
    about = export_source(frame, asked)
    show_table(rows, columns, key="flow_diseases", title=_("县域外病种"), source=about, rows=12, guard=answer.guard)


# The way of patients ---------------------------------------------------------------------------------------------------


def way_block(frame: PageFrame, asked: Controls) -> None:
    """Draw town → community → hospital → outside as a Sankey diagram."""
    answer = way(frame.database, asked.question, asked.selection)
    claims = asked.question.view is View.CLAIMS
    title = _("镇街 → 医共体 → 就诊机构") if claims else _("镇街 → 医共体 → 牵头医院 → 县域外")
    note = _("参保人次") if claims else _("上转与转县域外人次；牵头医院转出的不一定是转入的同一批人")
    with card("flow_way", title, details=partial(_way_details, frame, asked, answer) if len(answer.links) else None):
        if answer.links.empty:
            empty_state(_("所选范围没有上转或转出的流向。"), _("请放宽上方的筛选。"))
            return
        figure = _sankey(answer, LINKS.hide(answer.links), places(frame.database), palette())
        show_figure(figure, key="flow_way", alt=_("{title}：{count} 条连接", title=title, count=len(answer.links)))
        st.caption(escaped(note))


@drawn_once
def _sankey(answer: Way, shown: Masked, where: Places, colours: Palette) -> go.Figure:
    """Return the diagram; ``shown`` are the links as they may be shown: every hidden one is as wide as five cases."""
    columns, positions = answer.nodes["column"].tolist(), answer.nodes["position"].tolist()
    names = _node_names(answer, where)
    beyond = colours.direction("out")
    fills = [beyond if column == 3 else colours.community(position) for column, position in zip(columns, positions, strict=True)]
    pale = blend(colours.card, beyond, 0.45)
    links = shown.frame
    passing = {**shown.sums[("cases", ("target",))].to_dict(), **shown.sums[("cases", ("source",))].to_dict()}
    tints = [
        pale if columns[target] == 3 else blend(colours.card, colours.community(position), 0.35)
        for target, position in zip(links["target"], links["position"], strict=True)
    ]
    trace = {
        "type": "sankey",
        "arrangement": "snap",
        "node": {
            "label": mark_names(names),
            "color": fills,
            "pad": 8,
            "thickness": 10,
            "line": {"width": 0},
            "customdata": [f"{plotly_text(name)} {cases_text(passing.get(node, math.nan))}" for node, name in enumerate(names)],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
        "link": {
            "source": links["source"].tolist(),
            "target": links["target"].tolist(),
            "value": links["cases"].clip(lower=ON_SCREEN).tolist(),
            "color": tints,
            "customdata": [
                f"{plotly_text(names[source])} → {plotly_text(names[target])} {cases_text(cases)}"
                for source, target, cases in zip(links["source"], links["target"], links["cases"], strict=True)
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
        "textfont": {"color": colours.text, "size": 12},
    }
    tallest = max(columns.count(column) for column in set(columns))
    return base_figure(colours, min(_WAY_PIXELS, _WAY_FEW_PIXELS + _WAY_NODE_PIXELS * tallest), [trace])


def _node_names(answer: Way, where: Places) -> list[str]:
    """Return what each node is called: a place, all towns of a community, or a kind of institution."""
    kinds = {"primary": _("本医共体基层"), "other": _("县内其他机构"), "none": _("未划入医共体")}
    return [
        _("{count} 个镇街", count=count) if count else kinds.get(place) or place_name(where, place)
        for place, count in zip(answer.nodes["place"], answer.nodes["count"], strict=True)
    ]


def _way_details(frame: PageFrame, asked: Controls, answer: Way) -> None:
    where = places(frame.database)
    names = _node_names(answer, where)
    rows = answer.links.assign(
        origin=[names[index] for index in answer.links["source"]], destination=[names[index] for index in answer.links["target"]]
    ).reset_index(drop=True)
    columns = (TableColumn("origin", _("从")), TableColumn("destination", _("到")), TableColumn("cases", _("人次"), "people"))
    show_table(rows, columns, key="flow_way", title=_("患者去向"), source=export_source(frame, asked), rows=12, guard=LINKS)
