"""谁能看: who may read something that somebody wrote, said where it is listed."""

import streamlit as st

from dashboard.services.common.workspace import current_workspace
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import error_boundary, escaped
from dashboard.workspace import Audience, Document
from dashboard.workspace.acting import account_acting, acting
from dashboard.workspace.audience import offered


def audience_words(found: Document, audience: Audience) -> str:
    """Return ``audience`` of ``found`` in words."""
    if audience is Audience.OWN:
        return _("只有我") if found.owner == account_acting(None) else _("只有写的人")
    if audience is Audience.COUNTY:
        return _("全县登录的人")
    return _("看得到全县的人") if found.communities is None else _("同一医共体的人")


def audience_choice(document_id: str, *, key: str) -> None:
    """Draw who may read a document, as a choice for who may say so; nothing where nobody is signed in: then everybody reads everything."""
    if acting() is None:
        return
    with error_boundary(watched=False):
        found = current_workspace().document(document_id)
        choices = offered(found)
        if not choices:
            st.caption(escaped(_("谁能看：{who}", who=audience_words(found, found.audience))))
            return
        words = {each: audience_words(found, each) for each in Audience}
        known = [*choices] if found.audience in choices else [found.audience, *choices]
        chosen = st.selectbox(
            _("谁能看"),
            known,
            index=known.index(found.audience),
            format_func=words.__getitem__,
            key=f"{key}_audience_{document_id}_{found.audience}",
            width=200,
        )
        if chosen is not found.audience:
            current_workspace().share(document_id, chosen, actor=account_acting(None))
            st.rerun()
