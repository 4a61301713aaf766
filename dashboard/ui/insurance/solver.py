"""Questions asked backwards: which value meets a goal, how growth is best distributed, what matters when all moves at once."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard.services.common.directory import Directory
from dashboard.services.insurance.answer import Model, best_distribution, global_indices, movable_names, seek
from dashboard.services.insurance.plan import Plan, with_fund
from dashboard.ui.insurance.panel import label, scheme_name, value_words
from dashboard.ui.insurance.state import STATE, set_plan
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars, show_figure
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, show_error
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.goal_seek import GoalResult
from dashboard.whatif.optimise import Binding, Optimum

_FIRST = ("extra_growth", "k_max", "case_cost_growth", "visit_cost_growth", "recapture_rate", "shift_outpatient", "surplus_share")
_WAN = 10_000


def goals() -> Mapping[str, str]:
    """Return the goals with what a reader calls them."""
    return {
        "nobody_overspends": _("各医共体各险种都不超支"),
        "county_balance": _("全县合计不超支"),
        "within_fund": _("预算合计不超过全县可用基金"),
    }


def fund_form(model: Model, plan: Plan) -> None:
    """Let the reader state the county's fund by scheme: the cap of all budgets. Empty means no cap."""
    held = dict(plan.fund)
    recorded = model.county.fund
    columns = st.columns([1, 1, 1.4], gap="small", vertical_alignment="bottom")
    given: dict[str, float] = {}
    schemes = tuple(dict.fromkeys(model.baseline.units["scheme"]))
    for column, scheme in zip(columns, schemes, strict=False):
        with column:
            amount = st.number_input(
                _("{scheme}可用基金（万元，0 为不封顶）", scheme=scheme_name(scheme)),
                min_value=0.0,
                max_value=1e8,
                value=round(held.get(scheme, 0.0) / _WAN, 2),
                step=100.0,
                key=f"insurance_fund_{scheme}",
                help=_("预算文件：预算加调剂金 {amount}", amount=formatting.money(recorded.get(scheme), language())),
            )
            if amount > 0:
                given[scheme] = round(amount * _WAN, 2)
    with columns[2]:
        if st.button(_("作为全县封顶"), key="insurance_fund_apply"):
            try:
                set_plan(with_fund(plan, given))
                st.rerun()
            except ScenarioError as error:
                show_error(error)


def seek_view(model: Model, plan: Plan) -> None:
    """Draw goal seek."""
    coefficients = model.baseline.coefficients.coefficients
    names = movable_names(model, plan)
    ordered = [name for name in _FIRST if name in names] + [name for name in names if name not in _FIRST]
    with card("insurance_seek", _("倒推：系数取多少才达到目标"), _("其他系数不变")):
        first, second = st.columns(2, gap="small")
        with first:
            goal = st.selectbox(_("目标"), list(goals()), format_func=lambda code: goals()[code], key="insurance_goal")
        with second:
            name = st.selectbox(_("系数"), ordered, format_func=lambda code: label(coefficients[code]), key="insurance_goal_coefficient")
        try:
            found = seek(model, plan, name, goal)  # type: ignore[arg-type]
        except ScenarioError as error:
            show_error(error)
            return
        st.markdown(escaped(_goal_words(model, found)))
        if found.status == "found" and found.value is not None:
            st.button(_("采用这个值"), key="insurance_goal_use", on_click=STATE.adopt, args=(model, plan, name, found.value))


