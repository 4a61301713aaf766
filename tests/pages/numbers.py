"""Numbers as they are drawn: the name on screen, whose it is, and the text, read off what an app sent to the browser."""

import json
import re
from collections.abc import Iterator
from functools import cache

import pandas as pd
from streamlit.testing.v1 import AppTest

from dashboard.catalogue.loader import load_catalogue

_NUMBER = re.compile(r"^[−-]?[\d,]+(?:\.\d+)?")
_WALL_CARD = re.compile(r'<h3>([^<]+)</h3><div class="figure"><strong>([^<]+)</strong>')
COLUMNS = ["place", "indicator", "unit", "text", "value", "step"]
COUNTY = "county"


@cache
def _names() -> dict[str, str]:
    """Return the indicator behind each name in Chinese; a name of several is nobody's."""
    found: dict[str, set[str]] = {}
    for entry in load_catalogue().indicators.values():
        for name in (entry.label("zh"), entry.short_label("zh")):
            found.setdefault(name, set()).add(entry.id)
    return {name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1}


def _read(text: str) -> tuple[float, float] | None:
    """Return the number that ``text`` begins with and the worth of its last digit; None for a missing or hidden one."""
    plain = text.replace("\\", "").strip()
    found = _NUMBER.match(plain)
    if found is None or "万" in plain or "亿" in plain:
        return None
    digits = found.group().replace(",", "").replace("−", "-")
    return float(digits), 10.0 ** -len(digits.partition(".")[2])


def drawn_numbers(app: AppTest, place: str, area: str = COUNTY) -> pd.DataFrame:
    """Return what cards, strips and the wall show: place, indicator, unit (community or ``area``), text, value, worth of its last digit."""
    rows = []
    for indicator, unit, text in (*_cards(app, area), *_strips(app), *_wall(app)):
        number = _read(text)
        if number is not None:
            rows.append((place, indicator, unit, text, *number))
    return pd.DataFrame(rows, columns=COLUMNS)


def _cards(app: AppTest, area: str) -> Iterator[tuple[str, str, str]]:
    for metric in app.metric:
        name = metric.label.replace("\\", "")
        known = name.split(" ")[0]  # "B01 县域内就诊率": the card says its own id
        indicator = known if known in load_catalogue().indicators else _names().get(name)
        if indicator is not None:
            yield indicator, area, metric.value


def _strips(app: AppTest) -> Iterator[tuple[str, str, str]]:
    for element in app.get("bidi_component"):
        if "strip" not in element.proto.component_name or not element.proto.json:
            continue
        data = json.loads(element.proto.json)
        ids = [column["id"] for column in data.get("columns", [])]
        for line in data.get("rows", []):
            for indicator, cell in zip(ids, line["cells"], strict=True):
                if indicator in load_catalogue().indicators:
                    yield indicator, line["id"], cell["text"]


def _wall(app: AppTest) -> Iterator[tuple[str, str, str]]:
    """Yield the headline numbers of every scene; a community's scene is named after its code."""
    for element in app.get("bidi_component"):
        if "cockpit_screen" not in element.proto.component_name:
            continue
        for scene in json.loads(element.proto.json)["scenes"]:
            unit = scene["id"].removeprefix("community-") if scene["kind"] == "community" else COUNTY
            for name, text in _WALL_CARD.findall(scene["html"]):
                if name in _names():
                    yield _names()[name], unit, text


def two_values(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of every (indicator, unit) that is drawn with two values further apart than their rounding."""
    groups = found.groupby(["indicator", "unit"])
    spread = groups["value"].transform("max") - groups["value"].transform("min")
    return found[spread > groups["step"].transform("max") * (1 + 1e-9)].sort_values(["indicator", "unit"])
