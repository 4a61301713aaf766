"""Figures to check: questions to a centre, never verdicts."""

import streamlit as st

from dashboard.language import marked
from dashboard.services.contracts.questions import Question, questions
from dashboard.states import State
from dashboard.store.codes import CONTRACT_GROUP
from dashboard.ui.frame.drill import asker
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.attention import AttentionLine, attention_list
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import escaped

_SHOWN = 6
_WORDS = {
    "jump": marked("签约人数一个月多了 {value}，是补录吗？"),
    "same": marked("签约人数连续 {value} 个月一人不差，更新了吗？"),
    "complete": marked("全部签约人都已履约，一人不差，怎么认定？"),
    "falling": marked("年内累计履约人数减少了 {value} 人，为什么？"),
    "december": marked("12 月一个月履约占全年 {value}，为什么？"),
    "controlled": marked("{disease}控制率 100%，读数哪来？"),
}
_BEHIND = {"controlled": {"hypertension": "G07", "diabetes": "G09"}}


def question_words(question: Question) -> str:
    """Return the question to the centre."""
    if question.question == "falling":
        value = formatting.people(abs(question.value), language())
    elif question.question == "same":
        value = formatting.number(question.value)
    else:
        value = formatting.percent(question.value, 0)
    disease = code_label(CONTRACT_GROUP, question.programme) if question.programme else ""
    return _(_WORDS[question.question], value=value, disease=disease)


def _behind(question: Question) -> str:
    return _BEHIND.get(question.question, {}).get(
        question.programme, "G03" if question.question in ("complete", "december", "falling") else "G02"
    )


def _line(question: Question) -> AttentionLine:
    detail = _("{month}，共 {months} 个月如此", month=formatting.month(question.month, language()), months=question.months)
    opened = asker(_behind(question), question.community, question.centre)
    return AttentionLine(f"{question.name}{_('：')}{question_words(question)}", detail, State.WARNING, opened)


def questions_card(frame: PageFrame) -> None:
    """Draw the questions of the last twelve months, the newest first."""
    answer = questions(frame.database, frame.filters.period.last, frame.filters.community)
    ordered = sorted(answer.asked, key=lambda each: (each.month, each.months), reverse=True)
    if ordered:
        title = _("请核对：{count} 个问题，不是结论", count=len(ordered))
    else:
        title = _("没有需要核对的数字") if answer.checks else _("没有可以核对的签约和慢病数字")
    with card("contract_questions", title, _("近 12 个月")):
        attention_list("contract", [_line(question) for question in ordered[:_SHOWN]])
        if len(ordered) > _SHOWN:
            st.caption(escaped(_("另有 {count} 个问题", count=len(ordered) - _SHOWN)))
        st.caption(
            escaped(
                _(
                    "查了 {checks} 次（中心 × 月 × 规则），问 {count} 次；规则为本产品口径，待核实。",
                    checks=formatting.number(answer.checks),
                    count=len(ordered),
                )
            )
        )
