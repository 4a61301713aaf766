"""The eight ways of sinking resources × centres, and the help plan of a centre."""

import datetime
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.clock import today
from dashboard.services.common.directory import directory
from dashboard.services.common.kept import Kept
from dashboard.services.common.workspace import current_workspace
from dashboard.services.contracts.plans import LONGEST_AIM, HelpPlan, Task, list_plans, plan_of, save_plan
from dashboard.services.contracts.sinking import Sinking, met, sinking
from dashboard.states import SIGNS, State, signed
from dashboard.store.codes import SUPPORT_KIND
from dashboard.ui.contracts.charts import grid_figure
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import fitted_select
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import show_figure
from dashboard.ui.kit.definition import Definition, definition
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.formatting import MISSING
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state, escaped, open_dialog, show_error
from dashboard.ui.kit.signature import signature_field
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.workspace import UNSIGNED

WAYS = {
    1: marked("帮扶计划"),
    2: marked("驻点团队"),
    3: marked("退休医护进团队"),
    4: marked("1+N 师带徒"),
    5: marked("进修满 3 个月"),
    6: marked("骨干培训班 ≥2 次/年"),
    7: marked("质量检查 ≥2 次/年"),
    8: marked("下转病人（例）"),
}
"""The eight ways in the seed's order."""


def way_names() -> dict[int, str]:
    """Return the names of the eight ways with their numbers, in the reader's language."""
    return {number: f"{number} {_(label)}" for number, label in WAYS.items()}


def _plans() -> dict[str, Kept[HelpPlan]]:
    """Return the help plans; none, and why, when the workspace cannot be read: the grid stands without it."""
    try:
        return list_plans(current_workspace())
    except ProductError as error:
        show_error(error)
        return {}


def sinking_card(frame: PageFrame) -> None:
    """Draw the grid, and the help plan of a centre."""
    plans = _plans()
    answer = sinking(frame.database, frame.filters.period.last, frame.filters.community, tuple(sorted(plans)))
    centres = answer.grid["centre"].nunique()
    title = _("资源下沉八种方式 × {count} 家中心", count=centres)
    with card("contract_sinking", title, _("近 12 个月，顺序同浙江省 2018 年材料"), details=partial(_details, frame, answer)):
        if not answer.reported or not centres:
            empty_state(
                _("没有派驻、帮扶和下转数据。"),
                _("请载入“对口帮扶月报”（fact_support）、“人员派驻月报”（fact_posting）和“转诊月报”（fact_referral）。"),
            )
            return
        show_figure(grid_figure(answer.grid, way_names()), key="chart_contract_sinking", alt=title)
        reached = met(answer.grid)
        told = _("；").join(
            _("{way} 做到 {met}/{all}", way=_(WAYS[way]), met=int(reached["met"][way]), all=int(reached["known"][way]))
            for way in (5, 6, 7)
            if reached["known"][way]
        )
        legend = " ".join([signed(State.GOOD, _("做到")), signed(State.WARNING, _("有一些")), signed(State.BAD, _("没有"))])
        st.caption(escaped(" · ".join(filter(None, [legend, _("只有材料给了数的方式才判，其余只列数"), told]))))
        if answer.missing:
            st.caption(escaped(_("近 12 个月没有 {tables}，相应方式不知道，显示 —。", tables=_("、").join(answer.missing))))
        if not answer.training_base and "fact_posting" not in answer.missing:
            st.caption(escaped(_("没有满 3 个月人数或应训人员，第 5 种最多判到“有一些”（fact_posting.people_3_months、fact_workforce）。")))
        others = [f"{code_label(SUPPORT_KIND, str(kind))} {formatting.number(count)}" for kind, count in answer.others.items()]
        if others:
            st.caption(escaped(_("八种之外的其他支持（场次）：{list}", list=_("、").join(others))))
        _plan_row(answer, plans)


def _plan_row(answer: Sinking, plans: dict[str, Kept[HelpPlan]]) -> None:
    names = answer.grid.drop_duplicates("centre").set_index("centre")["name"].astype(str)
    overdue = sum(saved.content.overdue(today()) for code, saved in plans.items() if code in names.index)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        told = {str(code): f"{name} {SIGNS[State.GOOD] if code in plans else ''}".strip() for code, name in names.items()}
        chosen = fitted_select(_("帮扶计划"), told, key="helped_centre")
        if st.button(_("打开帮扶计划"), key="open_help_plan", icon=":material/description:"):
            form = partial(help_plan_form, chosen, str(names[chosen]), plans.get(chosen))
            open_dialog(_("帮扶计划：{centre}", centre=names[chosen]), form)
        known = len(set(plans) & set(names.index))
        st.caption(escaped(_("已有计划 {count} 家，逾期任务 {overdue} 项", count=known, overdue=overdue)), width="content")


