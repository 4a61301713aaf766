"""The quality page put together: what the comparisons found, six figures, and three sections that draw what the county's data allow."""

import streamlit as st

from dashboard.language import marked
from dashboard.services.overview.answer import headlines
from dashboard.services.quality.cells import Peers, Scope
from dashboard.services.quality.checks import Checks, checks, topic_text
from dashboard.states import SIGNS, State
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import segments
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.headlines import headline_row
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.readings import headline_content
from dashboard.ui.kit.sections import Section, Sections, show
from dashboard.ui.kit.theme import STATE_BADGE
from dashboard.ui.quality.care import DEFAULT, axes_card, care_view, lacks_quality, outcome_card, rare_card, wards_card
from dashboard.ui.quality.costs import bridge_card, change_finding, changes_card, costs_view, lacks_claims
from dashboard.ui.quality.drg import drg_view, groups_card, lacks_groups, quadrant_card, trend_card
from dashboard.ui.quality.parts import PEERS, Asked

FIGURES = {
    "all": ("D01", "D02", "D04", "E01", "E15"),
    "costs": ("D01", "D02", "D04", "D05", "F06"),
    "care": ("E10", "E15", "E13a", "E12c", "E04"),
    "drg": ("E01", "E02", "E03", "E04", "F04"),
}
"""The headline figures of each section."""
_NAMED = 5


def _whole_view(asked: Asked) -> str:
    """Draw the cards that a leader reads first, from every section that has its data."""
    costs, care, groups = lacks_claims(asked) is None, lacks_quality(asked) is None, lacks_groups(asked) is None
    columns = st.columns(3, gap="small")
    with columns[0]:
        if costs:
            bridge_card(asked)
            changes_card(asked)
        else:
            empty_state(*(lacks_claims(asked) or ("", "")))
    with columns[1]:
        if care:
            if asked.compares:
                outcome_card(asked, DEFAULT)
                wards_card(asked, DEFAULT, None, rows=4, short=True)
            rare_card(asked, "E04")
        else:
            empty_state(*(lacks_quality(asked) or ("", "")))
    with columns[2]:
        if not groups:
            empty_state(*(lacks_groups(asked) or ("", "")))
        elif asked.compares:
            quadrant_card(asked)
        else:
            trend_card(asked, None)
        if costs and asked.compares:
            groups_card(asked, None, rows=9, short=True)
    if care:
        axes_card(asked)
    return change_finding(asked) if costs else _("费用与质量")


SECTIONS: Sections[Asked, str] = Sections(
    "quality",
    Section("all", marked("全部"), _whole_view),
    Section("costs", marked("费用分析"), costs_view, lacks_claims),
    Section("care", marked("质量"), care_view, lacks_quality),
    Section("drg", "DRG", drg_view, lacks_groups),
)


def checks_words(found: Checks) -> str:
    """Return how many comparisons were made, how many stand out by chance, and which do, as Markdown."""
    sure, maybe = (found.high[found.high["level"].eq(level)] for level in ("action", "warning"))
    if not found.count:
        return escaped(_("{count} 项比较的数据都太少，没有判断。", count=found.few))
    words = [
        escaped(
            _(
                "做了 {count} 项比较；若都正常，偶然高过 95% 线预计 {chance} 项、高过 99.8% 线 {action} 项；发现 {beyond} 项、{sure} 项。",
                count=found.count,
                chance=formatting.number(found.by_chance, 1),
                action=formatting.number(found.by_chance_action, 1),
                beyond=found.beyond,
                sure=found.surely_beyond,
            )
        )
    ]
    if found.few:
        words.append(escaped(_("另有 {count} 项数据太少，没有判断。", count=found.few)))
    for rows, state, tail in ((sure, State.BAD, _("先查")), (maybe, State.WARNING, _("再看"))):
        if len(rows):
            names = [
                " ".join(filter(None, [row["name"], row["ward"], topic_text(str(row["topic"]), language())]))
                for _place, row in rows.iterrows()
            ]
            more = _("等 {count} 项", count=len(names)) if len(names) > _NAMED else ""
            told = _("{names}（{what}）", names=_("、").join(names[:_NAMED]) + more, what=tail)
            words.append(f":{STATE_BADGE[state]}[{escaped(SIGNS[state])}] {escaped(told)}")
    return "  ".join(words)


def quality_page(frame: PageFrame) -> None:
    """Draw the page and write its finding as the title."""
    filters = frame.filters
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        section = SECTIONS.choose(_("看什么"))
        which = segments("peers", _("比较哪一类机构"), PEERS, hidden=True)
    asked = Asked(frame, Scope(filters.period, filters.community, filters.scheme_code, Peers(which)))
    if not asked.compares:
        with card("quality_checks"):
            st.markdown(escaped(_("与同类机构比较的部分要用全县数据，不在您的数据范围内；下面是您自己机构的部分。")))
    elif (found := checks(frame.database, asked.scope)).count or found.few:
        with card("quality_checks"):
            st.markdown(checks_words(found))
    headline_row(
        "quality",
        [
            headline_content(each, frame.database.version)
            for each in headlines(frame.database, filters.period, filters.community, filters.scheme_code, FIGURES[section.code])
        ],
    )
    finding = show(section, asked)
    frame.headline(finding or _("费用与质量"), asked.peers)
