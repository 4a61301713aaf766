"""Blocks of contracts: headline numbers, coverage ladder, pace, signed but not served, renewal and fees."""

import math
from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.catalogue.contracts import contract_settings
from dashboard.services.common.directory import directory
from dashboard.services.contracts.coverage import COVERED, FEES, HEADLINES, SERVED, Contracts, counts_of_states
from dashboard.services.overview.answer import headlines
from dashboard.states import SIGNS, State
from dashboard.store.codes import CONTRACT_GROUP
from dashboard.ui.contracts.charts import ladder_figure, pace_figure, pace_state, served_figure
from dashboard.ui.frame.drill import ask
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import show_figure
from dashboard.ui.kit.definition import Definition, catalogue_definition, definition, own_definition
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.headlines import HeadlineCard, headline_row
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.readings import headline_content
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import palette

_UNSERVED_SHOWN = 6


def headline_cards(frame: PageFrame, answer: Contracts) -> None:
    """Draw the headline numbers and the fee of a person whose package is complete."""
    found = headlines(frame.database, frame.filters.period, frame.filters.community, None, HEADLINES)
    contents = [headline_content(content, frame.database.version) for content in found]
    headline_row("contracts", [*contents, _fee_card(frame, answer)])


def payer_name(payer: str) -> str:
    """Return what the reader calls a payer of the contract fee."""
    return {"fee_fiscal": _("财政"), "fee_fund": _("医保"), "fee_person": _("群众")}[payer]


def _fee_card(frame: PageFrame, answer: Contracts) -> HeadlineCard:
    total = float(answer.fee.per_person.sum(min_count=len(FEES)))
    about = own_definition(
        _("每名有效签约人签约费"),
        _("(财政 + 医保 + 个人承担，1 月起累计) ÷ 已完成年度服务包人数"),
        version=frame.database.version,
        source="fact_contract",
        note=_("各人群互相重叠，不相加：取全人群一行。"),
    )
    shares = answer.fee.by_payer / answer.fee.by_payer.sum()
    parts = _("：").join(formatting.number(100 * share) for share in shares) if not shares.isna().any() else MISSING
    value = MISSING if math.isnan(total) else _("{amount} 元", amount=formatting.number(total, 1))
    return HeadlineCard(
        key="contract_fee",
        definition=about,
        value=value,
        label=_("有效签约费"),
        note="" if value != MISSING else _("没有签约费或履约数据"),
        target=_("分担 {parts}", parts=parts),
    )


# Coverage --------------------------------------------------------------------------------------------------------------


def coverage_words(answer: Contracts) -> str:
    """Return how many groups stand where to their targets."""
    states = counts_of_states(answer.groups)
    return _(
        "签约覆盖：{met} 类达标，{near} 类接近，{off} 类未达标", met=states[State.GOOD], near=states[State.WARNING], off=states[State.BAD]
    )


def ladder_card(frame: PageFrame, answer: Contracts) -> None:
    """Draw coverage by group against its targets."""
    title = coverage_words(answer)
    with card("contract_ladder", title, _("竖线 = 目标，横线 = 95% 区间"), details=partial(_ladder_details, frame, answer)):
        shown = COVERED.hide(answer.groups).frame
        show_figure(ladder_figure(shown), key="chart_contract_ladder", alt=title)
        st.caption(escaped(_("人群互相重叠，不相加。全人群按常住人口，其余按本人群人口。")))


def _ladder_details(frame: PageFrame, answer: Contracts) -> None:
    rows = answer.groups.assign(
        group=[code_label(CONTRACT_GROUP, str(code)) for code in answer.groups.index],
        told=[SIGNS[state] for state in answer.groups["state"]],
    )
    columns = [
        TableColumn("group", _("人群")),
        TableColumn("population", _("人口"), "people"),
        TableColumn("contracted", _("有效签约"), "people"),
        TableColumn("share", _("签约率"), "percent"),
        TableColumn("lower", _("下限"), "percent"),
        TableColumn("upper", _("上限"), "percent"),
        TableColumn("target", _("目标"), "percent"),
        TableColumn("told", _("状态")),
    ]
    show_table(rows, columns, key="contract_ladder", title=_("签约覆盖"), source=frame.source(), rows=12, guard=COVERED)
    for name in ("G01", "G02"):
        definition(catalogue_definition(name, frame.database.version))


