"""The map card of 转诊流向: what towns, institutions and arcs look like and say, the legend, and the months played one by one."""

import math
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.analysis.suppression import ON_SCREEN
from dashboard.services.common.boundaries import town_boundaries
from dashboard.services.common.directory import directory
from dashboard.services.referrals.detail import focus_community
from dashboard.services.referrals.flows import DIRECTIONS, NO_COORDINATES, Places, View, places
from dashboard.services.referrals.map import DETAILED_ARCS, FlowMap, arc_ends
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.flow_map import FlowPicture, PlaceLabel, arc_groups, flow_deck, records, show_flow_map
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.maps import SiteMark, TownMark, community_fill, short_town_name
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.theme import Palette, in_direction, palette
from dashboard.ui.referrals.controls import MAP_NUMBER, Controls, breadcrumb, place_name, set_focus

MAP_PIXELS, MAP_WIDTH = 490, 668
_NAMES_SHOWN = 3
_QUIET = ("station", "pharmacy", "public_health")
_RADIUS = {"lead": 8.0, "hospital": 6.0, "centre": 3.5, "small": 2.0}
_Sums = tuple[pd.Series, pd.Series]
"""Cases that each place sends and receives."""
_HOSPITALS = ("general_hospital", "tcm_hospital", "specialist_hospital", "maternal_child")


def cases_text(cases: float) -> str:
    """Return a number of cases as the screen may show it, 1 to 4 as "<5"."""
    return formatting.people(cases, language())


def growth_text(before: float, growth: float) -> str:
    """Return a relative change with its sign; "—" where there was nothing, or too little to tell, to compare with."""
    return formatting.percent(growth, signed=True) if before >= ON_SCREEN else formatting.MISSING


def _ends(rows: pd.DataFrame, where: Places) -> list[str]:
    names = {place: place_name(where, place) for place in {*rows["origin"], *rows["destination"]}}
    ends = (rows[end].to_numpy(dtype=object).tolist() for end in ("origin", "destination"))
    return [f"{names[origin]} → {names[destination]}" for origin, destination in zip(*ends, strict=True)]


def flow_hovers(rows: pd.DataFrame, where: Places, view: View) -> list[str]:
    """Return what hovering over each flow tells; with very many flows only who, where and how many."""
    directions = {code: _(label) for code, label in DIRECTIONS[view].items()}
    if len(rows) > DETAILED_ARCS:
        short = _("{ends}\n{count} 人次")
        counts = {cases: cases_text(cases) for cases in rows["cases"].unique()}
        return [
            short.format(ends=ends, count=counts[cases]) for ends, cases in zip(_ends(rows, where), rows["cases"].tolist(), strict=True)
        ]
    return [_full_hover(ends, directions[row.direction], row, where) for ends, row in zip(_ends(rows, where), records(rows), strict=True)]


def _full_hover(ends: str, direction: str, row: Any, where: Places) -> str:
    lines = [
        _("{ends}（{direction}）\n{count} 人次", ends=ends, direction=direction, count=cases_text(row.cases)),
        _("同比 {change}", change=growth_text(row.before, row.growth)),
        _("占 {place} 发出的 {share}", place=place_name(where, row.origin), share=formatting.percent(row.share_of_origin)),
    ]
    if not math.isnan(row.cost):
        lines.append(_("费用 {money}", money=formatting.money(row.cost, language())))
    if row.top:
        lines.append(_("主要病组：{groups}", groups=row.top))
    return "\n".join(lines)


def _difference_hovers(rows: pd.DataFrame, where: Places) -> list[str]:
    text = _("{ends}\n{before} → {now} 人次（{change}）")
    return [
        text.format(ends=ends, before=cases_text(row.before), now=cases_text(row.cases), change=growth_text(row.before, row.growth))
        for ends, row in zip(_ends(rows, where), records(rows), strict=True)
    ]


def _town_marks(where: Places, sums: _Sums, picked: tuple[str, ...], colours: Palette) -> list[TownMark]:
    rows = where.table[where.table["kind"] == "town"]
    return [
        TownMark(
            code=str(place).partition(":")[2],
            label="",
            colour=community_fill(colours, int(row.position)),
            hover=_place_hover(where, str(place), sums),
            selected=place in picked,
        )
        for place, row in zip(rows.index, records(rows), strict=True)
    ]


def _sums(picture: FlowMap) -> _Sums:
    """Return what each place sends and receives among the arcs drawn."""
    return picture.arcs.groupby("origin")["cases"].sum(), picture.arcs.groupby("destination")["cases"].sum()


