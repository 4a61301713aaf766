"""Keeping and passing on: retention against chance, loyalty and attraction, reasons, rehabilitation sent down."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.services.common.indicators import indicator_definition
from dashboard.services.referrals.flows import DIRECTIONS, Places, View, places
from dashboard.services.referrals.quality import (
    KEPT,
    LOYALTY,
    REHABILITATION,
    TWO_WAY,
    Kept,
    communities,
    from_outside,
    kept_in_county,
    reason_guard,
    reasons,
    rehabilitation,
    two_way,
)
from dashboard.store.codes import DISEASE_GROUP_KIND
from dashboard.ui.frame.drill import ask
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars, base_figure, mark_names, named_rows, show_figure
from dashboard.ui.kit.definition import definition, own_definition
from dashboard.ui.kit.flow_map import records
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state, escaped, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.referrals.controls import Controls, place_name
from dashboard.ui.referrals.headline import SOURCES, export_source
from dashboard.ui.referrals.map import cases_text

_PIXELS, _REASONS = 270, 8


def _own(frame: PageFrame, name: str, formula: str, source: str, note: str = "") -> None:
    definition(own_definition(name, formula, version=frame.database.version, source=source, note=note))


# Retention and its funnel ----------------------------------------------------------------------------------------------


def kept_block(frame: PageFrame, asked: Controls) -> None:
    """Draw the share of each town's cases kept in the county (or of each sender's referrals that arrived) in a funnel."""
    kept = kept_in_county(frame.database, asked.question, asked.selection)
    claims = asked.question.view is View.CLAIMS
    if kept is None:
        with card("flow_kept", _("各镇街县域内就诊占比") if claims else _("各机构转诊履约")):
            if claims:
                empty_state(_("所选范围没有就诊。"), _("请放宽上方的筛选。"))
            else:
                empty_state(_("没有填报完成接诊例数。"), _("请在“转诊月报”（fact_referral）里填报完成接诊例数（closed_cases）。"))
        return
    low, high = (int((kept.units["outlier"] == mark).sum()) for mark in ("low", "high"))
    unit = _("镇街") if claims else _("机构")
    title = _("{count} 个{unit}中 {low} 个偏低、{high} 个偏高，其余在随机波动之内", count=len(kept.units), unit=unit, low=low, high=high)
    measured = _("县域内占比") if claims else _("转诊履约率")
    aside = _("全县 {mean}", mean=formatting.percent(kept.mean))
    with card("flow_kept", title, aside, details=partial(_kept_details, frame, asked, kept)):
        shown = kept.shown()
        figure, codes = _funnel(shown, places(frame.database), measured), [str(place) for place in shown.units.index]
        opened = lambda place, _trace: _behind_place(frame, asked, codes[place], "B01" if claims else "B09")  # noqa: E731 -- handed on
        show_figure(figure, key="flow_kept", alt=title, on_pick=opened)
        if len(shown.units) < len(kept.units):
            st.caption(escaped(_("人次过少或可推算的 {count} 个{unit}未画出", count=len(kept.units) - len(shown.units), unit=unit)))
        text = _("横轴 人次，纵轴 {measured}；虚线 = 3σ 控制限", measured=measured)
        if kept.overdispersion > 1:
            text += _("，已按离散系数 {factor} 放宽（镇街之间的差异大于纯随机）", factor=formatting.number(kept.overdispersion, 1))
        st.caption(escaped(text))


def _behind_place(frame: PageFrame, asked: Controls, place: str, indicator: str) -> None:
    """Open what is behind a place of the page: its community's number with it first; a community is itself the number."""
    kind, _colon, code = place.partition(":")
    community = str(places(frame.database).table["community"].get(place, "")) or asked.question.community
    ask(indicator, community, "" if kind == "community" else code)


