"""转诊流向 Referrals: who sends whom where, up, down, across and out of the county, and what it costs."""

import streamlit as st

from dashboard.services.referrals import sources
from dashboard.ui.referrals import filter_details, finding, headline_strip, nothing_loaded, reading_block, what_is_missing
from dashboard.ui.referrals_controls import controls
from dashboard.ui.referrals_keep import kept_block, loyalty_block, reasons_block, rehabilitation_block
from dashboard.ui.referrals_outside import disease_block, way_block
from dashboard.ui.referrals_pairs import balance_block, pairs_block
from dashboard.ui.referrals_player import map_and_player
from dashboard.ui.shell import page_frame

with page_frame() as frame:
    if frame:
        offered = sources(frame.database)
        if not offered:
            nothing_loaded()
        else:
            asked = controls(frame, offered)
            what_is_missing(offered)
            strip = st.container()
            left, right = st.columns([1.75, 1], gap="small")
            with left:  # first of all: whoever clicks waits for the map
                map_and_player(frame, asked)
                reading_block(frame, asked)
            frame.headline(finding(frame, asked), *filter_details(frame, asked))
            with strip:
                headline_strip(frame, asked)
            with right:
                disease_block(frame, asked)
                way_block(frame, asked)
            left, right = st.columns([1.75, 1], gap="small")
            with left:
                pairs_block(frame, asked)
            with right:
                balance_block(frame, asked)
            blocks = (kept_block, loyalty_block, reasons_block, rehabilitation_block)
            for column, block in zip(st.columns([1.25, 1, 1, 1], gap="small"), blocks, strict=True):
                with column:
                    block(frame, asked)
