"""人力结构: title, education, age and sex by tier, posts against staff, income parity, and towns that nobody comes to."""

import textwrap
from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.naming import by_code
from dashboard.analysis.suppression import ON_EXPORT, ON_SCREEN
from dashboard.language import marked
from dashboard.services.common.directory import directory
from dashboard.services.resources.workforce import DIMENSIONS, KINDS, Parity, Sinking, Structure, income_parity, sinking, structure
from dashboard.store import codes as code_lists
from dashboard.ui.frame.drill import ask
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import segments
from dashboard.ui.kit.blocks import Table
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, HeatCell, bars, base_figure, drawn_once, heat_strip, named_rows
from dashboard.ui.kit.definition import Definition, catalogue_definition, own_definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, plotly_text
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.resources.parts import (
    figure_card_body,
    note,
)

DIMENSION_NAMES: Mapping[str, str] = {
    "title": marked("职称"),
    "education": marked("学历"),
    "age_band": marked("年龄"),
    "sex": marked("性别"),
    "category": marked("类别"),
}
TIERS: Mapping[str, str] = {"lead": marked("牵头医院"), "primary": marked("基层机构"), "other": marked("其他机构")}
_CODES = {
    "title": code_lists.TITLE,
    "education": code_lists.EDUCATION,
    "age_band": code_lists.AGE_BAND,
    "sex": code_lists.SEX,
    "category": code_lists.WORKFORCE_CATEGORY,
}
_ROW_PIXELS = 24
_HEADING_LETTERS = 4


def people_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    filters, database = frame.filters, frame.database
    staff = structure(database, filters.period.last, filters.community)
    parity = income_parity(database, filters.period)
    moved = sinking(database, filters.period, filters.community)
    left, right = st.columns([1, 1.15], gap="small")
    with left:
        _structure_card(frame, staff)
        _parity_card(frame, parity)
        _posts_card(frame, staff)
    with right:
        _sinking_card(frame, moved)
    own = next((each for each in parity if each.unit == (filters.community or "county")), None)
    return people_finding(moved, own, frame.area())


def people_finding(moved: Sinking, parity: Parity | None, area: str) -> str:
    """Return how many towns of ``area`` no qualified physician was posted to, and its income parity where it is known."""
    parts = []
    if moved.reported and len(moved.towns):
        none = int((moved.towns["qualified"] == 0).sum())
        parts.append(
            _("{area} {none} 个镇街没有合格派驻医师（共 {all} 个）", area=area, none=none, all=len(moved.towns))
            if none
            else _("{area}每个镇街都有合格派驻医师", area=area)
        )
    if parity is not None:
        parts.append(_("基层人均收入为牵头医院的 {share}", share=formatting.percent(parity.value / 100)))
    return _("；").join(parts) or _("人力结构")


def label_of(dimension: str, code: str) -> str:
    """Return the name of a code in the reader's language."""
    label = _CODES[dimension].get(code)
    return code if label is None else label.zh if language() == "zh" else label.en


# Structure -------------------------------------------------------------------------------------------------------------


def _structure_card(frame: PageFrame, staff: Structure | None) -> None:
    if staff is None:
        with card("structure", _("人员结构")):
            empty_state(_("没有人力资源数据。"), frame.to_load("fact_workforce"))
        return
    with card(
        "structure",
        structure_title(staff),
        frame.beside(_("{quarter} 起一季", quarter=formatting.month(staff.quarter, language())), "grain"),
    ):
        dimension = segments("by", _("分组"), {name: DIMENSION_NAMES[name] for name in DIMENSIONS}, hidden=True)
        shares = staff.shares(dimension)
        if dimension == "sex" and set(shares["code"]) == {"unknown"}:
            note(_("本县未统计性别。"))
            return
        figure_card_body(
            structure_figure(shares, dimension),
            key="structure",
            alt=_("各层级人员按{dimension}的构成", dimension=_(DIMENSION_NAMES[dimension])),
            table=lambda: structure_table(shares, dimension),
            source=frame.source(),
            contents=[
                own_definition(
                    _("人员构成"),
                    _("该类在岗人数 ÷ 该层级在岗人数"),
                    version=frame.database.version,
                    source="fact_workforce",
                    note=_("基层机构：乡镇卫生院、社区卫生服务中心、站点；其他：未加入医共体的医院等。取不晚于截止月的最近一个季度。"),
                ),
                catalogue_definition("A08", frame.database.version),
            ],
            on_pick=lambda _place, _trace: ask("A08", frame.filters.community),
        )


