"""Section 溯源: from a number to the file it came from, and from a column to everything that it goes into, as one picture each."""

import datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.monitoring import monitoring_rules
from dashboard.catalogue.overview import overview_plan
from dashboard.catalogue.performance import delivered_schemes
from dashboard.services.common.freezing import changed_since, frozen_period
from dashboard.services.common.indicators import indicator_definition
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.lineage import Lineage, Uses, files_of, frozen_results, lineage, uses
from dashboard.services.overview.answer import headlines
from dashboard.store.schema import label, metadata, table_name
from dashboard.ui.data.chain import Box, show_chain
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.readings import trouble_text, value_text
from dashboard.ui.kit.tables import TableColumn, show_table

_PICKED, _COLUMN = "data_lineage_box", "data_lineage_column"
_MOST_FILES, _MOST_BOXES = 3, 8
_LETTERS_OF_CHECKSUM = 8


def lineage_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    catalogue, reader = load_catalogue(), language()
    first = [name for name in overview_plan().headlines if name in catalogue.indicators]
    ids = [*first, *(each.id for each in catalogue.chosen(None) if each.lacks is None and each.id not in first)]
    labels = {name: f"{name} {catalogue.indicator(name).label(reader)}" for name in ids}
    chosen = choice("traced", _("哪个数"), labels, width=360)
    answer = lineage(frame.database, chosen)
    _way_card(frame, answer)
    _uses_card(frame, answer)
    return _(
        "{name} 从 {tables} 张表、{files} 个文件来",
        name=labels[chosen],
        tables=len({each.table for each in answer.sources if each.table}),
        files=len(answer.files),
    )


def _way_columns(frame: PageFrame, answer: Lineage, month: Period) -> list[tuple[str, list[Box]]]:
    """Return number → indicator → measures → query → table and column → load → file."""
    reader = language()
    about = indicator_definition(answer.indicator, reader)
    reading = next((each.reading for each in headlines(frame.database, month, None, None, (answer.indicator,))), None)
    value = value_text(reading) if reading is not None else formatting.MISSING
    told = formatting.period(month, reader)
    hover = f"{told} {_('全县')} {value}"
    if reading is not None:
        sides = f"{formatting.number(reading.numerator)} ÷ {formatting.number(reading.denominator)}"
        hover = " · ".join(filter(None, (hover, sides, trouble_text(reading))))
    number = Box("number", value, told, hover=hover)
    indicator = Box("indicator", f"{about.id} {about.short_name}", about.evidence_label, ("number",), about.formula_in_words)
    measures: list[Box] = []
    queries: dict[str, Box] = {}
    columns: dict[str, Box] = {}
    for source in answer.sources:
        name = source.name if reader == "zh" else source.name_en
        measures.append(Box(f"measure:{source.measure}", name, source.measure, ("indicator",), name))
        if source.query:
            key = f"query:{source.query}"
            before = queries[key].after if key in queries else ()
            file = f"{source.query.rpartition('/')[2]}.sql"
            queries[key] = Box(
                key, file, f"queries/{source.query}.sql", (*before, f"measure:{source.measure}"), f"queries/{source.query}.sql"
            )
        if source.table:
            key = f"column:{source.table}.{source.column}"
            before = columns[key].after if key in columns else ()
            full = f"{source.table}.{source.column} {source.column_name}"
            columns[key] = Box(
                key, table_name(source.table, language()), source.column_name or source.column, (*before, f"query:{source.query}"), full
            )
    loads, files = _loads(answer, month.last)
    return [
        (_("数字"), [number]), (_("指标"), [indicator]), (_("度量"), measures), (_("查询"), [*queries.values()]),
        (_("表 · 列"), [*columns.values()]), (_("载入"), loads), (_("文件"), files),
    ]  # fmt: skip


def _loads(answer: Lineage, last: datetime.date) -> tuple[list[Box], list[Box]]:
    loads: dict[str, Box] = {}
    files: list[Box] = []
    for table in dict.fromkeys(source.table for source in answer.sources if source.table):
        after = tuple(f"column:{source.table}.{source.column}" for source in answer.sources if source.table == table)
        found: list[Any] = list(files_of(answer, table, last).head(_MOST_FILES).itertuples(index=False))
        for row in found:
            key = f"load:{row.load_id}"
            when = formatting.moment(pd.Timestamp(row.loaded_at).to_pydatetime())
            before = loads[key].after if key in loads else ()
            loads[key] = Box(key, _("第 {load} 批", load=row.load_id), when, (*before, *after), str(row.package))
            checksum = str(row.checksum)
            short = f"SHA-256 {checksum[:_LETTERS_OF_CHECKSUM]}…"
            files.append(Box(f"file:{row.load_id}:{row.file}", str(row.file), short, (key,), f"{row.file} {checksum}"))
    return list(loads.values()), files


