"""What an agenda item is in words, and what it shows on the screen of the meeting room."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard import formatting
from dashboard.errors import ProductError
from dashboard.services.common.addresses import AddressError, PageAddress
from dashboard.services.common.directory import directory
from dashboard.services.common.freezing import changed_since, frozen_period
from dashboard.services.common.scenarios import MOST_COMPARED, Saved, compare_plans, list_saved
from dashboard.services.common.scenarios import Model as ScenarioModel
from dashboard.services.common.workspace import current_workspace
from dashboard.services.fiscal.answer import MODEL as FISCAL
from dashboard.services.fiscal.answer import model_of_plan
from dashboard.services.insurance.answer import insurance_model
from dashboard.services.insurance.baseline import BaselineGap
from dashboard.services.insurance.scenarios import MODEL as INSURANCE
from dashboard.services.meeting.agendas import KIND_NAMES, AgendaItem
from dashboard.services.performance.answer import needed_ids, rank, score_inputs
from dashboard.services.performance.schemes import SchemeChoice, custom_indicators, frozen_rows, scheme_choices
from dashboard.states import SIGNS, State
from dashboard.ui.fiscal.page import shelf as fiscal_shelf
from dashboard.ui.fiscal.page import workbench as fiscal_workbench
from dashboard.ui.fiscal.saved import BENCH as FISCAL_BENCH
from dashboard.ui.frame.filters import filter_words
from dashboard.ui.frame.navigation import page_title
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.scenario_saved import Bench, against_baseline, comparison_grid
from dashboard.ui.insurance.page import no_baseline, workbench
from dashboard.ui.insurance.saved import BENCH as INSURANCE_BENCH
from dashboard.ui.insurance.state import scores_in_hand
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, show_error
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.meeting.text import show_text
from dashboard.ui.performance.export import league_columns, league_table
from dashboard.ui.performance.ranking import finding, ranking_block
from dashboard.ui.performance.weights import choice_label
from dashboard.workspace import Kind, MissingDocumentError, Version

ICONS = {
    "page": ":material/monitoring:",
    "scenarios": ":material/compare_arrows:",
    "scheme": ":material/leaderboard:",
    "text": ":material/notes:",
}
_LOADED = "meeting_loaded"


def address_words(frame: PageFrame, address: PageAddress) -> str:
    """Return an address as people say it: the page and what it is filtered to."""
    return " · ".join([page_title(address.page), *filter_words(frame.options, dict(address.parameters))])


def item_words(frame: PageFrame, item: AgendaItem) -> str:
    """Return in a few words what an item shows."""
    if item.kind == "text":
        return _(KIND_NAMES["text"])
    if item.kind == "scenarios":
        return _("推演方案对比 · {count} 个方案", count=len(item.scenario_ids))
    try:
        words = address_words(frame, item.page()) if item.address else ""
    except AddressError:
        words = _("页面已不存在")
    return words if item.kind == "page" else " · ".join(filter(None, [_(KIND_NAMES["scheme"]), words]))


def show_item(frame: PageFrame, item: AgendaItem, key: str) -> None:
    """Draw what ``item`` shows; ``key`` changes with the item, so that what one item loaded is not kept for the next."""
    frame.headline(item.title)
    if item.note:
        st.markdown(escaped(item.note))
    if item.kind == "text":
        show_text(item.text, "slide_text")
    elif item.kind == "scheme":
        _scheme(frame, item)
    elif item.kind == "scenarios":
        _scenarios(frame, item, key)
    else:
        empty_state(_("“{title}”所指的页面在这个版本里没有。", title=item.title), _("请在议程里改用其他页面，或升级程序后再打开。"))


# Scenarios -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Stage:
    """One what-if page as an agenda shows it: its county, its saved scenarios, and the page itself for trying things live."""

    model: ScenarioModel
    bench: Bench
    live: Callable[[], None]


def _stage(frame: PageFrame, page: str, first: Saved) -> _Stage | None:
    """Return the page that the scenarios belong to; None, with the reason, when the county lacks its data."""
    if page == FISCAL:
        fiscal = model_of_plan(frame.database, first.plan)
        if isinstance(fiscal, BaselineGap):
            empty_state(_(fiscal.why, **fiscal.details), _(fiscal.remedy, **fiscal.details))
            return None
        return _Stage(fiscal, FISCAL_BENCH, lambda: fiscal_workbench(frame, fiscal_shelf()))
    insurance = insurance_model(frame.database, scores_in_hand())
    if isinstance(insurance, BaselineGap):
        no_baseline(insurance)
        return None
    return _Stage(insurance, INSURANCE_BENCH, lambda: workbench(frame, insurance))


def _scenarios(frame: PageFrame, item: AgendaItem, key: str) -> None:
    found: dict[str, list[Saved]] = {}
    for page in (INSURANCE, FISCAL):
        saved = {each.document_id: each for old in (False, True) for each in list_saved(current_workspace(), page, archived=old)}
        readable = [saved[name] for name in item.scenario_ids if name in saved and saved[name].plan]
        if readable:
            found[page] = readable
    insurance = insurance_model(frame.database, scores_in_hand()) if FISCAL not in found else None
    if isinstance(insurance, BaselineGap):
        no_baseline(insurance)
        return
    missing = len(item.scenario_ids) - sum(map(len, found.values()))
    if missing:
        st.warning(_("有 {count} 个方案已不在或无法读取。", count=missing), icon=":material/warning:")
    for page, readable in found.items():
        stage = _stage(frame, page, readable[0])
        if stage is not None:
            _on_stage(stage, readable, key if len(found) == 1 else f"{key}_{page}")


def _on_stage(stage: _Stage, readable: list[Saved], key: str) -> None:
    labels = {"compare": _("方案并排"), "live": _("现场推演")}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        view = st.segmented_control(
            _("看什么"), list(labels), default="compare", format_func=labels.__getitem__, required=True, key=f"meeting_view_{key}",
            label_visibility="collapsed",
        )  # fmt: skip
        if view == "live":
            st.markdown(_("从这个方案开始："), width="content")
            for saved in readable:
                if st.button(escaped(saved.name), key=f"meeting_load_{saved.document_id}", icon=":material/tune:"):
                    _load(stage, saved)
    if view == "compare":
        _compared(stage, readable)
        return
    if st.session_state.get(_LOADED) != key:
        st.session_state[_LOADED] = key
        _load(stage, readable[0])
    stage.live()


def _load(stage: _Stage, saved: Saved) -> None:
    """Put a saved scenario on the sliders; one of other data is offered for re-basing by the workbench itself."""
    if saved.plan is None:
        return
    state = stage.bench.state
    state.set_plan(stage.model.start())
    state.show_plan(stage.model, saved.plan)


def _compared(stage: _Stage, found: list[Saved]) -> None:
    model = stage.model
    here = model.baseline.data_version
    foreign = [saved.name for saved in found if saved.data_version != here]
    aside = _("已改换到当前数据：{names}", names=_("、").join(foreign)) if foreign else _("第一列为参照")
    with card("meeting_compare", _("{count} 个方案并排", count=len(found)), aside):
        plans = [(f"{saved.name} v{saved.version}", saved.plan) for saved in found if saved.plan]
        try:
            sides = compare_plans(model, against_baseline(model, plans)[:MOST_COMPARED], rebased=True)
        except ProductError as error:
            show_error(error)
            return
        comparison_grid(stage.bench, model, sides, directory(model.database))


# Schemes ---------------------------------------------------------------------------------------------------------------


def _scheme(frame: PageFrame, item: AgendaItem) -> None:
    choice = next((each for each in scheme_choices(current_workspace()) if each.key == item.document_id), None)
    if choice is not None:
        _ranking(frame, choice)
        return
    found = current_workspace().latest(item.document_id)
    if found.kind is Kind.RESULT:
        _frozen(frame, found)
        return
    raise MissingDocumentError


def _ranking(frame: PageFrame, choice: SchemeChoice) -> None:
    custom = custom_indicators(current_workspace())
    inputs = score_inputs(
        frame.database, frame.filters.period, tuple(sorted(needed_ids(choice.scheme))), frame.filters.scheme_code, (), custom
    )
    ranking = rank(choice.scheme, inputs)
    frame.headline(finding(ranking), _("方案“{name}”", name=choice_label(choice)))
    ranking_block(ranking, key="meeting_ranking")
    if ranking is not None and ranking.order:
        with card("meeting_league", _("得分与名次")):
            table, source = league_table(ranking, None), frame.source(choice_label(choice))
            show_table(table, league_columns(table, None), key="meeting_league", title=_("绩效排名表"), source=source)


def _frozen(frame: PageFrame, result: Version) -> None:
    table = frozen_rows(result, frame.database.scope)
    with card(
        "meeting_frozen", result.name, _("已冻结 · v{version} · {person}", version=result.version, person=result.author or _("未登录"))
    ):
        held = frozen_period(result.period)
        changed = changed_since(frame.database, result.data_version, held).text(language()) if held else ""
        if changed:
            st.caption(escaped(f"{SIGNS[State.WARNING]} {changed}"))
        show_table(
            table,
            (
                TableColumn("rank", _("名次"), "number"),
                TableColumn("name", _("单位")),
                TableColumn("total", _("得分"), "number"),
                TableColumn("band", _("等次")),
                TableColumn("completeness", _("数据完整度"), "percent"),
            ),
            key="meeting_frozen",
            title=result.name,
            source=frame.source(result.name),
        )
    first = table[table["rank"].eq(1)]
    if len(first):
        score = formatting.number(first["total"].iloc[0], 1)
        day = formatting.day(formatting.local_time(result.created_at).date(), language())
        frame.headline(_("{name}得 {score} 分，居第一", name=first["name"].iloc[0], score=score), day)
