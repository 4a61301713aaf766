"""The money that scores move: a closed pool shared to the cent, before and after, with a floor."""

from decimal import Decimal
from typing import Any

import plotly.graph_objects as go
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
        _("资金池"),
        list(by_id),
        format_func={each: label(rule) for each, rule in by_id.items()}.__getitem__,
        key="performance_pool",
        label_visibility="collapsed",
        width=190,
    )
    rule = by_id[name]
    with st.popover(_("金额与规则"), type="tertiary", icon=":material/tune:"):
        start = int(performance_plan().pool_start(rule.id) / _TEN_THOUSAND)
        amount = st.number_input(_("资金池（万元）"), min_value=0, value=start, step=100, key=f"performance_amount_{rule.id}")
        floor = st.number_input(
            _("每家保底（万元）"), min_value=0, value=int(rule.floor / _TEN_THOUSAND), step=10, key=f"performance_floor_{rule.id}"
        )
        by_residents = st.toggle(_("按常住人口加权"), value=residents_known, disabled=not residents_known, key="performance_by_residents")
        kind = _("按得分比例") if rule.kind == "proportional" else _("按得分分档")
        steps = _("；").join(
            _("≥{minimum} 分系数 {coefficient}", minimum=f"{step.minimum:g}", coefficient=f"{step.coefficient:g}") for step in rule.steps
        )
        st.caption(escaped(" · ".join(part for part in (kind, steps, rule.source) if part)))
    return rule, Decimal(amount) * _TEN_THOUSAND, Decimal(floor) * _TEN_THOUSAND, by_residents and residents_known


def money_figure(ranking: Ranking, shares: PoolShares) -> go.Figure:
    """Return one dumbbell per unit: hollow before, full after, the amount and its change at the right."""
    colours, reader = palette(), language()
    order = [unit for unit in ranking.order if unit in shares.after.index]
    before, after = ([float(side[unit]) for unit in order] for side in (shares.before, shares.after))
    tints = [colours.community(int(ranking.inputs.positions[unit])) for unit in order]
    lines, texts, hovers = [], [], []
    for index, (unit, start, end, tint) in enumerate(zip(order, before, after, tints, strict=True)):
        name = plotly_text(ranking.inputs.names[unit])
        change = end - start
        sign = "▲" if change > 0 else "▼" if change < 0 else "·"
        tone = colours.good if change > 0 else colours.bad if change < 0 else colours.muted
        amount = f"<b>{formatting.money(end, reader)}</b> {sign}{formatting.compact(abs(change), reader)}"
        texts += [_words(0.0, index, f"<b>{name}</b>", colours.text, "left"), _words(1.0, index, amount, tone, "right")]
        lines.append({"type": "line", "x0": start, "x1": end, "y0": index, "y1": index, "line": {"color": tint, "width": 2}})
        hovers.append(f"{name}: {formatting.money(start, reader)} → {formatting.money(end, reader)}")
    rows = list(range(len(order)))
    figure = base_figure(colours, _ROW_PIXELS * len(order) + 8)
    for amounts, fills in ((before, [colours.card] * len(order)), (after, tints)):
        figure.add_scatter(
            x=amounts, y=rows, mode="markers", customdata=hovers, hovertemplate="%{customdata}<extra></extra>",
            marker={"color": fills, "size": 11, "opacity": 1, "line": {"color": tints, "width": 2}},
        )  # fmt: skip
    low, high = min(before + after), max(before + after)
    margin = (high - low) * 0.08 or 1.0
    figure.update_layout(
        shapes=lines, annotations=texts,
        xaxis={"visible": False, "fixedrange": True, "domain": [0.26, 0.70], "range": [low - margin, high + margin]},
        yaxis={"visible": False, "fixedrange": True, "range": [len(order) - 0.4, -0.6]},
    )  # fmt: skip
    return figure


def _words(x: float, y: float, text: str, colour: str, side: str) -> dict[str, Any]:
    return {
        "x": x, "y": y, "xref": "paper", "yref": "y", "text": text, "showarrow": False, "xanchor": side, "yanchor": "middle",
        "font": {"color": colour, "size": 13},
    }  # fmt: skip


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
