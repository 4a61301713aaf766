"""Who is signed in, with the way out; and the word on every page that nobody has to sign in where that reaches beyond this machine."""

from pathlib import Path

import streamlit as st

from dashboard.settings import settings
from dashboard.ui.kit.component import component
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.person import identity, way

_foot = component(Path(__file__).parent, "session", html='<div class="session"></div>', key="session_foot")


def session_foot() -> None:
    """Draw name, role and sign-out of who is signed in; an open page looks every few seconds whether its session still lives."""
    reader = identity()
    if reader is None or not reader.signed_in:
        return
    role = reader.rights.label(language()) if reader.rights else _("还没有授权")
    # Who came in through a provider beside the own accounts has no password here that could be changed.
    change = f"/sign-in/password?lang={language()}" if way() == "local" else ""
    data = {
        "name": reader.name,
        "role": role,
        "out": _("退出"),
        "change": change,
        "changeLabel": _("改密码"),
        "lang": language(),
        "quiet": reader.device,
    }
    _foot(key="session_foot", data=data, height="content")


def open_to_all_words() -> str:
    """Return that anybody who reaches the port sees everything, where the server was opened so on purpose; empty elsewhere."""
    open_to_all = settings().sign_in == "none" and settings().open_to_all
    return _("没有登录：任何能连上的人都能看到全部内容") if open_to_all else ""


def open_to_all_badge() -> None:
    """Say on a page that anybody sees everything, where that is so."""
    words = open_to_all_words()
    if words:
        st.badge(words, icon=":material/lock_open:", color="orange")