def _place_hover(where: Places, place: str, sums: _Sums) -> str:
    sent, received = (float(series.get(place, 0.0)) for series in sums)
    parts = [place_name(where, place)]
    row = where.rows[place]
    if row["kind"] == "outside" and place != NO_COORDINATES:
        parts.append(_("距县中心 {distance}", distance=_distance(row)))
    if sent:
        parts.append(_("发出 {count} 人次", count=cases_text(sent)))
    if received:
        parts.append(_("接收 {count} 人次", count=cases_text(received)))
    return "\n".join(parts)


def _distance(row: Any) -> str:
    near, far = formatting.number(row["nearest"]), formatting.number(row["farthest"])
    return f"{near} km" if near == far else f"{near}–{far} km"


def _site_kind(row: Any) -> str:
    if row.kind in ("outside", "community") or row.role == "lead":
        return "lead"
    if row.site_kind in _HOSPITALS:
        return "hospital"
    return "small" if row.site_kind in _QUIET else "centre"


def _shown_places(where: Places, picture: FlowMap, level: str, focus: str) -> pd.DataFrame:
    """Return the places that carry a mark: hospitals and centres at institution level, else the ends of the arcs."""
    rows = where.table
    active = rows.index.isin(list(picture.active))
    if level == "institution":
        base = (rows["kind"] == "site") & rows["in_county"] & ~rows["site_kind"].isin(_QUIET)
        shown = base | (active & (rows["kind"] == "outside"))
        if focus:  # stations too: without a focus they would hide the names
            shown |= active & (rows["kind"] == "site")
    else:
        shown = pd.Series(active, index=rows.index) & (rows["kind"] != "county")
    return rows[shown & rows["longitude"].notna()]


def _place_colour(colours: Palette, kind: str, position: int) -> str:
    if kind == "outside":
        return colours.direction("out")
    return colours.community(position)


def _marks(where: Places, rows: pd.DataFrame, sums: _Sums, colours: Palette) -> list[SiteMark]:
    return [
        SiteMark(
            code=str(place),
            longitude=float(row.longitude),
            latitude=float(row.latitude),
            radius=_RADIUS[_site_kind(row)],
            colour=_place_colour(colours, str(row.kind), int(row.position)),
            hover=_place_hover(where, str(place), sums),
        )
        for place, row in zip(rows.index, records(rows), strict=True)
    ]


def _labels(where: Places, rows: pd.DataFrame, sums: _Sums, level: str, picked: tuple[str, ...], colours: Palette) -> list[PlaceLabel]:
    """Return the names on the map: towns, hospitals, communities, and places beyond the county with their distance."""
    sent, received = sums
    weights = sent.add(received, fill_value=0.0)
    towns = where.table[(where.table["kind"] == "town") & where.table["longitude"].notna()]
    named = []
    if level != "community":
        for place in towns.index:
            row, weight = where.rows[place], float(weights.get(place, 0.0))
            name = short_town_name(str(row["name"]))
            named.append(PlaceLabel(row["longitude"], row["latitude"], name, weight, always=place in picked))
    for place in rows.index:
        row, weight = where.rows[place], float(weights.get(place, 0.0))
        point = row["longitude"], row["latitude"]
        if row["kind"] == "outside":
            count = _("{count} 人次", count=cases_text(float(received.get(place, 0.0))))
            text = f"{place_name(where, str(place))} {_distance(row)}\n{count}"
            north = where.frame is not None and row["latitude"] > where.frame.bounds[3]
            side = "above" if north else "below"
            named.append(PlaceLabel(*point, text, weight, always=True, marked=True, colour=colours.direction("out"), side=side))
        elif row["kind"] == "community" or (row["kind"] == "site" and row["site_kind"] in _HOSPITALS):
            always = row["kind"] == "community" or row["role"] == "lead" or place in picked
            named.append(PlaceLabel(*point, str(row["name"]), weight, always=always, marked=True))
    return named


def _picture(frame: PageFrame, asked: Controls, picture: FlowMap, colours: Palette) -> FlowPicture | None:
    where = places(frame.database)
    if where.frame is None:
        return None
    level, focus = asked.selection.level, asked.selection.focus
    picked = arc_ends(focus) or (focus,)
    rows = _shown_places(where, picture, level, focus)
    flown, sums = picture.arcs, _sums(picture)
    if asked.comparison:
        shades = [colours.direction("up" if change > 0 else "down") for change in flown["change"]]
        arcs = arc_groups(flown, flown["change"].abs(), shades, _difference_hovers(flown, where))
    else:
        by_direction = {code: colours.direction(code) for code in DIRECTIONS[asked.question.view]}
        shades = [by_direction[direction] for direction in flown["direction"]]
        arcs = arc_groups(flown, flown[asked.measure], shades, flow_hovers(flown, where, asked.question.view))
    return FlowPicture(
        boundaries=town_boundaries(frame.database),
        bounds=where.frame.bounds,
        towns=_town_marks(where, sums, picked, colours),
        sites=_marks(where, rows, sums, colours),
        labels=_labels(where, rows, sums, level, picked, colours),
        arcs=arcs,
    )


