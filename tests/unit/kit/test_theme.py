import tomllib
from itertools import combinations

import pytest

from dashboard.settings import PROJECT
from dashboard.ui.kit.theme import DARK, DIRECTION_MARKUP, LIGHT, STATE_BADGE, Palette, State, in_direction, template
from tests.colours import contrast

CONFIG = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
PALETTES = [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")]
TEXT, MARK = 4.5, 3.0

# Viénot, Brettel and Mollon 1999, in linear RGB: how a dichromat sees a colour.
PROTANOPIA = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))
DEUTERANOPIA = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))


def linear(colour: str) -> list[float]:
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]


def lab(rgb: list[float]) -> tuple[float, float, float]:
    red, green, blue = (max(value, 0.0) for value in rgb)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(colour: str, matrix: tuple) -> tuple[float, float, float]:
    rgb = linear(colour)
    return lab([sum(weight * value for weight, value in zip(row, rgb, strict=True)) for row in matrix])


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colours", PALETTES)
def test_texts_reach_wcag_aa(colours: Palette) -> None:
    for surface in (colours.page, colours.card):
        for text in (colours.text, colours.muted, colours.primary, *(colours.state(state) for state in State)):
            assert contrast(text, surface) >= TEXT, (text, surface)
    for fill in colours.heat:
        assert contrast(colours.text, fill) >= TEXT, fill


@pytest.mark.parametrize("colours", PALETTES)
def test_marks_of_communities_stand_out_from_the_card(colours: Palette) -> None:
    for colour in colours.communities[:5]:
        assert contrast(colour, colours.card) >= 2.7, colour  # bars carry their name and value beside them


@pytest.mark.parametrize("name", ["light", "dark"])
def test_badges_reach_wcag_aa(name: str) -> None:
    theme = CONFIG["theme"][name]
    for colour in set(STATE_BADGE.values()):
        assert contrast(theme[f"{colour}TextColor"], theme[f"{colour}BackgroundColor"]) >= TEXT, colour


@pytest.mark.parametrize("matrix", [PROTANOPIA, DEUTERANOPIA], ids=["protanopia", "deuteranopia"])
@pytest.mark.parametrize("colours", PALETTES)
def test_communities_differ_for_colour_blind_readers(colours: Palette, matrix: tuple) -> None:
    for first, second in combinations(colours.communities[:5], 2):
        distance = sum((a - b) ** 2 for a, b in zip(seen(first, matrix), seen(second, matrix), strict=True)) ** 0.5
        assert distance >= 15, (first, second, distance)


@pytest.mark.parametrize("colours", PALETTES)
def test_configuration_has_the_same_colours(colours: Palette) -> None:
    theme = CONFIG["theme"][colours.name]
    assert theme["backgroundColor"] == colours.page
    assert theme["textColor"] == colours.text
    assert theme["primaryColor"] == colours.primary
    assert theme["borderColor"] == colours.border
    assert theme["chartCategoricalColors"] == list(colours.communities)
    assert theme["grayTextColor"] == colours.muted
    for state, name in ((State.GOOD, "green"), (State.WARNING, "orange"), (State.BAD, "red")):
        assert theme[f"{name}TextColor"] == colours.state(state)


def test_style_sheet_paints_cards_in_the_palettes() -> None:
    style = (PROJECT / "dashboard" / "ui" / "kit" / "style.css").read_text(encoding="utf-8")
    assert f"light-dark({LIGHT.card}, {DARK.card})" in style
    assert f"light-dark({LIGHT.border}, {DARK.border})" in style


def test_template_brings_its_own_colour_way() -> None:
    assert tuple(template(DARK).layout.colorway) == DARK.communities


@pytest.mark.parametrize("matrix", [NORMAL, PROTANOPIA, DEUTERANOPIA], ids=["normal", "protanopia", "deuteranopia"])
@pytest.mark.parametrize("colours", PALETTES)
def test_directions_differ_from_each_other_and_from_states(colours: Palette, matrix: tuple) -> None:
    def apart(first: str, second: str) -> float:
        return sum((a - b) ** 2 for a, b in zip(seen(first, matrix), seen(second, matrix), strict=True)) ** 0.5

    for first, second in combinations(colours.directions, 2):
        assert apart(first, second) >= 12, (first, second)
    for direction in colours.directions:
        assert contrast(direction, colours.card) >= TEXT
        for state in (State.GOOD, State.WARNING, State.BAD):
            assert apart(direction, colours.state(state)) >= 14, (direction, state)


@pytest.mark.parametrize("colours", PALETTES)
def test_a_direction_has_one_colour_in_charts_and_in_texts(colours: Palette) -> None:
    theme = CONFIG["theme"][colours.name]
    for name, colour in zip(DIRECTION_MARKUP, colours.directions, strict=True):
        assert theme[f"{name}TextColor" if name else "textColor"] == colour
    assert in_direction("up", "━ 上转") == ":violet[**━ 上转**]"
    assert in_direction("out", "━ 县域外") == "**━ 县域外**"
