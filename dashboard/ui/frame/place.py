"""Where the reader is: the page with its filters and choices, as an address that leads back here.

The shell notes page and filters at every run; a part of a page that runs again by itself finds them here too.
"""

import streamlit as st

from dashboard.services.common.addresses import PageAddress
from dashboard.services.common.filters import Filters
from dashboard.topics import COUNTY_CHOICE, Page, page_named
from dashboard.ui.kit.address import current

_PLACE = "place"


def arrive(entry: Page, filters: Filters, county: str | None) -> None:
    """Note that the reader is on this page under these filters, in one county of several; called by the shell."""
    used = {COUNTY_CHOICE: county} if county else {}
    used |= {name: code for name, code in filters.codes().items() if name in entry.filters}
    st.session_state[_PLACE] = PageAddress(entry.name, tuple(used.items()))


def here() -> PageAddress | None:
    """Return the address of what is on the screen: filters in codes, the page's own choices as its address carries them.

    None before the first page is drawn and on a page that links do not lead to.
    """
    place = st.session_state.get(_PLACE)
    page = page_named(place.page) if isinstance(place, PageAddress) else None
    if not isinstance(place, PageAddress) or page is None or not page.linked:
        return None
    own = {name: current(page, name) for name in (*page.choices, *page.written)}
    return place.updated({name: text for name, text in own.items() if text})
