"""操作记录: exports, saves, decisions and loads as a list that can be filtered and taken away."""

import datetime

import pandas as pd
import streamlit as st

from dashboard.language import marked
from dashboard.services.audit import MOST_ENTRIES, Act, acts
from dashboard.services.clock import local_time, today
from dashboard.services.workspace import current_workspace
from dashboard.ui.cards import card
from dashboard.ui.i18n import _
from dashboard.ui.messages import empty_state
from dashboard.ui.shell import PageFrame
from dashboard.ui.tables import TableColumn, show_table
from dashboard.workspace import ACTION_LABELS, KEPT_DAYS, KIND_LABELS, UNSIGNED, Action

_SHOWN_DAYS = 30
_DETAILS = {
    "version": marked("版本"),
    "period": marked("期间"),
    "filters": marked("筛选条件"),
    "data_version": marked("数据版本"),
    "load_id": marked("批次"),
    "rows": marked("行数"),
    "errors": marked("错误"),
    "result": marked("结果"),
    "from": marked("原名"),
    "to": marked("新名"),
    "before": marked("早于"),
    "entries": marked("条数"),
}
_RESULTS = {"accepted": marked("已载入"), "unchanged": marked("没有改动"), "refused": marked("未载入")}


def _details(act: Act) -> str:
    """Return the details of an act in the reader's words; a word that this list does not know stays as it is."""
    return _("；").join(
        f"{_(_DETAILS.get(name, name))} {_(_RESULTS.get(text, text)) if name == 'result' else text}" for name, text in act.details
    )


def audit_section(frame: PageFrame) -> None:
    """Draw who did what when."""
    with card("audit", _("谁在什么时候做了什么"), _("只增不改，至少保存 {days} 天", days=KEPT_DAYS)):
        first, second, third = st.columns([1.2, 1, 1.6], gap="small")
        day = today()
        span = first.date_input(
            _("日期"), (day - datetime.timedelta(days=_SHOWN_DAYS), day), format="YYYY-MM-DD", key="audit_days", max_value=day
        )
        labels = {"": _("全部操作")} | {action.value: _(label) for action, label in ACTION_LABELS.items()}
        action = second.selectbox(_("操作"), list(labels), format_func=labels.__getitem__, key="audit_action")
        words = third.text_input(_("查找人员、对象或细节"), key="audit_words")
        days = span if isinstance(span, tuple) else (span,)
        found = acts(
            current_workspace(),
            first=days[0] if days else None,
            last=days[-1] if len(days) == 2 else None,
            action=Action(action) if action else None,
            words=words,
        )
        if not found:
            empty_state(_("这段时间没有符合条件的操作记录。"), _("请放宽日期或条件。"))
            return
        table = pd.DataFrame(
            [
                (
                    f"{local_time(act.at):%Y-%m-%d %H:%M:%S}",
                    act.actor or _(UNSIGNED),
                    _(ACTION_LABELS[act.action]),
                    _(KIND_LABELS[act.kind]) if act.kind else "",
                    act.name,
                    _details(act),
                )
                for act in found
            ],
            columns=["at", "actor", "action", "kind", "name", "details"],
        )
        columns = (
            TableColumn("at", _("时间（北京）")),
            TableColumn("actor", _("操作人")),
            TableColumn("action", _("操作")),
            TableColumn("kind", _("种类")),
            TableColumn("name", _("对象")),
            TableColumn("details", _("细节")),
        )
        show_table(table, columns, key="audit", title=_("操作记录"), source=frame.source(), rows=16)
        if len(found) >= MOST_ENTRIES:
            st.caption(_("只列出最近 {most} 条，请缩短日期范围。", most=MOST_ENTRIES))
