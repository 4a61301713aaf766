"""Indicator values of a reporting database: the one call that cards, charts, alerts, exports and scores read.

``indicator_values(open_database(url), level="county", period=Period.parse("2025-10"))`` returns one row per indicator and unit.

Filters: ``community`` keeps the units and the rows of one community (provider side: its members; insured side: the people of its
towns); ``scheme`` keeps one insurance scheme in claims, budgets and numbers of insured and leaves everything else as it is;
an indicator made of both has no value then, since its sides would count different people.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
import pandas as pd

from dashboard.analysis.indicators import (
    COLUMNS,
    IndicatorData,
    Readings,
    Status,
    indicator_frame,
    indicator_readings,
    periods_needed,
    withheld,
)
from dashboard.analysis.measures import LOOKBACK_MONTHS, CubeRows, Reports, span_of
from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.analysis.release import released, without_names
from dashboard.analysis.suppression import ON_SCREEN, suppressed_list
from dashboard.catalogue.catalogue import Catalogue
from dashboard.catalogue.expression import in_words
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Cube, Indicator, Level, Target
from dashboard.catalogue.release import release_rules
from dashboard.language import marked, translate
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.store.query import query_binds, query_text, run_query
from dashboard.store.scope import Scope
from dashboard.store.scoping import WHOLE_COUNTY, rule_of, scoped_query

__all__ = ["COLUMNS", "IndicatorDefinition", "indicator_changes", "indicator_definition", "indicator_series", "indicator_values"]

Key = TypeVar("Key")

FEW = "few"
"""Status of a reading that stands on too few people to be shown."""
SIDES: tuple[Literal["numerator"], Literal["denominator"]] = ("numerator", "denominator")


def indicator_values(
    database: ReportingDatabase,
    *,
    level: Level,
    period: Period,
    indicators: Sequence[str] | None = None,
    community: str | None = None,
    scheme: str | None = None,
) -> pd.DataFrame:
    """Return the value, numerator and denominator of ``indicators`` for every unit of ``level`` in ``period``.

    Args:
        database: an open reporting database.
        level: "county", "community", "institution" (in-county, without pharmacies) or "town".
        period: month, quarter, year to date or rolling twelve months.
        indicators: ids of the catalogue in the order wanted; None for all of them.
        community: only the units and rows of this community code.
        scheme: only this insurance scheme ("employee", "resident") in claims, budgets and numbers of insured.

    Returns:
        One row per indicator and unit with the columns
        indicator; unit (code; "county" at county level); unit_name; numerator and denominator (sums as reported, the
        denominator missing for plain counts); value (numerator ÷ denominator × multiplier, in the indicator's unit: 91.3 for
        91.3 %); status (ok, incomplete: some reports of the period are missing, the value is made of what is there;
        missing_data, zero_denominator, not_at_level, not_by_scheme, not_in_schema, out_of_scope: another's, not_released: a county
        value that would give others away: no value); months_present and months_expected (monthly
        reports that came and were due, added up over the reporting institutions; of the least complete source); missing (source
        tables that a missing value lacks, separated by commas).

    Raises:
        CatalogueError: an unknown indicator. QueryError: the database cannot answer.
    """
    return _values(database, level, (period,), _ids(indicators), community, scheme)[period]


def hide_small(values: pd.DataFrame, smallest: int = ON_SCREEN, chosen: Sequence[Indicator] | None = None) -> pd.DataFrame:
    """Return readings of one period as they may be shown: none that stands on fewer than ``smallest`` people or cases.

    Args:
        values: the columns of ``indicator_values``, all units of one level, whose sum is shown elsewhere.
        smallest: ``ON_SCREEN`` or ``ON_EXPORT``; 0 hides nothing.
        chosen: the indicators where they do not stand in the catalogue.

    Returns:
        A frame whose hidden readings have status ``FEW`` and neither value nor sides: those with a small side that counts people
        (``Measure.counts_people``), and those from which with the sum of all units such a side could be computed. ``values`` itself
        where nothing is hidden.
    """
    catalogue = load_catalogue()
    known = {entry.id: entry for entry in chosen} if chosen is not None else catalogue.indicators
    hidden, names = np.zeros(len(values), dtype=bool), values["indicator"].to_numpy(dtype=object)
    for side in SIDES:
        counts = values[side].to_numpy(dtype="float64", na_value=np.nan).clip(min=0.0)
        for name in dict.fromkeys(names[(counts > 0) & (counts < smallest)]):
            if known[name].counts_people(side, catalogue.measures):
                rows = names == name
                hidden[rows] |= suppressed_list(pd.Series(counts[rows]), smallest)[0].to_numpy()
    if not hidden.any():
        return values
    return values.assign(status=values["status"].mask(hidden, FEW), **{name: values[name].mask(hidden) for name in ("value", *SIDES)})


def indicator_changes(
    database: ReportingDatabase,
    *,
    level: Level,
    period: Period,
    indicators: Sequence[str] | None = None,
    community: str | None = None,
    scheme: str | None = None,
    smallest: int = 0,
) -> pd.DataFrame:
    """Return ``indicator_values`` of ``period`` with the period before (环比) and the same period last year (同比).

    Adds previous, previous_status, change_previous, last_year, last_year_status, change_last_year and change_unit: changes are
    differences in percentage points ("pt") where the unit is %, else relative changes in percent ("%"), missing where the
    value compared with is 0 or missing. A year to date has no period before but last year's (``Period.previous``).
    ``smallest`` hides small counts of any of the periods, and the changes with them (``hide_small``).
    """
    periods = _compared(period)
    return _changed(_shown(_values(database, level, periods, _ids(indicators), community, scheme), smallest), period)


def _compared(period: Period) -> tuple[Period, ...]:
    return period, period.previous(), period.last_year()


def _shown(frames: Mapping[Period, pd.DataFrame], smallest: int) -> Mapping[Period, pd.DataFrame]:
    return {each: hide_small(frame, smallest) for each, frame in frames.items()} if smallest else frames


def _changed(frames: Mapping[Period, pd.DataFrame], period: Period) -> pd.DataFrame:
    """Return the frame of ``period`` with those it is compared with, all as they may be shown."""
    result = frames[period].copy()
    units = {name: entry.unit for name, entry in load_catalogue().indicators.items()}
    points = result["indicator"].map(units).eq("%")
    result["change_unit"] = np.where(points, "pt", "%")
    for name, other in zip(("previous", "last_year"), _compared(period)[1:], strict=True):
        frame = frames[other]
        result[name], result[f"{name}_status"] = frame["value"].to_numpy(), frame["status"].to_numpy()
        base = result[name].replace(0.0, np.nan).abs()
        difference = result["value"] - result[name]
        result[f"change_{name}"] = np.where(points, difference, difference / base * 100)
    return result


def indicator_series(
    database: ReportingDatabase,
    indicators: Sequence[str],
    *,
    level: Level,
    last: Period,
    months: int = 12,
    community: str | None = None,
    scheme: str | None = None,
    smallest: int = 0,
) -> pd.DataFrame:
    """Return ``indicators`` month by month: the ``months`` months that end with the last month of ``last``.

    Returns:
        The columns of ``indicator_values`` and ``month`` (first day), ordered by indicator, unit and month. A month without data is
        a row with a missing value, so a line breaks instead of jumping. ``smallest`` hides small counts (``hide_small``).
    """
    periods = _months_to(last, months)
    return _dated(_shown(_values(database, level, periods, _ids(indicators), community, scheme), smallest), periods, indicators)


def _months_to(last: Period, months: int) -> tuple[Period, ...]:
    return tuple(Period(Grain.MONTH, shift_months(last.last, -step)) for step in range(months - 1, -1, -1))


def _dated(frames: Mapping[Period, pd.DataFrame], periods: Sequence[Period], indicators: Sequence[str]) -> pd.DataFrame:
    """Return the frames of ``periods`` one below the other, ordered by indicator, unit and month."""
    dated = [frames[period].assign(month=pd.Timestamp(period.last)) for period in periods]
    series = pd.concat(dated, ignore_index=True)
    series["month"] = series["month"].astype("datetime64[us]")
    positions = series["indicator"].map({name: position for position, name in enumerate(indicators)})
    ordered = series.assign(position=positions).sort_values(["position", "unit", "month"], kind="stable", ignore_index=True)
    return ordered.drop(columns="position")


def changes_and_series(
    database: ReportingDatabase,
    indicators: Sequence[str],
    *,
    level: Level,
    period: Period,
    months: int,
    community: str | None = None,
    scheme: str | None = None,
    smallest: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``indicator_changes`` of ``period`` and ``indicator_series`` of the ``months`` to its end: read once for both."""
    series = _months_to(period, months)
    every = tuple(dict.fromkeys((*_compared(period), *series)))
    frames = _shown(_values(database, level, every, _ids(indicators), community, scheme), smallest)
    return _changed(frames, period), _dated(frames, series, indicators)


