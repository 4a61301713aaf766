"""What a slider of the fiscal page moves: number cards, money by community, who pays, service share, contract fee, shared money."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.services.common.directory import Directory
from dashboard.services.common.plan import Plan
from dashboard.services.fiscal.answer import FiscalModel, by_community
from dashboard.services.fiscal.together import PARTY_NAMES, Together
from dashboard.ui.fiscal.charts import fee_bars, money_bars, party_name, payer_balance, share_steps
from dashboard.ui.fiscal.words import needed_words, sentences
from dashboard.ui.frame.scenario_lines import Line, count_line, money_line, scenario_grid, share_line, short_money, signed_money
from dashboard.ui.frame.scenario_pairs import pairs_grid
from dashboard.ui.frame.tornado import tornado_chart
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import Block, BoardCard, Follow, show_board
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.theme import State
from dashboard.whatif.fiscal_run import PARTIES, FiscalOutcome, number_of
from dashboard.whatif.fiscal_search import FiscalBand

_REFERENCE = "fiscal_reference"
_SHOWN_PAIRS = 4


def source_words() -> tuple[str, str]:
    """Return where the page's figures come from, as a definition's last line."""
    return _("来源"), _("财务月报、服务工作量月报、签约月报；口径见 docs/fiscal.md")


def show_results(
    model: FiscalModel, plan: Plan, outcome: FiscalOutcome, both: Together, beside: str, book: Directory, follow: Follow
) -> None:
    """Draw everything that follows a moving slider."""
    frame, band = by_community(outcome), model.band(plan)
    blocks = _blocks(model, plan, outcome, both, beside, book, frame, band)
    show_board("fiscal", result_cards(outcome, band), blocks, on_pick=_pick, follow=follow)


def _blocks(
    model: FiscalModel, plan: Plan, outcome: FiscalOutcome, both: Together, beside: str,
    book: Directory, frame: pd.DataFrame, band: FiscalBand,
) -> list[Block]:  # fmt: skip
    names = {str(code): book.community_name(str(code)) for code in frame.index}
    positions = {str(code): int(place) for code, place in book.communities["position"].items()}
    floor = number_of(outcome.values, "history_floor")
    blocks = [
        Block(
            "money",
            _("各医共体财政补偿：历史 → 新"),
            _("上条历史，下条新方案 · 竖线 = 历史 × {floor}", floor=formatting.percent(floor, 0)),
            money_bars(frame, names, positions, floor),
            [
                (_("口径"), _("补偿 = (1 − 过渡比例) × 历史 + 过渡比例 ×（定项 + 当量购买 + 定额 + 签约财政部分），不低于保底")),
                (_("范围"), _("各医共体的乡镇卫生院和社区卫生服务中心；医院和村站的财政投入不在内")),
                source_words(),
            ],
        ),
        _price_block(outcome),
        _share_block(outcome),
        Block(
            "fee",
            _("签约费 {amount}，只付有效签约", amount=short_money(outcome.fee_total)),
            _("右列 = 有效 ÷ 签约"),
            fee_bars(frame, names, positions),
            [
                (_("口径"), _("有效签约人数 × 每人每年签约费 × 考核得分 ÷ 100，按分担比例拆到分；不纳入绩效工资总量")),
                (_("人群"), _("各人群互相重叠，只用全人群，不按人群相加")),
                source_words(),
            ],
        ),
        Block("sentences", "", "", [*sentences(outcome, band, book), needed_words(outcome)], wide=True),
        Block("pairs", _("与医保推演的关系"), _pairs_aside(both, beside), pairs_grid(both.overlaps[:_SHOWN_PAIRS]), [source_words()]),
        Block(
            "tornado",
            _("哪个系数最要紧"),
            _("各系数变动一个常用步长，财政投入的变化"),
            tornado_chart(model.tornado(plan), model.baseline.coefficients.coefficients, spending=True),
            [(_("口径"), _("一次只变一个系数，其余保持当前方案的值；含财政兜底")), source_words()],
        ),
        Block(
            "scenarios",
            _("方案对比"),
            _("点击列头设为参照，显示差异"),
            scenario_grid(scenario_lines(), model.presets(), outcome, st.session_state.get(_REFERENCE, "")),
            [(_("口径"), _("预设方案是数据文件里的系数组合，不是政策建议")), source_words()],
            wide=True,
        ),
    ]
    return [block for block in blocks if block is not None]


def _pick(name: str) -> None:
    st.session_state[_REFERENCE] = "" if st.session_state.get(_REFERENCE) == name else name


def _price_block(outcome: FiscalOutcome) -> Block | None:
    prices = outcome.prices
    if prices is None:
        return None
    aside = (
        _("取消加成：真减收 {lost}", lost=short_money(prices.freed))
        if prices.markup
        else _("集采腾出 {freed}，调入价格 {prices}", freed=short_money(prices.freed), prices=short_money(prices.prices))
    )
    definition = (
        _("减收 = 药品收入 × 加成率 ÷ (1 + 加成率)；调价补偿不足兜底线的医院由财政逐院补足到兜底线")
        if prices.markup
        else _("零加成下药便宜了，医院不少收入：药品收入与采购成本同时下降；腾出的钱一部分调入服务价格，调增由医保和群众分担")
    )
    return Block(
        "prices",
        _("价格改革谁得谁付：四方合计为零"),
        aside,
        payer_balance(prices),
        [(_("口径"), definition), (_("范围"), _("各医共体的二、三级医院")), (_("符号"), _("右为得益，左为多付；点为净额")), source_words()],
    )


def _share_block(outcome: FiscalOutcome) -> Block | None:
    found = outcome.structure
    if found is None:
        return None
    return Block(
        "share",
        _("服务收入占比：{part} 不是多挣的", part=formatting.points(found.volume_part, 2)),
        _("总收入 {change}", change=formatting.percent(found.income_change, 2, signed=True)),
        share_steps(found, outcome.baseline.target),
        [
            (_("口径"), _("医疗收入减药品、饮片、耗材、检查、化验收入，除以医疗收入（与指标 D06 同一口径，只算医共体医院）")),
            (_("总量变化"), _("药费少了，分母变小，占比就上升：没有多挣一元服务收入")),
            (_("目标"), _("35% 的目标来自义乌，针对三级及以上公立医院")),
            source_words(),
        ],
    )


def _pairs_aside(both: Together, beside: str) -> str:
    open_pairs, more = sum(not pair.solved for pair in both.overlaps), len(both.overlaps) - _SHOWN_PAIRS
    told = _("对照：{name} · {count} 处须注意", name=beside, count=open_pairs)
    return told + (_("，另 {count} 对见“一张县账”", count=more) if more > 0 else "")


def result_cards(outcome: FiscalOutcome, band: FiscalBand) -> list[BoardCard]:
    """Return the headline numbers of a plan with their difference from history."""
    cards = [_input_card(outcome, band), _bought_card(outcome), _losers_card(outcome)]
    if outcome.structure is not None:
        cards.append(_share_card(outcome))
    if outcome.prices is not None:
        cards.append(_parties_card(outcome))
    return cards


def _input_card(outcome: FiscalOutcome, band: FiscalBand) -> BoardCard:
    reader, before = language(), outcome.baseline.total_before
    history = formatting.money(before, reader)
    share = f" ({formatting.percent(outcome.input_change / before, signed=True)})" if before > 0 else ""
    fits = outcome.margin >= 0
    budget = formatting.money(outcome.budget, reader)
    return BoardCard(
        _("财政投入"),
        formatting.money(outcome.input, reader),
        [
            (_("历史 {before}，{change}", before=history, change=signed_money(outcome.input_change) + share), State.NEUTRAL),
            (_("✓ 在预算 {budget} 以内", budget=budget) if fits else _("✕ 超出预算 {budget}", budget=budget),
             State.GOOD if fits else State.BAD),
        ],
        [
            (_("口径"), _("各中心的财政补偿加价格改革的财政兜底；预算 = 历史 × (1 + 预算增幅)")),
            (
                _("90% 区间"),
                _("{low} – {high}，含财政兜底", low=formatting.money(band.low, reader), high=formatting.money(band.high, reader)),
            ),
            source_words(),
        ],
    )  # fmt: skip


def _bought_card(outcome: FiscalOutcome) -> BoardCard:
    past = outcome.baseline.past
    before = float(past[:, 1:].sum()) / outcome.baseline.total_before if outcome.baseline.total_before > 0 else None
    now = outcome.bought_share
    change = formatting.points(now - before) if now is not None and before is not None else formatting.MISSING
    return BoardCard(
        _("购买占比"),
        formatting.percent(now),
        [
            (_("历史 {before}，{change}", before=formatting.percent(before), change=change), State.NEUTRAL),
            (_("当量单价 {value} 元", value=formatting.number(outcome.unit_value, 2)), State.NEUTRAL),
        ],
        [(_("口径"), _("当量购买、定额购买和签约服务占财政补偿的比例；其余为定项保障和保底补足")), source_words()],
    )


def _losers_card(outcome: FiscalOutcome) -> BoardCard:
    less = [change for change in outcome.changes.values() if change < -0.005]
    held = sum(amount > 0 for amount in outcome.paid.topped_up.values())
    return BoardCard(
        _("少于历史的机构"),
        f"{len(less)} / {len(outcome.changes)}" if outcome.changes else formatting.MISSING,
        [
            (_("合计少 {amount}", amount=short_money(-sum(less))), State.NEUTRAL),
            (_("{count} 家触底，保底补足 {amount}", count=held, amount=short_money(outcome.paid.floor_cost)),
             State.WARNING if held else State.NEUTRAL),
        ],
        [
            (_("口径"), _("补偿低于历史的中心数；触底 = 按公式低于历史 × 保底比例，由保底补足，已含在投入里")),
            (_("分母"), _("没有工作量的中心按历史不变，不算在内")),
            source_words(),
        ],
    )  # fmt: skip


def _share_card(outcome: FiscalOutcome) -> BoardCard:
    found, target = outcome.structure, outcome.baseline.target
    if found is None:
        raise TypeError("no structure")
    gap = target - found.service_share
    return BoardCard(
        _("医院服务收入占比"),
        formatting.percent(found.service_share),
        [
            (_("改革前 {before}", before=formatting.percent(found.service_share_before)), State.NEUTRAL),
            (_("✕ 离 {target} 差 {gap}", target=formatting.percent(target, 0), gap=formatting.points(gap).lstrip("+")), State.BAD)
            if gap > 0
            else (_("✓ 达到 {target}", target=formatting.percent(target, 0)), State.GOOD),
        ],
        [
            (_("口径"), _("医疗收入减药品、饮片、耗材、检查、化验收入，除以医疗收入（与指标 D06 同一口径，只算医共体医院）")),
            (_("两部分"), _("总量 {volume}，价格 {price}", volume=formatting.points(found.volume_part, 2),
                            price=formatting.points(found.price_part, 2))),
            source_words(),
        ],
    )  # fmt: skip


def _parties_card(outcome: FiscalOutcome) -> BoardCard:
    prices = outcome.prices
    if prices is None:
        raise TypeError("no price round")
    words = [f"{party_name(party)} {short_money(prices.parties[party].net, signed=True)}" for party in PARTIES]
    whole = sum(round(payer.net * 100) for payer in prices.parties.values()) / 100
    return BoardCard(
        _("价格改革四方合计"),
        formatting.money(whole, language()),
        [(" · ".join(words[:2]), State.NEUTRAL), (" · ".join(words[2:]), State.NEUTRAL)],
        [(_("口径"), _("医院、医保、群众、财政的净得失相加为零，一分不差")), source_words()],
    )


def _indicator(outcome: FiscalOutcome, name: str) -> float | None:
    return None if outcome.structure is None else float(getattr(outcome.structure, name))


def _party(outcome: FiscalOutcome, party: str) -> float:
    return outcome.flows[party]


def _losing(outcome: FiscalOutcome) -> float | None:
    return sum(change < -0.005 for change in outcome.changes.values()) if outcome.changes else None


def scenario_lines() -> list[Line]:
    """Return the rows of every scenario table, on the page and in exports."""
    return [
        money_line(_("财政投入"), lambda outcome: outcome.input),
        money_line(_("较历史"), lambda outcome: outcome.input_change, signed=True),
        money_line(_("预算余额"), lambda outcome: outcome.margin, signed=True),
        share_line(_("购买占比"), lambda outcome: outcome.bought_share),
        count_line(_("少于历史的机构"), _losing),
        money_line(_("保底补足"), lambda outcome: outcome.paid.floor_cost),
        share_line(_("医院服务收入占比"), partial(_indicator, name="service_share")),
        *(
            money_line(_("{party}得失", party=_(PARTY_NAMES[party])), partial(_party, party=party), signed=True)
            for party in ("hospital", "fund", "people")
        ),
    ]
