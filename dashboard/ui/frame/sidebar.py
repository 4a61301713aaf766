"""The foot of the sidebar: language, light or dark, the cockpit, and the versions of the program and the data."""

import streamlit as st

from dashboard import __version__
from dashboard.errors import ProductError
from dashboard.topics import Page
from dashboard.ui.frame.navigation import COCKPIT_PAGE
from dashboard.ui.frame.session import open_to_all_badge, session_foot
from dashboard.ui.frame.theme_switch import theme_switch
from dashboard.ui.kit.i18n import _, language, language_switch
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.person import identity
from dashboard.ui.kit.reader import reader_database


def sidebar(entry: Page) -> None:
    """Draw the foot of the sidebar. Without a database it leaves the data version out: the page says why."""
    with st.sidebar:
        session_foot()
        language_switch()
        theme_switch(entry.name)
        reader = identity()
        if reader is not None and reader.opens("cockpit"):
            # A window of its own: the cockpit has no way back.
            address = f"./{COCKPIT_PAGE}" + ("?lang=en" if language() == "en" else "")
            st.link_button(_("打开驾驶舱"), address, icon=":material/desktop_windows:", width="stretch")
        open_to_all_badge()
        st.caption("  \n".join(escaped(words) for words in _versions()))


def _versions() -> list[str]:
    program = _("程序版本 {version}", version=__version__)
    try:
        return [program, _("数据版本 {load_id}", load_id=reader_database().version.load_id)]
    except ProductError:
        return [program]
