"""What every page stands in: header with the finding, filters, data date, demonstration badge, and one error boundary."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.services.cache import current_database
from dashboard.services.database import ReportingDatabase
from dashboard.services.filters import Filters, filter_options
from dashboard.ui import formatting
from dashboard.ui.filters import LABELS, filter_row
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import empty_state, error_boundary, escaped


@dataclass(frozen=True)
class PageFrame:
    """What a page draws into: the database, the filters, and the places of title and subtitle."""

    database: ReportingDatabase
    filters: Filters
    _title: DeltaGenerator
    _subtitle: DeltaGenerator

    def headline(self, finding: str, *details: str) -> None:
        """Write the finding as the page's title and ``details`` behind the period in the subtitle. Both plain text."""
        self._title.title(escaped(finding), anchor=False)
        reader = language()
        parts = [formatting.period(self.filters.period, reader), *details]
        if self.database.version.data_through:
            parts.append(_("数据截至 {date}", date=formatting.month(self.database.version.data_through, reader)))
        self._subtitle.caption(escaped(" · ".join(parts)), width="content")


def demonstration_badge() -> None:
    """Say on every screen that the figures are made up."""
    st.badge(_("演示数据：数值为模拟，不代表任何机构的真实情况"), icon="⚠️", color="orange")


@contextmanager
def page_frame(title: str, shown: Sequence[str] = tuple(LABELS)) -> Iterator[PageFrame | None]:
    """Open a page called ``title`` (a message id) with the filters in ``shown``.

    Yields None when the database holds no months: the page has then already said so, and has nothing to draw. Errors
    inside are shown in the one style.
    """
    with error_boundary():
        header = st.container(key="header", horizontal=True, vertical_alignment="center", gap="small")
        with header:
            words = st.container(key="headline", gap=None)
            controls = st.container(key="controls")
        with words:
            title_place = st.empty()
            line = st.container(horizontal=True, vertical_alignment="center", gap="small")
        title_place.title(_(title), anchor=False)
        database = current_database()
        options = filter_options(database)
        with line:
            subtitle_place = st.empty()
            if database.version.demonstration:
                demonstration_badge()
        if not options.months:
            empty_state(_("数据库里还没有任何月份的数据。"), _("请先载入数据包：python -m dashboard load 数据包"))
            yield None
            return
        with controls:
            filters = filter_row(options, shown)
        frame = PageFrame(database, filters, title_place, subtitle_place)
        frame.headline(_(title))
        yield frame
