"""Findings in words: values with their units, changes, targets and the fund, in the language asked for.

The screens (``ui/kit/readings.py``, ``ui/overview/blocks.py``) and the reports say the same thing with the same words.
"""

import math
from collections.abc import Mapping

from dashboard import formatting
from dashboard.catalogue.models import Target
from dashboard.language import marked, translate
from dashboard.services.common.reporting import date_words, table_words
from dashboard.services.overview.answer import BedPicture, Reading
from dashboard.services.overview.fund import FundAnswer, FundProgress
from dashboard.states import State
from dashboard.store.codes import INSURANCE_SCHEME
from dashboard.store.schema import table_name

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
    "not_by_scheme": marked("不按险种统计"),
    "out_of_scope": marked("不在您的数据范围内"),
    "not_released": marked("贡献的医共体少于 3 家，或一家占 85% 以上，全县值会透露他人的数据，不显示"),
    "few": marked("人数过少，或由它能算出人数过少的数，不显示"),
    "incomplete": marked("部分机构或月份未报，按已报数据计算"),
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
    waiting = reading.reported.waiting_text(language) if reading.provisional else ""
    if reading.incomplete or waiting:
        return " · ".join(filter(None, (_lacking(reading, language), waiting)))
    return status_text(reading.status, reading.missing, language)


def status_text(status: str, missing: str = "", language: str = "zh") -> str:
    """Return why a reading of this status has no value, or one made of a part; ``missing`` as in ``indicator_values``. Empty when ok."""
    template = _STATUS.get(status)
    if template is None:
        return ""
    names = (table_name(name, language) for name in missing.split(","))
    return translate(template, language, missing=translate(marked("、"), language).join(names))


def _lacking(reading: Reading, language: str) -> str:
    return (reading.reported.text(language) or translate(_STATUS["incomplete"], language)) if reading.incomplete else ""


def incomplete_text(reading: Reading, language: str = "zh") -> str:
    """Return "已报 3/242 家" for a value made of a part of what was due, "初步" for one not approved; empty for any other."""
    parts = [_lacking(reading, language)] if reading.incomplete else []
    if reading.provisional:
        parts.append(translate(marked("初步"), language))
    return " · ".join(parts)


def own_date_text(reading: Reading, language: str = "zh") -> str:
    """Return "数据到 2025年8月" for a value whose data end before its period does; empty for a missing value."""
    return "" if math.isnan(reading.value) else date_words(reading.through, language)


def every_scheme_text(reading: Reading, language: str = "zh") -> str:
    """Return that a value counts all schemes although one was asked for; empty otherwise and for a missing value."""
    told = reading.every_scheme and not math.isnan(reading.value)
    return translate(marked("不随“险种”筛选"), language) if told else ""


def no_fund_text(fund: FundAnswer, language: str = "zh") -> tuple[str, str]:
    """Return why there is no budget progress, and what to load: only what is truly lacking."""
    lacking = [name for name, there in (("fact_fund_budget", fund.has_budget), ("fact_claim", fund.has_claims)) if not there]
    why = marked("没有 {year} 年的总额预算。") if not fund.has_budget else marked("没有 {year} 年的医保结算数据。")
    if not lacking:
        why = marked("{year} 年的总额预算和医保结算没有共同的医共体与险种。")
    tables = translate(marked("、"), language).join(table_words(name, language) for name in lacking or ("fact_fund_budget", "fact_claim"))
    remedy = marked("请载入{tables}。") if lacking else marked("请核对{tables}里的医共体、镇街和险种。")
    return translate(why, language, year=fund.year), translate(remedy, language, tables=tables)


def beds_title(picture: BedPicture, language: str = "zh") -> str:
    """Return how many institutions use their beds less than the median of their own kind; the same words on page, wall and report."""
    if not picture.compared:
        return translate(marked("{count} 家机构有床位，同类太少，不作比较"), language, count=len(picture.points))
    return translate(
        marked("{count} 家机构中 {idle} 家床位利用不足（低于同类中位数）"), language, count=len(picture.compared), idle=picture.idle
    )


def beds_left_out_text(picture: BedPicture, language: str = "zh") -> str:
    """Return how many institutions the picture of beds leaves out because few were discharged; empty for none."""
    if not picture.left_out:
        return ""
    return translate(marked("未画 {count} 家：出院人数过少（或可由合计推算）"), language, count=picture.left_out)


def scheme_label(scheme: str, language: str = "zh") -> str:
    """Return what the reader calls a scheme."""
    names = INSURANCE_SCHEME.get(scheme)
    return scheme if names is None else names.zh if language == "zh" else names.en


def fund_name(row: FundProgress, language: str = "zh") -> str:
    """Return whose fund it is: community and scheme."""
    return " · ".join(filter(None, (row.name, scheme_label(row.scheme, language))))


def fund_outlook(fund: FundAnswer, community: str = "", language: str = "zh") -> tuple[str, State]:
    """Return what the year's end of a community's fund (of all: "") is projected to be, and its state; empty without a projection.

    Schemes do not pay for each other: what overspends is named by its scheme and outweighs what others have left.
    """
    units, over = fund.schemes_of(community), fund.overspending(community)
    if over:
        amount = formatting.money(sum(unit.projected_overspend for unit in over), language)
        schemes = sorted({unit.scheme for unit in over})
        if len(schemes) < len({unit.scheme for unit in units}):
            return translate(marked("{scheme}超支 {amount}"), language, scheme=scheme_label(schemes[0], language), amount=amount), State.BAD
        return translate(marked("超支 {amount}"), language, amount=amount), State.BAD
    if not units or any(unit.year_end is None for unit in units):
        return "", State.NEUTRAL
    left = formatting.money(-sum(unit.projected_overspend for unit in units), language)
    return translate(marked("结余 {amount}"), language, amount=left), State.GOOD


def net_outlook(fund: FundAnswer, language: str = "zh") -> tuple[str, State]:
    """Return the sum of the county's year end; a surplus of the sum is no good news while a scheme overspends."""
    if fund.county is None or fund.county.year_end is None:
        return "", State.NEUTRAL
    gap = fund.county.projected_overspend
    amount = formatting.money(abs(gap), language)
    if gap > 0:
        return translate(marked("超支 {amount}"), language, amount=amount), State.BAD
    return translate(marked("结余 {amount}"), language, amount=amount), State.GOOD if fund.certain_surplus else State.WARNING


def left_out_text(fund: FundAnswer, names: Mapping[str, str], language: str = "zh") -> str:
    """Return which schemes are on neither side because budget or claims are missing; empty when all are in. ``names``: by community."""
    if not fund.left_out:
        return ""
    units = [f"{names.get(community, community)} · {scheme_label(scheme, language)}" for community, scheme in fund.left_out]
    return translate(marked("只有预算或只有结算、没有列入：{names}"), language, names=translate(marked("、"), language).join(units))
