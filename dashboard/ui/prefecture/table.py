"""各县并排: every county on every headline indicator, with its state, its rank and the interval of the rank."""

import textwrap
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.catalogue.prefecture import prefecture_settings
from dashboard.services.overview.wording import target_chip
from dashboard.services.prefecture.answer import FUND, Compared
from dashboard.services.prefecture.wording import counted_words
from dashboard.states import SIGNS, State
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import Drawing, show_drawing
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import catalogue_definition, definition, own_definition
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import Palette, palette
from dashboard.ui.prefecture.asked import Asked, picked, row_of, short_month

_NAMES, _COLUMN = 0.16, 0.14
"""Shares of the width: the names with the residents, and each of six columns."""
_VALUE, _SIGN, _FIRST, _LAST = 0.34, 0.385, 0.56, 0.91
"""Shares of a column: where a value ends, where its sign begins, and the ends of the scale of ranks."""
_HEAD, _GROUP, _ROW, _WHOLE = 62, 23, 25, 32
_SCROLLED, _SCROLLED_HEIGHT = 24, 640
_TEN_THOUSAND = 10_000
_NAME_LINE, _HEAD_LETTERS = 16, 15


def table_card(asked: Asked) -> None:
    """Draw the table; a head chooses the indicator of the page, a row the county."""
    count = len(asked.answer.counties)
    with card(
        "prefecture_table",
        _("{count} 县并排：值、状态、名次和名次的 90% 区间", count=count),
        _("点列头换指标，点县选中该县 · 1 = 最好"),
        details=partial(_details, asked),
    ):
        place = st.container(height=_SCROLLED_HEIGHT, border=False) if count > _SCROLLED else st.container()
        with place:
            show_drawing("prefecture_table", _picture(asked), on_pick=picked)


def group_words(group: int) -> str:
    """Return what a group of counties of like size is called: "40–80 万人"."""
    bounds = [formatting.number(bound / _TEN_THOUSAND) for bound in prefecture_settings().sizes]
    if group < 0:
        return _("常住人口未报")
    if group == 0:
        return _("{high} 万人以下", high=bounds[0])
    return (
        _("{low} 万人以上", low=bounds[-1]) if group == len(bounds) else _("{low}–{high} 万人", low=bounds[group - 1], high=bounds[group])
    )


def _picture(asked: Asked) -> Drawing:
    shade, answer = palette(), asked.answer
    grouped = answer.counties.sort_values(["group", "residents"], ascending=False)
    groups = [(int(group), grouped[grouped["group"].eq(group)]) for group in grouped["group"].unique()]
    head = _HEAD + _NAME_LINE * (max(len(_head_lines(asked, column)[0]) for column in [*answer.compared, FUND]) - 1)
    height = head + sum(_GROUP + _ROW * len(rows) for _group, rows in groups) + _WHOLE
    drawing = Drawing(height, 0, 0, _("各县并排的指标表，数字见“口径与数据表”"))
    columns = [*answer.compared, FUND]
    chosen = columns.index(asked.indicator)
    drawing.rect(_NAMES + chosen * _COLUMN, _NAMES + (chosen + 1) * _COLUMN, 0, height, shade.primary, opacity=0.07, radius=4)
    _heads(asked, drawing, shade, columns, head)
    y, picks = float(head), []
    for group, rows in groups:
        drawing.line(0, y + 1, 1, y + 1, shade.border)
        drawing.text(0, y + 16, group_words(group), shade.muted, size=12, dx=8)
        y += _GROUP
        for code, row in rows.iterrows():
            _row(asked, drawing, shade, str(code), row, y)
            picks.append((str(code), y))
            y += _ROW
    drawing.line(0, y + 2, 1, y + 2, shade.muted, width=1.5)
    _whole_row(asked, drawing, shade, columns, y + 22)
    for place, column in enumerate(columns[:-1]):
        start = _NAMES + place * _COLUMN
        title = _("比较{name}", name=answer.compared[column].indicator.short_label(language()))
        drawing.rect(start, start + _COLUMN, 0, head - 4, shade.primary, opacity=0.0, title=title, pick=f"indicator:{column}")
    for code, top in picks:
        drawing.rect(0, 1, top, _ROW, shade.primary, opacity=0.0, title=_sentence(asked, code), pick=f"county:{code}")
    return drawing


