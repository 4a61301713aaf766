"""Flows of patients between places: matrix, shares, balance, ratio, retention, change, and what a map may leave out.

A flow frame has one row per origin, destination and whatever else the caller keeps apart, with the measure ``cases`` (whole
numbers from 0; a missing one is refused) and perhaps others (``cost``). Its ends are the columns ``origin`` and
``destination``; a frame that knows its ends at several levels carries ``origin_<level>`` and ``destination_<level>`` instead
(``origin_town``, ``origin_community``, …) and is brought to one level by ``at_level``. Codes are any text. Formulas are our
own (grade OWN) unless a function says otherwise; every share is recomputed from sums, and a zero denominator gives NaN.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.sequences import counts

LEVELS = ("county", "community", "institution", "town")
ENDS = ["origin", "destination"]


def _checked(flows: pd.DataFrame, *needed: str) -> pd.DataFrame:
    """Return ``flows`` with ``cases`` as checked floats. Raises ValueError naming what is missing or wrong.

    A flow without one of its ends is refused: grouping would drop it, and the sums would no longer be those of ``flows``.
    """
    missing = [name for name in (*needed, "cases") if name not in flows.columns]
    if missing:
        raise ValueError(f"flows: column {missing[0]} is missing")
    for end in ENDS:
        if end in needed and flows[end].isna().any():
            raise ValueError(f"{end}: missing values are not allowed")
    cases = counts(flows["cases"], "cases")
    if cases.isna().any():
        raise ValueError("cases: missing values are not allowed")
    return flows.assign(cases=cases)


def _measures(flows: pd.DataFrame) -> list[str]:
    """Return the numeric columns: what adds up."""
    return [
        str(name) for name in flows.columns if pd.api.types.is_numeric_dtype(flows[name]) and not pd.api.types.is_bool_dtype(flows[name])
    ]


def at_level(flows: pd.DataFrame, level: str, keep: Sequence[str] = ()) -> pd.DataFrame:
    """Return ``flows`` summed between the places of ``level``.

    Args:
        flows: a flow frame with ``origin_<level>`` and ``destination_<level>``; one that has plain ``origin`` and
            ``destination`` is taken to be at ``level`` already.
        level: one of ``LEVELS``.
        keep: further columns that stay apart (``direction``).

    Returns:
        ``origin``, ``destination``, the columns of ``keep`` and every numeric column summed (a sum of nothing but missing
        values stays missing), sorted by ends. Flows from a place to itself (both ends fall into one community) are kept.

    Raises:
        ValueError: an unknown level, missing columns, negative or missing cases.
    """
    if level not in LEVELS:
        raise ValueError(f"level: {level!r} is none of {LEVELS}")
    if not set(ENDS) <= set(flows.columns):
        flows = flows.rename(columns={f"{end}_{level}": end for end in ENDS})
    known = _checked(flows, *ENDS, *keep)
    by = [*ENDS, *keep]
    return known.groupby(by, sort=True, observed=True)[_measures(known)].sum(min_count=1).reset_index()


def flow_matrix(flows: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return the origin–destination matrix of cases: one row per origin, one column per destination, 0 where nobody goes.

    Row sums are what an origin sends, column sums what a destination receives; they add up to the cases of ``flows``.
    ``level`` and errors as in ``at_level``.
    """
    summed = at_level(flows, level)
    return summed.pivot(index="origin", columns="destination", values="cases").fillna(0.0)


def shares(flows: pd.DataFrame) -> pd.DataFrame:
    """Return each pair's share of its origin and of its destination.

    Returns:
        ``origin``, ``destination``, ``cases``, ``share_of_origin`` (adds up to 1 over the destinations of each origin) and
        ``share_of_destination`` (adds up to 1 over the origins of each destination). Rows of one pair are summed first. NaN
        where a side has no cases at all.

    Raises:
        ValueError: missing columns, negative or missing cases.
    """
    pairs = _checked(flows, *ENDS).groupby(ENDS, sort=True, observed=True)["cases"].sum().reset_index()
    for end in ENDS:
        total = pairs.groupby(end, observed=True)["cases"].transform("sum")
        pairs[f"share_of_{end}"] = pairs["cases"] / total.where(total > 0)
    return pairs


def down_up_ratio(flows: pd.DataFrame) -> float:
    """Return cases referred down per case referred up (indicator B08); NaN when nobody was referred up.

    ``flows`` needs ``direction`` (``up``, ``down``; others are not counted) and ``cases``. Raises ValueError as ``at_level``.
    """
    by_direction = _checked(flows, "direction").groupby("direction", observed=True)["cases"].sum()
    up = float(by_direction.get("up", 0.0))
    return float(by_direction.get("down", 0.0)) / up if up > 0 else float("nan")


