"""A fiscal scenario as a Word report: what it finds, what was changed and why, results in native tables, and its sources."""

import datetime
import math
from dataclasses import replace

from dashboard.documents.content import Bullets, Cell, Column, Entry, Figure, Figures, Report, Section, Table
from dashboard.documents.formats import FORMATS, write_document
from dashboard.services.common.directory import Directory, directory
from dashboard.services.common.filters import Filters
from dashboard.services.common.plan import Plan
from dashboard.services.common.workspace import current_workspace
from dashboard.services.fiscal.answer import FiscalModel, by_community, by_institution
from dashboard.services.fiscal.together import PARTY_NAMES, Together
from dashboard.services.reports.parts import Brief, labels, made_at, provenance
from dashboard.ui.fiscal.charts import party_name
from dashboard.ui.fiscal.export import definitions, scenario_rows
from dashboard.ui.fiscal.panel import PANEL
from dashboard.ui.fiscal.results import result_cards
from dashboard.ui.fiscal.words import cause_words, finding, institution_name, needed_words, sentences
from dashboard.ui.frame.scenario_exports import changed_section, coefficients_section, tornado_section
from dashboard.ui.frame.scenario_pairs import pair_words
from dashboard.ui.kit.i18n import _, language
from dashboard.whatif.fiscal_run import PARTIES, TRACKS, FiscalOutcome
from dashboard.whatif.fiscal_search import causes

FILE_NAME = "fiscal_scenario.docx"
MIME = FORMATS["docx"].mime
_SHORT_NAME = 60


def scenario_document(filters: Filters, model: FiscalModel, plan: Plan, outcome: FiscalOutcome, both: Together) -> bytes:
    """Return the report of ``plan`` as a DOCX file, in the reader's language."""
    brief = Brief(model.database, current_workspace(), filters, "zh" if language() == "zh" else "en")
    who = directory(model.database)
    title = _("财政补偿推演：{name}", name=plan.scenario.name)
    short = [(_("方案"), plan.scenario.name[:_SHORT_NAME])]
    found = provenance(brief, title, made_at(brief, datetime.datetime.now(datetime.UTC)), short)
    found = replace(found, rows=(*found.rows, *scenario_rows(model, plan)[1:]))
    report = Report(
        name=FILE_NAME.removesuffix(".docx"),
        title=title,
        subtitle=_("{year} 年 · {area}", year=model.baseline.year, area=who.county_name or _("全县")),
        language=brief.language,
        sections=(
            _summary(model, plan, outcome, who),
            changed_section(model, plan),
            _communities(outcome, who),
            _institutions(outcome, who),
            *_prices(outcome),
            _balance(both),
            tornado_section(model, model.tornado(plan), _("投入变化"), _("各系数变动一个常用步长，财政投入的变化")),
            Section(_("基线怎么来的"), "", (Bullets(tuple(_(note.text, **note.details) for note in model.county.notes)),)),
            coefficients_section(PANEL, model, plan),
        ),
        provenance=found,
        dictionary=tuple(Entry(name, formula) for name, formula in definitions()),
        labels=labels(brief),
    )
    return write_document(report, "docx")


def _summary(model: FiscalModel, plan: Plan, outcome: FiscalOutcome, who: Directory) -> Section:
    band = model.band(plan)
    figures = tuple(
        Figure(card.label, card.value, "；".join(words for words, _state in card.below), card.below[-1][1])
        for card in result_cards(outcome, band)
    )
    words = (*sentences(outcome, band, who), needed_words(outcome))
    return Section(_("结论"), finding(outcome), (Figures(figures), Bullets(words)), note=_("推演结果不是预测，也不是政策建议"))


def _money_columns(*texts: str) -> tuple[Column, ...]:
    heads = (_("历史"), *(_(name) for name in TRACKS.values()), _("新补偿"), _("较历史"))
    return (*(Column(text) for text in texts), *(Column(head, "money") for head in heads))


def _communities(outcome: FiscalOutcome, who: Directory) -> Section:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (who.community_name(str(code)), *(float(row[name]) for name in ("before", *TRACKS, "total", "change")))
        for code, row in by_community(outcome).iterrows()
    )
    title = _("各医共体财政补偿：历史 → 新")
    return Section(title, "", (Table("communities", title, _money_columns(_("医共体")), rows),))


def _institutions(outcome: FiscalOutcome, who: Directory) -> Section:
    why = {cause.institution: cause for cause in causes(outcome)}
    columns = (Column(_("机构")), Column(_("历史"), "money"), Column(_("新补偿"), "money"), Column(_("较历史"), "money"),
               Column(_("为什么"), wide=True))  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            institution_name(who, str(code)),
            float(row["before"]),
            float(row["total"]),
            _known(row["change"]),
            cause_words(why.get(str(code))),
        )
        for code, row in by_institution(outcome).sort_values("change", ascending=False).iterrows()
    )
    title = _("各机构补偿与得失")
    return Section(title, "", (Table("institutions", title, columns, rows),))


def _known(amount: float) -> float | None:
    return None if math.isnan(amount) else amount


def _prices(outcome: FiscalOutcome) -> tuple[Section, ...]:
    prices = outcome.prices
    if prices is None:
        return ()
    heads = (_("药价下降"), _("服务调价"), _("财政兜底"), _("净额"))
    columns = (Column(_("一方")), *(Column(head, "money") for head in heads))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (party_name(party), payer.drugs, payer.services, payer.backstop, payer.net) for party, payer in prices.parties.items()
    )
    title = _("价格改革谁得谁付：四方合计为零")
    return (Section(title, needed_words(outcome), (Table("prices", title, columns, rows),)),)


def _balance(both: Together) -> Section:
    heads = (_("财政方案"), _("医保方案"), _("同一笔钱的处理"), _("合计"))
    columns = (Column(_("一方")), *(Column(head, "money") for head in heads))
    rows: tuple[tuple[Cell, ...], ...] = tuple((_(PARTY_NAMES[party]), *both.row(party)) for party in PARTIES)
    pairs = tuple(pair_words(pair) for pair in both.overlaps)
    title = _("一张县账：财政方案与医保方案并排")
    return Section(title, _("正数为得益，负数为多付；每列合计为零"), (Table("balance", title, columns, rows), Bullets(pairs)))