def _goal_words(model: Model, found: GoalResult) -> str:
    coefficient = model.baseline.coefficients.coefficients[found.coefficient]
    name, goal = label(coefficient), goals()[found.goal]
    if found.status == "unreachable":
        return _(
            "“{name}”在允许范围内取任何值都达不到“{goal}”：最好取 {best}，仍差 {short}。",
            name=name,
            goal=goal,
            best=value_words(coefficient, found.best_value),
            short=formatting.money(found.shortfall, language()),
        )
    if found.status == "always_met":
        return _("“{name}”在允许范围内取任何值都达到“{goal}”。", name=name, goal=goal)
    low = _("范围以外") if found.low is None else value_words(coefficient, found.low)
    high = _("范围以外") if found.high is None else value_words(coefficient, found.high)
    return _(
        "“{name}”取 {value} 恰好达到“{goal}”。考虑不确定性，90% 区间 {low} 至 {high}；{reached} 的模拟里能达到。",
        name=name,
        value=value_words(coefficient, found.value or 0.0),
        goal=goal,
        low=low,
        high=high,
        reached=formatting.percent(found.reached, 0),
    )


def optimise_view(model: Model, plan: Plan, book: Directory, source: ExportSource) -> None:
    """Draw the best distribution of growth under the county's fund, with what holds it back and its price."""
    with card("insurance_optimise", _("在全县基金以内，增速怎么分最好"), _("线性规划；预算 = 基金基数 × 增速")):
        objectives = {"smallest_deficit": _("最大缺口最小"), "attainment": _("按参保人数加权的保障程度最高")}
        first, second, third = st.columns([1.2, 1, 1], gap="small")
        with first:
            objective = st.selectbox(_("目标"), list(objectives), format_func=objectives.__getitem__, key="insurance_objective")
        with second:
            floor = st.number_input(_("基层份额下限（%）"), 0.0, 100.0, 0.0, 1.0, key="insurance_floor")
        with third:
            spare = st.number_input(
                _("基金比预算文件多（%）"),
                -20.0,
                50.0,
                0.0,
                0.5,
                key="insurance_spare",
                help=_("以预算加调剂金为 0；也可在“全县可用基金”里直接填写"),
            )
        bounds = _bounds(model, plan, book)
        fund = dict(plan.fund) or {scheme: amount * (1 + spare / 100) for scheme, amount in model.county.fund.items()}
        if not fund:
            empty_state(_("没有总额预算，不知道全县基金有多少。"), _("请在“全县可用基金”里填写，或载入“医保总额预算”。"))
            return
        try:
            best = best_distribution(model, plan, objective=objective, fund=fund, primary_floor=floor / 100, bounds=bounds)  # type: ignore[arg-type]
        except ScenarioError as error:
            show_error(error)
            return
        _optimum(best, objective, book, source)


def _bounds(model: Model, plan: Plan, book: Directory) -> dict[str, tuple[float, float]]:
    """Let the reader set lowest and highest growth of each community; return those that differ from the scenario's own bounds."""
    values = model.values(plan)
    low, high = (round((float(values[name]) - 1) * 100, 2) for name in ("k_min", "k_max"))  # type: ignore[arg-type]
    codes = list(model.baseline.communities)
    with st.expander(_("各医共体增速范围（%）")):
        edited = st.data_editor(
            pd.DataFrame({"name": [book.community_name(code) for code in codes], "low": low, "high": high}),
            key=f"insurance_bounds_{low}_{high}",
            hide_index=True,
            disabled=["name"],
            column_config={
                "name": st.column_config.TextColumn(_("医共体")),
                "low": st.column_config.NumberColumn(_("增速下限（%）"), min_value=-50.0, max_value=100.0, required=True),
                "high": st.column_config.NumberColumn(_("增速上限（%）"), min_value=-50.0, max_value=100.0, required=True),
            },
        )
    rows = zip(codes, edited["low"].astype(float), edited["high"].astype(float), strict=True)
    return {code: (1 + lowest / 100, 1 + highest / 100) for code, lowest, highest in rows if (lowest, highest) != (low, high)}


