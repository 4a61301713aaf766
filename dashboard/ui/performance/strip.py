"""Where each unit falls short: unit × dimension, every cell a button."""

import math
from dataclasses import dataclass

import streamlit as st

from dashboard.catalogue.performance import performance_plan
from dashboard.services.performance.answer import Ranking, dimension_shares, number_at
from dashboard.states import FILLS, INCOMPLETE, State
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.strip import StripCell, StripLine, show_strip
from dashboard.ui.performance.weights import label

UNIT_KEY, DIMENSION_KEY = "performance_cell_unit", "performance_cell_dimension"
_STRIP = "performance_strip"


@dataclass(frozen=True)
class Cell:
    """One cell of the strip."""

    unit: str
    dimension: str


def _weakest(ranking: Ranking) -> Cell:
    """Return the cell that costs its unit the most points."""
    detail = ranking.current.by_indicator
    lost = (detail["weight"] - detail["points"]).groupby([detail.index.get_level_values("unit"), detail["dimension"]]).sum(min_count=1)
    unit, dimension = lost.unstack().stack().idxmax()  # type: ignore[misc]
    return Cell(str(unit), str(dimension))


def _lines(ranking: Ranking, chosen: Cell) -> list[StripLine]:
    """Return what each cell shows: share, state, and the sentence behind it."""
    shares = dimension_shares(ranking.current)
    incomplete = {(str(row.unit), str(row.indicator)) for row in ranking.current.missing.itertuples()}
    limits = performance_plan().strip
    belongs = {indicator.id: indicator.dimension for indicator in ranking.scheme.indicators}
    holes = {(unit, belongs[name]) for unit, name in incomplete if name in belongs}
    lines = []
    for unit in ranking.order:
        cells = []
        for dimension in ranking.scheme.dimensions:
            share = number_at(shares, unit, dimension.id)
            hover = _("{dimension}：得分率 {share}%", dimension=label(dimension), share=formatting.number(share, 1))
            state: State | None = None if math.isnan(share) else FILLS[limits.level(share)]
            if not ranking.current.trusted[unit] and state is not None:
                state = State.UNKNOWN
                hover += _("；数据完整度 {share}，不可信", share=formatting.percent(ranking.current.completeness[unit], 0))
            hole = (unit, dimension.id) in holes
            if hole:
                hover += _("；部分指标缺数据")
            on = chosen == Cell(unit, dimension.id)
            cells.append(StripCell(formatting.number(share), state, hover, INCOMPLETE if hole else "", on))
        lines.append(StripLine(unit, str(ranking.inputs.names[unit]), cells))
    return lines


def _clicked(unit: str, dimension: str) -> None:
    """Open a cell of the strip below; ``chosen_cell`` looks whether there is such a cell."""
    st.session_state[UNIT_KEY], st.session_state[DIMENSION_KEY] = unit, dimension


def chosen_cell(ranking: Ranking) -> Cell:
    """Return the cell that is open; at first the one that costs its unit the most points."""
    weakest = _weakest(ranking)
    if st.session_state.get(UNIT_KEY) not in ranking.order:
        st.session_state[UNIT_KEY] = weakest.unit
    if st.session_state.get(DIMENSION_KEY) not in {dimension.id for dimension in ranking.scheme.dimensions}:
        st.session_state[DIMENSION_KEY] = weakest.dimension
    return Cell(st.session_state[UNIT_KEY], st.session_state[DIMENSION_KEY])


def ranking_strip(ranking: Ranking, cell: Cell) -> None:
    """Draw the strip with ``cell`` pressed."""
    dimensions = ranking.scheme.dimensions
    show_strip(
        _STRIP,
        _lines(ranking, cell),
        [(dimension.id, label(dimension)) for dimension in dimensions],
        alt=_("各单位在 {count} 个维度的得分率", count=len(dimensions)),
        on_pick=_clicked,
    )


def unit_names(ranking: Ranking) -> dict[str, str]:
    """Return the name of every unit; for choices."""
    return {str(unit): str(name) for unit, name in ranking.inputs.names.items()}
