"""The insurance what-if on screen: panel at the left, money at the right, which follows a slider while it moves; the rest at rest."""

from dataclasses import dataclass

import streamlit as st

from dashboard.language import marked
from dashboard.services.common.directory import Directory, directory
from dashboard.services.common.filters import Filters
from dashboard.services.insurance.answer import Model
from dashboard.services.insurance.baseline import BaselineGap
from dashboard.services.insurance.plan import Plan
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.scenario_actions import Take, action_row
from dashboard.ui.frame.scenario_panel import coefficient_panel, followed
from dashboard.ui.frame.scenario_saved import saved_view
from dashboard.ui.insurance import export as insurance_export
from dashboard.ui.insurance import report as insurance_report
from dashboard.ui.insurance.ladder import ladder_view
from dashboard.ui.insurance.panel import PANEL
from dashboard.ui.insurance.recapture import recapture_view
from dashboard.ui.insurance.results import Where, show_results
from dashboard.ui.insurance.saved import BENCH
from dashboard.ui.insurance.solver import fund_form, global_view, optimise_view, seek_view
from dashboard.ui.insurance.state import STATE, current_plan
from dashboard.ui.insurance.views import baseline_view, bridge_view, hospitals_view, indicators_view, kinds_view, months_view, units_view
from dashboard.ui.insurance.words import finding
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, language, speaking
from dashboard.ui.kit.messages import empty_state, error_boundary, show_error
from dashboard.ui.kit.sections import Section, Sections
from dashboard.ui.kit.tables import ExportSource
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.outcome import Outcome


def no_baseline(gap: BaselineGap) -> None:
    """Say why there is nothing to reckon with."""
    empty_state(_(gap.why, **gap.details), _(gap.remedy, **gap.details))


@st.fragment
def workbench(frame: PageFrame, model: Model) -> None:
    """Draw everything that depends on the plan. Errors stay inside: the panel keeps working and nothing typed is lost.

    While a slider moves only ``_live`` runs, which stands inside; this runs when the hand rests.
    What a reader waits for comes first: the results, then the panel, which already shows what was set, then the view below.
    """
    with speaking(language()):  # asked for every text: once from the session is enough
        left, right = st.columns([0.25, 0.75], gap="small")
        plan = current_plan(model)
        scene = None
        with right, error_boundary():
            STATE.tell_problems(model)
            scene = _results(frame, model, plan)
        with left, card("insurance_panel", _("系数")):
            coefficient_panel(PANEL, model, plan, STATE)
        with right, error_boundary():
            if scene is not None:
                section = SECTIONS.choose(_("细看"))
                frame.tell_not_followed(*section.ignores)
                section.draw(scene)


@dataclass(frozen=True, eq=False)
class _Scene:
    """What was computed for one repaint, and what it was computed from."""

    frame: PageFrame
    model: Model
    plan: Plan
    outcome: Outcome
    reference: Outcome
    book: Directory
    where: Where
    source: ExportSource

    @property
    def codes(self) -> list[str]:
        """The communities that the reader looks at: the chosen one or all."""
        return [self.where.community] if self.where.community else list(self.outcome.communities.index)


def _results(frame: PageFrame, model: Model, plan: Plan) -> _Scene | None:
    """Draw the results; None when the plan cannot run, which is told."""
    try:
        outcome, reference = model.run(plan), model.reference()
    except ScenarioError as error:
        show_error(error)
        return None
    book = directory(model.database)
    names = {str(code): book.community_name(code) for code in outcome.communities.index}
    community = _community(frame.filters, outcome)
    where = Where(community, frame.filters.scheme_code, names[community] if community else _("全县"))
    source = ExportSource(f"{where.name} · {plan.scenario.name}", model.database.version)
    actions = st.container()
    _live(frame, model, reference, book, where)
    found = finding(outcome, names)
    frame.headline(found, _baseline_words(model))
    takes = (
        Take(
            _("导出 Excel"),
            lambda: insurance_export.scenario_workbook(model, plan, outcome, reference, book, source),
            insurance_export.FILE_NAME,
        ),
        Take(
            _("导出 Word"),
            lambda: insurance_report.scenario_document(frame.filters, model, plan, outcome, reference),
            insurance_report.FILE_NAME,
            insurance_report.MIME,
        ),
    )
    with actions:
        action_row(BENCH, frame, model, plan, title=_("医保总额推演"), finding=found, takes=takes, source=source)
    return _Scene(frame, model, plan, outcome, reference, book, where, source)


@st.fragment
def _live(frame: PageFrame, model: Model, reference: Outcome, book: Directory, where: Where) -> None:
    """Draw what follows a moving slider, as one message."""
    with speaking(language()), error_boundary():
        plan = current_plan(model)
        try:
            outcome = model.run(plan)
        except ScenarioError as error:
            show_error(error)
            return
        show_results(frame, model, plan, outcome, reference, book, where, followed(PANEL, model, plan, STATE))


def _months(scene: _Scene) -> None:
    bridge_view(scene.outcome, scene.reference, scene.codes, scene.where.name, scene.source)
    months_view(scene.model, scene.outcome, scene.codes, scene.where.name, scene.source)


def _hospitals(scene: _Scene) -> None:
    hospitals_view(scene.outcome, scene.book, scene.codes, scene.where.name, scene.source)
    kinds, groups = st.columns(2, gap="small")
    with kinds:
        kinds_view(scene.outcome, scene.reference, scene.codes, scene.where.name, scene.source)
    with groups:
        recapture_view(scene.model, scene.plan, scene.source)


def _optimise(scene: _Scene) -> None:
    with card("insurance_fund", _("全县可用基金"), _("填写后作为全县封顶，随链接和方案保存")):
        fund_form(scene.model, scene.plan)
    optimise_view(scene.model, scene.plan, scene.book, scene.source)


SECTIONS: Sections[_Scene, None] = Sections(
    "detail",
    Section(
        "saved",
        marked("方案"),
        lambda scene: saved_view(BENCH, scene.frame, scene.model, scene.plan, scene.book),
        ignores=("community", "scheme"),
    ),
    Section(
        "months",
        marked("月度执行"),
        _months,
        ignores=("scheme",),
    ),
    Section("indicators", marked("指标"), lambda scene: indicators_view(scene.outcome, scene.reference), ignores=("community", "scheme")),
    Section("hospitals", marked("医院与服务"), _hospitals, ignores=("scheme",)),
    Section("units", marked("结算"), lambda scene: units_view(scene.outcome, scene.book, scene.source), ignores=("community", "scheme")),
    Section("seek", marked("倒推求解"), lambda scene: seek_view(scene.model, scene.plan), ignores=("community", "scheme")),
    Section("optimise", marked("优化分配"), _optimise, ignores=("community", "scheme")),
    Section("global", marked("全局敏感性"), lambda scene: global_view(scene.model, scene.plan), ignores=("community", "scheme")),
    Section("ladder", marked("分层保障"), lambda scene: ladder_view(scene.model, scene.where, scene.source)),
    Section(
        "baseline", marked("基线说明"), lambda scene: baseline_view(scene.model, scene.book, scene.source), ignores=("community", "scheme")
    ),
    first="indicators",
)
"""Below the results. Only the one that the reader has chosen is drawn: the others cost nothing when a slider moves."""


def _baseline_words(model: Model) -> str:
    first, last = model.county.base
    return _("基线 = {year} 年已定预算，基期 {first} 至 {last}", year=model.baseline.year, first=f"{first:%Y-%m}", last=f"{last:%Y-%m}")


def _community(filters: Filters, outcome: Outcome) -> str | None:
    return filters.community if filters.community in outcome.communities.index else None
