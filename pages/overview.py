"""总览 Overview: are we on target, who lags, where does the money go, what needs attention."""

import streamlit as st

from dashboard.services.monitoring.attention import attention, beside_the_fund
from dashboard.services.monitoring.handling import handled_now
from dashboard.services.overview.answer import overview
from dashboard.ui.frame.page_frame import page_frame
from dashboard.ui.frame.report_button import OVERVIEW_REPORTS, report_button
from dashboard.ui.meeting.followups import follow_up_block
from dashboard.ui.overview import blocks

with page_frame() as frame:
    if frame:
        answer = overview(frame.database, frame.filters)
        asked = frame.filters
        matters = attention(frame.database, asked.period, asked.community, asked.scheme_code, handled_now())
        frame.headline(blocks.finding(answer, matters, asked.scheme_code))
        with frame.actions:
            report_button(frame, *OVERVIEW_REPORTS)
        blocks.headlines_block(answer.headlines, answer.fund, frame)
        left, middle, right = st.columns([1.25, 1, 0.9], gap="small")
        with left:
            blocks.strip_block(answer.strip, frame)
            blocks.beds_block(answer.beds, frame)
        with middle:
            blocks.fund_block(answer.fund, frame)
            blocks.referral_block(answer.referrals, frame)
        beside = beside_the_fund(matters)
        with right:
            blocks.attention_block(beside, frame, beside_follow_ups=follow_up_block(frame.database))
            blocks.shared_block(answer.shared, frame)
