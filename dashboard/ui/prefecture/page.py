"""The page 全市各县 put together: the table of counties, the map with the way into a county, the funnel, the lines and the funds."""

import streamlit as st

from dashboard.services.common.counties import all_counties
from dashboard.services.prefecture.answer import everywhere, prefecture
from dashboard.services.prefecture.wording import finding, names_text
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state
from dashboard.ui.prefecture.asked import Asked, read
from dashboard.ui.prefecture.course import ACROSS, course_card
from dashboard.ui.prefecture.fund import fund_card
from dashboard.ui.prefecture.funnel import funnel_card
from dashboard.ui.prefecture.map import map_card
from dashboard.ui.prefecture.table import table_card


def prefecture_page(frame: PageFrame) -> None:
    """Draw the page; its title is who lies beyond chance and what the funds come to."""
    whole = everywhere(frame.database)
    if len(all_counties(whole)) < 2:
        empty_state(_("本库只有一个县，没有可以并排比较的县。"), _("把几个县的数据包载入同一个库后，这里比较各县；一个县请看总览。"))
        frame.headline(_("全市各县"))
        return
    answer = prefecture(whole, frame.filters.period.last, frame.filters.scheme_code)
    if answer.empty:
        empty_state(_("没有这个月各县的汇总。"), _("请运行 python -m dashboard marts，或改选有数据的月份。"))
        frame.headline(_("全市各县"))
        return
    asked = read(frame, answer)
    _cards(asked)
    frame.headline(finding(answer, asked.indicator, language()) or _("全市各县"), *_details(asked))


def _cards(asked: Asked) -> None:
    """Draw the cards; the lines of few counties find room under their short table, beside the map."""
    few = len(asked.answer.counties) <= ACROSS
    left, right = st.columns([2.35, 1], gap="small")
    with left:
        table_card(asked)
        if few:
            course_card(asked)
    with right:
        map_card(asked)
    below = {funnel_card: 1.05, fund_card: 0.95} if few else {funnel_card: 1.05, course_card: 1.18, fund_card: 0.95}
    for column, draw in zip(st.columns([*below.values()], gap="small"), below, strict=True):
        with column:
            draw(asked)


def _details(asked: Asked) -> list[str]:
    late = asked.answer.late
    count = len(asked.answer.counties) - len(late)
    words = [_("{count} 县已报齐", count=count)]
    if len(late):
        names = names_text([str(name) for name in late["name"]], language())
        words.append(_("{names}用所标月份的数、不排名", names=names))
    return words
