"""View 若达同级中位数: what would be freed or needed, and who has been idle or overfull for how many months."""

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.language import marked
from dashboard.services.utilisation.peers import PeerAnswer, Streaks, peer_answer, streaks
from dashboard.store.codes import INSTITUTION_KIND, INSTITUTION_TIER
from dashboard.ui.frame.drill import ask
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import segments, slider
from dashboard.ui.kit.blocks import Table, chart_or_table, definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars
from dashboard.ui.kit.definition import MODEL_GRADE, Definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.utilisation.parts import beside, few_institutions, figure_row, no_beds

MEASURES = {
    "beds_freed": marked("床位"),
    "beds_freed_by_occupancy": marked("床位（只看使用率）"),
    "bed_days_freed": marked("床日"),
    "cost_freed": marked("金额"),
}
_CLASSES = {"hospital": marked("医院"), "centre": marked("基层医疗机构")}


_BEHIND = {"beds_freed": "C01", "beds_freed_by_occupancy": "C01", "bed_days_freed": "C05", "cost_freed": "C05"}
"""What each measure compares with the peers: occupancy or length of stay."""


def _words(measure: str, value: float) -> str:
    if measure == "cost_freed":
        return formatting.money(value, language(), signed=True)
    unit = _("床日") if measure == "bed_days_freed" else _("张")
    return f"{formatting.number(value, signed=True)} {unit}"


def peer_definitions() -> list[Definition]:
    """Return how the three numbers are made."""
    grade, source = _(MODEL_GRADE), "fact_bed"
    return [
        Definition(
            name=_("可释放床日"),
            formula=_("出院者占用总床日 − 出院人数 × 同级平均住院日中位数"),
            meaning=_("同样的病人，若住院日达到同级中位数，可以少用（负数为多用）的床日。"),
            source=source,
            grade=grade,
        ),
        Definition(
            name=_("可释放床位"),
            formula=_("平均开放床位 −（占用床日 − 可释放床日）÷ 天数 ÷ 同级使用率中位数"),
            meaning=_("住院日和使用率都达到同级中位数时，可以腾出（负数为缺）的床位。"),
            source=source,
            grade=grade,
        ),
        Definition(
            name=_("可释放金额"),
            formula=_("可释放床日 × 每床日成本；每床日成本 = 业务支出 × 住院收入 ÷（住院收入 + 门急诊收入）÷ 占用床日"),
            meaning=_("按平均成本估值，是上限：人员、房屋等固定成本不会随床日减少。"),
            source="fact_bed、fact_finance",
            grade=grade,
        ),
        Definition(
            name=_("同级"),
            meaning=_(
                "全县类别和等级都相同的机构；不足 {count} 家时与同类全部机构比（综合和中医医院，或基层医疗机构）；"
                "专科、妇幼等没有同类的不比较。中位数含本机构。",
                count=utilisation_settings().minimum_peers,
            ),
            grade=grade,
        ),
    ]


def _group(row: pd.Series) -> str:
    if not row["peer_count"]:
        return _("没有同级，不比较")
    if not row["single_kind"]:
        name = str(row["peer_group"])
        label = _(_CLASSES[name]) if name in _CLASSES else name
    else:
        kind, tier = str(row["peer_group"]).split("/")
        reader = 0 if language() == "zh" else 1
        label = f"{INSTITUTION_KIND[kind][reader]} {INSTITUTION_TIER[tier][reader]}"
    return _("{label}（{count} 家）", label=label, count=int(row["peer_count"]))


def _cards(answer: PeerAnswer) -> None:
    offered = [measure for measure in MEASURES if measure in answer.institutions]
    freed = answer.institutions[offered].clip(lower=0).sum()
    needed = -float(answer.institutions["beds_freed"].clip(upper=0).sum())
    days, beds, cost, _peers = peer_definitions()
    money = formatting.money(freed["cost_freed"], language()) if answer.has_cost else formatting.MISSING
    figures = [
        ("peer_days", days, f"{formatting.compact(freed['bed_days_freed'], language())} {_('床日')}"),
        ("peer_beds", beds, f"{formatting.number(freed['beds_freed'])} {_('张')}"),
        ("peer_needed", replace(beds, name=_("缺床位")), f"{formatting.number(needed)} {_('张')}"),
        ("peer_cost", cost, money),
    ]
    figure_row(figures)


