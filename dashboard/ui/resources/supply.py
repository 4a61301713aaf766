"""供给与缺口: who has how much per resident, how that moved over the years, and what the norms miss, town by town."""

import math
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.analysis.gaps import area_difference
from dashboard.analysis.naming import by_code
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.norms import Norm, norms_of
from dashboard.language import marked
from dashboard.services.common.directory import directory
from dashboard.services.resources.supply import (
    GP_DEFINITIONS,
    RESOURCES,
    Basis,
    Level,
    Resource,
    in_community,
    rate,
    supply,
    town_gaps,
    units_now,
)
from dashboard.states import ABOVE, SIGNS, State, signed
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice, segments
from dashboard.ui.kit.blocks import Table
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, HeatCell, bars, base_figure, drawn_once, heat_strip, show_figure
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, plotly_text
from dashboard.ui.kit.tables import TableColumn
from dashboard.ui.kit.theme import palette
from dashboard.ui.resources.behind import ask_resource
from dashboard.ui.resources.parts import (
    basis_choice,
    basis_words,
    card_foot,
    controls,
    figure_card_body,
    rate_unit,
    resource_choice,
    resource_definition,
)

LEVELS: Mapping[str, str] = {
    "town": marked("镇街"),
    "community": marked("医共体"),
    "county": marked("全县"),
    "institution": marked("机构"),
}
NORM_KINDS = {"target": marked("标准"), "reference": marked("参考")}
_GAP_RESOURCES = ("beds", "gps", "centres", "stations")
_ROW_PIXELS = 23
_INSTITUTIONS_SHOWN = 20
_GRAVE_SHARE = 0.2


def supply_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    with controls("supply"):
        resource = resource_choice("resource", tuple(RESOURCES))
        found = norms_of(resource.id)
        norm = found[choice("norm", _("对照"), {name: entry.label(language()) for name, entry in found.items()})] if found else None
        basis = basis_choice("basis", Basis.SHARED)
        level: Level = segments("unit", _("层级"), LEVELS)  # type: ignore[assignment]
    left, right = st.columns([1, 1.05], gap="small")
    with left:
        finding = _gap_card(frame, resource, basis, norm)
    with right:
        _ranking_card(frame, resource, level, basis, norm)
        _years_card(frame, resource, norm)
    return finding


# Norms in words --------------------------------------------------------------------------------------------------------


def norm_words(norm: Norm) -> str:
    """Return a norm with place and year: "标准 5 人/万人（杭州市下城区 2020）"."""
    reader = language()
    year = f" {norm.year}" if norm.year else ""
    if norm.form == "rate":
        text = f"{formatting.number(norm.value, 2 if norm.value and norm.value % 1 else 0)} {rate_unit(RESOURCES[norm.resource])}"
    else:
        low, high = (formatting.compact(people, reader) for people in (norm.people_low, norm.people_high))
        text = _("每 {low}–{high} 人 1 {unit}", low=low, high=high, unit=_(RESOURCES[norm.resource].unit))
    return _("{kind} {text}（{place}）", kind=_(NORM_KINDS[norm.kind]), text=text, place=f"{norm.place.text(reader)}{year}")


def norm_source(norm: Norm) -> str:
    """Return where a norm is from, how well that is known, and what it counts."""
    reader = language()
    sources = load_catalogue().sources
    titles = _("、").join(sources[name].title if reader == "zh" else sources[name].title_en for name in norm.source)
    told = _("官方来源") if norm.official else _("二手转录，待核实")
    return f"{titles} [{norm.grade}] {told}。{norm.definition.text(reader)}"


def _definition(resource: Resource, frame: PageFrame, norm: Norm | None) -> object:
    target, source = (norm_words(norm), norm_source(norm)) if norm else ("", "")
    return resource_definition(resource, frame.database.version, target, source)


# The gap table ---------------------------------------------------------------------------------------------------------


def gap_columns(resource: Resource, norm: Norm | None) -> dict[str, Norm | None]:
    """Return the resources of the gap table with the norm of each: the chosen ones, else the defaults; None without any."""
    gps = resource.id if resource.id in GP_DEFINITIONS else GP_DEFINITIONS[0]
    names = [gps if name == "gps" else name for name in _GAP_RESOURCES]
    if resource.id not in names:
        names.insert(0, resource.id)
    chosen = {name: next(iter(norms_of(name).values()), None) for name in names}
    return chosen | ({resource.id: norm} if norm else {})


