"""View 效率 DEA: who does as much with less, against whom, what is slack, and how productivity moved over the years."""

from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.naming import by_code
from dashboard.language import marked
from dashboard.services.common.reporting import table_words
from dashboard.services.utilisation.efficiency import PEOPLE, EfficiencyAnswer, ProductivityAnswer, efficiency_answer, productivity_answer
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice, segments
from dashboard.ui.kit.blocks import Table, chart_or_table, definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars, base_figure, drawn_once
from dashboard.ui.kit.definition import OWN_GRADE, Definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette

MEASURES = {
    "beds": marked("开放床位（张）"),
    "staff": marked("卫生技术人员（人）"),
    "visits": marked("总诊疗人次"),
    "discharges": marked("出院人数"),
}
RETURNS = {"variable": marked("规模可变 BCC"), "constant": marked("规模不变 CCR")}
CHANGES = {
    "total": marked("全要素生产率"),
    "efficiency_change": marked("技术效率变化"),
    "technical_change": marked("技术进步"),
    "pure_change": marked("纯技术效率变化"),
    "scale_change": marked("规模效率变化"),
}


def efficiency_definitions(answer: EfficiencyAnswer) -> list[Definition]:
    """Return how the scores are made, with this answer's inputs and outputs."""
    inputs, outputs = (_("、").join(_(MEASURES[name]) for name in names) for names in (answer.inputs, answer.outputs))
    source, grade = "fact_bed、fact_workforce、fact_outpatient", _(OWN_GRADE)
    return [
        Definition(
            name=_("数据包络分析（投入导向）"),
            formula="min θ, Σλx ≤ θx₀, Σλy ≥ y₀, λ ≥ 0; BCC: Σλ = 1",
            numerator=_("投入：{names}", names=inputs),
            denominator=_("产出：{names}", names=outputs),
            meaning=_("得分 θ：用现有投入的多大份额，就能像同伴那样做完同样的工作；1 为前沿。近 12 个月合计。"),
            source=source,
            grade=grade,
            note=_("未计服务质量和病情轻重；缺报月份按该机构已报月份的平均折算。"),
        ),
        Definition(name=_("规模效率"), formula="CCR ÷ BCC", meaning=_("低于 1：规模偏小或偏大造成的损失。"), source=source, grade=grade),
        Definition(
            name=_("松弛"),
            meaning=_("按 θ 同比例缩减后，某项投入仍多出、或某项产出仍少做的数量。"),
            source=source,
            grade=grade,
        ),
    ]


def _frame(answer: EfficiencyAnswer) -> pd.DataFrame:
    result = answer.result
    names = answer.units["name"]
    peers = [
        _("、").join(f"{names[peer]} {formatting.number(weight, 2)}" for peer, weight in result.peers_of(code).items() if peer != code)
        for code in answer.units.index
    ]
    slacks = {
        f"slack_{name}": result.slacks[(kind, name)]
        for kind, names in (("input", answer.inputs), ("output", answer.outputs))
        for name in names
    }
    return pd.concat(
        [
            answer.units.assign(score=result.efficiency, ccr=result.constant, bcc=result.variable, scale=result.scale, peers=peers),
            pd.DataFrame(slacks),
        ],
        axis="columns",
    ).sort_values("score", ascending=False)


def _columns(answer: EfficiencyAnswer) -> list[TableColumn]:
    measures = (*answer.inputs, *answer.outputs)
    return [
        TableColumn("name", _("机构")),
        TableColumn("bcc", _("BCC 纯技术效率"), "percent"),
        TableColumn("ccr", _("CCR 技术效率"), "percent"),
        TableColumn("scale", _("规模效率"), "percent"),
        TableColumn("peers", _("参照同伴（权重）")),
        *(TableColumn(name, _(MEASURES[name]), "people" if name in PEOPLE else "count") for name in measures),
        *(TableColumn(f"slack_{name}", _("松弛 {name}", name=_(MEASURES[name])), "number") for name in measures),
    ]


def _scores_card(frame: PageFrame, answer: EfficiencyAnswer, scores: pd.DataFrame, returns: str) -> None:
    shade = palette()
    known = scores.dropna(subset=["score"])
    rows = [
        BarRow(
            str(row["name"]),
            float(row["score"]),
            formatting.percent(row["score"]),
            shade.community(int(row["position"])),
        )
        for _code, row in known.iterrows()
    ]
    on_frontier = int((known["score"] > 1 - 1e-9).sum())
    title = _(
        "{count} 家中 {frontier} 家在前沿，平均 {mean}",
        count=len(known),
        frontier=on_frontier,
        mean=formatting.percent(known["score"].mean()),
    )
    shown = scores.assign(**{name: scores[name].round() for name in (*answer.inputs, *answer.outputs)})
    aside = frame.beside(_("{model} · 颜色 = 医共体", model=_(RETURNS[returns])), tables=["fact_bed", "fact_workforce", "fact_outpatient"])
    with card("efficiency", title, aside):
        chart_or_table(
            "efficiency",
            partial(bars, rows, unit="", height=max(180, 22 * len(rows) + 16)),
            Table(shown, _columns(answer), title, answer.guard),
            frame.source(),
            efficiency_definitions(answer),
            alt=title,
        )


