"""What the components of the kit show, as the browser gets it: a test of a page has no browser that would draw them."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def _shown(app: AppTest, component: str) -> list[dict[str, Any]]:
    """Return the data of every ``component`` of the page in its order, with the last part of its ``key``."""
    found = [each.proto for each in app.get("bidi_component") if each.proto.component_name == component and each.proto.json]
    return [json.loads(each.json) | {"key": each.id.rpartition(f"-{component}_")[2]} for each in found]


def headline_rows(app: AppTest) -> list[dict[str, Any]]:
    """Return the rows of headline numbers of a page (``headlines.js``), each with its ``cards`` and the ``key`` of the row."""
    return _shown(app, "headlines")


def card_heads(app: AppTest) -> list[dict[str, Any]]:
    """Return title, small print (``aside``), the parts that open below (``head.js``) and the ``key`` of each card."""
    return _shown(app, "head")


def behind_cards(app: AppTest) -> dict[str, object]:
    """Return the state of the session with which everything of a page is open: the details behind cards, the tables below charts."""
    details = [head["key"] for head in card_heads(app) if any(part["name"] == "details" for part in head["parts"])]
    tables = [foot["key"] for foot in _shown(app, "foot") if foot["table"] and foot["table"]["beside"]]
    return {f"head_{key}": {"open": ["details"]} for key in details} | {f"as_table_{key}": True for key in tables}


def attention_lines(app: AppTest) -> list[tuple[str, int, dict[str, Any]]]:
    """Return the lines of what needs attention (``attention.js``), each with the key of its list and its place there."""
    return [(found["key"], place, line) for found in _shown(app, "attention") for place, line in enumerate(found["lines"])]


def facts_shown(app: AppTest) -> list[dict[str, Any]]:
    """Return the small figures of a page (``facts.js``) in their order."""
    return [fact for found in _shown(app, "facts") for group in found["groups"] for fact in group["facts"]]


def definitions_shown(app: AppTest) -> list[str]:
    """Return every text of the definitions behind 指标口径 (``about.js``), in the order of the page."""
    abouts = [about for foot in _shown(app, "foot") for about in foot["abouts"]]
    return [
        text for about in abouts for text in (about["title"], about["grade"], *(part for pair in about["pairs"] for part in pair)) if text
    ]


def with_table(app: AppTest, chart: str) -> AppTest:
    """Return the page after the switch below ``chart`` was turned; there must be one."""
    table = next(foot["table"] for foot in _shown(app, "foot") if foot["key"] == chart)
    app.session_state[f"as_table_{chart}"] = not table["on"]
    return app.run()
