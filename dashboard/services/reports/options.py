"""The options of a meeting side by side: what each changes and why, what comes of it against the baseline, which is better by the goal."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import formatting
from dashboard.catalogue.coefficients import Coefficient
from dashboard.documents.content import Block, Bullets, Chart, Column, Section, Series, Table
from dashboard.language import marked
from dashboard.services.common.directory import directory
from dashboard.services.common.wording import label, value_words
from dashboard.services.insurance.answer import Model
from dashboard.services.insurance.scenarios import Side
from dashboard.services.performance.answer import number_at
from dashboard.services.reports.parts import Brief
from dashboard.whatif.outcome import Outcome

GOAL = marked("目标：各医共体各险种都不超支；一样时，全县结余多的更好")
_UNWRITTEN = marked("（未写理由）")


@dataclass(frozen=True)
class Verdict:
    """The options from better to worse by ``GOAL``; ``first`` are those that nothing tells apart from the best."""

    order: tuple[Side, ...]
    first: tuple[Side, ...]


def _standing(outcome: Outcome) -> tuple[int, float]:
    return len(outcome.overspending_units), -round(outcome.balance, 2)


def verdict(sides: Sequence[Side]) -> Verdict:
    """Return which option is better by ``GOAL``; ``sides`` must not be empty."""
    order = tuple(sorted(sides, key=lambda side: _standing(side.outcome)))
    best = _standing(order[0].outcome)
    return Verdict(order, tuple(side for side in order if _standing(side.outcome) == best))


def _message(brief: Brief, sides: Sequence[Side], reference: Outcome) -> str:
    """Return the finding: the better option by how much, or that none is better than the baseline."""
    _ = brief.say
    if not sides:
        return _said(brief, _("基线"), reference)
    found = verdict(sides)
    best = found.first[0]
    if _standing(reference) <= _standing(best.outcome):
        return _("按目标，没有方案好于基线")
    if len(sides) == 1:
        return _said(brief, best.name, best.outcome)
    if len(found.first) > 1:
        return _("按目标，{names}不分上下", names=_("、").join(side.name for side in found.first))
    second = next(side for side in found.order if side not in found.first)
    fewer = len(second.outcome.overspending_units) - len(best.outcome.overspending_units)
    gap = formatting.money(best.outcome.balance - second.outcome.balance, brief.language, signed=True)
    if fewer:
        return _("按目标，{name}更好：比{other}少 {count} 项超支，全县结余 {gap}", name=best.name, other=second.name, count=fewer, gap=gap)
    return _("按目标，{name}更好：比{other}全县结余 {gap}", name=best.name, other=second.name, gap=gap)


def _said(brief: Brief, name: str, outcome: Outcome) -> str:
    template = marked("{name}：全县结余 {amount}") if outcome.balance >= 0 else marked("{name}：全县超支 {amount}")
    return brief.say(template, name=name, amount=formatting.money(abs(outcome.balance), brief.language))


def _option(brief: Brief, side: Side, reference: Outcome) -> str:
    _ = brief.say
    return _(
        "{said}，较基线 {change}；超支的医共体·险种 {count} 项（基线 {before} 项）；改动 {changed} 个系数",
        said=_said(brief, side.name, side.outcome),
        change=formatting.money(side.outcome.balance - reference.balance, brief.language, signed=True),
        count=len(side.outcome.overspending_units),
        before=len(reference.overspending_units),
        changed=len(side.plan.scenario.coefficients),
    )


def _results(brief: Brief, sides: Sequence[Side], reference: Outcome, heading: str) -> list[Table]:
    """Return budget, spending and balances of the baseline and each option, then each option's difference from the baseline."""
    _ = brief.say
    who = directory(brief.database)
    outcomes = [reference, *(side.outcome for side in sides)]
    measures = (("budget", _("全县总额预算")), ("spending", _("全县预计支出")), ("balance", _("全县结余（负为超支）")))
    lines = [(text, [float(each.communities[name].sum()) for each in outcomes]) for name, text in measures]
    lines += [
        (_("{name}结余", name=who.community_name(str(code))), [number_at(each.communities, str(code), "balance") for each in outcomes])
        for code in reference.communities.index
    ]
    first, named = Column(_("项目"), wide=True), [Column(side.name, "money") for side in sides]
    values = Table("plans", heading, (first, Column(_("基线"), "money"), *named), tuple((text, *found) for text, found in lines))
    if not sides:
        return [values]
    changes: tuple[tuple[str | float, ...], ...] = tuple((text, *(value - found[0] for value in found[1:])) for text, found in lines)
    return [values, Table("differences", _("较基线"), (first, *named), changes)]


def changes_table(brief: Brief, model: Model, sides: Sequence[Side]) -> Table | None:
    """Return every coefficient that an option changes: the baseline's value, then each option's with its reason; None without any."""
    _ = brief.say
    known = model.baseline.coefficients.coefficients
    changed = [name for name in known if any(name in side.plan.scenario.coefficients for side in sides)]
    if not changed:
        return None
    columns = (Column(_("系数"), wide=True), Column(_("基线")), *(Column(side.name, wide=True) for side in sides))
    rows = tuple(
        (
            label(known[name], brief.language),
            value_words(known[name], model.baseline.defaults[name], brief.language),
            *(_changed(brief, known[name], side) for side in sides),
        )
        for name in changed
    )
    return Table("changes", _("改了哪些系数、为什么"), columns, rows)


def _changed(brief: Brief, about: Coefficient, side: Side) -> str:
    """Return an option's value of a coefficient with the reason for it."""
    _ = brief.say
    if about.id not in side.plan.scenario.coefficients:
        return _("同基线")
    value = value_words(about, side.outcome.values[about.id], brief.language)
    return _("{value}：{reason}", value=value, reason=side.plan.scenario.rationale.get(about.id, _(_UNWRITTEN)))


def options_section(brief: Brief, model: Model, sides: Sequence[Side]) -> Section:
    """Return the options side by side with the baseline, the better one by ``GOAL`` in the message."""
    _ = brief.say
    heading, reference = _("医保总额推演"), model.reference()
    who = directory(brief.database)
    codes = [str(code) for code in reference.communities.index]
    named = [(_("基线"), reference), *((side.name, side.outcome) for side in sides)]
    chart = Chart(
        key="plans",
        kind="column",
        title=_("各医共体结余（万元，负为超支）"),
        categories=tuple(who.community_name(code) for code in codes),
        series=tuple(
            Series(name, tuple(number_at(outcome.communities, code, "balance") / 10_000 for code in codes)) for name, outcome in named
        ),
        format="#,##0",
    )
    blocks: list[Block] = []
    if sides:
        blocks.append(Bullets((_(GOAL), *(_option(brief, side, reference) for side in sides))))
    blocks += [chart, *_results(brief, sides, reference, heading)]
    changes = changes_table(brief, model, sides)
    if changes is not None:
        blocks.append(changes)
    return Section(heading, _message(brief, sides, reference), tuple(blocks), note=_("模型结果为推演，不是预测；系数等级见推演页面。"))
