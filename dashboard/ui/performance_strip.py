"""Where each unit falls short: unit × dimension, then the indicators of one cell with numerator, denominator and what it would take."""

import math
import textwrap
from dataclasses import dataclass

import streamlit as st

from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.performance import performance_plan
from dashboard.catalogue.scheme import SchemeIndicator
from dashboard.services.performance import Ranking, dimension_shares, number_at
from dashboard.services.performance_detail import Shortfall, shortfalls
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.charts import CONFIG, HeatCell, heat_strip
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import escaped, plotly_text
from dashboard.ui.performance_weights import label
from dashboard.ui.theme import palette

_CELL = "performance_cell"
_STRIP = "performance_strip"
_SHORT = 4
_LINES = 3
_UNITLESS = ("比值", "指数")
_CELL_PIXELS = 38
_LEVEL_SIGN = {0: "▼", 1: "▽", 2: "", 3: "✓"}


@dataclass(frozen=True)
class Cell:
    """One cell of the strip."""

    unit: str
    dimension: str


def value_text(name: str, value: float) -> str:
    """Return a value of the indicator ``name`` with its unit."""
    entry = load_catalogue().indicators.get(name)
    text = formatting.number(value, 1 if entry is None else entry.decimals)
    if entry is None or text == formatting.MISSING or entry.unit in _UNITLESS:
        return text
    return f"{text}{entry.unit}" if entry.unit in "%‰" else f"{text} {_(entry.unit)}"


def _weakest(ranking: Ranking) -> Cell:
    """Return the cell that costs its unit the most points."""
    detail = ranking.current.by_indicator
    lost = (detail["weight"] - detail["points"]).groupby([detail.index.get_level_values("unit"), detail["dimension"]]).sum(min_count=1)
    unit, dimension = lost.unstack().stack().idxmax()  # type: ignore[misc]
    return Cell(str(unit), str(dimension))


def _clicked(ranking: Ranking) -> None:
    """A cell of the strip was clicked: open it below."""
    points = st.session_state[_STRIP].selection.points
    if points:
        column, row = points[0]["point_index"] % len(ranking.scheme.dimensions), points[0]["point_index"] // len(ranking.scheme.dimensions)
        st.session_state[f"{_CELL}_unit"] = ranking.order[row]
        st.session_state[f"{_CELL}_dimension"] = ranking.scheme.dimensions[column].id


def wrapped(text: str) -> str:
    """Return a heading in the few lines that fit over a cell; the whole name is in the hover."""
    if language() == "zh":
        lines = [text[start : start + _SHORT] for start in range(0, len(text), _SHORT)]
    else:
        lines = textwrap.wrap(text, 2 * _SHORT + 2, break_long_words=False)
    shown = lines if len(lines) <= _LINES else [*lines[: _LINES - 1], f"{lines[_LINES - 1]}…"]
    return "<br>".join(plotly_text(line) for line in shown)


def _cells(ranking: Ranking) -> list[list[HeatCell]]:
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
            line.append(HeatCell(level, f"{formatting.number(share)}{sign}{hole}", hover))
        rows.append(line)
    return rows


def strip_block(ranking: Ranking) -> None:
    """Draw the strip and, under it, the indicators of the chosen cell."""
    with card("performance_strip_card", _("短板在哪里：得分率 %，点格子看指标、分子、分母"), _("✓ ≥90 · ▽ <75 · ▼ <60 · ○ 数据不全")):
        colours = palette()
        names = [str(ranking.inputs.names[unit]) for unit in ranking.order]
        headings = [label(dimension) for dimension in ranking.scheme.dimensions]
        figure = heat_strip(names, headings, _cells(ranking), height=_CELL_PIXELS * len(names) + 58, colours=colours)
        # A heat map reports no clicks: an invisible mark on every cell does.
        figure.add_scatter(
            x=[heading for _name in names for heading in figure.data[0].x],
            y=[name for name in figure.data[0].y for _heading in headings],
            mode="markers",
            marker={"size": 34, "opacity": 0, "symbol": "square"},
            # The marks lie over the heat map and take its hover too; one that skips hover would not be clicked either.
            customdata=[text for line in figure.data[0].customdata for text in line],
            hovertemplate="%{y} · %{customdata}<extra></extra>",
            selected={"marker": {"opacity": 0}},
            unselected={"marker": {"opacity": 0}},
        )
        figure.update_layout(clickmode="event+select", hovermode="closest")
        figure.update_xaxes(tickmode="array", tickvals=list(figure.data[0].x), ticktext=[wrapped(heading) for heading in headings])
        st.plotly_chart(
            figure,
            key=_STRIP,
            alt=_("各单位在 {count} 个维度的得分率", count=len(headings)),
            config=CONFIG,
            theme="streamlit",
            width="stretch",
            on_select=lambda: _clicked(ranking),
            selection_mode="points",
        )
        cell = _choose_cell(ranking)
        for item in shortfalls(ranking, cell.unit, cell.dimension):
            _shortfall(ranking, item)


