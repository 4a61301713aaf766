"""The drawings of the insurance what-if: waterfall, dumbbell, tornado. Money comes in yuan and is shown in 亿 or 万."""

from collections.abc import Mapping, Sequence

from dashboard.catalogue.coefficients import Coefficient
from dashboard.services.insurance import Standing
from dashboard.ui import formatting
from dashboard.ui.i18n import _, language
from dashboard.ui.insurance_board import Drawing
from dashboard.ui.insurance_panel import label, value_words
from dashboard.ui.theme import State, palette
from dashboard.whatif.chain import STEPS
from dashboard.whatif.outcome import Step
from dashboard.whatif.sensitivity import TornadoBar

HEIGHT = 240
_SHOWN_BARS = 9
TORNADO_HEIGHT = 312
_AXIS_SHARE = 0.35
_CROWDED = 8


def signed_money(amount: float) -> str:
    """Return yuan with its sign: "+2,310万元"."""
    return formatting.money(amount, language(), signed=True)


def short_money(amount: float, *, signed: bool = False) -> str:
    """Return yuan without the word 元, for figures that stand close together: "+2,310万"."""
    return formatting.money(amount, language(), signed=signed).removesuffix("元")


def step_label(step: str) -> str:
    """Return the name of a step of the chain."""
    return _("总额预算") if step == "budget" else _(STEPS[step])


def waterfall(steps: Sequence[Step]) -> Drawing:
    """Draw base, every step that moves something, and the budget; bars between start at the level before.

    The axis is cut below the steps so that they can be seen; base and budget carry a break mark and say their full amount.
    """
    colours = palette()
    shown = [step for place, step in enumerate(steps) if place == 0 or step.id == "budget" or step.change != 0]
    inner = [step.level for step in shown[:-1]]
    lowest, highest = min([*inner, shown[-1].level]), max([*inner, shown[-1].level])
    span = max(highest - lowest, abs(highest) * 0.01, 1.0)
    floor = max(0.0, lowest - span * _AXIS_SHARE)
    picture = Drawing(HEIGHT, 4, 4, _waterfall_alt(shown))
    top, bottom = 26.0, HEIGHT - 34.0

    def height(level: float) -> float:
        return bottom - (level - floor) / (highest - floor or 1.0) * (bottom - top)

    width = 1 / len(shown)
    for place, step in enumerate(shown):
        left, right = (place + 0.17) * width, (place + 0.83) * width
        middle = (place + 0.5) * width
        total = place == 0 or step.id == "budget"
        before = floor if total else step.level - step.change
        high, low = max(before, step.level), min(before, step.level)
        colour = colours.muted if total else colours.primary if step.change > 0 else colours.bad
        full = f"{step_label(step.id)} {formatting.yuan(step.level if total else step.change)} {_('元')}"
        picture.rect(left, right, height(high), height(low) - height(high), colour, opacity=0.75 if total else 1, title=full)
        if total and floor > 0:
            picture.line(left, bottom - 9, right, bottom - 14, colours.card, width=3)
        words = short_money(step.level) if total else short_money(step.change, signed=True)
        # A fall says its amount below the bar: beside the rise before it both stay readable.
        beside = height(low) + 15 if not total and step.change < 0 else height(high) - 7
        picture.text(middle, beside, words, colours.text, anchor="middle", bold=True, size=12.5 if len(shown) < _CROWDED else 11)
        for line, part in enumerate(_two_lines(step_label(step.id))):
            picture.text(
                middle,
                bottom + 16 + 12 * line,
                part,
                colours.muted,
                anchor="middle",
                size=12 if len(shown) < _CROWDED else 11,
                share=0.96 * width,
            )
        if place + 2 < len(shown):
            picture.line(right, height(step.level), (place + 1.17) * width, height(step.level), colours.muted, dash="2 3")
    picture.line(0, bottom, 1, bottom, colours.border)
    return picture


def _two_lines(words: str) -> tuple[str, ...]:
    """Return a label of several words on two lines: bars stand closer than English labels are long."""
    parts = words.split(" ")
    half = (len(parts) + 1) // 2
    return (" ".join(parts[:half]), " ".join(parts[half:])) if len(parts) > 1 else (words,)


def _waterfall_alt(steps: Sequence[Step]) -> str:
    parts = [
        f"{step_label(step.id)} {formatting.money(step.change if 0 < place < len(steps) - 1 else step.level, language())}"
        for place, step in enumerate(steps)
    ]
    return _("预算从基金基数到总额：{parts}", parts=_("，").join(parts))


