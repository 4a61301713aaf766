"""Year-end projection: the months that are known as recorded, the rest from last year's months carried on by their growth.

``cell_growth`` measures the growth by cell (community × scheme × service kind × place), because places grow differently;
``expected_months`` carries last year's months on by it; ``measured_errors`` says how far that may be off, ``shock_factors`` draws it, and
``project_year_end`` adds it all up. Overview, wall, reports and the insurance what-if stand on these: one number, one interval.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

MINIMUM_MONTHS = 3
WIDENING = 0.6
INTERVAL_SHARE = 0.9
PERCENTILES = (100 * (1 - INTERVAL_SHARE) / 2, 50.0, 100 * (1 + INTERVAL_SHARE) / 2)
"""Of every interval of the fund's year: the 5th, the median, the 95th."""
RUNS, SEED = 5000, 20250101
"""Simulated years, and the seed that makes them the same ones wherever nobody asked for others."""
UNIT = ["community", "scheme"]
CELL = [*UNIT, "service_kind", "place"]
MEASURES = ["encounters", "total_cost", "fund_paid"]
INPATIENT = "inpatient"
# A growth beyond these says more about the data than about the county.
STEEPEST_FALL, STEEPEST_RISE = -0.3, 0.5


def price_of(kinds: pd.Series, prices: Mapping[str, float]) -> pd.Series:
    """Return the growth of cost per encounter by row: ``prices["inpatient"]`` for inpatients, ``prices["outpatient"]`` for all others."""
    return kinds.eq(INPATIENT).map({True: prices["inpatient"], False: prices["outpatient"]}).astype(float)


def cell_growth(now: pd.DataFrame, before: pd.DataFrame, prices: Mapping[str, float]) -> pd.DataFrame:
    """Return how each cell grew, split into encounters, the county's price, and what the cell did beyond it.

    Args:
        now: rows with ``CELL``, month and ``MEASURES`` (encounters, yuan) of the months compared.
        before: the same months a year earlier.
        prices: growth of cost per encounter of the whole county, ``outpatient`` and ``inpatient`` (0.02 = +2 %).

    Returns:
        One row per cell of ``before``: ``CELL``, trend (growth of encounters within the steepest fall and rise), cost_drift and fund_drift
        (1 = as the county). (1 + trend) · (1 + price) · drift is the cell's own growth of total cost and of fund money, also within the
        steepest bounds. What a unit spent in cells that are new, or beyond the bounds, raises all its cells alike: so every unit's
        months compared come out exactly as recorded.
    """
    after, base = (frame.groupby(CELL)[MEASURES].sum() for frame in (now, before))
    after = after.reindex(base.index.union(after.index)).fillna(0.0)
    found = base.index.to_frame(index=False)
    trend = _growth(after["encounters"].reindex(base.index), base["encounters"])
    price = 1 + price_of(found["service_kind"], prices).to_numpy()
    for name, measure in (("cost_drift", "total_cost"), ("fund_drift", "fund_paid")):
        own = 1 + _growth(after[measure].reindex(base.index), base[measure])
        carried = (base[measure] * own).groupby(UNIT).sum()
        recorded = after[measure].groupby(UNIT).sum().reindex(carried.index)
        whole = (recorded / carried.where(carried > 0)).fillna(1.0)
        by_cell = whole.reindex(pd.MultiIndex.from_frame(found[UNIT])).to_numpy()
        found[name] = own.to_numpy() * by_cell / ((1 + trend.to_numpy()) * price)
    found.insert(len(CELL), "trend", trend.to_numpy())
    return found


def _growth(after: pd.Series, base: pd.Series) -> pd.Series:
    return (after / base.where(base > 0) - 1).clip(STEEPEST_FALL, STEEPEST_RISE).fillna(0.0)


def expected_months(base: pd.DataFrame, growth: pd.DataFrame, prices: Mapping[str, float]) -> pd.DataFrame:
    """Return the fund's expected payments by ``UNIT`` and month.

    Args:
        base: last year's rows of the months still to come: ``CELL``, month and fund_paid (yuan).
        growth: see ``cell_growth``; a cell that is not in it grows by the price alone.
        prices: see ``cell_growth``.

    Returns:
        ``UNIT``, month (as in ``base``), fund_paid = Σ base · (1 + trend) · (1 + price) · fund_drift, yuan.
    """
    rows = base.merge(growth, on=CELL, how="left").fillna({"trend": 0.0, "fund_drift": 1.0})
    factor = (1 + rows["trend"]) * (1 + price_of(rows["service_kind"], prices)) * rows["fund_drift"]
    return rows.assign(fund_paid=rows["fund_paid"] * factor).groupby([*UNIT, "month"], as_index=False)[["fund_paid"]].sum()


@dataclass(frozen=True)
class Errors:
    """How far the months still to come may be off: standard deviations of the log of what they pay.

    ``county`` is shared by all units; ``volume`` (encounters) and ``cost`` (money per encounter) are each unit's own.
    """

    county: float
    volume: float
    cost: float


def widened_reach(reach: float, coming_months: int) -> float:
    """Return how far the interval reaches once months are no longer taken as independent.

    With growth that drifts, or ratios correlated at 0.6 from month to month, the plain interval covered too few of the simulated years,
    the fewer the more months were to come. With the factor 1 + 0.6 √months it covers what it states or more (back test in
    ``tests/unit/analysis/test_projection.py``, figures in docs/forecasts.md). [OWN]
    """
    return reach * (1 + WIDENING * math.sqrt(coming_months))


