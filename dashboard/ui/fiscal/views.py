"""The sections below the results of the fiscal page: institutions, two reforms, structure, goal seek, three years, one balance, basis."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard.services.common.directory import Directory
from dashboard.services.common.plan import Plan
from dashboard.services.fiscal.answer import FiscalModel, by_institution, by_item, by_service, by_track, path
from dashboard.services.fiscal.baseline import GROUPS
from dashboard.services.fiscal.together import PARTY_NAMES, InsuranceSide, Together
from dashboard.store.codes import ACCOUNT_ITEM, CONTRACT_GROUP, PURCHASE_CLASS
from dashboard.ui.fiscal.results import scenario_lines
from dashboard.ui.fiscal.state import STATE
from dashboard.ui.fiscal.words import cause_words, institution_name, needed_words
from dashboard.ui.frame.scenario_lines import compared_cell
from dashboard.ui.frame.scenario_pairs import pair_words, pairs_grid
from dashboard.ui.frame.scenario_panel import label, value_words
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import BoardCell, show_grid
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state, escaped, show_error
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table
from dashboard.ui.kit.theme import State
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal import purchase_base
from dashboard.whatif.fiscal_run import INCOME_ITEMS, PARTIES, TRACKS, FiscalOutcome, number_of
from dashboard.whatif.fiscal_search import causes
from dashboard.whatif.goal_seek import GoalResult

_FIRST = ("unit_value", "history_floor", "transition_weight", "guarantee_change", "service_price_share")
# Published by the national ministry: 33 drugs −22 % saved 500 m yuan, 83 imported materials −7.38 % saved 13.33 m yuan [SEED 5].
_PUBLISHED = ((500e6, 0.22), (13.33e6, 0.0738))


def institutions_view(outcome: FiscalOutcome, book: Directory, codes: list[str], source: ExportSource) -> None:
    """Draw every institution: history, tracks, change and why, equivalents and subsidy per member of staff."""
    frame = by_institution(outcome)
    why = {cause.institution: cause for cause in causes(outcome)}
    frame = frame[frame["community"].isin(codes)]
    staffed = frame["staff"].where(frame["staff"] > 0)
    shown = frame.assign(
        name=[institution_name(book, str(code)) for code in frame.index],
        owner=[book.community_name(str(code)) for code in frame["community"]],
        why=[cause_words(why.get(str(code))) for code in frame.index],
        per_staff=frame["equivalents"] / staffed,
        money_per_staff=frame["total"] / staffed,
        chance=frame["change"] / frame["before"].where(frame["before"] > 0),
    )
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("owner", _("医共体")),
        TableColumn("before", _("历史（元）"), "count"),
        *(TableColumn(track, f"{_(TRACKS[track])}{_('（元）')}", "count") for track in TRACKS),
        TableColumn("total", _("新补偿（元）"), "count"),
        TableColumn("change", _("较历史（元）"), "count"),
        TableColumn("chance", _("较历史"), "percent"),
        TableColumn("why", _("为什么")),
        TableColumn("equivalents", _("标化当量"), "count"),
        TableColumn("per_staff", _("人均当量"), "count"),
        TableColumn("money_per_staff", _("人均补偿（元）"), "count"),
    ]
    with card("fiscal_institutions", _("各机构补偿与得失"), _("人均 = 除以在岗职工人数")):
        show_table(shown, columns, key="fiscal_institutions", title=_("各机构财政补偿"), source=source, rows=14)


def guarantee_view(model: FiscalModel, codes: list[str], source: ExportSource) -> None:
    """Draw the six government inputs and the equivalents by service of the centres of these communities."""
    people = model.baseline.institutions
    centres = people.index[people["community"].isin(codes)]
    left, right = st.columns(2, gap="small")
    with left, card("fiscal_inputs", _("六项投入与购买，按账上科目"), _("历史 {year} 年", year=model.baseline.year)):
        sums = by_item(model, centres)
        if sums.empty:
            empty_state(_("财务月报里没有财政投入科目。"), _("请在“会计科目”里标明财政投入，并载入“财务月报”。"))
        else:
            names = [code_label(ACCOUNT_ITEM, str(code)) for code in sums.index]
            shown = pd.DataFrame({"name": names, "amount": sums.to_numpy(), "share": (sums / sums.sum()).to_numpy()})
            columns = [
                TableColumn("name", _("科目")),
                TableColumn("amount", _("金额（元）"), "count"),
                TableColumn("share", _("占比"), "percent"),
            ]
            show_table(shown, columns, key="fiscal_inputs", title=_("财政投入科目"), source=source)
    with right, card("fiscal_services", _("当量从哪些服务来"), _("当量 = 数量 × 标化当量 × 质量系数")):
        columns = [
            TableColumn("name", _("服务项目")),
            TableColumn("quantity", _("数量"), "count"),
            TableColumn("weight", _("标化当量"), "number"),
            TableColumn("quality", _("质量系数"), "number"),
            TableColumn("equivalents", _("当量合计"), "count"),
        ]
        show_table(by_service(model, centres), columns, key="fiscal_services", title=_("标化当量"), source=source)


def plan_view(model: FiscalModel, outcome: FiscalOutcome, codes: list[str], source: ExportSource) -> None:
    """Draw what was approved beside what was paid and what the scenario pays; nothing without the optional table."""
    people = model.baseline.institutions
    frame = by_track(model, outcome, people.index[people["community"].isin(codes)])
    if frame.empty:
        st.caption(escaped(_("没有财政补偿核定（fact_fiscal_plan，可选），不能比较核定与实际。")))
        return
    whole = frame.sum(min_count=1)
    frame = pd.concat([frame, whole.to_frame().T.set_axis(["total"])])
    names = {track: _(name) for track, name in TRACKS.items()} | {"total": _("合计")}
    shown = frame.assign(
        name=[names[str(track)] for track in frame.index], done=frame["before"] / frame["approved"].where(frame["approved"] > 0)
    )
    columns = [
        TableColumn("name", _("补偿方式")),
        TableColumn("approved", _("年初核定（元）"), "count"),
        TableColumn("before", _("历史实际（元）"), "count"),
        TableColumn("done", _("实际 ÷ 核定"), "percent"),
        TableColumn("now", _("新补偿（元）"), "count"),
    ]
    with card("fiscal_plan", _("核定、实际与新补偿"), _("{year} 年；新补偿里不含保底补足", year=model.baseline.year)):
        show_table(shown, columns, key="fiscal_plan", title=_("核定、实际与新补偿"), source=source)


def items_view(model: FiscalModel, source: ExportSource) -> None:
    """Draw the year's own price items and purchases, from which two defaults are read; nothing without the optional tables."""
    left, right = st.columns([1.4, 1], gap="small")
    with left, card("fiscal_items", _("调价项目：各项带来多少"), _("医共体医院，{year} 年执行", year=model.baseline.year)):
        columns = [
            TableColumn("name", _("项目")),
            TableColumn("gained", _("一年多收（元）"), "count"),
            TableColumn("old_price", _("原价（元）"), "number"),
            TableColumn("new_price", _("新价（元）"), "number"),
            TableColumn("volume", _("一年的数量"), "count"),
        ]
        if model.county.items.empty:
            empty_state(_("没有这一年的调价项目。"), _("需要时请载入“服务调价项目”（fact_price_item，可选）。"))
        else:
            show_table(model.county.items, columns, key="fiscal_items", title=_("调价项目"), source=source, rows=8)
    with right, card("fiscal_purchases", _("采购便宜了多少"), _("医共体医院，{year} 年", year=model.baseline.year)):
        frame = model.county.purchases
        if frame.empty:
            empty_state(_("没有这一年的采购月报。"), _("需要时请载入“药品耗材采购月报”（fact_purchase，可选）。"))
            return
        before = frame["amount"] + frame["saved"]
        shown = frame.assign(
            name=[code_label(PURCHASE_CLASS, str(code)) for code in frame.index], cut=frame["saved"] / before.where(before > 0)
        )
        columns = [
            TableColumn("name", _("类别")),
            TableColumn("cut", _("降幅"), "percent"),
            TableColumn("amount", _("采购金额（元）"), "count"),
            TableColumn("saved", _("少付（元）"), "count"),
        ]
        show_table(shown, columns, key="fiscal_purchases", title=_("采购便宜了多少"), source=source)


