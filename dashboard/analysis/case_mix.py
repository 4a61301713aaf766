"""Is it the patients or the hospital? Case mix, indices, the change of a mean in parts that add up, observed against expected.

Indices as the DRG appraisal defines them (domain E01–E04 [OWN]); symmetric decomposition after Kitagawa 1955; indirect standardisation with
Byar's interval after Breslow and Day 1987; funnel limits and overdispersion after Spiegelhalter 2005; days between rare events as a
t chart after Nelson 1994. Means are never averaged: they are recomputed from sums.
"""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, pdtr, pdtrik

from dashboard.analysis.control_charts import COMMON, HIGH, INSUFFICIENT, MINIMUM_POINTS, byar_interval, control_chart, winsorised_factor
from dashboard.analysis.sequences import Numbers, aligned_counts, ratio

_FITTING_ROUNDS = 60
"""Rounds of fitting groups and institutions in turn: the sums are met to far less than a cent by then."""
WARNING_Z, ACTION_Z = 1.96, 3.09
"""Standard deviations that 95 % and 99.8 % of chance stay within."""
WARNING_CHANCE, ACTION_CHANCE = 0.025, 0.001
"""How many of the comparisons lie above each of these by chance alone: one side of the two, as only the bad side is counted as found."""
FEWEST_UNITS = 8
_NELSON = 3.6


@dataclass(frozen=True)
class CaseMixIndices:
    """What a hospital, or a department, treats and what it takes for it.

    Attributes:
        groups: number of groups with cases (广度).
        cases: cases of groups with a weight.
        weight: total weight of these cases (产能).
        cmi: weight ÷ cases (难度).
        cost_index: Σ n·(mean cost of the group ÷ reference mean) ÷ Σ n; 1 is the reference.
        time_index: the same for days.
        low_risk_mortality: deaths ÷ cases of low-risk groups, a ratio.

    Every figure but ``groups`` is NaN where it has no base.
    """

    groups: int
    cases: float
    weight: float
    cmi: float
    cost_index: float
    time_index: float
    low_risk_mortality: float


def indices(cases: pd.DataFrame, reference: pd.DataFrame) -> CaseMixIndices:
    """Return the indices of one unit.

    Args:
        cases: rows of group, cases, cost (all of them together, yuan), days (together), weight (of one case), low_risk (bool), deaths;
            several rows of a group are added up; cost, days, weight and deaths may be missing.
        reference: group, mean_cost, mean_days of what the unit is held against; one row a group.

    Raises:
        ValueError: negative or infinite figures, or a group twice in ``reference``.
    """
    table = unit_indices(cases.assign(unit=""), reference)
    if table.empty:
        return CaseMixIndices(0, *([math.nan] * 6))
    row = table.iloc[0]
    return CaseMixIndices(
        int(row["groups"]), *(float(row[name]) for name in ("cases", "weight", "cmi", "cost_index", "time_index", "low_risk_mortality"))
    )


