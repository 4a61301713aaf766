"""The page 签约与公卫 put together on one screen: headline numbers, contracts, care, help for the centres, where people go."""

import pandas as pd
import streamlit as st

from dashboard.services.contracts.coverage import contracts
from dashboard.ui.contracts.care import care_card, chain_words, programmes_card
from dashboard.ui.contracts.coverage import headline_cards, ladder_card, pace_card, pace_words, unserved_card
from dashboard.ui.contracts.helping import helping_card
from dashboard.ui.contracts.questions import questions_card
from dashboard.ui.contracts.sinking import sinking_card
from dashboard.ui.contracts.use import use_card
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state


def contracts_page(frame: PageFrame) -> None:
    """Draw the page; its title is the finding over contracts and chronic care."""
    month = frame.filters.period.last
    answer = contracts(frame.database, month, frame.filters.community)
    parts: list[str] = []
    if answer is None:
        empty_state(_("这个月没有签约数据。"), _("请载入“家庭医生签约月报”（fact_contract），或换一个月份。"))
    else:
        headline_cards(frame, answer)
        if "all" in answer.groups.index:
            parts.append(_("签约 {share}", share=formatting.percent(answer.groups["share"]["all"])))
        parts.append(pace_words(answer, pd.Timestamp(month)))
        left, middle, right = st.columns([1.05, 1.3, 1], gap="small")
        with left:
            ladder_card(frame, answer)
        with middle:
            pace_card(frame, answer)
        with right:
            unserved_card(frame, answer)
            questions_card(frame)
    left, right = st.columns([1, 1.9], gap="small")  # one column a centre: the grid needs the width
    with left:
        found = care_card(frame)
    with right:
        sinking_card(frame)
    if found:
        parts.append(chain_words(found[0]))
    left, middle, right = st.columns([1.3, 1, 0.8], gap="small")
    with left:
        helping_card(frame)
    with middle:
        use_card(frame)
    with right:
        programmes_card(frame)
    frame.headline(_("；").join(filter(None, parts)) or _("签约与公卫"))
