"""A meeting's agenda as material to hand out: each item with its real content under its own filters, then what was decided."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dashboard import formatting
from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.documents.content import Block, Bullets, Cell, Chart, Column, Paragraph, Section, Series, Table
from dashboard.errors import ProductError
from dashboard.language import LANGUAGES, marked, translate
from dashboard.services.common.addresses import PageAddress
from dashboard.services.common.clock import today
from dashboard.services.common.directory import directory
from dashboard.services.common.filters import Filters, Scheme
from dashboard.services.common.freezing import changed_since, frozen_period
from dashboard.services.common.plan import Plan, read_link
from dashboard.services.common.scenarios import MOST_COMPARED, compare_plans, list_saved
from dashboard.services.fiscal.answer import MODEL as FISCAL
from dashboard.services.fiscal.answer import FiscalModel, by_community, model_of_plan
from dashboard.services.fiscal.together import PARTY_NAMES
from dashboard.services.insurance.answer import Model, frozen_scores, insurance_model
from dashboard.services.insurance.scenarios import MODEL as INSURANCE
from dashboard.services.meeting import text as meeting_text
from dashboard.services.meeting.agendas import KIND_NAMES, AgendaItem, SavedAgenda
from dashboard.services.meeting.decisions import STATE_NAMES, list_decisions
from dashboard.services.performance.answer import number_at
from dashboard.services.performance.schemes import frozen_rows
from dashboard.services.referrals.detail import outside
from dashboard.services.referrals.flows import Question, View
from dashboard.services.referrals.map import Selection
from dashboard.services.reports.contracts import contracts_part
from dashboard.services.reports.indicators import category_part, community_part, headline_part
from dashboard.services.reports.options import options_section
from dashboard.services.reports.parts import Brief, Part, count_cell
from dashboard.services.reports.quality import quality_part
from dashboard.services.reports.reform import reform_part
from dashboard.services.reports.scores import performance_part
from dashboard.services.reports.work import attention_part, bed_part, fund_part, lacking, referral_part, shared_part
from dashboard.whatif.fiscal_run import PARTIES
from dashboard.workspace import Kind

_GRAIN_NAMES: Mapping[Grain, str] = {
    Grain.MONTH: marked("月度"),
    Grain.QUARTER: marked("季度"),
    Grain.YEAR_TO_DATE: marked("本年累计"),
    Grain.ROLLING_12: marked("滚动12个月"),
}
_SCHEME_NAMES: Mapping[Scheme, str] = {
    Scheme.ALL: marked("全部险种"),
    Scheme.EMPLOYEE: marked("职工医保"),
    Scheme.RESIDENT: marked("居民医保"),
}
_GROUPS_SHOWN = 15


def _asked(brief: Brief, address: PageAddress) -> Filters:
    """Return the filters that an address asks for, written as codes or as labels of either language; the brief's own otherwise."""
    grains = {text: grain for grain in Grain for text in _spellings(grain.value, _GRAIN_NAMES[grain])}
    schemes = {text: scheme for scheme in Scheme for text in _spellings(scheme.value, _SCHEME_NAMES[scheme])}
    communities = {code: each.code for each in directory(brief.database).ordered for code in (each.code, each.short_name)}
    own = brief.filters
    grain = grains.get(address.get("grain"), Grain.MONTH)
    try:
        period = Period.parse(address.get("month"), grain)
    except ValueError:
        period = Period(grain, own.period.last)
    return replace(
        own,
        period=period,
        community=communities.get(address.get("community")),
        scheme=schemes.get(address.get("scheme"), Scheme.ALL),
    )


def _spellings(code: str, label: str) -> tuple[str, ...]:
    """Return every text that an address may carry for a choice: its code and its label in each language."""
    return (code, *(translate(label, language) for language in LANGUAGES))


# Items -----------------------------------------------------------------------------------------------------------------


def item_part(brief: Brief, item: AgendaItem, number: int) -> Part:
    """Return the material of one agenda item. What cannot be shown any more says why; the rest of the pack is made all the same."""
    try:
        part = _CONTENT[item.kind](brief, item)
    except ProductError as error:
        part = lacking(brief, item.title, brief.joined((error.what(brief.language), error.remedy(brief.language)), "；"))
    heading = f"{number}. {item.title}"
    note = (Paragraph(item.note),) if item.note else ()
    first = Section(heading, "", note, new_page=True)
    if len(part.sections) == 1:
        only = part.sections[0]
        return replace(part, sections=(replace(only, heading=heading, blocks=(*note, *only.blocks), new_page=True),), highlights=())
    return replace(part, sections=(first, *(replace(section, level=2) for section in part.sections)), highlights=())


