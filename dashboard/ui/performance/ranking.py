"""Who is ahead and whether it is real: score, band, movement, rank interval, and who cannot be told apart."""

import math
from collections.abc import Callable

import streamlit as st

from dashboard.services.performance.answer import Ranking, movement, number_at
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import Drawing, show_drawing
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.theme import Palette, palette

WHOLE = 100.0
_HEAD, _ROW_PIXELS = 24, 50
_SCORE_AXIS = (0.33, 0.55)
"""Where 0 and 100 points stand, as shares of the width."""
_BESIDE_SCORE = -78
"""What the texts of a row leave free on the left of the bars: the score in pixels."""
_RANK_AXIS = (0.61, 0.965)


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
        template = _("{name}稳居第一") if ranking.surely_first else _("{name}暂列第一，换一组权重未必")
        parts.append(template.format(name=names[first]))
    others = [group for group in ranking.groups if first not in group]
    spans = [f"{order.index(group[0]) + 1}–{order.index(group[-1]) + 1}" for group in others]
    if spans:
        parts.append(_("第 {spans} 名换一组权重就会易位", spans=_joined(spans)))
    elif (ranking.intervals.table["low"] == ranking.intervals.table["high"]).loc[order].all():
        parts.append(_("名次换权重不变"))
    last = order[-1]
    if last not in grouped and ranking.surely_last:
        parts.append(_("{name}垫底", name=names[last]))
    return _("；").join(parts)


def _movement(value: float) -> str:
    if math.isnan(value):
        return _("上期无名次")
    steps = formatting.number(abs(value), 0 if float(value).is_integer() else 1)
    return _("较上期 {sign}", sign="—" if value == 0 else f"▲{steps}" if value > 0 else f"▼{steps}")


def band_name(ranking: Ranking, unit: str) -> str:
    """Return the band of a unit in the reader's language."""
    band = ranking.current.band[unit]
    return next((each.name if language() == "zh" else each.name_en for each in ranking.scheme.bands if each.name == band), "")


def ranking_drawing(ranking: Ranking, colours: Palette) -> Drawing:
    """Return score bars from 0 to 100 on the left, rank and its 90 % interval on the right, one row per unit in rank order."""
    order = ranking.order
    picture = Drawing(_HEAD + _ROW_PIXELS * len(order) + 4, 0, 0, ranking_sentence(ranking))
    bottom = _HEAD + _ROW_PIXELS * len(order)
    row = {unit: index for index, unit in enumerate(order)}
    for group in ranking.groups:
        top = _HEAD + _ROW_PIXELS * row[group[0]]
        picture.rect(0, 1, top + 1, _ROW_PIXELS * len(group) - 2, colours.page, radius=6)
        picture.text(0.995, top + 13, _("分不出高下"), colours.muted, anchor="end", size=11)
    for rank in _shown_ranks(len(order)):
        x = _rank_at(rank, len(order))
        picture.line(x, _HEAD - 4, x, bottom, colours.border)
        picture.text(x, 14, _("第{rank}", rank=rank), colours.muted, anchor="middle", size=11)
    for unit, index in row.items():
        _draw_row(picture, ranking, unit, _HEAD + _ROW_PIXELS * index, colours)
    return picture


