"""What opens behind a number, a cell, a bar, a point or an alert: institutions and months with both sides of the rate, and the definition.

A click only notes what was asked (``ask``); the panel opens at the end of the same run (``show_asked``), over the page. What did not come
(``ask_reports``) opens the same way: who is silent, in which tables and since when.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.periods import Period
from dashboard.language import marked
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.drill import MONTHS, Behind, behind, months_of, reports_behind
from dashboard.services.common.filters import Filters, Level
from dashboard.services.overview.answer import Reading, headlines
from dashboard.states import SIGNS, State, signed
from dashboard.ui.frame.filters import LEVELS
from dashboard.ui.kit import formatting
from dashboard.ui.kit.definition import OWN_GRADE, Definition, catalogue_definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, open_dialog
from dashboard.ui.kit.readings import own_date_text, target_chip, trouble_text, value_text
from dashboard.ui.kit.tables import ExportSource, Kind, TableColumn, show_table

_ASKED = "drill_asked"
_ROWS = 9
_PARTS = {"institution": marked("机构"), "town": marked("镇街"), "community": marked("医共体")}
_NOT_MEANT = {
    "institution": marked("这个指标不按单个机构评价：下表是各机构占分子、分母的份额，合计就是这个数。"),
    "town": marked("这个指标不按镇街评价：下表是各镇街占分子、分母的份额，合计就是这个数。"),
    "community": marked("数据不到机构一级：下表按医共体列出。"),
}


@dataclass(frozen=True)
class Asked:
    """What a reader wants to see behind: an indicator of the county or of one community; ``unit`` is the part to begin with.

    ``indicator`` is empty for the reports themselves. ``period`` is the page's unless it is given.
    """

    indicator: str
    community: str | None = None
    unit: str = ""
    period: Period | None = None


def ask(indicator: str, community: str | None = None, unit: str = "", period: Period | None = None) -> None:
    """Note that the panel of ``indicator`` is to open; for the callback of a click."""
    st.session_state[_ASKED] = Asked(indicator, community or None, unit, period)


def asker(indicator: str, community: str | None = None, unit: str = "", period: Period | None = None) -> Callable[[], None]:
    """Return ``ask`` with its answers, for a button."""
    return partial(ask, indicator, community, unit, period)


def ask_reports(community: str | None = None, unit: str = "") -> None:
    """Note that the panel of what did not come is to open, of the county or one community, with ``unit`` first."""
    ask("", community, unit)


def show_asked(database: ReportingDatabase, filters: Filters, source: ExportSource) -> None:
    """Open the panel that a click of this run asked for; ``filters`` are those that the page follows."""
    asked: Asked | None = st.session_state.pop(_ASKED, None)
    if asked is None:
        return
    area = directory(database).community_name(asked.community) if asked.community else _("全县")
    name = catalogue_definition(asked.indicator, database.version).name if asked.indicator else _("谁没有报")
    panel = _panel if asked.indicator else _reports_panel
    open_dialog(_("{name} · {area}", name=name, area=area), partial(panel, database, filters, source, asked), width="large")


def _panel(database: ReportingDatabase, filters: Filters, source: ExportSource, asked: Asked) -> None:
    period = asked.period or filters.period
    found = behind(database, asked.indicator, period, asked.community, filters.scheme_code, filters.level)
    if found.among is Level.ALL:
        reading = headlines(database, period, asked.community, filters.scheme_code, (asked.indicator,))[0].reading
        st.markdown(escaped(_reading_words(reading)))
    else:
        st.caption(_("只列{level}，与页面的筛选一致。", level=_(LEVELS[found.among])))
    if found.parts.empty:
        empty_state(_("这个时期没有构成这个数的数据。"), _("请换一个时期，或载入它的来源表。"))
    else:
        _parts_and_months(found, period, source, asked)
    sides = (None if found.hidden else float(found.parts[side].sum(min_count=1)) for side in ("numerator", "denominator"))
    content = catalogue_definition(asked.indicator, database.version, *sides)
    with st.expander(_("口径：公式、来源、目标"), icon=":material/info:"):
        definition(content)


def _reading_words(reading: Reading) -> str:
    """Return value, state against the target, and what is missing."""
    target = target_chip(reading.target)
    parts = (value_text(reading), signed(reading.state, target) if target else "", trouble_text(reading), own_date_text(reading))
    return " · ".join(part for part in parts if part)


def _parts_and_months(found: Behind, period: Period, source: ExportSource, asked: Asked) -> None:
    if not found.meant:
        st.caption(_(_NOT_MEANT[found.level]))
    if not found.with_denominator:
        st.caption(_("分母只到医共体一级，这里只列分子。"))
    if found.hidden:
        st.caption(_("人数 1–4 及可推算者不显示（—）。"))
    names = found.parts["unit_name"].astype(str)
    key = f"drill_unit_{asked.indicator}_{asked.community}_{asked.unit}"
    chosen = st.selectbox(
        _("看哪一家的月份"),
        ["", *found.parts.index],
        index=[*found.parts.index].index(asked.unit) + 1 if asked.unit in found.parts.index else 0,
        format_func=lambda unit: _("合计") if unit == "" else names[unit],
        key=key,
    )

    def picked(unit: Hashable, _column: str) -> None:
        st.session_state[key] = unit

    left, right = st.columns([1.35, 1], gap="small")
    with left:
        st.markdown(f"**{escaped(_('{period}，共 {count} 家', period=formatting.period(period, language()), count=len(names)))}**")
        table, columns = parts_table(found)
        title = found.indicator.label(language())
        show_table(table, columns, key=f"drill_{asked.indicator}", title=title, source=source, rows=_ROWS, on_pick=picked)
        st.caption(_("点一行看它的月份。"))
    with right:
        st.markdown(f"**{escaped(_('{name}，近 13 个月', name=names[chosen] if chosen else _('合计')))}**")
        months = months_of(found, chosen).sort_values("month", ascending=False)
        columns = [TableColumn("month", _("月份"), "month"), *_side_columns(found)]
        title = _("{name}，近 13 个月", name=found.indicator.label(language()))
        show_table(months, columns, key=f"drill_months_{asked.indicator}", title=title, source=source, rows=_ROWS)


def _side_columns(found: Behind, *, of_parts: bool = False) -> list[TableColumn]:
    """Return the columns of both sides and of the value, those that are known."""
    columns = [TableColumn("numerator", _("分子"), _kind(found, "numerator"))]
    if found.with_denominator and found.indicator.denominator is not None:
        columns.append(TableColumn("denominator", _("分母"), _kind(found, "denominator")))
    if found.with_denominator and (found.meant or not of_parts):
        unit = found.indicator.unit
        columns.append(TableColumn("value", _("数值 {unit}", unit=_(unit)), "number"))
    return columns


def _kind(found: Behind, side: str) -> Kind:
    """Return how a side is written: whole numbers without decimals."""
    known = found.months[side].dropna()
    return "count" if known.eq(known.round()).all() else "number"


def parts_table(found: Behind) -> tuple[pd.DataFrame, list[TableColumn]]:
    """Return every part with both sides, its value or its shares of the whole, and its reports; the index is the code of the part."""
    table = found.parts.copy()
    table["reports"] = [
        formatting.MISSING if math.isnan(due) else f"{formatting.count(came)}/{formatting.count(due)}"
        for came, due in zip(table["came"], table["due"], strict=True)
    ]
    columns = [TableColumn("unit_name", _(_PARTS[found.level])), *_side_columns(found, of_parts=True)]
    columns.append(TableColumn("share_numerator", _("占分子"), "percent"))
    if found.with_denominator and found.indicator.denominator is not None:
        columns.append(TableColumn("share_denominator", _("占分母"), "percent"))
    return table, [*columns, TableColumn("reports", _("已报/应报"))]


# What did not come -----------------------------------------------------------------------------------------------------


def _reports_panel(database: ReportingDatabase, filters: Filters, source: ExportSource, asked: Asked) -> None:
    found = reports_behind(database, filters.period.last, asked.community)
    if found.empty:
        empty_state(_("近 13 个月应报的都报了。"), _("没有需要催报的单位。"))
        return
    table = found.assign(first=found["unit"].ne(asked.unit)).sort_values(["first", "now"], ascending=[True, False], kind="stable")
    table = table.assign(
        month_words=[_missing_words(months) for months in table["missing"]],
        now_words=[signed(State.BAD, _("未报")) if now else SIGNS[State.GOOD] for now in table["now"]],
        reports=[f"{came:,}/{due:,}" for came, due in zip(table["came"], table["due"], strict=True)],
    )
    now = formatting.month(filters.period.last, language())
    title = _("{count} 个报送单位近 13 个月有缺报，其中 {silent} 个缺 {month}",
              count=table["unit"].nunique(), silent=table.loc[table["now"], "unit"].nunique(), month=now)  # fmt: skip
    st.markdown(f"**{escaped(title)}**")
    columns = [
        TableColumn("name", _("报送单位")),
        TableColumn("table", _("表")),
        TableColumn("now_words", now),
        TableColumn("month_words", _("缺报的月份")),
        TableColumn("reports", _("近 13 个月已报/应报")),
    ]
    show_table(table, columns, key="drill_reports", title=title, source=source, rows=14)
    about = Definition(
        name=_("应报"),
        meaning=_("当月开业、且前 12 个月报过这张表的机构，或多数同类机构都报的机构；开业前、关停后不计。"),
        formula=_("已报 ÷ 应报，逐表逐月"),
        source="dim_institution、dim_town、data/catalogue/completeness.yaml",
        data_date=formatting.month(database.version.data_through, language()),
        grade=_(OWN_GRADE),
    )
    with st.expander(_("口径：谁应当报"), icon=":material/info:"):
        definition(about)


def _missing_words(months: tuple[pd.Timestamp, ...]) -> str:
    return _("、").join(f"{month:%Y-%m}" for month in months[:MONTHS])
