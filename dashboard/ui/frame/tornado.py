"""The tornado of the what-if pages: what one usual step of each coefficient does."""

from collections.abc import Mapping, Sequence

from dashboard.catalogue.coefficients import Coefficient
from dashboard.ui.frame.scenario_lines import short_money, signed_money
from dashboard.ui.frame.scenario_panel import label, value_words
from dashboard.ui.kit.board import Drawing
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.theme import Palette, palette
from dashboard.whatif.sensitivity import TornadoBar

TORNADO_HEIGHT = 312
_SHOWN_BARS = 9


def tornado_chart(bars: Sequence[TornadoBar], coefficients: Mapping[str, Coefficient], *, spending: bool = False) -> Drawing:
    """Draw what one usual step up or down of each coefficient does to the county's balance, or to what the budget spends (``spending``)."""
    colours = palette()
    shown = [bar for bar in bars if bar.reach > 0][:_SHOWN_BARS]
    row = (TORNADO_HEIGHT - 14) / _SHOWN_BARS
    picture = Drawing(TORNADO_HEIGHT, 228, 58, _tornado_alt(shown, coefficients, spending))
    widest = max((bar.reach for bar in shown), default=1.0)

    def at(amount: float) -> float:
        return 0.5 + amount / (widest or 1.0) / 2

    for place, bar in enumerate(shown):
        coefficient = coefficients[bar.coefficient]
        middle = 4 + row * (place + 0.5)
        step = _step_words(coefficient)
        picture.text(0, middle + 4.5, f"{label(coefficient)} ±{step}", colours.text, dx=-226, pixels=168)
        same_side = bar.low_change * bar.high_change > 0
        for value, change, offset in ((bar.low_value, bar.low_change, 0.0), (bar.high_value, bar.high_change, 1.0)):
            if change == 0:
                continue
            template = _("{name} 为 {value} 时财政投入变化 {change}") if spending else _("{name} 为 {value} 时全县结余变化 {change}")
            hover = template.format(
                name=label(coefficient),
                value=value_words(coefficient, value),
                change=signed_money(change),
            )
            # Both steps on one side of zero would cover each other: half a bar each.
            high = row * (0.31 if same_side else 0.62)
            start = middle - row * 0.31 + (offset * high if same_side else 0)
            picture.rect(at(0), at(change), start, high, _shade(colours, change, spending), opacity=0.85, title=hover)
            if not same_side:
                anchor, dx = ("start", 4) if change > 0 else ("end", -4)
                picture.text(at(change), middle + 4, short_money(change, signed=True), colours.muted, anchor=anchor, size=11, dx=dx)
    picture.line(at(0), 2, at(0), TORNADO_HEIGHT - 8, colours.muted)
    return picture


def _step_words(coefficient: Coefficient) -> str:
    if coefficient.unit == "ratio" or coefficient.id in ("k_min", "k_max", "contract_weight"):
        return f"{coefficient.step * 100:g} pt"
    return f"{coefficient.step:g}"


def _shade(colours: Palette, change: float, spending: bool) -> str:
    """Return the colour of a bar: more balance is good; more spending is neither, it is only more."""
    if spending:
        return colours.primary if change > 0 else colours.muted
    return colours.good if change > 0 else colours.bad


def _tornado_alt(bars: Sequence[TornadoBar], coefficients: Mapping[str, Coefficient], spending: bool) -> str:
    parts = [f"{label(coefficients[bar.coefficient])} {signed_money(bar.low_change)} / {signed_money(bar.high_change)}" for bar in bars]
    words = _("各系数变动一个常用步长时财政投入的变化：{parts}") if spending else _("各系数变动一个常用步长时全县结余的变化：{parts}")
    return words.format(parts=_("，").join(parts))