def _funnel(kept: Kept, where: Places, measured: str) -> object:
    colours = palette()
    units, curve = kept.units, kept.curve
    dashed = {"color": colours.muted, "width": 1, "dash": "dot"}
    lines = [
        {"type": "scatter", "mode": "lines", "x": curve["cases"].tolist(), "y": curve[side].tolist(), "line": dashed, "hoverinfo": "skip"}
        for side in ("lower", "upper")
    ]
    names = [place_name(where, str(place)) for place in units.index]
    notable = (
        units["outlier"].ne("") | units["share"].rank(method="first").le(2) | units["share"].rank(method="first", ascending=False).le(1)
    )
    points = {
        "type": "scatter",
        "mode": "markers+text",
        "x": units["cases"].tolist(),
        "y": units["share"].tolist(),
        "text": [name if shown else "" for name, shown in zip(mark_names(names), notable, strict=True)],
        "textposition": "top center",
        "textfont": {"size": 11, "color": colours.text},
        "cliponaxis": False,
        "marker": {
            "size": 10,
            "symbol": ["diamond" if mark else "circle" for mark in units["outlier"]],
            "color": [colours.community(place) for place in units["position"]],
            "line": {"width": 1, "color": colours.card},
        },
        "customdata": [
            f"{plotly_text(name)}<br>{plotly_text(measured)} {formatting.percent(row.share)}"
            f"（95% {formatting.percent(row.lower)}–{formatting.percent(row.upper)}）"
            f"<br>{cases_text(row.kept)} / {cases_text(row.cases)}"
            for name, row in zip(names, records(units), strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    mean = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": kept.mean,
        "y1": kept.mean,
        "line": {"color": colours.muted, "width": 1},
    }
    low, high = float(units[["share", "low"]].min().min()), float(units[["share", "high"]].max().max())
    reach = max((high - low) * 0.15, 0.005)
    return base_figure(
        colours, _PIXELS, [*lines, points], shapes=[mean], xaxis={"fixedrange": True, "tickformat": ",", "rangemode": "tozero"},
        yaxis={"fixedrange": True, "tickformat": ".0%", "range": [low - reach, min(high + reach, 1.02)]},
    )  # fmt: skip


def _kept_details(frame: PageFrame, asked: Controls, kept: Kept) -> None:
    claims = asked.question.view is View.CLAIMS
    where = places(frame.database)
    name = _("县域内就诊占比") if claims else _("转诊履约率")
    formula = _("县域内机构就诊人次 ÷ 全部就诊人次（不含药店）") if claims else _("完成接诊例数 ÷ 转诊例数，按转出机构")
    note = _("95% 区间为 Wilson 区间；控制限按 Spiegelhalter(2005)，离散系数大于 1 时放宽。")
    _own(frame, name, formula, SOURCES[asked.question.view], note)
    rows = kept.units.assign(
        name=[place_name(where, str(place)) for place in kept.units.index],
        judged=kept.units["outlier"].map({"": _("随机波动内"), "low": _("偏低"), "high": _("偏高")}),
    ).reset_index(drop=True)
    columns = (
        TableColumn("name", _("镇街") if claims else _("机构")),
        TableColumn("cases", _("人次"), "people"),
        TableColumn("kept", _("县域内人次") if claims else _("完成接诊"), "people"),
        TableColumn("share", name, "percent"),
        TableColumn("lower", _("95% 下限"), "percent"),
        TableColumn("upper", _("95% 上限"), "percent"),
        TableColumn("judged", _("判断")),
    )
    show_table(rows, columns, key="flow_kept", title=name, source=export_source(frame, asked), rows=12, guard=KEPT)


# Loyalty and attraction ------------------------------------------------------------------------------------------------


def loyalty_block(frame: PageFrame, asked: Controls) -> None:
    """Draw how loyal each community's people are to it and how many others it attracts; for referrals, who comes from outside."""
    if asked.question.view is View.REFERRALS:
        _arrivals(frame, asked)
        return
    rows = communities(frame.database, asked.question, asked.selection)
    with card("flow_loyalty", _("忠诚度与吸引度"), frame.not_followed("community"), details=partial(_loyalty_details, frame, asked, rows)):
        if rows.empty:
            empty_state(_("没有医共体名单。"), _("请在数据包里补上“医共体”表（dim_community）和机构所属医共体。"))
            return
        colours = palette()
        names = [plotly_text(name) for name in rows["name"]]
        sides = (("loyalty", _("忠诚度"), colours.direction("own")), ("attraction", _("吸引度"), colours.direction("other")))
        shown = LOYALTY.hide(rows).frame
        data = [_share_bars(names, shown[column], label, colour) for column, label, colour in sides]
        figure = base_figure(
            colours, _PIXELS, data, barmode="group", showlegend=True, xaxis={"visible": False, "fixedrange": True, "range": [0, 1.05]},
            yaxis=named_rows(rows["name"].tolist()) | {"tickfont": {"color": colours.text}},
        )  # fmt: skip
        show_figure(figure, key="flow_loyalty", alt=_("各医共体忠诚度与吸引度"))
        st.caption(escaped(_("吸引度只含本县参保人；外县患者：{lack}", lack=indicator_definition("B11", language()).lacks)))


def _share_bars(names: list[str], shares: pd.Series, label: str, colour: str) -> dict[str, object]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(names))),
        "hovertext": names,
        "x": shares.tolist(),
        "name": plotly_text(label),
        "marker": {"color": colour, "cornerradius": 3},
        "text": [formatting.percent(value) for value in shares],
        "textposition": "auto",
        "hovertemplate": f"%{{hovertext}} {plotly_text(label)} %{{text}}<extra></extra>",
    }


