"""The form of an agenda item: what it shows, its title and its note."""

from urllib.parse import urlsplit

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.addresses import PARAMETERS, PageAddress, parse_address
from dashboard.services.meetings import (
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
from dashboard.services.performance_schemes import scheme_choices
from dashboard.services.scenarios import list_saved
from dashboard.services.workspace import current_workspace
from dashboard.ui.filters import filter_words
from dashboard.ui.i18n import _
from dashboard.ui.meeting_items import page_title
from dashboard.ui.meeting_text import show_text
from dashboard.ui.meeting_working import Working, put
from dashboard.ui.messages import empty_state, escaped, show_error
from dashboard.ui.navigation import built_pages
from dashboard.ui.performance_weights import choice_label
from dashboard.ui.place import filter_codes
from dashboard.ui.shell import PageFrame
from dashboard.workspace import Kind


def _own_hosts() -> set[str]:
    """Return the host of this installation as the reader's browser knows it."""
    host = urlsplit(st.context.url or "").netloc
    return {host} if host else set()


def _page_address(frame: PageFrame, known: str, key: str) -> str:
    link = st.text_input(
        _("页面链接（从浏览器地址栏复制）"), value=known, key=f"{key}_link", placeholder=_("不填则用下面的页面和上方的筛选条件")
    )
    pages = [entry.name for entry in built_pages() if entry.name in PARAMETERS]
    page = st.selectbox(
        _("或选择页面"), pages, format_func=lambda name: page_title(PageAddress(name)), key=f"{key}_page", disabled=bool(link.strip())
    )
    if link.strip():
        return link
    entry = next(entry for entry in built_pages() if entry.name == page)
    used = {name: code for name, code in filter_codes(frame.filters).items() if name in entry.filters}
    st.caption(escaped(_("筛选条件：{words}", words=" · ".join(filter_words(frame.options, used)))))
    return PageAddress(page, tuple(used.items())).text()


def _scenario_choice(known: tuple[str, ...], key: str) -> list[str]:
    saved = {each.document_id: each for each in list_saved(current_workspace()) if each.plan}
    if not saved:
        empty_state(_("还没有保存过推演方案。"), _("请先在“医保总额推演”页保存方案。"))
    return st.multiselect(
        _("方案（最多 {most} 个）", most=MOST_SCENARIOS),
        list(saved),
        default=[name for name in known if name in saved],
        format_func=lambda name: f"{saved[name].name} · v{saved[name].version}",
        max_selections=MOST_SCENARIOS,
        placeholder=_("请选择"),
        key=f"{key}_scenarios",
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
        value=known,
        max_chars=LONGEST_TEXT,
        height=180,
        key=f"{key}_text",
    )
    if text.strip():
        with st.expander(_("预览")):
            show_text(text, f"{key}_preview")
    return text


def item_form(frame: PageFrame, working: Working, kind: ItemKind, known: AgendaItem | None) -> bool:
    """Draw the form of a new item of ``kind``, or of ``known``; True once the agenda in hand has it. What is wrong is told."""
    key = f"meeting_item_{known.item_id if known else 'new'}_{kind}"
    title = st.text_input(_("议题"), value=known.title if known else "", max_chars=LONGEST_TITLE, key=f"{key}_title")
    address, scenarios, scheme, text = "", [], "", ""
    if kind == "page":
        address = _page_address(frame, known.address if known else "", key)
    elif kind == "scenarios":
        scenarios = _scenario_choice(known.scenario_ids if known else (), key)
    elif kind == "scheme":
        scheme = _scheme_choice(known.document_id if known else "", key)
    else:
        text = _text(known.text if known else "", key)
    note = st.text_area(_("说明（可不填）"), value=known.note if known else "", max_chars=LONGEST_NOTE, height=68, key=f"{key}_note")
    if not st.button(_("完成") if known else _("加入议程"), type="primary", key=f"{key}_send"):
        return False
    context = known.address if known else ""
    try:
        if kind == "page":
            item = page_item(title or page_title(parse_address(address)), address, note=note, hosts=_own_hosts())
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
    return True


def _here(frame: PageFrame) -> str:
    """Return the period of now as the period that a scheme is shown for."""
    codes = filter_codes(frame.filters)
    return PageAddress("performance", tuple((name, codes[name]) for name in ("month", "grain", "scheme"))).text()