def prices_view(outcome: FiscalOutcome, book: Directory, source: ExportSource) -> None:
    """Draw the price round by hospital, and what may go into performance pay."""
    prices = outcome.prices
    if prices is None:
        with card("fiscal_prices", _("两种价格改革"), ""):
            empty_state(_("没有医院的医疗收入，无法推演价格改革。"), _("请载入医共体医院的“财务月报”收入科目。"))
        return
    frame = prices.hospitals.assign(
        name=[institution_name(book, code) for code in prices.hospitals.index],
        pay=pd.Series(outcome.pay, dtype=float).reindex(prices.hospitals.index),
    )
    lost = _("减少的加成收入（元）") if prices.markup else _("药费下降（元）")
    columns = [TableColumn("name", _("医院")), TableColumn("freed", lost, "count"), TableColumn("prices", _("服务调价增加（元）"), "count")]
    if prices.markup:
        columns += [
            TableColumn("rate", _("补偿率"), "percent"),
            TableColumn("backstop", _("财政兜底（元）"), "count"),
            TableColumn("own", _("医院自行消化（元）"), "count"),
        ]
    columns.append(TableColumn("pay", _("可分配绩效（元）"), "count"))
    title = _("取消加成：逐院补偿率与兜底") if prices.markup else _("集采降价：腾出多少、调入多少")
    with card("fiscal_prices", title, _("兜底逐院计算，不用全县合计") if prices.markup else _("零加成：药品收入与采购成本同时下降")):
        show_table(frame, columns, key="fiscal_prices", title=title, source=source)
        st.caption(
            escaped(
                _("可分配绩效 =（医疗服务收入 − 对应成本）×（1 − 事业基金 {share}），为负按 0；成本按收入比例分摊，待核实。",
                  share=formatting.percent(number_of(outcome.values, "business_fund"), 0))
            )
        )  # fmt: skip
        if not prices.markup:
            bases = [formatting.money(purchase_base(saved, cut), language()) for saved, cut in _PUBLISHED]
            st.caption(
                escaped(
                    _("公开材料：33 种药降 22% 省 5 亿元，推算原采购额 {first}；83 种进口耗材降 7.38% 省 1,333 万元，推算 {second}。",
                      first=bases[0], second=bases[1])
                )
            )  # fmt: skip


