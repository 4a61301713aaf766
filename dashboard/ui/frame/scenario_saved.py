"""Saved scenarios: open, rename, duplicate, archive, compare up to four side by side, hand the comparison to a meeting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.directory import Directory
from dashboard.services.common.plan import Plan
from dashboard.services.common.scenarios import (
    MOST_COMPARED,
    Model,
    Saved,
    Side,
    archive_saved,
    compare_plans,
    differing,
    duplicate_saved,
    list_saved,
    rename_saved,
    restore_saved,
)
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import scenarios_item
from dashboard.ui.frame.audience import audience_choice
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.scenario_lines import CURRENT, Line, compared_cell
from dashboard.ui.frame.scenario_panel import label, value_words
from dashboard.ui.frame.scenario_state import ScenarioState
from dashboard.ui.frame.submit import submit_to_meeting
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import BoardCell, show_grid
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state, escaped, show_error
from dashboard.ui.kit.signature import signature_field


@dataclass(frozen=True)
class Bench:
    """One what-if page as its saved scenarios see it: ``key`` begins the names of its widgets and is the model of its documents.

    ``lines`` are the rows of its tables, given an outcome and who is who.
    """

    state: ScenarioState
    lines: Callable[[Any, Directory], Sequence[Line]]

    @property
    def key(self) -> str:
        """The page's word."""
        return self.state.key

    @property
    def reference_key(self) -> str:
        """Where the session keeps the column that the others are compared with."""
        return f"{self.key}_compare_reference"


def saved_view(bench: Bench, frame: PageFrame, model: Model, plan: Plan, book: Directory) -> None:
    """Draw the saved scenarios and the comparison."""
    workspace = current_workspace()
    archived = st.toggle(_("看已归档的"), key=f"{bench.key}_archived")
    saved = list_saved(workspace, bench.key, archived=archived)
    _list(bench, model, saved, archived)
    if not archived:
        _compare(bench, frame, model, plan, saved, book)


def _list(bench: Bench, model: Model, saved: tuple[Saved, ...], archived: bool) -> None:
    with card(f"{bench.key}_saved", _("已存方案 {count} 个", count=len(saved)), _("只增不删；归档后可恢复")):
        if not saved:
            empty_state(_("这里还没有方案。"), _("用上方的“另存为方案”保存当前方案。"))
            return
        names = {
            each.document_id: " · ".join((each.name, f"v{each.version}", formatting.moment(each.created_at), each.author or _("未署名")))
            for each in saved
        }
        first, second, third = st.columns([1.6, 1.2, 0.8], gap="small", vertical_alignment="bottom")
        with first:
            chosen_id = st.selectbox(_("方案"), list(names), format_func=names.__getitem__, key=f"{bench.key}_saved_choice")
        with second:
            new_name = st.text_input(_("新名称（改名或复制用）"), key=typed(f"{bench.key}_new_name"), max_chars=100, persist_state=KEPT)
        with third:
            person = signature_field(f"{bench.key}_list_author")
        chosen = next(each for each in saved if each.document_id == chosen_id)
        _about(model, chosen)
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            audience_choice(chosen.document_id, key=bench.key)
            if st.button(_("打开"), key=f"{bench.key}_open", type="primary", disabled=chosen.plan is None):
                _opened(bench, model, chosen)
            if st.button(_("改名"), key=f"{bench.key}_rename"):
                _done(lambda: rename_saved(current_workspace(), chosen, new_name, actor=person), f"{bench.key}_new_name")
            if st.button(_("复制"), key=f"{bench.key}_duplicate"):
                copy = new_name or _("{name}（副本）", name=chosen.name)
                _done(lambda: duplicate_saved(current_workspace(), chosen, copy, author=person), f"{bench.key}_new_name")
            if archived:
                if st.button(_("恢复"), key=f"{bench.key}_restore"):
                    _done(lambda: restore_saved(current_workspace(), chosen, actor=person))
            elif st.button(_("归档"), key=f"{bench.key}_archive"):
                _done(lambda: archive_saved(current_workspace(), chosen, actor=person))


