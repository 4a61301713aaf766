"""操作记录: exports, saves, decisions and loads as a list that can be filtered and taken away."""

import datetime

import pandas as pd
import streamlit as st

from dashboard import formatting
from dashboard.language import marked
from dashboard.services.common.audit import MOST_ENTRIES, Act, acts, record_reading
from dashboard.services.common.clock import today
from dashboard.services.common.workspace import current_workspace
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table
from dashboard.workspace import ACTION_LABELS, KEPT_DAYS, KIND_LABELS, OUTCOME_LABELS, UNSIGNED, Action, Outcome

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
    "starts": marked("自"),
    "ends": marked("至"),
    "role": marked("角色"),
    "grant": marked("授权序号"),
    "reason": marked("理由"),
    "bytes": marked("字节"),
    "action": marked("操作"),
    "words": marked("查找"),
    "way": marked("登录方式"),
    "ending": marked("结束"),
    "days": marked("天数"),
    "token": marked("令牌"),
    "session": marked("会话"),
    "county": marked("县"),
    "communities": marked("医共体"),
    "institutions": marked("机构"),
    "sections": marked("敏感栏目"),
    "last_hash": marked("清理前的链头"),
}
_RESULTS = {"accepted": marked("已载入"), "unchanged": marked("没有改动"), "refused": marked("未载入")}


def _details(act: Act) -> str:
    """Return the details of an act in the reader's words; a word that this list does not know stays as it is."""
    return _("；").join(
        f"{_(_DETAILS.get(name, name))} {_(_RESULTS.get(text, text)) if name == 'result' else text}" for name, text in act.details
    )


_SEEN = "audit_seen"


def _note_reading(first: object, last: object, action: str, words: str) -> None:
    """Note that this part of the trail was read, once for each part that a session looks at."""
    part = (str(first), str(last), action, words)
    if part not in st.session_state.setdefault(_SEEN, set()):
        st.session_state[_SEEN].add(part)
        details = {"starts": part[0], "ends": part[1], "action": action, "words": words}
        record_reading("audit_entry", {name: text for name, text in details.items() if text not in ("", "None")})


def audit_section(source: ExportSource) -> None:
    """Draw who did what when; ``source`` is what an export states. Reading it is itself noted."""
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
        _note_reading(days[0] if days else None, days[-1] if len(days) == 2 else None, action, words)
        if not found:
            empty_state(_("这段时间没有符合条件的操作记录。"), _("请放宽日期或条件。"))
            return
        table = pd.DataFrame(
            [
                (
                    formatting.moment(act.at, seconds=True),
                    act.actor or _(UNSIGNED),
                    act.account or "",
                    act.address or "",
                    _(ACTION_LABELS.get(act.action, act.action)),
                    _(OUTCOME_LABELS[Outcome.REFUSED if act.refused else Outcome.DONE]),
                    _(KIND_LABELS[act.kind]) if act.kind else "",
                    act.name,
                    _details(act),
                )
                for act in found
            ],
            columns=["at", "actor", "account", "address", "action", "result", "kind", "name", "details"],
        )
        columns = (
            TableColumn("at", _("时间（北京）")),
            TableColumn("actor", _("操作人")),
            TableColumn("account", _("账号")),
            TableColumn("address", _("来源地址")),
            TableColumn("action", _("操作")),
            TableColumn("result", _("结果")),
            TableColumn("kind", _("种类")),
            TableColumn("name", _("对象")),
            TableColumn("details", _("细节")),
        )
        show_table(table, columns, key="audit", title=_("操作记录"), source=source, rows=16)
        if len(found) >= MOST_ENTRIES:
            st.caption(_("只列出最近 {most} 条，请缩短日期范围。", most=MOST_ENTRIES))