def _page(brief: Brief, item: AgendaItem) -> Part:
    address = item.page()
    under = brief.under(_asked(brief, address))
    if address.page == "insurance":
        return _insurance(under, (("", read_link(address.get("plan"))),) if address.get("plan") else ())
    if address.page == FISCAL:
        return _fiscal(under, (("", read_link(address.get("measures"))),) if address.get("measures") else ())
    if address.page == "reform":
        return reform_part(under, address)
    makers = _PAGES.get(address.page)
    if makers is None:
        return lacking(
            brief, item.title, translate("这一页没有可放进材料的内容，请在会议中打开：{link}", brief.language, link=address.text())
        )
    parts = [make(under) for make in makers]
    scope = brief.joined((under.period, under.area), "；")
    sections = tuple(replace(section, note=brief.joined((scope, section.note), "；")) for part in parts for section in part.sections)
    told = [Paragraph(translate("筛选条件：{filters}", brief.language, filters=scope))]
    if address.page in _WITH_MAP:
        told.append(Paragraph(translate("地图不在材料里，请在会议中打开：{link}", brief.language, link=address.text())))
    return Part(
        (
            replace(sections[0], blocks=(*told, *sections[0].blocks)),
            *sections[1:],
        ),
        (),
        tuple(name for part in parts for name in part.indicators),
        tuple(version for part in parts for version in part.versions),
    )


def _scheme(brief: Brief, item: AgendaItem) -> Part:
    under = brief.under(_asked(brief, item.page())) if item.address else brief
    key = item.document_id
    if not key.startswith("file:"):
        document = brief.workspace.latest(key)
        if document.kind is Kind.RESULT:
            return _frozen_result(brief, item)
    return performance_part(under, key, item.title)


def _frozen_result(brief: Brief, item: AgendaItem) -> Part:
    """Return a frozen result as it was frozen: nothing is computed anew."""
    _ = brief.say
    version = brief.workspace.latest(item.document_id)
    found = frozen_rows(version, brief.database.scope)
    rows = [_frozen_row(row) for row in found.astype(object).where(found.notna(), None).to_dict("records")]
    scored = [row for row in rows if row.total is not None]
    columns = (Column(_("名次"), "number", 0), Column(_("单位"), wide=True), Column(_("得分"), "number"), Column(_("等次")))
    table = Table("frozen", item.title, columns, tuple((row.rank, row.name, row.total, row.band or formatting.MISSING) for row in rows))
    blocks: list[Block] = [table]
    if scored:
        series = Series(_("得分"), tuple(row.total for row in scored))
        blocks.insert(0, Chart("frozen", "bar", _("综合得分（0–100）"), tuple(row.name for row in scored), (series,)))
    message = _("{name}：已冻结的评价结果（第 {version} 版）", name=version.name, version=version.version)
    held = frozen_period(version.period)
    changed = changed_since(brief.database, version.data_version, held).text(brief.language) if held else ""
    message = brief.joined((message, changed), "；") if changed else message
    return Part((Section(item.title, message, tuple(blocks)),), (), (), ((_("评价结果"), f"{version.name} v{version.version}"),))


@dataclass(frozen=True)
class _FrozenRow:
    """One unit of a frozen result."""

    name: str
    rank: float | None
    total: float | None
    band: str


def _frozen_row(row: Mapping[Any, Any]) -> _FrozenRow:
    rank, total = (float(value) if isinstance(value := row.get(name), int | float) else None for name in ("rank", "total"))
    return _FrozenRow(str(row.get("name", "")), rank, total, str(row.get("band") or ""))


def _text(brief: Brief, item: AgendaItem) -> Part:
    """Return free text: headings become bold paragraphs of their own, lists lists, tables tables."""
    found: list[Block] = []
    listed: list[str] = []
    for number, block in enumerate(meeting_text.blocks(item.text)):
        words = "".join(run.text for run in block.runs)
        if block.kind in ("bullet", "number"):
            listed.append(words)
            continue
        if listed:
            found.append(Bullets(tuple(listed)))
            listed = []
        if block.kind == "table" and block.rows:
            cells = [tuple("".join(run.text for run in cell) for cell in row) for row in block.rows]
            found.append(Table(f"text_{number}", item.title, tuple(Column(head, wide=True) for head in cells[0]), tuple(cells[1:])))
        elif words:
            found.append(Paragraph(words))
    if listed:
        found.append(Bullets(tuple(listed)))
    return Part((Section(item.title, "", tuple(found)),))


