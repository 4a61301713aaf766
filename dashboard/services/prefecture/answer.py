"""The counties of a database side by side: value, state and rank of each headline indicator, limits of chance, history, the fund's year.

Everything comes from the marts (``marts.py``), which hold what each county's own pages are computed from: an indicator here is that of the
county's Overview by construction, since the same formula divides the same measures.
"""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from dashboard.analysis.counties import NOTICED, chance_limits, chance_scores, expected_beyond, rank_bands, size_groups, widening
from dashboard.analysis.indicators import IndicatorData, Status, any_sided, indicator_frame
from dashboard.analysis.noise import process_error, proportion_error, standard_error
from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.analysis.projection import INTERVAL_SHARE
from dashboard.analysis.targets import standing
from dashboard.catalogue.completeness import completeness_rules
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator, Target
from dashboard.catalogue.monitoring import monitoring_plan
from dashboard.catalogue.overview import overview_plan
from dashboard.catalogue.prefecture import prefecture_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.counties import all_counties
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.indicators import hide_small
from dashboard.states import State, state_of
from dashboard.store.query import EVERYTHING, run_query

ALL_SCHEMES = EVERYTHING
FUND = "fund"
"""The column of the fund's year end, beside the ids of indicators."""
RESIDENTS = "resident"
_CURVE_POINTS = 60


@dataclass(frozen=True, eq=False)
class Funnel:
    """The limits of chance of an indicator, in its unit.

    ``curve``: size (people or cases of the denominator), low_95, high_95, low_998, high_998. ``widened``: by how much the limits were
    drawn apart because counties differ by more than chance.
    """

    curve: pd.DataFrame
    widened: float


@dataclass(frozen=True, eq=False)
class Compared:
    """One indicator of all counties in one month.

    ``table``, by county: value, numerator, denominator and month of what is shown (the newest month that came), late (it is not the month
    asked for: not ranked), state, rank, low and high (1 = best, 90 %), score (standard deviations from all counties, missing without a
    funnel), change (against the same month of the year before: points where the unit is %, else per cent). ``whole`` is the value of all
    counties on time together, ``history`` months × counties, ``whole_history`` by month. ``funnel`` None where the sides count no people or
    too few counties are on time.
    """

    indicator: Indicator
    target: Target | None
    table: pd.DataFrame
    whole: float
    history: pd.DataFrame
    whole_history: "pd.Series[float]"
    funnel: Funnel | None
    every_scheme: bool

    @property
    def on_time(self) -> pd.DataFrame:
        """The rows of ``table`` that have the month asked for."""
        return self.table[~self.table["late"] & self.table["value"].notna()]

    def together(self, codes: Sequence[str]) -> float:
        """Return the value of these counties together, those on time; NaN for none."""
        return _divided(self.on_time[self.on_time.index.isin(codes)], self.indicator)


@dataclass(frozen=True, eq=False)
class CountyFunds:
    """What the year of each county's fund comes to, yuan.

    ``table``, by county: budget, spent, through (last month paid), year_end, surplus (budget − year end) with surplus_low and surplus_high
    (90 %), execution (year end per cent of the budget), late (claims do not reach the month asked for: not ranked), state, rank, low, high.
    Counties without a budget or a projection have missing values. ``year`` None when the marts hold none.
    """

    year: int | None
    table: pd.DataFrame

    @property
    def projected(self) -> pd.DataFrame:
        """The rows that have a projection."""
        return self.table[self.table["surplus"].notna()]

    @property
    def execution(self) -> float:
        """Year end of all together, per cent of their budgets; NaN without any."""
        known = self.projected
        return 100 * float(known["year_end"].sum() / known["budget"].sum()) if len(known) else math.nan

    def sums(self) -> tuple[float, float, float]:
        """Return what those that overspend lack together, what the others have left, and the difference (yuan; below 0: lacking)."""
        surplus = self.projected["surplus"]
        return float(-surplus[surplus < 0].sum()), float(surplus[surplus > 0].sum()), float(surplus.sum())


@dataclass(frozen=True, eq=False)
class Prefecture:
    """All counties in one month. ``counties``, by code in display order: name, residents, group (-1: residents not known), late."""

    month: datetime.date
    counties: pd.DataFrame
    compared: Mapping[str, Compared]
    fund: CountyFunds

    @property
    def empty(self) -> bool:
        """Whether the marts hold nothing of this month."""
        return all(each.table["value"].isna().all() for each in self.compared.values())

    @property
    def late(self) -> pd.DataFrame:
        """The counties that lack the month."""
        return self.counties[self.counties["late"]]

    def comparisons(self) -> tuple[int, float]:
        """Return how many values were held against limits of chance, and how many of them lie beyond those of 95 % by chance alone."""
        count = sum(len(each.on_time) for each in self.compared.values() if each.funnel)
        return count, expected_beyond(count)

    def peers(self, code: str) -> list[str]:
        """Return the counties of the size group of ``code``, itself among them."""
        return [str(each) for each in self.counties.index[self.counties["group"].eq(self.counties["group"][code])]]

    def counted(self, column: str) -> Mapping[State, int]:
        """Return how many counties on time are in each state, of an indicator or of ``FUND``."""
        table = self.fund.table[~self.fund.table["late"]] if column == FUND else self.compared[column].on_time
        return {state: int(table["state"].eq(state).sum()) for state in (State.GOOD, State.WARNING, State.BAD)}