def _way_card(frame: PageFrame, answer: Lineage) -> None:
    with card("data_lineage", _("从数字到文件：点一格，看它的路"), _("数字 → 指标 → 度量 → 查询 → 表和列 → 载入 → 文件")):
        month = Period(Grain.MONTH, frame.filters.period.last)
        columns = _way_columns(frame, answer, month)
        if answer.files.empty:
            empty_state(_("这些表还没有载入。"), frame.to_load(*(each.table for each in answer.sources if each.table)))
        show_chain(
            [column for column in columns if column[1]], key="chart_data_lineage", alt=_("从数字到文件"),
            chosen=st.session_state.get(_PICKED, ""), on_pick=_pick,
        )  # fmt: skip
        picked = next((box for _head, boxes in columns for box in boxes if box.key == st.session_state.get(_PICKED)), None)
        if picked is not None:
            st.markdown(f"**{escaped(picked.title)}** {escaped(picked.hover or picked.below)}")
        if len(answer.files):
            with st.popover(_("全部来源文件和校验值"), icon=":material/table:", type="tertiary"):
                _files_table(frame, answer)


def _pick(key: str) -> None:
    st.session_state[_PICKED] = key
    if key.startswith("column:"):
        st.session_state[_COLUMN] = key.removeprefix("column:")


def _files_table(frame: PageFrame, answer: Lineage) -> None:
    rows = answer.files.assign(when=[formatting.moment(pd.Timestamp(moment).to_pydatetime()) for moment in answer.files["loaded_at"]])
    columns = [
        TableColumn("load_id", _("批次"), "rank"),
        TableColumn("when", _("载入时间")),
        TableColumn("file", _("文件")),
        TableColumn("row_count", _("行数"), "count"),
        TableColumn("checksum", _("校验值（SHA-256）")),
    ]
    show_table(rows, columns, key="data_lineage", title=_("来源文件"), source=frame.source(), rows=8)


def _uses_card(frame: PageFrame, answer: Lineage) -> None:
    names = list(dict.fromkeys(f"{each.table}.{each.column}" for each in answer.sources if each.table))
    if not names:
        return
    held = st.session_state.get(_COLUMN)
    column = held if held in names else names[0]
    table, _dot, name = str(column).partition(".")
    schemes = {scheme.name if language() == "zh" else scheme.name_en: scheme for scheme in delivered_schemes().values()}
    frozen = frozen_results(current_workspace())
    found = uses(table, name, schemes, frozen)
    with card("data_uses", _("反过来：{column} 若更正，影响什么", column=column), _("在上图点一列来换")):
        boxes = _uses_columns(str(column), table, name, found)
        show_chain(
            boxes, key="chart_data_uses", alt=_("反过来：这些列影响什么"), chosen=st.session_state.get(_PICKED, ""),
            on_pick=lambda key: st.session_state.update({_PICKED: key}),
        )  # fmt: skip
        for each in frozen:
            period = frozen_period(each.period)
            changed = (
                changed_since(frame.database, each.data_version, period).text(language()) if period and each.name in found.frozen else ""
            )
            if changed:
                st.caption(escaped(f"{each.name}：{changed}"))


def _uses_columns(column: str, table: str, name: str, found: Uses) -> list[tuple[str, list[Box]]]:
    catalogue, reader = load_catalogue(), language()
    told = label(metadata.tables[table].columns[name]) if reader == "zh" and name in metadata.tables[table].columns else name
    first = Box(f"column:{column}", table_name(table, language()), told, hover=column)

    def listed(kind: str, words: list[str], head: str, after: tuple[str, ...] = ()) -> tuple[str, list[Box]]:
        boxes = [Box(f"{kind}:{word}", word, "", after, word) for word in words[:_MOST_BOXES]]
        rest = words[_MOST_BOXES:]
        if rest:
            boxes.append(Box(f"{kind}:rest", _("另有 {count} 个", count=len(rest)), "", after, _("、").join(rest)))
        return f"{head} {len(words)}", boxes

    ids = [f"{each} {catalogue.indicator(each).short_label(reader)}" for each in found.indicators]
    alerts = [monitoring_rules()[code].label(reader) for code in found.alerts]
    groups = [
        listed("indicator", ids, _("指标"), (first.key,)), listed("page", [_(page) for page in found.pages], _("页面")),
        listed("scheme", list(found.schemes), _("评分方案")), listed("frozen", list(found.frozen), _("冻结结果")),
        listed("alert", alerts, _("预警规则")),
    ]  # fmt: skip
    return [(_("列"), [first]), *(group for group in groups if group[1])]