def _loyalty_details(frame: PageFrame, asked: Controls, rows: pd.DataFrame) -> None:
    _own(frame, _("忠诚度"), _("在本医共体机构就诊人次 ÷ 本医共体参保人县域内就诊人次"), "fact_claim")
    _own(frame, _("吸引度"), _("其他医共体参保人就诊人次 ÷ 本医共体机构就诊人次"), "fact_claim")
    columns = (
        TableColumn("name", _("医共体")),
        TableColumn("insured_cases", _("本医共体参保人县内就诊"), "people"),
        TableColumn("own_cases", _("其中在本医共体"), "people"),
        TableColumn("loyalty", _("忠诚度"), "percent"),
        TableColumn("treated_cases", _("本医共体机构接诊"), "people"),
        TableColumn("foreign_cases", _("其中其他医共体的人"), "people"),
        TableColumn("attraction", _("吸引度"), "percent"),
    )
    if len(rows):
        source = export_source(frame, asked)
        show_table(rows, columns, key="flow_loyalty", title=_("忠诚度与吸引度"), source=source, rows=12, guard=LOYALTY)


def _arrivals(frame: PageFrame, asked: Controls) -> None:
    """Draw for referrals what each community sends down per case referred up, and what arrives from beyond the county."""
    rows = two_way(frame.database, asked.question, asked.selection)
    about = indicator_definition("B11", language())
    with card("flow_loyalty", _("各医共体下转/上转"), details=partial(_two_way_details, frame, asked, rows) if len(rows) else None):
        shown = TWO_WAY.hide(rows).frame if len(rows) else rows
        known = shown[shown["ratio"].notna()] if len(rows) else rows
        if known.empty and len(rows) and rows["ratio"].notna().any():
            st.caption(escaped(_("人次过少，不显示比值。")))
        elif known.empty:
            empty_state(_("所选范围没有上转。"), _("请放宽上方的筛选。"))
        else:
            marks = [
                BarRow(str(row.name), float(row.ratio), formatting.number(row.ratio, 2), palette().community(int(row.position)))
                for row in records(known)
            ]
            codes = [str(place) for place in known.index]
            show_figure(
                bars(marks, unit="", height=_PIXELS - 44),
                key="flow_two_way",
                alt=_("各医共体每上转一人转回几人"),
                on_pick=lambda place, _trace: _behind_place(frame, asked, codes[place], "B08"),
            )
        received = cases_text(from_outside(frame.database, asked.question))
        lack = _("{name}：{lack}", name=about.name, lack=about.lacks)
        st.caption(escaped(_("县域外机构转入本县 {count} 人次。{lack}", count=received, lack=lack)))


def _two_way_details(frame: PageFrame, asked: Controls, rows: pd.DataFrame) -> None:
    note = _("上转计给收到它的医共体，下转计给转出它的医共体。")
    _own(frame, _("下转/上转"), _("下转例数 ÷ 上转例数"), "fact_referral", note)
    columns = (
        TableColumn("name", _("医共体")),
        TableColumn("up", _("上转"), "people"),
        TableColumn("down", _("下转"), "people"),
        TableColumn("ratio", _("下转/上转"), "number"),
    )
    source = export_source(frame, asked)
    table = rows.reset_index(drop=True)
    show_table(table, columns, key="flow_two_way", title=_("各医共体下转/上转"), source=source, rows=12, guard=TWO_WAY)


# Reasons and rehabilitation --------------------------------------------------------------------------------------------


