"""总览: the first page. Its content is still to come; it shows the shell on the loaded data."""

import streamlit as st

from dashboard.language import marked
from dashboard.ui.i18n import _
from dashboard.ui.shell import page_frame

with page_frame(marked("总览")) as frame:
    if frame:
        with st.container(key="card_data"):
            st.markdown(_("数据版本 {load_id}", load_id=frame.database.version.load_id))
