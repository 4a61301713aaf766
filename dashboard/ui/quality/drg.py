"""Section DRG: difficulty and cost of institutions, groups by gain and loss, supervision before, during and after as questions."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.case_mix import ACTION_Z, WARNING_CHANCE
from dashboard.analysis.control_charts import ControlChart, control_chart
from dashboard.language import marked
from dashboard.services.common.cache import derived
from dashboard.services.overview.answer import headlines
from dashboard.services.quality.cells import CLAIMS, DISCHARGES, offered
from dashboard.services.quality.departments import DEPARTMENTS, department_table
from dashboard.services.quality.drg import (
    CLEARING,
    GROUPS,
    INDICES,
    MONTHS,
    NAMES,
    QUESTIONS,
    SIGNALS,
    UNITS,
    IndexPicture,
    clearing,
    cmi_months,
    group_table,
    group_units,
    index_picture,
    points_growth,
    signals,
)
from dashboard.ui.frame.drill import ask, asker
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.blocks import Table, chart_or_table, definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.control_figure import chart_finding, control_figure
from dashboard.ui.kit.definition import Definition, catalogue_definition
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.readings import value_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.quality.charts import quadrant_figure
from dashboard.ui.quality.parts import Asked, judgements, lacks_ward_costs, level_words, listed, own, own_ratio, unit_choice, ward_cost

PIXELS = 340
_YES, _NO = marked("● 可"), marked("○ 不可")
_FIRST = ("label", "cases", "gain_per_case", "outside_share", "capable")


def lacks_groups(asked: Asked) -> tuple[str, str] | None:
    """Return why there is nothing to say of disease groups, and what to do; None when there is."""
    if offered(asked.frame.database) & {CLAIMS, DISCHARGES}:
        return None
    return (
        _("没有按病组的住院数据。"),
        _("请载入“医保结算月报”（fact_claim）或“出院病组月报”（fact_discharge_group），病组名册带病例权重。"),
    )


def index_definitions(asked: Asked) -> list[Definition]:
    """Return what breadth, output, difficulty and the indices are."""
    version = asked.frame.database.version
    return [
        own(_("CMI（结算病例）"), _("Σ（病组权重 × 例数）÷ 例数"), _("难度。只含本县参保人的结算病例；全部患者的 CMI 见指标 E01。")),
        own(
            _("费用指数"), _("Σ 例数 ×（本机构病组均费 ÷ 同类机构该病组均费）÷ 例数"), _("同期同类机构为 1；截至当月十二个月的见指标 E03。")
        ),
        own(_("时间指数"), _("Σ 例数 ×（本机构病组平均住院日 ÷ 同类机构该病组平均住院日）÷ 例数"), source="fact_discharge_group"),
        own(
            _("组内编码"),
            _("CMI 变化 = 核心病组之间（病种）+ 核心病组之内（编码或真的更重）"),
            _("核心病组取病组名册的“核心病组(ADRG)”；z 按例数的偶然波动计算。编码偏移只是问题，不是结论。"),
        ),
        catalogue_definition("E01", version),
        catalogue_definition("E04", version),
    ]


def quadrant_finding(picture: IndexPicture) -> str:
    """Return whose difficulty jumped by coding, and who is dear; said only beyond chance."""
    judged = int(picture.units["z"].notna().sum())
    if not judged:
        return _("组内编码没有判断：病组没有核心病组，或去年同月的例数太少")
    moved = picture.units[picture.units["z"] > ACTION_Z]
    if len(moved):
        first = moved.sort_values("coding", ascending=False).iloc[0]
        change = formatting.number(first["cmi"] - first["cmi_before"], 2, signed=True)
        coding = formatting.number(first["coding"], 2, signed=True)
        return _("{name} 结算 CMI 一年 {change}，其中组内编码 {coding}：先核对病案", name=first["name"], change=change, coding=coding)
    return _("{count} 家的结算 CMI 都没有因组内编码而变", count=judged)


def _index_columns() -> list[TableColumn]:
    return [
        TableColumn("name", _("机构")),
        TableColumn("groups", _("病组数"), "count"),
        TableColumn("cases", _("例数"), "people"),
        TableColumn("weight", _("总权重"), "number"),
        TableColumn("cmi", _("CMI（结算病例）"), "number"),
        TableColumn("cost_index", _("费用指数"), "number"),
        TableColumn("time_index", _("时间指数"), "number"),
        TableColumn("low_risk_cases", _("低风险例数"), "people"),
        TableColumn("low_risk_deaths", _("低风险死亡"), "people"),
        TableColumn("mix", _("CMI 变化：病种"), "number"),
        TableColumn("coding", _("CMI 变化：组内编码"), "number"),
    ]


def quadrant_card(asked: Asked, key: str = "quality_quadrant") -> None:
    """Draw institutions by difficulty and cost; a click opens the case-mix index of the institution."""
    frame = asked.frame
    picture = index_picture(frame.database, asked.scope)
    if picture is None:
        with card(key, _("病组没有权重，算不出 CMI")):
            st.caption(_("请在病组名册（dim_disease_group）里补上病例权重，并载入所选时期的结算月报。"))
        return
    units = picture.units
    shown = picture.told.assign(level=["action" if z > ACTION_Z else "" for z in picture.units["z"]])
    shown = shown[shown["cmi"].notna() & shown["cost_index"].notna()]
    title = quadrant_finding(picture)
    columns = _index_columns()
    codes = shown.index.tolist()
    with card(key, title, _("面积 = 例数 · 竖线 = 95% 区间 · 虚线 = 同类机构 · 空心圈 = 去年")):
        if picture.by_claims and len(shown):
            chart_or_table(
                key,
                partial(quadrant_figure, shown, picture.cmi, PIXELS),
                Table(units, columns, title, INDICES),
                frame.source(asked.peers),
                index_definitions(asked),
                alt=title,
                on_pick=lambda place, _trace: ask("E01", asked.scope.community, str(codes[place])),
            )
        else:
            st.caption(_("没有结算费用，不画费用指数。"))
            show_table(units, columns, key=key, title=title, source=frame.source(asked.peers), rows=9, guard=INDICES)


def indices_card(asked: Asked) -> None:
    """Draw breadth, output, difficulty, indices and low-risk deaths of every institution as a table."""
    picture = index_picture(asked.frame.database, asked.scope)
    if picture is None:
        return
    units = picture.units
    title = _("{count} 家：广度、产能、难度、效率、安全", count=len(units))
    aside = _("低风险死亡计数少，逐例讨论，不排名")
    with card("quality_indices", title, aside if picture.by_claims else _("没有结算费用，不画费用指数。") + aside):
        show_table(
            units, _index_columns(), key="quality_indices", title=title, source=asked.frame.source(asked.peers), rows=9, guard=INDICES
        )
        definitions("quality_indices", index_definitions(asked))


def departments_finding(table: pd.DataFrame) -> str:
    """Return which departments cost more for their diseases than chance explains; where no cost is known, how many there are."""
    judged = table[table["level"].ne("few")]
    if not table["ratio"].notna().any():
        return _("{count} 个科室：例数、难度与住院日", count=len(table))
    if judged.empty:
        return _("科室同病种费用：数据太少，没有判断")
    high = judged[judged["side"].eq("high")]
    sure, maybe = (_listed_wards(high[high["level"].eq(level)]) for level in ("action", "warning"))
    if sure:
        return _("科室同病种比本院其他科室贵，超出偶然：{names}", names=sure)
    if maybe:
        return _("科室同病种费用（比本院）只越过 95% 线，再看：{names}", names=maybe)
    return _("{count} 个科室的同病种费用与本院相比都在偶然和常有的差别之内", count=len(judged))


def _listed_wards(rows: pd.DataFrame) -> str:
    return listed([f"{row['unit_name']} {row['name']}" for _place, row in rows.iterrows()], wards=True)


def departments_card(asked: Asked, unit: str | None) -> None:
    """Draw the departments of an institution, or of all: difficulty, cost and days against the same diseases at the peers."""
    frame = asked.frame
    table = department_table(frame.database, asked.scope, unit)
    if table.empty:
        empty_state(
            _("没有分科室的出院数据，科室的难度和费用不可知。"), _("请载入“出院病组月报”（fact_discharge_group），费用填 total_cost。")
        )
        return
    priced = bool(table["ratio"].notna().any())
    title = departments_finding(table)
    columns = [
        TableColumn("unit_name", _("机构")),
        TableColumn("name", _("科室")),
        TableColumn("cases", _("例数"), "people"),
        TableColumn("groups", _("病组数"), "count"),
        TableColumn("cmi", "CMI", "number"),
        TableColumn("time_index", _("时间指数"), "number"),
    ]
    if priced:
        columns += [
            TableColumn("mean", _("次均 元"), "money"),
            TableColumn("ratio", _("费用：观察 ÷ 预期"), "number"),
            TableColumn("own_ratio", _("与本院相比"), "number"),
            TableColumn("lower", _("95% 下限"), "number"),
            TableColumn("upper", _("95% 上限"), "number"),
            TableColumn("judgement", _("判断")),
        ]
    aside = frame.beside(_("全部出院患者；预期 = 全县同类机构该病组的水平"), "scheme")
    with card("quality_departments", title, aside if priced else lacks_ward_costs()[0] + aside):
        show_table(
            table.assign(judgement=judgements(table)),
            columns,
            key="quality_departments",
            title=title,
            source=frame.source(asked.peers),
            rows=12,
            guard=DEPARTMENTS,
        )
        definitions("quality_departments", [ward_cost(), own_ratio(), *index_definitions(asked)])


@derived
def _course(months: pd.DataFrame) -> ControlChart:
    return control_chart(MONTHS.hide(months).frame["cmi"])


def trend_card(asked: Asked, unit: str | None) -> None:
    """Draw CMI by month with control limits."""
    months = cmi_months(asked.frame.database, asked.scope, unit)
    name = asked.names().get(unit, unit) if unit else asked.peers
    if months.empty:
        return
    chart = _course(months)
    title = f"{name} · {_('CMI（结算病例）')}：{chart_finding(chart)}"
    table = months.reset_index(names="month")
    columns = [
        TableColumn("month", _("月份"), "month"),
        TableColumn("cases", _("例数"), "people"),
        TableColumn("weight", _("总权重"), "number"),
        TableColumn("cmi", _("CMI（结算病例）"), "number"),
    ]
    with card("quality_cmi", title, _("◆ 特殊原因 · 色带 = 控制限")):
        chart_or_table(
            "quality_cmi",
            partial(control_figure, chart, [formatting.number(value, 3) for value in chart.values], suffix="", height=PIXELS),
            Table(table, columns, title, MONTHS),
            asked.frame.source(name),
            index_definitions(asked)[:1],
            alt=title,
        )


def group_definitions() -> list[Definition]:
    """Return what gain, point value and the share outside are."""
    return [
        own(
            _("点值"),
            _("全县住院结算费用 ÷ 全县点数"),
            _("估算：把县内病例的费用当作要付的总额，所以各机构盈亏相加为 0；实际点值以清算为准。"),
            model=True,
        ),
        own(_("盈亏"), _("点数 × 点值 − 费用"), _("正数：点数付的比花的多。只含本县参保人。"), model=True),
        own(_("县外占比"), _("县外例数 ÷（县内 + 县外例数）"), _("本县参保人。“本县可治”取病组名册，非临床结论。")),
    ]


def groups_card(asked: Asked, unit: str | None, key: str = "quality_groups", *, rows: int = 9, short: bool = False) -> None:
    """Draw the disease groups by what points bring against what they cost, with the share treated outside."""
    frame = asked.frame
    found = group_table(frame.database, asked.scope, unit)
    if found is None:
        with card(key, _("这个时期没有结算病例")):
            st.caption(_("请换一个时期，或载入医保结算月报。"))
        return
    groups = found.groups
    told = found.told
    losing = told[(told["gain"] < 0) & told["county_capable"] & told["outside_share"].notna() & (told["outside_cases"] > 0)]
    if len(losing):
        worst = losing.sort_values("outside_share", ascending=False).iloc[0]
        title = _(
            "先问{name}：本县可治，{share} 去了县外，县内每例{gain}元",
            name=worst["name"],
            share=formatting.percent(worst["outside_share"], 0),
            gain=formatting.number(worst["gain_per_case"], signed=True),
        )
    else:
        title = _("各病组的点数与费用")
    table = groups.assign(
        label=groups["name"] if short else [f"{code} {name}" for code, name in zip(groups.index, groups["name"], strict=True)],
        capable=[_(_YES) if can else _(_NO) for can in groups["county_capable"]],
        gain_money=groups["gain"] / 10_000,
    )
    columns = [
        TableColumn("label", _("病组")),
        TableColumn("cases", _("例数"), "people"),
        TableColumn("mean", _("均费 元"), "money"),
        TableColumn("gain_per_case", _("每例盈亏 元"), "money"),
        TableColumn("gain_money", _("合计盈亏 万元"), "number"),
        TableColumn("outside_cases", _("县外例数"), "people"),
        TableColumn("outside_share", _("县外占比"), "percent"),
        TableColumn("low_ratio_cases", _("低倍率例数"), "people"),
        TableColumn("low_ratio", _("低倍率"), "percent"),
        TableColumn("high_ratio_cases", _("高倍率例数"), "people"),
        TableColumn("high_ratio", _("高倍率"), "percent"),
        TableColumn("capable", _("本县可治")),
    ]
    if short:
        columns = [column for column in columns if column.name in _FIRST]
    value = formatting.number(found.point_value, 2)
    with card(key, title, _("点值估算 {value} 元 · 待核实 · 亏得多的在前", value=value)):
        show_table(table, columns, key=key, title=title, source=frame.source(asked.peers), rows=rows, guard=GROUPS)
        definitions(key, group_definitions())


def signals_card(asked: Asked) -> None:
    """Draw the running supervision: each signal a question with its base and its chance."""
    frame = asked.frame
    table = signals(frame.database, asked.scope)
    if table.empty:
        with card("quality_signals", _("事中：没有可问的")):
            st.caption(_("需要医保结算月报，低倍率、分解住院等还需出院病组月报（fact_discharge_group）。"))
        return
    judged = table[table["level"].ne("few")]
    open_ones = judged[judged["level"].isin(["action", "warning"]) & judged["side"].eq("high")]
    title = _("事中：数据都太少，没有判断")
    if len(judged):
        title = _(
            "事中：{checks} 项比较，偶然高过 95% 线预计 {chance} 项，发现 {found} 项",
            checks=len(judged),
            chance=formatting.number(WARNING_CHANCE * len(judged), 1),
            found=len(open_ones),
        )
    with card("quality_signals", title, _("每项是问题，不是结论；99.8% 线以外先核")):
        for place, row in open_ones.iterrows():
            _question(asked, place, row)
        shown = table.assign(judgement=judgements(table), what=[_(NAMES[code]) for code in table["code"]])
        columns = [
            TableColumn("what", _("信号")),
            TableColumn("name", _("机构")),
            TableColumn("cases", _("例数"), "people"),
            TableColumn("observed", _("观察数"), "people"),
            TableColumn("expected", _("预期数"), "number"),
            TableColumn("ratio", _("观察 ÷ 预期"), "number"),
            TableColumn("judgement", _("判断")),
        ]
        counted = shown[shown["code"].ne("coding")]
        show_table(counted, columns, key="quality_signals", title=title, source=frame.source(asked.peers), rows=6, guard=SIGNALS)
        definitions(
            "quality_signals",
            [own(_(NAMES[code]), meaning=_(question), source="fact_claim、fact_discharge_group") for code, question in QUESTIONS.items()],
        )


@derived
def _shown_signal(row: pd.Series) -> pd.Series:
    return SIGNALS.hide(pd.DataFrame([row])).frame.iloc[0]


def _question(asked: Asked, place: object, row: pd.Series) -> None:
    code = str(row["code"])
    if code == "coding":
        base = _("CMI {value}（{low}–{high}），{cases} 例", value=formatting.number(row["observed"], 3, signed=True),
                 low=formatting.number(row["lower"], 3), high=formatting.number(row["upper"], 3),
                 cases=formatting.people(row["cases"]))  # fmt: skip
    else:
        shown = _shown_signal(row)
        base = _("观察 {observed}，预期 {expected}，{cases} 例", observed=formatting.people(shown["observed"]),
                 expected=formatting.number(shown["expected"]), cases=formatting.people(shown["cases"]))  # fmt: skip
    words = f"**{escaped(row['name'])} · {escaped(_(NAMES[code]))}**  {escaped(level_words(str(row['level']), str(row['side'])))}"
    st.markdown(words)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(escaped(f"{base} · {_(QUESTIONS[code])}"))
        st.button(_("看背后"), key=f"signal_{place}", type="tertiary", on_click=asker("E01", asked.scope.community, str(row["unit"])))


def money_card(asked: Asked) -> None:
    """Draw before and after: budget and points so far, and what points would settle for each institution."""
    frame = asked.frame
    table = clearing(frame.database, asked.scope)
    if table.empty:
        with card("quality_clearing", _("事前、事后：没有点数，不能清算")):
            st.caption(_("请在医保结算月报里填 DRG 点数（drg_points）。"))
        return
    reading = headlines(frame.database, frame.filters.period, frame.filters.community, frame.filters.scheme_code, ("F04",))[0].reading
    growth = points_growth(frame.database, asked.scope)
    budget = value_text(reading)
    title = _("事前：点数同比 {growth}，预算执行率 {budget}；事后：各家盈亏", growth=formatting.percent(growth, signed=True), budget=budget)
    shown = table.assign(gain_money=table["gain"] / 10_000, cost_money=table["cost"] / 10_000, due_money=table["due"] / 10_000)
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("cases", _("例数"), "people"),
        TableColumn("points", _("点数"), "number"),
        TableColumn("growth", _("点数同比"), "percent"),
        TableColumn("cost_money", _("费用 万元"), "number"),
        TableColumn("due_money", _("点数应付 万元"), "number"),
        TableColumn("gain_money", _("盈亏 万元"), "number"),
    ]
    with card("quality_clearing", title, _("点数是零和：一家多得，别家的点就不值钱；点值为估算，待核实")):
        show_table(shown, columns, key="quality_clearing", title=title, source=frame.source(asked.peers), rows=9, guard=CLEARING)
        definitions("quality_clearing", [*group_definitions()[:2], catalogue_definition("F04", frame.database.version)])


def group_card(asked: Asked) -> None:
    """Draw one disease group: every institution's cases, cost, days, low and high ratio cases."""
    frame = asked.frame
    found = group_table(frame.database, asked.scope)
    if found is None or found.groups.empty:
        return
    labels = {str(code): f"{code} {name}" for code, name in found.groups["name"].items()}
    with card("quality_group", _("病组下钻：各家例数、均费、每例盈亏"), _("例数 <5 的不显示")):
        group = choice("case_group", _("病组"), labels, width="fitted")
        table = group_units(frame.database, asked.scope, group)
        columns = [
            TableColumn("name", _("机构")),
            TableColumn("cases", _("例数"), "people"),
            TableColumn("mean", _("均费 元"), "money"),
            TableColumn("gain_per_case", _("每例盈亏 元"), "money"),
            TableColumn("low_ratio", _("低倍率"), "percent"),
            TableColumn("high_ratio", _("高倍率"), "percent"),
        ]
        show_table(
            table, columns, key="quality_group", title=labels[group], source=frame.source(asked.peers, labels[group]), rows=9, guard=UNITS
        )
        definitions("quality_group", group_definitions())


def drg_view(asked: Asked) -> str:
    """Draw the section and return its finding for the page's title."""
    unit = unit_choice(asked, "drg_at", _("看哪一家"), asked.peers)
    if not asked.compares:
        trend_card(asked, unit)
        return "DRG"
    picture = index_picture(asked.frame.database, asked.scope)
    left, right = st.columns(2, gap="small")
    with left:
        if picture is None or picture.by_claims:  # without costs it would be the table below once more
            quadrant_card(asked)
        indices_card(asked)
        groups_card(asked, unit)
    with right:
        trend_card(asked, unit)
        signals_card(asked)
        money_card(asked)
        group_card(asked)
    departments_card(asked, unit)
    return _("病组没有权重，算不出 CMI") if picture is None else quadrant_finding(picture)
