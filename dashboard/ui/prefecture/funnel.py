"""同规模比一比: the counties by size within the limits of chance, those of like size marked."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.analysis.counties import round_steps
from dashboard.catalogue.monitoring import monitoring_plan
from dashboard.catalogue.prefecture import prefecture_settings
from dashboard.services.prefecture.answer import Compared, Prefecture
from dashboard.services.prefecture.wording import value_text
from dashboard.states import SIGNS, State
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import Drawing, show_drawing
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import OWN_GRADE, Definition, catalogue_definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import Palette, palette
from dashboard.ui.prefecture.asked import Asked, picked, row_of

_HEIGHT, _TOP, _BOTTOM = 290, 10, 20
_LEFT, _RIGHT = 44, 74
_ROOM = 0.12
_LARGE = 100_000
"""From here on a size is written short."""
_NAME_ROOM = 15.0
"""Pixels between the names of two points, up and down; nearer ones stand on the other side of their point."""


class _Plane:
    """Where a size and a value stand in the picture."""

    def __init__(self, compared: Compared) -> None:
        known = compared.table[compared.table["value"].notna()]
        sizes, values = known["denominator"], [*known["value"].to_list(), compared.whole]
        if compared.funnel is not None:
            near = compared.funnel.curve[compared.funnel.curve["size"].ge(float(sizes.min()))]
            values += [float(near["low_95"].min()), float(near["high_95"].max())]
        margin = _ROOM * (max(values) - min(values)) or 1.0
        self.low, self.high = min(values) - margin, max(values) + margin
        self.largest = float(sizes.max()) * 1.08

    def x(self, size: float) -> float:
        return size / self.largest

    def y(self, value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (self.high - value) / (self.high - self.low)


def funnel_card(asked: Asked) -> None:
    """Draw the counties by the size of the denominator, with the limits of chance where they hold."""
    compared = asked.compared
    name = compared.indicator.short_label(language())
    with card(
        "prefecture_funnel",
        _("{name}：同规模比一比", name=name),
        _("圆点 = 县"),
        details=partial(_details, asked),
    ):
        show_drawing("prefecture_funnel", _picture(asked), on_pick=picked)
        st.caption("  \n".join(_words(asked)))


def _picture(asked: Asked) -> Drawing:
    shade, compared = palette(), asked.compared
    plane = _Plane(compared)
    name = compared.indicator.short_label(language())
    drawing = Drawing(_HEIGHT, _LEFT, _RIGHT, _("{name}按分母大小排开的各县，与随机波动界限", name=name))
    _axes(asked, drawing, shade, plane)
    if compared.funnel is not None:
        _limits(drawing, shade, plane, compared.funnel.curve)
    whole = plane.y(compared.whole)
    drawing.line(0, whole, 1, whole, shade.text, width=1.2)
    drawing.text(1, whole + 4, _("全市 {value}", value=value_text(compared, compared.whole, language())), shade.text, size=11.5, dx=5)
    _peers(asked, drawing, shade, plane)
    _points(asked, drawing, shade, plane)
    return drawing


def _axes(asked: Asked, drawing: Drawing, shade: Palette, plane: _Plane) -> None:
    bottom = _HEIGHT - _BOTTOM
    for value in round_steps(plane.low, plane.high, 8):
        decimals = 0 if value == round(value) else 1
        drawing.line(0, plane.y(value), 1, plane.y(value), shade.grid)
        drawing.text(0, plane.y(value) + 4, formatting.number(value, decimals), shade.muted, anchor="end", size=11, dx=-6)
    for size in [0.0, *round_steps(0, plane.largest * 0.98, 4)]:
        drawing.text(
            plane.x(size),
            bottom + 16,
            formatting.number(size) if size < _LARGE else formatting.compact(size, language()),
            shade.muted,
            anchor="middle",
            size=11,
        )


def _limits(drawing: Drawing, shade: Palette, plane: _Plane, curve: pd.DataFrame) -> None:
    """Draw both pairs of limits, cut at the edges of the picture."""
    for name, dash, colour, words in (("95", "4 3", shade.muted, "95%"), ("998", "", shade.muted, "99.8%")):
        for side in ("low", "high"):
            inside = curve[curve[f"{side}_{name}"].between(plane.low, plane.high)]
            points = [(plane.x(size), plane.y(value)) for size, value in zip(inside["size"], inside[f"{side}_{name}"], strict=True)]
            if len(points) > 1:
                drawing.path(points, colour, width=1.2, dash=dash)
                if side == "high":
                    drawing.text(1, points[-1][1] + 4, _("{share} 限", share=words), shade.muted, size=11, dx=5)


def _peers(asked: Asked, drawing: Drawing, shade: Palette, plane: _Plane) -> None:
    """Draw the value of the counties of like size together over their span of sizes."""
    codes = asked.answer.peers(asked.county)
    sizes = asked.compared.on_time["denominator"].reindex(codes).dropna()
    value = asked.compared.together(codes)
    if len(sizes) > 1 and not np.isnan(value):
        drawing.line(
            plane.x(float(sizes.min())), plane.y(value), plane.x(float(sizes.max())), plane.y(value), shade.primary, width=2, dash="5 3"
        )


def _points(asked: Asked, drawing: Drawing, shade: Palette, plane: _Plane) -> None:
    compared, peers = asked.compared, set(asked.answer.peers(asked.county))
    rows = compared.table[compared.table["value"].notna()].sort_values("denominator")
    named = {*asked.pictured, *rows.index[rows["score"].abs().ge(monitoring_plan().funnel)]}
    taken: list[tuple[float, float]] = []
    for code, row in rows.iterrows():
        x, y, on = plane.x(float(row["denominator"])), plane.y(float(row["value"])), code == asked.county
        fill = shade.text if on else shade.primary if code in peers and not row["late"] else shade.card
        edge = shade.text if on else shade.primary if code in peers else shade.muted
        drawing.circle(
            x, y, fill, edge, radius=6 if on else 4.5, dash="2 2" if row["late"] else "", title=_point_words(asked, str(code)),
            pick=f"county:{code}",
        )  # fmt: skip
        if code in named:
            _name(asked, drawing, shade, str(code), (x, y), taken)


def _name(asked: Asked, drawing: Drawing, shade: Palette, code: str, point: tuple[float, float], taken: list[tuple[float, float]]) -> None:
    """Write the name of a point below it, or above where another name stands there already."""
    row, on = row_of(asked.compared.table, code), code == asked.county
    words = asked.name(code)
    if on:
        words = f"{words} {formatting.number(row['value'], asked.compared.indicator.decimals)} {SIGNS[State(str(row['state']))]}".strip()
    x, y = point
    places = [(x, y + 17), (x, y - 9), (x, y + 30), (x, y - 22)]
    free = next(
        (place for place in places if all(abs(place[0] - a) > 0.14 or abs(place[1] - b) > _NAME_ROOM - 3 for a, b in taken)), places[0]
    )
    taken.append(free)
    anchor = "middle" if 0.1 < x < 0.9 else "start" if x <= 0.1 else "end"
    drawing.text(free[0], free[1], words, shade.text if on else shade.muted, anchor=anchor, size=12 if on else 11, bold=on)


def _point_words(asked: Asked, code: str) -> str:
    row = row_of(asked.compared.table, code)
    words = value_text(asked.compared, float(row["value"]), language())
    month = asked.month(row["month"]) if row["late"] else ""
    return " · ".join(filter(None, [asked.name(code), words, month, _("分母 {count}", count=formatting.number(row["denominator"]))]))


def _words(asked: Asked) -> list[str]:
    """Return the lines below the picture, as markup."""
    compared = asked.compared
    peers = asked.answer.peers(asked.county)
    label = compared.indicator.denominator_label
    lines = [escaped(_("横轴：{label}", label=label.text(language())))] if label else []
    together = compared.together(peers)
    if len(peers) > 1 and not np.isnan(together):
        value = value_text(compared, together, language())
        lines.append(_legend(_("● 所选　● 同规模 {count} 县（合计 {value}，虚线）　○ 其他规模", count=len(peers), value=value)))
    return [*lines, escaped(_limits_words(compared, asked.answer))]


def _legend(words: str) -> str:
    """Return the three kinds of points with their marks as the picture has them: the first two differ by colour alone."""
    kinds = [part[1:].strip() for part in words.split("　")]
    return " · ".join(f"{mark} {escaped(kind)}" for mark, kind in zip(("**●**", ":primary[●]", "○"), kinds, strict=True))


def _limits_words(compared: Compared, answer: Prefecture) -> str:
    """Return how wide the limits of chance are and how often it passes them, or why there are none."""
    if compared.funnel is None:
        return (
            _("按时报齐的县不足 {least} 个，不画随机波动界限", least=prefecture_settings().least_counties)
            if len(compared.on_time) < prefecture_settings().least_counties
            else _("金额之比不按人次随机波动，不画界限")
        )
    count, chance = answer.comparisons()
    return _(
        "界限已按过度离散放宽 {widened} 倍；全页 {count} 次比较约有 {chance} 次会碰巧越过 95% 限",
        widened=formatting.number(compared.funnel.widened, 1),
        count=count,
        chance=formatting.number(chance, 0),
    )


def _details(asked: Asked) -> None:
    version, compared = asked.frame.database.version, asked.compared
    definition(
        catalogue_definition(asked.indicator, version),
        Definition(
            name=_("随机波动界限"),
            formula=_("全市合计值 ± 1.96（95%）或 3.09（99.8%）× √(p(1−p) ÷ 分母 × 过度离散系数)"),
            source=_("Spiegelhalter 2005；系数为标准分平方的均值，两端各 10% 拉近"),
            grade=_(OWN_GRADE),
            note=_("越过界限说明差异大于偶然，不说明原因"),
        ),
    )
    table = asked.with_names(compared.table)
    shown = [
        TableColumn("name", _("县")),
        TableColumn("denominator", _("分母"), "count"),
        TableColumn("value", compared.indicator.short_label(language()), "number"),
        TableColumn("score", _("离全市几个标准差"), "number"),
        TableColumn("month", _("月份"), "month"),
    ]
    show_table(table, shown, key="prefecture_funnel", title=_("同规模比一比"), source=asked.frame.source(), rows=9)
