"""The letters that the product shows by itself: what code and catalogue put on a screen, and the names of the demonstration's counties."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
_NAMING = {".yaml", ".json", ".csv", ".geojson"}


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


@cache
def texts_shown() -> Mapping[str, frozenset[str]]:
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
        found[str(path.relative_to(PROJECT))] = frozenset(each for each in shown if each.isprintable())
    return found


def letters_first() -> set[str]:
    """Return the letters that a first visit should find in one file: all texts shown, the demonstration's names, the 3,755 common ones."""
    named = [path for folder in ("demo", "geo", "profiles") for path in (PROJECT / "data" / folder).rglob("*") if path.suffix in _NAMING]
    found: set[str] = set().union(*texts_shown().values(), *(path.read_text(encoding="utf-8") for path in named), level_one())
    return {letter for letter in found if letter.isprintable()}


def level_one() -> set[str]:
    """Return the Chinese letters of the first level of GB2312."""
    return {bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)} - {""}
