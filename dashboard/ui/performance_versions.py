"""Schemes as documents: edit in detail, save as a new version with author and reason, compare, approve, freeze for a period."""

import pandas as pd
import streamlit as st

from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator
from dashboard.catalogue.scheme import Scheme
from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.performance import Ranking
from dashboard.services.performance_schemes import (
    approve_scheme,
    custom_indicators,
    freeze_scheme,
    frozen_result,
    history,
    save_scheme,
    scheme_differences,
    version_scheme,
)
from dashboard.services.workspace import current_workspace
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import escaped, show_error
from dashboard.ui.performance_weights import CHOICE_KEY, Working, choice_label, label, take
from dashboard.ui.shell import PageFrame
from dashboard.workspace import STATUS_LABELS, ConflictError, Status

_NOTICE = "performance_notice"
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
NORMALISATIONS = {
    "target": marked("目标达成"),
    "minmax": marked("极差（组内）"),
    "z": marked("标准分（组内）"),
    "ratio": marked("与平均之比"),
}
MISSING_RULES = {"reweighted": marked("权重由其他指标分担"), "zero": marked("按 0 分计"), "excluded": marked("全体不计此项")}


def _names(scheme: Scheme) -> dict[str, str]:
    return {indicator.id: label(indicator) for indicator in scheme.indicators}


def _edited(working: Working, table: pd.DataFrame) -> Scheme:
    """Return the scheme with the weights and forms of the edited table. Raises ``CatalogueError`` when a rule breaks."""
    rows = {str(row.id): row for row in table.itertuples()}
    forms = {_(text): form for form, text in NORMALISATIONS.items()}
    indicators = []
    for indicator in working.scheme.indicators:
        form = forms[rows[indicator.id].form]  # type: ignore[index]
        content = indicator.model_dump(exclude_unset=True) | {"weight": float(rows[indicator.id].weight), "normalisation": form}  # type: ignore[arg-type]
        if form == "ratio" and indicator.reference is None:
            content["reference"] = "mean"
        indicators.append(content)
    return working.scheme.changed(indicators=indicators)


def _table_editor(working: Working) -> None:
    names = _names(working.scheme)
    dimension = {each.id: label(each) for each in working.scheme.dimensions}
    frame = pd.DataFrame(
        [
            (
                indicator.id,
                names[indicator.id],
                dimension[indicator.dimension],
                indicator.weight,
                _(NORMALISATIONS[working.scheme.normalisation_of(indicator)]),
            )
            for indicator in working.scheme.indicators
        ],
        columns=["id", "name", "dimension", "weight", "form"],
    )
    with st.form("performance_table_form", border=False):
        changed = st.data_editor(
            frame,
            hide_index=True,
            disabled=["id", "name", "dimension"],
            key="performance_table",
            height=330,
            column_config={
                "id": _("编号"),
                "name": _("指标"),
                "dimension": _("维度"),
                "weight": st.column_config.NumberColumn(_("权重"), min_value=0.0, max_value=100.0, step=0.1, format="%.1f"),
                "form": st.column_config.SelectboxColumn(
                    _("计分方式"), options=[_(text) for text in NORMALISATIONS.values()], required=True
                ),
            },
        )
        with st.container(horizontal=True, gap="small"):
            plain = st.form_submit_button(_("应用（合计须为 100）"))
            scaled = st.form_submit_button(_("应用并按比例凑成 100"))
    if plain or scaled:
        total = float(changed["weight"].sum())
        if scaled and total > 0:
            changed = changed.assign(weight=changed["weight"] * 100 / total)
        take(working.choice, _edited(working, changed))
        st.rerun()


def _add_and_drop(working: Working) -> None:
    names = _names(working.scheme)
    own = {entry.id: entry.name for entry in custom_indicators(current_workspace())}
    known = load_catalogue().indicators
    offered = [name for name in [*own, *known] if name not in names and (name in own or _can_be_added(known[name]))]
    dimensions = {each.id: label(each) for each in working.scheme.dimensions}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        dropped = st.selectbox(_("去掉指标"), list(names), format_func=names.__getitem__, key="performance_drop")
        if st.button(_("去掉，权重按比例补足")):
            take(working.choice, working.scheme.without(dropped))
            st.rerun()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        added = st.selectbox(
            _("加入指标"),
            offered,
            key="performance_add",
            format_func={name: f"{name} {own.get(name) or known[name].label(language())}" for name in offered}.__getitem__,
        )
        dimension = st.selectbox(_("归入维度"), list(dimensions), format_func=dimensions.__getitem__, key="performance_add_dimension")
        weight = st.number_input(_("新指标权重"), 0.1, 50.0, 5.0, 0.5, key="performance_add_weight")
        if st.button(_("加入，其余按比例让出")) and added:
            take(working.choice, _with_indicator(working.scheme, added, dimension, float(weight), own))
            st.rerun()


