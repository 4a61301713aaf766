"""The database as the reader of this run may see it: the one way in which pages come by it, and by the county that is in view."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.errors import ProductError, ScopeError
from dashboard.services.common.cache import current_database
from dashboard.services.common.counties import county_view, in_view
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.scope import NOTHING, Scope
from dashboard.topics import COUNTY_CHOICE
from dashboard.ui.kit.address import asked
from dashboard.ui.kit.person import identity, note_refusal
from dashboard.workspace.county import EVERY_COUNTY, CountyView, ask_county_by

FOLLOWED = "filters_followed"
"""Where a link opened inside the session (``ui/frame/follow.py``) leaves its filters: code or label by filter, empty for the default."""


def reader_scope() -> Scope:
    """Return what the reader of this run may see: nothing where nobody is signed in, the county where sign-in is off."""
    reader = identity()
    return NOTHING if reader is None else reader.scope


def asked_county() -> str:
    """Return which county the reader wants to see, as code or name: by the link just followed, the choice made, the address; or empty."""
    followed = st.session_state.get(FOLLOWED)
    if followed is not None:
        return str(followed.get(COUNTY_CHOICE, ""))
    return str(st.session_state.get(COUNTY_CHOICE) or asked(COUNTY_CHOICE))


def reader_database() -> ReportingDatabase:
    """Return the reporting database under the scope of the reader, of several counties the one in view.

    Raises ``DatabaseError`` or ``QueryError``; ``ScopeError``, noted in the audit trail, for a county that they may not look at.
    """
    database, county = current_database(reader_scope()), asked_county()
    try:
        return in_view(database, county)
    except ScopeError:
        note_refusal(f"{COUNTY_CHOICE}={county}")
        raise


def _county_in_view() -> CountyView:
    """Return of which county is what people write in this run, and what they read of it.

    Outside of a page's run, and while the database is away so that nobody can say, it is the whole workspace; of a county that the reader
    may not look at it is nothing.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return EVERY_COUNTY
    try:
        return county_view(in_view(current_database(reader_scope()), asked_county()))
    except ScopeError:
        return CountyView(read=frozenset())
    except ProductError:
        return EVERY_COUNTY


ask_county_by(_county_in_view)