def structure_view(outcome: FiscalOutcome, source: ExportSource) -> None:
    """Draw income by item before and after, and what the target would take."""
    found = outcome.structure
    with card("fiscal_structure", _("收入结构与离目标的距离"), _("医共体医院合计")):
        if found is None:
            empty_state(_("没有医院的医疗收入，无法计算结构。"), _("请载入医共体医院的“财务月报”收入科目。"))
            return
        st.markdown(escaped(needed_words(outcome)))
        names = {
            "drug": _("药品"), "herbal": _("中药饮片"), "consumable": _("卫生材料"), "examination": _("检查"),
            "laboratory": _("化验"), "service": _("医疗服务"),
        }  # fmt: skip
        income, rows = outcome.baseline.income, []
        total = sum(income.values())
        for item in INCOME_ITEMS:
            after = income[item] + {"drug": -found.freed, "service": found.to_prices}.get(item, 0.0)
            rows.append((names[item], income[item], income[item] / total, after, after / found.income))
        frame = pd.DataFrame(rows, columns=["name", "before", "before_share", "after", "after_share"])
        columns = [
            TableColumn("name", _("收入项目")),
            TableColumn("before", _("改革前（元）"), "count"),
            TableColumn("before_share", _("占比"), "percent"),
            TableColumn("after", _("改革后（元）"), "count"),
            TableColumn("after_share", _("改革后占比"), "percent"),
        ]
        show_table(frame, columns, key="fiscal_structure", title=_("收入结构"), source=source)
        cap = number_of(outcome.values, "income_growth_cap")
        st.caption(
            escaped(
                _("总收入变化 {change}，增幅上限 {cap}。", change=formatting.percent(found.income_change, 2, signed=True),
                  cap=formatting.percent(cap, 0))
            )
        )  # fmt: skip