def unit_indices(cells: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Return ``indices`` of every unit at once.

    Args:
        cells: the columns of ``indices`` and ``unit``.
        reference: as in ``indices``.

    Returns:
        Index unit (sorted); groups, cases, weight, cmi, cost_index, time_index, low_risk_cases, low_risk_deaths, low_risk_mortality.
    """
    if reference["group"].duplicated().any():
        raise ValueError("reference: a group stands twice")
    figures = {name: cells[name].to_numpy(dtype=float, na_value=np.nan) for name in ("cases", "cost", "days", "weight", "deaths")}
    if any((values < 0).any() or np.isinf(values).any() for values in figures.values()):
        raise ValueError("cells: negative or infinite figures")
    some = figures["cases"] > 0
    figures = {name: values[some] for name, values in figures.items()}
    unit_codes, units = pd.factorize(cells["unit"].to_numpy()[some], sort=True)
    group_codes, groups = pd.factorize(cells["group"].to_numpy()[some], sort=True)
    place, shape = unit_codes * len(groups) + group_codes, (len(units), len(groups))

    def totals(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the sums of ``values`` by unit × group and the cases of the rows where they are known."""
        known = ~np.isnan(values)
        sides = (np.where(known, values, 0.0), np.where(known, figures["cases"], 0.0))
        amount, base = (np.bincount(place, weights=side, minlength=shape[0] * shape[1]).reshape(shape) for side in sides)
        return amount, base

    low = cells["low_risk"].to_numpy(dtype=bool)[some]
    weight, cases = totals(figures["weight"] * figures["cases"])
    deaths, at_risk = totals(np.where(low, figures["deaths"], np.nan))
    found = pd.DataFrame(
        {
            "groups": (totals(figures["cases"])[1] > 0).sum(axis=1),
            "cases": cases.sum(axis=1),
            "weight": weight.sum(axis=1),
            "low_risk_cases": at_risk.sum(axis=1),
            "low_risk_deaths": deaths.sum(axis=1),
        },
        index=pd.Index(units, name="unit"),
    )
    means = reference.set_index("group")[["mean_cost", "mean_days"]].astype("float64").reindex(groups)
    for name in ("cost", "days"):
        mean = means[f"mean_{name}"].to_numpy()
        held = mean > 0
        amount, base = totals(figures[name])
        index = ratio(pd.Series((amount[:, held] / mean[held]).sum(axis=1), found.index), pd.Series(base[:, held].sum(axis=1), found.index))
        found["cost_index" if name == "cost" else "time_index"] = index
    found["cmi"] = ratio(found["weight"], found["cases"])
    found["low_risk_mortality"] = ratio(found["low_risk_deaths"], found["low_risk_cases"])
    unknown = {"cases": ("cases", "weight"), "low_risk_cases": ("low_risk_cases", "low_risk_deaths")}
    for base_name, names in unknown.items():
        for name in names[::-1]:
            found[name] = found[name].where(found[base_name] > 0)
    return found


# The change of a mean -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class MeanChange:
    """The change of a mean and its two parts, which add up to it.

    Attributes:
        before, after: the means.
        total: after − before.
        mix: what the shares of the groups explain, each group at the mean of its two means.
        within: what the means inside the groups explain, each group at the mean of its two shares.
        by_group: index group; share_before, share_after (of cases), mean_before, mean_after, mix (against the mean of all, so that a costly
            group that grows counts above 0), within. The columns mix and within add up to the two parts.
    """

    before: float
    after: float
    total: float
    mix: float
    within: float
    by_group: pd.DataFrame


def mean_change(before: pd.DataFrame, after: pd.DataFrame) -> MeanChange:
    """Return why a mean changed: other cases, or the same cases at another cost (Kitagawa 1955, symmetric).

    A group that has cases in one of the periods only takes its mean there for both: its coming or going is case mix.

    Args:
        before: group, cases, mean; one row a group; rows without cases do not count.
        after: the same of the later period.

    Raises:
        ValueError: a period without cases, a group twice, negative cases, a group with cases but no mean.
    """
    groups, first, second = _sides(before, after)
    share = [side["cases"] / side["cases"].sum() for side in (first, second)]
    # Where a group has cases on one side only, its mean there stands for both.
    mean = [np.where(one["cases"] > 0, one["mean"], other["mean"]) for one, other in ((first, second), (second, first))]
    means = [float(share[side] @ mean[side]) for side in (0, 1)]
    table = {
        "share_before": share[0],
        "share_after": share[1],
        "mean_before": mean[0],
        "mean_after": mean[1],
        "mix": (share[1] - share[0]) * ((mean[0] + mean[1]) / 2 - sum(means) / 2),
        "within": (share[0] + share[1]) / 2 * (mean[1] - mean[0]),
    }
    by_group = pd.DataFrame(table, index=pd.Index(groups, name="group"))
    return MeanChange(means[0], means[1], means[1] - means[0], float(table["mix"].sum()), float(table["within"].sum()), by_group)


def _sides(before: pd.DataFrame, after: pd.DataFrame) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the groups with cases in either period, sorted, and of each period its cases and means on them (0 where it has none)."""
    found = []
    for name, frame in (("before", before), ("after", after)):
        cases, mean = (frame[column].to_numpy(dtype=float, na_value=np.nan) for column in ("cases", "mean"))
        if frame["group"].duplicated().any():
            raise ValueError(f"{name}: a group stands twice")
        if (cases < 0).any():
            raise ValueError(f"{name}: negative cases")
        some = cases > 0
        if not some.any():
            raise ValueError(f"{name}: no cases")
        if not np.isfinite(mean[some]).all():
            raise ValueError(f"{name}: a group with cases has no mean")
        found.append((frame["group"].to_numpy()[some], cases[some], mean[some]))
    codes, groups = pd.factorize(np.concatenate([found[0][0], found[1][0]]), sort=True)
    sides = []
    for places, (_groups, cases, mean) in zip(np.split(codes, [len(found[0][0])]), found, strict=True):
        side = {"cases": np.zeros(len(groups)), "mean": np.zeros(len(groups))}
        side["cases"][places], side["mean"][places] = cases, mean
        sides.append(side)
    return groups, sides[0], sides[1]


def within_by_item(change: MeanChange, before: Mapping[str, float], after: Mapping[str, float]) -> pd.Series:
    """Return the within part of ``change`` by cost item; the items add up to it.

    What an item's mean changed by, less the case mix: that falls on every item by the mean of its two shares, as the books know items and
    groups but not both together [INFER].

    Args:
        change: of the mean that the items are parts of.
        before: amount of each item (any unit) in the earlier period.
        after: the same items in the later one.

    Raises:
        ValueError: other items in the two periods, or nothing spent in one of them.
    """
    first, second = pd.Series(before, dtype="float64"), pd.Series(after, dtype="float64")
    if set(first.index) != set(second.index):
        raise ValueError("the two periods have other items")
    if not first.sum() > 0 or not second.sum() > 0:
        raise ValueError("a period has no amounts")
    shares = first / first.sum(), second.reindex(first.index) / second.sum()
    return shares[1] * change.after - shares[0] * change.before - change.mix * (shares[0] + shares[1]) / 2


@dataclass(frozen=True)
class CodingShift:
    """The change of a case-mix index, split into other diseases and heavier coding of the same ones; the two add up to the change.

    ``mix``: between core groups. ``coding``: inside them, between groups that differ by complications only. ``error``: standard error of
    ``coding`` by chance among the cases; ``z``: coding ÷ error, NaN where no core group has two groups.
    """

    before: float
    after: float
    total: float
    mix: float
    coding: float
    error: float
    z: float


def coding_shift(before: pd.DataFrame, after: pd.DataFrame) -> CodingShift:
    """Return how much of the change of a CMI lies inside core groups (ADRG): what coding, or truly sicker patients, would do.

    Args:
        before: group, core (of the group; a group alone is its own), cases, weight (of one case); one row a group.
        after: the same of the later period.

    Raises:
        ValueError: a period without cases (see ``mean_change``).
    """
    sides = [_by_core(frame) for frame in (before, after)]
    change = mean_change(*sides)
    shares = (change.by_group["share_before"] + change.by_group["share_after"]) / 2
    variance = sum((side.set_index("group")["error"].reindex(shares.index).fillna(0.0) for side in sides), pd.Series(0.0, shares.index))
    error = math.sqrt(float((shares**2 * variance).sum()))
    return CodingShift(
        change.before, change.after, change.total, change.mix, change.within, error, change.within / error if error > 0 else math.nan
    )


def _by_core(frame: pd.DataFrame) -> pd.DataFrame:
    """Return by core group its cases, mean weight and the variance of that mean (column error)."""
    known = frame[(frame["cases"] > 0) & frame["weight"].notna()]
    rows = known.assign(first=known["cases"] * known["weight"], second=known["cases"] * known["weight"] ** 2)
    sums = rows.groupby("core")[["cases", "first", "second"]].sum().astype("float64")
    mean = sums["first"] / sums["cases"]
    spread = (sums["second"] / sums["cases"] - mean**2).clip(lower=0.0)
    table = pd.DataFrame({"group": sums.index, "cases": sums["cases"], "mean": mean, "error": spread / sums["cases"]})
    return table.reset_index(drop=True)


# Observed and expected ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StandardisedRatio:
    """Observed ÷ expected with Byar's interval; NaN where nothing is expected."""

    ratio: float
    low: float
    high: float


def standardised_ratio(observed: float, expected: float, confidence: float = 0.95) -> StandardisedRatio:
    """Return observed ÷ expected events with Byar's approximate Poisson interval. Raises ValueError for negative figures."""
    row = byar_interval([observed], [expected], confidence).iloc[0]
    return StandardisedRatio(float(row["rate"]), float(row["lower"]), float(row["upper"]))


def standardised(cells: pd.DataFrame, amount: str) -> pd.DataFrame:
    """Return for each unit what it has of ``amount`` and what it would have if each group had the mean of all units (indirect).

    Args:
        cells: unit, group, cases and ``amount``; rows whose amount is missing do not count.
        amount: the column compared (cost, events).

    Returns:
        Index unit (sorted); cases, observed, expected, ratio (missing where nothing is expected). Observed and expected add up to the same.
    """
    known = cells[cells[amount].notna() & (cells["cases"] > 0)]
    sums = known.groupby("group")[["cases", amount]].sum()
    expected = known["cases"] * known["group"].map(ratio(sums[amount], sums["cases"])).astype("float64")
    table = pd.DataFrame(
        {
            "cases": known.groupby("unit")["cases"].sum(),
            "observed": known.groupby("unit")[amount].sum(),
            "expected": expected.groupby(known["unit"]).sum(),
        },
        dtype="float64",
    )
    return table.assign(ratio=ratio(table["observed"], table["expected"]))


def standardised_within(cells: pd.DataFrame, amount: str) -> pd.DataFrame:
    """Return for each unit what it has of ``amount`` beside what its groups and its own institution would lead to expect.

    Expected is cases × level of the group × level of the institution, both fitted so that every group's and every institution's sums are
    met (two-way multiplicative, iterative proportional fitting): what a dear institution or a dear disease explains is taken out, and a
    group that only cheap institutions treat does not make everybody else's wards look dear.

    Args:
        cells: unit (ward), institution, group, cases and ``amount``; rows whose amount is missing do not count.
        amount: the column compared (cost).

    Returns:
        Index unit (sorted); cases, observed, expected, ratio (missing where nothing is expected).
    """
    known = cells[cells[amount].notna() & (cells["cases"] > 0)]
    rows = known.groupby(["unit", "institution", "group"], sort=True)[["cases", amount]].sum().reset_index()
    cases, amounts = (rows[name].to_numpy(dtype=float) for name in ("cases", amount))
    groups, institutions = (pd.factorize(rows[name])[0] for name in ("group", "institution"))
    expected = cases.copy()
    for _round in range(_FITTING_ROUNDS):
        for codes in (groups, institutions):
            told, held = (np.bincount(codes, weights=values) for values in (amounts, expected))
            expected = expected * np.divide(told, held, out=np.zeros(len(told)), where=held > 0)[codes]
    sums = rows.assign(observed=amounts, expected=expected).groupby("unit")[["cases", "observed", "expected"]].sum().astype("float64")
    return sums.assign(ratio=ratio(sums["observed"], sums["expected"]))


def ratio_limits(expected: Numbers, z: float, overdispersion: float = 1.0) -> pd.DataFrame:
    """Return the limits within which observed ÷ expected events lie by chance if the unit is like all others.

    Args:
        expected: events expected of each unit.
        z: width in standard deviations.
        overdispersion: variance factor; 1 takes Poisson quantiles interpolated between counts, above 1 the normal form 1 ± z √(φ ÷ E).

    Returns:
        Frame with ``lower`` (at least 0) and ``upper``; missing where nothing is expected.

    Raises:
        ValueError: z not above 0, overdispersion below 1, negative expectations.
    """
    if not z > 0 or overdispersion < 1:
        raise ValueError("z above 0, overdispersion at 1 or above")
    table = aligned_counts(expected=expected)
    mean = table["expected"].where(table["expected"] > 0)
    if overdispersion > 1:
        reach = z * np.sqrt(overdispersion / mean)
        return pd.DataFrame({"lower": (1 - reach).clip(lower=0.0), "upper": 1 + reach})
    lower, upper = (_poisson_limit(mean, float(share)) / mean for share in (ndtr(-z), ndtr(z)))
    return pd.DataFrame({"lower": lower.clip(0.0, 1.0), "upper": upper.clip(lower=1.0)})


def _poisson_limit(mean: pd.Series, probability: float) -> pd.Series:
    """Return the quantile of Poisson distributions with these means, interpolated between the counts around it."""
    means = mean.to_numpy(dtype=float)
    count = np.ceil(pdtrik(probability, means))
    one_less = np.maximum(count - 1, 0.0)
    count = np.where(pdtr(one_less, means) >= probability, one_less, count)  # the inverse is exact to a rounding only
    here, below = pdtr(count, means), np.where(count > 0, pdtr(np.maximum(count - 1, 0.0), means), 0.0)
    return pd.Series(count - (here - probability) / (here - below), index=mean.index)


def ratio_overdispersion(observed: Numbers, expected: Numbers) -> float:
    """Return by how much ratios scatter beyond chance, at least 1 (winsorised, see ``control_charts.overdispersion_factor``).

    1 for fewer than ``FEWEST_UNITS`` units: among so few one outlier would widen the limits until it lies within them.
    """
    table = aligned_counts(observed=observed, expected=expected)
    mean = table["expected"].where(table["expected"] > 0)
    if mean.notna().sum() < FEWEST_UNITS:
        return 1.0
    return winsorised_factor((table["observed"] - mean) / np.sqrt(mean))


def relative_spread(cells: pd.DataFrame) -> float:
    """Return the coefficient of variation of the cost of one case within a unit's group, from sums of several cases each.

    A sum of n cases has a mean that varies by σ²/n: σ² is estimated by Σ n·r² ÷ (rows − pairs), r the relative distance of a row's mean
    from the mean of its unit and group.

    Args:
        cells: unit, group, cases, cost; several rows (months) of a pair.

    Returns:
        NaN where no pair has two rows.
    """
    known = cells[(cells["cases"] > 0) & (cells["cost"] > 0)]
    pairs = known.groupby(["unit", "group"])
    mean = pairs["cost"].transform("sum") / pairs["cases"].transform("sum")
    free = len(known) - pairs.ngroups
    if free < 1:
        return math.nan
    distance = known["cost"] / known["cases"] / mean - 1
    return math.sqrt(float((known["cases"] * distance**2).sum()) / free)


def mean_limits(cases: Numbers, spread: float, z: float, overdispersion: float = 1.0) -> pd.DataFrame:
    """Return the limits of a standardised cost ratio by chance: 1 ± z · spread · √(φ ÷ n), with ``lower`` and ``upper``.

    Args:
        cases: of each unit; missing limits where 0.
        spread: of one case, from ``relative_spread``.
        z: width in standard deviations.
        overdispersion: variance factor, from ``mean_overdispersion``.
    """
    table = aligned_counts(cases=cases)
    reach = z * spread * np.sqrt(overdispersion / table["cases"].where(table["cases"] > 0))
    return pd.DataFrame({"lower": (1 - reach).clip(lower=0.0), "upper": 1 + reach})


def mean_overdispersion(ratios: pd.Series, cases: pd.Series, spread: float) -> float:
    """Return by how much standardised cost ratios scatter beyond the chance of their cases, at least 1; 1 without a spread."""
    if not spread > 0:
        return 1.0
    return winsorised_factor((ratios - 1) / (spread / np.sqrt(cases.where(cases > 0))))


# Rare events --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class DaysBetween:
    """Days between successive rare events as a t chart; longer is rarer.

    Attributes:
        days: days since the event before, by the date of each event from the second on.
        centre, lower, upper: in days; NaN with too few intervals.
        marks: as in ``ControlChart.marks``; high says rarer.
        open_days: days since the last event without another one; NaN without events or without ``until``.
        open_mark: ``"special_high"`` once the open interval is longer than ``upper``, else ``"common"`` or ``"insufficient"``.
    """

    days: pd.Series
    centre: float
    lower: float
    upper: float
    marks: pd.Series
    open_days: float
    open_mark: str


def days_between(dates: Sequence[datetime.date], until: datetime.date | None = None, minimum_points: int = MINIMUM_POINTS) -> DaysBetween:
    """Return the t chart of the days between events: an XmR chart of days^(1/3.6), its limits carried back (Nelson 1994).

    Args:
        dates: of the events, in any order; two of one day are 0 days apart.
        until: the day up to which nothing more has happened.
        minimum_points: fewer intervals are not judged.
    """
    events = pd.Series(pd.to_datetime(pd.Series(list(dates), dtype="object"))).sort_values(ignore_index=True)
    days = events.diff().dt.days.iloc[1:].astype("float64").set_axis(pd.DatetimeIndex(events.iloc[1:]))
    # A baseline keeps the chart from looking for a season: events have none, their number is no month.
    chart = control_chart(days.to_numpy() ** (1 / _NELSON), minimum_points, baseline=max(len(days), 1))
    lines = [_back(side.iloc[0]) if chart.sufficient else math.nan for side in (chart.centre, chart.lower, chart.upper)]
    open_days = float((pd.Timestamp(until) - events.iloc[-1]).days) if until is not None and len(events) else math.nan
    open_mark = INSUFFICIENT if not chart.sufficient else HIGH if open_days > lines[2] else COMMON
    return DaysBetween(days, lines[0], lines[1], lines[2], chart.marks.set_axis(days.index), open_days, open_mark)


def _back(value: float) -> float:
    return max(value, 0.0) ** _NELSON


def spread_over_months(counts: pd.Series) -> list[datetime.date]:
    """Return a date for each event of a monthly count: evenly through its month, as a county reports the month and not the day.

    Args:
        counts: events by first day of month (DatetimeIndex); missing months have none.
    """
    found = []
    for month, count in counts.dropna().items():
        first = pd.Timestamp(month)  # type: ignore[arg-type]
        number = round(count)
        found += [(first + pd.Timedelta(days=int((place + 0.5) / number * first.days_in_month))).date() for place in range(number)]
    return found
