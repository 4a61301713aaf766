"""Who signs what is written: who is signed in; where sign-in is off, people type their name once and the session remembers it."""

import streamlit as st

from dashboard.ui.kit.draft import KEPT, typed
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.person import person
from dashboard.workspace.content import PERSON_LIMIT

_NAME = "signature"


def signature() -> str | None:
    """Return the name that this session signs with, None when nobody has given one (未登录)."""
    signed_in = person()
    return signed_in.name if signed_in else st.session_state.get(_NAME) or None


def signature_field(key: str) -> str | None:
    """Draw the field for the name, filled with what this session signed with last; return the name, None for nobody.

    Works inside a form too: the session remembers the name once the form is sent. Who is signed in signs with their own name.
    """
    signed_in = person()
    if signed_in is not None:
        st.caption(escaped(_("署名：{name}", name=signed_in.name)))
        return signed_in.name
    name = st.text_input(
        _("姓名"), max_chars=PERSON_LIMIT, key=typed(key, signature() or ""), persist_state=KEPT, placeholder=_("不填记为未登录")
    )
    if name.strip():
        st.session_state[_NAME] = name.strip()
    return name.strip() or None
