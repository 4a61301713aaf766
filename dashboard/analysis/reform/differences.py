"""Difference in differences: two by two, group-time effects of a reform that came in steps, and how often chance would do as much."""

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from math import inf
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Control = Literal["never", "not_yet"]


def difference_in_differences(treated_before: float, treated_after: float, control_before: float, control_after: float) -> float:
    """Return (treated after − before) − (control after − before), in the unit of the four means; NaN if one is missing."""
    return float((treated_after - treated_before) - (control_after - control_before))


class GroupTimeEffects(pd.DataFrame):
    """Effects by group and time: ``group`` (first treated time), ``time``, ``effect`` (of the outcome), ``units`` treated, ``controls``.

    Times before the group's start are placebo effects against the same base, the time before the start.
    """

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    @property
    def overall(self) -> float:
        """Mean of the effects from each group's start on, weighted by the units treated; NaN without any."""
        return _weighted(self[self["time"] >= self["group"]])

    @property
    def by_group(self) -> dict[Any, float]:
        """Mean effect from its start on, by group."""
        return {group: _weighted(rows) for group, rows in self[self["time"] >= self["group"]].groupby("group")}

    @property
    def by_event_time(self) -> dict[int, float]:
        """Mean effect by the number of observed times since the start (0 = start, −1 = base and therefore 0), weighted by units."""
        times = {time: place for place, time in enumerate(sorted(set(self["time"]) | set(self["group"])))}
        since = self["time"].map(times) - self["group"].map(times)
        return {event: _weighted(self[(since == event).to_numpy()]) for event in sorted(set(since.astype(int)))}


def _weighted(rows: pd.DataFrame) -> float:
    known = rows[rows["effect"].notna()]
    return float(np.average(known["effect"], weights=known["units"])) if len(known) else float("nan")


def group_time_effects(
    panel: pd.DataFrame, *, unit: str, time: str, outcome: str, first_treated: str, control: Control = "never"
) -> GroupTimeEffects:
    """Return the effect on each group (units that start together) at each time against units not treated.

    ATT(g, t) = [mean of g at t − mean of g at the time before g] − the same of the controls. Controls are the units never treated, or with
    ``not_yet`` also those that start later than both t and the base. Composition is fixed: a unit counts in a pair of times only if
    it has both.

    Args:
        panel: one row per unit and time.
        unit: column that names the unit.
        time: column with anything that sorts.
        outcome: column with the figure, NaN where missing.
        first_treated: column with the time from which the unit is treated, the same in all its rows; missing, 0 or infinite: never.
        control: ``never`` or ``not_yet``.

    Returns:
        ``GroupTimeEffects`` by group and time; the effect is NaN where no control is left. Groups treated from the first time on have
        no base
        and are left out.

    Raises:
        ValueError: a unit twice at one time, or with two starts; an unknown control.
        KeyError: a column that is not there.
    """
    if control not in ("never", "not_yet"):
        raise ValueError(f"unknown control {control!r}")
    wide, starts = _panel(panel, unit, time, outcome, first_treated)
    values, reached = wide.to_numpy(dtype=float), _positions(wide.columns, starts)
    rows: list[tuple[Any, ...]] = []
    for group, place in sorted({(start, place) for start, place in zip(starts, reached, strict=True) if place > 0}):
        effects, treated, compared = _effects_on(values, reached, place, control)
        rows += [(group, *cell) for cell in zip(wide.columns, effects, treated, compared, strict=True)]
    return GroupTimeEffects(rows, columns=["group", "time", "effect", "units", "controls"])


def _positions(times: pd.Index, starts: pd.Series) -> NDArray[np.int64]:
    """Return the place of the first time at which each unit is treated; −1 for never."""
    known = starts.notna().to_numpy()
    places = np.full(len(starts), -1, dtype=np.int64)
    places[known] = times.searchsorted(starts[known].to_numpy())
    return places


