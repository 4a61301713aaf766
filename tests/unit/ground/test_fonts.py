"""The fonts that the app ships hold every letter and sign that it shows: a county's machine has no other to fall back to."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

PROJECT = Path(__file__).resolve().parents[3]
FONTS = PROJECT / "dashboard" / "static" / "fonts"
FILES = sorted(FONTS.glob("*.woff2"))
STATES = "✓!✕—▲▼▸▶↺●○"
# Not on a page: the browser's tab, and what replaces an unreadable letter in a list of findings.
ELSEWHERE = {"dashboard/app.py": "🏥", "dashboard/store/importing/findings.py": "�"}


def letters(weight: str) -> set[str]:
    return {chr(point) for point in TTFont(FONTS / f"county-sans-sc-{weight}.woff2").getBestCmap()}


def python_texts(source: str) -> Iterator[str]:
    """Yield the texts of a module but for its docstrings."""
    tree = ast.parse(source)
    told = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            told |= {id(each.value) for each in body if isinstance(each, ast.Expr)}
    yield from (
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    )


def texts_shown() -> dict[str, set[str]]:
    """Return by file what it may put on a screen."""
    found = {}
    for path in sorted(
        [*(PROJECT / "dashboard").rglob("*"), *(PROJECT / "pages").glob("*.py"), *(PROJECT / "data" / "catalogue").rglob("*")]
    ):
        if path.suffix == ".py":
            shown = "".join(python_texts(path.read_text(encoding="utf-8")))
        elif path.suffix in {".js", ".css", ".yaml", ".po"}:
            shown = path.read_text(encoding="utf-8")
        else:
            continue
        found[str(path.relative_to(PROJECT))] = {each for each in shown if each.isprintable()}
    return found


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


def test_two_fonts_of_a_size_a_county_network_can_bear() -> None:
    assert len(FILES) == 2
    assert all(file.stat().st_size < 1_500_000 for file in FILES)
