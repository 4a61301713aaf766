"""调配推演: move some of a resource and see what changes; or let the budget go where it leaves the least need unmet."""

import math
from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.allocation import Allocation, Binding, Infeasible
from dashboard.analysis.naming import by_code
from dashboard.catalogue.norms import Norm, norms_of
from dashboard.language import marked
from dashboard.services.resources.plan import Move, MoveAnswer, Plan, allocation_plan, holders, move_answer
from dashboard.services.resources.supply import Basis, Resource, resource_book
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice, segments, slider
from dashboard.ui.kit.blocks import Table, definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, drawn_once, named_rows
from dashboard.ui.kit.definition import MODEL_GRADE, Definition, own_definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.maps import blend
from dashboard.ui.kit.messages import empty_state, plotly_text
from dashboard.ui.kit.tables import TableColumn
from dashboard.ui.kit.theme import palette
from dashboard.ui.resources.accessibility import access_definitions
from dashboard.ui.resources.parts import (
    basis_choice,
    basis_words,
    controls,
    figure_card_body,
    note,
    rate_unit,
    resource_choice,
    resource_definition,
)
from dashboard.ui.resources.supply import norm_source, norm_words

MODES: Mapping[str, str] = {"move": marked("从甲调到乙"), "allocate": marked("按预算新增")}
_RESOURCES = ("beds", "gps_qualified", "gps_registered", "physicians", "nurses", "ct", "equipment")
_UNIT_COST = {"beds": 30.0, "gps_qualified": 15.0, "gps_registered": 15.0, "physicians": 18.0, "nurses": 12.0}
"""Starting values in 万元 per unit, for the reader to change: assumptions of this product [OWN]."""
_UNITS = {"beds": 50, "gps_qualified": 5, "gps_registered": 5, "physicians": 10, "nurses": 10, "ct": 1, "equipment": 1}
_YUAN = 10_000
_ROW_PIXELS = 24


def plan_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    with controls("plan"):
        mode = segments("mode", _("推演"), MODES)
        allowed = _RESOURCES if mode == "move" else tuple(_UNIT_COST)
        resource = resource_choice("what", allowed)
        basis = basis_choice("plan_basis", Basis.LOCATED if mode == "move" else Basis.SHARED)
    book = resource_book(frame.database, frame.filters.period.last)
    if not book.has(resource.id) or book.residents().isna().all():
        empty_state(
            _("{resource}不能推演。", resource=_(resource.name)),
            frame.to_load(resource.table, "dim_town", "fact_population"),
        )
        return _("调配推演")
    return _move_part(frame, resource, basis) if mode == "move" else _allocation_part(frame, resource, basis)


# A move ----------------------------------------------------------------------------------------------------------------


def _move_part(frame: PageFrame, resource: Resource, basis: Basis) -> str:
    book = resource_book(frame.database, frame.filters.period.last)
    who = holders(book, resource.id)
    if len(who) < 2:
        empty_state(_("只有一家机构，没有可以调配的对象。"), _("请在“机构”表（dim_institution）里补全机构。"))
        return _("调配推演")
    amounts = {
        code: f"{name} ({formatting.number(who['amount'].get(code))} {_(resource.unit)})" for code, name in by_code(who["name"]).items()
    }
    left, right = st.columns([1, 1.35], gap="small")
    with left, card("move", _("调多少，从哪里到哪里"), _("推演 · 模型假设")):
        senders = {code: label for code, label in amounts.items() if who["amount"][code] > 0}
        sender = choice("from", _("从"), senders)
        receivers = {code: label for code, label in amounts.items() if code != sender}
        receiver = choice("to", _("调到"), receivers, default=_least(who, frame, sender))
        most = max(int(who["amount"][sender]), 1)
        units = st.slider(_("数量（{unit}）", unit=_(resource.unit)), 0, most, min(_UNITS[resource.id], most), key=f"units_{resource.id}")
        answer = move_answer(frame.database, frame.filters.period.last, Move(resource.id, sender, receiver, float(units)), basis)
        _move_metrics(resource, answer)
        definitions("move", [*move_definitions(frame, resource), *access_definitions(resource, frame)])
        label = _("可及性：高斯 2SFCA，30 分钟")
        note(f"{label} · {_('直线距离估算，40 公里/小时') if answer.before.access.travel.estimated else _('本县提供的出行时间')}")
    with right:
        _move_card(frame, resource, basis, answer)
    return move_finding(resource, answer, str(who["name"][sender]), str(who["name"][receiver]), units)


def _least(who: pd.DataFrame, frame: PageFrame, sender: str) -> str | None:
    """Return a centre of the sender's community with the least, as a first proposal."""
    same = who[(who["community"] == who["community"][sender]) & (who.index != sender)]
    return None if same.empty else str(same["amount"].idxmin())


