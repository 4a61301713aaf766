"""The cockpit's own small HTML: every text is escaped unless it was made here, and sizes are told in units of a 1080-unit-high screen.

A cockpit shows up to a dozen scenes at once in one page that must stay light for weeks: plain elements and SVG, no chart library.
"""

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from dashboard.analysis.naming import all_elided
from dashboard.states import State, signed
from dashboard.ui.kit.formatting import line_width
from dashboard.ui.kit.theme import Palette

SMALLEST_TEXT = 26
"""Units. Chinese letters fill 0.92 of it: 16 minutes of arc at five metres on an 86-inch cockpit, 10 on a 55-inch one (docs/cockpit.md)."""
_LATIN_WIDTH = 0.5
_SUFFIXES = ("医疗共同体", "医共体")
NARROW_LETTERS = 4
"""Letters of a community's name in a narrow place."""


def joined(parts: Iterable[object]) -> Markup:
    """Return ``parts`` one after the other, those that are no markup escaped."""
    return Markup("").join(escape(part) for part in parts)


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Return an element; ``class_`` gives ``class``, ``data_in`` gives ``data-in``; attributes that are None are left out."""
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items() if value is not None)
    return Markup(f"<{name}{told}>{joined(children)}</{name}>")  # noqa: S704 -- name and keys are ours, all else is escaped


def panel(area: str, title: str, aside: object, *body: object) -> Markup:
    """Return one panel of a scene: its title says what it shows, ``aside`` stands at its right."""
    head = tag("header", tag("h2", title), tag("span", aside, class_="aside"))
    return tag("section", head, *body, class_=f"panel {area}")


def empty(why: str, what_to_do: str) -> Markup:
    """Return why there is nothing to show and what to do."""
    return tag("p", tag("strong", why), tag("br"), what_to_do, class_="empty")


def text_width(content: str, size: float = SMALLEST_TEXT) -> float:
    """Return about how wide ``content`` runs at a letter height of ``size``."""
    return line_width(content, size, _LATIN_WIDTH * size)


def text_lines(content: str, width: float, size: float = SMALLEST_TEXT) -> int:
    """Return about how many lines ``content`` takes at ``width``."""
    return max(1, math.ceil(text_width(content, size) / width))


def short_name(name: str) -> str:
    """Return a community's name as a narrow place writes it: 一院 for 一院医共体."""
    return next((name[: -len(suffix)] for suffix in _SUFFIXES if name.endswith(suffix) and len(name) > len(suffix)), name)


def narrow_names(names: Sequence[str], letters: float = NARROW_LETTERS) -> list[str]:
    """Return communities' names as narrow places write them (``short_name``); longer ones than ``letters`` without their middle."""
    return all_elided([short_name(name) for name in names], letters)


def community_class(position: int) -> str:
    """Return the class that carries the colour of the community at ``position``; −1 is nobody's."""
    return f"c{position % 8}" if position >= 0 else "nobody"


def colour_variables(colours: Palette) -> dict[str, str]:
    """Return the style sheet's variables for one theme."""
    named = {
        name: getattr(colours, name) for name in ("page", "card", "text", "muted", "border", "grid", "primary", "good", "warning", "bad")
    }
    many = {f"c{number}": colour for number, colour in enumerate(colours.communities)}
    many |= dict(zip(("up", "down", "lateral", "out"), colours.directions, strict=True))
    many |= {f"h{number}": colour for number, colour in enumerate(colours.heat)}
    return {f"--{name}": colour for name, colour in (named | many | {"bar": colours.bar_background, "scheme": colours.name}).items()}


def share_of(value: float) -> str:
    """Return a share as a CSS percentage between 0 and 100; an unknown one has no length."""
    return f"{100 * min(max(0.0 if math.isnan(value) else value, 0.0), 1.0):.1f}%"


def chip(words: str, state: State) -> Markup:
    """Return ``words`` with the sign and the colour of a state."""
    return tag("span", signed(state, words), class_=f"chip {state}")
