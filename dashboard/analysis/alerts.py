"""What needs attention: pure rules over indicator values. Each returns the units that break the rule and what it affects.

Thresholds are data (``data/catalogue/alerts.yaml``); the rules themselves are our own (grade INFER) and say so on screen.
Frames are indexed by unit. ``impact`` is in the unit of the numerator: yuan, bed-days, people, examinations.
"""

import numpy as np
import pandas as pd
from scipy import stats

_COLUMNS = ["value", "reference", "change", "months", "impact"]


def _found(units: pd.Index, **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame({name: columns.get(name, np.nan) for name in _COLUMNS}, index=units, dtype=float)
    return frame.sort_values("impact", ascending=False, kind="stable")


def growth(current: pd.Series, last_year: pd.Series, limit: float, *, volume: pd.Series | None = None) -> pd.DataFrame:
    """Units whose value grew by more than ``limit`` (0.05 = 5 %) over the same months of last year.

    Args:
        current: values by unit.
        last_year: values of the same months one year earlier, same unit of measure.
        limit: relative growth above which a unit is named.
        volume: denominator by unit when the value is a rate; the impact is then the excess rate times the volume.

    Returns:
        value, reference (last year's value), change (relative growth), impact (current − last year, times the volume).
        Units missing either value, or with last year at or below zero, are left out.
    """
    pair = pd.DataFrame({"value": current, "reference": last_year}).dropna()
    pair = pair[pair["reference"] > 0]
    change = pair["value"] / pair["reference"] - 1
    broken = pair[pair["value"] > pair["reference"] * (1 + limit)]
    weight = 1.0 if volume is None else volume.reindex(broken.index)
    return _found(
        broken.index,
        value=broken["value"],
        reference=broken["reference"],
        change=change[broken.index],
        impact=(broken["value"] - broken["reference"]) * weight,
    )


def streak(values: pd.DataFrame, weights: pd.DataFrame, limit: float, *, months: int, side: str) -> pd.DataFrame:
    """Units below (or above) ``limit`` in each of at least ``months`` latest months in a row.

    Args:
        values: rate by month (index, ascending) and unit (columns), as a ratio.
        weights: the denominators in the same shape (open bed-days for an occupancy).
        limit: the ratio that counts as too low or too high; a value at the limit is neither.
        months: how many months in a row, ending with the last month, make it worth saying.
        side: ``"below"`` or ``"above"``.

    Returns:
        value (rate over the run, from summed weights), reference (the limit), months (length of the run), impact
        (distance to the limit in units of the numerator, summed over the run). A missing month ends the run.
    """
    beyond = values.lt(limit) if side == "below" else values.gt(limit)
    run = beyond.iloc[::-1].cumprod().sum().astype(int)
    units = run.index[run >= months]
    rows = {unit: _run(values[unit].iloc[-run[unit] :], weights[unit].iloc[-run[unit] :], limit) for unit in units}
    summary = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "impact"])
    return _found(units, value=summary["value"], reference=limit, months=run[units], impact=summary["impact"])


def _run(values: pd.Series, weights: pd.Series, limit: float) -> tuple[float, float]:
    total = weights.sum()
    reached = (values * weights).sum()
    return reached / total, abs(limit * total - reached)


def gap(numerator: pd.Series, denominator: pd.Series, limit: float, *, confidence: float = 0.95) -> pd.DataFrame:
    """Units whose share lies below the share of all the others by more than ``limit`` and by more than chance.

    Chance is a two-proportion z-test of the unit against the rest of the county, two-sided at ``confidence``.

    Args:
        numerator: counts by unit.
        denominator: counts by unit, numerator ≤ denominator.
        limit: distance in share points (0.1 = 10 percentage points).
        confidence: of the test, between 0 and 1.

    Returns:
        value (the unit's share), reference (share of all units together), change (difference), impact (cases missing to
        reach the county's share). Units with a zero or missing denominator are left out.
    """
    known = (denominator > 0) & numerator.notna()
    part, whole = numerator[known], denominator[known]
    total_part, total_whole = part.sum(), whole.sum()
    rest = total_whole - whole
    share, county = part / whole, total_part / total_whole if total_whole else np.nan
    others = (total_part - part) / rest.where(rest > 0)
    error = np.sqrt(county * (1 - county) * (1 / whole + 1 / rest.where(rest > 0)))
    beyond_chance = (others - share) > stats.norm.ppf((1 + confidence) / 2) * error
    units = share.index[beyond_chance & (county - share > limit)]
    return _found(
        units,
        value=share[units],
        reference=county,
        change=share[units] - county,
        impact=(county - share[units]) * whole[units],
    )


def below_reference(positives: pd.Series, examinations: pd.Series, reference: pd.Series, *, confidence: float = 0.95) -> pd.DataFrame:
    """Devices whose positive rate is below its reference by more than chance (one-sided exact binomial test).

    Args:
        positives: positive findings by device.
        examinations: examinations by device.
        reference: reference rate by device, 0–1.
        confidence: of the test.

    Returns:
        value (the rate), reference, change (difference), impact (examinations). Devices without examinations are left out.
    """
    known = examinations > 0
    found, done, expected = (counts[known].astype(float) for counts in (positives, examinations, reference))
    chance = pd.Series(stats.binom.cdf(found, done, expected), index=found.index)
    units = chance.index[chance < 1 - confidence]
    rate = found[units] / done[units]
    return _found(units, value=rate, reference=expected[units], change=rate - expected[units], impact=done[units])


def silent(reported: pd.DataFrame, *, last: pd.Timestamp, before: int = 3) -> pd.DataFrame:
    """Units that reported each of the ``before`` months before some month of the window, and not that month.

    Args:
        reported: columns unit and month, one row per report.
        last: the month up to which reports are due.
        before: how many months in a row a unit must have reported to be expected.

    Returns:
        One row per unit, impact and months = number of months missing.
    """
    first = reported["month"].min() if len(reported) else last
    window = pd.date_range(first, last, freq="MS")
    grid = pd.crosstab(reported["month"], reported["unit"]).reindex(window, fill_value=0).astype(bool)
    expected = pd.DataFrame(True, index=grid.index, columns=grid.columns)
    for step in range(1, before + 1):
        expected &= grid.shift(step, fill_value=False)
    gaps = (expected & ~grid).sum()
    units = gaps.index[gaps > 0]
    return _found(units, months=gaps[units], impact=gaps[units])
