"""The controls of 转诊流向, the focus that a click sets, and the question that they make together. All of it stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from dashboard.analysis.naming import by_code
from dashboard.language import marked
from dashboard.services.referrals.flows import DIRECTIONS, Places, Question, Span, View, disease_groups, places
from dashboard.services.referrals.map import Selection, arc_ends, arc_focus
from dashboard.store.codes import SERVICE_KIND
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.address import choice, misread, news, put, segments
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped

VIEWS: Mapping[str, str] = {View.REFERRALS: marked("转诊记录"), View.CLAIMS: marked("就医去向")}
LEVELS: Mapping[str, str] = {
    "institution": marked("按机构"),
    "town": marked("按镇街"),
    "community": marked("按医共体"),
    "county": marked("按全县"),
}
MEASURES: Mapping[str, str] = {"cases": marked("线宽：人次"), "cost": marked("线宽：费用")}
COMPARISONS: Mapping[str, str] = {
    "none": marked("本期流量"),
    "last_year": marked("比去年同期增减"),
    "previous": marked("比上期增减"),
}
LIMITS: Mapping[str, str] = {
    "150": marked("最多 150 条"),
    "1000": marked("最多 1,000 条"),
    "10000": marked("最多 10,000 条"),
}
EVERYTHING = "all"
"""The code in the address of a choice that filters nothing."""
PAGE_PART, MAP_PART = "flow_page", "flow_map"
"""The fragments of the page: everything below the header, and in it the map with its player."""
FOCUS, FOCUS_HELD, MAP_NUMBER = "focus", "flow_focus", "flow_map_number"


@dataclass(frozen=True)
class Controls:
    """What the reader asked for; the last three only say how the map is drawn (arguments of ``services.referrals_map.flow_map``)."""

    question: Question
    selection: Selection
    measure: str = "cases"
    comparison: str = ""
    limit: int = 150


def _view(offered: Mapping[View, Span]) -> View:
    """Draw the switch between the two sources; with one of them there is nothing to switch."""
    return View(segments("flow", _("看什么"), {str(view): VIEWS[view] for view in View if view in offered}, hidden=True))


def controls(frame: PageFrame, offered: Mapping[View, Span]) -> Controls:
    """Draw the controls of the page in one row and return what they ask for, with the focus of the address."""
    database, filters = frame.database, frame.filters
    with st.container(key="flow_controls", horizontal=True, gap="small", vertical_alignment="center"):
        view = _view(offered)
        level = choice("flow_level", _("层级"), LEVELS, hidden=True, width="fitted")
        direction = choice("direction", _("方向"), {EVERYTHING: marked("全部方向")} | DIRECTIONS[view], hidden=True, width="fitted")
        group = choice("group", _("病组"), _groups(frame, view), hidden=True, width=120)
        care = EVERYTHING
        if view is View.CLAIMS:
            kinds = {code: label.zh for code, label in SERVICE_KIND.items() if code != "pharmacy"}
            care = choice("care", _("类别"), {EVERYTHING: marked("全部类别")} | _kind_labels(kinds), hidden=True, width="fitted")
        choice("measure", _("线宽"), MEASURES, hidden=True, width="fitted", on_change=_redraw_map)
        choice("compare", _("比较"), COMPARISONS, hidden=True, width="fitted", on_change=_redraw_map)
        choice("arcs", _("流向条数"), LIMITS, hidden=True, width="fitted", on_change=_redraw_map)
    question = Question(view, filters.period, filters.community, filters.scheme_code, _asked(group), _asked(care))
    selection = Selection(level, () if direction == EVERYTHING else (direction,), focus(places(database)))
    return as_drawn_now(Controls(question, selection))


def _asked(code: str) -> str | None:
    """Return what a choice filters by, None for everything."""
    return None if code == EVERYTHING else code


def _redraw_map() -> None:
    """Run the map again and nothing else: the other blocks do not depend on how it is drawn."""
    st.rerun(MAP_PART)


def as_drawn_now(asked: Controls) -> Controls:
    """Return ``asked`` with the choices that only redraw the map as they stand now: the page may be older than they are."""
    measure, comparison, limit = (str(st.session_state[key]) for key in ("measure", "compare", "arcs"))
    return replace(asked, measure=measure, comparison="" if comparison == "none" else comparison, limit=int(limit))


def _kind_labels(kinds: Mapping[str, str]) -> dict[str, str]:
    return {code: (label if language() == "zh" else SERVICE_KIND[code].en) for code, label in kinds.items()}


def _groups(frame: PageFrame, view: View) -> dict[str, str]:
    """Return the disease groups to choose from; referrals know no outpatient groups."""
    rows = disease_groups(frame.database)
    if view is View.REFERRALS:
        rows = rows[rows["kind"] != "outpatient"]
    return {EVERYTHING: marked("全部病组")} | by_code(rows["name"])


# Focus -----------------------------------------------------------------------------------------------------------------


def focus(where: Places) -> str:
    """Return the place or flow that the page is filtered to, "" for none; an unknown one in the address is dropped, and told.

    What was clicked stands in the session until the page is drawn and then in the address; an address that says something else
    than the page last wrote there was followed by the reader, and holds.
    """
    asked = news(FOCUS, empty=True)
    if asked is not None:
        st.session_state[FOCUS_HELD] = asked
    held = str(st.session_state.get(FOCUS_HELD, ""))
    known = held if all(end in where.rows for end in arc_ends(held) or (held,)) else ""
    if asked and not known:
        misread(FOCUS, _("图上选中的地点"))
    st.session_state[FOCUS_HELD] = known
    put(focus=known)
    return known


def set_focus(places_clicked: tuple[str, ...]) -> None:
    """Filter the page to what was clicked: one place, both ends of a flow, or nothing (the whole county); for callbacks only."""
    st.session_state[FOCUS_HELD] = arc_focus(*places_clicked) if len(places_clicked) == 2 else "".join(places_clicked)
    # Another generation of the map's layers: the browser drops its own selection, which would fade everything else, names included.
    st.session_state[MAP_NUMBER] = st.session_state.get(MAP_NUMBER, 0) + 1
    st.rerun(PAGE_PART)  # not the map alone, in which the click may have been


def place_name(where: Places, place: str) -> str:
    """Return what a reader calls ``place``."""
    row = where.rows.get(place)
    if row is None:
        return place.partition(":")[2]
    if row["kind"] == "county":
        return str(row["name"]) or _("全县")
    if row["kind"] == "outside" and row["members"] > 1:
        return _("{name}等 {count} 家", name=row["name"], count=row["members"])
    return str(row["name"])


def focus_name(where: Places, chosen: str) -> str:
    """Return the focus in words: a place, or "A → B"."""
    ends = arc_ends(chosen)
    return " → ".join(place_name(where, end) for end in ends) if ends else place_name(where, chosen)


def breadcrumb(frame: PageFrame, where: Places, chosen: str) -> None:
    """Draw where the reader stands — county, community, clicked place — and the way back."""
    community = frame.options.community(frame.filters.community)
    steps = [_("全县"), *([community.short_name] if community else [])]
    with st.container(key="flow_path", horizontal=True, gap="small", vertical_alignment="center"):
        if chosen:
            label, icon = _("返回{place}", place=steps[-1]), ":material/arrow_back:"
            st.button(label, on_click=set_focus, args=((),), key="flow_back", icon=icon, type="tertiary")
        st.markdown(" › ".join(escaped(step) for step in [*steps, *([focus_name(where, chosen)] if chosen else [])]), width="content")
