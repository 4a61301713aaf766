"""Whether people with a contract go elsewhere for care than those without one, group by group."""

from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.language import marked
from dashboard.services.contracts.use import RATES, USE, ContractUse, contract_use
from dashboard.store.codes import CONTRACT_GROUP, CONTRACT_STATUS
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, drawn_once, show_figure
from dashboard.ui.kit.definition import definition, own_definition
from dashboard.ui.kit.i18n import _, code_label
from dashboard.ui.kit.messages import empty_state, escaped, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette

NAMES = {
    "first_contact": marked("首诊在基层（每 100 次首诊）"),
    "continuity": marked("在签约机构就诊（每 100 次就诊）"),
    "lead_chronic": marked("慢病门诊在牵头医院（每 100 次）"),
    "admissions": marked("住院（每 100 人年）"),
}
_ROW_PIXELS = 52


def use_card(frame: PageFrame) -> None:
    """Draw the rates of one group with and without a contract; where no table has the contract status, what would be needed."""
    answer = contract_use(frame.database, frame.filters.period.last, frame.filters.community)
    title = _("签约与就医：去哪里看病")
    if answer is None or not answer.groups:
        with card("contract_use", title):
            empty_state(
                _("没有带签约标志的就医数据，看不出签约居民去哪里看病。"),
                _("请载入“签约居民就医月报”（fact_contract_use）：人群 × 是否签约 × 月。"),
            )
        return
    names = {code: code_label(CONTRACT_GROUP, code) for code in answer.groups}
    with card("contract_use", title, _("近 12 个月，同一人群相比"), details=partial(_details, frame, answer)):
        group = str(choice("contract_group", _("人群"), names))
        shown = _shown(answer, group)
        words = use_words(shown)
        show_figure(use_figure(shown), key="chart_contract_use", alt=words or title)
        if words:
            st.markdown(f"**{escaped(words)}**")
        st.caption(escaped(_("签约与未签约居民年龄、病情不同，未作校正：差别与签约相符，不能说由签约带来。")))
        if answer.left_out:
            st.caption(escaped(_("{count} 家只报了一侧或两侧月份不同，不在比较内。", count=answer.left_out)))


def _shown(answer: ContractUse, group: str) -> pd.DataFrame:
    """Return one row per rate of ``group`` as it may be shown, per 100.

    Columns: the value of each status (``signed``, ``unsigned``), and its hover text (``signed_hover``, ``unsigned_hover``).
    """
    rows = USE.hide(answer.rates[answer.rates["group"] == group].reset_index(drop=True)).frame
    names = [name for name in RATES if (rows["rate"] == name).any()]
    shown = pd.DataFrame(index=names)
    for status in CONTRACT_STATUS:
        own = rows[rows["status"] == status].set_index("rate").reindex(names)
        shown[status] = 100 * own["value"]
        shown[f"{status}_hover"] = [
            _(
                "{status} {value}，95% 区间 {low}–{high}",
                status=code_label(CONTRACT_STATUS, status),
                value=formatting.number(100 * value, 1),
                low=formatting.number(100 * low, 1),
                high=formatting.number(100 * high, 1),
            )
            for value, low, high in own[["value", "lower", "upper"]].itertuples(index=False, name=None)
        ]
    return shown


def use_words(shown: pd.DataFrame) -> str:
    """Return the first contact with and without a contract; empty where either is not known."""
    if "first_contact" not in shown.index or shown.loc["first_contact", ["signed", "unsigned"]].isna().any():
        return ""
    signed, unsigned = (formatting.percent(shown[status]["first_contact"] / 100) for status in ("signed", "unsigned"))
    return _("签约居民首诊在基层 {signed}，未签约 {unsigned}", signed=signed, unsigned=unsigned)


@drawn_once
def use_figure(shown: pd.DataFrame) -> go.Figure:
    """Return each rate as two dots on one line, with and without a contract; ``shown`` as ``_shown`` gives it."""
    shade = palette()
    places = list(range(len(shown)))
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "x": list(ends), "y": [place, place], "hoverinfo": "skip", "showlegend": False,
            "line": {"color": shade.border, "width": 4},
        }
        for place, ends in zip(places, shown[["signed", "unsigned"]].itertuples(index=False, name=None), strict=True)
    ]  # fmt: skip
    for status, other, colour in (("unsigned", "signed", shade.muted), ("signed", "unsigned", shade.primary)):
        above = (shown[status] >= shown[other]).tolist()
        traces.append(
            {
                "type": "scatter", "mode": "markers+text", "x": shown[status].tolist(), "y": places, "cliponaxis": False,
                "name": code_label(CONTRACT_STATUS, status), "showlegend": True, "marker": {"size": 12, "color": colour},
                "text": [formatting.number(value, 1) for value in shown[status]],
                "textposition": ["middle right" if right else "middle left" for right in above],
                "customdata": [plotly_text(text) for text in shown[f"{status}_hover"]], "hovertemplate": "%{customdata}<extra></extra>",
            }
        )  # fmt: skip
    notes = [
        {
            "x": 0, "y": place - 0.36, "xanchor": "left", "showarrow": False, "text": plotly_text(_(NAMES[str(name)])),
            "font": {"color": shade.text, "size": 12},
        }
        for place, name in zip(places, shown.index, strict=True)
    ]  # fmt: skip
    return base_figure(
        shade,
        _ROW_PIXELS * len(shown) + 40,
        traces,
        xaxis={"range": [-8, 108], "fixedrange": True, "tickvals": [0, 25, 50, 75, 100], "side": "bottom"},
        yaxis={"range": [len(shown) - 0.4, -0.75], "visible": False, "fixedrange": True},
        annotations=notes,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )


def _details(frame: PageFrame, answer: ContractUse) -> None:
    rows = answer.rates.assign(
        told=[code_label(CONTRACT_GROUP, str(code)) for code in answer.rates["group"]],
        name=[_(NAMES[str(name)]) for name in answer.rates["rate"]],
        state=[code_label(CONTRACT_STATUS, str(code)) for code in answer.rates["status"]],
        per_hundred=100 * answer.rates["value"],
    )
    columns = [
        TableColumn("told", _("人群")),
        TableColumn("name", _("指标")),
        TableColumn("state", _("签约状态")),
        TableColumn("per_hundred", _("每 100"), "number"),
        TableColumn("numerator", _("分子"), "people"),
        TableColumn("denominator", _("分母"), "people"),
    ]
    show_table(
        rows.round({"denominator": 0}), columns, key="contract_use", title=_("签约与就医"), source=frame.source(), rows=12, guard=USE
    )
    definition(
        own_definition(
            _("签约与就医"),
            _("同一人群，签约与未签约分开：基层首诊 ÷ 首诊；本签约机构就诊 ÷ 就诊；牵头医院慢病门诊 ÷ 慢病门诊；住院 ÷ 人年"),
            version=frame.database.version,
            source="fact_contract_use",
            note=_("只用同一机构、同一人群两侧月份相同的数；签约者往往更老、病更多，未作校正。"),
        )
    )
