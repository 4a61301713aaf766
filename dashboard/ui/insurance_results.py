"""What a slider moves, repainted at every release: number cards, waterfall, dumbbell, reasons, tornado, scenarios."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard.services.directory import Directory
from dashboard.services.insurance import Column, Model, preset_columns, standings
from dashboard.services.insurance_plan import CURRENT, Plan
from dashboard.ui import formatting
from dashboard.ui.i18n import _, language
from dashboard.ui.insurance_board import Block, BoardCard, BoardCell, Grid, show_board
from dashboard.ui.insurance_charts import dumbbell, short_money, signed_money, tornado_chart, waterfall
from dashboard.ui.insurance_words import sentences
from dashboard.ui.theme import State
from dashboard.whatif.outcome import Outcome
from dashboard.whatif.uncertainty import Uncertainty

_REFERENCE = "insurance_reference"


@dataclass(frozen=True)
class Where:
    """What the waterfall shows: the county, one community, one scheme."""

    community: str | None
    scheme: str | None
    name: str


def show_results(model: Model, plan: Plan, outcome: Outcome, reference: Outcome, book: Directory, where: Where) -> None:
    """Draw everything that a slider moves."""
    names = {str(code): book.community_name(code) for code in outcome.communities.index}
    positions = {str(code): int(place) for code, place in book.communities["position"].items()}
    chance = model.uncertainty(plan)
    source = (_("来源"), _("医保总额预算、医保结算月报；口径见 docs/insurance.md"))
    blocks = [
        Block(
            "waterfall",
            _("预算从哪里来"),
            where.name,
            waterfall(outcome.waterfall(where.community, where.scheme)),
            [(_("口径"), _("从基金基数起，每一步增减多少；各步相加等于总额预算，分毫不差")), source],
        ),
        Block(
            "dumbbell",
            _("各医共体结余 / 超支"),
            _("○ 基线 ● 方案 · 底色 = {runs} 次模拟 90% 区间 · % = 超支概率", runs=f"{chance.runs:,}"),
            dumbbell(standings(outcome, reference, chance), names, positions),
            [
                (_("口径"), _("总额预算 − 预计支出")),
                (_("不确定性"), _("服务量、次均费用和措施到位程度随机变动；种子 {seed}，同一种子结果相同", seed=plan.scenario.seed)),
                source,
            ],
        ),
        Block("sentences", "", "", sentences(outcome, reference, chance, names), wide=True),
        Block(
            "tornado",
            _("哪个系数最要紧"),
            _("各系数变动一个常用步长，全县结余的变化"),
            tornado_chart(model.tornado(plan), model.baseline.coefficients.coefficients),
            [(_("口径"), _("一次只变一个系数，其余保持当前方案的值；绿色结余增加，红色结余减少")), source],
        ),
        Block(
            "scenarios",
            _("方案对比"),
            _("点击列头设为参照，显示差异"),
            scenario_grid(model, outcome),
            [(_("口径"), _("预设方案是数据文件里的系数组合，不是政策建议")), source],
        ),
    ]
    show_board("results", result_cards(outcome, reference, chance), blocks, on_pick=pick_reference)


def pick_reference(name: str) -> None:
    """Take the clicked column as the reference of the scenario table; clicked again it is none."""
    st.session_state[_REFERENCE] = "" if st.session_state.get(_REFERENCE) == name else name


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
    low, high = ((outcome.budget - float(chance.county[name])) / outcome.fund_base - 1 for name in ("high", "low"))
    granted = granted_growth(outcome)
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


def scenario_grid(model: Model, outcome: Outcome) -> Grid:
    """Return the presets and the plan side by side; against a chosen reference each cell says its difference below."""
    zh = language() == "zh"
    presets = preset_columns(model)
    names = [each.name if zh else each.name_en for each in presets] + [_("当前")]
    found = [*(each.column for each in presets), Column(CURRENT, outcome)]
    chosen = st.session_state.get(_REFERENCE, "")
    base = next((each.outcome for each in found if each.name == chosen), None)
    rows = [[BoardCell(line.label), *(_grid_cell(line, each, base) for each in found)] for line in scenario_lines()]
    choices = {place: each.name for place, each in enumerate(found, start=1)}
    return Grid([_("指标"), *names], rows, _("方案对比"), current=len(found), choices=choices, chosen=chosen)


@dataclass(frozen=True)
class Line:
    """One row of a scenario table: how a value is read from an outcome, written, and compared."""

    label: str
    read: Callable[[Outcome], float | None]
    write: Callable[[float | None], str]
    compare: Callable[[float], str]
    negative_is_bad: bool = False


def _money_line(label: str, read: Callable[[Outcome], float | None], *, signed: bool = False) -> Line:
    return Line(
        label,
        read,
        lambda value: formatting.MISSING if value is None else short_money(value, signed=signed),
        lambda change: short_money(change, signed=True),
        negative_is_bad=signed,
    )


def _share_line(label: str, read: Callable[[Outcome], float | None], *, signed: bool = False) -> Line:
    return Line(label, read, lambda value: formatting.percent(value, signed=signed), formatting.points)


def _indicator(name: str) -> Callable[[Outcome], float | None]:
    return lambda outcome: outcome.indicators[name].value


def granted_growth(outcome: Outcome) -> float:
    """Return the growth of the county's budget over its fund base (0.026 = +2.6 %)."""
    return outcome.budget / outcome.fund_base - 1


def scenario_lines() -> list[Line]:
    """Return the rows of every scenario table, on the page and in exports."""
    return [
        _share_line(_("综合增速"), granted_growth, signed=True),
        _money_line(_("总额预算"), lambda outcome: outcome.budget),
        _money_line(_("预计支出"), lambda outcome: outcome.spending),
        _money_line(_("全县结余"), lambda outcome: outcome.balance, signed=True),
        Line(
            _("超支医共体数"),
            lambda outcome: len(outcome.overspending),
            formatting.number,
            lambda change: formatting.number(change, signed=True),
        ),
        _money_line(_("最低一家结余"), lambda outcome: float(outcome.communities["balance"].min()), signed=True),
        _share_line(_("县域就诊率"), _indicator("county_visit_rate")),
        _share_line(_("县域住院占比"), _indicator("county_admission_share")),
        _share_line(_("基层就诊率"), _indicator("primary_visit_rate")),
        _share_line(_("县域内基金占比"), _indicator("county_fund_share")),
    ]


def _grid_cell(line: Line, column: Column, base: Outcome | None) -> BoardCell:
    if column.outcome is None:
        return BoardCell(formatting.MISSING, title=column.problem.what(language()) if column.problem else "")
    value = line.read(column.outcome)
    before = None if base is None or base is column.outcome else line.read(base)
    note = "" if value is None or before is None else line.compare(value - before)
    bad = line.negative_is_bad and value is not None and value < 0
    return BoardCell(line.write(value), State.BAD if bad else State.NEUTRAL, note=note)
