"""Code that no page and no command reaches: there is next to none.

A name defined at the top of a module (function, class, constant) is reached when code that is reached says it, however it says it:
as a name, an attribute, an import or a text. So the test may take dead code for living, never the other way round.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.settings import PROJECT

MOST_UNREACHED = 0.01


@dataclass
class Definition:
    file: Path
    name: str
    lines: int
    says: set[str] = field(default_factory=set)


def _words(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, ast.alias):
            yield part.name.rsplit(".", 1)[-1]
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isidentifier():
            yield part.value


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def _lines(node: ast.stmt) -> int:
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
    return (node.end_lineno or first) - first + 1


def _definitions(file: Path) -> tuple[list[Definition], set[str]]:
    """Return what ``file`` defines, and what is said as soon as it is imported: bare statements, decorators and registrations."""
    found, said = [], set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        names = _names(node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if not names:
            said |= set(_words(node))
        elif "marked" in _words(node) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            said |= set(names)  # texts that stand there for the translators
        decorated = getattr(node, "decorator_list", [])
        called = [word for decorator in decorated if isinstance(decorator, ast.Call) for word in _words(decorator.func)]
        if "command" in called or "callback" in called:
            said |= set(names)  # the command line finds them by their decorator
        found += [Definition(file, name, _lines(node), set(_words(node)) - {name}) for name in names]
    return found, said


def unreached(folder: Path) -> tuple[list[Definition], int]:
    """Return the definitions below ``folder/dashboard`` that nothing reaches, and the lines of all definitions together."""
    definitions: list[Definition] = []
    said: set[str] = set()
    for file in sorted((folder / "pages").rglob("*.py")):
        said |= set(_words(ast.parse(file.read_text(encoding="utf-8"))))
    for file in sorted((folder / "dashboard").rglob("*.py")):
        found, at_import = _definitions(file)
        definitions += found
        said |= at_import
    waiting = {index: each for index, each in enumerate(definitions) if not each.name.startswith("__")}
    grown = True
    while grown:
        grown = False
        for index, each in list(waiting.items()):
            if each.name in said:
                said |= each.says
                del waiting[index]
                grown = True
    return list(waiting.values()), sum(each.lines for each in definitions)


def test_nearly_all_code_is_reached() -> None:
    dead, lines = unreached(PROJECT)
    share = sum(each.lines for each in dead) / lines
    assert lines > 10_000
    told = [f"{each.file.relative_to(PROJECT)}: {each.name} ({each.lines})" for each in dead]
    assert share < MOST_UNREACHED, f"{share:.2%} is reached by tests alone: {told}"


def test_dead_code_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "dashboard").mkdir()
    (tmp_path / "pages" / "page.py").write_text("from dashboard.rooms import drawn\ndrawn()\n", encoding="utf-8")
    (tmp_path / "dashboard" / "rooms.py").write_text(
        "def drawn():\n    return helped()\n\n\ndef helped():\n    return 1\n\n\ndef forgotten():\n    return also_forgotten()\n\n\n"
        "def also_forgotten():\n    return 2\n",
        encoding="utf-8",
    )
    left, lines = unreached(tmp_path)
    assert [each.name for each in left] == ["forgotten", "also_forgotten"]
    assert lines == 8
