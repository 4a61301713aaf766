"""What a slider moves, repainted at every release: number cards, waterfall, dumbbell, reasons, tornado, scenarios."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.services.common.directory import Directory
from dashboard.services.insurance.answer import Model, Standing, preset_columns, standings
from dashboard.services.insurance.plan import Plan
from dashboard.services.insurance.targets import LABELS
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.scenario_lines import Line, count_line, money_line, scenario_grid, share_line, signed_money
from dashboard.ui.insurance.charts import dumbbell, tornado_chart, waterfall
from dashboard.ui.insurance.words import sentences
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import Block, BoardCard, Follow, show_board
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.theme import State
from dashboard.whatif.outcome import Outcome
from dashboard.whatif.uncertainty import Uncertainty

_REFERENCE = "insurance_reference"
_SHARES = ("county_visit_rate", "county_admission_share", "primary_visit_rate", "county_fund_share")
"""The indicators of a scenario table, under the names of the section 指标: those of claims are not the catalogue's."""


@dataclass(frozen=True)
class Where:
    """What the waterfall shows: the county, one community, one scheme."""

    community: str | None
    scheme: str | None
    name: str


def show_results(
    frame: PageFrame, model: Model, plan: Plan, outcome: Outcome, reference: Outcome, book: Directory, where: Where, follow: Follow
) -> None:
    """Draw everything that follows a moving slider; what is of the whole county says so where the filters ask for less."""
    unlike = frame.not_followed("community", "scheme")
    if unlike:
        st.caption(escaped(_("数字卡为全县合计 · {unlike}", unlike=unlike)))
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
            _("各医共体各险种结余 / 超支"),
            frame.beside(_("○ 基线 ● 方案 · 底色 = {runs} 次模拟 90% 区间 · % = 超支概率", runs=f"{chance.runs:,}"), "community"),
            dumbbell(_shown(standings(outcome, reference, chance), where.scheme), names, positions),
            [
                (_("口径"), _("总额预算 − 预计支出；险种之间不互相弥补")),
                (
                    _("不确定性"),
                    _(
                        "已结算的月份是实数；其余月份的服务量、次均费用和措施到位程度随机变动；种子 {seed}，同一种子结果相同",
                        seed=plan.scenario.seed,
                    ),
                ),
                source,
            ],
        ),
        Block("sentences", "", "", sentences(outcome, reference, chance, names), wide=True),
        Block(
            "tornado",
            _("哪个系数最要紧"),
            frame.beside(_("各系数变动一个常用步长，全县结余的变化"), "community", "scheme"),
            tornado_chart(model.tornado(plan), model.baseline.coefficients.coefficients),
            [(_("口径"), _("一次只变一个系数，其余保持当前方案的值；绿色结余增加，红色结余减少")), source],
        ),
        Block(
            "scenarios",
            _("方案对比"),
            frame.beside(_("点击列头设为参照，显示差异"), "community", "scheme"),
            scenario_grid(scenario_lines(), preset_columns(model), outcome, st.session_state.get(_REFERENCE, "")),
            [(_("口径"), _("预设方案是数据文件里的系数组合，不是政策建议")), source],
        ),
    ]
    show_board("results", result_cards(outcome, reference, chance), blocks, on_pick=pick_reference, follow=follow)


def _shown(rows: Sequence[Standing], scheme: str | None) -> list[Standing]:
    return [each for each in rows if scheme in (None, each.scheme)]


def pick_reference(name: str) -> None:
    """Take the clicked column as the reference of the scenario table; clicked again it is none."""
    st.session_state[_REFERENCE] = "" if st.session_state.get(_REFERENCE) == name else name


def spending_definition() -> str:
    """Return what the expected spending is made of."""
    return _("参保人在县内外的基金支出：已结算的月份按实际，其余月份 = 上年同月 × 趋势 × 次均费用增幅，加上就医流向措施")


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
            [
                (_("口径"), spending_definition()),
                source,
            ],
        ),
        BoardCard(
            _("全县结余") if outcome.balance >= 0 else _("全县超支"),
            signed_money(outcome.balance),
            [
                _against(outcome.balance, reference.balance, more_is_better=True),
                (_("合计超支概率 {chance}", chance=formatting.percent(float(chance.county["overspend_probability"]), 0)), State.NEUTRAL),
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


def _indicator(name: str) -> Callable[[Outcome], float | None]:
    return lambda outcome: outcome.indicators[name].value


def granted_growth(outcome: Outcome) -> float:
    """Return the growth of the county's budget over its fund base (0.026 = +2.6 %)."""
    return outcome.budget / outcome.fund_base - 1


def scenario_lines() -> list[Line]:
    """Return the rows of every scenario table, on the page and in exports."""
    return [
        share_line(_("综合增速"), granted_growth, signed=True),
        money_line(_("总额预算"), lambda outcome: outcome.budget),
        money_line(_("预计支出"), lambda outcome: outcome.spending),
        money_line(_("全县结余"), lambda outcome: outcome.balance, signed=True),
        count_line(_("超支的医共体·险种数"), lambda outcome: len(outcome.overspending_units)),
        money_line(_("最低一项结余"), lambda outcome: float(outcome.units["balance"].min()), signed=True),
        *(share_line(_(LABELS[name]), _indicator(name)) for name in _SHARES),
    ]
