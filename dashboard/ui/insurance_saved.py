"""Saved scenarios: save with name, author and reason, open, rename, duplicate, archive, compare up to four."""

from collections.abc import Callable

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.directory import Directory
from dashboard.services.insurance import Model
from dashboard.services.insurance_plan import Plan
from dashboard.services.scenarios import (
    MOST_COMPARED,
    Saved,
    Side,
    archive_saved,
    compare_plans,
    differing,
    duplicate_saved,
    list_saved,
    rename_saved,
    restore_saved,
    save_plan,
)
from dashboard.services.workspace import current_workspace
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.i18n import _, language
from dashboard.ui.insurance_board import BoardCell, show_grid
from dashboard.ui.insurance_panel import label, value_words
from dashboard.ui.insurance_state import open_plan, set_plan
from dashboard.ui.messages import empty_state, escaped, show_error
from dashboard.ui.theme import State

_CURRENT = "current"
_TOLD = "insurance_told"


def save_form(model: Model, plan: Plan, saved: tuple[Saved, ...]) -> None:
    """Draw the form that saves the plan of now. A conflict or a wrong name is told; what was typed stays."""
    with card("insurance_save", _("保存当前方案"), _("已改动 {count} 项", count=plan.changed)):
        with st.form("insurance_save_form", border=False):
            first, second = st.columns(2, gap="small")
            name = first.text_input(_("名称"), max_chars=100)
            author = second.text_input(_("作者"), max_chars=100)
            reason = st.text_area(_("理由"), max_chars=1000, height=68)
            targets = {"": _("存为新方案")} | {each.document_id: _("更新“{name}”", name=each.name) for each in saved if each.plan}
            over = st.selectbox(_("存到"), list(targets), format_func=targets.__getitem__)
            sent = st.form_submit_button(_("保存"), type="primary")
        missing = [key for key in plan.scenario.coefficients if key not in plan.scenario.rationale]
        if missing:
            names = _("、").join(label(model.baseline.coefficients.coefficients[key]) for key in missing[:6])
            st.caption(escaped(_("还没写理由的改动：{names}", names=names)))
        if not sent:
            return
        chosen = next((each for each in saved if each.document_id == over), None)
        try:
            done = save_plan(
                current_workspace(),
                plan,
                name=name or (chosen.name if chosen else ""),
                author=author,
                reason=reason,
                load_id=model.database.version.load_id,
                over=chosen,
            )
        except ProductError as error:
            show_error(error)
            return
        st.session_state[_TOLD] = _("已保存“{name}”，第 {version} 版", name=done.name, version=done.version)
        st.rerun()


def saved_view(model: Model, plan: Plan, book: Directory) -> None:
    """Draw saving, the list and the comparison."""
    workspace = current_workspace()
    archived = st.toggle(_("看已归档的"), key="insurance_archived")
    saved = list_saved(workspace, archived=archived)
    told = st.session_state.pop(_TOLD, "")
    if told:
        st.success(escaped(told), icon="✅")
    left, right = st.columns([1, 1.5], gap="small")
    with left:
        save_form(model, plan, saved if not archived else ())
    with right:
        _list(model, saved, archived)
    if not archived:
        _compare(model, plan, saved, book)


def _list(model: Model, saved: tuple[Saved, ...], archived: bool) -> None:
    with card("insurance_saved", _("已存方案 {count} 个", count=len(saved)), _("只增不删；归档后可恢复")):
        if not saved:
            empty_state(_("还没有保存过方案。"), _("在左边填写名称保存当前方案。"))
            return
        names = {
            each.document_id: f"{each.name} · v{each.version} · {each.created_at:%Y-%m-%d} · {each.author or _('未署名')}" for each in saved
        }
        chosen_id = st.selectbox(_("方案"), list(names), format_func=names.__getitem__, key="insurance_saved_choice")
        chosen = next(each for each in saved if each.document_id == chosen_id)
        if chosen.reason:
            st.caption(escaped(chosen.reason))
        if chosen.problem:
            show_error(chosen.problem)
        elif chosen.data_version != model.baseline.data_version:
            st.caption(
                escaped(
                    _(
                        "建立在数据版本 {other} 上，当前 {now}：打开时会先问是否改换。",
                        other=chosen.data_version,
                        now=model.baseline.data_version,
                    )
                )
            )
        new_name = st.text_input(_("新名称（改名或复制用）"), key="insurance_new_name", max_chars=100)
        with st.container(horizontal=True, gap="small"):
            if st.button(_("打开"), key="insurance_open", type="primary", disabled=chosen.plan is None):
                _opened(model, chosen)
            if st.button(_("改名"), key="insurance_rename"):
                _done(lambda: rename_saved(current_workspace(), chosen, new_name))
            if st.button(_("复制"), key="insurance_duplicate"):
                _done(lambda: duplicate_saved(current_workspace(), chosen, new_name or _("{name}（副本）", name=chosen.name)))
            if archived:
                if st.button(_("恢复"), key="insurance_restore"):
                    _done(lambda: restore_saved(current_workspace(), chosen))
            elif st.button(_("归档"), key="insurance_archive"):
                _done(lambda: archive_saved(current_workspace(), chosen))