def _heads(asked: Asked, drawing: Drawing, shade: Palette, columns: list[str], head: float) -> None:
    drawing.text(_NAMES, head - 26, _("常住人口(万)"), shade.muted, anchor="end", size=12, dx=-6)
    ranked = len(asked.answer.counties) - len(asked.answer.late)
    for place, column in enumerate(columns):
        start = _NAMES + place * _COLUMN
        lines, judged = _head_lines(asked, column)
        for line, words in enumerate(reversed(lines)):
            colour = shade.primary if column == asked.indicator else shade.text
            drawing.text(start, head - 45 - _NAME_LINE * line, words, colour, size=13, bold=True, dx=4)
        drawing.text(start, head - 26, judged, shade.muted, size=11.5, dx=4)
        for words, at in (("1", _FIRST), (formatting.number(ranked), _LAST)):
            drawing.text(start + at * _COLUMN, head - 7, words, shade.muted, anchor="middle", size=11)


def _head_lines(asked: Asked, column: str) -> tuple[list[str], str]:
    """Return the name of a column in lines that it holds, and what its state is judged by."""
    name = _column_name(asked, column)
    lines = textwrap.wrap(name, _HEAD_LETTERS) if name.isascii() else [name]
    return lines, _("参考 ≤100%") if column == FUND else _judged_words(asked.answer.compared[column])


def _column_name(asked: Asked, column: str) -> str:
    return _("预算年末执行") if column == FUND else asked.answer.compared[column].indicator.short_label(language())


def _judged_words(compared: Compared) -> str:
    """Return what the state of a column is judged by."""
    if compared.every_scheme:
        return _("不分险种")
    if compared.target is not None:
        return target_chip(compared.target, language())
    return _("按波动界限") if compared.funnel else _("无公布目标")


def _row(asked: Asked, drawing: Drawing, shade: Palette, code: str, row: pd.Series, y: float) -> None:
    on, base = code == asked.county, y + 17
    if on:
        drawing.rect(0, 1, y + 1, _ROW - 2, shade.primary, opacity=0.06, radius=5, edge=shade.primary)
    drawing.text(0, base, str(row["name"]), shade.primary if on else shade.text, size=13, bold=True, dx=8, pixels=1, share=0.1)
    residents = formatting.number(row["residents"] / _TEN_THOUSAND, 1)
    drawing.text(_NAMES, base, residents, shade.muted, anchor="end", size=12, dx=-6)
    for place, column in enumerate([*asked.answer.compared, FUND]):
        _cell(asked, drawing, shade, column, code, _NAMES + place * _COLUMN, y, on=on)


def _shown(asked: Asked, column: str, code: str) -> dict[str, Any]:
    """Return value (text), month, late, state, rank, low and high of a cell."""
    if column == FUND:
        row = row_of(asked.answer.fund.table, code)
        return {**row, "text": formatting.number(row["execution"], 1), "month": row["through"]}
    compared = asked.answer.compared[column]
    row = row_of(compared.table, code)
    return {**row, "text": formatting.number(row["value"], compared.indicator.decimals)}


def _cell(asked: Asked, drawing: Drawing, shade: Palette, column: str, code: str, start: float, y: float, *, on: bool) -> None:
    cell, base, middle = _shown(asked, column, code), y + 17, y + _ROW / 2
    text, state = str(cell["text"]), State(str(cell["state"]))
    late = bool(cell["late"]) and text != MISSING
    drawing.text(start + _VALUE * _COLUMN, base, text, shade.muted if late else shade.text, anchor="end", size=13, bold=not late)
    if late:
        month = cell["month"]
        said = short_month(month.date()) if isinstance(month, pd.Timestamp) and pd.notna(month) else ""
        room = (0.995 - _SIGN) * _COLUMN
        drawing.text(start + _SIGN * _COLUMN, base, f"{said} {_('不排名')}".strip(), shade.muted, size=11, share=room)
        return
    sign = SIGNS[state] or "·" if text != MISSING else ""
    drawing.text(start + _SIGN * _COLUMN, base, sign, shade.state(state), size=12.5, bold=True)
    _rank(asked, drawing, shade, cell, start, middle, on=on)