def help_plan_form(centre: str, name: str, over: Kept[HelpPlan] | None) -> None:
    """Draw the form of a centre's help plan, filled with the version ``over``; what is typed stays until it was saved."""
    key = f"help_plan_{centre}"
    plan = over.content if over else None
    if over:
        when = formatting.moment(over.created_at)
        st.caption(
            escaped(_("第 {version} 版，{author} 保存于 {when}", version=over.version, author=over.author or _(UNSIGNED), when=when))
        )
    with st.form(f"{key}_form", border=False):
        aim = st.text_area(
            _("目标"), max_chars=LONGEST_AIM, height=80, key=typed(f"{key}_aim", plan.aim if plan else ""), persist_state=KEPT
        )
        tasks = st.text_area(
            _("任务：一行一条，写成“任务 | 2026-06-30 | 完成”，期限和“完成”可不写"),
            height=130,
            key=typed(f"{key}_tasks", _lines_of(plan)),
            persist_state=KEPT,
        )
        progress = st.text_area(
            _("进展"), max_chars=LONGEST_AIM, height=68, key=typed(f"{key}_progress", plan.progress if plan else ""), persist_state=KEPT
        )
        author = signature_field(f"{key}_author")
        sent = st.form_submit_button(_("保存帮扶计划"), type="primary")
    if not sent:
        return
    try:
        content = plan_of(centre=centre, centre_name=name, aim=aim.strip(), tasks=_tasks(tasks), progress=progress.strip())
        save_plan(current_workspace(), content, author=author, over=over)
    except ProductError as error:
        show_error(error)
        return
    let_go(f"{key}_aim", f"{key}_tasks", f"{key}_progress")
    st.rerun()


def _lines_of(plan: HelpPlan | None) -> str:
    if plan is None:
        return ""
    return "\n".join(
        " | ".join(filter(None, [task.what, f"{task.due:%Y-%m-%d}" if task.due else "", _("完成") if task.done else ""]))
        for task in plan.tasks
    )


def _tasks(text: str) -> tuple[dict[str, object], ...]:
    """Return the tasks that were typed, one a line: what, then a date and the word for done in either order."""
    found = []
    for line in text.splitlines():
        what, *rest = [part.strip() for part in line.split("|")]
        if not what:
            continue
        due, done = None, False
        for part in filter(None, rest):
            if part in ("完成", "done", _("完成")):
                done = True
            else:
                due = _date(part, what)
        found.append(Task(what=what[:200], due=due, done=done).model_dump())
    return tuple(found)


def _date(text: str, task: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise ProductError(marked("任务的期限看不懂"), marked("请写成 2026-06-30；填写的内容仍在本页"), where=f"{task}: {text}") from error


def _amount(way: int, value: float) -> str:
    return formatting.people(value, language()) if way == 8 else formatting.number(value, 2 if way == 5 and value % 1 else 0)


def _details(frame: PageFrame, answer: Sinking) -> None:
    names, communities = way_names(), directory(frame.database).communities["short_name"]
    words = {"met": _("做到"), "some": _("有一些"), "none": _("没有"), "unknown": MISSING}
    rows = answer.grid.assign(
        place=answer.grid["community"].map(communities),
        told_way=[names[int(way)] for way in answer.grid["way"]],
        told=[_amount(way, value) for way, value in zip(answer.grid["way"], answer.grid["value"], strict=True)],
        judged=[
            words[state] if pd.notna(needed) else _("不判")
            for state, needed in zip(answer.grid["state"], answer.grid["needed"], strict=True)
        ],
    )  # fmt: skip
    columns = [
        TableColumn("place", _("医共体")),
        TableColumn("name", _("中心")),
        TableColumn("told_way", _("方式")),
        TableColumn("told", _("数值")),
        TableColumn("judged", _("判断")),
    ]
    show_table(rows, columns, key="contract_sinking", title=_("资源下沉八种方式"), source=frame.source(), rows=12)
    definition(
        Definition(
            name=_("资源下沉八种方式"),
            meaning=_(
                "第 6、7 种近 12 个月 ≥ 2 次为做到；第 5 种看满 3 个月的进修人数 ÷ 应训医护人员，全员轮训一遍为做到；其余只列数、不判。"
            ),
            source=_("、").join(("fact_support", "fact_posting", "fact_workforce", "fact_referral")),
            grade=_("种子文件：浙江省 2018 年材料；分档为本产品口径，待核实"),
        )
    )
