"""Scoring points as people type them: every usual mark is read, anything else is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.catalogue.scheme_text import pairs_text, read_pairs
from dashboard.errors import CatalogueError

NUMBERS = st.integers(-1000, 1000).map(lambda value: value / 8)


@pytest.mark.parametrize("text", ["75:0, 90:90", "75：0，90：90", "75→0；90→90", " 75 : 0\n90: 90 ", "75:0、90:90,"])
def test_usual_marks(text: str) -> None:
    assert read_pairs(text) == ((75, 0), (90, 90))


def test_nothing_is_nothing() -> None:
    assert read_pairs("") == read_pairs(" , ") == ()


@pytest.mark.parametrize("text", ["75", "75:0:1", "a:1", "75:", "75-90", "75:0 x"])
def test_anything_else_is_named(text: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        read_pairs(text, "县域内就诊率")
    assert "县域内就诊率" in caught.value.where


def test_no_more_than_twenty() -> None:
    with pytest.raises(CatalogueError, match="21"):
        read_pairs(",".join(f"{number}:1" for number in range(21)))


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=8))
def test_what_is_written_is_read_again(pairs: list[tuple[float, float]]) -> None:
    assert read_pairs(pairs_text(pairs)) == tuple(pairs)