def _scenarios(brief: Brief, item: AgendaItem) -> Part:
    """Return the scenarios of the item beside their baselines, those of each what-if page by themselves."""
    parts: list[Part] = []
    for page, make in ((INSURANCE, _insurance), (FISCAL, _fiscal)):
        everything = (each for old in (False, True) for each in list_saved(brief.workspace, page, archived=old))
        saved = {each.document_id: each for each in everything}
        chosen = [saved[name] for name in item.scenario_ids if name in saved]
        if not chosen:
            continue
        part = make(brief, tuple((each.name, each.plan) for each in chosen if each.plan is not None))
        versions = tuple((brief.say(marked("推演方案")), f"{each.name} v{each.version}") for each in chosen)
        parts.append(replace(part, versions=versions))
    if not parts:
        return _insurance(brief, ())
    return replace(
        parts[0],
        sections=tuple(section for part in parts for section in part.sections),
        versions=tuple(version for part in parts for version in part.versions),
    )


def _insurance(brief: Brief, plans: tuple[tuple[str, Plan], ...]) -> Part:
    """Return plans side by side with the baseline: what they change and why, what comes of it, which is better by the goal."""
    _ = brief.say
    model = insurance_model(brief.database, frozen_scores(brief.workspace))
    if not isinstance(model, Model):
        return lacking(brief, _("医保总额推演"), _("数据不足，无法推演医保总额。"))
    named = tuple((name or _("本方案"), plan) for name, plan in plans)[:MOST_COMPARED]
    # As on the screen of the meeting: what was saved on older data is carried over to the data of now.
    return Part((options_section(brief, model, compare_plans(model, named, rebased=True)),))


def _fiscal(brief: Brief, plans: tuple[tuple[str, Plan], ...]) -> Part:
    """Return fiscal plans side by side with the delivered coefficients: what the budget pays, who gains and loses, the price round."""
    _ = brief.say
    heading = _("财政补偿推演")
    model = model_of_plan(brief.database, plans[0][1] if plans else None)
    if not isinstance(model, FiscalModel):
        return lacking(brief, heading, _("数据不足，无法推演财政补偿。"))
    named = tuple((name or _("本方案"), plan) for name, plan in plans)[:MOST_COMPARED]
    columns = [(_("默认系数"), model.run(model.start())), *((side.name, side.outcome) for side in compare_plans(model, named))]
    who = directory(brief.database)
    frames = [by_community(outcome) for _title, outcome in columns]
    rows: list[tuple[Cell, ...]] = [
        (_("历史补偿"), *(outcome.baseline.total_before for _title, outcome in columns)),
        (_("财政投入"), *(outcome.input for _title, outcome in columns)),
        (_("预算余额"), *(outcome.margin for _title, outcome in columns)),
        (_("保底补足"), *(outcome.paid.floor_cost for _title, outcome in columns)),
    ]
    rows += [
        (_("{name} 较历史", name=who.community_name(str(code))), *(float(frame["change"][code]) for frame in frames))
        for code in frames[0].index
    ]
    rows += [(_("{party}得失", party=_(PARTY_NAMES[party])), *(outcome.flows[party] for _title, outcome in columns)) for party in PARTIES]
    table = Table("fiscal", heading, (Column(_("项目"), wide=True), *(Column(name, "money") for name, _outcome in columns)), tuple(rows))
    series = tuple(
        Series(name, tuple(float(frame["change"][code]) / 10_000 for code in frames[0].index))
        for (name, _outcome), frame in zip(columns, frames, strict=True)
    )
    chart = Chart("fiscal", "column", _("各医共体较历史（万元）"), tuple(who.community_name(str(code)) for code in frames[0].index), series,
                  format="#,##0")  # fmt: skip
    last_name, last = columns[-1]
    template = marked("{name}：比历史多投 {amount}") if last.input_change >= 0 else marked("{name}：比历史少投 {amount}")
    message = _(template, name=last_name, amount=formatting.money(abs(last.input_change), brief.language))
    return Part((Section(heading, message, (chart, table), note=_("模型结果为推演，不是预测；系数等级见推演页面。")),))