def dumbbell(rows: Sequence[Standing], names: Mapping[str, str], positions: Mapping[str, int]) -> Drawing:
    """Draw each community's balance: baseline (open) to plan (full), the 90 % band behind it, probability of overspending beside it."""
    colours = palette()
    # Many communities must still fit: rows get lower, never below what can be read.
    row = max(26.0, (HEIGHT - 34) / max(len(rows), 1))
    picture = Drawing(int(34 + row * len(rows)), 92, 96, _dumbbell_alt(rows, names))
    ends = [value for each in rows for value in (each.low, each.high, each.before, each.balance, 0.0)]
    lowest, highest = min(ends, default=0.0), max(ends, default=0.0)
    span = (highest - lowest) or 1.0

    def at(amount: float) -> float:
        return (amount - lowest) / span

    bottom = picture.height - 18
    picture.line(at(0), 8, at(0), bottom, colours.muted)
    picture.text(at(0), picture.height - 4, "0", colours.muted, anchor="middle", size=11.5)
    for place, each in enumerate(rows):
        middle = 8 + row * (place + 0.5) - 3
        colour = colours.community(positions.get(each.community, place))
        hover = _(
            "{name}：基线 {before}，方案 {now}，90% 区间 {low} 至 {high}，超支概率 {chance}",
            name=names[each.community],
            before=signed_money(each.before),
            now=signed_money(each.balance),
            low=signed_money(each.low),
            high=signed_money(each.high),
            chance=formatting.percent(each.overspend, 0),
        )
        picture.rect(at(each.low), at(each.high), middle - 9, 18, colour, opacity=0.2, radius=9, title=hover)
        picture.line(at(each.before), middle, at(each.balance), middle, colour, width=2.5)
        picture.circle(at(each.before), middle, colours.card, colour, radius=5, title=hover)
        picture.circle(at(each.balance), middle, colour, colour, radius=5, title=hover)
        picture.text(0, middle + 4.5, names[each.community], colours.text, bold=True, dx=-90, pixels=86)
        state = State.BAD if each.balance < 0 else State.GOOD
        picture.text(1, middle + 1, signed_money(each.balance), colours.state(state), anchor="end", bold=True, size=13, dx=94)
        picture.text(1, middle + 15, formatting.percent(each.overspend, 0), colours.muted, anchor="end", size=11, dx=94)
    return picture


def _dumbbell_alt(rows: Sequence[Standing], names: Mapping[str, str]) -> str:
    parts = [f"{names[each.community]} {signed_money(each.balance)}" for each in rows]
    return _("各医共体结余或超支：{parts}", parts=_("，").join(parts))


def tornado_chart(bars: Sequence[TornadoBar], coefficients: Mapping[str, Coefficient]) -> Drawing:
    """Draw what one usual step up or down of each coefficient does to the county's balance."""
    colours = palette()
    shown = [bar for bar in bars if bar.reach > 0][:_SHOWN_BARS]
    row = (TORNADO_HEIGHT - 14) / _SHOWN_BARS
    picture = Drawing(TORNADO_HEIGHT, 228, 58, _tornado_alt(shown, coefficients))
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
            hover = _(
                "{name} 为 {value} 时全县结余变化 {change}",
                name=label(coefficient),
                value=value_words(coefficient, value),
                change=signed_money(change),
            )
            # Both steps on one side of zero would cover each other: half a bar each.
            high = row * (0.31 if same_side else 0.62)
            start = middle - row * 0.31 + (offset * high if same_side else 0)
            picture.rect(at(0), at(change), start, high, colours.good if change > 0 else colours.bad, opacity=0.85, title=hover)
            if not same_side:
                anchor, dx = ("start", 4) if change > 0 else ("end", -4)
                picture.text(at(change), middle + 4, short_money(change, signed=True), colours.muted, anchor=anchor, size=11, dx=dx)
    picture.line(at(0), 2, at(0), TORNADO_HEIGHT - 8, colours.muted)
    return picture


def _step_words(coefficient: Coefficient) -> str:
    if coefficient.unit == "ratio" or coefficient.id in ("k_min", "k_max", "contract_weight"):
        return f"{coefficient.step * 100:g} pt"
    return f"{coefficient.step:g}"


def _tornado_alt(bars: Sequence[TornadoBar], coefficients: Mapping[str, Coefficient]) -> str:
    parts = [f"{label(coefficients[bar.coefficient])} {signed_money(bar.low_change)} / {signed_money(bar.high_change)}" for bar in bars]
    return _("各系数变动一个常用步长时全县结余的变化：{parts}", parts=_("，").join(parts))
