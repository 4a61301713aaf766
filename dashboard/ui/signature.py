"""Who signs what is written: there is no sign-in yet, so people type their name once and the session remembers it."""

import streamlit as st

from dashboard.ui.i18n import _
from dashboard.workspace.content import PERSON_LIMIT

_NAME = "signature"


def signature() -> str | None:
    """Return the name that this session signs with, None when nobody has given one (未登录)."""
    return st.session_state.get(_NAME) or None


def signature_field(key: str) -> str | None:
    """Draw the field for the name, filled with what this session signed with last; return the name, None for nobody.

    Works inside a form too: the session remembers the name once the form is sent.
    """
    name = st.text_input(_("姓名"), value=signature() or "", max_chars=PERSON_LIMIT, key=key, placeholder=_("不填记为未登录"))
    if name.strip():
        st.session_state[_NAME] = name.strip()
    return name.strip() or None
