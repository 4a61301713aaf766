"""Special cause or noise? XmR charts for a monthly series, p and u charts, intervals and funnel limits for proportions and rates.

XmR after Shewhart and Wheeler (limits at 2.66 mean moving ranges, 3.267 for the range); rules as in the Western Electric handbook and NHS
"Making Data Count"; score interval after Wilson 1927; interval of a rate after Byar (Breslow and Day 1987); exact funnel limits and
overdispersion after Spiegelhalter 2005. All [OWN].
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import binom, norm

from dashboard.analysis.sequences import Numbers, aligned_counts, known_quantiles, number_series, ratio, trailing

MINIMUM_POINTS = 12
RUN_LENGTH = 8
TREND_LENGTH = 6
SEASON_MONTHS = 24
SEASON_STRENGTH = 0.5
RULES = ("outside_limits", "two_of_three", "run", "trend")
HIGH, LOW, COMMON, INSUFFICIENT, MISSING = "special_high", "special_low", "common", "insufficient", "missing"


@dataclass(frozen=True)
class ControlChart:
    """A control chart; every Series is on the index of the data.

    Attributes:
        values: the data.
        centre: the centre line.
        lower: lower limit (3 sigma).
        upper: upper limit.
        marks: per point ``"special_high"``, ``"special_low"``, ``"common"``, ``"missing"``, or ``"insufficient"`` for all known points
            of a series too short to judge. High and low say the direction, not whether it is good.
        rules: per point the names of the rules it belongs to, strongest first, as a tuple (see ``RULES``).
        sufficient: whether there were enough points.
        seasonal: whether centre and limits follow the season of the series.
    """

    values: pd.Series
    centre: pd.Series
    lower: pd.Series
    upper: pd.Series
    marks: pd.Series
    rules: pd.Series
    sufficient: bool
    seasonal: bool = False


def season_of(values: Numbers) -> pd.Series | None:
    """Return how far each month lies from the year's level by the season alone; None where no season shows.

    Level: centred mean over twelve months (the first and last six months take the nearest). Season: mean distance from it by month of the
    year, adding up to 0. It counts when it explains more than ``SEASON_STRENGTH`` of the variance around the level (strength after
    Hyndman and Athanasopoulos, with the degrees of freedom that twelve means take); fewer than 24 known months show none. [OWN]
    """
    series = number_series(values, "values")
    seasons = seasons_of(series.to_frame("values"))["values"]
    return None if seasons.isna().all() else seasons


def seasons_of(values: pd.DataFrame) -> pd.DataFrame:
    """Return ``season_of`` each column of ``values`` (months in order × units, floats) in its shape; missing where there is none."""
    series = values.to_numpy(dtype="float64")
    window = _known_mean(trailing(series, 12), axis=-1, least=10)
    centred = np.full(series.shape, np.nan)
    centred[: max(len(series) - 6, 0)] = (window[5:-1] + window[6:]) / 2
    distance = series - pd.DataFrame(centred).bfill().ffill().to_numpy()
    years = np.full((-(-len(series) // 12) * 12, series.shape[1]), np.nan)
    years[: len(series)] = distance
    effects = _known_mean(years.reshape(-1, 12, series.shape[1]), axis=0)
    season = np.nan_to_num(effects - _known_mean(effects, axis=0))[np.arange(len(series)) % 12]
    count = (~np.isnan(distance)).sum(axis=0)
    left = np.nansum((distance - season) ** 2, axis=0) / np.maximum(count - 12, 1)
    whole = np.nansum((distance - _known_mean(distance, axis=0)) ** 2, axis=0) / np.where(count > 1, count - 1, np.nan)
    enough = (~np.isnan(series)).sum(axis=0) >= SEASON_MONTHS
    shows = enough & (whole > 0) & (1 - left / np.where(whole > 0, whole, np.nan) >= SEASON_STRENGTH)
    return pd.DataFrame(np.where(shows, season, np.nan), index=values.index, columns=values.columns)


def _known_mean(values: np.ndarray, axis: int, least: int = 1) -> np.ndarray:
    """Return the mean of what is known along ``axis``; NaN where that is fewer than ``least``."""
    count = (~np.isnan(values)).sum(axis=axis)
    return np.nansum(values, axis=axis) / np.where(count >= least, count, np.nan)


def control_chart(values: Numbers, minimum_points: int = MINIMUM_POINTS, baseline: int | None = None) -> ControlChart:
    """Return the XmR chart of a series in time order.

    Centre = mean, limits = mean ± 2.66 × mean moving range (of neighbouring known points). Rules, each marking all points that form it:

    * ``outside_limits``: a point beyond a limit;
    * ``two_of_three``: two of three successive points beyond two thirds of the way to the same limit;
    * ``run``: eight or more successive points on one side of the centre (a point on the centre ends the run);
    * ``trend``: six or more successive points each above (below) the one before.

    A series with a season (``season_of``) is judged without it: what every winter does is no special cause. Centre and limits then follow
    the season, and the limits are wider by what twelve estimated means hide.

    Args:
        values: one value a month in order; a month without a value is missing, not left out.
        minimum_points: fewer known points are not judged.
        baseline: compute centre and limits from this many first points only (a period before a reform); default all.

    Returns:
        ``ControlChart``. A missing month is a gap: no moving range, run, trend or pair reaches across it. A constant series has its
        limits on its centre and is common. Too few known points (also in the baseline): marks ``"insufficient"``, limits missing,
        centre kept.
    """
    given = number_series(values, "values")
    season = season_of(given) if baseline is None else None
    series = given if season is None else given - season
    reference = series if baseline is None else series.iloc[:baseline]
    centre = float(reference.mean()) if reference.notna().any() else float("nan")
    moving_range = reference.diff().abs()
    sufficient = int(reference.notna().sum()) >= minimum_points and bool(moving_range.notna().any())
    reach = 2.66 * float(moving_range.mean()) if sufficient else float("nan")
    if season is not None:
        reach /= float(np.sqrt(1 - 11 / int(series.notna().sum())))
    # Rounding of the mean must not put a constant series outside its own limits.
    reach = max(reach, 1e-12 * abs(centre)) if sufficient else reach
    limits = [pd.Series(level, index=series.index) for level in (centre, centre - reach, centre + reach)]
    chart = _chart(series, limits[0], limits[1], limits[2], sufficient)
    if season is None:
        return chart
    return replace(chart, values=given, seasonal=True, centre=chart.centre + season, lower=chart.lower + season, upper=chart.upper + season)


def p_chart(events: Numbers, cases: Numbers, minimum_points: int = MINIMUM_POINTS) -> ControlChart:
    """Return the p chart of a proportion by month, with limits that widen where cases are few.

    Centre = Σ events ÷ Σ cases, limits = centre ± 3 √(p(1−p)/n), cut at 0 and 1; the rules of ``control_chart``.

    Args:
        events: e.g. positive examinations; at most ``cases``.
        cases: e.g. examinations; a month with 0 or missing cases is missing.
        minimum_points: as in ``control_chart``.

    Raises:
        ValueError: negative figures, or more events than cases.
    """
    months = _proportion_table(events, cases)
    known = months.dropna()
    proportion = ratio(months["events"], months["cases"])
    total = known["cases"].sum()
    centre = known["events"].sum() / total if total > 0 else float("nan")
    sufficient = int(proportion.notna().sum()) >= minimum_points
    reach = 3 * np.sqrt(centre * (1 - centre) / months["cases"]).where(proportion.notna() & sufficient)
    middle = pd.Series(centre, index=months.index)
    return _chart(proportion, middle, (middle - reach).clip(lower=0.0), (middle + reach).clip(upper=1.0), sufficient)


def u_chart(events: Numbers, exposure: Numbers, minimum_points: int = MINIMUM_POINTS) -> ControlChart:
    """Return the u chart of events per unit of exposure by month, with limits that widen where exposure is small.

    Centre = Σ events ÷ Σ exposure, limits = centre ± 3 √(centre ÷ exposure), cut at 0; the rules of ``control_chart``.

    Args:
        events: e.g. falls; may exceed ``exposure``.
        exposure: e.g. bed-days; a month with 0 or missing exposure is missing.
        minimum_points: as in ``control_chart``.

    Raises:
        ValueError: negative figures.
    """
    months = aligned_counts(events=events, exposure=exposure)
    known = months.dropna()
    rate = ratio(months["events"], months["exposure"])
    total = known["exposure"].sum()
    centre = known["events"].sum() / total if total > 0 else float("nan")
    sufficient = int(rate.notna().sum()) >= minimum_points
    reach = 3 * np.sqrt(centre / months["exposure"]).where(rate.notna() & sufficient)
    middle = pd.Series(centre, index=months.index)
    return _chart(rate, middle, (middle - reach).clip(lower=0.0), middle + reach, sufficient)


def signal(values: Numbers, minimum_points: int = MINIMUM_POINTS) -> str:
    """Return the mark of the last point of an XmR chart (see ``ControlChart.marks``); ``"insufficient"`` for an empty series."""
    marks = control_chart(values, minimum_points).marks
    return str(marks.iloc[-1]) if len(marks) else INSUFFICIENT


def _chart(values: pd.Series, centre: pd.Series, lower: pd.Series, upper: pd.Series, sufficient: bool) -> ControlChart:
    high = _rule_hits(values, centre, upper) if sufficient else {}
    low = _rule_hits(-values, -centre, -lower) if sufficient else {}
    unjudged = COMMON if sufficient else INSUFFICIENT
    marks, rules = [], []
    for place, missing in enumerate(values.isna()):
        hits = [(name, mark) for name in RULES for mark, found in ((HIGH, high), (LOW, low)) if found and found[name][place]]
        rules.append(tuple(dict.fromkeys(name for name, _ in hits)))
        marks.append(MISSING if missing else hits[0][1] if hits else unjudged)
    return ControlChart(
        values=values,
        centre=centre,
        lower=lower,
        upper=upper,
        marks=pd.Series(marks, index=values.index, dtype="str", name="marks"),
        rules=pd.Series(rules, index=values.index, dtype="object", name="rules"),
        sufficient=sufficient,
    )


def _rule_hits(values: pd.Series, centre: pd.Series, upper: pd.Series) -> dict[str, np.ndarray]:
    """Return for each rule which points form it on the high side (the low side is the same of the mirrored series)."""
    value, middle, limit = values.to_numpy(), centre.to_numpy(), upper.to_numpy()
    tolerance = 1e-12 * np.maximum(np.abs(middle), np.abs(value))
    beyond_two_sigma = value > middle + (limit - middle) * 2 / 3 + tolerance
    return {
        "outside_limits": value > limit + tolerance,
        "two_of_three": _two_of_three(beyond_two_sigma, np.isnan(value)),
        "run": _in_rows(value > middle + tolerance, RUN_LENGTH),
        "trend": _trend(value),
    }


def _in_rows(hits: np.ndarray, length: int) -> np.ndarray:
    """Return which hits stand in an unbroken row of at least ``length``."""
    rows = pd.Series(np.cumsum(~hits))
    return hits & (pd.Series(hits).groupby(rows).transform("sum") >= length).to_numpy()


def _trend(value: np.ndarray) -> np.ndarray:
    """Return which points stand in a rise of at least ``TREND_LENGTH`` points (one step fewer)."""
    rising = np.append([False], value[1:] > value[:-1])[: len(value)]
    steps = _in_rows(rising, TREND_LENGTH - 1)
    return steps | np.append(steps[1:], [False])[: len(value)]


def _two_of_three(beyond: np.ndarray, missing: np.ndarray) -> np.ndarray:
    hits = np.zeros(len(beyond), dtype=bool)
    for start in range(len(beyond) - 2):
        window = slice(start, start + 3)
        if beyond[window].sum() >= 2 and not missing[window].any():
            hits[window] |= beyond[window]
    return hits


def _proportion_table(events: Numbers, cases: Numbers) -> pd.DataFrame:
    table = aligned_counts(events=events, cases=cases)
    if (table["events"] > table["cases"]).any():
        raise ValueError("events: more than cases")
    return table


def wilson_interval(events: Numbers, cases: Numbers, confidence: float = 0.95) -> pd.DataFrame:
    """Return the Wilson score interval of events ÷ cases as a frame with ``proportion``, ``lower`` and ``upper`` (0 to 1).

    Missing where cases are 0 or a figure is missing.

    Raises:
        ValueError: negative figures, more events than cases, or a confidence outside 0 to 1.
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence: must lie between 0 and 1")
    table = _proportion_table(events, cases)
    z = float(norm.ppf(0.5 + confidence / 2))
    n = table["cases"].where(table["cases"] > 0)
    p = table["events"] / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # At p = 0 and 1 the bounds are 0 and 1 exactly; rounding must not push them past the proportion.
    lower, upper = np.minimum((middle - reach).clip(lower=0.0), p), np.maximum((middle + reach).clip(upper=1.0), p)
    return pd.DataFrame({"proportion": p, "lower": lower, "upper": upper})


