"""The connection to the server in the reader's words: Streamlit tells of a lost one in English only, in a dialog over the whole page."""

from pathlib import Path

import streamlit as st

from dashboard.ui.kit.component import component
from dashboard.ui.kit.i18n import _

_connection = component(Path(__file__).parent, "connection", html='<div class="connection" role="alert" hidden></div>', key="connection")


def watch_connection() -> None:
    """Draw, where it takes no room, what shows itself while the server does not answer and goes when it does again."""
    words = _("与服务器的连接中断")
    remedy = _("画面停在中断前的数字；服务器恢复后，本页会自动接上，不需刷新。")
    with st.container(key="connection"):
        _connection(key="connection_words", data={"words": words, "remedy": remedy}, height="content")
