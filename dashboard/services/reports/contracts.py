"""Family-doctor contracts as a part of the reports: coverage by group against its targets, services done by community against the time."""

import pandas as pd

from dashboard import formatting
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.documents.content import Bullets, Cell, Chart, Column, Section, Series, Table
from dashboard.language import marked
from dashboard.services.contracts.care import chains, shown_chain
from dashboard.services.contracts.coverage import COVERED, SERVED, Contracts, contracts, counts_of_states
from dashboard.services.reports.parts import Brief, Part, count_cell
from dashboard.services.reports.work import lacking
from dashboard.states import SIGNS, State
from dashboard.store.codes import CONTRACT_GROUP


def contracts_part(brief: Brief) -> Part:
    """Return the contracts of the month: who is covered, and how far the year's services have come; small counts hidden."""
    _ = brief.say
    heading = _("签约与公卫")
    answer = contracts(brief.database, brief.filters.period.last, brief.filters.community)
    if answer is None:
        return lacking(brief, heading, _("这个月没有签约数据。"))
    states = counts_of_states(answer.groups)
    message = _(
        "签约覆盖：{met} 类达标，{near} 类接近，{off} 类未达标", met=states[State.GOOD], near=states[State.WARNING], off=states[State.BAD]
    )
    sentences = (
        _("人群互相重叠，不相加。全人群按常住人口，其余按本人群人口。"),
        _("到这个月应完成全年履约的 {share}。", share=formatting.percent(answer.expected)),
    )
    told = tuple(filter(None, (f"{message}{_('。')}", _unserved(brief, answer))))
    served = _served(brief, answer) if answer.reported_fulfilment else ()
    blocks = (Bullets((*told[1:], *sentences)), *_coverage(brief, answer, message), *served, *_care(brief))
    return Part((Section(heading, message, blocks, note="fact_contract、fact_public_health"),), told, ("G01", "G02", "G03"))


def _unserved(brief: Brief, answer: Contracts) -> str:
    """Return which centres sign and do not serve, and how many people are short; empty when the rule found none."""
    if not len(answer.unserved):
        return ""
    shown = SERVED.hide(answer.unserved, ON_EXPORT).frame
    return brief.say(
        marked("签而不约：{centres}，共少服务 {people} 人。"),
        centres=brief.joined(str(name) for name in shown["name"]),
        people=formatting.number(float(answer.unserved["short"].sum())),
    )


def _care(brief: Brief) -> tuple[Table, ...]:
    """Return the chain of each chronic disease from estimated patients to those controlled; nothing where none was reported."""
    _ = brief.say
    found = [shown_chain(chain, ON_EXPORT) for chain in chains(brief.database, brief.filters.period.last, brief.filters.community)]
    rows: list[tuple[Cell, ...]] = [
        (
            CONTRACT_GROUP[chain.disease].zh if brief.language == "zh" else CONTRACT_GROUP[chain.disease].en,
            None if pd.isna(chain.estimated) else round(chain.estimated),
            *(count_cell(brief, count) for count in (chain.registered, chain.managed, chain.to_standard, chain.controlled)),
            *_shares(pd.Series([chain.shares["end_to_end"], chain.of_estimated])),
        )
        for chain in found
    ]
    columns = (
        Column(_("疾病"), wide=True),
        *(Column(label, "count") for label in (_("估算患病"), _("登记"), _("已管理"), _("规范"), _("控制"))),
        Column(_("控制 ÷ 登记"), "percent"),
        Column(_("控制 ÷ 估算患病"), "percent"),
    )
    return (Table("contract_care", _("慢病管理链：从估算患病到控制"), columns, tuple(rows)),) if rows else ()


def _coverage(brief: Brief, answer: Contracts, message: str) -> tuple[Chart, Table]:
    _ = brief.say
    shown = COVERED.hide(answer.groups, ON_EXPORT).frame
    names = [CONTRACT_GROUP[str(code)].zh if brief.language == "zh" else CONTRACT_GROUP[str(code)].en for code in shown.index]
    chart = Chart(
        key="contract_groups",
        kind="bar",
        title=_("各类人群签约率与目标"),
        categories=tuple(names),
        series=(Series(_("签约率"), _shares(shown["share"])), Series(_("目标"), _shares(shown["target"]))),
        format="0.0%",
        alternative=message,
    )
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            count_cell(brief, float(row["population"])),
            count_cell(brief, float(row["contracted"])),
            *(None if pd.isna(row[share]) else float(row[share]) for share in ("share", "lower", "upper", "target")),
            "" if pd.isna(row["share"]) else SIGNS[State(row["state"])],
        )
        for name, (_code, row) in zip(names, shown.iterrows(), strict=True)
    ]
    columns = (
        Column(_("人群"), wide=True),
        Column(_("人口"), "count"),
        Column(_("有效签约"), "count"),
        *(Column(label, "percent") for label in (_("签约率"), _("下限"), _("上限"), _("目标"))),
        Column(_("状态")),
    )
    return chart, Table("contract_groups", _("签约覆盖"), columns, tuple(rows))


def _served(brief: Brief, answer: Contracts) -> tuple[Chart, Table]:
    _ = brief.say
    communities = answer.communities.assign(community=answer.communities.index).rename_axis(None)
    shown = SERVED.hide(communities, ON_EXPORT).frame
    title = _("各医共体履约率，应到 {share}", share=formatting.percent(answer.expected))
    chart = Chart(
        key="contract_served",
        kind="bar",
        title=title,
        categories=tuple(str(name) for name in shown["name"]),
        series=(Series(_("履约率"), _shares(shown["share"])), Series(_("应到"), (answer.expected,) * len(shown))),
        format="0.0%",
        alternative=title,
    )
    rows: list[tuple[Cell, ...]] = [
        (
            str(row["name"]),
            count_cell(brief, float(row["contracted"])),
            count_cell(brief, float(row["fulfilled"])),
            *(None if pd.isna(row[name]) else float(row[name]) for name in ("share", "pace")),
        )
        for _code, row in shown.iterrows()
    ]
    columns = (
        Column(_("医共体"), wide=True),
        Column(_("有效签约"), "count"),
        Column(_("已履约"), "count"),
        Column(_("履约率"), "percent"),
        Column(_("节奏"), "number", 2),
    )
    return chart, Table("contract_served", _("履约节奏"), columns, tuple(rows))


def _shares(values: pd.Series) -> tuple[float | None, ...]:
    return tuple(None if pd.isna(value) else float(value) for value in values)
