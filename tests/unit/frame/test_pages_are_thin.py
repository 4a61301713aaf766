"""A page reads controls, asks a service and draws; everything else belongs in the package."""

import ast
from pathlib import Path

import pytest

from dashboard.settings import PROJECT

PAGES = sorted((PROJECT / "pages").glob("*.py"))
LONGEST = 80
ALLOWED = {"streamlit", "dashboard.ui", "dashboard.services", "dashboard.language", "dashboard.settings", "collections.abc", "functools"}


def _imports(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_is_thin(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST
    beyond = {name for name in _imports(ast.parse(text)) if not any(name == root or name.startswith(f"{root}.") for root in ALLOWED)}
    assert not beyond, f"{page.name} imports {sorted(beyond)}"
