"""The navigation of the pages that the topics declare (``dashboard/topics``)."""

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from dashboard.errors import ProductError
from dashboard.services.common.cache import current_database
from dashboard.services.common.counties import choosable_counties
from dashboard.services.common.identity import Identity
from dashboard.settings import PROJECT
from dashboard.topics import PAGES, Group, Page, page_named
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.reader import reader_scope

PAGES_FOLDER = PROJECT / "pages"
COCKPIT_PAGE = "cockpit"


def _several() -> bool:
    """Tell whether the reader has several counties to look at; not, where the database does not answer: the page says why."""
    try:
        return len(choosable_counties(current_database(reader_scope()))) > 1
    except ProductError:
        return False


def _page(entry: Page, reader: Identity | None) -> StreamlitPage:
    first = entry is PAGES[0]
    opens = reader is not None and reader.opens(entry.right)
    shown = opens and (entry.listed or entry.group is Group.ADMINISTRATION) and (not entry.several or _several())
    return st.Page(
        PAGES_FOLDER / f"{entry.name}.py",
        title=_(entry.title),
        icon=entry.icon,
        url_path=None if first else entry.name,
        default=first,
        visibility="visible" if shown else "hidden",
    )


def navigation(reader: Identity | None) -> tuple[Page, StreamlitPage]:
    """Draw in the sidebar what ``reader`` may open; return what the topic of the current address declares, and its page to run.

    A page that they may not open is there all the same: its address is answered in words (``entrance.py``).
    """
    groups: dict[str, list[StreamlitPage]] = {_(group): [] for group in Group}
    for entry in PAGES:
        groups[_(entry.group)].append(_page(entry, reader))
    page = st.navigation(
        {name: pages for name, pages in groups.items() if pages}, expanded=True, position="sidebar" if reader is not None else "hidden"
    )
    return page_named(page.url_path) or PAGES[0], page


def page_title(name: str) -> str:
    """Return what a reader calls the page ``name``; the name itself for a page that this version does not have."""
    entry = page_named(name)
    return _(entry.title) if entry else name


def page_link(entry: Page, query: dict[str, str]) -> None:
    """Draw a link to a page of the product with ``query`` in its address."""
    st.page_link(PAGES_FOLDER / f"{entry.name}.py", label=_(entry.title), icon=":material/arrow_forward:", query_params=query)
