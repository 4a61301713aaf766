"""Reports to take away: the league table as XLSX, and as DOCX with one page per community."""

import datetime
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.suppression import ON_EXPORT
from dashboard.documents.content import Block, Bullets, Cell, Chart, Column, Report, Section, Series, Table
from dashboard.documents.word import write_word
from dashboard.services.common.directory import directory
from dashboard.services.common.workspace import current_workspace
from dashboard.services.performance.answer import PoolShares, Ranking, compare_methods, movement
from dashboard.services.performance.detail import shortfalls
from dashboard.services.reports.parts import Brief, dictionary, labels, made_at, provenance
from dashboard.services.reports.scores import dimension_table
from dashboard.services.reports.scores import league_table as ranking_table
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import fitted_select
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.tables import ExportSource, TableColumn, download, show_table
from dashboard.ui.performance.methods import METHOD_LABELS
from dashboard.ui.performance.ranking import band_name, finding, interval_words, place, ranking_sentence
from dashboard.ui.performance.shortfall import target_words, treatment_words, value_text
from dashboard.ui.performance.weights import label, source_words

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def league_table(ranking: Ranking, shares: PoolShares | None) -> pd.DataFrame:
    """Return one row per scored unit in rank order: rank, score, band, movement, interval, completeness, and its money."""
    current = ranking.current
    table = pd.DataFrame(
        {
            "rank": current.rank,
            "name": ranking.inputs.names,
            "total": current.total,
            "band": [band_name(ranking, unit) for unit in ranking.inputs.units],
            "movement": movement(ranking),
            "completeness": current.completeness,
        }
    ).loc[ranking.order]
    if ranking.intervals is not None:
        table = table.join(ranking.intervals.table[["low", "high", "share_first"]])
    if shares is not None:
        table = table.join(shares.after.astype(float).rename("amount")).join(shares.change.astype(float).rename("change"))
    return table


def league_columns(table: pd.DataFrame, shares: PoolShares | None) -> list[TableColumn]:
    """Return the columns of ``league_table``."""
    pool = "" if shares is None else label(shares.rule)
    columns = [
        TableColumn("rank", _("名次"), "rank"),
        TableColumn("name", _("单位")),
        TableColumn("total", _("得分"), "number"),
        TableColumn("band", _("等次")),
        TableColumn("movement", _("较上期升降"), "rank"),
        TableColumn("low", _("名次 90% 区间起"), "rank"),
        TableColumn("high", _("名次 90% 区间止"), "rank"),
        TableColumn("share_first", _("第一名的机会"), "percent"),
        TableColumn("completeness", _("数据完整度"), "percent"),
        TableColumn("amount", _("{pool}（元）", pool=pool), "money"),
        TableColumn("change", _("比参照增减（元）"), "money"),
    ]
    return [column for column in columns if column.name in table]


def _values(brief: Brief, ranking: Ranking, unit: str) -> Table:
    """Return every indicator of a unit, the costliest first, with what it earns and what the scheme asks."""
    items = [item for dimension in ranking.scheme.dimensions for item in shortfalls(ranking, unit, dimension.id, ON_EXPORT)]
    rows: list[tuple[Cell, ...]] = []
    for item in sorted(items, key=lambda each: -each.lost if each.lost == each.lost else 0.0):
        missing = item.score != item.score
        how = treatment_words(item.treatment) if missing else target_words(item.indicator, ranking.scheme.normalisation_of(item.indicator))
        rows.append(
            (
                label(item.indicator),
                value_text(item.indicator.id, item.value),
                value_text(item.indicator.id, item.best),
                None if missing else item.score,
                item.weight,
                None if missing else item.lost,
                how,
            )
        )
    columns = (
        Column(_("指标（失分多的在前）"), wide=True),
        Column(_("值")),
        Column(_("最好")),
        Column(_("得分"), "number", 0),
        Column(_("权重"), "number", 1),
        Column(_("失分"), "number", 1),
        Column(_("计分点"), wide=True),
    )
    return Table(f"unit-{unit}", _("指标得分"), columns, tuple(rows))


def _unit_section(brief: Brief, ranking: Ranking, unit: str, shares: PoolShares | None) -> Section:
    """Return the page of one unit: place, score, interval and money in sentences, then its indicators."""
    current = ranking.current
    name = str(ranking.inputs.names[unit])
    parts = [
        place(float(current.rank[unit])),
        _("{score} 分", score=formatting.number(current.total[unit], 1)),
        band_name(ranking, unit),
        _("数据完整度 {share}", share=formatting.percent(current.completeness[unit], 0))
        + ("" if current.trusted[unit] else _("（不可信）")),
    ]
    said = [interval_words(ranking, unit)] if ranking.intervals is not None else []
    group = next((group for group in ranking.groups if unit in group), ())
    others = _("、").join(str(ranking.inputs.names[other]) for other in group if other != unit)
    if others:
        said.append(_("与{others}分不出高下", others=others))
    if shares is not None:
        said.append(
            _(
                "{pool} {amount} 元，比参照{change} 元",
                pool=label(shares.rule),
                amount=formatting.yuan(shares.after[unit]),
                change=formatting.number(shares.change[unit], 2, signed=True),
            )
        )
    if current.demerits[unit] < 0:
        said.append(_("扣分 {points}", points=formatting.number(current.demerits[unit], 1)))
    gates = {gate.id: label(gate) for gate in ranking.scheme.gates}
    vetoes = [gates[str(gate)] for gate in current.vetoes[current.vetoes["unit"] == unit]["gate"]]
    if vetoes:
        said.append(_("一票否决：{names}", names=_("、").join(vetoes)))
    message = " · ".join(part for part in (name, *parts) if part)
    return Section(name, message, (Bullets(tuple(said)), _values(brief, ranking, unit)), new_page=True)


