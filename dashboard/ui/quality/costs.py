"""Section 费用: the bridge of the change, institutions side by side, the same disease at each, and what bills are made of."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.rounding import round_to_sum
from dashboard.language import marked
from dashboard.services.quality.cells import CLAIMS, FINANCE, offered
from dashboard.services.quality.costs import (
    CHANGES,
    COMPARED,
    CONTRIBUTIONS,
    ITEMS,
    PRICES,
    CostChange,
    changes,
    cost_change,
    cost_funnel,
    cost_months,
    dearest_groups,
    group_prices,
    item_shares,
    too_few,
)
from dashboard.services.quality.departments import department_changes, knows_ward_costs
from dashboard.store.codes import INSURANCE_SCHEME
from dashboard.store.scope import FINANCE as FINANCE_RIGHT
from dashboard.ui.frame.drill import ask
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice, segments
from dashboard.ui.kit.blocks import Table, chart_or_table
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.control_figure import chart_finding, control_figure
from dashboard.ui.kit.definition import catalogue_definition
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.tables import TableColumn
from dashboard.ui.quality.charts import bills_figure, bridge_figure, changes_figure, funnel_figure, prices_figure
from dashboard.ui.quality.parts import (
    ITEM_NAMES,
    Asked,
    bridge_definitions,
    funnel_definitions,
    judgements,
    lacks_ward_costs,
    listed,
    own,
    settled_cost,
    signed_yuan,
    unit_choice,
    ward_cost,
)

PIXELS = 320
_ROW = 44
BY = {
    "institution": marked("机构"),
    "community": marked("医共体"),
    "scheme": marked("险种"),
    "department": marked("科室"),
    "mdc": marked("疾病大类"),
    "group": marked("病组"),
}
BILLS = {"inpatient": marked("住院"), "outpatient": marked("门急诊")}
_MOST_ROWS = 12


def lacks_claims(asked: Asked) -> tuple[str, str] | None:
    """Return why there is nothing to say of costs by disease, and what to do; None when there is."""
    if CLAIMS in offered(asked.frame.database):
        return None
    return (
        _("没有医保结算数据，费用不能按病种拆开。"),
        _("请载入“医保结算月报”（fact_claim），住院行带病组代码。"),
    )


def bridge_finding(found: CostChange) -> str:
    """Return what changed the cost of a case: patients or the same diseases, and which item most."""
    change = found.change
    parts = [_("次均 {before} → {after} 元", before=formatting.number(change.before), after=formatting.number(change.after))]
    parts.append(_("病种组合 {mix}，同病种 {within}", mix=signed_yuan(change.mix), within=signed_yuan(change.within)))
    return _("：").join(parts)


def change_finding(asked: Asked, unit: str | None = None) -> str:
    """Return the bridge of the units shown, or of one, as the page's title."""
    found = cost_change(asked.frame.database, asked.scope, unit)
    if found is None:
        return _("没有可比的月份")
    if too_few(asked.frame.database, asked.scope, unit):
        return _("住院结算例数太少，不显示")
    return _("住院结算{finding}", finding=bridge_finding(found))


def bridge_card(asked: Asked, unit: str | None = None, key: str = "quality_bridge") -> None:
    """Draw the change of the settled cost of a case as a bridge whose parts add up."""
    frame = asked.frame
    found = cost_change(frame.database, asked.scope, unit)
    name = asked.names().get(unit, unit) if unit else asked.peers
    if found is None:
        with card(key, _("{name}：没有两年都有的住院结算月份，不能比较", name=name)):
            st.caption(_("增幅只比同样的月份；请换一个时期，或补齐去年同月的医保结算月报。"))
        return
    if too_few(frame.database, asked.scope, unit):
        with card(key, _("{name}：住院结算例数太少，不显示", name=name)):
            st.caption(_("请换更长的时期。"))
        return
    items = found.items.reindex([item for item in ITEMS if item in found.items])
    items = items if len(items) == len(found.items) else found.items
    steps = [(_("病种组合"), found.change.mix)]
    steps += [(_(ITEM_NAMES.get(str(item), "其他")), float(value)) for item, value in items.items()] or [(_("同病种"), found.change.within)]
    rounded = round_to_sum([value for _label, value in steps], 0)
    table = pd.DataFrame({"part": [label for label, _value in steps], "yuan": [value for _label, value in steps]})
    title = _("{name}{finding}", name=name, finding=bridge_finding(found))
    lacking = ""
    if not len(found.items):
        granted = frame.database.scope.grants(FINANCE_RIGHT)
        lacking = _("没有两年的财务月报，同病种不能再按项目拆") if granted else _("您没有财务栏目的授权，同病种不能再按项目拆")
    with card(key, title, lacking or _("元/例，比去年同月；灰 = 病人，蓝 = 同病种")):
        drawn = [(label, value) for (label, _value), value in zip(steps, rounded, strict=True)]
        columns = [TableColumn("part", _("部分")), TableColumn("yuan", _("元/例"), "money")]
        chart_or_table(
            key,
            partial(bridge_figure, drawn, sum(rounded), PIXELS),
            Table(table, columns, title),
            frame.source(asked.peers),
            bridge_definitions(),
            alt=title,
        )