def structure_title(staff: Structure) -> str:
    """Return the share of degrees at primary level against lead hospitals."""
    shares = staff.shares("education")
    degree = shares[shares["code"].isin(["postgraduate", "bachelor"])].groupby("tier")["share"].sum()
    if not {"lead", "primary"} <= set(degree.index):
        return _("人员结构")
    return _(
        "本科及以上：基层 {primary}，牵头医院 {lead}",
        primary=formatting.percent(degree["primary"], 0),
        lead=formatting.percent(degree["lead"], 0),
    )


@drawn_once
def structure_figure(shares: pd.DataFrame, dimension: str) -> go.Figure:
    """Return one stacked bar of 100 % per tier."""
    colours = palette()
    tiers = [tier for tier in TIERS if tier in set(shares["tier"])]
    figure = base_figure(colours, 46 * len(tiers) + 60)
    order = [code for code in _CODES[dimension] if code in set(shares["code"])]
    for code in order:
        part = shares[shares["code"] == code].set_index("tier").reindex(tiers)
        known = part["share"].fillna(0.0)
        texts = [formatting.percent(share, 0) if share >= 0.06 else "" for share in known]
        heads = [formatting.count(count, smallest=ON_SCREEN) for count in part["headcount"].fillna(0)]
        figure.add_bar(
            x=known.tolist(), y=[_(TIERS[tier]) for tier in tiers], orientation="h", name=plotly_text(label_of(dimension, code)),
            text=texts, textposition="inside", insidetextanchor="middle", customdata=heads, textfont={"color": "#FFFFFF", "size": 11},
            hovertemplate=f"%{{y}} {plotly_text(label_of(dimension, code))} %{{x:.1%}} (%{{customdata}})<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack", showlegend=True, legend={"traceorder": "normal", "font": {"size": 11}}, bargap=0.3)
    figure.update_xaxes(visible=False, range=[0, 1], fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    return figure


def structure_table(shares: pd.DataFrame, dimension: str) -> Table:
    """Return the structure as a table; groups of fewer than ten people are not told by number."""
    made = shares.assign(
        tier=[_(TIERS[tier]) for tier in shares["tier"]],
        code=[label_of(dimension, code) for code in shares["code"]],
        headcount=[formatting.count(count, smallest=ON_EXPORT) for count in shares["headcount"]],
    )
    columns = [
        TableColumn("tier", _("层级")),
        TableColumn("code", _(DIMENSION_NAMES[dimension])),
        TableColumn("headcount", _("在岗人数")),
        TableColumn("share", _("占比"), "percent"),
    ]
    return Table(made, columns, _("人员构成"))


# Posts and income ------------------------------------------------------------------------------------------------------


def _posts_card(frame: PageFrame, staff: Structure | None) -> None:
    if staff is None:
        return
    posts = staff.posts
    with card("posts", posts_title(posts), frame.beside(_("编制统筹池：医共体内合并计算"), "grain", tables=["fact_workforce"])):
        if posts["establishment_posts"].isna().all():
            empty_state(_("没有编制数。"), _("请在“人力资源季报”里填写编制数（establishment_posts）。"))
            return
        figure_card_body(
            posts_figure(posts, frame),
            key="posts",
            alt=_("各医共体编制与在岗人数"),
            table=lambda: posts_table(posts),
            source=frame.source(),
            contents=[
                own_definition(
                    _("编制与在岗"), _("在岗人数 ÷ 编制数；差额 = 在岗 − 编制"), version=frame.database.version, source="fact_workforce",
                    note=_("编制数按上报口径；合并计算时同一医共体内各机构编制相加，看统筹后够不够用。"),
                )
            ],
        )  # fmt: skip


def posts_title(posts: pd.DataFrame) -> str:
    """Return staff per 100 establishment posts."""
    known = posts.dropna(subset=["establishment_posts"])
    total = known["establishment_posts"].sum()
    if not total:
        return _("编制与在岗")
    return _("每 100 个编制对应 {count} 名在岗人员", count=formatting.number(known["headcount"].sum() / total * 100))


def posts_figure(posts: pd.DataFrame, frame: PageFrame) -> go.Figure:
    """Return posts and staff by community, pooled."""
    colours = palette()
    people = directory(frame.database).communities
    pooled = posts.groupby("community")[["headcount", "establishment_posts"]].sum(min_count=1)
    pooled = pooled.reindex([code for code in people.index if code in pooled.index])
    names = [str(people["short_name"][code]) for code in pooled.index]
    figure = base_figure(colours, 40 * len(pooled) + 50)
    for column, name, colour in (
        ("establishment_posts", _("编制数"), colours.muted),
        ("headcount", _("在岗人数"), colours.primary),
    ):
        values = pooled[column]
        figure.add_bar(
            x=values.tolist(), y=list(range(len(names))), orientation="h", name=name, marker={"color": colour},
            text=[formatting.number(v) for v in values], hovertext=[plotly_text(each) for each in names],
            textposition="auto", hovertemplate=f"%{{hovertext}} {name} %{{text}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group", showlegend=True, bargap=0.25)
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(**named_rows(names))
    return figure


def posts_table(posts: pd.DataFrame) -> Table:
    """Return posts against staff by institution."""
    columns = [
        TableColumn("name", _("机构")),
        TableColumn("headcount", _("在岗人数"), "count"),
        TableColumn("establishment_posts", _("编制数"), "count"),
        TableColumn("difference", _("在岗 − 编制"), "count"),
        TableColumn("use", _("在岗 ÷ 编制"), "percent"),
    ]
    return Table(posts.sort_values("headcount", ascending=False), columns, _("各机构编制与在岗"))


def _parity_card(frame: PageFrame, parity: tuple[Parity, ...]) -> None:
    with card("parity", _("基层与牵头医院人均收入比"), frame.beside(_("越高越好"), "grain", "community", tables=["fact_workforce"])):
        if not parity:
            empty_state(_("没有工资性收入。"), _("请在“人力资源季报”里填写工资性收入（wage_income）。"))
            return
        colours = palette()
        positions = directory(frame.database).communities["position"]
        rows = [
            BarRow(
                _("全县") if each.unit == "county" else each.name,
                each.value,
                formatting.percent(each.value / 100),
                colours.community(int(positions[each.unit])) if each.unit in positions.index else colours.muted,
            )
            for each in parity
        ]
        figure_card_body(
            bars(rows, unit="%", height=26 * len(rows) + 16),
            key="parity",
            alt=_("基层与牵头医院人均收入比"),
            table=lambda: parity_table(parity),
            source=frame.source(),
            contents=[catalogue_definition("D14", frame.database.version, parity[0].primary, parity[0].lead)],
            on_pick=lambda place, _trace: ask("D14", None if parity[place].unit == "county" else parity[place].unit),
        )


def parity_table(parity: tuple[Parity, ...]) -> Table:
    """Return income parity by community."""
    made = pd.DataFrame(
        [(each.name, each.primary, each.lead, each.value / 100) for each in parity], columns=["name", "primary", "lead", "share"]
    )
    columns = [
        TableColumn("name", _("单位")),
        TableColumn("primary", _("基层人均工资性收入（元/季）"), "money"),
        TableColumn("lead", _("牵头医院人均工资性收入（元/季）"), "money"),
        TableColumn("share", _("收入比"), "percent"),
    ]
    return Table(made, columns, _("基层与牵头医院人均收入比"))


# Postings and support --------------------------------------------------------------------------------------------------


def sinking_columns() -> dict[str, str]:
    """Return the columns of the support table with their headings: postings first, then the eight kinds of support."""
    reader = language()
    heads = {"qualified": _("合格派驻"), "short_support": _("短期支援"), "training_up": _("上派进修")}
    return heads | {kind: label.zh if reader == "zh" else label.en for kind, label in code_lists.SUPPORT_KIND.items()}


def sinking_definitions(frame: PageFrame) -> list[Definition]:
    """Return the definitions of postings and support."""
    version = frame.database.version
    return [
        catalogue_definition("A09", version),
        own_definition(
            _("短期支援、上派进修"), _("期内任一月的最多人数，按基层机构所在镇街"), version=version, source="fact_posting",
            note=_("短期支援与巡诊不算合格派驻（须中级及以上职称、连续满 183 天）。"),
        ),
        own_definition(
            _("帮扶场次"), _("期内场次之和，按受援机构所在镇街"), version=version, source="fact_support",
            grade=marked("来源 [SEED 1]：8 类帮扶"),
        ),
    ]  # fmt: skip


def _sinking_card(frame: PageFrame, moved: Sinking) -> None:
    empty = int((moved.towns["sessions"] == 0).sum()) if len(moved.towns) else 0
    title = _("{count} 个镇街本期没有任何帮扶", count=empty) if empty else _("每个镇街都有帮扶")
    aside = frame.beside(_("人数为期内最多，场次为期内合计"), tables=["fact_posting", "fact_support"])
    with card("sinking", title if moved.reported else _("派驻、进修与帮扶"), aside):
        if not moved.reported or moved.towns.empty:
            empty_state(_("没有派驻和帮扶数据。"), frame.to_load("dim_town", "fact_posting", "fact_support"))
            return
        figure_card_body(
            sinking_figure(moved.towns),
            key="sinking",
            alt=_("各镇街派驻、进修与八类帮扶"),
            table=lambda: sinking_table(moved),
            source=frame.source(),
            contents=sinking_definitions(frame),
            on_pick=lambda place, _trace: ask("A09", frame.filters.community),
        )
        opened = st.popover(_("谁派到哪里（明细）"), type="tertiary", icon=":material/conversion_path:", key="flows", on_change="rerun")
        if opened.open:
            with opened:
                flows = flows_table(moved)
                show_table(flows.frame, flows.columns, key="flows", title=flows.title, source=frame.source(), rows=14)


@drawn_once
def sinking_figure(towns: pd.DataFrame) -> go.Figure:
    """Return towns × kinds: nothing stands out, more than the median is greener."""
    columns = sinking_columns()
    ordered = towns.sort_values("community", kind="stable")
    labels = by_code(ordered["name"])
    medians = {name: ordered.loc[ordered[name] > 0, name].median() for name in columns}
    cells = [[_sinking_cell(row[name], medians[name]) for name in columns] for _code, row in ordered.iterrows()]
    heads = {"tickfont": {"size": 10}, "ticktext": [_in_lines(text) for text in columns.values()]}
    return heat_strip(list(labels.values()), list(columns.values()), cells, height=_ROW_PIXELS * len(ordered) + 90, heads=heads)


def _in_lines(text: str) -> str:
    """Return a heading in short lines, ready for Plotly, so that eleven columns fit beside each other."""
    width = _HEADING_LETTERS if language() == "zh" else _HEADING_LETTERS * 3
    return "<br>".join(plotly_text(line) for line in textwrap.wrap(text, width))


def _sinking_cell(value: float, median: float) -> HeatCell:
    if value == 0:
        return HeatCell(0, "0")
    return HeatCell(3 if value >= median else 2, formatting.number(value))


def sinking_table(moved: Sinking) -> Table:
    """Return the support table with its total."""
    columns = sinking_columns()
    made = moved.towns
    return Table(
        made,
        [
            TableColumn("name", _("镇街")),
            *(TableColumn(name, label, "count") for name, label in columns.items()),
            TableColumn("sessions", _("帮扶合计（场次）"), "count"),
        ],
        _("派驻、进修与帮扶"),
    )


def flows_table(moved: Sinking) -> Table:
    """Return who sent whom where, for export."""
    reader = language()
    kinds = {code: label.zh if reader == "zh" else label.en for code, label in KINDS.items()}
    made = moved.flows.assign(kind=moved.flows["kind"].map(kinds))
    columns = [
        TableColumn("sender", _("派出机构")),
        TableColumn("receiver", _("派往机构")),
        TableColumn("kind", _("类别")),
        TableColumn("people", _("人数"), "count"),
        TableColumn("person_days", _("人日"), "count"),
        TableColumn("qualified_people", _("其中合格派驻"), "count"),
        TableColumn("sessions", _("场次"), "count"),
    ]
    return Table(made, columns, _("派驻与帮扶明细"))
