"""Reports to take away: the league table as XLSX, and as DOCX with one page per community."""

import io
from typing import Any

import pandas as pd
from docx import Document
from docx.document import Document as DocumentType
from docx.oxml.ns import qn
from docx.shared import Pt

from dashboard.services.performance import PoolShares, Ranking, compare_methods, movement
from dashboard.services.performance_detail import shortfalls
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.i18n import _, language
from dashboard.ui.performance_methods import METHOD_LABELS
from dashboard.ui.performance_ranking import band_name, finding, place
from dashboard.ui.performance_shortfall import target_words, treatment_words, value_text
from dashboard.ui.performance_weights import label, part_names
from dashboard.ui.tables import ExportSource, TableColumn, download, show_table

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FONT = "Microsoft YaHei"


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
        TableColumn("rank", _("名次"), "number"),
        TableColumn("name", _("单位")),
        TableColumn("total", _("得分"), "number"),
        TableColumn("band", _("等次")),
        TableColumn("movement", _("较上期升降"), "number"),
        TableColumn("low", _("名次 90% 区间起"), "number"),
        TableColumn("high", _("名次 90% 区间止"), "number"),
        TableColumn("share_first", _("第一名的机会"), "percent"),
        TableColumn("completeness", _("数据完整度"), "percent"),
        TableColumn("amount", _("{pool}（元）", pool=pool), "money"),
        TableColumn("change", _("比参照增减（元）"), "money"),
    ]
    return [column for column in columns if column.name in table]


def _document() -> DocumentType:
    document = Document()
    style = document.styles["Normal"]
    style.font.name = _FONT
    style.font.size = Pt(10)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    for name in ("Title", "Heading 1", "Heading 2"):
        heading = document.styles[name]
        heading.font.name = _FONT
        heading.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    return document


def _table(document: DocumentType, heads: list[str], rows: list[list[str]]) -> None:
    table = document.add_table(rows=1, cols=len(heads), style="Light Grid Accent 1")
    for cell, text in zip(table.rows[0].cells, heads, strict=True):
        cell.text = text
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def report(ranking: Ranking, shares: PoolShares | None, about: ExportSource) -> bytes:
    """Return the DOCX: finding, league table and source on the first page, then one page per community."""
    document = _document()
    document.add_heading(finding(ranking), 0)
    for name, text in about.rows(_("绩效评价")):
        document.add_paragraph(f"{name}：{text}" if language() == "zh" else f"{name}: {text}")
    table = league_table(ranking, shares)
    heads = [_("名次"), _("单位"), _("得分"), _("等次"), _("90% 名次区间"), _("数据完整度"), _("金额")]
    rows = []
    for unit in ranking.order:
        row: Any = table.loc[unit]
        interval = f"{formatting.number(row['low'])}–{formatting.number(row['high'])}" if "low" in row else formatting.MISSING
        amount = formatting.money(row["amount"], language()) if "amount" in row else formatting.MISSING
        rows.append(
            [
                formatting.number(row["rank"], 0 if row["rank"] % 1 == 0 else 1),
                str(row["name"]),
                formatting.number(row["total"], 1),
                str(row["band"]),
                interval,
                formatting.percent(row["completeness"], 0),
                amount,
            ]
        )
        if not ranking.current.trusted[unit]:
            rows[-1][2] += _("（不可信）")
    _table(document, heads, rows)
    document.add_paragraph(_("名次区间：10,000 组随机权重下名次的 5%–95%；区间重叠的单位分不出高下。"))
    comparison = compare_methods(ranking)
    if comparison is not None:
        others = _("、").join(
            f"{_(METHOD_LABELS[str(method)])} {formatting.number(value, 2)}"
            for method, value in comparison.agreement.items()
            if method != "composite"
        )
        document.add_paragraph(_("其他算法与综合指数的秩相关：{others}", others=others))
    for unit in ranking.order:
        document.add_page_break()
        _unit_page(document, ranking, unit, shares)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _unit_page(document: DocumentType, ranking: Ranking, unit: str, shares: PoolShares | None) -> None:
    current = ranking.current
    document.add_heading(str(ranking.inputs.names[unit]), 1)
    parts = [
        place(float(current.rank[unit])),
        _("{score} 分", score=formatting.number(current.total[unit], 1)),
        band_name(ranking, unit),
        _("数据完整度 {share}", share=formatting.percent(current.completeness[unit], 0)),
    ]
    if shares is not None:
        parts.append(f"{label(shares.rule)} {formatting.yuan(shares.after[unit])} {_('元')}")
    document.add_paragraph(" · ".join(part for part in parts if part))
    rows = []
    items = [item for dimension in ranking.scheme.dimensions for item in shortfalls(ranking, unit, dimension.id)]
    for item in sorted(items, key=lambda each: -each.lost if each.lost == each.lost else 0.0):
        missing = item.score != item.score
        rows.append(
            [
                label(item.indicator),
                value_text(item.indicator.id, item.value),
                formatting.number(item.score),
                formatting.number(item.weight, 1),
                formatting.MISSING if missing else formatting.number(item.lost, 1),
                value_text(item.indicator.id, item.best),
                treatment_words(item.treatment)
                if missing
                else target_words(item.indicator, ranking.scheme.normalisation_of(item.indicator)),
            ]
        )
    _table(document, [_("指标（失分多的在前）"), _("值"), _("得分"), _("权重"), _("失分"), _("最好"), _("计分点")], rows)
    if current.demerits[unit] < 0:
        document.add_paragraph(_("扣分 {points}", points=formatting.number(current.demerits[unit], 1)))
    vetoes = current.vetoes[current.vetoes["unit"] == unit]["gate"].tolist()
    names = part_names(ranking.scheme) | {gate.id: label(gate) for gate in ranking.scheme.gates}
    if vetoes:
        document.add_paragraph(_("一票否决：{names}", names=_("、").join(names[str(gate)] for gate in vetoes)))


def export_section(ranking: Ranking, shares: PoolShares | None, about: ExportSource) -> None:
    """Draw the league table with its downloads."""
    with card("performance_export", _("排名表与报告"), about.filters):
        table = league_table(ranking, shares)
        show_table(table, league_columns(table, shares), key="performance_league", title=_("绩效排名表"), source=about)
        download(
            _("下载 Word 报告（排名表和每家一页）"),
            lambda: report(ranking, shares, about),
            key="performance_docx",
            file_name="performance.docx",
            title=_("绩效排名表"),
            source=about,
            mime=_DOCX,
            icon=":material/description:",
        )