def _optimum(best: Optimum, objective: str, book: Directory, source: ExportSource) -> None:
    if not best.feasible:
        details = {name: scheme_name(value) if isinstance(value, str) else value for name, value in best.details.items()}
        st.warning(escaped(_(best.reason, **details)), icon=":material/warning:")
        return
    value = formatting.money(best.objective, language()) if objective == "smallest_deficit" else formatting.percent(best.objective, 2)
    template = _("最大缺口可降到 {value}。") if objective == "smallest_deficit" else _("保障程度最高 {value}。")
    st.markdown(f"**{escaped(template.format(value=value))}**")
    for binding in best.binding[:3]:
        st.markdown(f"- {escaped(_binding_words(binding, objective, book))}")
    if not best.binding:
        st.markdown(f"- {escaped(_('没有约束在起作用：再放宽也不会更好。'))}")
    frame = best.units.assign(
        name=[book.community_name(code) for code in best.units["community"]], kind=[scheme_name(code) for code in best.units["scheme"]]
    )
    columns = [
        TableColumn("name", _("医共体")),
        TableColumn("kind", _("险种")),
        TableColumn("growth", _("增速系数"), "percent"),
        TableColumn("budget", _("预算（元）"), "count"),
        TableColumn("spending", _("预计支出（元）"), "count"),
        TableColumn("balance", _("结余（元）"), "count"),
    ]
    show_table(frame, columns, key="insurance_optimum", title=_("最优分配"), source=source)


def _binding_words(binding: Binding, objective: str, book: Directory) -> str:
    community, _dot, scheme = binding.name.partition("·")
    whose = f"{book.community_name(community)}·{scheme_name(scheme)}" if scheme else scheme_name(binding.name)
    kinds = {
        "county_fund": _("全县基金（{name}）", name=whose),
        "primary_floor": _("基层份额下限"),
        "growth_floor": _("增速下限（{name}）", name=whose),
        "growth_cap": _("增速上限（{name}）", name=whose),
    }
    return f"{_('起作用的约束')}{_('：')}{kinds[binding.kind]}{_('，')}{_gain_words(binding, objective)}"


def _gain_words(binding: Binding, objective: str) -> str:
    """Return what giving way is worth, by the yuan of fund or the percentage point that the reader typed."""
    smallest = objective == "smallest_deficit"
    if binding.point_price is None:
        if smallest:
            return _("基金每增加 1 元，最大缺口减少 {price} 元", price=formatting.number(binding.price, 2))
        return _("保障程度每提高 0.1 个百分点，要增加基金 {price}", price=formatting.money(0.001 / binding.price, language()))
    if smallest:
        return _("每放宽 1 个百分点，最大缺口减少 {price}", price=formatting.money(binding.point_price, language()))
    return _("每放宽 1 个百分点，保障程度提高 {price}", price=formatting.points(binding.point_price, 2))


def global_view(model: Model, plan: Plan) -> None:
    """Draw global sensitivity, computed on request."""
    coefficients = model.baseline.coefficients.coefficients
    names = movable_names(model, plan)
    with card("insurance_global", _("一起变动时谁最要紧（全局敏感性）"), _("Sobol 指数：解释全县结余波动的份额")):
        chosen = st.multiselect(
            _("系数"),
            names,
            default=[name for name in _FIRST if name in names][:6],
            format_func=lambda code: label(coefficients[code]),
            placeholder=_("请选择"),
            key="insurance_global_names",
        )
        if st.button(_("计算"), key="insurance_global_run", disabled=len(chosen) < 2):
            bar = st.progress(0.0, _("正在计算"))
            st.session_state["insurance_global"] = (
                plan,
                global_indices(model, plan, chosen, lambda share: bar.progress(share, _("正在计算"))),
            )
            bar.empty()
        held = st.session_state.get("insurance_global")
        if held is None:
            return
        made_for, found = held
        if made_for != plan:
            st.caption(escaped(_("系数已变动，以下是变动前的结果，请重新计算。")))
        rows = [BarRow(label(coefficients[each.coefficient]), max(each.total, 0.0), formatting.percent(each.total)) for each in found]
        show_figure(bars(rows, unit=_("总效应")), key="insurance_global", alt=_("各系数对全县结余波动的总效应"))