def _change_name(by: str, code: str, name: str) -> str:
    return code_label(INSURANCE_SCHEME, code) if by == "scheme" else name


def changes_finding(table: pd.DataFrame, names: list[str]) -> str:
    """Return who rose most and why, said only where the two parts leave no doubt."""
    if not len(table):
        return _("没有够大、又两年都有的例数，不能比较")
    first = table.iloc[0]
    if not first["total"] > 0:
        return _("没有上升的")
    rest = abs(first["within"]) if first["mix"] > first["within"] else abs(first["mix"])
    reason = _("病种组合") if first["mix"] > first["within"] else _("同病种")
    if first["item"] and first["within"] >= first["mix"]:
        reason = _("同病种，以{item}为主", item=_(ITEM_NAMES.get(str(first["item"]), "其他")))
    if rest > 0.5 * first["total"]:
        reason = _("病种组合与同病种都有")
    return _("{name}升得最多（{total} 元/例）：{reason}", name=names[0], total=signed_yuan(first["total"]), reason=reason)


def _changes(asked: Asked, by: str, unit: str | None) -> pd.DataFrame:
    if by == "department":
        return department_changes(asked.frame.database, asked.scope, unit)
    return changes(asked.frame.database, asked.scope, by)  # type: ignore[arg-type]


def changes_card(asked: Asked, by: str = "institution", unit: str | None = None, key: str = "quality_changes") -> None:
    """Draw the change of every unit in its two parts, departments of ``unit`` or of all."""
    frame = asked.frame
    if by == "department" and not knows_ward_costs(frame.database, asked.scope):
        empty_state(*lacks_ward_costs())
        return
    if by == "community" and frame.database.scope.institutions is not None:
        empty_state(_("您只能看部分机构，部分之和不是医共体的数。"), _("请按机构看。"))
        return
    table = _changes(asked, by, unit)
    shown = CHANGES.hide(table).frame if len(table) else table
    shown = shown[shown["total"].notna()]
    names = [_change_name(by, str(code), str(row["name"])) for code, row in shown.iterrows()]
    title = changes_finding(shown, names)
    columns = [
        TableColumn("name", _(BY[by])),
        TableColumn("cases", _("例数"), "people"),
        TableColumn("cases_before", _("去年例数"), "people"),
        TableColumn("before", _("去年次均 元"), "money"),
        TableColumn("after", _("次均 元"), "money"),
        TableColumn("mix", _("病种组合 元"), "money"),
        TableColumn("within", _("同病种 元"), "money"),
        TableColumn("total", _("合计 元"), "money"),
        TableColumn("growth", _("增幅"), "percent"),
    ]
    labels = [_change_name(by, str(code), str(row["name"])) for code, row in table.iterrows()]
    aside = _("各行相加等于合计变化") if by in CONTRIBUTIONS else _("每行 病种组合 + 同病种 = 合计，元/例")
    aside = frame.beside(_("全部出院患者；{aside}", aside=aside), "scheme") if by == "department" else aside
    drawn = shown.head(_MOST_ROWS)
    with card(key, title, aside):
        if not len(shown):
            st.caption(_("增幅只比同样的月份；请换一个时期，或补齐去年同月的医保结算月报。"))
            return
        chart_or_table(
            key,
            partial(changes_figure, drawn, names[:_MOST_ROWS], max(PIXELS, _ROW * len(drawn) + 60)),
            Table(table.assign(name=labels), columns, title, CHANGES),
            frame.source(asked.peers),
            [ward_cost(), *bridge_definitions()[1:3]] if by == "department" else bridge_definitions(),
            alt=title,
        )


