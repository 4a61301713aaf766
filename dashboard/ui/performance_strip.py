"""Where each unit falls short: unit × dimension, every cell a button."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.catalogue.performance import performance_plan
from dashboard.services.performance import Ranking, dimension_shares, number_at
from dashboard.ui import formatting
from dashboard.ui.i18n import _
from dashboard.ui.performance_weights import label
from dashboard.ui.theme import palette

UNIT_KEY, DIMENSION_KEY = "performance_cell_unit", "performance_cell_dimension"
_STRIP = "performance_strip"
_FOLDER = Path(__file__).parent
_LEVEL_SIGN = {0: "▼", 1: "▽", 2: "", 3: "✓"}


@cache
def _asset(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


_strip = st.components.v2.component(
    "performance_strip", html='<div class="strip"></div>', css=_asset("performance_strip.css"), js=_asset("performance_strip.js")
)


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


def _cells(ranking: Ranking) -> list[list[dict[str, Any]]]:
    """Return what each cell shows: share, fill, sign, and the sentence behind it."""
    shares = dimension_shares(ranking.current)
    incomplete = {(str(row.unit), str(row.indicator)) for row in ranking.current.missing.itertuples()}
    limits = performance_plan().strip
    belongs = {indicator.id: indicator.dimension for indicator in ranking.scheme.indicators}
    holes = {(unit, belongs[name]) for unit, name in incomplete if name in belongs}
    rows = []
    for unit in ranking.order:
        line = []
        for dimension in ranking.scheme.dimensions:
            share = number_at(shares, unit, dimension.id)
            hole = "○" if (unit, dimension.id) in holes else ""
            level = None if math.isnan(share) else limits.level(share)
            sign = "" if level is None else _LEVEL_SIGN[level]
            hover = _("{dimension}：得分率 {share}%", dimension=label(dimension), share=formatting.number(share, 1))
            if hole:
                hover += _("；部分指标缺数据")
            line.append({"text": formatting.number(share), "level": level, "sign": f"{sign}{hole}", "title": hover})
        rows.append(line)
    return rows


def _clicked() -> None:
    """A cell of the strip was clicked: open it below; ``chosen_cell`` looks whether there is such a cell."""
    cell = st.session_state[_STRIP].get("cell")
    if not isinstance(cell, Mapping):
        return
    st.session_state[UNIT_KEY], st.session_state[DIMENSION_KEY] = str(cell.get("unit")), str(cell.get("dimension"))


def chosen_cell(ranking: Ranking) -> Cell:
    """Return the cell that is open; at first the one that costs its unit the most points."""
    weakest = _weakest(ranking)
    if st.session_state.get(UNIT_KEY) not in ranking.order:
        st.session_state[UNIT_KEY] = weakest.unit
    if st.session_state.get(DIMENSION_KEY) not in {dimension.id for dimension in ranking.scheme.dimensions}:
        st.session_state[DIMENSION_KEY] = weakest.dimension
    return Cell(st.session_state[UNIT_KEY], st.session_state[DIMENSION_KEY])


def show_strip(ranking: Ranking, cell: Cell) -> None:
    """Draw the strip with ``cell`` pressed."""
    colours = palette()
    dimensions = ranking.scheme.dimensions
    rows = [
        {
            "id": unit,
            "name": str(ranking.inputs.names[unit]),
            "cells": [each | {"on": cell == Cell(unit, dimension.id)} for each, dimension in zip(line, dimensions, strict=True)],
        }
        for unit, line in zip(ranking.order, _cells(ranking), strict=True)
    ]
    _strip(
        key=_STRIP,
        data={
            "alt": _("各单位在 {count} 个维度的得分率", count=len(dimensions)),
            "columns": [{"id": dimension.id, "label": label(dimension)} for dimension in dimensions],
            "rows": rows,
            "fills": list(colours.heat),
            "muted": colours.muted,
        },
        on_cell_change=_clicked,
    )


def unit_names(ranking: Ranking) -> dict[str, str]:
    """Return the name of every unit; for choices."""
    return {str(unit): str(name) for unit, name in ranking.inputs.names.items()}