def _rank(asked: Asked, drawing: Drawing, shade: Palette, cell: Mapping[str, Any], start: float, y: float, *, on: bool) -> None:
    """Draw the scale of ranks of one cell: the interval as a bar, the rank as a dot."""
    last = max(len(asked.answer.counties) - len(asked.answer.late), 2)

    def at(rank: float) -> float:
        return start + _COLUMN * (_FIRST + (_LAST - _FIRST) * (min(rank, last) - 1) / (last - 1))

    if pd.isna(cell["rank"]):
        return
    drawing.line(at(1), y, at(last), y, shade.grid)
    colour = shade.text if on else shade.primary
    if pd.notna(cell["low"]):
        drawing.rect(at(cell["low"]), at(cell["high"]), y - 3, 6, colour, opacity=0.38, radius=3)
    drawing.circle(at(cell["rank"]), y, colour, colour, radius=3)


def _whole_row(asked: Asked, drawing: Drawing, shade: Palette, columns: list[str], base: float) -> None:
    drawing.text(0, base, _("全市（加权）"), shade.text, size=13, bold=True, dx=8)
    for place, column in enumerate(columns):
        start = _NAMES + place * _COLUMN
        compared = asked.answer.compared.get(column)
        value = compared.whole if compared else asked.answer.fund.execution
        text = formatting.number(value, compared.indicator.decimals if compared else 1)
        drawing.text(start + _VALUE * _COLUMN, base, text, shade.text, anchor="end", size=13, bold=True)
        if compared is not None and compared.target is None and compared.funnel is None:
            drawing.text(start + _LAST * _COLUMN, base, _("不判状态"), shade.muted, anchor="end", size=11)
            continue
        for step, (words, state) in enumerate(counted_words(asked.answer, column)):
            drawing.text(start + (0.39 + 0.19 * step) * _COLUMN, base, words, shade.state(state), size=11.5)


def _sentence(asked: Asked, code: str) -> str:
    """Return what a screen reader says of a row, and the pointer shows."""
    parts = []
    for column in [*asked.answer.compared, FUND]:
        cell = _shown(asked, column, code)
        name = _column_name(asked, column)
        rank = ""
        if pd.notna(cell["rank"]):
            rank = _("第 {rank} 名", rank=formatting.number(cell["rank"]))
        parts.append(" ".join(filter(None, [name, str(cell["text"]), rank])))
    return _("选中{name}：{parts}", name=asked.name(code), parts=_("，").join(parts))


def _details(asked: Asked) -> None:
    version, answer = asked.frame.database.version, asked.answer
    compared = asked.compared
    definition(
        catalogue_definition(
            asked.indicator, version, float(compared.on_time["numerator"].sum()), float(compared.on_time["denominator"].sum())
        ),
        own_definition(
            _("名次的 90% 区间"),
            _("每县的值各加一次误差重排 {draws} 次，取名次的 5%–95%", draws=formatting.number(prefecture_settings().draws)),
            version=version,
            source=_("各县近 {count} 个月", count=prefecture_settings().months),
            note=_("误差取各县自己月度波动与人次随机波动中较大的；未报齐该月的县不参加排名"),
        ),
        own_definition(
            _("预算年末执行"),
            _("预计全年基金支出 ÷ 全年预算 × 100"),
            version=version,
            source=_("各县总览的年末推算"),
            note=_("✓ 预计不超支；! 预计超支，但 90% 区间含不超支；✕ 整个区间都超支"),
        ),
    )
    rows = []
    for code in answer.counties.index:
        for column in [*answer.compared, FUND]:
            cell = _shown(asked, column, str(code))
            value = cell["execution"] if column == FUND else cell["value"]
            rows.append((asked.name(str(code)), _column_name(asked, column), value, cell["month"], cell["rank"], cell["low"], cell["high"]))
    names = ["county", "indicator", "value", "month", "rank", "low", "high"]
    shown = [
        TableColumn("county", _("县")),
        TableColumn("indicator", _("指标")),
        TableColumn("value", _("值(%)"), "number"),
        TableColumn("month", _("月份"), "month"),
        TableColumn("rank", _("名次"), "rank"),
        TableColumn("low", _("名次区间低"), "rank"),
        TableColumn("high", _("名次区间高"), "rank"),
    ]
    frame = pd.DataFrame(rows, columns=names)
    show_table(frame, shown, key="prefecture_table", title=_("各县并排"), source=asked.frame.source(), rows=9)
