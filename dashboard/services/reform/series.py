"""Interrupted series: one outcome, one date; what the figures are consistent with, and every check that must be printed with it."""

import datetime
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.reform import EnoughMonths, InterruptedSeries, enough_months, interrupted_series, placebo_steps
from dashboard.catalogue.models import Indicator
from dashboard.catalogue.reform import reform_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.reform.outcomes import Outcome, events, outcome_of


@dataclass(frozen=True)
class Study:
    """What is asked: an indicator of the county or a community, the first month of the reform, its form and months left out as phase-in."""

    outcome: str
    community: str | None
    since: datetime.date
    slope: bool = False
    phase_in: int = 0
    against_others: bool = False
    """Whether the outcome is the distance of the community to all the others together, which takes out what reaches everybody."""
    harmonics: int | None = None
    """Pairs of sine and cosine; None: as many as the months before allow."""


@dataclass(frozen=True)
class Effect:
    """The effect so many ``months`` after the start: in the unit of the indicator with its interval, and in people or cases a month."""

    months: int
    value: float
    low: float
    high: float
    people: float


@dataclass(frozen=True, eq=False)
class SeriesAnswer:
    """An interrupted series with everything that belongs beside it. Values are in the unit of the indicator.

    Attributes:
        indicator: the outcome.
        months: month, value, fitted, counterfactual (missing where nothing was estimated), used (bool: not phase-in, not missing).
        enough: what this many months may be asked.
        before, after: months with a figure on either side; ``silent`` of all are missing.
        means: mean before and after the start: all that is said of too few months.
        effects: at the months of the settings as far as the series reaches, the last month in any case; empty when nothing was estimated.
        p_value: of the step, two-sided, on the cautious standard error; NaN when nothing was estimated.
        detectable: smallest step that could have been found 8 times in 10.
        dispersion, autocorrelation, correlation, harmonics, lag: of the fit.
        placebo: false dates before the reform: month, ratio; ``placebo_rank`` is the place of the real date among all, 1 the largest.
        sensitivity: variant (``phase_0``, ``harmonics_1``, ``without_last_3``, ``slope`` …), value, low, high: the last effect
            under other choices.
        around: other events in the window: title, starts_on, where.
    """

    study: Study
    indicator: Indicator
    months: pd.DataFrame
    enough: EnoughMonths
    before: int
    after: int
    silent: int
    means: tuple[float, float]
    effects: tuple[Effect, ...]
    p_value: float
    detectable: float
    dispersion: float
    autocorrelation: float
    correlation: float
    harmonics: int
    lag: int
    placebo: pd.DataFrame
    placebo_rank: int
    sensitivity: pd.DataFrame
    around: pd.DataFrame

    @property
    def estimated(self) -> bool:
        """Whether there were months enough to estimate anything."""
        return bool(self.effects)

    @property
    def last(self) -> Effect:
        """The effect furthest from the start."""
        return self.effects[-1]


def offered_months(outcome: Outcome) -> list[datetime.date]:
    """Return the months that a reform may have begun in: those with a month before and after, newest first."""
    return [month.date() for month in outcome.months["month"].iloc[1:]][::-1]


@cached(max_entries=64)
def series_answer(database: ReportingDatabase, study: Study, last: datetime.date) -> SeriesAnswer | None:
    """Return the answer to ``study`` with the months up to ``last``; None when the outcome has no month on either side of the date."""
    outcome = outcome_of(database, study.outcome, last, study.community, against_others=study.against_others)
    months = outcome.months
    place = int((months["month"] < pd.Timestamp(study.since)).sum())
    if not 0 < place < len(months):
        return None
    used = months["value"].notna().to_numpy(copy=True)
    used[place : place + study.phase_in] = False
    before, after = int(used[:place].sum()), int(used[place:].sum())
    enough = enough_months(before, after)
    values = months["value"].to_numpy()
    means = (float(np.nanmean(values[:place])), float(np.nanmean(values[place:]))) if before and after else (np.nan, np.nan)
    around = _around(database, study, months)
    drawn = months.assign(fitted=np.nan, counterfactual=np.nan, used=used)
    plain = SeriesAnswer(
        study, outcome.indicator, drawn, enough, before, after, outcome.silent, means,
        (), np.nan, np.nan, np.nan, np.nan, np.nan, 0, 0, pd.DataFrame(columns=["month", "ratio"]), 0,
        pd.DataFrame(columns=["variant", "value", "low", "high"]), around,
    )  # fmt: skip
    if not enough.estimate:
        return plain
    harmonics = enough.harmonics if study.harmonics is None else min(study.harmonics, enough.harmonics)
    fit = _fit(outcome, used, place, harmonics, study.slope and enough.slope)
    scale = _scale(outcome)
    effects = tuple(_effect(outcome, fit, each, len(months)) for each in _told(place, len(months)))
    error = fit.cautious_errors["step"]
    ratio = abs(fit.coefficients["step"]) / error if error > 0 else np.inf
    placebo = _placebo(outcome, used, place, harmonics)
    larger = int((placebo["ratio"].abs() >= ratio).sum())
    return replace(
        plain,
        months=plain.months.assign(fitted=scale * fit.fitted, counterfactual=scale * fit.counterfactual),
        effects=effects,
        p_value=fit.p_value("step"),
        detectable=_detectable(outcome, fit, place),
        dispersion=fit.dispersion,
        autocorrelation=fit.autocorrelation,
        correlation=fit.correlation,
        harmonics=harmonics,
        lag=fit.lag,
        placebo=placebo,
        placebo_rank=1 + larger,
        sensitivity=_sensitivity(outcome, study, place, harmonics, enough),
    )


