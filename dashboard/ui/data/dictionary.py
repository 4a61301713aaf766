"""Section 口径字典: indicators, tables and columns, code lists; searched by word, exported whole."""

import pandas as pd
import streamlit as st

from dashboard.catalogue.loader import load_catalogue
from dashboard.language import marked
from dashboard.services.common.indicators import indicator_definition
from dashboard.store.schema import label, metadata, package_tables
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.address import segments
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import TableColumn, show_table

LISTS = {"indicators": marked("指标"), "columns": marked("表和列"), "codes": marked("代码表")}


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


def dictionary_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = segments("listed", _("查什么"), LISTS, hidden=True)
        word = st.text_input(_("查找"), key="dictionary_word", placeholder=_("名称、代码或说明中的字"), width=280).strip()
    tables = {
        "indicators": (
            indicators_table,
            [
                ("id", _("编号")),
                ("name", _("名称")),
                ("formula", _("公式")),
                ("unit", _("单位")),
                ("evidence", _("等级")),
                ("sources", _("来源表")),
            ],
        ),
        "columns": (
            columns_table,
            [
                ("table", _("表")),
                ("table_name", _("表名")),
                ("column", _("列")),
                ("column_name", _("列名")),
                ("note", _("说明")),
                ("optional", _("必填")),
            ],
        ),
        "codes": (codes_table, [("table", _("表")), ("column", _("列")), ("code", _("代码")), ("zh", _("中文")), ("en", _("英文"))]),
    }
    make, names = tables[chosen]
    whole = make()
    shown = _found(whole, word)
    title = _("{name} {count} 条", name=_(LISTS[chosen]), count=len(shown))
    with card("data_dictionary", title, _("共 {count} 条", count=len(whole))):
        if shown.empty:
            empty_state(_("没有找到。"), _("请换一个字，或清空查找。"))
        else:
            show_table(
                shown, [TableColumn(name, text) for name, text in names], key="data_dictionary", title=title, source=frame.source(), rows=16
            )
    return title
