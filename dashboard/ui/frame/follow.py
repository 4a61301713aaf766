"""Opening a link of ours inside the running session, so that it shows what it would show in a fresh browser.

A fresh visit reads filters and choices from the address. In a running session the widgets already hold values of their own, which would
win: this module makes them forget, and hands the filters to ``ui/frame/filters.py``, which draws them before every page.
"""

from collections.abc import Mapping
from typing import NoReturn

import streamlit as st

from dashboard.services.common.addresses import PageAddress
from dashboard.topics import COUNTY_CHOICE, FILTERS, page_named
from dashboard.ui.frame.navigation import PAGES_FOLDER
from dashboard.ui.kit.address import forget
from dashboard.ui.kit.i18n import keep_language
from dashboard.ui.kit.reader import FOLLOWED

_KEPT = (COUNTY_CHOICE, *FILTERS)
"""What the widgets of the entry point hold on every page."""


def use_filters(address: PageAddress) -> None:
    """Make the filter row show the filters of ``address``, the defaults for those that it leaves out, when it is drawn next."""
    st.session_state[FOLLOWED] = {name: address.get(name) for name in _KEPT}


def follow(address: PageAddress, beside: Mapping[str, str] | None = None) -> NoReturn:
    """Open ``address`` as a fresh visit would; ``beside`` stays in the address beside what the page knows.

    Call it on another page than the one it leads to (the widgets of a page are forgotten when it is left), before any filter is drawn.
    """
    use_filters(address)
    page = page_named(address.page)
    if page is not None:
        forget(page)
    own = {name: text for name, text in address.parameters if name not in _KEPT}
    go_to(address.page, own | dict(beside or {}))


def go_to(page: str, parameters: Mapping[str, str]) -> NoReturn:
    """Open a page with ``parameters`` in its address; the language stays."""
    keep_language()
    st.switch_page(PAGES_FOLDER / f"{page}.py", query_params=dict(parameters))