def measured_errors(now: pd.DataFrame, before: pd.DataFrame, coming: "pd.Series[float]") -> Errors | None:
    """Return how far the months still to come may be off, read off the months compared.

    A month's growth ratio scatters around the mean ratio: the county's own scatter is the part that all share, the rest is each unit's
    (pooled, so that a unit with few months borrows from the others). The units' own errors do not cancel out wholly in the county's sum and
    are counted in both: the interval is wider for it, never narrower. The error of the year's rest is that of its months and of the mean
    (Student's t), ``widened_reach`` for growth that drifts or hangs together. A method of our own (grade INFER).

    Args:
        now: rows with ``UNIT``, month (dates) and ``MEASURES`` of the months compared.
        before: the same months a year earlier.
        coming: last year's fund_paid of the whole county in each month still to come.

    Returns:
        None where nothing is to come, or fewer than three months or no unit can be compared.
    """
    this_year = _month_sums(now)
    last_year = _month_sums(before).reindex(index=this_year.index, columns=this_year.columns)
    # year × measure × month × unit; a unit without figures in every month of both years is not compared.
    figures = np.stack([[sums[name].to_numpy(dtype=float) for name in ("fund_paid", "encounters")] for sums in (this_year, last_year)])
    figures = figures[..., (figures > 0).all(axis=(0, 1, 2))]
    months, units = figures.shape[2:]
    weights = coming / coming.sum()
    if months < MINIMUM_MONTHS or not units or not weights.gt(0).any():
        return None
    (money, people), (money_before, people_before) = figures
    county = money.sum(axis=1) / money_before.sum(axis=1)
    shared = float(county.std(ddof=1) / (money.sum() / money_before.sum()))
    own = _own_scatter(money / money_before)
    volume = _own_scatter(people / people_before)
    cost = _own_scatter((money / people) / (money_before / people_before))
    both = math.hypot(volume, cost) or 1.0
    reach = widened_reach(math.sqrt(float((weights**2).sum()) + 1 / months), len(coming))
    county_reach, own_reach = (
        reach * float(stats.t.ppf((1 + INTERVAL_SHARE) / 2, freedom) / stats.norm.ppf((1 + INTERVAL_SHARE) / 2))
        for freedom in (months - 1, max(units - 1, 1) * (months - 1))
    )
    return Errors(county_reach * shared, own_reach * own * volume / both, own_reach * own * cost / both)


def _month_sums(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of ``MEASURES`` by month of the year (index), the columns measure × ``UNIT``."""
    return pd.DataFrame(rows.groupby([rows["month"].dt.month, *UNIT])[MEASURES].sum().unstack(UNIT))


def _own_scatter(ratios: np.ndarray) -> float:
    """Return the standard deviation of the monthly growth ratios (month × unit) around their unit's and their month's mean."""
    months, units = ratios.shape
    if units < 2:
        return 0.0
    ratios = ratios / ratios.mean(axis=0)
    left = ratios - ratios.mean(axis=1, keepdims=True)
    return math.sqrt(float((left**2).sum()) / ((months - 1) * (units - 1)))


Deviation = float | np.ndarray


def shock_factors(
    generator: np.random.Generator, runs: int, units: int, *, county: Deviation, volume: Deviation, cost: Deviation
) -> tuple[np.ndarray, np.ndarray]:
    """Return what volume and cost of the months to come are multiplied by, run × unit each.

    Log-normal with mean one: never negative, and the expected value stays what was projected. The draws come in one fixed order, so that a
    seed means the same numbers everywhere. ``county``, ``volume``, ``cost``: see ``Errors``; one number each, or one a run (run × 1).
    """
    shared = generator.standard_normal((runs, 1)) * county
    own = generator.standard_normal((runs, units)) * volume
    price = generator.standard_normal((runs, units)) * cost
    variance = np.square(county) + np.square(volume)
    return np.exp(shared + own - variance / 2), np.exp(price - np.square(cost) / 2)


def simulated_rest(expected: np.ndarray, errors: Errors) -> np.ndarray:
    """Return what the months to come may pay, run × unit, in the unit of ``expected`` (one sum a unit)."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    volume, cost = shock_factors(generator, RUNS, len(expected), county=errors.county, volume=errors.volume, cost=errors.cost)
    return expected * (volume * cost)


@dataclass(frozen=True)
class YearEnd:
    """A projected year total with its interval of ``INTERVAL_SHARE``, in the unit of the input.

    ``growth`` is this year's months so far over the same months of last year (1.05 = 5 % more).
    """

    total: float
    low: float
    high: float
    growth: float


def project_year_end(
    this_year: Sequence[float], last_year: Sequence[float], *, recorded: float, expected: float, rest: np.ndarray
) -> YearEnd | None:
    """Project the total of this year.

    Args:
        this_year: January to the last month that all have, at most twelve values.
        last_year: January to December of last year.
        recorded: all that is recorded of this year.
        expected: what is still to come (``expected_months``).
        rest: what is still to come in each simulated run (``simulated_rest``, summed).

    Returns:
        The projection; the exact total without spread when the year is complete; None when there are fewer than three
        months, last year is incomplete, or a month of last year that is compared is zero or any value is missing.
    """
    seen, base = np.asarray(this_year, dtype=float), np.asarray(last_year, dtype=float)
    whole = len(base) == 12 and bool(np.isfinite(base).all())
    if len(seen) == 12 and np.isfinite(seen).all():
        growth = math.fsum(seen) / math.fsum(base) if whole and base.sum() else math.nan
        return YearEnd(recorded, recorded, recorded, growth)
    months = len(seen)
    if not (MINIMUM_MONTHS <= months <= 12 and whole and np.isfinite(seen).all()) or (base[:months] <= 0).any():
        return None
    low, high = (float(each) for each in np.percentile(rest, (PERCENTILES[0], PERCENTILES[-1])))
    return YearEnd(recorded + expected, recorded + low, recorded + high, math.fsum(seen) / math.fsum(base[:months]))
