"""Indicator readings in words: value with its unit, change, target, and the definition that opens behind the number."""

import math

from dashboard.analysis.targets import Standing
from dashboard.catalogue.models import Target
from dashboard.language import marked
from dashboard.services.database import DataVersion
from dashboard.services.overview import Headline, Reading
from dashboard.store.schema import label, metadata
from dashboard.ui import formatting
from dashboard.ui.cards import HeadlineCard
from dashboard.ui.definition import Definition, catalogue_definition
from dashboard.ui.i18n import _, language
from dashboard.ui.theme import State

_WITHOUT_UNIT = ("比值", "指数")
UNITS = (
    marked("元"), marked("万元"), marked("元/点"), marked("元/万元"), marked("点"), marked("小时"), marked("人次"), marked("例"),
    marked("例次"), marked("人"), marked("万人"), marked("张"), marked("台"), marked("天"), marked("次"), marked("分钟"), marked("家"),
    marked("份"), marked("当量"), marked("项"),
)  # fmt: skip
"""The units of the catalogue that are words; listed so that they are translated."""
_STATES = {Standing.MET: State.GOOD, Standing.NEAR: State.WARNING, Standing.OFF: State.WARNING, Standing.NONE: State.NEUTRAL}
_STATUS = {
    "missing_data": marked("缺少数据：{missing}"),
    "zero_denominator": marked("分母为 0，无法计算"),
    "not_in_schema": marked("数据库不收集所需数据"),
    "not_at_level": marked("这一层级不计算此指标"),
    "incomplete": marked("部分机构或月份未报，按已报数据计算"),
}


def state(standing: Standing) -> State:
    """Return the state that cards show for a standing."""
    return _STATES[standing]


def value_text(reading: Reading) -> str:
    """Return the value with its unit, e.g. "91.3%", "8,240 元"."""
    text = formatting.number(reading.value, reading.indicator.decimals)
    return text if text == formatting.MISSING else f"{text}{_unit(reading.indicator.unit)}"


def _unit(unit: str) -> str:
    """Return the unit as it follows a number: signs at once, words after a space, pure ratios and indices without any."""
    if unit in _WITHOUT_UNIT:
        return ""
    return unit if unit in "%‰" else f" {_(unit)}"


def change_text(change: float, unit: str) -> str:
    """Return a change in percentage points or per cent; empty when there is nothing to compare with."""
    if math.isnan(change):
        return ""
    return formatting.points(change / 100) if unit == "pt" else formatting.percent(change / 100, signed=True)


def bound_text(target: Target) -> str:
    """Return the bound alone: "≥90%", "80–93%"."""
    low, high = (
        formatting.number(bound, 0 if float(bound).is_integer() else 1) if bound is not None else "" for bound in (target.low, target.high)
    )
    bound = {">=": f"≥{low}", "<=": f"≤{high}", "=": low, "range": f"{low}–{high}"}[target.comparison]
    return f"{bound}{_unit(target.unit)}"


def target_chip(target: Target | None) -> str:
    """Return "目标 ≥90%" for a target, "参考 80–93%" for a reference value; empty without either."""
    if target is None:
        return ""
    template = _("目标 {bound}") if target.kind == "target" else _("参考 {bound}")
    return template.format(bound=bound_text(target))


def trouble_text(reading: Reading) -> str:
    """Return why the value is missing or incomplete, the missing tables by their names; empty when all is well."""
    template = _STATUS.get(reading.status)
    if template is None:
        return ""
    return _(template, missing=_("、").join(_table_name(name) for name in reading.missing.split(",")))


def _table_name(name: str) -> str:
    return label(metadata.tables[name]) if language() == "zh" and name in metadata.tables else name


def reading_definition(reading: Reading, version: DataVersion) -> Definition:
    """Return what opens behind the number: the catalogue's definition with this reading's numerator and denominator."""
    return catalogue_definition(
        reading.indicator.id, version, numerator=reading.numerator, denominator=reading.denominator, note=trouble_text(reading)
    )


def headline_content(headline: Headline, version: DataVersion) -> HeadlineCard:
    """Return the headline card of ``headline``."""
    reading = headline.reading
    scale = _scale(reading)
    bound = None if reading.target is None else reading.target.low if reading.target.low is not None else reading.target.high
    return HeadlineCard(
        key=reading.indicator.id,
        definition=reading_definition(reading, version),
        value=value_text(reading),
        label=reading.indicator.short_label(language()),
        note=trouble_text(reading),
        state=state(reading.standing),
        target=target_chip(reading.target) or _("无公布目标"),
        previous_change=change_text(reading.change_previous, reading.change_unit),
        last_year_change=change_text(reading.change_last_year, reading.change_unit),
        share=None if math.isnan(reading.value) else reading.value / scale,
        target_share=None if bound is None else bound / scale,
        trend=[None if math.isnan(value) else value for _month, value in headline.series],
    )


def _scale(reading: Reading) -> float:
    """Return the value at the right end of the progress bar: 100 for a share, a little beyond value and target otherwise."""
    bounds = [bound for bound in (reading.target.low, reading.target.high) if bound is not None] if reading.target else []
    largest = max([abs(value) for value in (reading.value, *bounds) if not math.isnan(value)], default=0.0)
    return 100.0 if reading.indicator.unit == "%" and largest <= 100 else 1.1 * largest or 1.0
