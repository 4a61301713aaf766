"""The cockpit's small HTML: nothing from data becomes markup, sizes keep the rule of legibility, texts are measured."""

import math

import pytest

from dashboard.ui.cockpit.html import (
    SMALLEST_TEXT,
    colour_variables,
    community_class,
    joined,
    panel,
    share_of,
    short_name,
    tag,
    text_lines,
    text_width,
)
from dashboard.ui.cockpit.svg import sparkline
from dashboard.ui.kit.theme import DARK, LIGHT
from tests.colours import contrast

HOSTILE = "<script>alert(1)</script>\"'&"
CHINESE_SHARE = 0.92
MILLIMETRES_PER_INCH = 25.4


def arc_minutes(inches: float, metres: float = 5.0) -> float:
    """Return under what angle the smallest Chinese letters of a 16:9 cockpit are seen."""
    height = inches * MILLIMETRES_PER_INCH * 9 / math.hypot(16, 9)
    letter = SMALLEST_TEXT / 1080 * height * CHINESE_SHARE
    return math.degrees(math.atan(letter / (1000 * metres))) * 60


def test_smallest_text_is_legible_at_five_metres() -> None:
    assert arc_minutes(86) >= 16  # ISO 9241-3: minimum height for reading
    assert arc_minutes(55) >= 10  # the least that is usable with good contrast


@pytest.mark.parametrize("colours", [DARK, LIGHT])
def test_small_text_has_the_contrast_of_small_text(colours) -> None:
    for ground in (colours.card, colours.page):
        for text in (colours.text, colours.muted, colours.good, colours.warning, colours.bad):
            assert contrast(text, ground) >= 4.5


def test_text_and_attributes_are_escaped() -> None:
    shown = panel("map", HOSTILE, HOSTILE, tag("b", HOSTILE, title=HOSTILE), [HOSTILE])
    assert "<script" not in shown
    assert "\"'" not in shown
    assert shown.count("&lt;script&gt;") == 5


def test_markup_is_not_escaped_twice() -> None:
    assert joined([tag("b", "a & b"), "<"]) == "<b>a &amp; b</b>&lt;"


def test_attributes_that_are_none_are_left_out() -> None:
    assert tag("i", class_="mark", data_in=None, data_steps=3) == '<i class="mark" data-steps="3"></i>'


def test_texts_are_measured_by_their_letters() -> None:
    assert text_width("医共体", 10) == 30
    assert text_width("abc", 10) < 20
    assert text_lines("二院医共体", 5 * SMALLEST_TEXT) == 1
    assert text_lines("二院医共体 超支", 5 * SMALLEST_TEXT) == 2


@pytest.mark.parametrize(("name", "short"), [("一院医共体", "一院"), ("东部医疗共同体", "东部"), ("医共体", "医共体"), ("三院", "三院")])
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short


def test_shares_stay_on_their_bar() -> None:
    assert [share_of(value) for value in (-1.0, 0.5, 3.0)] == ["0.0%", "50.0%", "100.0%"]


def test_communities_beyond_the_colours_begin_again() -> None:
    assert (community_class(0), community_class(8), community_class(-1)) == ("c0", "c0", "nobody")


@pytest.mark.parametrize("colours", [DARK, LIGHT])
def test_every_colour_of_the_style_sheet_is_given(colours) -> None:
    variables = colour_variables(colours)
    assert variables["--scheme"] == colours.name
    assert {f"--c{number}" for number in range(8)} | {f"--h{number}" for number in range(4)} <= set(variables)


def test_sparkline_breaks_at_a_missing_month() -> None:
    assert sparkline([1.0, 2.0, None, 3.0, 4.0]).count("M") - sparkline([1.0, 2.0, 3.0]).count("M") == 1
    assert sparkline([1.0, None, None]) == ""
    assert "nan" not in sparkline([2.0, 2.0, 2.0])
