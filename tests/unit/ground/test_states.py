"""The vocabulary of state: a sign each, colours that readers with every kind of sight tell apart, and names that are no states."""

import re
from itertools import combinations, product

import pytest

from dashboard.analysis.targets import Standing
from dashboard.documents.look import SERIES, STATE_COLOURS
from dashboard.settings import PROJECT
from dashboard.states import (
    ABOVE,
    DARK_COMMUNITIES,
    DARK_STATES,
    FILLS,
    INCOMPLETE,
    LIGHT_COMMUNITIES,
    LIGHT_STATES,
    SIGNS,
    State,
    legend,
    signed,
    state_of,
)
from dashboard.ui.kit.theme import DARK, LIGHT, Palette
from tests.colours import contrast
from tests.unit.kit.test_theme import DEUTERANOPIA, PROTANOPIA, seen

NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
SIGHTS = pytest.mark.parametrize("sight", [NORMAL, DEUTERANOPIA, PROTANOPIA], ids=["normal", "deuteranopia", "protanopia"])
STATES_APART, NAME_FROM_STATE, NAMES_APART = 17, 14, 12
"""Least distances in CIELAB (1976), where about 2.3 can just be seen."""
THEMES = [
    pytest.param(LIGHT, LIGHT_STATES, LIGHT_COMMUNITIES, id="light"),
    pytest.param(DARK, DARK_STATES, DARK_COMMUNITIES, id="dark"),
]
COLOURED = (State.GOOD, State.WARNING, State.BAD, State.UNKNOWN)


def distance(first: str, second: str, sight: tuple) -> float:
    return sum((a - b) ** 2 for a, b in zip(seen(first, sight), seen(second, sight), strict=True)) ** 0.5


def test_the_distance_sees_what_a_colour_blind_reader_does_not() -> None:
    """The positive twin: a red and a green that are far apart for most readers come close under deuteranopia."""
    assert distance("#C02020", "#507000", NORMAL) > 60
    assert distance("#C02020", "#507000", DEUTERANOPIA) < 15


@SIGHTS
@pytest.mark.parametrize(("_palette", "states", "_names"), THEMES)
def test_states_differ_for_every_reader(_palette: Palette, states: dict[State, str], _names: tuple[str, ...], sight: tuple) -> None:
    for first, second in combinations(COLOURED, 2):
        assert distance(states[first], states[second], sight) >= STATES_APART, (first, second)


@SIGHTS
@pytest.mark.parametrize(("_palette", "states", "names"), THEMES)
def test_names_of_communities_do_not_look_like_states(
    _palette: Palette, states: dict[State, str], names: tuple[str, ...], sight: tuple
) -> None:
    for name, state in product(names, COLOURED):
        assert distance(name, states[state], sight) >= NAME_FROM_STATE, (name, state)


@SIGHTS
@pytest.mark.parametrize(("_palette", "_states", "names"), THEMES)
def test_communities_differ_for_every_reader(_palette: Palette, _states: object, names: tuple[str, ...], sight: tuple) -> None:
    for first, second in combinations(names, 2):
        assert distance(first, second, sight) >= NAMES_APART, (first, second)


@pytest.mark.parametrize(("palette", "states", "names"), THEMES)
def test_marks_and_texts_reach_wcag_aa(palette: Palette, states: dict[State, str], names: tuple[str, ...]) -> None:
    assert all(contrast(colour, surface) >= 4.5 for colour in states.values() for surface in (palette.card, palette.page))
    assert all(contrast(colour, palette.card) >= 3 for colour in names)


def test_each_state_has_a_sign_of_its_own_and_no_sign_is_a_movement() -> None:
    assert set(SIGNS) == set(State)
    assert len(set(SIGNS.values())) == len(State)
    assert not set("▲▼△▽") & set("".join([*SIGNS.values(), ABOVE, INCOMPLETE]))
    assert (SIGNS[State.GOOD], SIGNS[State.WARNING], SIGNS[State.BAD], SIGNS[State.UNKNOWN]) == ("✓", "!", "✕", "—")


def test_screen_and_paper_have_the_same_colours() -> None:
    assert {state: colour.removeprefix("#") for state, colour in LIGHT_STATES.items()} == STATE_COLOURS
    assert tuple(f"#{colour}" for colour in SERIES) == LIGHT.communities
    assert (LIGHT.good, LIGHT.warning, LIGHT.bad) == tuple(LIGHT_STATES[state] for state in COLOURED[:3])
    assert [len(palette.heat) for palette in (LIGHT, DARK)] == [len(FILLS)] * 2


def test_a_standing_is_shown_only_where_it_is_known() -> None:
    assert [state_of(each) for each in (Standing.MET, Standing.NEAR, Standing.OFF, Standing.NONE)] == [
        State.GOOD, State.WARNING, State.BAD, State.NEUTRAL,
    ]  # fmt: skip
    assert state_of(Standing.MET, known=False) is State.UNKNOWN
    assert signed(State.GOOD, "目标 ≥90%") == "✓ 目标 ≥90%"
    assert signed(State.NEUTRAL, "参考 100%") == "参考 100%"
    assert legend() == "✓ 达标 ! 接近 ✕ 未达标 — 数据不全或没有"


LEVEL_WORDS = ("达标", "接近", "低于", "高于", "缺", "少于", "多于", "特殊", "超过", "over", "below", "target")


def test_no_text_uses_an_arrow_for_a_level() -> None:
    """▲ and ▼ beside words of level, anywhere in the program's texts."""
    arrows = re.compile(rf'"[^"\n]*[▲▼△▽] ?(?:[^"\n·]{{0,4}})(?:{"|".join(LEVEL_WORDS)})[^"\n]*"')
    assert arrows.search('_("▼ 低于 {line}")')  # it would be seen
    found = [
        f"{file.name}: {match.group()}"
        for file in (PROJECT / "dashboard").rglob("*.py")
        for match in arrows.finditer(file.read_text(encoding="utf-8"))
    ]
    assert not found
