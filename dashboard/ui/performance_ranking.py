"""Who is ahead and whether it is real: score, band, movement, rank interval, and who cannot be told apart."""

import math
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.services.performance import Ranking, movement, number_at
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.charts import base_figure, show_figure
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import empty_state, plotly_text
from dashboard.ui.theme import Palette, palette

_ROW_PIXELS = 58
_SCORE_AXIS = (0.30, 0.53)
_RANK_AXIS = (0.60, 0.985)


def place(rank: float) -> str:
    """Return "第 2 名" or, for a shared rank, "第 2.5 名"."""
    return _("第 {rank} 名", rank=formatting.number(rank, 0 if float(rank).is_integer() else 1))


def _joined(names: list[str]) -> str:
    return _("、").join(names)


def finding(ranking: Ranking | None) -> str:
    """Return the page's title: who is surely first, and which places another set of weights would change."""
    if ranking is None or ranking.intervals is None:
        return _("绩效评价：还没有可以计分的数据")
    order = ranking.order
    names = ranking.inputs.names
    if len(order) == 1:
        return _(
            "{name}得 {score} 分；只有一个单位，没有名次可比",
            name=names[order[0]],
            score=formatting.number(ranking.current.total[order[0]], 1),
        )
    grouped = {unit: group for group in ranking.groups for unit in group}
    parts = []
    first = order[0]
    if first in grouped:
        everybody = len(grouped[first]) == len(order)
        parts.append(_("{count} 家分不出高下", count=len(order)) if everybody else _("前 {count} 名分不出高下", count=len(grouped[first])))
    else:
        parts.append(_("{name}稳居第一", name=names[first]))
    others = [group for group in ranking.groups if first not in group]
    spans = [f"{order.index(group[0]) + 1}–{order.index(group[-1]) + 1}" for group in others]
    if spans:
        parts.append(_("第 {spans} 名换一组权重就会易位", spans=_joined(spans)))
    elif first not in grouped:
        parts.append(_("名次换权重不变"))
    last = order[-1]
    if last not in grouped:
        parts.append(_("{name}垫底", name=names[last]))
    return _("；").join(parts)


def _movement(value: float) -> str:
    if math.isnan(value):
        return _("上期无名次")
    steps = formatting.number(abs(value), 0 if float(value).is_integer() else 1)
    return _("较上期 {sign}", sign="—" if value == 0 else f"▲{steps}" if value > 0 else f"▼{steps}")


def _words(x: float, y: float, text: str, colour: str, size: int, side: str = "left") -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "y",
        "text": text,
        "showarrow": False,
        "xanchor": side,
        "yanchor": "middle",
        "borderpad": 0,
        "font": {"color": colour, "size": size},
    }


def _box(x0: float, x1: float, y0: float, y1: float, colour: str, *, axis: str = "paper", opacity: float = 1.0) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": axis,
        "yref": "y",
        "x0": x0,
        "x1": x1,
        "y0": y0,
        "y1": y1,
        "fillcolor": colour,
        "line": {"width": 0},
        "layer": "below",
        "opacity": opacity,
    }


def band_name(ranking: Ranking, unit: str) -> str:
    """Return the band of a unit in the reader's language."""
    band = ranking.current.band[unit]
    return next((each.name if language() == "zh" else each.name_en for each in ranking.scheme.bands if each.name == band), "")


def ranking_figure(ranking: Ranking, colours: Palette) -> go.Figure:
    """Return score bars from 0 to 100 on the left, rank and its 90 % interval on the right, one row per unit in rank order.

    Shapes and texts are collected and set at once: one by one they cost more than the ten thousand draws.
    """
    order = ranking.order
    count = len(order)
    shapes, texts = [], []
    row = {unit: index for index, unit in enumerate(order)}
    for group in ranking.groups:
        top, bottom = row[group[0]] - 0.45, row[group[-1]] + 0.45
        shapes.append(_box(0, 1, top, bottom, colours.page))
        texts.append(_words(0.995, top + 0.13, _("分不出高下"), colours.muted, 11, "right"))
    for unit, index in row.items():
        shapes.append(_box(0.008, 0.013, index - 0.28, index + 0.28, _colour(ranking, unit, colours)))
        texts += _row_words(ranking, unit, index, colours)
    figure = base_figure(colours, _ROW_PIXELS * count + 34)
    figure.add_bar(**_bars(ranking, colours))
    if ranking.intervals is not None:
        shapes += _interval_boxes(ranking, colours)
        figure.add_scatter(**_rank_marks(ranking, colours))
    figure.update_layout(
        margin={"l": 0, "r": 4, "t": 26, "b": 0},
        shapes=shapes,
        annotations=texts,
        xaxis={"domain": list(_SCORE_AXIS), "range": [0, 100], "visible": False, "fixedrange": True},
        xaxis2={
            "domain": list(_RANK_AXIS),
            "range": [0.6, max(count, 2) + 0.4],
            "side": "top",
            "fixedrange": True,
            "anchor": "y",
            "tickmode": "array",
            "tickvals": list(range(1, count + 1)),
            "showline": False,
            "gridcolor": colours.border,
            "ticktext": [_("第{rank}", rank=rank) for rank in range(1, count + 1)],
            "tickfont": {"color": colours.muted, "size": 11},
        },
        yaxis={"range": [count - 0.45, -0.55], "visible": False, "fixedrange": True},
    )
    return figure


