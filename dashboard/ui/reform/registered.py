"""Section 已登记的问题: every question that was written down, with its verdict; nothing is left out because nothing was found."""

import math

import pandas as pd

from dashboard.catalogue.reform import reform_settings
from dashboard.services.common.directory import directory
from dashboard.services.common.workspace import current_workspace
from dashboard.services.reform.questions import VERDICTS, Judged, Verdict, cards, judged
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.reform.words import span
from dashboard.workspace import UNSIGNED


def registered_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    answers = judged(frame.database, cards(current_workspace()), frame.filters.period.last)
    found = sum(each.verdict in (Verdict.CONSISTENT, Verdict.OPPOSITE) for each in answers)
    title = _("登记了 {count} 个问题，{found} 个看得出变化", count=len(answers), found=found)
    aside = _("全部问题一起校正，错误发现率 {share}", share=formatting.percent(reform_settings().false_discovery, 0))
    with card("reform_registered", title, aside):
        if not answers:
            empty_state(_("还没有登记问题。"), _("在“中断时间序列”里选好指标和日期，先点“登记这个问题”，再看结果。"))
            return title
        columns = [
            TableColumn("sentence", _("问题")),
            TableColumn("area", _("范围")),
            TableColumn("since", _("改革开始")),
            TableColumn("verdict", _("判断")),
            TableColumn("interval", _("末月 95% 区间")),
            TableColumn("adjusted", _("校正后的 p")),
            TableColumn("author", _("登记")),
        ]
        rows = pd.DataFrame([_row(frame, each) for each in answers], columns=[column.name for column in columns])
        show_table(rows, columns, key="reform_registered", title=_("已登记的问题"), source=frame.source(), rows=12)
    return title


def _row(frame: PageFrame, each: Judged) -> tuple[str, ...]:
    question, answer = each.card.content, each.answer
    area = directory(frame.database).community_name(question.community) if question.community else _("全县")
    interval = span(answer.indicator, answer.last.low, answer.last.high) if answer and answer.estimated else MISSING
    return (
        question.sentence,
        area,
        formatting.month(question.since, language()),
        _(VERDICTS[each.verdict]),
        interval,
        MISSING if math.isnan(each.adjusted) else formatting.number(each.adjusted, 3),
        f"{each.card.author or _(UNSIGNED)} {formatting.moment(each.card.created_at)}",
    )
