"""The coefficient panel sends the words of every step, so that the browser makes none."""

import pytest

from dashboard.catalogue.coefficients import load_fiscal_coefficients
from dashboard.ui.frame.scenario_panel import _ladders, entry_text
from dashboard.ui.performance.weights import _ladders as weight_ladders
from tests.unit.whatif_county import county

COEFFICIENTS = county(3).coefficients.coefficients


def test_a_field_takes_a_value_without_unit_and_with_a_plain_minus() -> None:
    assert entry_text(COEFFICIENTS["extra_growth"], -0.0123) == "-1.2"
    assert entry_text(COEFFICIENTS["k_max"], 1.03) == "3.0"
    assert entry_text(COEFFICIENTS["k_min"], 1.0) == "0.0"
    assert entry_text(COEFFICIENTS["extra_growth"], -0.0001) == "0.0"  # never −0.0
    assert entry_text(COEFFICIENTS["same_price_groups"], 120.0) == "120"
    assert entry_text(load_fiscal_coefficients().coefficients["unit_value"], 7.5) == "7.50"


def test_a_list_shows_its_parts_as_they_are_typed() -> None:
    lists = [each for each in COEFFICIENTS.values() if each.is_list]
    assert lists
    assert entry_text(lists[0], (5.0, 2.5, 1 / 3)) == "5 : 2.5 : 0.3333"


@pytest.mark.parametrize(
    "coefficient", [each for each in COEFFICIENTS.values() if not each.is_list and each.unit != "switch"], ids=lambda each: each.id
)
def test_every_step_of_a_slider_has_its_words_from_end_to_end(coefficient) -> None:  # type: ignore[no-untyped-def]
    (words,) = _ladders([coefficient]).values()
    assert words[0] == entry_text(coefficient, coefficient.lower)
    assert words[-1] == entry_text(coefficient, coefficient.upper)
    assert len(set(words)) == len(words), "two steps look alike"
    assert [float(word) for word in words] == sorted(float(word) for word in words)


def test_words_of_all_sliders_are_few_enough_to_send_with_every_move() -> None:
    ladders = _ladders(COEFFICIENTS.values())
    assert sum(len(word) + 3 for words in ladders.values() for word in words) < 40_000


def test_weights_have_words_for_whole_points_and_for_tenths() -> None:
    ladders = weight_ladders(40.0)
    assert ladders["whole"]["words"][::20] == ["0", "20", "40"]
    assert ladders["tenths"]["words"][125] == "12.5"
    assert ladders["tenths"]["words"][-1] == "40.0"
