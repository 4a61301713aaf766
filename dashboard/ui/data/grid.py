"""The grid of reports: reporter × month, and what opens behind a cell."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.language import marked
from dashboard.services.common.directory import directory
from dashboard.services.common.reporting import table_words
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.cell import report_cell
from dashboard.services.data.reports import WORDS, CellState, Reports
from dashboard.states import SIGNS, State
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, drawn_once, touch_cells
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import badge_text, escaped, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette

PICKED = "data_grid_cell"
_LEVELS = {
    CellState.MISSING: 0, CellState.CHANGED: 0, CellState.LATE: 1, CellState.CORRECTED: 2, CellState.CAME: 2, CellState.ON_TIME: 3,
}  # fmt: skip
_MARKS = {
    CellState.MISSING: marked("缺 未到"),
    CellState.CHANGED: marked("锁后改 审定后又改"),
    CellState.LATE: marked("+{days} 迟报天数"),
    CellState.CORRECTED: marked("改 更正过"),
}
"""What stands in a cell, a blank, what it means."""
_LEGEND = {
    CellState.ON_TIME: "green", CellState.CAME: "gray", CellState.CORRECTED: "gray", CellState.LATE: "orange", CellState.CHANGED: "red",
    CellState.MISSING: "red",
}  # fmt: skip
_ROW, _HEAD, _LINE = 23, 52, 15
_NAMED_TOWNS = 8


def sign_and_meaning(state: CellState, days: float = 3) -> tuple[str, str]:
    """Return what stands in a cell, and what it means: the two halves of one text, so that no language says one thing twice."""
    if state is CellState.NOT_EXPECTED:
        return "", _(WORDS[state])
    if state in _MARKS:
        sign, _blank, meaning = _(_MARKS[state], days=formatting.number(days)).partition(" ")
        return sign, meaning
    return SIGNS[State.GOOD] if state is CellState.ON_TIME else "·", _(WORDS[state])


def cell_text(state: CellState, days: float) -> str:
    """Return what stands in a cell."""
    return sign_and_meaning(state, days)[0]


def legend() -> None:
    """Draw what the signs and fills of the grid mean, each once."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="data_grid_legend"):
        for state, colour in _LEGEND.items():
            st.badge(badge_text(" ".join(sign_and_meaning(state))), color=colour)  # type: ignore[arg-type]
        told = [_("空格 不应报"), _("斜线 初步（未审定）"), _("月份下“锁” 县已锁定")]
        st.caption(escaped(" · ".join(told)), width="content")


def _hover(name: str, row: Any, words: dict[str, str]) -> str:
    month = row.month
    tables = row.tables if isinstance(row.tables, tuple) else ()
    parts = [f"{name} {month.year}-{month.month:02d}", words[row.state]]
    parts += [words["waits"]] if row.provisional else [words["held"]] if row.locked else []
    lines = [words["comma"].join(table_words(table, words["reader"]) for table in tables)] if tables else []
    lines += [missing_towns(row.parts)] if isinstance(row.parts, tuple) and row.parts else []
    return "<br>".join(plotly_text(line) for line in (" · ".join(parts), *lines))


def missing_towns(names: Sequence[str]) -> str:
    """Return which towns a report of the whole county lacks: how many, and the first of them by name."""
    more = "…" if len(names) > _NAMED_TOWNS else ""
    return _("缺 {count} 个镇街：{names}", count=len(names), names=_("、").join(names[:_NAMED_TOWNS]) + more)


def month_heads(months: Sequence[datetime.date], by_month: Mapping[datetime.date, tuple[int, int, bool]]) -> list[str]:
    """Return what stands over each month: year where it begins in the row, month, reports in time of those due, and the lock.

    ``by_month`` has (in time, due, locked by the county); without any lock there is no line for it.
    """
    any_locked = any(locked for _done, _due, locked in by_month.values())
    heads = []
    for before, month in zip((None, *months), months, strict=False):
        done, due, locked = by_month[month]
        year = "" if before and before.year == month.year else f"{month:%Y}"
        lock = f"<br>{_('锁') if locked else ''}" if any_locked else ""
        heads.append(f"{year}<br><b>{month.month:02d}</b><br>{done}/{due}{lock}")
    return heads