def _chart_card(frame: PageFrame, answer: PeerAnswer, measure: str) -> None:
    shade = palette()
    ranked = answer.institutions.dropna(subset=[measure]).sort_values(measure, ascending=False)
    rows = [
        BarRow(str(row["name"]), float(row[measure]), _words(measure, row[measure]), shade.primary if row[measure] >= 0 else shade.warning)
        for _code, row in ranked.iterrows()
    ]
    title = _("各机构可释放（正）或需要（负）的{what}", what=_(MEASURES[measure]))
    shown = answer.institutions.assign(
        occupancy=answer.institutions["occupancy"] / 100,
        median_occupancy=answer.institutions["median_occupancy"] / 100,
        group=[_group(row) for _code, row in answer.institutions.iterrows()],
    )
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("group", _("与谁比")),
        TableColumn("open_beds", _("开放床位"), "number"),
        TableColumn("occupancy", _("使用率"), "percent"),
        TableColumn("median_occupancy", _("同级中位数"), "percent"),
        TableColumn("alos", _("住院日"), "number"),
        TableColumn("median_alos", _("同级中位住院日"), "number"),
        TableColumn("bed_days_freed", _("可释放床日"), "count"),
        TableColumn("beds_freed_by_occupancy", _("只看使用率"), "number"),
        TableColumn("beds_freed", _("可释放床位"), "number"),
        *((TableColumn("cost_per_bed_day", _("每床日成本（元）"), "money"), TableColumn("cost_freed", _("可释放金额（元）"), "money"))
          if answer.has_cost else ()),
    ]  # fmt: skip
    shown = shown.assign(bed_days_freed=shown["bed_days_freed"].round())
    how = _("使用率达到同级中位数") if measure == "beds_freed_by_occupancy" else _("住院日和使用率达到同级中位数")
    few = few_institutions(int(answer.institutions["few_discharged"].sum()))
    with card("peers", title, beside(_("{how}；模型假设", how=how), few)):
        chart_or_table(
            "peers",
            partial(bars, rows, unit="", height=max(180, 24 * len(rows) + 16)),
            Table(shown, columns, title),
            frame.source(),
            peer_definitions(),
            alt=title,
            on_pick=lambda place, _trace: ask(_BEHIND[measure], frame.filters.community, str(ranked.index[place])),
        )


def _streak_card(frame: PageFrame, key: str, rows: pd.DataFrame, title: str, nobody: str) -> None:
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("months", _("连续月数"), "count"),
        TableColumn("occupancy", _("最近月使用率"), "percent"),
        TableColumn("bed_days", _("每月相差床日"), "number"),
    ]
    with card(key, title):
        if rows.empty:
            st.caption(nobody)
            return
        shown = rows.assign(occupancy=rows["occupancy"] / 100)
        opened = lambda code, _column: ask("C01", frame.filters.community, str(code))  # noqa: E731 -- handed on
        show_table(shown, columns, key=key, title=title, source=frame.source(), rows=8, on_pick=opened)
        meaning = _("截至所选月份，每个月都越过这条线；未报的月份使连续中断。相差床日 = |使用率 − 线| × 开放床日，取连续各月平均。")
        definitions(key, [Definition(name=_("连续月数"), meaning=meaning, source="fact_bed", grade=_(MODEL_GRADE))])


def _streak_cards(frame: PageFrame, found: Streaks, idle_line: int, full_line: int) -> None:
    title = _("{count} 家低于 {line}%", count=len(found.idle), line=idle_line)
    _streak_card(frame, "idle_beds", found.idle, _("闲置：{title}", title=title), _("最近一个月没有机构低于这条线。"))
    title = _("{count} 家高于 {line}%", count=len(found.overfull), line=full_line)
    _streak_card(frame, "full_beds", found.overfull, _("过满：{title}", title=title), _("最近一个月没有机构高于这条线。"))


def peers_view(frame: PageFrame) -> str:
    """Draw the view and return the finding for the page's title."""
    filters, lines = frame.filters, utilisation_settings()
    answer = peer_answer(frame.database, filters.period, filters.community, filters.level)
    if answer is None:
        no_beds(frame)
        return _("没有床位数据")
    known = bool(answer.institutions["beds_freed"].notna().any())
    offered = [measure for measure in MEASURES if measure in answer.institutions and answer.institutions[measure].notna().any()]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        measure = segments("freed", _("看什么单位"), {each: MEASURES[each] for each in offered}) if offered else ""
        idle_line = slider("idle_line", _("闲置线（%）"), 30, 90, int(lines.idle_occupancy), width=220)
        full_line = slider("full_line", _("过满线（%）"), 80, 120, int(lines.overfull_occupancy), width=220)
    if known:
        _cards(answer)
    left, right = st.columns([1.35, 1], gap="small")
    with left:
        if offered:
            _chart_card(frame, answer, measure)
        if not known:
            if answer.institutions["alos"].notna().any():
                empty_state(_("没有同级机构，住院日不能与同级比较。"), _("同级机构不足时只看各机构自己的走势。"))
            else:
                empty_state(_("没有出院人数或出院者占用床日，住院日不能与同级比较。"), _("请在“床位月报”（fact_bed）里补上这两列。"))
        if known and not answer.has_cost:
            st.caption(_("没有财务月报（fact_finance），不能折算金额。"))
    with right:
        _streak_cards(
            frame, streaks(frame.database, filters.period, idle_line, full_line, filters.community, filters.level), idle_line, full_line
        )
    if not known:
        return _("没有同级机构可比") if answer.institutions["alos"].notna().any() else _("没有出院数据，不能与同级比较")
    freed, needed = answer.institutions["beds_freed"].clip(lower=0).sum(), -answer.institutions["beds_freed"].clip(upper=0).sum()
    return _(
        "若达同级中位数：可腾出 {freed} 张床，另有机构缺 {needed} 张", freed=formatting.number(freed), needed=formatting.number(needed)
    )
