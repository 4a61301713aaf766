"""The insurance what-if on screen: panel at the left, money at the right, repainted in one fragment when a slider is released."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard.services.directory import Directory, directory
from dashboard.services.filters import Filters
from dashboard.services.insurance import Model
from dashboard.services.insurance_baseline import BaselineGap
from dashboard.services.insurance_plan import Plan
from dashboard.ui.cards import card
from dashboard.ui.i18n import _, language, speaking
from dashboard.ui.insurance_actions import action_row
from dashboard.ui.insurance_ladder import ladder_view
from dashboard.ui.insurance_panel import coefficient_panel
from dashboard.ui.insurance_recapture import recapture_view
from dashboard.ui.insurance_results import Where, show_results
from dashboard.ui.insurance_saved import saved_view
from dashboard.ui.insurance_solver import fund_form, global_view, optimise_view, seek_view
from dashboard.ui.insurance_state import current_plan, edit, tell_problems
from dashboard.ui.insurance_views import baseline_view, hospitals_view, indicators_view, kinds_view, months_view, units_view
from dashboard.ui.insurance_words import finding
from dashboard.ui.messages import empty_state, error_boundary, show_error
from dashboard.ui.shell import PageFrame
from dashboard.ui.tables import ExportSource
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.outcome import Outcome


def no_baseline(gap: BaselineGap) -> None:
    """Say why there is nothing to reckon with."""
    empty_state(_(gap.why, **gap.details), _(gap.remedy, **gap.details))


@st.fragment
def workbench(frame: PageFrame, model: Model) -> None:
    """Draw everything that a slider moves. Errors stay inside: the panel keeps working and nothing typed is lost.

    What a reader waits for comes first: the results, then the panel, which already shows what was set, then the view below.
    """
    with speaking(language()):  # asked for every text: once from the session is enough
        left, right = st.columns([0.25, 0.75], gap="small")
        plan = current_plan(model)
        scene = None
        with right, error_boundary():
            tell_problems(model)
            scene = _results(frame, model, plan)
        with left, card("insurance_panel", _("系数")):
            coefficient_panel(model, plan, partial(edit, model))
        with right, error_boundary():
            if scene is not None:
                _detail(frame, model, plan, scene)


@dataclass(frozen=True, eq=False)
class _Scene:
    """What was computed for one repaint."""

    outcome: Outcome
    reference: Outcome
    book: Directory
    where: Where
    source: ExportSource


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
    show_results(model, plan, outcome, reference, book, where)
    frame.headline(finding(outcome, names), _baseline_words(model))
    with actions:
        action_row(frame, model, plan, outcome, reference, book, source)
    return _Scene(outcome, reference, book, where, source)


def _detail(frame: PageFrame, model: Model, plan: Plan, scene: _Scene) -> None:
    """Draw the one view below that the reader has chosen: only this one costs time when a slider moves."""
    outcome, reference, book, where, source = scene.outcome, scene.reference, scene.book, scene.where, scene.source
    views = {
        "saved": _("方案"),
        "months": _("月度执行"),
        "indicators": _("指标"),
        "hospitals": _("医院与服务"),
        "units": _("结算"),
        "seek": _("倒推求解"),
        "optimise": _("优化分配"),
        "global": _("全局敏感性"),
        "ladder": _("分层保障"),
        "baseline": _("基线说明"),
    }
    codes = [where.community] if where.community else list(outcome.communities.index)
    view = st.segmented_control(
        _("细看"),
        list(views),
        default="indicators",
        format_func=views.__getitem__,
        key="insurance_view",
        label_visibility="collapsed",
        required=True,
    )
    if view == "saved":
        saved_view(frame, model, plan, book)
    elif view == "months":
        months_view(model, outcome, codes, where.name, source)
    elif view == "indicators":
        indicators_view(outcome, reference)
    elif view == "hospitals":
        hospitals_view(outcome, book, codes, where.name, source)
        kinds, groups = st.columns(2, gap="small")
        with kinds:
            kinds_view(outcome, reference, codes, where.name, source)
        with groups:
            recapture_view(model, plan, source)
    elif view == "units":
        units_view(outcome, book, source)
    elif view == "seek":
        seek_view(model, plan)
    elif view == "optimise":
        with card("insurance_fund", _("全县可用基金"), _("填写后作为全县封顶，随链接和方案保存")):
            fund_form(model, plan)
        optimise_view(model, plan, book, source)
    elif view == "global":
        global_view(model, plan)
    elif view == "ladder":
        ladder_view(model, where, source)
    else:
        baseline_view(model, book, source)


def _baseline_words(model: Model) -> str:
    first, last = model.county.base
    return _("基线 = {year} 年已定预算，基期 {first} 至 {last}", year=model.baseline.year, first=f"{first:%Y-%m}", last=f"{last:%Y-%m}")


def _community(filters: Filters, outcome: Outcome) -> str | None:
    return filters.community if filters.community in outcome.communities.index else None
