"""What a front door accepts: lists, arrays, pandas; by label or by position; and what it refuses."""

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.analysis.sequences import aligned_counts, counts, known_quantiles, number_series, on_index, ratio


@pytest.mark.parametrize(
    "values",
    [[1, None, 2.5], np.array([1, np.nan, 2.5]), (1, pd.NA, Decimal("2.5")), pd.Series([1, None, 2.5], dtype="Float64")],
)
def test_every_kind_of_sequence_becomes_floats_with_gaps(values: Any) -> None:
    series = number_series(values, "x")
    assert series.dtype == "float64"
    assert series[0] == 1
    assert np.isnan(series[1])
    assert series[2] == 2.5


def test_an_empty_sequence_is_an_empty_series() -> None:
    assert number_series([], "x").dtype == "float64"
    assert len(number_series([], "x")) == 0


@pytest.mark.parametrize("values", [["a"], [float("inf")], [[1], [2]]])
def test_what_is_no_number_is_refused_by_name(values: list[object]) -> None:
    with pytest.raises(ValueError, match="beds"):
        number_series(values, "beds")


def test_negative_counts_are_refused_with_their_place() -> None:
    with pytest.raises(ValueError, match=r"beds.*'b'"):
        counts({"a": 1, "b": -1}, "beds")


def test_labels_are_matched_and_plain_sequences_follow_the_order() -> None:
    frame = aligned_counts(plain=[1, 2], first=pd.Series({"a": 10, "b": 20}), second={"b": 200, "a": 100})
    assert list(frame.loc["a"]) == [1, 10, 100]
    assert list(frame.loc["b"]) == [2, 20, 200]


def test_repeated_labels_are_fine_as_long_as_the_order_is_the_same() -> None:
    index = pd.Index(["a", "a"])
    frame = aligned_counts(x=pd.Series([1, 2], index=index), y=pd.Series([3, 4], index=index))
    assert frame["y"].tolist() == [3, 4]


@pytest.mark.parametrize("other", [[1], pd.Series({"a": 1, "c": 2}), pd.Series([1, 2], index=["a", "a"])])
def test_other_lengths_or_labels_are_refused(other: object) -> None:
    with pytest.raises(ValueError, match="y"):
        on_index(other, pd.Index(["a", "b"]), "y")


def test_a_ratio_over_zero_is_missing() -> None:
    assert ratio(pd.Series([1.0, 0.0, np.nan]), pd.Series([0.0, 0.0, 1.0])).isna().all()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_quantiles_are_of_what_is_known_in_each_row(share: float) -> None:
    values = np.random.default_rng(8).normal(size=(4, 20, 11))
    values[values > 0.8] = np.nan
    values[1, 2] = np.nan
    found = known_quantiles(values, share)
    for at in np.ndindex(4, 20):
        known = values[at][~np.isnan(values[at])]
        assert found[at] == pytest.approx(np.quantile(known, share) if len(known) else np.nan, nan_ok=True)
    assert known_quantiles(np.empty((3, 0)), share).shape == (3,)
