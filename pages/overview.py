"""总览 Overview: are we on target, who lags, where does the money go, what needs attention."""

import streamlit as st

from dashboard.services.attention import attention
from dashboard.services.fund import fund_progress
from dashboard.services.overview import bed_picture, dimension_strip, headlines, referral_balance, shared_services
from dashboard.ui import overview
from dashboard.ui.shell import page_frame

with page_frame() as frame:
    if frame:
        database, filters = frame.database, frame.filters
        scheme = filters.scheme_code
        cards = headlines(database, filters.period, filters.community, scheme)
        fund = fund_progress(database, filters.period, scheme)
        items = attention(database, filters.period, filters.community)
        frame.headline(overview.finding(cards, fund, items))
        overview.headlines_block(cards, frame)
        left, middle, right = st.columns([1.25, 1, 0.9], gap="small")
        with left:
            overview.strip_block(dimension_strip(database, filters.period, scheme), frame)
            overview.beds_block(bed_picture(database, filters.period, filters.community), frame)
        with middle:
            overview.fund_block(fund, frame)
            overview.referral_block(referral_balance(database, filters.period), frame)
        with right:
            overview.attention_block(items, frame)
            overview.shared_block(shared_services(database, filters.period))
