"""What may be told of a whole to somebody who may see only a part of it: county values, and others without their names.

A sum gives somebody away when few make it up (with two, the sum minus one's own is the other's) or when one makes up nearly all of it.
The thresholds are data (``release.yaml``); both sides of a rate are held against them, since both are shown beside it.
"""

from collections.abc import Collection
from string import ascii_uppercase

import numpy as np
import pandas as pd

from dashboard.analysis.indicators import Status, withheld
from dashboard.catalogue.release import ReleaseRules

_SIDES = ("numerator", "denominator")
_ROUNDING = 1e-9


def gives_away(total: float, parts: pd.Series, own: Collection[str], rules: ReleaseRules) -> bool:
    """Return whether ``total`` would tell somebody who knows the parts of ``own`` what another's is.

    Args:
        total: the sum as it would be shown.
        parts: what each community contributes, by its code; a missing or zero part is no contribution.
        own: the codes of the communities that the reader may see.
        rules: the thresholds.

    What ``total`` holds beyond its parts belongs to nobody among them: it counts as one more of the others, not as a community.
    """
    sizes = parts.abs()
    sizes = sizes[sizes > 0]
    rest = abs(total - float(parts.sum()))
    beyond = rest > _ROUNDING * abs(total)
    everything = float(sizes.sum()) + (rest if beyond else 0.0)
    others = int((~sizes.index.isin(list(own))).sum()) + int(beyond)
    few = len(sizes) < rules.least_communities or 0 < others < rules.least_others
    return few or float(sizes.max()) > rules.largest_share * everything


def released(county: pd.DataFrame, communities: pd.DataFrame, own: Collection[str], rules: ReleaseRules) -> pd.DataFrame:
    """Return the indicator frame ``county`` (one unit) without the values that ``gives_away`` somebody, with that as their reason.

    ``communities`` is the frame of the same indicators and period by community. An indicator without values there is not released.
    """
    by_indicator = {str(name): rows.set_index("unit") for name, rows in communities.groupby("indicator", sort=False)}
    kept_back = [
        any(
            gives_away(getattr(row, side), by_indicator[str(row.indicator)][side], own, rules)
            for side in _SIDES
            if not np.isnan(getattr(row, side))
        )
        for row in county.itertuples(index=False)
    ]
    return withheld(county, np.array(kept_back, dtype=np.bool_), Status.NOT_RELEASED)


def without_names(communities: pd.DataFrame, own: Collection[str], rates: Collection[str], rules: ReleaseRules) -> pd.DataFrame:
    """Return what may be shown of the communities outside of ``own``: rates only, without sides, as A, B, C in order of their value.

    Args:
        communities: an indicator frame by community, of one period.
        own: the codes of the communities that the reader may see.
        rates: the indicators that have a denominator; a count tells who it is by its size.
        rules: whether the county publishes the ranking: then the others keep their names.

    Returns:
        indicator, label (letters start anew with each indicator, so that nobody can be followed from one to the next), value;
        nothing of an indicator for which fewer than ``least_others`` have a value.
    """
    others = communities[~communities["unit"].isin(list(own)) & communities["indicator"].isin(list(rates)) & communities["value"].notna()]
    counted = others.groupby("indicator")["unit"].transform("size")
    others = others[counted >= rules.least_others].sort_values(["indicator", "value"], ascending=[True, False], kind="stable")
    place = others.groupby("indicator").cumcount()
    labels = others["unit_name"] if rules.ranking_published else place.map(_letters)
    return pd.DataFrame({"indicator": others["indicator"], "label": labels.astype("str"), "value": others["value"]}).reset_index(drop=True)


def ranking_without_names(rows: pd.DataFrame, own: Collection[str], rules: ReleaseRules) -> pd.DataFrame:
    """Return what may be shown of a ranking that was frozen: one's own rows whole, the others as A, B, C with their scores alone.

    Args:
        rows: by unit its ``unit``, ``name``, ``total`` and whatever else was frozen (rank, band, completeness).
        own: the units that the reader may see.
        rules: whether the county publishes the ranking: then every row is shown as it is.

    Returns:
        The columns of ``rows`` without ``unit``, the best first; nothing of the others where fewer than ``least_others`` have a score.
    """
    if rules.ranking_published:
        return rows.drop(columns="unit")
    mine = rows["unit"].isin(list(own))
    others = rows.loc[~mine & rows["total"].notna(), ["total"]].sort_values("total", ascending=False, kind="stable")
    if len(others) < rules.least_others:
        others = others.iloc[:0]
    lettered = others.assign(name=pd.Series([_letters(place) for place in range(len(others))], index=others.index, dtype="str"))
    shown = pd.concat([rows[mine], lettered]) if len(lettered) else rows[mine]
    return shown.sort_values("total", ascending=False, kind="stable", na_position="last", ignore_index=True).drop(columns="unit")


def _letters(place: int) -> str:
    """Return A to Z, then AA, AB and so on."""
    ahead, last = divmod(place, len(ascii_uppercase))
    return (_letters(ahead - 1) if ahead else "") + ascii_uppercase[last]
