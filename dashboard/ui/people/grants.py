"""Grants: what waits for a second person, everybody with what they may, and the dialogs that change it."""

import datetime
from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from dashboard import formatting
from dashboard.catalogue.roles import roles
from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.cache import current_database
from dashboard.services.common.clock import today
from dashboard.services.common.directory import directory
from dashboard.services.common.identity import Identity
from dashboard.services.common.workspace import current_workspace
from dashboard.services.people.changes import (
    NewPerson,
    add_person,
    change_grant,
    decide,
    disable_person,
    first_password,
    reset_password,
    revoke_person,
)
from dashboard.services.people.standing import (
    People,
    PersonStanding,
    Standing,
    names_of_codes,
    words_of_scope,
    words_of_state,
)
from dashboard.settings import settings
from dashboard.states import SIGNS, State
from dashboard.store.codes import Label
from dashboard.store.scope import COUNTY
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state, escaped, open_dialog, show_error
from dashboard.workspace.accounts import Decision, Grant, GrantRequest

SECTIONS = {"finance": Label(marked("财务"), "Finance"), "conduct": Label(marked("行为"), "Conduct")}
_SIGN = {
    Standing.VALID: State.GOOD,
    Standing.SOON: State.WARNING,
    Standing.WAITING: State.WARNING,
    Standing.NONE: State.UNKNOWN,
    Standing.DISABLED: State.UNKNOWN,
}
_TOLD = "people_told"
_ROW_PIXELS = 32


def waiting_section(found: People, reader: Identity) -> None:
    """Draw each grant that waits for a second person, with the buttons of whoever may decide."""
    _tell()
    if not found.waiting:
        return
    with card("people_waiting", _("等第二人确认 {count} 项", count=len(found.waiting))):
        for person in found.waiting:
            if person.waiting is not None:
                _waiting(found, person, person.waiting, reader)


def _waiting(found: People, person: PersonStanding, grant: Grant, reader: Identity) -> None:
    before = person.role.label(language()) if person.role else _("没有授权")
    after = roles()[grant.role].label(language()) if grant.role in roles() else grant.role
    span = _("{start} 起，到 {end}", start=_day(grant.starts_on), end=_day(grant.ends_on))
    who = found.named(grant.asked_by or "") or _("命令行")
    asked = _("{who} 发起于 {when}", who=who, when=formatting.moment(grant.asked_at))
    reason = _("理由：{reason}", reason=grant.reason) if grant.reason else ""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(gap="xxsmall", width="content"):
            st.markdown(f"**{escaped(person.account.name)}** {escaped(before)} → **{escaped(after)}** {escaped(span)}")
            st.caption(escaped(" · ".join(filter(None, [asked, words_of_scope(grant, language()), reason]))))
        with st.container(horizontal=True, width="content"):
            own = reader.subject in (grant.asked_by, grant.account_id)
            why = _("发起人和本人不能确认") if own else None
            if st.button(_("确认"), key=f"confirm_{grant.grant_id}", disabled=own or not reader.may("confirm"), help=why, type="primary"):
                _act(lambda: decide(current_workspace(), grant.grant_id, Decision.CONFIRMED, actor=reader.subject), _("已确认"))
            if reader.may("people") and st.button(_("撤回申请"), key=f"withdraw_{grant.grant_id}"):
                _act(lambda: decide(current_workspace(), grant.grant_id, Decision.WITHDRAWN, actor=reader.subject), _("已撤回"))


def _day(day: datetime.date | None) -> str:
    return formatting.day(day, language()) if day else _("不限")


def people_section(found: People, reader: Identity) -> None:
    """Draw everybody with what they may; the security administrator adds, changes and ends."""
    with card("people", _("人员与授权")):
        table = pd.DataFrame(
            [_row(each) for each in found.people], columns=["person", "account", "unit", "role", "scope", "sections", "from", "to", "state"]
        )
        if table.empty:
            empty_state(_("还没有账号。"), _("第一个账号用命令行新增：python -m dashboard users add 账号 --role security"))
            return
        labels = (_("人员"), _("账号"), _("单位"), _("角色"), _("范围"), _("敏感栏目"), _("自"), _("至"), _("状态"))
        st.dataframe(
            table,
            key="people_table",
            hide_index=True,
            row_height=_ROW_PIXELS,
            height=_ROW_PIXELS * (min(len(table), 14) + 1) + 4,
            column_config=dict(zip(table.columns, labels, strict=True)),
            alt=_("人员与授权"),
        )
        if reader.may("people"):
            _actions(found, reader)
        st.caption(
            escaped(_("一个人同时只有一个角色；系统、安全、审计三类管理员和换角色都须第二人确认。范围外的链接用文字拒绝并记入操作记录。"))
        )