def _move_metrics(resource: Resource, answer: MoveAnswer) -> None:
    before, after = answer.before, answer.after
    worst_before, worst_after = before.towns["rate"].min(), after.towns["rate"].min()
    shown = (
        (_("基尼系数（按人口）"), formatting.number(after.gini, 4), formatting.number(after.gini - before.gini, 4, signed=True)),
        (_("最低镇街 ({unit})", unit=rate_unit(resource)), formatting.number(worst_after, resource.decimals),
         formatting.number(worst_after - worst_before, resource.decimals, signed=True)),
        (_("平均可及性"), formatting.number(after.access.mean, resource.decimals),
         formatting.number(after.access.mean - before.access.mean, resource.decimals, signed=True)),
        (_("够不到的居民"), formatting.percent(after.access.without), formatting.points(after.access.without - before.access.without)),
    )  # fmt: skip
    columns = [*st.columns(2), *st.columns(2)]
    for column, (label, value, change) in zip(columns, shown, strict=True):
        column.metric(label, value, change, delta_color="off", delta_arrow="off")


def move_finding(resource: Resource, answer: MoveAnswer, sender: str, receiver: str, units: int) -> str:
    """Return what the move does to fairness, in words."""
    change = answer.after.gini - answer.before.gini
    words = _("更公平") if change < -5e-5 else _("更不公平") if change > 5e-5 else _("公平性不变")
    return _(
        "{sender}调 {units} {unit}{resource}到{receiver}：{words}（基尼 {change}）",
        sender=sender,
        units=units,
        unit=_(resource.unit),
        resource=_(resource.name),
        receiver=receiver,
        words=words,
        change=formatting.number(change, 4, signed=True),
    )


def _changes(answer: MoveAnswer) -> pd.DataFrame:
    before, after = answer.before, answer.after
    made = before.towns.rename(columns={"amount": "amount_before", "rate": "rate_before"})
    made["amount_after"], made["rate_after"] = after.towns["amount"], after.towns["rate"]
    made["access_before"], made["access_after"] = before.access.towns["access"], after.access.towns["access"]
    return made


def move_definitions(frame: PageFrame, resource: Resource) -> list[Definition]:
    """Return the definitions of a move."""
    return [
        own_definition(
            _("调配推演"),
            _("只改变收发两家机构的数量，人口、出行时间和其他机构不变"),
            version=frame.database.version,
            source=resource.table,
            grade=MODEL_GRADE,
            note=_("不考虑搬迁成本、人员意愿和使用率。"),
        ),
        resource_definition(resource, frame.database.version),
    ]


def _move_card(frame: PageFrame, resource: Resource, basis: Basis, answer: MoveAnswer) -> None:
    made = _changes(answer)
    touched = made[
        ((made["rate_after"] - made["rate_before"]).abs() > 1e-9) | ((made["access_after"] - made["access_before"]).abs() > 1e-6)
    ]
    title = _("{count} 个镇街的配置或可及性会变", count=len(touched))
    with card("move_towns", title, basis_words(basis)):
        if touched.empty:
            note(_("数量为 0，或收发双方在同一口径下没有差别。"))
        else:
            figure_card_body(
                move_figure(touched, resource),
                key="move_towns",
                alt=_("调配前后各镇街可及性"),
                table=lambda: move_table(made, resource),
                source=frame.source(basis_words(basis)),
                contents=move_definitions(frame, resource),
            )


@drawn_once
def move_figure(towns: pd.DataFrame, resource: Resource) -> go.Figure:
    """Return, side by side, density and accessibility of the towns that change: a dot before, a diamond after."""
    colours = palette()
    ordered = towns.assign(size=(towns["access_after"] - towns["access_before"]).abs()).sort_values("size", ascending=False)
    names = ordered["name"].astype(str).tolist()
    labels, told = list(range(len(names))), [plotly_text(name) for name in names]
    figure = base_figure(colours, max(_ROW_PIXELS * len(labels), 60) + 70)
    figure.update_layout(xaxis={"domain": [0, 0.47]}, xaxis2={"domain": [0.53, 1], "anchor": "y"}, showlegend=True)
    for axis, measure in (("x", "rate"), ("x2", "access")):
        for label, row in zip(labels, ordered.itertuples(), strict=True):
            low, high = getattr(row, f"{measure}_before"), getattr(row, f"{measure}_after")
            better = colours.good if high >= low else colours.bad
            figure.add_scatter(
                x=[low, high], y=[label, label], mode="lines", line={"color": better, "width": 2.5}, xaxis=axis, hoverinfo="skip",
                showlegend=False,
            )  # fmt: skip
        for part, name, symbol, colour in (
            ("before", _("调配前"), "circle", colours.muted),
            ("after", _("调配后"), "diamond", colours.primary),
        ):
            figure.add_scatter(
                x=ordered[f"{measure}_{part}"].tolist(), y=labels, mode="markers", name=name, xaxis=axis, showlegend=axis == "x",
                marker={"symbol": symbol, "size": 9, "color": colour}, hovertext=told,
                hovertemplate=f"%{{hovertext}} %{{x:.{resource.decimals}f}}<extra></extra>",
            )  # fmt: skip
    titles = {"xaxis": _("配置水平 ({unit})", unit=rate_unit(resource)), "xaxis2": _("可及性 ({unit})", unit=rate_unit(resource))}
    for axis, text in titles.items():
        figure.update_layout({axis: {"title": {"text": plotly_text(text)}, "fixedrange": True, "rangemode": "tozero"}})
    figure.update_yaxes(**named_rows(names))
    return figure