def legend(asked: Controls, picture: FlowMap, names_left_out: int) -> None:
    """Draw what colours and widths mean and what is left out, in words."""
    names = DIRECTIONS[asked.question.view]
    if asked.comparison:
        marks = [in_direction("up", f"━ {escaped(_('增加'))}"), in_direction("down", f"━ {escaped(_('减少'))}")]
        width = _("线宽 = 增减人次")
    else:
        marks = [
            in_direction(code, f"━ {escaped(_(name))} {escaped(cases_text(picture.totals[code]))}")
            for code, name in names.items()
            if code in picture.totals
        ]
        width = _("线宽 = 人次") if asked.measure == "cases" else _("线宽 = 费用")
    with st.container(key="flow_legend"):
        parts = [_("{width}，颜色由浅到深 = 从哪里到哪里", width=width), *left_out(picture)]
        if names_left_out:
            parts.append(_("{count} 个地名放不下，指向时显示", count=names_left_out))
        st.markdown("&emsp;".join([*marks, f":small[:gray[{escaped(_('；').join(parts))}]]"]))


def left_out(picture: FlowMap) -> list[str]:
    """Return what the map does not show, each with how many flows and cases."""
    parts = []
    if picture.small[0]:
        pairs, cases = picture.small
        parts.append(
            _(
                "未画出：<{smallest} 人次及由合计可推算的 {pairs} 条流向共 {cases} 人次",
                smallest=picture.smallest,
                pairs=pairs,
                cases=cases_text(cases),
            )
        )
    if picture.beyond[0]:
        pairs, cases = picture.beyond
        parts.append(_("另有 {pairs} 条较小的流向共 {cases} 人次未画", pairs=pairs, cases=cases_text(cases)))
    if picture.unplaced[0]:
        pairs, cases = picture.unplaced
        names = _("、").join(picture.lost[:_NAMES_SHOWN]) + ("…" if len(picture.lost) > _NAMES_SHOWN else "")
        text = _(
            "{count} 处无坐标（{names}），{pairs} 条流向共 {cases} 人次未画",
            count=len(picture.lost),
            names=names,
            pairs=pairs,
            cases=cases_text(cases),
        )
        parts.append(text)
    if picture.within[0]:
        parts.append(_("同一地点内 {cases} 人次不画线", cases=cases_text(picture.within[1])))
    return parts


def map_block(frame: PageFrame, asked: Controls, picture: FlowMap, when: str = "") -> None:
    """Draw the card of the map; ``when`` names the month that plays, empty for the page's period."""
    with card("flow_map"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            breadcrumb(frame, places(frame.database), asked.selection.focus)
            st.markdown(f"**{escaped(when)}**" if when else f":small[:gray[{escaped(_map_note(frame, asked))}]]", width="content")
        legend(asked, picture, draw_map(frame, asked, picture))


def _map_note(frame: PageFrame, asked: Controls) -> str:
    """Return what can be done here or, with a focus, whose headline numbers stand above."""
    community = focus_community(places(frame.database), asked.selection.focus)
    if community and not asked.question.community:
        return _("上方指标按{community}计算", community=directory(frame.database).community_name(community))
    return _("点击镇街、机构或流向可筛选全页")


def draw_map(frame: PageFrame, asked: Controls, picture: FlowMap) -> int:
    """Draw ``picture``; the reader's click filters the page. Returns how many names found no room."""
    colours = palette()
    content = _picture(frame, asked, picture, colours)
    generation = int(st.session_state.get(MAP_NUMBER, 0))
    drawn = flow_deck(content, colours, width=MAP_WIDTH, height=MAP_PIXELS, generation=generation) if content else None
    show_flow_map(
        drawn,
        key="flow_map_chart",
        alt=_("转诊流向图：{count} 条流向", count=len(picture.arcs)),
        height=MAP_PIXELS,
        note=content.boundaries.text(language()) if content else "",
        on_click=set_focus,
    )
    return drawn.names_left_out if drawn else 0
