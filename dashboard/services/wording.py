"""Findings in words: values with their units, changes, targets and what needs attention, in the language asked for.

The screens (``ui/readings.py``, ``ui/overview.py``) and the reports say the same thing with the same words.
"""

import math

from dashboard import formatting
from dashboard.catalogue.models import Target
from dashboard.catalogue.overview import ImpactUnit
from dashboard.language import marked, translate
from dashboard.services.attention import Attention
from dashboard.services.overview import Reading
from dashboard.store.schema import label, metadata

_WITHOUT_UNIT = ("比值", "指数")
UNITS = (
    marked("元"), marked("万元"), marked("元/点"), marked("元/万元"), marked("点"), marked("小时"), marked("人次"), marked("例"),
    marked("例次"), marked("人"), marked("万人"), marked("张"), marked("台"), marked("天"), marked("次"), marked("分钟"), marked("家"),
    marked("份"), marked("当量"), marked("项"),
)  # fmt: skip
"""The units of the catalogue that are words; listed so that they are translated."""
_STATUS = {
    "missing_data": marked("缺少数据：{missing}"),
    "zero_denominator": marked("分母为 0，无法计算"),
    "not_in_schema": marked("数据库不收集所需数据"),
    "not_at_level": marked("这一层级不计算此指标"),
    "incomplete": marked("部分机构或月份未报，按已报数据计算"),
}
_IMPACTS = {
    "cases": marked("{count} 人次"),
    "bed_days": marked("{count} 床日"),
    "examinations": marked("{count} 例"),
    "months": marked("{count} 个月"),
}


def unit_text(unit: str, language: str = "zh") -> str:
    """Return the unit as it follows a number: signs at once, words after a space, pure ratios and indices without any."""
    if unit in _WITHOUT_UNIT:
        return ""
    return unit if unit in "%‰" else f" {translate(unit, language)}"


def value_text(reading: Reading, language: str = "zh") -> str:
    """Return the value with its unit, e.g. "91.3%", "8,240 元"."""
    text = formatting.number(reading.value, reading.indicator.decimals)
    return text if text == formatting.MISSING else f"{text}{unit_text(reading.indicator.unit, language)}"


def change_text(change: float, unit: str) -> str:
    """Return a change in percentage points or per cent; empty when there is nothing to compare with."""
    if math.isnan(change):
        return ""
    return formatting.points(change / 100) if unit == "pt" else formatting.percent(change / 100, signed=True)


def bound_text(target: Target, language: str = "zh") -> str:
    """Return the bound alone: "≥90%", "80–93%"."""
    low, high = (
        formatting.number(bound, 0 if float(bound).is_integer() else 1) if bound is not None else "" for bound in (target.low, target.high)
    )
    bound = {">=": f"≥{low}", "<=": f"≤{high}", "=": low, "range": f"{low}–{high}"}[target.comparison]
    return f"{bound}{unit_text(target.unit, language)}"


def target_chip(target: Target | None, language: str = "zh") -> str:
    """Return "目标 ≥90%" for a target, "参考 80–93%" for a reference value; empty without either."""
    if target is None:
        return ""
    template = marked("目标 {bound}") if target.kind == "target" else marked("参考 {bound}")
    return translate(template, language, bound=bound_text(target, language))


def trouble_text(reading: Reading, language: str = "zh") -> str:
    """Return why the value is missing or incomplete, the missing tables by their names; empty when all is well."""
    template = _STATUS.get(reading.status)
    if template is None:
        return ""
    names = (_table_name(name, language) for name in reading.missing.split(","))
    return translate(template, language, missing=translate(marked("、"), language).join(names))


def _table_name(name: str, language: str) -> str:
    return label(metadata.tables[name]) if language == "zh" and name in metadata.tables else name


def impact_text(amount: float, unit: ImpactUnit, language: str = "zh", smallest: int = 0) -> str:
    """Return what a matter amounts to: yuan, cases, bed-days; counts below ``smallest`` are hidden."""
    if unit == "yuan":
        return formatting.money(amount, language)
    hidden = smallest if unit in ("cases", "examinations") else 0
    return translate(_IMPACTS[unit], language, count=formatting.count(amount, smallest=hidden))


def _fields(item: Attention, language: str, smallest: int) -> dict[str, str]:
    return {
        "unit": item.unit_name,
        "value": formatting.percent(item.value),
        "reference": formatting.percent(item.reference),
        "change": formatting.percent(item.change, signed=True),
        "months": str(item.months),
        "impact": impact_text(item.impact, item.rule.impact_unit, language, smallest),
        "limit": formatting.percent(item.rule.limit, 0),
        "low": formatting.percent(item.low, 0),
        "high": formatting.percent(item.high, 0),
    }


def attention_title(item: Attention, language: str = "zh", smallest: int = 0) -> str:
    """Return what happened."""
    return (item.rule.title if language == "zh" else item.rule.title_en).format(**_fields(item, language, smallest))


def attention_detail(item: Attention, language: str = "zh", smallest: int = 0) -> str:
    """Return by which rule, and what it affects."""
    return (item.rule.detail if language == "zh" else item.rule.detail_en).format(**_fields(item, language, smallest))
