"""What opens behind a mark of the supply section: the panel of the catalogue's rate, or, where it has none, who has the resource."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard.analysis.periods import Grain, Period
from dashboard.services.common.directory import directory
from dashboard.services.resources.supply import RESOURCES, Resource, who_has
from dashboard.ui.frame.drill import ask
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.definition import definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, open_dialog
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.resources.parts import rate_unit, resource_definition

_ASKED = "resource_asked"
_ROWS = 12


@dataclass(frozen=True)
class Asked:
    """Whose institutions with ``resource`` are to be shown: a town's, a community's or, without both, the county's."""

    resource: str
    community: str | None
    town: str


def ask_resource(frame: PageFrame, resource: Resource, community: str | None = None, unit: str = "", *, town: str = "") -> None:
    """Note what is to open behind the rate of ``resource`` at the page's month; for the callback of a click.

    ``unit`` is the town or institution that the panel of the catalogue's rate begins with, ``town`` the one that the list of holders is
    narrowed to. Without ``community`` it is the one that the page is filtered to.
    """
    area = community or frame.filters.community
    if resource.indicator:
        ask(resource.indicator, area, unit or town, Period(Grain.MONTH, frame.filters.period.last))
    else:
        st.session_state[_ASKED] = Asked(resource.id, area, town)


def show_holders(frame: PageFrame) -> None:
    """Open the list of holders that a click of this run asked for."""
    asked: Asked | None = st.session_state.pop(_ASKED, None)
    if asked is None:
        return
    who = directory(frame.database)
    area = who.towns["name"].get(asked.town) or (who.community_name(asked.community) if asked.community else _("全县"))
    title = _("{name} · {area}", name=_(RESOURCES[asked.resource].name), area=area)
    open_dialog(title, partial(_panel, frame, asked), width="large")


def _panel(frame: PageFrame, asked: Asked) -> None:
    month, resource = frame.filters.period.last, RESOURCES[asked.resource]
    found = who_has(frame.database, month, asked.resource, asked.community, asked.town)
    words = _(
        "{month}：{amount} {unit} ÷ 常住人口 {people} = {rate} {per}",
        month=formatting.month(month, language()),
        amount=formatting.number(found.amount),
        unit=_(resource.unit),
        people=formatting.number(found.residents),
        rate=formatting.number(found.rate, resource.decimals),
        per=rate_unit(resource),
    )
    st.markdown(f"**{escaped(words)}**")
    st.caption(escaped(_("按机构所在地列出；镇街的图按所选口径分摊，数字可能不同。")))
    if found.rows.empty:
        what_to_do = _("请看相邻镇街，或载入 {table}。", table=resource.table)
        empty_state(_("这里没有机构有{resource}。", resource=_(resource.name)), what_to_do)
    else:
        years = [TableColumn(str(year), _("{year} 年", year=year), "number") for year in found.years]
        columns = [TableColumn("name", _("机构")), TableColumn("town", _("镇街")), *years]
        show_table(found.rows, columns, key=f"holders_{resource.id}", title=_(resource.name), source=frame.source(), rows=_ROWS)
    with st.expander(_("口径：公式、来源、目标"), icon=":material/info:"):
        definition(resource_definition(resource, frame.database.version))
