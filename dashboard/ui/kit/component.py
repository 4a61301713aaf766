"""The one loader of our own browser components: a folder's ``<name>.js`` and ``<name>.css`` become a Streamlit component.

Streamlit takes a component's script as one text, which the browser runs as a module that can import nothing of ours. The scripts here
are plain modules all the same (so node, the type checker and the linter read them as they stand); what they import is put in front,
each module in a scope of its own. Nothing is built or fetched.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_IMPORT = re.compile(r'^import \{ (?P<names>\w+(?:, \w+)*) \} from "(?P<path>\.{1,2}/[\w./]+\.js)";$', re.MULTILINE)
_TAKEN_IN = re.compile(r'^@import "(?P<path>\./[\w.]+\.css)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?P<rest>(?:async )?(?:function|class|const) (?P<name>\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*.*?\*/|//[^\n]*)[ \t]*\n", re.MULTILINE | re.DOTALL)
_OTHER = re.compile(r"^(?:import\b|export (?!default function \()).*$", re.MULTILINE)


def bundled(script: Path) -> str:
    """Return ``script`` as one module that imports nothing, with the modules that it imports (and those that they do) in front.

    Comments that take whole lines stay behind: they are half of it, and it travels with every element that it draws.

    Written are only ``import { a, b } from "./other.js";`` and ``export`` before a function, class or const.
    Raises ``ValueError`` for any other form, for a circle and for a name that a module does not export; ``FileNotFoundError``
    where a module is missing.
    """
    front: dict[Path, tuple[str, list[str], str]] = {}
    body = _body(script.resolve(), front, (script.resolve(),))
    parts = [f"const {name} = (() => {{\n{text}\nreturn {{ {', '.join(names)} }};\n}})();" for name, names, text in front.values()]
    return "\n".join([*parts, body])


def _body(script: Path, front: dict[Path, tuple[str, list[str], str]], above: tuple[Path, ...]) -> str:
    """Return the text of ``script`` with its imports taken from ``front``, which gets every module that is not there yet."""

    def imported(match: re.Match[str]) -> str:
        path = (script.parent / match["path"]).resolve()
        if path in above:
            raise ValueError(f"{script.name} and {path.name} import each other")
        if path not in front:
            body = _body(path, front, (*above, path))
            names = [each["name"] for each in _EXPORT.finditer(path.read_text(encoding="utf-8"))]
            front[path] = (f"module{len(front)}_{path.stem}", names, body)
        module, names, _text = front[path]
        unknown = set(match["names"].split(", ")) - set(names)
        if unknown:
            raise ValueError(f"{path.name} exports no {', '.join(sorted(unknown))}, which {script.name} imports")
        return f"const {{ {match['names']} }} = {module};"

    plain = _COMMENT.sub("", script.read_text(encoding="utf-8"))
    text = _EXPORT.sub(lambda match: match["rest"], _IMPORT.sub(imported, plain))
    other = _OTHER.search(text)
    if other:
        raise ValueError(f"{script.name} has a form that is not put together here: {other[0]}")
    return text


def styled(sheet: Path) -> str:
    """Return ``sheet`` with those put in place that it takes in, written ``@import "./other.css";`` in a line of its own.

    Raises ``FileNotFoundError`` where one is missing.
    """
    return _TAKEN_IN.sub(lambda match: styled(sheet.parent / match["path"]), sheet.read_text(encoding="utf-8"))


def component(folder: Path, name: str, *, html: str, key: str) -> Callable[..., Any]:
    """Declare the component made of ``folder/name.js`` and, where there is one, ``folder/name.css``.

    ``html`` is the element it draws into; ``key`` its name in the browser, unique in the product.
    Raises ``FileNotFoundError`` when the script is missing.
    """
    style = folder / f"{name}.css"
    return st.components.v2.component(
        key,
        html=html,
        css=styled(style) if style.is_file() else None,
        js=bundled(folder / f"{name}.js"),
    )


def opened_by_place(key: str, acts: Sequence[Callable[[], None] | None]) -> Callable[[], None]:
    """Return what hears that something in the component ``key`` was opened: it does the one of ``acts`` at the place that is told."""

    def clicked() -> None:
        place = st.session_state[key].get("opened")
        act = acts[place] if type(place) is int and 0 <= place < len(acts) else None
        if act:
            act()

    return clicked
