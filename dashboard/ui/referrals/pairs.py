"""Every flow as a table or a matrix with row and column shares, and what each institution sends and receives."""

from functools import partial

import pandas as pd

from dashboard.analysis.suppression import TOTAL
from dashboard.language import marked
from dashboard.services.referrals.detail import OTHERS, BalanceGuard, PairGuard, balances, matrix, pairs
from dashboard.services.referrals.flows import DIRECTIONS, Places, View, places
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import segments
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, named_rows, show_figure
from dashboard.ui.kit.definition import definition, own_definition
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.referrals.controls import Controls, place_name
from dashboard.ui.referrals.headline import SOURCES, export_source
from dashboard.ui.referrals.map import cases_text

MATRIX = {"list": marked("列表"), "cases": marked("矩阵：人次"), "row": marked("矩阵：占转出"), "column": marked("矩阵：占转入")}
_DESTINATIONS, _BALANCED = 14, 16
_ROWS = 11


def pairs_block(frame: PageFrame, asked: Controls) -> None:
    """Draw the flows as a sortable list, or as an origin–destination matrix."""
    rows = pairs(frame.database, asked.question, asked.selection)
    title = _("{count} 条流向", count=formatting.number(len(rows)))
    with card("flow_pairs", title, details=partial(_share_definitions, frame, asked)):
        if rows.empty:
            empty_state(_("所选范围没有流向。"), _("请放宽上方的筛选。"))
            return
        form = segments("pairs", _("形式"), MATRIX, hidden=True)
        if form == "list":
            _list(frame, asked, rows)
        else:
            _matrix(frame, asked, form)


def _list(frame: PageFrame, asked: Controls, rows: pd.DataFrame) -> None:
    where, names = places(frame.database), DIRECTIONS[asked.question.view]
    called = {place: place_name(where, place) for place in {*rows["origin"], *rows["destination"]}}
    named = rows.assign(
        from_name=rows["origin"].map(called),
        to_name=rows["destination"].map(called),
        way=rows["direction"].map({code: _(name) for code, name in names.items()}),
    )
    columns = (
        TableColumn("from_name", _("从")),
        TableColumn("to_name", _("到")),
        TableColumn("way", _("方向")),
        TableColumn("cases", _("人次"), "people"),
        TableColumn("share_of_origin", _("占转出"), "percent"),
        TableColumn("share_of_destination", _("占转入"), "percent"),
        TableColumn("growth", _("同比"), "percent"),
        TableColumn("cost", _("费用(元)"), "money"),
    )
    guard = PairGuard(frame.database, asked.question, asked.selection)
    source = export_source(frame, asked)
    show_table(named, columns, key="flow_pairs", title=_("流向列表"), source=source, rows=_ROWS, guard=guard)


def _matrix(frame: PageFrame, asked: Controls, form: str) -> None:
    """Draw the matrix: all origins, the destinations that receive most, the others together; shares are of the whole."""
    where = places(frame.database)
    found = matrix(frame.database, asked.question, asked.selection, _DESTINATIONS)
    cases = found.cases
    headings = {str(code): _("其他") if code == OTHERS else place_name(where, str(code)) for code in cases.columns}
    if form == "cases":
        shown = cases.assign(**{TOTAL: cases.sum(axis=1)})
        kinds = [*(TableColumn(code, heading, "people") for code, heading in headings.items()), TableColumn(TOTAL, _("合计"), "people")]
    else:
        side = cases.sum(axis=1) if form == "row" else cases.sum()
        shown = cases.div(side.where(side > 0), axis=0 if form == "row" else 1).add_prefix("share_")
        kinds = [TableColumn(f"share_{code}", heading, "percent") for code, heading in headings.items()]
    shown.insert(0, "from_name", [place_name(where, str(code)) for code in cases.index])
    title = _("流向矩阵（{form}）", form=_(MATRIX[form]))
    columns = (TableColumn("from_name", _("从 ＼ 到")), *kinds)
    source = export_source(frame, asked)
    show_table(shown, columns, key=f"flow_matrix_{form}", title=title, source=source, rows=_ROWS, guard=found)


def _share_definitions(frame: PageFrame, asked: Controls) -> None:
    version, source = frame.database.version, SOURCES[asked.question.view]
    for name, formula in (
        (_("占转出"), _("这条流向的人次 ÷ 转出方在所选范围内的全部人次")),
        (_("占转入"), _("这条流向的人次 ÷ 转入方在所选范围内的全部人次")),
        (_("同比"), _("本期人次 ÷ 去年同期人次 − 1")),
    ):
        definition(own_definition(name, formula, version=version, source=source))


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
        shown = BalanceGuard(frame.database, asked.question, asked.selection).hide(rows).frame
        show_figure(_balance_bars(shown.head(_BALANCED), places(frame.database)), key="flow_balance", alt=title)


def _balance_bars(rows: pd.DataFrame, where: Places) -> object:
    """Return bars of what each place sends and receives; ``rows`` as they may be shown: a hidden count is a bar as long as "<5"."""
    colours = palette()
    names = [place_name(where, str(place)) for place in rows.index]
    sides = (("sent", -1, _("转出"), colours.direction("up")), ("received", 1, _("转入"), colours.direction("down")))
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "y": list(range(len(names))),
            "hovertext": [plotly_text(name) for name in names],
            "x": (sign * rows[side]).tolist(),
            "name": plotly_text(label),
            "marker": {"color": colour, "cornerradius": 3},
            "text": [cases_text(value) for value in rows[side]],
            "textposition": "auto",
            "cliponaxis": False,
            "customdata": [formatting.number(value, signed=True) for value in rows["net"]],
            "hovertemplate": f"%{{hovertext}} {plotly_text(label)} %{{text}} · {plotly_text(_('净'))} %{{customdata}}<extra></extra>",
        }
        for side, sign, label, colour in sides
    ]
    return base_figure(
        colours, 26 * len(rows) + 40, data, barmode="relative", showlegend=True, bargap=0.3, xaxis={"visible": False, "fixedrange": True},
        yaxis=named_rows(names) | {"tickfont": {"color": colours.text}},
    )  # fmt: skip


def _balance_details(frame: PageFrame, asked: Controls, rows: pd.DataFrame) -> None:
    where = places(frame.database)
    source = SOURCES[asked.question.view]
    definition(own_definition(_("净流入"), _("转入 − 转出，同一机构内不计"), version=frame.database.version, source=source))
    named = rows.rename_axis("place").reset_index()
    named["name"] = [place_name(where, str(place)) for place in named["place"]]
    columns = (
        TableColumn("name", _("机构")),
        TableColumn("sent", _("转出"), "people"),
        TableColumn("received", _("转入"), "people"),
        TableColumn("net", _("净流入"), "count"),
    )
    guard = BalanceGuard(frame.database, asked.question, asked.selection)
    show_table(named, columns, key="flow_balance", title=_("转出与转入"), source=export_source(frame, asked), rows=12, guard=guard)
