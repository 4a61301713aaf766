"""年末基金: what each county's year comes to against its budget, with the interval of the projection."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.counties import round_steps
from dashboard.services.prefecture.wording import fund_finding
from dashboard.states import SIGNS, State
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import Drawing, show_drawing
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import MODEL_GRADE, definition, own_definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import Palette, palette
from dashboard.ui.prefecture.asked import Asked, picked, short_month

_HEAD, _ROW, _WHOLE = 26, 22, 32
_START, _END, _NUMBER, _SHARE = 0.19, 0.57, 0.79, 0.945
_SCROLLED, _SCROLLED_HEIGHT = 16, 360
_TEN_THOUSAND = 10_000


def fund_card(asked: Asked) -> None:
    """Draw a row a county, the largest deficit on top."""
    fund = asked.answer.fund
    title = _("年末基金") if fund.year is None else _("{year}年末基金", year=fund.year)
    with card("prefecture_fund", title, _("万元 · 色带 = 90% 区间"), details=partial(_details, asked)):
        if fund.projected.empty:
            empty_state(_("这个月没有各县的年末推算。"), _("需要全年预算和至少三个月的结算；随后运行 python -m dashboard marts。"))
            return
        place = st.container(height=_SCROLLED_HEIGHT, border=False) if len(fund.projected) > _SCROLLED else st.container()
        with place:
            show_drawing("prefecture_fund", _picture(asked), on_pick=picked)
        over, left, _net = fund.sums()
        words = _(
            "超支 {over}，结余 {left}；县与县之间不调剂，结余不抵超支",
            over=formatting.money(over, language()),
            left=formatting.money(left, language()),
        )
        st.caption(escaped(words))


def _picture(asked: Asked) -> Drawing:
    shade, fund = palette(), asked.answer.fund
    rows = fund.projected.sort_values("surplus")
    low, high = min(float(rows["surplus_low"].min()), 0.0), max(float(rows["surplus_high"].max()), 0.0)

    def at(amount: float) -> float:
        return _START + (_END - _START) * (amount - low) / ((high - low) or 1.0)

    height = _HEAD + _ROW * len(rows) + _WHOLE
    drawing = Drawing(height, 0, 0, fund_finding(fund, language()))
    for tick in round_steps(low, high, 3):
        if tick:
            drawing.line(at(tick), _HEAD - 6, at(tick), height - _WHOLE, shade.grid)
            drawing.text(at(tick), 14, formatting.number(tick / _TEN_THOUSAND), shade.muted, anchor="middle", size=11)
    drawing.line(at(0), _HEAD - 6, at(0), height - _WHOLE, shade.text)
    drawing.text(at(0), 14, "0", shade.muted, anchor="middle", size=11)
    drawing.text(_NUMBER, 14, _("预计结余"), shade.muted, anchor="end", size=11)
    drawing.text(1, 14, _("执行 %"), shade.muted, anchor="end", size=11)
    for place, (code, row) in enumerate(rows.iterrows()):
        _row(
            asked,
            drawing,
            shade,
            str(code),
            row,
            _HEAD + place * _ROW,
            (at(row["surplus_low"]), at(row["surplus_high"]), at(row["surplus"])),
        )
    _whole(asked, drawing, shade, height - _WHOLE)
    return drawing


def _amount(shade: Palette, amount: float) -> tuple[str, str]:
    return formatting.number(amount / _TEN_THOUSAND, signed=True), shade.bad if amount < 0 else shade.good


def _row(
    asked: Asked, drawing: Drawing, shade: Palette, code: str, row: pd.Series, y: float, places: tuple[float, float, float]
) -> None:  # fmt: skip
    on, base, middle = code == asked.county, y + 15, y + _ROW / 2
    if on:
        drawing.rect(0, 1, y + 1, _ROW - 2, shade.primary, opacity=0.06, radius=5, edge=shade.primary)
    colour = shade.text if on else shade.primary
    drawing.text(0, base, asked.name(code), shade.primary if on else shade.text, size=12.5, bold=True, dx=5, pixels=1, share=_START - 0.03)
    low, high, dot = places
    drawing.rect(low, high, middle - 4, 8, colour, opacity=0.3, radius=4)
    drawing.circle(dot, middle, colour, colour, radius=3.5)
    text, tone = _amount(shade, float(row["surplus"]))
    drawing.text(_NUMBER, base, text, shade.muted if row["late"] else tone, anchor="end", size=12.5, bold=not row["late"])
    execution = formatting.number(row["execution"], 1)
    if row["late"]:
        month = short_month(row["through"].date()) if pd.notna(row["through"]) else ""
        drawing.text(1, base, f"{execution} {month}", shade.muted, anchor="end", size=11, dx=-5)
    else:
        drawing.text(_SHARE, base, execution, shade.text, anchor="end", size=12, dx=-2)
        state = State(str(row["state"]))
        drawing.text(_SHARE, base, SIGNS[state], shade.state(state), size=12, bold=True, dx=2)
    drawing.rect(0, 1, y, _ROW, shade.primary, opacity=0.0, title=_row_words(asked, code, row), pick=f"county:{code}")


def _row_words(asked: Asked, code: str, row: pd.Series) -> str:
    reader = language()
    return _(
        "{name}：预算 {budget}，预计支出 {year_end}（{low}–{high}）",
        name=asked.name(code),
        budget=formatting.money(row["budget"], reader),
        year_end=formatting.money(row["year_end"], reader),
        low=formatting.money(row["year_end_low"], reader),
        high=formatting.money(row["year_end_high"], reader),
    )


def _whole(asked: Asked, drawing: Drawing, shade: Palette, y: float) -> None:
    fund = asked.answer.fund
    drawing.line(0, y + 2, 1, y + 2, shade.muted, width=1.5)
    drawing.text(0, y + 22, _("全市"), shade.text, size=12.5, bold=True, dx=5)
    budget = formatting.money(float(fund.projected["budget"].sum()), language())
    drawing.text(_START, y + 22, _("预算 {budget}", budget=budget), shade.muted, size=12)
    text, tone = _amount(shade, fund.sums()[2])
    drawing.text(_NUMBER, y + 22, text, tone, anchor="end", size=12.5, bold=True)
    drawing.text(_SHARE, y + 22, formatting.number(fund.execution, 1), shade.text, anchor="end", size=12.5, bold=True, dx=-2)


def _details(asked: Asked) -> None:
    version, fund = asked.frame.database.version, asked.answer.fund
    definition(
        own_definition(
            _("预计年末结余"),
            _("全年预算 − 预计全年基金支出"),
            version=version,
            source="fact_fund_budget、fact_claim",
            note=_("与各县总览同一推算：已结算月份加其余月份的预计；区间为 90%"),
            grade=MODEL_GRADE,
        )
    )
    table = asked.with_names(fund.table)
    shown = [
        TableColumn("name", _("县")),
        TableColumn("budget", _("全年预算(元)"), "money"),
        TableColumn("spent", _("已支出(元)"), "money"),
        TableColumn("through", _("支出到"), "month"),
        TableColumn("year_end", _("预计全年支出(元)"), "money"),
        TableColumn("surplus", _("预计结余(元,负为超支)"), "money"),
        TableColumn("surplus_low", _("结余区间低(元)"), "money"),
        TableColumn("surplus_high", _("结余区间高(元)"), "money"),
    ]
    show_table(table, shown, key="prefecture_fund", title=_("各县年末基金"), source=asked.frame.source(), rows=9)
