"""Who is signed in to the session that runs now, and what they may.

Pages ask here and nowhere else; Streamlit's own ``st.user`` is not used.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.services.common.audit import record_refusal
from dashboard.services.common.identity import Identity, forget, identity_of, living_session
from dashboard.services.common.reach import communities_of
from dashboard.services.common.workspace import current_workspace
from dashboard.workspace.acting import Person, ask_by
from dashboard.workspace.sessions import Session

_REASON = "export_reason"


def _headers() -> dict[str, str]:
    return {name.lower(): value for name, value in st.context.headers.to_dict().items()}


def identity() -> Identity | None:
    """Return who asks, None for nobody. Raises ``DatabaseError`` when the workspace cannot be read."""
    return identity_of(_headers())


def _living() -> Session | None:
    found = identity()
    return living_session(found.session) if found and found.session else None


def address() -> str | None:
    """Return the network address that this session was begun from; None where nobody is signed in."""
    living = _living()
    return living.address if living else None


def way() -> str | None:
    """Return how this session was begun (local, device, proxy, oidc: and a name); None where nobody is signed in."""
    living = _living()
    return living.way if living else None


def streamlit_session() -> str | None:
    """Return the number under which Streamlit keeps the state of this session."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else None


def export_reason() -> str | None:
    """Return why this session takes data out, None until it has said so: asked once a session, for all its tabs."""
    known: str | None = st.session_state.get(_REASON)
    found = identity()
    if known is None and found is not None and found.session is not None:
        living = living_session(found.session)
        known = living.reason if living else None
        if known:
            st.session_state[_REASON] = known
    return known


def keep_reason(reason: str) -> None:
    """Keep why this session takes data out. Raises ``WorkspaceError`` for an empty reason."""
    found = identity()
    if found is not None and found.session is not None:
        current_workspace().sessions.explain(found.session, reason)
        forget(found.session)
        st.session_state[_REASON] = reason.strip()


def person() -> Person | None:
    """Return who acts in this run, None where sign-in is off or outside of a page's run.

    Where the session has ended meanwhile that is somebody without a name who may do nothing, never nobody: nobody may do everything.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    found = identity()
    return found.person(address(), communities_of(found.scope)) if found else Person("", "", None, frozenset())


def note_refusal(what: str) -> None:
    """Note in the audit trail that ``what`` (a page, a link) was refused to this session."""
    found = identity()
    record_refusal(what, found.session if found else None, address())


ask_by(person)
