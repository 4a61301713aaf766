"""The fiscal what-if on screen: panel at the left, money at the right, which follows a slider while it moves; the rest follows at rest."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.directory import Directory, directory
from dashboard.services.common.plan import Plan, link_text
from dashboard.services.common.workspace import current_workspace
from dashboard.services.fiscal.answer import FiscalModel, fiscal_model
from dashboard.services.fiscal.baseline import FiscalYear, fiscal_years, require_finance, usual_year
from dashboard.services.fiscal.together import (
    BASELINE,
    SESSION,
    InsuranceChoice,
    InsuranceSide,
    Shelf,
    Together,
    insurance_shelf,
    insurance_side,
    together,
)
from dashboard.services.insurance.baseline import BaselineGap
from dashboard.ui.fiscal import export as fiscal_export
from dashboard.ui.fiscal import report as fiscal_report
from dashboard.ui.fiscal.panel import PANEL
from dashboard.ui.fiscal.results import show_results
from dashboard.ui.fiscal.saved import BENCH
from dashboard.ui.fiscal.state import STATE, insurance_link, keep_insurance
from dashboard.ui.fiscal.views import (
    balance_view,
    basis_view,
    contract_view,
    guarantee_view,
    institutions_view,
    items_view,
    path_view,
    plan_view,
    prices_view,
    seek_view,
    structure_view,
)
from dashboard.ui.fiscal.words import finding, side_words
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.scenario_actions import Take, action_row
from dashboard.ui.frame.scenario_panel import coefficient_panel, followed
from dashboard.ui.frame.scenario_saved import saved_view
from dashboard.ui.kit.address import choice, segments
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, language, speaking
from dashboard.ui.kit.messages import empty_state, error_boundary, show_error
from dashboard.ui.kit.sections import Section, Sections
from dashboard.ui.kit.tables import ExportSource
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal_run import FiscalOutcome

_FILLED = {"as_is": marked("不年化"), "filled": marked("年化到 12 个月")}


@dataclass(frozen=True, eq=False)
class _Scene:
    """What was computed for one repaint, and what it was computed from."""

    frame: PageFrame
    model: FiscalModel
    plan: Plan
    outcome: FiscalOutcome
    both: Together
    side: InsuranceSide | None
    beside: str
    book: Directory
    source: ExportSource

    @property
    def codes(self) -> list[str]:
        """The communities that the reader looks at: the chosen one or all."""
        known = list(dict.fromkeys(str(code) for code in self.model.baseline.institutions["community"]))
        return [self.frame.filters.community] if self.frame.filters.community in known else known


def shelf() -> Shelf | None:
    """Return what of the workspace may stand beside; None, which is told, when the workspace is away.

    Read once as the page opens: a slider asks the workspace for nothing.
    """
    try:
        return insurance_shelf(current_workspace(), insurance_link())
    except ProductError as error:
        show_error(error)
        return None


@st.fragment
def workbench(frame: PageFrame, held: Shelf | None) -> None:
    """Draw everything that depends on the plan. Errors stay inside: the panel keeps working and nothing typed is lost.

    While a slider moves only ``_live`` runs, which stands inside; this runs when the hand rests.
    ``held`` is what may stand beside (``shelf``).
    """
    with speaking(language()):  # asked for every text: once from the session is enough
        left, right = st.columns([0.25, 0.75], gap="small")
        with right:
            top = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small")
        scene = model = plan = None
        with right, error_boundary():
            frame.tell_not_followed("community")
            model = _chosen_model(frame, top)
            if model is not None:
                plan = STATE.current_plan(model)
                STATE.tell_problems(model)
                scene = _results(frame, model, plan, top, held)
        if model is None or plan is None:
            return
        with left, card("fiscal_panel", _("系数")):
            coefficient_panel(PANEL, model, plan, STATE)
        with right, error_boundary():
            if scene is not None:
                SECTIONS.choose(_("细看")).draw(scene)


def _chosen_model(frame: PageFrame, top: DeltaGenerator) -> FiscalModel | None:
    """Let the reader choose the year, and whether missing months are filled up; None, with the reason, without anything to reckon with."""
    require_finance(frame.database)
    years = fiscal_years(frame.database)
    filled = False
    chosen = usual_year(years) if years else None
    if chosen is not None:
        labels = {str(each.year): _year_label(each) for each in years}
        with top, st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            code = choice("fiscal_year", _("历史年份"), labels, hidden=True, default=str(chosen.year), width="fitted")
            chosen = next((each for each in years if str(each.year) == code), chosen)
            if not chosen.complete:
                filled = segments("fiscal_fill", _("缺的月份"), _FILLED, hidden=True) == "filled"
    model = fiscal_model(frame.database, chosen.year if chosen else None, filled=filled)
    if isinstance(model, BaselineGap):
        empty_state(_(model.why, **model.details), _(model.remedy, **model.details))
        return None
    return model


def _year_label(each: FiscalYear) -> str:
    if each.complete:
        return _("历史 {year} 年", year=each.year)
    return _("历史 {year} 年（{months} 个月）", year=each.year, months=each.months)


def _results(frame: PageFrame, model: FiscalModel, plan: Plan, top: DeltaGenerator, held: Shelf | None) -> _Scene | None:
    """Draw the results; None when the plan cannot run, which is told."""
    try:
        outcome = model.run(plan)
    except ScenarioError as error:
        show_error(error)
        return None
    book = directory(model.database)
    source = ExportSource(f"{_('全县')} · {plan.scenario.name} · {_year_words(model)}", model.database.version)
    with top:
        side, told = _beside(model, held)
        actions = st.container(width="content")
    both = together(model, outcome, side)
    beside = side_words(side, told)
    _live(model, side, beside, book)
    found = finding(outcome)
    frame.headline(found, _year_words(model))
    takes = (
        Take(
            _("导出 Excel"),
            lambda: fiscal_export.scenario_workbook(model, plan, outcome, both, book, source),
            fiscal_export.FILE_NAME,
        ),
        Take(
            _("导出 Word"),
            lambda: fiscal_report.scenario_document(frame.filters, model, plan, outcome, both),
            fiscal_report.FILE_NAME,
            fiscal_report.MIME,
        ),
    )
    with actions:
        action_row(BENCH, frame, model, plan, title=_("财政补偿推演"), finding=found, takes=takes, source=source)
    return _Scene(frame, model, plan, outcome, both, side, beside, book, source)


@st.fragment
def _live(model: FiscalModel, side: InsuranceSide | None, beside: str, book: Directory) -> None:
    """Draw what follows a moving slider, as one message."""
    with speaking(language()), error_boundary():
        plan = STATE.current_plan(model)
        try:
            outcome = model.run(plan)
        except ScenarioError as error:
            show_error(error)
            return
        show_results(model, plan, outcome, together(model, outcome, side), beside, book, followed(PANEL, model, plan, STATE))


def _beside(model: FiscalModel, held: Shelf | None) -> tuple[InsuranceSide | None, str]:
    """Let the reader choose the insurance scenario that stands beside.

    What cannot run is told and the baseline stands in its place; the second part says so, and is empty otherwise.
    """
    failed = _("医保一侧没有算出")
    if held is None:
        return None, failed
    choices = {each.code: each for each in held.choices}
    labels = {code: _choice_words(each) for code, each in choices.items()}
    first = SESSION if SESSION in choices else BASELINE
    code = choice("fiscal_beside", _("对照的医保方案"), labels, hidden=True, default=first, width="fitted")
    chosen = choices.get(code, choices[BASELINE])
    plan = chosen.plan
    keep_insurance(link_text(plan) if code == SESSION and plan is not None else "")
    try:
        return insurance_side(model.database, held.scores, chosen), ""
    except ScenarioError as error:
        show_error(error)
    return insurance_side(model.database, held.scores, choices[BASELINE]), failed


def _choice_words(each: InsuranceChoice) -> str:
    fixed = {BASELINE: _("对照：医保基线"), SESSION: _("对照：正在推演的医保方案")}
    return fixed.get(each.code, "") or _("对照：{name}", name=each.name)


def _year_words(model: FiscalModel) -> str:
    year = model.county.year
    if model.county.filled:
        return _("历史 = {year} 年，{months} 个月年化", year=year.year, months=year.months)
    if not year.complete:
        return _("历史 = {year} 年 {months} 个月合计，未年化", year=year.year, months=year.months)
    return _("历史 = {year} 年，12 个月齐全", year=year.year)


def _institutions(scene: _Scene) -> None:
    institutions_view(scene.outcome, scene.book, scene.codes, scene.source)
    plan_view(scene.model, scene.outcome, scene.codes, scene.source)
    guarantee_view(scene.model, scene.codes, scene.source)


def _prices(scene: _Scene) -> None:
    prices_view(scene.outcome, scene.book, scene.source)
    items_view(scene.model, scene.source)


SECTIONS: Sections[_Scene, None] = Sections(
    "fiscal_part",
    Section("saved", marked("方案"), lambda scene: saved_view(BENCH, scene.frame, scene.model, scene.plan, scene.book)),
    Section("institutions", marked("机构与项目"), _institutions),
    Section("prices", marked("两种改革"), _prices),
    Section("structure", marked("收入结构"), lambda scene: structure_view(scene.outcome, scene.source)),
    Section("contracts", marked("签约人群"), lambda scene: contract_view(scene.model, scene.source)),
    Section("path", marked("过渡三年"), lambda scene: path_view(scene.model, scene.plan)),
    Section("seek", marked("倒推求解"), lambda scene: seek_view(scene.model, scene.plan)),
    Section("balance", marked("一张县账"), lambda scene: balance_view(scene.both, scene.side, scene.beside)),
    Section("basis", marked("口径与出处"), lambda scene: basis_view(scene.model, scene.source)),
    first="institutions",
)
"""Below the results. The institutions follow the community chosen, all else is the county. Only the one that the reader has chosen is
drawn: the others cost nothing when a slider moves."""