def contract_view(model: FiscalModel, source: ExportSource) -> None:
    """Draw contracts by population group: they overlap and are never added up."""
    with card("fiscal_groups", _("各人群有效签约"), _("人群互相重叠，不相加；签约费只按全人群计")):
        frame = model.county.groups
        if frame.empty:
            empty_state(_("没有家庭医生签约月报。"), _("请载入“家庭医生签约月报”（fact_contract）。"))
            return
        shown = frame.assign(
            name=[code_label(CONTRACT_GROUP, str(code)) for code in frame.index],
            coverage=frame["contracted"] / frame["population"].where(frame["population"] > 0),
            done=frame["fulfilled"] / frame["contracted"].where(frame["contracted"] > 0),
        )
        columns = [
            TableColumn("name", _("人群")),
            TableColumn("population", _("服务人口"), "people"),
            TableColumn("contracted", _("签约人数"), "people"),
            TableColumn("coverage", _("签约率"), "percent"),
            TableColumn("fulfilled", _("有效签约人数"), "people"),
            TableColumn("done", _("履约率"), "percent"),
        ]
        show_table(shown, columns, key="fiscal_groups", title=_("各人群有效签约"), source=source, guard=GROUPS)


def seek_view(model: FiscalModel, plan: Plan) -> None:
    """Draw goal seek."""
    coefficients, names = model.baseline.coefficients.coefficients, model.movable(plan)
    ordered = [name for name in _FIRST if name in names] + [name for name in names if name not in _FIRST]
    with card("fiscal_seek", _("倒推：系数取多少才达到目标"), _("其他系数不变")):
        first, second = st.columns(2, gap="small")
        goals = _goals()
        with first:
            goal = st.selectbox(_("目标"), list(goals), format_func=goals.__getitem__, key="fiscal_goal")
        with second:
            name = st.selectbox(_("系数"), ordered, format_func=lambda code: label(coefficients[code]), key="fiscal_goal_coefficient")
        try:
            found = model.seek(plan, name, goal)  # type: ignore[arg-type]
        except ScenarioError as error:
            show_error(error)
            return
        st.markdown(escaped(_goal_words(model, found, goals[goal])))
        if found.status == "found" and found.value is not None:
            st.button(_("采用这个值"), key="fiscal_goal_use", on_click=STATE.adopt, args=(model, plan, name, found.value))


def _goals() -> Mapping[str, str]:
    return {
        "within_budget": _("财政投入正好用完预算"),
        "nobody_loses": _("没有机构少于历史"),
        "service_target": _("医院服务收入占比达到目标"),
    }


def _goal_words(model: FiscalModel, found: GoalResult, goal: str) -> str:
    coefficient = model.baseline.coefficients.coefficients[found.coefficient]
    name = label(coefficient)
    if found.status == "unreachable":
        short = formatting.points(found.shortfall, 2) if found.goal == "service_target" else formatting.money(found.shortfall, language())
        return _("“{name}”在允许范围内取任何值都达不到“{goal}”：最好取 {best}，仍差 {short}。", name=name, goal=goal,
                 best=value_words(coefficient, found.best_value), short=short.lstrip("+"))  # fmt: skip
    if found.status == "always_met":
        return _("“{name}”在允许范围内取任何值都达到“{goal}”。", name=name, goal=goal)
    return _("“{name}”取 {value} 恰好达到“{goal}”。", name=name, value=value_words(coefficient, found.value or 0.0), goal=goal)


