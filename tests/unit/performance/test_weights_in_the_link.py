import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.weight_shift import dimension_weights, shifted_weights, with_dimension_weights
from dashboard.catalogue.performance import delivered_schemes
from dashboard.errors import CatalogueError
from dashboard.services.performance.schemes import weights_text, with_weights_text

SCHEMES = delivered_schemes()


@given(st.sampled_from(sorted(SCHEMES)), st.integers(0, 20), st.floats(1, 60))
def test_weights_come_back_from_the_link(name: str, place: int, value: float) -> None:
    saved = SCHEMES[name]
    before = dimension_weights(saved)
    moved = with_dimension_weights(saved, shifted_weights(before, list(before)[place % len(before)], value, 0.1))
    text = weights_text(saved, moved)
    again = with_weights_text(saved, text)
    assert again.weights == pytest.approx(moved.weights, abs=1e-7)
    assert weights_text(saved, again) == text, "a reload does not change the address"


def test_what_was_not_moved_is_not_in_the_link() -> None:
    for saved in SCHEMES.values():
        assert weights_text(saved, saved) == ""
        assert with_weights_text(saved, "") is saved


@pytest.mark.parametrize("text", ["B01", "B01_", "_5", "nobody_5", "B01_nan", "B01_1e9", "B01_-5~", "<script>", "~~~"])
def test_a_text_that_fits_no_scheme_is_refused_in_words(text: str) -> None:
    for saved in SCHEMES.values():
        with pytest.raises(CatalogueError, match="权重"):
            with_weights_text(saved, text)
