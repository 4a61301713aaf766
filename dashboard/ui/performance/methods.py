"""The same units under other methods: ranks side by side, how far they agree, and where not."""

import math
from collections.abc import Callable

from dashboard.language import marked
from dashboard.services.performance.answer import METHODS, Comparison, Ranking, number_at
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import BoardCell, show_grid
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state

METHOD_LABELS = {
    "composite": marked("综合指数"),
    "topsis_vector": marked("TOPSIS 向量"),
    "topsis_minmax": marked("TOPSIS 极差"),
    "entropy_topsis": marked("熵权 TOPSIS"),
    "rank_sum_ratio": marked("秩和比 RSR"),
}


def _rank_cell(value: float, own: float) -> BoardCell:
    if math.isnan(value):
        return BoardCell(formatting.MISSING)
    text = formatting.number(value, 0 if value.is_integer() else 1)
    return BoardCell(text) if value == own else BoardCell(f"{text}{'▲' if value < own else '▼'}")


def methods_block(ranking: Ranking, comparison: Comparison | None, details: Callable[[], None] | None = None) -> None:
    """Draw ranks by method; a rank that differs from the composite's is marked."""
    if comparison is None:
        with card("performance_methods", _("换一种算法会怎样")):
            empty_state(_("没有一个指标是所有单位都有的，其他算法无法比较。"), _("请补齐数据，或换一个方案。"))
        return
    agreement = comparison.agreement.drop("composite")
    known = agreement.dropna()
    title = _("换一种算法会怎样")
    if len(known):
        weakest = str(known.idxmin())
        title = _(
            "换一种算法：与{method}分歧最大（秩相关 {value}）", method=_(METHOD_LABELS[weakest]), value=formatting.number(known[weakest], 2)
        )
    with card("performance_methods", title, _("名次；▲▼ = 比综合指数前移、后移；表头为秩相关 ρ"), details=details):
        heads = [""]
        for method in METHODS:
            agrees = "" if method == "composite" else f" {formatting.number(comparison.agreement[method], 2)}"
            heads.append(f"{_(METHOD_LABELS[method])}{agrees}")
        rows = []
        for unit in ranking.order:
            places = [number_at(comparison.ranks, unit, method) if unit in comparison.ranks.index else math.nan for method in METHODS]
            rows.append([BoardCell(str(ranking.inputs.names[unit])), *(_rank_cell(each, places[0]) for each in places)])
        show_grid("performance_methods", heads, rows, alt=title)