def everywhere(database: ReportingDatabase) -> ReportingDatabase:
    """Return the database as its reader sees all of its counties at once, instead of the one in view."""
    return database.under(replace(database.scope, county=None))


@cached(max_entries=32, needs_county=True)
def prefecture(database: ReportingDatabase, month: datetime.date, scheme: str | None = None) -> Prefecture:
    """Return the counties in ``month``, of one insurance scheme or of all.

    Raises:
        QueryError: the database cannot answer. ScopeError: for a reader of a part of the county.
    """
    settings, catalogue = prefecture_settings(), load_catalogue()
    chosen = catalogue.chosen(settings.indicators)
    back = 12 * max(years for entry in chosen for _name, years in entry.measures)
    months = [shift_months(month, -step) for step in range(settings.months - 1, -1, -1)]
    names = pd.Series({county.code: county.short_name for county in all_counties(database)}, dtype="object")
    rows = run_query(
        database, "prefecture/measures", first_month=shift_months(months[0], -back), last_month=month, scheme_code=scheme or ALL_SCHEMES
    )
    units = pd.DataFrame({"unit": names.index, "unit_name": names.to_numpy()})
    data = IndicatorData.given(units, catalogue.measures, catalogue.cubes, rows[rows["unit"].isin(names.index)])
    one = scheme is not None
    frames = {
        each: hide_small(indicator_frame(chosen, data, "county", Period(Grain.MONTH, each), one_scheme=one)).set_index("unit")
        for each in months
    }
    compared = {
        entry.id: _compared(
            entry,
            {each: frame[frame["indicator"].eq(entry.id)] for each, frame in frames.items()},
            every_scheme=one and not any_sided(entry, catalogue.measures, catalogue.cubes),
        )
        for entry in chosen
    }
    residents = _residents(rows, names.index)
    late = pd.DataFrame({name: each.table["late"] | each.table["value"].isna() for name, each in compared.items()}).any(axis=1)
    who = pd.DataFrame(
        {"name": names, "residents": residents, "group": size_groups(residents, settings.sizes), "late": late},
        index=names.index,
    )
    return Prefecture(month, who, compared, _funds(database, month, scheme, names.index))


def _residents(rows: pd.DataFrame, codes: pd.Index) -> "pd.Series[float]":
    """Return the newest number of residents of each county."""
    known = rows[rows["measure"].eq(RESIDENTS) & rows["value"].notna()]
    return known.groupby("unit")["value"].last().reindex(codes).astype("float64")


def _compared(entry: Indicator, frames: Mapping[datetime.date, pd.DataFrame], *, every_scheme: bool) -> Compared:
    catalogue, settings, month = load_catalogue(), prefecture_settings(), max(frames)
    benchmark = entry.target or entry.reference
    target = catalogue.targets[benchmark] if benchmark else None
    came = {each: frame[_came(frame)] for each, frame in frames.items()}
    codes = frames[month].index
    history = pd.DataFrame({pd.Timestamp(each): frame["value"].reindex(codes) for each, frame in came.items()}).T
    sides = {
        side: pd.DataFrame({each: frame[side].reindex(codes) for each, frame in came.items()}).T for side in ("numerator", "denominator")
    }
    newest = {str(code): history[code].last_valid_index() for code in codes}
    rows = [
        (math.nan, math.nan, math.nan, pd.NaT, math.nan)
        if pd.isna(own)
        else (
            history[code][own],
            sides["numerator"][code][own.date()],
            sides["denominator"][code][own.date()],
            own,
            _change(history[code], own, points=entry.unit == "%"),
        )
        for code, own in newest.items()
    ]
    table = pd.DataFrame(rows, index=codes, columns=["value", "numerator", "denominator", "month", "change"])
    table["late"] = table["month"].lt(pd.Timestamp(month))
    on_time = table[table["month"].eq(pd.Timestamp(month))]
    enough = len(on_time) >= settings.least_counties
    of_people = all(entry.counts_people(side, catalogue.measures) for side in ("numerator", "denominator"))
    scores = chance_scores(on_time["numerator"], on_time["denominator"]) if enough and of_people else pd.Series(np.nan, index=on_time.index)
    funnel = _funnel(entry, on_time) if scores.notna().any() else None
    errors = pd.Series({code: _error(entry, row, history[code], people=of_people) for code, row in on_time.iterrows()}, dtype="float64")
    places = rank_bands(on_time["value"], errors, rising=entry.direction == "higher", draws=settings.draws)
    if entry.direction == "range":
        places.loc[:] = np.nan
    if not enough:
        places[["low", "high"]] = np.nan
    table = table.join(places).assign(score=scores.reindex(codes))
    table["state"] = [
        State.UNKNOWN if math.isnan(value) else State.NEUTRAL if late else _state(entry, target, value, score)
        for value, late, score in zip(table["value"], table["late"], table["score"], strict=True)
    ]
    whole = pd.Series({pd.Timestamp(each): _divided(frame, entry) for each, frame in came.items()}, dtype="float64")
    return Compared(entry, target, table, _divided(on_time, entry), history, whole, funnel, every_scheme)


