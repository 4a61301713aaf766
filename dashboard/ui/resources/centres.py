"""共享中心: volume, turnaround and recognition of each centre, and who asks whom."""

import math

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.small_counts import Masked
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.services.common.directory import directory
from dashboard.services.resources.centres import ASKED, DONE, SharedCentres, shared_centres
from dashboard.store.codes import CENTRE_SERVICE
from dashboard.ui.frame.drill import ask
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import segments
from dashboard.ui.kit.blocks import Table, definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, drawn_once, mark_names, named_rows
from dashboard.ui.kit.definition import Definition, catalogue_definition, own_definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.maps import blend
from dashboard.ui.kit.messages import empty_state, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.resources.parts import (
    controls,
    figure_card_body,
    note,
)

_SILENT_SHOWN = 8


def centre_name(code: str) -> str:
    """Return the name of a kind of centre in the reader's language."""
    label = CENTRE_SERVICE[code]
    return label.zh if language() == "zh" else label.en


def centres_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    answer = shared_centres(frame.database, frame.filters.period, frame.filters.community)
    if answer is None:
        empty_state(_("这个时期没有共享中心数据。"), frame.to_load("fact_shared_service"))
        return _("共享中心")
    with controls("centres"):
        chosen = segments("centre", _("中心"), {str(code): centre_name(str(code)) for code in answer.centres.index}, hidden=True)
    _summary_card(frame, answer)
    left, right = st.columns([1.1, 1], gap="small")
    with left:
        _flow_card(frame, answer, chosen)
    with right:
        _requesters_card(frame, answer, chosen)
    return centres_finding(answer, frame.area())


def centres_finding(answer: SharedCentres, area: str) -> str:
    """Return how much was asked, and how much was done twice."""
    told = answer.totals()
    few = told["requests"] < ON_SCREEN
    total = formatting.people(told["requests"], language()) if few else formatting.compact(told["requests"], language())
    recognised, repeated = told["recognised_results"], told["repeated_results"]
    if not (recognised >= ON_SCREEN and (repeated >= ON_SCREEN or repeated == 0)):
        return _("{area}共享中心服务 {count} 例", area=area, count=total)
    return _("{area}共享中心服务 {count} 例，每互认 100 例还重复检查 {repeated} 例", area=area, count=total,
             repeated=formatting.number(repeated / recognised * 100))  # fmt: skip


def centre_definitions(frame: PageFrame) -> list[Definition]:
    """Return the definitions of the section's numbers."""
    version = frame.database.version
    return [
        catalogue_definition("C12b", version),
        catalogue_definition("C13", version),
        own_definition(_("申请例数、报告数"), _("期内合计，按申请机构"), version=version, source="fact_shared_service"),
    ]


def _columns(first: list[TableColumn]) -> list[TableColumn]:
    return [
        *first,
        TableColumn("requests", _("申请例数"), "people"),
        TableColumn("reports", _("报告数"), "people"),
        TableColumn("turnaround", _("报告时间中位数（分钟）"), "number"),
        TableColumn("recognised_results", _("互认例数"), "people"),
        TableColumn("repeated_results", _("重复检查例数"), "people"),
        TableColumn("recognition", _("互认率"), "percent"),
    ]


def _summary_card(frame: PageFrame, answer: SharedCentres) -> None:
    with card("centre_summary", _("六类共享中心"), _("报告时间：各机构月中位数按报告数加权；互认率 = 互认 ÷（互认 + 重复）")):
        made = answer.centres.assign(name=[centre_name(str(code)) for code in answer.centres.index])
        columns = _columns([TableColumn("name", _("中心"))])
        show_table(made, columns, key="centre_summary", title=_("共享中心"), source=frame.source(), guard=DONE)
        definitions("centre_summary", centre_definitions(frame))


# Who asks whom ---------------------------------------------------------------------------------------------------------


def _flow_card(frame: PageFrame, answer: SharedCentres, centre: str) -> None:
    flows = answer.flows[(answer.flows["centre"] == centre) & (answer.flows["requests"] > 0)]
    title = _("{centre}：谁申请、谁诊断", centre=centre_name(centre))
    with card("centre_flow", title, frame.beside(_("带宽为申请例数"), tables=["fact_shared_service"])):
        if flows.empty:
            empty_state(_("这个时期没有申请。"), _("请换一个月份或中心。"))
            return
        figure_card_body(
            flow_figure(ASKED.hide(flows), frame),
            key="centre_flow",
            alt=_("{centre}申请机构到诊断机构的流向", centre=centre_name(centre)),
            table=lambda: flow_table(answer.flows, centre),
            source=frame.source(),
            contents=centre_definitions(frame),
        )


