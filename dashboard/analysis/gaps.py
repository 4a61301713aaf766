"""How far supply is from a norm, in whole beds, people or sites, and how a hospital's supply is told to the towns it serves.

Norms are data (``data/catalogue/norms.yaml``); the arithmetic here is ours [INFER].
"""

from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.expressions import FloatArray
from dashboard.analysis.sequences import Numbers, aligned_counts, counts, on_index, ratio

_NEARLY = 1e-9  # a product such as 5 × 78,000 ÷ 10,000 may miss its whole number by rounding
_HALVINGS = 60  # beyond the precision of a float


def rate_gap(supply: Numbers, population: Numbers, value: float, per: int) -> pd.DataFrame:
    """Return supply against ``value`` units per ``per`` residents.

    Returns:
        Frame on the zones' index: ``rate`` (supply per ``per`` residents; missing without residents), ``needed`` (units that the norm asks
        for), ``difference`` (supply − needed), ``short`` (whole units missing, rounded up, else 0) and ``over`` (whole units above,
        rounded down, else 0). Missing where supply or population is missing.

    Raises:
        ValueError: negative figures, differing labels, a norm that is not above 0.
    """
    if not (value > 0 and per > 0):
        raise ValueError("value and per: must be above 0")
    zones = aligned_counts(supply=supply, population=population)
    known = zones.where(zones.notna().all(axis=1))
    needed = known["population"] * value / per
    return _against(known["supply"], needed, needed).assign(rate=ratio(known["supply"], known["population"]) * per, needed=needed)[
        ["rate", "needed", "difference", "short", "over"]
    ]


def site_gap(sites: Numbers, population: Numbers, people_low: int, people_high: int, *, each_zone: bool = False) -> pd.DataFrame:
    """Return sites against "one site per ``people_low`` to ``people_high`` residents", with ``each_zone`` at least one everywhere.

    Fewest: residents ÷ people_high, rounded up. Most: residents ÷ people_low, rounded down, never below the fewest.

    Returns:
        Frame on the zones' index: ``people_per_site`` (missing without sites), ``fewest``, ``most``, ``difference`` (sites − nearest
        bound; 0 in between), ``short`` and ``over`` (whole sites). Missing where sites or population is missing.

    Raises:
        ValueError: negative figures, differing labels, bounds that are not 0 < low ≤ high.
    """
    if not 0 < people_low <= people_high:
        raise ValueError("people_low, people_high: must be 0 < low ≤ high")
    zones = aligned_counts(sites=sites, population=population)
    known = zones.where(zones.notna().all(axis=1))
    least = 1.0 if each_zone else 0.0
    fewest = np.ceil(known["population"] / people_high).clip(lower=least)
    most = np.floor(known["population"] / people_low).clip(lower=fewest)
    return _against(known["sites"], fewest, most).assign(
        people_per_site=ratio(known["population"], known["sites"]), fewest=fewest, most=most
    )[["people_per_site", "fewest", "most", "difference", "short", "over"]]


def _against(have: pd.Series, low: pd.Series, high: pd.Series) -> pd.DataFrame:
    below, above = (low - have).clip(lower=0.0), (have - high).clip(lower=0.0)
    return pd.DataFrame({"difference": above - below, "short": np.ceil(below - _NEARLY) + 0.0, "over": np.floor(above + _NEARLY)})


def area_difference(gap: pd.DataFrame) -> float:
    """Return how far an area as a whole is from the norm, in whole units: negative is short, positive over.

    Args:
        gap: what ``rate_gap`` or ``site_gap`` gave for its zones.

    Returns:
        Of a rate: the zones' differences added up and rounded once (short up, over down), so that the parts' roundings do not add up to
        people whom nobody lacks. Of sites, which are whole in every zone: minus the zones' missing sites. NaN without a known zone.
    """
    known = gap["difference"].dropna()
    if known.empty:
        return float("nan")
    if "needed" not in gap:
        return -float(gap["short"].sum())
    total = float(known.sum())
    return -float(np.ceil(-total - _NEARLY)) if total < 0 else float(np.floor(total + _NEARLY))


def shared_by_population(amount: Numbers, groups: Any, population: Numbers, zone_groups: Any) -> pd.Series:
    """Return the supply of institutions that serve a whole group of zones, told to its zones by their residents.

    Args:
        amount: by institution.
        groups: the group that each institution serves; missing means all zones.
        population: residents by zone.
        zone_groups: the group of each zone.

    Returns:
        Series on the index of ``population``; its sum is that of ``amount`` as far as there is somebody to serve. A group without any
        zone or resident is told to all zones. Zero everywhere when nobody lives anywhere.
    """
    people = counts(population, "population").fillna(0.0)
    zone_group = on_index(zone_groups, people.index, "zone_groups").to_numpy()
    given = counts(amount, "amount").fillna(0.0)
    serves = on_index(groups, given.index, "groups")
    served = set(zone_group[people.to_numpy() > 0])
    everywhere = ~serves.isin(list(served)).to_numpy()
    shared = _proportional(float(given[everywhere].sum()), people)
    for group, part in given[~everywhere].groupby(serves[~everywhere].to_numpy()):
        shared = shared + _proportional(float(part.sum()), people.where(zone_group == group, 0.0))
    return shared.rename("shared")


def _proportional(total: float, people: pd.Series) -> pd.Series:
    return people * (total / people.sum()) if people.sum() > 0 else people * 0.0


def fairest_split(need: Numbers, supply: Numbers, units: float, lower: float, upper: Numbers) -> pd.Series:
    """Return ``units`` split over the zones so that the worst-supplied zone (supply ÷ need) ends up best supplied.

    Water filling: every zone is raised to one common share of its need, not beyond ``upper`` nor below ``lower``. Zones without need get
    their lower bound only.

    Args:
        need: by zone.
        supply: by zone.
        units: units to give; what no zone may take is left.
        lower: fewest units of every zone.
        upper: most units by zone, at least ``lower``.

    Returns:
        Series on the index of the zones; 0 for a zone with a missing figure.

    Raises:
        ValueError: negative figures, differing labels.
    """
    zones = aligned_counts(need=need, supply=supply, upper=upper)
    known = zones.dropna()
    wanted, have, most = (known[column].to_numpy() for column in ("need", "supply", "upper"))

    def given(level: float) -> FloatArray:
        return np.maximum(np.minimum(np.maximum(level * wanted - have, 0.0), most), lower)

    reach = [(amount + room) / asked for asked, amount, room in zip(wanted, have, most, strict=True) if asked > 0]
    low, high = 0.0, max(reach, default=0.0)
    for _step in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if given(middle).sum() < units else (low, middle)
    return pd.Series(given(high), index=known.index, name="added").reindex(zones.index, fill_value=0.0)