def _came(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Return which readings stand on (nearly) all the reports that were due: a part of a month is no month to be ranked by."""
    whole = frame["months_present"] >= completeness_rules().complete_share * frame["months_expected"]
    return frame["status"].eq(str(Status.OK)) | (frame["status"].eq(str(Status.INCOMPLETE)) & whole)


def _divided(rows: pd.DataFrame, entry: Indicator) -> float:
    """Return the indicator of all ``rows`` together: sums divided, never a mean of rates."""
    if rows.empty:
        return math.nan
    if entry.denominator_tree is None:
        return entry.multiplier * float(rows["numerator"].sum())
    below = float(rows["denominator"].sum())
    return entry.multiplier * float(rows["numerator"].sum()) / below if below else math.nan


def _change(values: "pd.Series[float]", own: pd.Timestamp, *, points: bool) -> float:
    before = float(values.get(own - pd.DateOffset(years=1), math.nan))
    if points:
        return float(values[own]) - before
    return 100 * (float(values[own]) / before - 1) if before else math.nan


def _error(entry: Indicator, row: pd.Series, history: "pd.Series[float]", *, people: bool) -> float:
    """Return the standard error of a county's value: what its months scatter by, and at least what chance does among so many cases."""
    of_chance = proportion_error(float(row["numerator"]), float(row["denominator"]), entry.multiplier) if people else 0.0
    return standard_error(process_error(history.to_list()), of_chance)


def _funnel(entry: Indicator, on_time: pd.DataFrame) -> Funnel:
    part, whole = on_time["numerator"], on_time["denominator"]
    sizes = np.geomspace(max(float(whole.min()) * 0.5, 1.0), float(whole.max()) * 1.08, _CURVE_POINTS)
    curve = entry.multiplier * chance_limits(part, whole, sizes.tolist(), monitoring_plan().funnel)
    return Funnel(curve.assign(size=sizes), widening(part, whole))


def _state(entry: Indicator, target: Target | None, value: float, score: float) -> State:
    """Return the state against the target; without one, and where chance has limits, against these."""
    if target is not None:
        return state_of(standing(value, target, overview_plan().near_share))
    good = score if entry.direction == "higher" else -score
    if math.isnan(score) or entry.direction == "range":
        return State.NEUTRAL
    if good <= -monitoring_plan().funnel:
        return State.BAD
    return State.WARNING if good <= -NOTICED else State.GOOD if good >= NOTICED else State.NEUTRAL


def _funds(database: ReportingDatabase, month: datetime.date, scheme: str | None, codes: pd.Index) -> CountyFunds:
    settings = prefecture_settings()
    first = max(shift_months(month, -(settings.fund_months - 1)), datetime.date(month.year, 1, 1))
    rows = run_query(database, "prefecture/fund", first_month=first, last_month=month, scheme_code=scheme or ALL_SCHEMES)
    table = rows.groupby("county_code").last().reindex(codes).drop(columns=["month", "year"])
    numbers = ["budget", "spent", "year_end", "year_end_low", "year_end_high"]
    table[numbers] = table[numbers].astype("float64")
    table["surplus"] = table["budget"] - table["year_end"]
    table["surplus_low"], table["surplus_high"] = table["budget"] - table["year_end_high"], table["budget"] - table["year_end_low"]
    table["execution"] = 100 * table["year_end"] / table["budget"]
    table["late"] = ~table["through"].ge(pd.Timestamp(month))
    ranked = table[~table["late"]]
    reach = 2 * float(stats.norm.ppf((1 + INTERVAL_SHARE) / 2))
    errors = 100 * (ranked["year_end_high"] - ranked["year_end_low"]) / reach / ranked["budget"]
    places = rank_bands(ranked["execution"], errors, rising=False, draws=settings.draws)
    if len(ranked) < settings.least_counties:
        places[["low", "high"]] = np.nan
    table = table.join(places)
    table["state"] = [
        State.UNKNOWN if math.isnan(surplus) else State.NEUTRAL if late else _fund_state(surplus, high)
        for surplus, high, late in zip(table["surplus"], table["surplus_high"], table["late"], strict=True)
    ]
    return CountyFunds(month.year if len(rows) else None, table)


def _fund_state(surplus: float, high: float) -> State:
    """Return off where even the upper end of the interval overspends, near where only the expected value does, else met."""
    return State.GOOD if surplus >= 0 else State.BAD if high < 0 else State.WARNING
