"""The drawings of the insurance what-if: waterfall, dumbbell, tornado. Money comes in yuan and is shown in 亿 or 万."""

from collections.abc import Mapping, Sequence

from dashboard.services.insurance.answer import Standing
from dashboard.ui.frame.scenario_lines import short_money, signed_money
from dashboard.ui.frame.tornado import TORNADO_HEIGHT, tornado_chart
from dashboard.ui.insurance.panel import scheme_name
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import Drawing
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.theme import State, palette
from dashboard.whatif.chain import STEPS
from dashboard.whatif.outcome import Step

HEIGHT = 240
_AXIS_SHARE = 0.35
_CROWDED = 8


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
    """Draw the balance of each scheme of each community: baseline (open) to plan (full), 90 % band, probability of overspending."""
    colours = palette()
    # Many communities must still fit: rows get lower, never below what can be read.
    row = max(31.0, (HEIGHT - 34) / max(len(rows), 1))
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
            "{name}·{scheme}：基线 {before}，方案 {now}，90% 区间 {low} 至 {high}，超支概率 {chance}",
            name=names[each.community],
            scheme=scheme_name(each.scheme),
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
        picture.text(0, middle - 1, names[each.community], colours.text, bold=True, dx=-90, pixels=86)
        picture.text(0, middle + 12, scheme_name(each.scheme), colours.muted, size=11, dx=-90, pixels=86)
        state = State.BAD if each.balance < 0 else State.GOOD
        picture.text(1, middle - 1, signed_money(each.balance), colours.state(state), anchor="end", bold=True, size=13, dx=94)
        picture.text(1, middle + 12, formatting.percent(each.overspend, 0), colours.muted, anchor="end", size=11, dx=94)
    return picture


def _dumbbell_alt(rows: Sequence[Standing], names: Mapping[str, str]) -> str:
    parts = [f"{names[each.community]}·{scheme_name(each.scheme)} {signed_money(each.balance)}" for each in rows]
    return _("各医共体各险种结余或超支：{parts}", parts=_("，").join(parts))


__all__ = ["HEIGHT", "TORNADO_HEIGHT", "dumbbell", "short_money", "signed_money", "step_label", "tornado_chart", "waterfall"]
