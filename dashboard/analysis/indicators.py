"""Indicator values from the rows of cubes: the one place where a numerator meets its denominator.

Rates are recomputed from summed numerators and denominators at every level, never averaged. A zero denominator gives a missing
value, never 0 or infinity.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.analysis.expressions import FloatArray, divide, evaluate
from dashboard.analysis.measures import (
    BoolArray,
    Completeness,
    CubeRows,
    MeasureValues,
    Reports,
    calendar_value,
    measure_values,
    span_of,
)
from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.expression import Call, Expression, Name, Negative, Operation
from dashboard.catalogue.models import Cube, Indicator, Level, Measure


class Status(StrEnum):
    """How far a value can be trusted, or why there is none."""

    OK = "ok"
    INCOMPLETE = "incomplete"
    MISSING_DATA = "missing_data"
    ZERO_DENOMINATOR = "zero_denominator"
    NOT_AT_LEVEL = "not_at_level"
    NOT_BY_SCHEME = "not_by_scheme"
    NOT_IN_SCHEMA = "not_in_schema"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_RELEASED = "not_released"


COLUMNS = (
    "indicator",
    "unit",
    "unit_name",
    "numerator",
    "denominator",
    "value",
    "status",
    "months_present",
    "months_expected",
    "missing",
)


_OF_ONE_MOMENT = ("stock", "average", "register", "to_date")


def grows_with_period(indicator: Indicator, measures: Mapping[str, Measure]) -> bool:
    """Return whether the value adds up over months (a count, a sum per head) instead of being their mean (a share, a cost per case).

    Found by counting how often time enters the formula: a flow, the days of a period and a budget spread over months once, a stock never;
    products add, quotients subtract.
    """

    def degree(tree: Expression | None) -> int:
        match tree:
            case Name():
                return 0 if measures[tree.name].time in _OF_ONE_MOMENT else 1
            case Negative():
                return degree(tree.operand)
            case Operation(sign="*"):
                return degree(tree.left) + degree(tree.right)
            case Operation(sign="/"):
                return degree(tree.left) - degree(tree.right)
            case Operation():
                return max(degree(tree.left), degree(tree.right))
            case Call(function="share" | "ratio"):
                return degree(tree.arguments[0]) - degree(tree.arguments[1])
            case Call():
                return max(degree(each) for each in tree.arguments)
            case _:
                return 0

    return degree(indicator.numerator_tree) > degree(indicator.denominator_tree)


def years_back(period: Period, years: int) -> Period:
    """Return ``period`` so many years earlier."""
    for _ in range(years):
        period = period.last_year()
    return period


@dataclass
class IndicatorData:
    """What one computation stands on.

    Attributes:
        units: columns unit, unit_name and, for institutions, kind and role; the order of the answers.
        measures: the measures of the catalogue.
        cubes: the cubes of the catalogue.
        rows: the rows of each cube that was asked for.
        reports: by cube, who reported when (see ``measures.Reports``); a cube that is one table for all is not in it.
    """

    units: pd.DataFrame
    measures: Mapping[str, Measure]
    cubes: Mapping[str, Cube]
    rows: Mapping[str, CubeRows]
    reports: Mapping[str, Reports]
    beforehand: bool = False
    """Whether the measures were computed before (``given``): nothing else is known then."""
    _values: dict[tuple[str, Period], MeasureValues] = field(default_factory=dict)
    _complete: dict[tuple[str, Period], Completeness] = field(default_factory=dict)
    _applies: dict[tuple[str, Level], BoolArray] = field(default_factory=dict)

    @classmethod
    def given(
        cls, units: pd.DataFrame, measures: Mapping[str, Measure], cubes: Mapping[str, Cube], measured: pd.DataFrame
    ) -> "IndicatorData":
        """Return what stands on measures of single months that were computed before, instead of on the rows of cubes.

        Args:
            units: as above.
            measures: as above.
            cubes: as above.
            measured: one row per unit, month (first day) and measure: value, incomplete, reported, expected. What is not in it is unknown.
        """
        data = cls(units, measures, cubes, {}, {}, beforehand=True)
        places = pd.Index(units["unit"])
        for (name, month), rows in measured.groupby(["measure", "month"]):
            key, at = (str(name), Period(Grain.MONTH, pd.Timestamp(str(month)).date())), places.get_indexer(pd.Index(rows["unit"]))
            found, complete = data._unknown()
            found.values[at] = rows["value"].to_numpy(dtype=np.float64)
            found.partial[at] = rows["incomplete"].to_numpy(dtype=np.bool_)
            complete.present[at] = rows["reported"].to_numpy(dtype=np.float64)
            complete.expected[at] = rows["expected"].to_numpy(dtype=np.float64)
            data._values[key], data._complete[key] = found, complete
        return data

    def _unknown(self) -> tuple[MeasureValues, Completeness]:
        """Return arrays for a measure that nobody has a value of."""
        count = len(self.units)
        none = np.zeros(count, dtype=np.bool_)
        return MeasureValues(np.full(count, np.nan), none, none.copy()), Completeness(np.zeros(count), np.zeros(count))

    @cached_property
    def codes(self) -> NDArray[Any]:
        """The unit codes in order."""
        return self.units["unit"].to_numpy(dtype=object)

    @cached_property
    def names(self) -> NDArray[Any]:
        """The unit names in order."""
        return self.units["unit_name"].to_numpy(dtype=object)

    def applies(self, indicator: Indicator, level: Level) -> BoolArray:
        """Return for which units the indicator is meant (``applies``); the same for every period."""
        key = (indicator.id, level)
        if key not in self._applies:
            self._applies[key] = applies(indicator, self.units, level)
        return self._applies[key]

    def complete(self, name: str, period: Period) -> Completeness:
        """Return how many reports the measure ``name`` needs in ``period`` and how many came, by unit."""
        key = (name, period)
        if key not in self._complete:
            asked = span_of(self.measures[name], period)
            self._complete[key] = self._unknown()[1] if self.beforehand else self._completeness(self.measures[name], asked)
        return self._complete[key]

    def _completeness(self, measure: Measure, period: Period) -> Completeness:
        if measure.cube in self.reports:
            return self.reports[measure.cube].completeness(period, measure.where)
        count = len(self.units)
        if self.cubes[measure.cube].grain != "month":
            return Completeness(np.ones(count), np.ones(count))
        present = float(self.rows[measure.cube].months_present(period))
        return Completeness(np.full(count, present), np.full(count, float(len(period.months))))

    def values(self, name: str, period: Period) -> MeasureValues:
        """Return the measure ``name`` of every unit for ``period``."""
        key = (name, period)
        if key not in self._values:
            self._values[key] = self._measured(name, period)
        return self._values[key]

    def values_of(self, name: str, periods: Sequence[Period]) -> MeasureValues:
        """Return the measure ``name`` of every unit for each of ``periods``, as periods × units."""
        found = [self.values(name, period) for period in periods]
        return MeasureValues(*(np.stack([getattr(each, part) for each in found]) for part in ("values", "partial", "filled")))

    def _measured(self, name: str, period: Period) -> MeasureValues:
        measure, count = self.measures[name], len(self.units)
        if measure.time == "calendar":
            none = np.zeros(count, dtype=np.bool_)
            return MeasureValues(np.full(count, calendar_value(measure.column, period)), none, none)
        if self.beforehand:
            return self._unknown()[0]
        found = measure_values(measure, self.rows[measure.cube], period)
        complete = self.complete(name, period)
        late = complete.present < complete.expected
        # Nothing matched the filter in a unit that did not fully report: that is not a 0 but what did not come.
        return MeasureValues(np.where(found.filled & late, np.nan, found.values), found.partial | late, found.filled)


@dataclass(frozen=True)
class _Parts:
    numerator: FloatArray
    denominator: FloatArray | None
    missing: BoolArray
    partial: BoolArray


def any_sided(indicator: Indicator, measures: Mapping[str, Measure], cubes: Mapping[str, Cube]) -> bool:
    """Return whether the scheme filter reaches any part of ``indicator``; without any it counts all schemes whatever is asked."""
    return any(_followed(indicator, measures, cubes))


def one_sided(indicator: Indicator, measures: Mapping[str, Measure], cubes: Mapping[str, Cube]) -> bool:
    """Return whether the scheme filter would reach only a part of ``indicator``: its sides would then count different people."""
    return len(_followed(indicator, measures, cubes)) > 1


def _followed(indicator: Indicator, measures: Mapping[str, Measure], cubes: Mapping[str, Cube]) -> set[bool]:
    """Return whether the measures of ``indicator`` follow the scheme filter: the answers that occur."""
    used = [measures[name] for name, _years in indicator.measures if measures[name].time != "calendar"]
    return {cubes[measure.cube].follows_scheme(measure.column) for measure in used}


def indicator_frame(
    indicators: Iterable[Indicator],
    data: IndicatorData,
    level: Level,
    period: Period,
    *,
    one_scheme: bool = False,
    out_of_scope: Collection[str] = (),
) -> pd.DataFrame:
    """Return ``indicators`` of every unit for ``period``, one row each, with the columns ``COLUMNS``.

    ``value`` is in the indicator's unit (its multiplier applied). ``missing`` names the source tables that a missing value lacks.
    With ``one_scheme`` the rows hold one insurance scheme where they can; an indicator that is ``one_sided`` then has no value.
    Those in ``out_of_scope`` (ids) have none for this reader, and nothing is asked of ``data`` for them.
    """
    blocks = [
        _without_value(indicator, data, Status.OUT_OF_SCOPE)
        if indicator.id in out_of_scope
        else _without_value(indicator, data, Status.NOT_BY_SCHEME)
        if one_scheme and one_sided(indicator, data.measures, data.cubes)
        else _block(indicator, data, level, period)
        for indicator in indicators
    ]
    if not blocks or data.units.empty:
        return pd.DataFrame({column: pd.Series(dtype=_dtype(column)) for column in COLUMNS})
    return pd.DataFrame({column: np.concatenate([block[column] for block in blocks]) for column in COLUMNS})


def withheld(frame: pd.DataFrame, rows: BoolArray, status: Status) -> pd.DataFrame:
    """Return a copy of an indicator frame whose ``rows`` have neither value, sides nor completeness, with ``status`` as the reason."""
    numbers = {name: frame[name].mask(rows) for name in ("numerator", "denominator", "value")}
    counts = {name: frame[name].mask(rows, 0.0) for name in ("months_present", "months_expected")}
    return frame.assign(**numbers, **counts, status=frame["status"].mask(rows, str(status)), missing=frame["missing"].mask(rows, ""))


def _dtype(column: str) -> str:
    return "float64" if column in ("numerator", "denominator", "value", "months_present", "months_expected") else "str"


def _block(indicator: Indicator, data: IndicatorData, level: Level, period: Period) -> dict[str, NDArray[Any]]:
    """Return the columns of one indicator: arrays, as hundreds of small frames would cost more than the sums."""
    if indicator.lacks is not None or level not in indicator.levels:
        return _without_value(indicator, data, Status.NOT_IN_SCHEMA if indicator.lacks is not None else Status.NOT_AT_LEVEL)
    found = indicator_readings(indicator, data, level, [period]).at(0)
    worst = _worst(indicator, data, period)
    return _answer(
        indicator,
        data,
        numerator=found.numerator,
        denominator=found.denominator,
        value=found.value,
        status=found.status,
        months_present=worst.present,
        months_expected=worst.expected,
        missing=np.where(found.status == str(Status.MISSING_DATA), _missing_tables(indicator, data, period), ""),
    )


@dataclass(frozen=True, eq=False)
class Readings:
    """An indicator of every unit: value in its unit, both sides, and ``Status`` in words; arrays by unit, or periods × units."""

    value: FloatArray
    numerator: FloatArray
    denominator: FloatArray
    status: NDArray[Any]

    def at(self, period: int) -> "Readings":
        """Return the readings of one of many periods by its place."""
        return Readings(self.value[period], self.numerator[period], self.denominator[period], self.status[period])

    def without(self, units: BoolArray, status: Status) -> "Readings":
        """Return a copy in which ``units`` have no numbers, with ``status`` as the reason."""
        value, numerator, denominator = (np.where(units, np.nan, each) for each in (self.value, self.numerator, self.denominator))
        return Readings(value, numerator, denominator, np.where(units, str(status), self.status))


def indicator_readings(indicator: Indicator, data: IndicatorData, level: Level, periods: Sequence[Period]) -> Readings:
    """Return ``indicator`` of every unit for each of ``periods``, as periods × units: what a long history is made of without its frames.

    The numbers and words are those of ``indicator_frame``. The indicator is one that the database holds at this level.
    """
    parts = _parts(indicator, data, periods)
    quotient = parts.numerator if parts.denominator is None else divide(parts.numerator, parts.denominator)
    zero = np.isnan(quotient) & ~parts.missing
    outside = np.broadcast_to(~data.applies(indicator, level), quotient.shape)
    status = np.full(quotient.shape, str(Status.OK), dtype=object)
    for where, reason in (
        (parts.partial, Status.INCOMPLETE),
        (zero, Status.ZERO_DENOMINATOR),
        (parts.missing, Status.MISSING_DATA),
        (outside, Status.NOT_AT_LEVEL),
    ):
        status[where] = str(reason)
    return Readings(
        numerator=np.where(outside, np.nan, parts.numerator),
        denominator=np.where(outside, np.nan, np.nan if parts.denominator is None else parts.denominator),
        value=np.where(outside, np.nan, quotient * indicator.multiplier),
        status=status,
    )


def _answer(indicator: Indicator, data: IndicatorData, **columns: object) -> dict[str, NDArray[Any]]:
    count = len(data.units)
    named = {"indicator": indicator.id, "unit": data.codes, "unit_name": data.names} | columns
    return {
        name: np.broadcast_to(np.asarray(value, dtype=np.float64 if _dtype(name) == "float64" else object), count)
        for name, value in named.items()
    }


def _without_value(indicator: Indicator, data: IndicatorData, status: Status) -> dict[str, NDArray[Any]]:
    nothing = dict.fromkeys(("numerator", "denominator", "value"), np.nan)
    return _answer(indicator, data, **nothing, status=str(status), months_present=0.0, months_expected=0.0, missing="")


def applies(indicator: Indicator, units: pd.DataFrame, level: Level) -> BoolArray:
    """Return for which units the indicator is meant; only institutions are told apart, by kind and role."""
    mask = np.ones(len(units), dtype=np.bool_)
    if level == "institution":
        for attribute, accepted in indicator.applies_to.items():
            mask &= units[attribute].isin(accepted).to_numpy(dtype=np.bool_)
    return mask


def _parts(indicator: Indicator, data: IndicatorData, periods: Sequence[Period]) -> _Parts:
    """Return the sides of ``indicator``, periods × units."""
    used = {each: data.values_of(each[0], [years_back(period, each[1]) for period in periods]) for each in indicator.measures}
    shape = (len(periods), len(data.units))

    def lookup(name: str, years: int) -> FloatArray:
        return used[name, years].values

    def computed(tree: object) -> FloatArray:
        return np.broadcast_to(evaluate(tree, lookup), shape).astype(np.float64)  # type: ignore[arg-type]

    none = np.zeros(shape, dtype=np.bool_)
    return _Parts(
        numerator=computed(indicator.numerator_tree),
        denominator=None if indicator.denominator_tree is None else computed(indicator.denominator_tree),
        missing=np.logical_or.reduce([none, *(np.isnan(each.values) for each in used.values())]),
        partial=np.logical_or.reduce([none, *(each.partial for each in used.values())]),
    )


def _worst(indicator: Indicator, data: IndicatorData, period: Period) -> Completeness:
    """Return the least complete of what the indicator is made of, by unit."""
    count = len(data.units)
    present, expected = np.ones(count), np.ones(count)
    lowest = np.full(count, np.inf)
    for name, years in sorted(indicator.measures):
        if data.measures[name].time == "calendar":
            continue
        complete = data.complete(name, years_back(period, years))
        share = np.nan_to_num(divide(complete.present, complete.expected))
        lower = share < lowest
        lowest = np.where(lower, share, lowest)
        present, expected = np.where(lower, complete.present, present), np.where(lower, complete.expected, expected)
    return Completeness(present, expected)


def _missing_tables(indicator: Indicator, data: IndicatorData, period: Period) -> FloatArray:
    """Return by unit the source tables of the measures that have no value, separated by commas."""
    names = np.full(len(data.units), "", dtype=object)
    for table, lacking in _lacking(indicator, data, period).items():
        names = np.where(lacking, np.where(names == "", table, names + "," + table), names)
    return names


def _lacking(indicator: Indicator, data: IndicatorData, period: Period) -> dict[str, BoolArray]:
    lacking: dict[str, BoolArray] = {}
    for name, years in sorted(indicator.measures):
        measure = data.measures[name]
        gaps = np.isnan(data.values(name, years_back(period, years)).values)
        if gaps.any():
            table = data.cubes[measure.cube].tables[0]
            lacking[table] = lacking.get(table, np.zeros(len(data.units), dtype=np.bool_)) | gaps
    return lacking


def periods_needed(indicators: Iterable[Indicator], measures: Mapping[str, Measure], periods: Sequence[Period]) -> dict[str, set[Period]]:
    """Return by cube the periods that ``indicators`` ask it for, last year's included."""
    needed: dict[str, set[Period]] = {}
    for indicator in indicators:
        for name, years in indicator.measures:
            measure = measures[name]
            if measure.time != "calendar":
                needed.setdefault(measure.cube, set()).update(span_of(measure, years_back(period, years)) for period in periods)
    return needed
