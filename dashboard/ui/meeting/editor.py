"""The form of an agenda item: what it shows, its title and its note."""

from urllib.parse import urlsplit

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.addresses import PageAddress, parse_address
from dashboard.services.common.scenarios import list_saved
from dashboard.services.common.workspace import current_workspace
from dashboard.services.fiscal.answer import MODEL as FISCAL
from dashboard.services.insurance.scenarios import MODEL as INSURANCE
from dashboard.services.meeting.agendas import (
    LONGEST_NOTE,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_SCENARIOS,
    AgendaItem,
    ItemKind,
    page_item,
    scenarios_item,
    scheme_item,
    text_item,
)
from dashboard.services.performance.schemes import scheme_choices
from dashboard.topics import PAGES
from dashboard.ui.frame.filters import filter_words
from dashboard.ui.frame.navigation import page_title
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import empty_state, escaped, show_error
from dashboard.ui.meeting.text import show_text
from dashboard.ui.meeting.working import Working, put
from dashboard.ui.performance.weights import choice_label
from dashboard.workspace import Kind


def _own_hosts() -> set[str]:
    """Return the host of this installation as the reader's browser knows it."""
    host = urlsplit(st.context.url or "").netloc
    return {host} if host else set()


def _page_address(frame: PageFrame, known: str, key: str) -> str:
    link = st.text_input(
        _("页面链接（从浏览器地址栏复制）"),
        key=typed(f"{key}_link", known),
        persist_state=KEPT,
        placeholder=_("不填则用下面的页面和上方的筛选条件"),
    )
    pages = {entry.name: entry for entry in PAGES if entry.linked}
    page = st.selectbox(_("或选择页面"), list(pages), format_func=page_title, key=f"{key}_page", disabled=bool(link.strip()))
    if link.strip():
        return link
    used = {name: code for name, code in frame.filters.codes().items() if name in pages[page].filters}
    st.caption(escaped(_("筛选条件：{words}", words=" · ".join(filter_words(frame.options, used)))))
    return PageAddress(page, tuple(used.items())).text()


def _scenario_choice(known: tuple[str, ...], key: str) -> list[str]:
    saved = {each.document_id: each for page in (INSURANCE, FISCAL) for each in list_saved(current_workspace(), page) if each.plan}
    if not saved:
        empty_state(_("还没有保存过推演方案。"), _("请先在“医保总额推演”或“财政补偿推演”页保存方案。"))
    return st.multiselect(
        _("方案（最多 {most} 个）", most=MOST_SCENARIOS),
        list(saved),
        default=[name for name in known if name in saved],
        format_func=lambda name: f"{saved[name].name} · v{saved[name].version}",
        max_selections=MOST_SCENARIOS,
        placeholder=_("请选择"),
        key=f"{key}_scenarios",
        persist_state=KEPT,
    )


def _scheme_choice(known: str, key: str) -> str:
    workspace = current_workspace()
    labels = {
        document.document_id: _("{name} · 已冻结的结果", name=document.name) for document in workspace.list_documents(Kind.RESULT)
    } | {choice.key: choice_label(choice) for choice in scheme_choices(workspace)}
    names = list(labels)
    place = names.index(known) if known in labels else 0
    return str(st.selectbox(_("评价结果或方案"), names, index=place, format_func=labels.__getitem__, key=f"{key}_scheme"))


def _text(known: str, key: str) -> str:
    text = st.text_area(
        _("正文（Markdown：# 标题、- 列表、**粗体**、| 表格 |、[文字](/referrals?month=2025-04)）"),
        max_chars=LONGEST_TEXT,
        height=180,
        key=typed(f"{key}_text", known),
        persist_state=KEPT,
    )
    if text.strip():
        with st.expander(_("预览")):
            show_text(text, f"{key}_preview")
    return text


def item_form(frame: PageFrame, working: Working, kind: ItemKind, known: AgendaItem | None) -> bool:
    """Draw the form of a new item of ``kind``, or of ``known``; True once the agenda in hand has it. What is wrong is told."""
    key = f"meeting_item_{known.item_id if known else 'new'}_{kind}"
    title = st.text_input(_("议题"), max_chars=LONGEST_TITLE, key=typed(f"{key}_title", known.title if known else ""), persist_state=KEPT)
    middle = st.container()
    note = st.text_area(
        _("说明（可不填）"), max_chars=LONGEST_NOTE, height=68, key=typed(f"{key}_note", known.note if known else ""), persist_state=KEPT
    )
    sent = st.button(_("完成") if known else _("加入议程"), type="primary", key=f"{key}_send")
    address, scenarios, scheme, text = "", [], "", ""
    with middle:
        try:
            if kind == "page":
                address = _page_address(frame, known.address if known else "", key)
            elif kind == "scenarios":
                scenarios = _scenario_choice(known.scenario_ids if known else (), key)
            elif kind == "scheme":
                scheme = _scheme_choice(known.document_id if known else "", key)
            else:
                text = _text(known.text if known else "", key)
        except ProductError as error:
            show_error(error)
            return False
    if not sent:
        return False
    context = known.address if known else ""
    try:
        if kind == "page":
            item = page_item(title or page_title(parse_address(address).page), address, note=note, hosts=_own_hosts())
        elif kind == "scenarios":
            item = scenarios_item(title, scenarios, note=note, address=context)
        elif kind == "scheme":
            item = scheme_item(title, scheme, note=note, address=context or _here(frame))
        else:
            item = text_item(title, text, note=note)
        put(working, item.model_copy(update={"item_id": known.item_id}) if known else item)
    except ProductError as error:
        show_error(error)
        return False
    let_go(*(f"{key}_{field}" for field in ("title", "note", "link", "text")))
    return True


def _here(frame: PageFrame) -> str:
    """Return the period of now as the period that a scheme is shown for."""
    codes = frame.filters.codes()
    return PageAddress("performance", tuple((name, codes[name]) for name in ("month", "grain", "scheme"))).text()