def _unit_card(frame: PageFrame, answer: EfficiencyAnswer, code: str, name: str) -> None:
    peers = {peer: weight for peer, weight in answer.result.peers_of(code).items() if peer != code}
    names = answer.units["name"]
    words = _("、").join(f"{names[peer]}（{formatting.percent(weight, 0)}）" for peer, weight in peers.items())
    title = _("{name}：得分 {score}", name=name, score=formatting.percent(answer.result.efficiency[code]))
    columns = [
        TableColumn("kind", _("类别")),
        TableColumn("measure", _("项目")),
        TableColumn("now", _("现状"), "number"),
        TableColumn("target", _("前沿目标"), "number"),
        TableColumn("difference", _("差额"), "number"),
    ]
    targets = answer.targets(code)
    kinds = {"input": _("投入"), "output": _("产出")}
    shown = targets.assign(kind=targets["kind"].map(kinds), measure=targets["measure"].map(lambda name: _(MEASURES[name])))
    with card("efficiency_unit", title, _("参照同伴：{names}", names=words) if words else _("在前沿上，自己就是参照")):
        show_table(shown, columns, key="efficiency_unit", title=title, source=frame.source())
        definitions("efficiency_unit", efficiency_definitions(answer))


@drawn_once
def _productivity_figure(answer: ProductivityAnswer) -> go.Figure:
    shade = palette()
    figure = base_figure(shade, 250)
    steps = [f"{before:%Y-%m} → {after:%Y-%m}" for before, after in zip(answer.means["before"], answer.means["after"], strict=True)]
    for position, name in enumerate(("total", "efficiency_change", "technical_change")):
        figure.add_scatter(
            x=steps, y=answer.means[name], mode="lines+markers", name=plotly_text(_(CHANGES[name])),
            line={"color": shade.communities[position], "width": 2, "dash": ("solid", "dash", "dot")[position]},
            hovertemplate="%{x}<br>%{fullData.name} <b>%{y:.3f}</b><extra></extra>",
        )  # fmt: skip
    figure.add_hline(y=1, line={"color": shade.muted, "width": 1})
    figure.update_layout(showlegend=True)
    figure.update_xaxes(type="category", fixedrange=True, autorange="reversed" if len(steps) > 1 and steps[0] > steps[-1] else True)
    figure.update_yaxes(tickformat=".2f", fixedrange=True)
    return figure


def _productivity_card(frame: PageFrame) -> None:
    filters = frame.filters
    answer = productivity_answer(frame.database, filters.period, filters.community, filters.level)
    if answer is None:
        with card("productivity", _("生产率变化（Malmquist）")):
            empty_state(_("完整的年份不足两个，不能比较年度变化。"), _("至少需要 24 个月的床位、人员和诊疗数据。"))
        return
    newest = answer.means.sort_values("after").iloc[-1]
    title = _(
        "最近一年生产率 {change}：技术效率 {efficiency}，技术进步 {technical}",
        change=formatting.percent(newest["total"] - 1, signed=True),
        efficiency=formatting.percent(newest["efficiency_change"] - 1, signed=True),
        technical=formatting.percent(newest["technical_change"] - 1, signed=True),
    )
    shown = answer.changes.sort_values(["after", "total"], ascending=[False, False])
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("before", _("从（截至）"), "month"),
        TableColumn("after", _("到（截至）"), "month"),
        *(TableColumn(name, _(label), "percent") for name, label in CHANGES.items()),
    ]
    about = Definition(
        name=_("Malmquist 指数"),
        formula="TFPch = EFFch × TECHch; EFFch = PTEch × SEch",
        meaning=_("相邻两年（各 12 个月）之间的变化，大于 100% 为改善；图中为各机构的几何平均。"),
        source="fact_bed、fact_workforce、fact_outpatient",
        grade=_(OWN_GRADE),
    )
    with card("productivity", title, _("几何平均，1 = 不变")):
        chart_or_table(
            "productivity", partial(_productivity_figure, answer), Table(shown, columns, title), frame.source(), [about], alt=title
        )


def _computed(frame: PageFrame, returns: str) -> EfficiencyAnswer | None:
    """Compute with a progress bar that is gone when the answer is there."""
    filters = frame.filters
    place = st.empty()

    def tell(done: int, total: int) -> None:
        place.progress(done / total, text=_("正在计算效率：{done} / {total} 家", done=done, total=total))

    answer = efficiency_answer(frame.database, filters.period, filters.community, filters.level, returns, progress=tell)
    place.empty()
    return answer


def efficiency_view(frame: PageFrame) -> str:
    """Draw the view and return the finding for the page's title."""
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    with controls:
        returns = segments("returns", _("规模报酬"), RETURNS)
    answer = _computed(frame, returns)
    if answer is None or answer.result.efficiency.isna().all():
        empty_state(
            _("没有可比较的投入和产出，不能计算效率。"),
            frame.to_load("fact_bed", "fact_workforce", "fact_outpatient"),
        )
        return _("缺少投入或产出数据，不能计算效率")
    if answer.result.small_sample:
        known = int(answer.result.efficiency.notna().sum())
        st.warning(
            _(
                "样本偏少：{known} 家机构，建议至少 {needed} 家。许多机构会因为没有可比对象而显得高效，只宜参考。",
                known=known,
                needed=answer.result.units_needed,
            ),
            icon=":material/warning:",
        )
    if answer.missing:
        st.caption(_("未纳入（缺少数据）：{tables}", tables=_("、").join(table_words(name, language()) for name in answer.missing)))
    scores = _frame(answer)
    labels = by_code(scores.dropna(subset=["score"]).sort_values("score")["name"])
    with controls:
        code = choice("hospital", _("看哪家机构"), labels, width=260)
    left, right = st.columns([1, 1.15], gap="small")
    with left:
        _scores_card(frame, answer, scores, returns)
    with right:
        _unit_card(frame, answer, code, labels[code])
        _productivity_card(frame)
    weakest = scores.dropna(subset=["score"]).iloc[-1]
    if weakest["score"] > 1 - 1e-9:
        return _("各机构都在前沿上")
    return _("{name}效率最低（{score}）", name=weakest["name"], score=formatting.percent(weakest["score"]))
