"""What the views of 床位与设备 share: the choice of view in the address, a chart with its table, definitions, export source."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.services.common.directory import directory
from dashboard.services.common.filters import Filters
from dashboard.ui.frame.filters import LEVELS
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import Definition, definition_popover
from dashboard.ui.kit.headlines import behind_number
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state


def filter_words(frame: PageFrame) -> str:
    """Return the filters that the page uses in words: for titles and exports."""
    filters: Filters = frame.filters
    community = _("全县") if filters.community is None else directory(frame.database).community_name(filters.community)
    return _("；").join((formatting.period(filters.period, language()), community, _(LEVELS[filters.level])))


def figure_row(figures: Sequence[tuple[str, Definition, str]], behind: Mapping[str, str] | None = None) -> None:
    """Draw (key, definition, value as text) as small cards side by side; the name opens the definition.

    ``behind`` gives by key the indicator whose institutions and months can be opened.
    """
    opens = behind or {}
    for column, (key, content, value) in zip(st.columns(len(figures), gap="small"), figures, strict=True):
        with column, card(f"figure_{key}"):
            with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
                definition_popover(content, key)
                if key in opens and value != formatting.MISSING:
                    behind_number(opens[key], key)
            st.metric(content.name, value, label_visibility="collapsed")


def few_institutions(count: int) -> str:
    """Say beside a table how many institutions show "—" because few were discharged, and why; empty for none."""
    return _("{count} 家出院人数过少（或可由合计推算），周转、住院日等显示“—”", count=count) if count else ""


def few_departments(count: int) -> str:
    """Say the same of departments."""
    return _("{count} 个科室出院人数过少（或可由合计推算），周转、住院日等显示“—”", count=count) if count else ""


def institutions_left_out(count: int) -> str:
    """Say beside a picture how many institutions are not in it because few were discharged; empty for none."""
    return _("未画 {count} 家：出院人数过少（或可由合计推算）", count=count) if count else ""


def departments_left_out(count: int) -> str:
    """Say the same of departments."""
    return _("未画 {count} 个科室：出院人数过少（或可由合计推算）", count=count) if count else ""


def beside(*words: str) -> str:
    """Return what stands beside a title: the words that there are."""
    return " · ".join(filter(None, words))


def no_beds(frame: PageFrame) -> None:
    """Say why there is nothing about beds."""
    empty_state(_("这个时期所选机构没有床位数据。"), frame.to_load("fact_bed"))
