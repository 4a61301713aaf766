"""Schemes as documents: edit in detail, save as a new version with author and reason, compare, approve, freeze for a period."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.catalogue.scheme import Scheme
from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.freezing import changed_since
from dashboard.services.common.workspace import current_workspace
from dashboard.services.performance.answer import Ranking
from dashboard.services.performance.schemes import (
    approve_scheme,
    delivered_origin,
    freeze_scheme,
    frozen_result,
    history,
    save_scheme,
    scheme_differences,
    version_scheme,
)
from dashboard.ui.frame.audience import audience_choice
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import fitted_select
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped, show_error
from dashboard.ui.kit.signature import signature_field
from dashboard.ui.performance.editor import gates_editor, indicators_editor, pools_editor, rules_editor
from dashboard.ui.performance.weights import CHOICE_KEY, Working, choice_label, label
from dashboard.workspace import STATUS_LABELS, ConflictError, Status

_NOTICE = "performance_notice"
_DELIVERED = 0
"""The delivered scheme among the versions of what was made from it."""
FIELDS = {
    "weight": marked("权重"),
    "indicator": marked("指标"),
    "normalisation": marked("计分方式"),
    "attainment": marked("计分点"),
    "direction": marked("方向"),
    "bands": marked("等次"),
    "gates": marked("否决与扣分"),
    "pools": marked("资金规则"),
    "missing": marked("缺数据的处理"),
    "aggregation": marked("汇总方式"),
    "minimum_completeness": marked("可信的最低完整度"),
    "dimensions": marked("维度"),
    "name": marked("名称"),
}


def _names(scheme: Scheme) -> dict[str, str]:
    return {indicator.id: label(indicator) for indicator in scheme.indicators}


def difference_table(before: Scheme, after: Scheme) -> pd.DataFrame:
    """Return the differences of two schemes as rows for a reader."""
    names = _names(before) | _names(after)
    rows = [
        (names.get(each.where, ""), _(FIELDS.get(each.field, each.field)), each.before, each.after)
        for each in scheme_differences(before, after)
    ]
    return pd.DataFrame(rows, columns=["where", "field", "before", "after"])


def _show_differences(before: Scheme, after: Scheme, key: str) -> None:
    table = difference_table(before, after)
    if table.empty:
        st.caption(_("没有差别。"))
        return
    st.dataframe(
        table,
        hide_index=True,
        key=key,
        height=min(300, 36 * len(table) + 40),
        column_config={"where": _("指标"), "field": _("内容"), "before": _("原来"), "after": _("现在")},
    )


def _save(frame: PageFrame, working: Working) -> None:
    choice = working.choice
    start = choice.name if choice.document_id else _("{name}（本县）", name=label(choice.scheme))
    with st.form("performance_save_form", border=False):
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            name = st.text_input(_("方案名称"), max_chars=100, key=typed(f"performance_name_{choice.key}", start), persist_state=KEPT)
            author = signature_field("performance_author")
            reason = st.text_input(_("理由"), max_chars=500, key=typed("performance_reason"), persist_state=KEPT)
            pressed = st.form_submit_button(_("保存为新版本"), type="primary")
        if choice.document_id is None:
            st.caption(_("随产品交付的方案不会被改写：保存得到本县自己的一份。"))
    if pressed:
        try:
            saved = save_scheme(
                current_workspace(),
                choice,
                working.scheme,
                name=name,
                author=author,
                reason=reason,
                data_version=frame.database.version.load_id,
            )
        except ConflictError as error:
            _conflict(working, error)
            return
        let_go("performance_reason", f"performance_name_{choice.key}")
        _done(saved.key, _("已保存：{name}", name=choice_label(saved)))


def _conflict(working: Working, error: ConflictError) -> None:
    """Tell that somebody was faster; what was edited stays in hand, and the difference to the newest version is shown."""
    show_error(error)
    theirs = version_scheme(current_workspace(), error.document_id, error.version)
    st.caption(_("您手中的改动仍在。与对方刚保存的第 {version} 版相比：", version=error.version))
    _show_differences(theirs, working.scheme, "performance_conflict")
    st.caption(_("改个名称即可另存为一份；或“恢复方案”后在最新版上重做。"))


def _done(key: str, message: str) -> None:
    st.session_state[_NOTICE] = message
    st.session_state["performance_choose_next"] = key
    st.rerun()


def tell_notice() -> None:
    """Say once what was just saved; called where the page begins."""
    message = st.session_state.pop(_NOTICE, None)
    if message:
        st.toast(escaped(message), icon=":material/check_circle:")
    chosen = st.session_state.pop("performance_choose_next", None)
    if chosen:
        st.session_state[CHOICE_KEY] = chosen


def _decide(frame: PageFrame, working: Working, ranking: Ranking | None) -> None:
    """Draw approval and freezing of the version as saved."""
    choice = working.choice
    if choice.document_id is None or working.edited:
        st.caption(_("审定与冻结只针对已保存的版本：请先保存。"))
        return
    with st.form("performance_decide_form", border=False), st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        author = signature_field("performance_decider")
        reason = st.text_input(_("依据（必填）"), max_chars=500, key=typed("performance_ground"), persist_state=KEPT)
        period = formatting.period(frame.filters.period, language())
        approve = st.form_submit_button(_("审定"), disabled=choice.status is not Status.DRAFT)
        freeze = st.form_submit_button(
            _("按 {period} 冻结", period=period), disabled=choice.status is Status.DRAFT or ranking is None, type="primary"
        )
    if approve:
        approved = approve_scheme(current_workspace(), choice, author=author, reason=reason)
        let_go("performance_ground")
        _done(approved.key, _("已审定"))
    if freeze and ranking is not None:
        frozen = freeze_scheme(
            current_workspace(), choice, ranking, author=author, reason=reason, data_version=frame.database.version.load_id
        )
        let_go("performance_ground")
        _done(frozen.key, _("已冻结 {period} 的得分", period=period))


def frozen_words(frame: PageFrame, working: Working, ranking: Ranking | None) -> str:
    """Return a sentence about the frozen result of this period and whether today's scores still agree; empty without one."""
    result = frozen_result(current_workspace(), working.choice, frame.filters.period)
    if result is None:
        return ""
    rows = result.content["rows"]
    assert isinstance(rows, list)
    kept = {row["unit"]: row["total"] for row in rows}  # type: ignore[index, call-overload]
    text = _("本期得分已冻结（第 {version} 次，数据版本 {data}）", version=(result.version + 1) // 2, data=result.data_version)
    changed = changed_since(frame.database, result.data_version, frame.filters.period).text(language())
    text = "；".join(filter(None, (text, changed)))
    if ranking is None:
        return text
    now = {str(unit): None if value != value else round(float(value), 6) for unit, value in ranking.current.total.items()}
    return text if now == kept else text + _("；按今天的数据或权重重算会不同，冻结的得分不变")


def _history(working: Working) -> None:
    versions = history(current_workspace(), working.choice)
    if not versions:
        st.caption(
            _(
                "随产品交付的方案，版本 {version}，自 {date} 起；没有修改历史。",
                version=working.scheme.version,
                date=formatting.day(working.scheme.valid_from, language()),
            )
        )
        return
    table = pd.DataFrame(
        [
            (
                f"v{each.version}",
                _(STATUS_LABELS[each.status]),
                each.period or "",
                each.author or _("未登录"),
                each.reason,
                formatting.moment(each.created_at),
            )
            for each in versions
        ],
        columns=["version", "status", "period", "author", "reason", "at"],
    )
    st.dataframe(
        table,
        hide_index=True,
        key="performance_history",
        column_config={
            "version": _("版本"),
            "status": _("状态"),
            "period": _("期间"),
            "author": _("保存人"),
            "reason": _("理由"),
            "at": _("时间"),
        },
    )
    workspace, document = current_workspace(), str(working.choice.document_id)
    audience_choice(document, key="performance")
    names = {each.version: f"v{each.version}" for each in versions}
    origin = delivered_origin(workspace, working.choice)
    if origin is not None:
        names[_DELIVERED] = choice_label(origin)
    with st.container(horizontal=True, gap="small"):
        left = fitted_select(_("比较版本"), names, index=len(names) - 1, key="performance_left")
        right = fitted_select(_("与版本"), names, key="performance_right")
    before, after = (
        origin.scheme if origin is not None and number == _DELIVERED else version_scheme(workspace, document, number)
        for number in (left, right)
    )
    _show_differences(before, after, "performance_differences")


def versions_section(frame: PageFrame, working: Working, ranking: Ranking | None) -> None:
    """Draw editor, saving, approval and history of the scheme in hand."""
    title = _("方案“{name}”", name=choice_label(working.choice))
    with card("performance_versions", title, _("有未保存的改动") if working.edited else _("与已保存的一致")):
        names = [_("保存与审定"), _("指标与计分"), _("等次与缺数据"), _("否决与扣分"), _("资金规则"), _("版本历史")]
        tabs = st.tabs(names)
        with tabs[0]:
            _told(partial(_save, frame, working))
            _told(partial(_decide, frame, working, ranking))
            if working.edited:
                st.caption(_("尚未保存的改动："))
                _show_differences(working.choice.scheme, working.scheme, "performance_pending")
        for tab, editor in zip(tabs[1:5], (indicators_editor, rules_editor, gates_editor, pools_editor), strict=True):
            with tab:
                _told(partial(editor, working))
        with tabs[5]:
            _told(partial(_history, working))


def _told(draw: Callable[[], None]) -> None:
    """Draw one part; what it refuses is told under it, and everything that was typed stays where it is."""
    try:
        draw()
    except ProductError as error:
        show_error(error)
