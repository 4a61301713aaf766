"""The money that scores move: a closed pool shared to the cent, before and after, with a floor."""

from decimal import Decimal
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.scoring.inputs import ScoringError
from dashboard.analysis.scoring.pool import step_coefficient
from dashboard.catalogue.performance import performance_plan
from dashboard.catalogue.scheme import PoolRule
from dashboard.services.performance.answer import PoolShares, Ranking, share_pool
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import fitted_select
from dashboard.ui.kit.board import Drawing, show_drawing
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, show_error
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.performance.details import money_details, steps_words
from dashboard.ui.performance.weights import label, source_words

_TEN_THOUSAND = 10_000
_POOL_KEY, _RESIDENTS = "performance_pool", "performance_by_residents"
_AMOUNT, _FLOOR, _TYPED = "performance_amount_", "performance_floor_", "performance_typed_"
_ROW_PIXELS = 34
_TRACK = (0.24, 0.66)


def _chosen_rule(rules: tuple[PoolRule, ...]) -> PoolRule:
    """Return the rule that is shown; the choice itself is drawn under the chart."""
    by_id = {rule.id: rule for rule in rules}
    return by_id.get(st.session_state.get(_POOL_KEY, ""), rules[0])


def is_example(rule: PoolRule) -> bool:
    """Whether the pool's amount is still the delivered example: nobody has typed the county's own in this session."""
    return not st.session_state.get(f"{_TYPED}{rule.id}", False)


def pool_name(rule: PoolRule) -> str:
    """Return the pool's name, marked while its amount is only an example: an invented sum must not look like the county's budget."""
    return _("{pool}（示例金额）", pool=label(rule)) if is_example(rule) else label(rule)


def _typed(rule: PoolRule) -> None:
    st.session_state[f"{_TYPED}{rule.id}"] = True


def _residents_known(ranking: Ranking) -> bool:
    return bool(ranking.inputs.residents.gt(0).all())


def _settings(ranking: Ranking, rule: PoolRule) -> tuple[Decimal, Decimal, bool]:
    """Return amount, floor (yuan) and whether residents are the base, as typed or as the plan starts."""
    kept = st.session_state
    amount = kept.get(f"{_AMOUNT}{rule.id}", int(performance_plan().pool_start(rule.id) / _TEN_THOUSAND))
    floor = kept.get(f"{_FLOOR}{rule.id}", int(rule.floor / _TEN_THOUSAND))
    known = _residents_known(ranking)
    return Decimal(amount or 0) * _TEN_THOUSAND, Decimal(floor or 0) * _TEN_THOUSAND, known and bool(kept.get(_RESIDENTS, True))


def _controls(ranking: Ranking, rules: tuple[PoolRule, ...], rule: PoolRule, saved: Ranking | None) -> None:
    """Draw the choice of pool and, in a popover, its amount, floor and base."""
    names = {each.id: label(each) for each in rules}
    if st.session_state.get(_POOL_KEY) not in names:
        st.session_state.pop(_POOL_KEY, None)
    amount, floor, _by_residents = _settings(ranking, rule)
    known = _residents_known(ranking)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        fitted_select(_("资金池"), names, key=_POOL_KEY, persist_state="session", label_visibility="collapsed")
        with st.popover(_("金额与规则"), type="tertiary", icon=":material/tune:"):
            st.number_input(
                _("资金池（万元）"), min_value=0, value=int(amount / _TEN_THOUSAND), step=100, key=f"{_AMOUNT}{rule.id}",
                persist_state="session", on_change=_typed, args=(rule,),
                help=_("预填的是示例金额，不是本县预算；填写后去掉“示例”标记"),
            )  # fmt: skip
            st.number_input(
                _("每家保底（万元）"), min_value=0, value=int(floor / _TEN_THOUSAND), step=10, key=f"{_FLOOR}{rule.id}",
                persist_state="session",
            )  # fmt: skip
            st.toggle(_("按常住人口加权"), value=known, disabled=not known, key=_RESIDENTS, persist_state="session")
            kind = _("按得分比例") if rule.kind == "proportional" else _("按得分分档")
            st.caption(escaped(" · ".join(part for part in (kind, steps_words(rule.steps), source_words(rule)) if part)))
        st.caption(_("○ 原方案 → ● 改动后") if saved is not None else _("○ 只按基数 → ● 按得分"), width="content")


def money_drawing(ranking: Ranking, shares: PoolShares, alt: str) -> Drawing:
    """Return one dumbbell per unit: hollow before, full after, the amount and its change at the right."""
    colours, reader = palette(), language()
    order = [unit for unit in ranking.order if unit in shares.after.index]
    picture = Drawing(_ROW_PIXELS * len(order) + 2, 0, 0, alt)
    amounts = [float(side[unit]) for unit in order for side in (shares.before, shares.after)]
    low, high = min(amounts), max(amounts)
    for index, unit in enumerate(order):
        start, end = float(shares.before[unit]), float(shares.after[unit])
        left, right = (_TRACK[0] + (_TRACK[1] - _TRACK[0]) * ((each - low) / (high - low) if high > low else 0.5) for each in (start, end))
        y, tint = _ROW_PIXELS * (index + 0.5), colours.community(int(ranking.inputs.positions[unit]))
        name = str(ranking.inputs.names[unit])
        words = f"{name}: {formatting.yuan(start)} → {formatting.yuan(end)} {_('元')}"
        picture.text(0, y + 5, name, colours.text, size=13.5, bold=True, share=_TRACK[0] - 0.02)
        picture.line(left, y, right, y, tint, width=2.5)
        picture.circle(left, y, colours.card, tint, title=words)
        picture.circle(right, y, tint, tint, title=words)
        change = end - start
        tone = colours.good if change > 0 else colours.bad if change < 0 else colours.muted
        amount = f"{formatting.money(end, reader)} {change_words(change, reader)}"
        picture.text(1, y + 5, amount, tone, anchor="end", size=13, bold=True)
    return picture


