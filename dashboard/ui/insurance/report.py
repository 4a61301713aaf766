"""A scenario as a Word report: what it finds, what was changed and why, results in native tables, and where the numbers come from."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from dashboard.analysis.suppression import ON_EXPORT
from dashboard.documents.content import (
    Bullets,
    Cell,
    Chart,
    Column,
    Entry,
    Figure,
    Figures,
    Report,
    Section,
    Series,
    Table,
)
from dashboard.documents.formats import FORMATS, write_document
from dashboard.services.common.directory import directory
from dashboard.services.common.filters import Filters
from dashboard.services.common.workspace import current_workspace
from dashboard.services.insurance.answer import HOSPITALS, Model, hospital_frame, standings
from dashboard.services.insurance.plan import Plan
from dashboard.services.insurance.targets import indicator_effects
from dashboard.services.reports.parts import Brief, labels, made_at, provenance
from dashboard.ui.frame.scenario_exports import changed_section, coefficients_section, tornado_section
from dashboard.ui.insurance.charts import step_label
from dashboard.ui.insurance.export import definitions, scenario_rows
from dashboard.ui.insurance.panel import PANEL, scheme_name
from dashboard.ui.insurance.results import result_cards
from dashboard.ui.insurance.words import finding, sentences, unit_name
from dashboard.ui.kit.i18n import _, language
from dashboard.whatif.outcome import Outcome

FILE_NAME = "insurance_scenario.docx"
MIME = FORMATS["docx"].mime
_SHORT_NAME = 60


def scenario_document(filters: Filters, model: Model, plan: Plan, outcome: Outcome, reference: Outcome) -> bytes:
    """Return the report of ``plan`` as a DOCX file, in the reader's language."""
    return write_document(scenario_report(filters, model, plan, outcome, reference), "docx")


def scenario_report(filters: Filters, model: Model, plan: Plan, outcome: Outcome, reference: Outcome) -> Report:
    """Return the report of ``plan``."""
    brief = Brief(model.database, current_workspace(), filters, "zh" if language() == "zh" else "en")
    title = _("医保总额推演：{name}", name=plan.scenario.name)
    who = directory(model.database)
    names = {str(code): who.community_name(code) for code in outcome.communities.index}
    # The running foot takes a short name; the page of sources has everything.
    short = [(_("方案"), plan.scenario.name[:_SHORT_NAME])]
    found = provenance(brief, title, made_at(brief, datetime.datetime.now(datetime.UTC)), short)
    found = replace(found, rows=(*found.rows, *scenario_rows(model, plan)[1:]))
    return Report(
        name=FILE_NAME.removesuffix(".docx"),
        title=title,
        subtitle=_("{year} 年 · {area}", year=outcome.year, area=who.county_name or _("全县")),
        language=brief.language,
        sections=(
            _summary(model, plan, outcome, reference, names),
            changed_section(model, plan),
            _budget(outcome, reference),
            _communities(model, plan, outcome, reference, names),
            _settlement(outcome, names),
            _indicators(outcome, reference),
            *_hospitals(model, outcome, names),
            tornado_section(model, model.tornado(plan), _("结余变化"), _("各系数变动一个常用步长，全县结余的变化")),
            Section(_("基线怎么来的"), "", (Bullets(tuple(_(note.text, **note.details) for note in model.county.notes)),)),
            coefficients_section(PANEL, model, plan),
        ),
        provenance=found,
        dictionary=tuple(Entry(name, formula) for name, formula in definitions()),
        labels=labels(brief),
    )


def _summary(model: Model, plan: Plan, outcome: Outcome, reference: Outcome, names: Mapping[str, str]) -> Section:
    chance = model.uncertainty(plan)
    figures = tuple(
        Figure(card.label, card.value, "；".join(words for words, _state in card.below), card.below[0][1])
        for card in result_cards(outcome, reference, chance)
    )
    words = sentences(outcome, reference, chance, names)
    return Section(
        _("结论"), finding(outcome, names), (Figures(figures), Bullets(tuple(words))), note=_("推演结果不是预测，也不是政策建议")
    )


