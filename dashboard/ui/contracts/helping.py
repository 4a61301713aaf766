"""Who helps whom: a map of the lead hospitals and the centres that they helped in the last twelve months."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.services.common.boundaries import BoundaryError, town_boundaries
from dashboard.services.common.directory import Directory, directory
from dashboard.services.contracts.helping import helping
from dashboard.store.codes import CENTRE_KINDS, POSTING_KIND, SUPPORT_KIND
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import definition, own_definition
from dashboard.ui.kit.flow_map import arc_groups, arc_layers
from dashboard.ui.kit.i18n import _, code_label
from dashboard.ui.kit.maps import SiteMark, TownMark, base_map, community_fill, show_map
from dashboard.ui.kit.messages import empty_state, escaped, show_error
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import Palette, palette

_KINDS = {**SUPPORT_KIND, **POSTING_KIND}
_WIDTH, _HEIGHT = 620, 380
_LEAD, _CENTRE = 9, 5


def kind_name(kind: str) -> str:
    """Return what the reader calls a kind of help."""
    return code_label(_KINDS, kind)


def amount_words(kind: str, amount: float, unit: str) -> str:
    """Return one kind of help with its amount: "质量检查 2 场次"."""
    count = formatting.number(amount)
    told = _("{count} 场次", count=count) if unit == "sessions" else _("{count} 人日", count=count)
    return f"{kind_name(kind)} {told}"


def helping_card(frame: PageFrame) -> None:
    """Draw the map, and below it the centres that nobody helped."""
    rows = helping(frame.database, frame.filters.period.last, frame.filters.community)
    who = directory(frame.database)
    centres = _centres(who, frame.filters.community)
    alone = [str(name) for code, name in centres["short_name"].items() if code not in set(rows["centre"])]
    title = _("谁帮谁：{count} 家中心得到帮扶", count=len(centres) - len(alone)) if len(rows) else _("谁帮谁")
    with card("contract_helping", title, _("近 12 个月，线宽 = 帮扶方式数"), details=partial(_details, frame, rows, who)):
        if rows.empty:
            empty_state(_("没有派驻和帮扶数据。"), _("请载入“对口帮扶月报”（fact_support）和“人员派驻月报”（fact_posting）。"))
            return
        _map(frame, rows, who, title)
        if alone:
            st.caption(escaped(_("没有帮扶记录的中心 {count} 家：{names}", count=len(alone), names=_("、").join(alone))))


def _centres(who: Directory, community: str | None) -> pd.DataFrame:
    inside = who.inside[who.inside["kind"].isin(CENTRE_KINDS)]
    return inside if community is None else inside[inside["community_code"] == community]


def _arcs(rows: pd.DataFrame, who: Directory) -> tuple[pd.DataFrame, list[str]]:
    """Return one arc per pair that has coordinates, with how many kinds of help it stands for, and its tooltips."""
    place = who.institutions[["longitude", "latitude", "short_name", "community_code"]]
    told = rows.assign(words=[amount_words(*each) for each in rows[["kind", "amount", "unit"]].itertuples(index=False, name=None)])
    pairs = told.groupby(["lead", "centre"], as_index=False).agg(kinds=("kind", "nunique"), words=("words", "\n".join))
    for end, column in (("origin", "lead"), ("destination", "centre")):
        known = place.reindex(pairs[column]).reset_index(drop=True)
        pairs[[f"{end}_longitude", f"{end}_latitude", f"{end}_name"]] = known[["longitude", "latitude", "short_name"]].to_numpy()
    pairs["community"] = place["community_code"].reindex(pairs["lead"]).to_numpy()
    pairs = pairs.rename(columns={"lead": "origin", "centre": "destination"})
    pairs = pairs.dropna(subset=["origin_longitude", "origin_latitude", "destination_longitude", "destination_latitude"])
    named = pairs[["origin_name", "destination_name", "words"]].itertuples(index=False, name=None)
    hovers = [f"{lead} → {centre}\n{words}" for lead, centre, words in named]
    return pairs.reset_index(drop=True), hovers


def _map(frame: PageFrame, rows: pd.DataFrame, who: Directory, title: str) -> None:
    colours = palette()
    try:
        boundaries = town_boundaries(frame.database)
    except BoundaryError as error:
        show_error(error)
        return
    arcs, hovers = _arcs(rows, who)
    positions = who.communities["position"]
    shades = [colours.community(int(positions.get(code, -1))) for code in arcs["community"]]
    layers = arc_layers(arc_groups(arcs, arcs["kinds"].astype(float), shades, hovers))
    drawn = base_map(
        boundaries,
        _towns(who, positions, colours),
        _sites(rows, who, positions, colours),
        extra=layers,
        width=_WIDTH,
        height=_HEIGHT,
        colours=colours,
    )
    show_map(drawn, key="contract_helping_map", alt=_("帮扶关系图：{title}，{count} 对", title=title, count=len(arcs)))


def _towns(who: Directory, positions: pd.Series, colours: Palette) -> list[TownMark]:
    return [
        TownMark(str(code), "", community_fill(colours, int(positions.get(community, -1))), str(name))
        for code, community, name in who.towns.reset_index()[["town_code", "community_code", "name"]].itertuples(index=False, name=None)
    ]


def _sites(rows: pd.DataFrame, who: Directory, positions: pd.Series, colours: Palette) -> list[SiteMark]:
    """Return the hospitals that help, by name, and every centre; a centre that nobody helped is pale."""
    leads, helped = set(rows["lead"]), set(rows["centre"])
    shown = who.inside[who.inside.index.isin(leads) | who.inside["kind"].isin(CENTRE_KINDS)].dropna(subset=["longitude", "latitude"])
    marks = []
    for code, row in shown.iterrows():
        lead = code in leads
        colour = colours.community(int(positions.get(row["community_code"], -1))) if lead or code in helped else colours.muted
        name = str(row["short_name"])
        marks.append(
            SiteMark(
                code=str(code),
                longitude=float(row["longitude"]),
                latitude=float(row["latitude"]),
                radius=_LEAD if lead else _CENTRE,
                colour=colour,
                hover=name if lead or code in helped else _("{centre}：近 12 个月没有帮扶记录", centre=name),
                label=name if lead else "",
            )
        )
    return marks


def _details(frame: PageFrame, rows: pd.DataFrame, who: Directory) -> None:
    names = who.institutions["short_name"]
    units = {"sessions": _("场次"), "person_days": _("人日")}
    table = rows.assign(
        helper=rows["lead"].map(names),
        helped=rows["centre"].map(names),
        told=[kind_name(str(kind)) for kind in rows["kind"]],
        measured=rows["unit"].map(units),
    )
    columns = [
        TableColumn("helper", _("帮扶医院")),
        TableColumn("helped", _("中心")),
        TableColumn("told", _("方式")),
        TableColumn("amount", _("数量"), "count"),
        TableColumn("measured", _("单位")),
    ]
    show_table(table, columns, key="contract_helping", title=_("谁帮谁"), source=frame.source(), rows=12)
    definition(
        own_definition(
            _("帮扶方式数"),
            _("近 12 个月一家医院对一家中心有记录的帮扶、派驻和进修的种类数；各种的场次和人日不相加"),
            version=frame.database.version,
            source=_("、").join(("fact_support", "fact_posting")),
            note=_("下转病人另见转诊流向。"),
        )
    )