def _row(person: PersonStanding) -> tuple[str, ...]:
    grant = person.grant or person.newest
    sections = "—"
    if person.role is not None and person.grant is not None and person.role.reach != "nothing":
        granted = person.grant.sections
        sections = _("全部") if granted is None else _("、").join(code_label(SECTIONS, each) for each in granted) or "—"
    span = ("", "") if grant is None else (_day(grant.starts_on), _day(grant.ends_on))
    role = person.role.label(language()) if person.role else "—"
    state = f"{SIGNS[_SIGN[person.standing]]} {words_of_state(person, language())}"
    scope = words_of_scope(person.grant, language())
    return (person.account.name, person.account.account_id, person.account.unit, role, scope, sections, *span, state)


def _actions(found: People, reader: Identity) -> None:
    names = {each.account.account_id: each for each in found.people}
    with st.container(key="people_actions", horizontal=True, vertical_alignment="bottom"):
        if st.button(_("新增授权"), key="people_new", type="primary", icon=":material/person_add:"):
            _new_dialog(reader)
        chosen = st.selectbox(
            _("人员"), list(names), format_func=lambda code: f"{names[code].account.name}（{code}）", index=None, key="people_chosen",
            label_visibility="collapsed", placeholder=_("选一个人"), width=280,
        )  # fmt: skip
        person = names.get(chosen) if chosen else None
        own = person is not None and person.account.account_id == reader.subject
        off = person is None or own or person.standing is Standing.DISABLED
        why = _("自己的授权由另一位安全管理员改") if own else None
        if st.button(_("改授权"), key="people_change", disabled=off, help=why) and person is not None:
            _change_dialog(person, reader)
        local = settings().sign_in == "local" and person is not None and not (person.role and person.role.device)
        if st.button(_("新首次密码"), key="people_password", disabled=off or not local) and person is not None:
            _password_dialog(person, reader)
        if (
            st.button(_("撤销授权"), key="people_revoke", disabled=off or (person is not None and person.grant is None))
            and person is not None
        ):
            _end_dialog(person, reader, disable=False)
        if st.button(_("停用账号"), key="people_disable", disabled=off) and person is not None:
            _end_dialog(person, reader, disable=True)


# What is asked for -----------------------------------------------------------------------------------------------------


def _request_fields(key: str, grant: Grant | None) -> GrantRequest:
    """Draw the fields of a grant and return what they ask for."""
    codes = names_of_codes()
    known = roles()
    role = st.selectbox(
        _("角色"), list(known), format_func=lambda code: known[code].label(language()), persist_state=KEPT,
        key=typed(f"{key}_role", grant.role if grant else next(iter(known))),
    )  # fmt: skip
    reach = known[role].reach
    communities, institutions = _choices()
    chosen_communities: list[str] = []
    chosen_institutions: list[str] = []
    sections: list[str] = []
    if reach != "nothing":
        label = _("医共体") if reach == "communities" else _("医共体（不选为全县）")
        chosen_communities = _several(f"{key}_communities", label, communities, codes, grant.communities if grant else None)
        label = _("机构") if reach == "institutions" else _("机构（不选为全部）")
        chosen_institutions = _several(f"{key}_institutions", label, institutions, codes, grant.institutions if grant else None)
        if known[role].sections == "granted":
            names = {code: code_label(SECTIONS, code) for code in SECTIONS}
            sections = _several(f"{key}_sections", _("敏感栏目"), list(SECTIONS), names, grant.sections if grant else None)
    first, second = st.columns(2)
    begins = first.date_input(_("自"), key=typed(f"{key}_from", today()), persist_state=KEPT)
    ends = second.date_input(_("至（不填为不限）"), key=typed(f"{key}_to", None), persist_state=KEPT)
    reason = st.text_input(_("理由"), key=typed(f"{key}_reason"), max_chars=200, persist_state=KEPT)
    return GrantRequest(
        role, tuple(chosen_communities) or None, tuple(chosen_institutions) or None, tuple(sections) or None,
        begins if isinstance(begins, datetime.date) else None, ends if isinstance(ends, datetime.date) else None, reason,
    )  # fmt: skip


def _several(key: str, label: str, codes: list[str], names: Mapping[str, str], start: tuple[str, ...] | None) -> list[str]:
    """Draw a choice of several codes; ``start`` is chosen at first."""
    return st.multiselect(
        label,
        codes,
        format_func=lambda code: names.get(code, code),
        placeholder=_("可不选"),
        key=typed(key, [each for each in start or () if each in codes]),
        persist_state=KEPT,
    )