def _money_table(ranking: Ranking, shares: PoolShares) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (str(ranking.inputs.names[unit]), float(shares.before[unit]), float(shares.after[unit]), float(shares.change[unit]))
        for unit in ranking.order
    ]
    rows.append((_("合计"), float(sum(shares.before)), float(shares.amount), float(sum(shares.change))))
    columns = (
        Column(_("单位"), wide=True),
        Column(_("参照（元）"), "money"),
        Column(_("按得分（元）"), "money"),
        Column(_("增减（元）"), "money"),
    )
    return Table("money", label(shares.rule), columns, tuple(rows), source_words(shares.rule))


def _whole(brief: Brief, ranking: Ranking, shares: PoolShares | None) -> Section:
    """Return the first section: ranking as chart and table, dimensions, other methods, money."""
    names = tuple(str(ranking.inputs.names[unit]) for unit in ranking.order)
    totals = tuple(float(ranking.current.total[unit]) for unit in ranking.order)
    chart = Chart("scores", "bar", _("得分"), names, (Series(_("得分"), totals),), alternative=ranking_sentence(ranking))
    blocks: list[Block] = [chart, ranking_table(brief, ranking), dimension_table(brief, ranking)]
    comparison = compare_methods(ranking)
    if comparison is not None:
        others = _("、").join(
            f"{_(METHOD_LABELS[str(method)])} {formatting.number(value, 2)}"
            for method, value in comparison.agreement.items()
            if method != "composite"
        )
        blocks.append(Bullets((_("其他算法与综合指数的秩相关：{others}", others=others),)))
    if shares is not None:
        blocks.append(_money_table(ranking, shares))
    return Section(_("绩效评价"), finding(ranking), tuple(blocks))


def report(brief: Brief, ranking: Ranking, shares: PoolShares | None, scheme: str, unit: str | None = None) -> bytes:
    """Return the DOCX: the ranking, then a page per unit; with ``unit`` that unit's page alone.

    ``scheme`` names the scheme with its version and state; filters, data date, versions and method stand in the source table.
    """
    versions = [
        (_("评分方案"), scheme),
        (_("方法"), _("综合指数；10,000 组权重，集中度 100，随机种子固定")),
        (
            _("方案依据"),
            source_words(ranking.scheme)
            if ranking.scheme.official
            else _("{source}（待核实）", source=source_words(ranking.scheme).removesuffix("，待核实").removesuffix(", to be verified")),
        ),
    ]
    title = _("绩效评价") if unit is None else _("绩效评价：{name}", name=str(ranking.inputs.names[unit]))
    sections = [_whole(brief, ranking, shares)] if unit is None else []
    sections += [_unit_section(brief, ranking, each, shares) for each in (ranking.order if unit is None else [unit])]
    made = made_at(brief, datetime.datetime.now(datetime.UTC))
    return write_word(
        Report(
            name="performance",
            title=title,
            subtitle=brief.joined((directory(brief.database).county_name, brief.period), " · "),
            language=brief.language,
            sections=tuple(sections),
            provenance=provenance(brief, title, made, versions),
            dictionary=dictionary(brief, ranking.scheme.weights) if unit is None else (),
            labels=labels(brief),
            compact=unit is not None,
        )
    )


_EVERYBODY = ""


def export_section(frame: PageFrame, ranking: Ranking, shares: PoolShares | None, about: ExportSource, scheme: str) -> None:
    """Draw the league table with its downloads; ``scheme`` names the scheme with its version."""
    brief = Brief(frame.database, current_workspace(), frame.filters, "en" if language() == "en" else "zh")
    with card("performance_export", _("排名表与报告"), about.filters):
        table = league_table(ranking, shares)
        show_table(table, league_columns(table, shares), key="performance_league", title=_("绩效排名表"), source=about)
        names = {_EVERYBODY: _("排名表和每家一页")} | {unit: str(ranking.inputs.names[unit]) for unit in ranking.order}
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            chosen = fitted_select(_("报告"), names, key="performance_report_unit", label_visibility="collapsed")
            download(
                _("下载 Word 报告"),
                partial(report, brief, ranking, shares, scheme, chosen or None),
                key="performance_docx",
                file_name=f"performance_{ranking.inputs.period}{f'_{chosen}' if chosen else ''}.docx",
                title=_("绩效排名表"),
                source=about,
                mime=_DOCX,
                icon=":material/description:",
            )
