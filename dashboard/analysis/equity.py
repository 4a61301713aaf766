"""Is a resource spread fairly over population or area? Lorenz, Gini, Theil, agglomeration, coefficient of variation.

Formulas: docs/sources.md (Gini [FOUND R18], Theil [FOUND R21], HRAD [FOUND R18, R21], CV [FOUND R21]). Zones are sorted by resource *per
head*, logarithms are natural.

Defined throughout: a zone with a missing resource or population is left out of every sum; a zone with neither resource nor population
changes nothing; negative values raise ValueError; no resource at all, or no population at all, gives a missing result.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from dashboard.analysis.sequences import Numbers, aligned_counts, number_series, on_index, ratio

Weight = Literal["population", "resource"]
Form = Literal["T", "L"]


def _known_zones(resource: Numbers, population: Numbers) -> pd.DataFrame:
    zones = aligned_counts(resource=resource, population=population).dropna()
    return zones[(zones["resource"] > 0) | (zones["population"] > 0)]


def lorenz(resource: Numbers, population: Numbers) -> pd.DataFrame:
    """Return the Lorenz curve: cumulative shares from (0, 0) to (1, 1), poorest zone first.

    Zones are sorted by resource per head; ties keep their order (the curve is the same straight piece). A zone with resource but without
    population has unbounded resource per head and comes last, as a vertical piece.

    Args:
        resource: beds, physicians, devices … by zone.
        population: residents (or area) by zone.

    Returns:
        Frame numbered 0 … n with ``population_share`` and ``resource_share`` (cumulative, 0 to 1), ``unit`` (label of the zone that
        the piece ends with, missing at the origin) and ``per_head`` (of that zone; missing without population). Only the origin
        remains when there is no resource or no population at all.
    """
    zones = _known_zones(resource, population)
    totals = zones.sum()
    if not (totals > 0).all():
        zones = zones.iloc[:0]
    per_head = ratio(zones["resource"], zones["population"])
    order = np.argsort(per_head.fillna(np.inf).to_numpy(), kind="stable")
    zones = zones.iloc[order]
    shares = (zones / totals).cumsum()
    if len(shares):
        shares.iloc[-1] = 1.0
    return pd.DataFrame(
        {
            "unit": pd.Series([None, *zones.index], dtype="object"),
            "population_share": [0.0, *shares["population"]],
            "resource_share": [0.0, *shares["resource"]],
            "per_head": [np.nan, *per_head.iloc[order]],
        }
    )


def gini(resource: Numbers, population: Numbers) -> float:
    """Return the Gini coefficient of ``resource`` over ``population`` (give areas as ``population`` for the Gini by area).

    ``G = Σ W_i Y_i + 2 Σ W_i (1 − V_i) − 1 = 1 − Σ W_i (V_{i−1} + V_i)``, zones sorted by resource per head, W population share,
    Y resource share, V cumulative resource share. Usual bands: < 0.3 fair, 0.3–0.4 acceptable, > 0.4 poor, > 0.6 very unequal.

    Returns:
        0 (everybody has the same; also for a single zone) to below 1; NaN without any resource or any population.
    """
    curve = lorenz(resource, population)
    if len(curve) == 1:
        return float("nan")
    width = np.diff(curve["population_share"])
    height = curve["resource_share"].to_numpy()
    return float(max(0.0, 1.0 - np.sum(width * (height[:-1] + height[1:]))))


def coefficient_of_variation(values: Numbers) -> float:
    """Return the sample standard deviation (n − 1) ÷ mean; NaN for fewer than two known values or mean 0."""
    series = number_series(values, "values").dropna()
    if len(series) < 2 or series.mean() == 0:
        return float("nan")
    return float(series.std(ddof=1) / series.mean())


@dataclass(frozen=True)
class Theil:
    """A Theil index and its parts; ``total = between + within`` up to rounding.

    Attributes:
        total: the index over all zones.
        between: the part between groups (0 without groups: all zones are one group).
        within: the part inside groups, ``Σ share_g × T_g``.
        by_group: one row per group: ``theil`` (its own index), ``population_share``, ``resource_share`` and ``contribution`` (its term
            in ``within``). Empty without groups.
        form: the letter that Chinese health-resource papers give the index: ``"T"`` weighted by population, ``"L"`` by resource.
        weight: which share weighs the logarithm: ``"population"`` or ``"resource"``.
        undefined: labels of zones that make the index infinite; where there are any the parts they touch are NaN.
    """

    total: float
    between: float
    within: float
    by_group: pd.DataFrame
    form: str
    weight: str
    undefined: tuple[Any, ...] = field(default=())

    @property
    def between_share(self) -> float:
        """Between ÷ total, NaN when the total is 0."""
        return self.between / self.total if self.total else float("nan")

    @property
    def within_share(self) -> float:
        """Within ÷ total, NaN when the total is 0."""
        return self.within / self.total if self.total else float("nan")


def _relative_entropy(weight: pd.Series, other: pd.Series) -> float:
    """Return Σ w ln(w ÷ o) of two columns of shares, with 0·ln 0 = 0; NaN when some w > 0 meets o = 0 (the index is infinite)."""
    weighed = weight > 0
    if (other[weighed] == 0).any():
        return float("nan")
    terms = weight[weighed] * np.log(weight[weighed] / other[weighed])
    return max(0.0, float(terms.sum()))


FORMS: Mapping[Weight, Form] = {"population": "T", "resource": "L"}


def theil(resource: Numbers, population: Numbers, groups: Any = None, form: Form | None = None, *, weight: Weight | None = None) -> Theil:
    """Return the Theil index of ``resource`` over ``population``, split into between and within groups.

    The argument names the weighting, because Chinese health-resource papers (the letters of ``form``) and economists swap the letters:

    * ``weight="population"`` (the default): ``Σ P_i ln(P_i / Y_i)``. Theil's T in those papers; Theil's L, or the mean logarithmic
      deviation, in economics.
    * ``weight="resource"``: ``Σ Y_i ln(Y_i / P_i)``. Theil's L in those papers; Theil's T in economics (PySAL ``inequality.theil``).

    P and Y are shares of population and resource, ln is natural. With groups, weighted by population: ``between = Σ P_g ln(P_g / Y_g)``,
    ``within = Σ P_g T_g``; weighted by resource P and Y are exchanged.

    Args:
        resource: by zone.
        population: by zone.
        groups: the group of every zone (its community); None means no split: between is 0, within equals total. A zone whose
            group is missing is left out, as one with a missing figure is.
        form: the weighting by its letter in Chinese papers, ``"T"`` or ``"L"``; older callers say it so.
        weight: the weighting by name; when both are given they must say the same.

    Returns:
        ``Theil``. 0·ln 0 = 0. A zone with population but no resource makes the population-weighted index infinite, one with resource but
        no population the resource-weighted: the total and the within part (or the between part, when a whole group lacks it) are then
        NaN and ``undefined`` names the zones; use the other weighting or the Gini. One zone gives 0. No resource or no population at
        all gives NaN.

    Raises:
        ValueError: an unknown weighting or form, or two that contradict each other; differing lengths or labels, negative values.

    >>> round(theil([1, 3], [1, 1], weight="population").total, 4), round(theil([1, 3], [1, 1], weight="resource").total, 4)
    (0.1438, 0.1308)
    """
    if form not in (None, *FORMS.values()):
        raise ValueError(f"form: 'T' (population-weighted) or 'L' (resource-weighted), not {form!r}")
    if weight is None:
        weight = "resource" if form == "L" else "population"
    if weight not in FORMS:
        raise ValueError(f"weight: 'population' or 'resource', not {weight!r}")
    if form not in (None, FORMS[weight]):
        raise ValueError(f"form {form!r} is not weighted by {weight}")
    form, other = FORMS[weight], "resource" if weight == "population" else "population"
    zones = aligned_counts(resource=resource, population=population)
    group = pd.Series(0, index=zones.index) if groups is None else on_index(groups, zones.index, "groups")
    known = (zones.notna().all(axis=1) & group.notna() & (zones.sum(axis=1) > 0)).to_numpy()
    zones, group = zones[known], group[known]
    if not (zones.sum() > 0).all():
        return Theil(np.nan, np.nan, np.nan, _no_groups(), form, weight)
    shares = zones / zones.sum()
    by_group, within = _inside_groups(shares, group.to_numpy(), weight, other)
    undefined = tuple(zones.index[(zones[weight] > 0) & (zones[other] == 0)])
    between = _relative_entropy(by_group[f"{weight}_share"], by_group[f"{other}_share"])
    total = _relative_entropy(shares[weight], shares[other])
    return Theil(total, between, within, _no_groups() if groups is None else by_group, form, weight, undefined)


def _no_groups() -> pd.DataFrame:
    return pd.DataFrame(columns=["theil", "population_share", "resource_share", "contribution"], dtype="float64")


def _inside_groups(shares: pd.DataFrame, group: np.ndarray, weight: str, other: str) -> tuple[pd.DataFrame, float]:
    sums = shares.groupby(group).sum()
    own = {label: _relative_entropy(*_own_shares(part, weight, other)) for label, part in shares.groupby(group)}
    by_group = pd.DataFrame(
        {"theil": pd.Series(own, dtype="float64"), "population_share": sums["population"], "resource_share": sums["resource"]}
    )
    by_group["contribution"] = (sums[weight] * by_group["theil"]).where(sums[weight] > 0, 0.0)
    return by_group, float(by_group["contribution"].sum(skipna=False))


def _own_shares(part: pd.DataFrame, weight: str, other: str) -> tuple[pd.Series, pd.Series]:
    weight_total, other_total = part[weight].sum(), part[other].sum()
    return (
        part[weight] / weight_total if weight_total > 0 else part[weight],
        part[other] / other_total if other_total > 0 else part[other],
    )


def agglomeration(resource: Numbers, population: Numbers, area: Numbers) -> pd.DataFrame:
    """Return the agglomeration degree of a resource (HRAD 卫生资源集聚度) and of population (PAD 人口集聚度) by zone.

    ``HRAD_i = (R_i / R) / (A_i / A)``, ``PAD_i = (P_i / P) / (A_i / A)``. Papers judge by the ratio (1 = in balance, above 1 more
    resource than people) or by the difference (0 = in balance); both are given.

    Returns:
        Frame on the zones' index with ``hrad``, ``pad``, ``hrad_to_pad`` and ``hrad_minus_pad``. All missing for a zone that lacks a figure
        (its figures stay out of the totals) or has no area; ``hrad_to_pad`` missing where nobody lives.

    Raises:
        ValueError: differing lengths or labels, negative values.
    """
    zones = aligned_counts(resource=resource, population=population, area=area)
    known = zones.dropna()
    totals = known.sum()
    shares = known / totals.where(totals > 0)
    hrad = ratio(shares["resource"], shares["area"])
    pad = ratio(shares["population"], shares["area"])
    complete = pd.DataFrame({"hrad": hrad, "pad": pad, "hrad_to_pad": ratio(hrad, pad), "hrad_minus_pad": hrad - pad})
    result = pd.DataFrame(np.nan, index=zones.index, columns=complete.columns)
    result.loc[zones.notna().all(axis=1).to_numpy(), :] = complete.to_numpy()  # by position: labels may repeat
    return result
