"""Stacked reforms in words, on the page and in reports: parameters, values, dates, what they do together."""

from collections.abc import Hashable

from dashboard import formatting
from dashboard.catalogue.coefficients import Coefficient, load_coefficients, load_fiscal_coefficients
from dashboard.language import marked, translate
from dashboard.services.common.wording import label, value_words
from dashboard.services.fiscal.answer import MODEL as FISCAL
from dashboard.services.fiscal.together import PARTY_NAMES
from dashboard.services.reform.stacking import FUND, GROUPS, StackAnswer
from dashboard.whatif.fiscal_run import PARTIES
from dashboard.whatif.stacking import DateProblem

_HALF_A_CENT = 0.005
_PLAIN = {FUND: marked("全县可用基金"), GROUPS: marked("可回流的病组")}


def _coefficient(model: str, parameter: str) -> Coefficient | None:
    known = load_fiscal_coefficients() if model == FISCAL else load_coefficients()
    return known.coefficients.get(parameter)


def parameter_name(model: str, parameter: str, language: str) -> str:
    """Return what a reader calls a parameter of a reform."""
    coefficient = _coefficient(model, parameter)
    return translate(_PLAIN.get(parameter, parameter), language) if coefficient is None else label(coefficient, language)


def value_text(model: str, parameter: str, value: Hashable, language: str) -> str:
    """Return the value that a reform sets."""
    coefficient = _coefficient(model, parameter)
    if coefficient is not None:
        return value_words(coefficient, value, language)  # type: ignore[arg-type]
    parts = value if isinstance(value, tuple) else ()
    if parameter == FUND:
        return formatting.money(sum(amount for _scheme, amount in parts), language)
    return translate(marked("{count} 个病组"), language, count=len(parts))


def date_text(problem: DateProblem, answer: StackAnswer, language: str) -> str:
    """Return what is to be known of the dates of reforms."""
    name = problem.names[0]
    model = next(each.model for each in answer.reforms if each.name == name)
    parameter = parameter_name(model, problem.parameter, language) if problem.parameter else ""
    if problem.kind == "outside":
        return translate(marked("{name}：{year} 年不生效，没有计入"), language, name=name, year=answer.year)
    if problem.kind == "part":
        words = marked("{name}：{year} 年只生效 {months} 个月，仍按全年计")
        return translate(words, language, name=name, year=answer.year, months=problem.months)
    if problem.kind == "rule":
        since = formatting.day(problem.since, language)
        return translate(marked("{name}：“{parameter}”的规则 {since} 才生效"), language, name=name, parameter=parameter, since=since)
    words = marked("{name}结束到{other}开始，“{parameter}”空 {months} 个月")
    return translate(words, language, name=name, other=problem.names[1], parameter=parameter, months=problem.months)


def stack_finding(answer: StackAnswer, language: str) -> str:
    """Return what stacked reforms do together, or what stands in the way."""
    if answer.open:
        return translate(marked("{count} 处硬冲突还没有选定，不能合计"), language, count=len(answer.open))
    if answer.stack is None:
        return translate(marked("所选改革在 {year} 年都不生效"), language, year=answer.year)
    count = len(answer.counted)
    totals = sorted(answer.stack.totals.items(), key=lambda each: each[1])
    (payer, loss), (winner, gain) = totals[0], totals[-1]
    if gain < _HALF_A_CENT and loss > -_HALF_A_CENT:
        return translate(marked("叠加 {count} 项改革，四方都没有变化"), language, count=count)
    return translate(
        marked("叠加 {count} 项改革：{winner} {gain}，{payer} {loss}"), language, count=count,
        winner=translate(PARTY_NAMES[winner], language), gain=formatting.money(gain, language, signed=True),
        payer=translate(PARTY_NAMES[payer], language), loss=formatting.money(loss, language, signed=True),
    )  # fmt: skip


def together_text(answer: StackAnswer, left: str, right: str, language: str) -> str:
    """Return what two reforms do to each party more than each by itself: the amount of their soft conflict."""
    if answer.stack is None:
        raise TypeError("nothing was computed")
    amounts = {party: float(answer.stack.together[party][left, right]) for party in PARTIES}
    parts = [
        f"{translate(PARTY_NAMES[party], language)} {formatting.money(amount, language, signed=True)}"
        for party, amount in amounts.items()
        if abs(amount) >= _HALF_A_CENT
    ]
    words = marked("{left} 与 {right} 动同一笔钱：放在一起比各算各的相差 {parts}")
    joined = translate(marked("，"), language).join(parts)
    return translate(words, language, left=answer.name(left), right=answer.name(right), parts=joined)
