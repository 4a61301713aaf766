"""Weights that are moved keep their sum, and a dimension's weight reaches its indicators in proportion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.weight_shift import (
    dimension_weights,
    shifted_weights,
    weight_step,
    with_dimension_weights,
    with_indicator_weight,
)
from dashboard.catalogue.performance import delivered_schemes
from dashboard.catalogue.scheme import Scheme
from dashboard.errors import CatalogueError


def scheme(weights: dict[str, tuple[str, float]], dimensions: tuple[str, ...] = ("a", "b")) -> Scheme:
    return Scheme.model_validate(
        {
            "id": "t", "version": "1", "name": "测", "name_en": "t", "valid_from": "2025-01-01", "source": "无", "grade": "INFER",
            "normalisation": "minmax", "bands": [{"name": "差", "name_en": "Poor", "minimum": 0}],
            "dimensions": [{"id": name, "name": name, "name_en": name} for name in dimensions],
            "indicators": [
                {"id": name, "name": name, "name_en": name, "dimension": dimension, "weight": weight}
                for name, (dimension, weight) in weights.items()
            ],
        }
    )  # fmt: skip


def test_the_others_give_way_in_proportion() -> None:
    assert shifted_weights({"a": 20, "b": 60, "c": 20}, "a", 40) == {"a": 40, "b": 45, "c": 15}


def test_fractions_of_a_step_go_to_the_largest_remainder() -> None:
    assert shifted_weights({"a": 10, "b": 45, "c": 45}, "a", 11) == {"a": 11, "b": 45, "c": 44}
    assert shifted_weights({"a": 10, "b": 45, "c": 45}, "a", 11, step=0.1) == {"a": 11, "b": 44.5, "c": 44.5}


def test_others_at_zero_share_equally() -> None:
    assert shifted_weights({"a": 100, "b": 0, "c": 0}, "a", 50) == {"a": 50, "b": 25, "c": 25}


def test_the_only_weight_stays_whole() -> None:
    assert shifted_weights({"a": 100}, "a", 30) == {"a": 100}


@given(
    st.lists(st.integers(0, 100), min_size=2, max_size=9).filter(lambda sizes: sum(sizes) > 0),
    st.floats(-20, 130),
    st.sampled_from([1.0, 0.1]),
)
def test_weights_always_sum_to_100(sizes: list[int], value: float, step: float) -> None:
    weights = {str(place): float(size) for place, size in enumerate(sizes)}
    moved = shifted_weights(weights, "0", value, step)
    assert sum(moved.values()) == pytest.approx(100, abs=1e-9)
    assert min(moved.values()) >= 0
    assert moved["0"] == pytest.approx(min(max(value, 0), 100), abs=step / 2 + 1e-9)


def test_step_is_one_only_for_whole_weights() -> None:
    assert weight_step({"a": 40.0, "b": 60.0}) == 1.0
    assert weight_step({"a": 40.5, "b": 59.5}) == 0.1


def test_inside_a_dimension_proportions_stay() -> None:
    before = scheme({"x": ("a", 30), "y": ("a", 10), "z": ("b", 60)})
    assert dimension_weights(before) == {"a": 40, "b": 60}
    assert with_dimension_weights(before, {"a": 80, "b": 20}).weights == {"x": 60, "y": 20, "z": 20}


def test_a_dimension_that_weighed_nothing_shares_equally() -> None:
    before = scheme({"x": ("a", 0), "y": ("a", 0), "z": ("b", 100)})
    assert with_dimension_weights(before, {"a": 50, "b": 50}).weights == {"x": 25, "y": 25, "z": 50}


def test_an_empty_dimension_leaves_its_weight_to_the_others() -> None:
    before = scheme({"x": ("a", 50), "z": ("b", 50)}, dimensions=("a", "b", "empty"))
    assert with_dimension_weights(before, {"a": 20, "b": 20, "empty": 60}).weights == {"x": 50, "z": 50}


def test_no_weight_at_all_is_refused() -> None:
    before = scheme({"x": ("a", 50), "z": ("b", 50)}, dimensions=("a", "b", "empty"))
    with pytest.raises(CatalogueError, match="权重合计须为 100"):
        with_dimension_weights(before, {"a": 0, "b": 0, "empty": 100})


@pytest.mark.parametrize("name", list(delivered_schemes()))
def test_moving_nothing_changes_nothing(name: str) -> None:
    before = delivered_schemes()[name]
    after = with_dimension_weights(before, dimension_weights(before))
    assert after.weights == pytest.approx(before.weights)


def test_an_indicator_takes_from_its_own_dimension_only() -> None:
    before = scheme({"x": ("a", 30), "y": ("a", 10), "w": ("a", 0), "z": ("b", 60)})
    moved = with_indicator_weight(before, "x", 20)
    assert moved.weights == pytest.approx({"x": 20, "y": 20, "w": 0, "z": 60})
    assert with_indicator_weight(before, "x", 400).weights == pytest.approx({"x": 40, "y": 0, "w": 0, "z": 60})
    assert with_indicator_weight(before, "z", 10).weights == before.weights


def test_an_indicator_of_a_dimension_without_weight_stays() -> None:
    before = scheme({"x": ("a", 0), "y": ("a", 0), "z": ("b", 100)})
    assert with_indicator_weight(before, "x", 10) is before


@given(st.floats(0.1, 60), st.floats(0, 70))
def test_indicator_weights_keep_the_sum_of_the_dimension(total: float, value: float) -> None:
    before = scheme({"x": ("a", total / 2), "y": ("a", total / 2), "z": ("b", 100 - total)})
    moved = with_indicator_weight(before, "x", value).weights
    assert moved["x"] + moved["y"] == pytest.approx(total)
    assert moved["z"] == pytest.approx(100 - total)
