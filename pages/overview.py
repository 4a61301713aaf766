"""总览 Overview: are we on target, who lags, where does the money go, what needs attention."""

import streamlit as st

from dashboard.services.overview import overview
from dashboard.ui import overview as blocks
from dashboard.ui.followups import follow_up_block
from dashboard.ui.reports import OVERVIEW_REPORTS, report_button
from dashboard.ui.shell import page_frame

with page_frame() as frame:
    if frame:
        answer = overview(frame.database, frame.filters)
        frame.headline(blocks.finding(answer))
        with frame.actions:
            report_button(frame, *OVERVIEW_REPORTS)
        blocks.headlines_block(answer.headlines, frame)
        left, middle, right = st.columns([1.25, 1, 0.9], gap="small")
        with left:
            blocks.strip_block(answer.strip, frame)
            blocks.beds_block(answer.beds, frame)
        with middle:
            blocks.fund_block(answer.fund, frame)
            blocks.referral_block(answer.referrals, frame)
        with right:
            if follow_up_block():
                blocks.attention_block(answer.attention, frame, shown=blocks.ATTENTION_BESIDE_FOLLOW_UPS)
            else:
                blocks.attention_block(answer.attention, frame)
            blocks.shared_block(answer.shared, frame)
