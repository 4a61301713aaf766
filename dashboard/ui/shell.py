"""What every page stands in: header with the finding, filters, data date, demonstration badge, and one error boundary."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.services.cache import current_database
from dashboard.services.database import ReportingDatabase
from dashboard.services.directory import directory
from dashboard.services.filters import FilterOptions, Filters, filter_options
from dashboard.ui import formatting
from dashboard.ui.filters import LEVELS, SCHEMES, filter_row, tell_not_understood
from dashboard.ui.i18n import _, language
from dashboard.ui.meeting_submit import submit_page
from dashboard.ui.messages import empty_state, error_boundary, escaped
from dashboard.ui.navigation import PageEntry
from dashboard.ui.place import arrive
from dashboard.ui.tables import ExportSource

_CONTROLS_PIXELS = 620


@dataclass(frozen=True)
class PageFrame:
    """What a page draws into: the database, what it offers to filter by, the filters, the places of title and subtitle."""

    database: ReportingDatabase
    options: FilterOptions
    filters: Filters
    entry: PageEntry
    _title: DeltaGenerator
    _subtitle: DeltaGenerator
    actions: DeltaGenerator
    """Where the page puts buttons of its own: behind the subtitle, at no cost in height."""

    def area(self) -> str:
        """Return whom the page is about: the whole county or the chosen community."""
        chosen = self.options.community(self.filters.community)
        return chosen.short_name if chosen else _("全县")

    def source(self, *details: str) -> ExportSource:
        """Return what an export of this page states about itself: the filters that the page uses, and ``details``, in words."""
        words = [formatting.period(self.filters.period, language()), self.area()]
        if "level" in self.entry.filters:
            words.append(_(LEVELS[self.filters.level]))
        if "scheme" in self.entry.filters:
            words.append(_(SCHEMES[self.filters.scheme]))
        return ExportSource(_("；").join([*words, *details]), self.database.version)

    def headline(self, finding: str, *details: str) -> None:
        """Write the finding as the page's title and ``details`` behind the period in the subtitle. Both plain text."""
        self._title.title(escaped(finding), anchor=False)
        reader = language()
        county = directory(self.database).county_name
        parts = [*([county] if county else []), formatting.period(self.filters.period, reader), *details]
        if self.database.version.data_through:
            parts.append(_("数据截至 {date}", date=formatting.month(self.database.version.data_through, reader)))
        self._subtitle.caption(escaped(" · ".join(parts)), width="content")


# One script run is one thread: the page's script finds here what the entry point has opened for it.
_current: ContextVar[PageFrame | None] = ContextVar("page_frame", default=None)


def demonstration_badge() -> None:
    """Say on every screen that the figures are made up."""
    st.badge(_("演示数据：数值为模拟，不代表任何机构的真实情况"), icon="⚠️", color="orange")


def _draw(entry: PageEntry) -> PageFrame | None:
    """Draw header and filters; None, with a word of explanation, when there is no month of data."""
    with st.container(key="header", horizontal=True, vertical_alignment="center", gap="small"):
        words = st.container(key="headline", gap=None)
        controls = st.container(key="controls", width=_CONTROLS_PIXELS)
    with words:
        title_place = st.empty()
        title_place.title(_(entry.title), anchor=False)
        line = st.container(horizontal=True, vertical_alignment="center", gap="small")
    database = current_database()
    options = filter_options(database)
    with line:
        subtitle_place = st.empty()
        if database.version.demonstration:
            demonstration_badge()
        actions = st.container(key="page_actions", horizontal=True, vertical_alignment="center", gap="xsmall", width="content")
    if not options.months:
        empty_state(_("数据库里还没有任何月份的数据。"), _("请先载入数据包：python -m dashboard load 数据包"))
        return None
    with controls:
        filters = filter_row(options, entry.filters)
    tell_not_understood()
    arrive(entry, filters)
    with line:
        submit_page(_(entry.title))
    frame = PageFrame(database, options, filters, entry, title_place, subtitle_place, actions)
    frame.headline(_(entry.title))
    return frame


def open_shell(entry: PageEntry) -> None:
    """Draw the shell around the page ``entry``; called by the entry point before the page runs."""
    _current.set(None)
    with error_boundary():
        _current.set(_draw(entry))


@contextmanager
def page_frame() -> Iterator[PageFrame | None]:
    """Yield the frame that the entry point has opened for this page; errors inside are shown in the one style.

    Yields None when there is no database or no month of data: the shell has then already said so, and the page has
    nothing to draw.
    """
    with error_boundary():
        yield _current.get()
