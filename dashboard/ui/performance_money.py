"""The money that scores move: a closed pool shared to the cent, before and after, with a floor."""

from decimal import Decimal

import pandas as pd
import streamlit as st

from dashboard.analysis.scoring.inputs import ScoringError
from dashboard.catalogue.performance import performance_plan
from dashboard.catalogue.scheme import PoolRule
from dashboard.services.performance import PoolShares, Ranking, share_pool
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.charts import base_figure, show_figure
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import empty_state, escaped, plotly_text, show_error
from dashboard.ui.performance_weights import label
from dashboard.ui.theme import palette

_TEN_THOUSAND = 10_000
_ROW_PIXELS = 34


def _controls(rules: tuple[PoolRule, ...], residents_known: bool) -> tuple[PoolRule, Decimal, Decimal, bool]:
    """Draw the settings of the pool in a popover; return rule, amount, floor and whether residents are the base."""
    by_id = {rule.id: rule for rule in rules}
    name = st.selectbox(
        _("资金池"), list(by_id), format_func=lambda each: label(by_id[each]), key="performance_pool", label_visibility="collapsed", width=190
    )
    rule = by_id[name]
    with st.popover(_("金额与规则"), type="tertiary", icon=":material/tune:"):
        start = int(performance_plan().pool_start(rule.id) / _TEN_THOUSAND)
        amount = st.number_input(_("资金池（万元）"), min_value=0, value=start, step=100, key=f"performance_amount_{rule.id}")
        floor = st.number_input(_("每家保底（万元）"), min_value=0, value=int(rule.floor / _TEN_THOUSAND), step=10, key=f"performance_floor_{rule.id}")
        by_residents = st.toggle(
            _("按常住人口加权"), value=residents_known, disabled=not residents_known, key="performance_by_residents"
        )
        kind = _("按得分比例") if rule.kind == "proportional" else _("按得分分档")
        steps = _("；").join(_("≥{minimum} 分系数 {coefficient}", minimum=f"{step.minimum:g}", coefficient=f"{step.coefficient:g}") for step in rule.steps)
        st.caption(escaped(" · ".join(part for part in (kind, steps, rule.source) if part)))
    return rule, Decimal(amount) * _TEN_THOUSAND, Decimal(floor) * _TEN_THOUSAND, by_residents and residents_known


def money_figure(ranking: Ranking, shares: PoolShares):
    """Return one dumbbell per unit: hollow before, full after, the amount and its change at the right."""
    colours = palette()
    order = [unit for unit in ranking.order if unit in shares.after.index]
    figure = base_figure(colours, _ROW_PIXELS * len(order) + 8)
    reader = language()
    for index, unit in enumerate(order):
        colour = colours.community(int(ranking.inputs.positions[unit]))
        before, after = float(shares.before[unit]), float(shares.after[unit])
        change = after - before
        hover = plotly_text(_("{name}：{before} → {after}", name=ranking.inputs.names[unit], before=formatting.money(before, reader), after=formatting.money(after, reader)))
        figure.add_scatter(x=[before, after], y=[index, index], mode="lines", line={"color": colour, "width": 2}, hoverinfo="skip")
        figure.add_scatter(
            x=[before, after], y=[index, index], mode="markers", hovertemplate=f"{hover}<extra></extra>",
            marker={"color": [colours.card, colour], "size": 11, "line": {"color": colour, "width": 2}},
        )  # fmt: skip
        _write(figure, 0.0, index, f"<b>{plotly_text(ranking.inputs.names[unit])}</b>", colours.text, "left")
        sign = "▲" if change > 0 else "▼" if change < 0 else "·"
        tone = colours.good if change > 0 else colours.bad if change < 0 else colours.muted
        text = f"<b>{formatting.money(after, reader)}</b> {sign}{formatting.compact(abs(change), reader)}"
        _write(figure, 1.0, index, text, tone, "right")
    low, high = (float(extreme) for extreme in (pd.concat([shares.before, shares.after]).min(), pd.concat([shares.before, shares.after]).max()))
    margin = (high - low) * 0.08 or 1.0
    figure.update_xaxes(visible=False, fixedrange=True, domain=[0.26, 0.70], range=[low - margin, high + margin])
    figure.update_yaxes(visible=False, fixedrange=True, range=[len(order) - 0.4, -0.6])
    return figure


def _write(figure, x: float, y: float, text: str, colour: str, side: str) -> None:
    figure.add_annotation(
        x=x, y=y, xref="paper", yref="y", text=text, showarrow=False, xanchor=side, yanchor="middle", font={"color": colour, "size": 13}
    )


def pool_shares(ranking: Ranking, saved: Ranking | None, rule: PoolRule, amount: Decimal, floor: Decimal, by_residents: bool) -> PoolShares:
    """Return the pool shared now and before: by the saved scheme while it is edited, otherwise by the base alone."""
    compared = saved.current.total if saved is not None else None
    return share_pool(ranking, rule, amount, floor, by_residents=by_residents, compared=compared)


def money_block(ranking: Ranking, saved: Ranking | None) -> PoolShares | None:
    """Draw the pool and return its shares; ``saved`` is the ranking under the scheme as saved, while it is edited."""
    rules = ranking.scheme.pools
    if not rules:
        with card("performance_money", _("得分决定的钱")):
            empty_state(_("这个方案没有写明得分与资金怎样挂钩。"), _("请在方案里加上 pools，或换一个方案。"))
        return None
    residents_known = bool(ranking.inputs.residents.gt(0).all())
    with card("performance_money"):
        head = st.container()
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            rule, amount, floor, by_residents = _controls(rules, residents_known)
            st.caption(_("○ 原方案 → ● 改动后") if saved is not None else _("○ 只按基数 → ● 按得分"), width="content")
        try:
            shares = pool_shares(ranking, saved, rule, amount, floor, by_residents)
        except ScoringError as error:
            show_error(error)
            return None
        title = _("得分决定的钱：{pool} {amount}，合计分文不差", pool=label(rule), amount=formatting.money(amount, language()))
        head.markdown(f"##### {escaped(title)}")
        show_figure(money_figure(ranking, shares), key="performance_money_chart", alt=title)
    return shares