def _opened(model: Model, chosen: Saved) -> None:
    if chosen.plan is None:
        return
    open_plan(model, chosen.plan)
    plan = st.session_state.get("insurance_plan")
    if isinstance(plan, Plan):
        set_plan(plan)
    st.rerun()


def _done(act: Callable[[], object]) -> None:
    try:
        act()
    except ProductError as error:
        show_error(error)
        return
    st.rerun()


def _compare(model: Model, plan: Plan, saved: tuple[Saved, ...], book: Directory) -> None:
    with card("insurance_compare", _("并排比较"), _("最多 {most} 个，第一个为参照", most=MOST_COMPARED)):
        plans: dict[str, tuple[str, Plan]] = {_CURRENT: (_("当前"), plan)}
        plans |= {each.document_id: (each.name, each.plan) for each in saved if each.plan}
        first, second = st.columns([4, 1], gap="small", vertical_alignment="bottom")
        with first:
            chosen = st.multiselect(
                _("方案"),
                list(plans),
                default=[_CURRENT],
                max_selections=MOST_COMPARED,
                format_func=lambda key: plans[key][0],
                placeholder=_("请选择"),
                key="insurance_compared",
            )
        with second:
            rebased = st.checkbox(_("改换到当前数据"), key="insurance_compare_rebased")
        try:
            sides = compare_plans(model, against_baseline(model, [plans[key] for key in chosen]), rebased=rebased)
        except ProductError as error:
            show_error(error)
            return
        comparison_grid(model, sides, book)


def against_baseline(model: Model, chosen: list[tuple[str, Plan]]) -> list[tuple[str, Plan]]:
    """Put the baseline first while there is room for it."""
    return chosen if len(chosen) == MOST_COMPARED else [(_("基线"), model.start()), *chosen]


def _difference(now: float, first: float, *, share: bool = False) -> str:
    change = now - first
    return formatting.points(change) if share else formatting.money(change, language(), signed=True)


def comparison_grid(model: Model, sides: tuple[Side, ...], book: Directory) -> None:
    """Draw plans side by side: the money, what each community is left with, and the coefficients in which they differ."""
    if not sides:
        return
    reader, reference = language(), sides[0].outcome
    rows = []
    for name, pick in ((_("总额预算"), "budget"), (_("预计支出"), "spending"), (_("全县结余"), "balance")):
        cells = [BoardCell(name)]
        for side in sides:
            value = getattr(side.outcome, pick)
            words = formatting.money(value, reader, signed=pick == "balance")
            if side is not sides[0]:
                words += f"（{_difference(value, getattr(reference, pick))}）"
            cells.append(BoardCell(words, State.BAD if pick == "balance" and value < 0 else State.NEUTRAL))
        rows.append(cells)
    for code in reference.communities.index:
        cells = [BoardCell(_("{name} 结余", name=book.community_name(str(code))))]
        for side in sides:
            value = float(side.outcome.communities.loc[code, "balance"])
            words = formatting.money(value, reader, signed=True)
            if side is not sides[0]:
                words += f"（{_difference(value, float(reference.communities.loc[code, 'balance']))}）"
            cells.append(BoardCell(words, State.BAD if value < 0 else State.NEUTRAL))
        rows.append(cells)
    for name in differing(sides):
        coefficient = model.baseline.coefficients.coefficients[name]
        cells = [BoardCell(f"● {label(coefficient)}")]
        cells += [
            BoardCell(value_words(coefficient, side.outcome.values[name]), title=side.plan.scenario.rationale.get(name, ""))
            for side in sides
        ]
        rows.append(cells)
    show_grid("compare", [_("项目"), *(side.name for side in sides)], rows, alt=_("并排比较"))
