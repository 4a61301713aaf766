"""Entry point of the app: ``streamlit run dashboard/app.py``, or better ``python -m dashboard serve``."""

import sys
from contextlib import ExitStack
from pathlib import Path

_PROJECT = str(Path(__file__).resolve().parent.parent)
if _PROJECT not in sys.path:  # Streamlit puts only this file's folder there
    sys.path.insert(0, _PROJECT)

import streamlit as st  # noqa: E402

from dashboard.topics import Group  # noqa: E402
from dashboard.ui.cockpit.page import cockpit_asked, show_cockpit  # noqa: E402
from dashboard.ui.frame.connection import watch_connection  # noqa: E402
from dashboard.ui.frame.entrance import lead_home, let_in  # noqa: E402
from dashboard.ui.frame.metrics import figures  # noqa: E402
from dashboard.ui.frame.navigation import navigation  # noqa: E402
from dashboard.ui.frame.session import session_foot  # noqa: E402
from dashboard.ui.frame.shell import open_shell  # noqa: E402
from dashboard.ui.frame.sidebar import sidebar  # noqa: E402
from dashboard.ui.kit.i18n import _  # noqa: E402
from dashboard.ui.kit.messages import error_boundary  # noqa: E402
from dashboard.ui.kit.person import identity  # noqa: E402
from dashboard.ui.kit.theme import SIDEBAR_PIXELS, apply_style  # noqa: E402
from dashboard.ui.meeting.presentation import presentation  # noqa: E402

st.set_page_config(page_title=_("县域医共体决策支持"), page_icon="🏥", layout="wide", initial_sidebar_state=SIDEBAR_PIXELS)
apply_style()
with ExitStack() as runs, error_boundary():
    reader = identity()
    entry, page = navigation(reader)
    runs.enter_context(figures.run_of(entry.name))
    in_cockpit = cockpit_asked(entry.name)
    if not in_cockpit:  # the wall says so itself
        watch_connection()
    lead_home(reader, entry)
    if not let_in(reader, "cockpit" if in_cockpit else entry.right, entry):
        pass
    elif in_cockpit:
        with st.sidebar:  # not seen here: it leads to the sign-in page when the session ends
            session_foot()
        show_cockpit()
    elif entry.group is Group.ADMINISTRATION:
        sidebar(entry)
        page.run()
    else:
        sidebar(entry)
        presentation(entry)
        open_shell(entry)
        page.run()
