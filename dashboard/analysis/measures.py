"""From the rows of a cube to one value per unit and period, by the time rule of the measure.

Missing is not zero. A unit has a value when it reported: a unit that reported, but nothing that matches the filter, has 0; a unit
without rows, a column that was not reported, or a filter that matches nothing in the whole county is missing (NaN).
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.analysis.expressions import FloatArray
from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.catalogue.models import Cube, Measure

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

WORKING_DAYS_PER_YEAR = 251  # [OWN], docs/sources.md
DAYS_PER_YEAR = 365
LOOKBACK_MONTHS = 12


def month_number(day: datetime.date) -> int:
    """Return months since year 0, so that months can be compared and subtracted."""
    return day.year * 12 + day.month - 1


@dataclass(frozen=True)
class MeasureValues:
    """A measure of every unit: its values, and where something that should be in them was not reported."""

    values: FloatArray
    partial: BoolArray
    filled: BoolArray  # 0 because nothing matched the filter, not because a 0 was reported


@dataclass
class CubeRows:
    """The rows of one cube with units, months and reporters as whole numbers, sorted by month."""

    cube: Cube
    frame: pd.DataFrame
    unit_count: int
    unit: IntArray
    month: IntArray
    reporter: IntArray
    closed: FloatArray
    _matches: dict[int, BoolArray] = field(default_factory=dict)
    _latest: dict[tuple[int, int], BoolArray] = field(default_factory=dict)
    _amounts: dict[str, FloatArray] = field(default_factory=dict)
    _groups: dict[str, IntArray] = field(default_factory=dict)

    @classmethod
    def prepared(
        cls, cube: Cube, frame: pd.DataFrame, units: Sequence[str], closed_on: Mapping[str, datetime.date] | None = None
    ) -> "CubeRows":
        """Return ``frame`` ready for computing.

        Args:
            cube: what the frame holds.
            frame: columns unit_code, the cube's attributes and values, and month, quarter or year; reporter_code where a
                value is a stock; valid_from and valid_to (dates, may be missing) in a register.
            units: the unit codes, in the order of the answers. Rows of other units are left out.
            closed_on: the day on which each reporter that closed did so; from that month on it holds no stock.
        """
        positions = pd.Index(units).get_indexer(pd.Index(frame["unit_code"]))
        kept = frame[positions >= 0].reset_index(drop=True)
        unit = positions[positions >= 0].astype(np.int64)
        month = _months(cube, kept)
        order = np.argsort(month, kind="stable")
        kept = kept.iloc[order].reset_index(drop=True)
        if "reporter_code" in kept:
            reporter, codes = pd.factorize(kept["reporter_code"])
            closed = np.array([month_number(closed_on[code]) if closed_on and code in closed_on else np.inf for code in codes])
        else:
            reporter, closed = np.arange(len(kept)), np.full(len(kept), np.inf)
        return cls(cube, kept, len(units), unit[order], month[order], reporter.astype(np.int64), closed.astype(np.float64))

    def between(self, first: int, last: int) -> slice:
        """Return the rows of the months ``first`` to ``last``."""
        return slice(int(np.searchsorted(self.month, first, "left")), int(np.searchsorted(self.month, last, "right")))

    def months_present(self, period: Period) -> int:
        """Return how many months of ``period`` have any row."""
        return len(np.unique(self.month[self.between(month_number(period.first), month_number(period.last))]))

    def matching(self, measure: Measure) -> BoolArray:
        """Return which rows pass the filters of ``measure``."""
        key = id(measure)
        if key not in self._matches:
            mask = np.ones(len(self.frame), dtype=np.bool_)
            for attribute, accepted in measure.where.items():
                mask &= self.frame[attribute].isin(accepted).to_numpy(dtype=np.bool_)
            self._matches[key] = mask
        return self._matches[key]

    def amounts(self, column: str) -> FloatArray:
        """Return a value column, NaN where it was not reported."""
        if column not in self._amounts:
            self._amounts[column] = self.frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        return self._amounts[column]

    def latest(self, earliest: int, last: int) -> BoolArray:
        """Return the rows of each reporter's last report from month ``earliest`` to ``last``; none of one closed by then.

        What a closed institution had is gone or was moved, and then stands in the report of who took it over.
        """
        if (earliest, last) not in self._latest:
            rows = self.between(earliest, last)
            newest = np.full(int(self.reporter.max(initial=-1)) + 1, -1, dtype=np.int64)
            np.maximum.at(newest, self.reporter[rows], self.month[rows])
            mask = np.zeros(len(self.frame), dtype=np.bool_)
            mask[rows] = (self.month[rows] == newest[self.reporter[rows]]) & (self.closed[self.reporter[rows]] > last)
            self._latest[earliest, last] = mask
        return self._latest[earliest, last]

    def groups(self, column: str) -> IntArray:
        """Return an attribute as whole numbers in the order of its values, -1 where it is missing."""
        if column not in self._groups:
            self._groups[column] = pd.factorize(self.frame[column], sort=True)[0].astype(np.int64)
        return self._groups[column]

    def count(self, units: IntArray, weights: FloatArray | None = None) -> FloatArray:
        """Return how often each unit stands in ``units``, or the sum of its ``weights``."""
        return np.bincount(units, weights=weights, minlength=self.unit_count).astype(np.float64)


def _months(cube: Cube, frame: pd.DataFrame) -> IntArray:
    if cube.grain == "register":
        return np.zeros(len(frame), dtype=np.int64)
    if cube.grain == "year":
        return frame["year"].to_numpy(dtype=np.int64) * 12
    days = pd.DatetimeIndex(frame[cube.grain])
    return (days.year * 12 + days.month - 1).to_numpy(dtype=np.int64)


def measure_values(measure: Measure, rows: CubeRows, period: Period) -> MeasureValues:
    """Return ``measure`` of every unit for ``period``.

    Time rules: ``flow`` adds the months of the period; ``stock`` takes each reporter's last value at or before the end, not older
    than the cube allows; ``average`` is the mean of that over the months of the period; ``spread`` gives each month a twelfth
    of its year; ``register`` counts what is valid on the last day; ``reported`` adds the days of the months that the unit reported;
    ``to_date`` adds the months of the year up to the end of the period.
    """
    return _RULES[measure.time](measure, rows, span_of(measure, period))


def span_of(measure: Measure, period: Period) -> Period:
    """Return the months that ``measure`` needs for ``period``: with ``to_date`` the year so far, however short the period is."""
    return Period(Grain.YEAR_TO_DATE, period.last) if measure.time == "to_date" else period


def calendar_value(column: str, period: Period) -> float:
    """Return ``days``, ``working_days`` (251 of 365 [OWN]) or ``months`` of ``period``."""
    days = float(period.days)
    return {"days": days, "working_days": days * WORKING_DAYS_PER_YEAR / DAYS_PER_YEAR, "months": float(len(period.months))}[column]


def _summed(measure: Measure, rows: CubeRows, reported: slice | BoolArray) -> MeasureValues:
    """Sum the rows of ``reported`` that match. Where one table stands for all, each unit counts as having reported."""
    matched = rows.matching(measure)[reported]
    if not matched.any():
        return _nothing(rows)
    unit = rows.unit[reported]
    amounts = rows.amounts(measure.column)[reported]
    if measure.times_days:
        amounts = amounts * _days_of_months(rows.month[reported])
    given = matched & ~np.isnan(amounts)

    def count(mask: BoolArray, weights: FloatArray | None = None) -> FloatArray:
        return rows.count(unit[mask], None if weights is None else weights[mask])

    everybody = rows.cube.reporting == "table"
    present = np.ones(rows.unit_count, dtype=np.bool_) if everybody else rows.count(unit) > 0
    found, complete = count(matched) > 0, count(given)
    values = _top_sums(measure, rows, unit[given], reported, given, amounts) if measure.top else count(given, amounts)
    values = np.where(present & ~(found & (complete == 0)), values, np.nan)
    partial = count(matched & ~given) > 0
    lacking = f"{measure.column}_missing"
    if lacking in rows.frame:
        partial |= count(matched, rows.amounts(lacking)[reported]) > 0
    return MeasureValues(values, partial, present & ~found)


def _nothing(rows: CubeRows) -> MeasureValues:
    none = np.zeros(rows.unit_count, dtype=np.bool_)
    return MeasureValues(np.full(rows.unit_count, np.nan), none, none.copy())


def _top_sums(
    measure: Measure, rows: CubeRows, unit: IntArray, reported: slice | BoolArray, given: BoolArray, amounts: FloatArray
) -> FloatArray:
    """Return the sum of the largest groups of each unit."""
    assert measure.top is not None
    group = rows.groups(measure.top.group)[reported][given]
    known = group >= 0
    width = int(group.max(initial=-1)) + 1
    cell = unit[known] * width + group[known]
    shape = (rows.unit_count, width)
    totals = np.bincount(cell, weights=amounts[given][known], minlength=rows.unit_count * width).reshape(shape)
    there = np.bincount(cell, minlength=rows.unit_count * width).reshape(shape) > 0
    largest = -np.sort(-np.where(there, totals, -np.inf), axis=1)[:, : measure.top.count]
    return np.where(np.isfinite(largest), largest, 0.0).sum(axis=1)


def _days_of_months(months: IntArray) -> FloatArray:
    distinct, back = np.unique(months, return_inverse=True)
    lengths = [pd.Timestamp(int(month) // 12, int(month) % 12 + 1, 1).days_in_month for month in distinct]
    return np.array(lengths, dtype=np.float64)[back]


def _flow(measure: Measure, rows: CubeRows, period: Period) -> MeasureValues:
    return _summed(measure, rows, rows.between(month_number(period.first), month_number(period.last)))


def _stock_at(measure: Measure, rows: CubeRows, earliest: int, last: int) -> MeasureValues:
    return _summed(measure, rows, rows.latest(earliest, last))


def _earliest(rows: CubeRows, period: Period, last: datetime.date) -> int:
    """Return the oldest month that a value for ``last`` may come from."""
    if rows.cube.grain == "month":
        return month_number(period.first)
    oldest = shift_months(last, -rows.cube.max_age_months)
    return oldest.year * 12 if rows.cube.grain == "year" else month_number(oldest)


def _stock(measure: Measure, rows: CubeRows, period: Period) -> MeasureValues:
    return _stock_at(measure, rows, _earliest(rows, period, period.last), month_number(period.last))


def _average(measure: Measure, rows: CubeRows, period: Period) -> MeasureValues:
    monthly = [_stock_at(measure, rows, _earliest(rows, period, month), month_number(month)) for month in period.months]
    values = np.vstack([each.values for each in monthly])
    present = ~np.isnan(values)
    count = present.sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean = np.where(count > 0, np.nansum(values, axis=0) / count, np.nan)
    partial = np.logical_or.reduce([each.partial for each in monthly]) | ((count > 0) & (count < len(monthly)))
    return MeasureValues(mean, partial, np.logical_and.reduce([each.filled for each in monthly]))


def _spread(measure: Measure, rows: CubeRows, period: Period) -> MeasureValues:
    years = sorted({month.year for month in period.months})
    yearly = [_stock_at(measure, rows, year * 12, year * 12) for year in years]
    shares = np.array([sum(month.year == year for month in period.months) / 12 for year in years])
    values = np.vstack([each.values for each in yearly])
    present = ~np.isnan(values)
    total = np.where(present.any(axis=0), np.nansum(values * shares[:, None], axis=0), np.nan)
    partial = np.logical_or.reduce([each.partial for each in yearly]) | (present.any(axis=0) & ~present.all(axis=0))
    return MeasureValues(total, partial, np.logical_and.reduce([each.filled for each in yearly]))


def _register(measure: Measure, rows: CubeRows, period: Period) -> MeasureValues:
    end = pd.Timestamp(period.end)
    begun, ended = pd.to_datetime(rows.frame["valid_from"]), pd.to_datetime(rows.frame["valid_to"])
    valid = ((begun.isna() | (begun <= end)) & (ended.isna() | (ended > end))).to_numpy(dtype=np.bool_)
    return _summed(measure, rows, valid)


def _reported(measure: Measure, rows: CubeRows, period: Period) -> MeasureValues:
    """Add the days of the months in which the unit reported, so that a month that did not come is not taken for one without beds."""
    asked = rows.between(month_number(period.first), month_number(period.last))
    came = rows.matching(measure)[asked]
    if not came.any():
        return _nothing(rows)
    unit, month = np.unique(np.column_stack([rows.unit[asked][came], rows.month[asked][came]]), axis=0).T
    days = np.bincount(unit, weights=_days_of_months(month), minlength=rows.unit_count).astype(np.float64)
    if measure.column == "working_days":
        days = days * WORKING_DAYS_PER_YEAR / DAYS_PER_YEAR
    none = np.zeros(rows.unit_count, dtype=np.bool_)
    return MeasureValues(np.where(days > 0, days, np.nan), none, none.copy())


_RULES: Mapping[str, Callable[[Measure, CubeRows, Period], MeasureValues]] = {
    "flow": _flow,
    "stock": _stock,
    "average": _average,
    "spread": _spread,
    "register": _register,
    "reported": _reported,
    "to_date": _flow,
}


@dataclass(frozen=True)
class Completeness:
    """Reports of the period: how many came and how many were due, by unit."""

    present: FloatArray
    expected: FloatArray


@dataclass(frozen=True)
class Reports:
    """Who reported which month, as whole numbers."""

    reporter: IntArray
    month: IntArray
    unit_of_reporter: IntArray
    last_of_reporter: FloatArray
    attributes: pd.DataFrame
    unit_count: int
    _asked_for: dict[int, tuple[Mapping[str, Sequence[object]], BoolArray]] = field(default_factory=dict)
    """By the filter's identity, which it holds on to: a filter that is gone must not lend its place to another."""
    _months: dict[tuple[int, int], tuple[FloatArray, IntArray]] = field(default_factory=dict)

    @classmethod
    def prepared(cls, frame: pd.DataFrame, reporters: pd.DataFrame, units: Sequence[str]) -> "Reports":
        """Return ``frame`` ready for counting.

        Args:
            frame: one row per reporter and month, columns reporter_code and month_number (see ``month_number``).
            reporters: one row per reporter, columns reporter_code, unit_code, kind, role and closed_on (missing while open).
            units: the unit codes, in the order of the answers. Reporters of other units are left out.
        """
        positions = pd.Index(units).get_indexer(pd.Index(reporters["unit_code"]))
        known = reporters[positions >= 0].reset_index(drop=True)
        reporter = pd.Index(known["reporter_code"]).get_indexer(pd.Index(frame["reporter_code"]))
        closed = pd.DatetimeIndex(pd.to_datetime(known["closed_on"]))
        return cls(
            reporter=reporter[reporter >= 0].astype(np.int64),
            month=frame["month_number"].to_numpy(dtype=np.int64)[reporter >= 0],
            unit_of_reporter=positions[positions >= 0].astype(np.int64),
            last_of_reporter=np.where(closed.isna(), np.inf, closed.year * 12 + closed.month - 1).astype(np.float64),
            attributes=known[["kind", "role"]],
            unit_count=len(units),
        )

    def _asked(self, where: Mapping[str, Sequence[object]]) -> BoolArray:
        """Return which reporters ``where`` asks for; kept, as it is the same for every period of a measure."""
        key = id(where)
        if key not in self._asked_for:
            mask = np.ones(len(self.attributes), dtype=np.bool_)
            for attribute, accepted in where.items():
                if attribute in self.attributes:
                    mask &= self.attributes[attribute].isin(accepted).to_numpy(dtype=np.bool_)
            self._asked_for[key] = where, mask
        return self._asked_for[key][1]

    def completeness(self, period: Period, where: Mapping[str, Sequence[object]]) -> Completeness:
        """Return reporter-months present and due for each unit.

        A reporter is due from its first report (found up to twelve months before the period) to the end of the period, or
        until the month it closed. One that never reported is not due, nor one whose kind or role ``where`` does not ask for.
        """
        due, came = self._counted(month_number(period.first), month_number(period.last))
        due = due * self._asked(where)
        present = np.bincount(self.unit_of_reporter, weights=np.minimum(came, due), minlength=self.unit_count)
        expected = np.bincount(self.unit_of_reporter, weights=due, minlength=self.unit_count)
        return Completeness(present.astype(np.float64), expected.astype(np.float64))

    def _counted(self, first: int, last: int) -> tuple[FloatArray, IntArray]:
        """Return by reporter the months due from ``first`` to ``last``, and how many came."""
        if (first, last) not in self._months:
            kept = (self.month >= first - LOOKBACK_MONTHS) & (self.month <= last)
            reporter, months, count = self.reporter[kept], self.month[kept], len(self.unit_of_reporter)
            begun = np.full(count, last + 1, dtype=np.int64)
            np.minimum.at(begun, reporter, months)
            due = np.clip(np.minimum(self.last_of_reporter, last) - np.maximum(begun, first) + 1, 0, None)
            self._months[first, last] = due, np.bincount(reporter[months >= first], minlength=count)
        return self._months[first, last]
