import ast
from collections.abc import Iterator

import pytest
from fontTools.ttLib import TTFont

from dashboard.settings import PROJECT

FOLDER = PROJECT / "dashboard" / "static" / "fonts"
FONTS = sorted(FOLDER.glob("*.woff2"))
# Emoji and a few signs have no glyph in the source font: the reader's system draws them. The word joiner is not drawn at all.
FIRST_EMOJI = 0x1F000
DRAWN_BY_THE_SYSTEM = {"⚠", "ℹ", "✅", "\ufe0f", "✎", "✗", *"₀₁₂⁺⁻", "\ufffd", "\u2060"}


def texts_of(module: ast.Module) -> Iterator[str]:
    """Yield every text of a module but for its documentation."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def letters_on_screen() -> set[str]:
    """Return every letter beyond ASCII of the texts of the program, the pages and the catalogue."""
    texts = [file.read_text(encoding="utf-8") for file in (PROJECT / "data" / "catalogue").rglob("*.yaml")]
    for folder in ("dashboard", "pages"):
        for file in (PROJECT / folder).rglob("*.py"):
            texts.extend(texts_of(ast.parse(file.read_text(encoding="utf-8"))))
    return {letter for text in texts for letter in text if 0x7F < ord(letter) < FIRST_EMOJI} - DRAWN_BY_THE_SYSTEM


@pytest.mark.parametrize("file", FONTS, ids=lambda file: file.stem)
def test_every_letter_of_the_screens_is_in_the_font(file) -> None:
    known = set(TTFont(file).getBestCmap())
    missing = sorted(letter for letter in letters_on_screen() if ord(letter) not in known)
    assert not missing, f"add {missing} to SIGNS in tests/make_fonts.py and run it"


@pytest.mark.parametrize("file", FONTS, ids=lambda file: file.stem)
def test_fonts_carry_licence_and_a_name_of_their_own(file) -> None:
    names = TTFont(file)["name"]
    assert names.getDebugName(1) == "County Sans SC"
    assert "Open Font License" in names.getDebugName(13)
    assert "Adobe" in names.getDebugName(0)
    assert (FOLDER / "NOTICE.txt").is_file()


def test_two_fonts_of_a_size_a_county_network_can_bear() -> None:
    assert len(FONTS) == 2
    assert all(file.stat().st_size < 1_500_000 for file in FONTS)
