"""Section 载入与问题: every load with its files, what was refused, and what was loaded though it has to be checked; filtered together."""

import datetime
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard.services.common.audit import record_data_reading
from dashboard.services.common.reporting import table_words
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.records import OUTCOMES, SEVERITIES, Record, Wish, chosen, record
from dashboard.states import State, signed
from dashboard.store.importing.rules import RULES
from dashboard.store.schema import table_name
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars, show_figure
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table

ALL, NEWEST = "all", "newest"
_READ = "data_findings_read"
_STATES = {"accepted": State.GOOD, "refused": State.BAD, "taken_back": State.WARNING}


def rule_words(rule: str) -> str:
    """Return what a rule of the import says, without the fields that only a refused package has."""
    known = RULES.get(rule)
    return _(known.message).split("：")[0] if known else rule


def findings_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    whole = record(frame.database, current_workspace())
    wish = _asked(whole)
    told = _wish_words(wish)
    _note_reading(frame.database.version.load_id, told)
    shown = chosen(whole, wish)
    source = replace(frame.source(), filters=told or _("全部"))
    newest = chosen(whole, Wish(newest=True))
    title = _(
        "载入 {loads} 批；最近一批 {count} 条需核对",
        loads=int(whole.loads["load_id"].notna().sum()),
        count=len(newest.findings),
    )
    left, right = st.columns([1, 1.2], gap="small")
    with left:
        _rules_card(source, shown, wish)
    with right:
        _loads_card(source, shown)
    return title


def _asked(whole: Record) -> Wish:
    """Draw the filters of both lists; return what is asked for."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="data_record_filters"):
        of_loads = choice("of_loads", _("哪些批次"), {NEWEST: _("最近一批"), ALL: _("全部批次")}, default=ALL, width="fitted")
        tables = {ALL: _("全部表")} | {table: table_name(table, language()) for table in whole.tables}
        table = choice("load_table", _("表"), tables, width=190)
        months = {ALL: _("全部月份")} | {f"{month:%Y-%m}": f"{month:%Y-%m}" for month in whole.months}
        month = choice("load_month", _("月份"), months, width="fitted")
        severity = choice("load_severity", _("程度"), _known({ALL: _("全部程度")}, SEVERITIES, whole.findings["severity"]), width="fitted")
        outcome = choice("load_outcome", _("结果"), _known({ALL: _("全部结果")}, OUTCOMES, whole.loads["outcome"]), width="fitted")
        # A name is nothing for an address that is passed on.
        person = st.selectbox(_("谁"), ["", *whole.people], format_func=lambda name: name or _("所有人"), key="load_person", width=130)
        rules = {ALL: _("全部规则")} | {str(rule): rule_words(str(rule)) for rule in whole.findings["rule"].value_counts().index}
        rule = choice("ruled", _("规则"), rules, width=220)
    return Wish(
        newest=of_loads == NEWEST,
        table=None if table == ALL else table,
        month=None if month == ALL else datetime.date.fromisoformat(f"{month}-01"),
        person=person or None,
        severity=None if severity == ALL else severity,
        rule=None if rule == ALL else rule,
        outcome=None if outcome == ALL else outcome,
    )


def _known(first: Mapping[str, str], words: Mapping[str, str], there: pd.Series) -> dict[str, str]:
    """Return ``first`` and of ``words`` those that occur."""
    return dict(first) | {code: text for code, text in words.items() if code in set(there)}


def _wish_words(wish: Wish) -> str:
    """Return the filters in words, as exports and the trail of readers name them; empty for everything."""
    parts = [
        _("最近一批") if wish.newest else "",
        table_words(wish.table, language()) if wish.table else "",
        f"{wish.month:%Y-%m}" if wish.month else "",
        _(SEVERITIES[wish.severity]) if wish.severity else "",
        _(OUTCOMES[wish.outcome]) if wish.outcome else "",
        wish.person or "",
        rule_words(wish.rule) if wish.rule else "",
    ]
    return " · ".join(part for part in parts if part)


def _note_reading(load_id: int, told: str) -> None:
    """Note once a session for each load and part that it was read: the list of who did what has its own trace of readers."""
    seen = st.session_state.setdefault(_READ, set())
    if (load_id, told) not in seen:
        seen.add((load_id, told))
        record_data_reading("data?about=findings", {"load_id": load_id, **({"filters": told} if told else {})})


def _rules_card(source: ExportSource, shown: Record, wish: Wish) -> None:
    rows = shown.findings
    title = _("问题 {count} 条：选一条规则，看所有表里的全部", count=len(rows))
    with card("data_rules", title, _("最近一批") if wish.newest else _("全部批次")):
        if rows.empty:
            empty_state(_("没有符合条件的问题。"), _("请放宽上方的条件；载入时拒绝的行在载入报告里。"))
            return
        counts = rows["rule"].value_counts()
        drawn = [BarRow(rule_words(str(rule)), float(count), formatting.number(count)) for rule, count in counts.items()]
        show_figure(bars(drawn, unit=_("条")), key="chart_data_rules", alt=_("各规则的条数"), of_period=False)
        columns = [
            TableColumn("load_id", _("批次"), "rank"),
            TableColumn("severity", _("程度")),
            TableColumn("file", _("文件")),
            TableColumn("line", _("行"), "count"),
            TableColumn("column_name", _("列名")),
            TableColumn("value", _("值")),
            TableColumn("told", _("说明")),
        ]
        told = rows.assign(
            told=[rule_words(str(rule)) for rule in rows["rule"]], severity=[_(SEVERITIES.get(each, each)) for each in rows["severity"]]
        )
        show_table(told, columns, key="data_findings", title=_("需要核对的行"), source=source, rows=9)


def _loads_card(source: ExportSource, shown: Record) -> None:
    with card("data_loads", _("载入批次 {count} 批", count=len(shown.loads)), _("新批在前；拒绝和只检查的没有批次")):
        if shown.loads.empty:
            empty_state(_("没有符合条件的批次。"), _("请放宽上方的条件。"))
            return
        rows = shown.loads.assign(
            when=[formatting.moment(pd.Timestamp(moment).to_pydatetime()) for moment in shown.loads["when"]],
            outcome=[signed(_STATES.get(each, State.UNKNOWN), _(OUTCOMES.get(each, each))) for each in shown.loads["outcome"]],
        )
        columns = [
            TableColumn("load_id", _("批次"), "rank"),
            TableColumn("outcome", _("结果")),
            TableColumn("when", _("时间")),
            TableColumn("person", _("谁")),
            TableColumn("package", _("数据包")),
            TableColumn("reason", _("理由")),
            TableColumn("row_count", _("行数"), "count"),
            TableColumn("error_count", _("错误"), "count"),
            TableColumn("warning_count", _("提示"), "count"),
            TableColumn("data_through", _("数据截至"), "month"),
            TableColumn("checksum", _("校验值")),
        ]
        show_table(rows, columns, key="data_loads", title=_("载入批次"), source=source, rows=6)
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
        show_table(shown.files, columns, key="data_files", title=_("载入文件"), source=source, rows=9)
