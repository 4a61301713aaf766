"""Entry point of the app: ``streamlit run dashboard/app.py``, or better ``python -m dashboard serve``."""

import sys
from pathlib import Path

_PROJECT = str(Path(__file__).resolve().parent.parent)
if _PROJECT not in sys.path:  # Streamlit puts only this file's folder there
    sys.path.insert(0, _PROJECT)

import streamlit as st  # noqa: E402

from dashboard.ui.i18n import _  # noqa: E402
from dashboard.ui.kiosk import show_wall, wall_asked  # noqa: E402
from dashboard.ui.messages import error_boundary  # noqa: E402
from dashboard.ui.navigation import navigation  # noqa: E402
from dashboard.ui.presentation import presentation  # noqa: E402
from dashboard.ui.shell import open_shell  # noqa: E402
from dashboard.ui.sidebar import sidebar  # noqa: E402
from dashboard.ui.theme import SIDEBAR_PIXELS, apply_style  # noqa: E402

st.set_page_config(page_title=_("县域医共体决策支持"), page_icon="🏥", layout="wide", initial_sidebar_state=SIDEBAR_PIXELS)
apply_style()
with error_boundary():
    entry, page = navigation()
    if wall_asked(entry.name):
        show_wall()
    else:
        sidebar(entry)
        presentation(entry)
        open_shell(entry)
        page.run()
