"""The page 操作记录 for the auditor: the trail as a list, and whether its chain is whole."""

import streamlit as st

from dashboard.services.common.database import EMPTY
from dashboard.services.common.workspace import current_workspace
from dashboard.ui.audit.section import audit_section
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.tables import ExportSource
from dashboard.workspace import KEPT_DAYS_USUALLY, Chain

_CHAIN = "audit_chain"


def audit_page() -> None:
    """Draw the page. The whole chain is read when the page is opened, and again on request."""
    if _CHAIN not in st.session_state:
        st.session_state[_CHAIN] = current_workspace().audit.verify()
    chain: Chain = st.session_state[_CHAIN]
    if chain.broken_at is not None:
        finding = _("操作记录从第 {number} 条起与校验链不符", number=chain.broken_at)
    else:
        finding = _("{count} 条操作记录前后相连", count=f"{chain.entries:,}")
    st.title(escaped(finding), anchor=False)
    st.caption(
        escaped(_("只增不改，通常保存 {days} 天；链头 {head}，请记在别处。", days=KEPT_DAYS_USUALLY, head=(chain.head or "—")[:16])),
        help=chain.head or None,
    )
    if st.button(_("再核对一次"), key="audit_verify", icon=":material/link:"):
        del st.session_state[_CHAIN]
        st.rerun()
    audit_section(ExportSource("", EMPTY))
