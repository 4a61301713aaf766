"""The body of 转诊流向 in one fragment: the controls and everything that follows them, the map first."""

import time
from collections.abc import Mapping

import streamlit as st

from dashboard.services.referrals.flows import Span, View
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.messages import error_boundary
from dashboard.ui.referrals.controls import PAGE_PART, controls
from dashboard.ui.referrals.headline import SOURCES, filter_details, finding, headline_strip, reading_block, what_is_missing
from dashboard.ui.referrals.keep import kept_block, loyalty_block, reasons_block, rehabilitation_block
from dashboard.ui.referrals.outside import disease_block, way_block
from dashboard.ui.referrals.pairs import balance_block, pairs_block
from dashboard.ui.referrals.player import map_and_player

_DRAWN_BEFORE, _PAINTING_SECONDS = "flow_drawn_before", 0.15


@st.fragment(key=PAGE_PART)
def board(frame: PageFrame, offered: Mapping[View, Span]) -> None:
    """Draw the controls and all blocks; a click in here leaves the header and the sidebar alone.

    ``offered`` are the sources that the county has, at least one.
    """
    with error_boundary():
        asked = controls(frame, offered)
        what_is_missing(offered)
        strip = st.container()
        if asked.question.view is View.REFERRALS:  # what stands below counts referrals; some headline numbers above count claims
            frame.tell_not_followed("scheme")
        left, right = st.columns([1.75, 1], gap="small")
        with left:  # first of all: whoever clicks waits for the map
            map_and_player(frame, asked)
            _let_it_be_painted(frame)
            reading_block(frame, asked)
        dated = frame.own_date(SOURCES[asked.question.view])
        frame.headline(finding(frame, asked), *filter_details(frame, asked), *([dated] if dated else []))
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


def _let_it_be_painted(frame: PageFrame) -> None:
    """Wait a moment after a click, before the browser has more to do than to paint the map; a page that opens is not held up.

    Without it Chromium puts the painting off until it has worked through the thirty blocks that follow: a third of a second.
    """
    if st.session_state.get(_DRAWN_BEFORE) is frame:
        time.sleep(_PAINTING_SECONDS)
    st.session_state[_DRAWN_BEFORE] = frame