def _referrals(brief: Brief) -> Part:
    """Return what leaves the county, by disease group; small counts hidden."""
    _ = brief.say
    question = Question(View.CLAIMS, brief.filters.period, brief.filters.community, brief.filters.scheme_code)
    answer = outside(brief.database, question, Selection())
    heading = _("转往县域外的病组")
    if answer.groups.empty:
        return lacking(brief, heading, _("这个时期没有县域外就诊。"))
    rows: list[tuple[Cell, ...]] = []
    groups = answer.shown(ON_EXPORT).frame.head(_GROUPS_SHOWN)
    for code in groups.index:
        cases, cost, fund = (number_at(groups, code, name) for name in ("cases", "cost", "fund"))
        money = (None, None) if math.isnan(cost) else (cost, fund)
        rows.append((str(groups["name"][code]), count_cell(brief, cases), *money, _("能") if groups["capable"][code] else _("不能")))
    columns = (
        Column(_("病组"), wide=True),
        Column(_("人次"), "count"),
        Column(_("总费用"), "money"),
        Column(_("基金支付"), "money"),
        Column(_("本县能诊治")),
    )
    shown = min(10, len(answer.groups))
    message = _("县域外费用前 {count} 个病组占 {share}", count=shown, share=formatting.percent(answer.top_share))
    drawn = groups.head(shown)
    chart = Chart(
        key="outside",
        kind="bar",
        title=_("县域外费用最多的病组（总费用，元）"),
        categories=tuple(str(name) for name in drawn["name"]),
        series=(Series(_("总费用"), tuple(None if math.isnan(cost) else float(cost) for cost in drawn["cost"])),),
        format="#,##0",
        alternative=message,
    )
    section = Section(heading, message, (chart, Table("outside", heading, columns, tuple(rows))), note="fact_claim")
    return Part((section,))


_PAGES: Mapping[str, tuple[Callable[[Brief], Part], ...]] = {
    "overview": (headline_part, community_part, fund_part, referral_part, bed_part, attention_part),
    "utilisation": (partial(category_part, category="efficiency"), bed_part),
    "resources": (partial(category_part, category="resources"), shared_part),
    "referrals": (referral_part, _referrals),
    "quality": (quality_part, partial(category_part, category="finance"), partial(category_part, category="quality")),
    "performance": (performance_part,),
    "contracts": (contracts_part, partial(category_part, category="contracts")),
}
_WITH_MAP = frozenset({"referrals", "resources", "utilisation"})
"""Pages with a map: a pack cannot hold it, since no browser draws it there."""
_CONTENT: Mapping[str, Callable[[Brief, AgendaItem], Part]] = {"page": _page, "scheme": _scheme, "text": _text, "scenarios": _scenarios}


# Front and back --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meeting:
    """An agenda as the pack introduces it."""

    saved: SavedAgenda

    def agenda_part(self, brief: Brief) -> Part:
        """Return the list of items."""
        _ = brief.say
        agenda = self.saved.agenda
        rows = tuple((str(number), item.title, _(KIND_NAMES[item.kind]), item.note) for number, item in enumerate(agenda.items, start=1))
        columns = (Column(_("序号")), Column(_("议题"), wide=True), Column(_("内容")), Column(_("说明"), wide=True))
        message = _("{date}，共 {count} 项议题", date=formatting.day(agenda.date, brief.language), count=len(rows))
        return Part((Section(_("议程"), message, (Table("agenda", _("议程"), columns, rows),)),))

    def decisions_part(self, brief: Brief) -> Part:
        """Return what was decided so far, with who does what by when; nothing before the first decision."""
        _ = brief.say
        found = list_decisions(brief.workspace, agenda_id=self.saved.agenda_id)
        if not found:
            return Part()
        rows = []
        for saved in sorted(found, key=lambda each: each.created_at):
            decision = saved.decision
            adopted = brief.joined(f"{each.name} v{each.version}" for each in decision.adopted)
            rows.append(
                (
                    decision.item_title,
                    decision.decision,
                    decision.reason,
                    adopted,
                    decision.responsible,
                    formatting.day(decision.due, brief.language) if decision.due else "",
                    _(STATE_NAMES[decision.state(today())]),
                )
            )
        heads = (_("议题"), _("决定"), _("理由"), _("采用的方案版本"), _("责任人"), _("期限"), _("进展"))
        columns = tuple(Column(head, wide=place in (1, 2)) for place, head in enumerate(heads))
        message = _("已作出 {count} 项决定", count=len(rows))
        return Part((Section(_("决定记录"), message, (Table("decisions", _("决定记录"), columns, tuple(rows)),), new_page=True),))
