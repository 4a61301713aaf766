"""Shares of stacked reforms: first in, last in, and the mean over every order (Shapley)."""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial

import pandas as pd

_MOST_PARTS = 12


def shapley(parts: Sequence[str], total: Callable[[frozenset[str]], float]) -> dict[str, float]:
    """Return each part's share of what all parts do together: its mean contribution over every order of putting them on.

    Args:
        parts: names of the stacked reforms, each once, at most 12 (every subset is computed once).
        total: result with exactly the given reforms in force, in any unit; for the empty set the baseline.

    Returns:
        Share by name in the unit of ``total``; together total(all) − total(none), whatever the order.

    Raises:
        ValueError: a name twice, or more than 12 parts.
    """
    if len(set(parts)) != len(parts):
        raise ValueError("a reform is named twice")
    if len(parts) > _MOST_PARTS:
        raise ValueError(f"at most {_MOST_PARTS} reforms can be stacked")
    results = {frozenset(chosen): float(total(frozenset(chosen))) for size in range(len(parts) + 1) for chosen in combinations(parts, size)}
    count = len(parts)
    shares = {}
    for part in parts:
        without = [chosen for chosen in results if part not in chosen]
        shares[part] = sum(
            factorial(len(chosen)) * factorial(count - len(chosen) - 1) / factorial(count) * (results[chosen | {part}] - results[chosen])
            for chosen in without
        )
    return shares


def first_and_last_in(parts: Sequence[str], total: Callable[[frozenset[str]], float]) -> pd.DataFrame:
    """Return what each reform adds alone (``first``) and on top of all others (``last``), indexed by name, in the unit of ``total``."""
    everything = frozenset(parts)
    none, complete = float(total(frozenset())), float(total(everything))
    rows = {part: (float(total(frozenset({part}))) - none, complete - float(total(everything - {part}))) for part in parts}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["first", "last"])