def _scale(outcome: Outcome) -> float:
    return float(outcome.indicator.multiplier) if outcome.family == "quasi_binomial" else 1.0


def _figures(outcome: Outcome, used: np.ndarray) -> tuple[np.ndarray, pd.Series | None]:
    """Return the figures that are fitted, missing where they are not ``used``, and the denominators of a share."""
    months = outcome.months
    if outcome.family == "gaussian":
        return np.where(used, months["value"].to_numpy(dtype=float), np.nan), None
    exposure = months["denominator"].where(months["denominator"] > 0)
    return np.where(used, (months["numerator"] / exposure).to_numpy(dtype=float), np.nan), exposure


def _fit(outcome: Outcome, used: np.ndarray, place: int, harmonics: int, slope: bool) -> InterruptedSeries:
    values, exposure = _figures(outcome, used)
    first_month = int(outcome.months["month"].iloc[0].month)
    return interrupted_series(
        values, start=place + 1, exposure=exposure, family=outcome.family, harmonics=harmonics, first_month=first_month, slope=slope
    )


def _told(place: int, length: int) -> list[int]:
    """Return the months (from 1) at which effects are told: so many months after the start, and the last one."""
    wanted = [place + 1 + after for after in reform_settings().told_after]
    return [month for month in wanted if month < length] + [length]


def _effect(outcome: Outcome, fit: InterruptedSeries, at: int, length: int) -> Effect:
    scale = _scale(outcome)
    low, high = fit.effect_interval(at, reform_settings().confidence)
    value = fit.effect(at)
    denominator = float(outcome.months["denominator"].iloc[min(at, length) - 1])
    people = value * denominator if outcome.family == "quasi_binomial" else np.nan
    return Effect(at - fit.start, scale * value, scale * low, scale * high, people)


def _detectable(outcome: Outcome, fit: InterruptedSeries, place: int) -> float:
    """Return the detectable step in the unit of the indicator; for shares by the slope of the logit at the level of the start."""
    if outcome.family == "gaussian":
        return fit.detectable_step
    level = float(fit.counterfactual[place])
    return _scale(outcome) * fit.detectable_step * level * (1 - level)


def _placebo(outcome: Outcome, used: np.ndarray, place: int, harmonics: int) -> pd.DataFrame:
    values, exposure = _figures(outcome, used)
    choices: dict[str, Any] = {"family": outcome.family, "harmonics": harmonics, "slope": False}
    choices["first_month"] = int(outcome.months["month"].iloc[0].month)
    if exposure is not None:
        choices["exposure"] = exposure
    try:
        found = placebo_steps(values, start=place + 1, **choices)
    except ValueError:  # too few figures between gaps for this model: then there is no false date to compare with
        return pd.DataFrame(columns=["month", "ratio"])
    return found.assign(month=[outcome.months["month"].iloc[number - 1] for number in found["month"]])[["month", "ratio"]]


def _sensitivity(outcome: Outcome, study: Study, place: int, harmonics: int, enough: EnoughMonths) -> pd.DataFrame:
    length = len(outcome.months)
    variants: dict[str, tuple[int, int, bool, int]] = {
        f"phase_{months}": (months, harmonics, study.slope, length) for months in reform_settings().phase_in
    }
    variants |= {f"harmonics_{each}": (study.phase_in, each, study.slope, length) for each in range(enough.harmonics + 1)}
    variants["without_last_3"] = (study.phase_in, harmonics, study.slope, length - 3)
    if enough.slope:
        variants["slope"] = (study.phase_in, harmonics, True, length)
        variants["step"] = (study.phase_in, harmonics, False, length)
    rows = []
    for name, (phase, seasons, slope, end) in variants.items():
        used = outcome.months["value"].notna().to_numpy(copy=True)
        used[place : place + phase] = False
        used[end:] = False
        if min(int(used[:place].sum()), int(used[place:].sum())) < 8:
            continue
        fit = _fit(outcome, used, place, seasons, slope and enough.slope)
        effect = _effect(outcome, fit, end, length)
        rows.append((name, effect.value, effect.low, effect.high))
    return pd.DataFrame(rows, columns=["variant", "value", "low", "high"])


def _around(database: ReportingDatabase, study: Study, months: pd.DataFrame) -> pd.DataFrame:
    """Return the events inside the window, but for those that begin in the very month of the study in its own area."""
    rows = events(database)
    ends = pd.to_datetime(rows["ends_on"]).fillna(pd.to_datetime(rows["starts_on"]))
    inside = (ends >= months["month"].iloc[0]) & (rows["starts_on"] <= months["month"].iloc[-1])
    if study.community is not None:
        inside &= rows["community_code"].isna() | rows["community_code"].eq(study.community)
    own = pd.to_datetime(rows["starts_on"]).dt.to_period("M") == pd.Timestamp(study.since).to_period("M")
    found = rows.loc[inside & ~own, ["title", "starts_on", "where"]]
    several = found["title"].duplicated(keep=False)  # one reform in steps is one line: its first date, no single place
    return found.assign(where=found["where"].mask(several, "")).drop_duplicates("title").reset_index(drop=True)
