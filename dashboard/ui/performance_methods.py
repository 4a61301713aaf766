"""The same units under other methods: ranks side by side, how far they agree, and where not."""

import math

import streamlit as st

from dashboard.language import marked
from dashboard.services.performance import METHODS, Comparison, Ranking, number_at
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.i18n import _
from dashboard.ui.messages import empty_state, escaped

METHOD_LABELS = {
    "composite": marked("综合指数"),
    "topsis_vector": marked("TOPSIS 向量"),
    "topsis_minmax": marked("TOPSIS 极差"),
    "entropy_topsis": marked("熵权 TOPSIS"),
    "rank_sum_ratio": marked("秩和比 RSR"),
}


def _unbroken(text: str) -> str:
    """Return ``text`` with word joiners: a narrow column must not break a Chinese name."""
    return "\u2060".join(text)


def _rank_text(value: float, own: float) -> str:
    if math.isnan(value):
        return formatting.MISSING
    text = formatting.number(value, 0 if value.is_integer() else 1)
    return text if value == own else f":red[**{text}** {'▲' if value < own else '▼'}]"


def methods_block(ranking: Ranking, comparison: Comparison | None) -> None:
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
    with card("performance_methods", title, _("名次；红色 = 与综合指数不同")):
        heads = [""] + [_(METHOD_LABELS[method]) for method in METHODS]
        lines = ["| " + " | ".join(f":small[{escaped(head)}]" for head in heads) + " |", "|:--|" + ":-:|" * len(METHODS)]
        for unit in ranking.order:
            own = number_at(comparison.ranks, unit, "composite") if unit in comparison.ranks.index else math.nan
            cells = [
                _rank_text(number_at(comparison.ranks, unit, method) if unit in comparison.ranks.index else math.nan, own)
                for method in METHODS
            ]
            lines.append("| **" + escaped(_unbroken(str(ranking.inputs.names[unit]))) + "** | " + " | ".join(cells) + " |")
        own_row = [
            formatting.MISSING if method == "composite" else formatting.number(comparison.agreement[method], 2) for method in METHODS
        ]
        lines.append(
            f"| :small[:gray[{escaped(_('秩相关 ρ'))}]] | " + " | ".join(f":small[:gray[{escaped(each)}]]" for each in own_row) + " |"
        )
        st.markdown("\n".join(lines))