def _choices() -> tuple[list[str], list[str]]:
    """Return the codes of communities and of institutions in the county; none without a database."""
    try:
        known = directory(current_database(COUNTY))
    except ProductError:
        return [], []
    return [each.code for each in known.ordered], [str(code) for code in known.inside.index]


def _let_go(key: str) -> None:
    let_go(
        *(
            f"{key}_{name}"
            for name in ("role", "communities", "institutions", "sections", "from", "to", "reason", "account", "name", "unit")
        )
    )


def _title_new() -> str:
    return _("新增账号和授权")


def _new_dialog(reader: Identity) -> None:
    def dialog() -> None:
        first, second, third = st.columns(3)
        account = first.text_input(_("账号"), key=typed("grant_new_account"), max_chars=100, persist_state=KEPT)
        name = second.text_input(_("姓名"), key=typed("grant_new_name"), max_chars=100, persist_state=KEPT)
        unit = third.text_input(_("单位"), key=typed("grant_new_unit"), max_chars=100, persist_state=KEPT)
        request = _request_fields("grant_new", None)
        role = roles()[request.role]
        if role.apart:
            st.caption(escaped(_("管理员的授权要等第二人确认才生效。")))
        if st.button(_("新增"), type="primary", key="grant_new_save"):
            password = first_password() if settings().sign_in == "local" and not role.device else None
            new = NewPerson(account, name, unit, password)
            add_person(current_workspace(), new, request, actor=reader.subject, second=True)
            _let_go("grant_new")
            words = _("已新增 {name}", name=name or account)
            st.session_state[_TOLD] = (words, password)
            st.rerun()

    open_dialog(_title_new(), dialog)


def _change_dialog(person: PersonStanding, reader: Identity) -> None:
    key = f"grant_change_{person.account.account_id}"

    def dialog() -> None:
        request = _request_fields(key, person.grant or person.newest)
        st.caption(escaped(_("换角色要等第二人确认才生效；范围和期限立即生效。")))
        if st.button(_("保存"), type="primary", key=f"{key}_save"):
            made = change_grant(current_workspace(), person.account.account_id, request, actor=reader.subject)
            _let_go(key)
            st.session_state[_TOLD] = (_("等第二人确认") if made.waiting else _("授权已改"), None)
            st.rerun()

    open_dialog(_("改 {name} 的授权", name=person.account.name), dialog)


def _password_dialog(person: PersonStanding, reader: Identity) -> None:
    def dialog() -> None:
        st.markdown(escaped(_("现在的密码作废，会话立即结束；新的首次密码只显示一次，登录后必须更换。")))
        if st.button(_("设首次密码"), type="primary", key="people_password_save"):
            password = first_password()
            reset_password(current_workspace(), person.account.account_id, password, actor=reader.subject)
            st.session_state[_TOLD] = (_("已为 {name} 设首次密码", name=person.account.name), password)
            st.rerun()

    open_dialog(_("为 {name} 设首次密码", name=person.account.name), dialog, width="small")


def _end_dialog(person: PersonStanding, reader: Identity, *, disable: bool) -> None:
    title = _("停用 {name}", name=person.account.name) if disable else _("撤销 {name} 的授权", name=person.account.name)
    key = f"people_end_reason_{person.account.account_id}"

    def dialog() -> None:
        st.markdown(escaped(_("会话立即结束，令牌不再能用。") if disable else _("全部授权撤销，会话立即结束；以后可以重新授权。")))
        reason = "" if disable else st.text_input(_("理由"), key=typed(key), max_chars=200, persist_state=KEPT)
        if st.button(title, type="primary", key="people_end_save"):
            if disable:
                disable_person(current_workspace(), person.account.account_id, actor=reader.subject)
            else:
                revoke_person(current_workspace(), person.account.account_id, actor=reader.subject, reason=reason)
            let_go(key)
            st.session_state[_TOLD] = (_("已停用 {name}", name=person.account.name) if disable else _("授权已撤销"), None)
            st.rerun()

    open_dialog(title, dialog, width="small")


def _act(act: Callable[[], object], words: str) -> None:
    try:
        act()
    except ProductError as error:
        show_error(error)
        return
    st.session_state[_TOLD] = (words, None)
    st.rerun()


def _tell() -> None:
    """Tell once what the last act came to; a first password stays until the next act, for it is shown nowhere else."""
    words, password = st.session_state.pop(_TOLD, (None, None))
    if words and password is None:
        st.toast(escaped(words), icon=":material/check:")
    elif words:
        st.success(escaped(_("{words}。首次密码只显示这一次：", words=words)), icon=":material/key:")
        st.code(password, language=None)