def _shown_ranks(count: int) -> list[int]:
    """Return the ranks that the axis names: all of a few, a dozen of many."""
    step = -(-count // 12)
    return [1, *(rank for rank in range(2, count + 1) if rank % step == 0 or step == 1)]


def _rank_at(rank: float, count: int) -> float:
    """Return where ``rank`` stands, as a share of the width."""
    left, right = _RANK_AXIS
    return left + (right - left) * ((rank - 1) / (count - 1) if count > 1 else 0.5)


def _draw_row(picture: Drawing, ranking: Ranking, unit: str, top: int, colours: Palette) -> None:
    """Draw one unit: colour, name, movement and band, score with its bar; then rank and interval."""
    current, tint = ranking.current, colours.community(int(ranking.inputs.positions[unit]))
    name, middle = str(ranking.inputs.names[unit]), top + _ROW_PIXELS / 2
    trusted = bool(current.trusted[unit])
    score = float(current.total[unit])
    picture.rect(0.008, 0.008 + 0.005, top + 9, _ROW_PIXELS - 18, tint, radius=1)
    picture.text(0.008, middle - 3, name, colours.text, size=14.5, bold=True, dx=12, pixels=_BESIDE_SCORE, share=_SCORE_AXIS[0])
    picture.text(0.008, middle + 15, _below(ranking, unit), colours.muted, size=11, dx=12, pixels=_BESIDE_SCORE, share=_SCORE_AXIS[0])
    picture.text(
        _SCORE_AXIS[0], middle + 7, formatting.number(score, 1), colours.text if trusted else colours.muted, anchor="end",
        size=20, bold=True, dx=-8,
    )  # fmt: skip
    about = _("{name}：得分 {score}，数据完整度 {share}", name=name, score=formatting.number(score, 2),
              share=formatting.percent(current.completeness[unit], 0))  # fmt: skip
    length = (_SCORE_AXIS[1] - _SCORE_AXIS[0]) * score / WHOLE
    picture.rect(_SCORE_AXIS[0], _SCORE_AXIS[0] + length, middle - 8, 16, tint, opacity=0.9 if trusted else 0.35, title=about)
    _draw_interval(picture, ranking, unit, middle, tint)


def _below(ranking: Ranking, unit: str) -> str:
    """Return movement and band of a unit; a score on too little data says so."""
    current = ranking.current
    parts = [_movement(float(movement(ranking)[unit])), band_name(ranking, unit)]
    if not current.trusted[unit]:
        parts.append(f"○ {_('数据 {share}，不可信', share=formatting.percent(current.completeness[unit], 0))}")
    return " · ".join(part for part in parts if part)


def interval_words(ranking: Ranking, unit: str) -> str:
    """Return rank, 90 % interval and the chance to be first of a unit in one sentence."""
    assert ranking.intervals is not None
    table = ranking.intervals.table
    return _(
        "{place}；换权重后 90% 落在第 {low}–{high} 名；得第一的机会 {first}",
        place=place(number_at(table, unit, "rank")),
        low=formatting.number(number_at(table, unit, "low")),
        high=formatting.number(number_at(table, unit, "high")),
        first=formatting.percent(number_at(table, unit, "share_first"), 0),
    )


def _draw_interval(picture: Drawing, ranking: Ranking, unit: str, middle: float, tint: str) -> None:
    assert ranking.intervals is not None
    table, count = ranking.intervals.table, len(ranking.order)
    low, high, rank = (number_at(table, unit, column) for column in ("low", "high", "rank"))
    words = interval_words(ranking, unit)
    margin = 0.006
    picture.rect(_rank_at(low, count) - margin, _rank_at(high, count) + margin, middle - 4, 8, tint, opacity=0.45, radius=4, title=words)
    picture.circle(_rank_at(rank, count), middle, tint, tint, radius=7, title=words)


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


def ranking_block(
    ranking: Ranking | None,
    *,
    key: str = "performance_ranking",
    details: Callable[[], None] | None = None,
    picture: Callable[[], None] | None = None,
) -> None:
    """Draw the ranking; ``details`` draws the definitions and the table behind it, ``picture`` the rows in a way of its own."""
    with card(key, _("得分与名次：线段 = 10,000 组权重下的名次 90% 区间"), _("同色底 = 分不出高下"), details=details):
        if ranking is None:
            empty_state(_("没有医共体名单，无法排名。"), _("请在数据包里补上“医共体”表（dim_community）和机构所属医共体。"))
            return
        if not ranking.order:
            empty_state(
                _("这个时期没有方案所需的任何指标数据。"),
                _("请换一个时期或方案；“方案与审定”里列有方案用到的指标。"),
            )
            return
        if picture is None:
            show_drawing(key, ranking_drawing(ranking, palette()))
        else:
            picture()
        unscored = [str(ranking.inputs.names[unit]) for unit in ranking.inputs.units if unit not in ranking.order]
        if unscored:
            st.caption(escaped(_("没有数据、不参加排名：{names}", names=_joined(unscored))))