# Pace ------------------------------------------------------------------------------------------------------------------


def pace_definition(frame: PageFrame) -> Definition:
    """Return what the pace index is."""
    lines = contract_settings()
    return own_definition(
        _("履约节奏"),
        _("履约率 ÷ 本年应完成比例（默认 月份 ÷ 12，县里可给曲线）"),
        version=frame.database.version,
        source="fact_contract",
        note=_(
            "1 为正好合拍；≥ {on} 合拍，< {off} 脱节。履约人数每年 1 月清零，不同月份的履约率不能直接比。",
            on=formatting.number(lines.on_pace, 2),
            off=formatting.number(lines.off_pace, 2),
        ),
    )


def pace_card(frame: PageFrame, answer: Contracts) -> None:
    """Draw the pace of the year beside that of each community."""
    month = pd.Timestamp(frame.filters.period.last)
    pace = float(answer.months["pace"][month])
    title = _("履约节奏 {pace}", pace=formatting.number(pace, 2))
    if not math.isnan(answer.year_end):
        title = _("{title}：按去年节奏年末约 {share}", title=title, share=formatting.percent(answer.year_end))
    with card("contract_pace", title, _("年内累计 ÷ 签约，1 月清零"), details=partial(_pace_details, frame, answer)):
        if not answer.reported_fulfilment:
            empty_state(_("没有履约人数。"), _("请在“家庭医生签约月报”（fact_contract）填写 fulfilled。"))
            return
        left, right = st.columns([1.25, 1], gap="small")
        with left:
            show_figure(pace_figure(answer, month), key="chart_contract_pace", alt=title)
        with right:
            if answer.communities.empty:
                empty_state(_("没有卫生院、社区卫生服务中心的签约数。"), _("请核对“家庭医生签约月报”（fact_contract）的上报机构。"))
                return
            rows = SERVED.hide(answer.communities.assign(community=answer.communities.index).rename_axis(None)).frame
            colours = [_community_colour(frame, str(code)) for code in rows.index]
            codes = [str(code) for code in rows.index]
            show_figure(
                served_figure(rows, answer.expected, _lines(), colours),
                key="chart_contract_communities",
                alt=_("各医共体履约率，竖线为应到 {share}", share=formatting.percent(answer.expected)),
                on_pick=lambda place, _trace: ask("G03", codes[place]),
            )


def _lines() -> tuple[float, float]:
    return contract_settings().on_pace, contract_settings().off_pace


def _community_colour(frame: PageFrame, code: str) -> str:
    known = directory(frame.database).communities
    return palette().community(int(known["position"][code])) if code in known.index else palette().muted


def _pace_details(frame: PageFrame, answer: Contracts) -> None:
    columns = [
        TableColumn("month", _("月份"), "month"),
        TableColumn("contracted", _("有效签约"), "people"),
        TableColumn("fulfilled", _("已履约"), "people"),
        TableColumn("share", _("履约率"), "percent"),
        TableColumn("expected", _("应到"), "percent"),
        TableColumn("pace", _("节奏"), "number"),
    ]
    rows = answer.months.rename_axis("month").reset_index()
    show_table(rows, columns, key="contract_pace", title=_("履约节奏"), source=frame.source(), rows=12)
    definition(pace_definition(frame))
    definition(catalogue_definition("G03", frame.database.version))


# Signed, not served ----------------------------------------------------------------------------------------------------


def _served_columns(first: Sequence[TableColumn]) -> list[TableColumn]:
    return [
        *first,
        TableColumn("contracted", _("有效签约"), "people"),
        TableColumn("fulfilled", _("已履约"), "people"),
        TableColumn("share", _("履约率"), "percent"),
        TableColumn("pace", _("节奏"), "number"),
        TableColumn("short", _("少服务人数"), "count"),
    ]


