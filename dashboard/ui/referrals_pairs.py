"""Every flow as a table or a matrix with row and column shares, and what each institution sends and receives."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.referrals import flow_matrix
from dashboard.analysis.suppression import ON_EXPORT, suppressed
from dashboard.language import marked
from dashboard.services.referrals import DIRECTIONS, Places, View, flows, places
from dashboard.services.referrals_detail import balances, pairs
from dashboard.services.referrals_map import selected
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.charts import base_figure, show_figure
from dashboard.ui.definition import Definition, definition
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import empty_state, plotly_text
from dashboard.ui.referrals import SOURCES, export_source
from dashboard.ui.referrals_controls import Controls, place_name
from dashboard.ui.referrals_map import cases_text
from dashboard.ui.referrals_tables import CountTable, hidden_pairs, hidden_rows, show_counts
from dashboard.ui.shell import PageFrame
from dashboard.ui.tables import TableColumn
from dashboard.ui.theme import palette

OWN_GRADE = marked("待核实：本产品口径")
MATRIX = {"list": marked("列表"), "cases": marked("矩阵：人次"), "row": marked("矩阵：占转出"), "column": marked("矩阵：占转入")}
_DESTINATIONS, _BALANCED, _FORM = 14, 16, "pairs_form"
_ROWS = 11


def pairs_block(frame: PageFrame, asked: Controls) -> None:
    """Draw the flows as a sortable list, or as an origin–destination matrix."""
    rows = pairs(frame.database, asked.question, asked.selection)
    title = _("{count} 条流向", count=formatting.number(len(rows)))
    with card("flow_pairs", title, details=partial(_share_definitions, frame, asked)):
        if rows.empty:
            empty_state(_("所选范围没有流向。"), _("请放宽上方的筛选。"))
            return
        shown = {code: _(label) for code, label in MATRIX.items()}
        form = st.segmented_control(
            _("形式"), list(shown), default=None if _FORM in st.session_state else "list", required=True, key=_FORM,
            format_func=lambda code: shown.get(code, str(code)), label_visibility="collapsed",
        )  # fmt: skip
        if form == "list":
            show_counts(_list(frame, asked, rows), key="flow_pairs", source=export_source(frame, asked), rows=_ROWS)
        else:
            show_counts(_matrix(frame, asked, str(form)), key=f"flow_matrix_{form}", source=export_source(frame, asked), rows=_ROWS)


def _list(frame: PageFrame, asked: Controls, rows: pd.DataFrame) -> CountTable:
    where, names = places(frame.database), DIRECTIONS[asked.question.view]
    called = {place: place_name(where, place) for place in {*rows["origin"], *rows["destination"]}}
    named = rows.assign(
        from_name=rows["origin"].map(called),
        to_name=rows["destination"].map(called),
        way=rows["direction"].map({code: _(name) for code, name in names.items()}),
        growth=rows["growth"].mask(rows["before"] < ON_EXPORT),
    )
    columns = (
        TableColumn("from_name", _("从")),
        TableColumn("to_name", _("到")),
        TableColumn("way", _("方向")),
        TableColumn("cases", _("人次"), "count"),
        TableColumn("share_of_origin", _("占转出"), "percent"),
        TableColumn("share_of_destination", _("占转入"), "percent"),
        TableColumn("growth", _("同比"), "percent"),
        TableColumn("cost", _("费用(元)"), "money"),
    )
    hidden = {"cases": partial(hidden_pairs, rows, "origin", ["destination", "direction"], "cases")}
    return CountTable(named, columns, _("流向列表"), hidden, {"cases": ["share_of_origin", "share_of_destination", "growth", "cost"]})


def _matrix(frame: PageFrame, asked: Controls, form: str) -> CountTable:
    """Return the matrix: all origins, the destinations that receive most, the others together; shares are of the whole."""
    where = places(frame.database)
    rows = selected(flows(frame.database, asked.question), asked.question.view, asked.selection)
    whole = flow_matrix(rows, asked.selection.level)
    order = whole.sum().sort_values(ascending=False, kind="stable").index
    matrix = whole[order[:_DESTINATIONS]].copy()
    if len(order) > _DESTINATIONS:
        matrix["others"] = whole[order[_DESTINATIONS:]].sum(axis=1)
    matrix = matrix.loc[matrix.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    cells, totals, _columns, _all = suppressed(matrix, ON_EXPORT)
    headings = {code: _("其他") if code == "others" else place_name(where, str(code)) for code in matrix.columns}
    names = [place_name(where, str(code)) for code in matrix.index]
    if form == "cases":
        shown = matrix.assign(total=matrix.sum(axis=1)).reset_index(drop=True)
        masks = cells.assign(total=totals).reset_index(drop=True)
        hidden = {str(code): partial(pd.Series.copy, masks[code]) for code in masks.columns}
        kinds = [*(TableColumn(str(code), headings[code], "count") for code in matrix.columns), TableColumn("total", _("合计"), "count")]
    else:
        side = matrix.sum(axis=1) if form == "row" else matrix.sum()
        divided = matrix.div(side.where(side > 0), axis=0 if form == "row" else 1)
        shown, hidden = divided.mask(cells | (matrix < ON_EXPORT) & (matrix > 0)).reset_index(drop=True), {}
        kinds = [TableColumn(str(code), headings[code], "percent") for code in matrix.columns]
    shown.insert(0, "from_name", names)
    title = _("流向矩阵（{form}）", form=_(MATRIX[form]))
    return CountTable(shown, (TableColumn("from_name", _("从 ＼ 到")), *kinds), title, hidden, {})


def _share_definitions(frame: PageFrame, asked: Controls) -> None:
    date = formatting.month(frame.database.version.data_through, language())
    source = SOURCES[asked.question.view]
    for name, formula in (
        (_("占转出"), _("这条流向的人次 ÷ 转出方在所选范围内的全部人次")),
        (_("占转入"), _("这条流向的人次 ÷ 转入方在所选范围内的全部人次")),
        (_("同比"), _("本期人次 ÷ 去年同期人次 − 1")),
    ):
        definition(Definition(name=name, formula=formula, source=source, data_date=date, grade=_(OWN_GRADE)))


# Balance ---------------------------------------------------------------------------------------------------------------


def balance_block(frame: PageFrame, asked: Controls) -> None:
    """Draw what each institution (or community) sends and receives."""
    rows = balances(frame.database, asked.question, asked.selection)
    referrals = asked.question.view is View.REFERRALS
    title = _("各机构转出与转入") if referrals else _("医共体之间的流出与流入")
    with card("flow_balance", title, details=partial(_balance_details, frame, asked, rows) if len(rows) else None):
        if rows.empty:
            empty_state(_("所选范围没有机构之间的流向。"), _("请放宽上方的筛选。"))
            return
        show_figure(_balance_bars(rows.head(_BALANCED), places(frame.database)), key="flow_balance", alt=title)


def _balance_bars(rows: pd.DataFrame, where: Places) -> object:
    colours = palette()
    names = [plotly_text(place_name(where, str(place))) for place in rows.index]
    sides = (("sent", -1, _("转出"), colours.warning), ("received", 1, _("转入"), colours.good))
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "y": names,
            "x": (sign * rows[side]).tolist(),
            "name": plotly_text(label),
            "marker": {"color": colour, "cornerradius": 3},
            "text": [cases_text(value) for value in rows[side]],
            "textposition": "auto",
            "cliponaxis": False,
            "customdata": [formatting.number(value, signed=True) for value in rows["net"]],
            "hovertemplate": f"%{{y}} {plotly_text(label)} %{{text}} · {plotly_text(_('净'))} %{{customdata}}<extra></extra>",
        }
        for side, sign, label, colour in sides
    ]
    return base_figure(
        colours, 26 * len(rows) + 40, data, barmode="relative", showlegend=True, bargap=0.3, xaxis={"visible": False, "fixedrange": True},
        yaxis={"autorange": "reversed", "fixedrange": True, "showgrid": False, "tickfont": {"color": colours.text}},
    )  # fmt: skip


def _balance_details(frame: PageFrame, asked: Controls, rows: pd.DataFrame) -> None:
    where = places(frame.database)
    date = formatting.month(frame.database.version.data_through, language())
    definition(
        Definition(
            name=_("净流入"),
            formula=_("转入 − 转出，同一机构内不计"),
            source=SOURCES[asked.question.view],
            data_date=date,
            grade=_(OWN_GRADE),
        )
    )
    named = rows.assign(name=[place_name(where, str(place)) for place in rows.index]).reset_index(drop=True)
    hidden = {name: partial(hidden_rows, named[name]) for name in ("sent", "received")}
    columns = (
        TableColumn("name", _("机构")),
        TableColumn("sent", _("转出"), "count"),
        TableColumn("received", _("转入"), "count"),
        TableColumn("net", _("净流入"), "count"),
    )
    table = CountTable(named, columns, _("转出与转入"), hidden, {"sent": ["net"], "received": ["net"]})
    show_counts(table, key="flow_balance", source=export_source(frame, asked))
