"""How much supply people can reach: two-step floating catchment (2SFCA) and its distance-decay variants.

Formulas: docs/sources.md (basic form [FOUND R22], Gaussian [OWN]); step weights after Luo and Qi 2009
(E2SFCA) as PySAL ``access`` reads them.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from dashboard.analysis.sequences import Numbers, aligned_counts, counts, number_series, ratio

Decay = Literal["gaussian"] | Mapping[float, float] | Sequence[tuple[float, float]] | None

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG


def floating_catchment(supply: Numbers, demand: Numbers, travel: pd.DataFrame, threshold: float, decay: Decay = None) -> pd.Series:
    """Return the supply **per person** that each place can reach (multiply by 1,000 for "per 1,000 residents").

    Step 1: ``R_j = S_j / Σ_k f(d_kj) P_k`` over the places k within the threshold of site j. Step 2: ``A_i = Σ_j f(d_ij) R_j`` over
    the sites j within the threshold of place i. As long as every site is reached by somebody, ``Σ A_i P_i`` equals all supply.

    Args:
        supply: beds, GPs, devices by site (Series or mapping by place). Missing counts as none.
        demand: residents by place. Missing counts as none; the place still gets its result.
        travel: long form with the columns ``origin`` (where people live), ``destination`` (site) and ``minutes``. A pair that is absent or
            whose minutes are missing cannot be travelled, also from a place to a site in the same place. Of a pair given twice the
            shorter time counts. Places that are not in ``demand``, and sites not in ``supply``, are ignored.
        threshold: greatest travel time in minutes, inclusive.
        decay: None (weight 1 up to the threshold); ``"gaussian"``: ``f(d) = (e^{−½(d/d0)²} − e^{−½}) / (1 − e^{−½})``, which falls
            from 1 to 0 at the threshold d0; or steps, as pairs (minutes up to and including, weight) or such a mapping: the first
            bound that is not below the time gives the weight; beyond the last bound, and beyond the threshold, the weight is 0.

    Returns:
        Series on the index of ``demand``, called ``access``. 0 for a place that reaches no site or only sites without supply. A site that
        no resident reaches (weighted demand 0) serves nobody and adds nothing.

    Raises:
        ValueError: repeated labels, negative supply, demand, minutes, weights or threshold, missing columns, an unknown decay.
    """
    sites, people = _places(supply, "supply"), _places(demand, "demand")
    pairs = _reachable_pairs(sites, people, travel, threshold, decay)
    site_ratio = ratio(sites, _catchments(sites, people, pairs)).fillna(0.0).to_numpy()
    reached = np.bincount(pairs.origin, weights=pairs.weight * site_ratio[pairs.site], minlength=len(people))
    return pd.Series(reached, index=people.index, name="access")


def supply_to_demand(supply: Numbers, demand: Numbers, travel: pd.DataFrame, threshold: float, decay: Decay = None) -> pd.Series:
    """Return step 1 of ``floating_catchment``: supply per (weighted) person in each site's catchment, on the index of ``supply``.

    Missing for a site that no resident reaches. Arguments and errors as there.
    """
    sites, people = _places(supply, "supply"), _places(demand, "demand")
    pairs = _reachable_pairs(sites, people, travel, threshold, decay)
    return ratio(sites, _catchments(sites, people, pairs)).rename("supply_to_demand")


def share_without_access(access: Numbers, population: Numbers, minimum: float = 0.0) -> float:
    """Return the share of residents (0 to 1) whose access is not above ``minimum`` (default: who reach nothing).

    Places with missing access or population are left out; NaN when nobody is left.
    """
    places = aligned_counts(access=access, population=population).dropna()
    everybody = places["population"].sum()
    return float(places.loc[places["access"] <= minimum, "population"].sum() / everybody) if everybody > 0 else float("nan")


def distance_minutes(origins: pd.DataFrame, destinations: pd.DataFrame, speed_kmh: float, detour: float = 1.0) -> pd.DataFrame:
    """Return estimated travel times between all origins and destinations, in the long form that ``floating_catchment`` reads.

    Great-circle distance × ``detour`` ÷ ``speed_kmh``. An estimate: a page that shows it must say so (直线距离估算) and name the speed.

    Args:
        origins: indexed by place, with ``longitude`` and ``latitude`` in degrees, both sides on the same datum.
        destinations: likewise, indexed by site.
        speed_kmh: assumed speed, above 0.
        detour: road length ÷ straight length, at least 1.

    Returns:
        Frame with ``origin``, ``destination``, ``kilometres`` (straight) and ``minutes``; origins in order, destinations within each.
        Missing where a coordinate is missing.

    Raises:
        ValueError: speed or detour out of range, a missing column, a coordinate outside the globe.
    """
    if not speed_kmh > 0:
        raise ValueError("speed_kmh: must be above 0")
    if not detour >= 1:
        raise ValueError("detour: must be at least 1")
    longitude_from, latitude_from = _radians(origins, "origins")
    longitude_to, latitude_to = _radians(destinations, "destinations")
    # Haversine: well conditioned for the short distances of a county.
    half = (
        np.sin((latitude_to - latitude_from[:, None]) / 2) ** 2
        + np.cos(latitude_from)[:, None] * np.cos(latitude_to) * np.sin((longitude_to - longitude_from[:, None]) / 2) ** 2
    )
    kilometres = (2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))).ravel()
    return pd.DataFrame(
        {
            "origin": origins.index.repeat(len(destinations)),
            "destination": destinations.index.take(np.tile(np.arange(len(destinations)), len(origins))),
            "kilometres": kilometres,
            "minutes": kilometres * detour / speed_kmh * 60,
        }
    )


def _radians(points: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    missing = [column for column in ("longitude", "latitude") if column not in points.columns]
    if missing:
        raise ValueError(f"{name}: missing columns: {', '.join(missing)}")
    longitude, latitude = number_series(points["longitude"], "longitude"), number_series(points["latitude"], "latitude")
    if (longitude.abs() > 180).any() or (latitude.abs() > 90).any():
        raise ValueError(f"{name}: longitude must lie in ±180 and latitude in ±90 degrees")
    return np.radians(longitude.to_numpy()), np.radians(latitude.to_numpy())


class _Pairs(NamedTuple):
    """The pairs within reach: positions of place and site, and the weight of the way between them."""

    origin: np.ndarray
    site: np.ndarray
    weight: np.ndarray


def _places(values: Numbers, name: str) -> pd.Series:
    series = counts(values, name)
    if series.index.has_duplicates:
        raise ValueError(f"{name}: a place stands twice ({series.index[series.index.duplicated()][0]!r})")
    return series.fillna(0.0)


def _reachable_pairs(supply: pd.Series, demand: pd.Series, travel: pd.DataFrame, threshold: float, decay: Decay) -> _Pairs:
    missing = [column for column in ("origin", "destination", "minutes") if column not in travel.columns]
    if missing:
        raise ValueError(f"travel: missing columns: {', '.join(missing)}")
    if not threshold >= 0:
        raise ValueError("threshold: must be 0 minutes or more")
    minutes = counts(travel["minutes"], "minutes").to_numpy()
    near = np.flatnonzero(minutes <= threshold)  # missing times compare false: not reachable
    origin = demand.index.get_indexer(pd.Index(travel["origin"].iloc[near]))
    site = supply.index.get_indexer(pd.Index(travel["destination"].iloc[near]))
    known = (origin >= 0) & (site >= 0)
    pairs = pd.DataFrame({"pair": origin[known] * len(supply) + site[known], "minutes": minutes[near][known]})
    if pairs["pair"].duplicated().any():
        pairs = pairs.sort_values("minutes").drop_duplicates("pair")
    place, destination = np.divmod(pairs["pair"].to_numpy(dtype="int64"), max(len(supply), 1))
    return _Pairs(place, destination, _weights(pairs["minutes"].to_numpy(), threshold, decay))


def _catchments(sites: pd.Series, people: pd.Series, pairs: _Pairs) -> pd.Series:
    weighed = np.bincount(pairs.site, weights=pairs.weight * people.to_numpy()[pairs.origin], minlength=len(sites))
    return pd.Series(weighed, index=sites.index)


def _weights(minutes: np.ndarray, threshold: float, decay: Decay) -> np.ndarray:
    if decay is None:
        return np.ones(len(minutes))
    if isinstance(decay, str):
        if decay != "gaussian":
            raise ValueError(f"decay: None, 'gaussian' or a step table, not {decay!r}")
        edge = np.exp(-0.5)
        part = np.divide(minutes, threshold, out=np.zeros(len(minutes)), where=threshold > 0)
        return np.maximum((np.exp(-0.5 * part**2) - edge) / (1 - edge), 0.0)
    steps = np.array(sorted(decay.items() if isinstance(decay, Mapping) else decay), dtype="float64").reshape(-1, 2)
    if len(steps) == 0 or not (steps >= 0).all():
        raise ValueError("decay: a step table needs pairs of minutes and weight, none negative")
    weights = np.append(steps[:, 1], 0.0)
    return weights[np.searchsorted(steps[:, 0], minutes, side="left")]
