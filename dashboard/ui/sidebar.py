"""The foot of the sidebar: language, light or dark, the wall screen, and the versions of the program and the data."""

import streamlit as st

from dashboard import __version__
from dashboard.errors import ProductError
from dashboard.services.cache import current_database
from dashboard.ui.i18n import _, language, language_switch
from dashboard.ui.kiosk import KIOSK_PAGE
from dashboard.ui.navigation import PageEntry
from dashboard.ui.theme_switch import theme_switch


def sidebar(entry: PageEntry) -> None:
    """Draw the foot of the sidebar. Without a database it leaves the data version out: the page says why."""
    with st.sidebar:
        language_switch()
        theme_switch(entry.name)
        # A window of its own: the wall has no way back.
        address = f"./{KIOSK_PAGE}" + ("?lang=en" if language() == "en" else "")
        st.link_button(_("打开驾驶舱"), address, icon=":material/desktop_windows:", width="stretch")
        st.caption(_("程序版本 {version}", version=__version__))
        try:
            version = current_database().version
        except ProductError:
            return
        st.caption(_("数据版本 {load_id}", load_id=version.load_id))