def change_words(change: float, reader: str) -> str:
    """Return a change of money with its sign: "▲43.4万"."""
    sign = "▲" if change > 0 else "▼" if change < 0 else "·"
    return f"{sign}{formatting.compact(abs(change), reader)}" if change else sign


def pool_shares(ranking: Ranking, saved: Ranking | None, rule: PoolRule) -> PoolShares:
    """Return the pool shared now and before: by the saved scheme while it is edited, otherwise by the base alone.

    Raises ``ScoringError`` when the pool cannot pay the floors.
    """
    amount, floor, by_residents = _settings(ranking, rule)
    compared = saved.current.total if saved is not None else None
    return share_pool(ranking, rule, amount, floor, by_residents=by_residents, compared=compared)


def money_block(ranking: Ranking, saved: Ranking | None, about: ExportSource) -> PoolShares | None:
    """Draw the pool and return its shares; ``saved`` is the ranking under the scheme as saved, while it is edited."""
    rules = ranking.scheme.pools
    if not rules:
        with card("performance_money", _("得分决定的钱")):
            empty_state(_("这个方案没有写明得分与资金怎样挂钩。"), _("请在“方案与审定 → 资金规则”里加上，或换一个方案。"))
        return None
    rule = _chosen_rule(rules)
    try:
        shares = pool_shares(ranking, saved, rule)
    except ScoringError as error:
        with card("performance_money", _("得分决定的钱")):
            _controls(ranking, rules, rule, saved)
            show_error(error)
        return None
    title = _("得分决定的钱：{pool} {amount}，合计分文不差", pool=pool_name(rule), amount=formatting.money(shares.amount, language()))
    with card("performance_money", title, details=partial(money_details, ranking, shares, about)):
        show_drawing("performance_money", money_drawing(ranking, shares, title))
        _controls(ranking, rules, rule, saved)
    return shares


def all_pools_section(ranking: Ranking, about: ExportSource) -> None:
    """Draw what every pool of the scheme gives every unit: coefficient, amount, change against an equal score, and the totals."""
    rules = ranking.scheme.pools
    with card("performance_pools", _("得分一共带来多少钱：各资金池合计")):
        if not rules:
            empty_state(_("这个方案没有写明得分与资金怎样挂钩。"), _("请在“方案与审定 → 资金规则”里加上，或换一个方案。"))
            return
        table, columns = _pools_table(ranking, rules)
        show_table(table, columns, key="performance_pools", title=_("资金总表"), source=about)
        st.caption(
            escaped(
                _("增减 = 与每家得分相同时相比。金额与保底在右上“金额与规则”里按资金池填写；规则在“方案与审定 → 资金规则”里改，均待核实。")
            )
        )


def _pools_table(ranking: Ranking, rules: tuple[PoolRule, ...]) -> tuple[pd.DataFrame, list[TableColumn]]:
    """Return units × pools with the totals of rows and columns; a pool that cannot pay its floors is told and left out."""
    table = pd.DataFrame({"name": ranking.inputs.names, "score": ranking.current.total}).loc[ranking.order]
    columns = []
    amounts, changes = [], []
    for rule in rules:
        try:
            shares = pool_shares(ranking, None, rule)
        except ScoringError as error:
            show_error(error)
            continue
        if rule.kind == "bands":
            table[f"coefficient_{rule.id}"] = [step_coefficient(float(score), rule) for score in table["score"]]
            columns.append(TableColumn(f"coefficient_{rule.id}", _("{pool}系数", pool=label(rule)), "number"))
        table[rule.id], table[f"change_{rule.id}"] = (side.reindex(table.index) for side in (shares.after, shares.change))
        amounts.append(rule.id)
        changes.append(f"change_{rule.id}")
        columns += [
            TableColumn(rule.id, _("{pool}（元）", pool=pool_name(rule)), "money"),
            TableColumn(f"change_{rule.id}", _("{pool}增减（元）", pool=label(rule)), "money"),
        ]
    # Exact money until here: totals of decimals have no rounding.
    table["total"], table["change"] = table[amounts].sum(axis=1), table[changes].sum(axis=1)
    money = ["total", "change", *amounts, *changes]
    table.loc["sum", money] = table[money].sum()
    table.loc["sum", "name"] = _("合计（含示例金额）") if any(is_example(rule) for rule in rules if rule.id in amounts) else _("合计")
    heads = [
        TableColumn("name", _("单位")),
        TableColumn("score", _("得分"), "number"),
        TableColumn("total", _("合计（元）"), "money"),
        TableColumn("change", _("合计增减（元）"), "money"),
    ]
    return table.astype(dict.fromkeys(money, float)).reset_index(drop=True), [*heads, *columns]
