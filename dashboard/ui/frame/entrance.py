"""Who may come in to a page: judged before anything of it is drawn, refused in words and noted."""

import streamlit as st

from dashboard.services.common.identity import Identity
from dashboard.services.common.signing_in import whom_to_ask
from dashboard.services.common.workspace import current_workspace
from dashboard.settings import settings
from dashboard.topics import PAGES, Page
from dashboard.ui.frame.door import own
from dashboard.ui.frame.follow import go_to
from dashboard.ui.frame.session import session_foot
from dashboard.ui.kit.address import asked
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.kit.person import note_refusal, streamlit_session


def lead_home(reader: Identity | None, entry: Page) -> None:
    """Send who may not open the first page, the address after signing in, to the first one that they may."""
    if reader is None or entry is not PAGES[0] or reader.opens(entry.right) or asked("kiosk"):
        return
    rights = reader.rights.pages if reader.rights else ()
    first = next((page for right in rights for page in PAGES if page.right == right), None)
    if first is not None:
        go_to(first.name, {})


def let_in(reader: Identity | None, right: str, entry: Page) -> bool:
    """Tell whether ``reader`` may open a page of this kind; where not, say why, whom to ask, and note it."""
    if reader is None:
        empty_state(_("请先登录。"), _("这个地址要经过登录才能打开；刷新页面会回到登录页。"))
        return False
    number = streamlit_session()
    if reader.session is not None and number is not None:
        own(number, reader.session)
    if reader.opens(right):
        return True
    with st.sidebar:
        session_foot()
    note_refusal(f"/{entry.name}")
    if reader.rights is None:
        empty_state(_("账号 {account} 还没有授权。", account=reader.subject), _whom())
    else:
        empty_state(_("您的角色不能打开“{page}”。", page=_(entry.title)), _whom())
    return False


def _whom() -> str:
    names = _("、").join(whom_to_ask(current_workspace()))
    words = _("如有需要，请找 {names}（安全管理员）。", names=names) if names else _("如有需要，请找安全管理员。")
    return f"{words}{settings().sign_in_contact}"
