"""Reading the numbers a front door is given: lists, arrays or pandas in, float Series on one index out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

Numbers = Sequence[Any] | np.ndarray | pd.Series | Mapping[Any, Any]


def number_series(values: Numbers, name: str) -> pd.Series:
    """Return ``values`` as a float Series called ``name``.

    A Series or mapping keeps its labels, anything else is numbered from 0. ``None``, ``NaN`` and ``pd.NA`` are missing.

    Raises:
        ValueError: a value is no number, or infinite; the message names the argument.
    """
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    if len(series) == 0:
        return pd.Series(dtype="float64", index=series.index, name=name)
    try:
        numeric = pd.to_numeric(series).astype("float64")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: every value must be a number or missing") from error
    if np.isinf(numeric.to_numpy()).any():
        raise ValueError(f"{name}: infinite values are not allowed")
    return numeric.rename(name)


def counts(values: Numbers, name: str) -> pd.Series:
    """Return ``values`` as ``number_series`` does, and refuse negative ones.

    Raises:
        ValueError: a value is negative, infinite or no number.
    """
    series = number_series(values, name)
    if (series < 0).any():
        raise ValueError(f"{name}: negative values are not allowed ({series.index[series < 0][0]!r})")
    return series


def labels_of(values: Any) -> pd.Index | None:
    """Return the labels that ``values`` carries (Series, mapping), or None for a plain sequence."""
    if isinstance(values, pd.Series):
        return values.index
    return pd.Index(list(values)) if isinstance(values, Mapping) else None


def on_index(values: Any, index: pd.Index, name: str) -> pd.Series:
    """Return ``values`` (any type) on ``index``: matched by label when they carry the same labels, else by position.

    Raises:
        ValueError: another length, or labels that are not those of ``index``.
    """
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    if len(series) != len(index):
        raise ValueError(f"{name}: {len(series)} values for {len(index)} units")
    if labels_of(values) is None or series.index.equals(index):
        return series.set_axis(index)
    if series.index.has_duplicates or not series.index.isin(index).all():
        raise ValueError(f"{name}: its labels are not those of the other columns")
    return series.reindex(index)


def aligned_counts(**columns: Numbers) -> pd.DataFrame:
    """Return the given columns as one frame of non-negative floats on one index.

    The index is that of the first argument which carries labels (a Series or mapping), else 0, 1, 2 …; labelled columns are
    matched by label, plain sequences by position.

    Raises:
        ValueError: lengths or labels differ, or a value is negative, infinite or no number.
    """
    labelled = [labels for labels in (labels_of(values) for values in columns.values()) if labels is not None]
    series = {name: counts(values, name) for name, values in columns.items()}
    index = labelled[0] if labelled else next(iter(series.values())).index
    plain = {name: labels_of(columns[name]) is None for name in columns}
    return pd.DataFrame(
        {name: on_index(column.tolist() if plain[name] else column, index, name) for name, column in series.items()},
        index=index,
        dtype="float64",
    )


def ratio(numerator: pd.Series, denominator: pd.Series) -> pd.Series:
    """Return numerator ÷ denominator, missing (never 0 or infinite) where the denominator is 0 or either is missing."""
    return numerator / denominator.where(denominator != 0)


def known_quantiles(values: np.ndarray, share: float) -> np.ndarray:
    """Return the quantile ``share`` (0 to 1) of what is known in each row (the last axis), linear between figures; NaN where nothing is."""
    if not values.shape[-1]:
        return np.full(values.shape[:-1], np.nan)
    ordered = np.sort(values, axis=-1)  # what is missing comes last
    last = np.maximum((~np.isnan(values)).sum(axis=-1) - 1, 0)
    place = share * last
    below = place.astype(np.int64)
    low, high = (np.take_along_axis(ordered, each[..., None], axis=-1)[..., 0] for each in (below, np.minimum(below + 1, last)))
    return low + (high - low) * (place - below)


def trailing(values: np.ndarray, length: int) -> np.ndarray:
    """Return for each row of ``values`` (rows × units) the ``length`` rows that end with it, on a last axis; NaN before the first one."""
    before = np.full((length, values.shape[1]), np.nan)
    return np.lib.stride_tricks.sliding_window_view(np.concatenate([before, values]), length, axis=0)[1:]