def flow_figure(shown: Masked, frame: PageFrame) -> go.Figure:
    """Return the ways from requesters to providers, each in the colour of the requester's community.

    ``shown`` are the flows as they may be shown (``ASKED``): every hidden one is as wide as five requests.
    """
    colours, flows = palette(), shown.frame
    sums = {end: shown.sums[("requests", (f"{end}_code",))] for end in ("requester", "provider")}
    positions = directory(frame.database).communities["position"]
    ordered = flows.sort_values(["provider_code", "requests"], ascending=[True, False])
    requesters = list(dict.fromkeys(ordered["requester_code"]))
    providers = list(dict.fromkeys(ordered["provider_code"]))
    names = dict(zip(ordered["requester_code"], ordered["requester"], strict=True))
    provider_names = dict(zip(ordered["provider_code"], ordered["provider"], strict=True))
    at = {code: index for index, code in enumerate(requesters)}
    to = {code: len(requesters) + index for index, code in enumerate(providers)}
    shade = [colours.community(int(positions[code])) if code in positions.index else colours.muted for code in ordered["community"]]
    shade_of = dict(zip(ordered["requester_code"], shade, strict=True))
    figure = base_figure(colours, max(28 * len(requesters), 40 * len(providers)) + 40)
    figure.add_sankey(
        node={
            "label": mark_names([*(names[code] for code in requesters), *(provider_names[code] for code in providers)]),
            "color": [shade_of[code] for code in requesters] + [colours.primary] * len(providers),
            "pad": 11,
            "thickness": 12,
            "line": {"width": 0},
            "customdata": [
                *(f"{plotly_text(names[code])}: {formatting.people(sums['requester'][code], language())}" for code in requesters),
                *(f"{plotly_text(provider_names[code])}: {formatting.people(sums['provider'][code], language())}" for code in providers),
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
        link={
            "source": [at[code] for code in ordered["requester_code"]],
            "target": [to[code] for code in ordered["provider_code"]],
            "value": ordered["requests"].clip(lower=ON_SCREEN).tolist(),
            "customdata": [
                f"{plotly_text(names[requester])} → {plotly_text(provider_names[provider])}: {formatting.people(value, language())}"
                for requester, provider, value in zip(ordered["requester_code"], ordered["provider_code"], ordered["requests"], strict=True)
            ],
            "color": [blend(colours.card, colour, 0.4) for colour in shade],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
        textfont={"color": colours.text, "size": 12},
        valueformat=",d",
    )
    return figure


def flow_table(flows: pd.DataFrame, centre: str) -> Table:
    """Return who asked whom of one centre."""
    made = flows[flows["centre"] == centre].sort_values("requests", ascending=False)
    columns = [
        TableColumn("requester", _("申请机构")),
        TableColumn("provider", _("诊断机构")),
        TableColumn("requests", _("申请例数"), "people"),
        TableColumn("reports", _("报告数"), "people"),
        TableColumn("recognised_results", _("互认例数"), "people"),
        TableColumn("repeated_results", _("重复检查例数"), "people"),
    ]
    return Table(made, columns, _("{centre}申请与诊断", centre=centre_name(centre)), ASKED)


# Recognised against repeated -------------------------------------------------------------------------------------------


def _requesters_card(frame: PageFrame, answer: SharedCentres, centre: str) -> None:
    rows = answer.requesters.loc[centre]
    names = directory(frame.database).institutions["short_name"]
    rows = rows.assign(name=names.reindex(rows.index)).sort_values("requests", ascending=False)
    with card("requesters", requesters_title(answer, centre), frame.beside(_("按申请机构"), tables=["fact_shared_service"])):
        counted = rows[(rows["recognised_results"].fillna(0) + rows["repeated_results"].fillna(0)) > 0]
        if counted.empty:
            note(_("这个中心没有互认和重复检查的记录。"))
        # In the order of what may be shown: that of a hidden count would tell it.
        guard = answer.of_requesters(centre)
        drawn = guard.hide(counted if len(counted) else rows).frame.sort_values(["requests", "name"], ascending=[False, True])
        figure_card_body(
            requesters_figure(drawn, recognition=len(counted) > 0),
            key="requesters",
            alt=_("{centre}互认与重复检查", centre=centre_name(centre)),
            table=lambda: Table(rows, _columns([TableColumn("name", _("申请机构"))]), centre_name(centre), guard),
            source=frame.source(),
            contents=centre_definitions(frame),
            on_pick=lambda place, _trace: ask("C13" if len(counted) else "C12a", frame.filters.community, str(drawn.index[place])),
        )
        silent = answer.silent[centre]
        if silent:
            shown = _("、").join(silent[:_SILENT_SHOWN])
            note(_("本期没有申请的中心 {count} 家：{names}", count=len(silent), names=shown))


def requesters_title(answer: SharedCentres, centre: str) -> str:
    """Return the recognition rate and the turnaround of one centre."""
    shown = DONE.hide(answer.centres).frame
    recognition, turnaround = float(shown["recognition"][centre]), float(answer.centres["turnaround"][centre])
    parts = []
    if not math.isnan(recognition):
        parts.append(_("互认率 {share}", share=formatting.percent(recognition)))
    if not math.isnan(turnaround):
        parts.append(_("报告时间 {minutes} 分钟", minutes=formatting.number(turnaround)))
    return _("，").join(parts) or centre_name(centre)


@drawn_once
def requesters_figure(rows: pd.DataFrame, *, recognition: bool) -> go.Figure:
    """Return recognised against repeated results by requester (as they may be shown); requests where nothing is recognised."""
    colours = palette()
    names = rows["name"].astype(str).tolist()
    figure = base_figure(colours, 24 * len(rows) + 60)
    bars = (
        (
            ("recognised_results", _("互认"), blend(colours.card, colours.good, 0.6)),
            ("repeated_results", _("重复检查"), blend(colours.card, colours.warning, 0.75)),
        )
        if recognition
        else (("requests", _("申请例数"), colours.primary),)
    )
    for column, name, colour in bars:
        texts = [formatting.people(value, language()) for value in rows[column]]
        figure.add_bar(
            x=rows[column].fillna(0).tolist(), y=list(range(len(names))), orientation="h", name=name, marker={"color": colour},
            customdata=texts, hovertext=[plotly_text(each) for each in names],
            hovertemplate=f"%{{hovertext}} {name} %{{customdata}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack", showlegend=True, legend={"traceorder": "normal"})
    figure.update_xaxes(fixedrange=True, title_text=_("例"))
    figure.update_yaxes(**named_rows(names))
    return figure
