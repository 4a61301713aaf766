"""24 个月走势: the chosen indicator of every county on one scale, each against all counties together."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.chart_geometry import sparkline
from dashboard.services.prefecture.wording import change_words
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import Drawing, show_drawing
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import catalogue_definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import Palette, palette
from dashboard.ui.prefecture.asked import Asked, picked, row_of

ACROSS = 4
_CELL, _HEAD, _LINE = 98, 38, 48
_LEFT, _GAP = 0.0, 0.03


def course_card(asked: Asked) -> None:
    """Draw the small lines, of the counties that are most like the one marked where there are many."""
    compared, codes = asked.compared, asked.pictured
    row = row_of(compared.table, asked.county)
    change = change_words(compared, float(row["change"]), language())
    months = len(compared.history)
    title = (
        _("{months} 个月走势：{name}同比 {change}", months=months, name=asked.name(asked.county), change=change)
        if change
        else _("{months} 个月走势", months=months)
    )
    aside = [compared.indicator.short_label(language()), compared.indicator.unit, _("灰 = 全市")]
    if len(codes) < len(asked.answer.counties):
        aside.append(_("规模最近的 {count} 县", count=len(codes)))
    with card("prefecture_course", title, " · ".join(aside), details=partial(_details, asked)):
        show_drawing("prefecture_course", _picture(asked, codes), on_pick=picked)
        first, last = (formatting.month(month.date(), language()) for month in (compared.history.index[0], compared.history.index[-1]))
        unit = _("个百分点") if compared.indicator.unit == "%" else "%"
        st.caption(escaped(_("{first}–{last}，同一刻度；▲▼ = 较上年同月，{unit}", first=first, last=last, unit=unit)))


def _picture(asked: Asked, codes: list[str]) -> Drawing:
    shade, history = palette(), asked.compared.history[codes]
    rows = -(-len(codes) // ACROSS)
    drawing = Drawing(_CELL * rows, 0, 4, _("各县各月的走势，数字见“口径与数据表”"))
    span = (float(history.min().min()), float(history.max().max()))
    for place, code in enumerate(codes):
        _cell(asked, drawing, shade, code, (place % ACROSS, place // ACROSS), span)
    return drawing


def _cell(asked: Asked, drawing: Drawing, shade: Palette, code: str, at: tuple[int, int], span: tuple[float, float]) -> None:
    compared, on = asked.compared, code == asked.county
    width, top = 1 / ACROSS, at[1] * _CELL
    start, end = at[0] * width, (at[0] + 1) * width - _GAP
    row = row_of(compared.table, code)
    if on:
        drawing.rect(start - 0.008, end + 0.008, top, _CELL - 6, shade.primary, opacity=0.07, radius=5, edge=shade.primary)
    drawing.text(start, top + 15, asked.name(code), shade.primary if on else shade.text, size=12, bold=True, pixels=1, share=width - _GAP)
    value = formatting.number(row["value"], compared.indicator.decimals)
    drawing.text(start, top + 31, value, shade.text, size=12, bold=True)
    drawing.text(end, top + 31, change_words(compared, float(row["change"]), unit=False), shade.muted, anchor="end", size=11.5)
    for series, colour, thick in (
        (compared.whole_history, shade.muted, 1.0),
        (compared.history[code], shade.text if on else shade.primary, 1.6),
    ):
        _line(drawing, [float(each) for each in series], (start, end, top + _HEAD), span, colour, thick, dot=thick > 1)
    title = _("选中{name}", name=asked.name(code))
    drawing.rect(start, end, top, _CELL - 6, shade.primary, opacity=0.0, title=title, pick=f"county:{code}")


def _line(
    drawing: Drawing,
    values: list[float],
    box: tuple[float, float, float],
    span: tuple[float, float],
    colour: str,
    width: float,
    *,
    dot: bool,
) -> None:
    start, end, top = box
    line, (low, high) = sparkline(values), span
    if line is None:
        return

    def placed(point: tuple[float, float]) -> tuple[float, float]:
        across = point[0] / max(len(values) - 1, 1)
        return start + across * (end - start), top + _LINE * (1 - (point[1] - low) / ((high - low) or 1.0))

    for piece in line.pieces:
        if len(piece) > 1:
            drawing.path([placed(point) for point in piece], colour, width=width)
    if dot:
        x, y = placed(line.last)
        drawing.circle(x, y, colour, colour, radius=1.6)


def _details(asked: Asked) -> None:
    compared = asked.compared
    definition(catalogue_definition(asked.indicator, asked.frame.database.version))
    history = compared.history.assign(whole=compared.whole_history).reset_index(names="month")
    long = history.melt(id_vars="month", var_name="code", value_name="value")
    long["name"] = [_("全市（加权）") if code == "whole" else asked.name(str(code)) for code in long["code"]]
    shown = [
        TableColumn("name", _("县")),
        TableColumn("month", _("月份"), "month"),
        TableColumn("value", compared.indicator.short_label(language()), "number"),
    ]
    frame = pd.DataFrame(long[["name", "month", "value"]])
    show_table(frame, shown, key="prefecture_course", title=_("各县走势"), source=asked.frame.source(), rows=9)
