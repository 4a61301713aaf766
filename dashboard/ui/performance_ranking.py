"""Who is ahead and whether it is real: score, band, movement, rank interval, and who cannot be told apart."""

import math

import plotly.graph_objects as go
import streamlit as st

from dashboard.services.performance import Ranking, movement
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
        return _("{name}得 {score} 分；只有一个单位，没有名次可比", name=names[order[0]], score=formatting.number(ranking.current.total[order[0]], 1))
    grouped = {unit: group for group in ranking.groups for unit in group}
    parts = []
    first = order[0]
    if first in grouped:
        parts.append(_("前 {count} 名分不出高下（{names}）", count=len(grouped[first]), names=_joined([names[unit] for unit in grouped[first]])))
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


def _write(figure: go.Figure, x: float, y: float, text: str, colour: str, size: int, side: str = "left") -> None:
    figure.add_annotation(
        x=x, y=y, xref="paper", yref="y", text=text, showarrow=False, xanchor=side, yanchor="middle", font={"color": colour, "size": size},
        borderpad=0,
    )  # fmt: skip


def band_name(ranking: Ranking, unit: str) -> str:
    """Return the band of a unit in the reader's language."""
    band = ranking.current.band[unit]
    return next((each.name if language() == "zh" else each.name_en for each in ranking.scheme.bands if each.name == band), "")


def ranking_figure(ranking: Ranking, colours: Palette) -> go.Figure:
    """Return score bars from 0 to 100 on the left, rank and its 90 % interval on the right, one row per unit in rank order."""
    order, current = ranking.order, ranking.current
    table = ranking.intervals.table if ranking.intervals is not None else None
    count = len(order)
    figure = base_figure(colours, _ROW_PIXELS * count + 34)
    figure.update_layout(margin={"l": 0, "r": 4, "t": 26, "b": 0})
    row = {unit: index for index, unit in enumerate(order)}
    for group in ranking.groups:
        top, bottom = row[group[0]] - 0.45, row[group[-1]] + 0.45
        figure.add_shape(
            type="rect", xref="paper", yref="y", x0=0, x1=1, y0=top, y1=bottom, fillcolor=colours.page, line={"width": 0}, layer="below"
        )
        _write(figure, 0.995, top + 0.13, _("分不出高下"), colours.muted, 11, "right")
    moved = movement(ranking)
    for unit, index in row.items():
        trusted = bool(current.trusted[unit])
        colour = colours.community(int(ranking.inputs.positions[unit]))
        figure.add_shape(
            type="rect", xref="paper", yref="y", x0=0.008, x1=0.013, y0=index - 0.28, y1=index + 0.28, fillcolor=colour, line={"width": 0}
        )
        _write(figure, 0.024, index - 0.13, f"<b>{plotly_text(ranking.inputs.names[unit])}</b>", colours.text, 14)
        trust = "" if trusted else f" · ○ {_('数据 {share}，不可信', share=formatting.percent(current.completeness[unit], 0))}"
        below = f"{_movement(float(moved[unit]))} · {band_name(ranking, unit)}{trust}"
        _write(figure, 0.024, index + 0.22, plotly_text(below), colours.muted, 11)
        _write(figure, 0.285, index, f"<b>{formatting.number(current.total[unit], 1)}</b>", colours.text if trusted else colours.muted, 20, "right")
    shades = [colours.community(int(ranking.inputs.positions[unit])) for unit in order]
    figure.add_bar(
        x=[current.total[unit] for unit in order], y=list(range(count)), orientation="h", width=0.3,
        marker={"color": shades, "cornerradius": 3, "opacity": [0.9 if current.trusted[unit] else 0.35 for unit in order]},
        customdata=[
            [plotly_text(ranking.inputs.names[unit]), formatting.number(current.total[unit], 2), formatting.percent(current.completeness[unit], 0)]
            for unit in order
        ],
        hovertemplate=f"<b>%{{customdata[0]}}</b><br>{_('得分')} %{{customdata[1]}}<br>{_('数据完整度')} %{{customdata[2]}}<extra></extra>",
    )  # fmt: skip
    if table is not None:
        _rank_side(figure, ranking, colours, order)
    figure.update_layout(
        xaxis={"domain": list(_SCORE_AXIS), "range": [0, 100], "visible": False, "fixedrange": True},
        xaxis2={
            "domain": list(_RANK_AXIS), "range": [0.6, max(count, 2) + 0.4], "side": "top", "fixedrange": True, "anchor": "y", "tickmode": "array",
            "tickvals": list(range(1, count + 1)), "ticktext": [_("第{rank}", rank=rank) for rank in range(1, count + 1)], "showline": False,
            "tickfont": {"color": colours.muted, "size": 11}, "gridcolor": colours.border,
        },
        yaxis={"range": [count - 0.45, -0.55], "visible": False, "fixedrange": True},
    )  # fmt: skip
    return figure


def _rank_side(figure: go.Figure, ranking: Ranking, colours: Palette, order: list[str]) -> None:
    assert ranking.intervals is not None
    table = ranking.intervals.table
    for index, unit in enumerate(order):
        colour = colours.community(int(ranking.inputs.positions[unit]))
        low, high, rank = (float(table.loc[unit, name]) for name in ("low", "high", "rank"))
        figure.add_scatter(
            x=[low, high], y=[index, index], mode="lines", line={"color": colour, "width": 7}, opacity=0.4, xaxis="x2", hoverinfo="skip"
        )
        figure.add_scatter(
            x=[rank], y=[index], mode="markers", marker={"color": colour, "size": 14}, xaxis="x2",
            hovertemplate=plotly_text(
                _(
                    "{place}；换权重后 90% 落在第 {low}–{high} 名；得第一的机会 {first}",
                    place=place(rank), low=formatting.number(low), high=formatting.number(high),
                    first=formatting.percent(float(table.loc[unit, "share_first"]), 0),
                )
            ) + "<extra></extra>",
        )  # fmt: skip


def ranking_sentence(ranking: Ranking) -> str:
    """Return the ranking as one sentence for a screen reader."""
    current = ranking.current
    return _("；").join(
        _("{place} {name} {score} 分", place=place(current.rank[unit]), name=ranking.inputs.names[unit], score=formatting.number(current.total[unit], 1))
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
