"""Tokens of devices and of the read API, and the sessions that live now."""

import datetime

import streamlit as st

from dashboard import formatting
from dashboard.services.common.identity import end_session
from dashboard.services.common.workspace import current_workspace
from dashboard.services.people.changes import create_token
from dashboard.services.people.standing import People, words_of_token
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, error_boundary, escaped
from dashboard.ui.kit.person import identity
from dashboard.workspace.accounts import Token
from dashboard.workspace.sessions import Session

_TOLD = "token_told"
_USUAL_DAYS = 365


def tokens_section(found: People) -> None:
    """Draw the tokens; a new one is shown once."""
    reader = identity()
    token = st.session_state.pop(_TOLD, None)
    if token:
        st.success(
            escaped(_("令牌只显示这一次。设备在 /sign-in/device 填写它；接口放在 Authorization: Bearer 后面。")), icon=":material/key:"
        )
        st.code(token, language=None)
    with card("people_tokens", _("令牌与设备"), _("只存散列；到期或撤销后立即失效")):
        names = {each.account.account_id: each.account.name for each in found.people if each.grant and each.role and not each.role.apart}
        with st.form("token_new", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            account = st.selectbox(
                _("账号"),
                list(names),
                format_func=names.__getitem__,
                index=None,
                key="token_account",
                placeholder=_("选人或设备"),
                width=280,
            )
            days = st.number_input(_("有效天数"), min_value=1, max_value=3660, value=_USUAL_DAYS, key="token_days", width=140)
            if st.form_submit_button(_("发放令牌"), type="primary") and account:
                with error_boundary(watched=False):
                    made = create_token(current_workspace(), account, days=int(days), actor=reader.subject if reader else None)
                    st.session_state[_TOLD] = made
                    st.rerun()
        now = datetime.datetime.now(datetime.UTC)
        if not found.tokens:
            empty_state(_("还没有令牌。"), _("驾驶舱大屏：先新增角色为“驾驶舱设备”的账号，再为它发放令牌。"))
        for each in found.tokens:
            _token(found, each, now)


def _token(found: People, token: Token, now: datetime.datetime) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{escaped(found.named(token.account_id))}** {escaped(words_of_token(token, language()))}", width="content")
        if token.holds(now) and st.button(_("撤销"), key=f"token_{token.token_id}", type="tertiary"):
            reader = identity()
            with error_boundary(watched=False):
                current_workspace().accounts.revoke_token(token.token_id, actor=reader.subject if reader else None)
                st.rerun()


def sessions_section(found: People) -> None:
    """Draw who is signed in now; each session can be ended at once."""
    with card("people_sessions", _("在线 {count} 个会话", count=len(found.sessions)), _("结束后几秒内，所有窗口回到登录页")):
        now = datetime.datetime.now(datetime.UTC)
        for each in found.sessions:
            _session(found, each, now)


def _session(found: People, living: Session, now: datetime.datetime) -> None:
    reader = identity()
    idle = int((now - living.seen_at).total_seconds() // 60)
    rest = _("只读，不计空闲") if living.device else _("空闲 {minutes} 分钟", minutes=max(idle, 0))
    parts = [formatting.moment(living.created_at), living.address or "", rest]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{escaped(found.named(living.account_id))}** {escaped(' · '.join(filter(None, parts)))}", width="content")
        own = reader is not None and reader.session == living.session_id
        if own:
            st.caption(_("这是您自己"), width="content")
        elif st.button(_("立即退出"), key=f"session_{living.session_id[:16]}", type="tertiary"):
            with error_boundary(watched=False):
                end_session(living.session_id, "revoked", actor=reader.subject if reader else None)
                st.rerun()
