"""How effects are said: the interval before the estimate, "consistent with" and never "caused by"."""

import math

from dashboard.catalogue.models import Indicator
from dashboard.language import marked
from dashboard.services.reform.series import Effect, SeriesAnswer
from dashboard.ui.kit import formatting
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _, language

VARIANTS = {
    "without_last_3": marked("去掉最后 3 个月"),
    "slope": marked("水平和趋势都可变"),
    "step": marked("只变水平"),
}


def unit_of(indicator: Indicator) -> str:
    """Return the unit of a difference of the indicator: points for shares."""
    return {"%": _("个百分点"), "‰": _("个千分点")}.get(indicator.unit, _(indicator.unit))


def amount(indicator: Indicator, value: float, *, signed: bool = True) -> str:
    """Return a difference in the unit of the indicator."""
    if math.isnan(value):
        return MISSING
    return f"{formatting.number(value, max(indicator.decimals, 1), signed=signed)} {unit_of(indicator)}"


def span(indicator: Indicator, low: float, high: float) -> str:
    """Return an interval in the unit of the indicator."""
    decimals = max(indicator.decimals, 1)
    return _(
        "{low} 至 {high} {unit}", low=formatting.number(low, decimals, signed=True), high=formatting.number(high, decimals, signed=True),
        unit=unit_of(indicator),
    )  # fmt: skip


def variant_name(code: str) -> str:
    """Return what the reader calls a choice of the sensitivity table."""
    if code.startswith("phase_"):
        return _("过渡期 {months} 个月", months=code.removeprefix("phase_"))
    if code.startswith("harmonics_"):
        return _("季节项 {count} 对", count=code.removeprefix("harmonics_"))
    return _(VARIANTS[code])


def effect_words(indicator: Indicator, effect: Effect) -> str:
    """Return an effect so many months after the start: the interval first."""
    return _(
        "第 {months} 个月：{span}，估计 {value}", months=effect.months + 1, span=span(indicator, effect.low, effect.high),
        value=amount(indicator, effect.value),
    )  # fmt: skip


def finding(answer: SeriesAnswer, area: str) -> str:
    """Return the page's title for an interrupted series."""
    name = answer.indicator.label(language())
    since = formatting.month(answer.study.since, language())
    if not answer.estimated:
        return _("{area}{name}：{since} 前后月份不足，只看图和均值", area=area, name=name, since=since)
    last = answer.last
    seen = last.low > 0 or last.high < 0
    if not seen:
        detectable = amount(answer.indicator, answer.detectable, signed=False)
        return _(
            "{area}{name}：{since} 起看不出变化，小于 {detectable} 的变化本来就看不见",
            area=area,
            name=name,
            since=since,
            detectable=detectable,
        )
    direction = _("上升") if last.value > 0 else _("下降")
    return _(
        "{area}{name}：与 {since} 起{direction} {span} 一致", area=area, name=name, since=since, direction=direction,
        span=span(answer.indicator, last.low, last.high),
    )  # fmt: skip
