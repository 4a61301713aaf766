"""Section 载入与问题: every load with its files, and what was loaded though it has to be checked; all of one rule at once."""

import pandas as pd
import streamlit as st

from dashboard.services.common.audit import record_data_reading
from dashboard.services.data.records import Findings, Loads, findings, loads
from dashboard.store.importing.rules import RULES
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars, show_figure
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import TableColumn, show_table

ALL, NEWEST = "all", "newest"
_READ = "data_findings_read"


def rule_words(rule: str) -> str:
    """Return what a rule of the import says, without the fields that only a refused package has."""
    known = RULES.get(rule)
    return _(known.message).split("：")[0] if known else rule


def findings_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    known, found = loads(frame.database), findings(frame.database)
    _note_reading(frame.database.version.load_id)
    title = _(
        "载入 {loads} 批，最近一批 {rows} 行、{count} 条需核对",
        loads=len(known.loads),
        rows=formatting.number(known.newest_rows),
        count=len(found.newest),
    )
    left, right = st.columns([1, 1.2], gap="small")
    with left:
        _rules_card(frame, found)
    with right:
        _loads_card(frame, known)
    return title


def _note_reading(load_id: int) -> None:
    """Note once a session and load that the record of loads was read: the list of who did what has its own trace of readers."""
    if st.session_state.get(_READ) != load_id:
        st.session_state[_READ] = load_id
        record_data_reading("data?about=findings", {"load_id": load_id})


def _rules_card(frame: PageFrame, found: Findings) -> None:
    asked = choice("of_loads", _("哪些批次"), {NEWEST: _("最近一批"), ALL: _("全部批次")}, width="fitted")
    rows = found.newest if asked == NEWEST else found.every
    title = _("问题 {count} 条：选一条规则，看所有表里的全部", count=len(rows))
    with card("data_rules", title, _("最近一批") if asked == NEWEST else _("全部批次")):
        if rows.empty:
            empty_state(_("最近一批没有需要核对的行。"), _("更早的批次见右侧；载入时拒绝的行在载入报告里。"))
            return
        counts = rows["rule"].value_counts()
        drawn = [BarRow(rule_words(str(rule)), float(count), formatting.number(count)) for rule, count in counts.items()]
        show_figure(bars(drawn, unit=_("条")), key="chart_data_rules", alt=_("各规则的条数"), of_period=False)
        labels = {ALL: _("全部规则")} | {str(rule): rule_words(str(rule)) for rule in counts.index}
        chosen = choice("ruled", _("规则"), labels, width="fitted")
        shown = rows if chosen == ALL else rows[rows["rule"] == chosen]
        columns = [
            TableColumn("load_id", _("批次"), "rank"),
            TableColumn("file", _("文件")),
            TableColumn("line", _("行"), "count"),
            TableColumn("column_name", _("列名")),
            TableColumn("value", _("值")),
            TableColumn("told", _("说明")),
        ]
        told = shown.assign(told=[rule_words(str(rule)) for rule in shown["rule"]])
        show_table(told, columns, key="data_findings", title=_("需要核对的行"), source=frame.source(), rows=9)


def _loads_card(frame: PageFrame, known: Loads) -> None:
    with card("data_loads", _("载入批次"), _("新批在前")):
        rows = known.loads.assign(when=[formatting.moment(pd.Timestamp(moment).to_pydatetime()) for moment in known.loads["loaded_at"]])
        columns = [
            TableColumn("load_id", _("批次"), "rank"),
            TableColumn("when", _("载入时间")),
            TableColumn("package", _("数据包")),
            TableColumn("row_count", _("行数"), "count"),
            TableColumn("warning_count", _("提示"), "count"),
            TableColumn("data_through", _("数据截至"), "month"),
            TableColumn("checksum", _("校验值")),
        ]
        show_table(rows, columns, key="data_loads", title=_("载入批次"), source=frame.source(), rows=6)
        columns = [
            TableColumn("load_id", _("批次"), "rank"),
            TableColumn("file", _("文件")),
            TableColumn("table_name", _("表")),
            TableColumn("row_count", _("行数"), "count"),
            TableColumn("replaced_count", _("替换原有行数"), "count"),
            TableColumn("first_period", _("最早期间"), "month"),
            TableColumn("last_period", _("最晚期间"), "month"),
            TableColumn("checksum", _("校验值")),
        ]
        show_table(known.files, columns, key="data_files", title=_("载入文件"), source=frame.source(), rows=9)