def _budget(outcome: Outcome, reference: Outcome) -> Section:
    columns = (Column(_("步骤")), Column(_("增减"), "money"), Column(_("累计"), "money"), Column(_("较基线"), "money"))
    steps, before = outcome.waterfall()[:-1], reference.waterfall()[:-1]
    rows = tuple(
        (step_label(step.id), step.change, step.level, step.change - earlier.change)
        for step, earlier in zip(steps, before, strict=True)
        if step.change or earlier.change
    )
    return Section(_("预算从哪里来"), _("各步相加等于总额预算"), (Table("waterfall", _("预算构成"), columns, rows),))


def _communities(model: Model, plan: Plan, outcome: Outcome, reference: Outcome, names: Mapping[str, str]) -> Section:
    rows = standings(outcome, reference, model.uncertainty(plan))
    money: Sequence[str] = (_("预算"), _("预计支出"), _("结余"), _("基线结余"), _("90% 区间下限"), _("上限"))
    columns = (Column(_("医共体")), *(Column(head, "money") for head in money), Column(_("超支概率"), "percent", 0))
    table = Table(
        "communities",
        _("各医共体各险种结余 / 超支"),
        columns,
        tuple(
            (
                unit_name(each.community, each.scheme, names),
                each.budget,
                each.spending,
                each.balance,
                each.before,
                each.low,
                each.high,
                each.overspend,
            )
            for each in rows
        ),
    )
    chart = Chart(
        key="balances",
        kind="bar",
        title=_("各医共体各险种结余（万元，负为超支）"),
        categories=tuple(unit_name(each.community, each.scheme, names) for each in rows),
        series=(
            Series(_("基线"), tuple(each.before / 10_000 for each in rows)),
            Series(_("方案"), tuple(each.balance / 10_000 for each in rows)),
        ),
        format="#,##0",
    )
    words = _("区间来自 {runs} 次模拟，种子 {seed}", runs=f"{model.uncertainty(plan).runs:,}", seed=plan.scenario.seed)
    return Section(_("各医共体各险种结余 / 超支"), words, (chart, table))


def _settlement(outcome: Outcome, names: Mapping[str, str]) -> Section:
    heads = {
        "budget": _("总额预算"),
        "balance": _("结余"),
        "community_share": _("留用/分担"),
        "fund_share": _("归基金"),
        "prepaid": _("全年预付"),
        "clearing": _("年终清算"),
    }
    columns = (Column(_("医共体")), Column(_("险种")), *(Column(head, "money") for head in heads.values()))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (names[str(unit["community"])], scheme_name(str(unit["scheme"])), *(float(unit[name]) for name in heads))
        for unit in outcome.units.to_dict("records")
    )
    return Section(_("年终结算"), _("结余为正，超支为负"), (Table("settlement", _("各医共体按险种结算"), columns, rows),))


def _indicators(outcome: Outcome, reference: Outcome) -> Section:
    effects = indicator_effects(outcome, reference)
    rates = tuple((_(each.label), each.before, each.now) for each in effects if each.is_rate)
    costs = tuple((_(each.label), each.before, each.now) for each in effects if not each.is_rate)
    tables = tuple(
        Table(key, _("对指标的影响"), (Column(_("指标")), Column(_("基线"), kind), Column(_("方案"), kind)), rows)  # type: ignore[arg-type]
        for key, kind, rows in (("rates", "percent", rates), ("costs", "money", costs))
    )
    return Section(_("对指标的影响"), _("结算口径与官方指标不完全相同，目标仅供对照"), tables)


def _hospitals(model: Model, outcome: Outcome, names: Mapping[str, str]) -> tuple[Section, ...]:
    pool = outcome.pool
    if pool is None:
        return ()
    known = directory(model.database).institutions["short_name"]
    heads = {"fund_pays": _("基金应付"), "difference": _("与按项目的差额"), "settlement_share": _("分得结余/承担超支")}
    columns = (Column(_("机构")), Column(_("医共体")), Column(_("点数"), "count"), *(Column(head, "money") for head in heads.values()))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            str(known.get(each["hospital"], each["hospital"])),
            names.get(str(each["community"]), ""),
            *(None if pd.isna(each[name]) else float(each[name]) for name in ("points", *heads)),
        )
        for each in HOSPITALS.hide(hospital_frame(model, outcome), ON_EXPORT).frame.to_dict("records")
    )
    message = _("每点 {value} 元；点数是零和，量多了点值就低", value=f"{pool.settlement.point_value:,.4f}")
    return (Section(_("各医院所得"), message, (Table("hospitals", _("住院点数与各医院所得"), columns, rows),)),)