def byar_interval(events: Numbers, exposure: Numbers, confidence: float = 0.95) -> pd.DataFrame:
    """Return Byar's approximate Poisson interval of events ÷ exposure as a frame with ``rate``, ``lower`` and ``upper``.

    Missing where exposure is 0 or a figure is missing; ``lower`` is 0 without events.

    Raises:
        ValueError: negative figures, or a confidence outside 0 to 1.
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence: must lie between 0 and 1")
    table = aligned_counts(events=events, exposure=exposure)
    z = float(norm.ppf(0.5 + confidence / 2))
    count, base = table["events"], table["exposure"].where(table["exposure"] > 0)
    some, next_one = count.where(count > 0), count + 1
    lower = some * ((1 - 1 / (9 * some) - z / (3 * np.sqrt(some))).clip(lower=0.0)) ** 3
    upper = next_one * (1 - 1 / (9 * next_one) + z / (3 * np.sqrt(next_one))) ** 3
    return pd.DataFrame({"rate": count / base, "lower": lower.mask(count == 0, 0.0) / base, "upper": upper / base})


def funnel_limits(
    cases: Numbers, target: float, z: float = 3.0, method: Literal["exact", "normal"] = "exact", overdispersion: float = 1.0
) -> pd.DataFrame:
    """Return the limits within which a proportion of that many cases lies by chance if its true value is ``target``.

    Args:
        cases: size of each unit.
        target: proportion that all are compared with, 0 to 1.
        z: width in standard deviations (1.96 and 3 are usual).
        method: ``"exact"``: binomial quantiles, interpolated between counts (Spiegelhalter 2005, appendix A.1); ``"normal"``:
            target ± z √(target (1 − target) ÷ cases).
        overdispersion: variance factor from ``overdispersion_factor``; above 1 it widens the limits, and needs ``"normal"``.

    Returns:
        Frame with ``lower`` and ``upper``, cut at 0 and 1; missing where cases are 0 or missing.

    Raises:
        ValueError: target outside 0 to 1, z not above 0, unknown method, overdispersion below 1 or together with ``"exact"``.
    """
    if not 0 <= target <= 1 or not z > 0 or overdispersion < 1:
        raise ValueError("target must lie in 0 to 1, z above 0, overdispersion at 1 or above")
    if method not in ("exact", "normal") or (method == "exact" and overdispersion != 1):
        raise ValueError("method: 'exact' (without overdispersion) or 'normal'")
    table = aligned_counts(cases=cases)
    n = table["cases"].where(table["cases"] > 0)
    if method == "normal":
        reach = z * np.sqrt(overdispersion * target * (1 - target) / n)
        lower, upper = target - reach, target + reach
    else:
        lower, upper = _binomial_limit(n, target, float(norm.sf(z))), _binomial_limit(n, target, float(norm.cdf(z)))
    return pd.DataFrame({"lower": lower.clip(0.0, target), "upper": upper.clip(target, 1.0)})


def _binomial_limit(n: pd.Series, target: float, probability: float) -> pd.Series:
    size = np.round(n)
    count = pd.Series(binom.ppf(probability, size, target), index=n.index)
    here, below = binom.cdf(count, size, target), binom.cdf(count - 1, size, target)
    return (count - ratio(pd.Series(here - probability, index=n.index), pd.Series(here - below, index=n.index))) / size


def overdispersion_factor(events: Numbers, cases: Numbers, target: float, winsorise: float = 0.1) -> float:
    """Return by how much the variance between units exceeds chance: the mean of squared z scores, at least 1.

    The ``winsorise`` share of z scores at either end is drawn in to its neighbour first, so that a few true outliers do not
    excuse themselves (Spiegelhalter 2005). NaN z scores (no cases) are left out; 1 when none is left.

    Raises:
        ValueError: target not strictly between 0 and 1, winsorise outside 0 to 0.5, more events than cases.
    """
    if not 0 < target < 1 or not 0 <= winsorise < 0.5:
        raise ValueError("target must lie between 0 and 1, winsorise in 0 to 0.5")
    table = _proportion_table(events, cases)
    deviation = ratio(table["events"], table["cases"]) - target
    return winsorised_factor(deviation / np.sqrt(target * (1 - target) / table["cases"].where(table["cases"] > 0)), winsorise)


def winsorised_factor(scores: Numbers, winsorise: float = 0.1) -> float:
    """Return the mean of squared z scores, at least 1, the ``winsorise`` share at either end drawn in first; 1 without scores."""
    return float(np.fmax(winsorised_squares(np.asarray(scores, dtype=np.float64), winsorise), 1.0))


def winsorised_squares(scores: np.ndarray, winsorise: float = 0.1) -> np.ndarray:
    """Return the mean of squared z scores of each row (the last axis), the ``winsorise`` share at either end of it drawn in first.

    NaN without scores.
    """
    low, high = (known_quantiles(scores, share)[..., None] for share in (winsorise, 1 - winsorise))
    count = (~np.isnan(scores)).sum(axis=-1)
    return np.nansum(np.clip(scores, low, high) ** 2, axis=-1) / np.where(count > 0, count, np.nan)