def path_view(model: FiscalModel, plan: Plan) -> None:
    """Draw the three years of the transition side by side."""
    with card("fiscal_path", _("过渡三年：逐年走到新办法"), _("其他系数与当前方案相同，历史与工作量不随年份变")):
        years = path(model, plan)
        heads = [_("项目")] + [
            _("第 {number} 年 · {weight}", number=each.number, weight=formatting.percent(each.weight, 0)) for each in years
        ]
        rows = [[BoardCell(line.label), *(compared_cell(line, each.outcome, None) for each in years)] for line in scenario_lines()]
        show_grid("fiscal_path", heads, rows, alt=_("过渡三年"))


def balance_view(both: Together, side: InsuranceSide | None, beside: str) -> None:
    """Draw one balance of the county: both scenarios side by side for four parties, and every pair that acts on the same money."""
    with card("fiscal_balance", _("一张县账：财政方案与医保方案并排"), _("正数为得益，负数为多付；每列合计为零")):
        heads = [_("一方"), _("财政方案"), _("医保方案：{name}", name=beside), _("同一笔钱的处理"), _("合计")]
        rows = []
        for party in PARTIES:
            *amounts, whole = both.row(party)
            state = State.NEUTRAL if whole is None or abs(whole) < 0.005 else State.GOOD if whole > 0 else State.BAD
            rows.append(
                [BoardCell(_(PARTY_NAMES[party])), *(BoardCell(_signed(each)) for each in amounts), BoardCell(_signed(whole), state)]
            )
        rows.append([BoardCell(_("合计")), *(BoardCell(_signed(each)) for each in both.sums())])
        show_grid("fiscal_balance", heads, rows, alt=_("一张县账"), current=4)
        if side is None:
            st.caption(escaped(_("{why}：医保方案和合计不知道，不是 0。", why=beside)))
        else:
            words = _("医保方案 {year} 年：全县{state} {amount}。", year=side.year, state=_("结余") if side.balance >= 0 else _("超支"),
                      amount=formatting.money(abs(side.balance), language()))  # fmt: skip
            st.caption(escaped(words))
    with card("fiscal_pairs", _("动同一笔钱的系数"), _("两边各算各的会重复")):
        grid = pairs_grid(both.overlaps)
        show_grid("fiscal_pairs", grid.columns, grid.rows, alt=grid.alt)
        for pair in both.overlaps:
            st.markdown(f"- {escaped(pair_words(pair))}")


def _signed(amount: float | None) -> str:
    if amount is None:
        return formatting.MISSING
    return formatting.money(0.0 if abs(amount) < 0.005 else amount, language(), signed=True)


def basis_view(model: FiscalModel, source: ExportSource) -> None:
    """Say how the baseline was made, and where every coefficient comes from."""
    with card("fiscal_basis", _("口径与出处"), _("推算和假设都标在这里")):
        for note in model.county.notes:
            st.markdown(f"- {escaped(_(note.text, **note.details))}")
        others = formatting.money(model.county.others, language())
        st.markdown(f"- {escaped(_('医院、村站和没有参加推演的机构另有财政投入 {amount}，不在按当量购买的范围内。', amount=others))}")
        for retired in model.baseline.coefficients.retired.values():
            zh = language() == "zh"
            words = _(
                "已停用的系数“{name}”：{note}。", name=retired.name if zh else retired.name_en, note=retired.note if zh else retired.note_en
            )
            st.markdown(f"- {escaped(words)}")
        day, defaults = model.baseline.first_day, model.baseline.defaults
        rows = [
            (label(each), value_words(each, defaults[name]), each.grade_on(day), _("待核实") if each.needs_verification(day) else "",
             each.dated(day).source or each.source)
            for name, each in model.baseline.coefficients.coefficients.items()
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=["name", "value", "grade", "verify", "source"])
        columns = [
            TableColumn("name", _("系数")), TableColumn("value", _("默认值")), TableColumn("grade", _("等级")),
            TableColumn("verify", _("待核实")), TableColumn("source", _("来源")),
        ]  # fmt: skip
        show_table(frame, columns, key="fiscal_basis", title=_("系数出处"), source=source, rows=12)
