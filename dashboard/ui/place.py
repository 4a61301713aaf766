"""Where the reader is: the page with its filters and choices, as an address that leads back here.

The shell notes page and filters at every run; a part of a page that runs again by itself finds them here too.
"""

import streamlit as st

from dashboard.services.addresses import FILTERS, PARAMETERS, PageAddress, known_parameters
from dashboard.services.filters import Filters
from dashboard.ui.filters import WHOLE_COUNTY
from dashboard.ui.navigation import PageEntry

_PLACE = "place"
_BOUND = frozenset({"resources", "utilisation", "referrals"})
"""Pages whose choices are widgets of the same name; the others write their address themselves."""


def filter_codes(filters: Filters) -> dict[str, str]:
    """Return ``filters`` as an address carries them, in codes: they read the same in every language."""
    codes = (f"{filters.period.last:%Y-%m}", filters.period.grain.value, filters.community or WHOLE_COUNTY, filters.level.value)
    return dict(zip(FILTERS, (*codes, filters.scheme.value), strict=True))


def arrive(entry: PageEntry, filters: Filters) -> None:
    """Note that the reader is on this page under these filters; called by the shell."""
    used = {name: code for name, code in filter_codes(filters).items() if name in entry.filters}
    st.session_state[_PLACE] = PageAddress(entry.name, tuple(used.items()))


def here() -> PageAddress | None:
    """Return the address of what is on the screen: filters in codes, the page's own choices as its address carries them.

    None before the first page is drawn and on a page that links do not lead to.
    """
    place = st.session_state.get(_PLACE)
    if not isinstance(place, PageAddress) or place.page not in PARAMETERS:
        return None
    own = {name: _choice(place.page, name) for name in known_parameters(place.page) if name not in FILTERS}
    return place.updated({name: text for name, text in own.items() if text})


def _choice(page: str, name: str) -> str:
    """Return a choice of the page's own, empty where there is none.

    Streamlit tells the server of the address at a page's first run only; later the widgets know what was chosen, as a code.
    """
    held = st.session_state.get(name) if page in _BOUND else None
    return str(held) if isinstance(held, str | int | float) else st.query_params.get(name, "")
