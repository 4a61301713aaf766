"""What the comparison of counties found, in words."""

import math

from dashboard import formatting
from dashboard.catalogue.monitoring import monitoring_plan
from dashboard.language import marked, translate
from dashboard.services.overview.wording import unit_text
from dashboard.services.prefecture.answer import Compared, CountyFunds, Prefecture
from dashboard.states import SIGNS, State

_NAMED = 3


def value_text(compared: Compared, value: float, language: str = "zh") -> str:
    """Return a value of the indicator with its unit: "78.4%"."""
    text = formatting.number(value, compared.indicator.decimals)
    return text if text == formatting.MISSING else f"{text}{unit_text(compared.indicator.unit, language)}"


def change_words(compared: Compared, change: float, language: str = "zh", *, unit: bool = True) -> str:
    """Return a change against the year before: "▼4.1 个百分点", with ``unit`` False "▼4.1"; empty where it is not known."""
    if math.isnan(change):
        return ""
    sign = "▲" if change > 0 else "▼" if change < 0 else ""
    text = formatting.number(abs(change), 1)
    if not unit:
        return sign + text
    if compared.indicator.unit == "%":
        return sign + translate(marked("{change} 个百分点"), language, change=text)
    return f"{sign}{text}%"


def names_text(names: list[str], language: str = "zh") -> str:
    """Return names one after another, after the third their number."""
    comma = translate(marked("、"), language)
    if len(names) <= _NAMED:
        return comma.join(names)
    return translate(marked("{names}等 {count} 县"), language, names=comma.join(names[:_NAMED]), count=len(names))


def finding(answer: Prefecture, indicator: str, language: str = "zh") -> str:
    """Return the title of the page: who lies beyond chance, or last where chance has no limits, and what the funds come to."""
    counties = chance_finding(answer, indicator, language) or last_finding(answer, indicator, language)
    parts = [counties, fund_finding(answer.fund, language)]
    return translate(marked("；"), language).join(part for part in parts if part)


def chance_finding(answer: Prefecture, indicator: str, language: str = "zh") -> str:
    """Return who lies beyond the outer limits of chance on the bad side, or that nobody does; empty where chance has no limits."""
    compared = answer.compared[indicator]
    if compared.funnel is None:
        return ""
    good = compared.table["score"] * (1 if compared.indicator.direction == "higher" else -1)
    far = good[good <= -monitoring_plan().funnel].sort_values()
    name = compared.indicator.short_label(language)
    if far.empty:
        return translate(marked("各县{name}都在随机波动之内或偏好"), language, name=name)
    names = names_text([str(answer.counties["name"][code]) for code in far.index], language)
    rising = compared.indicator.direction == "higher"
    words = marked("{names}的{name}低于随机波动范围") if rising else marked("{names}的{name}高于随机波动范围")
    return translate(words, language, names=names, name=name)


def last_finding(answer: Prefecture, indicator: str, language: str = "zh") -> str:
    """Return which of the counties on time ranks last and its value; empty where they do not differ or none is better than another."""
    compared = answer.compared[indicator]
    values = compared.on_time["value"]
    if values.nunique() < 2 or compared.indicator.direction == "range":
        return ""
    rising = compared.indicator.direction == "higher"
    last = str(values.idxmin() if rising else values.idxmax())
    words = marked("{county}的{name}最低，{value}") if rising else marked("{county}的{name}最高，{value}")
    county, name = str(answer.counties["name"][last]), compared.indicator.short_label(language)
    return translate(words, language, county=county, name=name, value=value_text(compared, float(values[last]), language))


def fund_finding(fund: CountyFunds, language: str = "zh") -> str:
    """Return how many counties will overspend and by how much, and the sum of all; empty without a projection."""
    if fund.projected.empty:
        return ""
    over, _left, net = fund.sums()
    count = int(fund.projected["surplus"].lt(0).sum())
    if not count:
        return translate(marked("各县基金预计都不超支，共结余 {left}"), language, left=formatting.money(net, language))
    amount = formatting.money(over, language)
    whole = marked("{count} 县预计超支 {amount}，全市净缺 {net}") if net < 0 else marked("{count} 县预计超支 {amount}，全市净余 {net}")
    return translate(whole, language, count=count, amount=amount, net=formatting.money(abs(net), language))


def counted_words(answer: Prefecture, column: str) -> list[tuple[str, State]]:
    """Return "✓ 9", "! 2", "✕ 0" with their states: how many counties are in each."""
    return [(f"{SIGNS[state]}{count}", state) for state, count in answer.counted(column).items()]