def reasons_block(frame: PageFrame, asked: Controls) -> None:
    """Draw what patients move for: by main diagnostic category, and by surgical, procedure, medical or bed-day group."""
    rows = reasons(frame.database, asked.question, asked.selection, "mdc")
    with card("flow_reasons", _("为什么转：主要诊断大类"), details=partial(_reason_details, frame, asked) if len(rows) else None):
        if rows.empty:
            empty_state(_("所选范围没有病组信息。"), _("请载入“病组”表（dim_disease_group）及其主要诊断大类。"))
            return
        colours, names = palette(), DIRECTIONS[asked.question.view]
        directions = [code for code in names if code in rows.columns]
        top = reason_guard(directions).hide(rows).frame.head(_REASONS)
        labels = [plotly_text(reason or _("未注明")) for reason in top.index]
        data = [_case_bars(labels, top[code], _(name), colours.direction(code)) for code, name in names.items() if code in top.columns]
        figure = base_figure(
            colours, _PIXELS, data, barmode="stack", showlegend=True, xaxis={"fixedrange": True, "tickformat": ","},
            yaxis={"autorange": "reversed", "fixedrange": True, "showgrid": False, "tickfont": {"color": colours.text}},
        )  # fmt: skip
        show_figure(figure, key="flow_reasons", alt=_("流向按主要诊断大类和方向"))
        st.caption(escaped(_("不含门诊病组。数据不含科室；手术级别以病组类别代替，见右上角表格。")))


def _case_bars(names: list[str], cases: pd.Series, label: str, colour: str) -> dict[str, object]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": cases.tolist(),
        "name": plotly_text(label),
        "marker": {"color": colour},
        "customdata": [cases_text(value) for value in cases],
        "hovertemplate": f"%{{y}} {plotly_text(label)} %{{customdata}}<extra></extra>",
    }


def _reason_details(frame: PageFrame, asked: Controls) -> None:
    names = DIRECTIONS[asked.question.view]
    kinds = reasons(frame.database, asked.question, asked.selection, "kind")
    shown = kinds.assign(name=[code_label(DISEASE_GROUP_KIND, str(code)) if code else _("未注明") for code in kinds.index]).reset_index(
        drop=True
    )
    codes = [code for code in names if code in shown.columns]
    columns = (TableColumn("name", _("病组类别")), *(TableColumn(code, _(names[code]), "people") for code in codes))
    source, guard = export_source(frame, asked), reason_guard(codes)
    show_table(shown, columns, key="flow_kinds", title=_("流向按病组类别"), source=source, rows=12, guard=guard)


def rehabilitation_block(frame: PageFrame, asked: Controls) -> None:
    """Draw rehabilitation and nursing patients sent down as a share of lead-hospital discharges."""
    rows = rehabilitation(frame.database, asked.question)
    shown = REHABILITATION.hide(rows).frame if len(rows) else rows
    known = shown[shown["share"].notna()] if len(rows) else rows
    details = partial(_rehabilitation_details, frame, asked, rows) if len(rows) else None
    with card("flow_rehabilitation", _("康复护理下转占牵头医院出院人数"), frame.not_followed("scheme"), details=details):
        if known.empty:
            empty_state(
                _("算不出康复护理下转占比。"), _("需要“转诊月报”的康复护理例数（rehabilitation_cases）和“床位月报”的出院人数（fact_bed）。")
            )
            return
        colours = palette()
        marks = [
            BarRow(
                str(row.name),
                float(row.share),
                f"{formatting.percent(row.share, 2)}（{cases_text(row.sent)}）",
                colours.community(int(row.position)),
            )
            for row in records(known)
        ]
        show_figure(
            bars(marks, unit="", height=_PIXELS, colours=colours),
            key="flow_rehabilitation",
            alt=_("各牵头医院康复护理下转占出院人数的比例"),
        )
        st.caption(escaped(_("来自转诊记录；括号内为康复护理下转例数")))


def _rehabilitation_details(frame: PageFrame, asked: Controls, rows: pd.DataFrame) -> None:
    _own(
        frame,
        _("康复护理下转占比"),
        _("下转中的康复护理例数 ÷ 牵头医院出院人数"),
        f"fact_referral.rehabilitation_cases{_('、')}fact_bed.discharges",
    )
    columns = (
        TableColumn("name", _("牵头医院")),
        TableColumn("down", _("下转"), "people"),
        TableColumn("sent", _("其中康复护理"), "people"),
        TableColumn("discharges", _("出院人数"), "people"),
        TableColumn("share", _("占比"), "percent"),
    )
    source = export_source(frame, asked)
    table = rows.reset_index(drop=True)
    show_table(table, columns, key="flow_rehabilitation", title=_("康复护理下转"), source=source, rows=12, guard=REHABILITATION)