def funnel_card(asked: Asked, key: str = "quality_cost_funnel") -> None:
    """Draw cost against that of the same diseases at the peers, with limits."""
    frame = asked.frame
    compared = cost_funnel(frame.database, asked.scope)
    if compared is None:
        with card(key, _("这个时期没有住院结算病例")):
            st.caption(_("请换一个时期，或载入医保结算月报。"))
        return
    shown = compared.shown(COMPARED)
    out = compared.units[compared.units["level"].isin(["action", "warning"]) & compared.units["side"].eq("high")]
    sure = out[out["level"].eq("action")]
    judged = int(compared.units["level"].ne("few").sum())
    if not judged:
        title = _("同病种费用：数据太少，没有判断")
    elif len(sure):
        title = _("同病种比同类机构贵，超出偶然：{names}", names=listed(sure["name"].tolist()))
    elif len(out):
        title = _("同病种费用：{names}只越过 95% 线，再看", names=listed(out["name"].tolist()))
    else:
        title = _("同病种费用：{count} 家都没有超出机构间常有的差别", count=judged)
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("cases", _("例数"), "people"),
        TableColumn("observed", _("费用 元"), "money"),
        TableColumn("expected", _("预期费用 元"), "money"),
        TableColumn("ratio", _("观察 ÷ 预期"), "number"),
        TableColumn("lower", _("95% 下限"), "number"),
        TableColumn("upper", _("95% 上限"), "number"),
        TableColumn("judgement", _("判断")),
    ]
    codes = shown.index.tolist()
    with card(key, title, _("按病组标化 · 限值已按机构间常有的差别放宽")):
        chart_or_table(
            key,
            partial(funnel_figure, compared, shown, _("住院结算例数（对数）"), _("费用：观察 ÷ 预期"), PIXELS),
            Table(compared.units.assign(judgement=judgements(compared.units)), columns, title, COMPARED),
            frame.source(asked.peers),
            funnel_definitions(False, compared.overdispersion),
            alt=title,
            on_pick=lambda place, _trace: ask("D02", asked.scope.community, str(codes[place])),
        )


def months_card(asked: Asked, unit: str | None) -> None:
    """Draw one institution's cost against its peers month by month with control limits."""
    names = asked.names()
    chosen = unit or next(iter(names), None)
    chart = cost_months(asked.frame.database, asked.scope, chosen) if chosen else None
    if chart is None or chosen is None:
        with card("quality_cost_months", _("没有可用的月份")):
            st.caption(_("请载入医保结算月报。"))
        return
    title = _("{name} · 标化费用比：{finding}", name=names[chosen], finding=chart_finding(chart))
    texts = [formatting.number(value, 3) for value in chart.values]
    table = pd.DataFrame({"month": chart.values.index, "value": chart.values.to_numpy(), "lower": chart.lower, "upper": chart.upper})
    columns = [
        TableColumn("month", _("月份"), "month"),
        TableColumn("value", _("观察 ÷ 预期"), "number"),
        TableColumn("lower", _("下限"), "number"),
        TableColumn("upper", _("上限"), "number"),
    ]
    with card("quality_cost_months", title, _("◆ 特殊原因 · 色带 = 控制限；预期按同月同类机构各病组均费")):
        chart_or_table(
            "quality_cost_months",
            partial(control_figure, chart, texts, suffix="", height=PIXELS),
            Table(table, columns, title),
            asked.frame.source(asked.peers),
            [own(_("控制图（XmR）"), _("上下限 = 均值 ± 2.66 × 相邻月份差的平均"))],
            alt=title,
        )