def _ids(indicators: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(entry.id for entry in load_catalogue().chosen(indicators))


def uncached_values(
    database: ReportingDatabase,
    level: Level,
    periods: tuple[Period, ...],
    indicators: tuple[str, ...],
    community: str | None,
    scheme: str | None,
) -> Mapping[Period, pd.DataFrame]:
    """Return the frame of ``indicator_values`` for each period; one query per cube for all. The pages ask the cached calls above."""
    return values_of(database, level, periods, load_catalogue().chosen(indicators), community=community, insurance=scheme)


def values_of(
    database: ReportingDatabase,
    level: Level,
    periods: tuple[Period, ...],
    chosen: Sequence[Indicator],
    *,
    community: str | None = None,
    insurance: str | None = None,
) -> Mapping[Period, pd.DataFrame]:
    """Return the frame of ``indicator_values`` for each period and ``chosen``, which need not stand in the catalogue; not cached."""
    catalogue = load_catalogue()
    if level == "county" and community is None and not database.scope.every_row:
        return _released(database, periods, chosen, insurance)
    beyond = out_of_scope(database.scope, chosen, catalogue)
    needed = periods_needed(_computable(chosen, level, beyond), catalogue.measures, periods)
    data = _data(_Question(database, level, community, insurance), needed)
    one_scheme = insurance is not None
    frames = {period: indicator_frame(chosen, data, level, period, one_scheme=one_scheme, out_of_scope=beyond) for period in periods}
    return frames if database.scope.every_row else _of_own_units(database.scope, level, community, data.units, frames)


def readings_of(
    database: ReportingDatabase, level: Literal["community", "institution"], asked: Mapping[Key, tuple[Indicator, Sequence[Period]]]
) -> tuple[pd.DataFrame, Mapping[Key, Readings]]:
    """Return indicators over long histories, without a frame for each of their periods; one query per cube for all; not cached.

    Args:
        database: the reporting database.
        level: whose.
        asked: by any name an indicator and its periods.

    Returns:
        The units (columns unit, unit_name, …, in the order of the answers) and by name the readings, periods × units: those of
        ``values_of``. An indicator that the database does not hold at this level, or that this reader never gets, is left out.

    Raises:
        QueryError: the database cannot answer.
    """
    scope, catalogue = database.scope, load_catalogue()
    entries = [entry for entry, _periods in asked.values()]
    computable = {entry.id for entry in _computable(entries, level, out_of_scope(scope, entries, catalogue))}
    known = {name: each for name, each in asked.items() if each[0].id in computable}
    needed: dict[str, set[Period]] = {}
    for entry, periods in known.values():
        for cube, wanted in periods_needed([entry], catalogue.measures, periods).items():
            needed.setdefault(cube, set()).update(wanted)
    data = _data(_Question(database, level, None, None), needed)
    if data.units.empty:
        return data.units, {}
    found = {name: indicator_readings(entry, data, level, periods) for name, (entry, periods) in known.items()}
    if not scope.every_row:
        homes = zip(data.units["unit"], data.units["community_code"], strict=True)
        beyond = np.array([not _holds(scope, level, str(unit), home) for unit, home in homes], dtype=np.bool_)
        found = {name: each.without(beyond, Status.OUT_OF_SCOPE) for name, each in found.items()}
    return data.units, found


def county_measures(
    database: ReportingDatabase, names: Sequence[str], months: Sequence[datetime.date], scheme: str | None = None
) -> pd.DataFrame:
    """Return the measures ``names`` of the whole county for single months: what its indicators are divided from; not cached.

    Args:
        database: as a reader of one whole county sees it.
        names: measures of the catalogue, none of the calendar.
        months: first days.
        scheme: one insurance scheme where a measure can be told for one; None for all together.

    Returns:
        One row per month and measure: month, measure, value (missing: not reported), incomplete (some reports are missing in it),
        reported and expected (reports that came and were due).

    Raises:
        QueryError: the database cannot answer.
    """
    catalogue, periods = load_catalogue(), [Period(Grain.MONTH, month) for month in months]
    needed: dict[str, set[Period]] = {}
    for name in names:
        measure = catalogue.measures[name]
        needed.setdefault(measure.cube, set()).update(span_of(measure, period) for period in periods)
    data = _data(_Question(database, "county", None, scheme), needed)
    rows = []
    for name in names:
        for period in periods:
            found, complete = data.values(name, period), data.complete(name, period)
            numbers = (found.values[0], found.partial[0], complete.present[0], complete.expected[0])
            rows.append((pd.Timestamp(period.last), name, *numbers))
    frame = pd.DataFrame(rows, columns=["month", "measure", "value", "incomplete", "reported", "expected"])
    return frame.astype({"month": "datetime64[us]", "incomplete": "bool", "reported": "int64", "expected": "int64"})


def _computable(chosen: Sequence[Indicator], level: Level, beyond: Collection[str]) -> list[Indicator]:
    return [entry for entry in chosen if entry.lacks is None and level in entry.levels and entry.id not in beyond]


def _data(ask: "_Question", needed: Mapping[str, set[Period]]) -> IndicatorData:
    """Return the rows of the cubes in ``needed`` for its periods: one query per cube."""
    catalogue = load_catalogue()
    units = ask.units()
    codes = units["unit"].tolist()
    reporters = ask.reporters()
    closed = {code: day for code, day in zip(reporters["reporter_code"], reporters["closed_on"], strict=True) if pd.notna(day)}
    return IndicatorData(
        units=units,
        measures=catalogue.measures,
        cubes=catalogue.cubes,
        rows={
            name: CubeRows.prepared(cube, ask.cube(cube, wanted), codes, closed) for name, wanted, cube in _with_cubes(needed, catalogue)
        },
        reports=ask.reports({name for name in needed if _reports_monthly(catalogue.cubes[name])}, needed, codes, reporters),
    )


def _of_own_units(
    scope: Scope, level: Level, community: str | None, units: pd.DataFrame, frames: Mapping[Period, pd.DataFrame]
) -> Mapping[Period, pd.DataFrame]:
    """Return ``frames`` without the figures of units that ``scope`` does not hold whole: theirs would be parts under a whole's name."""
    homes = zip(units["unit"], units["community_code"], strict=True)
    own = {str(unit) for unit, home in homes if _holds(scope, level, str(unit), community if level == "county" else home)}
    return {period: withheld(frame, ~frame["unit"].isin(own).to_numpy(), Status.OUT_OF_SCOPE) for period, frame in frames.items()}


def _holds(scope: Scope, level: Level, unit: str, community: str | None) -> bool:
    return scope.holds_institution(unit, community) if level == "institution" else scope.holds_community(community)


def out_of_scope(scope: Scope, chosen: Sequence[Indicator], catalogue: Catalogue) -> frozenset[str]:
    """Return the ids of those of ``chosen`` that a reader of ``scope`` never gets: of a section not granted, or only known of the whole."""

    def readable(cube: Cube) -> bool:
        if cube.query is None:
            return True
        query = scoped_query(cube.query)
        granted = all(scope.grants(rule_of(table).section) for table in query.tables)
        return granted and (scope.every_row or WHOLE_COUNTY not in query.views)

    read = {name: readable(cube) for name, cube in catalogue.cubes.items()}
    return frozenset(entry.id for entry in chosen if not all(read[catalogue.measures[name].cube] for name, _years in entry.measures))


def _beyond_rows(database: ReportingDatabase) -> ReportingDatabase:
    """Return ``database`` without its limits of rows, those of sections kept. For this module only: what it reads it releases by rule."""
    scope = database.scope
    return database.under(scope.whole_county if scope.sections is None else replace(scope, communities=None, institutions=None))


def community_peers(
    database: ReportingDatabase, period: Period, indicators: Sequence[str] | None = None, scheme: str | None = None
) -> pd.DataFrame:
    """Return what a reader may see of the other communities: indicator, label (A, B, C, or names where the county publishes), value.

    Empty for who sees the whole county. Raises ``CatalogueError``, ``QueryError``.
    """
    chosen = load_catalogue().chosen(indicators)
    if database.scope.every_row:
        return pd.DataFrame({"indicator": pd.Series(dtype="str"), "label": pd.Series(dtype="str"), "value": pd.Series(dtype="float64")})
    frame = hide_small(_values(_beyond_rows(database), "community", (period,), _ids(indicators), None, scheme)[period])
    own = {code for code in frame["unit"].astype(str) if database.scope.holds_community(code)}
    return without_names(frame, own, {entry.id for entry in chosen if entry.denominator_tree is not None}, release_rules())


def _released(
    database: ReportingDatabase, periods: tuple[Period, ...], chosen: Sequence[Indicator], insurance: str | None
) -> Mapping[Period, pd.DataFrame]:
    """Return county values as far as they give no other community away (``analysis/release.py``): the one look past a scope's rows."""
    whole = _beyond_rows(database)
    county = values_of(whole, "county", periods, chosen, insurance=insurance)
    parts = values_of(whole, "community", periods, chosen, insurance=insurance)
    own = {code for code in parts[periods[0]]["unit"].astype(str) if database.scope.holds_community(code)}
    rules = release_rules()
    return {period: released(frame, parts[period], own, rules) for period, frame in county.items()}


_values = cached(max_entries=256)(uncached_values)


def _with_cubes(needed: Mapping[str, set[Period]], catalogue: Catalogue) -> list[tuple[str, set[Period], Cube]]:
    return [(name, wanted, catalogue.cubes[name]) for name, wanted in sorted(needed.items())]


def _reports_monthly(cube: Cube) -> bool:
    return cube.reporting == "reporter" and cube.grain == "month"


@dataclass(frozen=True)
class _Question:
    """One call's database and filters; each cube is one query for all periods and indicators."""

    database: ReportingDatabase
    level: Level
    community: str | None
    scheme: str | None

    def _run(self, query: str, **parameters: object) -> pd.DataFrame:
        known = {"level": self.level, "community": self.community, "scheme": self.scheme} | parameters
        binds = query_binds(query_text(query))
        return run_query(self.database, query, **{name: value for name, value in known.items() if name in binds})

    def units(self) -> pd.DataFrame:
        """Return unit, unit_name, kind, role, community_code, display_order of the level in display order; an unnamed county is 全县."""
        frame = self._run("measures/units")
        frame["unit_name"] = frame["unit_name"].where(frame["unit_name"].notna(), translate(marked("全县")))
        if self.level != "county":
            who = directory(self.database)
            labels = {"community": who.communities, "town": who.towns, "institution": who.institutions}[self.level]["name"]
            frame["unit_name"] = frame["unit"].map(labels).fillna(frame["unit_name"])
        return frame

    def cube(self, cube: Cube, periods: set[Period]) -> pd.DataFrame:
        """Return the rows of ``cube`` that ``periods`` need: the columns of its query, by unit and month, quarter or year, in no order."""
        months = sorted({month for period in periods for month in period.months})
        first, last = months[0], months[-1]
        oldest = shift_months(first, -cube.max_age_months)
        assert cube.query is not None  # only the calendar has none, and it is never asked
        return self._run(
            cube.query,
            months=months,
            first=oldest,
            last=last,
            first_year=oldest.year,
            last_year=last.year,
            year_before=shift_months(first, -11),
            population_groups=_accepted("population_group"),
            programmes=_accepted("programme"),
        )

    def reporters(self) -> pd.DataFrame:
        """Return unit_code, reporter_code, kind, role and closed_on (missing while open) of the institutions that report, in no order."""
        return self._run("measures/reporters")

    def reports(
        self, cubes: set[str], needed: Mapping[str, set[Period]], units: Sequence[str], reporters: pd.DataFrame
    ) -> dict[str, Reports]:
        """Return who reported when, for each of ``cubes``; revenue and balances come with the finance report."""
        if not cubes:
            return {}
        periods = [period for name in cubes for period in needed[name]]
        frame = self._run(
            "measures/coverage",
            sources=sorted({_source(name) for name in cubes}),
            first=shift_months(min(period.first for period in periods), -LOOKBACK_MONTHS),
            last=max(period.last for period in periods),
        )
        by_source = {source: Reports.prepared(rows, reporters, units) for source, rows in frame.groupby("source")}
        nobody = Reports.prepared(frame.iloc[:0], reporters, units)
        return {name: by_source.get(_source(name), nobody) for name in cubes}


def _accepted(attribute: str) -> list[object]:
    """Return the values of ``attribute`` that any measure asks for, so that the database leaves the others out."""
    return sorted({value for measure in load_catalogue().measures.values() for value in measure.where.get(attribute, ())}, key=str)


def _source(cube: str) -> str:
    return "finance" if cube in ("finance_balance", "revenue") else cube


@dataclass(frozen=True)
class IndicatorDefinition:
    """Everything a reader may ask about one indicator, in one language."""

    id: str
    name: str
    short_name: str
    category: str
    unit: str
    decimals: int
    direction: str
    numerator: str
    denominator: str
    formula_in_words: str
    formula: str
    measures: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    attribution: tuple[str, ...]
    aggregation: str
    target: str
    targets: tuple[str, ...]
    official: bool
    evidence: str
    evidence_label: str
    documents: tuple[str, ...]
    memberships: tuple[str, ...]
    notes: tuple[str, ...]
    lacks: str


_EVIDENCE = {
    "SEED": marked("有据"),
    "FOUND": marked("有据"),
    "FOUND-2": marked("二手转录，待核实"),
    "OWN": marked("待核实：本产品口径"),
    "INFER": marked("待核实：推导或建模假设"),
}
CATEGORIES = {
    "resources": marked("资源配置"),
    "flow": marked("就医流向与转诊"),
    "efficiency": marked("运行效率"),
    "finance": marked("经济运行与费用"),
    "quality": marked("质量与能力"),
    "fund": marked("医保基金"),
    "contracts": marked("签约与公卫"),
}
_DIRECTIONS = {"higher": marked("越高越好"), "lower": marked("越低越好"), "range": marked("区间适宜")}


def indicator_definition(name: str, language: str = "zh") -> IndicatorDefinition:
    """Return what a popover tells about the indicator ``name``. Raises ``CatalogueError`` when there is none."""
    catalogue = load_catalogue()
    entry = catalogue.indicator(name)
    cubes = [catalogue.cubes[cube] for cube in sorted({catalogue.measures[measure].cube for measure, _ in entry.measures})]
    numerator, denominator = (label.text(language) if label else "" for label in (entry.numerator_label, entry.denominator_label))
    target = catalogue.target(name)
    return IndicatorDefinition(
        id=entry.id,
        name=entry.label(language),
        short_name=entry.short_label(language),
        category=translate(CATEGORIES[entry.category], language),
        unit=entry.unit,
        decimals=entry.decimals,
        direction=translate(_DIRECTIONS[entry.direction], language),
        numerator=numerator,
        denominator=denominator,
        formula_in_words=_formula_in_words(entry, catalogue, language),
        formula=" ÷ ".join(f"({part})" for part in (entry.numerator, entry.denominator) if part),
        measures=tuple((measure, catalogue.measures[measure].label(language)) for measure in sorted({m for m, _ in entry.measures})),
        sources=tuple(_columns(entry, catalogue)),
        attribution=tuple(dict.fromkeys(f"{cube.label(language)}：{cube.attribution.text(language)}" for cube in cubes)),
        aggregation=entry.aggregation.text(language),
        target=target_text(target, catalogue, language) if target else "",
        targets=tuple(target_text(each, catalogue, language) for _, each in catalogue.targets_of(name)),
        official=entry.official,
        evidence=entry.evidence,
        evidence_label=translate(_EVIDENCE[entry.evidence], language),
        documents=tuple(
            catalogue.sources[source].title if language == "zh" else catalogue.sources[source].title_en for source in entry.source
        ),
        memberships=tuple(f"{official.label(language)} {item.id} {item.label(language)}" for official, item in catalogue.memberships(name)),
        notes=tuple(note.text(language) for note in entry.notes),
        lacks=entry.lacks.text(language) if entry.lacks else "",
    )


def evidence_words(grade: str, language: str = "zh") -> str:
    """Return what readers call an evidence grade: "有据", "待核实：推导或建模假设"."""
    return translate(_EVIDENCE[grade], language)


def _formula_in_words(entry: Indicator, catalogue: Catalogue, language: str) -> str:
    labels = {name: measure.label(language) for name, measure in catalogue.measures.items()}
    parts = [in_words(tree, labels, language) for tree in (entry.numerator_tree, entry.denominator_tree) if tree is not None]
    text = " ÷ ".join(f"[{part}]" for part in parts) if len(parts) > 1 else "".join(parts)
    return f"{text} × {entry.multiplier:g}" if text and entry.multiplier != 1 else text


def _columns(entry: Indicator, catalogue: Catalogue) -> list[str]:
    measures = [catalogue.measures[name] for name in sorted({name for name, _ in entry.measures})]
    found = [f"{catalogue.cubes[each.cube].tables[0]}.{each.column}" for each in measures if catalogue.cubes[each.cube].tables]
    return list(dict.fromkeys(found))


def target_text(target: Target, catalogue: Catalogue, language: str = "zh") -> str:
    """Return a target with its bound, year, place, source and grade on one line."""
    low, high = (f"{bound:g}" if bound is not None else "" for bound in (target.low, target.high))
    bound = {">=": f"≥ {low}", "<=": f"≤ {high}", "=": low, "range": f"{low}–{high}"}[target.comparison]
    sources = [catalogue.sources[source] for source in target.source]
    titles = "; ".join(source.title if language == "zh" else source.title_en for source in sources)
    parts = (
        target.label(language),
        f"{bound} {translate(target.unit, language)}",
        str(target.year or ""),
        target.place.text(language),
        target.definition.text(language) if target.definition else "",
        titles,
        translate(_EVIDENCE[target.grade], language),
    )
    return " · ".join(part for part in parts if part)
