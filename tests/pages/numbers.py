"""Numbers as they are drawn: the name on screen, whose it is, and the text, read off what an app sent to the browser."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from dashboard.catalogue.loader import load_catalogue
from tests.components import headline_rows

_NUMBER = re.compile(r"^[−+-]?[\d,]+(?:\.\d+)?")
_FORMAT = re.compile(r"%,?(?:\.(\d)f|d)")
_WORTH = {"万": 1e4, "亿": 1e8}
_WALL_CARD = re.compile(r'<h3>([^<]+)</h3><div class="figure"><strong>([^<]+)</strong>')
COLUMNS = ["place", "indicator", "unit", "text", "value", "step"]
COUNTY = "county"
# Amounts of the fund: what pages call them, without a catalogue.
_AMOUNTS = {
    "总额预算": "budget",
    "全年预算(元)": "budget",
    "预计支出": "year_end",
    "年末预测(元)": "year_end",
}
# A table by time holds many values of one name; one by scheme tells all schemes together in a row of its own.
_TIMES = {"月份", "月", "时期", "季度", "年份"}
_UNITS = ("机构", "医共体", "转出医共体", "中心")
_WHOLE = {"全县", "合计"}


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
    if found is None:
        return None
    digits = found.group().replace(",", "").replace("−", "-")
    times = next((worth for word, worth in _WORTH.items() if plain[found.end() :].startswith(word)), 1.0)
    return times * float(digits), times * 10.0 ** -len(digits.partition(".")[2])


def drawn_numbers(app: AppTest, place: str, area: str = COUNTY, units: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return what cards, strips, tables, boards and the wall show of the indicators of the catalogue and of the fund's year.

    Columns place, indicator, unit (``area`` where none is said), text, value, worth of its last digit. ``units`` are the codes behind the
    names of communities and institutions; tables are read where they are given.
    """
    rows = []
    for indicator, unit, text in (*_cards(app, area), *_strips(app), *_wall(app), *_boards(app), *_tables(app, units or {})):
        number = _read(text)
        if number is not None:
            rows.append((place, indicator, unit, text, *number))
    return pd.DataFrame(rows, columns=COLUMNS)


def _cards(app: AppTest, area: str) -> Iterator[tuple[str, str, str]]:
    shown = [(card["name"], card["value"]) for card in headline_cards(app)]
    for name, value in [*shown, *((metric.label.replace("\\", ""), metric.value) for metric in app.metric)]:
        known = name.split(" ")[0]  # "B01 县域内就诊率": the card says its own id
        indicator = known if known in load_catalogue().indicators else _names().get(name)
        if indicator is not None:
            yield indicator, area, value


def headline_cards(app: AppTest) -> list[dict[str, Any]]:
    """Return the headline numbers of a page as the browser gets them."""
    return [card for row in headline_rows(app) for card in row["cards"]]


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


def _known(name: str) -> str | None:
    return _names().get(name) or _AMOUNTS.get(name)


def _boards(app: AppTest) -> Iterator[tuple[str, str, str]]:
    """Yield the cards at the head of a what-if, which are the county's whatever is chosen, and the baseline column of its tables."""
    for element in app.get("bidi_component"):
        if not element.proto.component_name.endswith("board") or not element.proto.json:
            continue
        board = json.loads(element.proto.json)
        for each in board.get("head", {}).get("cards", []):
            if _known(each["label"]):
                yield str(_known(each["label"])), COUNTY, each["value"]
        columns = board.get("columns") or []
        for line in board.get("rows", []) if "基线" in columns else []:
            name, told = (cell["text"] if isinstance(cell, dict) else cell for cell in (line[0], line[columns.index("基线")]))
            if _known(name):
                yield str(_known(name)), COUNTY, told


def _tables(app: AppTest, units: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield the cells of tables: of a column named as an indicator, one row a unit, or of a table of indicators with their values."""
    for element in app.dataframe if units else ():
        told = {
            str(about["label"]): (name, about) for name, about in json.loads(element.proto.columns or "{}").items() if about.get("label")
        }
        frame = element.value
        told = {label: each for label, each in told.items() if each[0] in frame.columns}
        unit = next((told[each][0] for each in _UNITS if each in told), None)
        if _TIMES & set(told) or unit is None:
            continue
        if "险种" in told:
            frame = frame[frame[told["险种"][0]].isin(_WHOLE)]
        codes = [COUNTY if who in _WHOLE else units.get(str(who)) for who in frame[unit]]
        if "指标" in told and "数值" in told:
            for code, name, value in zip(codes, frame[told["指标"][0]], frame[told["数值"][0]], strict=True):
                if code and _known(str(name)):
                    yield str(_known(str(name))), code, _cell(value, told["数值"][1])
        elif len(set(codes)) == len(codes):  # else its rows are of more than units
            for label in filter(_known, told):
                for code, value in zip(codes, frame[told[label][0]], strict=True):
                    if code:
                        yield str(_known(label)), code, _cell(value, told[label][1])


def _cell(value: object, about: Mapping[str, Any]) -> str:
    """Return a cell as the browser writes it; what a table words by itself is not known here."""
    if isinstance(value, str):
        return value
    found = _FORMAT.search(str(about.get("type_config", {}).get("format", "")))
    return "—" if pd.isna(value) or found is None else f"{float(value):,.{int(found.group(1) or 0)}f}"  # type: ignore


def two_values(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of every (indicator, unit) that is drawn with two values further apart than their rounding."""
    groups = found.groupby(["indicator", "unit"])
    spread = groups["value"].transform("max") - groups["value"].transform("min")
    return found[spread > groups["step"].transform("max") * (1 + 1e-9)].sort_values(["indicator", "unit"])
