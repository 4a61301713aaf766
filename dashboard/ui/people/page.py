"""The page 用户与权限 put together: what waits for a second person, people and their grants, tokens and devices, living sessions."""

import streamlit as st

from dashboard import formatting
from dashboard.language import marked
from dashboard.services.common.clock import today
from dashboard.services.common.identity import Identity
from dashboard.services.common.workspace import current_workspace
from dashboard.services.people.standing import SOON_DAYS, People, Standing, everything
from dashboard.ui.kit.address import segments
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped, tell_misread
from dashboard.ui.kit.person import identity
from dashboard.ui.people.grants import people_section, waiting_section
from dashboard.ui.people.tokens import sessions_section, tokens_section

_PARTS = {"people": marked("人员与授权"), "tokens": marked("令牌与设备"), "sessions": marked("会话")}


def people_page() -> None:
    """Draw the page; who may only confirm sees what waits and the people, without what changes them."""
    reader = identity()
    assert reader is not None, "the entrance lets nobody in without an identity"
    found = everything(current_workspace())
    st.title(escaped(_finding(found)), anchor=False)
    words = _(
        "今天 {day} · 授权只增不改，撤销另记一条 · 策略版本 {version}",
        day=formatting.day(today(), language()),
        version=found.policy_version,
    )
    st.caption(escaped(words))
    part = segments("part", _("看什么"), _PARTS, hidden=True) if reader.may("people") else "people"
    tell_misread()
    if part == "tokens":
        tokens_section(found)
    elif part == "sessions":
        sessions_section(found)
    else:
        _people(found, reader)


def _people(found: People, reader: Identity) -> None:
    waiting_section(found, reader)
    people_section(found, reader)


def _finding(found: People) -> str:
    """Return the finding: how many may come in, what ends soon, what waits."""
    granted = [each for each in found.people if each.grant is not None and each.role is not None]
    devices = sum(each.role is not None and each.role.device for each in granted)
    words = [_("{people} 人、{devices} 台设备有权限", people=len(granted) - devices, devices=devices)]
    soon = sum(each.standing is Standing.SOON for each in found.people)
    if soon:
        words.append(_("{count} 项 {days} 天内到期", count=soon, days=SOON_DAYS))
    if found.waiting:
        words.append(_("{count} 项等第二人确认", count=len(found.waiting)))
    return _("；").join(words)