def retention(flows: pd.DataFrame, inside: Collection[str] | pd.Series) -> pd.DataFrame:
    """Return what share of each origin's cases stays ``inside``.

    Args:
        flows: a flow frame with ``origin``, ``destination`` and ``cases``.
        inside: the destination codes that count as inside, or a Series of bool on the index of ``flows`` (loyalty: inside
            is another set for each origin).

    Returns:
        Indexed by origin: ``cases``, ``kept`` and ``retention`` (0 to 1; NaN without cases).

    Raises:
        ValueError: missing columns, negative or missing cases, a Series that does not fit ``flows``.
    """
    known = _checked(flows, *ENDS)
    if isinstance(inside, pd.Series):
        if not inside.index.equals(flows.index):
            raise ValueError("inside: must have the index of flows")
        stays = inside.astype(bool)
    else:
        stays = known["destination"].isin(list(inside))
    answer = known.assign(kept=known["cases"].where(stays, 0.0)).groupby("origin", sort=True, observed=True)[["cases", "kept"]].sum()
    return answer.assign(retention=answer["kept"] / answer["cases"].where(answer["cases"] > 0))


def balance(flows: pd.DataFrame) -> pd.DataFrame:
    """Return what each place sends and receives, flows to itself left out.

    Returns:
        Indexed by code: ``sent``, ``received``, ``net`` (received − sent; adds up to 0 over all places).

    Raises:
        ValueError: missing columns, negative or missing cases.
    """
    known = _checked(flows, *ENDS)
    moved = known[known["origin"] != known["destination"]]
    sent, received = (moved.groupby(end, observed=True)["cases"].sum() for end in ENDS)
    codes = sorted(set(sent.index) | set(received.index))
    answer = pd.DataFrame({"sent": sent, "received": received}).reindex(codes).fillna(0.0)
    answer.index.name = "code"
    return answer.assign(net=answer["received"] - answer["sent"])


def differences(current: pd.DataFrame, before: pd.DataFrame, keep: Sequence[str] = ()) -> pd.DataFrame:
    """Return how each flow changed between two periods of one level.

    Args:
        current: flows with ``origin``, ``destination``, the columns of ``keep`` and ``cases``, one row per pair.
        before: the same for the period compared with.
        keep: as in ``at_level``.

    Returns:
        The rows of either period: ends, ``keep``, ``cases``, ``before``, ``change`` (cases) and ``growth`` (relative change,
        NaN where there was nothing before). A flow that stopped has 0 cases.

    Raises:
        ValueError: missing columns, negative or missing cases, a pair that stands twice.
    """
    by = [*ENDS, *keep]
    now, then = (_checked(frame, *by).set_index(by)["cases"] for frame in (current, before))
    for name, series in (("current", now), ("before", then)):
        if series.index.has_duplicates:
            raise ValueError(f"{name}: a pair stands twice")
    both = pd.concat({"cases": now, "before": then}, axis=1).fillna(0.0).sort_index()
    change = both["cases"] - both["before"]
    return both.assign(change=change, growth=change / both["before"].where(both["before"] > 0)).reset_index()


@dataclass(frozen=True, eq=False)
class Drawn:
    """Which flows are drawn, and the sum of those that are not: ``hidden_pairs`` flows with ``hidden_cases`` cases."""

    flows: pd.DataFrame
    hidden_pairs: int
    hidden_cases: float


def largest(flows: pd.DataFrame, limit: int, smallest: float = 0.0, measure: str = "cases") -> Drawn:
    """Return the ``limit`` flows with the largest ``measure`` among those of at least ``smallest`` cases; the rest is summed.

    Flows without cases are never drawn and are not counted as hidden. The order is largest first, equal ones by their ends.

    Raises:
        ValueError: a negative limit, missing columns, negative or missing cases.
    """
    if limit < 0:
        raise ValueError("limit: must not be negative")
    known = _checked(flows, *ENDS, measure)
    moving = known[known["cases"] > 0]
    eligible = moving[moving["cases"] >= smallest]
    drawn = eligible.sort_values([measure, *ENDS], ascending=[False, True, True], kind="stable").head(limit)
    return Drawn(drawn.reset_index(drop=True), len(moving) - len(drawn), float(moving["cases"].sum() - drawn["cases"].sum()))


def leading_groups(flows: pd.DataFrame, by: Sequence[str] = ("origin", "destination"), count: int = 3) -> pd.DataFrame:
    """Return the ``count`` disease groups with most cases of each flow, most first, equal ones by code.

    Args:
        flows: rows with the columns of ``by``, ``disease_group_code`` and ``cases``.
        by: what names a flow.
        count: how many groups, at least 1.

    Returns:
        The columns of ``by``, ``disease_group_code``, ``cases`` and ``rank`` (from 1).

    Raises:
        ValueError: missing columns, negative or missing cases.
    """
    keys = [*by, "disease_group_code"]
    summed = _checked(flows, *keys).groupby(keys, sort=True, observed=True)["cases"].sum().reset_index()
    ordered = summed[summed["cases"] > 0].sort_values([*by, "cases"], ascending=[True] * len(by) + [False], kind="stable")
    rank = ordered.groupby(list(by), observed=True).cumcount() + 1
    return ordered.assign(rank=rank)[rank <= count].reset_index(drop=True)


def top_share(values: pd.Series, count: int = 10) -> float:
    """Return the share that the ``count`` largest of ``values`` have in their sum; NaN when the sum is 0.

    Raises:
        ValueError: negative, infinite or non-numeric values.
    """
    known = counts(values, "values").fillna(0.0).to_numpy()
    total = float(known.sum())
    return float(np.sort(known)[::-1][:count].sum()) / total if total > 0 else float("nan")
