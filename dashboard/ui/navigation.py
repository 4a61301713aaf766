"""The page registry: every page of the product with its group and its stable address."""

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import Page

from dashboard.language import marked
from dashboard.settings import PROJECT
from dashboard.ui.i18n import _

PAGES_FOLDER = PROJECT / "pages"


@dataclass(frozen=True)
class PageEntry:
    """One page: ``name`` is its file in ``pages/`` and, but for the first page (``/``), its address."""

    name: str
    title: str
    group: str
    icon: str
    listed: bool = True
    filters: tuple[str, ...] = ("month", "grain", "community", "level", "scheme")
    """The filters that the page uses; the others are greyed."""


_RUNNING = marked("运行")
_EVALUATION = marked("评价与推演")
_SERVICE = marked("服务与监测")
_DECISION = marked("决策")

PAGES = (
    PageEntry("overview", marked("总览"), _RUNNING, ":material/dashboard:", filters=("month", "grain", "community", "scheme")),
    PageEntry("resources", marked("资源配置"), _RUNNING, ":material/holiday_village:", filters=("month", "grain", "community")),
    PageEntry("utilisation", marked("床位与设备"), _RUNNING, ":material/bed:", filters=("month", "grain", "community", "level")),
    PageEntry("referrals", marked("转诊流向"), _RUNNING, ":material/conversion_path:", filters=("month", "grain", "community", "scheme")),
    PageEntry("performance", marked("绩效评价"), _EVALUATION, ":material/leaderboard:", filters=("month", "grain", "scheme")),
    PageEntry("insurance", marked("医保总额推演"), _EVALUATION, ":material/account_balance_wallet:", filters=("community", "scheme")),
    PageEntry("fiscal", marked("财政补偿推演"), _EVALUATION, ":material/account_balance:"),
    PageEntry("contracts", marked("签约与公卫"), _SERVICE, ":material/diversity_3:"),
    PageEntry("monitoring", marked("运行监测"), _SERVICE, ":material/monitor_heart:"),
    PageEntry("meeting", marked("会议"), _DECISION, ":material/co_present:"),
    PageEntry("data", marked("数据与口径"), _DECISION, ":material/database:"),
    PageEntry("cockpit", marked("驾驶舱"), _RUNNING, ":material/desktop_windows:", listed=False),
)


def built_pages() -> tuple[PageEntry, ...]:
    """Return the pages whose file exists; a page still to be built is not listed."""
    return tuple(entry for entry in PAGES if (PAGES_FOLDER / f"{entry.name}.py").is_file())


def _page(entry: PageEntry) -> Page:
    first = entry is PAGES[0]
    return st.Page(
        PAGES_FOLDER / f"{entry.name}.py",
        title=_(entry.title),
        icon=entry.icon,
        url_path=None if first else entry.name,
        default=first,
        visibility="visible" if entry.listed else "hidden",
    )


def navigation() -> tuple[PageEntry, Page]:
    """Draw the grouped navigation in the sidebar; return the page of the current address and what the registry says of it."""
    groups: dict[str, list[Page]] = {}
    for entry in built_pages():
        groups.setdefault(_(entry.group), []).append(_page(entry))
    page = st.navigation(groups, expanded=True)
    chosen = next((entry for entry in PAGES if entry.name == page.url_path), PAGES[0])
    return chosen, page