def _about(model: Model, chosen: Saved) -> None:
    """Say why a scenario was made, with which program, and what stands in the way of opening it."""
    if chosen.problem:
        show_error(chosen.problem)
        return
    words = [chosen.reason] if chosen.reason else []
    if chosen.plan is not None and chosen.plan.scenario.app_version:
        words.append(_("程序版本 {version}", version=chosen.plan.scenario.app_version))
    if chosen.data_version != model.baseline.data_version:
        words.append(
            _("建立在数据版本 {other} 上，当前 {now}：打开时会先问是否改换。", other=chosen.data_version, now=model.baseline.data_version)
        )
    if words:
        st.caption(escaped(" · ".join(words)))


def _opened(bench: Bench, model: Model, chosen: Saved) -> None:
    if chosen.plan is None:
        return
    bench.state.show_plan(model, chosen.plan)
    st.rerun()


def _done(act: Callable[[], object], *fields: str) -> None:
    """Do ``act``; what was typed into ``fields`` is let go once it is done."""
    try:
        act()
    except ProductError as error:
        show_error(error)
        return
    let_go(*fields)
    st.rerun()


def _compare(bench: Bench, frame: PageFrame, model: Model, plan: Plan, saved: tuple[Saved, ...], book: Directory) -> None:
    with card(f"{bench.key}_compare", _("并排比较"), _("最多 {most} 个；点击列头换参照", most=MOST_COMPARED)):
        plans: dict[str, tuple[str, Plan]] = {CURRENT: (_("当前"), plan)}
        plans |= {each.document_id: (each.name, each.plan) for each in saved if each.plan}
        first, second, third = st.columns([4, 1.4, 1], gap="small", vertical_alignment="bottom")
        with first:
            chosen = st.multiselect(
                _("方案"),
                list(plans),
                default=[CURRENT],
                max_selections=MOST_COMPARED,
                format_func=lambda key: plans[key][0],
                placeholder=_("请选择"),
                key=f"{bench.key}_compared",
            )
        with second:
            rebased = st.checkbox(_("改换到当前数据"), key=f"{bench.key}_compare_rebased")
        with third:
            _submit(frame, [key for key in chosen if key != CURRENT], plans)
        try:
            sides = compare_plans(model, against_baseline(model, [plans[key] for key in chosen]), rebased=rebased)
        except ProductError as error:
            show_error(error)
            return
        comparison_grid(bench, model, sides, book)


def _submit(frame: PageFrame, chosen: list[str], plans: dict[str, tuple[str, Plan]]) -> None:
    """Draw 提交会议 for the saved scenarios that are compared; what is not saved cannot be shown again in a meeting."""
    item = None
    if chosen:
        names = _("、").join(plans[key][0] for key in chosen)
        item = scenarios_item(_("方案比较：{names}", names=names)[:120], chosen)
    submit_to_meeting(frame, item, key="comparison", unavailable=_("请先选择已保存的方案；“当前”要先另存为方案才能提交。"))


def against_baseline(model: Model, chosen: list[tuple[str, Plan]]) -> list[tuple[str, Plan]]:
    """Put the baseline first while there is room for it."""
    return chosen if len(chosen) == MOST_COMPARED else [(_("基线"), model.start()), *chosen]


def comparison_grid(bench: Bench, model: Model, sides: tuple[Side, ...], book: Directory) -> None:
    """Draw plans side by side: the page's lines, and the coefficients in which they differ.

    A click on a column's head makes it the reference; every other column says its difference from it.
    """
    if not sides:
        return
    chosen = st.session_state.get(bench.reference_key, "0")
    place = int(chosen) if chosen.isdigit() and int(chosen) < len(sides) else 0
    reference = sides[place].outcome
    rows = [
        [BoardCell(line.label), *(compared_cell(line, side.outcome, reference) for side in sides)] for line in bench.lines(reference, book)
    ]
    for name in differing(sides):
        coefficient = model.baseline.coefficients.coefficients[name]
        cells = [BoardCell(f"● {label(coefficient)}")]
        cells += [
            BoardCell(value_words(coefficient, side.outcome.values[name]), title=side.plan.scenario.rationale.get(name, ""))
            for side in sides
        ]
        rows.append(cells)
    heads = [_("项目"), *(side.name for side in sides)]
    choices = {at + 1: str(at) for at in range(len(sides))}
    pick = partial(st.session_state.__setitem__, bench.reference_key)
    show_grid(f"compare_{bench.key}", heads, rows, alt=_("并排比较"), choices=choices, chosen=str(place), on_pick=pick)
