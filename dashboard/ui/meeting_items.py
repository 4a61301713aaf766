"""What an agenda item is in words, and what it shows on the screen of the meeting room."""

import pandas as pd
import streamlit as st

from dashboard import formatting
from dashboard.errors import ProductError
from dashboard.services.addresses import AddressError, PageAddress
from dashboard.services.directory import directory
from dashboard.services.insurance import Model, frozen_scores, insurance_model
from dashboard.services.insurance_baseline import BaselineGap
from dashboard.services.meetings import KIND_NAMES, AgendaItem
from dashboard.services.performance import needed_ids, rank, score_inputs
from dashboard.services.performance_schemes import SchemeChoice, custom_indicators, scheme_choices
from dashboard.services.scenarios import MOST_COMPARED, Saved, compare_plans, list_saved
from dashboard.services.workspace import current_workspace
from dashboard.ui.cards import card
from dashboard.ui.filters import filter_words
from dashboard.ui.i18n import _, language
from dashboard.ui.insurance import no_baseline, workbench
from dashboard.ui.insurance_saved import against_baseline, comparison_grid
from dashboard.ui.insurance_state import open_plan, set_plan
from dashboard.ui.meeting_text import show_text
from dashboard.ui.messages import empty_state, escaped, show_error
from dashboard.ui.navigation import PAGES
from dashboard.ui.performance_export import league_columns, league_table
from dashboard.ui.performance_ranking import finding, ranking_block
from dashboard.ui.performance_weights import choice_label
from dashboard.ui.shell import PageFrame
from dashboard.ui.tables import TableColumn, show_table
from dashboard.workspace import Kind, MissingDocumentError, Version

ICONS = {
    "page": ":material/monitoring:",
    "scenarios": ":material/compare_arrows:",
    "scheme": ":material/leaderboard:",
    "text": ":material/notes:",
}
_LOADED = "meeting_loaded"


def page_title(address: PageAddress) -> str:
    """Return the name of the page of ``address`` in the reader's language."""
    return next((_(entry.title) for entry in PAGES if entry.name == address.page), address.page)


def address_words(frame: PageFrame, address: PageAddress) -> str:
    """Return an address as people say it: the page and what it is filtered to."""
    return " · ".join([page_title(address), *filter_words(frame.options, dict(address.parameters))])


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


def _scenarios(frame: PageFrame, item: AgendaItem, key: str) -> None:
    model = insurance_model(frame.database, frozen_scores(current_workspace()))
    if isinstance(model, BaselineGap):
        no_baseline(model)
        return
    everything = {saved.document_id: saved for archived in (False, True) for saved in list_saved(current_workspace(), archived=archived)}
    found = [everything[name] for name in item.scenario_ids if name in everything]
    readable = [saved for saved in found if saved.plan]
    if len(readable) < len(item.scenario_ids):
        st.warning(_("有 {count} 个方案已不在或无法读取。", count=len(item.scenario_ids) - len(readable)), icon="⚠️")
    if not readable:
        return
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
                    _load(model, saved)
    if view == "compare":
        _compared(model, readable)
        return
    if st.session_state.get(_LOADED) != key:
        st.session_state[_LOADED] = key
        _load(model, readable[0])
    workbench(frame, model)


def _load(model: Model, saved: Saved) -> None:
    """Put a saved scenario on the sliders; one of other data is offered for re-basing by the workbench itself."""
    if saved.plan is None:
        return
    set_plan(model.start())
    open_plan(model, saved.plan)
    plan = st.session_state.get("insurance_plan")
    if plan is not None:
        set_plan(plan)


def _compared(model: Model, found: list[Saved]) -> None:
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
        comparison_grid(model, sides, directory(model.database))


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
    rows = [row for row in result.content.get("rows", []) if isinstance(row, dict)]  # type: ignore[union-attr]
    table = pd.DataFrame(rows, columns=["rank", "name", "total", "band", "completeness"]).sort_values("rank", na_position="last")
    with card(
        "meeting_frozen", result.name, _("已冻结 · v{version} · {person}", version=result.version, person=result.author or _("未登录"))
    ):
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
    if rows and table["name"].notna().any():
        first = table.iloc[0]
        score = formatting.number(first["total"], 1)
        frame.headline(
            _("{name}得 {score} 分，居第一", name=first["name"], score=score), formatting.day(result.created_at.date(), language())
        )