def move_table(made: pd.DataFrame, resource: Resource) -> Table:
    """Return every town before and after."""
    unit = rate_unit(resource)
    columns = [
        TableColumn("name", _("镇街")),
        TableColumn("population", _("常住人口"), "count"),
        TableColumn("amount_before", _("数量（前）"), "number"),
        TableColumn("amount_after", _("数量（后）"), "number"),
        TableColumn("rate_before", _("{unit}（前）", unit=unit), "number"),
        TableColumn("rate_after", _("{unit}（后）", unit=unit), "number"),
        TableColumn("access_before", _("可及性（前）"), "number"),
        TableColumn("access_after", _("可及性（后）"), "number"),
    ]
    return Table(made, columns, _("调配前后"))


# An allocation ---------------------------------------------------------------------------------------------------------


def _allocation_part(frame: PageFrame, resource: Resource, basis: Basis) -> str:
    found = {name: norm for name, norm in norms_of(resource.id).items() if norm.form == "rate"}
    norm = found[next(iter(found))]
    left, right = st.columns([1, 1.6], gap="small")
    with left, card("allocation", _("预算与限制"), _("推演 · 模型假设")):
        if len(found) > 1:
            norm = found[choice("plan_norm", _("需要按"), {name: entry.label(language()) for name, entry in found.items()})]
        note(norm_words(norm))
        cost = st.number_input(
            _("每{unit}成本（万元，假设，可改）", unit=_(resource.unit)),
            0.1,
            10000.0,
            _UNIT_COST[resource.id],
            step=1.0,
            key=f"cost_{resource.id}",
        )
        budget = slider("budget", _("预算（万元）"), 0, 20000, 3000, 100)
        with st.container(horizontal=True, gap="small"):
            fewest = st.number_input(_("每个镇街至少"), 0, 500, 0, key="fewest")
            most = st.number_input(_("每个镇街至多（0 为不限）"), 0, 5000, 0, key="most")
        plan = allocation_plan(
            frame.database, frame.filters.period.last, norm, basis, cost * _YUAN, float(budget * _YUAN), float(fewest),
            float(most) if most else None, frame.filters.community,
        )  # fmt: skip
        _plan_words(plan, resource, cost)
        definitions("allocation", plan_definitions(frame, resource, norm))
    with right:
        _plan_card(frame, plan, resource, basis, norm)
    return plan_finding(plan, resource, budget)


def plan_finding(plan: Plan, resource: Resource, budget: int) -> str:
    """Return how far the money goes, or that nothing fits."""
    if isinstance(plan.result, Infeasible):
        return _("没有可行的方案")
    before, after = plan.result.unmet_before, plan.result.total_unmet
    if before == 0:
        return _("{resource}没有缺口，不必新增", resource=_(resource.name))
    share = formatting.percent((before - after) / before, 0)
    money = formatting.money(budget * _YUAN, language())
    return _("{money}可补上{resource}缺口的 {share}", money=money, resource=_(resource.name), share=share)


def binding_words(binding: Binding, names: Mapping[str, str], resource: Resource) -> str:
    """Return which limit holds the result back and what loosening it would bring."""
    unit = _(resource.unit)
    if binding.kind == "budget":
        return _(
            "受预算限制：再增加 10 万元可多补 {count} {unit}（影子价格）", count=formatting.number(binding.price * 10 * _YUAN, 2), unit=unit
        )
    name = names.get(str(binding.place), str(binding.place))
    if binding.kind == "upper":
        return _(
            "受{name}的上限限制：上限每放宽 1 {unit}，可多补 {count} {unit}",
            name=name,
            unit=unit,
            count=formatting.number(binding.price, 2),
        )
    return _(
        "受{name}的下限限制：下限每降低 1 {unit}，可多补 {count} {unit}", name=name, unit=unit, count=formatting.number(binding.price, 2)
    )