def community_colours(frame: PageFrame) -> dict[str, str]:
    """Return the colour of each community by its code, as on every page."""
    return {each.code: palette().community(each.position) for each in directory(frame.database).ordered}


def _edge(answer: Reports, reporters: Sequence[str], colours: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a mark at the left of each row in the colour of its community; none for who has none."""
    homes = answer.cells.drop_duplicates("reporter").set_index("reporter")["community"]
    return [
        {
            "type": "rect", "x0": -0.585, "x1": -0.535, "y0": place - 0.46, "y1": place + 0.46, "fillcolor": colours[homes[code]],
            "line": {"width": 0},
        }
        for place, code in enumerate(reporters)
        if homes[code] in colours
    ]  # fmt: skip


@drawn_once
def grid_figure(answer: Reports, colours: Mapping[str, str]) -> go.Figure:
    """Return reporter × month, newest month first; a report nobody expects is an empty cell, one not approved is hatched.

    ``colours`` are those of the communities by code: a mark at the left of each row says whose it is.
    """
    shade = palette()
    reporters = list(dict.fromkeys(answer.cells["reporter"]))
    rows, columns = {code: place for place, code in enumerate(reporters)}, {month: place for place, month in enumerate(answer.months)}
    levels: list[list[int | None]] = [[None] * len(columns) for _row in reporters]
    texts = [[""] * len(columns) for _row in reporters]
    hovers = [[""] * len(columns) for _row in reporters]
    hatched: list[tuple[int, int]] = []
    words = {state.value: _(text) for state, text in WORDS.items()} | {
        "waits": _("初步"),
        "held": _("已锁定"),
        "comma": _("、"),
        "reader": language(),
    }
    signs = {state: cell_text(state, 0) for state in CellState if state is not CellState.LATE}
    late = _(_MARKS[CellState.LATE]).partition(" ")[0]  # translated once, not for each of ten thousand cells
    names: dict[str, str] = {}
    cells: list[Any] = list(answer.cells.itertuples(index=False))
    for row in cells:
        place, column, state = rows[row.reporter], columns[row.month.date()], CellState(row.state)
        names[row.reporter] = str(row.name)
        levels[place][column] = _LEVELS.get(state)
        locked = "·" if row.locked and not row.provisional else ""
        texts[place][column] = (signs[state] if state in signs else late.format(days=formatting.number(row.days_late))) + (
            "" if state is CellState.CAME else locked
        )
        hovers[place][column] = _hover(str(row.name), row, words)
        if row.provisional and state is not CellState.NOT_EXPECTED:
            hatched.append((place, column))
    flat = [words for line in hovers for words in line]
    stripes = {
        "type": "bar", "x": [column for _place, column in hatched], "y": [0.86] * len(hatched),
        "base": [place - 0.43 for place, _column in hatched], "width": 0.94, "hoverinfo": "skip",
        "marker": {"color": "rgba(0,0,0,0)", "line": {"width": 0},
                   "pattern": {"shape": "/", "size": 8, "solidity": 0.14, "fgcolor": shade.muted, "bgcolor": "rgba(0,0,0,0)"}},
    }  # fmt: skip
    heat = {
        "type": "heatmap", "z": levels, "x": list(range(len(columns))), "y": list(range(len(reporters))), "text": texts,
        "texttemplate": "%{text}", "textfont": {"color": shade.text, "size": 12}, "hoverinfo": "skip", "zmin": -0.5, "zmax": 3.5,
        "showscale": False, "xgap": 3, "ygap": 3,
        "colorscale": [[edge / 4, colour] for place, colour in enumerate(shade.heat) for edge in (place, place + 1)],
    }  # fmt: skip
    touch = touch_cells(len(reporters), len(columns)) | {"customdata": flat, "hovertemplate": "%{customdata}<extra></extra>"}
    over = _HEAD + (_LINE if any(locked for _done, _due, locked in answer.by_month.values()) else 0)
    return base_figure(
        shade,
        _ROW * len(reporters) + over + 6,
        [heat, stripes, touch],
        bargap=0,
        margin={"l": 4, "r": 4, "t": over, "b": 6},
        shapes=_edge(answer, reporters, colours),
        xaxis={
            "side": "top", "ticks": "", "range": [-0.6, len(columns) - 0.5], "fixedrange": True, "showgrid": False,
            "tickvals": list(range(len(columns))), "tickangle": 0,
            "ticktext": month_heads(answer.months, answer.by_month),
        },
        yaxis={
            "range": [len(reporters) - 0.5, -0.5], "fixedrange": True, "showgrid": False, "zeroline": False,
            "tickfont": {"color": shade.text}, "tickvals": list(range(len(reporters))),
            "ticktext": [plotly_text(formatting.shortened(names[code], 12, 1, 0.5)) for code in reporters],
        },
    )  # fmt: skip


def pick_cell(answer: Reports, place: int) -> None:
    """Keep the cell that was clicked, by its place in the grid."""
    row, column = divmod(place, len(answer.months))
    reporters = list(dict.fromkeys(answer.cells["reporter"]))
    st.session_state[PICKED] = (reporters[row], answer.months[column])


def cell_card(frame: PageFrame, answer: Reports, group: str) -> None:
    """Draw what is behind the cell that was clicked: load, person, file, findings, rows; nothing while none was, or it is not there now."""
    reporter, month = st.session_state.get(PICKED, (None, None))
    cells = answer.cells[(answer.cells["reporter"] == reporter) & (answer.cells["month"] == pd.Timestamp(month or 0))]
    if cells.empty:
        return
    cell = cells.iloc[0]
    state = CellState(cell["state"])
    with card("data_cell", f"{cell['name']} {formatting.month(month, language())} {_(WORDS[state])}", _("批次、谁载入、问题、行数")):
        if state is CellState.NOT_EXPECTED:
            st.caption(escaped(_("按登记的类别和开办、关闭日期，这个月不应报。")))
            return
        if isinstance(cell["parts"], tuple) and cell["parts"]:
            st.caption(escaped(missing_towns(cell["parts"])))
        told = report_cell(frame.database, current_workspace(), group, frame.filters.period.last, str(reporter), month)
        shown = told.assign(
            table=[table_words(str(table), language()) for table in told["table_name"]],
            due=[formatting.day(pd.Timestamp(day).date(), language()) for day in told["due_on"]],
            first=[_arrival(*each) for each in told[["first_load_id", "first_loaded_at", "first_by"]].itertuples(index=False)],
            last=[_arrival(*each) for each in told[["last_load_id", "last_loaded_at", "last_by"]].itertuples(index=False)],
            findings=[
                _("{named} 条点名，全文件 {found} 条", named=named, found=found)
                for named, found in zip(told["named"], told["found"], strict=True)
            ],
        )
        columns = [
            TableColumn("table", _("表")),
            TableColumn("due", _("到期日")),
            TableColumn("first", _("首次到达")),
            TableColumn("last", _("最近到达")),
            TableColumn("file", _("文件")),
            TableColumn("findings", _("问题")),
            TableColumn("row_count", _("行数"), "count"),
        ]
        show_table(shown, columns, key="data_cell", title=_("这一格背后"), source=frame.source())


def _arrival(load: Any, moment: Any, who: object) -> str:
    """Return "第 3 批 2025-11-09 18:20 王敏"; "—" where nobody knows."""
    if pd.isna(load):
        return MISSING
    when = formatting.moment(pd.Timestamp(moment).to_pydatetime()) if pd.notna(moment) else ""
    return " ".join(filter(None, (_("第 {load} 批", load=int(load)), when, str(who) if isinstance(who, str) else "")))