def _can_be_added(entry: Indicator) -> bool:
    """Return whether an indicator can be scored without target points: it is computed, and more or less of it is better."""
    return entry.lacks is None and entry.direction != "range"


def _with_indicator(scheme: Scheme, name: str, dimension: str, weight: float, own: dict[str, str]) -> Scheme:
    """Return ``scheme`` with one more indicator, scored by its place between worst and best until somebody states its targets."""
    entry = load_catalogue().indicators.get(name)
    names = (own[name], own[name]) if entry is None else (entry.name, entry.name_en)
    direction = "higher" if entry is None else entry.direction
    new = {
        "id": name,
        "name": names[0],
        "name_en": names[1],
        "dimension": dimension,
        "weight": weight,
        "direction": direction,
        "normalisation": "minmax",
        "note": _("新加入，按组内极差计分"),
    }
    rest = [each.model_dump(exclude_unset=True) | {"weight": each.weight * (100 - weight) / 100} for each in scheme.indicators]
    return scheme.changed(indicators=[*rest, new])


def _rules(working: Working) -> None:
    """Draw bands, treatment of missing data and aggregation."""
    scheme = working.scheme
    with st.form("performance_rules_form", border=False):
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            minima = [
                st.number_input(_("{band} ≥", band=label(band)), 0.0, 100.0, float(band.minimum), 1.0, disabled=band is scheme.bands[-1])
                for band in scheme.bands
            ]
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            missing = st.selectbox(
                _("缺数据的处理"),
                list(MISSING_RULES),
                index=list(MISSING_RULES).index(scheme.missing),
                format_func={rule: _(text) for rule, text in MISSING_RULES.items()}.__getitem__,
            )
            least = st.number_input(_("完整度低于此值为不可信（%）"), 0.0, 100.0, scheme.minimum_completeness * 100, 5.0)
            aggregation = st.selectbox(
                _("维度内汇总"),
                ["arithmetic", "geometric_within"],
                index=["arithmetic", "geometric_within"].index(scheme.aggregation),
                format_func={"arithmetic": _("加权平均"), "geometric_within": _("加权几何平均（短板更重）")}.__getitem__,
            )
            applied = st.form_submit_button(_("应用"))
    if applied:
        bands = [band.model_dump() | {"minimum": minimum} for band, minimum in zip(scheme.bands, minima, strict=True)]
        take(working.choice, scheme.changed(bands=bands, missing=missing, minimum_completeness=least / 100, aggregation=aggregation))
        st.rerun()


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
            name = st.text_input(_("方案名称"), start, max_chars=100)
            author = st.text_input(_("保存人"), max_chars=100, key="performance_author")
            reason = st.text_input(_("理由"), max_chars=500)
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
        st.toast(escaped(message), icon="✅")
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
        author = st.text_input(_("经办人"), max_chars=100)
        reason = st.text_input(_("依据（必填）"), max_chars=500)
        period = formatting.period(frame.filters.period, language())
        approve = st.form_submit_button(_("审定"), disabled=choice.status is not Status.DRAFT)
        freeze = st.form_submit_button(
            _("按 {period} 冻结", period=period), disabled=choice.status is Status.DRAFT or ranking is None, type="primary"
        )
    if approve:
        _done(approve_scheme(current_workspace(), choice, author=author, reason=reason).key, _("已审定"))
    if freeze and ranking is not None:
        frozen = freeze_scheme(
            current_workspace(), choice, ranking, author=author, reason=reason, data_version=frame.database.version.load_id
        )
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
                f"{each.created_at:%Y-%m-%d %H:%M} UTC",
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
    numbers = [each.version for each in versions]
    with st.container(horizontal=True, gap="small"):
        left = st.selectbox(_("比较版本"), numbers, index=len(numbers) - 1, format_func="v{}".format, key="performance_left")
        right = st.selectbox(_("与版本"), numbers, format_func="v{}".format, key="performance_right")
    workspace, document = current_workspace(), str(working.choice.document_id)
    _show_differences(version_scheme(workspace, document, left), version_scheme(workspace, document, right), "performance_differences")


def versions_section(frame: PageFrame, working: Working, ranking: Ranking | None) -> None:
    """Draw editor, saving, approval and history of the scheme in hand."""
    title = _("方案“{name}”", name=choice_label(working.choice))
    with card("performance_versions", title, _("有未保存的改动") if working.edited else _("与已保存的一致")):
        tabs = st.tabs([_("保存与审定"), _("指标与权重"), _("等次与规则"), _("版本历史")])
        try:
            with tabs[0]:
                _save(frame, working)
                _decide(frame, working, ranking)
                if working.edited:
                    st.caption(_("尚未保存的改动："))
                    _show_differences(working.choice.scheme, working.scheme, "performance_pending")
            with tabs[1]:
                _table_editor(working)
                _add_and_drop(working)
            with tabs[2]:
                _rules(working)
            with tabs[3]:
                _history(working)
        except ProductError as error:
            show_error(error)