def unit_names(ranking: Ranking) -> dict[str, str]:
    """Return the name of every unit; for choices."""
    return {str(unit): str(name) for unit, name in ranking.inputs.names.items()}


def _choose_cell(ranking: Ranking) -> Cell:
    weakest = _weakest(ranking)
    dimensions = {dimension.id: dimension for dimension in ranking.scheme.dimensions}
    unit_key, dimension_key = f"{_CELL}_unit", f"{_CELL}_dimension"
    if st.session_state.get(unit_key) not in ranking.order:
        st.session_state[unit_key] = weakest.unit
    if st.session_state.get(dimension_key) not in dimensions:
        st.session_state[dimension_key] = weakest.dimension
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.selectbox(
            _("单位"),
            ranking.order,
            format_func=unit_names(ranking).__getitem__,
            key=unit_key,
            label_visibility="collapsed",
            width=170,
        )
        st.selectbox(
            _("维度"),
            list(dimensions),
            format_func={name: label(each) for name, each in dimensions.items()}.__getitem__,
            key=dimension_key,
            label_visibility="collapsed",
            width=230,
        )
    return Cell(st.session_state[unit_key], st.session_state[dimension_key])


def target_words(indicator: SchemeIndicator, scheme_form: str) -> str:
    """Return how a value becomes a score: "75→0 分，90→90 分，95→100 分"."""
    if scheme_form == "target" and indicator.attainment is not None:
        steps = [_("{value}→{score} 分", value=f"{value:g}", score=f"{score:g}") for value, score in indicator.attainment.knots]
        return _("，").join(steps)
    return {
        "minmax": _("组内最差 0 分、最好 100 分"),
        "z": _("组内平均 50 分，每个标准差 10 分"),
        "ratio": _("与参照值之比，封顶 {cap} 分", cap=f"{indicator.cap:g}"),
    }[scheme_form]


def _sides(ranking: Ranking, item: Shortfall) -> str:
    if (item.indicator.id, item.unit) not in ranking.inputs.readings.index:
        return _("由评定或扣分记录得出")
    key = (item.indicator.id, item.unit)
    numerator, denominator = (number_at(ranking.inputs.readings, key, side) for side in ("numerator", "denominator"))
    if math.isnan(denominator):
        return _("数量 {numerator}", numerator=formatting.count(numerator))
    return f"{formatting.number(numerator)} ÷ {formatting.number(denominator)}"


def _shortfall(ranking: Ranking, item: Shortfall) -> None:
    """Draw one indicator: value, score, what it costs, both sides of the rate, distance to the others, effect of reaching them."""
    indicator = item.indicator
    if math.isnan(item.score):
        lacking = _("缺数据，{treatment}", treatment=treatment_words(item.treatment))
        st.markdown(f"○ **{escaped(label(indicator))}** :small[:gray[{escaped(lacking)}]]")
        return
    head = _(
        "{name} {value}，得 {score} 分，权重 {weight}，失 {lost} 分",
        name=label(indicator),
        value=value_text(indicator.id, item.value),
        score=formatting.number(item.score),
        weight=formatting.number(item.weight, 1),
        lost=formatting.number(item.lost, 1),
    )
    change = "" if math.isnan(item.change) else _("较上期 {change}", change=formatting.number(item.change, 1, signed=True))
    parts = [
        _sides(ranking, item),
        _("最好 {best}", best=value_text(indicator.id, item.best)),
        _("中位 {median}", median=value_text(indicator.id, item.median)),
        change,
        target_words(indicator, ranking.scheme.normalisation_of(indicator)),
    ]
    if item.gain_at_median > 0.05:
        parts.append(
            _(
                "若达中位：总分 +{gain}，{before} → {after}",
                gain=formatting.number(item.gain_at_median, 1),
                before=formatting.number(item.rank, 1 if item.rank % 1 else 0),
                after=formatting.number(item.rank_at_median, 1 if item.rank_at_median % 1 else 0),
            )
        )
    st.markdown(f"**{escaped(head)}**  \n:small[:gray[{escaped(' · '.join(part for part in parts if part))}]]")


def treatment_words(treatment: str) -> str:
    """Return what the scheme does with a missing value."""
    return {
        "reweighted": _("权重由其他指标分担"),
        "zero": _("按 0 分计"),
        "excluded": _("全体不计此项"),
        "not_checked": _("未核查"),
    }[treatment]
