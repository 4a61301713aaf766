"""What the entry point draws around a page: header with the finding, filters, data date and demonstration badge."""

import streamlit as st

from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import scope_words
from dashboard.services.common.filters import filter_options, options_of_all
from dashboard.topics import Page
from dashboard.ui.frame.filters import filter_row
from dashboard.ui.frame.lost import tell_lost
from dashboard.ui.frame.notes import notes_behind
from dashboard.ui.frame.page_frame import PageFrame, open_frame
from dashboard.ui.frame.place import arrive
from dashboard.ui.frame.session import open_to_all_badge
from dashboard.ui.frame.submit import submit_page
from dashboard.ui.kit import cards
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, error_boundary, escaped
from dashboard.ui.kit.reader import reader_database

_CONTROLS_PIXELS = 620

cards.stand_beside_titles(notes_behind)


def demonstration_badge() -> None:
    """Say on every screen that the figures are made up."""
    st.badge(_("演示数据：数值为模拟，不代表任何机构的真实情况"), icon=":material/warning:", color="orange")


def scope_line(database: ReportingDatabase) -> None:
    """Say whose rows the page is made of, to who does not see all of them."""
    words = scope_words(database, language())
    if words:
        st.badge(
            escaped(words), icon=":material/visibility:", color="blue", help=_("涉及他方的转诊、派驻和共享服务只含与您范围往来的部分。")
        )


def _draw(entry: Page) -> PageFrame | None:
    """Draw header and filters; None, with a word of explanation, when there is no month of data."""
    with st.container(key="header", horizontal=True, vertical_alignment="center", gap="small"):
        words = st.container(key="headline", gap=None)
        controls = st.container(key="controls", width=_CONTROLS_PIXELS)
    with words:
        title_place = st.empty()
        title_place.title(_(entry.title), anchor=False)
        line = st.container(horizontal=True, vertical_alignment="center", gap="small")
    database = reader_database()
    options = options_of_all(database) if entry.several else filter_options(database)
    with line:
        subtitle_place = st.empty()
        if database.version.demonstration:
            demonstration_badge()
        open_to_all_badge()
        scope_line(database)
        actions = st.container(key="page_actions", horizontal=True, vertical_alignment="center", gap="xsmall", width="content")
    if not options.months:
        empty_state(_("数据库里还没有任何月份的数据。"), _("请先载入数据包：python -m dashboard load 数据包"))
        return None
    if options.default() is None:
        empty_state(_("您的账号没有任何医共体或机构的数据范围。"), _("请向安全管理员申请授权。"))
        return None
    with controls:
        filters = filter_row(options, entry.filters, entry.name, one_county=not entry.several)
    link_place = st.container()
    tell_lost()
    arrive(entry, filters, database.scope.county)
    with line:
        submit_page(_(entry.title))
    frame = PageFrame(database, options, filters, entry, title_place, subtitle_place, link_place, actions)
    frame.tell_period()
    return frame


def open_shell(entry: Page) -> None:
    """Draw the shell around the page ``entry``; called by the entry point before the page runs."""
    open_frame(None)
    with error_boundary():
        open_frame(_draw(entry))