def _gap_card(frame: PageFrame, resource: Resource, basis: Basis, norm: Norm | None) -> str:
    units = in_community(units_now(frame.database, frame.filters.period.last, "town", basis), frame.filters.community)
    columns = {name: held for name, held in gap_columns(resource, norm).items() if held is not None}
    gaps = town_gaps(frame.database, frame.filters.period.last, basis, tuple(columns.values()), frame.filters.community)
    finding = gap_finding(gaps, columns, frame.area())
    with card("gaps", _("各镇街缺多少、多多少"), frame.beside(basis_words(basis), tables=[RESOURCES[name].table for name in columns])):
        if units.empty or units["population"].isna().all():
            empty_state(_("没有镇街人口，缺口算不出来。"), frame.to_load("dim_town", "fact_population"))
            return _("资源配置")
        figure = gap_figure(units, gaps, columns)
        order = _town_order(units)
        show_figure(
            figure, key="chart_gaps", alt=_("各镇街与标准相比缺多少、多多少"),
            on_pick=lambda place, _trace: _ask_gap(frame, units, order[place // len(columns)], [*columns][place % len(columns)]),
        )  # fmt: skip
        st.caption(_("✕ 缺得多 · ! 缺 · ✓ 够 · −、+ 低于、高于参考均值（不是缺口）；“标准”为下限。数字为整数，各镇街分别取整，不宜相加。"))
        contents = [_definition(RESOURCES[name], frame, held) for name, held in columns.items()]
        card_foot("gaps", lambda: gap_table(units, gaps, columns), frame.source(basis_words(basis)), contents)  # type: ignore[arg-type]
    return finding


def gap_finding(gaps: Mapping[str, pd.DataFrame], norms: Mapping[str, Norm], area: str) -> str:
    """Return in words what the area as a whole lacks against norms, then how far it is from averages; the first two of them."""
    short, below, fine = [], [], True
    for name, gap in gaps.items():
        difference, resource, reference = area_difference(gap), RESOURCES[name], norms[name].kind == "reference"
        towns = int((gap["short"] > 0).sum())
        fine = fine and not math.isnan(difference) and (reference or towns == 0)
        words = {"resource": _(resource.name), "count": formatting.number(-difference), "unit": _(resource.unit), "towns": towns}
        if reference and difference < 0:
            below.append(_("{resource}按参考均值折算少 {count} {unit}（是与均值的距离，不是缺口）", **words))
        elif not reference and difference < 0:
            short.append(_("{resource}缺 {count} {unit}", **words))
        elif not reference and towns:
            short.append(_("{resource}总数够，{towns} 个镇街不足", **words))
    parts = [*short, *below, *([_("各镇街达到所选标准")] if fine and not short else [])]
    return _("{area}：{parts}", area=area, parts=_("、").join(parts[:2])) if parts else _("资源配置")


def gap_cell(row: Mapping[Hashable, float], unit: str, *, reference: bool = False) -> HeatCell:
    """Return one cell of the gap table: short of a norm, enough; or how far from an average, which is neither good nor bad."""
    if pd.isna(row["difference"]):
        return HeatCell(None, formatting.MISSING)
    have = _("现有 {count} {unit}", count=formatting.number(row["amount"]), unit=unit)
    if reference and row["short"] > 0:
        return HeatCell(2, formatting.number(-row["short"]), have)
    if row["short"] > 0:
        needed = row["amount"] + row["short"]
        grave = row["short"] > _GRAVE_SHARE * needed
        return HeatCell(0 if grave else 1, signed(State.BAD if grave else State.WARNING, formatting.number(row["short"])), have)
    if row["over"] > 0:
        return HeatCell(2, f"{ABOVE}{formatting.number(row['over'])}", have)
    return HeatCell(3, SIGNS[State.GOOD], have)


def _town_order(units: pd.DataFrame) -> list[str]:
    """Return the towns in the order of their communities, those of none last."""
    return units.sort_values("community", kind="stable", na_position="last").index.astype(str).tolist()


def _ask_gap(frame: PageFrame, units: pd.DataFrame, town: str, resource: str) -> None:
    community = units["community"].get(town)
    ask_resource(frame, RESOURCES[resource], str(community) if pd.notna(community) else None, town=town)


@drawn_once
def gap_figure(units: pd.DataFrame, gaps: Mapping[str, pd.DataFrame], norms: Mapping[str, Norm]) -> go.Figure:
    """Return the gap table as a strip of cells, towns in the order of their communities."""
    ordered = _town_order(units)
    labels = by_code(units["name"])
    rows = {name: gap.to_dict("index") for name, gap in gaps.items()}
    cells = [
        [gap_cell(rows[name][code], _(RESOURCES[name].unit), reference=norms[name].kind == "reference") for name in gaps]
        for code in ordered
    ]
    return heat_strip(
        [labels[str(code)] for code in ordered],
        [f"{_(RESOURCES[name].name).split('/')[0]} ({_(RESOURCES[name].unit)})" for name in gaps],
        cells,
        height=_ROW_PIXELS * len(ordered) + 40,
    )


def gap_table(units: pd.DataFrame, gaps: Mapping[str, pd.DataFrame], norms: Mapping[str, Norm]) -> Table:
    """Return the gap table as a workbook's table: what there is, what the norm asks for, short and over."""
    made = units[["name", "population"]].copy()
    columns = [TableColumn("name", _("镇街")), TableColumn("population", _("常住人口"), "count")]
    for name, gap in gaps.items():
        label = _(RESOURCES[name].name)
        low = gap["needed"] if "needed" in gap else gap["fewest"]
        reference = norms[name].kind == "reference"
        for part, values, words in (
            ("amount", gap["amount"], _("现有")),
            ("needed", low, _("按均值折算") if reference else _("应有")),
            ("short", gap["short"], _("低于均值") if reference else _("缺")),
            ("over", gap["over"], _("高于均值") if reference else _("超出")),
        ):
            made[f"{name}_{part}"] = values
            columns.append(TableColumn(f"{name}_{part}", f"{label} {words}", "number"))
    return Table(made, columns, _("各镇街与标准相比的缺口"))


# Ranking and years -----------------------------------------------------------------------------------------------------


def _positions(frame: PageFrame, communities: pd.Series) -> pd.Series:
    return communities.map(directory(frame.database).communities["position"]).fillna(-1).astype(int)


def _ranking_card(frame: PageFrame, resource: Resource, level: Level, basis: Basis, norm: Norm | None) -> None:
    units = units_now(frame.database, frame.filters.period.last, level, basis)
    units = units if level == "county" else in_community(units, frame.filters.community)
    units = units.assign(rate=rate(units, resource.id))
    title = _("{resource}：{area}", resource=_(resource.name), area=_county_words(frame, resource))
    aside = frame.beside(norm_words(norm) if norm else _("没有标准可对照"), tables=[resource.table])
    with card("ranking", title, aside):
        known = units.dropna(subset=["rate"])
        if known.empty:
            remedy = frame.to_load(resource.table, "dim_town", "fact_population")
            empty_state(_("{resource}的配置水平算不出来。", resource=_(resource.name)), remedy)
            return
        shown = known[known[resource.id] > 0] if level == "institution" else known
        shown = shown.sort_values("rate", ascending=False, kind="stable").head(_INSTITUTIONS_SHOWN)
        figure = ranking_figure(shown, resource, norm, _positions(frame, shown["community"]))
        table = lambda: ranking_table(units, resource)  # noqa: E731 -- handed on, made only when opened
        source = frame.source(basis_words(basis))
        alt = _("{resource}按{level}排序", resource=_(resource.name), level=_(LEVELS[level]))
        contents = [_definition(resource, frame, norm)]
        figure_card_body(
            figure, key="ranking", alt=alt, table=table, source=source, contents=contents,  # type: ignore[arg-type]
            on_pick=lambda place, _trace: _ask_ranked(frame, resource, level, shown.iloc[place]),
        )  # fmt: skip
        if level == "institution":
            st.caption(_("服务人口：基层机构按所在镇街，医共体医院按本医共体，其他按全县；只画前 {count} 家。", count=_INSTITUTIONS_SHOWN))


def _ask_ranked(frame: PageFrame, resource: Resource, level: Level, row: pd.Series) -> None:
    """Open what is behind a bar: of a town or an institution its community's number with it first, of a community its own."""
    community = str(row["community"]) if pd.notna(row["community"]) and row["community"] else None
    ask_resource(
        frame, resource, None if level == "county" else community,
        str(row.name) if level == "institution" else "", town=str(row.name) if level == "town" else "",
    )  # fmt: skip


def _county_words(frame: PageFrame, resource: Resource) -> str:
    county = units_now(frame.database, frame.filters.period.last, "county", Basis.LOCATED)
    value = rate(county, resource.id).iloc[0]
    return _("全县 {value} {unit}", value=formatting.number(value, resource.decimals), unit=rate_unit(resource))


@drawn_once
def ranking_figure(units: pd.DataFrame, resource: Resource, norm: Norm | None, positions: pd.Series) -> go.Figure:
    """Return one bar per unit, coloured by community, with a line at the norm."""
    colours = palette()
    labels = by_code(units["name"])
    rows = [
        BarRow(
            label,
            value,
            f"{formatting.number(value, resource.decimals)} ({formatting.number(amount)} {_(resource.unit)})",
            colours.community(position),
        )
        for label, value, amount, position in zip(labels.values(), units["rate"], units[resource.id], positions, strict=True)
    ]
    line = norm.value if norm is not None and norm.form == "rate" else None
    return bars(rows, unit=rate_unit(resource), height=max(_ROW_PIXELS * len(rows) + 16, 80), line=line)


def ranking_table(units: pd.DataFrame, resource: Resource) -> Table:
    """Return the ranking as a table."""
    made = units[["name", "population", resource.id, "rate"]].sort_values("rate", ascending=False, kind="stable")
    columns = [
        TableColumn("name", _("单位")),
        TableColumn("population", _("服务人口"), "count"),
        TableColumn(resource.id, f"{_(resource.name)} ({_(resource.unit)})", "number"),
        TableColumn("rate", rate_unit(resource), "number"),
    ]
    return Table(made, columns, _("{resource}配置水平", resource=_(resource.name)))


def _years_card(frame: PageFrame, resource: Resource, norm: Norm | None) -> None:
    month = frame.filters.period.last
    county = supply(frame.database, month, resource.id, "county", Basis.LOCATED)
    communities = supply(frame.database, month, resource.id, "community", Basis.LOCATED, frame.filters.community)
    with card("years", years_title(county, resource), _("往年为年末，{year} 年为截止月", year=month.year)):
        if county["rate"].notna().sum() == 0:
            empty_state(_("没有可比的年份。"), frame.to_load(resource.table, "dim_town", "fact_population"))
            return
        figure = years_figure(county, communities, resource, norm, _positions(frame, communities["community"]))
        table = lambda: years_table(pd.concat([county.assign(name=_("全县")), communities]), resource)  # noqa: E731
        contents = [_definition(resource, frame, norm)]
        alt = _("{resource}历年变化", resource=_(resource.name))
        lines = [*(str(code) for code in communities["unit"].unique()), None]
        figure_card_body(
            figure, key="years", alt=alt, table=table, source=frame.source(), contents=contents,  # type: ignore[arg-type]
            on_pick=lambda _place, trace: ask_resource(frame, resource, lines[trace]),
        )  # fmt: skip


def years_title(county: pd.DataFrame, resource: Resource) -> str:
    """Return how the county's rate moved from the first to the last known year."""
    known = county.dropna(subset=["rate"])
    if len(known) < 2:
        return _("历年水平")
    first, last = known.iloc[0], known.iloc[-1]
    return _(
        "{first_year}–{last_year} 年由 {first} 到 {last} {unit}",
        first_year=int(first["year"]),
        last_year=int(last["year"]),
        first=formatting.number(first["rate"], resource.decimals),
        last=formatting.number(last["rate"], resource.decimals),
        unit=rate_unit(resource),
    )


@drawn_once
def years_figure(county: pd.DataFrame, communities: pd.DataFrame, resource: Resource, norm: Norm | None, positions: pd.Series) -> go.Figure:
    """Return the rate year by year: the county thick, each community in its colour."""
    colours = palette()
    figure = base_figure(colours, 190)
    for code, rows in communities.groupby("unit", sort=False):
        colour = colours.community(int(positions[rows.index[0]]))
        _line(figure, rows, str(rows["name"].iloc[0] or code), colour, 1.8, resource)
    _line(figure, county, _("全县"), colours.text, 3, resource)
    if norm is not None and norm.form == "rate":
        figure.add_hline(y=norm.value, line={"color": colours.muted, "width": 1.2, "dash": "dot"})
    figure.update_layout(showlegend=True, legend={"y": 1.05, "font": {"size": 11}})
    figure.update_xaxes(dtick=1, fixedrange=True, tickformat="d")
    figure.update_yaxes(rangemode="tozero", fixedrange=True)
    return figure


def _line(figure: go.Figure, rows: pd.DataFrame, name: str, colour: str, width: float, resource: Resource) -> None:
    values: Sequence[float | None] = [None if np.isnan(value) else value for value in rows["rate"]]
    texts = [formatting.number(value, resource.decimals) for value in rows["rate"]]
    figure.add_scatter(
        x=rows["year"].tolist(), y=values, name=plotly_text(name), mode="lines+markers", line={"color": colour, "width": width},
        marker={"size": 5}, customdata=texts,
        hovertemplate=f"{plotly_text(name)} %{{x}}: %{{customdata}} {rate_unit(resource)}<extra></extra>",
    )  # fmt: skip


def years_table(rows: pd.DataFrame, resource: Resource) -> Table:
    """Return the years as a table."""
    columns = [
        TableColumn("name", _("单位")),
        TableColumn("year", _("年份"), "text"),
        TableColumn("population", _("常住人口"), "count"),
        TableColumn("amount", f"{_(resource.name)} ({_(resource.unit)})", "number"),
        TableColumn("rate", rate_unit(resource), "number"),
    ]
    return Table(rows.assign(year=rows["year"].astype(str)), columns, _("{resource}历年水平", resource=_(resource.name)))
