"""Reforms in a report: stacked ones with the part of each, and every question that was written down with its verdict."""

from dashboard import formatting
from dashboard.documents.content import Block, Bullets, Cell, Column, Paragraph, Section, Table
from dashboard.services.common.addresses import PageAddress
from dashboard.services.fiscal.together import PARTY_NAMES
from dashboard.services.insurance.answer import frozen_scores
from dashboard.services.reform.questions import VERDICTS, cards, judged
from dashboard.services.reform.stack_words import date_text, parameter_name, stack_finding, together_text, value_text
from dashboard.services.reform.stacking import StackAnswer, read_settled, read_stack, share_table, stack_answer, stackable
from dashboard.services.reports.parts import Brief, Part
from dashboard.services.reports.work import lacking
from dashboard.whatif.fiscal_run import PARTIES
from dashboard.workspace import UNSIGNED


def reform_part(brief: Brief, address: PageAddress) -> Part:
    """Return the stacked reforms of the address, or, without any, the questions that were registered. Raises ``ScenarioError``."""
    if address.get("stack"):
        return _stack_part(brief, address)
    return _questions_part(brief)


def _stack_part(brief: Brief, address: PageAddress) -> Part:
    _ = brief.say
    heading = _("改革叠加")
    picked = read_stack(address.get("stack"), stackable(brief.workspace))
    if not picked:
        return lacking(brief, heading, _("链接里的方案已不在，无法叠加。"))
    settled = tuple(sorted(read_settled(address.get("settled")).items()))
    answer = stack_answer(brief.database, frozen_scores(brief.workspace), picked, settled)
    finding = stack_finding(answer, brief.language)
    blocks: list[Block] = []
    if answer.stack is not None:
        blocks.append(_shares(brief, answer))
        told = [together_text(answer, str(left), str(right), brief.language) for left, right in answer.stack.together.index]
        blocks += [Bullets(tuple(told))] if told else [Paragraph(_("所选改革互不影响：各算各的之和等于合计。"))]
    notes = [date_text(problem, answer, brief.language) for problem in answer.dates]
    blocks += [Bullets(tuple(notes))] if notes else []
    blocks.append(_changes(brief, answer))
    versions = tuple((_("推演方案"), each.name) for each in picked)
    note = _("全年金额，正数为得益；平均 = 所有先后次序的平均（Shapley）；推演结果不是预测")
    return Part((Section(heading, finding, tuple(blocks), note=note),), (), (), versions)


def _shares(brief: Brief, answer: StackAnswer) -> Table:
    _ = brief.say
    columns = (Column(_("改革"), wide=True), *(Column(_(PARTY_NAMES[party]), "money") for party in PARTIES))
    tables = {party: share_table(answer, party) for party in PARTIES}
    rows: list[tuple[Cell, ...]] = [
        (answer.name(each.key), *(float(tables[party]["share"][each.key]) for party in PARTIES)) for each in answer.counted
    ]
    if answer.stack is not None:
        rows.append((_("合计"), *(answer.stack.totals[party] for party in PARTIES)))
    return Table("stack", _("每项改革摊到多少（各种先后次序的平均）"), columns, tuple(rows))


def _changes(brief: Brief, answer: StackAnswer) -> Table:
    _ = brief.say
    rows = tuple(
        (
            each.name,
            parameter_name(each.model, name, brief.language),
            value_text(each.model, name, value, brief.language),
            formatting.month(each.first, brief.language),
        )
        for each in answer.reforms
        for name, value in each.changes.items()
    )
    columns = (Column(_("改革"), wide=True), Column(_("系数"), wide=True), Column(_("取值")), Column(_("从")))
    return Table("stack_changes", _("每项改革改了什么"), columns, rows)


def _questions_part(brief: Brief) -> Part:
    _ = brief.say
    heading = _("已登记的问题")
    answers = judged(brief.database, cards(brief.workspace), brief.filters.period.last)
    if not answers:
        return lacking(brief, heading, _("还没有登记问题。"))
    rows = tuple(
        (
            each.card.content.sentence,
            formatting.month(each.card.content.since, brief.language),
            _(VERDICTS[each.verdict]),
            each.card.author or _(UNSIGNED),
        )
        for each in answers
    )
    columns = (Column(_("问题"), wide=True), Column(_("改革开始")), Column(_("判断")), Column(_("登记")))
    note = _("“与……一致”不等于“由……引起”；没有看出变化的也列出")
    return Part((Section(heading, "", (Table("questions", heading, columns, rows),), note=note),))