def prices_card(asked: Asked, key: str = "quality_prices") -> None:
    """Draw what one disease costs at each institution: the same disease, the same price?"""
    frame = asked.frame
    ranked = dearest_groups(frame.database, asked.scope)
    if ranked.empty:
        with card(key, _("没有在两家以上机构治疗、例数够比的病组")):
            st.caption(_("请换更长的时期。"))
        return
    labels = {str(code): f"{code} {name}" for code, name in ranked["name"].items()}
    with card(key, _("同病同价：同一病组各家均费"), _("按高出均费的总额排序")):
        group = choice("disease", _("病组"), labels, width="fitted")
        table = group_prices(frame.database, asked.scope, group)
        shown = PRICES.hide(table).frame
        shown = shown[shown["mean"].notna()]
        names = [_("县域外") if code == "outside" else str(row["name"]) for code, row in shown.iterrows()]
        dearer = (shown["mean"] - shown["mean"] / shown["share_of_mean"]).clip(lower=0.0) * shown["cases"]
        excess = formatting.money(float(dearer.drop("outside", errors="ignore").sum()), language())
        st.caption(_("高于同类机构均费的部分共 {money}；只说明差别，不说明谁对。", money=excess))
        columns = [
            TableColumn("name", _("机构")),
            TableColumn("cases", _("例数"), "people"),
            TableColumn("mean", _("均费 元"), "money"),
            TableColumn("lower", _("95% 下限"), "number"),
            TableColumn("upper", _("95% 上限"), "number"),
            TableColumn("share_of_mean", _("均费的倍数"), "number"),
        ]
        every = [_("县域外") if code == "outside" else str(row["name"]) for code, row in table.iterrows()]
        chart_or_table(
            key,
            partial(prices_figure, shown, names, max(260, 34 * len(shown) + 60)),
            Table(table.assign(name=every), columns, labels[group], PRICES),
            frame.source(asked.peers, labels[group]),
            [settled_cost(), own(_("高出均费的总额"), _("Σ 高于均费的机构（均费 − 同类机构均费）× 例数"))],
            alt=labels[group],
        )


def bills_card(asked: Asked, key: str = "quality_bills") -> None:
    """Draw what bills are made of, at each institution."""
    frame = asked.frame
    if not frame.database.scope.grants(FINANCE_RIGHT):
        empty_state(_("您没有财务栏目的授权，费用构成不显示。"), _("需要时请向安全管理员申请授权。"))
        return
    if FINANCE not in offered(frame.database):
        empty_state(_("没有财务月报，费用构成不可知。"), _("请载入“财务月报”（fact_finance）。"))
        return
    with card(key, _("钱花在哪里：收入构成"), _("药品不含中药饮片；悬停看同比")):
        setting = segments("bill", _("门诊或住院"), BILLS, hidden=True)
        table = item_shares(frame.database, asked.scope, setting)  # type: ignore[arg-type]
        if table.empty:
            st.caption(_("这个时期没有收入。"))
            return
        names = [_("合计") if code == "" else str(row["name"]) for code, row in table.iterrows()]
        items = {item: _(ITEM_NAMES[item]) for item in ITEMS}
        columns = [TableColumn("name", _("机构")), TableColumn("revenue", _("收入 元"), "money")]
        columns += [TableColumn(item, label, "percent") for item, label in items.items()]
        title = _("{setting}收入构成", setting=_(BILLS[setting]))
        chart_or_table(
            key,
            partial(bills_figure, table, names, items, max(260, 34 * len(table) + 60)),
            Table(table.assign(name=names), columns, title),
            frame.source(asked.peers),
            [catalogue_definition(each, frame.database.version) for each in ("D04", "D05", "D06")],
            alt=title,
        )


def costs_view(asked: Asked) -> str:
    """Draw the section and return its finding for the page's title."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        by = segments("cost_by", _("按什么看"), BY)
        unit = unit_choice(asked, "cost_at", _("看哪一家"), asked.peers)
    left, right = st.columns(2, gap="small")
    with left:
        bridge_card(asked, unit)
        if asked.compares:
            funnel_card(asked)
            prices_card(asked)
    with right:
        changes_card(asked, by, unit)
        if asked.compares:
            months_card(asked, unit)
        bills_card(asked)
    return change_finding(asked, unit)