def unserved_card(frame: PageFrame, answer: Contracts) -> None:
    """Draw the centres that sign and do not serve, those with most people short first."""
    lines = contract_settings()
    rows = answer.unserved
    title = unserved_words(answer)
    with card("contract_unserved", title, _("按少服务人数"), details=partial(_unserved_details, frame, answer)):
        if len(rows):
            shown = SERVED.hide(rows.head(_UNSERVED_SHOWN)).frame
            colours = [_community_colour(frame, str(code)) for code in shown["community"]]
            communities = [str(code) for code in shown["community"]]
            codes = [str(code) for code in shown.index]
            show_figure(
                served_figure(shown, answer.expected, _lines(), colours),
                key="chart_contract_unserved",
                alt=title,
                on_pick=lambda place, _trace: ask("G03", communities[place], codes[place]),
            )
        rule = _(
            "规则：{month} 月起、签约 ≥ {least} 人、节奏连续 {months} 个月 < {off}（待核实）",
            month=lines.from_month,
            least=formatting.number(lines.least_contracts),
            months=lines.months_in_row,
            off=formatting.number(lines.off_pace, 2),
        )
        if answer.unjudged and frame.filters.period.last.month >= lines.from_month:
            rule += _("；{count} 家没有足够的履约数，不能判", count=answer.unjudged)
        st.caption(escaped(rule))
        st.caption(escaped(_renewal_words(answer)))


def unserved_words(answer: Contracts) -> str:
    """Return what the rule found; where it could judge nobody that is not known, and no good news."""
    found = answer.unserved
    if len(found):
        return _("签而不约：{count} 家中心少服务 {people} 人", count=len(found), people=formatting.number(float(found["short"].sum())))
    if answer.unjudged == len(answer.centres):
        return _("签而不约：{missing}，现在不能判", missing=MISSING)
    return _("没有签而不约的中心")


def _renewal_words(answer: Contracts) -> str:
    parts = []
    if not math.isnan(answer.renewal.share):
        told = answer.renewal.told()
        people = {name: formatting.people(told[name], language()) for name in ("due", "renewed", "lost")}
        parts.append(
            _("近 12 个月到期 {due} 人，续签 {renewed} 人（{share}），流失 {lost} 人", share=formatting.percent(told["share"]), **people)
        )
    if not math.isnan(answer.teams):
        parts.append(_("团队 {teams} 支", teams=formatting.number(answer.teams)))
    if not math.isnan(answer.paid_people):
        parts.append(_("有偿服务包 {people} 人", people=formatting.people(answer.paid_people, language())))
    else:
        parts.append(_("没有有偿服务包人数：可在 fact_contract 填写 paid_people"))
    return _("；").join(parts)


def _unserved_details(frame: PageFrame, answer: Contracts) -> None:
    names = directory(frame.database).communities["short_name"]
    rows = answer.centres.assign(place=answer.centres["community"].map(names)).sort_values("pace", kind="stable")
    columns = _served_columns([TableColumn("name", _("中心")), TableColumn("place", _("医共体"))])
    show_table(rows, columns, key="contract_unserved", title=_("各中心履约"), source=frame.source(), rows=12, guard=SERVED)
    definition(pace_definition(frame))
    fees = answer.fee.by_payer.rename("amount").to_frame().assign(payer=[payer_name(str(payer)) for payer in answer.fee.by_payer.index])
    fees["per_person"] = answer.fee.per_person
    columns = [
        TableColumn("payer", _("承担方")),
        TableColumn("amount", _("签约费（元）"), "money"),
        TableColumn("per_person", _("每人（元）"), "money"),
    ]
    show_table(fees, columns, key="contract_fee", title=_("签约费由谁承担（1 月起累计）"), source=frame.source())


def pace_words(answer: Contracts, month: pd.Timestamp) -> str:
    """Return the pace as part of the page's title."""
    pace = float(answer.months["pace"][month])
    if pace_state(pace, *_lines()) is State.UNKNOWN:
        return ""
    return _("履约为时序的 {share}", share=formatting.percent(pace, 0))