def _plan_words(plan: Plan, resource: Resource, cost: float) -> None:
    result = plan.result
    names = by_code(plan.towns["name"])
    if isinstance(result, Infeasible):
        if result.reason == "budget":
            lacking = formatting.money(result.shortfall, language())
            text = _("没有可行的方案：光是“每个镇街至少”就超出预算 {amount}。", amount=lacking)
            remedy = _("请提高预算，或降低每个镇街至少的数量或单位成本。")
        else:
            text = _("没有可行的方案：下限高于上限。")
            remedy = _("请让“至少”不高于“至多”。")
        empty_state(text, remedy)
        return
    for column, (label, value) in zip(
        st.columns(2),
        (
            (_("花费"), formatting.money(result.spent, language())),
            (_("剩余缺口（{unit}）", unit=_(resource.unit)), formatting.number(result.total_unmet, 1)),
        ),
        strict=True,
    ):
        column.metric(label, value)
    if not result.binding:
        note(_("✓ 没有限制在起作用：缺口已全部补上，或没有缺口。"))
    for binding in result.binding[:3]:
        note(f"! {binding_words(binding, names, resource)}")
    if math.isclose(cost, _UNIT_COST[resource.id]):
        note(_("单位成本为本产品假设 [OWN]，请按本县实际修改。"))


def plan_definitions(frame: PageFrame, resource: Resource, norm: Norm) -> list[Definition]:
    """Return the definitions of an allocation."""
    return [
        own_definition(
            _("建议新增"),
            _("min Σ max(需要 − 现有 − 新增, 0)，Σ 单位成本 × 新增 ≤ 预算，下限 ≤ 新增 ≤ 上限；需要 = 标准 × 人口"),
            version=frame.database.version,
            source=f"{resource.table}{_('、')}fact_population",
            grade=MODEL_GRADE,
            note=_(
                "线性规划（scipy HiGHS）。各镇街单位成本相同时总缺口最小的方案不止一个，取满足率最低的镇街最高的那个。"
                "结果不取整；影子价格为约束每放宽一个单位所减少的缺口。"
            ),
        ),
        resource_definition(resource, frame.database.version, norm_words(norm), norm_source(norm)),
    ]


def _plan_card(frame: PageFrame, plan: Plan, resource: Resource, basis: Basis, norm: Norm) -> None:
    with card("plan_towns", _("建议新增到哪里"), basis_words(basis)):
        if not isinstance(plan.result, Allocation):
            note(_("放宽限制后这里会显示方案。"))
            return
        figure_card_body(
            plan_figure(plan.towns, resource),
            key="plan_towns",
            alt=_("各镇街建议新增数量与剩余缺口"),
            table=lambda: plan_table(plan, resource),
            source=frame.source(basis_words(basis), norm_words(norm)),
            contents=plan_definitions(frame, resource, norm),
        )


@drawn_once
def plan_figure(towns: pd.DataFrame, resource: Resource) -> go.Figure:
    """Return, by town, what there is, what is added and what is still short of the need."""
    colours = palette()
    ordered = towns.sort_values("before", ascending=False)
    names = ordered["name"].astype(str).tolist()
    labels, told = list(range(len(names))), [plotly_text(name) for name in names]
    figure = base_figure(colours, _ROW_PIXELS * len(labels) + 60)
    for column, name, colour in (
        ("supply", _("现有"), blend(colours.card, colours.muted, 0.45)),
        ("added", _("建议新增"), colours.primary),
        ("after", _("仍缺"), colours.heat[0]),
    ):
        values = ordered[column].fillna(0.0)
        texts = [formatting.number(value, 1) for value in values]
        figure.add_bar(
            x=values.tolist(), y=labels, orientation="h", name=name, marker={"color": colour}, customdata=texts, hovertext=told,
            hovertemplate=f"%{{hovertext}} {name} %{{customdata}} {plotly_text(_(resource.unit))}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack", showlegend=True, legend={"traceorder": "normal"})
    figure.update_xaxes(fixedrange=True, title_text=plotly_text(_(resource.unit)))
    figure.update_yaxes(**named_rows(names))
    return figure


def plan_table(plan: Plan, resource: Resource) -> Table:
    """Return the plan town by town."""
    columns = [
        TableColumn("name", _("镇街")),
        TableColumn("population", _("常住人口"), "count"),
        TableColumn("supply", _("现有"), "number"),
        TableColumn("need", _("需要"), "number"),
        TableColumn("before", _("原缺口"), "number"),
        TableColumn("added", _("建议新增"), "number"),
        TableColumn("after", _("仍缺"), "number"),
    ]
    return Table(plan.towns, columns, _("建议新增{resource}", resource=_(resource.name)))