def _effects_on(
    values: NDArray[np.float64], reached: NDArray[np.int64], place: int, control: Control
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return effect, treated units and controls at every time of the units reached at ``place``; missing without either side."""
    change = values - values[:, [place - 1]]
    known = np.isfinite(change)
    times = np.arange(values.shape[1])
    members = (reached == place)[:, None] & known
    never = (reached < 0)[:, None]
    later = reached[:, None] > np.maximum(times, place)[None, :]
    others = (never if control == "never" else never | later) & known
    treated, compared = members.sum(axis=0), others.sum(axis=0)
    sums = [np.where(chosen, change, 0.0).sum(axis=0) for chosen in (members, others)]
    sides = [
        np.divide(total, count, out=np.full(len(times), np.nan), where=count > 0)
        for total, count in zip(sums, (treated, compared), strict=True)
    ]
    return sides[0] - sides[1], treated, compared


def _overall(values: NDArray[np.float64], reached: NDArray[np.int64], control: Control) -> float:
    """Return what ``GroupTimeEffects.overall`` says, without the frame."""
    total = weight = 0.0
    for place in np.unique(reached[reached > 0]):
        effects, treated, _compared = _effects_on(values, reached, int(place), control)
        known = np.isfinite(effects[place:])
        total += float((effects[place:] * treated[place:])[known].sum())
        weight += float(treated[place:][known].sum())
    return total / weight if weight else float("nan")


def _panel(panel: pd.DataFrame, unit: str, time: str, outcome: str, first_treated: str) -> tuple[pd.DataFrame, pd.Series]:
    if panel.duplicated([unit, time]).any():
        raise ValueError("a unit stands twice at one time")
    never = panel[first_treated].isna() | panel[first_treated].isin([0, inf])
    marked = panel.assign(**{first_treated: panel[first_treated].mask(never)})
    if (marked.groupby(unit)[first_treated].nunique(dropna=False) > 1).any():
        raise ValueError("a unit has two starts")
    wide = marked.pivot(index=unit, columns=time, values=outcome).astype(float)
    return wide, marked.groupby(unit)[first_treated].first()


def permutation_p(effects: Mapping[Hashable, float] | Sequence[float] | pd.Series, treated: Any) -> float:
    """Return the share of units whose effect, had the reform been theirs, is at least as large in size as that of ``treated``.

    With n units nothing below 1/n can come out (five communities: 0.20), which belongs beside the figure.

    Args:
        effects: statistic per unit (better its t than the coefficient), NaN for a unit without one; by key, or in order.
        treated: the key, the place in the order from 0, or several of them, whose mean size is then compared over all choices of as
            many units.

    Raises:
        ValueError: no effect of the treated unit.
    """
    values = pd.Series(effects, dtype=float).dropna()
    chosen = list(treated) if isinstance(treated, list | tuple | set | frozenset) else [treated]
    if not chosen or not set(chosen) <= set(values.index):
        raise ValueError("the treated unit has no effect among those given")
    seen = abs(values[chosen].mean())
    sizes = np.array([abs(np.mean(each)) for each in combinations(values.to_numpy(), len(chosen))])
    return float(np.mean(sizes >= seen * (1 - 1e-12)))


def unit_effects(panel: pd.DataFrame, *, unit: str, time: str, outcome: str, start: Any) -> pd.Series:
    """Return by unit the change of its mean over ``start`` minus the mean change of all the others, as if the reform had been its own.

    Args:
        panel: one row per unit and time; missing outcomes are left out of the means.
        unit: column that names the unit.
        time: column with anything that sorts.
        outcome: column with the figure.
        start: first time of the reform.

    Returns:
        Effects by unit in the unit of the outcome, sorted by unit; units without a figure on either side are left out.

    Raises:
        ValueError: fewer than two units with both sides.
    """
    after = panel[time] >= start
    means = pd.DataFrame({side: panel[chosen].groupby(unit)[outcome].mean() for side, chosen in (("before", ~after), ("after", after))})
    changes = (means["after"] - means["before"]).dropna().sort_index()
    if len(changes) < 2:
        raise ValueError("at least two units must have figures before and after the start")
    return changes - (changes.sum() - changes) / (len(changes) - 1)


def reassignment_p(
    panel: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    first_treated: str,
    control: Control = "never",
    draws: int = 199,
    seed: int = 0,
) -> float:
    """Return how often starting dates dealt out anew among the units give an overall effect at least as large in size.

    Args:
        panel: as in ``group_time_effects``, like the columns.
        unit: column that names the unit.
        time: column with anything that sorts.
        outcome: column with the figure.
        first_treated: column with the start.
        control: as in ``group_time_effects``.
        draws: random deals; nothing below 1 ÷ (draws + 1) can come out.
        seed: of the deals; the same gives the same answer.

    Returns:
        (1 + deals at least as large) ÷ (1 + draws); NaN where there is no overall effect.

    Raises:
        ValueError: as ``group_time_effects``; fewer than one draw.
    """
    if draws < 1:
        raise ValueError("draws must be at least 1")
    if control not in ("never", "not_yet"):
        raise ValueError(f"unknown control {control!r}")
    wide, starts = _panel(panel, unit, time, outcome, first_treated)
    values, reached = wide.to_numpy(dtype=float), _positions(wide.columns, starts)
    seen = _overall(values, reached, control)
    if np.isnan(seen):
        return float("nan")
    random = np.random.default_rng(seed)
    dealt = [_overall(values, random.permutation(reached), control) for _draw in range(draws)]
    larger = int((np.abs(dealt) >= abs(seen) * (1 - 1e-12)).sum())
    return (1 + larger) / (1 + draws)
