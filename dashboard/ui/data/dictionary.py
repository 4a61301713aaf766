"""Section 口径字典: indicators, tables and columns, code lists, what changed when; searched by word, exported as listed and whole."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard.catalogue.loader import load_catalogue
from dashboard.documents.sheets import CSV, csv_content
from dashboard.language import marked
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.indicators import indicator_definition
from dashboard.services.data.history import INDICATOR, REGISTER, TABLE, definition_changes, register_changes
from dashboard.store.schema import label, metadata, package_tables
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.address import segments
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import OWN_GRADE, Definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import ExportSource, TableColumn, download, show_table, workbook_of

LISTS = {"indicators": marked("指标"), "columns": marked("表和列"), "codes": marked("代码表"), "changes": marked("何时改了什么")}
_KINDS = {INDICATOR: marked("指标"), TABLE: marked("表"), REGISTER: marked("本县字典表")}
Heads = list[TableColumn]


def indicators_table() -> pd.DataFrame:
    """Return one row per indicator of the catalogue: id, name, formula, unit, evidence, target."""
    reader = language()
    abouts = [indicator_definition(each.id, reader) for each in load_catalogue().chosen(None)]
    return pd.DataFrame(
        [(about.id, about.name, about.formula_in_words, about.unit, about.evidence_label, _("、").join(about.sources)) for about in abouts],
        columns=["id", "name", "formula", "unit", "evidence", "sources"],
    )


def columns_table() -> pd.DataFrame:
    """Return one row per column of the contract: table, its label, column, its label, note, whether a file may leave it out."""
    rows = []
    for table in package_tables():
        for column in table.columns:
            note = (column.comment or "").partition("：")[2]
            optional = _("可空") if column.nullable or column.info.get("optional") else _("必填")
            rows.append((table.name, label(table), column.name, label(column), note, optional))
    return pd.DataFrame(rows, columns=["table", "table_name", "column", "column_name", "note", "optional"])


def codes_table() -> pd.DataFrame:
    """Return one row per code: table, column, code, Chinese and English label."""
    rows = [
        (table.name, column.name, code, names.zh, names.en)
        for table in metadata.sorted_tables
        for column in table.columns
        for code, names in (column.info.get("codes") or {}).items()
    ]
    return pd.DataFrame(rows, columns=["table", "column", "code", "zh", "en"])


def _found(frame: pd.DataFrame, word: str) -> pd.DataFrame:
    if not word:
        return frame
    hits = frame.apply(lambda column: column.astype(str).str.contains(word, case=False, regex=False))
    return frame[hits.any(axis=1)]


def changes_table(database: ReportingDatabase) -> pd.DataFrame:
    """Return one row per change of a definition, and per load of one of the county's registers: day, kind, subject, name, what, by what."""
    reader = language()
    every = pd.concat([definition_changes(reader), register_changes(database, reader)], ignore_index=True)
    by = [
        _("第 {load} 批", load=int(load)) if pd.notna(load) else _("程序 {version}", version=version)
        for load, version in zip(every["load_id"], every["version"], strict=True)
    ]
    told = every.assign(day=[f"{day:%Y-%m-%d}" for day in every["on"]], kind=[_(_KINDS[kind]) for kind in every["kind"]], by=by)
    return told.sort_values("day", ascending=False, kind="stable")[["day", "kind", "subject", "name", "what", "by"]]


def _lists(database: ReportingDatabase) -> dict[str, tuple[Callable[[], pd.DataFrame], Heads]]:
    heads = {
        "indicators": [
            ("id", _("编号")), ("name", _("名称")), ("formula", _("公式")), ("unit", _("单位")), ("evidence", _("等级")),
            ("sources", _("来源表")),
        ],
        "columns": [
            ("table", _("表")), ("table_name", _("表名")), ("column", _("列")), ("column_name", _("列名")), ("note", _("说明")),
            ("optional", _("必填")),
        ],
        "codes": [("table", _("表")), ("column", _("列")), ("code", _("代码")), ("zh", _("中文")), ("en", _("英文"))],
        "changes": [
            ("day", _("日期")), ("kind", _("种类")), ("subject", _("编号或表")), ("name", _("名称")), ("what", _("改了什么")),
            ("by", _("由哪一批或版本")),
        ],
    }  # fmt: skip
    makers = {"indicators": indicators_table, "columns": columns_table, "codes": codes_table, "changes": lambda: changes_table(database)}
    return {name: (makers[name], [TableColumn(*head) for head in heads[name]]) for name in LISTS}


def whole_dictionary(database: ReportingDatabase, source: ExportSource) -> bytes:
    """Return the whole dictionary as a workbook: a sheet for each list, and where it comes from."""
    sheets = [(_(LISTS[name]), make(), heads) for name, (make, heads) in _lists(database).items()]
    return workbook_of(sheets, _("口径字典"), source)


def dictionary_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = segments("listed", _("查什么"), LISTS, hidden=True)
        word = st.text_input(_("查找"), key="dictionary_word", placeholder=_("名称、代码或说明中的字"), width=280).strip()
    make, heads = _lists(frame.database)[chosen]
    whole = make()
    shown = _found(whole, word)
    title = _("{name} {count} 条", name=_(LISTS[chosen]), count=len(shown))
    source = replace(frame.source(), filters=" · ".join(filter(None, (_(LISTS[chosen]), word))))
    with card("data_dictionary", title, _("共 {count} 条", count=len(whole)), details=_history_rules if chosen == "changes" else None):
        if shown.empty:
            empty_state(_("没有找到。"), _("请换一个字，或清空查找。"))
        else:
            show_table(shown, heads, key="data_dictionary", title=title, source=source, rows=16)
        with st.container(horizontal=True):
            if not shown.empty:
                labels = {head.name: head.label for head in heads}
                download(
                    _("下载 CSV（所列）"), lambda: csv_content(shown.rename(columns=labels)), key="dictionary_csv",
                    file_name=f"dictionary_{chosen}.csv", title=title, source=source, mime=CSV,
                )  # fmt: skip
            whole_source = replace(source, filters=_("整本"))
            download(
                _("下载整本字典（Excel）"), lambda: whole_dictionary(frame.database, whole_source), key="dictionary_whole",
                file_name="dictionary.xlsx", title=_("口径字典"), source=whole_source,
            )  # fmt: skip
    return title


def _history_rules() -> None:
    definition(
        Definition(
            name=_("何时改了什么"),
            meaning=_(
                "指标和表：程序里的定义从哪一天起变成现在这样，公式、单位、方向、层级、目标、等级和列的变动都记；名称和说明的改动不记。"
                "本县字典表：哪一批载入了几行；改了其中哪几行没有留存。"
            ),
            source=_("、").join(("history.yaml", "meta_load_file")),
            grade=_(OWN_GRADE),
        )
    )
