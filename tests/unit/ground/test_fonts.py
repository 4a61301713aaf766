"""The fonts that the app ships hold every letter and sign that it shows: a county's machine has no other to fall back to."""

from pathlib import Path

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

from tests.letters import letters_first, level_one, python_texts, texts_shown

PROJECT = Path(__file__).resolve().parents[3]
FONTS = PROJECT / "dashboard" / "static" / "fonts"
FILES = sorted(FONTS.glob("*.woff2"))
STATES = "✓!✕—▲▼▸▶↺●○"
# Not on a page: the browser's tab, and what replaces an unreadable letter in a list of findings.
ELSEWHERE = {"dashboard/app.py": "🏥", "dashboard/store/importing/findings.py": "�"}


def letters(weight: str) -> set[str]:
    return {chr(point) for point in TTFont(FONTS / f"county-sans-sc-{weight}.woff2").getBestCmap()}


@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_every_letter_shown_is_in_the_shipped_fonts(weight: str) -> None:
    known, shown = letters(weight), texts_shown()
    assert len(shown) > 300
    assert "床" in set().union(*shown.values())
    missing = {file: "".join(sorted(signs - known - set(ELSEWHERE.get(file, "")))) for file, signs in shown.items()}
    assert {file: signs for file, signs in missing.items() if signs} == {}, (
        "add them in tests/make_fonts.py or draw them in tests/sign_glyphs.py"
    )
    assert set(STATES) <= known


def test_a_letter_that_no_font_has_would_be_found() -> None:
    assert "🏥" in texts_shown()["dashboard/app.py"]
    assert "🏥" not in letters("regular")
    assert list(python_texts('"""told"""\nsaid = f"✕{1}"\n')) == ["✕"]


@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_signs_have_a_shape_and_room(weight: str) -> None:
    font = TTFont(FONTS / f"county-sans-sc-{weight}.woff2")
    names, glyphs = font.getBestCmap(), font.getGlyphSet()
    for sign in "✕▸▶↺ⓘ⚠✎⁺₂":
        pen = BoundsPen(glyphs)
        glyph = glyphs[names[ord(sign)]]
        glyph.draw(pen)
        left, bottom, right, top = pen.bounds
        assert 0 <= left < right <= glyph.width
        assert -200 <= bottom < top <= 880


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_fonts_carry_licence_and_a_name_of_their_own(file) -> None:
    names = TTFont(file)["name"]
    assert names.getDebugName(1) == "County Sans SC"
    assert "Open Font License" in names.getDebugName(13)
    assert "Adobe" in names.getDebugName(0)
    assert (FONTS / "NOTICE.txt").is_file()


@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_what_a_first_visit_shows_is_in_the_first_file_and_the_rest_of_gb2312_in_the_second(weight: str) -> None:
    first, rare = letters(weight), letters(f"{weight}-rare")
    assert len(level_one()) == 3755
    assert letters_first() - first - set().union(*ELSEWHERE.values()) == set()
    assert first & rare == set()
    han = {letter for letter in first | rare if "\u4e00" <= letter <= "\u9fff"}
    assert len(han) == 6763
    assert {"塍", "泖"} <= rare


def test_fonts_of_a_size_a_county_network_can_bear() -> None:
    sizes = {file.stem.removeprefix("county-sans-sc-"): file.stat().st_size for file in FILES}
    assert set(sizes) == {"regular", "bold", "regular-rare", "bold-rare"}
    assert all(size < 800_000 for size in sizes.values()), sizes