def _colour(ranking: Ranking, unit: str, colours: Palette) -> str:
    return colours.community(int(ranking.inputs.positions[unit]))


def _row_words(ranking: Ranking, unit: str, index: int, colours: Palette) -> list[dict[str, Any]]:
    """Return name, movement with band, and score of one row; a score on too little data is greyed with the reason."""
    current = ranking.current
    trusted = bool(current.trusted[unit])
    trust = "" if trusted else f" · ○ {_('数据 {share}，不可信', share=formatting.percent(current.completeness[unit], 0))}"
    below = f"{_movement(float(movement(ranking)[unit]))} · {band_name(ranking, unit)}{trust}"
    score = formatting.number(current.total[unit], 1)
    return [
        _words(0.024, index - 0.13, f"<b>{plotly_text(ranking.inputs.names[unit])}</b>", colours.text, 14),
        _words(0.024, index + 0.22, plotly_text(below), colours.muted, 11),
        _words(_SCORE_AXIS[0] - 0.015, index, f"<b>{score}</b>", colours.text if trusted else colours.muted, 20, "right"),
    ]


def _bars(ranking: Ranking, colours: Palette) -> dict[str, Any]:
    order, current = ranking.order, ranking.current
    score, complete = _("得分"), _("数据完整度")
    about = [
        [
            plotly_text(ranking.inputs.names[unit]),
            formatting.number(current.total[unit], 2),
            formatting.percent(current.completeness[unit], 0),
        ]
        for unit in order
    ]
    return {
        "x": [current.total[unit] for unit in order],
        "y": list(range(len(order))),
        "orientation": "h",
        "width": 0.3,
        "customdata": about,
        "marker": {
            "color": [_colour(ranking, unit, colours) for unit in order],
            "cornerradius": 3,
            "opacity": [0.9 if current.trusted[unit] else 0.35 for unit in order],
        },
        "hovertemplate": f"<b>%{{customdata[0]}}</b><br>{score} %{{customdata[1]}}<br>{complete} %{{customdata[2]}}<extra></extra>",
    }


def _interval_boxes(ranking: Ranking, colours: Palette) -> list[dict[str, Any]]:
    assert ranking.intervals is not None
    table = ranking.intervals.table
    return [
        _box(
            number_at(table, unit, "low") - 0.02,
            number_at(table, unit, "high") + 0.02,
            index - 0.06,
            index + 0.06,
            _colour(ranking, unit, colours),
            axis="x2",
            opacity=0.45,
        )
        for index, unit in enumerate(ranking.order)
    ]


def _rank_marks(ranking: Ranking, colours: Palette) -> dict[str, Any]:
    assert ranking.intervals is not None
    table = ranking.intervals.table.loc[ranking.order]
    about = [
        plotly_text(
            _(
                "{place}；换权重后 90% 落在第 {low}–{high} 名；得第一的机会 {first}",
                place=place(number_at(table, unit, "rank")),
                low=formatting.number(number_at(table, unit, "low")),
                high=formatting.number(number_at(table, unit, "high")),
                first=formatting.percent(number_at(table, unit, "share_first"), 0),
            )
        )
        for unit in ranking.order
    ]
    return {
        "x": table["rank"].tolist(),
        "y": list(range(len(table))),
        "mode": "markers",
        "xaxis": "x2",
        "customdata": about,
        "marker": {"color": [_colour(ranking, unit, colours) for unit in ranking.order], "size": 14, "opacity": 1},
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def ranking_sentence(ranking: Ranking) -> str:
    """Return the ranking as one sentence for a screen reader."""
    current = ranking.current
    return _("；").join(
        _(
            "{place} {name} {score} 分",
            place=place(current.rank[unit]),
            name=ranking.inputs.names[unit],
            score=formatting.number(current.total[unit], 1),
        )
        for unit in ranking.order
    )


def ranking_block(ranking: Ranking | None, *, key: str = "performance_ranking") -> None:
    """Draw the ranking."""
    with card(key, _("得分与名次：线段 = 10,000 组权重下的名次 90% 区间"), _("同色底 = 分不出高下")):
        if ranking is None:
            empty_state(_("没有医共体名单，无法排名。"), _("请在数据包里补上“医共体”表（dim_community）和机构所属医共体。"))
            return
        if not ranking.order:
            empty_state(
                _("这个时期没有方案所需的任何指标数据。"),
                _("请换一个时期，或在“数据与口径”页查看缺哪些表；也可以换一个方案。"),
            )
            return
        show_figure(ranking_figure(ranking, palette()), key=key, alt=ranking_sentence(ranking))
        unscored = [str(ranking.inputs.names[unit]) for unit in ranking.inputs.units if unit not in ranking.order]
        if unscored:
            st.caption(_("没有数据、不参加排名：{names}", names=_joined(unscored)))
