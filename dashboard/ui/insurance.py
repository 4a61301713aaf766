"""The insurance what-if on screen: panel at the left, money at the right, repainted in one fragment when a slider is released."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from dashboard.services.directory import directory
from dashboard.services.filters import Filters
from dashboard.services.insurance import Model, columns, standings
from dashboard.services.insurance_baseline import BaselineGap
from dashboard.services.insurance_plan import Plan, with_preset
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.i18n import _, language
from dashboard.ui.insurance_board import BoardCard, BoardCell, show_cards, show_drawing, show_grid
from dashboard.ui.insurance_charts import dumbbell, short_money, signed_money, tornado_chart, waterfall
from dashboard.ui.insurance_export import FILE_NAME, MIME, scenario_workbook
from dashboard.ui.insurance_ladder import ladder_view
from dashboard.ui.insurance_panel import coefficient_panel
from dashboard.ui.insurance_recapture import recapture_view
from dashboard.ui.insurance_saved import saved_view
from dashboard.ui.insurance_solver import fund_form, global_view, optimise_view, seek_view
from dashboard.ui.insurance_state import current_plan, edit, tell_problems
from dashboard.ui.insurance_views import baseline_view, hospitals_view, indicators_view, months_view, units_view
from dashboard.ui.insurance_words import finding, sentences
from dashboard.ui.messages import empty_state, error_boundary, escaped, show_error
from dashboard.ui.shell import PageFrame
from dashboard.ui.tables import ExportSource
from dashboard.ui.theme import State
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.outcome import Outcome
from dashboard.whatif.uncertainty import Uncertainty


def no_baseline(gap: BaselineGap) -> None:
    """Say why there is nothing to reckon with."""
    empty_state(_(gap.why, **gap.details), _(gap.remedy, **gap.details))


@st.fragment
def workbench(frame: PageFrame, model: Model) -> None:
    """Draw everything that a slider moves. Errors stay inside: the panel keeps working and nothing typed is lost."""
    left, right = st.columns([0.25, 0.75], gap="small")
    with left, card("insurance_panel", _("系数")):
        plan = current_plan(model)
        coefficient_panel(model, plan, partial(edit, model))
    with right, error_boundary():
        tell_problems(model)
        try:
            outcome = model.run(plan)
            reference = model.reference()
        except ScenarioError as error:
            show_error(error)
            return
        _results(frame, model, plan, outcome, reference)


def _results(frame: PageFrame, model: Model, plan: Plan, outcome: Outcome, reference: Outcome) -> None:
    book = directory(model.database)
    names = {code: book.community_name(code) for code in outcome.communities.index}
    frame.headline(finding(outcome, names), _baseline_words(model))
    cards_place = st.container()
    first, second = st.columns(2, gap="small")
    with first, card("insurance_waterfall", _("预算从哪里来"), _where(frame.filters, names)):
        show_drawing("waterfall", waterfall(outcome.waterfall(_community(frame.filters, outcome), frame.filters.scheme_code)))
    chance = model.uncertainty(plan)
    with cards_place:
        show_cards("insurance", result_cards(outcome, reference, chance))
    positions = {str(code): int(place) for code, place in book.communities["position"].items()}
    with (
        second,
        card(
            "insurance_dumbbell",
            _("各医共体结余 / 超支"),
            _("○ 基线 ● 方案 · 底色 = {runs} 次模拟 90% 区间 · % = 超支概率", runs=f"{chance.runs:,}"),
        ),
    ):
        show_drawing("dumbbell", dumbbell(standings(outcome, reference, chance), names, positions))
    with card("insurance_sentences"):
        st.markdown("  \n".join(escaped(line) for line in sentences(outcome, reference, chance, names)))
    third, fourth = st.columns(2, gap="small")
    with third, card("insurance_tornado", _("哪个系数最要紧"), _("各系数变动一个常用步长，全县结余的变化")):
        show_drawing("tornado", tornado_chart(model.tornado(plan), model.baseline.coefficients.coefficients))
    with fourth, card("insurance_scenarios", _("方案对比"), _("基线、预设与当前")):
        _scenario_grid(model, plan, outcome)
    _detail(frame, model, plan, outcome, reference)


def _detail(frame: PageFrame, model: Model, plan: Plan, outcome: Outcome, reference: Outcome) -> None:
    """Draw the one view below that the reader has chosen: only this one costs time when a slider moves."""
    views = {
        "saved": _("方案"),
        "months": _("月度执行"),
        "indicators": _("指标"),
        "hospitals": _("医院与服务"),
        "units": _("结算"),
        "seek": _("倒推求解"),
        "optimise": _("优化分配"),
        "global": _("全局敏感性"),
        "ladder": _("分层保障"),
        "baseline": _("基线说明"),
    }
    book = directory(model.database)
    chosen_community = _community(frame.filters, outcome)
    codes = [chosen_community] if chosen_community else list(outcome.communities.index)
    where = book.community_name(chosen_community) if chosen_community else _("全县")
    source = ExportSource(f"{where} · {plan.scenario.name}", model.database.version)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        view = st.segmented_control(
            _("细看"),
            list(views),
            default="indicators",
            format_func=views.__getitem__,
            key="insurance_view",
            label_visibility="collapsed",
            required=True,
        )
        st.download_button(
            _("导出 Excel"),
            data=lambda: scenario_workbook(model, plan, outcome, reference, book, source),
            file_name=FILE_NAME,
            mime=MIME,
            key="insurance_export",
            on_click="ignore",
            icon=":material/download:",
        )
    if view == "saved":
        saved_view(model, plan, book)
    elif view == "months":
        months_view(model, outcome, codes, where, source)
    elif view == "indicators":
        indicators_view(outcome, reference)
    elif view == "hospitals":
        hospitals_view(outcome, reference, book, codes, where, source)
        recapture_view(model, plan, source)
    elif view == "units":
        units_view(outcome, book, source)
    elif view == "seek":
        seek_view(model, plan)
    elif view == "optimise":
        with card("insurance_fund", _("全县可用基金"), _("填写后作为全县封顶，随链接和方案保存")):
            fund_form(model, plan)
        optimise_view(model, plan, book, source)
    elif view == "global":
        global_view(model, plan)
    elif view == "ladder":
        ladder_view(model.baseline.coefficients.ladder, source)
    else:
        baseline_view(model, book, source)


def _baseline_words(model: Model) -> str:
    first, last = model.county.base
    return _("基线 = {year} 年已定预算，基期 {first} 至 {last}", year=model.baseline.year, first=f"{first:%Y-%m}", last=f"{last:%Y-%m}")


def _community(filters: Filters, outcome: Outcome) -> str | None:
    return filters.community if filters.community in outcome.communities.index else None


def _where(filters: Filters, names: Mapping[str, str]) -> str:
    return names.get(filters.community or "", _("全县"))


def _against(now: float, before: float, *, more_is_better: bool | None) -> tuple[str, State]:
    change = now - before
    if abs(change) < 0.005:
        return _("与基线相同"), State.NEUTRAL
    share = f" ({formatting.percent(change / before, signed=True)})" if before > 0 else ""
    words = _("较基线 {change}", change=signed_money(change) + share)
    if more_is_better is None:
        return words, State.NEUTRAL
    return words, State.GOOD if (change > 0) == more_is_better else State.BAD


def result_cards(outcome: Outcome, reference: Outcome, chance: Uncertainty) -> list[BoardCard]:
    """Return the headline numbers of a plan with their difference from the baseline."""
    reader = language()
    kept, kept_before = (float(each.communities["community_share"].clip(lower=0).sum()) for each in (outcome, reference))
    borne = float(outcome.communities["community_share"].clip(upper=0).sum())
    base = float(outcome.communities["fund_base"].sum())
    low, high = ((outcome.budget - float(chance.county[name])) / base - 1 for name in ("high", "low"))
    granted = outcome.budget / base - 1
    source = (_("来源"), _("医保总额预算、医保结算月报；口径见 docs/insurance.md"))
    return [
        BoardCard(
            _("总额预算"),
            formatting.money(outcome.budget, reader),
            [_against(outcome.budget, reference.budget, more_is_better=None)],
            [(_("口径"), _("基金基数 × 增速（上下限之内）+ 回流调增，再按人头调整，受全县基金封顶")), source],
        ),
        BoardCard(
            _("预计支出"),
            formatting.money(outcome.spending, reader),
            [_against(outcome.spending, reference.spending, more_is_better=False)],
            [(_("口径"), _("参保人在县内外的基金支出：基期 × 趋势 × 次均费用增幅，加上就医流向措施")), source],
        ),
        BoardCard(
            _("全县结余") if outcome.balance >= 0 else _("全县超支"),
            signed_money(outcome.balance),
            [
                _against(outcome.balance, reference.balance, more_is_better=True),
                (_("超支概率 {chance}", chance=formatting.percent(float(chance.county["overspend_probability"]), 0)), State.NEUTRAL),
            ],
            [
                (_("口径"), _("总额预算 − 预计支出")),
                (_("90% 区间"), f"{signed_money(float(chance.county['low']))} – {signed_money(float(chance.county['high']))}"),
                source,
            ],
        ),
        BoardCard(
            _("结余留用"),
            formatting.money(kept, reader),
            [
                _against(kept, kept_before, more_is_better=True),
                (_("医共体分担超支 {amount}", amount=formatting.money(-borne, reader)), State.NEUTRAL),
            ],
            [(_("口径"), _("带宽以内的结余 × 留用比例 × 考核兑付系数；超支不因考核减免")), source],
        ),
        BoardCard(
            _("盈亏平衡增速"),
            formatting.percent(outcome.break_even_growth, signed=True),
            [
                (_("已定增速 {growth}", growth=formatting.percent(granted, signed=True)), State.NEUTRAL),
                (
                    _("90% 区间 {low} – {high}", low=formatting.percent(low, signed=True), high=formatting.percent(high, signed=True)),
                    State.NEUTRAL,
                ),
            ],
            [(_("口径"), _("预算恰好等于预计支出时，基金基数需要的增速")), source],
        ),
    ]


def _scenario_plans(model: Model, plan: Plan) -> list[tuple[str, Plan]]:
    zh = language() == "zh"
    rows = []
    for preset in model.baseline.coefficients.presets:
        try:
            rows.append((preset.name if zh else preset.name_en, with_preset(model.start(), model.baseline, preset)))
        except ScenarioError:
            continue
    return [*rows, (_("当前"), plan)]


def _scenario_grid(model: Model, plan: Plan, outcome: Outcome) -> None:
    found = columns(model, _scenario_plans(model, plan))

    def amounts(pick: str) -> list[BoardCell]:
        cells = []
        for each in found:
            value = None if each.outcome is None else getattr(each.outcome, pick)
            state = State.BAD if pick == "balance" and value is not None and value < 0 else State.NEUTRAL
            cells.append(BoardCell("—" if value is None else short_money(value, signed=pick == "balance"), state))
        return cells

    def shares(pick: str) -> list[BoardCell]:
        return [BoardCell(formatting.percent(None if each.outcome is None else each.outcome.indicators[pick].value)) for each in found]

    def growths() -> list[BoardCell]:
        return [
            BoardCell(
                formatting.percent(
                    None if each.outcome is None else each.outcome.budget / float(each.outcome.communities["fund_base"].sum()) - 1,
                    signed=True,
                )
            )
            for each in found
        ]

    over = [BoardCell("—" if each.outcome is None else str(len(each.outcome.overspending))) for each in found]
    lowest = [None if each.outcome is None else float(each.outcome.communities["balance"].min()) for each in found]
    worst = [BoardCell("—" if amount is None else short_money(amount, signed=True)) for amount in lowest]
    rows = [
        [BoardCell(_("综合增速")), *growths()],
        [BoardCell(_("总额预算")), *amounts("budget")],
        [BoardCell(_("全县结余")), *amounts("balance")],
        [BoardCell(_("超支医共体数")), *over],
        [BoardCell(_("最低一家结余")), *worst],
        [BoardCell(_("县域就诊率")), *shares("county_visit_rate")],
        [BoardCell(_("县域住院占比")), *shares("county_admission_share")],
        [BoardCell(_("基层就诊率")), *shares("primary_visit_rate")],
        [BoardCell(_("县域内基金占比")), *shares("county_fund_share")],
    ]
    show_grid("scenarios", [_("指标"), *(each.name for each in found)], rows, alt=_("方案对比"), current=len(found))
