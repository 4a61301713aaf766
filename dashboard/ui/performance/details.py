"""What opens behind each block of the page: what its numbers mean, where they come from, and the same numbers as a table."""

from collections.abc import Sequence

import pandas as pd

from dashboard.catalogue.scheme import Coefficient
from dashboard.language import marked
from dashboard.services.performance.answer import METHODS, Comparison, PoolShares, Ranking, dimension_shares
from dashboard.ui.kit.definition import OWN_GRADE, Definition, definition
from dashboard.ui.kit.formatting import number
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table
from dashboard.ui.performance.export import league_columns, league_table
from dashboard.ui.performance.methods import METHOD_LABELS
from dashboard.ui.performance.weights import Working, label, source_words, weights_table

_COMPOSITE = marked("每个指标的值按方案变成 0–100 分，乘权重后相加，再减扣分")
_INTERVAL = marked("以方案权重为中心抽 10,000 组权重（狄利克雷分布，集中度 100，随机种子固定），名次的 5%–95%")
_GROUPS = marked("相邻两家的先后在超过 5% 的抽样里颠倒，且名次区间与这一组的第一家相接，就用同色底标在一起")
_CHANGE = marked("同一方案下，本期名次与上期名次之差")


def own_definition(name: str, formula: str, note: str = "", source: str = "") -> None:
    """Draw the definition of a number that is this product's own."""
    definition(Definition(name=name, formula=formula, note=note, source=source, grade=_(OWN_GRADE)))


def ranking_details(ranking: Ranking, shares: PoolShares | None, about: ExportSource, key: str = "performance_ranking") -> None:
    """Draw the definitions of score, interval and group, and the league table."""
    note = source_words(ranking.scheme)
    own_definition(_("得分"), _(_COMPOSITE), note)
    own_definition(_("名次 90% 区间"), _(_INTERVAL), _("只反映权重的不确定，不反映数据的偶然波动"))
    own_definition(_("分不出高下"), _(_GROUPS))
    own_definition(_("较上期"), _(_CHANGE))
    table = league_table(ranking, shares)
    show_table(table, league_columns(table, shares), key=key, title=_("得分与名次"), source=about)


def weights_details(working: Working, about: ExportSource) -> None:
    """Draw how weights move and the weights as saved and now."""
    own_definition(
        _("权重"),
        _("拖动一个维度，其余维度按比例让出；拖动一个指标，同维度的其余指标按比例让出；合计始终是 100"),
        _("要跨维度调整单个指标，请用“方案与审定 → 指标与计分”"),
        source_words(working.scheme),
    )
    table = pd.DataFrame(weights_table(working), columns=["dimension", "name", "saved", "now"])
    columns = [
        TableColumn("dimension", _("维度")),
        TableColumn("name", _("指标")),
        TableColumn("saved", _("已保存"), "number"),
        TableColumn("now", _("现在"), "number"),
    ]
    show_table(table, columns, key="performance_weights", title=_("权重"), source=about, rows=10)


def strip_details(ranking: Ranking, about: ExportSource) -> None:
    """Draw what a share of full score is and the strip as a table."""
    own_definition(_("得分率"), _("该维度得到的分 ÷ 该维度的满分（权重）"), _("○ = 该维度有指标缺数据，按方案处理"))
    dimensions = ranking.scheme.dimensions
    table = (dimension_shares(ranking.current).loc[ranking.order] / 100).reset_index(drop=True)
    table.insert(0, "name", [str(ranking.inputs.names[unit]) for unit in ranking.order])
    columns = [TableColumn("name", _("单位")), *(TableColumn(dimension.id, label(dimension), "percent") for dimension in dimensions)]
    show_table(table, columns, key="performance_strip", title=_("各维度得分率"), source=about)


def methods_details(ranking: Ranking, comparison: Comparison, about: ExportSource) -> None:
    """Draw what each method does and its scores and ranks."""
    own_definition(
        "TOPSIS", _("到最优解与最劣解的距离：D⁻ ÷ (D⁺ + D⁻)"), _("“向量”除以列的欧氏长度，“极差”把每列压到 0–1，两者名次可以不同")
    )
    own_definition(_("熵权 TOPSIS"), _("权重改由数据的离散程度算出（占比法，以 n 为底），再做 TOPSIS"), _("与方案权重无关"))
    own_definition(_("秩和比 RSR"), _("加权平均秩 ÷ n，按概率单位分档"), _("只看先后，不看差多少"))
    own_definition(_("秩相关 ρ"), _("与综合指数名次的 Spearman 相关；1 = 名次完全一样"))
    table, columns = methods_table(ranking, comparison)
    show_table(table, columns, key="performance_methods", title=_("各算法的得分与名次"), source=about)


def methods_table(ranking: Ranking, comparison: Comparison) -> tuple[pd.DataFrame, Sequence[TableColumn]]:
    """Return scores and ranks of every method as a table."""
    order = [unit for unit in ranking.order if unit in comparison.scores.index]
    table = (
        comparison.scores.loc[order].add_prefix("score_").join(comparison.ranks.add_prefix("rank_")).join(comparison.band.rename("band"))
    )
    table.insert(0, "name", [str(ranking.inputs.names[unit]) for unit in order])
    columns = [TableColumn("name", _("单位"))]
    for method in METHODS:
        columns += [
            TableColumn(f"score_{method}", f"{_(METHOD_LABELS[method])} {_('得分')}", "number" if method == "composite" else "text"),
            TableColumn(f"rank_{method}", f"{_(METHOD_LABELS[method])} {_('名次')}", "rank"),
        ]
        if method != "composite":
            table[f"score_{method}"] = table[f"score_{method}"].map(lambda value: number(value, 4))
    columns.append(TableColumn("band", _("RSR 分档（1 最低）"), "count"))
    return table, columns


def money_details(ranking: Ranking, shares: PoolShares, about: ExportSource) -> None:
    """Draw the rule of the pool and its shares to the cent."""
    rule = shares.rule
    how = (
        _("得分 × 基数，按比例分")
        if rule.kind == "proportional"
        else _("系数 × 基数，按比例分；系数：{steps}", steps=steps_words(rule.steps))
    )
    own_definition(label(rule), how, _("分到分，用最大余数法，合计等于资金池；低于保底的先补足保底，其余重新分"), source_words(rule))
    order = [unit for unit in ranking.order if unit in shares.after.index]
    table = pd.DataFrame(
        {
            "name": [str(ranking.inputs.names[unit]) for unit in order],
            "score": [ranking.current.total[unit] for unit in order],
            "before": [float(shares.before[unit]) for unit in order],
            "after": [float(shares.after[unit]) for unit in order],
            "change": [float(shares.change[unit]) for unit in order],
        }
    )
    total = {"name": _("合计"), "before": table["before"].sum(), "after": float(shares.amount), "change": table["change"].sum()}
    columns = [
        TableColumn("name", _("单位")),
        TableColumn("score", _("得分"), "number"),
        TableColumn("before", _("参照（元）"), "money"),
        TableColumn("after", _("按得分（元）"), "money"),
        TableColumn("change", _("增减（元）"), "money"),
    ]
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    show_table(table, columns, key="performance_money", title=label(rule), source=about)


def steps_words(steps: Sequence[Coefficient]) -> str:
    """Return the steps of a banded rule: "≥60 分 0.8；≥90 分 1.2"."""
    return _("；").join(
        _("≥{minimum} 分 {coefficient}", minimum=f"{step.minimum:g}", coefficient=f"{step.coefficient:g}") for step in steps
    )
